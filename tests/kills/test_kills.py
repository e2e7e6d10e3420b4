"""Killed at any moment (SIGKILL), nothing is there by halves and nothing finished is lost."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors import audit, snapshot
from connectors.access.accounts import add_account
from connectors.engine import Scope, open_facts
from connectors.intake import import_file
from connectors.privacy import Vault
from connectors.privacy.rotate import status
from connectors.settings import Settings
from tests.connectors.privacy.conftest import file_of, planted
from tests.kills.conftest import Worker, numbers, whole
from tests.kills.worker import CELLS, ROWS, UNITS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL"),
]
KILLS = int(os.environ.get("KILLS", "1"))
"""How many times as many moments as are tried at each change."""
SEED = int(os.environ.get("KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)


def _delays(worker: Worker, job: str, kills: int) -> Iterator[tuple[str, float, int]]:
    """A name, seconds to the kill (at most twice what two turns take here), turns to wait for.

    The last kill waits for a turn: whatever the chance of the others, something was finished.
    """
    print(f"KILL_SEED={SEED}")  # noqa: T201 (pytest shows it when the test fails)
    chance = random.Random(f"{SEED} {job}")
    longest = 2 * worker.two_turns(job, f"{job}-first")
    for turn in range(kills):
        yield f"{job}{turn}", chance.uniform(0, longest), int(turn == kills - 1)


def _kills(database: Engine, on_sqlite: int, on_postgresql: int) -> int:
    return KILLS * (on_sqlite if database.dialect.name == "sqlite" else on_postgresql)


def test_imports(database: Engine, installed: Settings, worker: Worker) -> None:
    done = set[int]()
    kills = _kills(database, 3, 2)
    for turn in _delays(worker, "imports", kills):
        done |= {said["batch"] for said in worker.kill("imports", *turn) if "batch" in said}
        whole(database, installed)
        _no_half_batch(database, done)
    assert status(database, installed.owner_keys).in_order
    assert done


def _no_half_batch(database: Engine, done: set[int]) -> None:
    batches = numbers(
        database,
        "SELECT b.id, b.rows_read, b.rows_inserted, b.rows_rejected,"
        " (SELECT count(*) FROM dossier d WHERE d.batch_id = b.id),"
        " (SELECT count(*) FROM owner o JOIN dossier d ON d.id = o.dossier_id"
        "  WHERE d.batch_id = b.id),"
        " (SELECT count(*) FROM rejected_row r WHERE r.batch_id = b.id)"
        " FROM import_batch b ORDER BY b.id",
    )
    assert done <= {batch[0] for batch in batches}
    rejected = ROWS // 100
    for _, *counts in batches:
        taken = ROWS - rejected
        assert counts == [ROWS, taken, rejected, taken, taken, rejected]
    lines = numbers(database, "SELECT subject FROM audit WHERE action = 'import' ORDER BY id")
    assert [f"lô {batch[0]}" for batch in batches] == [subject for (subject,) in lines]
    orphans = "SELECT count(*) FROM dossier WHERE batch_id NOT IN (SELECT id FROM import_batch)"
    assert numbers(database, orphans) == [(0,)]


def test_saves(database: Engine, installed: Settings, worker: Worker) -> None:
    done = set[int]()
    for turn in _delays(worker, "saves", _kills(database, 3, 2)):
        done |= {said["row"] for said in worker.kill("saves", *turn) if "row" in said}
        whole(database, installed)
        rows = numbers(database, "SELECT id FROM programme ORDER BY id")
        assert done <= {row[0] for row in rows}
        logged = numbers(
            database,
            "SELECT CAST(row_key AS integer) FROM change_log WHERE column_name = '*' ORDER BY id",
        )
        assert rows == logged
        assert numbers(database, "SELECT count(*) FROM audit") == [(len(rows),)]
    assert done


_KEPT = ("closed_figure", "closed_unit")


def test_closings(database: Engine, installed: Settings, worker: Worker, tmp_path: Path) -> None:
    """A period is closed with all of its figures and its line in the audit, or not at all."""
    _fill(database, installed, tmp_path)
    done = set[int]()
    worker.kill("closings", "halted", 0, stop=True)  # with everything written but one line
    for table in ("closing", *_KEPT):
        assert numbers(database, f"SELECT count(*) FROM {table}") == [(0,)]
    for turn in _delays(worker, "closings", _kills(database, 3, 2)):
        done |= {said["closed"] for said in worker.kill("closings", *turn) if "closed" in said}
        whole(database, installed)
        kept = (f"(SELECT count(*) FROM {table} k WHERE k.closing_id = c.id)" for table in _KEPT)
        rows = numbers(database, f"SELECT c.id, {', '.join(kept)} FROM closing c ORDER BY c.id")
        assert done <= {number for number, *_ in rows}
        assert {(cells, units) for _, cells, units in rows} <= {(CELLS, UNITS)}
        for table in _KEPT:
            nobodys = f"SELECT count(*) FROM {table} WHERE closing_id NOT IN"
            assert numbers(database, f"{nobodys} (SELECT id FROM closing)") == [(0,)]
        lines = numbers(database, "SELECT count(*) FROM audit WHERE action = 'close_period'")
        assert lines == [(len(rows),)]
    assert done


def test_account_changes(database: Engine, installed: Settings, worker: Worker) -> None:
    for name in ("an", "binh"):
        add_account(database, name, name, "admin", actor=audit.Actor("x"))
    for turn in _delays(worker, "accounts", _kills(database, 3, 2)):
        before = len(_changes(database))
        said = [heard["action"] for heard in worker.kill("accounts", *turn)
                if "action" in heard]  # fmt: skip
        changes = _changes(database)
        # At most one change had been committed and not yet been told.
        assert changes[before : before + len(said)] == said
        assert len(changes) - before - len(said) <= 1
        locked = numbers(database, "SELECT locked_at IS NOT NULL FROM account WHERE name = 'binh'")
        last = changes[-1] if changes else "account_unlocked"
        assert bool(locked[0][0]) == (last == "account_locked")
        _signed_or_not(database, installed)


def _changes(database: Engine) -> list[str]:
    query = "SELECT action FROM audit WHERE action IN ('account_locked', 'account_unlocked')"
    return [action for (action,) in numbers(database, f"{query} ORDER BY id")]


def _signed_or_not(database: Engine, installed: Settings) -> None:
    """Accounts are changed with the installation's own keys, which this process has not."""
    lines = numbers(database, "SELECT key_id FROM audit WHERE key_id IS NULL")
    if lines:  # made above, before the worker
        assert len(lines) == 2
    whole(database, installed)


