"""What is known about a target: live figures, reported values, indices and ratings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

import polars as pl

from metrics.core.ask import DEFINITIONS, Ask, Definition, span
from metrics.core.figure import Figure
from metrics.core.measure import Facts, Plan, plan, run
from metrics.core.vietnamese import day
from metrics.dossiers.catalogue import FIGURES
from metrics.registers.held import Held
from metrics.targets.terms import Evidence, Rank, Rating, Target, Value, spans
from metrics.targets.wording import limit

OpenFacts = Callable[[int, tuple[datetime, datetime]], Facts]
"""Unit and span → the facts of that unit and what is below it, alive in the span."""

_VOLUME: Final = ("received", "resolved")
"""What says whether there were any dossiers at all."""

FULL: Final = timedelta(days=31)
"""Data that begin at most so long after a period do not make it a part of one."""


@dataclass(frozen=True)
class Known:
    """What targets are judged by, beside the dossiers.

    ``registers``: metrics/registers/, cut to the reader's scope. ``below``: a unit → it
    and what stands below it. ``province_of``: a unit → the code of its province, if it is one.
    ``may_see``: the reader's units (None: all). ``data_from``: day of the first dossier.
    """

    registers: Held
    below: Callable[[int], frozenset[int]]
    province_of: Mapping[int, str]
    may_see: frozenset[int] | None
    data_from: date | None


Cell = Mapping[str, Any]
"""``numerator``, ``denominator``, ``unknown``, as :func:`metrics.core.measure.measure` has them."""

_SIDES: Final = ("numerator", "denominator", "unknown")


@dataclass(frozen=True)
class Counts:
    """A figure's counts by unit: one reading of the dossiers for all who promised the same.

    ``units``: whose dossiers were counted. ``rows``: the question's place and the figure's key →
    unit → :data:`_SIDES` (null: the figure has no such side).
    """

    units: frozenset[int]
    rows: Mapping[tuple[int, str], Mapping[int | None, tuple[int | None, ...]]]

    @classmethod
    def read(cls, units: frozenset[int], measured: pl.DataFrame) -> Counts:
        """Of :func:`metrics.core.measure.measure` by unit."""
        rows: dict[tuple[int, str], dict[int | None, tuple[int | None, ...]]] = {}
        for ask, key, unit, *sides in measured.select(
            "ask", "figure", "unit_id", *_SIDES
        ).iter_rows():
            rows.setdefault((ask, key), {})[unit] = tuple(sides)
        return cls(units, rows)

    def of(self, units: frozenset[int], ask: int, figure: Figure) -> Cell:
        """The counts of some of the units together, 0 where there was nothing to count."""
        every = self.rows.get((ask, figure.key), {})
        of = every if units == self.units else {unit: every[unit] for unit in units & every.keys()}
        has = (True, figure.is_ratio, figure.unknown is not None)
        sides = (
            sum(row[place] or 0 for row in of.values()) if has[place] else None
            for place in range(len(_SIDES))
        )
        return dict(zip(_SIDES, sides, strict=True))


def counts_of(
    targets: Sequence[Target], known: Known, open_facts: OpenFacts, ask: Ask
) -> list[Counts | None]:
    """The counts that each target is judged by, of every unit below its own: one collect for all.

    None: not a figure of dossiers, not begun, or not to be seen.
    """
    wanted = [each if _is_counted(each, known, ask) else None for each in targets]
    planned = [[] if each is None else _plans(each, open_facts, ask) for each in wanted]
    parts = iter(run(one for each in planned for one in each))
    return [
        None
        if each is None
        else Counts.read(known.below(each.unit_id), pl.concat([next(parts) for _ in plans]))
        for each, plans in zip(wanted, planned, strict=True)
    ]


def _is_counted(target: Target, known: Known, ask: Ask) -> bool:
    figure = figure_of(target)
    if figure is None or figure.fact != "dossier" or target.operator == "qualitative":
        return False
    return target.period_from <= ask.as_of_day and _within(target, known)


def _plans(target: Target, open_facts: OpenFacts, ask: Ask) -> list[Plan]:
    figure = figure_of(target)
    assert figure is not None
    asks, where = _questions(target, ask)
    return plan(open_facts(target.unit_id, span(asks)), _wanted(figure), asks, ["unit_id"], where)


def evidence(
    target: Target, known: Known, open_facts: OpenFacts, ask: Ask, counts: Counts | None = None
) -> Evidence:
    """What is known about a target at the question's moment; see :class:`Evidence`.

    ``counts``: of a wider target that differs in its unit only, so that nothing is counted twice.
    """
    if target.operator == "qualitative" or target.metric_kind == "none":
        return Evidence()
    if target.period_from > ask.as_of_day:
        return Evidence()
    # Published for everybody; the rest is only as whole as what the reader may see.
    if target.metric_kind != "index" and not _within(target, known):
        return Evidence(missing="Đơn vị của chỉ tiêu nằm ngoài phạm vi được xem.")
    match target.metric_kind:
        case "figure":
            return _of_figure(target, known, open_facts, ask, counts)
        case "indicator":
            return _of_indicator(target, known, ask)
        case "index":
            return _of_index(target, known, ask)
        case "rating":
            return _of_rating(target, known, ask)
        case _:
            return Evidence(missing="Chỉ tiêu chưa ghi đo bằng gì.")


def _within(target: Target, known: Known) -> bool:
    return known.may_see is None or target.unit_id in known.may_see


def _frame(known: Known, register: str, ask: Ask) -> pl.DataFrame:
    held = known.registers.at(ask.moment)[register]
    found: pl.DataFrame = held.collect(backend="polars").to_native()
    return found


def _sources(frame: pl.DataFrame) -> str | None:
    found = frame["source"].drop_nulls().unique().sort().to_list()
    return "; ".join(found[:3]) or None


# -- figures of dossiers ------------------------------------------------------------------


def question(target: Target, first: date, last: date, ask: Ask) -> Ask:
    """The question that a figure's target asks over some days, as of T or their end."""
    return replace(ask.over(first, last), definition=definition_of(target))


