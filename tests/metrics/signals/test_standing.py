"""A unit among its like: the funnel's own verdict, and nothing of any other unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from metrics.signals.funnel import Unit, funnel, standing
from metrics.signals.rules import rules_on
from metrics.signals.told import standing_sentence

RULES = rules_on(date(2026, 11, 30))
FEW = 10.0


def unit(key: int, on_time: int, judged: int) -> Unit:
    return Unit(key, on_time, judged)


SIDES = st.integers(0, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(st.lists(SIDES, min_size=1, max_size=14), st.data())
def test_it_is_what_the_whole_funnel_says_of_it(
    sides: list[tuple[int, int]], data: st.DataObject
) -> None:
    units = [unit(key, *each) for key, each in enumerate(sides)]
    own = data.draw(st.sampled_from(units))
    found = standing(own.key or 0, units, RULES, FEW)
    judged = [each for each in units if each.denominator]
    if own.denominator == 0 or len(judged) < RULES.least_like:
        assert found is None
        return
    assert found is not None
    whole = funnel(units, RULES, FEW)
    assert found.placed == next(one for one in whole.placed if one.unit == own)
    assert found.pooled == sum(u.numerator for u in judged) / sum(u.denominator for u in judged)
    assert found.like == len(judged)
    assert found.funnel.placed == (found.placed,)
    assert found.funnel.curve[-1].volume == 2 * own.denominator


def test_so_few_like_it_tell_nothing_of_another() -> None:
    units = [unit(key, 90, 100) for key in range(RULES.least_like)]
    assert standing(0, units[1:], RULES, FEW) is None  # not among them
    assert standing(0, units[:-1], RULES, FEW) is None
    assert standing(0, units, RULES, FEW) is not None
    assert standing(0, units, replace(RULES, least_like=7), FEW) is None


def test_the_sentence_says_among_how_many() -> None:
    units = [unit(0, 33, 41), *(unit(key, 970, 1000) for key in range(1, 9))]
    found = standing(0, units, RULES, FEW)
    assert found is not None
    assert standing_sentence(found, "Phường, xã") == (
        "80,5% trên 41 hồ sơ: thấp hơn mức chung của 9 đơn vị cùng loại (phường, xã) 96,9%, "
        "không phải ngẫu nhiên"
    )
    few = standing(0, [unit(0, 3, 4), *units[1:]], RULES, FEW)
    assert few is not None
    assert standing_sentence(few, "Phường, xã") == "4 hồ sơ chưa đủ để kết luận"
