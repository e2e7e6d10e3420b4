"""One person who keeps an office out, and one who sets the clock, as both were done once.

Seen before: 39 wrong guesses from one address in three hours shut out everybody there for the next
hour, the right pass-phrase included. And with the clock set back six hours 200 of 200 guesses were
let through, after which the wait was six hours.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import bcrypt
import pytest
from sqlalchemy import Engine

from connectors import audit
from connectors.access import (
    Moment,
    Visitor,
    add_account,
    begin,
    credential,
    let_in,
    pause,
    policy,
    redeem,
    turn_away,
    wait,
)
from connectors.access.passphrase import matches

OFFICE = Visitor("10.0.0.7")
BEFORE = Moment(datetime(2026, 11, 23, 1, tzinfo=UTC), "boot", 864_000.0)
SECONDS = timedelta(seconds=5)


@pytest.fixture
def office(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Twenty accounts and their pass-phrases; the even ones came in from the office last week."""
    salt = bcrypt.gensalt
    monkeypatch.setattr("bcrypt.gensalt", lambda: salt(4))
    boss = audit.Actor("kiem-thu", 1)
    known = {}
    for number in range(20):
        name = f"nv{number}"
        known[name] = add_account(sqlite_database, name, "Nhân viên", "leader", actor=boss)
        if number % 2 == 0:
            last_week = BEFORE + timedelta(days=-7)
            ticket = let_in(sqlite_database, credential(sqlite_database, name), OFFICE, last_week)
            assert redeem(sqlite_database, ticket, last_week.at)
    return known


def _enter(database: Engine, name: str, typed: str, now: Moment) -> timedelta | None:
    """What the form does; how long it took until they were in, None for somebody turned away."""
    took = pause(database, name, OFFICE, now)
    if begin(database, name, OFFICE, now + took):
        return None
    found = credential(database, name)
    if found.account_id is None or not matches(typed, found.passphrase_hash):
        turn_away(database, name, OFFICE)
        return None
    let_in(database, found, OFFICE, now + took)
    return took


@pytest.mark.parametrize("names", ["one name", "everybody's", "invented ones"])
def test_thirty_nine_guesses_keep_nobody_else_out(
    sqlite_database: Engine, office: dict[str, str], names: str
) -> None:
    now = BEFORE
    for turn in range(39):
        name = {"one name": "nv0", "everybody's": f"nv{turn % 20}"}.get(names, f"ai-{turn}")
        _enter(sqlite_database, name, "một câu không phải của ai", now)
        now += timedelta(hours=3) / 39
    for name, typed in office.items():
        if names != "one name" or name != "nv0":
            took = _enter(sqlite_database, name, typed, now)
            assert took is not None, name
            assert took <= SECONDS


@pytest.mark.parametrize("back", [timedelta(hours=6), timedelta(days=400), timedelta(hours=-6)])
def test_a_clock_that_jumps_lets_no_guess_through(sqlite_database: Engine, back: timedelta) -> None:
    def tried(now: Moment) -> int:
        there = (Visitor(f"198.51.100.{turn}") for turn in range(policy().free_per_name + 20))
        return sum(not begin(sqlite_database, "quan-tri", one, now) for one in there)

    assert tried(BEFORE) == policy().free_per_name
    jumped = replace(BEFORE, at=BEFORE.at - back)
    assert tried(jumped) == 0
    assert wait(sqlite_database, "quan-tri", OFFICE, jumped) <= policy().longest_wait


def test_the_clock_of_this_machine_cannot_be_set() -> None:
    """What is measured by is the machine's own, the same for every process here."""
    first, second = Moment.now(), Moment.now()
    assert first.boot == second.boot
    assert first.ticks <= second.ticks
