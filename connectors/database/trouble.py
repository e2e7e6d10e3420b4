"""What is wrong with a database that does not answer, told to whoever looks after it."""

from __future__ import annotations

import sqlite3
from typing import Final

from psycopg.errors import ConnectionTimeout
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
)

from connectors.database.maintenance import UnderMaintenance
from connectors.database.patience import ServerSilent
from connectors.database.session import Unconfirmed
from connectors.disk import is_full

_BROKEN: Final = (
    "Tệp cơ sở dữ liệu bị hỏng hoặc không phải cơ sở dữ liệu của Đúng Hạn. Hãy dừng ứng dụng, "
    "giữ nguyên tệp hỏng để xem lại, rồi phục hồi bản sao lưu gần nhất: "
    ".venv/bin/python -m connectors restore BẢN-SAO-LƯU --replace (docs/operations.md, mục "
    "Back-up and restore)."
)
_TELLS: Final[dict[int, str]] = {
    sqlite3.SQLITE_NOTADB: _BROKEN,
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_CANTOPEN: (
        "Không mở được tệp cơ sở dữ liệu. Hãy kiểm tra DATABASE_URL, DATA_DIR và quyền đọc, ghi "
        "của thư mục."
    ),
    sqlite3.SQLITE_PERM: "Không có quyền đọc tệp cơ sở dữ liệu. Hãy kiểm tra quyền của tệp.",
    sqlite3.SQLITE_READONLY: (
        "Không có quyền ghi tệp cơ sở dữ liệu. Hãy chạy lệnh bằng tài khoản của ứng dụng, hoặc "
        "kiểm tra quyền của tệp và thư mục."
    ),
    sqlite3.SQLITE_FULL: "Đĩa đã đầy. Hãy giải phóng chỗ rồi chạy lại; chưa có gì được ghi.",
    sqlite3.SQLITE_IOERR: (
        "Đĩa báo lỗi khi đọc hoặc ghi tệp cơ sở dữ liệu. Hãy kiểm tra đĩa; nếu tệp đã hỏng thì "
        "phục hồi bản sao lưu gần nhất (docs/operations.md)."
    ),
    sqlite3.SQLITE_BUSY: (
        "Cơ sở dữ liệu đang được một việc khác ghi (ví dụ một lần nhập lớn). Hãy chạy lại sau."
    ),
}
_AWAY: Final = ("08", "28", "3D", "57P")
"""PostgreSQL's classes: no connection, account refused, no such database, server stopping."""


_SILENT: Final = (
    "Máy chủ PostgreSQL không trả lời trong thời hạn, nên lệnh đã dừng; những gì lệnh này chưa ghi "
    "xong thì không được ghi. Máy chủ đang treo, hoặc mạng tới máy chủ bị chặn; hãy kiểm tra máy "
    "chủ và tường lửa rồi chạy lại. Thời hạn: DATABASE_CONNECT_SECONDS, DATABASE_GIVE_UP_SECONDS."
)
_UNCONFIRMED: Final = (
    "Mất kết nối máy chủ PostgreSQL đúng lúc ghi xong, nên chưa biết những gì lệnh này làm đã được "
    "ghi hay chưa. Khi máy chủ trả lời lại, hãy xem lại trước khi chạy lại; nạp lại cùng tệp thì "
    "không bị ghi hai lần."
)
_OURS: Final = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH)


def is_ours(error: BaseException) -> bool:
    """Whether the program asked for what no database can do; trying again would not help."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    ours = code is not None and code & 0xFF in _OURS
    return ours or isinstance(error, IntegrityError | DataError | ProgrammingError)


def trouble(error: DatabaseError) -> str | None:
    """A Vietnamese sentence on what to do; None where the program, not the database, is at fault.

    PostgreSQL: only that it does not answer or refuses the account; its own words, which name
    host and account, are left out.
    """
    original = error.orig
    if isinstance(error, UnderMaintenance):
        return f"{error.sentence} Hết bảo trì: .venv/bin/python -m connectors maintenance off."
    if isinstance(error, Unconfirmed):
        return _UNCONFIRMED
    if isinstance(original, ServerSilent | ConnectionTimeout):
        return _SILENT
    code = getattr(original, "sqlite_errorcode", None)
    if code is not None:
        return _TELLS.get(code & 0xFF)
    if type(original).__module__.partition(".")[0] != "psycopg":
        return None
    if is_full(error):
        return _TELLS[sqlite3.SQLITE_FULL]
    state = getattr(original, "sqlstate", None)  # None: it never got as far as a session
    if not (isinstance(error, OperationalError) if state is None else state.startswith(_AWAY)):
        return None
    return (
        "Không kết nối được cơ sở dữ liệu PostgreSQL. Hãy kiểm tra máy chủ đang chạy, và địa chỉ, "
        "tài khoản, mật khẩu trong DATABASE_URL. Sai ở đâu: .venv/bin/python -m connectors config "
        "check"
    )
