"""Attempts: slowed down per name and per address, the same for names that nobody has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connectors import audit
from connectors.access import (
    Visitor,
    add_account,
    begin,
    credential,
    let_in,
    let_in_vouched,
    live_sessions,
    lock_account,
    policy,
    redeem,
    reset_passphrase,
    turn_away,
    wait,
)
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
        assert not begin(database, name, visitor, now)
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
        assert not begin(lan, "lan", visitor, now)
    assert now - NOON > timedelta(days=1)


def test_an_address_that_tries_many_names_waits_too(lan: Engine) -> None:
    for turn in range(policy().free_per_address):
        begin(lan, f"ten-{turn}", HERE, NOON)
    assert wait(lan, "lan", HERE, NOON) > timedelta()
    assert wait(lan, "lan", Visitor("10.0.0.8"), NOON) == timedelta()


def test_a_success_forgives_the_name(lan: Engine) -> None:
    for _ in range(policy().free_per_name):
        begin(lan, "lan", HERE, NOON)
    later = NOON + wait(lan, "lan", HERE, NOON)
    assert not begin(lan, "lan", HERE, later)
    let_in(lan, credential(lan, "lan"), HERE, later)
    assert wait(lan, "lan", HERE, later + SECOND) == timedelta()


def test_failures_are_forgotten_after_the_window(lan: Engine) -> None:
    _waits(lan, "lan", policy().free_per_name)
    assert wait(lan, "lan", HERE, NOON + SECOND * 5) > timedelta()
    assert wait(lan, "lan", HERE, NOON + policy().window + 9 * SECOND) == timedelta()


def test_what_was_typed_as_a_name_is_kept_nowhere(lan: Engine) -> None:
    """Somebody types the pass-phrase into the wrong box."""
    begin(lan, "mùa thu lá vàng rơi", HERE, NOON)
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


def test_many_attempts_at_the_same_moment_are_counted_one_after_the_other(lan: Engine) -> None:
    """Looking first and counting after the dear check, a hundred at once would all be free."""
    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(lambda _: begin(lan, "lan", HERE, NOON), range(100)))
    assert waits.count(timedelta()) == policy().free_per_name


def test_own_success_buys_no_tries_at_other_names(lan: Engine) -> None:
    """Somebody with an account tries others' names, and signs in himself now and then."""
    for turn in range(policy().free_per_address):
        begin(lan, f"ten-{turn}", HERE, NOON)
        if turn % 5 == 4:
            let_in(lan, credential(lan, "lan"), HERE, NOON)
    assert wait(lan, "ten-moi", HERE, NOON) > timedelta()
    assert wait(lan, "ten-moi", Visitor("10.0.0.8"), NOON) == timedelta()


def test_who_types_somebodys_name_elsewhere_does_not_make_them_wait_at_their_place(
    lan: Engine,
) -> None:
    ticket = let_in(lan, credential(lan, "lan"), HERE, NOON - timedelta(days=3))
    assert redeem(lan, ticket, NOON - timedelta(days=3))
    _waits(lan, "lan", 12, Visitor("203.0.113.9"))
    now = NOON + timedelta(hours=1)
    begin(lan, "lan", Visitor("203.0.113.9"), now)
    assert wait(lan, "lan", Visitor("203.0.113.9"), now) > timedelta()
    assert wait(lan, "lan", Visitor("203.0.113.10"), now) > timedelta()
    assert wait(lan, "lan", HERE, now) == timedelta()
    # Guessing from there is slowed down all the same.
    assert _waits(lan, "lan", 6)[-1] > 0


@pytest.mark.parametrize("name", ["lan\0", "\0", "l" * 100_000, "lan\n", "' OR 1=1 --", "ｌａｎ"])
def test_what_no_account_can_be_called_is_not_asked_of_the_database(
    lan: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL takes no NUL: a lost database would be answered instead of a wrong name."""
    if name.strip() == "lan":
        assert credential(lan, name).account_id is not None
        return
    with monkeypatch.context() as patch:
        patch.setattr("connectors.access.signin.read_transaction", _never)
        assert credential(lan, name).account_id is None
    turn_away(lan, name, HERE, NOON)
    assert begin(lan, name, HERE, NOON) == timedelta()


def _never(_database: Engine) -> None:
    raise AssertionError


def test_a_letter_that_becomes_another_in_lower_case_is_not_that_person(database: Engine) -> None:
    """The Kelvin sign is no k, though its lower case is one."""
    add_account(database, "kim", "Kim", "leader", external_id="kim@ubnd.example", actor=ADMIN)
    assert "\u212aim".lower() == "kim"
    assert let_in_vouched(database, "\u212aim@ubnd.example", NOON, HERE, NOON) is None
    assert let_in_vouched(database, "KIM@ubnd.example", NOON, HERE, NOON) is not None


def test_one_ipv6_connection_is_one_address(lan: Engine) -> None:
    """It has as many as it wants."""
    for turn in range(policy().free_per_address):
        begin(lan, f"ten-{turn}", Visitor(f"2001:db8:1:2::{turn + 1:x}"), NOON)
    assert wait(lan, "ten-moi", Visitor("2001:db8:1:2:ffff::1"), NOON) > timedelta()
    assert wait(lan, "ten-moi", Visitor("2001:db8:1:3::1"), NOON) == timedelta()


def test_an_address_that_is_none_is_counted_as_it_is() -> None:
    counted = [Visitor(one).counted_as for one in (None, "", "10.0.0.7", "::ffff:10.0.0.7", "x")]
    assert counted == ["-", "-", "10.0.0.7", "10.0.0.7", "x"]


@pytest.mark.parametrize("change", [lock_account, reset_passphrase])
def test_what_was_changed_while_it_was_checked_lets_nobody_in(lan: Engine, change: Any) -> None:
    """Checking takes a quarter of a second: enough for the administrator's click."""
    found = credential(lan, "lan")
    change(lan, "lan", actor=ADMIN)
    with pytest.raises(ValueError, match="lan"):
        let_in(lan, found, HERE, NOON)
    assert live_sessions(lan, NOON) == []
