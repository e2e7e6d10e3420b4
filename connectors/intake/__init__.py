"""Intake: files, exchange messages and read-only databases → the dossier database.

What the package offers is loaded when it is first asked for: the process that reads files needs
none of the database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from connectors.intake.mapping import Mapping, MappingError, available_mappings, load_mapping
    from connectors.intake.report import ImportReport, IntakeRefused, Progress, Rejection
    from connectors.intake.run import import_file, pull

_HOMES: Final = {
    "mapping": ("Mapping", "MappingError", "available_mappings", "load_mapping"),
    "report": ("ImportReport", "IntakeRefused", "Progress", "Rejection"),
    "run": ("import_file", "pull"),
}

__all__ = [
    "ImportReport",
    "IntakeRefused",
    "Mapping",
    "MappingError",
    "Progress",
    "Rejection",
    "available_mappings",
    "import_file",
    "load_mapping",
    "pull",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
