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
    signer: str | None = None,
) -> int:
    """Add a line within the caller's write transaction; its number.

    The line and what it witnesses are committed together or not at all. ``connection`` must be
    in a ``session.write_transaction`` (or a like one): writers stand in line there. ``action``: a
    key of ``ACTIONS``. ``detail``: flat; see ``guard.check_detail`` for what is refused
    (AuditRefused). ``at``: default now. ``keys``: the audit keys (default: the installation's).
    The key that signed the last line signs this one, too, and must be among them
    (AuditKeyMissing): a process that was started without it would otherwise break the chain for
    good. The first of ``keys`` signs where nothing was signed before; afterwards only
    ``connectors.audit.keys`` passes from one key to another, by ``signer``.
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
    if signer is None:
        signer = signing_key(connection, head.lines, keys)
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
        key_id=key_name(signer) if signer is not None else None,
        prev_hash=head.hash,
    )
    digest = line.digest((signer,) if signer is not None else ())
    values = {name: getattr(line, name) for name in Line.__slots__} | {"hash": digest}
    connection.execute(insert(LINES).values(values))
    connection.execute(update(HEAD).values(lines=line.id, hash=digest))
    return line.id


def check_keys(database: Engine, keys: Sequence[str]) -> None:
    """Raise AuditKeyMissing when lines could not be added with these keys."""
    with read_transaction(database) as connection:
        lines = connection.execute(select(HEAD.c.lines)).scalar_one()
        signing_key(connection, lines, keys)


def signing_key(connection: Connection, last: int, keys: Sequence[str]) -> str | None:
    """The key that signs what comes after line ``last``: that line's own, else the first of all.

    None without keys. Raises AuditKeyMissing where the line's key is not among ``keys``.
    """
    query = select(LINES.c.key_id).where(LINES.c.id == last)
    used = connection.execute(query).scalar_one_or_none()
    if used is None:
        return keys[0] if keys else None
    for key in keys:
        if key_name(key) == used:
            return key
    raise AuditKeyMissing(
        f"Nhật ký kiểm soát đang được ký bằng khóa {used}, nhưng khóa đó không có trong "
        "AUDIT_KEY của chương trình này; chưa có gì được ghi. Hãy đặt đúng AUDIT_KEY. Muốn đổi "
        "khóa: ghi khóa cũ sau khóa mới, cách nhau bằng dấu phẩy, rồi chạy .venv/bin/python -m "
        "connectors audit change-key. Nếu khóa đã mất hẳn: .venv/bin/python -m connectors audit "
        "accept-key."
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
        with write_transaction(database, always=True) as connection:
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
