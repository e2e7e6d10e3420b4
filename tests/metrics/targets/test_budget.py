"""The late budget: allowed, spent, paces, the day on which it runs out, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from math import comb, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.ask import Ask
from metrics.core.periods import weeks_of
from metrics.registers.held import Held
from metrics.signals.chance import beta_share, wait
from metrics.targets.budget import Budget, Weekly, budget_rules, late_budget
from metrics.targets.counts import Known, counts_of
from metrics.targets.evidence import evidence
from metrics.targets.judging import judge
from metrics.targets.measured import has_budget
from metrics.targets.terms import Target
from tests.frames import CLOCK, facts_of
from tests.oracle import RawDossier

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
RULES = budget_rules(date(2026, 11, 30))
Cell = tuple[int | None, int | None]


def weekly(cells: Sequence[Cell], period: tuple[date, date] = YEAR) -> list[Weekly]:
    """(on time, counted) of the period's weeks, as many as there are cells."""
    days = weeks_of(*period)[: len(cells)]
    return [Weekly(*day, *cell) for day, cell in zip(days, cells, strict=True)]


def end_of(count: int) -> date:
    return weeks_of(*YEAR)[count - 1][1]


def budget(cells: Sequence[Cell], low: float = 0.98) -> Budget:
    return late_budget(weekly(cells), low, YEAR, end_of(len(cells)), RULES)


def test_allowed_spent_and_left_at_the_volume_so_far() -> None:
    # The first week of 2026 has four days; after 26 weeks 179 of 365 have passed.
    found = budget([(99, 100)] * 26)
    assert found.allowance is not None
    volume = round(Fraction(2600 * 365, 179))
    allowed = floor(Fraction(2, 100) * volume)
    assert (found.allowance.volume, found.allowance.allowed) == (volume, allowed)
    assert (found.allowance.spent, found.allowance.left) == (26, allowed - 26)
    assert found.state == "lasts"
    assert found.sentence.startswith("Cả kỳ khoảng 5.302 hồ sơ, chịu được 106 hồ sơ trễ; đã có 26")


def test_two_paces_and_the_day_on_which_it_runs_out() -> None:
    found = budget([(100, 100)] * 13 + [(96, 100)] * 9 + [(92, 100)] * 4)
    assert found.short.late == 4 * 8
    assert found.long.late == 9 * 4 + 4 * 8
    assert found.short.a_week == pytest.approx(8)
    assert found.allowance is not None
    assert found.exhaustion is not None
    assert found.exhaustion.expected is not None
    # 39 more are one too many; 68 were late in the last 91 days.
    days = (found.allowance.left + 1) * 91 / 68
    assert abs((found.exhaustion.expected - end_of(26)).days - days) <= 1
    assert found.state == "runs_out"
    assert found.exhaustion.soonest is not None
    assert found.exhaustion.soonest < found.exhaustion.expected
    assert "Theo nhịp này thì hết vào khoảng " in found.sentence
    assert "mỗi tuần không quá " in found.sentence


def test_what_is_spent_says_since_when_and_the_way_back() -> None:
    found = budget([(90, 100)] * 26)
    assert found.state == "spent"
    assert found.exhaustion is not None
    assert found.exhaustion.is_past
    # 106 are allowed, the eleventh week brings 110.
    assert found.exhaustion.expected == end_of(11)
    assert found.needed == 260 * 50 - 2600
    assert "nhưng chỉ còn khoảng" in found.sentence
    whole = budget([(99, 100)] * 26, low=1.0)
    assert (whole.state, whole.needed) == ("spent", None)
    assert "Không thể trở lại" in whole.sentence


def test_nothing_late_foretells_no_day() -> None:
    found = budget([(100, 100)] * 20)
    assert found.exhaustion is not None
    assert found.exhaustion.expected is None
    assert (found.state, found.needed) == ("lasts", 0)


def test_a_period_at_its_end_is_told_as_it_was() -> None:
    cells: list[Cell] = [(99, 100)] * len(weeks_of(*YEAR))
    found = budget(cells)
    assert found.state == "over"
    assert found.bearable is None
    assert "Cả kỳ 5.300 hồ sơ, chịu được 106" in found.sentence


