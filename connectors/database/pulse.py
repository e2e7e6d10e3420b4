"""Whether the database of a long-lived process answers, and since when it does not.

Whoever asks a database that hangs waits for its limit, and so would everybody after them. So the
first who waited in vain tells all: from then on nobody waits, each is refused at once, and one
thread asks the database until it answers again. The log has one line at each end.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import weakref
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import SQLAlchemyError

from connectors.database.patience import Patience, ServerSilent, before_connecting
from connectors.database.session import open_database

_log = logging.getLogger(__name__)

_EVERY: Final = 1.0
_LOCKED: Final = 0.2
"""Seconds that SQLite may be locked against readers before it counts as lost."""
_PULSE: Final = "dung_han_pulse"
_SHOWS: Final = {
    "sqlite": text("SELECT count(*) FROM sqlite_master"),
    "postgresql": text("SELECT 1"),
}


class StillSilent(ServerSilent):
    """PostgreSQL did not answer before, and nobody waits for it until it does."""


class StillLocked(sqlite3.OperationalError):
    """SQLite did not let anybody read before, and nobody waits for it until it does."""

    sqlite_errorcode = sqlite3.SQLITE_BUSY
    sqlite_errorname = "SQLITE_BUSY"


def follow(engine: Engine, patience: Patience, every: float = _EVERY) -> Engine:
    """Notice from now on when the engine's database stops answering; the engine itself.

    While it does not, whoever asks is refused at once with an OperationalError. Lost is what
    cannot be connected to or does not answer within ``patience``; of SQLite what lets nobody read
    (waiting for another writer is no loss). ``every``: seconds between two looks at a lost one.
    For the one engine of a long-lived process.
    """
    pulse = _Pulse(engine, patience, every)
    vars(engine)[_PULSE] = pulse
    ask = engine.raw_connection

    def unless_lost() -> Any:
        pulse.refuse()
        return ask()

    engine.raw_connection = unless_lost  # type: ignore[method-assign]
    if engine.dialect.name == "postgresql":
        # Whoever stood in the pool's line when it was lost.
        before_connecting(engine, pulse.refuse)
    event.listen(engine, "handle_error", pulse.weigh)
    return engine


def lost_since(engine: Engine) -> datetime | None:
    """Since when the database does not answer (UTC); None while it does, or nobody follows it."""
    pulse: _Pulse | None = vars(engine).get(_PULSE)
    return None if pulse is None else pulse.since


class _Pulse:
    def __init__(self, engine: Engine, patience: Patience, every: float) -> None:
        self.since: datetime | None = None
        self._engine = weakref.ref(engine)
        self._kind = engine.dialect.name
        self._every = every
        self._lock = threading.Lock()
        if self._kind == "sqlite":
            patience = Patience(statement=_LOCKED)
        # Connections of its own: those of the engine may be dead, and are not to be waited for.
        url = engine.url.render_as_string(hide_password=False)
        self._own = open_database(url, patience, creates=False)

    def refuse(self) -> None:
        """Raises the driver's error while the database is lost."""
        if self.since is not None:
            lost = StillSilent if self._kind == "postgresql" else StillLocked
            raise lost("the database has not answered before")

    def weigh(self, context: ExceptionContext) -> None:
        """Whether an error means that the database is lost."""
        error = context.original_exception
        if isinstance(error, StillSilent | StillLocked) or self.since is not None:
            return
        if isinstance(error, sqlite3.OperationalError):
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            is_lost = code == sqlite3.SQLITE_BUSY and not self._answers()
        else:
            is_first_word = context.connection is None and not context.is_pre_ping
            is_lost = isinstance(error, ServerSilent) or (
                is_first_word and isinstance(error, psycopg.OperationalError)
            )
        if is_lost:
            self._lose(error)

    def _lose(self, error: BaseException) -> None:
        with self._lock:
            if self.since is not None:
                return
            self.since = datetime.now(UTC)
        _log.error("the database does not answer: %s", error)
        threading.Thread(
            target=_ask_until_it_answers, args=(weakref.ref(self),), name="pulse", daemon=True
        ).start()

    def looks(self) -> float | None:
        """Ask once; seconds until the next time, or None where the database answers again."""
        if not self._answers():
            return self._every
        engine = self._engine()
        if engine is not None:
            engine.dispose()  # connections of before may be dead without anybody's having said so
        since, self.since = self.since, None
        if since is not None:
            seconds = round((datetime.now(UTC) - since).total_seconds(), 1)
            _log.warning("the database answers again", extra={"data": {"after_seconds": seconds}})
        return None

    def _answers(self) -> bool:
        try:
            with self._own.connect() as connection:
                connection.execute(_SHOWS[self._kind])
        except SQLAlchemyError:
            return False
        finally:
            self._own.dispose()
        return True


def _ask_until_it_answers(pulse: weakref.ref[_Pulse]) -> None:
    while (found := pulse()) is not None:
        wait = found.looks()
        del found
        if wait is None:
            return
        time.sleep(wait)
