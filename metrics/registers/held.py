"""The registers' rows that counted at a moment: the one place where withdrawn ones are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import narwhals as nw

from metrics.registers import REGISTERS

SINCE: Final = "withdrawn_since"
"""Column of a register's file: the moment from which on the row does not count (null: it does)."""

_LAST: Final = datetime(9999, 12, 31)

Frames = Mapping[str, nw.LazyFrame[Any]]
"""Register → its frame (:attr:`metrics.registers.columns.Register.frame`)."""


class Held:
    """The registers within a scope, to be asked for as of a moment.

    ``frames``: all rows. ``gone``: register → id of a withdrawn row → since when (local).
    """

    def __init__(
        self, frames: Frames, gone: Mapping[str, Mapping[int, datetime]] | None = None
    ) -> None:
        self._frames = frames
        self._gone = gone or {}

    def at(self, moment: datetime) -> Frames:
        """The rows that counted at a moment (T).

        A row that was withdrawn before T is not there; who names it (a finding, say, that it was
        the repetition of) names nothing.
        """
        away = {
            name: found
            for name, rows in self._gone.items()
            if (found := sorted(row for row, since in rows.items() if since < moment))
        }
        if not away:
            return self._frames
        return {name: _without(name, frame, away) for name, frame in self._frames.items()}

    def standing(self) -> Frames:
        """The rows that nobody has withdrawn, whenever: what forms choose from."""
        return self.at(_LAST)

    def ever(self) -> Frames:
        """Every row, also those that were withdrawn: for names only, never for figures."""
        return self._frames


def with_above(parents: Mapping[int, int | None], units: Iterable[int]) -> frozenset[int]:
    """The units and all that stand above them; a circle in the tree is walked once.

    Args:
        parents: unit → the one that it belongs to.
    """
    found: set[int] = set()
    for unit in units:
        at: int | None = unit
        while at is not None and at not in found:
            found.add(at)
            at = parents.get(at)
    return frozenset(found)


def _without(
    name: str, frame: nw.LazyFrame[Any], away: Mapping[str, list[int]]
) -> nw.LazyFrame[Any]:
    register = REGISTERS[name]
    if name in away:
        frame = frame.filter(~nw.col(register.own_id).is_in(away[name]))
    named = [
        nw.when(~nw.col(target).is_in(away[column.kind])).then(nw.col(target)).alias(target)
        for column in register.columns
        if column.kind in away and (target := column.target) and column.in_frame
    ]
    return frame.with_columns(*named) if named else frame