def definition_of(target: Target) -> Definition:
    """The reading of "đúng hạn" that a target names; the form's where it names none."""
    return target.definition if target.definition in DEFINITIONS else "form"


def figure_of(target: Target) -> Figure | None:
    """The figure of dossiers that a target is judged by; None: of nothing that is counted."""
    return FIGURES.get(target.metric or "") if target.metric_kind == "figure" else None


def reading_of(target: Target) -> Definition | None:
    """The reading of "đúng hạn" that a target is judged by; None: it is not about that."""
    is_timed = target.metric_kind == "figure" and target.metric == "on_time"
    return definition_of(target) if is_timed else None


def listed_figure(target: Target) -> str:
    """The figure whose dossiers one has to look at: of "đúng hạn" those that were not."""
    return "not_on_time" if target.metric == "on_time" else str(target.metric)


def limit_of(target: Target) -> str:
    """What has to be reached, as it is printed (:func:`metrics.targets.wording.limit`)."""
    figure = figure_of(target)
    edges = [edge for edge in (target.low, target.high) if edge is not None]
    is_share = target.metric_kind == "indicator" and bool(edges) and max(edges) <= 1
    return limit(target, is_share or (figure is not None and figure.unit == "rate"))


def _of_figure(
    target: Target, known: Known, open_facts: OpenFacts, ask: Ask, counts: Counts | None
) -> Evidence:
    figure = FIGURES.get(target.metric or "")
    if figure is None or figure.fact != "dossier":
        return Evidence(missing=f"Không có số liệu hồ sơ mang mã “{target.metric or ''}”.")
    own = known.below(target.unit_id)
    if counts is None or not own <= counts.units:
        (counts,) = counts_of([target], known, open_facts, ask)
        assert counts is not None
    values = tuple(
        _value(figure, counts, own, i, part, known) for i, part in enumerate(_begun(target, ask))
    )
    return Evidence(values, source="Tính từ hồ sơ")


def _begun(target: Target, ask: Ask) -> list[tuple[date, date]]:
    parts = spans(target) if target.every_period else ((target.period_from, target.period_to),)
    return [part for part in parts if part[0] <= ask.as_of_day]


def _questions(target: Target, ask: Ask) -> tuple[list[Ask], dict[str, Any] | None]:
    asks = [question(target, first, last, ask) for first, last in _begun(target, ask)]
    return asks, {"field_id": target.field_id} if target.field_id is not None else None


def _wanted(figure: Figure) -> list[Figure]:
    """The figure, and what says whether there were any dossiers at all."""
    return [figure, *(FIGURES[key] for key in _VOLUME if key != figure.key)]


def _value(
    figure: Figure,
    counts: Counts,
    own: frozenset[int],
    position: int,
    part: tuple[date, date],
    known: Known,
) -> Value:
    cell = counts.of(own, position, figure)
    volume = sum(counts.of(own, position, FIGURES[key])["numerator"] for key in _VOLUME)
    first, last = part
    is_rate = figure.unit == "rate"
    found = Value(first, last, is_rate=is_rate, counts_dossiers=is_rate)
    since = known.data_from
    if not volume:
        return replace(found, counts_dossiers=False, note="không có hồ sơ nào trong dữ liệu")
    if since is not None and since - first > FULL:
        found = replace(found, note=f"dữ liệu hồ sơ chỉ có từ {day(since)}")
    if figure.is_ratio:
        sides = {side: cell[side] for side in ("numerator", "denominator")}
        return replace(found, **sides, unknown=cell["unknown"] or 0)
    adds_up = figure.flow is not None
    return replace(found, value=cell["numerator"], adds_up=adds_up)


# -- reported values ----------------------------------------------------------------------


