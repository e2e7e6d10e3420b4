"""Marks: where the audit ended at one moment and another, in a file that only grows.

The chain alone cannot tell that its last lines were cut off and the head set back, nor, without a
key, that it was written anew. A mark outside the database can. Each carries the SHA-256 of itself
and of the mark before (with AUDIT_KEY set, an HMAC). How many there are the database knows, too.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import socket
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Final
from zoneinfo import ZoneInfo

from connectors.audit.chain import BEFORE_ALL, key_name
from connectors.locks import hold
from connectors.settings import Settings

FILE: Final = "moc-nhat-ky.jsonl"
RESTORED: Final = "restored"
"""Why a mark was set: the database was put back from a copy, earlier marks may know more lines."""

NEW_KEY: Final = "key"
"""Why a mark was set: the audit has passed to another key, earlier marks are under others."""

_LIMITS: Final = Path(__file__).with_name("marks.toml")


@cache
def _limits() -> dict[str, timedelta]:
    raw: dict[str, int] = tomllib.loads(_LIMITS.read_text(encoding="utf-8"))
    return {name: timedelta(minutes=minutes) for name, minutes in raw.items()}


def every() -> timedelta:
    """How long between two marks (marks.toml)."""
    return _limits()["every_minutes"]


def late() -> timedelta:
    """From when on a line without a mark is told (marks.toml)."""
    return _limits()["late_minutes"]


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark as it stands in the file, without its signature."""

    number: int
    # UTC, ISO 8601.
    at: str
    # Random name that the database was given when its first mark was set.
    installation: str
    # How many lines the audit had, and the last one's hash.
    lines: int
    hash: str
    # 'timer', 'start', 'verify', 'restored' or 'key'.
    why: str
    # Of a restore: up to which line the marks before it are still to agree.
    base: int | None
    # Public name of the key that signs; None: only a hash.
    key_id: str | None
    prev: str

    def digest(self, keys: Sequence[str] = ()) -> str | None:
        """The mark's signature; None when it was made with a key that is not among ``keys``."""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        content = b"audit mark\0" + text.encode()
        if self.key_id is None:
            return hashlib.sha256(content).hexdigest()
        for key in keys:
            if key_name(key) == self.key_id:
                return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()
        return None


@dataclass(frozen=True)
class Book:
    """What is in the file."""

    marks: tuple[Mark, ...] = ()
    # What is wrong with the file itself, in Vietnamese.
    faults: tuple[str, ...] = ()
    # Marks whose signature is not theirs: they vouch for nothing.
    forged: frozenset[Mark] = frozenset()
    # Signature of the last mark.
    sign: str = BEFORE_ALL

    @property
    def last(self) -> int:
        """Number of the last mark; 0: none."""
        return self.marks[-1].number if self.marks else 0


@dataclass(frozen=True)
class Shelf:
    """Where an installation's marks are kept, and the zone in which their moments are told."""

    path: Path
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings) -> Shelf:
        return cls(settings.data_dir / FILE, settings.zone)

    @property
    def place(self) -> str:
        """Name of this machine's folder, under which the database counts its marks."""
        where = f"{socket.gethostname()}\0{self.path.absolute()}"
        return hashlib.sha256(where.encode()).hexdigest()[:12]

    def told(self, at: str) -> str:
        """A mark's moment as people read it: 08:15 03/02/2026."""
        return f"{datetime.fromisoformat(at).astimezone(self.zone):%H:%M %d/%m/%Y}"

    def read(self, keys: Sequence[str]) -> Book:
        """The marks. Raises OSError where the file cannot be read."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return Book()
        return _Reading(keys).book(content)

    @contextmanager
    def held(self) -> Iterator[IO[bytes]]:
        """The file, open for adding at its end, for nobody else at the same time."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            hold(file)
            yield file

    def put_aside(self, now: datetime) -> Path | None:
        """Rename the file, so that a new one begins; where it is now. None: there was none."""
        if not self.path.exists():
            return None
        return self.path.rename(self.path.with_suffix(f".{now:%Y%m%d-%H%M%S}.jsonl"))


def add(file: IO[bytes], mark: Mark, keys: Sequence[str]) -> None:
    """Write a mark at the end of the held file; on return it is on the disk. Raises OSError."""
    line = json.dumps(asdict(mark) | {"sign": mark.digest(keys)}, ensure_ascii=False).encode()
    whole = line + b"\n"
    if _is_cut_short(file):  # by a power cut; what was begun stays a line by itself
        whole = b"\n" + whole
    if file.write(whole) != len(whole):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(file.fileno())


def _is_cut_short(file: IO[bytes]) -> bool:
    if not os.fstat(file.fileno()).st_size:
        return False
    os.lseek(file.fileno(), -1, os.SEEK_END)
    return os.read(file.fileno(), 1) != b"\n"


