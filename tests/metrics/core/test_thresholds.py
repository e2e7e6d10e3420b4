"""An installation's own thresholds come before the file's, from their day on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from metrics.core.ask import Ask
from metrics.core.thresholds import (
    SHIPPED,
    Override,
    Thresholds,
    own_thresholds,
    problem_with,
    threshold,
)
from metrics.core.verdict import Sides, state_of
from tests.frames import CLOCK

DAY = date(2026, 6, 14)
OWN = Thresholds(
    (
        Override("on_time_target", 0.9, date(2026, 6, 1), "QĐ 2"),
        Override("on_time_target", 0.99, date(2026, 1, 1), "QĐ 1"),
        Override("late_allowed", 7, date(2026, 6, 15), "QĐ 3"),
    )
)


@pytest.mark.parametrize(
    ("day", "value", "document"),
    [
        (date(2026, 6, 14), 0.9, "QĐ 2"),
        (date(2026, 6, 1), 0.9, "QĐ 2"),
        (date(2026, 5, 31), 0.99, "QĐ 1"),
        (date(2025, 12, 31), 0.98, threshold("on_time_target", DAY).document),
    ],
)
def test_the_last_one_begun_holds(day: date, value: float, document: str) -> None:
    found = OWN.on("on_time_target", day)
    assert (found.value, found.document) == (value, document)
    assert (found.unit, found.label) == (
        threshold("on_time_target", day).unit,
        threshold("on_time_target", day).label,
    )


def test_all_of_a_day_are_the_files_keys() -> None:
    own = {one.key: one.is_own for one in OWN.all_on(DAY)}
    assert list(own) == [one.key for one in SHIPPED.all_on(DAY)]
    assert [key for key, is_own in own.items() if is_own] == ["on_time_target"]


def test_a_question_is_judged_by_its_installations_thresholds() -> None:
    ask = Ask(DAY, DAY, CLOCK)
    assert state_of(Sides(960, 1000), ask) == "below"
    assert state_of(Sides(960, 1000), replace(ask, thresholds=OWN)) == "met"
    # As of another day it is judged by what held then.
    before = replace(ask, first_day=date(2026, 5, 1), last_day=date(2026, 5, 7), thresholds=OWN)
    assert state_of(Sides(985, 1000), before) == "below"
    assert ask == replace(ask, thresholds=OWN)


def test_a_frame_of_overrides() -> None:
    frame = pl.DataFrame(
        [("late_allowed", 5.0, DAY, "QĐ 1")],
        schema=["key", "value", "valid_from", "document"],
        orient="row",
    )
    assert own_thresholds(frame).on("late_allowed", DAY).value == 5


def test_every_shipped_value_could_be_set() -> None:
    for one in SHIPPED.all_on(DAY):
        wanted = Override(one.key, one.value, DAY, "QĐ 1")
        assert problem_with(SHIPPED, wanted) is None, one.key
