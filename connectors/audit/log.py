"""Adding lines to the audit."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, Table, insert, select, update
from sqlalchemy.exc import OperationalError, TimeoutError

from connectors.audit.actions import ACTIONS
from connectors.audit.chain import Line, key_name
from connectors.audit.guard import check_detail, check_text
from connectors.database.audit import Audit, AuditHead
from connectors.database.session import read_transaction, write_transaction
from connectors.disk import DATABASE_FULL, is_full
from connectors.settings import load_settings

LINES: Final = cast(Table, Audit.__table__)
HEAD: Final = cast(Table, AuditHead.__table__)
_WIDTH: Final = 255


class AuditUnavailable(RuntimeError):
    """The line could not be written, so what it was to witness must not happen (Vietnamese)."""


class AuditKeyMissing(AuditUnavailable):
    """The audit is signed, and the key that it is signed with is not among those set."""


@dataclass(frozen=True)
class Actor:
    """Who does something: the name to be written, and the account if there is one."""

    name: str
    account_id: int | None = None


def command_line_actor() -> Actor:
    """Whoever runs a command on the machine."""
    return Actor(f"dòng lệnh: {_os_user()}")


def program_actor() -> Actor:
    """The running program itself, where nobody has signed in."""
    return Actor(f"chương trình: {_os_user()}")


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without a name
        return "không rõ"


def append(
    connection: Connection,
    action: str,
    *,
    actor: Actor,
    subject: str | None = None,
    unit_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    keys: Sequence[str] | None = None,
    accept_key: bool = False,
) -> int:
    """Add a line within the caller's write transaction; its number.

    The line and what it witnesses are committed together or not at all. ``connection`` must be
    in a ``session.write_transaction`` (or a like one): writers stand in line there. ``action``: a
    key of ``ACTIONS``. ``detail``: flat; see ``guard.check_detail`` for what is refused
    (AuditRefused). ``at``: default now. ``keys``: the audit keys, the first one signs (default:
    the installation's). Where the last line is signed its key must be among them
    (AuditKeyMissing), unless ``accept_key`` says that it is lost: a process that was started
    without the key would otherwise break the chain for good.
    """
    if action not in ACTIONS:
        raise ValueError(f"no such action in the audit: {action}")
    if detail:
        check_detail(detail)
    if subject:
        check_text(subject)
    keys = load_settings().audit_keys if keys is None else keys
    # FOR UPDATE (PostgreSQL): also without the writers' lock two lines cannot get one number.
    head = connection.execute(select(HEAD.c.lines, HEAD.c.hash).with_for_update()).one()
    if not accept_key:
        _check_key(connection, head.lines, keys)
    moment = at or datetime.now(UTC)
    line = Line(
        id=head.lines + 1,
        at=moment.replace(microsecond=moment.microsecond // 1000 * 1000),
        actor=_tidy(actor.name) or "không rõ",
        actor_id=actor.account_id,
        action=action,
        subject=_tidy(subject),
        unit_id=unit_id,
        detail=_json(detail) if detail else None,
        key_id=key_name(keys[0]) if keys else None,
        prev_hash=head.hash,
    )
    digest = line.digest(keys)
    values = {name: getattr(line, name) for name in Line.__slots__} | {"hash": digest}
    connection.execute(insert(LINES).values(values))
    connection.execute(update(HEAD).values(lines=line.id, hash=digest))
    return line.id


def check_keys(database: Engine, keys: Sequence[str]) -> None:
    """Raise AuditKeyMissing when lines could not be added with these keys."""
    with read_transaction(database) as connection:
        lines = connection.execute(select(HEAD.c.lines)).scalar_one()
        _check_key(connection, lines, keys)


def _check_key(connection: Connection, last: int, keys: Sequence[str]) -> None:
    query = select(LINES.c.key_id).where(LINES.c.id == last)
    used = connection.execute(query).scalar_one_or_none()
    if used is not None and used not in map(key_name, keys):
        raise AuditKeyMissing(
            f"Nhật ký kiểm soát đang được ký bằng khóa {used}, nhưng khóa đó không có trong "
            "AUDIT_KEY của chương trình này; chưa có gì được ghi. Hãy đặt đúng AUDIT_KEY (khóa cũ "
            "ghi sau khóa mới, cách nhau bằng dấu phẩy). Nếu khóa đã mất hẳn: "
            ".venv/bin/python -m connectors audit accept-key."
        )


def record(
    database: Engine,
    action: str,
    *,
    actor: Actor,
    subject: str | None = None,
    unit_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    keys: Sequence[str] | None = None,
) -> int:
    """Add a line in a transaction of its own, committed on return; its number.

    For what writes nothing else (sign-in, refusal, reveal, export). Raises AuditUnavailable when
    the database does not take it, for instance while a long import holds SQLite: the caller must
    then not do what the line was to witness.
    """
    try:
        with write_transaction(database) as connection:
            return append(
                connection,
                action,
                actor=actor,
                subject=subject,
                unit_id=unit_id,
                detail=detail,
                at=at,
                keys=keys,
            )
    except (OperationalError, TimeoutError) as error:  # the latter: no connection was free
        if is_full(error):
            raise AuditUnavailable(DATABASE_FULL) from error
        raise AuditUnavailable(
            "Chưa ghi được nhật ký kiểm soát vì cơ sở dữ liệu đang bận hoặc mất kết nối; "
            "thao tác chưa được thực hiện. Hãy thử lại sau ít phút."
        ) from error


def _json(detail: Mapping[str, Any]) -> str:
    text = json.dumps(dict(detail), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _encodable(text)


def _tidy(text: str | None) -> str | None:
    """One line that both databases keep as it is."""
    if text is None:
        return None
    return _encodable(" ".join("".join(c if c.isprintable() else " " for c in text).split()))[
        :_WIDTH
    ]


def _encodable(text: str) -> str:
    # Half a character (from a file name in another encoding) cannot be stored.
    return text.encode("utf-8", "replace").decode()
