"""What is known about a target: live figures, reported values, indices and ratings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import cast

import polars as pl

from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.vietnamese import day
from metrics.dossiers.catalogue import FIGURES
from metrics.targets.counts import (
    FULL,
    VOLUME,
    Counts,
    Known,
    OpenFacts,
    begun,
    budget_of,
    counts_of,
    may_see,
)
from metrics.targets.terms import Evidence, Rank, Rating, Target, Value, spans


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
    if target.metric_kind != "index" and not may_see(target, known):
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


def _frame(known: Known, register: str, ask: Ask) -> pl.DataFrame:
    held = known.registers.at(ask.moment)[register]
    found: pl.DataFrame = held.collect(backend="polars").to_native()
    return found


def _sources(frame: pl.DataFrame) -> str | None:
    found = frame["source"].drop_nulls().unique().sort().to_list()
    return "; ".join(found[:3]) or None


# -- figures of dossiers ------------------------------------------------------------------


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
        _value(figure, counts, own, i, part, known) for i, part in enumerate(begun(target, ask))
    )
    budget = budget_of(target, counts, known, ask)
    return Evidence(values, source="Tính từ hồ sơ", budget=budget)


def _value(
    figure: Figure,
    counts: Counts,
    own: frozenset[int],
    position: int,
    part: tuple[date, date],
    known: Known,
) -> Value:
    cell = counts.of(own, position, figure)
    volume = sum(counts.of(own, position, FIGURES[key])["numerator"] for key in VOLUME)
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
