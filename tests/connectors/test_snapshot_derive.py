"""Everything derived of a dossier, against the oracle's one dossier at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.snapshot.derive import Facts, derive
from connectors.snapshot.manifest import FRAMES
from connectors.snapshot.source import _DOSSIER as DOSSIER_COLUMNS
from connectors.snapshot.source import _HISTORY as HISTORY
from connectors.snapshot.source import Raw
from connectors.snapshot.supplements import Rules, read_rules, shipped_rules
from metrics.core.clock import Calendar
from metrics.core.contracts import FROM_EVER, TO_EVER
from tests import oracle
from tests.connectors.snapshot_rows import utc
from tests.frames import as_at, derived_last, last_states
from tests.oracle import RawApology, RawDossier, RawPause, WorkCalendar, judged_due_at
from tests.strategies import CALENDAR, PROCEDURES, moments_of, random_register, some_dossiers

CLOCK = Calendar.build(
    date(2026, 1, 1),
    date(2026, 12, 31),
    dict.fromkeys(CALENDAR.holidays, False) | dict.fromkeys(CALENDAR.worked, True),
)
ZONE = "Asia/Ho_Chi_Minh"
NOON = datetime(2026, 2, 23, 12)
HOUR = timedelta(hours=1)
_LISTS = {"pauses", "steps", "apologies"}
BATCHES = pl.DataFrame(schema=FRAMES["batch"])


def procedures(**dates: date) -> pl.DataFrame:
    rows = [
        {"procedure_id": n, "field_id": field, "limit_value": value, "limit_unit": unit, **dates}
        for n, (field, value, unit) in PROCEDURES.items()
    ]
    return pl.DataFrame(rows, schema=FRAMES["procedure"])


def milliseconds(moment: datetime | None) -> int | None:
    moment = utc(moment)
    return None if moment is None else round(moment.timestamp() * 1000)


def raw_of(found: list[RawDossier]) -> Raw:
    """The rows as the database's driver would give them."""
    texts = {"code", "channel", "channel_source", "end_kind", "late_cause"}
    columns = [column.key for column in DOSSIER_COLUMNS]
    rows = [
        {"id": d.dossier_id, "code": "H", "resolving_unit_id": d.unit_id, "batch_id": 1}
        | {name: getattr(d, name) for name in ("procedure_id", "channel", "end_kind")}
        | {
            name: milliseconds(getattr(d, name))
            for name in columns
            if name.endswith("_at") and hasattr(d, name)
        }
        for d in found
    ]
    pauses = [
        (d.dossier_id, p.kind, milliseconds(p.from_at), milliseconds(p.to_at))
        for d in found
        for p in d.pauses
    ]
    apologies = [
        (d.dossier_id, milliseconds(a.issued_at), milliseconds(a.new_due_at))
        for d in found
        for a in d.apologies
    ]
    steps = dict.fromkeys(
        ("dossier_id", "sequence", "unit_id", "officer_id", "from_at", "due_at", "to_at"), pl.Int64
    )
    return Raw(
        pl.DataFrame(rows, schema={n: pl.String if n in texts else pl.Int64 for n in columns}),
        pl.DataFrame(
            pauses,
            schema={
                "dossier_id": pl.Int64,
                "kind": pl.String,
                "from_at": pl.Int64,
                "to_at": pl.Int64,
            },
            orient="row",
        ),
        pl.DataFrame(schema=steps | {"name": pl.String}),
        pl.DataFrame(
            apologies,
            schema=dict.fromkeys(("dossier_id", "issued_at", "new_due_at"), pl.Int64),
            orient="row",
        ),
        pl.DataFrame(
            schema={
                column.key: pl.String if column.key in _LISTS else pl.Int64 for column in HISTORY
            }
        ),
    )


def derived(*found: RawDossier, rules: Rules = ()) -> Facts:
    return derive(raw_of(list(found)), procedures(), CLOCK, ZONE, BATCHES, rules=rules)


RESTARTS = ((date(2026, 2, 22), True), (date(2026, 3, 6), False))
"""Supplements asked for in these days start the limit anew, others are subtracted."""


@st.composite
def few(draw: st.DrawFn) -> list[RawDossier]:
    count = draw(st.integers(1, 4))
    return list(some_dossiers(lambda n: draw(st.integers(0, n - 1)), count))


