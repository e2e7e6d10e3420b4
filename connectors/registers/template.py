"""A register's XLSX template: headers, lists of choices, and how to fill in each column."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import xlsxwriter

from connectors.intake.choices import Lists
from connectors.registers.writer import the_register
from metrics.registers.columns import (
    BOOLEAN,
    CHOICE,
    DATE,
    INTEGER,
    MOMENT,
    NUMBER,
    UNIT,
    Column,
    Register,
)

_ROWS: Final = 5_000
"""Rows that carry the lists of choices; more rows are taken all the same."""

_YES_NO: Final = ("Có", "Không")
_FORMATS: Final = {
    DATE: "dd/mm/yyyy",
    MOMENT: "dd/mm/yyyy hh:mm",
    NUMBER: "General",
    INTEGER: "0",
}
_KINDS: Final = {
    DATE: "Ngày, dạng dd/mm/yyyy.",
    MOMENT: "Ngày giờ, dạng dd/mm/yyyy hh:mm.",
    NUMBER: "Số.",
    INTEGER: "Số nguyên.",
    BOOLEAN: "Có hoặc Không.",
}
_GUIDE: Final = (
    "Mỗi dòng là một bản ghi. Cột có dấu * là bắt buộc.",
    "Điều chưa biết thì để trống, không ghi 0 hay “không có”.",
    "Nạp lại cùng một tệp không làm thay đổi gì; sửa một dòng rồi nạp lại sẽ cập nhật bản ghi đó.",
    "Dòng sai bị giữ lại kèm lý do; các dòng khác vẫn được nhập.",
    "Không đổi tên các cột.",
)


def template(register: str, units: Sequence[str] = ()) -> bytes:
    """The template of a register as the bytes of an XLSX file.

    ``units``: names or codes to offer in the columns of units. Its first sheet can be imported as
    it is, once filled in. Raises RegisterRefused for an unknown register.
    """
    declared = the_register(register)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        formats = _formats(book)
        sheet = book.add_worksheet(_sheet_name(declared.label))
        lists = Lists(book)
        guide = book.add_worksheet("Hướng dẫn")
        for place, column in enumerate(declared.columns):
            _head(sheet, place, column, formats)
            _choices(sheet, place, column, lists, units)
        sheet.freeze_panes(1, 1)
        _fill_guide(guide, declared, formats)
        lists.close()
    return out.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    heads = {"bold": True, "border": 1, "text_wrap": True, "valign": "top"}
    formats = {
        "head": book.add_format(heads | {"bg_color": "#DCE6F1"}),
        "must": book.add_format(heads | {"bg_color": "#F8CBAD"}),
        "text": book.add_format({"num_format": "@"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    kinds = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
    return formats | kinds


def _sheet_name(label: str) -> str:
    """A name that Excel takes: at most 31 characters and none of its forbidden ones."""
    return "".join(letter for letter in label if letter not in "[]:*?/\\")[:31]


def _head(sheet: Any, place: int, column: Column, formats: dict[str, Any]) -> None:
    must = _must(column)
    sheet.write_string(
        0, place, column.label + (" *" if must else ""), formats["must" if must else "head"]
    )
    sheet.set_column(place, place, column.width, formats.get(column.kind, formats["text"]))


def _must(column: Column) -> bool:
    return column.required and column.default is None


def _choices(sheet: Any, place: int, column: Column, lists: Lists, units: Sequence[str]) -> None:
    if column.kind == CHOICE:
        words: Sequence[str] = [choice.word for choice in column.choices]
    elif column.kind == BOOLEAN:
        words = _YES_NO
    elif column.kind == UNIT and units:
        words = units
    else:
        return
    # A warning, not a stop: a code or another word may stand for the listed one.
    rule = {"validate": "list", "source": lists.add(words), "error_type": "warning"}
    sheet.data_validation(1, place, _ROWS, place, rule)


def _fill_guide(sheet: Any, register: Register, formats: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90, formats["wrap"])
    sheet.write_string(0, 0, f"Mẫu nhập: {register.label}", formats["title"])
    for place, line in enumerate(_GUIDE, start=1):
        sheet.write_string(place, 0, line)
    first = len(_GUIDE) + 2
    sheet.write_row(first, 0, ["Cột", "Cách điền"], formats["head"])
    for place, column in enumerate(register.columns, start=first + 1):
        sheet.write_string(place, 0, column.label + (" *" if _must(column) else ""))
        sheet.write_string(place, 1, how_to_fill(column))


def how_to_fill(column: Column) -> str:
    """One or two Vietnamese sentences on what to write in a column."""
    parts = [_KINDS.get(column.kind, ""), column.help]
    if column.choices:
        parts.append(f"Chọn một trong: {', '.join(choice.word for choice in column.choices)}.")
    if column.percent == "fraction":
        parts.append("Tỷ lệ ghi có dấu %, ví dụ 98%.")
    return " ".join(part for part in parts if part)
