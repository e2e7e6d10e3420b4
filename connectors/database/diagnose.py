"""What keeps a database from being used, told apart: server, account, name, tables."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import psycopg
from psycopg.errors import ConnectionTimeout
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DatabaseError

from connectors.database.patience import Patience, ServerSilent
from connectors.database.session import NotMade, SchemaError, open_database, schema_state
from connectors.database.trouble import trouble

Kind = Literal[
    "ready", "behind", "newer", "not_made", "no_file", "silent", "host", "port", "busy", "password",
    "role", "refused", "database", "rights", "broken",
]  # fmt: skip

_MIGRATE: Final = ".venv/bin/python -m connectors migrate"
_SENTENCES: Final[dict[Kind, str]] = {
    "ready": "Kết nối được; lược đồ mới nhất.",
    "behind": f"Kết nối được, nhưng lược đồ cũ hơn phần mềm. Hãy chạy: {_MIGRATE}",
    "newer": "Kết nối được, nhưng lược đồ là của một phiên bản mới hơn. Hãy cập nhật phần mềm.",
    "not_made": f"Kết nối được, nhưng chưa có bảng nào của Đúng Hạn. Hãy chạy: {_MIGRATE}",
    "no_file": f"Tệp cơ sở dữ liệu chưa có. Nếu đúng là ở đây, hãy tạo: {_MIGRATE}",
    "silent": (
        "Máy chủ không trả lời trong thời hạn DATABASE_CONNECT_SECONDS: máy chủ đang treo, hoặc "
        "tường lửa chặn. Hãy kiểm tra máy chủ, mạng và cổng."
    ),
    "host": "Không có máy chủ tên này. Hãy kiểm tra tên máy chủ trong DATABASE_URL và DNS.",
    "port": (
        "Không có máy chủ PostgreSQL nào nhận kết nối ở địa chỉ và cổng này (cổng đóng, hoặc không "
        "có ổ cắm Unix). Hãy kiểm tra PostgreSQL đang chạy, và host, port trong DATABASE_URL."
    ),
    "password": "Máy chủ trả lời, nhưng sai hoặc thiếu mật khẩu của tài khoản trong DATABASE_URL.",
    "role": "Máy chủ trả lời, nhưng không có tài khoản (role) này. Hãy tạo nó, hoặc sửa tên.",
    "busy": (
        "Máy chủ trả lời, nhưng đang khởi động, đang dừng, hoặc đã hết chỗ cho kết nối mới. Hãy "
        "thử lại sau; nếu vẫn thế thì xem nhật ký và max_connections của PostgreSQL."
    ),
    "refused": (
        "Máy chủ trả lời, nhưng không cho tài khoản này vào (pg_hba.conf; với “peer”, lệnh phải "
        "chạy bằng tài khoản hệ thống cùng tên). Hãy chạy lệnh bằng tài khoản của dịch vụ, hoặc "
        "sửa pg_hba.conf."
    ),
    "database": (
        "Máy chủ và tài khoản đúng, nhưng không có cơ sở dữ liệu tên này, hoặc tài khoản không "
        "được mở nó. Hãy tạo: createdb -O TÀI-KHOẢN TÊN"
    ),
    "rights": (
        "Kết nối được, nhưng tài khoản không có quyền đọc các bảng. Hãy cho tài khoản sở hữu cơ sở "
        "dữ liệu."
    ),
    "broken": "Không mở được cơ sở dữ liệu.",
}
# What PostgreSQL says where it gives no code: before there is a session.
_WORDS: Final[tuple[tuple[Kind, str], ...]] = (
    ("password", r"password authentication failed|no password supplied|empty password"),
    ("refused", r"(peer|ident|gss\w*|certificate) authentication failed|no pg_hba\.conf entry"),
    ("refused", r"not permitted to log in|pg_hba\.conf rejects"),
    ("database", r"permission denied for database"),
    ("busy", r"starting up|shutting down|recovery mode|too many clients|connection slots"),
    ("role", r'role ".*" does not exist'),
    ("database", r'database ".*" does not exist'),
    ("host", r"(could not translate host name|failed to resolve host|name or service not known)"),
    (
        "port",
        r"connection refused|no such file or directory|no route to host|is the server running",
    ),
    ("silent", r"timeout expired|timed out"),
)
_CODES: Final[tuple[tuple[str, Kind], ...]] = (
    ("28P", "password"),
    ("28", "refused"),
    ("3D", "database"),
    ("42501", "rights"),
    ("57P", "busy"),
    ("53300", "busy"),
)


@dataclass(frozen=True)
class Diagnosis:
    """What was found; ``sentence``: Vietnamese, with what to do, without address and account."""

    kind: Kind
    sentence: str

    @property
    def is_ready(self) -> bool:
        """Whether the program can work with it as it is."""
        return self.kind == "ready"


def diagnose(url: str, patience: Patience | None = None) -> Diagnosis:
    """Try the database at ``url`` and say what keeps it from being used; nothing is made or
    changed, and a server that does not answer is waited for as ``patience`` says."""
    with _opened(url, patience) as engine:
        try:
            with engine.connect() as connection:
                state = schema_state(connection)
        except NotMade:
            return _found("not_made")
        except SchemaError:
            return _found("newer")
        except DatabaseError as error:
            return _of_error(error, url)
        return _found("ready" if state else "behind")


@contextmanager
def _opened(url: str, patience: Patience | None) -> Iterator[Engine]:
    engine = open_database(url, patience, creates=False)
    try:
        yield engine
    finally:
        engine.dispose()


def _found(kind: Kind) -> Diagnosis:
    return Diagnosis(kind, _SENTENCES[kind])


def _of_error(error: DatabaseError, url: str) -> Diagnosis:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not Path(str(parsed.database)).exists():
            return _found("no_file")
        return Diagnosis("broken", trouble(error) or _SENTENCES["broken"])
    original = error.orig
    if not isinstance(original, psycopg.Error):
        return Diagnosis("broken", trouble(error) or _SENTENCES["broken"])
    kind = kind_of(original) or _asked_about(original, url)
    if kind is None:
        return Diagnosis("broken", trouble(error) or _SENTENCES["broken"])
    return _found(kind)


def kind_of(error: psycopg.Error) -> Kind | None:
    """What PostgreSQL's error means, by its code or its English words; None: it does not say."""
    if isinstance(error, ServerSilent | ConnectionTimeout):
        return "silent"
    if error.sqlstate is not None:
        return next((kind for start, kind in _CODES if error.sqlstate.startswith(start)), None)
    text = str(error).lower()
    return next((kind for kind, words in _WORDS if re.search(words, text)), None)


def _asked_about(error: psycopg.Error, url: str) -> Kind | None:
    """The same of a server that speaks another language: by trying."""
    if not _is_open(error):
        return "port"
    if error.pgconn is not None and (error.pgconn.used_password or error.pgconn.needs_password):
        return "password"
    parsed = make_url(url)
    for name in ("postgres", "template1"):
        if parsed.database == name:
            continue
        with _opened(parsed.set(database=name).render_as_string(hide_password=False), None) as it:
            try:
                it.connect().close()
            except DatabaseError:
                continue
            return "database"
    return "refused"


def _is_open(error: psycopg.Error) -> bool:
    """Whether somebody listens where the connection was tried."""
    if error.pgconn is None:
        return True
    host, port = error.pgconn.host.decode(), error.pgconn.port.decode() or "5432"
    try:
        if host.startswith("/"):
            with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as unix:
                unix.settimeout(2)
                unix.connect(f"{host}/.s.PGSQL.{port}")
        else:
            socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True
