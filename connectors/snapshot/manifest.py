"""The manifest: the one small file that says which files make up the snapshot.

Part files never change once written. A snapshot becomes another one in a single step, when a new
manifest takes the old one's name; until then, and after a crash at any moment, the old holds.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from connectors.snapshot.registers import STORED
from connectors.snapshot.supplements import shipped_rules
from metrics.core import contracts

__all__ = [
    "FACTS",
    "FRAMES",
    "HISTORY",
    "OPEN",
    "SCHEMA_VERSION",
    "UNREADABLE",
    "DataKind",
    "Manifest",
    "Part",
    "narrowed",
    "read_manifest",
    "registers_of",
    "sync",
]

FRAMES: Final = {
    "dossier": contracts.DOSSIER,
    "pause": contracts.PAUSE,
    "step": contracts.STEP,
    "dossier_history": contracts.DOSSIER_HISTORY,
    "pause_history": contracts.PAUSE_HISTORY,
    "step_history": contracts.STEP_HISTORY,
    "unit": contracts.UNIT,
    "merged": contracts.MERGED,
    "batch": contracts.BATCH,
    "succession": contracts.SUCCESSION,
    "source": contracts.SOURCE,
    "threshold_override": contracts.THRESHOLD_OVERRIDE,
    **STORED,
}
"""Every frame of the snapshot and its columns: facts, what they were, the dimensions."""

FACTS: Final = ("dossier", "pause", "step")
HISTORY: Final = {fact: f"{fact}_history" for fact in FACTS}
"""Fact → what it was."""

UNREADABLE: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What reading a file raises that is cut off, overwritten or another's."""

_DERIVATION: Final = 4
"""Raise it when a column is derived in another way (connectors/snapshot/derive.py)."""


def _schema_version() -> str:
    described = [
        f"{name} {column} {dtype}"
        for name, columns in FRAMES.items()
        for column, dtype in columns.items()
    ]
    described += [f"supplements {since} {anew}" for since, anew in shipped_rules()]
    digest = hashlib.sha256("\n".join(described).encode()).hexdigest()[:12]
    return f"{_DERIVATION}-{digest}"


SCHEMA_VERSION: Final = _schema_version()
"""Changes by itself when a column of the contracts, or the clock of supplements does; an older
snapshot is built again."""

OPEN: Final = "open"
"""Bucket of the dossiers that have not ended; the others' are months, ``YYYY-MM``."""

_NAME: Final = "manifest.json"
_OF: Final = "|"

DataKind = Literal["sample", "real"]


@dataclass(frozen=True)
class Part:
    """One Parquet file of one fact.

    Files of the three facts that have the same ``bucket`` and ``dossier_from`` hold the same
    dossiers. Moments are local; a bound is null when no row has that moment.
    """

    fact: str
    path: str  # relative to the snapshot's folder
    bucket: str
    rows: int
    dossier_from: int
    dossier_to: int
    received_from: datetime | None
    submitted_from: datetime | None
    ended_from: datetime | None
    ended_to: datetime | None

    def may_hold_alive(self, start: datetime, end: datetime) -> bool:
        """Whether a dossier alive in [start, end) can be in it (see ``open_facts``)."""
        known = [moment for moment in (self.received_from, self.submitted_from) if moment]
        begun = any(moment < end for moment in known)
        lasting = self.bucket == OPEN or self.ended_to is None or self.ended_to >= start
        return begun and lasting


