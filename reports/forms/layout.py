"""How a form looks, by the end of the period reported: columns, headings, groups, who signs.

Data: ``reports/forms/*.toml``, described in ii06a.toml. What the form is called and who receives
it: :mod:`metrics.core.report_forms`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from reports.blocks import HeadCell, Kind


@dataclass(frozen=True)
class LayoutColumn:
    """A column: the figure whose key it is (or ``place``, ``name``, ``cause``, ``note``), its
    number, its headings from the top down, what it holds and how wide it is."""

    key: str
    heads: tuple[str, ...]
    number: str = ""
    kind: Kind = "count"
    width: float = 6.0


@dataclass(frozen=True)
class Layout:
    """A form's layout. ``beside``: columns that stand after the form's own, where anything is in
    them. ``names``: of groups of units by level, and of the total."""

    form: str
    subject: str
    unit: str
    columns: tuple[LayoutColumn, ...]
    beside: tuple[LayoutColumn, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    signatures: tuple[str, ...] = ()
    note: str = ""
    reading: str = "Phân loại trước hạn, đúng hạn, quá hạn theo cột của biểu II.06a (TT 01/2020)"


def layout_on(name: str, period_end: date) -> Layout:
    """The layout of a file of reports/forms/ for a period that ends on that day.

    Raises:
        KeyError: none holds on that day.
    """
    for row in _layouts(name):
        if row.get("from", date.min) <= period_end <= row.get("until", date.max):
            told = {key: value for key, value in row.items() if key not in ("from", "until")}
            return Layout(
                **{
                    **told,
                    "columns": _columns(row["columns"]),
                    "beside": _columns(row.get("beside", ())),
                    "signatures": tuple(row.get("signatures", ())),
                }
            )
    raise KeyError(f"reports/forms/{name}.toml: no layout on {period_end}")


def _columns(rows: Sequence[Mapping[str, Any]]) -> tuple[LayoutColumn, ...]:
    return tuple(LayoutColumn(**{**row, "heads": tuple(row["heads"])}) for row in rows)


@cache
def _layouts(name: str) -> tuple[dict[str, Any], ...]:
    text = resources.files("reports").joinpath(f"forms/{name}.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["layout"])


def headings(columns: Sequence[LayoutColumn]) -> list[list[HeadCell]]:
    """The rows of headings: neighbours under one heading share its cell."""
    depth = max(len(column.heads) for column in columns)
    return [list(_heading_row(columns, row, depth)) for row in range(depth)]


def _heading_row(columns: Sequence[LayoutColumn], row: int, depth: int) -> Sequence[HeadCell]:
    found: list[HeadCell] = []
    before: tuple[str, ...] | None = None
    for column in columns:
        if len(column.heads) <= row:
            before = None
            continue
        until = column.heads[: row + 1]
        is_last = len(column.heads) == row + 1
        if until == before:
            found[-1] = HeadCell(until[-1], found[-1].columns + 1, found[-1].rows)
        else:
            found.append(HeadCell(until[-1], 1, depth - row if is_last else 1))
        before = until
    return found
