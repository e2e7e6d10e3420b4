"""From declared figures to numbers: one lazy plan a fact, one collect a screen.

The heavy step is a Narwhals expression on whatever engine holds the facts (Polars or Spark);
the small result is finished in Polars. Rates of a group come from its summed numerators and
denominators, never from averaged rates; with denominator 0 a rate is null.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final, Protocol, cast

import narwhals as nw
import polars as pl

from metrics.core import conditions as is_
from metrics.core import expressions as ex
from metrics.core.ask import MIDNIGHT, Ask
from metrics.core.by_source import by_source
from metrics.core.conditions import Condition
from metrics.core.figure import Figure, Flow
from metrics.core.narrowing import Where, alive, as_it_stood, restrict
from metrics.core.on_time import flow_of
from metrics.core.periods import months_of, weeks_of
from metrics.core.register_rows import REGISTER_GROUPS, Registers, of_register

GROUPS: Final[dict[str, str]] = {
    "unit": "unit_id",
    "receiving_unit": "receiving_unit_id",
    "applicant_unit": "applicant_unit_id",
    "field": "field_id",
    "procedure": "procedure_id",
    "channel": "channel_source",
    "channel_class": "channel",
    "officer": "officer_id",
}
"""What figures can be grouped by → the column that holds it. ``week``, ``month`` come beside.

``channel`` is the channel in its source's own words, ``channel_class`` the three of the forms."""
SERIES: Final = ("week", "month")
_REFUSED: Final = "refused_day"
_DAY_OF: Final[dict[Flow, str]] = {"received_at": "received_day", "ended_at": "ended_day"}


class Facts(Protocol):
    """What figures need of the opened facts (connectors.engine.Facts has more)."""

    @property
    def dossier(self) -> nw.LazyFrame[Any]: ...

    @property
    def pause(self) -> nw.LazyFrame[Any]: ...

    @property
    def step(self) -> nw.LazyFrame[Any]: ...


@dataclass(frozen=True)
class Plan:
    """A lazy aggregate of one fact, and how to read its columns."""

    frame: nw.LazyFrame[Any]
    by: tuple[str, ...]
    cells: tuple[tuple[int, Figure], ...]
    # Of a flow: rows are by ``day``, to be summed into the periods with these first days.
    starts: tuple[date, ...] | None = None


def _total(condition: nw.Expr, value: nw.Expr | None = None) -> nw.Expr:
    # Null counts as "no". Not condition.sum(): Spark has no sum of a boolean.
    if value is None:
        return condition.cast(ex.whole("Int64")).sum()
    return ex.when(condition).then(value).otherwise(ex.lit(0)).sum()


def _columns(position: int, figure: Figure, ask: Ask, held: nw.Expr | None = None) -> list[nw.Expr]:
    """``held``: which rows stand as at T, where the frame has others, too."""
    if figure.fact not in ("dossier", "pause"):
        ask = replace(ask, ends=())  # no row of a register has a source that could be behind

    def total_of(condition: Condition, value: Condition | None = None) -> nw.Expr:
        rows = by_source(condition, ask)
        summed = by_source(value, ask) if value else None
        return _total(rows if held is None else held & rows, summed)

    columns = [total_of(figure.numerator, figure.value).alias(f"n{position}")]
    if figure.denominator is not None:
        of = total_of(figure.denominator, figure.denominator_value)
        columns.append(of.alias(f"d{position}"))
    if figure.unknown is not None:
        columns.append(total_of(figure.unknown).alias(f"u{position}"))
    if figure.told_only:
        columns.append(total_of(figure.numerator).alias(f"r{position}"))
    return columns


