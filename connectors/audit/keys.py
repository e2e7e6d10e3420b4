"""Passing from one audit key to another: with the old one at hand, or after it was lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from connectors.audit.chain import key_name
from connectors.audit.log import Actor, AuditKeyMissing, AuditUnavailable, append
from connectors.audit.walk import CHANGED, CLOSED, LOST, Walk
from connectors.database.session import read_transaction, write_transaction

_NO_KEY = "Hãy đặt AUDIT_KEY mới trước (audit new-key)."
_NEW_ONE = (
    "Khóa đầu tiên trong AUDIT_KEY đã được đóng ở dòng {line}, không dùng lại được; hãy tạo khóa "
    "mới (audit new-key)."
)


@dataclass(frozen=True)
class Passed:
    """What was done: the seal's line, names of the keys left behind, the first line that was wrong.

    ``broken`` is None where everything that could be checked was as it was written.
    """

    line: int
    left: tuple[str, ...]
    broken: int | None


def change_key(database: Engine, keys: Sequence[str], *, actor: Actor) -> Passed:
    """Close the keys in use so far and go on under the first of ``keys``; all must be among them.

    Every line is checked. Two lines are added: the last one under the old key, which names the
    new one, and the first one under the new key, a seal with the SHA-256 of the lines before. From
    then on the old key is not needed for ``verify`` any more, and signs nothing. What was wrong
    before is noted in the seal, so that it stays found. Raises AuditKeyMissing where a key is
    missing, AuditUnavailable where there is nothing to change.
    """
    if not keys:
        raise AuditUnavailable(_NO_KEY)
    new, walk = key_name(keys[0]), _walked(database, keys)
    with write_transaction(database) as connection:
        walk.take(connection)
        if missing := walk.unread():
            raise AuditKeyMissing(
                f"Dòng {missing[0].first} được ký bằng khóa {missing[0].key_id} không có trong "
                "AUDIT_KEY; hãy ghi khóa ấy sau khóa mới, cách nhau bằng dấu phẩy. Nếu khóa đã mất "
                "hẳn: .venv/bin/python -m connectors audit accept-key. Chưa có gì được ghi."
            )
        _refuse_closed(walk, new)
        left = tuple(name for name in walk.open_keys if name != new)
        if not left:
            raise AuditUnavailable(
                "Không có khóa nào để đổi: nhật ký chưa được ký, hoặc đang được ký bằng khóa đầu "
                "tiên trong AUDIT_KEY. Chưa có gì được ghi."
            )
        if walk.key_id != new:
            append(connection, CLOSED, actor=actor, detail={"next": new}, keys=keys)
            walk.take(connection)
        detail = walk.seal_detail() | {"closed": list(left)}
        line = append(connection, CHANGED, actor=actor, detail=detail, keys=keys, signer=keys[0])
    return Passed(line, left, walk.broken)


def give_up_key(database: Engine, keys: Sequence[str], *, actor: Actor) -> Passed:
    """Go on under the first of ``keys`` after the key in use was lost for good.

    One line is added, a seal over what cannot be checked any more: from then on no change of it
    goes unseen, and every report names its lines. Refused (AuditUnavailable) where no key is
    missing, and where a key that is set did not give over to the missing one: those lines were
    not written by the program.
    """
    if not keys:
        raise AuditUnavailable(_NO_KEY)
    walk = _walked(database, keys)
    with write_transaction(database) as connection:
        walk.take(connection)
        missing = walk.unread()
        if not missing:
            raise AuditUnavailable(
                "Không có khóa nào bị mất: mọi dòng đã ký đều kiểm tra được, hoặc đã được báo. Đổi "
                "khóa khi còn khóa cũ: .venv/bin/python -m connectors audit change-key. Chưa có gì "
                "được ghi."
            )
        _refuse_closed(walk, key_name(keys[0]))
        if foreign := next((run for run in missing if run.handed is False), None):
            raise AuditUnavailable(
                f"Dòng {foreign.first} được ký bằng khóa {foreign.key_id}, nhưng khóa trước đó còn "
                "trong AUDIT_KEY và không giao cho khóa ấy: có thể không do chương trình ghi. Hãy "
                "giữ nguyên hiện trạng và đối chiếu với bản sao lưu. Chưa có gì được ghi."
            )
        left = tuple(walk.lost_keys())
        detail = walk.seal_detail() | {"lost": list(left)}
        line = append(connection, LOST, actor=actor, detail=detail, keys=keys, signer=keys[0])
    return Passed(line, left, walk.broken)


def _walked(database: Engine, keys: Sequence[str]) -> Walk:
    """All lines walked over while others may still write; what comes meanwhile is few."""
    walk = Walk(keys)
    with read_transaction(database) as connection:
        walk.take(connection)
    return walk


def _refuse_closed(walk: Walk, new: str) -> None:
    if (line := walk.closed.get(new)) is not None:
        raise AuditUnavailable(f"{_NEW_ONE.format(line=line)} Chưa có gì được ghi.")
