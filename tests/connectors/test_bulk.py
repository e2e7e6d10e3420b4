"""Frames go into both databases and come back the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import IntegrityError

from connectors.database import bulk
from connectors.database.bulk import bulk_insert, next_id, reset_sequence
from connectors.database.models import Base
from connectors.database.session import write_transaction

TABLES = Base.metadata.tables
MOMENT = pl.Datetime("ms", "UTC")
NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)

# Everything a text column of PostgreSQL can hold: no NUL, no lone surrogates.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


def _batch(connection: Connection) -> None:
    bulk_insert(connection, TABLES["source"], pl.DataFrame({"id": [1], "code": "s", "name": "S"}))
    bulk_insert(
        connection,
        TABLES["import_batch"],
        pl.DataFrame(
            {
                "id": [1],
                "source_id": [1],
                "kind": ["file"],
                "started_at": [NOW],
                "finished_at": [NOW],
            }
        ),
    )


def test_every_type_comes_back(database: Engine) -> None:
    frame = pl.DataFrame(
        {
            "code": ["1.000", "", 'a"b,c;d\n\\.', "Đống Đa \u00a0"],
            "version": [1, 2, 3, 4],
            "name": ["a", "b", "c", "d"],
            "level": ["commune", None, "", "province"],
            "limit_value": [None, 7, 0, 15],
            "has_fee": [True, False, None, True],
            "is_sensitive": [True, False, True, False],
            "valid_from": [date(2025, 7, 1), None, date(1900, 1, 1), date(2999, 12, 31)],
        },
        schema_overrides={"level": pl.Categorical, "limit_value": pl.Int16},
    )
    with write_transaction(database) as connection:
        assert bulk_insert(connection, TABLES["procedure"], frame) == 4
        columns = [TABLES["procedure"].c[name] for name in frame.columns]
        read = connection.execute(select(*columns).order_by("version")).all()
    assert [tuple(row) for row in read] == frame.rows()


def test_columns_left_out_get_the_models_default(database: Engine) -> None:
    with write_transaction(database) as connection:
        bulk_insert(connection, TABLES["procedure"], pl.DataFrame({"code": ["a"], "name": ["A"]}))
        row = connection.execute(select(TABLES["procedure"])).mappings().one()
    assert (row["version"], row["is_sensitive"], row["limit_value"]) == (1, False, None)


def test_a_struct_and_a_json_text_go_into_a_json_column(database: Engine) -> None:
    rows = pl.DataFrame(
        {
            "batch_id": [1],
            "line_no": [7],
            "reason": ["Dòng 7: thiếu mã hồ sơ."],
            "row": [{"Mã": "Đ-1", "n": None}],
        }
    )
    as_text = rows.with_columns(row=pl.lit('{"Mã": "Đ-2", "n": 3}'))
    with write_transaction(database) as connection:
        _batch(connection)
        bulk_insert(connection, TABLES["rejected_row"], rows)
        bulk_insert(connection, TABLES["rejected_row"], as_text)
        column = TABLES["rejected_row"].c.row
        read = connection.execute(select(column).order_by(TABLES["rejected_row"].c.id)).scalars()
        assert read.all() == [{"Mã": "Đ-1", "n": None}, {"Mã": "Đ-2", "n": 3}]


@pytest.mark.parametrize("unit", ["ms", "us"])
def test_moments_are_kept_to_the_millisecond(database: Engine, unit: Literal["ms", "us"]) -> None:
    moments = [
        datetime(2025, 7, 1, 0, 0, 0, 1000, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    ]
    frame = pl.DataFrame(
        {"id": [1, 2], "source_id": [1, 1], "kind": ["file"] * 2, "started_at": moments}
    ).with_columns(
        pl.col("started_at").dt.cast_time_unit(unit),
        finished_at=pl.col("started_at"),
        data_until=pl.lit(None),
    )
    batch = TABLES["import_batch"]
    with write_transaction(database) as connection:
        connection.execute(TABLES["source"].insert(), {"id": 1, "code": "s", "name": "S"})
        bulk_insert(connection, batch, frame)
        read = connection.execute(
            select(batch.c.started_at, batch.c.data_until).order_by(batch.c.id)
        ).all()
    assert [tuple(row) for row in read] == [(moment, None) for moment in moments]


@pytest.mark.parametrize("zone", [None, "Asia/Ho_Chi_Minh"])
def test_moments_of_another_zone_are_refused(sqlite_database: Engine, zone: str | None) -> None:
    frame = pl.DataFrame({"finished_at": [NOW.replace(tzinfo=None)]}).with_columns(
        pl.col("finished_at").dt.replace_time_zone(zone)
    )
    with (
        write_transaction(sqlite_database) as connection,
        pytest.raises(ValueError, match=r"import_batch\.finished_at needs moments in UTC"),
    ):
        bulk_insert(connection, TABLES["import_batch"], frame)


def test_an_unknown_column_is_refused(sqlite_database: Engine) -> None:
    with (
        write_transaction(sqlite_database) as connection,
        pytest.raises(ValueError, match="table setting has no column colour"),
    ):
        bulk_insert(connection, TABLES["setting"], pl.DataFrame({"key": ["a"], "colour": ["b"]}))


def test_an_empty_frame_writes_nothing(database: Engine) -> None:
    with write_transaction(database) as connection:
        empty = pl.DataFrame(schema={"key": pl.String, "value": pl.String})
        assert bulk_insert(connection, TABLES["setting"], empty) == 0
        assert connection.execute(select(TABLES["setting"])).all() == []


def test_a_broken_row_takes_the_whole_transaction_back(database: Engine) -> None:
    frame = pl.DataFrame({"key": ["a", "b", "a"], "value": ["1", "2", "3"]})
    with (
        pytest.raises(IntegrityError, match=r"(?i)unique"),
        write_transaction(database) as connection,
    ):
        connection.execute(TABLES["setting"].insert(), {"key": "before", "value": "0"})
        bulk_insert(connection, TABLES["setting"], frame)
    with database.connect() as connection:
        assert connection.execute(select(TABLES["setting"])).all() == []


def test_a_reference_to_nothing_is_refused(database: Engine) -> None:
    frame = pl.DataFrame({"source_id": [5], "code": ["x"]})
    with (
        pytest.raises(IntegrityError, match=r"(?i)foreign key"),
        write_transaction(database) as connection,
    ):
        bulk_insert(connection, TABLES["officer"], frame)


@pytest.mark.parametrize("place", [0, 3])
def test_a_word_that_is_none_of_the_known_is_refused(database: Engine, place: int) -> None:
    """SQLite is spared its CHECKs only where whole columns have passed them before."""
    kinds = ["district"] * 4
    kinds[place] = "village"
    wrong = pl.DataFrame({"code": [*"abcd"], "kind": kinds}).with_columns(
        scheme=pl.lit("s"), name=pl.lit("Unit")
    )
    right = wrong.with_columns(kind=pl.lit("district"))
    with write_transaction(database) as connection:
        bulk_insert(connection, TABLES["unit"], right.with_columns(scheme=pl.lit("before")))
    with (
        pytest.raises(IntegrityError, match=r"(?i)check"),
        write_transaction(database) as connection,
    ):
        bulk_insert(connection, TABLES["unit"], right)
        bulk_insert(connection, TABLES["unit"], wrong.with_columns(scheme=pl.lit("after")))
    with (
        pytest.raises(IntegrityError, match=r"(?i)check"),
        write_transaction(database) as connection,
    ):
        connection.execute(
            TABLES["unit"].insert(), {"scheme": "s", "code": "x", "name": "X", "kind": "village"}
        )


def test_columns_of_one_value_or_none_arrive(database: Engine) -> None:
    frame = pl.DataFrame(
        {
            "id": [1, 2, 3],
            "scheme": ["s", "s", "s"],
            "code": ["a", "b", "c"],
            "name": ["A", "B", "C"],
            "kind": ["district"] * 3,
            "parent_id": pl.Series([None, None, None], dtype=pl.Int64),
            "sort_order": [7, 7, 7],
            "latitude": [1.5, None, 1.5],
        }
    )
    unit = TABLES["unit"].c
    wanted = select(unit.id, unit.parent_id, unit.sort_order, unit.latitude).order_by(unit.id)
    with write_transaction(database) as connection:
        assert bulk_insert(connection, TABLES["unit"], frame) == 3
        found = [tuple(row) for row in connection.execute(wanted)]
    assert found == [(1, None, 7, 1.5), (2, None, 7, None), (3, None, 7, 1.5)]


@pytest.mark.parametrize("rows", [1, 165, 166, 167, 1000])
def test_every_row_arrives_whatever_the_number(
    database: Engine, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around the edges of a statement (166 rows of three columns) and of a slice."""
    monkeypatch.setattr(bulk, "_SLICE", 400)
    frame = pl.select(id=pl.int_range(1, rows + 1)).with_columns(
        code=pl.col("id").cast(pl.String), name=pl.lit("x")
    )
    with write_transaction(database) as connection:
        assert bulk_insert(connection, TABLES["field"], frame) == rows
        ids = connection.execute(select(TABLES["field"].c.id).order_by("id")).scalars().all()
    assert ids == list(range(1, rows + 1))


