"""The walk between two readings of "đúng hạn": exact for every unit, period and pair.

The sides of each dossier are the oracle's: :data:`tests.oracle.RATES`, asked one by one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.ask import Ask
from metrics.core.measure import Facts, measure
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.readings import READINGS, REASONS, SIDES, Pair, Reading
from metrics.dossiers.walk import Count, Walk, behind, tokens, walk
from metrics.dossiers.walk import walks as by_groups
from tests import oracle
from tests.answers import every_way
from tests.frames import SEEDED, facts_of, question
from tests.oracle import RATES, Look, RawDossier
from tests.strategies import CALENDAR, Case, cases, random_register

PAIRS = [Pair(a, b) for a, b in permutations(READINGS.values(), 2)]


def side(d: RawDossier, asked: oracle.Ask, reading: Reading) -> str:
    own = replace(asked, definition=reading.definition, compare=reading.compare)
    look, rate = Look(d, own, CALENDAR), RATES[reading.definition]
    if rate.numerator(look):
        return "on"
    if rate.denominator(look):
        return "late"
    return "unknown" if rate.unknown(look) else "out"


def exact(found: Walk) -> None:
    """The steps, and nothing else, lead from the one to the other."""
    assert found.path[-1] == found.to
    total = found.start
    for step in found.steps:
        assert step.count > 0
        assert step.start != step.to
        total = total + step.adds
    assert total == found.to
    moves = [change for change in found.points if change is not None]
    if found.difference is not None and len(moves) == len(found.steps):
        assert sum(moves) == pytest.approx(found.difference, abs=1e-9)


def naive(dossiers: list[RawDossier], asked: oracle.Ask, pair: Pair) -> dict[int, tuple[str, str]]:
    stood = {d.dossier_id: (side(d, asked, pair.start), side(d, asked, pair.to)) for d in dossiers}
    return {key: both for key, both in stood.items() if both != ("out", "out")}


def cells(found: Walk) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter(
        {(of, of): count for of, count in found.stays.items()}
    )
    for step in found.steps:
        counted[step.start, step.to] += step.count
    return counted


def measured(facts: Facts, ask: Ask, reading: Reading) -> Count:
    row = measure(facts, [FIGURES["on_time"]], [reading.of(replace(ask, whole="classified"))])
    cell = row.row(0, named=True)
    return Count(cell["numerator"], cell["denominator"], cell["unknown"])


@settings(max_examples=30, deadline=None)
@given(cases(max_size=5), st.sampled_from(PAIRS))
def test_few_dossiers_stand_where_the_oracle_says(case: Case, pair: Pair) -> None:
    dossiers = list(case.dossiers)
    facts, ask = facts_of(dossiers), question(case.ask)
    found = walk(facts, ask, pair)
    exact(found)
    wanted = naive(dossiers, case.ask, pair)
    assert cells(found) == Counter(wanted.values())
    assert (found.start, found.to) == tuple(measured(facts, ask, each) for each in
                                            (pair.start, pair.to))  # fmt: skip
    rows = behind(facts, ask, pair).collect(backend="polars").to_native()
    stood = {row["dossier_id"]: (SIDES[row["side_from"]], SIDES[row["side_to"]])
             for row in rows.iter_rows(named=True)}  # fmt: skip
    assert stood == {key: both for key, both in wanted.items() if both[0] != both[1]}


@settings(max_examples=3, deadline=None, phases=SEEDED)
@given(st.integers(0, 10_000))
def test_it_sums_exactly_for_every_unit_and_pair(seed: int) -> None:
    """Whole and unit by unit, T before, within, at and after the end of the period."""
    dossiers = list(random_register(60, seed))
    facts = facts_of(dossiers)
    roll = random.Random(seed)
    asked = roll.choice(every_way(dossiers, seed))
    ask = question(asked)
    for pair in roll.sample(PAIRS, 22):
        whole, units = walk(facts, ask, pair), by_groups(facts, ask, pair, ["unit_id"])
        exact(whole)
        start, to = Count(), Count()
        for (unit,), each in units.items():
            exact(each)
            assert each == walk(facts, ask, pair, {"unit_id": unit})
            start, to = start + each.start, to + each.to
        assert (start, to) == (whole.start, whole.to)
        assert whole.start == measured(facts, ask, pair.start)
        assert cells(whole) == Counter(naive(dossiers, asked, pair).values())


def test_a_step_opens_to_as_many_as_it_counts_and_there_and_back_are_one() -> None:
    dossiers = list(random_register(160, 7))
    facts = facts_of(dossiers)
    seen = set()
    for asked in every_way(dossiers, 7)[::37]:
        ask = question(asked)
        for pair in random.Random(str(asked)).sample(PAIRS, 12):
            found, back = walk(facts, ask, pair), walk(facts, ask, Pair(pair.to, pair.start))
            assert Counter({(s.reason.key, s.start, s.to): s.count for s in found.steps}) == (
                Counter({(s.reason.key, s.to, s.start): s.count for s in back.steps})
            )
            for step in found.steps:
                seen.add(step.reason.key)
                assert step.token in set(tokens())
                rows = behind(facts, ask, pair, step.token).collect(backend="polars").to_native()
                assert rows.height == rows["dossier_id"].n_unique() == step.count
    assert len(seen) > 11, seen


def test_the_names_of_steps_are_true_of_their_dossiers() -> None:
    """What a reason's words say, looked up in the dossiers themselves."""
    dossiers = list(random_register(200, 11))
    by_id = {d.dossier_id: d for d in dossiers}
    facts = facts_of(dossiers)
    checked: Counter[str] = Counter()
    for asked in every_way(dossiers, 11)[::29]:
        for pair in random.Random(str(asked)).sample(PAIRS, 14):
            for row in _opened(facts, question(asked), pair):
                d = by_id[row["dossier_id"]]
                look = Look(d, replace(asked, compare="timestamp"), CALENDAR)
                name = row["reason"]
                assert TRUE[name](look, pair), (name, d, pair)
                checked[name] += 1
    assert set(TRUE) - set(checked) <= {"asked_twice", "by_days"}