def test_near_the_end_more_can_be_borne_than_comes() -> None:
    found = budget([(100, 100)] * 52)
    assert found.state == "safe"


def test_unknown_weeks_are_not_0_and_are_told() -> None:
    cells: list[Cell] = [(98, 100)] * 20
    holed: list[Cell] = [*cells[:10], (None, None), *cells[10:]]
    found, plain = budget(holed), budget(cells)
    assert found.unknown == 1
    assert found.allowance is not None
    assert plain.allowance is not None
    assert found.allowance.spent == plain.allowance.spent
    # Seven days more have passed, and they do not count: the volume a day stays.
    assert abs(found.allowance.volume - plain.allowance.volume) <= 2
    assert "1 tuần chưa có số liệu" in found.sentence
    assert budget([(None, None)] * 5).state == "unknown"
    assert budget([(0, 0)] * 5).sentence == "Chưa có hồ sơ nào được tính trong kỳ."


def test_too_few_weeks_foretell_no_day() -> None:
    found = budget([(97, 100)] * 3)
    assert (found.exhaustion, found.state) == (None, "unknown")
    assert found.allowance is not None


CELL = st.integers(0, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
GAP = st.just((None, None))


@settings(max_examples=60)
@given(st.lists(st.one_of(CELL, CELL, GAP), min_size=1, max_size=53), st.sampled_from(
    [0.5, 0.95, 0.98, 1.0]
))  # fmt: skip
def test_any_weeks_give_a_budget_that_adds_up(cells: list[Cell], low: float) -> None:
    found = budget(cells, low)
    late = sum(of - hits for hits, of in cells if hits is not None and of is not None)
    judged = sum(of for _, of in cells if of is not None)
    assert found.sentence
    if not judged:
        assert (found.state, found.allowance) == ("unknown", None)
        return
    assert found.allowance is not None
    assert found.allowance.spent == late == found.weeks[-1].total
    assert (found.state == "spent") == (found.allowance.left < 0)
    if found.needed:
        reached = Fraction(judged - late + found.needed, judged + found.needed)
        assert reached >= Fraction(str(low))
        before = Fraction(judged - late + found.needed - 1, judged + found.needed - 1)
        assert before < Fraction(str(low))
    when = found.exhaustion
    if when and when.expected and when.soonest and not when.is_past:
        assert found.now < when.soonest
        assert when.latest is None or when.soonest <= when.latest


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 99))
def test_incomplete_beta_is_the_binomials_tail(hits: int, more: int, per_cent: int) -> None:
    of, share = hits + more - 1, Fraction(per_cent, 100)
    exact = sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(hits, of + 1))
    assert beta_share(float(share), hits, more) == pytest.approx(float(exact), rel=1e-9, abs=1e-12)


def test_the_wait_is_wider_the_less_was_seen() -> None:
    much, little = wait(20, 200, 10_000, 0.8), wait(20, 2, 100, 0.8)
    assert much is not None
    assert little is not None
    assert little[0] < much[0] < 1_000 < much[1] < little[1]
    assert wait(5, 0, 0, 0.8) is None
    nothing = wait(5, 0, 100, 0.8)
    assert nothing is not None
    assert nothing[0] > 100


@pytest.mark.parametrize("every_period", [False, True])
def test_what_is_spent_is_what_the_target_is_judged_by(every_period: bool) -> None:
    of_year = [one for month in range(1, 7) for one in _dossiers(month, on_time=9, late=month % 3)]
    target = Target(
        "at_least", *YEAR, metric="on_time", unit_id=1, low=0.95, every_period=every_period
    )
    ask = Ask(date(2026, 6, 30), date(2026, 6, 30), CLOCK)
    held = Held({})
    known = Known(held, lambda unit: frozenset({unit}), {}, None, date(2025, 1, 1))
    facts = facts_of(of_year)
    known_of_it = evidence(target, known, lambda *_: facts, ask)
    found, value = known_of_it.budget, known_of_it.values[-1]
    assert found is not None
    assert found.allowance is not None
    assert value.denominator is not None
    assert value.numerator is not None
    assert found.allowance.spent == value.denominator - value.numerator
    assert sum(week.judged for week in found.weeks) == value.denominator
    assert (found.period_from, found.period_to) == (value.first, value.last)
    hidden = Known(held, known.below, {}, frozenset({2}), None)
    assert evidence(target, hidden, lambda *_: facts, ask).budget is None
    assert not has_budget(Target("at_most", *YEAR, metric="on_time", high=0.5))


