"""Attempts: slowed down per name and place, whatever the clock says, and nobody is shut out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from connectors import audit
from connectors.access import (
    Moment,
    Reader,
    Visitor,
    add_account,
    begin,
    credential,
    let_in,
    pause,
    policy,
    reader_of,
    redeem,
    revoke,
    sign_out,
    wait,
)
from connectors.database.access import SignInAttempt
from connectors.database.session import read_transaction
from tests.connectors.access.conftest import AT_NOON as NOON

ADMIN = audit.Actor("kiem-thu", 1)
HERE = Visitor("10.0.0.7")
ELSEWHERE = Visitor("203.0.113.9")
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
NOTHING = timedelta()


@pytest.fixture
def lan(database: Engine) -> Engine:
    add_account(database, "lan", "Nguyễn Thị Lan", "leader", actor=ADMIN)
    return database


def came_in(database: Engine, name: str, visitor: Visitor, at: Moment) -> Visitor:
    """The account has signed in from there; its browser, as it comes back."""
    token = redeem(database, let_in(database, credential(database, name), visitor, at), at.at)
    assert token
    return Visitor(visitor.address, visitor.browser, token)


def _waits(database: Engine, name: str, failures: int, visitor=HERE) -> list[float]:
    """Seconds to wait after each failure, tried again as soon as it is allowed."""
    found, now = [], NOON
    for _ in range(failures):
        assert not begin(database, name, visitor, now)
        left = wait(database, name, visitor, now)
        found.append(left.total_seconds())
        now += left
    return found


def _kept(database: Engine) -> int:
    with read_transaction(database) as connection:
        return connection.execute(select(func.count()).select_from(SignInAttempt)).scalar_one()


# -- a name --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lan", "khong-ai-ca"])
def test_the_wait_doubles_after_the_free_ones_up_to_the_longest(lan: Engine, name: str) -> None:
    waits = _waits(lan, name, 16)
    free, first = policy().free_per_name, policy().first_wait.total_seconds()
    longest = policy().longest_wait.total_seconds()
    expected = [0.0] * (free - 1) + [min(first * 2**step, longest) for step in range(16 - free + 1)]
    assert waits == expected


def test_a_hundred_and_twenty_guesses_from_as_many_addresses_take_more_than_a_day(
    lan: Engine,
) -> None:
    """Each is made as soon as it may be. The person's coming in meanwhile buys the guesser none."""
    now = NOON
    for turn in range(120):
        visitor = Visitor(f"198.51.100.{turn}")
        now += wait(lan, "lan", visitor, now)
        assert not begin(lan, "lan", visitor, now)
        if turn % 10 == 0:
            came_in(lan, "lan", HERE, now)
    assert now.at - NOON.at > timedelta(days=1)


def test_a_success_forgives_the_name_at_that_place_only(lan: Engine) -> None:
    _waits(lan, "lan", policy().free_per_name)
    later = NOON + HOUR
    assert not begin(lan, "lan", HERE, later)
    assert not begin(lan, "lan", ELSEWHERE, later + HOUR)
    came_in(lan, "lan", HERE, later)
    assert wait(lan, "lan", HERE, later) == NOTHING
    assert _kept(lan) == 1  # that of elsewhere


def test_failures_are_forgotten_after_the_window(lan: Engine) -> None:
    _waits(lan, "lan", policy().free_per_name)
    assert wait(lan, "lan", HERE, NOON + SECOND) > NOTHING
    after = NOON + policy().window
    assert not begin(lan, "lan", HERE, after)
    assert _kept(lan) == 1


def test_many_attempts_at_the_same_moment_are_counted_one_after_the_other(lan: Engine) -> None:
    """Looking first and counting after the dear check, a hundred at once would all be free."""
    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(lambda _: begin(lan, "lan", HERE, NOON), range(100)))
    assert waits.count(NOTHING) == policy().free_per_name


# -- where it is known ---------------------------------------------------------------------------


def test_who_types_somebodys_name_elsewhere_makes_nobody_wait_at_their_place(lan: Engine) -> None:
    came_in(lan, "lan", HERE, NOON + timedelta(days=-3))
    _waits(lan, "lan", 12, ELSEWHERE)
    now = NOON + HOUR
    assert not begin(lan, "lan", ELSEWHERE, now)
    assert wait(lan, "lan", Visitor("203.0.113.10"), now) > NOTHING
    assert wait(lan, "lan", HERE, now) == pause(lan, "lan", HERE, now) == NOTHING
    # Guessing from there is slowed down all the same.
    assert _waits(lan, "lan", 6)[-1] > 0


def test_a_place_is_known_for_a_time_and_the_last_one_for_ever(lan: Engine) -> None:
    came_in(lan, "lan", HERE, NOON)
    came_in(lan, "lan", ELSEWHERE, NOON + HOUR)
    later = NOON + policy().known + HOUR
    for _ in range(policy().free_per_name):
        assert not begin(lan, "lan", Visitor("192.0.2.1"), later)
    assert wait(lan, "lan", HERE, later) > NOTHING
    assert wait(lan, "lan", ELSEWHERE, later + timedelta(days=3650)) == NOTHING


