"""Rejected rows as a file that can be mended and sent again."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Final, cast

import xlsxwriter
from sqlalchemy import Connection, Table, func, select

from connectors.cells import safe_cell
from connectors.database.models import ImportBatch, RejectedRow
from connectors.database.registers import RegisterRejection
from connectors.intake.exported import ADDED, SHEET
from connectors.privacy.vault import Vault, VaultLocked
from connectors.settings import load_settings

_REJECTED: Final = cast(Table, RejectedRow.__table__)
_REGISTER_REJECTED: Final = cast(Table, RegisterRejection.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)


def _kept_in(register: bool) -> Table:
    """Where rejected rows are kept: of dossiers, or of the other registers' files."""
    return _REGISTER_REJECTED if register else _REJECTED


def last_batch(connection: Connection, *, register: bool = False) -> int | None:
    """The newest batch that rejected anything."""
    table = _kept_in(register)
    return connection.execute(select(func.max(table.c.batch_id))).scalar_one_or_none()


def rejected_rows(
    connection: Connection,
    batch_id: int,
    limit: int | None = None,
    *,
    register: bool = False,
    whole: bool = False,
) -> list[dict[str, Any]]:
    """A batch's rejected rows by line.

    Each with ``line_no``, ``column_name``, ``value``, ``reason`` and ``row`` (whole, as a dict).
    Encrypted rows are opened with the installation's key; without it they say only that they are
    encrypted, or, where the ``whole`` is asked for, VaultLocked is raised.
    """
    table = _kept_in(register)
    query = (
        select(
            table.c.line_no,
            table.c.column_name,
            table.c.value,
            table.c.reason,
            table.c.row,
            table.c.sealed,
        )
        .where(table.c.batch_id == batch_id)
        .order_by(table.c.line_no, table.c.id)
        .limit(limit)
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    if any(row["sealed"] is not None for row in rows):
        vault = Vault(load_settings().owner_keys)
        for row in rows:
            _open(row, vault, whole=whole)
    return [{name: row[name] for name in row if name != "sealed"} for row in rows]


def _open(row: dict[str, Any], vault: Vault, *, whole: bool) -> None:
    if row["sealed"] is None:
        return
    try:
        row["value"], row["reason"], row["row"] = vault.rejected_row(row["sealed"])
    except VaultLocked:
        if whole:
            raise


def rejected_table(
    connection: Connection, batch_id: int, *, register: bool = False
) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: the source's own columns as they came, then line, column, value, reason.

    The added columns' names stand in parentheses; sent again, they are merely named as extra.
    Raises VaultLocked for encrypted rows without their key.
    """
    rows = rejected_rows(connection, batch_id, register=register, whole=True)
    names = list(dict.fromkeys(name for row in rows for name in row["row"]))
    table = [
        [
            *(row["row"].get(name) for name in names),
            row["line_no"],
            row["column_name"],
            row["value"],
            row["reason"],
        ]
        for row in rows
    ]
    return [*names, *ADDED], [[safe_cell(cell) for cell in line] for line in table]


def rejected_csv(connection: Connection, batch_id: int, *, register: bool = False) -> bytes:
    """The rejected rows as CSV, UTF-8 with BOM so that Excel reads the letters."""
    header, rows = rejected_table(connection, batch_id, register=register)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe_cell(name) for name in header])
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def rejected_xlsx(connection: Connection, batch_id: int, *, register: bool = False) -> bytes:
    """The rejected rows as a workbook; every cell is text, none is a formula or a link."""
    header, rows = rejected_table(connection, batch_id, register=register)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(SHEET)
        sheet.write_row(0, 0, [safe_cell(name) for name in header], book.add_format({"bold": True}))
        for place, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                _write(sheet, place, column, cell)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(header) - 2, 0), 18)
        sheet.set_column(len(header) - 1, len(header) - 1, 80)
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, str(cell)[:32_767])


def write_rejected(
    connection: Connection, batch_id: int, path: Path, *, register: bool = False
) -> None:
    """Write the rejected rows to a ``.csv`` or ``.xlsx`` file, by the name's ending.

    A new file is for its owner's eyes only: whole rows of a source may name people.
    """
    make = rejected_xlsx if path.suffix.lower() == ".xlsx" else rejected_csv
    path.touch(mode=0o600)
    path.write_bytes(make(connection, batch_id, register=register))
