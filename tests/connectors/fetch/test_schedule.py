"""Sources that are fetched by themselves: by one process, however many run, and only when due."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.database.alone import Alone
from connectors.fetch import bounds, schedule, state
from connectors.fetch.run import fetch
from connectors.fetch.schedule import Schedule, overdue
from connectors.intake.report import NotNow
from connectors.settings import PROJECT_ROOT, Settings
from tests.connectors.fetch.conftest import put
from tests.connectors.intake.conftest import GOOD, MAPPING, add_catalogue, dossiers, file_of

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
def asks(settings: Settings, folder: Path) -> Callable[..., None]:
    def write(name: str = "theo-doi", every: str = '"15 phút"') -> None:
        settings.mappings_dir.mkdir(exist_ok=True)
        ask = f'{MAPPING}\n[folder]\npath = "{folder}"\nevery = {every}\n'
        (settings.mappings_dir / f"{name}.toml").write_text(ask, encoding="utf-8")

    return write


class Going:
    """A fetch that is not done until it is killed."""

    done = False

    def poll(self) -> int | None:
        return -9 if self.done else None

    def kill(self) -> None:
        self.done = True

    def wait(self) -> int:
        return -9


def test_of_two_only_one_fetches_and_the_other_takes_over(
    database: Engine, settings: Settings, asks: Callable[..., None], folder: Path
) -> None:
    asks()
    put(folder, "a.csv", "x")
    ran = list[Going]()

    def run(name: str) -> Going:
        state.note(database, name, NOW, None)
        ran.append(Going())
        return ran[-1]

    first, second = (Schedule(settings, database, run) for _ in range(2))
    assert first.turn(NOW) == ["theo-doi"]
    later = NOW + timedelta(minutes=15)
    assert second.turn(later) == [], "the first one does it"
    assert first.turn(NOW + timedelta(minutes=14)) == [], "it is not due yet"
    assert first.turn(later) == [], "it is still going"
    first.end()
    assert ran[0].done, "what was on its way ends with it"
    assert second.turn(later) == ["theo-doi"]
    assert second.turn(later + timedelta(hours=7)) == ["theo-doi"], "the last took too long"
    assert ran[1].done
    second.end()


def test_nothing_is_done_unless_a_mapping_asks(
    sqlite_database: Engine, settings: Settings, folder: Path, asks: Callable[..., None]
) -> None:
    assert Schedule(settings, sqlite_database, pytest.fail).turn(NOW) == []
    assert not (settings.data_dir / "khoa").exists()
    # An empty folder costs no process.
    asks()
    keeper = Schedule(settings, sqlite_database, pytest.fail)
    assert keeper.turn(NOW) == []
    keeper.end()
    assert state.states(sqlite_database)["theo-doi"].good_at == NOW


def test_when_it_is_due() -> None:
    every = timedelta(minutes=15)
    assert overdue(None, every, NOW)
    assert overdue(NOW - every, every, NOW)
    assert not overdue(NOW - timedelta(minutes=14), every, NOW)
    assert overdue(NOW + timedelta(days=1), every, NOW), "the clock was put back"


def test_the_right_to_do_it_is_one_processs_and_ends_with_it(
    database: Engine, settings: Settings
) -> None:
    mine, other = (Alone(database, settings.data_dir, "x") for _ in range(2))
    assert mine.take()
    assert mine.take(), "it is still mine"
    assert not other.take()
    mine.release()
    assert other.take()
    other.release()


def test_a_source_is_not_fetched_twice_at_a_time(
    sqlite_database: Engine,
    settings: Settings,
    asks: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impatient = replace(bounds.schedule(), patience_seconds=0.01)
    monkeypatch.setattr(bounds, "schedule", lambda: impatient)
    asks()
    with Alone(sqlite_database, settings.data_dir, "fetch theo-doi") as held:
        assert held.take()
        with pytest.raises(NotNow, match="một tiến trình khác"):
            fetch(sqlite_database, settings, "theo-doi")


def _to_its_end(keeper: Schedule) -> None:
    for running, _ in keeper._running.values():
        running.wait()


def test_it_is_done_in_a_process_of_its_own_and_noted(
    sqlite_database: Engine,
    settings: Settings,
    folder: Path,
    asks: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asks(every="1")
    add_catalogue(sqlite_database)
    put(folder, "a.csv", file_of(GOOD))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    keeper = Schedule(settings, sqlite_database)
    assert keeper.turn() == ["theo-doi"]
    _to_its_end(keeper)
    assert set(dossiers(sqlite_database)) == {"HS-1"}
    noted = state.states(sqlite_database)["theo-doi"]
    assert (noted.error, noted.rows_inserted, noted.files_refused) == (None, 1, 0)
    # The bad one is noted, too, with what is to be done.
    folder.rename(folder.with_name("khac"))
    keeper.end()
    assert fetch(sqlite_database, settings, "theo-doi", refresh_snapshot=False).left
    noted = state.states(sqlite_database)["theo-doi"]
    assert "thư mục không có" in str(noted.error)
    assert noted.good_at is not None
    assert noted.batch_id == 1


def test_the_thread_goes_on_after_a_fault(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = replace(bounds.schedule(), tick_seconds=0.001)
    monkeypatch.setattr(bounds, "schedule", lambda: quick)
    turns = threading.Semaphore(0)

    def turn(self: Schedule) -> None:
        turns.release()
        raise OSError

    monkeypatch.setattr(Schedule, "turn", turn)
    with schedule.fetching(lambda: settings, lambda: sqlite_database):
        assert all(turns.acquire(timeout=20) for _ in range(3))


def test_a_killed_holder_lets_go(sqlite_database: Engine, settings: Settings) -> None:
    script = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from sqlalchemy import create_engine\n"
        "from connectors.database.alone import Alone\n"
        "held = Alone(create_engine('sqlite://'), Path(sys.argv[1]), 'x')\n"
        "print(held.take(), flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(settings.data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT_ROOT) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        mine = Alone(sqlite_database, settings.data_dir, "x")
        assert not mine.take()
        os.kill(holder.pid, 9)
        holder.wait()
        assert mine.take()
        mine.release()
