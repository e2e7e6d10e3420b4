"""Two processes of the app on one PostgreSQL database, with everything going on at the same time.

``MINUTES=60`` for an hour; a minute otherwise. People click on both, files come in, programmes are
entered, dossiers are withdrawn and restored, the audit is looked at, back-ups are made.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, func, select, update

from bench.timing import peak_mb
from connectors import audit
from connectors.backup import make_backup
from connectors.database.models import Base, Dossier, ImportBatch, Setting
from connectors.database.session import migrate, open_database, write_transaction
from connectors.intake import import_file
from connectors.registers import add
from connectors.sample.load import load
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests import raw_stream
from tests.e2e import app_server as servers
from tests.e2e.app_server import AppServer, Installation
from tests.hostile.streams import screen
from tests.postgres_server import PostgresServer
from ui.shell.registry import SCREENS

pytestmark = [pytest.mark.proof, pytest.mark.postgres]

MINUTES: Final = float(os.environ.get("MINUTES", "1"))
ROWS: Final = 40
HEADER: Final = "Mã hồ sơ,Ngày tiếp nhận,Hẹn trả,Ngày kết thúc,Đơn vị giải quyết,Thủ tục"
MAPPING: Final = """
[source]
code = "hai-tien-trinh"
name = "Hai tiến trình"
[file]
format = "csv"
[dates]
formats = ["auto"]
[columns]
code = "Mã hồ sơ"
received_at = "Ngày tiếp nhận"
due_at = "Hẹn trả"
ended_at = "Ngày kết thúc"
[constants]
end_kind = "result"
[units.resolving]
column = "Đơn vị giải quyết"
scheme = ["*"]
[procedure]
column = "Thủ tục"
create = true
"""
UNIT: Final = "Phường Hà Đông"
_CLICK, _FILE, _ENTRY, _LOOK, _KEEP = 5.0, 15.0, 10.0, 30.0, 120.0


@dataclass(frozen=True)
class OnPostgres(Installation):
    """An installation whose database is a server's."""

    url: str = ""

    @property
    def database_url(self) -> str:
        return self.url


@dataclass
class Work:
    """What was done until the end, and what went wrong."""

    stop: threading.Event = field(default_factory=threading.Event)
    codes: list[str] = field(default_factory=list)
    programmes: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    looks: int = 0
    backups: list[Path] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    def every(self, seconds: float, do: Callable[[int], object]) -> threading.Thread:
        """A thread that does something every so many seconds until the end."""

        def go() -> None:
            try:
                for turn in itertools.count():
                    do(turn)
                    if self.stop.wait(seconds):
                        return
            except BaseException as fault:  # noqa: BLE001 (told by the test)
                self.faults.append(fault)
                self.stop.set()

        return threading.Thread(target=go, daemon=True)


