"""Letters of apology: a letter a page, called by its day of issue, with blanks for the unknown."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

import pypdf
import pytest
from docx import Document

from metrics.dossiers.letters import letter_title
from reports.apology import Citizen, Late, letters
from reports.render import render

FIRST = Late(
    code="HS-1",
    unit="UBND phường Hà Đông",
    above="UBND thành phố Hà Nội",
    issued_on=date(2026, 11, 9),
    procedure="=Đăng ký khai sinh",
    received_on=date(2026, 11, 5),
    due_at=datetime(2026, 11, 10, 16),
    number="15/TXL",
    reason="Phải xác minh thêm.",
    signer="Chủ tịch",
    new_due_at=datetime(2026, 11, 20, 16),
    citizen=Citizen("Trần Thị Bình", "Số 1, phố Huế"),
)
SECOND = Late(code="HS-2", unit="phòng Tư pháp", issued_on=date(2025, 6, 30))


def test_titles_are_those_of_the_day() -> None:
    assert letter_title(date(2025, 6, 30), renewed=True).startswith("Phiếu xin lỗi và hẹn lại")
    assert letter_title(date(2025, 7, 1), renewed=True).endswith("gia hạn thời gian giải quyết")
    assert letter_title(date(2026, 1, 1), renewed=False) == "Văn bản xin lỗi"


def test_a_letter_a_page_as_pdf() -> None:
    pages = pypdf.PdfReader(BytesIO(render(letters([FIRST, SECOND]), "pdf"))).pages
    first, second = (" ".join(page.extract_text().split()) for page in pages)
    for said in (
        "UBND THÀNH PHỐ HÀ NỘI", "Số: 15/TXL", "ngày 09 tháng 11 năm 2026",
        "VĂN BẢN XIN LỖI VÀ ĐỀ NGHỊ GIA HẠN THỜI GIAN GIẢI QUYẾT",
        "Kính gửi: Trần Thị Bình", "Địa chỉ: Số 1, phố Huế", "mã số HS-1",
        "lúc 16:00 ngày 10/11/2026",
        "Lý do: Phải xác minh thêm.", "lúc 16:00 ngày 20/11/2026", "CHỦ TỊCH", "Bộ phận Một cửa",
    ):  # fmt: skip
        assert said in first, said
    assert "PHIẾU XIN LỖI" in second
    assert "Phòng Tư pháp đã tiếp nhận hồ sơ mã số HS-2" in second
    assert "Kính gửi: ……" in second
    assert "gia hạn" not in second


def test_a_letter_a_page_as_docx() -> None:
    document = Document(BytesIO(render(letters([FIRST, SECOND]), "docx")))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert sum("Kính gửi:" in text for text in texts) == 2
    assert any('w:type="page"' in paragraph._p.xml for paragraph in document.paragraphs)
    assert "Kính gửi: Trần Thị Bình" in texts
    heads = [cell.text for table in document.tables for cell in table.rows[0].cells]
    assert any("Số: 15/TXL" in text for text in heads)
    # Nothing on each page but the letter; nobody's name in what the file says of itself.
    assert not document.sections[0].header.paragraphs[0].text
    told = document.core_properties
    assert "Bình" not in f"{told.title} {told.subject} {told.author} {told.comments}"


def test_a_citizen_stands_in_no_trace() -> None:
    assert "Bình" not in repr(FIRST)


@pytest.mark.parametrize("layout", ["docx", "pdf"])
def test_texts_of_records_are_texts(layout: str) -> None:
    odd = Late(code="#panic()", unit="A & <b>", issued_on=date(2026, 1, 1), reason="$x$ \\ [")
    assert render(letters([odd]), layout)
