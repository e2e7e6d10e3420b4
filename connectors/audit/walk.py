"""From line to line of the audit: its chain, its signatures, and the stretches of its keys.

A stretch is a run of lines under one key. The line that begins the next key's stretch (a seal)
holds the SHA-256 of all lines since the seal before it, so that a stretch whose key is not set any
more can still be compared with what it was when it ended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select

from connectors.audit.chain import BEFORE_ALL, Line, key_name, signature
from connectors.audit.log import HEAD, LINES

CLOSED: Final = "audit_key_closed"
"""Last line under a key, signed with it: it names the next key."""
CHANGED: Final = "audit_key_changed"
"""First line under the next key: a seal, made when all lines before could be checked."""
LOST: Final = "audit_key_lost"
"""First line after a key was lost: a seal over lines that could not be checked any more."""

_SEALS: Final = (CHANGED, LOST)
_COLUMNS: Final = [LINES.c[name] for name in (*Line.__slots__, "hash")]
_TOLD: Final = 3


@dataclass(frozen=True)
class Stretch:
    """Lines ``first`` to ``last`` under one key, and what can be said of them."""

    first: int
    last: int
    # The key's public name, and its place in the order of keys; None: not signed.
    key_id: str | None
    number: int | None
    # 'signed', 'unsigned', 'sealed', 'seal_lost', 'lost', 'lost_unsealed' or 'unread'.
    state: str
    # The line whose seal covers it.
    seal: int | None = None
    # The line that said that the key, or the seal's, was lost.
    lost: int | None = None

    @property
    def key(self) -> str:
        """The key as people are told: khóa 2 (1a2b3c4d)."""
        return "không có khóa" if self.key_id is None else f"khóa {self.number} ({self.key_id})"

    @property
    def words(self) -> str:
        """What is known of these lines, in Vietnamese."""
        return {
            "signed": "đã ký, kiểm tra được từng dòng",
            "unsigned": "không ký, chỉ có chuỗi mã",
            "sealed": f"khóa đã đóng; nội dung khớp mã niêm ở dòng {self.seal}",
            "seal_lost": f"mã niêm ở dòng {self.seal} thuộc khóa đã mất: không kiểm tra được chữ "
            f"ký; còn nối chuỗi và không đổi từ khi báo mất ở dòng {self.lost}",
            "lost": "khóa đã mất: không kiểm tra được chữ ký; còn nối chuỗi và không đổi từ khi "
            f"báo mất ở dòng {self.lost}",
            "lost_unsealed": f"khóa đã mất (dòng {self.lost}): không kiểm tra được nội dung, chỉ "
            "còn nối chuỗi",
            "unread": "không có khóa trong AUDIT_KEY để kiểm tra",
        }[self.state]

    @property
    def lines(self) -> str:
        """3–7, or 3."""
        return f"{self.first}" if self.first == self.last else f"{self.first}–{self.last}"

    @property
    def marked_words(self) -> str:
        """:attr:`words` after the sign of what somebody should look at."""
        return self.words if self.state in ("signed", "sealed", "unsigned") else f"▲ {self.words}"

    def __str__(self) -> str:
        return f"Dòng {self.lines}: {self.key}, {self.words}."


@dataclass
class _Run:
    """A stretch while it is walked."""

    first: int
    last: int
    key_id: str | None
    known: bool
    # The line before was a checked one that gave over to this key; None: there was none to do so.
    handed: bool | None
    covered: _Seal | None = None


@dataclass(frozen=True)
class _Seal:
    """A seal, and the run that it stands in."""

    line: int
    action: str
    run: _Run
    # With a digest of its section that agreed; without one; not to be told (walked in part).
    digest: bool
    proven: bool = True


@dataclass
class Walk:
    """The walk; :meth:`take` may be called again for lines that have come since."""

    keys: Sequence[str]
    # An end noted earlier, to be met on the way.
    marked: tuple[int, str] | None = None
    count: int = 0
    last: str = BEFORE_ALL
    unsigned: int = 0
    # Key of the last line.
    key_id: str | None = None
    # Names of keys that are closed or lost, and the line that says so.
    closed: dict[str, int] = field(default_factory=dict)
    # Number of a line and what is wrong there.
    _problems: list[tuple[int, str]] = field(default_factory=list)
    _runs: list[_Run] = field(default_factory=list)
    _section: Any = field(default_factory=hashlib.sha256)
    _section_first: int | None = 1
    _next: str | None = None
    _signed: bool = False

    def __post_init__(self) -> None:
        self._by_name = {key_name(key): key.encode() for key in self.keys}

    # -- the way -----------------------------------------------------------------------------------

    def begin_after(self, connection: Connection, lines: int, digest: str) -> None:
        """Leave out the lines up to one that is known to be as it was."""
        self.count, self.last, self._section_first = lines, digest, None
        query = select(LINES.c.key_id, LINES.c.action, LINES.c.detail).where(LINES.c.id == lines)
        if (before := connection.execute(query).one_or_none()) is not None:
            self.key_id, self._signed = before.key_id, before.key_id is not None
            if before.action == CLOSED:
                self._next = _detail(before.detail).get("next")
        seals = select(LINES.c.id, LINES.c.action, LINES.c.detail).where(
            LINES.c.action.in_(_SEALS), LINES.c.id <= lines
        )
        for number, action, detail in connection.execute(seals):
            self._close(number, action, _detail(detail))

    def take(self, connection: Connection) -> None:
        """Walk over all lines that there are beyond those walked over."""
        query = select(*_COLUMNS).where(LINES.c.id > self.count).order_by(LINES.c.id)
        # Of this query only: what the connection writes afterwards is no stream.
        with connection.execute(query, execution_options={"yield_per": 2000}) as rows:
            for *values, digest in rows:
                self._step(Line(*values), digest)

    def _step(self, line: Line, digest: str) -> None:
        wanted, content = self.count + 1, line.canonical()
        torn = self._torn(line, wanted)
        known = line.key_id is None or line.key_id in self._by_name
        sound = torn is None
        if torn is not None:
            self._problems.append((wanted, torn))
        elif known and signature(content, line.key_id, self._by_name) != digest:
            self._problems.append((line.id, f"Nội dung dòng {line.id} đã bị sửa."))
            sound = False
        if line.key_id is None and self._signed:
            told = f"Dòng {line.id} được ghi không có khóa sau những dòng đã có khóa."
            self._problems.append((line.id, told))
        if (at := self.closed.get(line.key_id or "")) is not None:
            told = f"Dòng {line.id} được ký bằng khóa {line.key_id} đã đóng ở dòng {at}."
            self._problems.append((line.id, told))
        self._signed = self._signed or line.key_id is not None
        self.unsigned += line.key_id is None
        self._run(line, known)
        self._next = None
        if line.key_id is not None and line.action in (*_SEALS, CLOSED):
            detail = _detail(line.detail)
            if line.action == CLOSED and known and sound:
                self._next = detail.get("next")
            elif line.action != CLOSED:
                self._seal(line, detail)
        self._section.update(content + digest.encode())
        self.count, self.last, self.key_id = line.id, digest, line.key_id
        if self.marked == (line.id, digest):
            self.marked = None

    def _torn(self, line: Line, wanted: int) -> str | None:
        if line.id != wanted:
            return f"Thiếu dòng {wanted}: sau dòng {self.count} là dòng {line.id}."
        if line.prev_hash != self.last:
            return f"Dòng {wanted} không nối tiếp dòng trước: có dòng bị thay, chèn hoặc đổi chỗ."
        return None

    def _run(self, line: Line, known: bool) -> None:
        last = self._runs[-1] if self._runs else None
        if last is not None and last.key_id == line.key_id:
            last.last = line.id
            return
        handed = None
        if last is not None and last.known and last.key_id is not None:
            handed = self._next == line.key_id
        self._runs.append(_Run(line.id, line.id, line.key_id, known, handed))

    def _seal(self, line: Line, detail: dict[str, Any]) -> None:
        made, first = detail.get("sha256"), self._section_first
        digest = isinstance(made, str)
        if digest and first is not None:
            agrees = (first, self._section.hexdigest()) == (detail.get("first"), made)
            if not agrees and not any(number >= first for number, _ in self._problems):
                unread = [run for run in self._runs if not run.known and run.last >= first]
                at = max(first, unread[0].first) if unread else first
                told = (
                    f"Trong các dòng từ {at} đến {line.id - 1} có dòng đã bị sửa: không còn khớp "
                    f"mã niêm ghi ở dòng {line.id}."
                )
                self._problems.append((at, told))
        seal = _Seal(line.id, line.action, self._runs[-1], digest, first is not None)
        for run in self._runs:
            # One without a digest (of a release before 0.2.0) speaks of the stretch before it.
            if run.covered is None and (digest or run.last == line.id - 1) and run is not seal.run:
                run.covered = seal
        broken = detail.get("broken")
        if isinstance(broken, int) and all(number != broken for number, _ in self._problems):
            told = f"Khi khóa được đóng ở dòng {line.id}, nhật ký đã có chỗ sai ở dòng {broken}."
            self._problems.append((broken, told))
        self._close(line.id, line.action, detail)
        if digest:
            self._section, self._section_first = hashlib.sha256(), line.id

    def _close(self, number: int, action: str, detail: dict[str, Any]) -> None:
        names = detail.get("closed" if action == CHANGED else "lost")
        for name in names if isinstance(names, list) else ():
            self.closed.setdefault(str(name), number)

    # -- what was found ----------------------------------------------------------------------------

    def seal_detail(self) -> dict[str, Any]:
        """What a seal says that comes next: of which lines, and their digest."""
        return {
            "first": self._section_first,
            "lines": self.count,
            "sha256": self._section.hexdigest(),
        } | ({} if self.broken is None else {"broken": self.broken})

    @property
    def broken(self) -> int | None:
        """Number of the first line that is not as it was written."""
        return min((number for number, _ in self._problems), default=None)

    @property
    def open_keys(self) -> list[str]:
        """Names of the keys set here that have signed lines and are not closed."""
        names = [run.key_id for run in self._runs if run.known and run.key_id is not None]
        return [name for name in dict.fromkeys(names) if name not in self.closed]

    def lost_keys(self) -> list[str]:
        """Names of the keys of :meth:`unread` that had not been closed before."""
        names = dict.fromkeys(str(run.key_id) for run in self.unread())
        return [name for name in names if name not in self.closed] or list(names)

    def unread(self) -> list[_Run]:
        """Runs under keys that are not set, and that no seal vouches for."""
        return [run for run in self._runs if not run.known and not _is_vouched(run)]

    def unproven(self) -> bool:
        """Whether a run depends on a seal that could not be compared, for the walk was partial."""
        return any(
            run.covered is not None and not run.covered.proven
            for run in self._runs
            if not run.known
        )

    def foreign(self) -> list[_Run]:
        """Runs of unknown keys that the key before, which is known, never gave over to."""
        return [
            run
            for run in self._runs
            if not run.known and run.handed is False and _loss(run) is not None
        ]

    def stretches(self) -> tuple[Stretch, ...]:
        """The runs, told; keys are numbered in the order in which they came."""
        names = dict.fromkeys(run.key_id for run in self._runs if run.key_id is not None)
        numbers = {name: number for number, name in enumerate(names, 1)}
        return tuple(
            Stretch(
                run.first, run.last, run.key_id, numbers.get(run.key_id or ""), _state(run),
                None if run.known or run.covered is None else run.covered.line,
                loss.line if (loss := _loss(run)) is not None else None,
            )
            for run in self._runs
        )  # fmt: skip

    def problems(self, connection: Connection) -> tuple[list[str], int | None]:
        """All that is wrong (Vietnamese), and the number of the first line that is."""
        found = [*self._problems, *self._end(connection)]
        found += [
            (
                run.first,
                f"Dòng {run.first} được ký bằng khóa {run.key_id} mà khóa trước đó, còn trong "
                "AUDIT_KEY, không giao lại: không do chương trình ghi.",
            )
            for run in self.foreign()
        ]
        found.sort(key=lambda one: one[0])
        told = [text for _, text in found[:_TOLD]]
        if len(found) > _TOLD:
            told.append(f"Còn {len(found) - _TOLD} chỗ khác không khớp.")
        broken = next((number for number, _ in found if number), None)
        unread = self.unread()
        if unread:
            told.append(_unread(unread[0]))
            broken = broken or unread[0].first
        return told, broken

    def _end(self, connection: Connection) -> Iterator[tuple[int, str]]:
        head = connection.execute(select(HEAD.c.lines, HEAD.c.hash)).one_or_none()
        if head is None:
            yield 0, "Thiếu dòng đếm của nhật ký (bảng audit_head đã bị xóa)."
        elif head.lines > self.count:
            yield (
                self.count + 1,
                f"Đuôi nhật ký bị cắt: phải có {head.lines} dòng, chỉ còn {self.count}; "
                f"dòng đầu tiên bị mất là {self.count + 1}.",
            )
        elif (head.lines, head.hash) != (self.count, self.last):
            yield 0, "Dòng đếm của nhật ký (audit_head) không khớp với dòng cuối."
        elif self.marked is not None:
            yield (
                0,
                f"Mốc đã ghi ({self.marked[0]}) không còn trong nhật ký: nhật ký đã bị thay "
                "bằng bản khác hoặc bị lùi về bản cũ.",
            )


def _detail(text: str | None) -> dict[str, Any]:
    """A line's detail; empty where it is none, for it may be anything."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_vouched(run: _Run) -> bool:
    """Whether the seals over a run lead to one under a key that is set here."""
    seen = set[int]()
    while not run.known:
        if run.covered is None or id(run) in seen:
            return False
        seen.add(id(run))
        run = run.covered.run
    return True


def _loss(run: _Run) -> _Seal | None:
    """The first of the seals over a run that was set after its key had been lost."""
    while not run.known and run.covered is not None:
        if run.covered.action == LOST:
            return run.covered
        run = run.covered.run
    return None


def _state(run: _Run) -> str:
    if run.known:
        return "unsigned" if run.key_id is None else "signed"
    if run.covered is None or not _is_vouched(run):
        return "unread"
    loss = _loss(run)
    if loss is None:
        return "sealed"
    if not loss.digest:
        return "lost_unsealed"
    return "lost" if loss is run.covered else "seal_lost"


def _unread(run: _Run) -> str:
    return (
        f"Dòng {run.first} được ghi với khóa {run.key_id} không có trong AUDIT_KEY nên không "
        "kiểm tra được; hãy thêm khóa cũ vào sau khóa mới, cách nhau bằng dấu phẩy."
    )
