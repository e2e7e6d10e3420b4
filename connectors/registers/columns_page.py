"""The page of the docs that lists every register's columns: made of the declarations."""

from __future__ import annotations

from typing import Final

from metrics.registers import REGISTERS
from metrics.registers.columns import (
    BOOLEAN,
    CHOICE,
    DATE,
    INTEGER,
    MOMENT,
    NUMBER,
    TEXT,
    UNIT,
    UNITS,
    Column,
)

_HEAD: Final = """# Columns of the registers

Made by `.venv/bin/python -m connectors register columns`; a test compares. A file's header may be
the name or the Vietnamese one; a mapping uses the name. `*`: a new row needs it. How files are
read: [registers](registers.md#files).
"""
_KINDS: Final = {
    TEXT: "text",
    INTEGER: "whole number",
    NUMBER: "number",
    BOOLEAN: "yes or no",
    DATE: "day",
    MOMENT: "moment",
    UNIT: "unit: code or name",
    UNITS: "units: codes or names",
}
_SHOWN: Final = 12
"""Choices that are listed."""


def columns_page() -> str:
    """The page, in Markdown."""
    parts = [_HEAD.rstrip("\n")]
    for register in REGISTERS.values():
        parts += [f"\n## `{register.name}` – {register.label}\n"]
        parts += ["| column | in Vietnamese | is |\n|---|---|---|"]
        parts += [_row(column) for column in register.columns]
    return "\n".join(parts) + "\n"


def _row(column: Column) -> str:
    must = "*" if column.required else ""
    words = " / ".join((column.label, *column.also))
    return f"| `{column.name}`{must} | {words} | {_kind(column)} |".replace("\n", " ")


def _kind(column: Column) -> str:
    if column.kind == CHOICE:
        shown = [f"`{choice.value}` ({choice.word})" for choice in column.choices[:_SHOWN]]
        return ", ".join(shown) + (", …" if len(column.choices) > _SHOWN else "")
    return _KINDS.get(column.kind) or f"code of a `{column.kind}`"