def _of_indicator(target: Target, known: Known, ask: Ask) -> Evidence:
    rows = _frame(known, "indicator_value", ask).filter(
        pl.col("indicator") == (target.metric or ""),
        pl.col("unit_id") == target.unit_id,
        pl.col("part") == "",
    )
    reached = pl.coalesce("as_of", "period_to")
    dated = rows.with_columns(reached.alias("reached")).filter(
        pl.col("reached") <= ask.as_of_day, pl.col("reached") >= target.period_from
    )
    dated = dated.filter(
        pl.col("value").is_not_null()
        | (pl.col("numerator").is_not_null() & pl.col("denominator").is_not_null())
    ).sort("reached")
    if dated.is_empty():
        return Evidence(missing="Chưa có giá trị báo cáo của chỉ tiêu này trong kỳ.")
    parts = spans(target) if target.every_period else ((target.period_from, target.period_to),)
    values = [_reported(target, dated, part) for part in parts]
    return Evidence(
        tuple(values), source=_sources(dated), baseline=_baseline(rows, target.baseline_year)
    )


def _reported(target: Target, dated: pl.DataFrame, part: tuple[date, date]) -> Value:
    first, last = part
    inside = dated.filter(pl.col("reached") >= first, pl.col("reached") <= last)
    edges = [edge for edge in (target.low, target.high) if edge is not None]
    # A limit up to 100% is a rate's; a number of units or people is a count.
    is_rate = bool(edges) and max(edges) <= 1 and target.operator != "change_from_baseline"
    if inside.is_empty():
        return Value(first, last, is_rate=is_rate)
    row = inside.row(-1, named=True)
    # A plan of years is settled by what is known of its last year, not by an earlier one.
    stale = (last - row["reached"]).days > 366
    return Value(
        first,
        last,
        row["value"],
        row["numerator"],
        row["denominator"],
        is_rate,
        note=f"giá trị gần nhất là đến {day(row['reached'])}" if stale else None,
    )


def _baseline(rows: pl.DataFrame, year: int | None) -> float | None:
    if year is None:
        return None
    of_year = rows.filter(
        pl.coalesce("as_of", "period_to").dt.year() == year, pl.col("value").is_not_null()
    )
    found = of_year.sort(pl.coalesce("as_of", "period_to"))["value"].to_list()
    return found[-1] if found else None


# -- indices ------------------------------------------------------------------------------


def _of_index(target: Target, known: Known, ask: Ask) -> Evidence:
    province = known.province_of.get(target.unit_id)
    if province is None:
        return Evidence(missing="Chỉ số cấp tỉnh không có cho đơn vị này.")
    name, _, component = (target.metric or "").partition("/")
    rows = _frame(known, "index_score", ask).filter(
        pl.col("index_name") == name,
        pl.col("component") == (component or "TOTAL"),
        pl.col("province_code") == province,
        pl.col("year") >= target.period_from.year,
        pl.col("year") <= min(target.period_to.year, ask.as_of_day.year),
    )
    by_score = target.operator not in ("rank_at_most", "leading_group")
    says = (
        pl.col("score").is_not_null()
        if by_score
        else pl.any_horizontal(pl.col("rank", "rank_bound", "group_name").is_not_null())
    )
    rows = rows.filter(says)
    if rows.is_empty():
        first, last = target.period_from.year, target.period_to.year
        years = f"năm {first}" if first == last else f"trong các năm {first}–{last}"
        return Evidence(missing=f"Chưa có {name} của tỉnh, thành phố {years}.")
    year = cast(int, rows["year"].max())
    latest = rows.filter(pl.col("year") == year).sort("rank", "rank_bound", nulls_last=True)
    if by_score:
        value = Value(
            target.period_from, target.period_to, latest["score"][0], note=_old(year, target, ask)
        )
        return Evidence((value,), source=_sources(latest), year=year)
    ranks = [
        Rank(year, row["rank"], row["rank_bound"], row["group_name"], row["n_provinces"])
        for row in latest.iter_rows(named=True)
    ]
    return Evidence(ranks=tuple(ranks), source=_sources(latest), year=year)


def _old(year: int, target: Target, ask: Ask) -> str | None:
    if year < target.period_to.year and ask.moment.date() > target.period_to:
        return f"điểm gần nhất là của năm {year}"
    return None


# -- ratings ------------------------------------------------------------------------------


def _of_rating(target: Target, known: Known, ask: Ask) -> Evidence:
    """Ratings of the last year of the target, or of the last year rated while it runs."""
    rows = _frame(known, "unit_rating", ask).filter(pl.col("scheme") == (target.metric or ""))
    scale = tuple(
        rows.select("label", "label_order").drop_nulls().unique().sort("label_order").iter_rows()
    )
    units = known.below(target.unit_id)
    is_over = ask.moment.date() > target.period_to
    first = target.period_to.year if is_over else target.period_from.year
    of_target = rows.filter(
        pl.col("unit_id").is_in(sorted(units)),
        pl.col("year") >= first,
        pl.col("year") <= min(target.period_to.year, ask.as_of_day.year),
    )
    if of_target.is_empty():
        return Evidence(
            missing=f"Chưa có xếp loại năm {target.period_to.year} theo bộ “{target.metric or ''}”."
        )
    year = cast(int, of_target["year"].max())
    latest = of_target.filter(pl.col("year") == year).sort("unit_id")
    ratings = tuple(
        Rating(*row) for row in latest.select("unit_id", "label", "label_order").iter_rows()
    )
    return Evidence(ratings=ratings, scale=scale, year=year, source=_sources(latest))
