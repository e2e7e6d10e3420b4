"""The screen of citizens' feedback: totals, tables by unit, kind and source, rows, and the lines
that ask for a decision. Counting is :mod:`metrics.core.measure`'s; what a state is,
metrics/feedback/states.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.measure import Facts, measure
from metrics.core.narrowing import Where
from metrics.core.register_rows import Registers, register_rows
from metrics.core.vietnamese import in_short, number
from metrics.dossiers.attention import Line, by_unit, unit_lines
from metrics.feedback.figures import FEEDBACK_FIGURE, FEEDBACK_FIGURES
from metrics.feedback.states import STATES, feedback_state

Row = dict[str, Any]
By = Literal["unit_id", "kind_key", "channel_key"]

TABLE: Final = (
    "feedback_received",
    "feedback_ended",
    "feedback_on_time",
    "feedback_open",
    "feedback_past_due",
    "feedback_unsatisfied",
)
"""Figures of the tables by unit, kind and source."""


@dataclass(frozen=True)
class FeedbackReview:
    """Every figure of :data:`metrics.feedback.figures.FEEDBACK_FIGURES` in total.

    ``measured``: ``figure``, ``numerator`` (null: unknown), ``denominator``, ``rate``.
    """

    ask: Ask
    measured: pl.DataFrame

    def cell(self, key: str) -> Row:
        """Numerator, denominator and rate of a figure."""
        return self.measured.filter(pl.col("figure") == key).row(0, named=True)

    def count(self, key: str) -> int | None:
        """A figure's number; null: unknown."""
        found: int | None = self.cell(key)["numerator"]
        return found


def feedback_review(facts: Facts, ask: Ask, where: Where | None = None) -> FeedbackReview:
    """All figures of feedback: what came and ended in the period, what stands at T."""
    return FeedbackReview(ask, measure(facts, FEEDBACK_FIGURES, [ask], (), where))


def is_register_empty(facts: Registers) -> bool:
    """Whether nobody has entered any feedback of the units in view: its number is unknown."""
    held = facts.registers.standing()["feedback"].head(1)
    return bool(held.collect(backend="polars").to_native().is_empty())


def feedback_rows(
    facts: Registers,
    ask: Ask,
    figure: str = "feedback_received",
    where: Where | None = None,
    part: str = "numerator",
) -> pl.DataFrame:
    """The rows behind a figure: past due first (longest), then by date, then what has ended.

    Returns:
        the columns of :func:`metrics.feedback.states.feedback_state`.
    """
    found = register_rows(facts, FEEDBACK_FIGURE[figure], ask, where, part)
    place = {state: position for position, state in enumerate(STATES)}
    return (
        found.with_columns(pl.col("state").replace_strict(place, default=9).alias("_place"))
        .sort("_place", "judged_due", "received_at", "feedback_id", nulls_last=True)
        .drop("_place")
    )


def one_feedback(facts: Registers, ask: Ask, number: int) -> pl.DataFrame:
    """A row as it stood at T, whenever it came in; none where it had not by then."""
    state = feedback_state(facts.registers.at(ask.moment), ask)
    found: pl.DataFrame = (
        state.filter(nw.col("feedback_id") == number).collect(backend="polars").to_native()
    )
    return found


def feedback_table(facts: Facts, ask: Ask, by: By, where: Where | None = None) -> pl.DataFrame:
    """Feedback by unit, kind or source, most past due first.

    Returns:
        ``by``; a column for each of :data:`TABLE` (Int64; of a rate its numerator),
        ``on_time_of`` Int64 (the denominator) and ``on_time_rate`` Float64 (null: nothing ended
        that has a date).
    """
    figures = [FEEDBACK_FIGURE[key] for key in TABLE]
    long = measure(facts, figures, [ask], [by], where)
    wide = long.select(by).unique()
    for key in TABLE:
        part = long.filter(pl.col("figure") == key)
        wanted = [by, pl.col("numerator").alias(key)]
        if FEEDBACK_FIGURE[key].is_ratio:
            wanted += [
                pl.col("denominator").alias("on_time_of"),
                pl.col("rate").alias("on_time_rate"),
            ]
        wide = wide.join(part.select(wanted), on=by, how="left")
    return wide.filter(
        (pl.col("feedback_received") > 0)
        | (pl.col("feedback_ended") > 0)
        | (pl.col("feedback_open") > 0)
    ).sort(
        "feedback_past_due",
        "feedback_open",
        "feedback_received",
        by,
        descending=[True, True, True, False],
    )


# -- Cần chỉ đạo --------------------------------------------------------------------------


def feedback_lines(facts: Registers, ask: Ask, unit_names: Mapping[int, str]) -> list[Line]:
    """Lines of "Cần chỉ đạo" about feedback: past its date and not done, by unit, worst first."""
    key = "feedback_past_due"
    parts = dict(by_unit(feedback_rows(facts, ask, key)))
    return unit_lines(
        key,
        key,
        {unit: part.height for unit, part in parts.items()},
        lambda unit: _past_due_text(parts[unit]),
        unit_names,
        ask.as_of_day,
        together="còn {total} phản ánh, kiến nghị đã quá hạn chưa xử lý xong.",
        since=lambda unit: parts[unit]["judged_due"].min().date(),  # type: ignore[union-attr]
    )


def _past_due_text(rows: pl.DataFrame) -> str:
    urgent = rows.filter(pl.col("is_urgent")).height
    waiting = rows.filter(pl.col("accepted_at").is_null()).height
    more = [f"{number(urgent)} khẩn"] if urgent else []
    more += [f"{number(waiting)} chưa tiếp nhận"] if waiting else []
    said = f" ({', '.join(more)})" if more else ""
    oldest: int = rows["days_past"].max()  # type: ignore[assignment]
    lasting = f"{number(oldest)} ngày" if oldest else "dưới 1 ngày"
    if rows.height == 1:
        about = rows["subject"][0]
        named = f": “{in_short(about)}”" if about else ""
        return f"1 phản ánh, kiến nghị quá hạn {lasting} chưa xử lý xong{said}{named}."
    return (
        f"{number(rows.height)} phản ánh, kiến nghị quá hạn chưa xử lý xong{said}, lâu nhất "
        f"{lasting}."
    )