@dataclass(frozen=True)
class Manifest:
    """What the snapshot holds, and from what it was made."""

    data_version: str
    schema_version: str
    last_batch_id: int
    # Tells the batch apart from one with the same number in another database.
    last_batch_mark: str
    timezone: str
    calendar_fingerprint: str
    # First and last day of the calendar, and its working hours in ms after midnight.
    calendar_span: tuple[date, date]
    working_hours: tuple[tuple[int, int], ...]
    data_kind: DataKind
    data_until: datetime | None
    dossiers: int
    parts: tuple[Part, ...]
    # What the facts were before (docs/adr/0007): opened only for what was known at a moment.
    history: tuple[Part, ...]
    # Dimension → path, relative to the snapshot's folder; register → path.
    dims: dict[str, str]
    registers: dict[str, str]
    # Number of the last line of the registers' history that they were read after.
    last_change: int = 0

    def files(self) -> set[str]:
        """Every file that makes up this snapshot, relative to its folder."""
        kept = {part.path for part in (*self.parts, *self.history)}
        return kept | {*self.dims.values(), *self.registers.values()}

    @property
    def version(self) -> str:
        """The key of whoever keeps results: the facts' version and, of each register, its own.

        :func:`narrowed` leaves the registers that a result looks at.
        """
        of_each = (f"{name}:{Path(path).stem}" for name, path in sorted(self.registers.items()))
        return f"{self.data_version}{_OF}{','.join(of_each)}"

    @property
    def data_from(self) -> datetime | None:
        """The first moment at which a dossier was received or submitted; None: not known."""
        begins = [
            moment
            for part in self.of_fact("dossier")
            for moment in (part.received_from, part.submitted_from)
            if moment is not None
        ]
        return min(begins, default=None)

    def of_fact(self, fact: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.fact == fact)

    def versioned(self) -> Manifest:
        """The same with ``data_version`` made from everything in it but the registers."""
        nameless = replace(self, data_version="", registers={}, last_change=0)
        digest = hashlib.sha256(_to_json(nameless).encode()).hexdigest()[:12]
        return replace(self, data_version=f"{self.last_batch_id}-{digest}")

    def write(self, folder: Path) -> None:
        """Put it in place of the old one: whole or not at all, even through a power cut."""
        for directory in {(folder / path).parent for path in self.files()}:
            sync(directory)
        temporary = folder / f".{_NAME}.{os.getpid()}.tmp"
        with temporary.open("w", encoding="utf-8") as file:
            file.write(_to_json(self))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / _NAME)
        sync(folder)


def narrowed(version: str, *registers: str) -> str:
    """A version (:attr:`Manifest.version`) of the facts and these registers only.

    It stays the same when another register changes.
    """
    facts, _, rest = version.partition(_OF)
    kept = [each for each in rest.split(",") if each.partition(":")[0] in registers]
    return f"{facts}{_OF}{','.join(kept)}"


def registers_of(version: str) -> list[str]:
    """The registers that a version speaks of."""
    return [each.partition(":")[0] for each in version.partition(_OF)[2].split(",") if each]


def read_manifest(snapshot_dir: Path) -> Manifest | None:
    """The manifest in force; None when there is none that this version can read."""
    try:
        text = (snapshot_dir / _NAME).read_text(encoding="utf-8")
        raw: dict[str, Any] = json.loads(text)
        return _from_json(raw) if raw["schema_version"] == SCHEMA_VERSION else None
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def sync(path: Path) -> None:
    """Have the disk hold a file, or a folder's list of names, before going on."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder for that
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _to_json(manifest: Manifest) -> str:
    return json.dumps(asdict(manifest), default=_text, ensure_ascii=False, indent=1)


def _text(moment: date) -> str:
    return moment.isoformat()  # a datetime's own, which keeps its hour


def _from_json(raw: dict[str, Any]) -> Manifest:
    first, last = raw["calendar_span"]
    return Manifest(
        **{
            **raw,
            "calendar_span": (date.fromisoformat(first), date.fromisoformat(last)),
            "working_hours": tuple((start, end) for start, end in raw["working_hours"]),
            "data_until": _moment(raw["data_until"]),
            "parts": tuple(_part(part) for part in raw["parts"]),
            "history": tuple(_part(part) for part in raw["history"]),
        }
    )


def _part(raw: dict[str, Any]) -> Part:
    bounds = ("received_from", "submitted_from", "ended_from", "ended_to")
    return Part(**{**raw, **{name: _moment(raw[name]) for name in bounds}})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
