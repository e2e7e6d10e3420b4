"""A series of periods in one pass gives what each period gives when it is asked for itself."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrics.core.ask import Ask
from metrics.core.measure import complete, measure, plan, plan_series, run, total
from metrics.core.periods import KINDS, period_of
from metrics.dossiers.catalogue import FIGURES, figure
from metrics.dossiers.review import series_periods
from tests import oracle
from tests.frames import CLOCK, SEEDED, InMemory, facts_of, question
from tests.oracle import RawDossier
from tests.strategies import FIRST_DAY, random_register
from tests.strategies import question as a_question

ALL = list(FIGURES.values())

Cells = dict[tuple[Hashable, ...], tuple[int, int | None, float | None]]


def cells(frame: pl.DataFrame, by: Sequence[str]) -> Cells:
    keys = [*by, "ask", "figure"]
    found = {
        tuple(row[key] for key in keys): (row["numerator"], row["denominator"], row["rate"])
        for row in frame.iter_rows(named=True)
    }
    assert len(found) == frame.height, "a group stands twice"
    return found


def one_by_one(facts: InMemory, asks: Sequence[Ask], by: Sequence[str]) -> Cells:
    """Each period asked for itself; what it does not have is 0, as :func:`complete` promises."""
    found: Cells = {}
    for position, ask in enumerate(asks):
        frame = measure(facts, ALL, [ask], by).with_columns(pl.lit(position).alias("ask"))
        found |= cells(frame, by)
    groups = {cell[: len(by)] for cell in found}
    for group in groups:
        for position in range(len(asks)):
            for wanted in ALL:
                zero = (0, 0 if wanted.is_ratio else None, None)
                found.setdefault((*group, position, wanted.key), zero)
    return found


# T within an earlier period: what is refused after it was left out of that period.
@example(seed=211236, length=7, count=3, by=("unit_id",))
@settings(max_examples=10, phases=SEEDED)
@given(
    seed=st.integers(0, 2**32),
    length=st.sampled_from([1, 3, 7]),
    count=st.integers(1, 4),
    by=st.sampled_from([(), ("unit_id",), ("field_id", "channel_source")]),
)
def test_a_series_is_what_its_periods_are(
    seed: int, length: int, count: int, by: tuple[str, ...]
) -> None:
    roll = random.Random(seed).randrange
    dossiers = random_register(30, seed)
    facts, last = facts_of(dossiers), question(a_question(roll, dossiers))
    starts = [last.first_day - timedelta(days=length * n) for n in range(count, 0, -1)]
    asks = [last.over(day, day + timedelta(days=length - 1)) for day in starts] + [last]
    found = complete(run(plan_series(facts, ALL, asks, by)), by, ALL, len(asks))
    found_cells, wanted = cells(found, by), one_by_one(facts, asks, by)
    # Groups that have nothing at all may stand in either with 0.
    for cell in found_cells.keys() | wanted.keys():
        zero = (0, 0 if figure(str(cell[-1])).is_ratio else None, None)
        assert found_cells.get(cell, zero) == wanted.get(cell, zero), cell
    groups = {cell[: len(by)] for cell in found_cells}
    assert len(found_cells) == len(groups) * len(asks) * len(ALL)
    keys = [*by, "ask", "figure"]
    assert found.equals(found.sort(keys, nulls_last=True))


def three_units() -> list[RawDossier]:
    """Unit 1 has only ended dossiers, unit 2 only pending ones, unit 3 only received ones later."""
    noon = datetime(2026, 3, 4, 12)
    old = noon - timedelta(days=60)
    return [
        RawDossier(1, 1, received_at=old, due_at=noon, ended_at=noon, end_kind="result"),
        RawDossier(2, 2, received_at=old, due_at=noon - timedelta(days=30)),
        RawDossier(3, 3, received_at=noon + timedelta(days=7), due_at=noon + timedelta(days=9)),
    ]


def test_a_group_that_one_part_lacks_has_0_there() -> None:
    facts = facts_of(three_units())
    weeks = [date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9)]
    asks = [Ask(day, day + timedelta(days=6), CLOCK) for day in weeks]
    wanted = [figure(key) for key in ("received", "resolved", "on_time", "pending_overdue")]
    parts = run(plan_series(facts, wanted, asks, ["unit_id"]))
    groups = {frozenset(frame["unit_id"]) for frame in parts}
    assert len(groups) > 1, "the parts must differ"
    found = complete(parts, ["unit_id"], wanted, len(asks))
    assert found.height == 3 * 3 * 4
    table = {
        (unit, key): found.filter((pl.col("unit_id") == unit) & (pl.col("figure") == key))[
            "numerator"
        ].to_list()
        for unit in (1, 2, 3)
        for key in ("received", "resolved", "on_time", "pending_overdue")
    }
    assert table[1, "resolved"] == table[1, "on_time"] == [0, 1, 0]
    assert table[2, "pending_overdue"] == [1, 1, 1]
    assert table[3, "received"] == [0, 0, 1]
    assert table[2, "resolved"] == table[3, "on_time"] == table[1, "received"] == [0, 0, 0]
    rates = found.filter(pl.col("figure") == "on_time")["rate"]
    assert rates.null_count() == 8, "nothing ended there: no rate, and not 0%"


def test_a_figure_that_no_group_has_is_0_in_all() -> None:
    """Nothing was received or ended in the whole series: these parts have no row at all."""
    facts = facts_of([three_units()[1]])
    ask = Ask(date(2026, 3, 2), date(2026, 3, 8), CLOCK)
    wanted = [figure(key) for key in ("received", "resolved", "on_time", "pending_overdue")]
    found = complete(run(plan_series(facts, wanted, [ask], ["unit_id"])), ["unit_id"], wanted, 1)
    assert found.select("figure", "numerator", "denominator").rows() == [
        ("on_time", 0, 0),
        ("pending_overdue", 1, None),
        ("received", 0, None),
        ("resolved", 0, None),
    ]


def test_an_unknown_key_is_a_group_of_its_own() -> None:
    noon = datetime(2026, 3, 4, 12)
    facts = facts_of(
        [
            RawDossier(1, field_id=None, received_at=noon, ended_at=noon, end_kind="result"),
            RawDossier(2, field_id=None, received_at=noon),
            RawDossier(3, field_id=20, received_at=noon),
        ]
    )
    ask = Ask(date(2026, 3, 2), date(2026, 3, 8), CLOCK)
    wanted = [figure(key) for key in ("received", "resolved", "pending")]
    found = complete(run(plan_series(facts, wanted, [ask], ["field_id"])), ["field_id"], wanted, 1)
    assert found.select("field_id", "figure", "numerator").rows() == [
        (20, "pending", 1),
        (20, "received", 1),
        (20, "resolved", 0),
        (None, "pending", 1),
        (None, "received", 2),
        (None, "resolved", 1),
    ]


def test_nothing_at_all_has_no_groups_and_a_total_of_0() -> None:
    facts = facts_of([])
    ask = Ask(date(2026, 3, 2), date(2026, 3, 8), CLOCK)
    grouped = run(plan_series(facts, ALL, [ask], ["unit_id"]))
    assert complete(grouped, ["unit_id"], ALL, 1).is_empty()
    found = complete(run(plan_series(facts, ALL, [ask, ask])), [], ALL, 2)
    assert found.height == 2 * len(ALL)
    assert set(found["numerator"]) == {0}
    assert found["rate"].null_count() == found.height


def test_total_of_groups_is_the_number_without_groups() -> None:
    dossiers = random_register(120, 5)
    asks = [question(a_question(random.Random(n).randrange, dossiers)) for n in range(4)]
    facts = facts_of(dossiers)
    whole = measure(facts, ALL, asks)
    for by in ("unit_id", "field_id", "officer_id"):
        summed = total(measure(facts, ALL, asks, [by]))
        assert cells(summed, ()) == cells(whole, ())


def test_rates_of_a_total_are_not_averaged() -> None:
    parts = pl.DataFrame(
        {
            "unit_id": [1, 2],
            "ask": [0, 0],
            "figure": ["on_time", "on_time"],
            "numerator": [1, 0],
            "denominator": [1, 99],
            "unknown": [3, 4],
        }
    )
    assert total(parts).select("rate", "unknown").rows() == [(0.01, 7)]


@pytest.mark.parametrize("kind", KINDS)
def test_periods_of_a_strip_adjoin(kind: str) -> None:
    """plan_series counts on it: no gap, no overlap, oldest first."""
    period = period_of("week" if kind == "custom" else kind, FIRST_DAY)
    if kind == "custom":
        period = type(period)("custom", period.first, period.last + timedelta(days=3))
    periods = series_periods(period)
    assert periods[-1] == period
    for earlier, later in pairwise(periods):
        assert earlier.last + oracle.DAY == later.first


def test_plans_of_two_facts_are_computed_together() -> None:
    facts = facts_of(random_register(60, 3))
    ask = Ask(date(2026, 2, 23), date(2026, 3, 1), CLOCK)
    wanted = [figure(key) for key in ("pending", "waiting_supplement")]
    pending, waiting = (frame.row(0, named=True) for frame in run(plan(facts, wanted, [ask])))
    assert (pending["figure"], waiting["figure"]) == ("pending", "waiting_supplement")
    assert pending["numerator"] >= waiting["numerator"] > 0
