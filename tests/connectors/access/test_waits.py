"""The waits in force: who and where, without what was typed; their end, and its line."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from connectors import audit
from connectors.__main__ import main
from connectors.access import (
    AccountRefused,
    Moment,
    Visitor,
    add_account,
    begin,
    clear,
    clear_waits,
    pause,
    policy,
    wait,
    waits,
)
from connectors.engine import Scope
from connectors.settings import Settings
from tests.connectors.access.conftest import AT_NOON as NOON
from tests.connectors.access.test_attempts import came_in

ADMIN = audit.Actor("kiem-thu", 1)
HERE = Visitor("10.0.0.7")
ELSEWHERE = Visitor("203.0.113.9")
NOTHING = timedelta()


def _fail(database: Engine, name: str, visitor: Visitor, now: Moment = NOON) -> None:
    for _ in range(policy().free_per_name):
        begin(database, name, visitor, now)


@pytest.fixture
def waiting(database: Engine) -> Engine:
    """Lan waits here, where she is known, and elsewhere; so does a pass-phrase typed as a name."""
    add_account(database, "lan", "Nguyễn Thị Lan", "leader", actor=ADMIN)
    came_in(database, "lan", HERE, NOON)
    _fail(database, "lan", HERE)
    _fail(database, "lan", ELSEWHERE)
    _fail(database, "mùa thu lá vàng rơi", HERE)
    return database


def _lines(database: Engine) -> list[tuple[str, str | None, str]]:
    found = audit.read(database, ZoneInfo("UTC"), Scope(None), actions=("waits_cleared",))
    return found.select("actor", "subject", "detail").reverse().rows()


def test_who_waits_and_where(waiting: Engine) -> None:
    found = {(one.account, one.place, one.address, one.left) for one in waits(waiting, NOON)}
    first = policy().first_wait
    assert found == {
        ("lan", "address", "10.0.0.7", first),
        ("lan", "elsewhere", "203.0.113.9", first),
        (None, "elsewhere", "10.0.0.7", first),
    }
    assert "mùa thu" not in repr(waits(waiting, NOON))
    assert waits(waiting, NOON + first) == []


def test_an_address_that_is_slowed_down_is_listed(waiting: Engine) -> None:
    for turn in range(policy().free_per_address):
        begin(waiting, f"ten-{turn}", ELSEWHERE, NOON)
    (one,) = (one for one in waits(waiting, NOON) if one.name_hash is None)
    assert (one.address, one.account, one.left) == (
        "203.0.113.9",
        None,
        pause(waiting, "lan", ELSEWHERE, NOON),
    )
    assert clear(waiting, [one], actor=ADMIN) == one.failures
    assert pause(waiting, "lan", ELSEWHERE, NOON) == NOTHING
    assert wait(waiting, "lan", HERE, NOON) > NOTHING


def test_a_chosen_one_is_ended_and_no_other(waiting: Engine) -> None:
    chosen = [one for one in waits(waiting, NOON) if one.place == "address"]
    assert clear(waiting, chosen, actor=ADMIN) == policy().free_per_name
    assert wait(waiting, "lan", HERE, NOON) == NOTHING
    assert wait(waiting, "lan", ELSEWHERE, NOON) > NOTHING
    assert _lines(waiting) == [("kiem-thu", "lan", '{"attempts":5,"ip":"10.0.0.7"}')]
    nobody = [one for one in waits(waiting, NOON) if one.account is None]
    assert clear(waiting, nobody, actor=ADMIN) == policy().free_per_name
    assert _lines(waiting)[-1] == ("kiem-thu", None, '{"attempts":5,"ip":"10.0.0.7"}')


@pytest.mark.parametrize(
    ("which", "left"),
    [
        ({"name": " LAN "}, 1),
        ({"address": "10.0.0.7"}, 1),
        ({"address": "::ffff:10.0.0.7"}, 1),
        ({"name": "lan", "address": "203.0.113.9"}, 2),
        ({}, 0),
    ],
)
def test_by_name_and_by_address(waiting: Engine, which: dict[str, str], left: int) -> None:
    clear_waits(waiting, **which, actor=ADMIN)
    assert len(waits(waiting, NOON)) == left


def test_a_name_that_no_account_has_is_not_taken(waiting: Engine) -> None:
    """It may be anything, and would stand in the audit."""
    for name in ("mai", "mùa thu lá vàng rơi", "lan\0"):
        with pytest.raises(AccountRefused):
            clear_waits(waiting, name=name, actor=ADMIN)
    assert len(waits(waiting, NOON)) == 3


def test_the_commands(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    add_account(sqlite_database, "lan", "Lan", "leader", actor=ADMIN)
    for _ in range(4):
        _fail(sqlite_database, "lan", ELSEWHERE, Moment.now())

    def run(*words: str) -> str:
        done = CliRunner().invoke(main, ["account", *words], catch_exceptions=False)
        return done.stdout

    assert "lan" in run("waits")
    assert "203.0.113.9" in run("waits")
    assert "5 lần gõ sai" in run("clear-waits", "lan")
    assert run("waits") == ""
    assert wait(sqlite_database, "lan", ELSEWHERE, Moment.now()) == NOTHING
