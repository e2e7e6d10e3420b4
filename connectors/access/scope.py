"""The units that an account may see: its own and what is under it while it was valid."""

from __future__ import annotations

from datetime import date

import polars as pl

from connectors.engine import Scope


def scope_of(unit_id: int | None, role: str, units: pl.DataFrame) -> Scope:
    """What an account sees.

    Args:
        unit_id: the account's unit; None: no bound, but nothing for role ``unit``.
        units: all units, with the columns of ``contracts.UNIT``.

    A unit below counts where its days of validity meet those of the unit above it all the way up:
    codes and places were handed on to other units on 1 July 2025, their past was not. A unit that
    succeeds another sees nothing of its predecessor's dossiers.
    """
    if unit_id is None:
        return Scope(frozenset()) if role == "unit" else Scope(None)
    valid: dict[int, tuple[date, date]] = {}
    children: dict[int, list[int]] = {}
    columns = ("unit_id", "parent_id", "valid_from", "valid_to")
    for unit, parent, first, last in units.select(columns).iter_rows():
        valid[unit] = (first or date.min, last or date.max)
        if parent is not None:
            children.setdefault(parent, []).append(unit)
    if unit_id not in valid:
        return Scope(frozenset())
    found = {unit_id}
    waiting = [(unit_id, valid[unit_id])]
    while waiting:
        above, (first, last) = waiting.pop()
        for unit in children.get(above, ()):
            since, until = max(first, valid[unit][0]), min(last, valid[unit][1])
            if unit not in found and since <= until:
                found.add(unit)
                waiting.append((unit, (since, until)))
    return Scope(frozenset(found))
