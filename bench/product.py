"""Đúng Hạn itself: exactly what the home screen calls."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import polars as pl

from bench.question import FIGURES, Answer, Question
from bench.timing import Calls, timed
from connectors.engine import Facts, Scope, open_facts
from metrics.core import names
from metrics.dossiers.attention import Line, attention
from metrics.dossiers.review import Review, review, unit_table


def home(question: Question) -> tuple[Answer, Calls]:
    """Review, unit table and list of what needs a decision; facts opened in the first call."""
    unit_names = names.unit_names(question.facts.units)
    field_names = names.field_names(question.facts.fields)

    @lru_cache
    def facts(alive: tuple[datetime, datetime]) -> Facts:
        return open_facts(question.settings, Scope(None), alive=alive)

    def screen() -> tuple[Review, pl.DataFrame, list[Line]]:
        found = review(facts, question.ask, question.period)
        lines = attention(found, unit_names, field_names, question.facts.sources)
        return found, unit_table(found), lines

    (found, _, lines), calls = timed(screen)
    assert lines, "a list of nothing would have cost nothing"
    return _answer(found), calls


def _answer(found: Review) -> Answer:
    unknown = pl.lit(None, pl.Int64).alias("unit_id")
    parts = [
        found.series.with_columns(block=pl.lit("series")),
        found.now.with_columns(block=pl.lit("now")),
        found.year_before.with_columns(unknown, block=pl.lit("year_before")),
    ]
    return Answer(
        pl.concat([part.select(*FIGURES) for part in parts], how="vertical_relaxed"),
        found.late,
        found.steps,
    )
