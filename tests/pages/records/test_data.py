"""The screen "Dữ liệu": sources, batches, upload, quality, calendar, snapshot."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
import xlsxwriter
from sqlalchemy import Engine, func, select
from streamlit.testing.v1 import AppTest

from connectors import read
from connectors.access import Reader
from connectors.database.models import Dossier, ImportBatch, Unit
from connectors.database.registers import SAMPLE_TABLES
from connectors.database.session import migrate, open_database
from connectors.engine import Facts, Scope, open_facts
from connectors.intake import import_file
from connectors.intake.hidden import ColumnMask as Mask
from connectors.settings import Settings
from connectors.snapshot import read_manifest, refresh
from connectors.workspace import file_name
from metrics.core.vietnamese import number
from metrics.dossiers.quality import CHECKS, checks, failing, freshness
from pages.records.intake import _DELETED, command, deletion
from pages.records.rejected import mask_of, rejected_table
from pages.records.taking import layouts
from tests.pages import kit
from tests.pages.conftest import Installation
from tests.pages.kit import press, words
from tests.pages.links import follow, html, rows_with, tables
from ui.shell import jobs
from ui.shell.view import default_view

HEADER = "case_id,channel,department,group,responsible,startdate,deadline,enddate"
GOOD = [
    "HS-1,Desk,Phòng A,Nhóm 1,CB-1,2026-06-01T08:00:00+07:00,2026-06-05T08:00:00+07:00,",
    "HS-2,Internet,Phòng A,Nhóm 1,CB-1,2026-06-02T08:00:00+07:00,2026-06-05T08:00:00+07:00,"
    "2026-06-04T08:00:00+07:00",
    "HS-3,Post,Phòng B,Nhóm 2,CB-2,2026-06-03T08:00:00+07:00,,2026-06-09T08:00:00+07:00",
]
BAD = [
    "HS-4,Desk,Phòng A,Nhóm 1,CB-1,31/02/2026,2026-06-05T08:00:00+07:00,",
    "HS-5,<b>Thư</b>,Phòng A,Nhóm 1,CB-1,2026-06-01T08:00:00+07:00,,",
]


def csv(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


@pytest.fixture(autouse=True)
def _reform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever imports and mends looks: the role that may do all of it."""
    who = Reader(1, "kiem-thu", "Người kiểm thử", "reform", None, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (who, False))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of an installation of the test's own; temporary files go to a folder of its own."""
    folder, scratch = tmp_path / "own", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with kit.installed(kit.settings_of(folder), monkeypatch):
        yield kit.settings_of(folder)


@pytest.fixture
def copied(here: Settings, sample_installation: Installation) -> Settings:
    """A copy of the sample installation, to be written to."""
    return kit.copy_of(sample_installation.settings, here.data_dir)


@pytest.fixture
def empty(here: Settings) -> Settings:
    """Migrated, with a snapshot of nothing."""
    return kit.empty_at(here.data_dir)


@pytest.fixture
def facts(sample_installation: Installation) -> Facts:
    return open_facts(sample_installation.settings, Scope(None))


shown = partial(kit.shown, "data")


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].set_value((name, content, "text/csv"))
    return app.run()


def database(settings: Settings) -> Engine:
    return open_database(settings.database_url)


def count(settings: Settings, model: type) -> int:
    with database(settings).connect() as connection:
        return connection.execute(select(func.count()).select_from(model)).scalar_one()


def dossiers_on_screen(settings: Settings) -> int:
    manifest = read_manifest(settings.snapshot_dir)
    assert manifest is not None
    return manifest.dossiers


# -- sources and batches -------------------------------------------------------------------


def test_sources_show_freshness_and_the_last_batch(
    app: AppTest, facts: Facts, sample_installation: Installation
) -> None:
    shown(app)
    assert not app.error
    settings = sample_installation.settings
    latest = read.last_batches(database(settings), settings.zone)
    assert latest.height == facts.sources.height > 1
    default = default_view(facts.data_until)
    moment = default.moment(facts.data_until)
    states = freshness(facts.sources, moment, facts.calendar)
    assert {"fresh", "stale"} == set(states["state"])
    listed = {row["Nguồn"]: row for row in rows_with(app, "Độ mới")}
    for row in latest.iter_rows(named=True):
        line = listed[row["source"]]
        lag = states.row(by_predicate=pl.col("source_id") == row["source_id"], named=True)
        stale = f"▲ chậm {lag['behind_days']} ngày làm việc"
        assert line["Độ mới"].startswith(stale if lag["state"] == "stale" else "● mới")
        assert line["Lần nạp cuối"].startswith(f"lô {row['batch_id']}, ")
        assert line["Đọc"] == number(row["rows_read"])


