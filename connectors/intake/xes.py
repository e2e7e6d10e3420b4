"""Event logs in XES → frames of texts, one row an event, as a table of events has them.

An attribute of the trace is the column ``case:…`` of all of its events; a trace without events
is one row. Read twice as a stream: first which columns there are, then the rows. Only the reading
process does this; it takes no document type (hence no entities), no element deeper than
``used_range`` allows, and no trace longer than ``bounds.toml`` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.parsers.expat import ExpatError

import polars as pl

from connectors.intake.readers import LINE, PROBLEM, check_columns
from connectors.intake.report import IntakeRefused
from connectors.parsing.bounds import Bounds
from connectors.parsing.used_range import XmlReader

CASE: Final = "case:"
_VALUES: Final = frozenset({"string", "date", "int", "float", "boolean", "id"})
_BLOCK: Final = 1 << 16


class XesRows:
    """The events of one file: ``header``, ``total`` rows, ``cases``; the rows by :meth:`frames`.

    Raises IntakeRefused for what is no event log or exceeds the bounds.
    """

    def __init__(self, path: Path, name: str, bounds: Bounds, chunk: int) -> None:
        self._path, self._name, self._bounds, self._chunk = path, name, bounds, chunk
        columns: dict[str, None] = {}
        self.total = self.cases = 0
        for row in self._rows():
            self.total += 1
            self.cases += row.pop("", "") == "1"
            columns |= dict.fromkeys(row)
            check_columns(len(columns), bounds)
        # What is known of the case first.
        self.header = sorted(columns, key=lambda column: not column.startswith(CASE))

    def frames(self) -> Iterator[pl.DataFrame]:
        """The header's columns, LINE (the event's number in the file) and PROBLEM."""
        schema = dict.fromkeys(self.header, pl.String)
        block: list[dict[str, str]] = []
        first = 1
        for row in self._rows():
            block.append(row)
            if len(block) == self._chunk:
                yield _frame(block, schema, first)
                first, block = first + len(block), []
        if block:
            yield _frame(block, schema, first)

    def _rows(self) -> Iterator[dict[str, str]]:
        """Column → text; ``""`` → "1" in the first row of a trace."""
        log = _Log(self._bounds)
        try:
            with self._path.open("rb") as stream:
                while block := stream.read(_BLOCK):
                    log.feed(block)
                    yield from log.taken()
            log.feed(b"", last=True)
            yield from log.taken()
        except (ExpatError, ValueError) as error:
            raise IntakeRefused(
                f"Tệp {self._name} không phải nhật ký sự kiện XES đúng cú pháp: {_why(error)}. "
                "Hãy xuất lại từ công cụ khai phá quy trình, hoặc xuất ra CSV mỗi sự kiện một "
                "dòng. Chưa có gì được ghi."
            ) from error


def _why(error: ExpatError | ValueError) -> str:
    if isinstance(error, ExpatError):
        return f"lỗi ở dòng {error.lineno}"
    return _KNOWN.get(str(error), str(error))


_KNOWN: Final = {
    "elements too deep": "các phần tử lồng quá sâu",
    "a document type": "có khai báo kiểu tài liệu (DOCTYPE)",
}


def _frame(block: list[dict[str, str]], schema: dict[str, Any], first: int) -> pl.DataFrame:
    columns = {name: [row.get(name) for row in block] for name in schema}
    return pl.DataFrame(columns, schema=schema).with_columns(
        pl.int_range(first, first + len(block), dtype=pl.Int64).alias(LINE),
        pl.lit(None, dtype=pl.String).alias(PROBLEM),
    )


class _Log(XmlReader):
    """The rows of the traces that have ended. Attributes of attributes are passed over."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__()
        self._bounds = bounds
        self._path: list[str] = []
        self._case: dict[str, str] = {}
        self._events: list[dict[str, str]] = []
        self._done: list[dict[str, str]] = []

    def taken(self) -> list[dict[str, str]]:
        """The rows so far, once."""
        found, self._done = self._done, []
        return found

    def start(self, name: str, given: dict[str, str]) -> None:
        if not self._path and name != "log":
            raise ValueError(f"phần tử đầu là “{name[:40]}”, không phải log")
        inside = self._path[1:]
        if inside == ["trace"] and name == "event":
            if len(self._events) == self._bounds.trace_events:
                raise ValueError(f"một hồ sơ có hơn {self._bounds.trace_events} sự kiện")
            self._events.append({})
        elif inside == ["trace"] and name in _VALUES:
            self._case[(CASE + given.get("key", ""))[: self._bounds.name]] = given.get("value", "")
        elif inside == ["trace", "event"] and name in _VALUES:
            self._events[-1][given.get("key", "")[: self._bounds.name] or "(?)"] = given.get(
                "value", ""
            )
        self._path.append(name)

    def end(self, name: str) -> None:
        self._path.pop()
        if len(self._path) == 1 and name == "trace":
            rows = [{**self._case, **event} for event in self._events or [{}]]
            rows[0][""] = "1"
            self._done += rows
            self._case, self._events = {}, []
