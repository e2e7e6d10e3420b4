"""Where the names of a table's columns stand: below a title, in one row or in several.

Exports for people have a title, group headings over merged cells and the names in a second row.
The mapping's own names tell which rows those are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from connectors.cells import unguarded
from connectors.intake.words import fold, tidy_text

Cells = Sequence[Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Header:
    """Rows ``first`` to ``last`` (from 1), and what each column is called by them."""

    first: int
    last: int
    names: list[str]

    def rows(self) -> str:
        """The rows in words."""
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


def find(
    rows: Cells,
    wanted: Sequence[Sequence[str]],
    given: int,
    depth: int,
    fitting: Sequence[str] = (),
) -> Header:
    """The rows that name most of the columns ``wanted`` (each by any of its names).

    ``rows``: the sheet's first ones. ``given``: the row that the mapping says; it stands where it
    names all of them, or as many as any other. ``depth``: so many rows at most. ``fitting``:
    regular expressions that count as wanted columns where a name fits.
    """
    groups = [frozenset(plain(name) for name in names) for names in wanted]
    known = frozenset().union(*groups)
    best = _header(rows, given, given, known)
    most = _score(best, groups, fitting)
    if most == len(groups) + len(fitting):
        return best
    for first, last in _places(len(rows), given, depth):
        if fitting and first < last and len(texts(rows[first - 1 : first])) == 1:
            continue  # a title, which may well speak of a year or of a part
        header = _header(rows, first, last, known)
        score = _score(header, groups, fitting)
        if score > most:
            best, most = header, score
    return best


def texts(rows: Cells) -> list[str]:
    """What is said in rows above a header."""
    return [text for row in rows for cell in row if (text := _text(cell)[:_LONGEST])]


_LONGEST = 500


def plain(name: str) -> str:
    """A name as it is compared: templates mark needed columns with a star."""
    return fold(name).removesuffix("*").strip()


def _places(height: int, given: int, depth: int) -> list[tuple[int, int]]:
    """All that may be, the likely ones first: few rows, near to where the mapping says."""
    places = [
        (first, first + more)
        for more in range(depth)
        for first in range(1, height - more + 1)
        if (first, more) != (given, 0)
    ]
    return sorted(places, key=lambda place: (place[1] - place[0], abs(place[0] - given)))


def _score(header: Header, groups: Sequence[frozenset[str]], fitting: Sequence[str]) -> int:
    names = {plain(name) for name in header.names}
    known = sum(not names.isdisjoint(group) for group in groups)
    if not fitting:
        return known
    shown = pl.Series(header.names, dtype=pl.String)
    return known + sum(bool(shown.str.contains(pattern).any()) for pattern in fitting)


def _header(rows: Cells, first: int, last: int, known: frozenset[str]) -> Header:
    block = [[_text(cell) for cell in rows[place - 1]] for place in range(first, last + 1)]
    width = max(map(len, block), default=0)
    block = [[*row, *[""] * (width - len(row))] for row in block]
    for lower, upper in pairwise(reversed(block)):  # from below: a group of groups spans them
        _spread(upper, lower)
    names = [_name([row[place] for row in block], known) for place in range(width)]
    return Header(first, last, names)


def _text(cell: str | None) -> str:
    return tidy_text(unguarded(cell)) if cell else ""


def _spread(upper: list[str], lower: list[str]) -> None:
    """A group's heading stands over all the names below it, also where no merged cell says so."""
    for place in range(1, len(upper)):
        if not upper[place] and lower[place] and lower[place - 1]:
            upper[place] = upper[place - 1]


def _name(parts: list[str], known: frozenset[str]) -> str:
    given = list(dict.fromkeys(part for part in parts if part))
    joined = " ".join(given)
    for candidate in (joined, *reversed(given)):
        if plain(candidate) in known:
            return candidate
    return joined
