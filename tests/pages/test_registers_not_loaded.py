"""A ward of which a register says nothing is not told that the register is empty."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from connectors.access import Reader
from connectors.database.models import Unit
from connectors.database.registers import TABLES
from connectors.database.session import open_database
from connectors.settings import Settings
from tests.pages.kit import installed, shown, words

OF = {"feedback": "feedback", "inspections": "inspection"}
"""Screen → the register of which it says this."""


@pytest.mark.parametrize("screen", list(OF))
def test_what_others_have_in_a_register_is_not_denied(
    with_registers: Settings, monkeypatch: pytest.MonkeyPatch, screen: str
) -> None:
    table = TABLES[OF[screen]]
    engine = open_database(with_registers.database_url)
    with engine.connect() as connection:
        assert connection.execute(select(table.c.id).limit(1)).first()
        without = select(Unit.id).where(
            Unit.kind == "commune",
            Unit.valid_to.is_(None),
            Unit.id.not_in(select(table.c.unit_id)),
        )
        ward = connection.execute(without.order_by(Unit.id).limit(1)).scalar_one()
    engine.dispose()
    reader = Reader(1, "lan", "Lan", "unit", ward, False, None)
    with installed(with_registers, monkeypatch):
        monkeypatch.setattr("ui.shell.identity.look_up", lambda: (reader, False))
        page = words(shown(screen))
    assert "Sổ chưa có dòng nào của" in page
    assert "chưa được nạp" not in page
    assert "Hãy hỏi người được giao nhập sổ" in page
