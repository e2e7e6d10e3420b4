"""Files that failed in the field, taken in by the command as their offices would."""

from __future__ import annotations

import ast
import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from connectors.__main__ import main
from connectors.database.models import Dossier, RejectedRow, Unit
from connectors.database.session import migrate, open_database
from connectors.settings import load_settings
from metrics.__main__ import main as metrics

CASES: Final = Path(__file__).parent / "field_cases"
LOCAL: Final = ZoneInfo("Asia/Ho_Chi_Minh")


HEAD: Final = ("Số hồ sơ", "Ngày nhận", "Ngày hẹn trả", "Ngày xong", "Đơn vị")


def ways(name: str) -> dict[str, str]:
    """Code → the cell as it is written, of a file with a way a line."""
    lines = (CASES / name).read_text("utf-8").splitlines()
    return {code: ast.literal_eval(text) for code, text in (line.split("\t") for line in lines)}


def table_of(cells: Iterable[tuple[str, str, str]]) -> str:
    """A file of dossiers with these codes, due dates and ends."""
    text = io.StringIO()
    table = csv.writer(text, delimiter=";")
    table.writerow(HEAD)
    for code, due, end in cells:
        table.writerow((code, "01/12/2025 08:00", due, end, "Phường Thử Một"))
    return text.getvalue()


@dataclass(frozen=True)
class Taken:
    """What the command said, and what is in the database then."""

    exit_code: int
    text: str
    report: dict[str, Any]
    dossiers: dict[str, Dossier]
    rejected: dict[int, RejectedRow]
    units: dict[int, str]

    def local(self, code: str, field: str) -> str | None:
        """A moment of a dossier as its office reads it."""
        moment: datetime | None = getattr(self.dossiers[code], field)
        return None if moment is None else f"{moment.astimezone(LOCAL):%d/%m/%Y %H:%M:%S}"

    def unit_of(self, code: str) -> str:
        """The name of the unit that resolves a dossier."""
        return self.units[self.dossiers[code].resolving_unit_id]


class Office:
    """An installation with an empty database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database: Engine = open_database(load_settings().database_url)
        migrate(self.database)

    def take(self, file: str | Path, mapping: str | Path = "base.toml", *more: str) -> Taken:
        """Import a file (of the field's, or a path) with a mapping (of theirs, or a path)."""
        paths = [CASES / file, "--mapping", str(CASES / mapping)]
        arguments = ["import", *map(str, paths), "--no-snapshot", *more]
        run = CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False)
        report = json.loads(run.stdout) if run.exit_code == 0 else {}
        with Session(self.database, expire_on_commit=False) as session:
            dossiers = {row.code: row for row in session.scalars(select(Dossier))}
            units = {row.id: row.name for row in session.scalars(select(Unit))}
            query = select(RejectedRow).where(RejectedRow.batch_id == report.get("batch_id"))
            rejected = {row.line_no: row for row in session.scalars(query)}
        return Taken(run.exit_code, run.output, report, dossiers, rejected, units)

    def counted(self, figure: str, first: str, last: str, *more: str) -> list[str]:
        """The codes that ``metrics rows`` lists, of a period."""
        return [row["code"] for row in self.asked("rows", figure, first, last, *more)]

    def asked(
        self, command: str, figure: str, first: str, last: str, *more: str
    ) -> list[dict[str, Any]]:
        """What ``metrics`` answers of a period, after the snapshot was made."""
        CliRunner().invoke(main, ["snapshot"], catch_exceptions=False)
        arguments = [command, figure, "--from", first, "--to", last, "--format", "json", *more]
        run = CliRunner().invoke(metrics, arguments, catch_exceptions=False)
        assert run.exit_code == 0, run.output
        found: list[dict[str, Any]] = json.loads(run.stdout)
        return found

    def index(self, index: str, province: str) -> list[dict[str, Any]]:
        """What ``metrics index`` tells of a province, after the snapshot was made."""
        CliRunner().invoke(main, ["snapshot"], catch_exceptions=False)
        arguments = ["index", index, "--province", province, "--format", "json"]
        run = CliRunner().invoke(metrics, arguments, catch_exceptions=False)
        assert run.exit_code == 0, run.output
        found: list[dict[str, Any]] = json.loads(run.stdout)
        return found

    def write(self, name: str, content: str | bytes) -> Path:
        """A file of the office's own."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def own_mapping(self, old: str, new: str, base: str = "base.toml") -> Path:
        """A mapping of the field's with something else in it."""
        text = (CASES / base).read_text(encoding="utf-8")
        assert old in text
        return self.write("own.toml", text.replace(old, new))

    def units(self, *names: str, scheme: str = "don-vi") -> None:
        """Units that are known beforehand."""
        with Session(self.database) as session:
            for place, name in enumerate(names):
                session.add(Unit(scheme=scheme, code=f"{place:05}", name=name, kind="commune"))
            session.commit()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An installation with an empty database."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'office.db'}")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "office"))
    found = Office(tmp_path)
    yield found
    found.database.dispose()
