"""How long a database is waited for, on PostgreSQL, where a server can hang or a network swallow.

A statement that takes long and a server that has stopped answering look the same from here: nothing
comes. So whoever has heard nothing for a while asks the server over a new connection whether it
still lives. A server that lives is waited for, up to the limit of what was asked; of one that does
not the connection is given up, and its transaction with it: nothing of it is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import psycopg
from psycopg.errors import ConnectionTimeout
from sqlalchemy import Connection, Engine, event

_Answer = TypeVar("_Answer")
_MILLISECONDS: Final = 1000
_BEFORE: Final = "dung_han_before_connecting"
_INTERVAL: Final = 0.1
"""Seconds after which a wait looks at the clock."""

_unhurried: ContextVar[bool] = ContextVar("unhurried", default=False)

# After so many seconds of silence a side asks whether the other is still there, again and again.
_KEEPALIVE: Final = {"idle": 30, "interval": 10, "count": 3}


@dataclass(frozen=True)
class Patience:
    """Limits in seconds: settings DATABASE_…_SECONDS (docs/operations.md)."""

    connect: int = 3
    """For a connection to be made, an address (psycopg knows whole seconds, and no less than 2)."""
    silent: float = 3
    """Without an answer, before the server is asked over a new connection whether it lives."""
    statement: float | None = None
    """For one statement of a page; None, as commands have it: as long as it takes."""
    at_length: float = 60
    """Without a sign of life, before work that may take long is given up."""


class ServerSilent(psycopg.OperationalError):
    """The server did not answer in time, and the connection was given up."""


@contextmanager
def unhurried() -> Iterator[None]:
    """Here a statement may take as long as it takes, also in the app: an import, a snapshot.

    It holds for transactions that begin here. As a decorator, ``@unhurried()``. A server that has
    stopped answering is given up all the same.
    """
    before = _unhurried.set(True)
    try:
        yield
    finally:
        _unhurried.reset(before)


class PatientConnection(psycopg.Connection[Any]):
    """A connection that does not wait for ever."""

    patience: Patience | None = None
    unhurried = False
    """Whether the transaction under way may take long, whichever thread works for it."""
    how: dict[str, Any]
    """What it was connected with: so that the server can be asked over a new one."""

    def wait(
        self,
        gen: Generator[Any, Any, _Answer],
        interval: float = _INTERVAL,
        timeout: float | None = None,
    ) -> _Answer:
        """As psycopg's. Raises ServerSilent where the server has stopped answering."""
        watched = gen if self.patience is None else self._watched(gen, self.patience)
        return super().wait(watched, interval, timeout)

    def _watched(
        self, gen: Generator[Any, Any, _Answer], patience: Patience
    ) -> Generator[Any, Any, _Answer]:
        begun = sign_of_life = time.monotonic()
        look = begun + patience.silent
        try:
            asked = next(gen)
            while True:
                ready = yield asked
                now = time.monotonic()
                if ready:
                    sign_of_life, look = now, now + patience.silent
                elif now >= look:
                    if lives(self.how):
                        sign_of_life = time.monotonic()
                    self._give_up_after(patience, begun, sign_of_life)
                    look = time.monotonic() + patience.silent
                asked = gen.send(ready)
        except StopIteration as end:
            answer: _Answer = end.value
            return answer

    def _give_up_after(self, patience: Patience, begun: float, sign_of_life: float) -> None:
        now = time.monotonic()
        if self.unhurried or patience.statement is None:
            is_over = now - sign_of_life >= patience.at_length
        else:
            # The server itself ends what takes too long; but its word may be lost on the way.
            is_over = now - sign_of_life >= patience.silent or now - begun >= (
                patience.statement + patience.silent
            )
        if is_over:
            self.pgconn.finish()
            raise ServerSilent("the server does not answer")


def lives(how: dict[str, Any]) -> bool:
    """Whether a server answers somebody who comes anew; a refusal is an answer."""
    try:
        psycopg.connect(**{name: value for name, value in how.items() if name != "context"}).close()
    except ConnectionTimeout:
        return False
    except psycopg.OperationalError:
        return True
    return True


def make_patient(engine: Engine, patience: Patience) -> Engine:
    """Let an engine of PostgreSQL have these limits; the engine itself."""
    bounds = _of_connection(patience)

    hooks: list[Callable[[], None]] = []
    vars(engine)[_BEFORE] = hooks

    def connect(_dialect: Any, _record: Any, cargs: Any, cparams: dict[str, Any]) -> Any:
        for hook in hooks:
            hook()
        how = {**bounds, **cparams}  # what the URL says wins
        connection = PatientConnection.connect(*cargs, **how)
        connection.patience, connection.how = patience, how
        return connection

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", _session_of(patience))
    if patience.statement is not None:
        event.listen(engine, "begin", _mind)
    return engine


def before_connecting(engine: Engine, hook: Callable[[], None]) -> None:
    """Let ``hook`` run, and perhaps raise, before each new connection of a patient engine."""
    vars(engine)[_BEFORE].append(hook)


def _of_connection(patience: Patience) -> dict[str, Any]:
    """Parameters of libpq; those of TCP are nothing to a Unix socket."""
    unanswered = patience.statement or patience.at_length
    return {
        "connect_timeout": patience.connect,
        "tcp_user_timeout": int(unanswered * _MILLISECONDS),
        **{f"keepalives_{name}": value for name, value in _KEEPALIVE.items()},
    }


def _session_of(patience: Patience) -> Any:
    """What the server is told at the start of a session.

    Of a client that is gone without a word (a cut line, a machine without current) it learns by
    its own keepalives; else such a client's transaction would go on holding the writers' lock.
    """
    told = {f"tcp_keepalives_{name}": str(value) for name, value in _KEEPALIVE.items()}
    if patience.statement is not None:
        told["statement_timeout"] = str(int(patience.statement * _MILLISECONDS))
    query = "SELECT " + ", ".join("set_config(%s, %s, false)" for _ in told)
    values = [text for pair in told.items() for text in pair]

    def tell(connection: PatientConnection, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(query.encode(), values)
        connection.commit()

    return tell


def _mind(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, PatientConnection)
    driver.unhurried = _unhurried.get()
    if driver.unhurried:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