class _Reading:
    """From mark to mark."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self._marks: list[Mark] = []
        self._faults: list[str] = []
        # Marks under unknown keys after known ones; a mark of a new key says that they were looked
        # at when it came, and that their key was given up then.
        self._unknown: list[str] = []
        self._forged = set[Mark]()
        self._sign = BEFORE_ALL
        # A line that is none, which a power cut may have left: no harm where nothing is missing.
        self._torn: int | None = None
        self._signed = self._known = False

    def book(self, content: bytes) -> Book:
        for number, line in enumerate(content.splitlines(), 1):
            if not line:
                continue
            found = _parsed(line)
            if found is None:
                self._torn = self._torn or number
            else:
                self._step(*found)
        faults = (*self._faults, *self._unknown)
        return Book(tuple(self._marks), faults, frozenset(self._forged), self._sign)

    def _step(self, mark: Mark, sign: str) -> None:
        self._faults += self._wrong(mark, sign)
        self._torn, self._sign = None, sign
        self._signed = self._signed or mark.key_id is not None
        self._marks.append(mark)

    def _wrong(self, mark: Mark, sign: str) -> Iterator[str]:
        last = self._marks[-1].number if self._marks else 0
        made = mark.digest(self._keys)
        if made is not None and not hmac.compare_digest(made, sign):
            self._forged.add(mark)
            yield f"Mốc {mark.number} trong sổ mốc đã bị sửa."
        elif mark.key_id is None and self._signed:
            yield f"Mốc {mark.number} không có chữ ký, sau những mốc đã ký: không do chương trình."
        elif made is None and self._known:
            self._unknown.append(
                f"Mốc {mark.number} ký bằng khóa {mark.key_id} không có trong AUDIT_KEY, sau những "
                "mốc ký bằng khóa đã biết: khóa bị đặt sai, hoặc mốc không do chương trình ghi."
            )
        elif made is not None and mark.key_id is not None and mark.why == NEW_KEY:
            self._unknown.clear()
        self._known = self._known or (made is not None and mark.key_id is not None)
        if mark.number != last + 1 and not (mark.why == RESTORED and mark.number > last):
            if not last:
                yield f"Đầu sổ mốc bị cắt: mốc đầu tiên còn lại là mốc {mark.number}."
            elif mark.number > last:
                yield f"Sổ mốc thiếu các mốc từ {last + 1} đến {mark.number - 1}."
            else:
                yield f"Sổ mốc bị xáo trộn: mốc {mark.number} đứng sau mốc {last}."
        elif mark.prev != self._sign:
            torn = "" if self._torn is None else f" (dòng {self._torn} của tệp không đọc được)"
            yield f"Mốc {mark.number} không nối tiếp mốc trước: sổ mốc bị thay, chèn, xóa{torn}."


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "number": (int,),
    "at": (str,),
    "installation": (str,),
    "lines": (int,),
    "hash": (str,),
    "why": (str,),
    "base": (int, type(None)),
    "key_id": (str, type(None)),
    "prev": (str,),
    "sign": (str,),
}


def _parsed(line: bytes) -> tuple[Mark, str] | None:
    """A line of the file; None for what is none."""
    try:
        found = json.loads(line)
        if not isinstance(found, dict) or found.keys() != _TYPES.keys():
            return None
        if not all(isinstance(found[name], kinds) for name, kinds in _TYPES.items()):
            return None
        sign = found.pop("sign")
        datetime.fromisoformat(found["at"]).astimezone(UTC)
    except (ValueError, OverflowError, RecursionError):
        return None
    return Mark(**found), sign


# -- beside the database -------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """What the database knows of marks: its own name, how many of this folder's it has counted."""

    installation: str | None = None
    counted: int = 0


@dataclass(frozen=True)
class Agreement:
    """How marks and audit fit together."""

    # What disagrees, in Vietnamese; empty: nothing.
    problems: tuple[str, ...] = ()
    # What should be known beside it.
    notes: tuple[str, ...] = ()
    # The newest mark that agrees and whose signature could be checked; None: there is none.
    vouched: Mark | None = None
    # Number of the first line that is not, or no more, what a mark saw.
    broken: int | None = None


def compare(
    book: Book, known: Known, hashes: Mapping[int, str], lines: int, shelf: Shelf,
    keys: Sequence[str], before: int | None = None,
) -> Agreement:  # fmt: skip
    """Whether the audit of ``lines`` lines still has what the marks saw.

    ``hashes``: of the lines that marks name, where they are there. ``known`` must have been read
    before the book, and the book before the lines: then each is at least as far as the one before.
    ``before``: number of a line known to be broken; marks from there on vouch for nothing.
    """
    problems = list(book.faults)
    if book.last < known.counted:
        problems.append(_lost(book, known, shelf))
    agreeing, against, foreign, gone = _sorted(book.marks, known.installation, hashes)
    if foreign:
        problems.append(
            f"Mốc {foreign[-1].number} là của một hệ thống khác: cơ sở dữ liệu hoặc sổ mốc "
            f"{shelf.path.name} không phải của hệ thống này."
        )
    first = min(against, key=_lines, default=None)
    names = set(map(key_name, keys))
    sure = [mark for mark in agreeing if not keys or mark.key_id in names]
    sure = [mark for mark in sure if mark not in book.forged]
    if first is not None:
        before = min(before or first.lines, first.lines)
    sure = [mark for mark in sure if before is None or mark.lines < before]
    vouched = max(sure, key=lambda mark: (mark.lines, mark.number), default=None)
    broken = None
    if first is not None:
        broken = 1 + (vouched.lines if vouched else 0)
        problems.append(_disagreement(first, max(against, key=_lines), broken, lines, shelf))
    notes = [*_notes(book, vouched, lines, keys, shelf), *_restores(book, gone, shelf)]
    return Agreement(tuple(problems), tuple(notes), vouched, broken)


