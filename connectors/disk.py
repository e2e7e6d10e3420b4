"""A full disk, wherever it is noticed: in a copy, in the database."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path
from tempfile import gettempdir
from typing import Final

DATABASE_FULL: Final = (
    "Đĩa chứa cơ sở dữ liệu đã đầy, nên chưa có gì được ghi. Hãy báo quản trị hệ thống giải phóng "
    "chỗ trống rồi thử lại."
)
PROGRAM_FULL: Final = (
    "Đĩa đã đầy (thư mục tạm hoặc thư mục dữ liệu). Hãy giải phóng chỗ trống rồi chạy lại. "
    "Chưa có gì được ghi."
)
_POSTGRES_FULL: Final = "53100"
_CHAIN: Final = 5


def check_room(folder: Path, kept_free: int) -> None:
    """Raise OSError (ENOSPC) when less than ``kept_free`` bytes of the folder's disk are left."""
    if shutil.disk_usage(folder).free < kept_free:
        raise OSError(errno.ENOSPC, "what is left of the disk is kept free")


def is_full(error: BaseException) -> bool:
    """Whether an error says that a disk, or one's share of it, is full; a driver's error, too."""
    found: BaseException | None = error
    for _ in range(_CHAIN):
        if found is None:
            return False
        if isinstance(found, OSError) and found.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if (getattr(found, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_FULL:
            return True
        if getattr(found, "sqlstate", None) == _POSTGRES_FULL:
            return True
        found = getattr(found, "orig", None) or found.__cause__
    return False


def copy_full(name: str) -> str:
    """What is said when a copy of a file has no room."""
    return (
        f"Không đủ chỗ trống trên đĩa (thư mục tạm {gettempdir()}) cho bản sao của tệp {name}. "
        "Hãy giải phóng chỗ, hoặc đặt biến môi trường TMPDIR (Windows: TEMP) tới thư mục trên "
        "đĩa khác. Chưa có gì được ghi."
    )


def not_kept(error: OSError, name: str) -> str:
    """What is said when an upload could not be kept for reading."""
    if is_full(error):
        return copy_full(name)
    return (
        f"Không ghi được bản sao của tệp {name} vào thư mục tạm trên máy chủ. Hãy báo quản trị "
        "hệ thống kiểm tra thư mục này. Chưa có gì được ghi."
    )