def plan(
    facts: Facts,
    figures: Sequence[Figure],
    asks: Sequence[Ask],
    by: Sequence[str] = (),
    where: Where | None = None,
) -> list[Plan]:
    """Lazy plans, one for each fact that the figures need."""
    plans = []
    plain = [figure for figure in figures if figure.derive is None]
    for fact in sorted({figure.fact for figure in plain}):
        cells = tuple((i, f) for i in range(len(asks)) for f in plain if f.fact == fact)
        chosen = [figure for figure in plain if figure.fact == fact]
        several = fact == "dossier" and len({ask.moment for ask in asks}) > 1
        with ex.own_words(getattr(facts, fact)) as own:
            frame = _narrowed(alive(restrict(own, where), asks), chosen, asks)
            if fact == "dossier" and not several:
                frame = as_it_stood(frame, asks[0])
            plans.append(_plan_of(frame, cells, asks, by, several))
    for derive in dict.fromkeys(figure.derive for figure in figures if figure.derive):
        alike = [figure for figure in figures if figure.derive is derive]
        for i, ask in enumerate(asks):  # what a register held differs from moment to moment
            frame = of_register(cast(Registers, facts), alike[0], ask, where)
            plans.append(_plan_of(frame, tuple((i, f) for f in alike), asks, by))
    return plans


def _plan_of(
    frame: nw.LazyFrame[Any],
    cells: tuple[tuple[int, Figure], ...],
    asks: Sequence[Ask],
    by: Sequence[str],
    several_states: bool = False,
) -> Plan:
    columns = [
        column
        for position, (i, figure) in enumerate(cells)
        for column in _columns(
            position, figure, asks[i], by_source(is_.held, asks[i]) if several_states else None
        )
    ]
    keys = tuple(by)
    wide = frame.group_by(*keys).agg(*columns) if keys else frame.select(*columns)
    return Plan(ex.wrapped(wide), keys, cells)


def _narrowed(
    frame: nw.LazyFrame[Any], figures: Sequence[Figure], asks: Sequence[Ask]
) -> nw.LazyFrame[Any]:
    """Without what none of the figures counts at any moment (:attr:`Figure.always`)."""
    always = [figure.always for figure in figures]
    if None in always:
        return frame
    readings = {(ask.due, ask.comparison): ask for ask in asks}.values()
    conditions = [condition(ask) for condition in always if condition for ask in readings]
    return frame.filter(reduce(or_, conditions))


def plan_series(
    facts: Facts,
    figures: Sequence[Figure],
    asks: Sequence[Ask],
    by: Sequence[str] = (),
    where: Where | None = None,
) -> list[Plan]:
    """As :func:`plan`, for questions over adjoining periods, oldest first: same answer, sooner.

    A figure whose period is decided by one moment (:attr:`Figure.flow`) is computed over the
    whole span once and counted into its periods; the others are asked period by period.
    """
    if asks[-1].cut != MIDNIGHT:
        return plan(facts, figures, asks, by, where)  # days do not sum up to such periods
    whole = replace(asks[-1], first_day=asks[0].first_day)
    plans = []
    once: list[Figure] = []
    for flow in ("received_at", "ended_at"):
        chosen = [f for f in figures if f.settled and flow_of(f, whole) == flow]
        if chosen:
            plans.append(_flow_plan(facts, chosen, asks, whole, flow, by, where))
        once += chosen
    rest = [f for f in figures if f not in once]
    return plans + (plan(facts, rest, asks, by, where) if rest else [])


def _flow_plan(
    facts: Facts,
    figures: Sequence[Figure],
    asks: Sequence[Ask],
    whole: Ask,
    flow: Flow,
    by: Sequence[str],
    where: Where | None,
) -> Plan:
    starts = tuple(ask.first_day for ask in asks)
    with ex.own_words(facts.dossier) as own:
        # Whoever flows within the period is alive in it; asking that, too, would read more columns.
        # What happens after the end changes no such figure, so the last state will do for all T.
        frame = restrict(own, where).filter(is_.latest())
        frame = frame.filter(ex.col(flow) >= is_.at(whole.start), ex.col(flow) < is_.at(whole.end))
        # By day first: days sum up to any periods, and telling a period takes a case for each.
        frame = frame.with_columns(ex.col(_DAY_OF[flow]).alias("day"))
        keys = [*by, "day"]
        if flow == "received_at":
            frame, keys = _with_refusals(frame, asks), [*keys, _REFUSED]
        columns = [c for i, figure in enumerate(figures) for c in _columns(i, figure, whole)]
        daily = ex.wrapped(frame.group_by(*keys).agg(*columns))
    return Plan(daily, tuple(by), tuple((0, f) for f in figures), starts)


