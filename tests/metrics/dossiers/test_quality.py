"""Quality checks against naive counting, row by row; the freshness of sources."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.clock import Calendar
from metrics.dossiers.quality import CHECKS, checks, failing, freshness
from tests import oracle
from tests.frames import CLOCK, SEEDED, InMemory, facts_of, question, with_own
from tests.oracle import Look, RawDossier
from tests.strategies import CALENDAR, random_register
from tests.strategies import question as a_question


@dataclass(frozen=True)
class Record:
    """A dossier, and what only the register as a whole or the snapshot knows of it."""

    raw: RawDossier
    code: str
    source: int
    expired: bool | None


def records(count: int, seed: int) -> list[Record]:
    """Dossiers of two sources, some of which share a code; some without unit or procedure."""
    roll = random.Random(seed).randrange
    found = []
    for place, raw in enumerate(random_register(count, seed)):
        raw = replace(raw, receiving_unit_id=None if roll(6) == 0 else raw.receiving_unit_id)
        # Codes come round again: some in another source, some in the same one.
        found.append(
            Record(raw, f"HS-{place % (count * 2 // 3)}", 1 + roll(2), [None, True, False][roll(3)])
        )
    return found


def facts(known: list[Record]) -> InMemory:
    """The records as the engine would give them."""
    plain = facts_of([record.raw for record in known], CALENDAR)
    own = pl.DataFrame(
        {
            "dossier_id": [record.raw.dossier_id for record in known],
            "code": [record.code for record in known],
            "source_id": pl.Series([record.source for record in known], dtype=pl.Int32),
            "procedure_expired": pl.Series([r.expired for r in known], dtype=pl.Boolean),
        }
    )
    return with_own(plain, own)


Rule = Callable[[Record, Look, list[Record]], bool]

RULES: dict[str, Rule] = {
    "without_due": lambda r, x, _: not x.classified,
    "ended_before_received": lambda r, _x, _: oracle.ended_before_received(r.raw),
    "unit_unknown": lambda r, _x, _: r.raw.receiving_unit_id is None or r.raw.unit_id is None,
    "procedure_unknown": lambda r, _x, _: r.raw.procedure_id is None,
    "channel_unknown": lambda r, _x, _: r.raw.channel is None,
    "procedure_expired": lambda r, _x, _: r.expired is True,
    "in_other_source": lambda r, _x, everything: any(
        other.code == r.code and other.source != r.source for other in everything
    ),
    "re_dated_repeatedly": lambda r, _x, _: len(r.raw.apologies) > 1,
    "noticed_late": lambda r, x, _: (
        x.happened(oracle.supplement_at(r.raw)) and (oracle.supplement_wd(r.raw, CALENDAR) or 0) > 3
    ),
    "late_entry": lambda r, x, _: oracle.late_entry(x),
}


def naive(key: str, seen: list[Record], everything: list[Record], ask: oracle.Ask) -> list[int]:
    """Ids of the dossiers of the period that fail a check."""
    found = []
    for record in seen:
        look = Look(record.raw, ask, CALENDAR)
        of_period = oracle.received(look) or oracle.carried_over(look)
        if of_period and RULES[key](record, look, everything):
            found.append(record.raw.dossier_id)
    return sorted(found)


def population(seen: list[Record], ask: oracle.Ask) -> int:
    looks = [Look(record.raw, ask, CALENDAR) for record in seen]
    return sum(oracle.received(x) or oracle.carried_over(x) for x in looks)


def test_every_check_has_a_rule_here() -> None:
    assert set(RULES) == set(CHECKS)


def compare(known: list[Record], seen: list[Record], ask: oracle.Ask) -> dict[str, int]:
    """Counts, shares and rows against the naive ones; the counts."""
    view, everything = facts(seen), facts(known)
    asked = question(ask)
    table = checks(view, everything, asked)
    assert table["check"].to_list() == list(CHECKS)
    of = population(seen, ask)
    counts = {}
    for row in table.iter_rows(named=True):
        wanted = naive(row["check"], seen, known, ask)
        opened = failing(view, everything, row["check"], asked).to_native().collect()
        assert sorted(opened["dossier_id"].to_list()) == wanted, row["check"]
        assert row["count"] == len(wanted), row["check"]
        assert row["of"] == of
        assert row["share"] == (pytest.approx(len(wanted) / of) if of else None)
        counts[row["check"]] = len(wanted)
    return counts


@pytest.mark.parametrize("seed", range(3))
def test_counts_shares_and_rows_equal_naive_counting(seed: int) -> None:
    known = records(90, seed)
    roll = random.Random(seed).randrange
    for _ in range(3):
        ask = a_question(roll, [record.raw for record in known])
        compare(known, known, ask)


def test_every_check_finds_something_somewhere() -> None:
    """A check that is 0 throughout would be compared with nothing."""
    reached = dict.fromkeys(CHECKS, 0)
    for seed in range(2):
        known = records(120, seed)
        days = [r.raw.received_at.date() for r in known if r.raw.received_at is not None]
        ask = oracle.Ask(min(days), max(days))
        for key, count in compare(known, known, ask).items():
            reached[key] += count
    assert all(reached.values()), reached


def test_twins_are_looked_for_beyond_the_view_but_only_those_in_view_are_counted() -> None:
    known = records(120, 7)
    seen = [record for record in known if record.raw.unit_id == 1]
    days = [r.raw.received_at.date() for r in known if r.raw.received_at is not None]
    ask = oracle.Ask(min(days), max(days))
    counts = compare(known, seen, ask)
    alone = [r for r in seen if RULES["in_other_source"](r, Look(r.raw, ask, CALENDAR), seen)]
    assert counts["in_other_source"] > len(alone)


@given(st.integers(0, 10_000))
@settings(max_examples=12, phases=SEEDED)
def test_small_registers(seed: int) -> None:
    known = records(6, seed)
    roll = random.Random(seed).randrange
    compare(known, known, a_question(roll, [record.raw for record in known]))


# -- freshness -----------------------------------------------------------------------------

MONDAY = datetime(2026, 3, 2, 8)


def lag(until: datetime | None, agreed: int | None, moment: datetime) -> dict[str, object]:
    sources = pl.DataFrame(
        {"source_id": [1], "data_until": [until], "fresh_within_hours": [agreed]},
        schema={
            "source_id": pl.Int32,
            "data_until": pl.Datetime("ms"),
            "fresh_within_hours": pl.Int32,
        },
    )
    row = freshness(sources, moment, CLOCK).row(0, named=True)
    del row["source_id"]
    return row


@pytest.mark.parametrize(
    ("until", "agreed", "moment", "expected"),
    [
        # From Friday's closing to Monday's opening only a worked Saturday passes.
        (datetime(2026, 2, 27, 17), 8, MONDAY, (8.0, 1, "fresh")),
        (MONDAY, 8, datetime(2026, 3, 2, 17), (8.0, 1, "fresh")),
        (MONDAY, 8, datetime(2026, 3, 3, 8, 1), (8 + 1 / 60, 1, "stale")),
        (MONDAY, 8, datetime(2026, 3, 4, 17), (24.0, 3, "stale")),
        (MONDAY, None, datetime(2026, 3, 4, 17), (24.0, 3, "not_agreed")),
        (None, 8, MONDAY, (None, None, "unknown")),
        # Records that reach beyond the moment asked for are not behind it.
        (datetime(2026, 3, 5), 8, MONDAY, (0.0, 0, "fresh")),
    ],
)
def test_freshness_in_working_time(
    until: datetime | None,
    agreed: int | None,
    moment: datetime,
    expected: tuple[float | None, int | None, str],
) -> None:
    hours, days, state = expected
    found = lag(until, agreed, moment)
    assert found["behind_hours"] == (None if hours is None else pytest.approx(hours))
    assert (found["behind_days"], found["state"]) == (days, state)


def test_a_moment_beyond_the_calendar_is_no_error() -> None:
    short = Calendar.build(date(2026, 1, 1), date(2026, 12, 31), {})
    sources = pl.DataFrame(
        {"source_id": [1], "data_until": [MONDAY], "fresh_within_hours": [8]},
        schema={
            "source_id": pl.Int32,
            "data_until": pl.Datetime("ms"),
            "fresh_within_hours": pl.Int32,
        },
    )
    assert freshness(sources, datetime(2500, 1, 1), short)["state"].to_list() == ["stale"]
