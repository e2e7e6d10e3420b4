"""Made-up dossiers by the million, the same ones for the same arguments.

About 150 units, 60 procedures and 24 months up to :data:`LAST_DAY`. Received on working days in
working hours; judged by limits in working days; a few per cent late, more in some units; pauses
for about 6 %, a later due date for 3 %; 2 % are told again by a second file, and had stood open
before; open dossiers at the end of the data, some of them long overdue. Nothing here is
fitted to a real office: what matters is that every rule of the figures has rows to work on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from bench import LATER
from connectors.calendar import load_calendar

LAST_DAY: Final = date(2026, 6, 28)
"""A Sunday: the week under review is the one that it ends."""

WEEKS: Final = 104
UNITS: Final = 150
PROCEDURES: Final = 60
FIELDS: Final = 10
OFFICERS_PER_UNIT: Final = 10
_CHUNK: Final = 400_000
_DAY_MS: Final = 86_400_000
_OPENING: Final = 7 * 3_600_000
_CLOSING: Final = 17 * 3_600_000
_EXTENDED: Final = 0.03
_TOLD_AGAIN: Final = 0.02
_MOMENT: Final = "%d/%m/%Y %H:%M:%S"
_STEPS: Final = ("Tiếp nhận", "Thẩm định", "Trình ký", "Trả kết quả")
_LIMITS: Final = (1, 3, 5, 7, 10, 15, 20, 30)
_LIMIT_SHARES: Final = (0.15, 0.2, 0.2, 0.15, 0.12, 0.08, 0.06, 0.04)

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class _World:
    """What stays the same in all chunks."""

    days: Ints  # working days, in days since 1970, to well beyond the last one
    inside: int  # how many of them lie within the data
    unit_shares: Floats
    lateness: Floats  # share of late dossiers, by unit
    limits: Ints  # working days, by procedure

    @classmethod
    def build(cls, seed: int) -> _World:
        first = LAST_DAY - timedelta(weeks=WEEKS) + timedelta(days=1)
        frame = load_calendar(None).frame().filter(pl.col("is_working"), pl.col("day") >= first)
        days = frame["day"].cast(pl.Int32).to_numpy().astype(np.int64)
        rng = np.random.default_rng([seed, 0])
        shares = 1 / (np.arange(UNITS) + 10.0)
        return cls(
            days=days,
            inside=int((days <= _days(LAST_DAY)).sum()),
            unit_shares=shares / shares.sum(),
            lateness=rng.beta(1.2, 30, UNITS),
            limits=rng.choice(np.array(_LIMITS), PROCEDURES, p=_LIMIT_SHARES),
        )


def _days(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def chunks(dossiers: int, seed: int = 1) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Dossiers and their steps, in order of receipt, a bounded number at a time.

    Local moments (``pl.Datetime("ms")``). Dossiers: ``code``, ``unit``, ``procedure``, ``field``,
    ``channel``, ``officer``, ``submitted_at``, ``received_at``, ``due_at``, ``due_original_at`` and
    ``due_changed_at`` (of an extended one), ``ended_at``, ``end_kind``, ``pause_kind``,
    ``pause_from``, ``pause_to``, ``apology_at``; ``told_again``: whether a second file tells it
    so, and the first one had it open. Steps: ``code``, ``name``, ``from_at``, ``due_at``,
    ``to_at``, for the open dossiers and a few of the others.
    """
    world = _World.build(seed)
    # Whole working days a chunk, so that a day's running numbers are counted in one place.
    edges = np.linspace(0, dossiers, world.inside + 1).astype(np.int64)
    start = 0
    for number in range(1, world.inside + 1):
        if number < world.inside and edges[number + 1] - edges[start] <= _CHUNK:
            continue
        per_day = np.diff(edges[start : number + 1])
        days = np.repeat(np.arange(start, number), per_day)
        if len(days):
            yield _chunk(world, days, np.random.default_rng([seed, 1, start]))
        start = number


