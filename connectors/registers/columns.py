"""What a register's columns are: one declaration for import, template, form and messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Self

from connectors.intake.report import IntakeRefused
from connectors.intake.words import fold

Value = str | int | float | bool | date | datetime | tuple[int, ...] | None
Row = dict[str, Any]
"""A register's row by database column (and by pseudo column, such as ``co_units``)."""

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
"""Kinds of columns that name a row of another register (or a field) by its code."""


class BadValue(ValueError):
    """A value that cannot be taken; the message is Vietnamese and says what to do."""


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


class RegisterRefused(IntakeRefused):
    """A row or a file that cannot be taken; nothing was written. ``problems``: one by one."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems

    @classmethod
    def of(cls, problems: list[Problem]) -> Self:
        """The refusal that names every problem, one a line."""
        return cls("\n".join(problem.sentence() for problem in problems), tuple(problems))


@cache
def _folded(*words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


@dataclass(frozen=True, slots=True)
class Choice:
    """An allowed value and what it is called in Vietnamese; ``also``: other words for it."""

    value: str
    word: str
    also: tuple[str, ...] = ()

    def is_meant_by(self, text: str) -> bool:
        """Whether a text is this choice's value or one of its words."""
        return text == self.value or fold(text) in _folded(self.value, self.word, *self.also)


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

    @property
    def target(self) -> str | None:
        """The database column that this one fills; None for a helper."""
        return self.name if self.db == "" else self.db

    def headers(self) -> set[str]:
        """Every header that names this column, folded."""
        return {fold(text) for text in (self.name, self.label, *self.also)}

    def word(self, value: Any) -> str:
        """The Vietnamese word of a choice."""
        return next((choice.word for choice in self.choices if choice.value == value), str(value))


Check = Callable[[Mapping[str, Any]], Problem | None]
"""Looks at a whole row (by database column); a Problem, or None."""

Fill = Callable[[Row], None]
"""Completes a row in place with what follows from its other values."""


@dataclass(frozen=True, slots=True)
class Register:
    """A register: its columns, its natural key, the rules between its columns."""

    name: str
    label: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    # Database columns whose date says on which day the units' names are looked up; first wins.
    days: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    fills: tuple[Fill, ...] = ()
    # Looks at the raw values first, before any is typed.
    prepare: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    # Column that refers to this same register (a parent), so rows are written one by one.
    refers_to_itself: bool = False
    about: str = ""
    by_name: dict[str, Column] = field(default_factory=dict)
    by_target: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update({column.name: column for column in self.columns})
        self.by_target.update({column.target: column for column in self.columns if column.target})

    def column_of(self, db: str) -> Column | None:
        """The column that fills a database column."""
        return self.by_target.get(db)

    def label_of(self, db: str) -> str:
        """The Vietnamese header of a database column."""
        column = self.column_of(db)
        return column.label if column else db