def test_every_batch_is_listed_newest_first(
    app: AppTest, sample_installation: Installation
) -> None:
    shown(app)
    settings = sample_installation.settings
    expected = read.import_batches(database(settings), settings.zone)
    listed = rows_with(app, "Lô")
    numbers = expected["batch_id"].to_list()
    assert [row["Lô"] for row in listed] == [f"Lô {one}" for one in numbers]
    assert [row["Đọc"] for row in listed] == [number(one) for one in expected["rows_read"]]
    assert numbers == sorted(numbers, reverse=True)


def test_parameters_that_mean_nothing_are_told(app: AppTest) -> None:
    for params in (
        {"batch": "999"},
        {"batch": "9" * 5000},  # more digits than Python reads as a number
        {"part": "quality", "check": "nothing"},
        {"part": "upload", "mapping": "nothing"},
        {"part": "nothing"},
    ):
        shown(app, **params)
        assert f"Tham số “{list(params)[-1]}” trong đường dẫn không hợp lệ" in words(app)


# -- quality -------------------------------------------------------------------------------


def test_quality_counts_equal_the_calculation(app: AppTest, facts: Facts) -> None:
    shown(app, part="quality")
    ask = default_view(facts.data_until).ask(facts.calendar, facts.data_until)
    expected = checks(facts, facts, ask)
    listed = rows_with(app, "Kiểm tra")
    assert [row["Kiểm tra"] for row in listed] == [check.label for check in CHECKS.values()]
    assert [row["Hồ sơ"] for row in listed] == [number(one) for one in expected["count"]]
    assert f"**{number(expected['of'][0])}** hồ sơ phải giải quyết" in words(app)


def test_a_check_opens_to_its_dossiers(app: AppTest, facts: Facts) -> None:
    ask = default_view(facts.data_until).ask(facts.calendar, facts.data_until)
    expected = checks(facts, facts, ask)
    key = expected.sort("count", descending=True)["check"][0]
    follow(shown(app, part="quality"), CHECKS[key].label)
    rows = failing(facts, facts, key, ask).to_native().collect()
    assert 0 < rows.height == expected.filter(pl.col("check") == key)["count"][0]
    listed = rows_with(app, "Mã hồ sơ")
    assert len(listed) == min(rows.height, 200)
    assert {row["Mã hồ sơ"] for row in listed} <= set(rows["code"])
    assert {row["Nguồn"] for row in listed} <= set(facts.sources["name"])


# -- calendar ------------------------------------------------------------------------------


def test_calendar_of_the_views_year_and_the_next(app: AppTest) -> None:
    shown(app, part="calendar")
    days = {row["Ngày"]: row for table in tables(app) for row in table}
    assert days["Thứ Bảy 10/01/2026"]["Trạng thái"] == "● làm việc"
    assert days["Thứ Sáu 02/01/2026"]["Trạng thái"] == "○ nghỉ"
    assert "12729/VPCP-KGVX" in days["Thứ Sáu 02/01/2026"]["Tên, văn bản"]
    assert {day[-4:] for day in days} == {"2026", "2027"}
    shown(app, part="calendar", period="custom:2025-01-01..2025-03-31")
    assert {row["Ngày"][-4:] for table in tables(app) for row in table} == {"2025", "2026"}


# -- upload --------------------------------------------------------------------------------


def test_a_trial_writes_nothing_and_the_import_shows_at_once(empty: Settings) -> None:
    app = upload(shown(part="upload", mapping="coselog"), "hồ sơ.csv", csv(*GOOD, *BAD))
    assert app.button(key="intake_import").disabled
    press(app, "intake_try")
    assert "Kết quả chạy thử" in words(app)
    said = words(app).replace("\\", "")
    assert "**Cách đọc:** CSV, bảng mã UTF-8, phân cách bằng dấu phẩy, dòng tiêu đề 1" in said
    assert (count(empty, Dossier), count(empty, ImportBatch)) == (0, 0)
    before = dossiers_on_screen(empty)

    press(app, "intake_import")
    assert "Đã nhập tệp" in words(app)
    assert "Số liệu trên các màn hình đã mới: 3 hồ sơ" in words(app)
    assert (before, dossiers_on_screen(empty), count(empty, Dossier)) == (0, 3, 3)
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    # The session lets go of the file.
    assert app.file_uploader[0].value is None
    assert app.button(key="intake_try").disabled

    follow(app, "Xem và tải các dòng bị từ chối")
    assert app.query_params["batch"] in ("1", ["1"])
    listed = rows_with(app, "Lô")[0]
    assert (listed["Đọc"], listed["Mới"], listed["Bị từ chối"]) == ("5", "3", "2")
    page = html(app)
    assert "31/02/2026" in page
    assert "&lt;b&gt;Thư&lt;/b&gt;" in page
    assert "<b>Thư</b>" not in page


