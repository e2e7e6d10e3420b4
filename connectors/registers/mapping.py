"""A foreign file's columns → a register's: an optional TOML file, checked before use.

register = "index_score"
label = "what the files are called" (optional)
[file]        encoding, delimiter, header_row, sheet; decimal = "auto" | "." | ","
              format = "jsonl" and records = "data" for JSON
[columns]     our column = "their column", or several, or { column, optional, pattern }
[values.OUR]  their word = "ours"; "" is unknown, "*" any other word
[constants]   our column = "a value for all rows"
[title]       our column = "regular expression": its first group, looked for above the header,
              in the sheet's and in the file's name
make          registers whose unknown names are made ("field")
[[rows]]      each source row gives one record per entry (a wide table):
              columns, constants; needs = "their column that must not be empty", or several
[headings]    columns whose headings say what they hold (pairs of columns): :class:`Headings`
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.intake.faults import faults, syntax, unknown
from connectors.intake.files import mapping_text
from connectors.intake.places import find
from connectors.intake.report import IntakeRefused
from connectors.intake.setting_kinds import Column, Names, Pattern, Records
from connectors.refused import RegisterRefused
from metrics.registers import REGISTERS

SHIPPED: Final = Path(__file__).parent / "mappings"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RegisterFile(_Strict):
    """How the file is written; a workbook is known by its content."""

    format: Literal["csv", "jsonl"] = "csv"
    # JSON: the path to the list of records in a wrapper, or several of which the first counts.
    records: Records = ()
    encoding: Literal["auto", "utf-8", "utf-16", "windows-1258"] = "auto"
    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"
    header_row: int = Field(default=1, ge=1)
    sheet: str | None = None
    decimal: Literal["auto", ".", ","] = "auto"


class RecordSettings(_Strict):
    """One record that each source row gives."""

    columns: dict[str, Column] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    # No record where this column of theirs (or all of these) is empty: it was not measured at all.
    needs: Names | None = None


class Headings(_Strict):
    """How a heading, in one row or several, says what its column holds.

    Columns whose headings say the same but for the kind of value make one record.
    """

    # Our column of the value → words for it; the last in a heading decides, without one the first.
    values: dict[str, Names]
    # Our column → our value → words for it in a heading; the longest decides.
    words: dict[str, dict[str, Names]] = Field(default_factory=dict)
    # Our column → the heading's part that is its value.
    patterns: dict[str, Pattern] = Field(default_factory=dict)
    # Our column → its value where the heading has no other.
    otherwise: dict[str, str] = Field(default_factory=dict)
    # Words of columns that hold something else.
    ignore: tuple[str, ...] = ()


class RegisterMapping(_Strict):
    """The mapping of one kind of foreign file."""

    register_: str = Field(alias="register")
    # What the files are called in a list of mappings.
    label: str = ""
    file: RegisterFile = RegisterFile()
    columns: dict[str, Column] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    # What stands once, above the header or in the sheet's or the file's name.
    title: dict[str, Pattern] = Field(default_factory=dict)
    # Registers of which unknown names are made.
    make: tuple[Literal["field"], ...] = ()
    headings: Headings | None = None
    # Per column of ours: the source's word → ours; "" means unknown; "*" is any other word.
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    rows: tuple[RecordSettings, ...] = (RecordSettings(),)

    def records(self) -> list[RecordSettings]:
        """Each kind of record with the common columns and constants in it."""
        return [
            RecordSettings(
                columns={**self.columns, **record.columns},
                constants={**self.constants, **record.constants},
                needs=record.needs,
            )
            for record in self.rows
        ]


def available_register_mappings() -> list[str]:
    """Names of the shipped mappings."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def mappings_of(register: str) -> dict[str, str]:
    """Name → label of the shipped mappings for a register."""
    found = {name: load_register_mapping(name) for name in available_register_mappings()}
    return {
        name: mapping.label or name
        for name, mapping in found.items()
        if mapping.register_ == register
    }


def load_register_mapping(name_or_path: str | Path, own: Path | None = None) -> RegisterMapping:
    """Read and check a mapping, by name (in the folder ``own``, then a shipped one) or by a path.

    Raises RegisterRefused (Vietnamese) for what cannot be used.
    """
    try:
        path = find(name_or_path, own, SHIPPED)
    except IntakeRefused as error:
        raise RegisterRefused(str(error)) from error
    try:
        mapping = RegisterMapping.model_validate(tomllib.loads(mapping_text(path)))
    except RecursionError as error:
        raise RegisterRefused(f"Ánh xạ {path.name} lồng quá nhiều lớp ngoặc.") from error
    except ValidationError as error:
        told = faults(error, RegisterMapping)
        raise RegisterRefused(f"Ánh xạ {path.name} chưa dùng được:\n{told}") from None
    except ValueError as error:  # TOML, UTF-8, or a number of thousands of digits
        raise RegisterRefused(f"Ánh xạ {path.name} {syntax(error)}.") from error
    _check(mapping, path.name)
    return mapping


def _check(mapping: RegisterMapping, name: str) -> None:
    register = REGISTERS.get(mapping.register_)
    if register is None:
        raise RegisterRefused(
            f"Ánh xạ {name}: không có sổ {unknown([mapping.register_], REGISTERS)}."
        )
    for record in mapping.records():
        named = (*record.columns, *record.constants, *mapping.values, *mapping.title)
        if (said := mapping.headings) is not None:
            named = (*named, *said.values, *said.words, *said.patterns, *said.otherwise)
        wrong = [ours for ours in named if ours not in register.by_name]
        if wrong:
            raise RegisterRefused(
                f"Ánh xạ {name}: sổ “{register.label}” không có cột "
                f"{unknown(wrong, register.by_name)}. "
                f"Các cột: {', '.join(register.by_name)}."
            )
