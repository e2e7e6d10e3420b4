"""Setting marks: by the running app in turns, by ``audit verify``, by a restore."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from secrets import token_hex
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from connectors.audit.chain import key_name
from connectors.audit.log import HEAD, AuditUnavailable, check_keys, signing_key
from connectors.audit.marks import RESTORED, Mark, Shelf, add, every, first_against
from connectors.audit.verify import (
    INSTALLATION,
    SETTING,
    Verdict,
    counter,
    glance,
    hashes_of,
    known_of,
)
from connectors.database.session import read_transaction, write_transaction
from connectors.settings import Settings, SettingsError

_log = logging.getLogger(__name__)
_GROUP: Final = 8

Also = Callable[[Engine, Settings, datetime], None]


def set_mark(
    database: Engine,
    shelf: Shelf,
    why: str,
    *,
    keys: Sequence[str],
    now: datetime | None = None,
    base: int | None = None,
    unless_since: datetime | None = None,
) -> Mark | None:
    """Note the audit's present end in the file; the mark, or None where nothing was to be noted.

    Nothing is, where the last mark already knows this end, or is younger than ``unless_since``
    (another process was there first): several processes take turns at the file. The caller has
    looked that the audit is whole. ``base``: of a restore, see ``Mark``. Raises AuditKeyMissing,
    OSError (a full disk) and SQLAlchemyError; a mark that was written stays.
    """
    moment = now or datetime.now(UTC)
    check_keys(database, keys)
    with shelf.held() as file:
        installation, counted = _known(database, shelf)
        book = shelf.read(keys)
        with read_transaction(database) as connection:
            head = connection.execute(select(HEAD.c.lines, HEAD.c.hash)).one()
            key = signing_key(connection, head.lines, keys)
        last = book.marks[-1] if book.marks else None
        signer = key_name(key) if key is not None else None
        if last is not None and why != RESTORED:
            at = datetime.fromisoformat(last.at)
            known = (last.hash, last.key_id) == (head.hash, signer)
            if known or (unless_since and unless_since < at <= moment):
                return None
        mark = Mark(
            number=max(book.last, counted if why == RESTORED else 0) + 1,
            at=moment.isoformat(timespec="seconds"),
            installation=installation,
            lines=head.lines,
            hash=head.hash,
            why=why,
            base=base,
            key_id=signer,
            prev=book.sign,
        )
        add(file, mark, keys)
        with write_transaction(database, always=True) as connection:
            _put(connection, counter(shelf), str(mark.number))
    _log.info("audit mark", extra={"data": _told(mark, keys)})
    return mark


def _known(database: Engine, shelf: Shelf) -> tuple[str, int]:
    """The database's own name, given now if it has none, and how many marks it has counted."""
    with read_transaction(database) as connection:
        known = known_of(connection, shelf)
    if known.installation is not None:
        return known.installation, known.counted
    with write_transaction(database, always=True) as connection:
        known = known_of(connection, shelf)
        if known.installation is None:
            _put(connection, INSTALLATION, made := token_hex(8))
            return made, known.counted
    return known.installation, known.counted


def _put(connection: Connection, key: str, value: str) -> None:
    changed = connection.execute(update(SETTING).where(SETTING.c.key == key).values(value=value))
    if not changed.rowcount:
        connection.execute(insert(SETTING).values(key=key, value=value))


def _told(mark: Mark, keys: Sequence[str]) -> dict[str, int | str | None]:
    """The mark for the log, which covers long rows of hex digits: they stand in groups."""
    return {
        "number": mark.number,
        "mark": f"{mark.lines}:{_grouped(mark.hash)}",
        "why": mark.why,
        "installation": mark.installation,
        "sign": _grouped(mark.digest(keys) or ""),
    }


def _grouped(digits: str) -> str:
    return ":".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def base_of(database: Engine, shelf: Shelf, keys: Sequence[str], lines: int) -> int:
    """Up to which line the marks set before are still to agree with an audit that was put back.

    ``lines``: how many it had in the copy. Raises OSError where the file cannot be read.
    """
    book = shelf.read(keys)
    older = [mark for mark in book.marks if mark.lines <= lines]
    with read_transaction(database) as connection:
        known = known_of(connection, shelf)
        hashes = hashes_of(connection, (mark.lines for mark in older))
    against = first_against(older, known.installation, hashes)
    return lines if against is None else against.lines - 1


def take_turn(
    database: Engine, shelf: Shelf, keys: Sequence[str], why: str, now: datetime
) -> Verdict:
    """Look at the audit and, if nothing is wrong and it is time, set a mark; what was found."""
    verdict = glance(database, shelf=shelf, keys=keys)
    if verdict.ok and verdict.waiting_since is not None:
        set_mark(database, shelf, why, keys=keys, now=now, unless_since=now - every())
    return verdict


class _Keeper:
    """The running app's turns, in a thread of their own."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        database: Callable[[], Engine],
        also: Sequence[Also] = (),
    ) -> None:
        self._also = also
        self._settings = settings
        self._database = database
        self._ended = threading.Event()
        self._said: str | None = None
        self.thread = threading.Thread(target=self._run, name="audit marks", daemon=True)

    def _run(self) -> None:
        self._turn("start")
        while not self._ended.wait(every().total_seconds()):
            self._turn("timer")

    def _turn(self, why: str) -> None:
        for work in self._also:
            try:
                work(self._database(), self._settings(), datetime.now(UTC))
            except (SQLAlchemyError, AuditUnavailable, SettingsError) as error:
                _log.warning("a turn was not taken: %s", error)
        try:
            settings = self._settings()
            shelf, keys = Shelf.of(settings), settings.audit_keys
            verdict = take_turn(self._database(), shelf, keys, why, datetime.now(UTC))
        except (SQLAlchemyError, OSError, AuditUnavailable, SettingsError) as error:
            _log.warning("no audit mark: %s", error)
            return
        if verdict.sentence != self._said and not verdict.ok:
            _log.error("audit: %s", verdict.sentence)
        elif why == "start" and verdict.ok:
            _log.info("audit as the marks have it", extra={"data": {"vouched": verdict.vouched}})
        self._said = verdict.sentence

    def end(self) -> None:
        self._ended.set()
        self.thread.join(timeout=1)


@contextmanager
def keeping(
    settings: Callable[[], Settings],
    database: Callable[[], Engine],
    also: Sequence[Also] = (),
) -> Iterator[threading.Thread]:
    """Look at the audit at once, and at it and set marks again and again until the end.

    ``also``: what else is asked for its turn each time.
    """
    keeper = _Keeper(settings, database, also)
    keeper.thread.start()
    try:
        yield keeper.thread
    finally:
        keeper.end()
