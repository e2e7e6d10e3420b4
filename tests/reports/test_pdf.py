"""Documents as PDF: what is read back from them, page by page."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from reports.blocks import Report
from reports.render import render
from tests.reports import specimen


def _pages(report: Report) -> list[str]:
    reader = PdfReader(BytesIO(render(report, "pdf")))
    return [unicodedata.normalize("NFC", page.extract_text()) for page in reader.pages]


@pytest.fixture(scope="module")
def document() -> list[str]:
    return _pages(specimen.DOCUMENT)


@pytest.fixture(scope="module")
def slides() -> list[str]:
    return _pages(specimen.SLIDES)


def _joined(text: str) -> str:
    return " ".join(text.split())


def test_vietnamese_is_selected_as_it_was_written(slides: list[str]) -> None:
    assert set(specimen.LETTERS) <= set(slides[4])
    assert "Đúng hạn 97,9%, giảm 0,5 điểm; 3 đơn vị kéo xuống" in _joined(slides[0])


def test_every_page_tells_of_what_it_is(document: list[str]) -> None:
    head = specimen.HEAD
    for number, page in enumerate(document, 1):
        said = _joined(page)
        for part in (head.whose, head.period, head.as_of, head.definition, head.source):
            assert part in said
        assert f"{number}/{len(document)}" in said
        assert "DỮ LIỆU MINH HỌA" in said


def test_figures_are_written_as_everywhere(document: list[str]) -> None:
    said = _joined("\n".join(document))
    for part in ("123.456", "97,9%", "Toàn thành phố 96,2% −0,5 119.870", "1.150.343 900.000"):
        assert part in said


def test_a_text_is_never_taken_for_a_command(document: list[str]) -> None:
    said = _joined("\n".join(document))
    for text in specimen.FORMULAS:
        assert text in said


def test_nothing_is_said_in_place_of_no_rows(document: list[str]) -> None:
    said = _joined("\n".join(document))
    assert "Không phát sinh trong kỳ báo cáo." in said
    assert "Không có việc cần chỉ đạo." in said


def test_slides_are_as_wide_as_a_screen() -> None:
    reader = PdfReader(BytesIO(render(specimen.SLIDES, "pdf")))
    assert len(reader.pages) == len(specimen.SECTIONS)
    box = reader.pages[0].mediabox
    assert float(box.width / box.height) == pytest.approx(16 / 9, rel=0.001)


def test_paper_is_a4_and_lies_where_asked() -> None:
    sizes = []
    for report in (specimen.DOCUMENT, specimen.OFFICIAL):
        box = PdfReader(BytesIO(render(report, "pdf"))).pages[0].mediabox
        sizes.append((round(float(box.width)), round(float(box.height))))
    assert sizes == [(595, 842), (842, 595)]


def test_an_official_document_has_the_national_heading() -> None:
    said = _joined(_pages(specimen.OFFICIAL)[0])
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in said
    assert "Độc lập - Tự do - Hạnh phúc" in said
    assert "UBND THÀNH PHỐ HÀ NỘI" in said
    assert "Hà Nội, ngày 23 tháng 11 năm 2026" in said


def test_fonts_are_embedded() -> None:
    reader = PdfReader(BytesIO(render(specimen.DOCUMENT, "pdf")))
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            (inner,) = font.get_object()["/DescendantFonts"]
            held = inner.get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(held)


def test_a_report_of_nothing_is_a_page() -> None:
    assert len(_pages(replace(specimen.DOCUMENT, sections=()))) == 1


def test_a_missing_template_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_package: str) -> object:
        raise FileNotFoundError

    monkeypatch.setattr("reports.render.pdf.resources.files", gone)
    with pytest.raises(RuntimeError, match="Thiếu mẫu trình bày PDF"):
        render(specimen.DOCUMENT, "pdf")
