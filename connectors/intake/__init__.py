"""Intake: files, exchange messages and read-only databases → the dossier database."""

from __future__ import annotations

from connectors.intake.mapping import Mapping, MappingError, available_mappings, load_mapping
from connectors.intake.report import ImportReport, IntakeRefused, Progress, Rejection
from connectors.intake.run import import_file, pull

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
