"""The other registers: one store, one import and one history for all of them."""

from __future__ import annotations

from connectors.registers.columns import Problem, Register, RegisterRefused
from connectors.registers.declared import REGISTERS
from connectors.registers.examples import load_examples
from connectors.registers.mapping import (
    available_register_mappings,
    load_register_mapping,
    mappings_of,
)
from connectors.registers.report import RegisterReport
from connectors.registers.run import import_register
from connectors.registers.store import Entry, SnapshotNotRefreshed, history, save, save_all
from connectors.registers.template import template

__all__ = [
    "REGISTERS",
    "Entry",
    "Problem",
    "Register",
    "RegisterRefused",
    "RegisterReport",
    "SnapshotNotRefreshed",
    "available_register_mappings",
    "history",
    "import_register",
    "load_examples",
    "load_register_mapping",
    "mappings_of",
    "save",
    "save_all",
    "template",
]
