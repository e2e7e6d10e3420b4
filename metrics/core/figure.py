"""What a figure is: declared once, as conditions; number, rate and rows come from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import narwhals as nw

from metrics.core.ask import Ask
from metrics.core.conditions import Condition

Fact = Literal[
    "dossier",
    "pause",
    "task",
    "reminder",
    "inspection",
    "finding",
    "finding_check",
    "unit_rating",
    "survey",
    "indicator_value",
    "service_component",
    "form_row",
    "procedure",
    "target",
    "feedback",
]
"""What is counted: dossiers (or their pauses), the rows of a register, or of the catalogue."""
Better = Literal["up", "down", "neither"]
Unit = Literal[
    "dossiers",
    "rate",
    "working_days",
    "tasks",
    "times",
    "visits",
    "findings",
    "units",
    "documents",
    "decisions",
    "procedures",
    "processes",
    "systems",
    "people",
    "fields",
    "responses",
    "values",
    "percent",
    "places",
    "targets",
    "feedback",
]
UNIT_WORDS: Final[dict[Unit, str]] = {
    "dossiers": "hồ sơ",
    "rate": "tỷ lệ",
    "working_days": "ngày làm việc",
    "tasks": "nhiệm vụ",
    "times": "lần",
    "visits": "cuộc",
    "findings": "tồn tại",
    "units": "đơn vị",
    "documents": "văn bản",
    "decisions": "quyết định",
    "procedures": "thủ tục",
    "processes": "quy trình",
    "systems": "phần mềm",
    "people": "người",
    "fields": "lĩnh vực",
    "responses": "lượt trả lời",
    "values": "giá trị",
    "percent": "%",
    "places": "điểm",
    "targets": "chỉ tiêu",
    "feedback": "phản ánh",
}
"""What a figure counts → its Vietnamese word."""
Flow = Literal["received_at", "ended_at"]
Derive = Callable[[Mapping[str, nw.LazyFrame[Any]], Ask], nw.LazyFrame[Any]]
"""Registers and what is asked → the frame of a register as it stood at T."""


@dataclass(frozen=True)
class Figure:
    """A named figure.

    ``numerator`` says which dossiers it counts; ``denominator`` (a rate or a mean) of which;
    ``value`` (a mean) what is summed over the numerator's dossiers instead of 1. ``wording``
    gives the Vietnamese sentences of "cách tính"; ``basis`` the legal source.
    """

    key: str
    label: str
    numerator: Condition
    meaning: str
    basis: str
    denominator: Condition | None = None
    value: Callable[[Ask], nw.Expr] | None = None
    # What is summed over the denominator's rows instead of 1.
    denominator_value: Callable[[Ask], nw.Expr] | None = None
    fact: Fact = "dossier"
    unit: Unit = "dossiers"
    better: Better = "neither"
    # Looks at T only, not at the period's start (tồn tại một thời điểm).
    is_stock: bool = False
    # The moment that alone decides which of several adjoining periods a dossier counts in;
    # None: the figure also looks at T, so each period must be asked for itself.
    flow: Flow | None = None
    # Of a flow of dossiers: nothing that happens after the end changes how it counts. (A pause
    # that is closed after the end can move a due date further: early becomes earlier.)
    settled: bool = True
    # What every dossier that it ever counts meets, whatever the moment asked about.
    always: Condition | None = None
    # Of a register whose rows at T follow from its events before T (a task's last update).
    derive: Derive | None = None
    # The rows that do not say whether they belong to the numerator: counted beside the number.
    # Where a count has nothing to count but some do not say, it is null: unknown is not 0. A rate
    # leaves them out of its denominator.
    unknown: Condition | None = None
    # Of a rate: its denominator holds none of these rows, so it is 0 where all that say say no.
    is_unknown_apart: bool = False
    # A value that is reported: where no row tells one, the number is null, for nobody counted.
    told_only: bool = False
    # Of a rate or a mean: what its two sides count, in words.
    numerator_meaning: str = ""
    denominator_meaning: str = ""

    @property
    def is_ratio(self) -> bool:
        return self.denominator is not None

    @property
    def is_share(self) -> bool:
        """Whether its numerator counts some of the denominator's rows: a rate, and no mean."""
        return self.is_ratio and self.value is None and self.denominator_value is None

    @property
    def parts(self) -> tuple[str, ...]:
        """Which of its rows can be opened apart (metrics/core/parts.py)."""
        if not self.is_share:
            return ("numerator",)
        known = ("numerator", "missing", "denominator")
        return known if self.unknown is None else (*known, "unknown")

    @property
    def spoils(self) -> str | None:
        """The part of a rate that one has to look at to better it; None: of no rate."""
        if not self.is_share:
            return None
        return "numerator" if self.better == "down" else "missing"


@dataclass(frozen=True)
class OnTimeDefinition:
    """One of the readings of "đúng hạn" that are in real use."""

    key: str
    label: str
    short: str
    numerator: Condition
    denominator: Condition
    # What nobody can tell: neither on time nor late; the denominator holds none of it.
    unknown: Condition
    numerator_meaning: str
    denominator_meaning: str
    unknown_meaning: str
    basis: str
    flow: Flow | None = None