def _with_refusals(frame: nw.LazyFrame[Any], asks: Sequence[Ask]) -> nw.LazyFrame[Any]:
    """Refused dossiers as if they were not, with the day of it: they count until then.

    Those are left out that were refused before T and have no end of their period before it.
    """
    moment, ended = asks[-1].moment, ex.col("ended_at")
    refused = (ex.col("end_kind") == "refused").fill_null(value=False)
    since = next(ask.start for ask in asks if ask.moment == moment)
    gone = ended.is_null() | ((ended < is_.at(moment)) & (ex.col("received_at") >= is_.at(since)))
    return frame.filter(~(refused & gone)).with_columns(
        # What is refused only after T is not refused yet, in no period.
        ex.when(refused & (ended < is_.at(moment))).then(ex.col("ended_day")).alias(_REFUSED),
        ex.when(~refused).then(ex.col("end_kind")).alias("end_kind"),
    )


def collect(frames: Sequence[nw.LazyFrame[Any]]) -> list[pl.DataFrame]:
    """Computes lazy frames together, so that shared work is done once: one collect for a screen."""
    native = [frame.to_native() for frame in frames]
    if all(isinstance(frame, pl.LazyFrame) for frame in native):
        return pl.collect_all(native)
    return [frame.collect(backend="polars").to_native() for frame in frames]


def run(plans: Iterable[Plan]) -> list[pl.DataFrame]:
    """Computes plans together; for each of them the tidy frame that :func:`measure` describes."""
    return run_with_rows(plans, [])[0]


def run_with_rows(
    plans: Iterable[Plan], frames: Sequence[nw.LazyFrame[Any]]
) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """As :func:`run`, and in the same go further lazy frames (of :func:`rows`, say)."""
    planned = list(plans)
    collected = collect([*(each.frame for each in planned), *frames])
    wide, others = collected[: len(planned)], collected[len(planned) :]
    return [_tidy(p, frame) for p, frame in zip(planned, wide, strict=True)], others


def measure(
    facts: Facts,
    figures: Sequence[Figure],
    asks: Sequence[Ask],
    by: Sequence[str] = (),
    where: Where | None = None,
) -> pl.DataFrame:
    """Figures for questions, by groups.

    Args:
        facts: the opened facts, already cut to what the asker may see.
        figures: from :mod:`metrics.dossiers.catalogue`.
        asks: questions; the result's ``ask`` is the position in this list.
        by: columns to group by (values of :data:`GROUPS`); none: one total.
        where: further restrictions.

    Returns:
        One row for each group, question and figure, sorted by group, ``ask``, ``figure``:
        the group's columns, ``ask`` Int32, ``figure`` String, ``numerator`` Int64 (dossiers, or
        the summed value of a mean; null: only rows that do not say, :attr:`Figure.unknown`),
        ``denominator`` Int64 (null for a count), ``unknown`` Int64 (the rows that do not say;
        null for a figure that knows no such rows), ``rate`` Float64 (0–1, or the mean; null when
        the denominator is 0).
    """
    frames = run(plan(facts, figures, asks, by, where))
    return pl.concat(frames).sort([*by, "ask", "figure"], nulls_last=True)


