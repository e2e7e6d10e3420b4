"""Imports one by one through the database: every dossier is counted as the oracle counts it.

Many questions by every definition, comparison and due date: as computed at K, and as known at K
when everything is imported.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import Engine

from connectors.engine import Facts, Scope, open_facts
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.core.ask import source_ends
from tests import oracle
from tests.connectors.snapshot_rows import distinct
from tests.connectors.test_as_known import take
from tests.each_dossier import every_variant, rows_unlike, unlike
from tests.frames import question
from tests.strategies import BATCHES, asked_at, imported


@pytest.mark.parametrize(
    ("size", "questions"),
    [
        (150, 5),
        pytest.param(800, 30, marks=pytest.mark.proof),
        pytest.param(3000, 100, marks=[pytest.mark.proof, pytest.mark.timeout(3_600)]),
    ],
)
def test_every_dossier_then_and_later(
    size: int, questions: int, sqlite_database: Engine, settings: Settings
) -> None:
    dossiers = [
        replace(distinct(d), history=tuple(map(distinct, d.history)))
        for d in imported(size, seed=size)
    ]
    roll = random.Random(size).randrange
    asked = [asked_at(roll, dossiers) for _ in range(questions)]

    def compare(turn: int, ask: oracle.Ask, facts: Facts) -> None:
        known, batches = oracle.as_known(dossiers, ask, BATCHES)
        put = partial(question, calendar=facts.calendar, ends=source_ends(facts.sources))
        ways = every_variant(ask, turn)
        assert unlike(facts, put, ways, known, batches) == []
        if turn % 6 == 0:
            assert rows_unlike(facts, put, ways[turn % len(ways)], known, batches) == []

    for batch in BATCHES:
        take(sqlite_database, batch.number, dossiers)
        refresh(sqlite_database, settings)
        for turn, ask in enumerate(asked):
            if ask.known_at == batch.finished_at:
                compare(turn, ask, open_facts(settings, Scope()))
    for turn, ask in enumerate(asked):
        k = ask.known_at
        assert k is None or isinstance(k, datetime)
        compare(turn, ask, open_facts(settings, Scope(), as_known=k))
