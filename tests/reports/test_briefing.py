"""The weekly briefing: two pages, the lines of "Cần chỉ đạo", the figures of the screens."""

from __future__ import annotations

import unicodedata
from io import BytesIO

import docx
import pytest
from pypdf import PdfReader

from connectors.settings import Settings
from metrics.core.measure import measure, total
from metrics.core.periods import parse_period
from metrics.core.vietnamese import number, percent
from metrics.dossiers.catalogue import figure
from reports.blocks import Report, Section, Sentences, Signature, Table
from reports.briefing import briefing
from reports.material import Material
from reports.opening import Wanted, asked
from reports.render import render

WEEK = parse_period("week:2026-W26")


@pytest.fixture(scope="module")
def material(sample_settings: Settings) -> Material:
    return Material(asked(sample_settings, Wanted(WEEK)))


@pytest.fixture(scope="module")
def report(material: Material) -> Report:
    return briefing(material)


@pytest.fixture(scope="module")
def pages(report: Report) -> list[str]:
    reader = PdfReader(BytesIO(render(report, "pdf")))
    return [
        " ".join(unicodedata.normalize("NFC", page.extract_text()).split()) for page in reader.pages
    ]


def _section(report: Report, key: str) -> Section:
    return next(each for each in report.sections if each.key == key)


def test_it_is_two_pages_each_saying_of_what_it_is(pages: list[str], material: Material) -> None:
    assert len(pages) == 2
    for at, page in enumerate(pages, 1):
        assert f"{at}/2" in page
        assert material.period.label in page
        assert "Nguồn: " in page
        assert "DỮ LIỆU MINH HỌA" in page


def test_its_figures_are_those_that_metrics_measures(pages: list[str], material: Material) -> None:
    ask = material.ask
    wanted = [figure(key) for key in ("received", "resolved", "on_time", "pending_overdue")]
    found = {row["figure"]: row for row in measure(material.facts, wanted, [ask]).to_dicts()}
    said = " ".join(pages)
    assert f"Tiếp nhận {number(found['received']['numerator'])}" in said
    assert f"Đã giải quyết {number(found['resolved']['numerator'])}" in said
    assert percent(found["on_time"]["rate"], edges=ask.edges) in said
    assert f"Quá hạn đang tồn {number(found['pending_overdue']['numerator'])}" in said


def test_who_must_be_called_is_as_on_the_screen(material: Material, report: Report) -> None:
    (block,) = _section(report, "called").blocks
    assert isinstance(block, Sentences)
    found = material.calls
    shown = [(line.subject, line.text) for line in block.lines]
    rest = [*([found.sources] if found.sources else []), *found.rest]
    every = [(call.name, call.short) for call in found.calls]
    every += [(line.subject, line.text) for line in rest]
    assert shown == every[: len(shown)]
    assert len(shown) + block.more == len(every)
    assert all(line.word for line in block.lines)


def test_units_are_those_with_most_to_mend(material: Material, report: Report) -> None:
    table = next(b for b in _section(report, "units").blocks if isinstance(b, Table))
    first = material.unit_table.row(0, named=True)
    assert table.rows[0][1:6] == (
        first["rate"],
        first["change"],
        first["judged"],
        first["missed"],
        first["overdue"],
    )


def test_changes_are_against_the_week_before(material: Material, report: Report) -> None:
    table = next(b for b in _section(report, "changed").blocks if isinstance(b, Table))
    before = {row["figure"]: row for row in total(material.review.before).to_dicts()}
    row = next(row for row in table.rows if row[0] == "Tiếp nhận")
    assert row[2] == number(before["received"]["numerator"])


def test_it_is_signed(report: Report) -> None:
    (block,) = _section(report, "signed").blocks
    assert isinstance(block, Signature)


def test_as_docx_it_says_the_same(report: Report, material: Material) -> None:
    document = docx.Document(BytesIO(render(report, "docx")))
    styled = [(p.style, p.text) for p in document.paragraphs]
    headings = [text for style, text in styled if style is not None and style.name == "Heading 2"]
    assert headings == [section.title for section in report.sections if section.title]
    said = "\n".join(p.text for p in document.paragraphs)
    assert material.calls.calls[0].short in said


def test_a_week_without_dossiers_still_has_its_registers(sample_settings: Settings) -> None:
    unit = Material(asked(sample_settings, Wanted(parse_period("week:2020-W10"))))
    made = briefing(unit)
    assert made.sections[0].title == "Không có hồ sơ nào trong kỳ đang xem"
    assert render(made, "pdf").startswith(b"%PDF")