def _tidy(plan_: Plan, wide: pl.DataFrame) -> pl.DataFrame:
    if plan_.starts is not None:
        wide = _by_period(wide, plan_.by, plan_.starts)
    cells = plan_.cells
    told = wide.select(
        *plan_.by,
        *(
            expression.alias(f"{name}{position}")
            for position, (i, figure) in enumerate(cells)
            for name, expression in _cell(position, i, figure, plan_.starts is not None).items()
        ),
    )
    # Whole columns one below the other: a query for each figure would cost more than its sum.
    long = pl.DataFrame(
        [
            *(pl.concat([told[key]] * len(cells)) for key in plan_.by),
            *(
                pl.concat([told[f"{name}{position}"] for position in range(len(cells))]).alias(name)
                for name in ("ask", "figure", "numerator", "denominator", "unknown")
            ),
        ]
    )
    return with_rate(long)


def _cell(position: int, ask: int, figure: Figure, has_periods: bool) -> dict[str, pl.Expr]:
    """The columns of one figure and question."""
    nothing = pl.lit(None, pl.Int64)

    def count(name: str) -> pl.Expr:
        return pl.col(f"{name}{position}").cast(pl.Int64).fill_null(0)

    numerator = count("n")
    if figure.told_only:
        numerator = pl.when(count("r") != 0).then(numerator)
    elif figure.unknown is not None and figure.fact not in ("dossier", "pause"):
        # Nobody counts, but some do not say: null, not 0. (Of dossiers they stand beside a rate.)
        # A rate over those that do say is 0 of them.
        told = count("d") if figure.is_unknown_apart else numerator
        numerator = pl.when((told != 0) | (count("u") == 0)).then(numerator)
    return {
        "ask": pl.col("ask") if has_periods else pl.lit(ask, pl.Int32),
        "figure": pl.lit(figure.key),
        "numerator": numerator,
        "denominator": count("d") if figure.is_ratio else nothing,
        "unknown": count("u") if figure.unknown else nothing,
    }


def _by_period(daily: pl.DataFrame, by: Sequence[str], starts: Sequence[date]) -> pl.DataFrame:
    """Days summed into periods: a row for each group and period, so that "none" is 0."""
    edges = pl.Series(starts, dtype=pl.Date)
    at = edges.search_sorted(daily["day"], side="right").cast(pl.Int32) - 1
    days = daily.lazy().with_columns(at.alias("ask"))
    if _REFUSED in daily.columns:
        # As of the end of a period counts what was refused only later (:func:`_with_refusals`).
        ends = pl.col("ask").replace_strict(dict(enumerate(starts[1:])), default=None)
        until = pl.col(_REFUSED)
        days = days.filter(until.is_null() | ends.is_null() | (until >= ends)).drop(_REFUSED)
    sums = days.group_by(*by, "ask").agg(pl.exclude(*by, "ask", "day").sum())
    grid = pl.LazyFrame({"ask": range(len(starts))}, schema={"ask": pl.Int32})
    if by:
        grid = sums.select(*by).unique().join(grid, how="cross")
    return grid.join(sums, on=[*by, "ask"], how="left", nulls_equal=True).collect()


def complete(
    parts: Sequence[pl.DataFrame], by: Sequence[str], figures: Sequence[Figure], asks: int
) -> pl.DataFrame:
    """Measured parts as one frame in which every group has every question and figure.

    A group that one part has and another lacks (nothing of it ended, say) has 0 there; so has
    every group where a whole part is empty (nothing ended at all).

    Args:
        parts: frames as :func:`run` gives them.
        by: the columns they are grouped by.
        figures, asks: what was asked, and of how many questions.
    """
    frame = pl.concat(parts).lazy()
    cells = pl.LazyFrame({"ask": range(asks)}, schema={"ask": pl.Int32}).join(
        pl.LazyFrame(
            {
                "figure": [f.key for f in figures],
                "is_ratio": [f.is_ratio for f in figures],
                "has_unknown": [f.unknown is not None for f in figures],
            }
        ),
        how="cross",
    )
    # Without keys there is one group, the total; a frame of no columns would have no row for it.
    grid = frame.select(*by).unique().join(cells, how="cross") if by else cells
    filled = (
        grid.join(frame.drop("rate"), on=[*by, "ask", "figure"], how="left", nulls_equal=True)
        .with_columns(
            pl.col("numerator").fill_null(0),
            pl.when("is_ratio").then(pl.col("denominator").fill_null(0)).alias("denominator"),
            pl.when("has_unknown").then(pl.col("unknown").fill_null(0)).alias("unknown"),
        )
        .drop("is_ratio", "has_unknown")
    )
    return filled.with_columns(_RATE).sort(*by, "ask", "figure", nulls_last=True).collect()


