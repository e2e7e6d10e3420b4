"""Dossiers entered twice: withdrawn by message, by file, by a person; kept, restored, as known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from connectors import audit, withdrawal
from connectors.database.audit import Audit
from connectors.database.models import Pause
from connectors.database.registers import WITHDRAWAL
from connectors.engine import Scope, open_facts
from connectors.intake import ImportReport, import_file
from connectors.registers import RegisterRefused
from connectors.said import Said
from connectors.settings import Settings
from connectors.snapshot import read_manifest, rebuild, refresh
from metrics.core.ask import Ask, source_ends
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.drift import drift
from metrics.dossiers.drift import said as told
from tests.connectors.intake.conftest import (
    GOOD,
    HEADER,
    MAPPING,
    add_catalogue,
    dossiers,
    rejected,
)
from tests.connectors.snapshot_rows import whole
from tests.connectors.test_snapshot import same_facts

# An import ends no earlier than the wall clock says.
START = datetime(2040, 6, 1, 1, 0, tzinfo=UTC)
CSV = MAPPING + '\n[withdrawn]\ncolumn = "Đã hủy"\nreason = "Lý do"\n'
JSONL = """
[source]
code = "truc"
name = "Trục"
[file]
format = "jsonl"
[messages]
status = "TrangThai"
at = "Luc"
[columns]
code = "Ma"
[units.resolving]
column = "DonVi"
[withdrawn]
column = "IsDeleted"
reason = "LyDo"
"""
EVERYTHING = Scope(None)
Send = Callable[..., ImportReport]


class Days:
    """A clock that goes on an hour with each import or decision."""

    def __init__(self) -> None:
        self.now = START

    def next(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def clock() -> Days:
    return Days()


@pytest.fixture
def send(database: Engine, settings: Settings, tmp_path: Path, clock: Days) -> Send:
    """Import a CSV text, or messages, into a database with its units, on both databases."""
    add_catalogue(database)

    def run(content: Any, **kwargs: Any) -> ImportReport:
        is_table = isinstance(content, str)
        mapping, path = tmp_path / "m.toml", tmp_path / ("ho-so.csv" if is_table else "td.jsonl")
        mapping.write_text(CSV if is_table else JSONL, encoding="utf-8")
        text = content if is_table else "\n".join(map(json.dumps, content))
        path.write_text(text, encoding="utf-8")
        how = {"now": clock.next(), "refresh_snapshot": False, **kwargs}
        return import_file(database, settings, path, mapping, **how)

    return run


def said(clock: Days, scope: Scope = EVERYTHING) -> Said:
    return {"by": "Lan", "at": clock.next(), "actor": audit.Actor("lan"), "scope": scope}


def counted(database: Engine, settings: Settings, known: datetime | None = None) -> set[str]:
    """Codes of the dossiers that figures see."""
    refresh(database, settings)
    local = None if known is None else known.astimezone(settings.zone).replace(tzinfo=None)
    facts = open_facts(settings, EVERYTHING, as_known=local)
    assert (manifest := read_manifest(settings.snapshot_dir)) is not None
    frame = facts.dossier.collect().to_native()
    if known is None:
        assert manifest.dossiers == frame["dossier_id"].n_unique()
        # Steps, pauses, apologies and history too: as if all were made anew.
        there = settings.model_copy(update={"data_dir": settings.data_dir / "anew"})
        anew = rebuild(database, there)
        assert same_facts(whole(settings.snapshot_dir, manifest), whole(there.snapshot_dir, anew))
    return set(frame["code"])


def paused_dossiers(settings: Settings) -> list[int]:
    manifest = read_manifest(settings.snapshot_dir)
    assert manifest is not None
    ids: list[int] = whole(settings.snapshot_dir, manifest)["pause"]["dossier_id"].to_list()
    return ids


def message(code: str, status: int, day: int, **more: Any) -> dict[str, Any]:
    at = f"2026-05-{day:02} 08:00"
    return {"Ma": code, "TrangThai": status, "Luc": at, "DonVi": "09556", **more}


def rows(*lines: str) -> str:
    return "\n".join([f"{HEADER},Đã hủy,Lý do", *lines])


def test_a_person_withdraws_and_restores_and_what_was_known_stays(
    send: Send, database: Engine, settings: Settings, clock: Days
) -> None:
    send(rows(f"{GOOD},,", f"{GOOD.replace('HS-1', 'HS-2')},,"))
    both, before = {"HS-1", "HS-2"}, clock.now
    number = dossiers(database)["HS-2"].id
    with database.begin() as connection:
        paused = {"dossier_id": number, "kind": "supplement", "from_at": START}
        connection.execute(insert(Pause).values(**paused))
    assert counted(database, settings) == both
    assert paused_dossiers(settings) == [number]
    withdrawal.withdraw(database, settings, number, " nhập trùng HS-1 ", **said(clock))
    out = clock.now
    assert counted(database, settings) == {"HS-1"}
    assert paused_dossiers(settings) == []
    assert counted(database, settings, before) == both
    (line,) = withdrawal.withdrawn(database, settings, scope=EVERYTHING).to_dicts()
    assert (line["code"], line["by"], line["reason"]) == ("HS-2", "Lan", "nhập trùng HS-1")
    with pytest.raises(RegisterRefused, match="rút khỏi số liệu rồi"):
        withdrawal.withdraw(database, settings, number, "lại", **said(clock))
    # The source's next file still has it, and changes it: it stays out.
    changed = GOOD.replace("HS-1", "HS-2").replace("16:00", "17:00")
    assert send(rows(f"{GOOD},,", f"{changed},,")).rows_changed == 1
    assert counted(database, settings) == {"HS-1"}
    withdrawal.restore(database, settings, number, **said(clock))
    assert counted(database, settings) == both
    assert counted(database, settings, before) == both
    assert counted(database, settings, out) == {"HS-1"}
    assert withdrawal.withdrawn(database, settings, scope=EVERYTHING).is_empty()
    with database.connect() as connection:
        noted = connection.execute(
            select(Audit.action, Audit.subject).where(Audit.action.in_(("withdraw", "reinstate")))
        ).all()
    assert [tuple(each) for each in noted] == [
        ("withdraw", "Hồ sơ HS-2"),
        ("reinstate", "Hồ sơ HS-2"),
    ]


def drifted(settings: Settings, known: datetime, *, whole: bool = True) -> dict[str, list[str]]:
    """Dossiers that make received differ from what was known → what later batches did to them."""
    local = known.astimezone(settings.zone).replace(tzinfo=None)
    then, now = open_facts(settings, EVERYTHING, as_known=local), open_facts(settings, EVERYTHING)
    ask = Ask(date(2025, 6, 2), date(2025, 6, 8), now.calendar)
    before, after = (replace(ask, ends=source_ends(each.sources)) for each in (then, now))
    found = drift(then, now, FIGURES["received"], (before, after))
    return {
        each.code: [told(step, lambda of, key: f"{of} {key}", whole=whole) for step in each.steps]
        for each in found.moved
    }


def test_drift_says_that_a_dossier_was_withdrawn_not_that_it_left_the_scope(
    send: Send, database: Engine, settings: Settings, clock: Days
) -> None:
    send(rows(f"{GOOD},,", f"{GOOD.replace('HS-1', 'HS-2')},,"))
    both = clock.now
    number = dossiers(database)["HS-2"].id
    withdrawal.withdraw(database, settings, number, "trùng", **said(clock))
    out = clock.now
    assert drifted(settings, both) == {"HS-2": ["rút khỏi số liệu"]}
    assert drifted(settings, both, whole=False) == {"HS-2": ["rút khỏi số liệu"]}
    withdrawal.restore(database, settings, number, **said(clock))
    assert drifted(settings, both) == {}
    assert drifted(settings, out) == {"HS-2": ["khôi phục, được tính lại"]}
    send(rows("HS-1,,,,,,,x,trùng"))
    refresh(database, settings)
    assert drifted(settings, both) == {"HS-1": ["rút khỏi số liệu"]}
    # A source may also have given it to another unit: nobody within a scope can tell.
    only = {"HS-1": ["không còn trong số liệu của phạm vi xem"]}
    assert drifted(settings, both, whole=False) == only


def test_a_dossier_outside_the_scope_is_none_and_a_reason_is_needed(
    send: Send, database: Engine, settings: Settings, clock: Days
) -> None:
    send(rows(f"{GOOD},,"))
    found = dossiers(database)["HS-1"]
    for reason, scope, why in (
        ("trùng", Scope(frozenset({found.resolving_unit_id + 1})), "không có trong dữ liệu"),
        ("  ", EVERYTHING, "hãy ghi lý do"),
    ):
        with pytest.raises(RegisterRefused, match=why):
            withdrawal.withdraw(database, settings, found.id, reason, **said(clock, scope))
    own = Scope(frozenset({found.resolving_unit_id}))
    withdrawal.withdraw(database, settings, found.id, "trùng", **said(clock, own))
    assert withdrawal.withdrawn(database, settings, scope=own).height == 1
    assert withdrawal.withdrawn(database, settings, scope=Scope(frozenset())).is_empty()


def test_a_file_withdraws_what_it_marks(send: Send, database: Engine, settings: Settings) -> None:
    send(rows(f"{GOOD},,", f"{GOOD.replace('HS-1', 'HS-2')},,"))
    assert counted(database, settings) == {"HS-1", "HS-2"}
    marked = rows(f"{GOOD},,", "HS-2,,,,,,,x,Nhập trùng HS-1", "HS-9,,,,,,,x,Lạ", ",,,,,,,x,")
    report = send(marked, dry_run=True)
    assert (report.rows_withdrawn, len(dossiers(database))) == (1, 2)
    report = send(marked)
    assert (report.rows_read, report.rows_withdrawn, report.rows_changed) == (4, 1, 1)
    assert (report.rows_unchanged, report.rows_rejected) == (1, 2)
    assert any("1 hồ sơ được rút" in sentence for sentence in report.left_aside)
    assert "chưa có trong dữ liệu" in rejected(database)[0].reason
    assert counted(database, settings) == {"HS-1"}
    with database.connect() as connection:
        assert connection.execute(select(WITHDRAWAL.c.reason)).scalars().all() == [
            "Nhập trùng HS-1"
        ]
    assert send(marked).rows_withdrawn == 0  # again: nothing more


def test_messages_withdraw_in_whatever_order_and_not_what_a_person_restored(
    send: Send, database: Engine, settings: Settings, clock: Days
) -> None:
    mark = {"Ma": "A-2", "IsDeleted": "True", "LyDo": "Nhập trùng"}
    report = send([mark])  # of a dossier that nobody has heard of
    assert (report.rows_read, report.rows_rejected) == (1, 1)
    send([message("A-1", 2, 1), message("A-2", 2, 1, NgayTiepNhan="x")])
    assert rejected(database) == []  # taken when the dossier came
    assert counted(database, settings) == {"A-1"}
    send([message("A-2", 4, 3), mark])
    assert counted(database, settings) == {"A-1"}
    assert dossiers(database)["A-2"].status == 4
    withdrawal.restore(database, settings, dossiers(database)["A-2"].id, **said(clock))
    report = send([mark])
    assert any("đã được khôi phục" in sentence for sentence in report.left_aside)
    assert counted(database, settings) == {"A-1", "A-2"}
