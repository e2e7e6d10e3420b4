"""Opening the facts: the one place where figures meet data, and where the asker's scope is kept.

The frames are lazy and are Narwhals frames, so that the same figures run on Polars (one machine,
the default) and on PySpark (a cluster) over the same Parquet files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

import narwhals as nw
import polars as pl

from connectors.settings import Settings
from connectors.snapshot.dims import CALENDAR
from connectors.snapshot.known import Known, NothingKnown, as_batches_left, known_at, sources_by
from connectors.snapshot.manifest import (
    FACTS,
    FRAMES,
    HISTORY,
    UNREADABLE,
    DataKind,
    Manifest,
    read_manifest,
)
from metrics.core.clock import Calendar, WorkingHours
from metrics.core.contracts import MOMENT
from metrics.core.thresholds import SHIPPED, Thresholds, own_thresholds
from metrics.registers import REGISTERS
from metrics.registers.held import SINCE, Held, with_above

__all__ = [
    "SPARK_CONF",
    "Facts",
    "Known",
    "NothingKnown",
    "Scope",
    "SnapshotDamaged",
    "SnapshotMissing",
    "damage",
    "descendants",
    "open_facts",
    "spark_facts",
]

Alive = tuple[datetime, datetime]

SPARK_CONF: Final = {
    "spark.sql.session.timeZone": "UTC",
    # Without it a moment that a figure compares with is read in the driver's own zone, and the
    # figures come out shifted by that zone's hours.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
}
"""How a Spark session must be configured for figures to be right."""


class SnapshotMissing(Exception):
    """There is no snapshot to read; the message says in Vietnamese what to do."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Chưa có bản chụp số liệu trong thư mục {folder}. "
            "Hãy nạp số liệu hoặc dựng lại bản chụp, rồi thử lại."
        )


class SnapshotDamaged(SnapshotMissing):
    """One of its files cannot be read; the message says in Vietnamese what to do."""

    def __init__(self, folder: Path) -> None:
        Exception.__init__(
            self,
            f"Bản chụp số liệu trong thư mục {folder} bị hỏng. Số liệu gốc không bị ảnh hưởng: hãy "
            "dựng lại bản chụp bằng lệnh .venv/bin/python -m connectors snapshot --rebuild.",
        )


@dataclass(frozen=True)
class Scope:
    """What the asker may see: the resolving units; None: all of them."""

    units: frozenset[int] | None = None


@dataclass(frozen=True)
class Facts:
    """The opened facts, restricted to a scope.

    ``dossier``, ``pause`` and ``step`` are lazy Narwhals frames; the others are small Polars
    frames. Their columns are those of metrics/core/contracts.py; moments are local. ``calendar`` is
    the one that the snapshot's working-day ordinals were made with. ``data_version`` changes
    whenever any of it but a register does. ``data_until`` is the latest
    moment that the records speak of (null: no batch says).
    """

    dossier: nw.LazyFrame[Any]
    pause: nw.LazyFrame[Any]
    step: nw.LazyFrame[Any]
    units: pl.DataFrame
    successions: pl.DataFrame
    procedures: pl.DataFrame
    fields: pl.DataFrame
    sources: pl.DataFrame
    calendar: Calendar
    data_version: str
    data_until: datetime | None
    data_kind: DataKind
    thresholds: Thresholds = SHIPPED
    """The shipped thresholds with the installation's own before them."""
    registers: Held = field(default_factory=lambda: Held({}))
    """The other registers, to be asked for as of a moment; small, always on Polars."""
    batches: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FRAMES["batch"]))
    known: Known | None = None
    """Of which records they are; None: of all that there are now."""
    past: Mapping[str, nw.LazyFrame[Any]] = field(default_factory=dict)
    """With ``known``: what the facts were before batches wrote over them (HISTORY)."""


def open_facts(
    settings: Settings,
    scope: Scope,
    *,
    alive: Alive | None = None,
    manifest: Manifest | None = None,
    registers: Collection[str] | None = None,
    as_known: datetime | int | None = None,
) -> Facts:
    """The facts on Polars, as the snapshot now in force has them.

    ``scope``: only dossiers resolved by these units are in any frame, and ``units`` holds these
    units and what stands above them. ``alive`` = (S, T) promises that only dossiers alive in
    [S, T) are asked about (received or submitted before T; not ended, or ended at or after S),
    so that files without any are not opened; files are left out whole, so others may remain.
    ``manifest``: of the snapshot to read, in force or shortly before. ``registers``: which ones
    are wanted (default: all). ``as_known`` = K, local, or a batch's number: the dossiers, their
    pauses and steps, and how far the sources told, as the batches finished by then left them;
    calendar, procedures, units and registers are those of now.

    Raises :class:`SnapshotMissing`, of which :class:`SnapshotDamaged` is one;
    :class:`NothingKnown` where nothing was known at K.
    """
    return _open(settings, scope, alive, _polars_frame, manifest, registers, as_known)