def test_another_file_or_mapping_needs_a_trial_of_its_own(empty: Settings) -> None:
    app = upload(shown(part="upload", mapping="coselog"), "a.csv", csv(*GOOD))
    press(app, "intake_try")
    assert not app.button(key="intake_import").disabled
    upload(app, "b.csv", csv(*GOOD))
    assert app.button(key="intake_import").disabled


def test_a_file_that_is_refused_whole_changes_nothing(empty: Settings) -> None:
    app = upload(shown(part="upload", mapping="coselog"), "a.csv", b"\x00\x01\x02PK\x03\x04" * 50)
    press(app, "intake_try")
    assert [error.value for error in app.error] != []
    assert "Traceback" not in words(app)
    assert app.button(key="intake_import").disabled
    assert count(empty, ImportBatch) == 0


def test_the_same_file_again_changes_nothing(empty: Settings) -> None:
    app = shown(part="upload", mapping="coselog")
    for expected in (3, 0):
        upload(app, "a.csv", csv(*GOOD))
        press(press(app, "intake_try"), "intake_import")
        assert f'<th scope="row">Hồ sơ mới</th><td>{expected}</td>' in html(app)
    assert count(empty, Dossier) == 3


def test_sample_data_is_deleted_only_when_confirmed(copied: Settings) -> None:
    held = read.sample_contents(database(copied))
    units = count(copied, Unit)
    app = upload(shown(part="upload", mapping="coselog"), "a.csv", csv(*GOOD))
    press(app, "intake_try")
    assert "thực tế chưa xóa gì" in words(app)
    press(app, "intake_import")
    assert "**Chưa nhập gì.**" in words(app)
    assert deletion(held) in words(app)
    assert f"{number(held['dossier'])} hồ sơ" in deletion(held)
    assert read.sample_contents(database(copied)) == held

    assert app.button(key="intake_replace").disabled
    app.checkbox(key="intake_sure").check().run()
    press(app, "intake_replace")
    assert "Đã nhập tệp" in words(app)
    assert read.data_kind(database(copied)) == "real"
    assert (count(copied, Dossier), dossiers_on_screen(copied)) == (3, 3)
    assert count(copied, Unit) == units + 2
    assert "DỮ LIỆU MINH HỌA" not in html(app)


def test_what_is_said_to_be_deleted_is_what_is_deleted() -> None:
    told = {table for table, _ in _DELETED}
    assert told - {"registers"} == set(SAMPLE_TABLES)


# -- personal data -------------------------------------------------------------------------


def workbook() -> bytes:
    """A template of one bad row, whose owner's columns are bad as well."""
    row = {
        "Mã hồ sơ": "HS-1",
        "Đơn vị giải quyết": "Phường Không Có",
        "Ngày tiếp nhận": "05/06/2025 08:00",
        "Hẹn trả": "35/13/2025",
        "Ngày kết thúc": "",
        "Chủ hồ sơ": "Nguyễn Văn Kín",
        "Loại chủ hồ sơ": "Ông Kín",
        "Điện thoại": "0912345678" * 6,
    }
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Hồ sơ")
        sheet.write_row(0, 0, list(row))
        sheet.write_row(1, 0, list(row.values()))
        sheet.write_row(2, 0, ["HS-2", "Phường Không Có", "05/06/2025", "", "", "", "Bà Kín"])
        for name, columns in (
            ("Đơn vị", ["Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Cấp", "Mã đơn vị cấp trên"]),
            ("Thủ tục", ["Mã thủ tục", "Tên thủ tục", "Lĩnh vực", "Cấp thực hiện"]),
        ):
            extra = ["Thời hạn giải quyết", "Đơn vị thời hạn"] if name == "Thủ tục" else []
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [*columns, *extra, "Hiệu lực từ", "Hiệu lực đến"])
    return out.getvalue()


def test_owners_are_masked_on_screen_and_whole_in_the_file(empty: Settings) -> None:
    app = upload(shown(part="upload"), "mau.xlsx", workbook())
    press(app, "intake_try")
    assert "35/13/2025" in html(app)
    seen = html(app) + words(app)
    press(app, "intake_import")
    seen += html(app) + words(app)
    follow(app, "Xem và tải các dòng bị từ chối")
    seen += html(app) + words(app)
    assert "•••" in seen
    for secret in ("Kín", "0912345678"):
        assert secret not in seen
    from connectors.intake.export import rejected_csv

    with database(empty).connect() as connection:
        assert "Nguyễn Văn Kín" in rejected_csv(connection, 1).decode()


