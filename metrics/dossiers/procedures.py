"""The catalogue of procedures at a day, and the dossiers received under it.

A procedure has versions with days of validity; a dossier keeps the version it was received under.
Form II.07b counts the procedures in force by level: (3) = (4) + (5) + (6).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, Final, Literal

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.measure import Facts, measure
from metrics.core.rows import rows
from metrics.dossiers.figures_procedures import CATALOGUE_FIGURE, PROCEDURE_FIGURES
from metrics.reported.statements import Statement

State = Literal["in_force", "expired", "coming", "replaced"]

STATES: Final[dict[State, str]] = {
    "in_force": "đang có hiệu lực",
    "expired": "hết hiệu lực",
    "coming": "chưa có hiệu lực",
    "replaced": "đã có phiên bản thay thế",
}
LEVELS: Final[dict[str | None, str]] = {
    "province": "Cấp tỉnh",
    "district": "Cấp huyện",
    "commune": "Cấp xã",
    None: "Chưa rõ cấp",
}
LIMIT_UNITS: Final = {
    "hour": "giờ",
    "day": "ngày",
    "working_day": "ngày làm việc",
    "month": "tháng",
}
FLAWS: Final = {
    "no_limit": "không có thời hạn giải quyết",
    "overlap": "hai phiên bản cùng có hiệu lực",
    "no_level": "chưa rõ cấp giải quyết",
    "no_field": "chưa rõ lĩnh vực",
    "ending": "sắp hết hiệu lực",
}
"""What is wrong with a version in force, or soon will be → its words, the gravest first."""

SOON_DAYS: Final = 30


def catalogue(procedures: pl.DataFrame, day: date) -> pl.DataFrame:
    """Every version of every procedure as it stands on a day.

    Args:
        procedures: :data:`metrics.core.contracts.PROCEDURE`.

    Returns:
        the columns of the contract and: ``state`` (:data:`STATES`; null days are no bounds),
        ``versions`` Int64 (of the procedure), and of versions in force ``no_limit``, ``no_level``,
        ``no_field``, ``overlap`` (another version of the same procedure is in force, too) and
        ``ending`` (its last day comes within :data:`SOON_DAYS` days and nothing follows it)
        Boolean; ``is_counted`` (of its procedure's versions in force the latest) Boolean; by code
        and version.
    """
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= day)
    over = pl.col("valid_to").is_not_null() & (pl.col("valid_to") < day)
    table = procedures.with_columns(
        pl.when(over)
        .then(pl.lit("expired"))
        .when(begun)
        .then(pl.lit("in_force"))
        .otherwise(pl.lit("coming"))
        .alias("state"),
        pl.len().over("code").cast(pl.Int64).alias("versions"),
    )
    holds = pl.col("state") == "in_force"
    follows = (pl.col("state") != "expired").sum().over("code") > holds.sum().over("code")
    soon = pl.col("valid_to") <= day + timedelta(days=SOON_DAYS)
    table = table.with_columns(
        (holds & pl.col("limit_value").is_null()).alias("no_limit"),
        (holds & pl.col("level").is_null()).alias("no_level"),
        (holds & pl.col("field_id").is_null()).alias("no_field"),
        (holds & (holds.sum().over("code") > 1)).alias("overlap"),
        (holds & soon.fill_null(False) & ~follows).alias("ending"),
        pl.when((pl.col("state") == "expired") & holds.any().over("code"))
        .then(pl.lit("replaced"))
        .otherwise(pl.col("state"))
        .alias("state"),
    )
    latest = pl.col("version").filter(holds).max().over("code")
    counted = (holds & (pl.col("version") == latest)).fill_null(False)
    return table.with_columns(counted.alias("is_counted")).sort("code", "version")


def in_force(table: pl.DataFrame) -> pl.DataFrame:
    """One row a procedure in force: of overlapping versions the latest."""
    return table.filter("is_counted")


def cells(table: pl.DataFrame, counted: pl.DataFrame, ask: Ask) -> dict[str, dict[str, Any]]:
    """What the catalogue and its dossiers come to: figure → numerator, denominator, rate.

    Args:
        table: :func:`catalogue`. counted: :func:`volumes`.

    Returns:
        the cells of CATALOGUE_FIGURE (counts), which hold a row of form II.07b with (3) = (4) +
        (5) + (6) + those of an unknown level, and ``received_expired`` (both sides).
    """
    frame = nw.from_native(table)
    found: dict[str, dict[str, Any]] = {
        key: {
            "numerator": frame.filter(figure.numerator(ask)).shape[0],
            "denominator": None,
            "rate": None,
        }
        for key, figure in CATALOGUE_FIGURE.items()
    }
    expired, received = int(counted["expired"].sum()), int(counted["received"].sum())
    rate = expired / received if received else None
    found["received_expired"] = {"numerator": expired, "denominator": received, "rate": rate}
    return found


def received_without_limit(table: pl.DataFrame, counted: pl.DataFrame) -> int:
    """Dossiers received under versions in force that have no time limit."""
    among = table.filter("no_limit")["procedure_id"].to_list()
    return int(counted.filter(pl.col("procedure_id").is_in(among))["received"].sum())


def received_without_procedure(counted: pl.DataFrame) -> int:
    """Dossiers received whose source names no procedure."""
    return int(counted.filter(pl.col("procedure_id").is_null())["received"].sum())


def versions_of(table: pl.DataFrame, counted: pl.DataFrame, code: str) -> pl.DataFrame:
    """A procedure's versions with the columns of :func:`volumes` and ``rate``."""
    return _with_rate(_counted(table.filter(pl.col("code") == code), counted))


def _counted(table: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    joined = table.join(counted, on="procedure_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col(*_SUMS).fill_null(0))


def _with_rate(table: pl.DataFrame) -> pl.DataFrame:
    rate = pl.when(pl.col("judged") > 0).then(pl.col("on_time") / pl.col("judged"))
    return table.with_columns(rate.alias("rate"))


def reported_07b(found: Collection[Statement]) -> Statement | None:
    """The row as a unit reported it, the largest where several did (indicator of form II.07b)."""
    rows_ = [
        one for one in found if one.indicator.key == "procedures_in_force" and one.value is not None
    ]
    return max(rows_, key=lambda one: one.value or 0, default=None)


def by_field(table: pl.DataFrame) -> pl.DataFrame:
    """Procedures in force by field and level: ``field_id``, ``level``, ``count``; most first."""
    counted = in_force(table).group_by("field_id", "level").len("count")
    totals = counted.group_by("field_id").agg(pl.col("count").sum().alias("_all"))
    return (
        counted.join(totals, on="field_id", nulls_equal=True)
        .sort("_all", "field_id", "level", descending=[True, False, False], nulls_last=True)
        .drop("_all")
        .with_columns(pl.col("count").cast(pl.Int64))
    )


def levels_of_fields(counted: pl.DataFrame) -> list[dict[str, Any]]:
    """:func:`by_field` as a row a field: ``field_id``, and a number by level's word."""
    rows_: dict[int | None, dict[str, Any]] = {}
    for field, level, count in counted.iter_rows():
        row = rows_.setdefault(field, {"field_id": field} | dict.fromkeys(LEVELS.values(), 0))
        row[LEVELS[level]] += count
    return list(rows_.values())


# -- dossiers -----------------------------------------------------------------------------


def volumes(facts: Facts, ask: Ask) -> pl.DataFrame:
    """Dossiers by version (``procedure_id``, null: unknown).

    Returns:
        ``procedure_id``; ``received``, ``resolved``, ``resolved_late``, ``pending_overdue``,
        ``expired`` (received under a version that was not in force), ``on_time`` and ``judged``
        (both sides of the rate by the question's definition), ``unknown`` (what it could not
        classify) Int64.
    """
    found = measure(facts, list(PROCEDURE_FIGURES.values()), [ask], ["procedure_id"])
    wide = found.select("procedure_id").unique()
    columns = (
        ("received", "received", "numerator"),
        ("resolved", "resolved", "numerator"),
        ("resolved_late", "resolved_late", "numerator"),
        ("pending_overdue", "pending_overdue", "numerator"),
        ("received_expired", "expired", "numerator"),
        ("on_time", "on_time", "numerator"),
        ("on_time", "judged", "denominator"),
        ("on_time", "unknown", "unknown"),
    )
    for key, name, side in columns:
        part = found.filter(pl.col("figure") == key).select(
            "procedure_id", pl.col(side).alias(name)
        )
        wide = wide.join(part, on="procedure_id", how="left", nulls_equal=True)
    return wide.with_columns(pl.exclude("procedure_id").fill_null(0)).sort("procedure_id")


_SUMS: Final = (
    "received",
    "resolved",
    "resolved_late",
    "pending_overdue",
    "expired",
    "on_time",
    "judged",
    "unknown",
)


def busiest(table: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Procedures (all versions together) with any dossier, most received first.

    Args:
        table: :func:`catalogue`. counted: :func:`volumes`.

    Returns:
        ``code``; ``name``, ``field_id``, ``level``, ``limit_value``, ``limit_unit``,
        ``is_sensitive`` of the latest version that is in force (else the latest);
        ``procedure_ids`` list; the columns of :func:`volumes` summed; ``rate`` from the sums (null:
        nothing to judge); ``no_limit`` Boolean.
    """
    joined = _counted(table, counted).with_columns((pl.col("state") == "in_force").alias("_holds"))
    latest = pl.col("name", "field_id", "level", "limit_value", "limit_unit", "is_sensitive")
    grouped = (
        joined.sort("code", "_holds", "version")
        .group_by("code", maintain_order=True)
        .agg(
            latest.last(),
            pl.col("procedure_id").alias("procedure_ids"),
            pl.col("no_limit").any(),
            pl.col(*_SUMS).sum(),
        )
    )
    used = pl.any_horizontal(pl.col("received", "resolved", "pending_overdue") > 0)
    return _with_rate(grouped).filter(used).sort("received", "code", descending=[True, False])


def expired_rows(
    facts: Facts, ask: Ask, procedure_ids: Collection[int] | None = None
) -> nw.LazyFrame[Any]:
    """The dossiers received in the period under a version that was not in force then.

    Columns of :func:`metrics.core.rows.rows`.
    """
    where = None if procedure_ids is None else {"procedure_id": sorted(procedure_ids)}
    return rows(facts, PROCEDURE_FIGURES["received_expired"], ask, where)


def limit_words(value: int | None, unit: str | None) -> str:
    """A time limit: "15 ngày làm việc"; "không có thời hạn" where there is none."""
    if value is None:
        return "không có thời hạn"
    return f"{value} {LIMIT_UNITS.get(unit or '', unit or '')}".strip()