@pytest.mark.parametrize(
    ("late", "state", "word"),
    [
        # Late ones of January to June; the year bears 54 of 5% of 1.080.
        ((30, 20, 2, 0, 0, 0), "may_run_out", "likely"),
        ((20, 10, 2, 0, 0, 0), "lasts", "likely"),
        ((1, 2, 4, 8, 9, 12), "runs_out", "at_risk"),
        ((12, 12, 12, 12, 12, 12), "spent", "at_risk"),
        ((0, 0, 0, 0, 0, 0), "lasts", "likely"),
    ],
)
def test_the_state_of_a_running_target_follows_from_its_budget(
    late: tuple[int, ...], state: str, word: str
) -> None:
    """Below the level so far and out of it is not out of reach; above it may not last."""
    of_year = [
        one
        for month, bad in enumerate(late, start=1)
        for one in _dossiers(month, on_time=90 - bad, late=bad)
    ]
    target = Target("at_least", *YEAR, metric="on_time", unit_id=1, low=0.95)
    ask = Ask(date(2026, 6, 30), date(2026, 6, 30), CLOCK)
    known = Known(Held({}), lambda unit: frozenset({unit}), {}, None, date(2025, 1, 1))
    facts = facts_of(of_year)
    told = judge(target, evidence(target, known, lambda *_: facts, ask), ask)
    assert told.budget is not None
    assert (told.budget.state, told.state) == (state, word)
    assert told.allowance == told.budget.allowance
    assert told.budget.when in told.sentence.lower()
    assert told.budget.when in told.brief


def test_who_signed_the_same_has_a_budget_of_their_own() -> None:
    """One reading for all who promised: the same as each one's by itself."""
    of_year = [
        replace(one, dossier_id=one.dossier_id + unit * 100_000, unit_id=unit)
        for unit in (1, 2)
        for month in range(1, 7)
        for one in _dossiers(month, on_time=20 * unit, late=month if unit == 1 else 0)
    ]
    target = Target("at_least", *YEAR, metric="on_time", unit_id=9, low=0.95)
    ask = Ask(date(2026, 6, 30), date(2026, 6, 30), CLOCK)
    below = {9: frozenset({1, 2, 9}), 1: frozenset({1}), 2: frozenset({2})}
    known = Known(Held({}), below.__getitem__, {}, None, date(2025, 1, 1))
    facts = facts_of(of_year)
    (counts,) = counts_of([target], known, lambda *_: facts, ask)
    for unit in (1, 2):
        alone = facts_of([one for one in of_year if one.unit_id == unit])
        own = replace(target, unit_id=unit)
        shared = evidence(own, known, lambda *_: facts, ask, counts).budget
        assert shared == evidence(own, known, lambda *_, each=alone: each, ask).budget
    whole = evidence(target, known, lambda *_: facts, ask, counts).budget
    assert whole is not None
    assert whole.allowance is not None
    assert whole.allowance.spent == sum(range(1, 7))


def _dossiers(month: int, on_time: int, late: int) -> list[RawDossier]:
    """Due on the 10th; ended on the 9th, or a week late."""
    return [
        RawDossier(
            dossier_id=month * 1000 + i,
            unit_id=1,
            received_at=datetime(2026, month, 2, 9),
            due_original_at=datetime(2026, month, 10, 17),
            due_at=datetime(2026, month, 10, 17),
            ended_at=datetime(2026, month, 9 if i < on_time else 17, 10),
            end_kind="result",
        )
        for i in range(on_time + late)
    ]


def test_no_rules_before_the_first() -> None:
    with pytest.raises(KeyError, match="quy tắc"):
        budget_rules(date(1969, 12, 31))
