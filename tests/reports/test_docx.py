"""Documents as DOCX, opened with the library that others read them with."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn

from reports.render import render
from tests.reports import specimen


@pytest.fixture(scope="module")
def made() -> bytes:
    return render(specimen.DOCUMENT, "docx")


@pytest.fixture(scope="module")
def document(made: bytes) -> Any:
    return docx.Document(BytesIO(made))


@pytest.fixture(scope="module")
def official() -> Any:
    return docx.Document(BytesIO(render(specimen.OFFICIAL, "docx")))


def _cells(table: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def _tables(document: Any, heading: str) -> Iterator[list[list[str]]]:
    return (rows for rows in map(_cells, document.tables) if rows[0][0] == heading)


def test_sentences_of_sections_are_headings(document: Any) -> None:
    titles = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
    assert titles == [section.title for section in specimen.DOCUMENT.sections]


def test_a_table_is_a_table_with_its_heading_on_each_page(document: Any) -> None:
    (rows,) = _tables(document, "Đơn vị")
    assert rows[1][:4] == ['▲ UBND phường =HYPERLINK("http://x","y")', "97,9%", "0", "1.234"]
    assert rows[-1][:4] == ["Toàn thành phố", "96,2%", "−0,5", "119.870"]
    table = next(table for table in document.tables if table.cell(0, 0).text == "Đơn vị")
    heads = [row for row in table.rows if row._tr.trPr.find(qn("w:tblHeader")) is not None]
    assert len(heads) == 1


def test_headings_of_a_form_span_as_declared(document: Any) -> None:
    (rows,) = _tables(document, "STT")
    assert rows[0] == [
        "STT",
        "Lĩnh vực",
        *["Số lượng hồ sơ tiếp nhận"] * 4,
        *["Đã giải quyết"] * 2,
    ]
    assert rows[3][2] == "(3)=(4)+(5)+(6)"
    assert rows[4][1:3] == ["Tổng số", "1.150.343"]
    assert rows[6][1:] == ["=Đất đai", "600", "500", "100", "0", "595", "–"]


def test_a_chart_says_its_numbers_to_who_cannot_see_it(document: Any) -> None:
    told = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert len(told) == 3
    assert "T36 97,5%; T37 –; T38 96,0%" in told[0]
    assert "Mục tiêu 98%: 98,0%" in told[0]


def test_each_page_tells_of_what_it_is(document: Any) -> None:
    page = document.sections[0]
    above = "\n".join(p.text for p in page.header.paragraphs)
    below = "\n".join(p.text for p in page.footer.paragraphs)
    assert specimen.HEAD.whose in above
    assert "DỮ LIỆU MINH HỌA" in above
    assert specimen.HEAD.definition in below
    assert specimen.HEAD.source in below
    fields = [field.text for field in page.footer._element.iter(qn("w:instrText"))]
    assert fields == ["PAGE", "NUMPAGES"]


def test_paper_is_a4(document: Any, official: Any) -> None:
    sizes = [
        (d.sections[0].page_width.cm, d.sections[0].page_height.cm) for d in (document, official)
    ]
    assert [(round(wide, 1), round(high, 1)) for wide, high in sizes] == [(21, 29.7), (29.7, 21)]


def test_an_official_document_has_the_national_heading(official: Any) -> None:
    left, right = _cells(official.tables[0])[0]
    assert left == "UBND THÀNH PHỐ HÀ NỘI\nVĂN PHÒNG\nSố:     /BC-VP"
    assert right.startswith("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc")


def test_only_fonts_that_windows_has(made: bytes) -> None:
    with ZipFile(BytesIO(made)) as parts:
        styles = parts.read("word/styles.xml").decode()
        body = parts.read("word/document.xml").decode()
    assert 'w:ascii="Times New Roman"' in styles
    assert "w:rFonts" not in body


def test_a_text_that_looks_like_a_field_is_text(made: bytes, document: Any) -> None:
    said = "\n".join(p.text for p in document.paragraphs)
    assert "=1+1 còn 3 hồ sơ trễ hạn" in said
    assert "Đoạn văn. =1+1 là chữ." in said
    with ZipFile(BytesIO(made)) as parts:
        assert b"instrText" not in parts.read("word/document.xml")


def test_vietnamese_is_whole(document: Any) -> None:
    said = "".join(p.text for p in document.paragraphs)
    assert set(specimen.LETTERS) <= set(said)
