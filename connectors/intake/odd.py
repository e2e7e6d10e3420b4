"""What looks odd in rows that are taken in: told with its row, so that somebody can look."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from connectors.early import ended_before_received
from connectors.intake import codes
from connectors.intake.chunk import Chunk
from connectors.intake.mapping import ChildSettings, Mapping
from connectors.intake.readers import LINE
from connectors.intake.report import Mask

PAST: Final = ("submitted_at", "received_at", "ended_at", "collected_at", "recorded_at")
"""Columns of what has happened: nothing in them can be later than the import's own day."""

_CHILD_PAST: Final = ("from_at", "to_at", "issued_at")
_DUE: Final = ("due_original_at", "due_at")
_FILE: Final = Path(__file__).with_name("odd.toml")


@cache
def _limits() -> dict[str, int]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


class Oddities:
    """What looked odd in one import."""

    def __init__(self, mapping: Mapping, zone: str, now: datetime) -> None:
        self._mapping = mapping
        self._zone = ZoneInfo(zone)
        today = now.astimezone(self._zone).date()
        self._today = today
        midnight = datetime.combine(today + timedelta(days=1), time(0), self._zone).astimezone(UTC)
        self._tomorrow = midnight
        self._far = midnight + timedelta(days=366 * _limits()["due_years"])
        self._long_ago = midnight - timedelta(days=366 * _limits()["received_years"])
        # What is said → how many rows, and the first of them.
        self._found: dict[str, tuple[int, list[str]]] = defaultdict(lambda: (0, []))
        # Codes of the exchange's form and others, with the first of these.
        self._codes = [0, 0]
        self._other_codes: list[str] = []

    def doubt(self, chunk: Chunk, mask: Mask) -> None:
        """Take note of what was left out of rows; ``mask``: what may be repeated of a value."""
        for count, rejections in chunk.doubts:
            for rejection in map(mask, rejections):
                said = f"Cột “{rejection.column}”: {rejection.reason.rstrip('.')}"
                known, first = self._found[said]
                if len(first) < _limits()["rows"]:
                    shown = "" if rejection.value is None else f" (“{rejection.value[:60]}”)"
                    first.append(f"dòng {rejection.line}{shown}")
                self._found[said] = (known + 1, first)
            known, first = self._found[said]
            self._found[said] = (known + count - len(rejections), first)

    def see(self, rows: pl.DataFrame) -> None:
        """Look at typed rows of the main file."""
        if "code" in rows.columns:
            self._see_codes(rows)
        moments = pl.col(pl.Datetime("ms", "UTC"))
        if rows.select(moments).width == 0:
            return
        for name, column in self._mapping.columns.items():
            if name in PAST:
                self._future(rows, name, column.column[0])
        for place, child in enumerate(self._mapping.children):
            if child.rows == "main" and not child.is_list:
                self._children(rows, child, f"child{place}.")
        for name in _DUE:
            if name in self._mapping.columns and name in rows.columns:
                label = self._mapping.columns[name].column[0]
                said = f"Cột “{label}”: hẹn trả sau hơn {_limits()['due_years']} năm"
                self._note(rows, name, pl.col(name) >= self._far, said)
        if {"received_at", "ended_at"} <= set(rows.columns):
            said = "Kết thúc trước khi tiếp nhận"
            early = ended_before_received(rows, self._zone.key)
            self._note(rows, "ended_at", pl.lit(early), said)
        if "received_at" in rows.columns:
            said = f"Tiếp nhận từ hơn {_limits()['received_years']} năm trước"
            self._note(rows, "received_at", pl.col("received_at") < self._long_ago, said)

    def _see_codes(self, rows: pl.DataFrame) -> None:
        other = rows.filter(~codes.has_form(pl.col("code")))
        self._codes[0] += rows.height - other.height
        self._codes[1] += other.height
        space = max(_limits()["rows"] - len(self._other_codes), 0)
        found = other.select(LINE, "code").head(space).iter_rows()
        self._other_codes += [f"dòng {line} ({code})" for line, code in found]

    def _told_codes(self) -> list[str]:
        """Codes unlike nearly all others of a source of the exchange."""
        usual, other = self._codes
        if not other or usual < codes.rule()["usual_share"] * (usual + other):
            return []
        more = other - len(self._other_codes)
        return [
            f"Mã hồ sơ không theo dạng của trục liên thông: {', '.join(self._other_codes)}"
            + (f" và {more} dòng khác" if more else "")
            + ". Hãy kiểm tra lại."
        ]

    def see_events(self, rows: pl.DataFrame, child: ChildSettings) -> None:
        """Look at typed rows of a second file."""
        self._children(rows, child, "", "Tệp thứ hai, cột")

    def _children(
        self, rows: pl.DataFrame, child: ChildSettings, prefix: str, head: str = "Cột"
    ) -> None:
        for name in _CHILD_PAST:
            if name in child.columns:
                self._future(rows, prefix + name, child.columns[name].column[0], head)

    def _future(self, rows: pl.DataFrame, name: str, label: str, head: str = "Cột") -> None:
        if name in rows.columns:
            said = f"{head} “{label}”: sau ngày nhập ({self._today:%d/%m/%Y})"
            self._note(rows, name, pl.col(name) >= self._tomorrow, said)

    def _note(self, rows: pl.DataFrame, name: str, odd: pl.Expr, said: str) -> None:
        found = rows.filter(odd)
        if found.is_empty():
            return
        count, first = self._found[said]
        space = max(_limits()["rows"] - len(first), 0)
        first += [self._told(row, name) for row in found.head(space).to_dicts()]
        self._found[said] = (count + found.height, first)

    def _told(self, row: dict[str, Any], name: str) -> str:
        return f"dòng {row[LINE]} ({row[name].astimezone(self._zone):%d/%m/%Y %H:%M})"

    def sentences(self) -> list[str]:
        """What was found, one sentence a kind (Vietnamese)."""
        told = self._told_codes()
        for said, (count, first) in self._found.items():
            more = f" và {count - len(first)} dòng khác" if count > len(first) else ""
            told.append(f"{said}: {', '.join(first)}{more}. Hãy kiểm tra lại.")
        return told
