"""The screen of service quality: points with their arithmetic, gaps told as gaps, surveys apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from connectors.database.session import open_database
from connectors.registers import import_register, load_examples
from connectors.settings import Settings
from pages.service.screen import QUERY
from tests.pages import kit
from tests.pages.conftest import Installation
from tests.pages.kit import submit
from tests.pages.links import follow, html, rows_with
from tests.screens import on


@pytest.fixture(scope="module")
def settings(
    sample_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """A copy of the sample installation with the shipped examples."""
    settings = kit.copy_of(sample_installation.settings, tmp_path_factory.mktemp("service"))
    engine = open_database(settings.database_url)
    load_examples(engine, settings)
    engine.dispose()
    return settings


@pytest.fixture
def at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with kit.installed(settings, monkeypatch):
        yield kit.new_app()


_open = partial(kit.sound, "service")


def test_the_last_full_month_with_every_component_and_the_surveys(at: AppTest) -> None:
    page = html(_open(at))
    assert at.selectbox(key="service_month").value == date(2026, 5, 1)
    assert "điểm trên Cổng DVCQG là chính thức" in page
    rows = rows_with(at, "Thành phần", "Cách tính")
    for key in ("1.1", "2.1", "3.5b", "4.ct", "5.4"):
        assert any(row["Thành phần"].startswith(f"{key} ") for row in rows)
    groups = rows_with(at, "Nhóm", "Tối đa cả nhóm")
    assert ("22", "7/7") in {(row["Tối đa cả nhóm"], row["Thành phần đã biết"]) for row in groups}
    assert "tính lại lệch" in page
    # Surveys: how many answered, never a rate where nobody told one.
    surveys = rows_with(at, "Lượt trả lời", "Tỷ lệ hài lòng")
    assert {"774", "5.861"} <= {row["Lượt trả lời"] for row in surveys}
    assert [row["Lượt hài lòng"] for row in surveys].count("chưa rõ") == 4
    assert {row["Tỷ lệ hài lòng"] for row in surveys if row["Lượt hài lòng"] == "chưa rõ"} == {"–"}
    assert "không phải SIPAS" in " ".join(text.value for text in at.caption)


def test_published_scores_of_hanoi_in_march_2025(at: AppTest) -> None:
    page = html(_open(at, month="2025-03"))
    assert '58,30<span class="dh-muted dh-of">/100</span>' in page
    assert "−3,20</span> so với tháng 02/2025" in page, "61,5 in February"
    portal = [row["Cổng"] for row in rows_with(at, "Nhóm", "Tối đa cả nhóm")]
    points = [each.split(" ")[0] for each in portal]
    assert sorted(points) == ["10,10", "15,20", "16,90", "3,10", "4,70", "8,30"]
    assert "10,10 (suy ra: tổng trừ các nhóm khác)" in portal


def test_a_ward_with_gaps_has_no_total(at: AppTest) -> None:
    at.run()
    units = at.selectbox(key="scope_unit").options
    wanted = next(u for u in units if "Phường Dương Nội" in u and "đến" not in u)
    at.selectbox(key="scope_unit").select(wanted).run()
    _open(at)
    page = html(at)
    assert "18/21 thành phần đã biết, chưa thành tổng điểm" in page
    assert "○ chưa có/6" in page
    assert "không áp dụng cho cấp của đơn vị: 4,00 (điểm tối đa)" in page
    assert "chưa nhập tổng điểm của tháng này" in page


def _counted(at: AppTest) -> str:
    """How many dossiers the open component says stand behind it."""
    return next(text.value.split("**")[1] for text in at.markdown if "** hồ sơ: " in text.value)


def test_a_component_opens_its_dossiers(at: AppTest) -> None:
    _open(at, component="4.2")
    assert "Tử số" in html(at)
    missing = int(_counted(at).replace(".", ""))
    given = rows_with(at, "Mã hồ sơ", "Thủ tục")
    assert len(given) == min(missing, 200) > 0
    at.selectbox(key="service_part").set_value("denominator").run()
    assert "".join(at.query_params["part"]) == "denominator"
    assert _counted(at)
    assert "hồ sơ ở mẫu số" in " ".join(text.value for text in at.markdown)
    follow(at, "✕ Đóng")
    assert not {"component", "part"} & set(at.query_params)

    _open(at, component="2.1")
    links = {link.proto.label for link in at.get("page_link")}
    assert {"Hồ sơ làm mất điểm", "Hồ sơ ở tử số", "Hồ sơ ở mẫu số"} <= links


def test_a_link_opens_exactly_the_dossiers_of_the_component(at: AppTest) -> None:
    page = html(_open(at, component="2.1"))
    found = re.search(r"([\d.]+)/([\d.]+) = [\d,]+%; 20 ×", page)
    assert found is not None
    in_time, received = (int(number.replace(".", "")) for number in found.groups())
    links = {
        link.proto.label: dict(parse_qsl(link.proto.query_string)) for link in at.get("page_link")
    }
    for label, count in (
        ("Hồ sơ ở tử số", in_time),
        ("Hồ sơ ở mẫu số", received),
        ("Hồ sơ làm mất điểm", received - in_time),
    ):
        params = links[label]
        assert (params["def"], params["period"]) == ("portal", "month:2026-05")
        on(at, "late")
        at.query_params.clear()
        at.query_params.update(params)
        at.run()
        shown = re.search(r'class="dh-count"><b>([\d.]+)', html(at))
        assert shown is not None
        assert int(shown[1].replace(".", "")) == count, label


def test_a_month_before_the_index_and_one_without_anything(at: AppTest) -> None:
    for month, says in (("2021-01", "Chưa có bộ chỉ số"), ("2023-01", "Chưa có số liệu")):
        _open(at, month=month)
        assert says in " ".join(text.value for text in at.markdown)
        assert "774" in {row["Lượt trả lời"] for row in rows_with(at, "Lượt trả lời")}


def test_a_component_and_a_survey_are_entered_on_the_screen(at: AppTest) -> None:
    _open(at, month="2023-01", component="3.1")

    def field(name: str) -> Any:
        return next(box for box in at.text_input if str(box.key).endswith(f"_{name}"))

    field("numerator").set_value("1.100")
    field("denominator").set_value("1.000")
    submit(at, "Ghi")
    assert "lớn hơn mẫu số" in " ".join(error.value for error in at.error)
    field("numerator").set_value("600")
    field("portal_score").set_value("1,4")
    submit(at, "Ghi")
    assert any("Đã ghi “3.1" in done.value for done in at.success)
    page = html(at)
    assert "600/1.000 = 60,0%; không quá 2: 2 × 600/1.000 / 80% = 1,50" in page
    row = next(r for r in rows_with(at, "Thành phần", "Cách tính") if r["Thành phần"][:3] == "3.1")
    assert (row["Cổng"], row["Lệch"]) == ("1,40", "+0,10")
    assert "1/21 thành phần đã biết, chưa thành tổng điểm" in page

    # What is there is mended, not entered twice.
    assert field("numerator").value == "600"
    field("numerator").set_value("800")
    submit(at, "Ghi sửa đổi")
    assert "2 × 800/1.000 / 80% = 2,00" in html(at)

    at.text_input(key="new_survey_code").set_value("QR-1")
    at.text_input(key="new_survey_name").set_value("Khảo sát thử")
    at.number_input(key="new_survey_responses").set_value(200)
    at.number_input(key="new_survey_satisfied").set_value(190)
    unit = next(o for o in at.selectbox(key="new_survey_unit").options if "Sở Nội vụ" in o)
    at.selectbox(key="new_survey_unit").select(unit)
    at.date_input(key="new_survey_as_of").set_value(date(2026, 6, 20))
    submit(at, "Thêm số đếm")
    told = next(row for row in rows_with(at, "Lượt trả lời") if row["Khảo sát"] == "Khảo sát thử")
    assert (told["Lượt trả lời"], told["Tỷ lệ hài lòng"]) == ("200", "95,0%")


def test_bad_rows_are_named(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "thanh-phan.csv"
    path.write_text(
        "Đơn vị,Tháng,Thành phần,Tử số,Mẫu số,Điểm trên Cổng,Nguồn\n"
        "gso:01,03/2024,9.9,1,2,,x\n"
        "gso:01,03/2024,2.1,3,2,,x\n"
        'gso:01,03/2024,2.1,1,2,"20,5",x\n'
        "gso:01,03/2024,N2,,,20,x\n",
        encoding="utf-8",
    )
    engine = open_database(settings.database_url)
    report = import_register(engine, settings, "service_component", path, by="Lan", dry_run=True)
    engine.dispose()
    assert (report.rows_read, report.rows_rejected) == (4, 3)
    said = " ".join(each.sentence() for each in report.first_rejected)
    assert "không có trong bộ chỉ số" in said
    assert "lớn hơn mẫu số" in said
    assert "lớn hơn điểm tối đa (20)" in said


def test_what_the_url_says_is_checked() -> None:
    given = {"month": ["2026-13"], "component": ["9.9"], "part": ["numerator"]}
    asked = QUERY.parse(given, {"component": ["2.1"]})
    assert (asked["month"], asked["component"], asked["part"]) == (None, None, "numerator")
    assert len(asked.problems) == 2
    assert not any("9.9" in problem for problem in asked.problems)
    whole = {"month": "2026-05", "component": "2.1", "part": "numerator"}
    asked = QUERY.parse({name: [text] for name, text in whole.items()}, {"component": ["2.1"]})
    assert (asked.params(), asked.problems) == (whole, ())
    assert asked.but(component=None).params() == {"month": "2026-05"}
