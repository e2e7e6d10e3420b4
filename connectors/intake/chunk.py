"""Some rows on their way from a file to the database, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from connectors.intake.readers import LINE, source_row
from connectors.intake.report import Rejection

Why = Callable[[str | None], str]
"""The raw value of a bad row → the reason, a Vietnamese clause that says what to do."""


_TOLD: Final = 10
"""Rows of a doubt that are told."""


@dataclass(slots=True)
class Problem:
    """Rows of a chunk that cannot be taken, because of one column."""

    rows: pl.Series  # Boolean
    column: str | None
    values: pl.Series | None
    why: Why


@dataclass(slots=True)
class Chunk:
    """Some rows on their way: the raw ones, what was made of them, what is wrong with them."""

    raw: pl.DataFrame
    typed: dict[str, pl.Series] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    # What is left out of rows that are taken, by column: how many rows, the first ones.
    doubts: list[tuple[int, list[Rejection]]] = field(default_factory=list)
    # Rows that are left aside without being wrong (Boolean).
    aside: pl.Series | None = None

    def leave(self, rows: pl.Series) -> None:
        """Leave rows aside, because another row of the same dossier counts."""
        self.aside = rows if self.aside is None else self.aside | rows

    def reject(
        self, rows: pl.Series, column: str | None, values: pl.Series | None, why: Why
    ) -> None:
        """Note that ``rows`` (Boolean; null counts as no) cannot be taken."""
        rows = rows.fill_null(value=False)
        if rows.any():
            self.problems.append(Problem(rows, column, values, why))

    def doubt(
        self, rows: pl.Series, column: str | None, values: pl.Series | None, why: Why
    ) -> None:
        """Note that something in ``rows`` (as in :meth:`reject`) is left out, and why."""
        places = rows.fill_null(value=False).arg_true()
        told = []
        for place in places.head(_TOLD):
            value = None if values is None else values[place]
            told.append(Rejection(self.raw[LINE][place], column, value, why(value)))
        if told:
            self.doubts.append((len(places), told))

    def frame(self) -> pl.DataFrame:
        """The typed columns, with LINE."""
        lines = {} if LINE in self.typed else {LINE: self.raw[LINE]}
        return pl.DataFrame({**lines, **self.typed})

    def good(self) -> pl.Series:
        """Boolean: the rows that are taken."""
        good = self._sound()
        return good if self.aside is None else good & ~self.aside

    def _sound(self) -> pl.Series:
        """Boolean: the rows without a problem."""
        good = pl.Series([True]).new_from_index(0, self.raw.height)
        for problem in self.problems:
            good = good & ~problem.rows
        return good

    def rejections(self) -> list[tuple[Rejection, dict[str, Any]]]:
        """The bad rows in order: why, and the row as the source wrote it."""
        if not self.problems:
            return []
        places = (~self._sound()).arg_true()
        rows = self.raw[places].to_dicts()
        return [
            (self._rejection(place, row[LINE]), source_row(row))
            for place, row in zip(places, rows, strict=True)
        ]

    def rejected_codes(self) -> list[str | None] | None:
        """The bad rows' dossiers, in the order of :meth:`rejections`; None: nobody knows them."""
        codes = self.typed.get("code")
        return (
            None if codes is None or not self.problems else codes.filter(~self._sound()).to_list()
        )

    def _rejection(self, place: int, line: int) -> Rejection:
        found = [problem for problem in self.problems if problem.rows[place]]
        first = found[0]
        reasons = [_reason(problem, place, first) for problem in found]
        value = None if first.values is None else first.values[place]
        return Rejection(line, first.column, value, " ".join(reasons))


def _reason(problem: Problem, place: int, first: Problem) -> str:
    value = None if problem.values is None else problem.values[place]
    text = problem.why(value)
    if problem is not first and problem.column:
        shown = "" if value is None else f", giá trị “{value}”"
        text = f"Ngoài ra cột “{problem.column}”{shown}: {text}"
    return text if text.endswith((".", "!", "?")) else f"{text}."
