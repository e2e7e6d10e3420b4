"""Names of units, fields, procedures and channels, as people tell them apart."""

from __future__ import annotations

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
    """Unit id → its name; units that share a name are told apart by their validity.

    Wards kept their names while their borders and codes changed on 1 July 2025, so a name alone
    can mean two places.
    """
    repeated = set(units.filter(pl.col("name").is_duplicated())["name"])
    return {
        unit["unit_id"]: unit["name"] + (_validity(unit) if unit["name"] in repeated else "")
        for unit in units.iter_rows(named=True)
    }


def _validity(unit: dict[str, Any]) -> str:
    if unit["valid_to"] is not None:
        return f" (đến {unit['valid_to']:%d/%m/%Y})"
    if unit["valid_from"] is not None:
        return f" (từ {unit['valid_from']:%d/%m/%Y})"
    return ""


def field_names(fields: pl.DataFrame) -> dict[int, str]:
    """Field id → its name."""
    return dict(fields.select("field_id", "name").iter_rows())


def procedure_names(procedures: pl.DataFrame) -> dict[int, str]:
    """Procedure id → "code – name", with its version where there are several."""
    several = set(procedures.filter(pl.col("code").is_duplicated())["procedure_id"])
    return {
        row["procedure_id"]: f"{row['code']} – {row['name']}"
        + (f" (bản {row['version']})" if row["procedure_id"] in several else "")
        for row in procedures.iter_rows(named=True)
    }
