"""Closing a period on the screen "Dữ liệu": close, list, print, difference, reopen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from connectors import closing
from connectors.access import Reader
from connectors.engine import Scope
from tests.pages import kit
from tests.pages.links import html
from tests.reports.conftest import Office, office_at, office_in
from tests.reports.forms.test_closing import WEEK, correct, line


@pytest.fixture(scope="module")
def _made(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open")
    made = office_in(folder, _sqlite_template)
    lines = [line(number, "05/06/2025 10:00") for number in range(30)]
    made.take(*lines, "HS-900,10/06/2025 08:00,20/06/2025 16:00,,Trực tiếp,Sở Y tế,1.001")
    made.database.dispose()
    return folder


@pytest.fixture
def office(_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    made = office_at(Path(shutil.copytree(_made, tmp_path / "office")))
    as_role(monkeypatch, "reform")
    with kit.installed(made.settings, monkeypatch):
        yield made
    made.database.dispose()


def as_role(monkeypatch: pytest.MonkeyPatch, role: str, unit: int | None = None) -> None:
    who = Reader(1, "lan", "Lan", role, unit, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (who, False))


def shown(**params: str) -> AppTest:
    return kit.sound("data", part="closing", period=WEEK, **params)


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [each for each in app.button if each.label == label]
    return button.click().run()


def all_words(app: AppTest) -> str:
    """What the screen says, its own tables too."""
    return f"{kit.words(app)} {html(app)}"


def test_a_week_is_closed_compared_and_reopened(office: Office) -> None:
    app = shown()
    assert "Kỳ này chưa chốt" in kit.words(app)
    app.text_input(key="close_note").set_value("BC 12/BC-UBND")
    words = all_words(press(app, "Chốt số liệu"))
    assert "Đã chốt Tuần 23" in words
    assert "đang chốt" in words
    correct(office)
    words = all_words(shown(closing="1"))
    assert "BC 12/BC-UBND" in words
    assert "12 hồ sơ" in words
    for number in (*range(8), *range(20, 24)):
        assert f"HS-{number:03}" in words
    assert "HS-010" not in words
    app = shown(closing="1")
    words = kit.words(press(app, "Mở lại"))
    assert "Hãy ghi lý do" in words
    app.text_input(key="reopen_reason").set_value("Sửa 12 hồ sơ")
    words = all_words(press(app, "Mở lại"))
    assert "đã mở lại" in words
    assert "Sửa 12 hồ sơ" in words
    (row,) = closing.listed(office.database, office.settings, Scope()).to_dicts()
    assert (row["by"], row["reopened_by"]) == ("Lan (lan)", "Lan (lan)")


def test_a_period_that_is_not_over_is_refused(office: Office) -> None:
    app = kit.sound("data", part="closing", period="month:2025-06")
    assert "chưa hết kỳ" in kit.words(press(app, "Chốt số liệu"))
    assert closing.listed(office.database, office.settings, Scope()).is_empty()


def test_who_may_not_close_is_not_offered_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(monkeypatch, "leader")
    app = shown()
    assert "Chốt số liệu" not in [each.label for each in app.button]
    assert "Tải XLSX" in str(app)


def test_a_reader_of_one_unit_closes_that_unit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(monkeypatch, "reform", 2)
    press(shown(), "Chốt số liệu")
    (row,) = closing.listed(office.database, office.settings, Scope()).to_dicts()
    assert row["unit"] == "Phường Hà Đông"
    as_role(monkeypatch, "reform", 3)
    assert "Chưa chốt kỳ nào" in kit.words(shown())


def test_a_local_month_with_a_time_of_day_is_chosen_closed_and_printed(office: Office) -> None:
    office.take(
        "HS-901,25/04/2025 12:00,30/04/2025 16:00,28/04/2025 10:00,Trực tiếp,Sở Y tế,1.001",
        "HS-902,25/05/2025 11:59,30/05/2025 16:00,28/05/2025 10:00,Trực tiếp,Sở Y tế,1.001",
        "HS-903,25/05/2025 12:00,30/05/2025 16:00,28/05/2025 10:00,Trực tiếp,Sở Y tế,1.001",
    )
    app = kit.sound("data", part="closing", period="month:2025-05")
    (kinds,) = [each for each in app.selectbox if each.label == "Loại kỳ"]
    app = kinds.set_value("local:tphcm-1022").run()
    (day,) = [each for each in app.date_input if each.label == "Kỳ có ngày"]
    app = day.set_value(date(2025, 5, 24)).run()
    label = "Tháng 05/2025, kỳ báo cáo 1022 TP.HCM"
    assert label in kit.words(app)
    words = all_words(press(app, "Chốt số liệu"))
    assert f"Đã chốt {label}" in words
    token = "local:tphcm-1022:2025-05"
    found = closing.in_force(office.database, office.settings, token, [None])
    assert found is not None
    counts = dict(found.cells.select("figure", "count").iter_rows())
    assert (counts["received"], counts["resolved"]) == (2, 1)
    assert (counts["pending"], found.as_of) == (1, datetime(2025, 5, 25, 12))


@pytest.mark.parametrize("key", ["week", "units", "late", "tasks", "service", "presenting"])
def test_other_screens_take_a_local_month_too(office: Office, key: str) -> None:
    app = kit.sound(key, period="local:vinh-phuc:2025-06")
    assert "21/05/2025–20/06/2025" in str(app)
