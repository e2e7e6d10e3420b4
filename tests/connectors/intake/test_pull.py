"""Pulling from a read-only database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from connectors.fetch.run import fetch
from connectors.fetch.state import states
from connectors.intake import ImportReport, IntakeRefused, MappingError, import_file, pull
from connectors.intake.export import write_rejected
from connectors.intake.mapping import load_mapping
from connectors.settings import Settings
from tests.connectors.intake.conftest import NOW, add_catalogue, dossiers, rejected
from tests.hanging_proxy import HangingProxy
from tests.postgres_server import PostgresServer

MAPPING = """
[source]
code = "mot-cua"
name = "Một cửa điện tử"

[sql]
url = "{url}"
query = "SELECT h.*, 'x' AS thua FROM ho_so h;"
watermark = "cap_nhat"
overlap_minutes = 0

[columns]
code = "ma"
received_at = "tiep_nhan"
due_at = "hen_tra"
ended_at = "xong"

[units.resolving]
column = "don_vi"
by = "code"

[[children]]
kind = "pauses"
rows = "events"
query = "SELECT * FROM bo_sung"
key = "ma_ho_so"
constants = {{ kind = "supplement" }}
columns.from_at = "tu"
columns.to_at = "den"
"""
TABLES = (
    "CREATE TABLE ho_so (ma varchar(64), tiep_nhan timestamp, hen_tra timestamp, xong timestamp,"
    " don_vi varchar(64), cap_nhat timestamp)",
    "CREATE TABLE bo_sung (ma_ho_so varchar(64), tu timestamp, den timestamp)",
)


def add(
    source: Engine, code: str, updated: str | None, done: str | None = None, unit: str = "09556"
) -> None:
    with source.begin() as connection:
        connection.execute(text("DELETE FROM ho_so WHERE ma = :ma"), {"ma": code})
        connection.execute(
            text(
                "INSERT INTO ho_so VALUES (:ma, '2025-06-05 08:00:00', '2025-06-10 16:00:00',"
                " :xong, :don_vi, :cap_nhat)"
            ),
            {"ma": code, "xong": done, "don_vi": unit, "cap_nhat": updated},
        )


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Another system's database."""
    if request.param == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path / 'nguon.db'}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = server.create()
        engine = create_engine(server.url(name))
    with engine.begin() as connection:
        for statement in TABLES:
            connection.execute(text(statement))
    yield engine
    engine.dispose()


