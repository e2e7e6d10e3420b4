"""Attempts to sign in: counted before they are checked, and slowed down, never locked for good.

A name (of an account or not) has a counter at each address and in each browser where it came in
lately, and one for everywhere else together: whoever guesses elsewhere makes nobody wait at their
place, however many addresses they have. An address as such only makes answers come later. Attempts
are ordered by their ids and aged by a clock that nobody sets (:class:`Moment`).
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from connectors.access.accounts import may_be_a_name, tidy_name
from connectors.access.moment import Moment
from connectors.access.policy import policy
from connectors.access.sessions import hashed
from connectors.access.visitor import Visitor
from connectors.database.access import Account, SignedIn, SignInAttempt
from connectors.database.session import read_transaction, write_transaction

ELSEWHERE: Final = "elsewhere"
"""The counter of all places that do not know the name."""
AT_ADDRESS: Final = "address "
IN_BROWSER: Final = "browser "
_FORGETS: Final = ("revoked", "everywhere")
"""A browser whose session was ended like this may be in other hands: it knows nobody."""
_TURNED_UP: Final = 8
"""So many failures past the free ones and a pause is the longest."""


def begin(database: Engine, name: str, visitor: Visitor, now: Moment) -> timedelta:
    """Asks to try; zero: this attempt may, and counts as failed until it succeeds.

    Otherwise how long this name from this place must still wait. Looking and counting are one
    transaction: of many attempts at the same moment each sees those before it.
    """
    if left := wait(database, name, visitor, now):
        return left  # whoever must wait anyway does not stand in the writers' line
    with write_transaction(database, always=True) as connection:
        left = _wait(connection, name, visitor, now)
        if not left:
            _note(connection, name, visitor, now)
    return left


def wait(database: Engine, name: str, visitor: Visitor, now: Moment) -> timedelta:
    """How long this name from this place must still wait; zero: it may try. Counts nothing."""
    with read_transaction(database) as connection:
        left = _wait(connection, name, visitor, now)
        strange = (
            left and connection.execute(select(exists().where(now.from_the_future()))).scalar()
        )
    if not strange:
        return left
    with write_transaction(database, always=True) as connection:
        _take_as_of_now(connection, now)
        return _wait(connection, name, visitor, now)


def pause(database: Engine, name: str, visitor: Visitor, now: Moment) -> timedelta:
    """How much later than at once this attempt is to be answered, because of its address.

    Zero in a browser that knows the name, and where few attempts have failed. To be waited before
    :func:`begin`, and without a thread.
    """
    with read_transaction(database) as connection:
        if _counter(connection, name, visitor, now).startswith(IN_BROWSER):
            return timedelta()
        return paused(_failures_at(connection, visitor, now))


def proved(database: Engine, name: str, visitor: Visitor, now: Moment) -> None:
    """The attempt of that moment was right without a new session (a change of pass-phrase)."""
    with write_transaction(database, always=True) as connection:
        forgive(connection, name, visitor, now)


def forgive(connection: Connection, name: str, visitor: Visitor, now: Moment) -> None:
    """After a success: the name's failures at this place count no more.

    Nothing else is forgiven: one's own account buys no tries at others', and the person's coming in
    buys none for whoever guesses elsewhere.
    """
    counter = _counter(connection, name, visitor, now)
    which = and_(SignInAttempt.name_hash == name_hash(name), SignInAttempt.counter == counter)
    if counter == ELSEWHERE:
        which = and_(which, SignInAttempt.address == visitor.counted_as)
    connection.execute(delete(SignInAttempt).where(which))


def name_hash(name: str) -> str:
    """What attempts are counted under."""
    return hashlib.sha256(tidy_name(name).encode()).hexdigest()


def delay(failures: int, free: int) -> timedelta:
    """How long to wait after so many failures of which so many are free."""
    if failures < free:
        return timedelta()
    rules = policy()
    # The exponent is bounded: beyond it the wait is the longest anyway.
    wait: timedelta = rules.first_wait * 2 ** min(failures - free, 30)
    return min(wait, rules.longest_wait)


def paused(failures: int) -> timedelta:
    """How much later an address is answered after so many failures."""
    rules = policy()
    if failures < rules.free_per_address:
        return timedelta()
    # The exponent is bounded, as above.
    pause: timedelta = rules.first_pause * 2 ** min(failures - rules.free_per_address, 30)
    return min(pause, rules.longest_pause)


def _wait(connection: Connection, name: str, visitor: Visitor, now: Moment) -> timedelta:
    rules, counter = policy(), _counter(connection, name, visitor, now)
    last = connection.execute(
        select(
            SignInAttempt.at,
            SignInAttempt.boot,
            SignInAttempt.ticks,
            func.count().over().label("n"),
        )
        .where(
            SignInAttempt.name_hash == name_hash(name),
            SignInAttempt.counter == counter,
            now.within(rules.window),
        )
        .order_by(SignInAttempt.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return timedelta()
    free = rules.free_per_name
    if (
        counter == ELSEWHERE
        and last.n < free
        and _failures_at(connection, visitor, now) >= rules.free_per_address
    ):
        free = rules.free_at_busy_address
    return max(delay(last.n, free) - now.since(last.at, last.boot, last.ticks), timedelta())


def _counter(connection: Connection, name: str, visitor: Visitor, now: Moment) -> str:
    """Which of the name's counters an attempt from there counts in."""
    tidied = tidy_name(name)
    if not may_be_a_name(tidied):
        return ELSEWHERE
    whose = and_(Account.name == tidied, SignedIn.token_hash.is_not(None))
    sign_ins = select(SignedIn.id).join(Account, Account.id == SignedIn.account_id).where(whose)
    # The last one whenever it was: a clock set forward must not make strangers of everybody.
    last = sign_ins.order_by(SignedIn.id.desc()).limit(1).scalar_subquery()
    came_in = sign_ins.where(
        or_(SignedIn.created_at >= now.at - policy().known, SignedIn.id == last)
    )
    token = hashed(visitor.token) if visitor.token else None
    in_browser = came_in.where(
        SignedIn.token_hash == token,
        or_(SignedIn.end_reason.is_(None), SignedIn.end_reason.not_in(_FORGETS)),
    )
    if token and connection.execute(in_browser).first() is not None:
        return IN_BROWSER + token
    if connection.execute(came_in.where(SignedIn.place == visitor.counted_as).limit(1)).first():
        return AT_ADDRESS + visitor.counted_as
    return ELSEWHERE


