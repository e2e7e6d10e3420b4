"""The screen of reported figures: sums, sources, filters in the URL, a value added and mended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from connectors.database.session import open_database
from connectors.registers import RegisterRefused, add
from connectors.settings import Settings
from metrics.core.ask import Ask
from metrics.reported.review import STATEMENT_FIGURE, cells, shown_first
from metrics.reported.statements import Statement, indicator
from tests.frames import CLOCK
from tests.pages import kit
from tests.pages.conftest import WHO
from tests.pages.kit import submit
from tests.pages.links import follow, html, links, rows_with


@pytest.fixture(scope="module")
def settings(with_examples: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return kit.copy_of(with_examples, tmp_path_factory.mktemp("reported"))


@pytest.fixture
def at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with kit.installed(settings, monkeypatch):
        yield kit.new_app()


_open = partial(kit.sound, "reported")


def test_published_numbers_with_sums_and_sources(at: AppTest) -> None:
    page = html(_open(at))
    assert "▲ 7.211 = 3.395 + 450 + 3.366 – còn phần báo cáo không nêu" in page
    assert "● 1.895 = 1.522 + 263 + 110 – các phần khớp với tổng" in page
    for number in ("321 nhiệm vụ", "162 người", "17 quyết định", "4 thủ tục", "22 thủ tục"):
        assert f"<b>{number}</b>" in page
    assert "Công bố: <b>3</b> · Danh mục: <b>500</b> · Thay thế: <b>33</b>" in page
    assert "<b>31 đơn vị</b>" in page
    assert "<b>5.998</b> hồ sơ" in page
    assert "<b>8.028</b> hồ sơ" in page
    assert "○ chưa đủ số để kiểm tra" in page
    assert page.count("nguồn: ") > 20
    old = page.split(STATEMENT_FIGURE["old"].label)[1].split("dh-card-links")[0]
    assert "3.366" not in old, "what is old is told by its name, not by what it lacks"
    assert "PAPI 2021 tăng cả điểm và hạng" in page, "words of an earlier year stand, too"


def test_a_form_kept_as_printed_says_which_sum_fails_and_by_how_much(
    with_examples: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = kit.copy_of(with_examples, tmp_path)
    engine = open_database(settings.database_url)
    line = {
        "form": "II.06a", "unit": 1, "coverage": "own", "period_from": date(2024, 1, 1),
        "period_to": date(2024, 12, 31), "c7": 100, "in_time": 90, "c10": 12, "source": "Báo cáo",
    }  # fmt: skip
    how: dict[str, Any] = {"by": "Lan", "at": datetime(2026, 3, 1, tzinfo=UTC)}
    with pytest.raises(RegisterRefused, match=re.escape("(8+9) + (10) = 102, lệch 2")):
        add(engine, settings, "form_row", line, **how)
    add(engine, settings, "form_row", line | {"as_printed": True}, **how)
    engine.dispose()
    with kit.installed(settings, monkeypatch):
        page = html(_open())
    assert "các phần không khớp với tổng: (7) = 100 ≠ (8+9) + (10) = 102, lệch 2" in page


def test_filters_in_the_url(at: AppTest) -> None:
    page = html(_open(at, state="rest"))
    assert "7.211 = 3.395" in page
    assert "321 nhiệm vụ" not in page
    assert any("Bỏ lọc" in label for label, _ in links(at))
    at.selectbox(key="reported_state").set_value("").run()
    at.selectbox(key="reported_group").set_value("staff").run()
    assert "".join(at.query_params["group"]) == "staff"
    assert "162 người" in html(at)
    assert "1.895" not in html(at)

    _open(at, group="tien-tuong", state="x", whose="999999", value="abc")
    said = " ".join(warning.value for warning in at.warning)
    assert said.count("không hợp lệ") == 4
    assert "tien-tuong" not in said


def test_a_value_is_added_mended_and_its_history_kept(at: AppTest) -> None:
    _open(at)
    submit(at, "Thêm giá trị")
    refused = " ".join(error.value for error in at.error)
    assert "Chưa ghi được" in refused
    at.selectbox(key="new_indicator_value_indicator").set_value("public_service_staff")
    units = at.selectbox(key="new_indicator_value_unit").options
    unit = next(one for one in units if "Tỉnh Thanh Hóa" in one)
    at.selectbox(key="new_indicator_value_unit").select(unit)
    at.date_input(key="new_indicator_value_period_from").set_value(date(2021, 1, 1))
    at.date_input(key="new_indicator_value_period_to").set_value(date(2021, 12, 31))
    at.text_input(key="new_indicator_value_value").set_value("40.000")
    submit(at, "Thêm giá trị")
    assert any("Đã thêm giá trị" in done.value for done in at.success)
    assert "số của chính năm gốc 2021" in html(at)

    at.selectbox(key="new_indicator_value_1_indicator").set_value("public_service_staff")
    at.selectbox(key="new_indicator_value_1_unit").select(unit)
    at.date_input(key="new_indicator_value_1_period_from").set_value(date(2025, 1, 1))
    at.date_input(key="new_indicator_value_1_period_to").set_value(date(2025, 12, 31))
    at.text_input(key="new_indicator_value_1_value").set_value("37.000")
    submit(at, "Thêm giá trị")
    assert "● giảm 7,5% so với 40.000 của năm gốc 2021" in html(at)

    follow(at, rows_with(at, "Phần", "Thời gian")[0]["Chỉ tiêu"])
    follow(at, "✕ Đóng")
    assert "value" not in at.query_params
    follow(at, indicator("public_service_staff").name)
    value = "".join(at.query_params["value"])
    at.text_input(key=f"mend_indicator_value_{value}_value").set_value("36.000")
    submit(at, "Ghi sửa đổi")
    assert "● giảm 10,0% so với 40.000 của năm gốc 2021" in html(at)
    assert WHO in {row["Người"] for row in rows_with(at, "Mục", "Cũ", "Mới")}


def test_of_many_values_those_that_need_a_look_are_shown_first() -> None:
    def said(unit: int, whole: float | None, parts: tuple[float, ...] = ()) -> Statement:
        named: tuple[dict[str, Any], ...] = tuple({"part": "p", "value": part} for part in parts)
        row: dict[str, Any] = dict.fromkeys(("as_of", "period_to", "period_from"))
        row |= {"part": "", "value": whole}
        return Statement(indicator("documents_received"), unit, row, named)

    many = [said(unit, 1.0) for unit in range(20)]
    off, untold, rest = said(97, 1.0, (2.0,)), said(98, None), said(99, 3.0, (1.0,))
    shown = shown_first([*many, off, untold, rest], most=4)
    assert shown == [many[0], off, untold, rest]
    assert shown_first(many, most=150) == many
    ask = Ask(date(2026, 6, 1), date(2026, 6, 28), CLOCK)
    found = cells([*many, off, untold, rest], ask)
    assert set(found) == set(STATEMENT_FIGURE)
    assert [found[key]["numerator"] for key in ("all", "off", "rest", "untold")] == [23, 1, 1, 1]
    assert (found["sums"]["numerator"], found["sums"]["denominator"]) == (0, 2)


def test_a_unit_without_reports_has_no_numbers(at: AppTest) -> None:
    at.run()
    options = at.selectbox(key="scope_unit").options
    wanted = next(o for o in options if "Phường Phú Lương" in o and "đến" not in o)
    at.selectbox(key="scope_unit").select(wanted).run()
    _open(at)
    assert "Chưa có số liệu báo cáo nào" in " ".join(text.value for text in at.markdown)