def test_a_browser_that_came_in_is_known_wherever_it_is(lan: Engine) -> None:
    """A colleague at the same address keeps typing the name; and a laptop on a journey."""
    laptop = came_in(lan, "lan", HERE, NOON)
    _waits(lan, "lan", 12, HERE)
    _waits(lan, "lan", 12, ELSEWHERE)
    for address in ("10.0.0.7", "203.0.113.9", "192.0.2.1"):
        there = Visitor(address, token=laptop.token)
        assert wait(lan, "lan", there, NOON) == pause(lan, "lan", there, NOON) == NOTHING
        assert wait(lan, "lan", Visitor(address), NOON) > NOTHING
    # Guessing in it is slowed down all the same, and it knows nobody else.
    assert _waits(lan, "lan", 6, laptop)[-1] > 0
    add_account(lan, "mai", "Mai", "leader", actor=ADMIN)
    _waits(lan, "mai", 12, HERE)
    assert wait(lan, "mai", laptop, NOON) > NOTHING


@pytest.mark.parametrize("end", ["signed_out", "everywhere", "revoked"])
def test_a_browser_that_may_be_in_other_hands_is_not_known(lan: Engine, end: str) -> None:
    laptop = came_in(lan, "lan", ELSEWHERE, NOON)
    reader: Reader | None = reader_of(lan, laptop.token or "", NOON.at)
    assert reader
    if end == "revoked":
        revoke(lan, reader.session_id or 0, NOON.at, actor=ADMIN)
    else:
        sign_out(lan, reader, NOON.at, everywhere=end == "everywhere")
    _waits(lan, "lan", 12, HERE)
    there = Visitor(HERE.address, token=laptop.token)
    assert (wait(lan, "lan", there, NOON) == NOTHING) is (end == "signed_out")


# -- an address ----------------------------------------------------------------------------------


@pytest.fixture
def office(lan: Engine) -> Engine:
    """One address, fifty accounts; half of them have come in from there lately."""
    for number in range(50):
        add_account(lan, f"nv{number}", f"Nhân viên {number}", "leader", actor=ADMIN)
        if number % 2:
            came_in(lan, f"nv{number}", HERE, NOON + timedelta(days=-2))
    return lan


def test_who_fails_for_ever_keeps_nobody_else_of_an_office_out(office: Engine) -> None:
    """Under their own name, under invented ones, and as fast as they may."""
    now = NOON
    for turn in range(120):
        begin(office, "nv0", HERE, now)
        begin(office, f"ai-do-{turn}", HERE, now)
        now += timedelta(seconds=90)
    for number in range(1, 50):
        assert wait(office, f"nv{number}", HERE, now) == NOTHING
        assert NOTHING < pause(office, f"nv{number}", HERE, now) <= policy().longest_pause
        came_in(office, f"nv{number}", HERE, now)
    assert wait(office, "nv0", HERE, now) > NOTHING
    assert pause(office, "nv1", Visitor("10.0.0.8"), now) == NOTHING


def test_an_address_that_tries_many_names_is_slowed_down(office: Engine) -> None:
    """One guess a name is not checked at once, and a second of the same name has to wait."""
    rules = policy()
    for turn in range(rules.free_per_address):
        assert pause(office, f"ten-{turn}", HERE, NOON) == NOTHING
        assert not begin(office, f"ten-{turn}", HERE, NOON)
    pauses = []
    for number in range(0, 12, 2):
        pauses.append(pause(office, f"nv{number}", HERE, NOON))
        assert not begin(office, f"nv{number}", HERE, NOON)
        assert wait(office, f"nv{number}", HERE, NOON) == rules.first_wait
    assert pauses == [min(rules.first_pause * 2**step, rules.longest_pause) for step in range(6)]
    assert pauses[-1] == rules.longest_pause
    # Own success buys no tries at other names.
    came_in(office, "nv1", HERE, NOON)
    assert pause(office, "nv12", HERE, NOON) == rules.longest_pause


def test_one_ipv6_connection_is_one_address(lan: Engine) -> None:
    """It has as many as it wants."""
    for turn in range(policy().free_per_address):
        begin(lan, f"ten-{turn}", Visitor(f"2001:db8:1:2::{turn + 1:x}"), NOON)
    assert pause(lan, "lan", Visitor("2001:db8:1:2:ffff::1"), NOON) > NOTHING
    assert pause(lan, "lan", Visitor("2001:db8:1:3::1"), NOON) == NOTHING
    came_in(lan, "lan", Visitor("2001:db8:9:9::1"), NOON)
    _waits(lan, "lan", 9, HERE)
    assert wait(lan, "lan", Visitor("2001:db8:9:9:abcd::2"), NOON) == NOTHING


def test_an_address_that_is_none_is_counted_as_it_is() -> None:
    counted = [Visitor(one).counted_as for one in (None, "", "10.0.0.7", "::ffff:10.0.0.7", "x")]
    assert counted == ["-", "-", "10.0.0.7", "10.0.0.7", "x"]
    assert "bí mật" not in repr(Visitor(token="bí mật"))
