"""A register is declared once: a column that is added there is everywhere."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import polars as pl
import pytest
from sqlalchemy import Date, MetaData, String

from connectors.database.registers import TABLES, table_of
from connectors.registers import REGISTERS, template
from connectors.registers.values import headers
from connectors.snapshot.registers import STORED, read_registers
from metrics.registers.columns import DATE, KNOWN_ON, TEXT, Column

ADDED = (
    Column("warned_on", "Ngày cảnh báo", DATE, help="Ngày gửi cảnh báo."),
    Column("warned_by", "Người cảnh báo", TEXT, length=64, also=("cán bộ cảnh báo",)),
)


def test_an_added_column_is_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    task = REGISTERS["task"]
    grown = replace(task, columns=(*task.columns, *ADDED))
    table = table_of(grown, MetaData())
    assert isinstance(table.c.warned_on.type, Date)
    assert isinstance(table.c.warned_by.type, String)
    assert table.c.warned_by.type.length == 64
    assert set(table.c.keys()) - set(TABLES["task"].c.keys()) == {"warned_on", "warned_by"}
    assert dict(list(grown.frame.items())[-2:]) == {"warned_on": pl.Date, "warned_by": pl.String}
    assert grown.fields[-2:] == ADDED
    assert grown.label_of("warned_on") == "Ngày cảnh báo"
    assert "cán bộ cảnh báo" in headers(ADDED[1])
    monkeypatch.setitem(REGISTERS, "task", grown)
    with zipfile.ZipFile(io.BytesIO(template("task"))) as book:
        words = book.read("xl/sharedStrings.xml").decode()
    assert "Ngày cảnh báo" in words
    assert "Ngày gửi cảnh báo." in words


def test_every_declared_column_is_stored_and_framed() -> None:
    for name, register in REGISTERS.items():
        stored = {"id", *(c.target for c in register.columns if c.in_table)}
        assert set(TABLES[name].c.keys()) == stored, name
        shown = {c.target for c in register.columns if c.in_table and c.in_frame}
        more = {register.own_id, *register.inherits, *([KNOWN_ON] if register.is_dated else [])}
        assert shown | more == set(register.frame), name


def test_what_a_row_belongs_to_comes_before_it() -> None:
    """Withdrawing walks the registers once, parents first."""
    order = list(REGISTERS)
    for name, register in REGISTERS.items():
        for column in register.belongs_to:
            assert order.index(column.kind) < order.index(name), name
        assert register.open_to_all or "unit_id" in register.frame, name


def test_an_empty_register_is_a_frame_of_its_columns(sqlite_database, settings) -> None:
    with sqlite_database.connect() as connection:
        found = read_registers(connection, settings.zone, tuple(STORED))
    assert {name: dict(frame.schema) for name, frame in found.items()} == STORED
