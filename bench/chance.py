"""How often the rules of chance cry wolf, how soon they see a slide: ``python -m bench.chance``.

Simulated, with a fixed seed: stable series of weeks, and series that fall by two points. Beside
the rules stands a plain threshold, as screens of red and green have it. Printed as the table that
docs/signals.md holds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Final

import numpy as np
import polars as pl

from metrics.signals.charts import Chart, count_chart, rate_chart
from metrics.signals.rules import rules_on
from metrics.signals.runs import KINDS

RULES: Final = rules_on(date(2026, 11, 30))
MONDAY: Final = date(2025, 1, 6)
SERIES: Final = 1_000
WEEKS: Final = 52
SLIDE_AT: Final = 40
"""The first week that is worse; the weeks before are the history."""
RATE: Final = 0.97
FALL: Final = 0.02
THRESHOLD: Final = 0.95
"""The level below which a plain traffic light turns red: that of the shipped thresholds."""


@dataclass(frozen=True)
class Kind:
    """A kind of unit: its dossiers a week lie between ``least`` and ``most``."""

    name: str
    least: int
    most: int


KINDS_OF_UNIT: Final = (
    Kind("10–30 dossiers a week", 10, 30),
    Kind("50–150 dossiers a week", 50, 150),
    Kind("400–600 dossiers a week", 400, 600),
)


def rates(
    rng: np.random.Generator, kind: Kind, count: int, weeks: int, fall_at: int | None = None
) -> Iterator[pl.DataFrame]:
    """Weekly numerators and denominators; from ``fall_at`` on two points lower."""
    share = np.full(weeks, RATE)
    if fall_at is not None:
        share[fall_at:] -= FALL
    for _ in range(count):
        of = rng.integers(kind.least, kind.most + 1, weeks)
        yield _frame(numerator=rng.binomial(of, share), denominator=of)


def counts(rng: np.random.Generator, count: int, weeks: int) -> Iterator[pl.DataFrame]:
    """Weekly counts of a normal process: the theory of XmR."""
    for _ in range(count):
        yield _frame(value=rng.normal(100, 10, weeks))


def _frame(**columns: np.ndarray) -> pl.DataFrame:
    length = len(next(iter(columns.values())))
    weeks = [MONDAY + timedelta(weeks=place) for place in range(length)]
    return pl.DataFrame({"week": weeks, **columns})


def false_signals(charts: Iterator[Chart]) -> dict[str, float]:
    """Of all weeks of stable series, the share at which each rule, or any, says "signal".

    ``bad``: any rule, for the worse: what would let a unit onto the call list.
    """
    found = dict.fromkeys((*KINDS, "any", "bad"), 0)
    weeks = 0
    for chart in charts:
        for point in chart.points:
            weeks += 1
            kinds = {run.kind for run in point.ends}
            worse = -1 if chart.better == "up" else 1
            for kind in kinds:
                found[kind] += 1
            found["any"] += bool(kinds)
            found["bad"] += any(run.direction == worse for run in point.ends)
    return {name: hits / weeks for name, hits in found.items()}


def weeks_to_detection(rng: np.random.Generator, kind: Kind, count: int) -> list[int]:
    """After how many weeks of a slide the chart, drawn anew each week, says so; 53: not in 52."""
    found = []
    for frame in rates(rng, kind, count, SLIDE_AT + WEEKS, SLIDE_AT):
        for after in range(1, WEEKS + 1):
            seen = frame.slice(max(0, SLIDE_AT + after - WEEKS), WEEKS)
            last = rate_chart(seen.head(min(WEEKS, SLIDE_AT + after)), RULES).points[-1]
            if any(run.direction < 0 for run in last.ends):
                found.append(after)
                break
        else:
            found.append(WEEKS + 1)
    return found


def below_threshold(rng: np.random.Generator, kind: Kind, count: int) -> tuple[float, list[int]]:
    """A plain threshold: share of stable weeks that are red, and weeks until a slide is."""
    red, weeks, found = 0, 0, []
    for frame in rates(rng, kind, count, WEEKS):
        red += int((frame["numerator"] / frame["denominator"] < THRESHOLD).sum())
        weeks += frame.height
    for frame in rates(rng, kind, count, WEEKS, 0):
        below = (frame["numerator"] / frame["denominator"] < THRESHOLD).to_list()
        found.append(below.index(True) + 1 if any(below) else WEEKS + 1)
    return red / weeks, found


def stable(rng: np.random.Generator, kind: Kind, count: int = SERIES) -> dict[str, float]:
    """False signals of one kind of unit."""
    return false_signals(rate_chart(f, RULES) for f in rates(rng, kind, count, WEEKS))


def stable_counts(rng: np.random.Generator, count: int = SERIES) -> dict[str, float]:
    """False signals of an XmR chart of a normal process."""
    return false_signals(count_chart(f, RULES) for f in counts(rng, count, WEEKS))


def main() -> None:
    """Prints both tables as Markdown."""
    write = sys.stdout.write
    rng = np.random.default_rng(14)
    names = (*KINDS, "any", "bad")
    write(f"| {SERIES} stable series of {WEEKS} weeks | {' | '.join(names)} |\n")
    write("|---|" + "---|" * len(names) + "\n")
    rows = [("XmR, normal counts", stable_counts(rng))]
    rows += [(f"p, {kind.name}", stable(rng, kind)) for kind in KINDS_OF_UNIT]
    for name, found in rows:
        write(f"| {name} | " + " | ".join(f"{found[each]:.2%}" for each in names) + " |\n")
    write("\n| a fall from 97% to 95% | weeks to detection, median (90%) | threshold 95%: median "
          "(90%) | red in stable weeks |\n|---|---|---|---|\n")  # fmt: skip
    for kind in KINDS_OF_UNIT:
        seen = weeks_to_detection(rng, kind, SERIES // 5)
        red, plain = below_threshold(rng, kind, SERIES // 5)
        write(f"| {kind.name} | {_told(seen)} | {_told(plain)} | {red:.1%} |\n")


def _told(weeks: list[int]) -> str:
    late = sorted(weeks)[int(len(weeks) * 0.9)]
    return f"{median(weeks):.0f} ({late if late <= WEEKS else f'> {WEEKS}'})"


if __name__ == "__main__":
    main()
