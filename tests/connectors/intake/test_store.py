"""Hashes of rows, and the thread that writes while the next rows are made ready."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from connectors.database.models import Base, ImportBatch, RejectedRow
from connectors.intake import ImportReport
from connectors.intake.moments import MOMENT
from connectors.intake.store import Writer, content_hashes
from tests.bounds import set_bounds
from tests.connectors.intake.conftest import GOOD, dossiers, file_of

Take = Callable[..., ImportReport]

SCHEMA: dict[str, Any] = {
    "code": pl.String,
    "resolving_unit_id": pl.Int64,
    "received_at": MOMENT,
    "channel_source": pl.String,
    "digitised": pl.Boolean,
    "children": pl.String,
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "code": st.just("HS-1"),
    "resolving_unit_id": st.integers(-3, 3) | st.none(),
    "received_at": st.integers(-3, 3).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
    | st.none(),
    "channel_source": st.sampled_from(["", "a", "b", "-1", "1", "Trực tuyến"]) | st.none(),
    "digitised": st.booleans() | st.none(),
    "children": st.sampled_from(["", "a", "b", "1"]) | st.none(),
}
ROW = st.tuples(*VALUES.values())


def hashes(rows: list[tuple[Any, ...]]) -> list[str]:
    return content_hashes(pl.DataFrame(rows, SCHEMA, orient="row")).to_list()


@given(st.lists(ROW, min_size=1, max_size=20))
def test_rows_have_one_hash_exactly_when_they_are_equal(rows: list[tuple[Any, ...]]) -> None:
    found = hashes(rows)
    assert len(set(zip(rows, found, strict=True))) == len(set(rows)) == len(set(found))
    assert [hashes([row])[0] for row in rows] == found, "a row's hash depends on that row alone"


def test_hashes_stay_as_they_are() -> None:
    """Another value would make every dossier of every installation look changed."""
    row = ("HS-1", 7, datetime(2025, 6, 5, 1, tzinfo=UTC), "Trực tuyến", True, None)
    assert hashes([row]) == ["d0f20b19bf635eb8bc1d544b9208e288"]


def test_a_column_of_nothing_and_the_order_of_columns_leave_no_trace() -> None:
    row = ("HS-1", 7, datetime(2025, 6, 5, 1, tzinfo=UTC), "x", None, None)
    whole = pl.DataFrame([row], SCHEMA, orient="row")
    fewer = whole.select("channel_source", "received_at", "resolving_unit_id")
    assert content_hashes(fewer).to_list() == content_hashes(whole).to_list()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many chunks of a small file, so that one is written while the next is made ready."""
    set_bounds(monkeypatch, rows=3)


@pytest.mark.usefixtures("small_chunks")
def test_many_chunks_are_written_whole_and_counted(take: Take, database: Engine) -> None:
    lines = [GOOD.replace("HS-1", f"HS-{number}") for number in range(50)]
    lines[20] = lines[20].replace("Phường Hà Đông", "Phường Không Có")
    report = take(file_of(*lines))
    assert (report.rows_inserted, report.rows_rejected) == (49, 1)
    assert set(dossiers(database)) == {f"HS-{number}" for number in range(50)} - {"HS-20"}
    with database.connect() as connection:
        batch = connection.execute(select(ImportBatch.__table__)).one()
        assert connection.execute(select(RejectedRow.line_no)).scalars().all() == [22]
    assert (batch.rows_inserted, batch.rows_rejected) == (49, 1)
    again = take(file_of(*lines))
    assert (again.rows_unchanged, again.rows_rejected) == (49, 1)


@pytest.mark.usefixtures("small_chunks")
def test_what_goes_wrong_in_the_writing_thread_takes_everything_back(
    take: Take, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = Writer.write, []

    def fails_at_the_third(self: Writer, *arguments: Any) -> Any:
        calls.append(threading.current_thread())
        if len(calls) == 3:
            raise IntegrityError("INSERT", None, Exception("broken"))
        return write(self, *arguments)

    monkeypatch.setattr(Writer, "write", fails_at_the_third)
    lines = [GOOD.replace("HS-1", f"HS-{number}") for number in range(30)]
    with pytest.raises(IntegrityError):
        take(file_of(*lines))
    assert threading.main_thread() not in calls
    assert len(calls) == 3
    assert dossiers(database) == {}
    with database.connect() as connection:
        for table in ("import_batch", "source"):
            assert connection.execute(select(Base.metadata.tables[table])).all() == []
