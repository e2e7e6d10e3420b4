"""Faults of the machine that are not the program's, each with one sentence for everybody."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from typing import Final

DISK_FULL: Final = "Đĩa đã đầy. Hãy giải phóng chỗ rồi làm lại; việc vừa làm chưa được ghi."

_ERRNO: Final = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_SQLSTATE: Final = ("53100",)  # PostgreSQL: disk_full
_WORDS: Final = ("no space left on device", "disk quota exceeded", "database or disk is full")


def is_disk_full(error: BaseException) -> bool:
    """Whether a full disk (or quota) is behind an error, or behind one that led to it."""
    return any(_is_full(each) for each in _chain(error))


def says_disk_full(text: str) -> bool:
    """The same of what another program said (pg_dump, a library without codes)."""
    return any(words in text.lower() for words in _WORDS)


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _ERRNO:
        return True
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_FULL:
        return True
    if getattr(error, "sqlstate", None) in _SQLSTATE:
        return True
    # Polars and others hand on the system's words only.
    return says_disk_full(str(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen = set[int]()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        original = getattr(found, "orig", None)
        if isinstance(original, BaseException):
            yield original
        found = found.__cause__ or found.__context__


def why(error: BaseException) -> str:
    """One Vietnamese sentence on an error of disk or database, without values."""
    if is_disk_full(error):
        return DISK_FULL
    if isinstance(error, PermissionError):
        return "không có quyền đọc, ghi. Hãy kiểm tra quyền của tệp và thư mục."
    if isinstance(error, OSError):
        number = "" if error.errno is None else f" (errno {error.errno})"
        return f"hệ thống tệp báo lỗi{number}. Hãy kiểm tra đĩa và quyền của thư mục."
    return "cơ sở dữ liệu đang bận hoặc mất kết nối. Hãy thử lại sau ít phút."
