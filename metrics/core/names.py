"""Names of units, fields, procedures and channels, as people tell them apart."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import polars as pl

CHANNELS: Final[dict[str | None, str]] = {
    "direct": "Trực tiếp",
    "online": "Trực tuyến",
    "postal": "Bưu chính công ích",
    None: "Chưa rõ kênh",
}

END_KINDS: Final[dict[str | None, str]] = {
    "result": "Có kết quả",
    "returned": "Trả lại",
    "withdrawn": "Công dân xin rút",
    "refused": "Từ chối tiếp nhận",
    "stopped": "Dừng xử lý",
    None: "Chưa kết thúc",
}


def unit_names(units: pl.DataFrame) -> dict[int, str]:
    """Unit id → its name; where units share a name, told apart by validity or parent.

    Wards kept their names while their borders and codes changed on 1 July 2025, so a name alone
    can mean two places. A name that only one unit bears today needs no addition; the units
    that ended get the day they ended, the others their parent.
    """
    rows = list(units.iter_rows(named=True))
    plain = {row["unit_id"]: row["name"] for row in rows}
    borne = Counter(row["name"] for row in rows)
    today = Counter(row["name"] for row in rows if row["valid_to"] is None)

    def told_apart(unit: dict[str, Any]) -> str:
        name: str = unit["name"]
        if borne[name] == 1:
            return name
        if unit["valid_to"] is None:
            parent = plain.get(unit["parent_id"])
            return name if today[name] == 1 or parent is None else f"{name} ({parent})"
        parent = plain.get(unit["parent_id"])
        where = f"{parent}, " if parent else ""
        return f"{name} ({where}đến {unit['valid_to']:%d/%m/%Y})"

    return {row["unit_id"]: told_apart(row) for row in rows}


def field_names(fields: pl.DataFrame) -> dict[int, str]:
    """Field id → its name."""
    return dict(fields.select("field_id", "name").iter_rows())


COVERED: Final = "Thủ tục nhạy cảm (đã che tên)"


def with_sensitive_covered(procedures: pl.DataFrame) -> pl.DataFrame:
    """The same procedures; a sensitive one has neither code nor name of its own.

    A title such as that of a social allowance says what somebody lives through.
    """
    hidden = pl.col("is_sensitive")
    return procedures.with_columns(
        pl.when(hidden).then(pl.lit("••••")).otherwise("code").alias("code"),
        pl.when(hidden).then(pl.lit(COVERED)).otherwise("name").alias("name"),
    )


def procedure_names(procedures: pl.DataFrame) -> dict[int, str]:
    """Procedure id → "code – name", with its version where there are several.

    One whose name is covered is called so and nothing else.
    """
    several = set(procedures.filter(pl.col("code").is_duplicated())["procedure_id"])
    return {
        row["procedure_id"]: COVERED
        if row["name"] == COVERED
        else f"{row['code']} – {row['name']}"
        + (f" (bản {row['version']})" if row["procedure_id"] in several else "")
        for row in procedures.iter_rows(named=True)
    }


def level_of(units: pl.DataFrame, unit: int) -> str | None:
    """The level of a unit (province, district, commune); None: there is no such unit."""
    return next(iter(units.filter(unit_id=unit)["level"]), None)