def _lines(mark: Mark) -> int:
    return mark.lines


def first_against(
    marks: Sequence[Mark], installation: str | None, hashes: Mapping[int, str]
) -> Mark | None:
    """The mark of the earliest line that the audit does not have as the mark saw it."""
    return min(_sorted(marks, installation, hashes)[1], key=_lines, default=None)


def _sorted(
    marks: Sequence[Mark], installation: str | None, hashes: Mapping[int, str]
) -> tuple[list[Mark], list[Mark], list[Mark], list[Mark]]:
    """Marks that agree; that do not; of another installation; of lines that a restore left out."""
    agreeing, against, foreign, gone = list[Mark](), list[Mark](), list[Mark](), list[Mark]()
    limit: float = float("inf")
    for mark in reversed(marks):
        if mark.installation != installation:
            (foreign if limit == float("inf") else gone).append(mark)
        elif mark.lines > limit:
            gone.append(mark)
        elif mark.lines == 0 or hashes.get(mark.lines) == mark.hash:
            agreeing.append(mark)
        else:
            against.append(mark)
        if mark.why == RESTORED:
            limit = min(limit, mark.base or 0)
    return agreeing, against, foreign[::-1], gone


def _lost(book: Book, known: Known, shelf: Shelf) -> str:
    if not book.marks:
        return (
            f"Sổ mốc {shelf.path.name} đã bị xóa: cơ sở dữ liệu đã đếm {known.counted} mốc ghi ở "
            "thư mục này."
        )
    return (
        f"Đuôi sổ mốc bị cắt: cơ sở dữ liệu đã đếm {known.counted} mốc, trong tệp mốc cuối là "
        f"{book.last}."
    )


def _disagreement(first: Mark, farthest: Mark, broken: int, lines: int, shelf: Shelf) -> str:
    if first.lines > lines:
        return (
            f"Nhật ký bị cắt đuôi hoặc bị lùi về bản cũ: mốc {farthest.number} "
            f"({shelf.told(farthest.at)}) đã thấy {farthest.lines} dòng, nay chỉ còn {lines}."
        )
    return (
        f"Nhật ký không khớp mốc {first.number} ({shelf.told(first.at)}): trong các dòng từ "
        f"{broken} đến {first.lines} có dòng đã bị viết lại, thay hoặc bỏ."
    )


def _notes(
    book: Book, vouched: Mark | None, lines: int, keys: Sequence[str], shelf: Shelf
) -> Iterator[str]:
    if vouched is None:
        yield (
            "Chưa có mốc nào bảo chứng ngoài cơ sở dữ liệu: nếu đuôi nhật ký bị cắt và dòng đếm bị "
            "đặt lại thì không thấy được."
        )
    else:
        after = lines - vouched.lines
        rest = f"; {after} dòng sau đó chưa có mốc" if after > 0 else ""
        yield f"Có mốc bảo chứng đến dòng {vouched.lines} ({shelf.told(vouched.at)}){rest}."
    if not keys and book.marks:
        yield (
            "Mốc không có chữ ký vì chưa đặt AUDIT_KEY: người sửa được cả cơ sở dữ liệu lẫn sổ mốc "
            "thì không bị phát hiện."
        )
    unread = {mark.key_id for mark in book.marks} - {None, *map(key_name, keys)}
    if unread:
        yield (
            f"Có mốc ký bằng khóa {', '.join(sorted(map(str, unread)))} không có trong AUDIT_KEY "
            "nên không kiểm tra được chữ ký."
        )


def _restores(book: Book, gone: Sequence[Mark], shelf: Shelf) -> Iterator[str]:
    restored = [mark for mark in book.marks if mark.why == RESTORED]
    if not restored:
        return
    last = restored[-1]
    lost = f" {len(gone)} mốc trước đó nói về những dòng không còn." if gone else ""
    yield (
        f"Cơ sở dữ liệu được phục hồi hợp lệ lúc {shelf.told(last.at)}: các dòng ghi sau dòng "
        f"{last.base or 0} của bản trước không còn trong nhật ký này.{lost}"
    )