@settings(max_examples=40, deadline=None)
@given(few())
def test_derived_columns_are_the_oracles(found: list[RawDossier]) -> None:
    check_derived(found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_derived_columns_of_a_register_are_the_oracles(seed: int) -> None:
    check_derived(list(random_register(400, seed)))


def test_derived_columns_are_the_oracles_where_supplements_start_anew() -> None:
    found, calendar = list(random_register(600, 4)), replace(CALENDAR, restarts=RESTARTS)
    check_derived(found, RESTARTS)
    by_both = [(judged_due_at(d, calendar), judged_due_at(d, CALENDAR)) for d in found]
    assert any(anew and plain and anew > plain for anew, plain in by_both)
    assert any(anew and plain and anew < plain for anew, plain in by_both)


def check_derived(found: list[RawDossier], rules: Rules = ()) -> None:
    calendar = replace(CALENDAR, restarts=tuple(rules))
    frame = derived(*found, rules=rules).dossier.sort("dossier_id", "held_from")
    assert dict(frame.schema) == FRAMES["dossier"]
    last = last_states(frame)
    wanted = [derived_last(d, calendar) for d in found]
    assert last.select(list(wanted[0])).to_dicts() == wanted
    for d, rows in zip(found, frame.partition_by("dossier_id", maintain_order=True), strict=True):
        check_states(d, rows, calendar)


def check_states(d: RawDossier, rows: pl.DataFrame, calendar: WorkCalendar) -> None:
    """At every T one state, and that of the oracle; no state is like the one before it."""
    assert rows["held_from"].to_list() == [FROM_EVER, *rows["held_to"][:-1]]
    assert rows["held_to"][-1] == TO_EVER
    states = rows.to_dicts()
    for moment in moments_of(d):
        for t in (moment, moment + timedelta(milliseconds=1)):
            (row,) = (row for row in states if row["held_from"] < t <= row["held_to"])
            wanted = as_at(d, t, calendar)
            # An ordinal's origin is free; how many days were waited is not.
            told = [n for n in wanted if not n.endswith("_wd") or n.startswith("waited")]
            assert {n: row[n] for n in told} == {n: wanted[n] for n in told}, (d, t)
    seen = [[value for name, value in row.items() if "held" not in name] for row in states]
    assert all(one != other for one, other in pairwise(seen))


def test_ordinals_are_those_of_the_days() -> None:
    for row in derived(*random_register(500, 4)).dossier.to_dicts():
        judged, original = row["judged_due_at"], row["judged_due_original_at"]
        for day, wd in (
            (row["ended_day"], row["ended_wd"]),
            (row["judged_due_day"], row["judged_due_day_wd"]),
            (row["judged_due_original_day"], row["judged_due_original_day_wd"]),
            (judged and judged.date(), row["judged_due_wd"]),
            (original and original.date(), row["judged_due_original_wd"]),
        ):
            assert wd == (None if day is None else CLOCK.ordinal(day))


def test_pauses_of_one_kind_are_merged_and_closed() -> None:
    found = random_register(800, 5)
    frame = derived(*found).pause
    assert dict(frame.schema) == FRAMES["pause"]
    got = sorted(frame.select("dossier_id", "kind", "from_at", "to_at").rows(), key=str)
    wanted = [
        (d.dossier_id, kind, start, stop)
        for d in found
        for kind in oracle.ALL_KINDS
        for start, stop in oracle.merged_pauses(d, [kind])
    ]
    assert got == sorted(wanted, key=str)


def test_an_overlap_of_two_kinds_moves_the_due_date_once() -> None:
    d = RawDossier(
        received_at=NOON,
        due_at=NOON + 10 * HOUR,
        pauses=(
            RawPause("supplement", NOON, NOON + 4 * HOUR),
            RawPause("finance", NOON + 2 * HOUR, NOON + 5 * HOUR),
        ),
    )
    row = derived(d).dossier.row(-1, named=True)
    assert row["judged_due_at"] == NOON + 15 * HOUR
    assert row["portal_due_at"] == NOON + 14 * HOUR


def test_a_supplement_starts_the_limit_anew_where_the_rule_says_so() -> None:
    """Procedure 1: 5 working days. Complete on Monday 2/3: until Monday 9/3, a holiday: 10/3."""
    asked = RawPause("supplement", NOON + HOUR, datetime(2026, 3, 2, 10))
    d = RawDossier(received_at=NOON, due_at=datetime(2026, 3, 3, 17), pauses=(asked,))
    ends = datetime(2026, 3, 10, 23, 59, 59, 999_000)
    subtracted = derived(d).dossier.row(-1, named=True)
    row = derived(d, rules=((date(2026, 2, 23), True),)).dossier.row(-1, named=True)
    assert (row["judged_due_at"], row["judged_due_day"]) == (ends, ends.date())
    assert row["portal_due_at"] == subtracted["portal_due_at"] == subtracted["judged_due_at"]
    # Nothing before the rule's first day; a date that is later already stands.
    assert derived(d, rules=((date(2026, 2, 24), True),)).dossier["judged_due_at"][-1] != ends
    later = replace(d, due_at=datetime(2026, 3, 20, 17))
    row = derived(later, rules=((date(2026, 2, 23), True),)).dossier.row(-1, named=True)
    assert row["judged_due_at"] == later.due_at


def test_supplements_are_subtracted_as_shipped() -> None:
    assert shipped_rules() == ((date(1970, 1, 1), False),)
    with pytest.raises(ValueError, match="restart"):
        read_rules({"rule": [{"valid_from": date(1970, 1, 1), "clock": "anew"}]})


def test_a_pause_after_the_due_date_heals_nothing() -> None:
    late = RawPause("supplement", NOON + timedelta(milliseconds=1), None)
    d = RawDossier(received_at=NOON - HOUR, due_at=NOON, pauses=(late,))
    row = derived(d).dossier.row(-1, named=True)
    assert (row["judged_due_at"], row["portal_suspended"]) == (NOON, False)


def test_an_open_pause_that_began_on_the_due_moment_suspends() -> None:
    d = RawDossier(received_at=NOON, due_at=NOON, pauses=(RawPause("supplement", NOON, None),))
    row = derived(d).dossier.row(-1, named=True)
    assert row["judged_due_at"] is None
    assert row["portal_due_at"] is None
    assert row["portal_suspended"] is True


def test_moments_are_local_and_days_are_local_days() -> None:
    # 00:30 in Hà Nội is still the day before in UTC.
    early = datetime(2026, 2, 24, 0, 30)
    row = derived(RawDossier(received_at=early, due_at=early)).dossier.row(-1, named=True)
    assert row["received_at"] == early
    assert row["received_day"] == date(2026, 2, 24)


@pytest.mark.parametrize(
    ("dates", "expired"),
    [
        ({}, False),
        ({"valid_from": date(2026, 2, 23), "valid_to": date(2026, 2, 23)}, False),
        ({"valid_from": date(2026, 2, 24)}, True),
        ({"valid_to": date(2026, 2, 22)}, True),
    ],
)
def test_receipt_outside_the_versions_validity_is_flagged(
    dates: dict[str, date], expired: bool
) -> None:
    found = [RawDossier(received_at=NOON), RawDossier(2, procedure_id=None, received_at=NOON)]
    facts = derive(raw_of(found), procedures(**dates), CLOCK, ZONE, BATCHES)
    assert facts.dossier.sort("dossier_id")["procedure_expired"].to_list() == [expired, None]


def test_a_pause_recorded_backwards_has_no_length() -> None:
    backwards = RawPause("supplement", NOON, NOON - HOUR)
    d = RawDossier(received_at=NOON - HOUR, due_at=NOON + HOUR, pauses=(backwards,))
    assert derived(d).dossier["judged_due_at"][-1] == NOON + HOUR


def test_impossible_years_do_not_stop_the_rest() -> None:
    wild = RawDossier(
        received_at=NOON,
        due_at=datetime(9998, 12, 31),
        ended_at=datetime(9998, 1, 1),
        end_kind="result",
        apologies=(RawApology(NOON),),
    )
    frame = derived(wild, RawDossier(2, received_at=NOON, due_at=NOON)).dossier.sort("dossier_id")
    assert frame["judged_due_at"].to_list() == [datetime(9998, 12, 31), NOON]
    assert frame["judged_due_wd"].to_list() == [None, CLOCK.ordinal(NOON.date())]


def test_nothing_gives_empty_frames_of_the_contracts() -> None:
    facts = derived()
    for fact in ("dossier", "pause", "step"):
        frame = getattr(facts, fact)
        assert frame.is_empty()
        assert dict(frame.schema) == FRAMES[fact]
