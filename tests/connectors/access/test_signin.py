"""Attempts: slowed down per name and per address, the same for names that nobody has."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from connectors import audit
from connectors.access import Visitor, add_account, credential, let_in, policy, turn_away, wait
from connectors.access.passphrase import matches
from connectors.database.access import SignInAttempt
from connectors.database.session import read_transaction
from tests.connectors.access.conftest import NOON

ADMIN = audit.Actor("kiem-thu", 1)
HERE = Visitor("10.0.0.7")
SECOND = timedelta(seconds=1)


@pytest.fixture
def lan(database: Engine) -> Engine:
    add_account(database, "lan", "Nguyễn Thị Lan", "leader", actor=ADMIN)
    return database


def _waits(database: Engine, name: str, failures: int, visitor=HERE) -> list[float]:
    """Seconds to wait after each failure, tried again as soon as it is allowed."""
    found, now = [], NOON
    for _ in range(failures):
        turn_away(database, name, visitor, now)
        left = wait(database, name, visitor, now)
        found.append(left.total_seconds())
        now += left + SECOND
    return found


@pytest.mark.parametrize("name", ["lan", "khong-ai-ca"])
def test_the_wait_doubles_after_the_free_ones_up_to_the_longest(lan: Engine, name: str) -> None:
    waits = _waits(lan, name, 16)
    free, first = policy().free_per_name, policy().first_wait.total_seconds()
    longest = policy().longest_wait.total_seconds()
    expected = [0.0] * (free - 1) + [min(first * 2**step, longest) for step in range(16 - free + 1)]
    assert waits == expected


def test_two_hundred_guesses_take_more_than_a_day(lan: Engine) -> None:
    """Each is made as soon as it may be; the addresses differ each time."""
    now = NOON
    for turn in range(200):
        visitor = Visitor(f"10.0.{turn // 250}.{turn % 250}")
        now += wait(lan, "lan", visitor, now)
        turn_away(lan, "lan", visitor, now)
    assert now - NOON > timedelta(days=1)


def test_an_address_that_tries_many_names_waits_too(lan: Engine) -> None:
    for turn in range(policy().free_per_address):
        turn_away(lan, f"ten-{turn}", HERE, NOON)
    assert wait(lan, "lan", HERE, NOON) > timedelta()
    assert wait(lan, "lan", Visitor("10.0.0.8"), NOON) == timedelta()


def test_a_success_forgives_the_name(lan: Engine) -> None:
    for _ in range(policy().free_per_name):
        turn_away(lan, "lan", HERE, NOON)
    later = NOON + wait(lan, "lan", HERE, NOON)
    let_in(lan, credential(lan, "lan"), HERE, later)
    assert wait(lan, "lan", HERE, later + SECOND) == timedelta()


def test_failures_are_forgotten_after_the_window(lan: Engine) -> None:
    for _ in range(policy().free_per_name + 4):
        turn_away(lan, "lan", HERE, NOON)
    assert wait(lan, "lan", HERE, NOON + policy().window + SECOND) == timedelta()


def test_what_was_typed_as_a_name_is_kept_nowhere(lan: Engine) -> None:
    """Somebody types the pass-phrase into the wrong box."""
    turn_away(lan, "mùa thu lá vàng rơi", HERE, NOON)
    turn_away(lan, "lan", HERE, NOON)
    with read_transaction(lan) as connection:
        kept = repr(connection.execute(select(SignInAttempt)).all())
    assert "mùa thu" not in kept
    from zoneinfo import ZoneInfo

    from connectors.engine import Scope

    lines = audit.read(lan, ZoneInfo("Asia/Ho_Chi_Minh"), Scope(None), actions=("sign_in_refused",))
    assert sorted(lines["subject"].to_list(), key=str) == [None, "lan"]


def test_a_name_that_nobody_has_lets_nobody_in(lan: Engine) -> None:
    found = credential(lan, "khong-ai-ca")
    assert found.account_id is None
    assert not matches("", found.passphrase_hash)
    with pytest.raises(ValueError, match="khong-ai-ca"):
        let_in(lan, found, HERE, NOON)


def test_known_and_unknown_names_cost_the_same_check(database: Engine) -> None:
    """Not the clock but what is done: the same hash function at the same cost, either way."""
    add_account(database, "lan", "Nguyễn Thị Lan", "leader", actor=ADMIN)
    known, unknown = credential(database, "lan"), credential(database, "khong-ai-ca")
    assert known.passphrase_hash[:7] == unknown.passphrase_hash[:7]
    assert len(known.passphrase_hash) == len(unknown.passphrase_hash)
