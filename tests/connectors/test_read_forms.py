"""Reported forms from the database: newest first, only those of the scope."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from connectors.database.models import Unit
from connectors.engine import Scope
from connectors.read import FORM_ROW, form_rows
from connectors.settings import Settings
from tests.register_models import FormRow


@pytest.fixture
def reported(sqlite_database: Engine) -> Settings:
    """Two units, three lines."""
    with Session(sqlite_database) as session:
        session.add_all(
            [
                Unit(id=1, scheme="gso", code="268", name="Quận Hà Đông", kind="district"),
                Unit(id=2, scheme="gso", code="269", name="Thị xã Sơn Tây", kind="district"),
            ]
        )
        session.flush()
        session.add_all(
            [
                FormRow(form="II.06a", unit_id=1, c7=5998, reported_rate=100.0, source="BC 2023"),
                FormRow(
                    form="II.06a", unit_id=1, c7=10, source="BC 2022",
                    period_from=date(2022, 1, 1), period_to=date(2022, 12, 31),
                ),
                FormRow(
                    form="II.06a", unit_id=2, c7=20, source="BC 2024",
                    period_from=date(2024, 1, 1), period_to=date(2024, 12, 31),
                ),
            ]
        )  # fmt: skip
        session.commit()
    return Settings(database_url=sqlite_database.url.render_as_string(hide_password=False))


def test_forms_newest_first_without_a_period_last(reported: Settings) -> None:
    found = form_rows(reported, Scope(None))
    assert found.schema == FORM_ROW
    assert found["source"].to_list() == ["BC 2024", "BC 2022", "BC 2023"]
    unknown = found.row(2, named=True)
    assert unknown["c8"] is None
    assert unknown["period_from"] is None
    assert unknown["coverage"] == "own"


def test_forms_of_the_scope_only(reported: Settings) -> None:
    assert form_rows(reported, Scope(frozenset({2})))["unit_id"].to_list() == [2]
    empty = form_rows(reported, Scope(frozenset()))
    assert empty.is_empty()
    assert empty.schema == FORM_ROW