def _failures_at(connection: Connection, visitor: Visitor, now: Moment) -> int:
    """Failures from an address, but not of known browsers; not counted further than matters."""
    rows = (
        select(SignInAttempt.id)
        .where(from_address(visitor.counted_as), now.within(policy().window))
        .limit(policy().free_per_address + _TURNED_UP)
    )
    return connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one()


def from_address(address: str) -> ColumnElement[bool]:
    """The attempts that count for an address."""
    return and_(SignInAttempt.address == address, SignInAttempt.counter.not_like(IN_BROWSER + "%"))


def _note(connection: Connection, name: str, visitor: Visitor, now: Moment) -> None:
    _take_as_of_now(connection, now)
    connection.execute(delete(SignInAttempt).where(~now.within(policy().window)))
    connection.execute(
        insert(SignInAttempt).values(
            at=now.at,
            boot=now.boot,
            ticks=now.ticks,
            name_hash=name_hash(name),
            address=visitor.counted_as,
            counter=_counter(connection, name, visitor, now),
        )
    )


def _take_as_of_now(connection: Connection, now: Moment) -> None:
    """Attempts whose age no clock tells are as old as nothing; from here on they are measured, or
    the wait would last until the calendar has come back to them."""
    connection.execute(
        update(SignInAttempt)
        .where(now.from_the_future())
        .values(at=now.at, boot=now.boot, ticks=now.ticks)
    )
