"""The headers of a file: found whatever their case and spaces, and told where one is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from connectors.intake.words import fold, nearest

MOST_NAMED: Final = 40
"""Columns of a file that a refusal or a warning repeats."""


class Headers:
    """A file's own columns for the names that a mapping or a template has."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._exact = set(names)
        self._folded = {fold(name): name for name in reversed(names)}

    def find(self, name: str) -> str | None:
        """The file's column of that name: exactly, else whatever the case; None: it has none."""
        return name if name in self._exact else self._folded.get(fold(name))

    def of(self, name: str) -> str:
        """The file's column of that name, which it has."""
        return name if name in self._exact else self._folded[fold(name)]

    def has_any(self, names: Iterable[str]) -> bool:
        """Whether the file has a column of one of these names."""
        return any(self.find(name) is not None for name in names)

    def missed(self, *names: str) -> str:
        """The names of a missing column, and the one in the file that looks most like it."""
        near = nearest(names[0], self.names, 1)
        hint = f" (có phải “{near[0]}”?)" if near else ""
        return f"“{'” hoặc “'.join(names)}”{hint}"

    def listed(self) -> str:
        """The file's columns, as many as a sentence bears."""
        return ", ".join(self.names[:MOST_NAMED])


def some(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Names in a row, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" và {more} cột khác" if more > 0 else "")
