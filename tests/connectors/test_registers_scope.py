"""Writing and reading registers within a scope: another unit's rows are no rows."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from connectors import audit
from connectors.database.audit import Audit
from connectors.database.models import Base, Unit
from connectors.engine import Scope
from connectors.registers import (
    RegisterRefused,
    add,
    amend,
    history,
    import_register,
    row,
    standing,
)
from connectors.settings import Settings

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
OUTSIDE = "ngoài phạm vi của tài khoản"
EVERYTHING = Scope(None)


class Wards:
    """Two wards, each with a task, a visit with a finding, and who may write for the first."""

    def __init__(self, engine: Engine, settings: Settings, folder: Path) -> None:
        self.engine, self.settings, self.folder = engine, settings, folder
        self.ours, self.theirs, city = self._units()
        self.scope = Scope(frozenset({self.ours}))
        self.programme = self.save(
            "programme",
            {"code": "KH-1", "name": "Kế hoạch", "kind": "plan", "unit": city, "source": "KH 1"},
            scope=EVERYTHING,
        )
        self.tasks = {unit: self._task(unit) for unit in (self.ours, self.theirs)}
        self.findings = {unit: self._finding(unit) for unit in (self.ours, self.theirs)}

    def _units(self) -> list[int]:
        names = ("Phường Ta", "Phường Bạn", "Thành phố")
        with Session(self.engine) as session:
            units = [
                Unit(scheme="gso", code=f"0000{place}", name=name, kind="commune")
                for place, name in enumerate(names)
            ]
            session.add_all(units)
            session.commit()
            return [unit.id for unit in units]

    def save(self, register: str, values: dict[str, Any], **more: Any) -> int:
        more.setdefault("scope", self.scope)
        write = amend if "key" in more else add
        return write(
            self.engine,
            self.settings,
            register,
            values,
            by="Lan",
            at=NOW,
            refresh_snapshot=False,
            **more,
        )

    def take(self, register: str, text: str) -> Any:
        path = self.folder / "so.csv"
        path.write_text(text, encoding="utf-8")
        return import_register(
            self.engine,
            self.settings,
            register,
            path,
            by="Lan",
            now=NOW,
            refresh_snapshot=False,
            scope=self.scope,
        )

    def _task(self, unit: int) -> int:
        values = {
            "programme": self.programme,
            "code": f"NV-{unit}",
            "name": "Rà soát",
            "unit": unit,
            "source": "KH 1",
        }
        return self.save("task", values, scope=EVERYTHING)

    def _finding(self, unit: int) -> int:
        visit = {"code": f"KT-{unit}", "kind": "surprise", "unit": unit, "source": "KH"}
        found = self.save("inspection", visit | {"from_on": date(2026, 5, 4)}, scope=EVERYTHING)
        values = {
            "inspection": found,
            "code": f"TT-{unit}",
            "kind": "Một cửa",
            "description": "Thiếu",
            "source": "BB",
        }
        return self.save("finding", values, scope=EVERYTHING)

    def refusals(self) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            found = connection.execute(select(Audit.detail).where(Audit.action == "refused"))
            return [json.loads(detail or "{}") for detail in found.scalars()]

    def rows(self, register: str) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            table = Base.metadata.tables[register]
            query = select(table).order_by(table.primary_key.columns.values()[0])
            return [dict(row) for row in connection.execute(query).mappings()]


@pytest.fixture
def wards(database: Engine, settings: Settings, tmp_path: Path) -> Wards:
    return Wards(database, settings, tmp_path)


def _update(task: int) -> dict[str, Any]:
    return {"task": task, "at": NOW, "is_launched": True, "by": "Lan"}


def test_our_own_rows_are_written(wards: Wards) -> None:
    wards.save("task_update", _update(wards.tasks[wards.ours]))
    finding = wards.findings[wards.ours]
    wards.save("finding", {"reported_on": date(2026, 6, 1)}, key={"id": finding})
    wards.save("task", {"person": "Bà Lan"}, key={"id": wards.tasks[wards.ours]})
    assert [row["reported_on"] for row in wards.rows("finding")] == [date(2026, 6, 1), None]
    assert wards.refusals() == []


def test_somebody_elses_row_and_none_are_refused_in_the_same_words(wards: Wards) -> None:
    theirs, none = wards.findings[wards.theirs], 999

    def said(**written: Any) -> str:
        with pytest.raises(RegisterRefused) as refused:
            wards.save(**written)
        return str(refused.value)

    change = {"reported_on": date(2026, 6, 1)}
    other = said(register="finding", values=change, key={"id": theirs})
    assert other == said(register="finding", values=change, key={"id": none})
    task = wards.tasks[wards.theirs]
    update = said(register="task_update", values=_update(task)).replace(f"“{task}”", "“X”")
    assert update == said(register="task_update", values=_update(none)).replace("“999”", "“X”")
    named = {**_update(0), "programme": "KH-1", "task": f"NV-{wards.theirs}"}
    unnamed = {**named, "task": "NV-99"}
    by_code = said(register="task_update", values=named).replace(f"NV-{wards.theirs}", "X")
    assert by_code == said(register="task_update", values=unnamed).replace("NV-99", "X")
    assert wards.rows("task_update") == []
    assert all(row["reported_on"] is None for row in wards.rows("finding"))


def test_a_row_does_not_go_over_to_another_unit(wards: Wards) -> None:
    key = {"id": wards.tasks[wards.ours]}
    with pytest.raises(RegisterRefused, match=OUTSIDE):
        wards.save("task", {"unit": wards.theirs}, key=key)
    new = {"programme": wards.programme, "code": "9", "name": "x", "source": "x"}
    with pytest.raises(RegisterRefused, match=OUTSIDE):
        wards.save("task", new | {"unit": wards.theirs}, actor=audit.Actor("lan"))
    assert {row["unit_id"] for row in wards.rows("task")} == {wards.ours, wards.theirs}
    assert wards.refusals() == [{"register": "task", "why": "ngoài phạm vi"}] * 2


def test_co_operating_units_are_named_and_struck_off_within_the_scope(wards: Wards) -> None:
    key = {"id": wards.tasks[wards.ours]}
    with pytest.raises(RegisterRefused, match=OUTSIDE):
        wards.save("task", {"co_units": (wards.theirs,)}, key=key)
    wards.save("task", {"co_units": (wards.theirs,)}, key=key, scope=EVERYTHING)
    with pytest.raises(RegisterRefused, match=OUTSIDE):
        wards.save("task", {"co_units": ()}, key=key)
    wards.save("task", {"co_units": (wards.theirs, wards.ours)}, key=key)
    assert len(wards.rows("task_unit")) == 2


def test_a_programme_of_others_is_read_and_not_written(wards: Wards) -> None:
    with pytest.raises(RegisterRefused, match=OUTSIDE):
        wards.save("programme", {"name": "khác", "unit": wards.ours}, key={"code": "KH-1"})


def test_a_file_brings_in_our_rows_and_rejects_the_others(wards: Wards) -> None:
    report = wards.take(
        "task",
        "Mã chương trình,Mã nhiệm vụ,Tên nhiệm vụ,Đơn vị chủ trì,Nguồn\n"
        "KH-1,N1,Việc của ta,Phường Ta,KH\n"
        "KH-1,N2,Việc của bạn,Phường Bạn,KH\n"
        f"KH-1,NV-{wards.theirs},Chiếm việc của bạn,Phường Ta,KH\n",
    )
    assert (report.rows_inserted, report.rows_changed, report.rows_rejected) == (1, 0, 2)
    assert all(OUTSIDE in rejection.reason for rejection in report.first_rejected)
    assert {row["name"] for row in wards.rows("task")} == {"Rà soát", "Việc của ta"}
    assert wards.refusals() == [{"register": "task", "why": "ngoài phạm vi", "rows": 2}]


def test_no_hint_names_a_row_of_others(wards: Wards) -> None:
    report = wards.take(
        "task_update", "Mã chương trình,Mã nhiệm vụ,Thời điểm\nKH-1,NV-X,01/06/2026 08:00\n"
    )
    [rejection] = report.first_rejected
    assert f"NV-{wards.ours}" in rejection.reason
    assert f"NV-{wards.theirs}" not in rejection.reason


def test_only_what_a_writer_may_mend_is_offered(wards: Wards) -> None:
    def offered(register: str, scope: Scope) -> set[int]:
        found = standing(wards.engine, register, wards.settings.zone, scope=scope)
        return {number for number, _ in found}

    both = set(wards.tasks.values())
    assert offered("task", EVERYTHING) == both
    assert offered("task", wards.scope) == {wards.tasks[wards.ours]}
    # A programme of others is read, and not mended.
    assert (offered("programme", EVERYTHING), offered("programme", wards.scope)) == (
        {wards.programme},
        set(),
    )


def test_history_and_co_units_of_others_are_empty(wards: Wards) -> None:
    for unit in (wards.ours, wards.theirs):
        key = {"id": wards.tasks[unit]}
        wards.save("task", {"co_units": (wards.ours,)}, key=key, scope=EVERYTHING)

    def known(unit: int, scope: Scope) -> tuple[int, int, int]:
        task, finding = wards.tasks[unit], wards.findings[unit]
        return (
            history(wards.engine, "task", task, scope=scope).height,
            history(wards.engine, "finding", finding, scope=scope).height,
            len(
                (row(wards.engine, "task", task, wards.settings.zone, scope=scope) or {}).get(
                    "co_units", ()
                )
            ),
        )

    assert known(wards.ours, wards.scope) == known(wards.ours, EVERYTHING) == (2, 1, 1)
    assert known(wards.theirs, EVERYTHING) == (2, 1, 1)
    assert known(wards.theirs, wards.scope) == (0, 0, 0)
    assert history(wards.engine, "programme", wards.programme, scope=wards.scope).height == 1
