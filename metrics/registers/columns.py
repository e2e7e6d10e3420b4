"""What a register is: its columns, its key, whose its rows are. Declared once, here and beside.

From one declaration come the table (connectors/database/registers.py), the frame that figures are
computed on, the import, the template, the form, the list, the words of the history, the snapshot's
file, the scope and the validity of references.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import polars as pl

from metrics.core.contracts import MOMENT as LOCAL_MOMENT

Value = str | int | float | bool | date | datetime | tuple[int, ...] | None
Row = dict[str, Any]
"""A register's row by database column (and by pseudo column, such as ``co_units``)."""
Frame = dict[str, pl.DataType | type[pl.DataType]]

TEXT: Final = "text"
INTEGER: Final = "integer"
NUMBER: Final = "number"
BOOLEAN: Final = "boolean"
DATE: Final = "date"
MOMENT: Final = "moment"
CHOICE: Final = "choice"
UNIT: Final = "unit"
UNITS: Final = "units"
REFERENCES: Final = ("programme", "task", "inspection", "finding", "target", "field")
"""Kinds of columns that name a row of another register by its code: the kind is that register."""

LONG: Final = -1
"""Length of a text that may be as long as it likes."""

KNOWN_ON: Final = "known_on"
"""Column of a frame: the day on which the row was entered (:attr:`Register.is_dated`)."""

FIRST_YEAR: Final = 1900
"""From here on a least whole number is that of years."""

