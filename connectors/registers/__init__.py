"""The other registers: one store, one import and one history for all of them."""

from __future__ import annotations

from connectors.database.withdrawn import BEGINNING
from connectors.refused import RegisterRefused
from connectors.registers.examples import load_examples
from connectors.registers.history import entered_by, history, row, standing, withdrawn
from connectors.registers.mapping import (
    available_register_mappings,
    load_register_mapping,
    mappings_of,
)
from connectors.registers.report import RegisterReport
from connectors.registers.run import import_register
from connectors.registers.store import (
    Entry,
    SnapshotNotRefreshed,
    Writing,
    add,
    amend,
    restore,
    save_all,
    withdraw,
)
from connectors.registers.template import template
from metrics.registers import REGISTERS
from metrics.registers.columns import Problem, Register

__all__ = [
    "BEGINNING",
    "REGISTERS",
    "Entry",
    "Problem",
    "Register",
    "RegisterRefused",
    "RegisterReport",
    "SnapshotNotRefreshed",
    "Writing",
    "add",
    "amend",
    "available_register_mappings",
    "entered_by",
    "history",
    "import_register",
    "load_examples",
    "load_register_mapping",
    "mappings_of",
    "restore",
    "row",
    "save_all",
    "standing",
    "template",
    "withdraw",
    "withdrawn",
]
