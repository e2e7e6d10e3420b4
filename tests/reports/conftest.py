"""An installation with a few dossiers that came by the real import, and reports made from it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import fastexcel
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from connectors import snapshot
from connectors.database.models import Unit
from connectors.database.session import migrate, open_database
from connectors.intake import ImportReport, import_file
from connectors.sample.load import load
from connectors.settings import Settings
from metrics.core.periods import parse_period
from reports.blocks import Report
from reports.material import Material, Rights
from reports.opening import Wanted, asked
from reports.registry import REPORTS
from reports.render import render
from tests.connectors.intake.conftest import HEADER, MAPPING
from tests.register_models import Procedure

SAMPLE_END = date(2026, 6, 28)
NOW = datetime(2025, 12, 1, tzinfo=UTC)
UNITS = (
    ("00001", "Sở Y tế", "department", "province"),
    ("09556", "Phường Hà Đông", "commune", "commune"),
    ("09886", "Phường Dương Nội", "commune", "commune"),
)


class Office:
    """An installation: files are taken in, reports made."""

    def __init__(self, database: Engine, settings: Settings, folder: Path) -> None:
        self.database, self.settings, self._folder = database, settings, folder
        self._mapping = folder / "thu-nghiem.toml"
        self._mapping.write_text(MAPPING, encoding="utf-8")

    def take(self, *lines: str, now: datetime = NOW) -> ImportReport:
        """Import lines of the small source, and bring the figures in step."""
        path = self._folder / "ho-so.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        report = import_file(
            self.database, self.settings, path, self._mapping, refresh_snapshot=False, now=now
        )
        assert not report.rows_rejected, report.first_rejected
        snapshot.refresh(self.database, self.settings)
        return report

    def material(self, period: str, unit: str | None = None, **wanted: Any) -> Material:
        question = Wanted(parse_period(period), unit, **wanted)
        return Material(asked(self.settings, question, rights=Rights()))

    def report(self, name: str, period: str, unit: str | None = None, **wanted: Any) -> Report:
        return REPORTS[name].make(self.material(period, unit, **wanted))


def office_in(folder: Path, template: Path) -> Office:
    """A fresh installation with all that it has in one folder: units and a procedure."""
    shutil.copy(template, folder / "dung-han.db")
    made = office_at(folder)
    with Session(made.database) as session:
        session.add_all(
            Unit(scheme="H26", code=code, name=name, kind=kind, level=level)
            for code, name, kind, level in UNITS
        )
        session.add(Procedure(code="1.001", name="Đăng ký khai sinh", is_sensitive=False))
        session.commit()
    return made


def office_at(folder: Path) -> Office:
    """The installation in a folder, or in a copy of one."""
    url = f"sqlite:///{folder / 'dung-han.db'}"
    settings = Settings(data_dir=folder, database_url=url, timezone="Asia/Ho_Chi_Minh")
    files = folder / "files"
    files.mkdir(exist_ok=True)
    return Office(open_database(url), settings, files)


@pytest.fixture
def office(_sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    made = office_in(tmp_path, _sqlite_template)
    yield made
    made.database.dispose()


@pytest.fixture(scope="session")
def sample_settings(made_once: Callable[..., Path]) -> Settings:
    """The sample with its registers; the same folder as the tests of screens have."""

    def make(folder: Path) -> None:
        at = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
        engine = open_database(at.database_url)
        migrate(engine)
        load(engine, at, end=SAMPLE_END, dossiers=1_500, with_registers=True)
        snapshot.refresh(engine, at)
        engine.dispose()

    folder = made_once("sample-1500", make)
    return Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")


Rows = list[list[Any]]


def sheet_of(content: bytes, sheet: int | str = 0) -> Rows:
    """A sheet as another program reads it, row by row."""
    frame = fastexcel.read_excel(content).load_sheet(sheet, header_row=None).to_polars()
    return [list(row) for row in frame.rows()]


@pytest.fixture
def xlsx() -> Callable[[Report], Rows]:
    return lambda report: sheet_of(render(report, "xlsx"))
