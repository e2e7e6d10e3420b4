"""Closing and reopening as both databases keep them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from connectors import audit, closing
from connectors.closing import ClosingRefused, ToClose
from connectors.database import models
from connectors.database.closing import CLOSED_FIGURE, CLOSED_UNIT
from connectors.engine import Scope
from connectors.intake.store import clear_sample
from connectors.said import Said
from connectors.settings import Settings
from tests.connectors.intake.conftest import add_catalogue

AT = datetime(2025, 12, 2, 2, tzinfo=UTC)
CELLS = [(1, None, "resolved", "", 5), (1, 3, "late_by_cause", "dispute", 2)]
STOOD = [(1, 7, "Phường Hà Đông (Hà Nội)", "commune")]


def said(units: frozenset[int] | None = None) -> Said:
    return {"by": "Lan", "at": AT, "actor": audit.Actor("Lan"), "scope": Scope(units)}


def week(unit: int | None = None, **more: Any) -> ToClose:
    values: dict[str, Any] = {
        "unit_id": unit,
        "period": "week:2025-W23",
        "first_day": date(2025, 6, 2),
        "last_day": date(2025, 6, 8),
        "as_of": datetime(2025, 6, 9),
        "due": "current",
        "data_version": "v",
        "batch_id": 1,
        "newest": 1,
        "label": "Tuần 23",
    }
    return ToClose(**(values | more))


@pytest.fixture
def filled(database: Engine) -> Engine:
    add_catalogue(database)
    with Session(database) as session:
        session.add(models.Source(id=1, code="s", name="Nguồn"))
        session.flush()
        row = {"id": 1, "source_id": 1, "kind": "sample", "started_at": AT, "finished_at": AT}
        session.execute(insert(models.ImportBatch).values(row))
        session.commit()
    return database


def test_what_was_frozen_comes_back_as_it_was(filled: Engine, settings: Settings) -> None:
    number = closing.close(filled, settings, week(note=" BC 12 "), CELLS, STOOD, **said())
    found = closing.in_force(filled, settings, "week:2025-W23", [2, None])
    assert found is not None
    assert found.cells.rows() == CELLS
    assert found.units.rows() == [(*STOOD[0], 1)]
    assert (found.closing_id, found.as_of) == (number, datetime(2025, 6, 9))
    assert found.at == datetime(2025, 12, 2, 9)
    assert closing.in_force(filled, settings, "week:2025-W24", [None]) is None
    (row,) = closing.listed(filled, settings, Scope()).to_dicts()
    assert (row["note"], row["unit"], row["by"]) == ("BC 12", None, "Lan")


def test_the_nearest_unit_comes_first_and_scopes_are_kept(
    filled: Engine, settings: Settings
) -> None:
    closing.close(filled, settings, week(), CELLS, **said())
    own = closing.close(filled, settings, week(1), CELLS[:1], **said(frozenset({1})))
    found = closing.in_force(filled, settings, "week:2025-W23", [1, None])
    assert found is not None
    assert found.closing_id == own
    assert closing.listed(filled, settings, Scope(frozenset({1})))["closing_id"].to_list() == [own]
    assert closing.found(filled, settings, own - 1, Scope(frozenset({1}))) is None
    with pytest.raises(ClosingRefused, match="ngoài phạm vi"):
        closing.close(filled, settings, week(2), CELLS, **said(frozenset({1})))
    with pytest.raises(ClosingRefused, match="ngoài phạm vi"):
        closing.reopen(filled, settings, own - 1, "x", **said(frozenset({1})))


def test_twice_is_refused_until_it_is_reopened(filled: Engine, settings: Settings) -> None:
    number = closing.close(filled, settings, week(), CELLS, **said())
    with pytest.raises(ClosingRefused, match="đã được Lan chốt lúc 09:00 02/12/2025"):
        closing.close(filled, settings, week(), CELLS, **said())
    closing.reopen(filled, settings, number, "Sai", **said())
    with pytest.raises(ClosingRefused, match="không còn chốt"):
        closing.reopen(filled, settings, number, "Sai", **said())
    assert closing.close(filled, settings, week(), CELLS, **said()) == number + 1
    assert audit.verify(filled).ok


def test_the_samples_closings_go_with_it(filled: Engine, settings: Settings) -> None:
    closing.close(filled, settings, week(), CELLS, STOOD, **said())
    with filled.begin() as connection:
        clear_sample(connection)
        assert connection.execute(select(CLOSED_FIGURE)).all() == []
        assert connection.execute(select(CLOSED_UNIT)).all() == []
    assert closing.listed(filled, settings, Scope()).is_empty()
