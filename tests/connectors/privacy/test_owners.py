"""Masked owners, and owners revealed with a reason that the audit keeps first."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connectors import audit
from connectors.database.models import Dossier, Owner, Unit
from connectors.engine import Scope
from connectors.intake import ImportReport
from connectors.privacy import MaskedOwner, ReasonRefused, owner_masked, reveal_owner
from connectors.settings import Settings
from tests.connectors.privacy.conftest import planted

LAN = audit.Actor("Lan", 7)
WHY = "Gọi công dân bổ sung giấy tờ"
ALL = Scope(None)
Taken = Callable[..., ImportReport]


def _lines(database: Engine) -> list[dict[str, Any]]:
    found = audit.read(database, Settings().zone, ALL, actions=["reveal", "refused"])
    return list(found.reverse().iter_rows(named=True))


def _ids(database: Engine) -> tuple[int, int, int]:
    """A dossier, its unit, and another unit."""
    with database.connect() as connection:
        first = connection.execute(select(Dossier.id, Dossier.resolving_unit_id)).first()
        assert first is not None
        other = connection.execute(select(Unit.id).where(Unit.id != first[1])).scalars().first()
        assert other is not None
        return first[0], first[1], other


@pytest.mark.parametrize("locked", [True, False])
def test_masked(database: Engine, taken: Taken, key: str, locked: bool) -> None:
    taken(planted(1), *([key] if locked else []))
    number, unit, other = _ids(database)
    keys = [key] if locked else []
    wanted = MaskedOwner(None, "N.V.Ẩ.Q.", "•••• 000")
    assert owner_masked(database, number, ALL, keys=keys) == wanted
    assert owner_masked(database, number, Scope(frozenset({unit})), keys=keys) == wanted
    assert owner_masked(database, number, Scope(frozenset({other})), keys=keys) is None
    assert owner_masked(database, number, Scope(frozenset()), keys=keys) is None
    for wrong in (0, -1, number + 99, 2**63):
        assert owner_masked(database, wrong, ALL, keys=keys) is None
    assert _lines(database) == []


def test_a_dossier_without_an_owner(database: Engine, taken: Taken) -> None:
    taken(planted(1))
    with database.begin() as connection:
        connection.execute(Owner.__table__.delete())  # type: ignore[attr-defined]
    assert owner_masked(database, _ids(database)[0], ALL) == MaskedOwner()


@pytest.mark.parametrize("locked", [True, False])
def test_revealed_after_the_audit_has_said_so(
    database: Engine, taken: Taken, key: str, locked: bool
) -> None:
    (owner,) = planted(1)
    taken([owner], *([key] if locked else []))
    number, unit, _ = _ids(database)
    keys = [key] if locked else []
    scope = Scope(frozenset({unit}))
    found = reveal_owner(database, number, scope, LAN, f"  {WHY}\n", keys=keys)
    assert found is not None
    assert (found.name, found.phone, found.address, found.national_id) == owner.secrets()
    assert owner.name not in repr(found)
    (line,) = _lines(database)
    assert (line["action"], line["actor_id"], line["unit_id"]) == ("reveal", 7, unit)
    assert line["subject"] == f"hồ sơ {number}"
    assert json.loads(line["detail"]) == {"reason": WHY}


def test_no_line_no_owner(database: Engine, taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    taken(planted(1))

    def refuse(*_: object, **__: object) -> int:
        raise audit.AuditUnavailable("đang bận")

    monkeypatch.setattr(audit, "record", refuse)
    with pytest.raises(audit.AuditUnavailable):
        reveal_owner(database, _ids(database)[0], ALL, LAN, WHY)


def test_out_of_scope_is_no_dossier_but_is_noted(database: Engine, taken: Taken) -> None:
    taken(planted(1))
    number, _, other = _ids(database)
    assert reveal_owner(database, number, Scope(frozenset({other})), LAN, WHY) is None
    assert reveal_owner(database, number + 99, Scope(frozenset({other})), LAN, WHY) is None
    assert [line["action"] for line in _lines(database)] == ["refused", "refused"]


@pytest.mark.parametrize(
    "reason",
    ["", "   ", "xem", "xem nhé", ". . . . . . . . . .", "aaaaaaaaaaaaaaaa", "abcdefghijklmn",
     "1234567890 1234567890", "aaa aaa aaa aaa aaa", "ab ab ab ab ab ab", "\n\t \u00a0 \u200b",
     "x " * 400],
)  # fmt: skip
def test_a_reason_has_to_be_one(database: Engine, taken: Taken, reason: str) -> None:
    taken(planted(1))
    with pytest.raises(ReasonRefused):
        reveal_owner(database, _ids(database)[0], ALL, LAN, reason)
    assert _lines(database) == []


def test_a_reason_is_no_place_for_personal_data(database: Engine, taken: Taken) -> None:
    taken(planted(1))
    with pytest.raises(audit.AuditRefused, match="dữ liệu cá nhân"):
        reveal_owner(database, _ids(database)[0], ALL, LAN, f"{WHY}: 0912 345 678")
    with pytest.raises(ReasonRefused, match="họ tên"):
        reveal_owner(database, _ids(database)[0], ALL, LAN, f"{WHY} {planted(1)[0].name.upper()}")
    assert _lines(database) == []
