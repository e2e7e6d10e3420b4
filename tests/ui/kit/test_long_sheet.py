"""A long list as a workbook: opened by readers that know nothing of how it was written."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import fastexcel
import polars as pl
import pytest

from ui.kit.sheet import Sheet, to_csv, to_xlsx

ODD = [
    "=1+1", "+84", "-", "@SUM(A1)", "＝1+1", "\n=1", "\t=1", "|cmd", "a & b <c> \"d\"", "_x0041_",
    "\x07chuông", "  hai đầu  ", "Đường Nguyễn Huệ", "x" * 40_000,
]  # fmt: skip


TOP = 6
"""The line of the headings."""


def sheet(rows: pl.DataFrame) -> Sheet:
    columns: dict[str, Any] = {
        "Chữ": lambda row: row["text"],
        "Ngày": lambda row: row["day"],
        "Lúc": lambda row: row["at"],
        "Số (ngày làm việc)": lambda row: row["number"],
        "Không": lambda row: None,
    }
    return Sheet("Thử", columns, lambda: rows, (("Danh sách", "=Thử"), ("Phạm vi", "Tất cả")))


def frame(count: int) -> pl.DataFrame:
    rows = pl.int_range(count, eager=True)
    return pl.DataFrame(
        {
            "text": [ODD[at % len(ODD)] for at in range(count)],
            "day": pl.select(
                pl.date(2026, 1, 1) + pl.duration(days=pl.lit(rows % 300))
            ).to_series(),
            "at": [datetime(2026, 11, 5, 8, at % 60, 30) for at in range(count)],
            "number": [None if at % 7 == 0 else at / 4 for at in range(count)],
        }
    )


def test_every_cell_is_what_it_was() -> None:
    told: list[tuple[int, int]] = []
    made = to_xlsx(sheet(frame(12_000)), lambda done, of: told.append((done, of)))
    assert made.detail["rows"] == 12_000
    assert [done for done, _ in told] == [5_000, 10_000, 12_000]
    xml = zipfile.ZipFile(io.BytesIO(made.content)).read("xl/worksheets/sheet1.xml").decode()
    ElementTree.fromstring(xml)
    assert "<f>" not in xml
    assert f'<autoFilter ref="A{TOP}:E{TOP + 12_000}"/>' in xml
    assert f'topLeftCell="B{TOP + 1}"' in xml
    read = fastexcel.read_excel(made.content).load_sheet(0, header_row=TOP - 1).to_polars()
    assert read.height == 12_000
    texts = read["Chữ"].head(len(ODD)).to_list()
    assert [text[0] for text in texts[:8]] == ["'"] * 8
    assert [texts[at] for at in (8, 9, 10, 11, 12)] == [ODD[at] for at in (8, 9, 10, 11, 12)]
    assert len(texts[13]) == 32_767
    assert read["Ngày"].dtype in (pl.Date, pl.Datetime("ms"))
    assert read["Lúc"][1] == datetime(2026, 11, 5, 8, 1, 30)
    assert read["Số (ngày làm việc)"].head(3).to_list() == [None, 0.25, 0.5]
    assert read["Không"].null_count() == 12_000


@pytest.mark.parametrize("write", [to_xlsx, to_csv])
def test_a_list_of_nothing_is_a_file(write: Any) -> None:
    assert write(sheet(frame(0))).content
