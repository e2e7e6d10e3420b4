"""Rows of exports for people that are no dossiers: totals, the header again, columns' numbers.

They are left out and told. A row with a day of its own is neither: an applicant may be called
"Tổng công ty …".
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from connectors.intake.readers import LINE, PROBLEM
from connectors.intake.words import fold

_FILE: Final = Path(__file__).with_name("totals.toml")
_TOLD: Final = 10
_BEGINS: Final = r"(?i)^\W*(?:t.{1,3}ng|c.{1,3}ng|l.{1,3}y|total|grand|sum)"
"""A quick look: such texts are few."""
_DAY: Final = re.compile(
    r"(?<!\d)(?:\d{1,2}[/-]\d{1,2}[/-]\d{4}|\d{4}[/-]\d{1,2}[/-]\d{1,2}"
    r"|\d{1,2}\.\d{1,2}\.\d{4}|\d{14})(?!\d)"
)


@cache
def _pattern() -> re.Pattern[str]:
    words = tomllib.loads(_FILE.read_text(encoding="utf-8"))["words"]
    longest = sorted(map(fold, words), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, longest))})(?:[^\w-].*)?")


_NUMBERED: Final = re.compile(r"\(?(?:\d{1,2}|[A-Z])\)?(?:\s*=[\d\s()+-]*)?")
"""A cell of the row that numbers the columns: (1), 2, B, 4=2-3."""
_FEWEST: Final = 3


class Totals:
    """Leaves rows of totals and repeated headers out.

    ``codes``: names of the column that holds the dossier's code.
    """

    def __init__(self, codes: tuple[str, ...]) -> None:
        self._codes = {fold(name) for name in codes}
        self._lines: list[int] = []
        self._headers: list[int] = []
        self._numbered: list[int] = []

    def without(self, raw: pl.DataFrame) -> pl.DataFrame:
        """The rows whose first filled cell, or whose code, is no word for a total."""
        names = [name for name in raw.columns if name not in (LINE, PROBLEM)]
        if not names:
            return raw
        code = next((name for name in names if fold(name) in self._codes), None)
        kept = self._without_numbers(self._without_headers(raw, code), code, names)
        filled = [
            pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)) for name in names
        ]
        first = pl.coalesce(filled)
        looks = first.str.contains(_BEGINS)
        if code is not None:
            looks |= pl.col(code).str.contains(_BEGINS).fill_null(value=False)
        doubtful = kept.select(looks.fill_null(value=False)).to_series()
        if not doubtful.any():
            return kept
        heads = kept.filter(doubtful).select(
            LINE, first=first, code=pl.col(code or names[0]), cells=pl.concat_list(names)
        )
        gone = [
            line
            for line, *texts, cells in heads.iter_rows()
            if any(text is not None and is_total(text) for text in texts)
            and not any(_DAY.search(cell) for cell in cells if cell and cell not in texts)
        ]
        self._lines += gone
        return kept.filter(~kept[LINE].is_in(gone))

    def _without_headers(self, raw: pl.DataFrame, code: str | None) -> pl.DataFrame:
        """The rows whose code is not what its column is called, as in a page's first row."""
        if code is None:
            return raw
        again = (raw[code].str.strip_chars() == code.strip()).fill_null(value=False)
        if not again.any():
            return raw
        self._headers += raw.filter(again)[LINE].to_list()
        return raw.filter(~again)

    def _without_numbers(
        self, raw: pl.DataFrame, code: str | None, names: list[str]
    ) -> pl.DataFrame:
        """The rows that are not only the numbers of their columns, as forms have them."""
        if code is None:
            return raw
        short = (raw[code].str.strip_chars().str.len_chars() <= _FEWEST).fill_null(value=False)
        if not short.any():
            return raw
        heads = raw.filter(short).select(LINE, cells=pl.concat_list(names))
        gone = []
        for line, cells in heads.iter_rows():
            filled = [cell.strip() for cell in cells if cell and cell.strip()]
            if len(filled) >= _FEWEST and all(map(_NUMBERED.fullmatch, filled)):
                gone.append(line)
        self._numbered += gone
        return raw.filter(~raw[LINE].is_in(gone))

    def sentences(self) -> list[str]:
        """The rows that were left out, in a sentence a kind (Vietnamese)."""
        return [
            f"{kind}, không phải hồ sơ: dòng {_listed(lines)}."
            for kind, lines in (
                ("Dòng tổng cộng", self._lines),
                ("Dòng tiêu đề lặp lại", self._headers),
                ("Dòng đánh số cột", self._numbered),
            )
            if lines
        ]


def _listed(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:_TOLD]))
    return f"{shown} và {len(lines) - _TOLD} dòng khác" if len(lines) > _TOLD else shown


def is_total(text: str) -> bool:
    """Whether a cell begins as rows of totals do."""
    return bool(_pattern().fullmatch(fold(text)))
