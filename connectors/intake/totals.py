"""Rows of totals in exports for people: no dossiers, so they are left out and told."""

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
_BEGINS: Final = r"(?i)^\W*(?:t.{1,3}ng|c.{1,3}ng|total|grand|sum)"
"""A quick look: such texts are few."""


@cache
def _pattern() -> re.Pattern[str]:
    words = tomllib.loads(_FILE.read_text(encoding="utf-8"))["words"]
    longest = sorted(map(fold, words), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, longest))})(?:\W.*)?")


class Totals:
    """Leaves rows of totals out. ``codes``: names of the column that holds the dossier's code."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self._codes = {fold(name) for name in codes}
        self._lines: list[int] = []

    def without(self, raw: pl.DataFrame) -> pl.DataFrame:
        """The rows whose first filled cell, or whose code, is no word for a total."""
        names = [name for name in raw.columns if name not in (LINE, PROBLEM)]
        code = next((name for name in names if fold(name) in self._codes), None)
        if not names:
            return raw
        filled = [
            pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)) for name in names
        ]
        first = pl.coalesce(filled)
        looks = first.str.contains(_BEGINS)
        if code is not None:
            looks |= pl.col(code).str.contains(_BEGINS).fill_null(value=False)
        doubtful = raw.select(looks.fill_null(value=False)).to_series()
        if not doubtful.any():
            return raw
        heads = raw.filter(doubtful).select(LINE, first=first, code=pl.col(code or names[0]))
        gone = [
            line
            for line, *texts in heads.iter_rows()
            if any(text is not None and is_total(text) for text in texts)
        ]
        self._lines += gone
        return raw.filter(~raw[LINE].is_in(gone))

    def sentences(self) -> list[str]:
        """The rows that were left out, in a sentence (Vietnamese)."""
        if not self._lines:
            return []
        shown = ", ".join(map(str, self._lines[:_TOLD]))
        more = f" và {len(self._lines) - _TOLD} dòng khác" if len(self._lines) > _TOLD else ""
        return [f"Dòng tổng cộng, không phải hồ sơ: dòng {shown}{more}."]


def is_total(text: str) -> bool:
    """Whether a cell begins as rows of totals do."""
    return bool(_pattern().fullmatch(fold(text)))
