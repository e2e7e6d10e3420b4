"""The quarterly report's text: its numbers are the figures', and what is unknown is not nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import docx
import pytest

from connectors.settings import Settings
from metrics.core.periods import Period, parse_period
from metrics.core.vietnamese import number, percent
from metrics.dossiers import forms
from metrics.dossiers.form_cells import FormRefused
from metrics.dossiers.lateness import cause_name, cause_names
from reports import quarterly
from reports.blocks import Paragraph, Report
from reports.material import Material
from reports.opening import Wanted, asked
from reports.render import render
from tests.connectors.intake.conftest import GOOD
from tests.reports.conftest import Office

QUARTER = parse_period("quarter15:2026-Q2")


@pytest.fixture(scope="module")
def material(sample_settings: Settings) -> Material:
    return Material(asked(sample_settings, Wanted(QUARTER)))


@pytest.fixture(scope="module")
def report(material: Material) -> Report:
    return quarterly.quarterly(material)


def _said(report: Report, key: str) -> str:
    section = next(each for each in report.sections if each.key == key)
    return " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))


def test_sections_stand_in_their_order_with_their_title(report: Report) -> None:
    numbered = [each.title.split(".")[0] for each in report.sections if each.title]
    assert numbered == ["I", *map(str, range(1, 11)), "II", "1", "2", "III", "IV"]
    assert report.head.title.startswith("Báo cáo công tác kiểm soát thủ tục hành chính, triển khai")
    assert report.head.title.endswith("trên môi trường điện tử quý II năm 2026")


def test_numbers_of_dossiers_are_those_of_the_form(material: Material, report: Report) -> None:
    whole = forms.by_field(material.form_cells)[-1].values
    said = _said(report, "resolved")
    assert f"trong kỳ là {number(whole['to_resolve'])} hồ sơ" in said
    assert f"Đã giải quyết {number(whole['resolved'])} hồ sơ" in said
    assert f"đạt {percent(whole['on_time'], edges=material.ask.edges)}" in said
    assert f"quá hạn {number(whole['resolved_late'])}" in said
    assert f"Đang giải quyết {number(whole['pending'])} hồ sơ" in said


def test_causes_add_up_to_the_late_dossiers(material: Material, report: Report) -> None:
    late = forms.cause_total(forms.causes(material.form_cells))["late"]
    said = _said(report, "causes").split("Nguyên nhân: ")
    assert said[0].startswith(f"Có {number(late)} hồ sơ quá hạn")
    told = [int(part) for part in re.findall(r" (\d+)(?=[;.])", said[1].split("[")[0])]
    assert sum(told) == late


def test_causes_of_equal_weight_stand_in_one_order(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set of texts has another order in each process; a document has not."""
    codes = [code for code in cause_names() if code != "dispute"]
    rows = [(1, code, {"late": 2, "pending_overdue": 0}) for code in codes]
    rows.append((2, "dispute", {"late": 3, "pending_overdue": 0}))
    monkeypatch.setattr("metrics.dossiers.forms.causes", lambda cells: rows)
    said = quarterly._causes(material)[0]
    wanted = [cause_name("dispute"), *map(cause_name, sorted(codes))]
    places = [said.index(quarterly._lower(name)) for name in wanted]
    assert places == sorted(places)


def test_who_is_highest_and_lowest_is_told_without_chance(sample_settings: Settings) -> None:
    year = Material(asked(sample_settings, Wanted(parse_period("year15:2026"))))
    said = _said(quarterly.quarterly(year), "resolved").split("tỷ lệ đúng hạn cao nhất: ")[1]
    sides = [(int(done), int(of)) for done, of in re.findall(r"(\d+)/(\d+) hồ sơ", said)]
    rates = [done / of for done, of in sides]
    assert sides
    assert all(of >= year.ask.threshold("few_dossiers").value for _, of in sides)
    counted = forms.by_unit(year.form_cells, year.in_scope.units)
    judged = [line.values for line in counted if line.level == 2]
    known = [each["on_time"] or 0 for each in judged if quarterly._judged(each) >= 10]
    assert min(rates) == min(known)


def test_what_is_unknown_is_left_to_be_written(report: Report) -> None:
    assert _said(report, "feedback") == quarterly.TO_WRITE
    assert quarterly.NOTHING not in _said(report, "feedback")


def test_nothing_is_said_of_a_period_without_dossiers(office: Office) -> None:
    office.take(GOOD)
    report = office.report("bao-cao-quy", "quarter15:2025-Q1")
    assert _said(report, "resolved") == quarterly.NOTHING
    assert _said(report, "inspected") == quarterly.TO_WRITE


@pytest.mark.parametrize(
    ("period", "called"),
    [
        ("quarter15:2026-Q1", "quý I năm 2026"),
        ("quarter:2026-Q3", "quý III năm 2026"),
        ("month15:2026-11", "tháng 11/2026"),
    ],
)
def test_a_period_is_called_as_in_titles(period: str, called: str) -> None:
    assert quarterly._called(parse_period(period)) == called


def test_who_receives_it_hangs_on_the_period(material: Material) -> None:
    assert quarterly._receiver(material) == "Bộ Tư pháp"
    old = Period("quarter15", date(2025, 6, 15), date(2025, 9, 14))
    before = Material(replace(material.asked, period=old))
    assert quarterly._receiver(before) == "Văn phòng Chính phủ"


def test_a_form_that_does_not_add_up_stops_it(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_given: object) -> object:
        raise FormRefused("Phường A: (3) = (7) + (11)")

    monkeypatch.setattr("metrics.dossiers.forms.checked", refused)
    with pytest.raises(FormRefused, match="Phường A"):
        quarterly.quarterly(material)


def test_the_document_is_for_editing(report: Report) -> None:
    document = docx.Document(BytesIO(render(report, "docx")))
    texts = [p.text for p in document.paragraphs]
    assert "Kính gửi: Bộ Tư pháp." in texts
    assert any(text.startswith("Tổng số hồ sơ tiếp nhận, giải quyết") for text in texts)
    national = document.tables[0].cell(0, 1).text
    assert national.startswith("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    assert document.tables[-1].cell(0, 0).text == "Nơi nhận:\n- Bộ Tư pháp;\n- Lưu: VT;"
