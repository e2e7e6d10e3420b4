"""Polars' own words and Narwhals' say the same: which of them are spoken changes no figure."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest

from metrics.core import expressions
from metrics.core.ask import DEFINITIONS, Ask
from metrics.core.measure import collect, complete, measure, plan_series, run
from metrics.core.parts import PARTS
from metrics.core.rows import rows
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.quality import CHECKS, DUPLICATE
from tests.frames import CLOCK, InMemory, facts_of
from tests.strategies import random_register

WEEK = Ask(date(2026, 2, 23), date(2026, 3, 8), CLOCK, as_of=datetime(2026, 3, 4, 12))
BEHIND = replace(WEEK, ends=((1, datetime(2026, 3, 3)),))
RATE = FIGURES["on_time"]
FOR_ALL = [*FIGURES.values(), *(check for check in CHECKS.values() if check.key != DUPLICATE)]


def _told(facts: InMemory) -> list[pl.DataFrame]:
    asks = [
        *(replace(WEEK, definition=each, whole="all") for each in DEFINITIONS),
        replace(BEHIND, compare="day", due="original"),
    ]
    days = [date(2026, 2, 9), date(2026, 2, 16), date(2026, 2, 23)]
    weeks = [BEHIND.over(day, day.fromordinal(day.toordinal() + 6)) for day in days]
    plans = plan_series(facts, FOR_ALL, weeks, by=["unit_id"])
    return [
        measure(facts, FOR_ALL, asks, by=["unit_id"], where={"channel": ["online", None]}),
        complete(run(plans), ["unit_id"], FOR_ALL, len(weeks)),
        *collect([rows(facts, each, BEHIND).sort("code") for each in FOR_ALL]),
        *collect([rows(facts, RATE, BEHIND, part=part).sort("code") for part in PARTS]),
    ]


def test_either_words_give_the_same_figures_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = facts_of(random_register(60, 3))
    own = _told(facts)
    monkeypatch.setattr(expressions, "own_words", nullcontext)
    for mine, theirs in zip(own, _told(facts), strict=True):
        assert mine.equals(theirs)
        assert mine.schema == theirs.schema


def test_its_own_words_are_spoken_only_meanwhile() -> None:
    facts = facts_of(random_register(3, 1))
    with pytest.raises(ZeroDivisionError), expressions.own_words(facts.dossier) as own:
        assert isinstance(own, pl.LazyFrame)
        assert isinstance(expressions.col("code"), pl.Expr)
        raise ZeroDivisionError
    assert not isinstance(expressions.col("code"), pl.Expr)
