"""A watched folder: each file is taken once, whole, or lies apart with a note of what was wrong."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.fetch import bounds
from connectors.fetch.folder import FAILED, NOTE, TAKEN
from connectors.fetch.run import Fetched, fetch
from connectors.intake import ImportReport, MappingError, import_file, load_mapping
from connectors.settings import Settings
from tests.connectors.fetch.conftest import put
from tests.connectors.intake.conftest import GOOD, MAPPING, add_catalogue, dossiers, file_of

SECOND = GOOD.replace("HS-1", "HS-2")


@pytest.fixture
def run(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, folder: Path
) -> Callable[..., Fetched]:
    add_catalogue(sqlite_database)
    path = tmp_path / "theo-doi.toml"

    def go(more: str = "", wait: Callable[[float], None] = lambda _: None) -> Fetched:
        text_ = f'{MAPPING}\n[folder]\npath = "{folder}"\n{more}'
        if not path.exists() or path.read_text(encoding="utf-8") != text_:
            path.write_text(text_, encoding="utf-8")
            os.utime(path, (1, 1))
        return fetch(sqlite_database, settings, path, refresh_snapshot=False, wait=wait)

    return go


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def batches(database: Engine) -> int:
    with database.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM import_batch")).scalar_one())


def test_a_file_is_taken_once_and_moved(
    run: Callable[..., Fetched], folder: Path, sqlite_database: Engine
) -> None:
    put(folder, "b.csv", file_of(GOOD))
    put(folder, "a.csv", file_of(SECOND))
    done = run()
    assert [one.report.rows_inserted for one in done.files if one.report] == [1, 1]
    assert names(folder / TAKEN) == ["a.csv", "b.csv"]
    assert set(dossiers(sqlite_database)) == {"HS-1", "HS-2"}
    for place, mode in ((folder / TAKEN, 0o700), (folder / TAKEN / "a.csv", 0o600)):
        assert stat.S_IMODE(place.stat().st_mode) == mode
    # The very same content again, under another name or the same.
    put(folder, "b.csv", file_of(GOOD))
    again = run()
    assert [(one.report, one.known) for one in again.files] == [(None, 1)]
    assert names(folder / TAKEN) == ["a.csv", "b.csv", "b~2.csv"]
    assert batches(sqlite_database) == 2
    assert run() == Fetched()


def test_a_growing_file_is_left_until_it_stands_still(
    run: Callable[..., Fetched], folder: Path, sqlite_database: Engine
) -> None:
    path = folder / "lon.csv"
    path.write_text(file_of(GOOD)[:80], encoding="utf-8")

    def grows(_: float) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(file_of(GOOD)[80:])

    assert run(wait=grows) == Fetched()
    assert path.exists()
    waited = list[float]()
    (one,) = run(wait=waited.append).files
    assert one.report is not None
    assert waited == [bounds.folder().still_seconds]
    assert set(dossiers(sqlite_database)) == {"HS-1"}


def test_a_file_that_grows_while_it_is_taken_stays_and_is_taken_whole(
    run: Callable[..., Fetched],
    folder: Path,
    sqlite_database: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = put(folder, "a.csv", file_of(GOOD))
    real = import_file

    def slow(*args: Any, **kwargs: Any) -> ImportReport:
        report = real(*args, **kwargs)
        with path.open("a", encoding="utf-8") as file:
            file.write(SECOND + "\n")
        return report

    monkeypatch.setattr("connectors.fetch.run.import_file", slow)
    run()
    assert path.exists()
    monkeypatch.undo()
    run()
    assert not path.exists()
    assert set(dossiers(sqlite_database)) == {"HS-1", "HS-2"}


def test_a_refused_file_lies_apart_with_a_note_and_the_others_are_taken(
    run: Callable[..., Fetched], folder: Path, tmp_path: Path, sqlite_database: Engine
) -> None:
    put(folder, "sai.csv", "Cột lạ\nNguyễn Văn An\n")
    put(folder, "tot.csv", file_of(GOOD))
    put(folder, "anh.csv", "\x00\x01\x02" * 500)
    put(folder, "la\\ten\n.csv", file_of(SECOND))
    secret = tmp_path / "mat-khau.csv"
    secret.write_text(file_of(SECOND), encoding="utf-8")
    (folder / "lien-ket.csv").symlink_to(secret)
    os.mkfifo(folder / "ong.csv")
    (folder / "rong.csv").touch()
    done = run()
    refused = {one.name: one.refused for one in done.files if one.refused}
    assert set(refused) == {
        "sai.csv", "anh.csv", "la\\ten\n.csv", "lien-ket.csv", "ong.csv", "rong.csv",
    }  # fmt: skip
    assert done.left
    assert names(folder / TAKEN) == ["tot.csv"]
    assert set(dossiers(sqlite_database)) == {"HS-1"}
    notes = sorted(folder.glob(f"{FAILED}/*{NOTE}"))
    assert len(notes) == len(refused) == len(names(folder / FAILED)) / 2
    for note in notes:
        said = note.read_text(encoding="utf-8")
        assert stat.S_IMODE(note.stat().st_mode) == 0o600
        assert "Nguyễn Văn An" not in said
        assert "Chưa nhận được vì:" in said
        assert "Việc cần làm:" in said
    assert (folder / FAILED / "lien-ket.csv").is_symlink()
    assert secret.exists()
    assert run() == Fetched()


def test_what_is_not_the_files_fault_leaves_it_where_it_is(
    run: Callable[..., Fetched], folder: Path, sqlite_database: Engine
) -> None:
    path = put(folder, "a.csv", file_of(GOOD))
    with sqlite_database.begin() as connection:
        connection.execute(text("INSERT INTO setting VALUES ('data_kind', 'sample')"))
    done = run()
    assert done.stopped is not None
    assert "minh họa" in done.stopped
    assert path.exists()
    assert not (folder / FAILED).exists()


def test_hidden_unfinished_and_other_names_are_left(
    run: Callable[..., Fetched], folder: Path
) -> None:
    for name in (".a.csv", "a.csv.part", "b.csv.tmp", "~$c.csv", "d.txt"):
        (folder / name).write_text(file_of(GOOD), encoding="utf-8")
    (folder / "con").mkdir()
    assert run('pattern = "*.csv"') == Fetched()
    assert len(names(folder)) == 6


def test_files_that_are_kept_are_taken_once_and_told_once(
    run: Callable[..., Fetched], folder: Path, sqlite_database: Engine
) -> None:
    keep = 'after = "keep"'
    good, bad = put(folder, "a.csv", file_of(GOOD)), put(folder, "b.csv", "Cột lạ\n1\n")
    assert len(run(keep).files) == 2
    assert good.exists()
    assert bad.exists()
    assert names(folder / FAILED) == [f"b.csv{NOTE}"]
    assert run(keep) == Fetched()
    good.unlink()
    put(folder, "a.csv", file_of(GOOD, SECOND))
    os.utime(folder / "a.csv")
    assert [one.name for one in run(keep).files] == ["a.csv"]
    assert set(dossiers(sqlite_database)) == {"HS-1", "HS-2"}


def test_after_a_changed_mapping_the_same_file_is_taken_again(
    run: Callable[..., Fetched], folder: Path, tmp_path: Path
) -> None:
    put(folder, "a.csv", file_of(GOOD))
    run()
    os.utime(tmp_path / "theo-doi.toml")
    put(folder, "a.csv", file_of(GOOD))
    (one,) = run().files
    assert one.report is not None
    assert one.report.rows_unchanged == 1


def test_a_folder_that_cannot_be_used_is_told(
    run: Callable[..., Fetched], folder: Path, tmp_path: Path
) -> None:
    folder.rmdir()
    assert "thư mục không có" in str(run().stopped)
    folder.mkdir()
    (folder / TAKEN).symlink_to(tmp_path)
    put(folder, "a.csv", file_of(GOOD))
    done = run()
    assert done.stopped is not None
    assert "không phải thư mục" in done.stopped
    assert (folder / "a.csv").exists()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ('[folder]\npath = "vao"', "đường dẫn đầy đủ"),
    ],
)
def test_settings_that_cannot_be_used_are_told(setting: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(f"{MAPPING}\n{setting}", encoding="utf-8")
    with pytest.raises(MappingError) as refused:
        load_mapping(path)
    assert told in str(refused.value)
    assert "b1mat" not in str(refused.value)
