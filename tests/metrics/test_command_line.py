"""``python -m metrics`` on dossiers: which units are meant, and what a 0 of nothing says."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update
from sqlalchemy.engine import Engine

from connectors.database import models
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.__main__ import main
from tests.connectors.snapshot_rows import load, prepare
from tests.oracle import RawDossier

WEEK = ("--from", "2026-02-23", "--to", "2026-03-01", "--format", "json")


@pytest.fixture
def run(sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Unit 1 stands above unit 2; each has a dossier, of applicants who live in unit 3."""
    with sqlite_database.begin() as connection:
        prepare(connection)
        unit = models.Unit
        connection.execute(update(unit).where(unit.id == 2).values(parent_id=1, name="Xã Dưới"))
        connection.execute(update(unit).where(unit.id == 1).values(name="Huyện Trên"))
    received = datetime(2026, 2, 24, 9)
    load(
        sqlite_database,
        [
            RawDossier(n, unit_id=n, applicant_unit_id=3, procedure_id=None, received_at=received)
            for n in (1, 2)
        ],
    )
    refresh(sqlite_database, settings)
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, list(arguments), catch_exceptions=False)

    return invoke


def _counted(result: Result) -> list[tuple[str, int]]:
    assert result.exit_code == 0, result.output
    return [(row["key"], row["numerator"]) for row in json.loads(result.stdout)]


def test_a_district_given_by_number_code_or_name_is_not_a_silent_0(run: Any) -> None:
    for unit in ("1", "huyện trên", "Huyện Trên"):
        assert _counted(run("show", "received", *WEEK, "--unit", unit)) == [("", 2)], unit
    assert _counted(run("show", "received", *WEEK, "--unit", "2")) == [("", 1)]


def test_an_unknown_unit_is_refused_with_the_nearest(run: Any) -> None:
    refused = run("show", "received", *WEEK, "--unit", "Huyện Trêm")
    assert refused.exit_code == 2
    assert "Không có đơn vị “Huyện Trêm”" in refused.stderr
    assert "Huyện Trên" in refused.stderr


def test_an_empty_period_or_scope_says_so(run: Any) -> None:
    said = run("show", "received", *WEEK, "--unit", "3")
    assert _counted(said) == [("", 0)]
    assert "Không có hồ sơ nào của đơn vị đã chọn" in said.stderr
    earlier = ("--from", "2025-02-24", "--to", "2025-03-02")
    assert "toàn bộ số liệu" in run("show", "received", *earlier).stderr
    assert run("show", "received", *WEEK).stderr == ""


@pytest.mark.parametrize("figure", ["received", "on_time", "pending"])
def test_weeks_and_months_before_the_data_have_no_number(run: Any, figure: str) -> None:
    """They were 0, as if nothing had been received then."""
    weeks = run("show", figure, "--from", "2026-02-09", *WEEK[2:], "--by", "week")
    of_february, of_march = {"received": (2, 0), "on_time": (0, 0), "pending": (2, 2)}[figure]
    assert [count for _, count in _counted(weeks)] == [None, None, of_february]
    months = run("show", figure, "--from", "2025-12-01", *WEEK[2:], "--by", "month")
    assert [count for _, count in _counted(months)] == [None, None, of_february, of_march]


def test_figures_by_the_applicants_area(run: Any, tmp_path: Path) -> None:
    shown = run("show", "received", *WEEK, "--by", "applicant_unit")
    assert [count for _, count in _counted(shown)] == [2]
    (area,) = [key for key, _ in _counted(shown)]
    opened = run("rows", "received", *WEEK, "--by", "applicant_unit", "--key", str(area))
    assert len(json.loads(opened.stdout)) == 2


@pytest.mark.parametrize("command", ["show", "rows"])
def test_a_list_names_what_it_was_made_under(run: Any, command: str) -> None:
    """Files said nothing, or "đang chọn": a file travels without the command that made it."""
    asked = (*WEEK[:-1], "csv", "--definition", "lenient", "--due", "original", "--over", "all")
    head, first, *_ = run(command, "received", *asked, "--as-known", "#1").stdout.splitlines()
    row = dict(zip(head.split(","), first.split(","), strict=True))
    names = ("definition", "compare", "due", "over", "from", "to", "as_of", "as_known")
    assert [row[name] for name in names] == [
        *("lenient", "day", "original", "all", "2026-02-23", "2026-03-01"),
        *("2026-03-01T17:01", "#1"),
    ]
    table = run(command, "received", *WEEK[:-1], "table").stdout
    assert "definition: form, compare: timestamp, due: current, over: classified" in table
