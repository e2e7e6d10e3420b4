"""Units that are one: said, moved, imported again, taken back, as known before."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from connectors import audit, same_units
from connectors.access import scope_of
from connectors.alike import NEAR_NAME, SAME_CODE, SAME_NAME, alike
from connectors.database.access import Account
from connectors.database.audit import Audit
from connectors.database.models import Dossier, Step, Unit
from connectors.database.registers import TABLES, WITHDRAWAL, ChangeLog
from connectors.engine import Scope, open_facts
from connectors.intake import ImportReport, import_file
from connectors.registers import RegisterRefused, add
from connectors.settings import Settings
from connectors.snapshot import refresh

START = datetime(2040, 6, 1, 1, 0, tzinfo=UTC)
EVERYTHING = Scope(None)
MAPPING = """
[source]
code = "{source}"
name = "Nguồn {source}"
[file]
format = "jsonl"
[columns]
code = "ma"
received_at = "nhan"
[units.resolving]
column = "don_vi"
scheme = ["dinh-danh", "*"]
create = true
[[children]]
kind = "steps"
columns.name = "buoc"
columns.from_at = "nhan"
unit = { column = "don_vi", scheme = ["dinh-danh", "*"] }
"""
OLD, NEW = "Phuong Kinh Bac (cu)", "Phường Kinh Bắc"
Office = Callable[..., ImportReport]


class Clock:
    def __init__(self) -> None:
        self.now = START

    def next(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said(clock: Clock) -> Callable[[], dict[str, Any]]:
    def run(scope: Scope = EVERYTHING) -> dict[str, Any]:
        return {"by": "Lan (lan)", "at": clock.next(), "actor": audit.Actor("lan"), "scope": scope}

    return run


@pytest.fixture
def take(database: Engine, settings: Settings, tmp_path: Path, clock: Clock) -> Office:
    """Import dossiers (code, unit, day of June 2040) of a source."""

    def run(*rows: tuple[str, str, int], source: str = "a") -> ImportReport:
        mapping, path = tmp_path / f"{source}.toml", tmp_path / f"{source}.jsonl"
        mapping.write_text(MAPPING.replace("{source}", source), encoding="utf-8")
        lines = [
            {"ma": code, "don_vi": unit, "nhan": f"{day:02}/05/2040 08:00", "buoc": "Thụ lý"}
            for code, unit, day in rows
        ]
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        return import_file(database, settings, path, mapping, now=clock.next())

    return run


def ids(database: Engine) -> dict[str, int]:
    with database.connect() as connection:
        return {row.name: row.id for row in connection.execute(select(Unit.name, Unit.id))}


def of_units(database: Engine) -> dict[str, str]:
    """Dossier → the unit that resolves it, which its step has, too."""
    query = select(Dossier.code, Unit.name, Step.unit_id == Unit.id)
    query = query.join(Unit, Unit.id == Dossier.resolving_unit_id)
    query = query.join(Step, Step.dossier_id == Dossier.id).order_by(Dossier.code)
    with database.connect() as connection:
        rows = connection.execute(query).all()
    assert all(row[2] for row in rows)
    return {row[0]: row[1] for row in rows}


def shown(settings: Settings, known: datetime | None = None) -> tuple[set[str], dict[str, int]]:
    """Names of the units, and dossiers by unit, as a screen has them (as known then)."""
    local = known.astimezone(settings.zone).replace(tzinfo=None) if known else None
    facts = open_facts(settings, EVERYTHING, as_known=local)
    names = dict(facts.units.select("unit_id", "name").iter_rows())
    counted = facts.dossier.collect().to_native().group_by("unit_id").len()
    return set(names.values()), {names[unit]: n for unit, n in counted.iter_rows()}


def test_two_entries_are_one_and_two_again(
    database: Engine, settings: Settings, take: Office, said: Any, clock: Clock
) -> None:
    first = [("1", OLD, 1), ("2", NEW, 1)]
    take(*first)
    take(("3", OLD, 2), source="b")
    unit = ids(database)
    before = clock.now
    moved = same_units.merge(database, settings, unit[NEW], unit[OLD], "Một phường", **said())
    assert moved == 2
    assert set(of_units(database).values()) == {NEW}
    assert shown(settings) == ({NEW}, {NEW: 3})
    # What was known before still says what it said.
    assert shown(settings, before) == ({OLD, NEW}, {OLD: 2, NEW: 1})
    # The same file changes nothing, and the old spelling is the kept unit's.
    again = take(*first)
    assert (again.rows_unchanged, again.units_created) == (2, [])
    take(("4", OLD, 3))
    assert of_units(database)["4"] == NEW
    (row,) = same_units.listed(database, settings).iter_rows(named=True)
    assert (row["text"], row["unit"], row["is_merged"], row["by"]) == (OLD, NEW, True, "Lan (lan)")
    assert same_units.take_back(database, settings, row["alias_id"], **said()) == 2
    assert of_units(database) == {"1": OLD, "2": NEW, "3": OLD, "4": NEW}
    assert shown(settings)[1] == {OLD: 2, NEW: 2}
    # What came meanwhile goes where it belongs with its next import.
    assert take(("4", OLD, 3)).rows_changed == 1
    assert of_units(database)["4"] == OLD
    assert same_units.listed(database, settings).is_empty()
    with database.connect() as connection:
        noted = connection.execute(select(Audit.action).order_by(Audit.id)).scalars().all()
    assert [name for name in noted if name.startswith("units")] == ["units_merged", "units_split"]


def test_registers_accounts_and_units_below_go_along(
    database: Engine, settings: Settings, take: Office, said: Any, clock: Clock
) -> None:
    take(("1", OLD, 1), ("2", NEW, 1), ("3", "Phòng Một", 1))
    unit = ids(database)
    how = {**said(), "refresh_snapshot": False}
    rating = {"scheme": "cchc", "year": 2039, "score": 80.0, "source": "QĐ 1"}
    written = {
        name: add(database, settings, "unit_rating", {**rating, "unit": unit[name]}, **how)
        for name in (OLD, NEW)
    }
    alone = add(
        database, settings, "unit_rating", {**rating, "year": 2038, "unit": unit[OLD]}, **how
    )
    table = TABLES["unit_rating"]
    with database.begin() as connection:
        below = Unit.__table__.update().where(Unit.id == unit["Phòng Một"])  # type: ignore[attr-defined]
        connection.execute(below.values(parent_id=unit[OLD]))
        values = {"name": "hoa", "full_name": "Hoa", "role": "unit", "unit_id": unit[OLD]}
        values |= {"passphrase_hash": "x", "must_change": False, "created_at": clock.now}
        connection.execute(insert(Account).values(**values))
    same_units.merge(database, settings, unit[NEW], unit[OLD], "Một phường", **said())

    def state() -> tuple[Any, ...]:
        with database.connect() as connection:
            rows = connection.execute(select(table.c.id, table.c.unit_id))
            named = {row.id: row.unit_id for row in rows}
            away = select(WITHDRAWAL.c.row_id).where(WITHDRAWAL.c.register == "unit_rating")
            gone = set(connection.execute(away).scalars())
            parent = select(Unit.parent_id).where(Unit.id == unit["Phòng Một"])
            above = connection.execute(parent).scalar_one()
            seen = connection.execute(select(Account.unit_id)).scalar_one()
        return named, gone, above, seen

    # Of two ratings of one year the other's is withdrawn; nothing is lost.
    assert state() == (
        {written[OLD]: unit[OLD], written[NEW]: unit[NEW], alone: unit[NEW]},
        {written[OLD]},
        unit[NEW],
        unit[NEW],
    )
    facts = open_facts(settings, EVERYTHING)
    assert unit["Phòng Một"] in (scope_of(unit[NEW], "unit", facts.units).units or ())
    with database.connect() as connection:
        lines = select(func.count()).where(ChangeLog.row_key == str(alone))
        assert connection.execute(lines).scalar_one() == 2
    (alias,) = same_units.listed(database, settings)["alias_id"]
    same_units.take_back(database, settings, alias, **said())
    named = {written[OLD]: unit[OLD], written[NEW]: unit[NEW], alone: unit[OLD]}
    assert state() == (named, set(), unit[OLD], unit[OLD])


def test_what_is_not_one_is_refused(
    database: Engine, settings: Settings, take: Office, said: Any
) -> None:
    take(("1", OLD, 1), ("2", NEW, 1), ("3", "Phòng Một", 1))
    unit = ids(database)

    def refused(match: str, *given: Any, scope: Scope = EVERYTHING) -> None:
        with pytest.raises(RegisterRefused, match=match):
            same_units.merge(database, settings, *given, **said(scope))

    refused("lý do", unit[NEW], unit[OLD], " ")
    refused("chính nó", unit[NEW], unit[NEW], "x")
    refused("không có trong danh mục", unit[NEW], 999, "x")
    refused("ngoài phạm vi", unit[NEW], unit[OLD], "x", scope=Scope(frozenset({unit[NEW]})))
    with database.begin() as connection:
        below = Unit.__table__.update().where(Unit.id == unit["Phòng Một"])  # type: ignore[attr-defined]
        connection.execute(below.values(parent_id=unit[OLD]))
    refused("đứng dưới", unit["Phòng Một"], unit[OLD], "x")
    same_units.merge(database, settings, unit[NEW], unit[OLD], "x", **said())
    refused("đã nhập vào", unit["Phòng Một"], unit[OLD], "x")
    assert set(of_units(database).values()) == {NEW, "Phòng Một"}


def test_a_chain_counts_for_its_end_and_is_taken_back_from_there(
    database: Engine, settings: Settings, take: Office, said: Any
) -> None:
    take(("1", "A", 1), ("2", "B", 1), ("3", "C", 1))
    unit = ids(database)
    same_units.merge(database, settings, unit["B"], unit["A"], "x", **said())
    same_units.merge(database, settings, unit["C"], unit["B"], "x", **said())
    take(("4", "A", 2))
    assert set(of_units(database).values()) == {"C"}
    last, first = same_units.listed(database, settings)["alias_id"]
    with pytest.raises(RegisterRefused, match="hãy tách ở đó trước"):
        same_units.take_back(database, settings, first, **said())
    same_units.take_back(database, settings, last, **said())
    same_units.take_back(database, settings, first, **said())
    assert of_units(database) == {"1": "A", "2": "B", "3": "C", "4": "C"}
    with pytest.raises(RegisterRefused, match="đã được gỡ"):
        same_units.take_back(database, settings, first, **said())


def test_a_spelling_means_a_unit_on_its_days(
    database: Engine, settings: Settings, take: Office, said: Any
) -> None:
    take(("1", "A", 1), ("2", "B", 1))
    unit, ten = ids(database), date(2040, 5, 10)
    code = "000.00.18.H05"
    same_units.call(database, settings, unit["A"], code, (None, ten), "QĐ 1", **said())
    same_units.call(
        database, settings, unit["B"], "H05.18", (ten + timedelta(1), None), "QĐ 1", **said()
    )
    report = take(("3", "H05.18", 9), ("4", "000.00.18.H05", 11), ("5", "18.H05", 10))
    assert report.units_created == []
    assert of_units(database) == {"1": "A", "2": "B", "3": "A", "4": "B", "5": "A"}
    with pytest.raises(RegisterRefused, match="đã có nghĩa"):
        same_units.call(database, settings, unit["B"], code, (ten, ten), "x", **said())
    with pytest.raises(RegisterRefused, match="là mã hoặc tên của “B”"):
        same_units.call(database, settings, unit["A"], "b", (None, None), "x", **said())
    rating = {"scheme": "cchc", "year": 2039, "score": 80.0, "source": "x", "unit": "H05.18"}
    how = {**said(), "refresh_snapshot": False}
    row = add(database, settings, "unit_rating", rating, **how)
    table = TABLES["unit_rating"]
    with database.connect() as connection:
        found = connection.execute(select(table.c.unit_id).where(table.c.id == row)).scalar_one()
    assert found == unit["A"]  # in 2039 the code was the first one's
    for alias in same_units.listed(database, settings)["alias_id"]:
        same_units.take_back(database, settings, alias, **said())
    assert take(("6", code, 9)).units_created == [code]


def test_the_snapshot_made_in_one_go_is_the_same(
    database: Engine, settings: Settings, take: Office, said: Any
) -> None:
    take(("1", OLD, 1), ("2", NEW, 1))
    unit = ids(database)
    same_units.merge(database, settings, unit[NEW], unit[OLD], "x", **said())
    before = shown(settings)
    for path in settings.snapshot_dir.glob("manifest.json"):
        path.unlink()
    refresh(database, settings)
    assert shown(settings) == before


def _unit(number: int, name: str, code: str = "", **more: Any) -> dict[str, Any]:
    bare = {"scheme": "x", "parent_id": None, "valid_from": None, "valid_to": None}
    return {"unit_id": number, "name": name, "code": code or name, **bare, **more}


@pytest.mark.parametrize(
    ("one", "two", "why"),
    [
        (_unit(1, "A", "000.00.18.H05"), _unit(2, "B", "H05.18"), SAME_CODE),
        (_unit(1, "UBND phường Thử"), _unit(2, "Ủy ban nhân dân phường Thử"), SAME_NAME),
        (_unit(1, "Phường Hòa Bình"), _unit(2, "phuong hoa binh"), SAME_NAME),
        (_unit(1, "Phường Hoà Bình"), _unit(2, "P. Hòa Bình", parent_id=9), SAME_NAME),
        (_unit(1, "Trung tâm hành chính công"), _unit(2, "Trung tâm hành chinh côn"), NEAR_NAME),
        (_unit(1, "Phường Hòa Bình"), _unit(2, "Phường Hoa Bỉnh"), None),
        (_unit(1, "Phòng Tư pháp", parent_id=8), _unit(2, "Phòng Tư pháp", parent_id=9), None),
        (_unit(1, "Chi nhánh số 11 thành phố"), _unit(2, "Chi nhánh số 12 thành phố"), None),
        (
            _unit(1, "Xã Thử", valid_to=date(2025, 6, 30)),
            _unit(2, "Xã Thử", valid_from=date(2025, 7, 1)),
            None,
        ),
        (_unit(1, "Sở Thử"), _unit(2, "Sở Thử", parent_id=1), None),
    ],
)  # fmt: skip
def test_likely_one_or_two(one: Any, two: Any, why: str | None) -> None:
    found = alike([one, two], {1: 5})
    assert [(pair.why, {pair.kept, pair.other}) for pair in found] == (
        [(why, {1, 2})] if why else []
    )
    if why and two["parent_id"] is None:
        assert found[0].kept == 1
    assert alike([one, two], {}, {frozenset((1, 2))}) == []
