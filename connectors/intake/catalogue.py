"""Sheets of a workbook that list units and procedures, read before its dossiers."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NoReturn

import polars as pl

from connectors.database.models import UNIT_KINDS
from connectors.intake.lookup import Lookups
from connectors.intake.mapping import CatalogueSettings, Mapping
from connectors.intake.moments import MomentReader
from connectors.intake.numbers import WORKBOOK, number, whole_number
from connectors.intake.readers import LINE
from connectors.intake.setting_kinds import DateSettings
from connectors.intake.words import built_in_words, chief_words, fold, tidy
from metrics.registers.procedures import LEVELS, LIMIT_UNITS

_LEVELS: Final = tuple(choice.value for choice in LEVELS)
_LIMIT_UNITS: Final = tuple(choice.value for choice in LIMIT_UNITS)
_WORDS = {"kind": "unit_kind", "level": "level", "limit_unit": "limit_unit"}


_MOST_TOLD: Final = 20


class _BadRow(Exception):
    """A row that cannot be taken; the message is Vietnamese."""


def load_catalogue(
    lookups: Lookups, mapping: Mapping, sheets: list[pl.DataFrame | None], zone: str
) -> list[str]:
    """Make the units and procedures of the sheets that are not known yet; what could not be made.

    What is known already stays as it is. A row with a wrong cell is left out and told, naming
    sheet, row and column: dossiers that name it are rejected, and come in once it is mended.
    """
    told: list[str] = []
    for settings, sheet in zip(mapping.catalogue, sheets, strict=False):
        if sheet is None:
            continue
        rows = [_Row(settings, mapping, zone, row) for row in _tidied(sheet).to_dicts()]
        rows = [row for row in rows if row.given("code")]
        for row in rows:
            try:
                if settings.kind == "units":
                    _unit(lookups, settings, row)
                else:
                    _procedure(lookups, row)
            except _BadRow as bad:
                told.append(str(bad))
    lookups.units.in_order()
    if len(told) > _MOST_TOLD:
        more = len(told) - _MOST_TOLD
        told[_MOST_TOLD:] = [f"… và {more} dòng danh mục khác chưa được lấy."]
    return told


def _tidied(sheet: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name in sheet.columns if sheet.schema[name] == pl.String]
    return sheet.with_columns([tidy(sheet[name]) for name in texts])


def _unit(lookups: Lookups, settings: CatalogueSettings, row: _Row) -> None:
    scheme = settings.scheme or ""
    parent = row.text("parent")
    find = lookups.units.id_of_code
    # Of the own set of codes, else of another: a department below the province of the state's list.
    parent_id = (find(scheme, parent) or find("*", parent)) if parent else None
    if parent and parent_id is None:
        row.refuse("parent", "đơn vị cấp trên phải đứng ở một dòng phía trên và lấy được")
    lookups.units.add(
        {
            "scheme": scheme,
            "code": row.text("code"),
            "name": row.text("name") or row.text("code"),
            "short_name": row.text("short_name"),
            "kind": row.word("kind", UNIT_KINDS) or "office",
            "level": row.word("level", _LEVELS),
            "parent_id": parent_id,
            "valid_from": row.day("valid_from"),
            "valid_to": row.day("valid_to"),
            "latitude": row.number("latitude"),
            "longitude": row.number("longitude"),
        }
    )


def _procedure(lookups: Lookups, row: _Row) -> None:
    lookups.procedures.add(
        {
            "code": row.text("code"),
            "name": row.text("name") or row.text("code"),
            "version": row.whole("version") or 1,
            "level": row.word("level", _LEVELS),
            "limit_value": row.whole("limit_value"),
            "limit_unit": row.word("limit_unit", _LIMIT_UNITS),
            "valid_from": row.day("valid_from"),
            "valid_to": row.day("valid_to"),
        },
        row.text("field"),
    )


class _Row:
    """One row of a catalogue sheet."""

    def __init__(
        self, settings: CatalogueSettings, mapping: Mapping, zone: str, cells: dict[str, Any]
    ) -> None:
        self._settings = settings
        self._dates: DateSettings = mapping.dates
        self._decimal = mapping.numbers.decimal
        self._zone = zone
        self._cells = {fold(name): value for name, value in cells.items()}
        self._line = cells[LINE]

    def given(self, field: str) -> bool:
        return self.text(field) is not None

    def text(self, field: str) -> str | None:
        column = self._settings.columns.get(field)
        for name in column.column if column else ():
            value = self._cells.get(fold(name))
            if value is not None:
                return str(value)
        return None

    def word(self, field: str, allowed: tuple[str, ...]) -> str | None:
        text = self.text(field)
        if text is None:
            return None
        words = built_in_words(_WORDS[field])
        value = words.get(fold(text), text)
        if value not in allowed:
            known = ", ".join(f"“{word}”" for word in chief_words(_WORDS[field]))
            self.refuse(field, f"dùng một trong: {known}")
        return value

    def whole(self, field: str) -> int | None:
        text = self.text(field)
        value = whole_number(text, self._decimal) if text else None
        if text and value is None:
            self.refuse(field, "phải là số nguyên")
        return value

    def number(self, field: str) -> float | None:
        text = self.text(field)
        decimal = WORKBOOK if self._decimal == "auto" else self._decimal
        value = number(text, decimal) if text else None
        if text and value is None:
            self.refuse(field, "phải là số")
        return value

    def day(self, field: str) -> date | None:
        text = self.text(field)
        if text is None:
            return None
        found = MomentReader(self._dates, self._zone, is_due=False).read(pl.Series([text]))
        day: date | None = found.dt.convert_time_zone(self._zone).dt.date()[0]
        if day is None:
            self.refuse(field, "phải là ngày, dạng dd/mm/yyyy")
        return day

    def refuse(self, field: str, reason: str) -> NoReturn:
        names = (
            self._settings.columns[field].column if field in self._settings.columns else (field,)
        )
        raise _BadRow(
            f"Trang “{self._settings.sheet}”, dòng {self._line}, cột “{names[0]}”, "
            f"giá trị “{self.text(field)}”: {reason}. Dòng này chưa được lấy; hãy sửa rồi nhập "
            "lại tệp."
        )