_DTYPES: Final[Frame] = {
    TEXT: pl.String,
    CHOICE: pl.String,
    NUMBER: pl.Float64,
    BOOLEAN: pl.Boolean,
    DATE: pl.Date,
    MOMENT: LOCAL_MOMENT,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a row: which column (Vietnamese), which value, why."""

    column: str | None
    value: str | None
    reason: str

    def sentence(self) -> str:
        """The problem in one Vietnamese line."""
        head = f"Cột “{self.column}”" if self.column else "Dòng này"
        if self.value is not None:
            head += f", giá trị “{self.value}”"
        return f"{head}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Choice:
    """An allowed value and what it is called in Vietnamese; ``also``: other words for it."""

    value: str
    word: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a register.

    ``name``: as in files' mappings; ``db``: the table's column (None: it only helps to look up
    another one). ``label`` and ``also``: Vietnamese headers. ``within``: for codes that are
    unique only within another column's row (a task's code within its programme). ``percent``:
    what a % sign means: "fraction" (÷ 100), "keep" (95% is 95), or "" (no % allowed).
    """

    name: str
    label: str
    kind: str = TEXT
    required: bool = False
    db: str | None = ""
    also: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    help: str = ""
    default: Value = None
    within: str | None = None
    low: float | None = None
    high: float | None = None
    percent: str = ""
    # Signs that may stand before a number because the column itself says them ("≤ 10").
    signs: tuple[str, ...] = ()
    # A bare month ("03/2023") is its first or last day; "" : a month alone is refused.
    month: str = ""
    width: int = 20
    # Characters that the table takes; LONG: any number. 0: as usual for the kind.
    length: int = 0
    # The table refuses what is not among the choices.
    checked: bool = False
    # Never null, though nobody has to give it: it follows from other columns.
    filled: bool = False
    # The row hangs on the row that this column names, and goes out with it. Deleted with it, too.
    belongs: bool = False
    deleted_along: bool = False
    in_frame: bool = True
    in_list: bool = False
    # What the screen says where it insists on more than a file has to bring.
    asked: str = ""

    @property
    def target(self) -> str | None:
        """The database column that this one fills; None for a helper."""
        return self.name if self.db == "" else self.db

    @property
    def is_reference(self) -> bool:
        """Whether it names a row of a register."""
        return self.kind in REFERENCES

    @property
    def is_year(self) -> bool:
        """Whether its number is a year, which has no thousands."""
        return self.kind == INTEGER and (self.low or 0) >= FIRST_YEAR

    @property
    def in_table(self) -> bool:
        """Whether the register's own table holds it (co-operating units have one of their own)."""
        return self.target is not None and self.kind != UNITS

    @property
    def in_form(self) -> bool:
        """Whether people fill it on the screen: neither helpers nor the name of who writes."""
        return self.target is not None and self.name != "by"

    @property
    def is_nullable(self) -> bool:
        """Whether it may be unknown."""
        return not (self.required or self.filled or self.default is not None)

    @property
    def most(self) -> int:
        """Characters that it takes; LONG: any number."""
        return self.length or (16 if self.kind == CHOICE else 255)

    @property
    def dtype(self) -> pl.DataType | type[pl.DataType]:
        """Its type in the frame; references and units are ids."""
        return _DTYPES.get(self.kind, pl.Int32)

    def word(self, value: Any) -> str:
        """The Vietnamese word of a choice."""
        return next((choice.word for choice in self.choices if choice.value == value), str(value))


Check = Callable[[Mapping[str, Any]], Problem | None]
"""Looks at a whole row (by database column); a Problem, or None."""


@dataclass(frozen=True)
class Register:
    """A register: its columns, its natural key, the rules between its columns."""

    name: str
    label: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    # Database columns whose date says on which day the units' names are looked up; first wins.
    days: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    # What one of its rows is called in a sentence.
    noun: str = "dòng"
    # Whether the table, too, holds a key once only; columns that it is indexed by.
    is_unique: bool = True
    indexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Columns of the frame that the parent says: name → the parent's columns, the first known one.
    inherits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Published, or of the level above: not cut to the asker's units.
    open_to_all: bool = False
    # Rows of units above the asker's, and of no unit, are read, too, as they concern these.
    from_above: bool = False
    # The frame says since which day a row is known (KNOWN_ON): when its history begins.
    is_dated: bool = False

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by the name that mappings use."""
        return {column.name: column for column in self.columns}

    @cached_property
    def by_target(self) -> dict[str, Column]:
        """Columns by the database column that they fill."""
        return {column.target: column for column in self.columns if column.target}

    @property
    def fields(self) -> tuple[Column, ...]:
        """What the form asks, in order."""
        return tuple(column for column in self.columns if column.in_form)

    @property
    def list_columns(self) -> tuple[Column, ...]:
        """What tells its rows apart in a short list: the key, and what is marked for lists."""
        return tuple(c for c in self.columns if c.target and (c.in_list or c.target in self.key))

    @property
    def own_id(self) -> str:
        """The row's id in the frame."""
        return f"{self.name}_id"

    @property
    def belongs_to(self) -> tuple[Column, ...]:
        """References to the rows that a row goes out with, the one that says whose it is first."""
        return tuple(column for column in self.columns if column.belongs and column.target)

    @property
    def parent(self) -> Column | None:
        """The reference that says whose a row without a unit of its own is."""
        has_unit = "unit_id" in self.by_target
        return None if has_unit or not self.belongs_to else self.belongs_to[0]

    @property
    def code_within(self) -> str | None:
        """The column within which the code is unique; None: everywhere."""
        return self.key[0] if len(self.key) == 2 and self.key[1] == "code" else None

    @property
    def refers_to_itself(self) -> bool:
        """Whether a row may name another one of the same register."""
        return any(column.kind == self.name for column in self.columns)

    @cached_property
    def frame(self) -> Frame:
        """The frame's columns and types: the row's id, its columns, what its parent says, and its
        history."""
        found: Frame = {self.own_id: pl.Int32}
        for column in self.columns:
            if column.in_table and column.in_frame and column.target:
                found[column.target] = column.dtype
            if column is self.parent:
                found |= {name: _inherited(name) for name in self.inherits}
        return found | ({KNOWN_ON: pl.Date} if self.is_dated else {})

    def column_of(self, db: str) -> Column | None:
        """The column that fills a database column."""
        return self.by_target.get(db)

    def label_of(self, db: str) -> str:
        """The Vietnamese header of a database column."""
        column = self.column_of(db)
        return column.label if column else db


def _inherited(name: str) -> pl.DataType | type[pl.DataType]:
    return pl.Int32 if name.endswith("_id") else pl.Date
