"""Whatever is done to the clock: no more guesses than otherwise, and no longer wait."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, delete
from sqlalchemy.pool import StaticPool

from connectors import audit
from connectors.access import (
    Moment,
    Visitor,
    add_account,
    begin,
    credential,
    let_in,
    let_in_vouched,
    pause,
    policy,
    reader_of,
    redeem,
    sign_out,
    wait,
)
from connectors.database.access import SignInAttempt
from connectors.database.session import migrate, write_transaction
from tests.connectors.access.conftest import AT_NOON, NOON
from tests.connectors.access.test_attempts import came_in
from tests.turns import at_each_change

ADMIN = audit.Actor("kiem-thu", 1)
PLACE = Visitor("10.0.0.7")
NOTHING = timedelta()
HOUR = timedelta(hours=1)
YEAR = timedelta(days=365)


def _guess(database: Engine, count: int, now: Moment) -> int:
    """How many of so many guesses at that moment, each from an address of its own, are let go."""
    there = (Visitor(f"198.51.100.{turn}") for turn in range(count))
    return sum(not begin(database, "lan", visitor, now) for visitor in there)


@pytest.fixture
def lan(database: Engine) -> Engine:
    add_account(database, "lan", "Nguyễn Thị Lan", "leader", actor=ADMIN)
    return database


@pytest.mark.parametrize(
    "jump", at_each_change((-6 * HOUR, 6 * HOUR, -YEAR, YEAR), (-6 * HOUR, YEAR))
)
def test_a_jump_lets_nobody_guess_and_lengthens_no_wait(lan: Engine, jump: timedelta) -> None:
    """Set back six hours, 200 of 200 were let go, and then the wait was six hours."""
    free = policy().free_per_name
    assert _guess(lan, 200, AT_NOON) == free
    jumped = replace(AT_NOON, at=NOON + jump)
    assert _guess(lan, 200, jumped) == 0
    left = wait(lan, "lan", PLACE, jumped)
    assert left == wait(lan, "lan", PLACE, AT_NOON) == policy().first_wait
    assert _guess(lan, 200, jumped + left) == 1


@pytest.mark.parametrize(
    "jump", at_each_change((-6 * HOUR, NOTHING, 6 * HOUR, -YEAR, YEAR), (NOTHING, 6 * HOUR, -YEAR))
)
def test_neither_does_a_restart_of_the_machine(lan: Engine, jump: timedelta) -> None:
    """The clock that nobody sets begins anew; what it has not seen pass has not passed."""
    now = AT_NOON
    for _ in range(40):
        now += wait(lan, "lan", PLACE, now)
        begin(lan, "lan", PLACE, now)
    started = Moment(now.at + jump, "the next run", 20.0)
    left = wait(lan, "lan", PLACE, started)
    longest = policy().longest_wait
    assert longest - timedelta(seconds=20) <= left <= longest
    assert _guess(lan, 9, started) == 0
    assert _guess(lan, 9, started + left) == 1


@given(st.timedeltas(), st.timedeltas(min_value=NOTHING, max_value=YEAR), st.booleans())
def test_what_is_counted_is_what_is_younger(
    jump: timedelta, uptime: timedelta, same_run: bool
) -> None:
    """Never older than it is, whatever the calendar says."""
    try:
        at = NOON + jump
    except OverflowError:
        return
    now = Moment(NOON, "run", uptime.total_seconds())
    age = now.since(at, "run" if same_run else "another", uptime.total_seconds() / 2)
    assert NOTHING <= age <= uptime
    if same_run:
        assert age == timedelta(seconds=uptime.total_seconds() / 2)


# -- any order of jumps, restarts and guesses ------------------------------------------------------


@dataclass
class World:
    """Real time, and a machine whose calendar jumps and which is started anew."""

    database: Engine
    seed: int
    real: float = 864_000.0
    calendar: float = 0.0
    started: float = 0.0
    run: int = 0
    tried: list[float] = field(default_factory=list)
    longest: timedelta = NOTHING

    def now(self) -> Moment:
        at = NOON + timedelta(seconds=self.real + self.calendar)
        return Moment(at, f"run {self.run}", self.real - self.started)

    def pass_by(self, seconds: float) -> None:
        """The guesser tries as often as he may, each time from somewhere else."""
        chance, until = random.Random(self.seed), self.real + seconds
        while True:
            visitor = Visitor(f"198.51.{chance.randrange(256)}.{chance.randrange(256)}")
            left = begin(self.database, "lan", visitor, self.now())
            self.longest = max(self.longest, left)
            assert wait(self.database, "lan", PLACE, self.now()) == NOTHING
            assert pause(self.database, "lan", PLACE, self.now()) == NOTHING
            if not left:
                self.tried.append(self.real)
            elif self.real + left.total_seconds() > until:
                break
            else:
                self.real += left.total_seconds()
        self.real = until

    def jump(self, seconds: float) -> None:
        self.calendar += seconds

    def restart(self, seconds: float) -> None:
        self.real += seconds
        self.started, self.run = self.real, self.run + 1


def _most(span: timedelta) -> int:
    """How many guesses fit into a span: the free ones, and then one after each wait."""
    rules, count, passed = policy(), policy().free_per_name, NOTHING
    step = rules.first_wait
    while passed + step <= span:
        passed, count = passed + step, count + 1
        step = min(step * 2, rules.longest_wait)
    return count


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Engine]:
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    migrate(engine)
    add_account(engine, "lan", "Nguyễn Thị Lan", "leader", actor=ADMIN)
    came_in(engine, "lan", PLACE, AT_NOON)
    yield engine
    engine.dispose()


_EVENTS = st.one_of(
    st.tuples(st.just(World.pass_by), st.floats(1, 6_000)),
    st.tuples(st.just(World.jump), st.floats(-3e7, 3e7)),
    st.tuples(st.just(World.restart), st.floats(0, 600)),
)


@settings(max_examples=25)
@given(st.lists(_EVENTS, min_size=3, max_size=12), st.integers(0, 2**32))
def test_whatever_the_order_of_jumps_the_guesses_are_bounded(
    in_memory: Engine, events: list[tuple[object, float]], seed: int
) -> None:
    """In any span of real time, from any addresses; whom the name belongs to never waits."""
    with write_transaction(in_memory) as connection:
        connection.execute(delete(SignInAttempt))
    world = World(in_memory, seed)
    for event, amount in events:
        event(world, amount)  # type: ignore[operator]
    world.pass_by(3_000)
    assert world.longest <= policy().longest_wait
    for span in (HOUR / 4, HOUR, 6 * HOUR, policy().window):
        for began in world.tried:
            within = sum(began <= at <= began + span.total_seconds() for at in world.tried)
            assert within <= _most(span)


def test_a_day_of_guessing_is_about_a_hundred() -> None:
    """As docs/access.md says: two windows, each as if nothing had been before."""
    assert 90 <= _most(timedelta(days=1)) <= 2 * _most(policy().window) <= 130


# -- sessions, tickets, an identity provider's word ------------------------------------------------


def _session(database: Engine, at: datetime) -> str:
    moment = replace(AT_NOON, at=at)
    token = redeem(database, let_in(database, credential(database, "lan"), PLACE, moment), at)
    assert token
    return token


def test_a_session_lives_longer_by_the_jump_at_most_and_never_beyond_its_whole_time(
    lan: Engine,
) -> None:
    token, tolerance = _session(lan, NOON), policy().clock_tolerance
    # A used session, set back an hour after five: it ends by the same calendar.
    now = NOON
    for _ in range(10):
        now += policy().idle / 2
        assert reader_of(lan, token, now)
    now -= HOUR
    while now < NOON + policy().absolute:
        assert reader_of(lan, token, now)
        now += policy().idle / 2
    assert reader_of(lan, token, NOON + policy().absolute) is None
    # Set back to before it began, it does not live the jump in addition.
    assert reader_of(lan, token, NOON - tolerance - timedelta(seconds=1)) is None
    assert reader_of(lan, token, NOON - YEAR) is None


def test_being_idle_is_noticed_again_after_the_clock_was_set_back(lan: Engine) -> None:
    token = _session(lan, NOON)
    assert reader_of(lan, token, NOON + policy().idle / 2)
    back = NOON + timedelta(minutes=1)
    assert reader_of(lan, token, back)
    assert reader_of(lan, token, back + policy().idle + timedelta(minutes=1)) is None


def test_a_ticket_from_ahead_is_worth_nothing(lan: Engine) -> None:
    ticket = let_in(lan, credential(lan, "lan"), PLACE, AT_NOON)
    assert redeem(lan, ticket, NOON - 6 * HOUR) is None
    assert redeem(lan, ticket, NOON - timedelta(seconds=5))


def test_a_providers_word_under_a_clock_that_was_wrong(database: Engine) -> None:
    add_account(database, "kim", "Kim", "leader", external_id="kim@ubnd.example", actor=ADMIN)

    def vouched(at: datetime, now: datetime) -> str | None:
        ticket = let_in_vouched(database, "kim@ubnd.example", at, PLACE, now)
        return None if ticket is None else redeem(database, ticket, now)

    assert vouched(NOON + HOUR, NOON) is None
    token = vouched(NOON + YEAR, NOON + YEAR)
    reader = reader_of(database, token or "", NOON + YEAR)
    assert reader
    sign_out(database, reader, NOON + YEAR)
    # Put right again: signed out at a moment that lies ahead. An old word does not count …
    assert vouched(NOON - HOUR, NOON) is None
    # … and one of just now does: the person is not out for a year.
    assert vouched(NOON, NOON)
