"""What a table is made of: a column, and the rows that it reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ui.kit.cells import NUMBERS, Kind, sortable

Row = Mapping[str, Any]
Rows = pl.DataFrame | Sequence[Row]


@dataclass(frozen=True)
class Column:
    """A column: its header, and what stands in a row's cell.

    ``of``: a column of the rows, or a function of a row; a value of ``kind``, or Html.
    ``order``: what sorting goes by, where that is not the value itself. ``href``: what the cell
    alone opens. ``is_number``: HTML that stands as numbers do. ``is_name``: the row's name, which
    is the row's link. ``is_minor``: left out on a phone, where the open row shows it. ``bar``: a
    bar beside each number, from zero to the largest of the column, in the style that it gives a
    row ("" the usual one).

    Of the table as a file (ui/kit/sheet.py): ``unit`` stands in the heading there. ``in_file``: the
    columns that stand for it, where a cell is words around numbers; none: it is left out. ``says``:
    what stands above the table with it, by which definition. ``edges``: limits that a printed rate
    is not rounded across.
    """

    label: str
    of: str | Callable[[Row], Any]
    kind: Kind = "text"
    help: str = ""
    order: str | Callable[[Row], Any] | None = None
    href: Callable[[Row], str | None] | None = None
    is_name: bool = False
    is_minor: bool = False
    is_number: bool = False
    width: str = ""
    bar: Callable[[Row], str] | None = None
    unit: str = ""
    in_file: Sequence[Column] | None = None
    says: Sequence[tuple[str, str]] = ()
    edges: Collection[float] = ()

    @property
    def stands_right(self) -> bool:
        return self.is_number or self.kind in NUMBERS

    def value(self, row: Row) -> Any:
        return row[self.of] if isinstance(self.of, str) else self.of(row)

    def sorted_by(self, row: Row) -> str:
        if self.order is None:
            return sortable(self.value(row))
        return sortable(row[self.order] if isinstance(self.order, str) else self.order(row))


def each_row(rows: Rows) -> Iterable[Row]:
    """The rows one by one."""
    return rows.iter_rows(named=True) if isinstance(rows, pl.DataFrame) else rows
