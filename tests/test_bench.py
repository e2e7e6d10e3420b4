"""The benchmark runs, and its contestants answer alike. Nothing here is timed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine, select

from bench import LATER, by_pandas, by_sql, lists, making, product
from bench.__main__ import main
from bench.generate import LAST_DAY, OFFICERS_PER_UNIT, UNITS, WEEKS, chunks, write_batch, write_csv
from bench.messages import write_messages
from bench.question import Answer, Question, differences
from bench.report import documents_tables, tables, write_into
from bench.timing import GaveUp, run, timed
from connectors import snapshot
from connectors.database.models import Dossier, Owner
from connectors.database.session import migrate, open_database
from connectors.intake import import_file
from connectors.settings import Settings, load_settings
from tests.postgres_server import PostgresServer

DOSSIERS = 20_000
MAPPING = Path(product.__file__).with_name("mapping.toml")
END_UTC = datetime.combine(LAST_DAY + timedelta(days=1), datetime.min.time(), UTC)
END = datetime.combine(LAST_DAY + timedelta(days=1), datetime.min.time())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with generated dossiers in a database and in a snapshot."""
    folder = tmp_path_factory.mktemp("bench")
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'dung-han.db'}",
        timezone="Asia/Ho_Chi_Minh",
    )
    database = open_database(settings.database_url)
    migrate(database)
    made = write_csv(folder, DOSSIERS)
    report = import_file(database, settings, folder / "dossiers.csv", MAPPING)
    assert (report.rows_inserted, report.rows_rejected) == (made["dossiers"], 0) == (DOSSIERS, 0)
    again = import_file(database, settings, folder / LATER / "dossiers.csv", MAPPING)
    assert (again.rows_changed, again.rows_rejected) == (made["told_again"], 0)
    database.dispose()
    return folder


