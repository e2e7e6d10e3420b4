"""A fetch that is killed (SIGKILL) at any moment and taken up again loses nothing and takes
nothing twice: a watched folder, a read-only database, a web service.

KILLS=25 kills each of them fifty times.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine

from connectors.fetch.folder import FAILED, TAKEN
from connectors.fetch.run import Fetched, fetch
from connectors.settings import Settings
from tests.connectors.fetch.service import Params, Service
from tests.connectors.privacy.conftest import OWNER_MAPPING
from tests.kills.conftest import Worker, numbers, whole

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL"),
]
KILLS: Final = 2 * int(os.environ.get("KILLS", "1"))
SEED: Final = int(os.environ.get("KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
LONGEST: Final = 0.6
"""Seconds before the kill: a few fetches."""
TABLE: Final = """
[source]
code = "nguon"
name = "Nguồn"
{way}
[columns]
code = "ma"
received_at = {{ column = "khong_co", optional = true }}
submitted_at = "nop"
[units.resolving]
column = "don_vi"
"""
ROWS: Final = (
    "SELECT ma, CASE so WHEN 19 THEN '31/02/2025' ELSE '05/06/2025' END AS nop,"
    " 'Phường Hà Đông' AS don_vi, luc FROM ho_so"
)


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.proof])]
)
def database(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(f"{request.param}_database")
    return made


@pytest.fixture
def killed(
    database: Engine, installed: Settings, worker: Worker, tmp_path: Path
) -> Callable[[str, Path], Fetched]:
    """Kills fetches of a source by this mapping, then fetches to the end."""
    print(f"KILL_SEED={SEED}")  # noqa: T201 (pytest shows it when the test fails)
    chance = random.Random(SEED)

    def kill(mapping: str, source: Path) -> Fetched:
        how = tmp_path / "nguon.toml"
        how.write_text(mapping, encoding="utf-8")
        os.utime(how, (1, 1))
        for turn in range(KILLS):
            delay, after = chance.uniform(0, LONGEST), int(turn == KILLS - 1)
            more: dict[str, Any] = {"source": str(source), "how": str(how)}
            worker.kill("fetches", f"n{turn}", delay, after, **more)
            whole(database, installed)
        return fetch(database, installed, how, refresh_snapshot=False, wait=lambda _: None)

    return kill


def test_a_folder(database: Engine, killed: Callable[[str, Path], Fetched], tmp_path: Path) -> None:
    folder = tmp_path / "vao"
    folder.mkdir()
    done = killed(f'{OWNER_MAPPING}\n[folder]\npath = "{folder}"\n', folder)
    assert not done.left
    kept = [path.name for path in (folder / TAKEN).iterdir()]
    assert sorted(path.name for path in folder.iterdir() if path.name[0] != ".") == [TAKEN]
    assert not (folder / FAILED).exists()
    assert not [name for name in kept if "~" in name], "none was taken twice"
    batches = numbers(database, "SELECT file_name, rows_inserted FROM import_batch")
    assert sorted(name for name, _ in batches) == sorted(kept)
    assert {inserted for _, inserted in batches} == {40}
    codes = [code for (code,) in numbers(database, "SELECT code FROM dossier")]
    assert len(codes) == len(set(codes)) == 40 * len(kept)
    assert len(kept) >= 3


def _nothing_lost(database: Engine, source: Path) -> None:
    with closing(sqlite3.connect(source)) as there:
        rows = there.execute("SELECT ma, so = 19 FROM ho_so").fetchall()
    taken = numbers(database, "SELECT code FROM dossier")
    assert sorted(code for (code,) in taken) == sorted(code for code, bad in rows if not bad)
    rejected = numbers(database, "SELECT code FROM rejected_row")
    assert sorted(code for (code,) in rejected) == sorted(code for code, bad in rows if bad)
    (brought,) = numbers(database, "SELECT sum(rows_inserted) FROM import_batch")
    assert int(brought[0]) == len(taken) > 0


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "nguon.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE ho_so (ma text, so integer, luc integer)")
    return path


def test_a_database(database: Engine, killed: Callable[[str, Path], Fetched], source: Path) -> None:
    way = (
        f'[sql]\nurl = "sqlite:///{source}"\nquery = "{ROWS}"\nwatermark = "luc"\n'
        'watermark_kind = "number"'
    )
    killed(TABLE.format(way=way), source)
    _nothing_lost(database, source)


@pytest.mark.proof
def test_a_service(database: Engine, killed: Callable[[str, Path], Fetched], source: Path) -> None:
    def page(params: Params) -> Any:
        query = f"{ROWS} WHERE luc >= ? ORDER BY luc, ma LIMIT 50 OFFSET ?"
        with closing(sqlite3.connect(source)) as there:
            there.row_factory = sqlite3.Row
            asked = (int(params.get("tu", 0)), int(params["page"]))
            return {"data": [dict(row) for row in there.execute(query, asked)]}

    with Service(page) as service:
        way = (
            f'[file]\nformat = "jsonl"\nrecords = "data"\n[rest]\nurl = "{service.url}"\n'
            'paging = "offset"\nwatermark = "luc"\nwatermark_kind = "number"\n'
            'watermark_param = "tu"'
        )
        killed(TABLE.format(way=way), source)
    _nothing_lost(database, source)