@pytest.fixture
def run(
    source: Engine, sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> Callable[..., ImportReport]:
    add_catalogue(sqlite_database)
    path = tmp_path / "mot-cua.toml"
    url = source.url.render_as_string(hide_password=False)
    path.write_text(MAPPING.format(url=url), encoding="utf-8")

    def go(**kwargs: Any) -> ImportReport:
        return pull(sqlite_database, settings, path, refresh_snapshot=False, now=NOW, **kwargs)

    return go


def test_only_what_is_new_is_read_and_nothing_at_the_watermark_is_lost(
    source: Engine, run: Callable[..., ImportReport], sqlite_database: Engine
) -> None:
    add(source, "A", "2025-06-05 09:00:00")
    add(source, "B", "2025-06-05 10:00:00")
    first = run()
    assert (first.rows_read, first.rows_inserted) == (2, 2)
    assert first.watermark == "2025-06-05T10:00:00"
    # Written in the same second as the last one that was read, and one without a mark.
    add(source, "C", "2025-06-05 10:00:00")
    add(source, "D", None)
    add(source, "A", "2025-06-06 11:00:00", "2025-06-06 10:00:00")
    second = run()
    assert second.rows_read == 4  # B is read again; it has not changed
    assert (second.rows_inserted, second.rows_changed, second.rows_unchanged) == (2, 1, 1)
    assert second.watermark == "2025-06-06T11:00:00"
    assert set(dossiers(sqlite_database)) == {"A", "B", "C", "D"}
    third = run()
    assert (third.rows_inserted, third.rows_changed, third.rows_unchanged) == (0, 0, 2)
    assert third.watermark == "2025-06-06T11:00:00"


def test_nothing_new_keeps_the_watermark(source: Engine, run: Callable[..., ImportReport]) -> None:
    add(source, "A", "2025-06-05 09:00:00")
    run()
    with source.begin() as connection:
        connection.execute(text("DELETE FROM ho_so"))
    assert run().watermark == "2025-06-05T09:00:00"
    assert run(dry_run=True).watermark == "2025-06-05T09:00:00"


def test_children_come_with_the_dossiers_that_are_read(
    source: Engine, run: Callable[..., ImportReport], sqlite_database: Engine
) -> None:
    add(source, "A", "2025-06-05 09:00:00")
    with source.begin() as connection:
        connection.execute(
            text("INSERT INTO bo_sung VALUES ('A', '2025-06-06 08:00:00', NULL), ('Z', NULL, NULL)")
        )
    report = run()
    assert (report.events_read, report.rows_rejected) == (1, 0)
    with sqlite_database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM pause")).scalar_one() == 1


def test_a_bad_row_is_rejected_and_the_rest_is_taken(
    source: Engine, run: Callable[..., ImportReport]
) -> None:
    add(source, "A", "2025-06-05 09:00:00")
    add(source, "B", "2025-06-05 09:00:00", unit="000")
    report = run()
    assert (report.rows_inserted, report.rows_rejected) == (1, 1)
    assert report.first_rejected[0].value == "000"


def test_rejected_rows_are_said_once_and_go_when_they_are_mended(
    source: Engine, run: Callable[..., ImportReport], sqlite_database: Engine
) -> None:
    add(source, "A", "2025-06-05 09:00:00")
    add(source, "B", "2025-06-05 09:00:00", unit="000")
    first = run()
    # Read again and again, because it stands at the watermark: there is nothing new to say.
    assert [run().batch_id for _ in range(2)] == [None, None]
    assert [row.batch_id for row in rejected(sqlite_database)] == [first.batch_id]
    add(source, "C", "2025-06-05 10:00:00", unit="001")
    second = run()
    assert (second.rows_read, second.rows_rejected) == (3, 2)
    assert [row.batch_id for row in rejected(sqlite_database)] == [second.batch_id] * 2
    add(source, "B", "2025-06-05 10:00:00")
    assert run().rows_inserted == 1
    assert [row.code for row in rejected(sqlite_database)] == ["C"]


def test_rejected_rows_that_are_mended_in_their_file_come_by_the_same_mapping(
    source: Engine,
    run: Callable[..., ImportReport],
    sqlite_database: Engine,
    settings: Settings,
    tmp_path: Path,
) -> None:
    add(source, "B", "2025-06-05 09:00:00", unit="000")
    run()
    for name in ("tu-choi.csv", "tu-choi.xlsx"):
        file, mapping = tmp_path / name, tmp_path / "mot-cua.toml"
        with sqlite_database.connect() as connection:
            write_rejected(connection, 1, file)
        given = import_file(sqlite_database, settings, file, mapping, refresh_snapshot=False)
        assert (given.rows_read, given.rows_rejected) == (1, 1), "it is read as what it is"
    mended = tmp_path / "tu-choi.csv"
    text_ = mended.read_text(encoding="utf-8-sig")
    mended.write_text(text_.replace(",000,", ",09556,"), encoding="utf-8")
    given = import_file(sqlite_database, settings, mended, mapping, refresh_snapshot=False)
    assert (given.rows_inserted, given.rows_rejected) == (1, 0)
    (tmp_path / "khac.csv").write_text("ma,don_vi\nC,09556\n", encoding="utf-8")
    with pytest.raises(IntakeRefused, match="không phải tệp các dòng bị từ chối"):
        import_file(sqlite_database, settings, tmp_path / "khac.csv", mapping)


def test_what_is_gone_at_the_source_is_told_and_stays(
    source: Engine, run: Callable[..., ImportReport], sqlite_database: Engine
) -> None:
    add(source, "A", "2025-06-05 09:00:00")
    add(source, "B", "2025-06-05 09:00:00", unit="09886")
    assert run().vanished == 0
    with source.begin() as connection:
        connection.execute(text("UPDATE ho_so SET don_vi = '000' WHERE ma = 'B'"))
        connection.execute(text("DELETE FROM ho_so WHERE ma = 'A'"))
    assert run().vanished is None, "not everything was read"
    found = run(full=True)
    assert (found.vanished, found.vanished_codes) == (1, ["A"]), "B is there, wrong or not"
    assert "hồ sơ nguồn không còn: A" in found.odd[-1]
    assert set(dossiers(sqlite_database)) == {"A", "B"}


def test_everything_is_read_now_and_then(
    source: Engine, sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    add_catalogue(sqlite_database)
    path = tmp_path / "mot-cua.toml"
    url = source.url.render_as_string(hide_password=False)
    whole = MAPPING.format(url=url).replace("[columns]", 'full_every = "7 ngày"\n[columns]', 1)
    path.write_text(whole, encoding="utf-8")
    add(source, "A", "2025-06-05 09:00:00")
    add(source, "B", "2025-06-05 10:00:00")

    def vanished(day: int) -> int | None:
        now = NOW + timedelta(days=day)
        found = fetch(sqlite_database, settings, path, refresh_snapshot=False, now=now).pulled
        assert found is not None
        return found.vanished

    assert [vanished(day) for day in (0, 1)] == [0, None]
    with source.begin() as connection:
        connection.execute(text("DELETE FROM ho_so WHERE ma = 'A'"))
    assert [vanished(day) for day in (6, 7, 8)] == [None, 1, None]
    known = states(sqlite_database)["mot-cua"]
    assert (known.vanished, known.vanished_codes) == (1, ["A"])
    assert known.full_at == NOW + timedelta(days=7)


def test_a_watermark_may_be_a_number_with_a_fraction(
    source: Engine, run: Callable[..., ImportReport], tmp_path: Path
) -> None:
    add(source, "A", "2025-06-05 09:00:00")
    path = tmp_path / "mot-cua.toml"
    query = '"SELECT h.*, 45813.375 AS so FROM ho_so h"\nwatermark_kind = "number"'
    text_ = path.read_text(encoding="utf-8").replace('"cap_nhat"', '"so"')
    path.write_text(
        text_.replace("\"SELECT h.*, 'x' AS thua FROM ho_so h;\"", query), encoding="utf-8"
    )
    assert run().watermark == "45813.375"
    again = run()
    assert (again.rows_read, again.rows_unchanged) == (1, 1)


def test_the_source_is_never_written(
    source: Engine, run: Callable[..., ImportReport], tmp_path: Path
) -> None:
    if source.dialect.name != "sqlite":
        pytest.skip("looks at the file")
    add(source, "A", "2025-06-05 09:00:00")
    source.dispose()
    path = Path(str(source.url.database))
    before = path.read_bytes()
    run()
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("DELETE FROM ho_so", "phải bắt đầu bằng SELECT"),
        ("SELECT 1; DROP TABLE ho_so", "chỉ được một câu truy vấn"),
    ],
)
def test_a_query_that_could_write_is_refused(query: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    whole = MAPPING.format(url="sqlite://").replace("SELECT h.*, 'x' AS thua FROM ho_so h;", query)
    path.write_text(whole, encoding="utf-8")
    with pytest.raises(MappingError, match=reason):
        load_mapping(path)


def test_a_source_that_cannot_be_reached_is_refused(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.toml"
    for url, reason in (
        (f"sqlite:///{tmp_path}/khong-co.db", "Không tìm thấy tệp"),
        ("env:NGUON_THU", "NGUON_THU"),
        ("khong-phai-url", "không phải địa chỉ"),
    ):
        path.write_text(MAPPING.format(url=url), encoding="utf-8")
        with pytest.raises(IntakeRefused, match=reason):
            pull(sqlite_database, settings, path)
    assert not (tmp_path / "khong-co.db").exists()
    empty = tmp_path / "trong.db"
    with closing(sqlite3.connect(empty)) as connection:
        connection.execute("CREATE TABLE a (b)")
        connection.commit()
    monkeypatch.setenv("NGUON_THU", f"sqlite:///{empty}")
    path.write_text(MAPPING.format(url="env:NGUON_THU"), encoding="utf-8")
    with pytest.raises(IntakeRefused, match="no such table"):
        pull(sqlite_database, settings, path)


@pytest.mark.postgres
def test_a_source_that_hangs_is_refused(
    sqlite_database: Engine,
    settings: Settings,
    tmp_path: Path,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_CONNECT_SECONDS", "2")
    path = tmp_path / "x.toml"
    with HangingProxy(postgres_server) as proxy:
        path.write_text(MAPPING.format(url=proxy.url("postgres")), encoding="utf-8")
        proxy.hang()
        with pytest.raises(IntakeRefused, match="máy chủ của nguồn không trả lời trong thời hạn"):
            pull(sqlite_database, settings, path)
    assert not dossiers(sqlite_database)