def _opened(facts: Facts, ask: Ask, pair: Pair) -> list[dict[str, Any]]:
    rows: pl.DataFrame = behind(facts, ask, pair).collect(backend="polars").to_native()
    names = list(REASONS)
    return [{**row, "reason": names[row["reason"]]} for row in rows.iter_rows(named=True)]


def _same_day(x: Look, pair: Pair) -> bool:
    portal = "portal" in pair.has and x.portal.known
    days = {j.day for j in (x.J, *([x.portal] if portal else [])) if j.at is not None}
    return (x.T.date() if x.end is None else x.end.date()) in days


TRUE: dict[str, Callable[[Any, Pair], bool]] = {
    "same_day": _same_day,
    "by_days": lambda x, pair: any(p.from_at < x.T for p in x.d.pauses),
    "pending_in_time": lambda x, pair: x.end is None and x.counted,
    "pending_overdue": lambda x, pair: x.end is None and x.counted,
    "pending_undated": lambda x, pair: x.end is None and (not x.classified or not x.portal.known),
    "received_before": lambda x, pair: x.d.received_at < x.S,
    "received_after": lambda x, pair: x.d.received_at >= x.E,
    "ended_before": lambda x, pair: x.end is not None and x.end < x.S,
    "ended_after": lambda x, pair: x.end is not None and x.end >= x.E,
    "due_elsewhere": lambda x, pair: x.classified,
    "suspended": lambda x, pair: any(
        p.from_at < x.T and (p.to_at is None or p.to_at >= x.T) for p in x.d.pauses
    ),
    "forgiven": lambda x, pair: x.d.end_kind in ("returned", "withdrawn") and x.end is not None,
    "asked_twice": lambda x, pair: (
        x.end is None and sum(p.kind == "supplement" for p in x.d.pauses) > 1
    ),
    "no_due": lambda x, pair: not x.classified or not x.portal.known,
    "due": lambda x, pair: "portal" in pair.has,
}