_RATE: Final = (
    pl.when(pl.col("denominator") > 0)
    .then(pl.col("numerator") / pl.col("denominator"))
    .otherwise(None)
    .alias("rate")
)


def with_rate(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``rate`` = numerator / denominator; null when the denominator is 0 or null."""
    return frame.with_columns(_RATE)


def total(frame: pl.DataFrame, by: Sequence[str] = ("ask", "figure")) -> pl.DataFrame:
    """Sums numerators and denominators of measured groups and forms the rates anew."""
    summed = frame.group_by(*by).agg(
        pl.col("numerator").sum(),
        # The sum of no denominator at all is "no denominator", not 0; so of the unknown.
        *(
            pl.when(pl.col(side).is_not_null().any()).then(pl.col(side).sum()).alias(side)
            for side in ("denominator", "unknown")
        ),
    )
    return with_rate(summed).sort(*by)


def show(
    facts: Facts, figure: Figure, ask: Ask, by: str | None = None, where: Where | None = None
) -> pl.DataFrame:
    """One figure by one grouping.

    Args:
        by: a key of :data:`GROUPS` (of :data:`REGISTER_GROUPS` for a register's figure),
            ``week``, ``month``, or None for the total.

    Returns:
        ``key`` (the group's id; the Monday of a week, the 1st of a month, also where the period
        begins later; null: unknown), ``numerator``, ``denominator`` (null for a count), ``unknown``
        (of a figure that knows such rows), ``rate``; sorted by ``key``.
    """
    values = ["numerator", "denominator", *(["unknown"] if figure.unknown else []), "rate"]
    if by in SERIES:
        return _series(facts, figure, ask, by, where).select("key", *values)
    if by is None:
        measured = measure(facts, [figure], [ask], (), where)
        return measured.select(pl.lit("").alias("key"), *values)
    column = (GROUPS if figure.fact in ("dossier", "pause") else REGISTER_GROUPS)[by]
    measured = measure(facts, [figure], [ask], [column], where)
    return measured.select(pl.col(column).alias("key"), *values)


_VALUES: Final = ("numerator", "denominator", "unknown", "rate")


def _series(
    facts: Facts, figure: Figure, ask: Ask, by: str | None, where: Where | None
) -> pl.DataFrame:
    split = weeks_of if by == "week" else months_of
    spans = split(ask.first_day, ask.last_day)
    asks = [ask.over(first, last) for first, last in spans]
    measured = measure(facts, [figure], asks, (), where)
    # What begins at or after T has no answer, and not 0.
    begun = [i for i, one in enumerate(asks) if one.start < ask.moment]
    measured = measured.with_columns(
        pl.when(pl.col("ask").is_in(begun)).then(pl.col(value)).alias(value) for value in _VALUES
    )
    firsts = pl.DataFrame(
        {"ask": range(len(spans)), "key": [_key(first, by) for first, _ in spans]},
        schema={"ask": pl.Int32, "key": pl.Date},
    )
    return measured.join(firsts, on="ask").sort("key")


def _key(day: date, by: str | None) -> date:
    """A week or month is called by its own first day, however much of it the period holds."""
    return day - timedelta(days=day.weekday()) if by == "week" else day.replace(day=1)
