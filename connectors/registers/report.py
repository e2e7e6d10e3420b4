"""What an import into a register tells the one who started it."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.intake.report import Outcome


@dataclass(slots=True, kw_only=True)
class RegisterReport(Outcome):
    """Outcome of one import; counts are of rows of the file (of records, where one row of a
    wide file makes several)."""

    register: str
    label: str