@pytest.fixture
def question(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Question:
    """The benchmark's question about them."""
    monkeypatch.setenv("DATA_DIR", str(installed))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{installed / 'dung-han.db'}")
    monkeypatch.setenv("TIMEZONE", "Asia/Ho_Chi_Minh")
    return Question.load()


@pytest.fixture
def own(question: Question, tmp_path: Path) -> Answer:
    """The product's answer, also kept in ``tmp_path``."""
    answer, _ = product.home(question)
    answer.write(tmp_path, "product")
    return answer


def test_every_part_of_the_answer_has_something_to_compare(question: Question, own: Answer) -> None:
    manifest = snapshot.read_manifest(question.settings.snapshot_dir)
    assert manifest is not None
    states = question.facts.dossier.select("dossier_id").collect().to_native().height
    assert states > 1.05 * DOSSIERS, "a later due date, a pause and an end open states"
    assert manifest.history, "what was told again is kept as it was"
    tidy = own.tidy()
    assert tidy.figures["unknown"].sum() > 0
    assert set(tidy.figures["block"]) == {"series", "now", "year_before"}
    assert tidy.figures["figure"].n_unique() == 13
    assert tidy.late.height > 5
    assert tidy.steps.height > 5


def test_pandas_answers_alike(question: Question, own: Answer, tmp_path: Path) -> None:
    answer, _, loading = by_pandas.home(question)
    answer.write(tmp_path, "pandas")
    assert differences(tmp_path, "product", "pandas") == []
    assert loading["seconds"] > 0


def test_sqlite_answers_alike(question: Question, own: Answer, tmp_path: Path) -> None:
    answer, _, _ = by_sql.on_sqlite(question, tmp_path / "flat.db")
    answer.write(tmp_path, "sqlite")
    assert differences(tmp_path, "product", "sqlite") == []


@pytest.mark.postgres
def test_postgresql_answers_alike(
    question: Question, own: Answer, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    name = postgres_server.create()
    answer, _, _ = by_sql.on_postgresql(question, postgres_server.url(name))
    postgres_server.drop(name)
    answer.write(tmp_path, "postgresql")
    assert differences(tmp_path, "product", "postgresql") == []


@pytest.mark.parametrize("part", ["figures", "late", "steps"])
def test_another_answer_is_noticed(own: Answer, tmp_path: Path, part: str) -> None:
    parts = {"figures": own.figures, "late": own.late, "steps": own.steps}
    parts[part] = parts[part].head(parts[part].height - 1)
    Answer(**parts).write(tmp_path, "other")
    assert [text.split(":")[0] for text in differences(tmp_path, "product", "other")] == [part]


def test_nothing_compared_is_no_agreement(own: Answer, tmp_path: Path) -> None:
    nothing = Answer(own.figures.clear(), own.late.clear(), own.steps.clear())
    nothing.write(tmp_path, "a")
    nothing.write(tmp_path, "b")
    assert len(differences(tmp_path, "a", "b")) == 3


def test_the_same_dossiers_every_time() -> None:
    once, again = (pl.concat([frame for frame, _ in chunks(DOSSIERS)]) for _ in range(2))
    assert once.equals(again)
    assert not once.equals(pl.concat([frame for frame, _ in chunks(DOSSIERS, seed=2)]))


def test_generated_dossiers_are_plausible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.generate._CHUNK", 4_000)
    parts = list(chunks(20_000))
    assert len(parts) > 3
    dossiers, steps = (pl.concat(frames) for frames in zip(*parts, strict=True))
    assert dossiers.height == dossiers["code"].n_unique() == 20_000
    assert dossiers["unit"].n_unique() == UNITS
    assert dossiers["officer"].n_unique() > 0.9 * UNITS * OFFICERS_PER_UNIT
    received = dossiers["received_at"].drop_nulls()
    assert received.is_sorted()
    assert received.min() >= END - timedelta(weeks=WEEKS)
    moments = ("received_at", "due_changed_at", "ended_at", "pause_from", "pause_to", "apology_at")
    for name in moments:
        assert (dossiers[name].drop_nulls() < END).all(), name
    assert (dossiers["ended_at"] >= dossiers["received_at"]).drop_nulls().all()
    assert 0.04 < dossiers["pause_from"].count() / 20_000 < 0.07
    extended = dossiers.drop_nulls("due_original_at")
    assert 0.02 < extended.height / 20_000 < 0.04
    assert (extended["due_original_at"] < extended["due_at"]).all()
    assert (extended["due_changed_at"] < extended["ended_at"]).drop_nulls().all()
    assert 0.015 < dossiers["told_again"].mean() < 0.025
    assert 0.01 < dossiers.filter(pl.col("ended_at").is_null()).height / 20_000 < 0.05
    assert set(steps["code"]) <= set(dossiers["code"])
    assert steps.filter(pl.col("to_at").is_null()).height > 0


def test_a_batch_changes_half_and_adds_half(
    installed: Path, tmp_path: Path, question: Question
) -> None:
    shutil.copytree(installed, tmp_path / "copy")
    settings = Settings(
        data_dir=tmp_path / "copy",
        database_url=f"sqlite:///{tmp_path / 'copy' / 'dung-han.db'}",
        timezone="Asia/Ho_Chi_Minh",
    )
    database = open_database(settings.database_url)
    write_batch(tmp_path, DOSSIERS, 200)
    report = import_file(database, settings, tmp_path / "dossiers.csv", MAPPING)
    assert (report.rows_inserted, report.rows_changed, report.rows_rejected) == (100, 100, 0)
    manifest = snapshot.read_manifest(settings.snapshot_dir)
    assert manifest is not None
    assert manifest.dossiers == DOSSIERS + 100
    assert load_settings().data_dir == installed, "the copy is what changed"
    database.dispose()


def test_calls_are_counted_with_the_first_apart() -> None:
    numbers = count(1)
    answer, calls = timed(lambda: next(numbers), repeats=3)
    assert answer == 4
    assert calls.least <= calls.median


def test_who_takes_too_long_or_is_killed_is_out() -> None:
    with pytest.raises(GaveUp, match="not done in 0 s"):
        run(["-c", "import threading; threading.Event().wait()"], limit=0.3)
    with pytest.raises(GaveUp, match="out of memory"):
        run(["-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], limit=60)
    with pytest.raises(RuntimeError, match="failed"):
        run(["-c", "raise SystemExit(1)"], limit=60)
    assert run(["-c", "print(1)"], limit=60).output == "1\n"


def test_who_is_out_stands_in_the_tables_with_the_reason() -> None:
    calls = {"first": 1.0, "median": 1.0, "least": 1.0, "cpu": 1.0}
    done = {"wall": 2.0, "cpu": 1.0, "peak_mb": 3.0}
    size = {
        "dossiers": 1_000_000,
        "batch": 10,
        "load": [0.1],
        "minutes": 1.0,
        **dict.fromkeys(("import", "snapshot", "batch_import", "refresh"), done),
        "told_again": done | {"rows": 4},
        "loaded": {"pandas": done | {"wall": 5.0}, "postgresql": {"gave_up": "not done in 9 s"}},
        "product": {"calls": calls, "figures": 1, "late": 1},
        "pandas": {"gave_up": "out of memory"},
    }
    text = tables({"machine": "x", "when": "now", "sizes": [size]})
    assert "| 1,000,000 | pandas | out of memory |" in text
    assert "| … by COPY into PostgreSQL, nothing checked | not done in 9 s |" in text
    assert "| … by pandas into SQLite, nothing checked | 5.0 | 1.0 | 200,000 | 3 | 2.5 |" in text
    assert "| Đúng Hạn (target 150) | 1 |" in text
    assert "every row changed, what it was kept | 2.0 | 1.0 | 2 |" in text


def test_messages_tell_of_the_same_dossiers(
    database: Engine, settings: Settings, tmp_path: Path
) -> None:
    made = write_messages(tmp_path, 300)
    assert made["messages"] > 4 * 300
    file = tmp_path / "messages.jsonl"
    report = import_file(
        database, settings, file, "truc-lien-thong", refresh_snapshot=False, now=END_UTC
    )
    assert (report.rows_read, report.rows_inserted) == (made["messages"], 300)
    assert (report.rows_rejected, report.odd) == (0, [])
    dossiers, _ = next(chunks(300))
    with database.connect() as connection:
        rows = connection.execute(select(Dossier.code, Dossier.ended_at, Owner.name).join(Owner))
        ended = {code: at for code, at, name in rows if name}
    assert ended.keys() == set(dossiers["code"])
    told = dict(dossiers.select("code", "ended_at").iter_rows())
    assert {c for c, at in ended.items() if at} == {c for c, at in told.items() if at}


def test_documents_are_made_as_they_are_timed(question: Question) -> None:
    asked = making.periods()
    assert (asked["week"], asked["quarter"]) == ("week:2026-W25", "quarter15:2026-Q2")
    assert asked["dossiers"] == DOSSIERS
    for name, layout, period in (
        ("trinh-chieu", "slides", asked["week"]),
        ("bieu-ii06a", "xlsx", asked["quarter"]),
    ):
        found = making.document(name, layout, period)
        assert found["kb"] > 1
        assert found["first"].keys() == found["again"].keys() == {"figures", "file"}
    found = lists.long_list(50)
    assert 50 <= found["read"] < DOSSIERS
    assert found["file_mb"] > 0


def test_what_documents_took_is_told() -> None:
    part = {"figures": (1.0, 0.5), "file": (0.25, 0.25)}
    row = {"name": "trinh-chieu", "layout": "pptx", "load": 2.0, "first": part, "again": part,
           "home": (0.5, 0.25), "kb": 114.0, "peak_mb": 250.0,
           "command": {"wall": 4.2, "cpu": 3.1, "peak_mb": 260.0}}  # fmt: skip
    found = {
        "machine": "x", "when": "now", "dossiers": 1_000_000, "week": "w", "quarter": "q",
        "rows": [row, {key: row[key] for key in row if key != "command"} | {"layout": "slides"}],
        "list": {"rows": 200_000, "read": 201_000, "reading": (1.0, 1.0), "writing": (20.0, 19.0),
                 "file_mb": 33.0, "peak_mb": 400.0, "told": 40, "load": 1.0},
        "turning": {"slides": 14, "keys": 42, "median": 17.0, "slowest": 74.0, "messages": 0,
                    "app_cpu": 0.04, "seconds": 6.0, "opened": 8.0, "load": 3.0},
    }  # fmt: skip
    text = documents_tables(found)
    assert "| 4.2 | 3.1 | 260 | 1.00 | 0.25 | 1.00 | 0.25 | 0.75 | 3.0 | 114 | 2.0 |" in text
    assert "| deck, slides of the screen (HTML) | – | – | 250 |" in text
    assert "| both (target 30 s, 1,000 MB) |  | 21.0 | 20.0 |" in text
    assert "| … slowest ms | 74 |" in text


@pytest.mark.proof
def test_the_whole_run_by_its_command(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    marks = [f"<!-- {mark} -->\nold\n<!-- /{mark} -->" for mark in ("measured", "documents")]
    document.write_text("\n".join(["before", *marks, "after", ""]))
    folder = tmp_path / "data"
    arguments = ["--sizes", "2000", "--folder", str(folder), "--without", "postgresql", "app"]
    arguments += ["--messages", "300", "--documents", "1500", "--rows", "200"]
    results = main([*arguments, "--write", str(document)])
    (size,) = results["sizes"]
    assert size["dossiers"] == 2000
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| 2,000 | SQL, SQLite |" in text
    assert "messages of 300 dossiers" in text
    assert "| briefing, DOCX (target 5 s) |" in text


@pytest.mark.proof
@pytest.mark.browser
def test_memory_and_cold_start_of_the_real_app(installed: Path) -> None:
    from bench.screens import cold_start, memory, next_slide

    found = memory(installed)
    assert 50 < found["started"] <= found["peak"]
    assert cold_start(installed) > 0
    turned = next_slide(installed, "week:2026-W25", rounds=1)
    assert turned["messages"] == 0


def test_a_document_without_marks_is_not_touched(tmp_path: Path) -> None:
    document = tmp_path / "x.md"
    document.write_text("no marks")
    with pytest.raises(ValueError, match="unpack"):
        write_into(document, "figures")
    assert document.read_text() == "no marks"
