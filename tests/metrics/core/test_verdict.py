"""Verdicts by bounds, and what is printed beside them; wrong examples by what was wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.ask import Ask
from metrics.core.printed import rounded
from metrics.core.thresholds import Override, Thresholds
from metrics.core.verdict import (
    STATES,
    Sides,
    State,
    beside,
    said,
    state_of,
    streak,
    unknown_from,
    verdict,
    words,
)
from metrics.core.vietnamese import percent
from tests.frames import CLOCK

ASK = Ask(date(2026, 11, 16), date(2026, 11, 22), CLOCK)
DAY = ASK.as_of_day


def test_31_resolved_without_a_due_date_are_not_0_percent() -> None:
    """It read "đúng hạn 0,0% (0/31) … suốt 13 tháng"."""
    none_known = Sides(0, 0, 31)
    assert none_known.rate is None
    assert state_of(none_known, ASK) == "open"
    assert verdict(none_known, 0.98, DAY) == "open"
    assert streak([verdict(none_known, 0.98, DAY)] * 13) == 0
    assert beside(none_known) == "31 chưa phân loại (100%)"


def test_a_city_at_95_69_percent_is_not_at_79_14() -> None:
    city = Sides(23_441, 24_497, 5_121)
    assert percent(city.rate) == "95,7%"
    assert beside(city) == "5.121 chưa phân loại (17%)"
    assert percent(replace(city, denominator=29_618, whole="all").rate) == "79,1%"
    # Anything from 79,1% to 96,4%: certainly below the target, and no one knows how far.
    assert verdict(city, 0.98, DAY) == "missed"
    assert said(city, ASK) == ("open", "dưới 98%, chưa rõ đến mức nào: từ 79,1% đến 96,4%")
    some = replace(city, denominator=23_500)
    assert said(some, ASK) == ("open", "chưa đánh giá được: từ 81,9% đến 99,8%")


def test_9_percent_on_time_is_not_97_8() -> None:
    """Under "carried" and "lenient" the unknown counted as on time."""
    assert percent(Sides(9, 98, 4_000).rate) == "9,2%"


def test_54_overdue_do_not_stand_beside_a_green_100_percent() -> None:
    assert said(Sides(20, 20), ASK) == ("met", "đạt 98%")
    state, word = said(Sides(20, 20), ASK, overdue=54)
    assert state == "held"
    assert word == "còn 54 hồ sơ quá hạn"


def test_80_6_percent_has_one_word() -> None:
    assert said(Sides(806, 1000), ASK) == ("alarm", "dưới 95%")
    assert set(words(ASK)) == set(STATES)


def test_a_period_without_a_verdict_ends_a_streak() -> None:
    """ "tuần thứ 6 liên tiếp" was 4: two weeks further back lay beyond one without a rate."""
    assert streak(["missed", "missed", None, "missed", "missed", "missed", "missed"]) == 4
    assert streak(["missed", "open", "missed"]) == 1
    assert streak(["missed", "met"]) == 0
    assert streak([]) == 0


def test_any_unknown_is_enough_to_leave_a_verdict_open() -> None:
    assert unknown_from(DAY) == 0
    assert state_of(Sides(98, 100, 1), ASK) == "open"
    assert state_of(Sides(98, 100, 0), ASK) == "met"
    assert state_of(Sides(0, 0, 0), ASK) == "unknown"


COUNTS = st.integers(0, 400)


@given(COUNTS, COUNTS, COUNTS)
def test_a_verdict_is_what_every_outcome_of_the_unknown_gives(good: int, bad: int, x: int) -> None:
    sides = Sides(good, good + bad, x)
    outcomes = {state_of(Sides(good + n, good + bad + x), ASK) for n in range(x + 1)}
    wanted: State = outcomes.pop() if len(outcomes) == 1 else "open"
    assert state_of(sides, ASK) == wanted
    # Over all, the same dossiers have the same state.
    assert state_of(Sides(good, good + bad + x, x, "all"), ASK) == wanted
    assert Sides(good, good + bad + x, x, "all").missed == sides.missed == bad


@given(COUNTS, COUNTS, st.sampled_from([0.98, 0.95, 0.965, 0.9, 0.005]))
def test_no_percentage_contradicts_the_state_beside_it(good: int, bad: int, target: float) -> None:
    own = Thresholds(
        tuple(
            Override(key, value, date(2020, 1, 1), "QĐ")
            for key, value in (("on_time_target", target), ("on_time_alarm", target / 5))
        )
    )
    ask = replace(ASK, thresholds=own)
    sides = Sides(good, good + bad)
    if not sides.all:
        return
    text = percent(sides.rate, edges=ask.edges)
    printed = float(re.sub(r"[^\d,]", "", text).replace(",", ".")) / 100
    state = state_of(sides, ask)
    assert (printed + 1e-9 >= target) == (state == "met"), (text, state)
    assert (printed + 1e-9 >= target / 5) == (state != "alarm"), (text, state)
    assert (text == "100,0%") == (bad == 0)
    assert (text == "0,0%") == (good == 0)
    assert abs(printed - good / sides.all) < 0.001 + 1e-9


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0.9796, "97,9%"), (0.9996, "99,9%"), (0.0002, "0,1%"), (0.98, "98,0%"), (0.97949, "97,9%")],
)
def test_a_rate_is_printed_on_the_side_on_which_it_is_judged(rate: float, text: str) -> None:
    assert percent(rate) == text


def test_a_limit_that_may_not_be_exceeded_is_not_met_by_rounding() -> None:
    assert rounded(0.0504, 3, at_most=[0.05]) == 0.051
    assert rounded(0.04996, 3, at_most=[0.05]) == 0.05
    assert rounded(0.9874, 3, at_least=[0.9872]) == 0.988
