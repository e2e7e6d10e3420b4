"""Marks outside the database tell what the chain cannot: a cut tail, an audit written anew."""

from __future__ import annotations

import json
import logging
import shutil
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine, select, text

from connectors import audit
from connectors.__main__ import main
from connectors.audit import keep
from connectors.audit.chain import BEFORE_ALL, Line
from connectors.audit.keep import keeping, set_mark, take_turn
from connectors.audit.keys import change_key
from connectors.audit.log import LINES
from connectors.audit.marks import Shelf, every, late
from connectors.audit.verify import Verdict, glance
from connectors.audit.walk import Walk
from connectors.backup import make_backup, restore_backup
from connectors.database.session import open_database
from connectors.logs import JsonLines
from connectors.settings import Settings
from tests.connectors.audit.behind import cut, unnoticed

LAN = audit.Actor("Lan")
KEY, OTHER = "k" * 40, "o" * 40
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def shelf(settings: Settings) -> Shelf:
    return Shelf.of(settings)


def _lines(database: Engine, count: int, keys: tuple[str, ...] = (KEY,)) -> None:
    for number in range(count):
        audit.record(database, "export", actor=LAN, subject=f"lần {number}", keys=keys)


def _mark(database: Engine, shelf: Shelf, keys: tuple[str, ...] = (KEY,)) -> None:
    assert set_mark(database, shelf, "verify", keys=keys) is not None


def _verdict(database: Engine, shelf: Shelf, keys: tuple[str, ...] = (KEY,)) -> Verdict:
    """What verify says; the quick look says no less of marks."""
    verdict = audit.verify(database, keys=keys, shelf=shelf)
    assert verdict.ok == glance(database, keys=keys, shelf=shelf).ok
    return verdict


@pytest.mark.parametrize("keys", [(KEY,), ()])
def test_a_tail_cut_off_with_its_head_set_back(
    database: Engine, shelf: Shelf, keys: tuple[str, ...]
) -> None:
    _lines(database, 3, keys)
    _mark(database, shelf, keys)
    _lines(database, 3, keys)
    _mark(database, shelf, keys)
    _lines(database, 1, keys)
    verdict = _verdict(database, shelf, keys)
    assert (verdict.ok, verdict.vouched) == (True, 6)
    assert "bảo chứng đến dòng 6" in verdict.notes[0]
    assert "1 dòng sau đó chưa có mốc" in verdict.notes[0]
    cut(database, 6)
    assert _verdict(database, shelf, keys).ok  # what came after the last mark nobody knows
    cut(database, 4)
    verdict = _verdict(database, shelf, keys)
    assert (verdict.ok, verdict.vouched, verdict.broken) == (False, 3, 4)
    assert "bị cắt đuôi hoặc bị lùi" in verdict.sentence
    assert "đã thấy 6 dòng, nay chỉ còn 4" in verdict.sentence
    assert "còn bảo chứng đến dòng 3" in verdict.sentence
    # New lines over the gap hide nothing.
    _lines(database, 5, keys)
    verdict = _verdict(database, shelf, keys)
    assert (verdict.ok, verdict.vouched, verdict.broken) == (False, 3, 4)
    assert "không khớp mốc 2" in verdict.sentence


