"""Rejected rows as they may be shown: without what stands in columns of the dossier's owner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from connectors.intake.mapping import Mapping
from connectors.intake.report import Rejection
from connectors.intake.words import fold

# As connectors.intake.typed writes what else is wrong with a row.
_QUOTED: Final = re.compile(r"cột “(?P<column>[^”]*)”, giá trị “.*?”: ", re.DOTALL)


@dataclass(frozen=True)
class ColumnMask:
    """Hides values of some columns.

    ``columns``: folded headings. ``everything``: the mapping is not known here, so no value can
    be told to be harmless.
    """

    columns: frozenset[str] = frozenset()
    everything: bool = False

    @classmethod
    def of(cls, mapping: Mapping) -> ColumnMask:
        """What to hide of rows that were read with a mapping."""
        columns = (name for column in mapping.owner.values() for name in column.column)
        return cls(frozenset(map(fold, columns)))

    def rejection(self, rejection: Rejection) -> Rejection:
        """A rejection as it may be shown or printed."""
        if not self.columns and not self.everything:
            return rejection
        value = self.value(rejection.column, rejection.value)
        return Rejection(rejection.line, rejection.column, value, self.reason(rejection.reason))

    def value(self, column: str | None, value: str | None) -> str | None:
        """A rejected value as it may be shown."""
        if value is None or column is None:
            return None  # without a column the value is the line itself, and the reason tells
        return "•••" if self._hides(column) else value

    def reason(self, reason: str) -> str:
        """A reason, whose further faults quote their columns' values, too."""

        def hide(match: re.Match[str]) -> str:
            column = match["column"]
            return f"cột “{column}”, giá trị “•••”: " if self._hides(column) else match[0]

        return _QUOTED.sub(hide, reason)

    def _hides(self, column: str) -> bool:
        return self.everything or fold(column) in self.columns
