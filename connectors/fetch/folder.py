"""A watched folder: what another system puts there is taken once, what is refused lies apart.

A file is looked at as a stranger's: no link is followed, only a copy of one's own is read, and
that within the bounds of every file that comes in.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import chain, count
from pathlib import Path
from typing import Final

from connectors.disk import check_room
from connectors.fetch import bounds
from connectors.intake.fetch_kinds import FolderSettings
from connectors.intake.report import ImportReport, IntakeRefused, NotNow
from connectors.parsing import bounds as reading
from connectors.workspace import WorkingFolder, file_name

TAKEN: Final = "da-nhan"
FAILED: Final = "loi"
NOTE: Final = ".loi.txt"
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file.

    ``report``: it was taken in. ``known``: the number of the batch that had taken the very same
    content before. ``refused``: why it was not taken (Vietnamese); it lies in ``loi/`` then.
    """

    name: str
    report: ImportReport | None = None
    known: int | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class _Look:
    """A file as it was at one look."""

    name: str
    mode: int
    inode: int
    size: int
    written_ns: int
    changed_ns: int

    @classmethod
    def of(cls, name: str, found: os.stat_result) -> _Look:
        return cls(
            name, found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        )

    @property
    def renamed_in(self) -> bool:
        """Whether something was done to it after its last byte was written: it got its name."""
        return os.name != "nt" and self.size > 0 and self.changed_ns > self.written_ns

    def same(self, other: _Look | None) -> bool:
        """Whether nothing was written since."""
        return other is not None and (self.inode, self.size, self.written_ns) == (
            other.inode,
            other.size,
            other.written_ns,
        )


