"""Looking whether the audit is whole: its chain, what protects it, and the marks set before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.exc import DatabaseError

from connectors.audit import fence
from connectors.audit.chain import BEFORE_ALL, key_name
from connectors.audit.log import LINES
from connectors.audit.marks import Agreement, Book, Known, Mark, Shelf, compare
from connectors.audit.walk import Stretch, Walk
from connectors.database.models import Setting
from connectors.database.patience import unhurried
from connectors.database.session import read_transaction
from connectors.settings import load_settings

SETTING: Final = cast(Table, Setting.__table__)
INSTALLATION: Final = "audit_installation"
"""Key of the database's own name in table ``setting``."""
_COUNTED: Final = "audit_marks:"
_BLOCK: Final = 900


def counter(shelf: Shelf) -> str:
    """Key under which the database counts the marks of this folder in table ``setting``."""
    return _COUNTED + shelf.place


@dataclass(frozen=True)
class Verdict:
    """Whether the audit is whole. ``mark`` names its present end, to be noted elsewhere."""

    ok: bool
    lines: int
    mark: str
    # Number of the first line that is not as it was written; None: all are, or the end is wrong.
    broken: int | None
    # In Vietnamese: everything that was found.
    sentence: str
    # Lines from before there was a key: whoever may write the database could have made them anew.
    unsigned: int = 0
    # What should be known although it is no fault: how far marks reach, restores.
    notes: tuple[str, ...] = ()
    # The last line that a mark outside the database vouches for; None: no mark does.
    vouched: int | None = None
    # When the first line without a mark was written; None: there is none.
    waiting_since: datetime | None = None
    # By keys, in order, where all lines were looked at.
    stretches: tuple[Stretch, ...] = ()


@unhurried()
def verify(
    database: Engine,
    *,
    keys: Sequence[str] | None = None,
    mark: str | None = None,
    shelf: Shelf | None = None,
) -> Verdict:
    """Recompute every line's hash and the chain through them; look at what protects them.

    ``keys``: the audit keys (default: the installation's). ``mark``: an end noted earlier
    (``Verdict.mark``, ``NUMBER:HASH``); it must still stand in the audit. ``shelf``: where marks
    are kept outside the database; None: they are not looked at. Finds a changed, missing, added or
    moved line under whatever key, a cut-off end, lines under a key that was closed or that nobody
    gave over to, triggers and tables that are not as they were made, and what marks tell. What it
    cannot find: docs/operations.md. Raises ValueError for a text that is no mark.
    """
    keys = load_settings().audit_keys if keys is None else keys
    marked = _parse_mark(mark) if mark is not None else None
    seen = _before(database, shelf, keys)
    with read_transaction(database) as connection:
        return _judged(connection, seen, keys, marked, whole=True)


def glance(database: Engine, *, shelf: Shelf, keys: Sequence[str] | None = None) -> Verdict:
    """As :func:`verify`, but recomputing only the lines since the last mark that agrees.

    Quick however long the audit is, hence for the start, the timer and the screen: a line before
    that mark whose text was changed and whose hash was not is left to :func:`verify`.
    """
    keys = load_settings().audit_keys if keys is None else keys
    seen = _before(database, shelf, keys)
    with read_transaction(database) as connection:
        return _judged(connection, seen, keys, None, whole=False)


@dataclass(frozen=True)
class _Seen:
    """What was read before the lines, so that they are at least as far as the marks."""

    shelf: Shelf | None
    known: Known
    book: Book


def _before(database: Engine, shelf: Shelf | None, keys: Sequence[str]) -> _Seen:
    if shelf is None:
        return _Seen(None, Known(), Book())
    with read_transaction(database) as connection:
        known = known_of(connection, shelf)
    return _Seen(shelf, known, shelf.read(keys))


def known_of(connection: Connection, shelf: Shelf) -> Known:
    """What the database knows of the marks kept there."""
    wanted = (INSTALLATION, counter(shelf))
    query = select(SETTING.c.key, SETTING.c.value).where(SETTING.c.key.in_(wanted))
    found: dict[str, str] = {row.key: row.value for row in connection.execute(query)}
    counted = found.get(counter(shelf), "0")
    return Known(found.get(INSTALLATION), int(counted) if counted.isdecimal() else 0)


