"""A table as a file: what is a number, a rate or a day on the screen is one in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, datetime
from typing import Any
from xml.etree import ElementTree

import fastexcel
import pytest

from ui.kit.columns import Column
from ui.kit.marks import GOOD, Html
from ui.kit.sheet import Sheet, file_stem, of_columns, to_csv, to_xlsx

ROWS: list[dict[str, Any]] = [
    {"name": "Phường Hà Đông", "rate": 41 / 42, "told": 0.6131, "change": -0.0084, "n": 1234,
     "day": date(2026, 6, 1), "at": datetime(2026, 6, 1, 7, 5), "month": date(2026, 6, 1)},
    {"name": "=1+1", "rate": 0.9796, "told": 1.0, "change": None, "n": -5,
     "day": None, "at": None, "month": None},
    {"name": "\t@SUM(A1)", "rate": 0.99996, "told": None, "change": 0.02, "n": None,
     "day": None, "at": None, "month": None},
]  # fmt: skip
COLUMNS = (
    Column("Đơn vị", "name", is_name=True),
    Column(
        "Đúng hạn",
        lambda row: Html(f"<b>{row['rate']}</b>"),
        help="Tỷ lệ theo biểu",
        in_file=(
            Column("Đúng hạn", "rate", "rate", help="Tỷ lệ theo biểu", edges=(0.98,),
                   says=(("Cách tính đúng hạn", "Theo biểu"),)),
            Column("Hồ sơ", "n", "count"),
        ),
    ),
    Column("Công bố", "told", "told"),
    Column("±", "change", "points"),
    Column("Hồ sơ", "n", "count"),
    Column("Ngày", "day", "day"),
    Column("Lúc", "at", "moment"),
    Column("Tháng", "month", "month"),
    Column("Chờ", lambda row: 1.25, "mean", unit="ngày làm việc"),
    Column("Mức", lambda row: GOOD.html("đạt <98>") if row["n"] else Html("<span>–</span>")),
    Column("Sửa", lambda row: Html("<a>Sửa</a>"), in_file=()),
)  # fmt: skip
HEADINGS = [
    "Đơn vị", "Đúng hạn (%)", "Hồ sơ", "Công bố (%)", "± (điểm %)", "Hồ sơ (2)", "Ngày", "Lúc",
    "Tháng", "Chờ (ngày làm việc)", "Mức",
]  # fmt: skip
ABOUT = (("Bảng", "Thử"), ("Phạm vi", "Tất cả"), ("Loại dữ liệu", "Dữ liệu thật"))
TOP = 6
"""Lines above the heading: what was said, the definition, the count, the software, a blank one."""
_MAIN = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheet() -> Sheet:
    return of_columns("Thử", COLUMNS, lambda: ROWS, ABOUT)


def formats(book: bytes, sheet: str = "sheet1") -> dict[str, str]:
    """Cell → the code of its number format, read from the file itself."""
    held = zipfile.ZipFile(io.BytesIO(book))
    styles = ElementTree.fromstring(held.read("xl/styles.xml"))
    codes = {
        each.attrib["numFmtId"]: each.attrib["formatCode"]
        for each in styles.iterfind("m:numFmts/m:numFmt", _MAIN)
    }
    used = [each.attrib["numFmtId"] for each in styles.iterfind("m:cellXfs/m:xf", _MAIN)]
    built_in = {"3": "#,##0", "9": "0%", "10": "0.00%", "4": "#,##0.00"}
    page = ElementTree.fromstring(held.read(f"xl/worksheets/{sheet}.xml"))
    return {
        cell.attrib["r"]: {**built_in, **codes}.get(used[int(cell.attrib.get("s", 0))], "")
        for cell in page.iterfind(".//m:c", _MAIN)
    }


def test_numbers_rates_and_days_are_such_in_a_workbook() -> None:
    made = to_xlsx(sheet())
    book = fastexcel.read_excel(made.content)
    read = book.load_sheet(0, header_row=TOP + 1).to_polars()
    assert read.columns == HEADINGS
    assert read["Đúng hạn (%)"].to_list() == [row["rate"] for row in ROWS], "of 1, not rounded"
    assert read["± (điểm %)"].to_list() == [pytest.approx(-0.84), None, pytest.approx(2.0)]
    assert read["Hồ sơ"].to_list() == read["Hồ sơ (2)"].to_list() == [1234, -5, None]
    assert read["Lúc"][0] == datetime(2026, 6, 1, 7, 5)
    assert str(read["Ngày"][0])[:10] == "2026-06-01"
    assert read["Mức"].to_list() == ["● đạt <98>", "● đạt <98>", None], "unknown is nothing"
    shown = formats(made.content)
    first = TOP + 3
    assert shown[f"B{first}"] == "0.0%"
    assert shown[f"B{first + 1}"] == "0.00%", "98,0% would be of a target that was missed"
    assert shown[f"B{first + 2}"] == "0.000%", "100% is said only of what is"
    assert [shown[f"D{first}"], shown[f"D{first + 1}"]] == ["0.00%", "0%"], "as it was told"
    assert shown[f"C{first}"] == "#,##0"
    assert shown[f"G{first}"] == "dd/mm/yyyy"
    assert shown[f"I{first}"] == "mm/yyyy"


def test_a_file_says_what_it_is_before_its_table_and_what_its_columns_count() -> None:
    book = fastexcel.read_excel(to_xlsx(sheet()).content)
    above = book.load_sheet(0, header_row=None, n_rows=TOP).to_polars()
    assert above.to_series(0).to_list()[:4] == [
        "Bảng", "Phạm vi", "Cách tính đúng hạn", "Loại dữ liệu",
    ]  # fmt: skip
    assert book.sheet_names == ["Dòng", "Giải thích cột"]
    meanings = book.load_sheet(1, header_row=None).to_polars()
    assert meanings.rows() == [("Đúng hạn (%)", "Tỷ lệ theo biểu")]
    lines = list(csv.reader(io.StringIO(to_csv(sheet()).content.decode("utf-8-sig"))))
    assert ["Cột", "Đúng hạn (%): Tỷ lệ theo biểu"] in lines


def test_a_csv_has_rates_in_per_cent_and_no_formula() -> None:
    lines = list(csv.reader(io.StringIO(to_csv(sheet()).content.decode("utf-8-sig"))))
    head = lines.index([]) + 1
    assert lines[head] == HEADINGS
    one, two, three = lines[head + 1 :]
    assert float(one[1]) == pytest.approx(100 * 41 / 42)
    assert one[3:9] == ["61.31", "-0.84", "1234", "2026-06-01", "07:05 01/06/2026", "2026-06"]
    assert [two[0], three[0]] == ["'=1+1", "'\t@SUM(A1)"]


def test_a_file_is_named_in_vietnamese_and_for_every_system() -> None:
    name = file_stem("hồ sơ", 'Quá hạn: "A/B" <1>' + " rất dài" * 40, date(2026, 11, 16))
    assert name.startswith("Hồ sơ Quá hạn A B 1 rất dài")
    assert name.endswith(" 20261116")
    assert len(name) <= 109
    assert re.fullmatch(r"[\w ]+", name)
