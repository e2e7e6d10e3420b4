"""The internal process of each dossier: three to five steps, each with its allotted time."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from connectors.sample.cast import Bools, Floats
from connectors.sample.course import NEVER, Course
from connectors.sample.draw import Drawn
from connectors.sample.worktime import Ints, WorkTime

NAMES: Final = (
    "Tiếp nhận hồ sơ",
    "Phân công xử lý",
    "Thẩm tra hồ sơ",
    "Trình ký duyệt",
    "Trả kết quả",
)
_SHARES: Final = np.array(
    [
        [0.20, 0.00, 0.60, 0.00, 0.20],  # in the day
        [0.12, 0.00, 0.53, 0.20, 0.15],  # some days
        [0.08, 0.07, 0.57, 0.18, 0.10],  # longer
    ]
)
_AT_RECEPTION: Final = np.array([True, False, False, False, True])
_DAYS_OF_LONG: Final = 4
_HASTE: Final = 0.3


def lay_out(
    drawn: Drawn, course: Course, until: Ints, clock: WorkTime, rng: np.random.Generator
) -> pl.DataFrame:
    """One row a step that has begun, by dossier and sequence.

    Columns: ``row`` (index of the dossier), ``sequence`` (from 1), ``step`` (index into
    :data:`NAMES`), ``at_reception``, and the moments ``from_at``, ``due_at``, ``to_at`` in
    milliseconds (null: not yet).
    """
    rows = np.flatnonzero(course.accepted & ~course.ended_first)
    allowed = course.allowed[rows]
    shares = _SHARES[_lengths(allowed, clock.day_minutes)]
    durations = _durations(course, drawn, rows, shares, rng)
    to = _moments(durations, drawn, course, rows, clock)
    ended = course.ended[rows]
    to = np.minimum(to, ended[:, None])
    to[:, -1] = ended
    begun = np.concatenate([drawn.received[rows][:, None], to[:, :-1]], axis=1)
    kept = (shares > 0) & (begun <= until[rows][:, None])
    allotted = np.maximum((shares * allowed[:, None]).astype(np.int64), 1)
    return _frame(rows, kept, begun, to, allotted, until, clock)


def _lengths(allowed: Ints, day_minutes: int) -> Ints:
    longer = allowed > _DAYS_OF_LONG * day_minutes
    return np.where(longer, 2, np.where(allowed > day_minutes, 1, 0))


def _durations(
    course: Course,
    drawn: Drawn,
    rows: Ints,
    shares: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Working minutes at each step; what goes beyond nine tenths of the limit lies at one step."""
    total = course.end_position[rows] - drawn.position[rows]
    usual = np.minimum(total, (0.9 * course.allowed[rows]).astype(np.int64))
    usual = np.where(total > course.allowed[rows], usual, total)
    noisy = shares * rng.gamma(5.0, 0.2, shares.shape)
    durations = noisy / noisy.sum(axis=1, keepdims=True) * usual[:, None]
    culprit = course.culprit[rows]
    culprit = np.where(shares[np.arange(len(rows)), culprit] > 0, culprit, 2)
    # What comes after the delay is done in haste; so an overdue one mostly still lies there.
    late = (total > usual)[:, None] & (np.arange(durations.shape[1]) > culprit[:, None])
    durations = np.where(late, durations * _HASTE, durations)
    durations[np.arange(len(rows)), culprit] += total - durations.sum(axis=1)
    return np.asarray(durations)


def _moments(
    durations: Floats,
    drawn: Drawn,
    course: Course,
    rows: Ints,
    clock: WorkTime,
) -> Ints:
    """When each step ended, carried on by the pauses that began before."""
    position = drawn.position[rows][:, None] + np.cumsum(durations, axis=1).astype(np.int64)
    to = clock.moments(position.ravel()).reshape(position.shape)
    length = course.pause_to - course.pause_from
    for pause in range(2):
        before = course.pause_position[rows, pause][:, None] < position
        has = (course.pause_kind[rows, pause] >= 0) & (course.pause_to[rows, pause] < NEVER)
        to += np.where(has, length[rows, pause], 0)[:, None] * before
        waiting = (course.pause_kind[rows, pause] >= 0) & ~has
        to = np.where(waiting[:, None] & before, NEVER, to)
    paused = np.asarray((course.pause_kind[rows] >= 0).any(axis=1))
    moved = paused[:, None] & (to < NEVER)
    to[moved] = clock.back(to[moved])
    return np.maximum.accumulate(np.maximum(to, drawn.received[rows][:, None]), axis=1)


def _frame(
    rows: Ints,
    kept: Bools,
    begun: Ints,
    to: Ints,
    allotted: Ints,
    until: Ints,
    clock: WorkTime,
) -> pl.DataFrame:
    index, step = np.nonzero(kept)
    from_at, to_at = begun[kept], to[kept]
    due_at = clock.moments(clock.positions(from_at) + allotted[kept])
    sequence = np.cumsum(kept, axis=1)[kept]
    known = to_at <= until[rows[index]]
    return pl.DataFrame(
        {
            "row": rows[index],
            "sequence": sequence,
            "step": step,
            "at_reception": _AT_RECEPTION[step],
            "from_at": from_at,
            "due_at": due_at,
            "to_at": np.where(known, to_at, NEVER),
        }
    ).with_columns(pl.col("to_at").replace(NEVER, None))