def test_a_glance_recomputes_only_what_came_after_the_last_mark(
    database: Engine, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lines(database, 6, (KEY,))
    _mark(database, shelf, (KEY,))
    _lines(database, 2, (KEY,))
    taken: list[int] = []
    real = Walk._step

    def counted(walk: Walk, line: Line, digest: str) -> None:
        taken.append(line.id)
        real(walk, line, digest)

    monkeypatch.setattr(Walk, "_step", counted)
    assert glance(database, keys=(KEY,), shelf=shelf).ok
    assert taken == [7, 8]
    taken.clear()
    assert audit.verify(database, keys=(KEY,), shelf=shelf).ok
    assert taken == [1, 2, 3, 4, 5, 6, 7, 8]


def test_an_audit_written_anew_without_a_key(database: Engine, shelf: Shelf) -> None:
    _lines(database, 4, ())
    _mark(database, shelf, ())
    rewrite(database, 2)
    assert audit.verify(database, keys=()).ok
    verdict = _verdict(database, shelf, ())
    assert (verdict.ok, verdict.vouched, verdict.broken) == (False, None, 1)
    assert "không đến dòng nào" in verdict.sentence


def rewrite(database: Engine, changed: int) -> None:
    """Change a line and chain all from there anew, as anybody can who has no key."""
    rows = _rows(database)
    rows[changed - 1]["subject"] = "khác"
    _put(database, rows)


def _rows(database: Engine) -> list[dict[str, Any]]:
    with database.connect() as connection:
        return [dict(row) for row in connection.execute(select(LINES).order_by("id")).mappings()]


def _put(database: Engine, rows: list[dict[str, Any]]) -> None:
    """These lines in this order, numbered and chained anew without a key."""
    last, made = BEFORE_ALL, list[dict[str, Any]]()
    for number, row in enumerate(rows, 1):
        values = {name: row[name] for name in Line.__slots__}
        line = Line(**values | {"id": number, "prev_hash": last, "key_id": None})
        last = str(line.digest())
        made.append({name: getattr(line, name) for name in Line.__slots__} | {"hash": last})

    unnoticed(database, ["DELETE FROM audit", "UPDATE audit_head SET lines = 0"])
    with database.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_head_next" + _on(database, "audit_head")))
        connection.execute(text("UPDATE audit_head SET hash = :hash"), {"hash": BEFORE_ALL})
    unnoticed(database, [])
    for row in made:
        with database.begin() as connection:
            connection.execute(LINES.insert().values(row))
            connection.execute(
                text("UPDATE audit_head SET lines = :id, hash = :hash"),
                {"id": row["id"], "hash": row["hash"]},
            )


def _on(database: Engine, table: str) -> str:
    return "" if database.dialect.name == "sqlite" else f" ON {table}"


# -- any manipulation of any line before a mark is found -------------------------------------------


@pytest.fixture(scope="module")
def chain(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """A new database with so many lines, and a shelf of its own."""
    counter = iter(range(10**6))

    def make(count: int, keys: tuple[str, ...]) -> tuple[Engine, Shelf]:
        folder = tmp_path_factory.mktemp(f"chain{next(counter)}")
        shutil.copy(_sqlite_template, folder / "dung-han.db")
        made = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
        database = open_database(made.database_url)
        _lines(database, count, keys)
        return database, Shelf.of(made)

    return make


def _edit(rows: list[dict[str, Any]], at: int, other: int) -> None:
    rows[at]["actor"] = "Ai đó"


def _swap(rows: list[dict[str, Any]], at: int, other: int) -> None:
    rows[at], rows[other] = rows[other], rows[at]


def _delete(rows: list[dict[str, Any]], at: int, other: int) -> None:
    del rows[at]


def _insert(rows: list[dict[str, Any]], at: int, other: int) -> None:
    rows.insert(at, rows[other] | {"subject": "chưa từng có"})


def _drop_tail(rows: list[dict[str, Any]], at: int, other: int) -> None:
    del rows[at:]


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_was_done_to_lines_before_a_mark_is_found(chain: Any, data: st.DataObject) -> None:
    keys = data.draw(st.sampled_from([(), (KEY,)]))
    count = data.draw(st.integers(2, 8))
    marked = data.draw(st.integers(1, count))
    at = data.draw(st.integers(0, marked - 1))
    other = data.draw(st.integers(0, count - 1).filter(lambda number: number != at))
    change = data.draw(st.sampled_from([_edit, _swap, _delete, _insert, _drop_tail]))
    rechained = data.draw(st.booleans()) or (change is _drop_tail and not keys)
    earlier = data.draw(st.integers(0, at))
    database, shelf = chain(earlier, keys)
    if earlier:
        _mark(database, shelf, keys)
    _lines(database, marked - earlier, keys)
    _mark(database, shelf, keys)
    _lines(database, count - marked, keys)
    assert _verdict(database, shelf, keys).ok
    if change is _drop_tail and not rechained:
        cut(database, at) if at else _put(database, [])
    else:
        rows = _rows(database)
        change(rows, at, other)
        _put(database, rows) if rechained else _replace(database, rows)
    verdict = audit.verify(database, keys=keys, shelf=shelf)
    database.dispose()
    assert not verdict.ok
    assert (verdict.vouched or 0) <= at


def _replace(database: Engine, rows: list[dict[str, Any]]) -> None:
    """These lines in this order, numbered, but with the hashes that they had."""
    numbered = [row | {"id": number} for number, row in enumerate(rows, 1)]
    unnoticed(database, ["DELETE FROM audit"])
    with database.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_next"))
        connection.execute(LINES.insert(), numbered)
    unnoticed(
        database,
        [
            f"UPDATE audit_head SET lines = {len(numbered)}, hash = '{numbered[-1]['hash']}'"
            if numbered
            else f"UPDATE audit_head SET lines = 0, hash = '{BEFORE_ALL}'"
        ],
    )


# -- the file itself -------------------------------------------------------------------------------


@pytest.fixture
def marked(sqlite_database: Engine, shelf: Shelf) -> Engine:
    """Six lines and three marks, at 2, 4 and 6."""
    for _ in range(3):
        _lines(sqlite_database, 2)
        _mark(sqlite_database, shelf)
    return sqlite_database


def _changed(shelf: Shelf, change: Callable[[list[dict[str, Any]]], object]) -> None:
    rows = [json.loads(line) for line in shelf.path.read_text().splitlines()]
    change(rows)
    shelf.path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize(
    ("change", "says", "vouched"),
    [
        (lambda rows: rows.pop(), "Đuôi sổ mốc bị cắt: cơ sở dữ liệu đã đếm 3 mốc", 4),
        (lambda rows: rows.clear(), "moc-nhat-ky.jsonl đã bị xóa", None),
        (lambda rows: rows.pop(0), "Đầu sổ mốc bị cắt: mốc đầu tiên còn lại là mốc 2", 6),
        (lambda rows: rows.pop(1), "thiếu các mốc từ 2 đến 2", 6),
        (lambda rows: rows[1].update(lines=3), "Mốc 2 trong sổ mốc đã bị sửa", 2),
        (lambda rows: rows[2].update(at="2020-01-01T00:00:00+00:00"), "Mốc 3 trong sổ mốc đã", 4),
        (lambda rows: rows.insert(0, rows.pop()), "Đầu sổ mốc bị cắt", 6),
        (lambda rows: rows.append(rows[0]), "bị xáo trộn", 6),
        (lambda rows: rows[1].update(nonsense=1), "thiếu các mốc từ 2 đến 2", 6),
    ],
)
def test_marks_that_were_touched(
    marked: Engine, shelf: Shelf, change: Any, says: str, vouched: int | None
) -> None:
    _changed(shelf, change)
    verdict = _verdict(marked, shelf)
    assert not verdict.ok
    assert says in verdict.sentence
    assert verdict.vouched == vouched


def test_a_forged_mark_has_no_signature(marked: Engine, shelf: Shelf) -> None:
    """Whoever cuts audit and marks and writes a mark of his own lacks the key."""
    cut(marked, 4)

    def forge(rows: list[dict[str, Any]]) -> None:
        rows[2].update(lines=4, hash=rows[1]["hash"], key_id=None, sign="0" * 64)

    _changed(shelf, forge)
    assert "Mốc 3" in _verdict(marked, shelf).sentence


def test_marks_of_another_installation(
    marked: Engine, shelf: Shelf, postgres_or_copy: Engine
) -> None:
    _lines(postgres_or_copy, 6)
    verdict = _verdict(postgres_or_copy, shelf)
    assert "là của một hệ thống khác" in verdict.sentence


@pytest.fixture
def postgres_or_copy(_sqlite_template: Path, tmp_path: Path) -> Any:
    shutil.copy(_sqlite_template, tmp_path / "other.db")
    database = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    yield database
    database.dispose()


def test_a_line_cut_short_by_a_power_cut_is_no_harm(marked: Engine, shelf: Shelf) -> None:
    with shelf.path.open("ab") as file:
        file.write(b'{"number": 4, "at": "2026')
    assert _verdict(marked, shelf).ok
    _lines(marked, 1)
    _mark(marked, shelf)
    verdict = _verdict(marked, shelf)
    assert (verdict.ok, verdict.vouched) == (True, 7)


def test_the_file_is_for_its_owner_and_grows(marked: Engine, shelf: Shelf) -> None:
    assert stat.S_IMODE(shelf.path.stat().st_mode) == 0o600
    before = shelf.path.read_bytes()
    assert set_mark(marked, shelf, "verify", keys=(KEY,)) is None  # nothing new
    _lines(marked, 1)
    _mark(marked, shelf)
    assert shelf.path.read_bytes().startswith(before)


def test_keys_come_and_change(sqlite_database: Engine, shelf: Shelf) -> None:
    _lines(sqlite_database, 1, ())
    _mark(sqlite_database, shelf, ())
    verdict = _verdict(sqlite_database, shelf, ())
    assert any("chưa đặt AUDIT_KEY" in note for note in verdict.notes)
    # With the first key the same end is marked once more, and signed.
    assert _verdict(sqlite_database, shelf, (KEY,)).vouched is None
    _mark(sqlite_database, shelf, (KEY,))
    assert _verdict(sqlite_database, shelf, (KEY,)).vouched == 1
    _lines(sqlite_database, 1, (KEY,))
    _lines(sqlite_database, 1, (OTHER, KEY))
    _mark(sqlite_database, shelf, (OTHER, KEY))
    assert shelf.read((KEY,)).faults == ()  # the old one signs until it is closed
    change_key(sqlite_database, (OTHER, KEY), actor=LAN)
    _mark(sqlite_database, shelf, (OTHER, KEY))
    verdict = _verdict(sqlite_database, shelf, (OTHER, KEY))
    assert (verdict.ok, verdict.vouched) == (True, 5)
    # The old one taken away: its mark cannot be checked, and that is told, not called a forgery.
    verdict = _verdict(sqlite_database, shelf, (OTHER,))
    assert (verdict.ok, verdict.vouched) == (True, 5)
    assert any("không có trong AUDIT_KEY" in note for note in verdict.notes)
    with pytest.raises(audit.AuditKeyMissing):
        set_mark(sqlite_database, shelf, "verify", keys=(KEY,))


# -- taking turns ----------------------------------------------------------------------------------


def test_turns_are_taken_by_one(sqlite_database: Engine, shelf: Shelf) -> None:
    """Several processes at once: one mark; the next when it is time and lines were added."""

    def turn(now: datetime) -> None:
        take_turn(sqlite_database, shelf, (KEY,), "timer", now)

    def marks() -> list[int]:
        return [mark.lines for mark in shelf.read((KEY,)).marks]

    _lines(sqlite_database, 2)
    threads = [threading.Thread(target=turn, args=(NOW,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert marks() == [2]
    _lines(sqlite_database, 1)
    turn(NOW + every() / 2)
    assert marks() == [2]
    turn(NOW + every())
    turn(NOW + 3 * every())
    assert marks() == [2, 3]
    _lines(sqlite_database, 1)
    turn(NOW - timedelta(days=1))  # a clock that was set back keeps nobody from it
    assert marks() == [2, 3, 4]
    assert _verdict(sqlite_database, shelf).ok


def test_no_mark_is_set_on_what_is_not_whole(sqlite_database: Engine, shelf: Shelf) -> None:
    _lines(sqlite_database, 4)
    _mark(sqlite_database, shelf)
    cut(sqlite_database, 2)
    _lines(sqlite_database, 9)
    verdict = take_turn(sqlite_database, shelf, (KEY,), "timer", NOW)
    assert not verdict.ok
    assert [mark.lines for mark in shelf.read((KEY,)).marks] == [4]


def test_the_log_has_the_mark_in_full(
    sqlite_database: Engine, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    """The log covers what looks like a secret; a mark must come through, to be compared later."""
    _lines(sqlite_database, 3)
    with caplog.at_level(logging.INFO, logger=keep.__name__):
        _mark(sqlite_database, shelf)
    line = json.loads(JsonLines().format(caplog.records[-1]))
    assert line["event"] == "audit mark"
    assert audit.verify(sqlite_database, keys=(KEY,), mark=line["mark"]).ok
    cut(sqlite_database, 2)
    assert (
        "Mốc đã ghi (3)" in audit.verify(sqlite_database, keys=(KEY,), mark=line["mark"]).sentence
    )
    mark = shelf.read((KEY,)).marks[0]
    assert line["sign"].replace(":", "") == mark.digest((KEY,))


def test_the_running_app_looks_at_its_start(
    sqlite_database: Engine, settings: Settings, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    signed = settings.model_copy(update={"audit_key": SecretStr(KEY)})
    _lines(sqlite_database, 3)
    with keeping(lambda: signed, lambda: sqlite_database):
        _until(lambda: shelf.path.exists() and len(shelf.read((KEY,)).marks) == 1)
    cut(sqlite_database, 1)
    with keeping(lambda: signed, lambda: sqlite_database):
        _until(lambda: any("bị cắt đuôi" in record.getMessage() for record in caplog.records))


def test_an_app_that_cannot_mark_says_so_and_runs_on(
    sqlite_database: Engine, settings: Settings, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    _lines(sqlite_database, 1)
    shelf.path.mkdir()
    with keeping(lambda: settings, lambda: sqlite_database) as thread:
        _until(lambda: any("no audit mark" in record.getMessage() for record in caplog.records))
        assert thread.is_alive()


def _until(done: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if done():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen")


# -- restores --------------------------------------------------------------------------------------


def test_a_restore_is_told_as_such(
    sqlite_database: Engine, settings: Settings, shelf: Shelf, tmp_path: Path
) -> None:
    here = settings.model_copy(update={"audit_key": SecretStr(KEY)})
    _lines(sqlite_database, 3)
    _mark(sqlite_database, shelf)
    path, _ = make_backup(sqlite_database, here, tmp_path / "a.dunghan", actor=LAN)
    _lines(sqlite_database, 4)
    _mark(sqlite_database, shelf)
    sqlite_database.dispose()
    assert restore_backup(here, path, actor=LAN, replace=True).marked
    verdict = _verdict(sqlite_database, shelf)
    assert (verdict.ok, verdict.vouched) == (True, 4)  # three and the restore's own line
    (told,) = [note for note in verdict.notes if "phục hồi hợp lệ" in note]
    assert "sau dòng 3" in told
    assert "1 mốc trước đó" in told
    # Life goes on, marks too, and what is cut after the restore is found.
    _lines(sqlite_database, 3)
    _mark(sqlite_database, shelf)
    # The older marks are no excuse for the lines before the copy.
    path, _ = make_backup(sqlite_database, here, tmp_path / "b.dunghan", actor=LAN)
    sqlite_database.dispose()
    restore_backup(here, path, actor=LAN, replace=True)
    assert _verdict(sqlite_database, shelf).ok
    cut(sqlite_database, 2)
    verdict = _verdict(sqlite_database, shelf)
    assert (verdict.ok, verdict.broken) == (False, 1)


def test_a_copy_from_a_branch_that_was_left(
    sqlite_database: Engine, settings: Settings, shelf: Shelf, tmp_path: Path
) -> None:
    """Back to an early copy, on for a while, then to a later copy of what had been left."""
    here = settings.model_copy(update={"audit_key": SecretStr(KEY)})
    _lines(sqlite_database, 2)
    _mark(sqlite_database, shelf)
    early, _ = make_backup(sqlite_database, here, tmp_path / "a.dunghan", actor=LAN)
    _lines(sqlite_database, 6)
    _mark(sqlite_database, shelf)
    later, _ = make_backup(sqlite_database, here, tmp_path / "b.dunghan", actor=LAN)
    sqlite_database.dispose()
    restore_backup(here, early, actor=LAN, replace=True, now=NOW)
    _lines(sqlite_database, 3)
    _mark(sqlite_database, shelf)
    sqlite_database.dispose()
    restore_backup(here, later, actor=LAN, replace=True, now=NOW + timedelta(1))
    verdict = _verdict(sqlite_database, shelf)
    assert verdict.ok, verdict.sentence
    cut(sqlite_database, 1)
    assert not _verdict(sqlite_database, shelf).ok


def test_a_restore_onto_a_machine_without_marks(
    sqlite_database: Engine, settings: Settings, shelf: Shelf, tmp_path: Path
) -> None:
    here = settings.model_copy(update={"audit_key": SecretStr(KEY)})
    _lines(sqlite_database, 3)
    _mark(sqlite_database, shelf)
    path, _ = make_backup(sqlite_database, here, tmp_path / "a.dunghan", actor=LAN)
    sqlite_database.dispose()
    for name in ("dung-han.db", shelf.path.name):
        (tmp_path / name).unlink()
    restore_backup(here, path, actor=LAN)
    verdict = _verdict(sqlite_database, shelf)
    assert (verdict.ok, verdict.vouched) == (True, 4)
    assert [mark.number for mark in shelf.read((KEY,)).marks] == [2]


def test_a_copy_put_in_its_place_by_hand_is_told_and_can_be_said(
    sqlite_database: Engine,
    settings: Settings,
    shelf: Shelf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("DATABASE_URL", settings.database_url), ("AUDIT_KEY", KEY)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["audit", *words], catch_exceptions=False)

    _lines(sqlite_database, 3)
    assert "Chưa có mốc nào" in run("verify").output
    assert "bảo chứng đến dòng 3" in run("verify").output
    _lines(sqlite_database, 3)
    assert run("verify").exit_code == 0
    cut(sqlite_database, 3)  # which is what a copy of that time has
    told = run("verify")
    assert (told.exit_code, "bị lùi về bản cũ" in told.output) == (1, True)
    assert "docs/operations.md" in told.output
    assert run("restored", "--yes").exit_code == 0
    whole = run("verify")
    assert (whole.exit_code, "phục hồi hợp lệ" in whole.output) == (0, True)
    assert audit.verify(sqlite_database, keys=(KEY,)).lines == 4
    assert len(list(tmp_path.glob("moc-nhat-ky.*.jsonl"))) == 1
    unnoticed(sqlite_database, ["UPDATE audit SET actor = 'x' WHERE id = 1"])
    assert run("restored", "--yes").exit_code == 2


def test_a_disk_without_room_is_said(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    _lines(sqlite_database, 1, ())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keep, "add", full)
    done = CliRunner().invoke(main, ["audit", "verify"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "Đĩa đã đầy" in done.output


def test_limits_are_sensible() -> None:
    assert timedelta(0) < every() < late()
