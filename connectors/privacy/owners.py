"""A dossier's owner, masked or, with a reason that the audit keeps, in full."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Row, select

from connectors import audit
from connectors.audit.guard import check_text
from connectors.database.models import Dossier, Owner
from connectors.database.session import read_transaction, write_transaction
from connectors.engine import Scope
from connectors.privacy.erased import bare_name
from connectors.privacy.mask import mask_name, mask_phone
from connectors.privacy.vault import FIELDS, Vault
from connectors.settings import load_settings

_SHORTEST: Final = 10
_LONGEST: Final = 500
_FEWEST_LETTERS: Final = 5
_HIGHEST_ID: Final = 2**63 - 1


class ReasonRefused(ValueError):
    """The reason is none; the message says in Vietnamese what is asked for."""


@dataclass(frozen=True)
class MaskedOwner:
    """What may be shown of an owner: initials and three digits; no address, no identity number.

    All None: the dossier has no owner on record.
    """

    kind: str | None = None
    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, repr=False)
class RevealedOwner:
    """An owner in full, to be shown once and kept nowhere."""

    kind: str | None
    name: str | None
    phone: str | None
    address: str | None
    national_id: str | None

    def __repr__(self) -> str:  # a log or a traceback must not carry it
        return "RevealedOwner(…)"


def owner_masked(
    database: Engine, dossier_id: int, scope: Scope, *, keys: Sequence[str] | None = None
) -> MaskedOwner | None:
    """A dossier's owner as anybody who may see the dossier may see it.

    None where there is no such dossier; one that units outside the scope resolve is none. Raises
    VaultLocked when the owner is locked and ``keys`` (default: the installation's) do not open it.
    """
    found = _find(database, dossier_id, scope)
    if found is None:
        return None
    fields = _fields(found, keys)
    return MaskedOwner(found.kind, mask_name(fields["name"]), mask_phone(fields["phone"]))


def reveal_owner(
    database: Engine,
    dossier_id: int,
    scope: Scope,
    actor: audit.Actor,
    reason: str,
    *,
    keys: Sequence[str] | None = None,
) -> RevealedOwner | None:
    """A dossier's owner in full; the audit has said so, for good, before this returns.

    ``reason``: a sentence of the actor's own. None where there is no such dossier in scope: the
    audit notes the attempt. Raises ReasonRefused, audit.AuditRefused (the reason itself holds
    personal data), audit.AuditUnavailable (then nothing is shown) and VaultLocked.
    """
    reason = good_reason(reason)
    found = _find(database, dossier_id, scope)
    subject = f"hồ sơ {dossier_id}"
    if found is None:
        audit.record(database, "refused", actor=actor, subject=subject, detail={"to": "reveal"})
        return None
    fields = _fields(found, keys)
    _without_the_name(reason, fields["name"])
    audit.record(
        database,
        "reveal",
        actor=actor,
        subject=subject,
        unit_id=found.resolving_unit_id,
        detail={"reason": reason},
    )
    return RevealedOwner(found.kind, **fields)


def reveal_owners(
    database: Engine,
    dossiers: Sequence[int],
    scope: Scope,
    actor: audit.Actor,
    reason: str,
    *,
    keys: Sequence[str] | None = None,
) -> dict[int, RevealedOwner]:
    """The owners of several dossiers in full, as :func:`reveal_owner`: a line of each dossier in
    the audit, all in one transaction, before this returns. Those outside the scope are left out.
    """
    reason = good_reason(reason)
    rows = [row for number in dossiers if (row := _find(database, number, scope)) is not None]
    found = {row.id: RevealedOwner(row.kind, **_fields(row, keys)) for row in rows}
    for owner in found.values():
        _without_the_name(reason, owner.name)
    with write_transaction(database) as connection:
        for row in rows:
            audit.append(
                connection,
                "reveal",
                actor=actor,
                subject=f"hồ sơ {row.id}",
                unit_id=row.resolving_unit_id,
                detail={"reason": reason, "for": "văn bản xin lỗi"},
            )
    return found


def _without_the_name(reason: str, name: str | None) -> None:
    """Raises ReasonRefused where the reason names the owner."""
    bare = bare_name(name)
    if bare and " " in bare and bare in bare_name(reason):
        raise ReasonRefused(
            "Lý do không ghi họ tên chủ hồ sơ, vì nhật ký giữ lý do mãi. Hãy bỏ họ tên rồi thử lại."
        )


def good_reason(reason: str) -> str:
    """The reason, tidied. Raises ReasonRefused for what says nothing, AuditRefused for a
    telephone number, an identity number or a secret in it."""
    tidy = " ".join(reason.split())
    words = {word for word in re.findall(r"\w+", tidy.casefold()) if any(map(str.isalpha, word))}
    letters = {letter for word in words for letter in word if letter.isalpha()}
    if len(tidy) < _SHORTEST or len(words) < 2 or len(letters) < _FEWEST_LETTERS:
        raise ReasonRefused(
            f"Hãy ghi lý do bằng một câu (ít nhất {_SHORTEST} ký tự), ví dụ: “Gọi công dân bổ "
            "sung giấy tờ theo phiếu hẹn”."
        )
    if len(tidy) > _LONGEST:
        raise ReasonRefused(f"Lý do dài {len(tidy)} ký tự, tối đa {_LONGEST}; hãy rút ngắn.")
    check_text(tidy)
    return tidy


def _find(database: Engine, dossier_id: int, scope: Scope) -> Row[Any] | None:
    if not 0 < dossier_id <= _HIGHEST_ID:
        return None
    query = (
        select(
            Dossier.id,
            Dossier.resolving_unit_id,
            Owner.kind,
            Owner.sealed,
            *(getattr(Owner, name) for name in FIELDS),
        )
        .outerjoin(Owner, Owner.dossier_id == Dossier.id)
        .where(Dossier.id == dossier_id)
    )
    with read_transaction(database) as connection:
        found = connection.execute(query).one_or_none()
    if found is None or (scope.units is not None and found.resolving_unit_id not in scope.units):
        return None
    return found


def _fields(found: Row[Any], keys: Sequence[str] | None) -> dict[str, str | None]:
    if found.sealed is None:
        return {name: getattr(found, name) for name in FIELDS}
    return Vault(load_settings().owner_keys if keys is None else keys).owner(found.sealed, found.id)
