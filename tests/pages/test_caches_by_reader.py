"""What is kept for one reader is not shown to another with another scope."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from connectors.engine import Scope, open_facts
from metrics.dossiers.quality import CHECKS
from tests.pages.conftest import Installation
from tests.pages.links import tables
from tests.screens import on


def _lists(app: AppTest, unit: int | None = None) -> list[set[str]]:
    """The dossier codes under each check of the data's quality, as the screen has them now."""
    found = []
    for check in CHECKS:
        query = {"part": "quality", "check": check, "period": "2026-05"}
        app.query_params.clear()
        app.query_params.update(query if unit is None else query | {"unit": str(unit)})
        on(app, "data").run()
        assert not app.exception
        rows = [row for table in tables(app) for row in table]
        found.append({row["Mã hồ sơ"] for row in rows if "Mã hồ sơ" in row})
    return found


@pytest.mark.parametrize("chosen", [False, True])
def test_the_checks_of_one_reader_are_not_anothers(
    app: AppTest,
    sample_installation: Installation,
    as_reader: Callable[..., None],
    chosen: bool,
) -> None:
    """Two leaders look one after the other: of everything, and of one unit."""
    units = open_facts(sample_installation.settings, Scope(None)).units
    ward = units.filter(level="commune").sort("unit_id")["unit_id"][0]
    own = open_facts(sample_installation.settings, Scope(frozenset({ward}))).dossier
    codes = set(own.select("code").collect(backend="polars").to_native()["code"])
    as_reader("leader")
    app.run()
    of_all = _lists(app)
    assert any(of_all)
    as_reader("leader", ward)
    for found in _lists(app, ward if chosen else None):
        assert found <= codes