def test_masks() -> None:
    mask = mask_of("mau-nhap-ho-so")
    assert mask.value("Hẹn trả", "35/13") == "35/13"
    assert mask.value("chủ  Hồ sơ", "A") == "•••"
    told = (
        "sai. Ngoài ra cột “Điện thoại”, giá trị “09”: dài. "
        "Ngoài ra cột “Hẹn trả”, giá trị “x”: sai."
    )
    assert mask.reason(told) == told.replace("“09”", "“•••”")
    # Without its mapping nothing can be told to be harmless.
    for unknown in (mask_of(None), mask_of("khong-co")):
        assert unknown.value("Hẹn trả", "35/13") == "•••"
        assert "“09”" not in unknown.reason(told)
        assert "“x”" not in unknown.reason(told)
    assert Mask().value(None, "cả dòng") is None
    assert "<script>" not in rejected_table([(1, "a", "<script>", "<script>")], Mask())


# -- the snapshot and the database ---------------------------------------------------------


def test_newer_batches_are_told_and_taken_in(copied: Settings, tmp_path: Path) -> None:
    """Somebody imported at the command line without refreshing the snapshot."""
    path = tmp_path / "a.csv"
    path.write_bytes(csv(*GOOD))
    engine = database(copied)
    import_file(engine, copied, path, "coselog", replace_sample=True, refresh_snapshot=False)
    refresh(engine, copied)
    path.write_bytes(csv(*GOOD, GOOD[0].replace("HS-1", "HS-9")))
    import_file(engine, copied, path, "coselog", refresh_snapshot=False)

    app = shown(part="snapshot")
    assert "1 lô nhập mới hơn" in words(app)
    assert dossiers_on_screen(copied) == 3
    press(app, "snapshot_refresh_top")
    assert "Đã tổng hợp lại" in words(app)
    assert "mới hơn" not in words(app)
    assert dossiers_on_screen(copied) == 4
    press(app, "snapshot_refresh")
    assert "Không có gì mới" in words(app)


def test_a_lost_database_leaves_the_figures(copied: Settings) -> None:
    for path in copied.data_dir.glob("dung-han.db*"):
        path.unlink()
    app = shown()
    assert "Không đọc được cơ sở dữ liệu hồ sơ" in words(app)
    assert "● mới" in html(app)
    for part in ("upload", "quality", "calendar", "snapshot"):
        shown(app, part=part)
        assert "Không đọc được cơ sở dữ liệu hồ sơ" in words(app)
        assert "Không hiển thị được phần này" not in words(app)
    assert app.button(key="snapshot_refresh").disabled
    assert not shown(app, part="upload").file_uploader
    kit.shown("week", app)
    assert not app.error


def test_an_older_database_is_told_apart(copied: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    other = copied.data_dir / "other.db"
    engine = open_database(f"sqlite:///{other}")
    migrate(engine)
    engine.dispose()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{other}")
    assert "không phải cơ sở dữ liệu mà số liệu được tổng hợp từ đó" in words(shown())


def test_one_piece_of_work_at_a_time() -> None:
    st.cache_resource.clear()
    gate = threading.Event()
    assert jobs.start("a", lambda _tell: gate.wait(30))
    assert jobs.busy()
    assert not jobs.start("b", lambda _tell: None)
    gate.set()
    thread = next(thread for thread in threading.enumerate() if thread.name == "a")
    thread.join(30)
    assert not jobs.busy()
    st.cache_resource.clear()


# -- small parts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("hồ sơ.csv", "hồ sơ.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\tệp\\a.xlsx", "a.xlsx"),
        ("..", "tep"),
        ("", "tep"),
        ("a\x00b.csv", "ab.csv"),
        ("events.csv.gz", "events.csv.gz"),
    ],
)
def test_file_names_stay_in_their_folder(given: str, kept: str) -> None:
    assert file_name(given) == kept


def test_long_file_names_keep_their_ending() -> None:
    name = file_name("ế" * 300 + ".xlsx")
    assert name.endswith(".xlsx")
    assert len(name.encode()) <= 200


def test_the_command_for_large_files() -> None:
    known = layouts()
    assert command("coselog", known["coselog"]) == (
        ".venv/bin/python -m connectors import TỆP.csv --mapping coselog --events TỆP-THỨ-HAI.csv"
    )
    assert "--events" not in command("mau-nhap-ho-so", known["mau-nhap-ho-so"])


def test_mended_rejected_rows_can_be_uploaded_for_every_mapping(empty: Settings) -> None:
    for mapping in layouts():
        app = shown(part="upload", mapping=mapping)
        assert {".xlsx", ".csv"} <= set(app.file_uploader[0].proto.type)