@pytest.fixture
def installed(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[OnPostgres]:
    name = postgres_server.create()
    made = OnPostgres(tmp_path, url=postgres_server.url(name))
    settings = _settings(made)
    database = open_database(made.url)
    migrate(database)
    load(database, settings, end=servers.SAMPLE_END, dossiers=2_000, with_registers=True)
    with write_transaction(database) as connection:  # real files do not go beside the sample
        kind = update(Setting).where(Setting.key == "data_kind")
        connection.execute(kind.values(value="real"))
    refresh(database, settings)
    database.dispose()
    yield made
    postgres_server.drop(name)


def _settings(at: OnPostgres) -> Settings:
    return Settings(
        data_dir=at.folder, database_url=at.url, audit_key=SecretStr("k" * 40), owner_key=None
    )


@pytest.mark.timeout(MINUTES * 60 + 600)
def test_nothing_is_lost_and_both_say_the_same(installed: OnPostgres) -> None:
    settings, work = _settings(installed), Work()
    database = open_database(installed.url)
    before = _number(database, Dossier)
    with ExitStack() as stack:
        stack.callback(database.dispose)
        keys = {"AUDIT_KEY": "k" * 40}
        apps = [stack.enter_context(servers.start(installed, keys)) for _ in range(2)]
        lines = [stack.enter_context(screen(app, "admin")) for app in apps for _ in range(2)]
        threads = [
            work.every(_CLICK, _person(line, number, work)) for number, line in enumerate(lines)
        ]
        threads += [
            work.every(_FILE, _importer(database, settings, work)),
            work.every(_ENTRY, _clerk(database, settings, work)),
            work.every(_LOOK, _auditor(database, settings, work)),
            work.every(_KEEP, _keeper(database, settings, work)),
        ]
        for thread in threads:
            thread.start()
        work.stop.wait(MINUTES * 60)
        work.stop.set()
        for thread in threads:
            thread.join(120)
        assert work.faults == []
        assert not any(thread.is_alive() for thread in threads)

        # Nothing is lost, nothing is twice, no batch is left open.
        assert _number(database, Dossier) == before + len(work.codes)
        with database.connect() as connection:
            there = set(connection.execute(select(Dossier.code)).scalars())
            programme = Base.metadata.tables["programme"]
            named = set(connection.execute(select(programme.c.code)).scalars())
            batches = connection.execute(select(func.sum(ImportBatch.rows_inserted))).scalar_one()
        assert there >= set(work.codes)
        assert named >= set(work.programmes)
        assert batches == _number(database, Dossier)
        assert _verdict(database, settings).ok

        # Both processes, and one that has just started, say the same of everything.
        apps.append(stack.enter_context(servers.start(installed, keys)))
        said = [_everything(app) for app in apps]
        assert len(said[0]["week"]) > 5
        assert said[0] == said[1] == said[2]
        for app in apps:
            assert "Traceback" not in app.log.read_text(encoding="utf-8")
            assert peak_mb(app.process.pid) < 1_500
        times = sorted(work.times)
        print(  # noqa: T201 (what was measured)
            f"{MINUTES:g} minutes: {len(times)} clicks, median {times[len(times) // 2]:.2f} s, "
            f"p95 {times[len(times) * 95 // 100]:.2f} s; {len(work.codes)} dossiers, "
            f"{len(work.programmes)} programmes, {work.looks} looks at the audit, "
            f"{len(work.backups)} back-ups; peaks {[peak_mb(app.process.pid) for app in apps]} MB"
        )


def _number(database: Engine, table: Any) -> int:
    with database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _person(line: Any, number: int, work: Work) -> Callable[[int], object]:
    def click(turn: int) -> None:
        began = time.monotonic()
        _drawn(line, SCREENS[(turn * 5 + number) % len(SCREENS)].path)
        work.times.append(time.monotonic() - began)

    return click


def _drawn(line: Any, path: str) -> list[str]:
    """A screen's texts; none of its parts is a failure."""
    line.send(raw_stream.rerun(path, f"asof={servers.SAMPLE_END}T17:00"))
    drawn = raw_stream.until(line, "script_finished")
    elements = [message.delta.new_element for message in drawn if message.HasField("delta")]
    assert "exception" not in {one.WhichOneof("type") for one in elements}, path
    return [text for message in drawn for text in raw_stream.values(message, "body")]


def _everything(app: AppServer) -> dict[str, list[str]]:
    with screen(app, "leader") as line:
        return {
            one.key: [text for text in _drawn(line, one.path) if "dh-value" in text]
            for one in SCREENS
            if one.key not in ("admin", "data")
        }


def _importer(database: Engine, settings: Settings, work: Work) -> Callable[[int], object]:
    path, mapping = settings.data_dir / "den.csv", settings.data_dir / "den.toml"
    mapping.write_text(MAPPING, encoding="utf-8")

    def take(turn: int) -> None:
        codes = [f"HAI-{turn}-{number}" for number in range(ROWS)]
        # What came the last time comes again, mended.
        again = work.codes[-ROWS // 2 :]
        days = "01/06/2026 08:00,10/06/2026 17:00"
        rows = [f"{code},{days},,{UNIT},1.001" for code in codes]
        rows += [f"{code},{days},09/06/2026,{UNIT},1.001" for code in again]
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        report = import_file(database, settings, path, mapping)
        assert (report.rows_inserted, report.rows_rejected) == (ROWS, 0)
        work.codes += codes

    return take


def _clerk(database: Engine, settings: Settings, work: Work) -> Callable[[int], object]:
    def enter(turn: int) -> None:
        code = f"HAI-{turn}"
        values = {"code": code, "name": "Kế hoạch", "kind": "Kế hoạch", "unit": UNIT, "source": "K"}
        add(database, settings, "programme", values, by="Lan", at=datetime.now(UTC))
        work.programmes.append(code)

    return enter


def _auditor(database: Engine, settings: Settings, work: Work) -> Callable[[int], object]:
    def look(_turn: int) -> None:
        verdict = _verdict(database, settings)
        assert verdict.ok, verdict.sentence
        work.looks += 1

    return look


def _verdict(database: Engine, settings: Settings) -> audit.Verdict:
    return audit.verify(database, keys=settings.audit_keys, shelf=audit.Shelf.of(settings))


def _keeper(database: Engine, settings: Settings, work: Work) -> Callable[[int], object]:
    def keep(turn: int) -> None:
        path = settings.data_dir / f"sao-luu-{turn}.tar"
        make_backup(database, settings, path, actor=audit.Actor("Lan"))
        work.backups.append(path)

    return keep
