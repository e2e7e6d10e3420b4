"""What the field's files come to: figure by figure the dossiers that count, written by hand.

From docs/definitions.md: T is the next whole minute after the newest moment of a file, or the end
of the period.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_HS: Final = {
    "received": ["HS-001", "HS-002", "HS-003"],
    "resolved_early": ["HS-001"],
    "resolved_late": ["HS-002"],
    "pending": ["HS-003"],
    "pending_overdue": [],
}
_READ: Final = [f"DT-{number:02}" for number in range(1, 31) if number not in (7, 8, 20, 21, 22)]
_PENDING: Final = [f"PH-{number:02}" for number in range(1, 20)]
_WARD: Final = [f"TEN-{number:02}" for number in range(1, 13)]


@dataclass(frozen=True)
class Answer:
    """A file's mapping, the period that is asked for (as on the screen), and who counts in it."""

    mapping: str
    period: str
    first: str
    last: str
    figures: dict[str, list[str]]


def _november(mapping: str, figures: dict[str, list[str]]) -> Answer:
    return Answer(mapping, "month:2026-11", "2026-11-01", "2026-11-30", figures)


def _december(figures: dict[str, list[str]]) -> Answer:
    return Answer("base", "month:2025-12", "2025-12-01", "2025-12-31", figures)


ANSWERS: Final[dict[str, Answer]] = {
    "c01-sep.csv": _november("base", _HS),
    "c06-merged.xlsx": _november("basex-h2", _HS),
    "c10-dates.csv": _december({"received": _READ, "resolved": [], "pending": _READ}),
    "c12-years.csv": _november(
        "base",
        {
            "received": ["Y-1", "Y-2", "Y-5"],
            "resolved": ["Y-1", "Y-5"],
            "pending": ["Y-2"],
            "pending_overdue": [],
        },
    ),
    "c13-austin.csv": Answer(
        "base",
        "week:2026-W45",
        "2026-11-02",
        "2026-11-08",
        {
            "received": ["A-1", "A-2", "A-3", "A-4"],
            "on_time": ["A-1", "A-2"],
            "not_on_time": [],
            "pending_overdue": ["A-3", "A-4"],
            "late": ["A-3", "A-4"],
        },
    ),
    "c20-numeric-code.xlsx": _november(
        "basex",
        {"resolved_early": ["000123"], "resolved_late": ["26230605000123"], "pending": []},
    ),
    "c26-placeholders.csv": _december({"received": _PENDING, "resolved": [], "pending": _PENDING}),
    "c28-units.csv": _november("c28", {"resolved_early": _WARD, "pending": []}),
    "c29-lines-per-step.csv": _november("base", {"resolved_early": ["L-1", "L-2"], "pending": []}),
    "c42-quotes.csv": _november("base", {"received": ["Q-1", "Q-3"], "pending": ["Q-1", "Q-3"]}),
    "c43b-nyc.csv": Answer(
        "c43b",
        "month:2018-05",
        "2018-05-01",
        "2018-05-31",
        {
            "received": ["39200001", "39200002"],
            "resolved_early": ["39200001"],
            "pending_in_time": ["39200002"],
        },
    ),
}
"""File → what it comes to."""
