"""Leaving out rows that nothing is asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw

from metrics.core import conditions as is_
from metrics.core import expressions as ex
from metrics.core.ask import Ask, span
from metrics.core.by_source import by_source

Where = Mapping[str, Any]
"""Column → value, or collection of values, that rows must have; None means "unknown"."""


def restrict(frame: nw.LazyFrame[Any], where: Where | None) -> nw.LazyFrame[Any]:
    """The rows whose columns have the wanted values; None among them means "unknown"."""
    for column, wanted in (where or {}).items():
        values = list(wanted) if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
        known = [value for value in values if value is not None]
        match = ex.col(column).is_in(known)
        if len(known) < len(values):
            match = ex.col(column).is_null() | match
        frame = frame.filter(match)
    return frame


def alive(frame: nw.LazyFrame[Any], asks: Sequence[Ask]) -> nw.LazyFrame[Any]:
    """Only the dossiers that any of the questions can count: saves work, changes nothing."""
    since, until = (is_.at(moment) for moment in span(list(asks)))
    begun = ex.col("received_at") < until
    if "submitted_at" in frame.collect_schema().names():
        begun = begun | (ex.col("submitted_at") < until)
    return frame.filter(begun & (ex.col("ended_at").is_null() | (ex.col("ended_at") >= since)))


def as_it_stood(frame: nw.LazyFrame[Any], ask: Ask) -> nw.LazyFrame[Any]:
    """The dossier fact as at T: one row, at most, a dossier."""
    return frame.filter(by_source(is_.held, ask))
