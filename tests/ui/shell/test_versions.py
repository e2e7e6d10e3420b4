"""A run reads one snapshot to its end, and of it the registers that it asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine, insert

from connectors.database.models import Base
from connectors.registers import add, amend
from connectors.settings import Settings
from connectors.snapshot import refresh
from ui.shell import data

HOW: dict[str, Any] = {"by": "Lan", "at": datetime(2026, 6, 10, 9, 0, tzinfo=UTC)}


@pytest.fixture
def plan(sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Engine:
    with sqlite_database.begin() as connection:
        unit = {"id": 1, "scheme": "gso", "code": "268", "name": "Hà Đông", "kind": "district"}
        connection.execute(insert(Base.metadata.tables["unit"]), unit)
    given = {"unit_id": 1, "source": "KH 1", "issued_on": date(2026, 1, 1)}
    values = {"code": "P", "name": "Kế hoạch", "kind": "plan", **given}
    add(sqlite_database, settings, "programme", values, **HOW, refresh_snapshot=False)
    refresh(sqlite_database, settings)
    monkeypatch.setattr(data, "settings", lambda: settings)
    st.cache_resource.clear()
    return sqlite_database


def _names(version: str) -> list[str]:
    frame = data.facts(version, None, None).registers.standing()["programme"]
    return list(frame.collect().to_native()["name"])


def test_a_run_that_began_before_a_save_reads_what_was(plan: Engine, settings: Settings) -> None:
    """Another process saves in the middle of a run: no part of the run sees it."""
    began = data.manifest()
    assert began is not None
    amend(plan, settings, "programme", {"name": "Kế hoạch khác"}, key=1, **HOW)
    assert _names(data.narrowed(began.version, "programme")) == ["Kế hoạch"]
    now = data.manifest()
    assert now is not None
    assert _names(data.narrowed(now.version, "programme")) == ["Kế hoạch khác"]
    assert data.narrowed(now.version) == data.narrowed(began.version)


def test_a_register_that_was_not_asked_for_is_not_there(plan: Engine) -> None:
    """Whoever looks at a register names it, so that what is kept is new when it is written."""
    manifest = data.manifest()
    assert manifest is not None
    with pytest.raises(KeyError):
        _names(data.narrowed(manifest.version, "task"))
