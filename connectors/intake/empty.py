"""Words and days that stand for an empty cell (``empty.toml``), and how often they were read so."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from connectors.intake.words import fold

TEXT: Final = "text"
VALUE: Final = "value"
MOMENT: Final = "moment"
"""Kinds of columns: free text, anything else, a moment."""

_FILE: Final = Path(__file__).with_name("empty.toml")
_TOLD: Final = 12
"""So many words a report names."""


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def words(kind: str) -> frozenset[str]:
    """The shipped words of a kind of columns, folded."""
    lists = _shipped()
    found = [*lists["everywhere"]]
    if kind != TEXT:
        found += lists["values"]
    if kind == MOMENT:
        found += lists["moments"]
    return frozenset(map(fold, found))


@cache
def _days() -> frozenset[tuple[int, int, int]]:
    found = [tuple(map(int, day.split("-"))) for day in _shipped()["dates"]]
    return frozenset((year, month, day) for year, month, day in found)


_HOUR: Final = r"(?:[T ]+\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:am|pm|sa|ch))?|\d{4}(?:\d\d)?)?"
_ZONE: Final = r"(?: ?z| ?[+-]\d\d(?::?\d\d)?)?"
_DAY: Final = re.compile(
    rf"(?:(\d{{4}})([-/.]?)(\d\d?)\2(\d\d?)|(\d\d?)([-/.])(\d\d?)\6(\d{{4}})){_HOUR}{_ZONE}",
    re.IGNORECASE,
)


def is_empty(text: str, kind: str) -> bool:
    """Whether a text stands for an empty cell of a kind of columns."""
    return _is_empty(fold(text), kind)


# The same few short texts come in every chunk of every column.
_short: Final = lru_cache(maxsize=1 << 14)(fold)
_SHORT: Final = 64


def _is_empty(folded: str, kind: str) -> bool:
    """Whether a folded text stands for an empty cell of a kind of columns."""
    return folded in words(kind) or (kind == MOMENT and _is_no_day(folded))


def _is_no_day(text: str) -> bool:
    found = _DAY.fullmatch(text)
    if found is None:
        return False
    parts = (found[1], found[3], found[4]) if found[1] else (found[8], found[7], found[5])
    year, month, day = map(int, parts)
    return (year, month, day) in _days() or (year, day, month) in _days()


class Empties:
    """What of one import was read as empty. ``own``: a mapping's own words, for every column."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        self._own = frozenset(map(fold, own))
        self.counts: Counter[tuple[str, str]] = Counter()

    def without(
        self, column: pl.Series, label: str, kind: str, keep: Collection[str] = ()
    ) -> pl.Series:
        """The tidy texts without those that stand for nothing; ``keep``: folded words that do not.

        A mapping's own word for a value is no empty one.
        """
        found = [text for text in self._suspects(column, kind) if self._means(text, kind, keep)]
        if not found:
            return column
        gone = column.is_in(found)
        empty = column.filter(gone)
        # In the order of the file, so that the report of one file reads the same each time.
        for text, count in zip(
            empty.unique(maintain_order=True), empty.unique_counts(), strict=True
        ):
            self.counts[label, text] += count
        return column.to_frame("t").select(pl.when(~gone).then(pl.col("t")))["t"].alias(column.name)

    def _suspects(self, column: pl.Series, kind: str) -> list[str]:
        """Distinct texts that may be one of the words."""
        if kind == MOMENT:
            return column.drop_nulls().unique().to_list()
        known = words(kind) | self._own
        longest = max(map(len, known))
        short = column.filter(column.str.len_chars() <= longest)
        return short.drop_nulls().unique().to_list()

    def _means(self, text: str, kind: str, keep: Collection[str]) -> bool:
        folded = _short(text) if len(text) <= _SHORT else fold(text)
        if folded in keep:
            return False
        return folded in self._own or _is_empty(folded, kind)

    def sentences(self) -> list[str]:
        """What was read as empty, by column, for the report (Vietnamese)."""
        by_column: dict[str, list[str]] = {}
        for (label, word), count in sorted(self.counts.items(), key=lambda item: -item[1]):
            by_column.setdefault(label, []).append(f"“{word}” {count} ô")
        return [
            f"Cột “{label}”: đọc là trống {', '.join(found[:_TOLD])}"
            + (f" và {len(found) - _TOLD} từ khác." if len(found) > _TOLD else ".")
            for label, found in by_column.items()
        ]
