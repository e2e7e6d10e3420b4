"""Dossiers by their code: whole, by its beginning, one sign wrong; by the index, in scope."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, event, insert, update

from connectors.database.models import Dossier, ImportBatch, Source, Unit
from connectors.engine import Scope
from connectors.searching import find_codes

AT = datetime(2026, 6, 1, tzinfo=UTC)
CODES = ("H26.18-260601-0001", "H26.18-260601-0002", "H26.18-260602-0001", "000.11-1")
ALL = Scope(None)


def filled(database: Engine) -> tuple[int, int]:
    """Two wards; the first has all codes from one source, the second the first from another."""
    with database.begin() as connection:
        made = []
        for code in ("1", "2"):
            values = {"scheme": "gso", "code": code, "name": f"Đơn vị {code}"}
            values |= {"kind": "commune", "level": "commune"}
            done = insert(Unit).values(**values).returning(Unit.id)
            made.append(int(connection.execute(done).scalar_one()))
        for source, unit, codes in (("A", made[0], CODES), ("B", made[1], CODES[:1])):
            values = {"code": source, "name": source}
            of = connection.scalar(insert(Source).values(**values).returning(Source.id))
            batch = {"source_id": of, "kind": "file", "started_at": AT, "finished_at": AT}
            number = connection.scalar(
                insert(ImportBatch).values(**batch).returning(ImportBatch.id)
            )
            for code in codes:
                connection.execute(insert(Dossier).values(
                    source_id=of, code=code, resolving_unit_id=unit, received_at=AT,
                    content_hash="0" * 32, batch_id=number,
                ))  # fmt: skip
    return made[0], made[1]


@pytest.fixture
def units(database: Engine) -> tuple[int, int]:
    return filled(database)


def found(database: Engine, typed: str, scope: Scope = ALL) -> list[str]:
    return [one.code for one in find_codes(database, typed, scope)]


def test_a_code_is_found_whole_and_of_each_source(database: Engine, units: tuple[int, int]) -> None:
    assert found(database, CODES[0]) == [CODES[0], CODES[0]]
    assert found(database, f" {CODES[0].lower()} ") == [CODES[0], CODES[0]]
    (own,) = find_codes(database, CODES[3], ALL)
    assert (own.unit_id, own.received_at, own.has_ended) == (units[0], AT, False)


def test_nothing_outside_the_scope_and_nothing_withdrawn(
    database: Engine, units: tuple[int, int]
) -> None:
    theirs = Scope(frozenset({units[1]}))
    assert [one.unit_id for one in find_codes(database, CODES[0], theirs)] == [units[1]]
    assert found(database, CODES[3], theirs) == []
    assert found(database, CODES[1], theirs) == [CODES[0]]  # one sign wrong
    assert found(database, CODES[0], Scope(frozenset())) == []
    with database.begin() as connection:
        connection.execute(update(Dossier).where(Dossier.code == CODES[3]).values(withdrawn_at=AT))
    assert found(database, CODES[3]) == []


def test_beginnings_where_the_database_keeps_them_together(sqlite_database: Engine) -> None:
    filled(sqlite_database)
    assert found(sqlite_database, "H26.18-2606") == [*CODES[:2], CODES[2], CODES[0]]
    assert found(sqlite_database, "h26.18-260602") == ["H26.18-260602-0001"]
    assert found(sqlite_database, "H26") == []  # that of too many


@pytest.mark.parametrize(
    "typed",
    ["H26.18-260602-0O01", "H26.18-26062-0001", "H26.18-2606020-0001", "H26.81-260602-0001"],
)
def test_one_sign_wrong(database: Engine, units: tuple[int, int], typed: str) -> None:
    assert found(database, typed) == ["H26.18-260602-0001"]
    assert found(database, typed[:4] + "XY" + typed[6:]) == []


ANY = ["", "   ", "x" * 200, "%%%%%%%%", "'; DROP TABLE dossier; --", "\U0010ffff" * 8]


@pytest.mark.parametrize("typed", ANY)
def test_anything_may_be_typed(database: Engine, units: tuple[int, int], typed: str) -> None:
    assert found(database, typed) == []


def test_the_index_answers_and_no_scan(sqlite_database: Engine) -> None:
    """A scan of all codes takes seconds at ten millions."""
    filled(sqlite_database)
    asked: list[tuple[str, object]] = []

    def note(
        connection: object, cursor: object, statement: str, values: object, *_: object
    ) -> None:
        if "FROM dossier" in statement and not statement.startswith("EXPLAIN"):
            asked.append((statement, values))

    event.listen(sqlite_database, "before_cursor_execute", note)
    for typed in (CODES[0], "H26.18-26", "H26.81-260602-0001"):
        find_codes(sqlite_database, typed, Scope(frozenset({1, 2})))
    assert len(asked) > 5
    with sqlite_database.connect() as connection:
        for statement, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
            steps = [row[3] for row in plan]
            assert not any(step.startswith("SCAN dossier") for step in steps), steps
