"""What an import tells the one who started it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Final, cast

import polars as pl

from connectors.early import ended_before_received

Progress = Callable[[int, int | None], None]
"""Called with the rows done and, where known, the rows there are."""

FIRST_REJECTED: Final = 20
"""Rejected rows that a report repeats; all of them stand in ``rejected_row``."""


COUNTED: Final = ("read", "inserted", "changed", "unchanged", "rejected")
"""What every import counts; in tables and reports ``rows_<name>``."""

_HAPPENED: Final = ("submitted_at", "received_at", "ended_at", "collected_at", "recorded_at")
_CHILD_HAPPENED: Final = ("from_at", "to_at", "issued_at")


class IntakeRefused(Exception):
    """The whole file or pull is refused and nothing changed; the message is Vietnamese."""


class NotNow(IntakeRefused):
    """As above, for a reason that does not lie in the file: it may come again as it is."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was not taken in."""

    line: int
    column: str | None
    value: str | None
    reason: str

    def sentence(self) -> str:
        """The rejection in one Vietnamese line: line, column, value, reason."""
        where = f"Dòng {self.line}"
        if self.column:
            where += f", cột “{self.column}”"
        if self.value is not None:
            where += f", giá trị “{self.value}”"
        return f"{where}: {self.reason}"


Mask = Callable[[Rejection], Rejection]
"""What may be repeated of a rejected row."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What every import tells; counts are of rows, sentences Vietnamese."""

    file_name: str | None
    dry_run: bool
    batch_id: int | None = None
    rows_read: int = 0
    rows_inserted: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_rejected: int = 0
    warnings: list[str] = field(default_factory=list)
    first_rejected: list[Rejection] = field(default_factory=list)
    # File, sheet, header rows, encoding, zone.
    read_as: list[str] = field(default_factory=list)
    # Other sheets, total rows, words read as empty, columns that nobody asked for.
    left_aside: list[str] = field(default_factory=list)
    # Taken in, but somebody should look.
    odd: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """What was counted of the file's rows: read, inserted, changed, unchanged, rejected."""
        return {name: getattr(self, f"rows_{name}") for name in COUNTED}

    def told(self) -> list[tuple[str, str]]:
        """All of it in order, each with its heading."""
        return [
            *(("Cách đọc", sentence) for sentence in self.read_as),
            *(("Để ngoài", sentence) for sentence in self.left_aside),
            *(("Cần xem lại", sentence) for sentence in self.odd),
        ]

    def reject(self, rejections: Sequence[Rejection], mask: Mask) -> None:
        """Count rejected rows; the first ones are repeated, with what ``mask`` leaves of them."""
        self.rows_rejected += len(rejections)
        space = max(FIRST_REJECTED - len(self.first_rejected), 0)
        self.first_rejected += map(mask, rejections[:space])

    def as_json(self) -> str:
        """The report as one JSON object (moments in ISO 8601, UTC)."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, default=_iso)


def _iso(moment: datetime) -> str:
    return moment.isoformat()


@dataclass(slots=True, kw_only=True)
class ImportReport(Outcome):
    """Outcome of one import or pull of dossiers (for folded messages, counts of dossiers)."""

    source: str
    mapping: str
    # Messages beyond the first of each dossier.
    rows_folded: int = 0
    # Dossiers that the source asked to take out of the figures.
    rows_withdrawn: int = 0
    # Rows of a second file; its rejected ones are among rows_rejected, too.
    events_read: int = 0
    events_rejected: int = 0
    # Taken in, but the data screen names them.
    without_due: int = 0
    ended_before_received: int = 0
    units_created: list[str] = field(default_factory=list)
    procedures_created: list[str] = field(default_factory=list)
    officers_created: int = 0
    # Dossiers that the source, read as a whole, has no more; the codes of the first.
    vanished: int | None = None
    vanished_codes: list[str] = field(default_factory=list)
    data_until: datetime | None = None
    watermark: str | None = None
    seconds: float = 0.0

    def note(
        self, dossiers: pl.DataFrame, children: Mapping[str, pl.DataFrame], now: datetime, zone: str
    ) -> None:
        """Counts what should be looked at among the rows taken, and how far they reach."""
        if "due_at" in dossiers.columns:
            self.without_due += dossiers["due_at"].null_count()
        else:
            self.without_due += dossiers.height
        if {"received_at", "ended_at"} <= set(dossiers.columns):
            self.ended_before_received += int(ended_before_received(dossiers, zone).sum())
        moments = [dossiers[name] for name in _HAPPENED if name in dossiers.columns]
        for frame in children.values():
            moments += [frame[name] for name in _CHILD_HAPPENED if name in frame.columns]
        # A typing error such as the year 2099 must not make the source look fresh for ever.
        known = [cast("datetime | None", each.filter(each <= now).max()) for each in moments]
        self.data_until = max(filter(None, [*known, self.data_until]), default=None)