def hashes_of(connection: Connection, lines: Iterable[int]) -> dict[int, str]:
    """Hashes of these lines, where they are there."""
    wanted, found = sorted(set(lines)), dict[int, str]()
    for start in range(0, len(wanted), _BLOCK):
        block = wanted[start : start + _BLOCK]
        query = select(LINES.c.id, LINES.c.hash).where(LINES.c.id.in_(block))
        found |= {row.id: row.hash for row in connection.execute(query)}
    return found


def _judged(
    connection: Connection,
    seen: _Seen,
    keys: Sequence[str],
    marked: tuple[int, str] | None,
    *,
    whole: bool,
) -> Verdict:
    unprotected = fence.faults(connection)
    try:
        agreement = _agreement(connection, seen, keys)
        since = None if whole else agreement.vouched
        walk = Walk(keys, marked)
        if since is not None:
            walk.begin_after(connection, since.lines, since.hash)
        walk.take(connection)
        if walk.unproven():
            return _judged(connection, seen, keys, marked, whole=True)
        found, broken = walk.problems(connection)
        if seen.shelf is not None and broken is not None:
            agreement = _agreement(connection, seen, keys, before=broken)
        waiting = _waiting(connection, agreement.vouched)
    except DatabaseError:
        if not unprotected:
            raise
        return Verdict(False, 0, f"0:{BEFORE_ALL}", None, " ".join(unprotected))
    problems = [*found, *agreement.problems, *unprotected]
    vouched = agreement.vouched.lines if agreement.vouched else None
    if not problems:
        sentence = f"Nhật ký kiểm soát nguyên vẹn: {walk.count} dòng."
    else:
        if seen.shelf is not None:
            last = f"đến dòng {vouched}" if vouched else "không đến dòng nào"
            problems.append(f"Mốc ngoài cơ sở dữ liệu còn bảo chứng {last}.")
        sentence = " ".join(problems)
    broken = broken if broken is not None else agreement.broken
    notes = (*_pending(walk, keys), *(agreement.notes if seen.shelf is not None else ()))
    return Verdict(
        not problems, walk.count, f"{walk.count}:{walk.last}", broken, sentence, walk.unsigned,
        notes, vouched, waiting, walk.stretches() if whole else (),
    )  # fmt: skip


def _pending(walk: Walk, keys: Sequence[str]) -> Iterator[str]:
    """That a new key stands ready, while the old one still signs."""
    if keys and walk.key_id is not None and walk.key_id != key_name(keys[0]):
        yield (
            f"Khóa đầu tiên trong AUDIT_KEY ({key_name(keys[0])}) chưa được dùng: nhật ký vẫn được "
            f"ký bằng khóa {walk.key_id}. Để đổi khóa: .venv/bin/python -m connectors audit "
            "change-key."
        )


def _agreement(
    connection: Connection, seen: _Seen, keys: Sequence[str], before: int | None = None
) -> Agreement:
    if seen.shelf is None:
        return Agreement()
    there = connection.execute(select(func.max(LINES.c.id))).scalar_one() or 0
    hashes = hashes_of(connection, (mark.lines for mark in seen.book.marks))
    return compare(seen.book, seen.known, hashes, there, seen.shelf, keys, before=before)


def _waiting(connection: Connection, vouched: Mark | None) -> datetime | None:
    first = 1 + (vouched.lines if vouched else 0)
    return connection.execute(select(LINES.c.at).where(LINES.c.id == first)).scalar_one_or_none()


def _parse_mark(text: str) -> tuple[int, str] | None:
    """A mark as it was printed, or as it stands in the log: its hash in groups."""
    number, _, rest = text.strip().partition(":")
    digest = rest.replace(":", "").lower()
    if not number.isdecimal() or len(digest) != len(BEFORE_ALL):
        raise ValueError("Mốc phải có dạng SỐ:MÃ như lệnh audit verify đã in.")
    # Noted before the first line: nothing to look for.
    return None if (int(number), digest) == (0, BEFORE_ALL) else (int(number), digest)
