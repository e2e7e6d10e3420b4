"""An import into any of the registers, killed (SIGKILL) at a random moment, is there or is not."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine

from connectors.registers import REGISTERS, import_register, load_examples
from connectors.settings import Settings
from tests.connectors.test_registers_bad_input import VALID, csv_text
from tests.kills.conftest import Worker, numbers, whole

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL"),
]
SEED = int(os.environ.get("KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
ROWS: Final = 60
FILES: Final = 8
AT_EACH_CHANGE: Final = 6
"""Registers at each change, drawn by the seed; all of them in ``make proof``."""
LONGEST: Final = 0.5
"""Seconds before the kill: a few files of a register."""


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.proof),
        pytest.param("postgres", marks=pytest.mark.postgres),
    ]
)
def database(request: pytest.FixtureRequest) -> Engine:
    """PostgreSQL at each change, SQLite in `make proof`; `test_kills.py` has both."""
    made: Engine = request.getfixturevalue(f"{request.param}_database")
    return made


def _text(number: int) -> str:
    return f"M{number}"


def _day(number: int) -> str:
    return f"{date(2019, 1, 2) - timedelta(days=number):%d/%m/%Y}"


def _day_after(number: int) -> str:
    return f"{date(2024, 3, 1) + timedelta(days=number):%d/%m/%Y}"


def _month(number: int) -> str:
    return f"{number % 12 + 1:02}/{2024 - number // 12}"


KEYS: Final[dict[str, tuple[str, Callable[[int], str]]]] = {
    "field": ("Mã lĩnh vực", _text),
    "procedure": ("Mã thủ tục", _text),
    "programme": ("Mã chương trình", _text),
    "task": ("Mã nhiệm vụ", _text),
    "task_update": ("Thời điểm", _day),
    "reminder": ("Thời điểm", _day),
    "inspection": ("Mã cuộc kiểm tra", _text),
    "finding": ("Mã tồn tại", _text),
    "finding_check": ("Ngày xác nhận", _day_after),
    "target": ("Mã chỉ tiêu", _text),
    "commitment": ("Mã chỉ tiêu", _text),
    "unit_rating": ("Bộ chỉ số", _text),
    "index_score": ("Nguồn", _text),
    "indicator_value": ("Đến thời điểm", _day),
    "survey": ("Mã khảo sát", _text),
    "service_component": ("Tháng", _month),
    "form_row": ("Từ ngày", _day),
    "unit_head": ("Từ ngày", _day),
    "event": ("Tên sự kiện", _text),
    "feedback": ("Mã phản ánh", _text),
}
"""Register → the column that makes a sound row (``VALID``) another one, and how."""


def test_every_register_is_killed_here() -> None:
    assert KEYS.keys() == REGISTERS.keys()


def _files(folder: Path, register: str) -> list[str]:
    """Files of other rows each; in each one row that is refused."""
    header, other = KEYS[register]
    made = []
    for turn in range(FILES):
        first = turn * ROWS
        rows = [VALID[register] | {header: other(number)} for number in range(first, first + ROWS)]
        # One word alone could be the title of a group, which is left aside.
        rows.append({name: "" for name in rows[0]} | {header: "?" * 5000})
        path = folder / f"{register}-{turn}.csv"
        path.write_text(csv_text(*rows), encoding="utf-8")
        made.append(str(path))
    return made


def _prepare(database: Engine, installed: Settings, folder: Path) -> None:
    """What the rows refer to: the published examples, a finding, and targets to commit to."""
    load_examples(database, installed, refresh_snapshot=False)
    targets = [
        VALID["target"] | {"Mã chương trình": "CG-KH-2022", "Mã chỉ tiêu": _text(number)}
        for number in range(FILES * ROWS)
    ]
    for register, rows in (
        ("finding", [VALID["finding"] | {"Mã tồn tại": "TT-CU"}]),
        ("target", targets),
    ):
        path = folder / "truoc.csv"
        path.write_text(csv_text(*rows), encoding="utf-8")
        done = import_register(
            database, installed, register, path, by="Lan", refresh_snapshot=False
        )
        assert done.rows_inserted == len(rows)


def _count(database: Engine, query: str) -> int:
    return int(numbers(database, f"SELECT count(*) FROM {query}")[0][0])


def test_register_imports(
    database: Engine, installed: Settings, worker: Worker, tmp_path: Path
) -> None:
    print(f"KILL_SEED={SEED}")  # noqa: T201 (pytest shows it when the test fails)
    chance = random.Random(SEED)
    _prepare(database, installed, tmp_path)
    every = database.dialect.name == "sqlite"
    for register in REGISTERS if every else chance.sample(list(REGISTERS), AT_EACH_CHANGE):
        rows = _count(database, register)
        logged = _logged(database, register)
        (last,) = numbers(database, "SELECT max(id) FROM register_batch")[0]
        (line,) = numbers(database, "SELECT lines FROM audit_head")[0]
        said = worker.kill(
            "registers", register, chance.uniform(0, LONGEST),
            after=1, register=register, files=_files(tmp_path, register),
        )  # fmt: skip
        done = {heard["batch"] for heard in said if "batch" in heard}
        batches = numbers(
            database,
            "SELECT id, rows_read, rows_inserted, rows_rejected, (SELECT count(*) FROM"
            " register_rejection r WHERE r.batch_id = b.id) FROM register_batch b"
            f" WHERE id > {last} ORDER BY id",
        )
        # Whole batches only, and at most one that had been committed and not yet been told.
        assert [batch[1:] for batch in batches] == [(ROWS + 1, ROWS, 1, 1)] * len(batches)
        assert done <= {batch[0] for batch in batches}
        assert len(batches) <= len(done) + 1
        assert _count(database, register) == rows + ROWS * len(batches)
        assert _logged(database, register) == logged + ROWS * len(batches)
        label = REGISTERS[register].label
        query = f"SELECT subject FROM audit WHERE action = 'import' AND id > {line} ORDER BY id"
        assert numbers(database, query) == [(f"{label}, lô {batch[0]}",) for batch in batches]
        assert batches, register
    whole(database, installed)


def _logged(database: Engine, register: str) -> int:
    return _count(database, f"change_log WHERE register = '{register}' AND column_name = '*'")
