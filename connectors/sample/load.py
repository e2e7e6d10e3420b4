"""Making the sample data and putting it into an empty database, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from sqlalchemy import Connection, Engine, Table, delete, insert, select

from connectors import audit
from connectors.calendar import load_calendar, load_cut_off
from connectors.database import models
from connectors.database.bulk import bulk_insert, next_id, reset_sequence
from connectors.database.patience import unhurried
from connectors.database.registers import TABLES
from connectors.database.session import write_transaction
from connectors.privacy.vault import Vault
from connectors.sample import course, draw, records, service
from connectors.sample.cast import HA_DONG, assemble
from connectors.sample.catalogue import read_catalogue
from connectors.sample.registers import load_registers
from connectors.sample.worktime import Ints, WorkTime, as_moment
from connectors.settings import Settings
from connectors.units_hanoi import hanoi_units

Progress = Callable[[int, int], None]

_TWO_TIER: Final = date(2025, 7, 1)
_DEPARTMENT_MERGER: Final = date(2025, 3, 1)
_POINTS_FROM: Final = date(2025, 12, 1)
_MONTHS: Final = 24
_CLOSED_AT: Final = time(17)
_STALE_DAYS: Final = 2
_SEED: Final = 1
EARLIEST_END: Final = date(2023, 1, 8)
"""The catalogue's procedures begin in 2021."""
_AHEAD: Final = 3 * 365
"""Days after the end that plans of the sample may reach into (they are cut afterwards)."""

# In the order of draw.ONE_STOP, draw.PORTAL, draw.LAND.
_SOURCES: Final = (
    ("mot-cua-dien-tu", "Một cửa điện tử Thành phố", 8),
    ("cong-dvc-quoc-gia", "Cổng Dịch vụ công quốc gia", 8),
    ("he-thong-dat-dai", "Hệ thống đất đai", 16),
)

# Figures that were published without the dossiers behind them. What the text does not say is
# null: "đạt tỷ lệ 100%" is a rate of something unnamed, and no split by due date is given.
_REPORTED: Final = (
    {
        "coverage": "own",
        "c7": 5_998,
        "wording": "Tổng số hồ sơ TTHC đã giải quyết tại bộ phận một cửa quận là 5.998 hồ sơ, "
        "đạt tỷ lệ 100%",
    },
    {
        "coverage": "communes",
        "c7": 8_028,
        "wording": "số hồ sơ giải quyết tại bộ phận một cửa các phường là 8.028 hồ sơ, trong đó "
        "100% hồ sơ giải quyết đúng hạn",
    },
)


class SampleRefused(RuntimeError):
    """The database holds something already; sample and real data never mix."""


@dataclass(frozen=True)
class Sample:
    """Frames by table name, in an order in which each refers only to those before it.

    Moments are local, without a zone.
    """

    frames: dict[str, pl.DataFrame]


@unhurried()
def load(
    database: Engine,
    settings: Settings,
    *,
    seed: int = _SEED,
    end: date,
    dossiers: int = 200_000,
    with_registers: bool = False,
    progress: Progress | None = None,
    actor: audit.Actor | None = None,
) -> None:
    """Fill an empty, migrated database with the sample data, in one transaction.

    ``end``: the last day of the last full week (a Sunday); nothing happens after it. About
    ``dossiers`` dossiers of the 24 months before. The same ``seed`` and ``end`` (and calendar)
    give the same rows. ``with_registers``: tasks, inspections, findings, targets and the published
    examples as well (:mod:`connectors.sample.registers`). ``progress`` is called with rows written
    and rows in all. ``actor``: who the audit names (default: the program).

    Raises :class:`SampleRefused` when the database holds units, procedures or dossiers already,
    and ``ValueError`` for a wrong ``end`` (see :func:`make`).
    """
    with write_transaction(database) as connection:
        _refuse_unless_empty(connection)
        sample = make(connection, seed=seed, end=end, dossiers=dossiers)
        if with_registers:  # the examples say the same, with their source
            sample.frames.pop("form_row")
        vault = Vault.for_writing(connection, settings.owner_keys)
        sample.frames["owner"] = vault.owners(sample.frames["owner"])
        total = sum(frame.height for frame in sample.frames.values())
        written = 0
        for name, frame in sample.frames.items():
            table = models.Base.metadata.tables[name]
            bulk_insert(connection, table, _in_utc(frame, settings.timezone))
            written += frame.height
            if progress is not None:
                progress(written, total)
        for name, frame in sample.frames.items():
            if "id" in frame.columns:
                reset_sequence(connection, models.Base.metadata.tables[name])
        if with_registers:
            load_registers(connection, settings, end)
        _mark(connection)
        audit.append(
            connection,
            "sample",
            actor=actor or audit.program_actor(),
            detail={"seed": seed, "end": end.isoformat(), "dossiers": dossiers},
            keys=settings.audit_keys,
        )


