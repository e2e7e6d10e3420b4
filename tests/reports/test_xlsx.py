"""Every kind of block as a workbook, read back by another program."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from io import BytesIO

import fastexcel
import polars as pl
import pytest

from reports.blocks import (
    Block,
    Chart,
    Column,
    Form,
    FormRow,
    Head,
    HeadCell,
    Headline,
    Number,
    Paragraph,
    Report,
    Section,
    Sentence,
    Sentences,
    Series,
    Signature,
    Table,
)
from reports.render import xlsx
from reports.render.xlsx import render
from tests.reports.conftest import sheet_of

HEAD = Head(
    title="Danh sách",
    whose="Sở Y tế",
    period="Tuần 23",
    as_of="Số liệu hết ngày 08/06/2025",
    definition="Theo cột của biểu",
    source="Nguồn: một cửa.",
    is_sample=True,
)
COLUMNS = (
    Column("Tên"),
    Column("Số", "count", "hồ sơ"),
    Column("Tỷ lệ", "rate"),
    Column("Thay đổi", "points"),
    Column("Ngày", "day"),
    Column("Lúc", "moment"),
)
ROWS = (
    ("=HYPERLINK(1)", 1234, 0.9125, -0.008, date(2025, 6, 5), datetime(2025, 6, 5, 16, 30)),
    ("@SUM(A1)", 7, 1.0, 0.02, date(2025, 6, 6), datetime(2025, 6, 6, 8)),
    ("+84 & <b>", 0, None, None, None, None),
)
TABLE = Table("Bảng: một/hai", COLUMNS, ROWS, marks=("bad", "", "good"), note="Ghi chú")


def report(*sections: Section) -> Report:
    return Report("thu", HEAD, sections or (Section("a", "Danh sách", (TABLE,)),))


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(content)) as file:
        return {name: file.read(name).decode() for name in file.namelist() if "media" not in name}


def test_numbers_and_dates_are_numbers_and_dates() -> None:
    content = render(report())
    rows = sheet_of(content)
    top = next(at for at, row in enumerate(rows) if row[0] == "Tên")
    assert rows[top][:4] == ["Tên", "Số (hồ sơ)", "Tỷ lệ", "Thay đổi (điểm %)"]
    two = fastexcel.read_excel(content).load_sheet(0, header_row=None, skip_rows=top + 1, n_rows=2)
    frame = two.to_polars()
    assert frame.dtypes[1:4] == [pl.Float64] * 3
    assert all(kind.is_temporal() for kind in frame.dtypes[4:])
    assert frame.row(0)[:4] == ("=HYPERLINK(1)", 1234.0, 0.9125, pytest.approx(-0.8))
    assert frame.row(0)[5] == datetime(2025, 6, 5, 16, 30)
    assert rows[top + 3] == ["+84 & <b>", "0", "–", "–", "–", "–"]


def test_no_text_is_a_formula() -> None:
    found = parts(render(report()))
    sheets = "".join(text for name, text in found.items() if "worksheets/sheet" in name)
    assert "<f>" not in sheets
    assert 'quotePrefix="1"' in found["xl/styles.xml"]


def test_what_it_is_of_stands_above_and_on_each_page() -> None:
    content = render(report())
    words = " ".join(str(cell) for row in sheet_of(content) for cell in row)
    for text in ("Sở Y tế", "Tuần 23", "hết ngày 08/06/2025", "Theo cột", "DỮ LIỆU MINH HỌA"):
        assert text in words
    sheet = parts(content)["xl/worksheets/sheet1.xml"]
    assert "<autoFilter" in sheet
    assert 'state="frozen"' in sheet
    assert 'paperSize="9"' in sheet
    assert "Trang &amp;P/&amp;N" in sheet
    assert "_xlnm.Print_Titles" in parts(content)["xl/workbook.xml"]


BLOCKS: tuple[Block, ...] = (
    Headline((Number("on_time", "Đúng hạn", 0.967, "rate", below="1.159/1.187 hồ sơ"),)),
    Sentences((Sentence("Sở Y tế", "trễ 3 hồ sơ", "bad", "đỏ"),), more=2),
    Chart("Xu hướng", "lines", ("Tuần 1", "Tuần 2"), (Series("Đúng hạn", (0.9, None)),), "rate",
          target=("Chỉ tiêu", 0.95)),
    Paragraph("Không phát sinh."),
    Table("Trống", COLUMNS[:2], ()),
    Signature(("NGƯỜI LẬP BIỂU", "THỦ TRƯỞNG"), "Hà Nội", ("Như trên",)),
)  # fmt: skip


def test_all_blocks_on_sheets_of_their_own() -> None:
    content = render(report(*(Section(f"s{n}", "Trang *?", (b,)) for n, b in enumerate(BLOCKS))))
    names = fastexcel.read_excel(content).sheet_names
    assert names[:3] == ["Thông tin", "Trang", "Trang 2"]
    assert len(names) == len(BLOCKS) + 1
    found = parts(content)
    (chart,) = [text for name, text in found.items() if name.startswith("xl/charts/")]
    assert re.search(r"<c:f>'Trang 3'!\$B\$\d+:\$B\$\d+</c:f>", chart)
    words = found["xl/sharedStrings.xml"]
    for text in (
        "1.159/1.187",
        "Sở Y tế (đỏ): trễ 3 hồ sơ",
        "Còn 2 việc khác",
        "95,0%",
        "Như trên",
    ):
        assert text in words


def test_a_forms_headings_span_what_they_are_over() -> None:
    head = ((HeadCell("STT", rows=2), HeadCell("Tổng", columns=2)), (HeadCell("A"), HeadCell("B")))
    form = Form(head, ("(1)", "(2)", "(3)"), ("text", "count", "count"),
                (FormRow(("1", 5, None)), FormRow(("", 5, 0), level=0)), (4, 20, 20))  # fmt: skip
    content = render(report(Section("f", "Biểu", (form,))))
    sheet = parts(content)["xl/worksheets/sheet1.xml"]
    spans = re.findall(r'mergeCell ref="(\w+):(\w+)"', sheet)
    tall = [(a, b) for a, b in spans if a[0] == b[0] == "A" and a != b]
    assert len(tall) == 1
    first = int(tall[0][0][1:])
    assert (f"B{first}", f"C{first}") in spans
    rows = sheet_of(content)
    assert rows[first + 2][:3] == ["1", "5", "–"]


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    with pytest.raises(RuntimeError, match="quá số dòng"):
        render(report())


def test_a_long_table_is_written_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_MANY", 2)
    assert sheet_of(render(report()))[-1][0] == "Ghi chú"
