"""What has changed since a figure was reported: told beside it, and dossier by dossier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.database.models import ImportBatch
from connectors.database.session import open_database
from connectors.engine import Scope, open_facts
from connectors.intake import import_file
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.pages.kit import empty_at, installed, shown, words
from tests.pages.links import follow, html, links, rows_with

WEEK = "week:2026-W23"
HEADER = "case_id,channel,department,group,responsible,startdate,deadline,enddate"


def line(code: str, unit: str, due: str, ended: str = "", channel: str = "Desk") -> str:
    moments = (f"2026-06-{day}+07:00" if day else "" for day in ("02T08:00:00", due, ended))
    return ",".join([code, channel, unit, "Nhóm 1", "CB-1", *moments])


NEWEST = "HS-9,Desk,Phòng A,Nhóm 1,CB-1,2026-06-08T08:30:00+07:00,2026-06-20T17:00:00+07:00,"
FILES = {
    # The week is over: one overdue. Then, day by day, corrections.
    8: [
        line("HS-1", "Phòng A", "03T17:00:00", "04T09:00:00"),
        line("HS-2", "Phòng A", "05T17:00:00"),
        line("HS-3", "Phòng B", "05T17:00:00", "04T09:00:00"),
        line("HS-5", "Phòng B", "05T17:00:00", "04T09:00:00"),
        NEWEST,
    ],
    10: [
        line("HS-2", "Phòng A", "05T17:00:00", channel="Internet"),
        line("HS-3", "Phòng B", "05T17:00:00"),
        line("HS-5", "Phòng B", "05T17:00:00"),
    ],
    11: [line("HS-2", "Phòng A", "05T17:00:00", "05T10:00:00", channel="Internet")],
}


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three batches of one source."""
    folder = tmp_path_factory.mktemp("corrected")
    settings = empty_at(folder)
    engine = open_database(settings.database_url)
    for day, rows in FILES.items():
        file = folder / f"{day}.csv"
        file.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
        import_file(engine, settings, file, "coselog", refresh_snapshot=False)
    with engine.begin() as connection:
        for number, day in enumerate(FILES, start=1):
            finished = datetime(2026, 6, day, 3, tzinfo=UTC)
            batch = update(ImportBatch).where(ImportBatch.id == number)
            connection.execute(batch.values(started_at=finished, finished_at=finished))
    refresh(engine, settings)
    engine.dispose()
    return settings


@pytest.fixture(autouse=True)
def _app(corrected: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with installed(corrected, monkeypatch):
        yield


@pytest.fixture
def unit_a(corrected: Settings) -> int:
    units = open_facts(corrected, Scope()).units
    return int(units.filter(pl.col("name") == "Phòng A")["unit_id"][0])


def looks(monkeypatch: pytest.MonkeyPatch, role: str, unit: int | None = None) -> None:
    who = Reader(1, "kiem-thu", "Người kiểm thử", role, unit, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (who, False))


def drifted(**more: str) -> AppTest:
    return shown("late", None, period=WEEK, figure="pending_overdue", drift="1", **more)


def test_a_card_leads_to_the_dossiers_that_changed_it() -> None:
    home = shown("week", None, period=WEEK)
    assert "Đã đổi so với lúc báo cáo: 1 → 2" in html(home)
    app = follow(home, "Đã đổi so với lúc báo cáo: 1 → 2")
    assert "hiện nay: **2**" in words(app)
    assert "do 3 hồ sơ" in words(app)
    rows = {row["Mã hồ sơ"]: row for row in rows_with(app, "So với lúc báo cáo")}
    assert rows.keys() == {"HS-2", "HS-3", "HS-5"}
    assert rows["HS-2"]["So với lúc báo cáo"] == "nay không tính"
    why = rows["HS-2"]["Thay đổi đã ghi nhận, cũ nhất trước"]
    assert "Lô 2, 10:00 10/06/2026: kênh nộp: Trực tiếp → Trực tuyến" in why
    assert why.index("Lô 2") < why.index("Lô 3")
    assert "ngày kết thúc: (trống) → 10:00 05/06/2026" in why
    assert (
        "ngày kết thúc: 09:00 04/06/2026 → (trống)"
        in rows["HS-3"]["Thay đổi đã ghi nhận, cũ nhất trước"]
    )
    follow(app, "HS-2")
    assert '<h2 id="mo-dossier-' in html(app)


def test_both_lists_are_one_click_away() -> None:
    then = follow(drifted(), "Danh sách lúc báo cáo")
    assert [row["Mã hồ sơ"] for row in rows_with(then, "Mã hồ sơ", "Hẹn trả")] == ["HS-2"]
    now = follow(drifted(), "Danh sách hiện nay")
    assert {row["Mã hồ sơ"] for row in rows_with(now, "Mã hồ sơ", "Hẹn trả")} == {"HS-3", "HS-5"}


def test_what_did_not_change_is_said_not_to_have(monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown("late", None, period=WEEK, figure="received", drift="1")
    assert "không đổi, cả từng hồ sơ" in words(app)
    assert "Đã đổi" not in html(shown("week", None, period="week:2026-W22"))


def test_a_unit_sees_its_own(monkeypatch: pytest.MonkeyPatch, unit_a: int) -> None:
    looks(monkeypatch, "unit", unit_a)
    assert "Đã đổi so với lúc báo cáo: 1 → 0" in html(
        shown("units", None, period=WEEK, unit=str(unit_a))
    )
    app = drifted()
    assert {row["Mã hồ sơ"] for row in rows_with(app, "So với lúc báo cáo")} == {"HS-2"}
    assert "HS-3" not in html(app)


def test_who_presents_gets_the_numbers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    looks(monkeypatch, "presenter")
    app = drifted()
    assert "hiện nay: **2**" in words(app)
    assert "HS-2" not in html(app)


def test_nothing_to_hold_against_before_anything_has_come_in_since() -> None:
    app = shown("late", None, period="week:2026-W24", figure="pending_overdue", drift="1")
    assert "chưa có gì để so" in words(app)
    assert all("So với lúc báo cáo" not in label for label, _ in links(app))


def test_as_known_after_a_batch_is_held_against_now() -> None:
    app = drifted(known="2")
    assert "theo ghi nhận đến sau lô #2" in words(app)
    assert {row["Mã hồ sơ"] for row in rows_with(app, "So với lúc báo cáo")} == {"HS-2"}