def spark_facts(
    settings: Settings, scope: Scope, session: Any, *, alive: Alive | None = None
) -> Facts:
    """The same facts on PySpark, over the same Parquet files; see :func:`open_facts`.

    ``session`` is a ``pyspark.sql.SparkSession`` (pyspark need not be installed otherwise). It
    must have the configuration :data:`SPARK_CONF`, because the local moments carry no zone.
    Every worker must see the snapshot's folder under the same path.

    Raises :class:`SnapshotMissing`, and ``ValueError`` for a session configured otherwise.
    """
    for key, wanted in SPARK_CONF.items():
        found = session.conf.get(key)
        if found != wanted:
            raise ValueError(f"{key} phải là {wanted}, đang là {found}.")

    def frame(fact: str, files: Sequence[Path], units: frozenset[int] | None) -> nw.LazyFrame[Any]:
        return _spark_frame(session, fact, files, units)

    return _open(settings, scope, alive, frame)


def damage(settings: Settings) -> SnapshotDamaged | None:
    """What is wrong with the snapshot's facts, if a file is cut off or is another's.

    Asked after something failed: each file's end and columns are looked at, not its rows.
    """
    folder = settings.snapshot_dir
    manifest = read_manifest(folder)
    for part in (*manifest.parts, *manifest.history) if manifest else ():
        try:
            schema = pl.read_parquet_schema(folder / part.path)
        except FileNotFoundError:
            continue  # put aside meanwhile by a newer snapshot
        except (OSError, *UNREADABLE):
            return SnapshotDamaged(folder)
        if not FRAMES[part.fact].keys() <= schema.keys():
            return SnapshotDamaged(folder)
    return None


def descendants(units: pl.DataFrame, unit_id: int) -> frozenset[int]:
    """A unit and every unit below it, whatever their days of validity.

    ``units`` has the columns of ``contracts.UNIT``. A circle in the tree is walked once; a unit
    that is not in the frame has only itself.
    """
    children: dict[int, list[int]] = {}
    for child, parent in units.select("unit_id", "parent_id").drop_nulls().iter_rows():
        children.setdefault(parent, []).append(child)
    found, waiting = {unit_id}, [unit_id]
    while waiting:
        below = [child for child in children.get(waiting.pop(), []) if child not in found]
        found.update(below)
        waiting += below
    return frozenset(found)


# Opening

_Opener = Callable[[str, Sequence[Path], "frozenset[int] | None"], nw.LazyFrame[Any]]


def _open(
    settings: Settings,
    scope: Scope,
    alive: Alive | None,
    opener: _Opener,
    manifest: Manifest | None = None,
    registers: Collection[str] | None = None,
    as_known: datetime | int | None = None,
) -> Facts:
    folder = settings.snapshot_dir
    manifest = manifest or read_manifest(folder)
    if manifest is None:
        raise SnapshotMissing(folder)
    try:
        dims = {name: _dim(folder / path) for name, path in manifest.dims.items()}
        kept = {
            name: _dim(folder / path)
            for name, path in manifest.registers.items()
            if registers is None or name in registers
        }
        calendar = _calendar(
            folder / manifest.dims[CALENDAR], manifest.calendar_span, manifest.working_hours
        )
    except FileNotFoundError:
        raise SnapshotMissing(folder) from None
    except UNREADABLE as error:
        raise SnapshotDamaged(folder) from error
    frames = {
        fact: opener(fact, _files(folder, manifest, fact, alive), scope.units) for fact in FACTS
    }
    sources, until, known = dims["source"], manifest.data_until, None
    before: dict[str, nw.LazyFrame[Any]] = {}
    if as_known is not None:
        known = known_at(dims["batch"], as_known)
        before = {
            fact: opener(past, _history_files(folder, manifest, past), scope.units)
            for fact, past in HISTORY.items()
        }
        frames = as_batches_left(frames, before, known)
        sources = sources_by(sources, dims["batch"], known)
        until = cast("datetime | None", sources["data_until"].max())
    return Facts(
        dossier=frames["dossier"],
        pause=frames["pause"],
        step=frames["step"],
        units=_units_in(_standing_units(dims, known), scope.units),
        successions=dims["succession"],
        procedures=_standing(dims["procedure"]),
        fields=_standing(dims["field"]),
        sources=sources,
        calendar=calendar,
        data_version=f"{manifest.data_version}{f'@{known.last}' if known else ''}",
        data_until=until,
        data_kind=manifest.data_kind,
        thresholds=own_thresholds(dims["threshold_override"]),
        registers=_registers(kept, scope.units, dims["unit"]),
        batches=dims["batch"],
        known=known,
        past=before,
    )