def make(
    connection: Connection, *, seed: int = _SEED, end: date, dossiers: int = 200_000
) -> Sample:
    """The rows of the sample, without writing them.

    ``connection`` gives the calendar's overrides and the first free ids. Raises ``ValueError``
    when ``end`` is not a Sunday, or before :data:`EARLIEST_END`.
    """
    if end.weekday() != 6 or end < EARLIEST_END:
        raise ValueError(
            f"Ngày cuối của dữ liệu minh họa phải là Chủ nhật, từ {EARLIEST_END:%d/%m/%Y}: "
            f"{end:%d/%m/%Y}."
        )
    rng = np.random.default_rng([seed, end.toordinal()])
    span, clock = _span(connection, end)
    ids = _ids(connection)
    units = hanoi_units(_next(connection, models.Unit))
    catalogue = read_catalogue(
        next_id(connection, TABLES["field"]), next_id(connection, TABLES["procedure"]), _TWO_TIER
    )
    cast = assemble(units.units, rng)
    drawn = draw.draw(dossiers, span, clock, catalogue, cast, rng)
    run = course.run(drawn, span, clock, catalogue, cast, rng)
    until = span.cut_offs[drawn.source]
    facts = records.build(drawn, run, until, clock, catalogue, cast, ids, rng)
    successions = units.successions.with_row_index(
        "id", offset=_next(connection, models.UnitSuccession)
    )
    return Sample(
        {
            "source": _sources(ids),
            "unit": units.units.drop("agency_code", "area_code"),
            "unit_succession": successions,
            "field": catalogue.fields,
            "procedure": catalogue.procedures,
            "import_batch": _batches(facts, ids, span),
            "officer": facts.officers,
            "dossier": facts.dossiers,
            "pause": facts.pauses,
            "step": facts.steps,
            "apology": facts.apologies,
            "owner": facts.owners,
            "form_row": _form_rows(units.units, next_id(connection, TABLES["form_row"])),
            "service_component": service.components(
                units.units,
                span.first,
                end,
                _TWO_TIER,
                next_id(connection, TABLES["service_component"]),
                seed,
            ),
        }
    )


def _next(connection: Connection, model: Any) -> int:
    return next_id(connection, model.__table__)


def _refuse_unless_empty(connection: Connection) -> None:
    for name in ("dossier", "unit", "procedure", "field", "source"):
        table = models.Base.metadata.tables[name]
        if connection.execute(select(table.c.id).limit(1)).first() is not None:
            raise SampleRefused(
                "Cơ sở dữ liệu đã có dữ liệu. Dữ liệu minh họa chỉ được nạp vào cơ sở dữ liệu "
                "trống, không trộn với dữ liệu thật."
            )


def _span(connection: Connection, end: date) -> tuple[draw.Span, WorkTime]:
    first = _months_before(end, _MONTHS) + timedelta(days=1)
    calendar = load_calendar(connection)
    margins = first - timedelta(days=60), end + timedelta(days=_AHEAD)
    clock = WorkTime(calendar, *margins, load_cut_off())
    last_working = calendar.add_working_days(end + timedelta(days=1), -1)
    stale = calendar.add_working_days(last_working, -_STALE_DAYS)
    days = (end, stale, end)
    cut_offs = np.array([as_moment(datetime.combine(day, _CLOSED_AT)) for day in days])
    return draw.Span(first, end, _TWO_TIER, _DEPARTMENT_MERGER, _POINTS_FROM, cut_offs), clock


def _months_before(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(index // 12, index % 12 + 1, min(day.day, last))


def _ids(connection: Connection) -> records.Ids:
    source = _next(connection, models.Source)
    batch = _next(connection, models.ImportBatch)
    count = len(_SOURCES)
    return records.Ids(
        dossier=_next(connection, models.Dossier),
        pause=_next(connection, models.Pause),
        step=_next(connection, models.Step),
        apology=_next(connection, models.Apology),
        officer=_next(connection, models.Officer),
        sources=source + np.arange(count),
        # History first, then the last week, as they would have come in.
        batches=batch + np.arange(2 * count).reshape(2, count).T,
    )


def _sources(ids: records.Ids) -> pl.DataFrame:
    rows = [
        {"id": int(number), "code": code, "name": name, "fresh_within_hours": hours}
        for number, (code, name, hours) in zip(ids.sources, _SOURCES, strict=True)
    ]
    return pl.DataFrame(rows)


def _batches(facts: records.Records, ids: records.Ids, span: draw.Span) -> pl.DataFrame:
    counts = dict(facts.dossiers.group_by("batch_id").len().iter_rows())
    rows = []
    for part, week in ((0, timedelta(days=7)), (1, timedelta())):
        for source, until in enumerate(_moments(span.cut_offs)):
            batch = int(ids.batches[source, part])
            read = counts.get(batch, 0)
            rows.append(
                {
                    "id": batch,
                    "source_id": int(ids.sources[source]),
                    "kind": "sample",
                    "started_at": until - week,
                    "finished_at": until - week + timedelta(minutes=2),
                    "data_until": until - week,
                    "rows_read": read,
                    "rows_inserted": read,
                }
            )
    moments = pl.col("started_at", "finished_at", "data_until").cast(pl.Datetime("ms"))
    return pl.DataFrame(rows).with_columns(moments)


def _moments(milliseconds: Ints) -> list[datetime]:
    return [datetime(1970, 1, 1) + timedelta(milliseconds=int(ms)) for ms in milliseconds]


def _form_rows(units: pl.DataFrame, first_id: int) -> pl.DataFrame:
    """What UBND quận Hà Đông reported for 2023; its exact period is not said, hence null."""
    district = units.filter((pl.col("code") == HA_DONG) & (pl.col("kind") == "district"))["id"][0]
    common = {
        "form": "II.06a",
        "unit_id": district,
        "reported_rate": 100.0,
        "source": "UBND quận Hà Đông, 2023",
    }
    return pl.DataFrame(
        [{"id": number} | common | row for number, row in enumerate(_REPORTED, start=first_id)]
    )


def _in_utc(frame: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Local moments to UTC; an hour that the zone skips becomes null, a doubled one the first."""
    names = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    zoned = pl.col(names).dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return frame.with_columns(zoned.dt.convert_time_zone("UTC")) if names else frame


def _mark(connection: Connection) -> None:
    """Say what this installation holds, so that real data is refused beside it."""
    setting: Table = models.Setting.__table__  # type: ignore[assignment]
    connection.execute(delete(setting).where(setting.c.key == "data_kind"))
    connection.execute(insert(setting).values(key="data_kind", value="sample"))