def test_ids_go_on_after_those_written(database: Engine) -> None:
    source = TABLES["source"]
    with write_transaction(database) as connection:
        assert next_id(connection, source) == 1
        reset_sequence(connection, source)
        connection.execute(source.insert(), {"code": "first", "name": "x"})
        frame = pl.DataFrame({"id": [7, 9], "code": ["a", "b"], "name": ["A", "B"]})
        bulk_insert(connection, source, frame)
        assert next_id(connection, source) == 10
        reset_sequence(connection, source)
        connection.execute(source.insert(), {"code": "c", "name": "C"})
        read = connection.execute(select(source.c.id, source.c.code).order_by(source.c.id)).all()
    assert [tuple(row) for row in read] == [(1, "first"), (7, "a"), (9, "b"), (10, "c")]


@given(st.lists(st.tuples(TEXT, st.none() | TEXT), min_size=1, max_size=20))
@hypothesis_settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # rows are deleted below
)
def test_any_text_comes_back(database: Engine, texts: list[tuple[str, str | None]]) -> None:
    field = TABLES["form_row"]
    frame = pl.DataFrame(
        {
            "id": range(1, len(texts) + 1),
            "unit_id": [1] * len(texts),
            "form": [f"{number}" for number in range(len(texts))],
            "source": [first for first, _ in texts],
            "wording": [second for _, second in texts],
        },
        schema_overrides={"wording": pl.String},
    )
    unit = {"id": 1, "scheme": "x", "code": "1", "name": "A", "kind": "commune"}
    with write_transaction(database) as connection:
        connection.execute(delete(field))
        connection.execute(delete(TABLES["unit"]))
        connection.execute(TABLES["unit"].insert(), unit)
        bulk_insert(connection, field, frame)
        read = connection.execute(select(field.c.source, field.c.wording).order_by(field.c.id))
        assert [tuple(row) for row in read] == texts
