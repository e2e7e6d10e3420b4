"""Who leads a unit: by day, within scope, in the database only."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert

from connectors.database.models import Unit
from connectors.database.registers import TABLES
from connectors.engine import Scope
from connectors.heads import Head, heads_on
from connectors.registers import RegisterRefused, add, restore, withdraw
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.registers import FRAMES

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
HOW: dict[str, Any] = {"by": "Lan", "at": AT, "refresh_snapshot": False}
ALL = Scope(None)
HEAD = TABLES["unit_head"]


@pytest.fixture
def units(sqlite_database: Engine) -> tuple[int, int]:
    made = []
    with sqlite_database.begin() as connection:
        for code in ("1", "2"):
            values = {"scheme": "gso", "code": code, "name": f"Phường {code}"}
            values |= {"kind": "commune", "level": "commune"}
            done = insert(Unit).values(**values).returning(Unit.id)
            made.append(int(connection.execute(done).scalar_one()))
    return made[0], made[1]


def head(unit: int, since: date, **more: Any) -> dict[str, Any]:
    named = {"unit_id": unit, "since": since, "name": "Trần Thị An", "source": "Quyết định"}
    return named | more


def test_the_one_whose_term_holds_and_began_last(
    sqlite_database: Engine, settings: Settings, units: tuple[int, int]
) -> None:
    for since, until, name in (
        (date(2021, 7, 1), date(2025, 6, 30), "Bùi Văn Cũ"),
        (date(2025, 7, 1), None, "Trần Thị An"),
    ):
        row = head(units[0], since, until=until, name=name, title="Chủ tịch", phone="024.3825 1234")
        add(sqlite_database, settings, "unit_head", row, **HOW)

    def on(day: date) -> str | None:
        found = heads_on(sqlite_database, day, units, ALL)
        assert set(found) <= {units[0]}
        return found[units[0]].name if found else None

    assert on(date(2021, 6, 30)) is None
    assert on(date(2025, 6, 30)) == "Bùi Văn Cũ"
    assert on(date(2025, 7, 1)) == "Trần Thị An"
    assert on(date(2026, 11, 30)) == "Trần Thị An"


def test_nobody_is_told_of_units_outside_the_scope_or_not_asked_for(
    sqlite_database: Engine, settings: Settings, units: tuple[int, int]
) -> None:
    for unit in units:
        add(sqlite_database, settings, "unit_head", head(unit, date(2025, 7, 1)), **HOW)
    day = date(2026, 1, 1)
    assert set(heads_on(sqlite_database, day, units, Scope(frozenset({units[1]})))) == {units[1]}
    assert heads_on(sqlite_database, day, units, Scope(frozenset())) == {}
    assert set(heads_on(sqlite_database, day, units[:1], ALL)) == {units[0]}
    outside = {**HOW, "scope": Scope(frozenset({units[1]}))}
    with pytest.raises(RegisterRefused, match="ngoài phạm vi"):
        add(sqlite_database, settings, "unit_head", head(units[0], date(2026, 1, 1)), **outside)


def test_a_withdrawn_one_leads_nothing_until_restored(
    sqlite_database: Engine, settings: Settings, units: tuple[int, int]
) -> None:
    row = add(sqlite_database, settings, "unit_head", head(units[0], date(2025, 7, 1)), **HOW)
    withdraw(sqlite_database, settings, "unit_head", row, "Nhập nhầm", **HOW)
    assert heads_on(sqlite_database, date(2026, 1, 1), units, ALL) == {}
    restore(sqlite_database, settings, "unit_head", row, **HOW)
    assert set(heads_on(sqlite_database, date(2026, 1, 1), units, ALL)) == {units[0]}


@pytest.mark.parametrize("phone", ["gọi sau", "12345", "0912 345 678 900 123", "<b>0912345678</b>"])
def test_what_is_no_telephone_number_is_refused(
    sqlite_database: Engine, settings: Settings, units: tuple[int, int], phone: str
) -> None:
    with pytest.raises(RegisterRefused, match="không phải số điện thoại"):
        row = head(units[0], date(2025, 7, 1), phone=phone)
        add(sqlite_database, settings, "unit_head", row, **HOW)


def test_name_and_number_are_in_no_frame_and_no_file_of_the_snapshot(
    sqlite_database: Engine, settings: Settings, units: tuple[int, int]
) -> None:
    assert {"name", "phone"}.isdisjoint(FRAMES["unit_head"])
    row = head(units[0], date(2025, 7, 1), name="Khuất Thị Lạ", phone="0987.654.321")
    add(sqlite_database, settings, "unit_head", row, **HOW)
    refresh(sqlite_database, settings)
    read = 0
    for path in settings.snapshot_dir.rglob("*"):
        if path.suffix == ".parquet":
            texts = str(pl.read_parquet(path).to_dicts())
            read += 1
        elif path.is_file():
            texts = path.read_text("utf-8", "replace")
        else:
            continue
        assert "Khuất" not in texts
        assert "987.654" not in texts
    assert read
    assert "Khuất" not in repr(heads_on(sqlite_database, date(2026, 1, 1), units, ALL))


DAYS = st.integers(0, 40).map(lambda day: date.fromordinal(date(2026, 1, 1).toordinal() + day))
TERMS = st.lists(st.tuples(DAYS, st.none() | DAYS), max_size=6, unique_by=lambda term: term[0])


@given(terms=TERMS, day=DAYS)
@hypothesis(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_against_a_walk_over_the_terms(
    sqlite_database: Engine,
    units: tuple[int, int],
    terms: list[tuple[date, date | None]],
    day: date,
) -> None:
    whole = [term for term in terms if term[1] is None or term[1] >= term[0]]
    with sqlite_database.begin() as connection:
        connection.execute(delete(HEAD))
        for place, (since, until) in enumerate(whole):
            row = head(units[0], since, until=until, name=f"Người {place}")
            connection.execute(insert(HEAD).values(**row))
    holding = [
        (since, f"Người {place}")
        for place, (since, until) in enumerate(whole)
        if since <= day and (until is None or day <= until)
    ]
    found = heads_on(sqlite_database, day, units, ALL)
    expected = max(holding)[1] if holding else None
    assert (found[units[0]].name if found else None) == expected
    assert all(isinstance(each, Head) for each in found.values())
