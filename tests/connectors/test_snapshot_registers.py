"""The registers have versions of their own: a save brings one register in step, and no dossier."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from connectors.database.models import Base
from connectors.engine import Scope, open_facts
from connectors.registers import add, amend, withdraw
from connectors.settings import Settings
from connectors.snapshot import Manifest, narrowed, read_manifest, refresh, refresh_registers
from connectors.snapshot import registers_of as named_in
from metrics.registers import FRAMES

AT = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
HOW: dict[str, Any] = {"by": "Lan", "at": AT}
NO_REFRESH = HOW | {"refresh_snapshot": False}


@pytest.fixture
def visits(sqlite_database: Engine, settings: Settings) -> Engine:
    """A unit, a visit with a finding, a task; the snapshot in step."""
    with sqlite_database.begin() as connection:
        unit = {"id": 1, "scheme": "gso", "code": "268", "name": "Hà Đông", "kind": "district"}
        connection.execute(insert(Base.metadata.tables["unit"]), unit)
    given = {"unit_id": 1, "source": "KH 1"}
    plan = {"code": "P", "name": "Kế hoạch", "kind": "plan", **given}
    task = {"programme": "P", "code": "1", "name": "Việc", **given}
    visit = {"code": "KT", "kind": "periodic", "from_on": date(2026, 6, 1), **given}
    finding = {"code": "T", "inspection": "KT", "kind": "Khác", "description": "x", "source": "BC"}
    add(sqlite_database, settings, "programme", plan, **NO_REFRESH)
    add(sqlite_database, settings, "task", task, **NO_REFRESH)
    add(sqlite_database, settings, "inspection", visit, **NO_REFRESH)
    add(sqlite_database, settings, "finding", finding, **NO_REFRESH)
    refresh(sqlite_database, settings)
    return sqlite_database


def _changed(before: Manifest, after: Manifest) -> set[str]:
    return {name for name in FRAMES if before.registers[name] != after.registers[name]}


def _now(settings: Settings) -> Manifest:
    found = read_manifest(settings.snapshot_dir)
    assert found is not None
    return found


def test_a_save_changes_its_register_only(visits: Engine, settings: Settings) -> None:
    before = _now(settings)
    amend(visits, settings, "task", {"name": "Việc khác"}, key=1, **HOW)
    after = _now(settings)
    assert _changed(before, after) == {"task"}
    assert (after.data_version, after.parts, after.dims) == (
        before.data_version,
        before.parts,
        before.dims,
    )
    assert after.version != before.version
    for register in set(FRAMES) - {"task"}:
        assert narrowed(after.version, register) == narrowed(before.version, register)
    assert narrowed(after.version, "task") != narrowed(before.version, "task")
    assert named_in(narrowed(after.version, "task", "survey")) == ["survey", "task"]
    assert narrowed(after.version) == narrowed(before.version)


def test_what_a_row_says_of_those_below_it_is_in_step(visits: Engine, settings: Settings) -> None:
    """A finding carries its visit's last day."""
    before = _now(settings)
    amend(visits, settings, "inspection", {"to_on": date(2026, 6, 3)}, key=1, **HOW)
    assert _changed(before, _now(settings)) == {"inspection", "finding"}
    held = open_facts(settings, Scope(None)).registers.standing()["finding"]
    assert held.collect().to_native()["found_on"].to_list() == [date(2026, 6, 3)]


def test_a_withdrawal_takes_what_belongs_along(visits: Engine, settings: Settings) -> None:
    before = _now(settings)
    assert withdraw(visits, settings, "inspection", 1, "trùng", **HOW) == 2
    assert _changed(before, _now(settings)) == {"inspection", "finding"}


def test_in_parts_it_is_what_it_is_at_once(visits: Engine, settings: Settings) -> None:
    """Registers that were written without a refresh come along with the next one's."""
    amend(visits, settings, "programme", {"name": "Kế hoạch khác"}, key=1, **NO_REFRESH)
    withdraw(visits, settings, "finding", 1, "trùng", **NO_REFRESH)
    amend(visits, settings, "task", {"name": "Việc khác"}, key=1, **HOW)
    in_parts = _now(settings)
    again = refresh(visits, settings)
    assert again.registers == in_parts.registers


def test_fields_and_procedures_come_with_the_dossiers(visits: Engine, settings: Settings) -> None:
    before = _now(settings)
    add(visits, settings, "field", {"code": "F", "name": "Hộ tịch"}, **HOW)
    after = _now(settings)
    assert after.data_version != before.data_version
    assert open_facts(settings, Scope(None)).fields["name"].to_list() == ["Hộ tịch"]


def test_without_a_snapshot_all_of_it_is_made(visits: Engine, settings: Settings) -> None:
    (settings.snapshot_dir / "manifest.json").unlink()
    assert refresh_registers(visits, settings).registers.keys() == FRAMES.keys()


def test_nothing_written_nothing_done(visits: Engine, settings: Settings) -> None:
    before = (settings.snapshot_dir / "manifest.json").stat().st_mtime_ns
    refresh_registers(visits, settings)
    assert (settings.snapshot_dir / "manifest.json").stat().st_mtime_ns == before


def test_who_opened_the_old_one_reads_it_to_the_end(
    visits: Engine, settings: Settings, tmp_path: Path
) -> None:
    """Facts of before a save stay those of before, register and all."""
    opened = open_facts(settings, Scope(None), manifest=_now(settings))
    old = _now(settings)
    amend(visits, settings, "task", {"name": "Việc khác"}, key=1, **HOW)

    def names(manifest: Manifest | None) -> list[str]:
        held = open_facts(settings, Scope(None), manifest=manifest).registers.standing()["task"]
        return list(held.collect().to_native()["name"])

    assert opened.registers.standing()["task"].collect().to_native()["name"].to_list() == ["Việc"]
    assert names(old) == ["Việc"]
    assert names(None) == ["Việc khác"]