def test_refreshes(database: Engine, installed: Settings, worker: Worker) -> None:
    last = 0
    for turn in _delays(worker, "refreshes", _kills(database, 3, 2)):
        said = worker.kill("refreshes", *turn)
        told = [heard["snapshot"] for heard in said if "snapshot" in heard]
        last = max([last, *told])
        manifest = snapshot.read_manifest(installed.snapshot_dir)
        if last == 0 and manifest is None:
            continue
        assert manifest is not None
        assert manifest.last_batch_id >= last
        assert _counted(installed) == _up_to(database, manifest.last_batch_id)
    snapshot.refresh(database, installed)
    assert _counted(installed) == _up_to(database, 10**9)
    whole(database, installed)


def _counted(settings: Settings) -> int:
    return len(open_facts(settings, Scope(None)).dossier.collect())


def _up_to(database: Engine, batch: int) -> int:
    query = f"SELECT count(*) FROM dossier WHERE batch_id <= {batch}"
    return int(numbers(database, query)[0][0])


def test_rotations(database: Engine, installed: Settings, worker: Worker, tmp_path: Path) -> None:
    """Whichever key a row is under, one of the two opens it, and what is in it is what was."""
    _fill(database, installed, tmp_path)
    before = _opened(database, installed)
    assert len(before) == 400
    for turn in _delays(worker, "rotations", _kills(database, 3, 2)):
        worker.kill("rotations", *turn)
        assert status(database, installed.owner_keys).not_opened == 0
        assert _opened(database, installed) == before
        whole(database, installed)


def _fill(database: Engine, installed: Settings, folder: Path) -> None:
    path = folder / "ho-so.csv"
    path.write_text(file_of(planted(500)), encoding="utf-8")
    mapping = folder / "work" / "co-chu.toml"
    import_file(database, installed, path, mapping, refresh_snapshot=False)


def _opened(database: Engine, installed: Settings) -> dict[int, Any]:
    vault = Vault(installed.owner_keys)
    rows = numbers(database, "SELECT dossier_id, sealed FROM owner")
    return {number: vault.owner(token, number) for number, token in rows}