def _files(folder: Path, manifest: Manifest, fact: str, alive: Alive | None) -> list[Path]:
    return [
        folder / part.path
        for part in manifest.of_fact(fact)
        if alive is None or part.may_hold_alive(*alive)
    ]


def _history_files(folder: Path, manifest: Manifest, fact: str) -> list[Path]:
    return [folder / part.path for part in manifest.history if part.fact == fact]


def _standing(frame: pl.DataFrame) -> pl.DataFrame:
    """Fields and procedures that nobody has withdrawn; no record names any other."""
    return frame.filter(pl.col(SINCE).is_null()).drop(SINCE)


def _registers(
    kept: Mapping[str, pl.DataFrame], units: frozenset[int] | None, tree: pl.DataFrame
) -> Held:
    """The registers cut to the scope; what is published or stands above the units is not cut.

    ``tree``: all units. What is said of everybody and of those above concerns the scope, too,
    where the register says so.
    """
    frames, gone = {}, {}
    for name, frame in kept.items():
        register = REGISTERS[name]
        lazy = nw.from_native(frame.lazy().drop(SINCE))
        if register.from_above and units is not None:
            frames[name] = lazy.filter(_concerns(tree, units))
        else:
            frames[name] = lazy if register.open_to_all else _scoped(lazy, units)
        withdrawn = frame.filter(pl.col(SINCE).is_not_null())
        gone[name] = dict(withdrawn.select(register.own_id, SINCE).iter_rows())
    return Held(frames, gone)


def _concerns(tree: pl.DataFrame, units: frozenset[int]) -> nw.Expr:
    """Rows of the scope's units, of those above them, and of everybody; no scope, no row."""
    above = _units_in(tree, units)["unit_id"].to_list()
    return nw.col("unit_id").is_in(sorted(above)) | (nw.col("unit_id").is_null() & bool(units))


# Files never change once written, so a path is a key; no frame ever is.
@lru_cache(maxsize=64)
def _dim(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path)


@lru_cache(maxsize=4)
def _calendar(path: Path, span: tuple[date, date], hours: tuple[tuple[int, int], ...]) -> Calendar:
    days = _dim(path).sort("day")
    return Calendar(*span, WorkingHours(hours), tuple(days["is_working"].to_list()))


def _standing_units(dims: Mapping[str, pl.DataFrame], known: Known | None) -> pl.DataFrame:
    """The units without entries that are another one, as far as that was said by then."""
    gone = dims["merged"]
    if known is not None:
        gone = gone.filter(pl.col("at") <= known.moment)
    return dims["unit"].join(gone, on="unit_id", how="anti") if gone.height else dims["unit"]


def _units_in(units: pl.DataFrame, scope: frozenset[int] | None) -> pl.DataFrame:
    """The units of the scope, and those above them, which give the tree its headings."""
    if scope is None:
        return units
    parents = dict(units.select("unit_id", "parent_id").iter_rows())
    wanted = with_above(parents, scope)
    return units.filter(pl.col("unit_id").is_in(sorted(wanted)))


def _polars_frame(
    fact: str, files: Sequence[Path], units: frozenset[int] | None
) -> nw.LazyFrame[Any]:
    empty = not files or (units is not None and not units)
    frame = pl.LazyFrame(schema=FRAMES[fact]) if empty else pl.scan_parquet(list(files))
    return _scoped(nw.from_native(frame), units)


def _spark_frame(
    session: Any, fact: str, files: Sequence[Path], units: frozenset[int] | None
) -> nw.LazyFrame[Any]:
    empty = not files or (units is not None and not units)
    frame = (
        session.createDataFrame([], _spark_schema(FRAMES[fact]))
        if empty
        else session.read.parquet(*[str(file) for file in files])
    )
    return _scoped(nw.from_native(frame), units)


def _spark_schema(columns: Mapping[str, pl.DataType | type[pl.DataType]]) -> str:
    names: dict[Any, str] = {
        pl.Int32: "INT",
        pl.Int64: "BIGINT",
        pl.String: "STRING",
        pl.Boolean: "BOOLEAN",
        pl.Date: "DATE",
        MOMENT: "TIMESTAMP_NTZ",
    }
    return ", ".join(f"{name} {names[dtype]}" for name, dtype in columns.items())


def _scoped(frame: nw.LazyFrame[Any], units: frozenset[int] | None) -> nw.LazyFrame[Any]:
    """Rows of the scope's units; a row without a unit belongs to nobody's scope."""
    return frame if units is None else frame.filter(nw.col("unit_id").is_in(sorted(units)))
