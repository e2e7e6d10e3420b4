"""Rejected rows exported, mended and sent again."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import fastexcel
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from connectors.cells import safe_cell, unguarded
from connectors.intake import ImportReport, readers
from connectors.intake.export import rejected_csv, rejected_xlsx
from connectors.intake.words import tidy, tidy_text
from connectors.registers.values import parse
from connectors.settings import PROJECT_ROOT
from metrics.registers.columns import Column
from tests.connectors.intake.conftest import GOOD, HEADER, MAPPING, dossiers, file_of

Take = Callable[..., ImportReport]

EVIL = [
    *('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\r\nx", "\n=x"),
    *(" =x", "\ufeff=x", "\u200b@x", "\u00a0-x", "\u202e+x", "\u3000=x", "\x00=x"),
    *("＝x", "＋x", "－x", "＠x", "﹢x", "|x", "=cmd|' /C calc'!A0"),
]
_signs = st.sampled_from([*"=+-@|＝＋－＠'\t\r\n x", "\ufeff", "\u200b", "\u00a0", "\u2066"])
_texts = st.text() | st.lists(_signs, max_size=5).map("".join)


@given(_texts)
def test_no_exported_text_begins_like_a_formula(text: str) -> None:
    cell = str(safe_cell(text))
    assert not cell.startswith(("\t", "\r", "\n"))
    shown = unicodedata.normalize("NFKC", tidy_text(cell))
    assert not shown.startswith(("=", "+", "-", "@", "|"))


@given(_texts)
def test_a_guarded_text_comes_back_as_the_text_itself_would(text: str) -> None:
    came = pl.Series("x", [text, safe_cell(text)])
    itself, back = tidy(came).to_list()
    assert back == itself
    note = Column("note", "Ghi chú")
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    assert parse(note, safe_cell(text), zone) == parse(note, text, zone)


@pytest.mark.parametrize("text", EVIL)
def test_a_guarded_text_is_not_guarded_again(text: str) -> None:
    assert safe_cell(safe_cell(text)) == safe_cell(text)
    assert unguarded(safe_cell(text)) == text
    assert readers.named([safe_cell(text)], 255) == readers.named([text], 255)


def test_every_module_that_writes_tables_guards_its_cells() -> None:
    writes = re.compile(
        r"csv\.writer\(|csv\.DictWriter|xlsxwriter\.Workbook|write_csv\(|write_excel\("
    )
    own = {Path("connectors/database/bulk.py")}  # to PostgreSQL's COPY, no file of anybody's
    for room in ("connectors", "metrics", "pages", "ui"):
        for path in (PROJECT_ROOT / room).rglob("*.py"):
            code = path.read_text(encoding="utf-8")
            if writes.search(code) and path.relative_to(PROJECT_ROOT) not in own:
                guards = re.search(r"\bsafe_cell[(,]|choices import Lists", code)
                assert guards, f"{path} writes a table without safe_cell"


@pytest.mark.parametrize("text", EVIL)
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_other_cells_stay() -> None:
    assert safe_cell("Hà Nội") == "Hà Nội"
    assert safe_cell(-5) == -5
    assert safe_cell(None) is None


def test_exported_rows_are_whole_safe_and_can_be_sent_again(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    evil = '=cmd|"x"!A1'
    bad = GOOD.replace("HS-1", "=HS-1").replace("05/06/2025 08:00", "31/02/2025")
    report = take(f'{HEADER},Ghi chú\n{bad},"{evil.replace(chr(34), chr(34) * 2)}"\n{GOOD},-\n')
    assert report.rows_rejected == 1
    assert report.batch_id is not None
    with database.connect() as connection:
        text = rejected_csv(connection, report.batch_id).decode("utf-8-sig")
        workbook = fastexcel.read_excel(rejected_xlsx(connection, report.batch_id))
    (line,) = csv.DictReader(io.StringIO(text))
    assert line["Mã hồ sơ"] == "'=HS-1"
    assert line["Ghi chú"] == f"'{evil}"
    assert line["(dòng)"] == "2"
    assert line["(cột lỗi)"] == "Tiếp nhận"
    assert "31/02/2025" in line["(lý do)"]
    sheet = workbook.load_sheet(0, dtypes="string").to_polars()
    assert sheet["Mã hồ sơ"].to_list() == ["'=HS-1"]
    mended = text.replace("31/02/2025", "28/02/2025", 1)
    second = take(mended)
    assert (second.rows_inserted, second.rows_rejected) == (1, 0)
    assert set(dossiers(database)) == {"HS-1", "=HS-1"}


def test_a_rejected_row_is_kept_as_it_came(take: Take, database: Engine) -> None:
    take(file_of("  HS-2 ,x,,,,Phường Hà Đông,"))
    with database.connect() as connection:
        from connectors.intake.export import rejected_rows

        (row,) = rejected_rows(connection, 1)
    assert row["row"]["Mã hồ sơ"] == "  HS-2 "
    assert tidy_text(row["row"]["Mã hồ sơ"]) == "HS-2"
    assert list(row["row"]) == HEADER.split(",")


def _mended(workbook: bytes, wrong: str, right: str) -> bytes:
    """The workbook with one cell's text written anew, its sheet named as it was."""
    book = fastexcel.read_excel(workbook)
    (name,) = book.sheet_names
    cells = book.load_sheet(name, header_row=None, dtypes="string").to_polars()
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as written:
        sheet = written.add_worksheet(name)
        for place, row in enumerate(cells.iter_rows()):
            sheet.write_row(place, 0, [right if cell == wrong else cell for cell in row])
    return out.getvalue()


@pytest.mark.parametrize(
    ("settings_of_file", "ending"),
    [
        ('format = "xlsx"\nsheet = "Hồ sơ"\nheader_row = 3', "xlsx"),
        ('format = "xlsx"\nsheet = "Hồ sơ"\nheader_row = 3', "csv"),
        ('format = "csv"\ndelimiter = ";"\nheader_row = 3', "xlsx"),
        ('format = "csv"\ndelimiter = ";"\nheader_row = 3', "csv"),
    ],
)
def test_mended_rows_come_back_whatever_sheet_header_or_format_the_source_has(
    take: Take, database: Engine, tmp_path: Path, settings_of_file: str, ending: str
) -> None:
    bad = GOOD.replace("05/06/2025 08:00", "31/02/2025 08:00")
    first = take(file_of(bad))
    assert first.batch_id is not None
    with database.connect() as connection:
        if ending == "xlsx":
            whole = rejected_xlsx(connection, first.batch_id)
            mended = _mended(whole, "31/02/2025 08:00", "28/02/2025 08:00")
        else:
            text = rejected_csv(connection, first.batch_id).decode()
            mended = text.replace("31/02/2025", "28/02/2025", 1).encode()
    source = tmp_path / "nguon.toml"
    source.write_text(MAPPING.replace('format = "csv"', settings_of_file), encoding="utf-8")
    second = take(mended, f"tu-choi.{ending}", source)
    assert (second.rows_inserted, second.rows_rejected) == (1, 0), second.first_rejected
    assert second.warnings == []  # the export's own columns are no news