class Folder:
    """One watched folder, looked at once.

    ``take``: takes a copy in and reports. ``known``: the number of the batch that took this
    SHA-256 or None. ``seen``: whether a file of this name was taken after this moment.
    """

    def __init__(
        self,
        settings: FolderSettings,
        *,
        take: Callable[[Path], ImportReport],
        known: Callable[[str], int | None],
        seen: Callable[[str, datetime], bool],
        dry_run: bool = False,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._path = settings.path
        self._moves = settings.after == "move" and not dry_run
        self._take = take
        self._known = known
        self._seen = seen
        self._dry_run = dry_run
        self._wait = wait

    def run(self) -> Iterator[Taken]:
        """Take what is ready, the oldest first; a file a turn.

        Raises IntakeRefused where the folder cannot be used, NotNow where no file can be taken
        just now: those not yet told of are where they were.
        """
        for look in self._ready()[: bounds.folder().files]:
            if (done := self._one(look)) is not None:
                yield done

    # -- which files -----------------------------------------------------------------------

    def _ready(self) -> list[_Look]:
        first = self._looks()
        waiting = [look for look in first.values() if not self._whole(look)]
        if waiting:
            self._wait(bounds.folder().still_seconds)
            second = self._looks()
            still = [look for look in waiting if look.same(second.get(look.name))]
            first = {name: look for name, look in first.items() if self._whole(look)}
            first |= {look.name: look for look in still}
        return sorted(first.values(), key=lambda look: (look.written_ns, look.name))

    @staticmethod
    def _whole(look: _Look) -> bool:
        return look.renamed_in or not stat.S_ISREG(look.mode)

    def _looks(self) -> dict[str, _Look]:
        try:
            with os.scandir(self._path) as entries:
                found = [_Look.of(e.name, e.stat(follow_symlinks=False)) for e in entries
                         if _is_meant(e, self._settings)]  # fmt: skip
        except OSError as error:
            raise IntakeRefused(
                f"Không đọc được thư mục theo dõi {self._path}: {_why(error)}. Hãy kiểm tra đường "
                "dẫn trong ánh xạ ([folder] path) và quyền của tài khoản chạy phần mềm."
            ) from error
        return {look.name: look for look in found if not self._is_done(look)}

    def _is_done(self, look: _Look) -> bool:
        """Of a folder in which files stay: whether this one was taken or refused before."""
        if self._settings.after == "move":
            return False
        last = datetime.fromtimestamp(max(look.written_ns, look.changed_ns) / 1e9, UTC)
        with suppress(OSError):
            note = self._path / FAILED / (_safe(look.name) + NOTE)
            if datetime.fromtimestamp(note.stat().st_mtime, UTC) > last:
                return True
        return self._seen(_safe(look.name), last)

    # -- one file --------------------------------------------------------------------------

    def _one(self, look: _Look) -> Taken | None:
        """What became of a file; None: it is still being written, or gone."""
        with WorkingFolder() as working:
            copy = working.path / _safe(look.name)
            try:
                digest = self._copied(look, copy)
                if digest is None:
                    return None
                batch = self._known(digest)
                report = self._take(copy) if batch is None else None
            except NotNow:
                raise
            except IntakeRefused as refusal:
                self._refuse(look, str(refusal))
                return Taken(look.name, refused=str(refusal))
        self._keep(look)
        return Taken(look.name, report, batch)

    def _copied(self, look: _Look, copy: Path) -> str | None:
        """The SHA-256 of a copy that only this account reads; None: it changed meanwhile."""
        if not _is_plain(look.name):
            raise IntakeRefused(
                "Tên tệp có ký tự lạ (điều khiển, dấu \\ hoặc không phải chữ). Hãy đổi tên tệp."
            )
        if not stat.S_ISREG(look.mode):
            raise IntakeRefused(
                "Đây không phải tệp thường mà là liên kết hoặc tệp đặc biệt nên không được mở. "
                "Hãy chép chính tệp dữ liệu vào thư mục."
            )
        most = bounds.folder().file_bytes
        if look.size > most:
            raise IntakeRefused(
                f"Tệp lớn hơn {most >> 20} MB nên không được đọc. Hãy chia nhỏ tệp rồi đặt lại."
            )
        digest, flags = hashlib.sha256(), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
        try:
            source = os.open(self._path / look.name, flags | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise NotNow(
                f"Không có quyền đọc tệp “{look.name}” trong thư mục theo dõi. Hãy cho tài khoản "
                "chạy phần mềm quyền đọc tệp."
            ) from error
        with os.fdopen(source, "rb") as file:
            if not look.same(_Look.of(look.name, os.fstat(source))):
                return None
            target = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(target, "wb") as out:
                while block := file.read(_BLOCK):
                    check_room(copy.parent, reading.shipped().kept_free)
                    digest.update(block)
                    out.write(block)
            same = look.same(_Look.of(look.name, os.fstat(source)))
        return digest.hexdigest() if same else None

    # -- afterwards ------------------------------------------------------------------------

    def _keep(self, look: _Look) -> None:
        """Put a file that was taken apart; one that grew since stays, and is taken again whole."""
        if self._moves and self._is_as(look):
            self._move(look, self._beside(TAKEN), _safe(look.name))

    def _refuse(self, look: _Look, why: str) -> None:
        if self._dry_run:
            return
        folder, name = self._beside(FAILED), _safe(look.name)
        if self._moves:
            name = _free(folder, name)
        _write_note(folder / (name + NOTE), look.name, why)
        if self._moves and self._is_as(look):
            self._move(look, folder, name)

    def _is_as(self, look: _Look) -> bool:
        try:
            return look.same(_Look.of(look.name, (self._path / look.name).lstat()))
        except OSError:
            return False

    def _move(self, look: _Look, folder: Path, name: str) -> None:
        target = folder / _free(folder, name)
        try:
            (self._path / look.name).rename(target)
        except OSError as error:
            raise self._not_writable(error) from error
        if stat.S_ISREG(look.mode):
            with suppress(OSError):  # somebody else's: the folder around it is closed
                target.chmod(0o600)

    def _beside(self, name: str) -> Path:
        folder = self._path / name
        try:
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            if not stat.S_ISDIR(folder.lstat().st_mode):
                raise NotADirectoryError
        except OSError as error:
            raise self._not_writable(error) from error
        return folder

    def _not_writable(self, error: OSError) -> NotNow:
        return NotNow(
            f"Không ghi được trong thư mục theo dõi {self._path}: {_why(error)}. Hãy cho tài khoản "
            f"chạy phần mềm quyền ghi ở đó (tệp được chuyển vào {TAKEN}/ và {FAILED}/), hoặc đặt "
            'after = "keep" trong ánh xạ.'
        )


def anything_in(settings: FolderSettings) -> bool:
    """Whether a look is worth while: there is a file that is meant, or the folder is not there."""
    try:
        with os.scandir(settings.path) as entries:
            return any(_is_meant(entry, settings) for entry in entries)
    except OSError:
        return True  # whoever looks tells why


def _is_meant(entry: os.DirEntry[str], settings: FolderSettings) -> bool:
    name = entry.name
    hidden = name.startswith((".", "~$")) or name.lower().endswith(bounds.folder().unfinished)
    is_meant = fnmatchcase(name.lower(), settings.pattern.lower())
    return not hidden and is_meant and not entry.is_dir(follow_symlinks=False)


def failed_files(path: Path) -> int:
    """How many files lie in ``loi/`` with a note of what was wrong."""
    try:
        return sum(entry.name.endswith(NOTE) for entry in os.scandir(path / FAILED))
    except OSError:
        return 0


def _write_note(path: Path, name: str, why: str) -> None:
    when = datetime.now().astimezone()
    lines = (
        f"Tệp: {_safe(name)}",
        f"Lúc: {when:%d/%m/%Y %H:%M:%S}",
        f"Chưa nhận được vì: {why}",
        "Việc cần làm: sửa như trên rồi đặt tệp trở lại thư mục theo dõi (không phải thư mục "
        "này); xong thì xóa tệp ghi chú này.",
    )
    fresh = path.with_name(f".{path.name}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write("\n".join((*lines, "")).encode())
    fresh.replace(path)


def _free(folder: Path, name: str) -> str:
    """A name that no file of the folder has."""
    whole = Path(name)
    tries = chain((name,), (f"{whole.stem}~{turn}{whole.suffix}" for turn in count(2)))
    return next(tried for tried in tries if not os.path.lexists(folder / tried))


def _is_plain(name: str) -> bool:
    return name.isprintable() and "\\" not in name and name == file_name(name)


def _safe(name: str) -> str:
    """A name that can be written anywhere."""
    text = name.encode(errors="replace").decode()
    return file_name("".join(sign if sign.isprintable() else "_" for sign in text))


def _why(error: OSError) -> str:
    return {
        "FileNotFoundError": "thư mục không có",
        "NotADirectoryError": "không phải thư mục",
        "PermissionError": "không có quyền",
    }.get(type(error).__name__, error.strerror or type(error).__name__)
