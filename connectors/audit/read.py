"""Reading the audit, and looking whether it is whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Engine, Select, func, or_, select

from connectors.audit.actions import ACTIONS
from connectors.audit.chain import BEFORE_ALL, Line
from connectors.audit.log import HEAD, LINES
from connectors.database.session import read_transaction
from connectors.engine import Scope
from connectors.settings import load_settings

LISTED: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "id": pl.Int64,
    "at": pl.Datetime("ms"),
    "actor": pl.String,
    "actor_id": pl.Int64,
    "action": pl.String,
    "label": pl.String,
    "subject": pl.String,
    "unit_id": pl.Int64,
    "detail": pl.String,
}
"""What :func:`read` returns; ``at`` is local, ``detail`` is JSON."""

_COLUMNS: Final = [LINES.c[name] for name in (*Line.__slots__, "hash")]


@dataclass(frozen=True)
class Wanted:
    """Which lines are asked for; what is empty or None asks for nothing.

    ``actions``: any of these keys. ``actor``, ``subject``: a part of the text; ``text``: of the
    subject or the detail. ``since`` inclusive, ``until`` exclusive, local when naive.
    """

    actions: Collection[str] = ()
    actor: str | None = None
    actor_id: int | None = None
    subject: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def read(
    database: Engine,
    zone: ZoneInfo,
    scope: Scope,
    *,
    limit: int = 200,
    before: int | None = None,
    offset: int = 0,
    actions: Collection[str] = (),
    actor: str | None = None,
    actor_id: int | None = None,
    subject: str | None = None,
    text: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """The newest lines that fit, newest first: :data:`LISTED`.

    ``before``: only lines with a smaller number; ``offset``: so many of the newest are left out.
    The others: :class:`Wanted`. A limited scope sees only the lines of its units; those of no
    unit are for whoever sees everything.
    """
    query = select(LINES).order_by(LINES.c.id.desc()).limit(limit).offset(offset)
    if before is not None:
        query = query.where(LINES.c.id < before)
    wanted = Wanted(actions, actor, actor_id, subject, text, since, until)
    return _frame(database, _fitting(query, wanted, zone, scope), zone)


def tally(database: Engine, zone: ZoneInfo, scope: Scope, wanted: Wanted) -> dict[str, int]:
    """How many lines fit, by action; an action without any is not there."""
    query = _fitting(select(LINES.c.action, func.count()), wanted, zone, scope)
    with read_transaction(database) as connection:
        return {row[0]: row[1] for row in connection.execute(query.group_by(LINES.c.action))}


def _fitting(query: Select[Any], wanted: Wanted, zone: ZoneInfo, scope: Scope) -> Select[Any]:
    actions, since, until = wanted.actions, wanted.since, wanted.until
    if actions:
        query = query.where(LINES.c.action.in_(list(actions)))
    for column, part in ((LINES.c.actor, wanted.actor), (LINES.c.subject, wanted.subject)):
        if part:
            query = query.where(column.icontains(part, autoescape=True))
    if wanted.text:
        both = (LINES.c.subject, LINES.c.detail)
        found = (column.icontains(wanted.text, autoescape=True) for column in both)
        query = query.where(or_(*found))
    if wanted.actor_id is not None:
        query = query.where(LINES.c.actor_id == wanted.actor_id)
    if since is not None:
        query = query.where(LINES.c.at >= _aware(since, zone))
    if until is not None:
        query = query.where(LINES.c.at < _aware(until, zone))
    if scope.units is not None:
        query = query.where(LINES.c.unit_id.in_(scope.units))
    return query


def _frame(database: Engine, query: Select[Any], zone: ZoneInfo) -> pl.DataFrame:
    with read_transaction(database) as connection:
        rows = [
            {
                **{name: row[name] for name in LISTED if name not in ("label", "at")},
                "at": row["at"].astimezone(zone).replace(tzinfo=None),
                "label": ACTIONS.get(row["action"], row["action"]),
            }
            for row in connection.execute(query).mappings()
        ]
    return pl.DataFrame(rows, schema=LISTED)


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


@dataclass(frozen=True)
class Verdict:
    """Whether the audit is whole. ``mark`` names its present end, to be noted elsewhere."""

    ok: bool
    lines: int
    mark: str
    # Number of the first line that is not as it was written; None: all are, or the end is wrong.
    broken: int | None
    # In Vietnamese: what was found.
    sentence: str
    # Lines from before there was a key: whoever may write the database could have made them anew.
    unsigned: int


def verify(
    database: Engine, *, keys: Sequence[str] | None = None, mark: str | None = None
) -> Verdict:
    """Recompute every line's hash and the chain through them.

    ``keys``: the audit keys (default: the installation's). ``mark``: an end noted earlier
    (``Verdict.mark``, ``NUMBER:HASH``); it must still stand in the audit. Finds a changed,
    missing, added or moved line and a cut-off end. Who may write the database and has no key to
    reckon with can write the whole audit anew: then only a noted mark tells.
    """
    keys = load_settings().audit_keys if keys is None else keys
    marked = _parse_mark(mark) if mark is not None else None
    if marked == (0, BEFORE_ALL):  # noted before the first line: nothing to look for
        marked = None
    with read_transaction(database) as connection:
        head = connection.execute(select(HEAD.c.lines, HEAD.c.hash)).one_or_none()
        walk = _Walk(keys, marked)
        query = select(*_COLUMNS).order_by(LINES.c.id)
        with connection.execution_options(yield_per=2000).execute(query) as rows:
            for *values, digest in rows:
                problem = walk.step(Line(*values), digest)
                if problem is not None:
                    return walk.verdict(problem, broken=walk.count + 1)
    return walk.end(None if head is None else (head.lines, head.hash))


def _parse_mark(text: str) -> tuple[int, str]:
    number, _, digest = text.strip().partition(":")
    if not number.isdecimal() or len(digest) != len(BEFORE_ALL):
        raise ValueError("Mốc phải có dạng SỐ:MÃ như lệnh audit verify đã in.")
    return int(number), digest.lower()


class _Walk:
    """From line to line."""

    def __init__(self, keys: Sequence[str], marked: tuple[int, str] | None) -> None:
        self.count = 0
        self._last = BEFORE_ALL
        self._keys = keys
        self._marked = marked
        self._unsigned = 0
        self._signed = False
        # Number of the first line under a key that is not set, and that key.
        self._unread: tuple[int, str] | None = None

    def step(self, line: Line, digest: str) -> str | None:
        """Take the next line; what is wrong with it, if something is."""
        wanted = self.count + 1
        if line.id != wanted:
            return f"Thiếu dòng {wanted}: sau dòng {self.count} là dòng {line.id}."
        if line.prev_hash != self._last:
            return f"Dòng {wanted} không nối tiếp dòng trước: có dòng bị thay, chèn hoặc đổi chỗ."
        made = line.digest(self._keys)
        if made is None:  # its own content cannot be told; that it stands in the chain can
            self._unread = self._unread or (wanted, str(line.key_id))
        elif made != digest:
            return f"Nội dung dòng {wanted} đã bị sửa."
        if line.key_id is None and self._signed:
            return f"Dòng {wanted} được ghi không có khóa sau những dòng đã có khóa."
        self._signed = self._signed or line.key_id is not None
        self._unsigned += line.key_id is None
        self.count, self._last = wanted, digest
        if self._marked is not None and self._marked == (wanted, digest):
            self._marked = None
        return None

    def end(self, head: tuple[int, str] | None) -> Verdict:
        if head is None:
            return self.verdict("Thiếu dòng đếm của nhật ký (bảng audit_head đã bị xóa).")
        if head != (self.count, self._last):
            missing = head[0] - self.count
            if missing > 0:
                return self.verdict(
                    f"Đuôi nhật ký bị cắt: phải có {head[0]} dòng, chỉ còn {self.count}; "
                    f"dòng đầu tiên bị mất là {self.count + 1}.",
                    broken=self.count + 1,
                )
            return self.verdict("Dòng đếm của nhật ký (audit_head) không khớp với dòng cuối.")
        if self._marked is not None:
            return self.verdict(
                f"Mốc đã ghi ({self._marked[0]}) không còn trong nhật ký: nhật ký đã bị thay "
                "bằng bản khác hoặc bị lùi về bản cũ."
            )
        if self._unread is not None:
            number, key = self._unread
            return self.verdict(
                f"Dòng {number} được ghi với khóa {key} không có trong AUDIT_KEY nên không kiểm "
                "tra được; hãy thêm khóa cũ vào sau khóa mới, cách nhau bằng dấu phẩy.",
                broken=number,
            )
        return self.verdict(None)

    def verdict(self, problem: str | None, broken: int | None = None) -> Verdict:
        sentence = problem or f"Nhật ký kiểm soát nguyên vẹn: {self.count} dòng."
        mark = f"{self.count}:{self._last}"
        return Verdict(problem is None, self.count, mark, broken, sentence, self._unsigned)
