"""What an import into a register tells the one who started it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.intake.report import Rejection, ToldOfFile


@dataclass(slots=True)
class RegisterReport(ToldOfFile):
    """Outcome of one import; counts are of rows of the file (of records, where one row of a
    wide file makes several)."""

    register: str
    label: str
    file_name: str
    dry_run: bool
    batch_id: int | None = None
    rows_read: int = 0
    rows_inserted: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_rejected: int = 0
    warnings: list[str] = field(default_factory=list)
    first_rejected: list[Rejection] = field(default_factory=list)

    def as_json(self) -> str:
        """The report as one JSON object."""
        content: dict[str, Any] = asdict(self)
        return json.dumps(content, ensure_ascii=False, indent=2)
