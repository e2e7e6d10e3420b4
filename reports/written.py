"""How a value of a block is written, the same in every medium."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from metrics.core.vietnamese import (
    UNKNOWN,
    day,
    graded,
    moment,
    number,
    percent,
    points,
    signed,
)
from reports.blocks import Kind, Value


def written(value: Value, kind: Kind, edges: Collection[float] | None = None) -> str:
    """A value as it is printed: 1.234, 91,2%, +0,8, 22/11/2026; unknown is "–".

    Args:
        kind: what it is (:data:`reports.blocks.Kind`); rates are 0–1.
        edges: limits that a printed rate stands on the true side of
            (:func:`metrics.core.vietnamese.percent`).
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, str):
        return value
    if kind == "rate":
        return percent(value, edges=edges)
    if kind == "points":
        return points(value)
    if kind == "change":
        return signed(value)
    return graded(value, "mean") if kind == "mean" else number(value)