def _chunk(world: _World, day: Ints, rng: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    count = len(day)
    unit = rng.choice(UNITS, count, p=world.unit_shares)
    procedure = rng.integers(0, PROCEDURES, count)
    limit = world.limits[procedure]
    hour = np.sort(_working_ms(rng, count) + day * _DAY_MS) - day * _DAY_MS
    received = world.days[day] * _DAY_MS + hour
    late = rng.random(count) < world.lateness[unit]
    paused = rng.random(count) < 0.06
    pause_day = day + (rng.random(count) * (limit + 1)).astype(np.int64)
    pause_days = rng.integers(1, 16, count) * paused
    end_day = day + np.where(
        late,
        limit + rng.geometric(0.25, count),
        np.floor(limit * rng.beta(2.0, 1.2, count)).astype(np.int64),
    )
    # On its due day an extended one is still open, and is given some days more.
    extended, more = rng.random(count) < _EXTENDED, rng.integers(2, 11, count)
    used = np.floor(more * rng.beta(2.0, 1.2, count)).astype(np.int64)
    end_day = np.where(extended & ~late, day + limit + used, end_day)
    end_day += np.where(paused, pause_days, 0)
    never = rng.random(count) < 0.002
    ended = world.days[end_day] * _DAY_MS + _working_ms(rng, count)
    ended = np.where(end_day == day, np.maximum(ended, received + 600_000), ended)
    changed = world.days[day + limit] * _DAY_MS + _OPENING
    online = rng.random(count) < 0.45
    # A few wait for days until somebody takes them in.
    waited = rng.exponential(2 * 3_600_000, count) + (rng.random(count) < 0.03) * 3 * _DAY_MS
    frame = pl.DataFrame(
        {
            "day": day,
            "unit": unit,
            "procedure": procedure,
            "online": online,
            "received": received,
            "submitted": received - waited.astype(np.int64),
            "due": world.days[day + limit] * _DAY_MS + _CLOSING,
            "extended": extended & (changed < (_days(LAST_DAY) + 1) * _DAY_MS),
            "new_due": world.days[day + limit + more] * _DAY_MS + _CLOSING,
            "changed": changed,
            "told_again": rng.random(count) < _TOLD_AGAIN,
            "ended": ended,
            "open": never | (ended >= (_days(LAST_DAY) + 1) * _DAY_MS),
            "paused": paused,
            "pause_from": world.days[pause_day] * _DAY_MS + 10 * 3_600_000,
            "pause_to": world.days[pause_day + pause_days] * _DAY_MS + 9 * 3_600_000,
            "late": late,
            "apology": world.days[day + limit + 1] * _DAY_MS + 9 * 3_600_000,
            **{f"chance{i}": rng.random(count) for i in range(6)},
        }
    )
    return _finished(frame, last_working_day=world.inside - 1)


def _working_ms(rng: np.random.Generator, count: int) -> Ints:
    """Seconds of 08:00–11:30 and 13:30–17:00, as milliseconds of the day."""
    seconds = rng.integers(0, 7 * 3600, count)
    return (seconds + np.where(seconds < 12_600, 8 * 3600, 10 * 3600)) * 1000


def _finished(raw: pl.DataFrame, last_working_day: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows as a source system would give them, as of the end of the last day."""
    until = (_days(LAST_DAY) + 1) * _DAY_MS
    chance = [pl.col(f"chance{i}") for i in range(6)]
    waiting = pl.col("online") & (pl.col("day") >= last_working_day - 2) & (chance[0] < 0.1)
    open_ = pl.col("open") | waiting
    began = pl.col("paused") & (pl.col("pause_from") < until) & ~waiting
    began = began & (pl.col("pause_from") > pl.col("received"))
    over = (pl.col("pause_to") < until) & (open_.not_() | (chance[1] < 0.8))
    extended = pl.col("extended") & ~waiting & (chance[4] >= 0.01)
    number = pl.int_range(1, pl.len() + 1).over("unit", "day")
    moment = pl.Datetime("ms")
    dossiers = raw.select(
        code=pl.format(
            "000.{}.H26-{}-{}",
            (pl.col("unit") + 1).cast(pl.String).str.zfill(3),
            pl.col("received").cast(moment).dt.strftime("%y%m%d"),
            number.cast(pl.String).str.zfill(4),
        ),
        unit=pl.format("Đơn vị {}", (pl.col("unit") + 1).cast(pl.String).str.zfill(3)),
        procedure=pl.format("1.{}", (pl.col("procedure") + 1).cast(pl.String).str.zfill(6)),
        field=pl.format("Lĩnh vực {}", pl.col("procedure") % FIELDS + 1),
        channel=pl.when("online")
        .then(pl.lit("Trực tuyến"))
        .when(chance[2] < 0.9)
        .then(pl.lit("Trực tiếp"))
        .otherwise(pl.lit("Bưu chính")),
        officer=pl.format(
            "CB{}{}",
            (pl.col("unit") + 1).cast(pl.String).str.zfill(3),
            (chance[3] * OFFICERS_PER_UNIT).cast(pl.Int32),
        ),
        submitted_at=pl.when("online").then("submitted").cast(moment),
        received_at=pl.when(~waiting).then("received").cast(moment),
        due_at=pl.when(~waiting & (chance[4] >= 0.01))
        .then(pl.when("extended").then("new_due").otherwise("due"))
        .cast(moment),
        due_original_at=pl.when(extended).then("due").cast(moment),
        due_changed_at=pl.when(extended).then("changed").cast(moment),
        ended_at=pl.when(~open_).then("ended").cast(moment),
        end_kind=pl.when(open_)
        .then(None)
        .when(chance[5] < 0.965)
        .then(pl.lit("Có kết quả"))
        .when(chance[5] < 0.980)
        .then(pl.lit("Trả lại"))
        .when(chance[5] < 0.990)
        .then(pl.lit("Xin rút"))
        .when(chance[5] < 0.993)
        .then(pl.lit("Dừng xử lý"))
        .otherwise(pl.lit("Từ chối")),
        pause_kind=pl.when(began).then(
            pl.when(chance[1] < 0.75).then(pl.lit("supplement")).otherwise(pl.lit("finance"))
        ),
        pause_from=pl.when(began).then("pause_from").cast(moment),
        pause_to=pl.when(began & over).then("pause_to").cast(moment),
        apology_at=pl.when(
            (pl.col("late") | open_) & ~waiting & (pl.col("apology") < until) & (chance[2] < 0.6)
        )
        .then("apology")
        .cast(moment),
        told_again=pl.col("told_again") & ~open_,
    )
    return dossiers, _steps(dossiers.with_columns(chance0=raw["chance0"]))


def _steps(dossiers: pl.DataFrame) -> pl.DataFrame:
    """Two steps of each open dossier, three of one in fifty of the others."""
    ended, received = pl.col("ended_at"), pl.col("received_at")
    shown = dossiers.filter(received.is_not_null(), ended.is_null() | (pl.col("chance0") < 0.02))
    second = received + pl.duration(hours=2)
    last = pl.when(ended.is_null()).then(None).otherwise(second + (ended - second) / 2)
    allotted = pl.col("due_at")
    spans = (
        (received, second, pl.lit(True)),
        (second, last, pl.lit(True)),
        (last, ended, ended.is_not_null()),
    )
    parts = [
        shown.filter(wanted).select(
            "code",
            name=pl.lit(_STEPS[place]),
            from_at=begin.dt.truncate("1s"),
            due_at=allotted,
            to_at=pl.when(end.is_not_null()).then(pl.max_horizontal(begin, end)).dt.truncate("1s"),
            place=pl.lit(place),
        )
        for place, (begin, end, wanted) in enumerate(spans)
    ]
    return pl.concat(parts).sort("code", "place").drop("place")


CSV_COLUMNS: Final = {
    "code": "Mã hồ sơ",
    "unit": "Đơn vị giải quyết",
    "procedure": "Thủ tục",
    "field": "Lĩnh vực",
    "channel": "Kênh nộp",
    "officer": "Cán bộ xử lý",
    "submitted_at": "Ngày nộp",
    "received_at": "Ngày tiếp nhận",
    "due_at": "Hẹn trả",
    "due_original_at": "Hẹn trả gốc",
    "due_changed_at": "Ngày đổi hẹn",
    "ended_at": "Ngày kết thúc",
    "end_kind": "Kết quả xử lý",
    "pause_kind": "Loại tạm dừng",
    "pause_from": "Tạm dừng từ",
    "pause_to": "Tạm dừng đến",
    "apology_at": "Ngày văn bản xin lỗi",
}
CSV_STEP_COLUMNS: Final = {
    "code": "Mã hồ sơ",
    "name": "Bước",
    "from_at": "Từ",
    "due_at": "Hạn bước",
    "to_at": "Đến",
}


def write_csv(folder: Path, dossiers: int, seed: int = 1) -> dict[str, int]:
    """``dossiers.csv`` and ``steps.csv`` in ``folder``, in the layout of bench/mapping.toml.

    ``later/dossiers.csv`` tells some of the dossiers again. Returns how many dossiers, pauses and
    steps there are, and how many are told again.
    """
    counts = {"dossiers": 0, "pauses": 0, "steps": 0, "told_again": 0}
    (folder / LATER).mkdir(exist_ok=True)
    with (
        (folder / "dossiers.csv").open("wb") as main,
        (folder / "steps.csv").open("wb") as second,
        (folder / LATER / "dossiers.csv").open("wb") as later,
    ):
        for place, (frame, steps) in enumerate(chunks(dossiers, seed)):
            again = frame.filter("told_again")
            _write(_first_told(frame), CSV_COLUMNS, main, header=place == 0)
            _write(again, CSV_COLUMNS, later, header=place == 0)
            _write(steps, CSV_STEP_COLUMNS, second, header=place == 0)
            counts["dossiers"] += frame.height
            counts["pauses"] += frame["pause_from"].count()
            counts["steps"] += steps.height
            counts["told_again"] += again.height
    return counts


def _first_told(frame: pl.DataFrame) -> pl.DataFrame:
    """What is told again had not ended yet, and nobody had moved its due date."""
    known = ~pl.col("told_again")
    moved = [
        pl.when(known).then(name).alias(name) for name in ("due_original_at", "due_changed_at")
    ]
    ends = [pl.when(known).then(name).alias(name) for name in ("ended_at", "end_kind")]
    due = pl.when(known).then("due_at").otherwise(pl.coalesce("due_original_at", "due_at"))
    return frame.with_columns(due.alias("due_at"), *moved, *ends)


def write_batch(folder: Path, dossiers: int, rows: int, seed: int = 1) -> None:
    """``dossiers.csv`` with ``rows`` rows: half of them new, half known ones that ended now."""
    known, _ = next(chunks(dossiers, seed))
    half = rows // 2
    ended = known.tail(half).with_columns(
        ended_at=pl.coalesce("received_at", "submitted_at") + pl.duration(days=90),
        end_kind=pl.lit("Có kết quả"),
    )
    new = known.head(rows - half).with_columns(
        pl.col("code") + "-M",
        received_at=pl.coalesce("received_at", "submitted_at"),
        ended_at=None,
        end_kind=None,
    )
    with (folder / "dossiers.csv").open("wb") as main:
        _write(pl.concat([new, ended], how="vertical_relaxed"), CSV_COLUMNS, main, header=True)


def _write(frame: pl.DataFrame, names: dict[str, str], file: Any, *, header: bool) -> None:
    moments = pl.selectors.datetime().dt.strftime(_MOMENT)
    shown = frame.with_columns(moments).select(pl.col(old).alias(new) for old, new in names.items())
    shown.write_csv(file, include_header=header)
