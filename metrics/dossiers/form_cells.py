"""What the official forms are made of: figures counted by unit, field and cause of lateness.

The smallest numbers that every form is a sum of. A form of figures of now and one of figures that
were frozen when a period was closed are made of the same frame (:data:`CELL`), so they cannot be
put together differently.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final, Protocol

import narwhals as nw
import polars as pl

from metrics.core import conditions as is_
from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.measure import Facts, plan, run
from metrics.core.on_time import II06A
from metrics.core.vietnamese import as_of, moment
from metrics.dossiers.catalogue import figure
from metrics.dossiers.figures_procedures import CATALOGUE_FIGURE
from metrics.dossiers.procedures import catalogue

CELL: Final[dict[str, Any]] = {
    "unit_id": pl.Int32,
    "field_id": pl.Int32,
    "figure": pl.String,
    "part": pl.String,
    "count": pl.Int64,
}
"""A number of the forms. ``unit_id``, ``field_id``: null where the source does not say, and of the
catalogue of procedures, which is nobody's. ``part``: the cause of lateness ("": none was entered);
of all other figures ""."""

FORM_FIGURES: Final[dict[str, Figure]] = {
    "to_resolve": Figure(
        key="to_resolve",
        label="Nhận giải quyết",
        numerator=is_.to_resolve,
        meaning="Hồ sơ tiếp nhận trong kỳ và hồ sơ từ kỳ trước chuyển sang.",
        basis=f"{II06A}, cột (3)",
    ),
    "refused_since": Figure(
        key="refused_since",
        label="Từ kỳ trước, từ chối tiếp nhận trong kỳ",
        numerator=is_.refused_since,
        meaning="Hồ sơ đang giải quyết khi kỳ bắt đầu, bị từ chối tiếp nhận trong kỳ.",
        basis=f"{II06A}, cột (6): phần của cột (11) kỳ trước không chuyển sang",
    ),
}
"""Figures that only the forms ask for, beside the catalogue's."""

COUNTED: Final[tuple[Figure, ...]] = (
    *FORM_FIGURES.values(),
    *(
        figure(key)
        for key in (
            "received",
            "received_online",
            "received_offline",
            "carried_over",
            "resolved",
            "resolved_early",
            "resolved_on_day",
            "resolved_late",
            "resolved_unclassified",
            "returned",
            "withdrawn",
            "pending",
            "pending_in_time",
            "pending_overdue",
            "pending_unclassified",
            "waiting_supplement",
        )
    ),
)
"""By unit and field."""

BY_CAUSE: Final[tuple[Figure, ...]] = (figure("late"), figure("pending_overdue"))
"""By unit, field and cause; kept under :func:`by_cause`."""

PROCEDURES: Final = (
    "procedures_in_force",
    "procedures_province",
    "procedures_district",
    "procedures_commune",
    "procedures_unknown_level",
)
"""Of the catalogue of procedures, for form II.07b."""

_KEYS: Final = ("unit_id", "field_id")


class Catalogued(Facts, Protocol):
    """The opened facts with the catalogue of procedures (connectors.engine.Facts)."""

    @property
    def procedures(self) -> pl.DataFrame: ...


class FormRefused(ValueError):
    """A form that does not add up; the message, in Vietnamese, names the unit and the identity."""


def by_cause(key: str) -> str:
    """What the cells of a figure are called that are counted by cause."""
    return f"{key}_by_cause"


def form_ask(ask: Ask) -> Ask:
    """The question of a form: judged at the end of its period, however much later T is.

    A form balances what came against what went and what is left, so all three are of one moment.
    Its classes are those of the form's own reading of "on time".
    """
    last = min(ask.moment, ask.period_end)
    return replace(ask, as_of=last, definition="form", whole="classified")


def form_cells(facts: Catalogued, ask: Ask) -> pl.DataFrame:
    """The cells of all forms for a question (:func:`form_ask`): :data:`CELL`, without zeros.

    Args:
        facts: of the units that the forms are of, alive in ``ask.alive``.

    Raises:
        FormRefused: the period has not begun at T; the parts do not make up what is counted
            without parts.
    """
    if ask.moment <= ask.start:
        raise FormRefused(
            f"Chưa lập được biểu: đến {as_of(ask.moment)} kỳ bắt đầu từ {moment(ask.start)} chưa "
            "có số liệu."
        )
    plans = [
        *plan(facts, COUNTED, [ask], by=_KEYS),
        *plan(facts, BY_CAUSE, [ask], by=[*_KEYS, "late_cause"]),
        *plan(facts, COUNTED, [ask]),
    ]
    found = run(plans)
    told = [_tidy(each) for each in found]
    # Without keys there is one row a figure: the totals. (One plan a fact.)
    parts = pl.concat([each for each in told if each["unit_id"].dtype == pl.Int32])
    totals = pl.concat([each.drop(*_KEYS) for each in told if each["unit_id"].dtype != pl.Int32])
    _check_totals(parts, dict(totals.select("figure", "count").iter_rows()))
    return pl.concat([parts, _procedures(facts, ask)]).filter(pl.col("count") != 0).sort(*CELL)


def _tidy(measured: pl.DataFrame) -> pl.DataFrame:
    """Measured figures as cells; totals have keys of type Null."""
    is_by_cause = "late_cause" in measured.columns
    name = pl.format("{}_by_cause", "figure") if is_by_cause else pl.col("figure")
    nothing = pl.lit(None)
    return measured.select(
        *(key if key in measured.columns else nothing.alias(key) for key in _KEYS),
        name.alias("figure"),
        (pl.col("late_cause").fill_null("") if is_by_cause else pl.lit("")).alias("part"),
        pl.col("numerator").alias("count"),
    )


def _check_totals(parts: pl.DataFrame, totals: dict[str, int]) -> None:
    sums = dict(parts.group_by("figure").agg(pl.col("count").sum()).iter_rows())
    for key, total in totals.items():
        if sums.get(key, 0) != total:
            label = next(each.label for each in COUNTED if each.key == key)
            raise FormRefused(
                f"Không lập được biểu: “{label}” cộng theo đơn vị và lĩnh vực là "
                f"{sums.get(key, 0)}, đếm chung là {total}. Hãy tổng hợp lại số liệu rồi thử lại."
            )


def _procedures(facts: Catalogued, ask: Ask) -> pl.DataFrame:
    frame = nw.from_native(catalogue(facts.procedures, ask.as_of_day))
    counts = [frame.filter(CATALOGUE_FIGURE[key].numerator(ask)).shape[0] for key in PROCEDURES]
    nobody = [None] * len(PROCEDURES)
    return pl.DataFrame([nobody, nobody, PROCEDURES, [""] * len(PROCEDURES), counts], schema=CELL)


def within(cells: pl.DataFrame, units: Collection[int] | None) -> pl.DataFrame:
    """The cells of some units (None: all), and those that are nobody's."""
    if units is None:
        return cells
    nobodys = pl.col("figure").is_in(PROCEDURES)
    return cells.filter(pl.col("unit_id").is_in(sorted(units)) | nobodys)
