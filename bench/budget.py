"""The late budget foretold against what happened: ``python -m bench.budget [cases.csv]``.

Over the installation of the environment (``DATA_DIR``: the sample), and over a table of real
dossiers with ``startdate``, ``deadline``, ``enddate`` (CoSeLoG, receipt phase of permits, J.C.A.M.
Buijs, 4TU). Each unit with enough dossiers gets targets that its own year just missed and just met;
every four weeks the budget is told with what was known then. Printed as docs/signals.md holds it.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

import polars as pl

from connectors.engine import Scope, open_facts
from connectors.settings import load_settings
from metrics.core.ask import Ask, span
from metrics.core.measure import complete, plan_series, run
from metrics.core.periods import weeks_of
from metrics.dossiers.catalogue import figure
from metrics.targets.allowance import exact
from metrics.targets.budget import Budget, Weekly, budget_rules, late_budget

WEEKS: Final = 52
EVERY: Final = 4
LEAST: Final = 150
"""A unit with fewer dossiers in its year is left out, and one that began within it."""
MOVES: Final = (-0.5, -0.25, 0.25)
"""The targets of a unit: its own year's late share, less or more by so much of it."""
GROUPS: Final = ("department", "group", "responsible", "channel")


@dataclass
class Outcome:
    """What was foretold while the budget was not spent, and what came of it.

    ``off``: days between the foretold day and the day; ``held``: whether the interval had it, of
    budgets that ran out; ``outlasted``: of those that did not, whether it reached beyond the end.
    ``states``: state told → whether it ran out in the period, counted.
    """

    off: list[int] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    outlasted: list[bool] = field(default_factory=list)
    states: Counter[tuple[str, bool]] = field(default_factory=Counter)


def years(last: date, count: int) -> list[tuple[date, date]]:
    """Years of whole weeks, the last one ending on a day."""
    length = timedelta(weeks=WEEKS)
    ends = [last - length * back for back in range(count)]
    return [(end - length + timedelta(days=1), end) for end in ends]


def tried(weeks: pl.DataFrame, period: tuple[date, date], outcome: Outcome) -> None:
    """One unit's year: every target of :data:`MOVES`, every four weeks."""
    judged = int(weeks["denominator"].sum())
    late = judged - int(weeks["numerator"].sum())
    begun = int(weeks["denominator"].head(EVERY).sum())
    if judged < LEAST or not late or not begun:
        return
    for move in MOVES:
        low = round(1 - late / judged * (1 + move), 4)
        if 0 < low < 1:
            _target(weeks, low, period, judged, outcome)


def _target(
    weeks: pl.DataFrame, low: float, period: tuple[date, date], judged: int, outcome: Outcome
) -> None:
    allowed = int((1 - exact(low)) * judged)
    crossed = weeks.with_columns(
        (pl.col("denominator") - pl.col("numerator")).cum_sum().alias("spent")
    ).filter(pl.col("spent") > allowed)
    ran_out: date | None = crossed["last"][0] if crossed.height else None
    for place in range(EVERY, WEEKS, EVERY):
        now = weeks["last"][place - 1]
        if ran_out is not None and ran_out <= now:
            return
        found = late_budget(_weeks(weeks.head(place)), low, period, now, budget_rules(now))
        outcome.states[found.state, ran_out is not None] += 1
        _foretold(found, ran_out, outcome)


def _weeks(weeks: pl.DataFrame) -> list[Weekly]:
    sides = weeks.select("first", "last", "numerator", "denominator").iter_rows()
    return [Weekly(*each) for each in sides]


def _foretold(found: Budget, ran_out: date | None, outcome: Outcome) -> None:
    when = found.exhaustion
    if when is None or when.is_past:
        return
    if ran_out is None:
        # After the period's end, or never: so it was.
        outcome.outlasted.append(when.latest is None or when.latest > found.period_to)
        return
    if when.expected is not None:
        outcome.off.append((when.expected - ran_out).days)
    # The day is known by its week: it may have been any of its seven days.
    first = ran_out - timedelta(days=6)
    soon = when.soonest is not None and when.soonest <= ran_out
    outcome.held.append(soon and (when.latest is None or when.latest >= first))


# -- the installation ---------------------------------------------------------------------


def of_installation() -> Outcome:
    """Every unit of the installation, its last two years."""
    settings = load_settings()
    facts = open_facts(settings, Scope(None))
    assert facts.data_until is not None
    last = facts.data_until.date()
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    outcome = Outcome()
    for period in years(sunday, 2):
        days = weeks_of(*period)
        asks = [Ask(*week, calendar=facts.calendar) for week in days]
        wanted = [figure("on_time")]
        plans = plan_series(open_facts(settings, Scope(None), alive=span(asks)), wanted, asks,
                            by=["unit_id"])  # fmt: skip
        found = complete(run(plans), ["unit_id"], wanted, len(asks))
        for _, rows in found.group_by("unit_id"):
            tried(_framed(days, rows.sort("ask")), period, outcome)
    return outcome


def _framed(days: list[tuple[date, date]], rows: pl.DataFrame) -> pl.DataFrame:
    edges = pl.DataFrame(days, schema={"first": pl.Date, "last": pl.Date}, orient="row")
    return pl.concat([edges, rows.select("numerator", "denominator")], how="horizontal")


# -- a table of real dossiers -------------------------------------------------------------


def of_cases(path: Path) -> Outcome:
    """The table's dossiers as a whole, and by each of its groups."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["enddate"] and row["deadline"]]
    outcome = Outcome()
    last = max(_day(row["enddate"]) for row in rows)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    for period in years(sunday, 1):
        for part in _parts(rows):
            tried(_weekly(part, period), period, outcome)
    return outcome


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()


def _parts(rows: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    yield rows
    for column in GROUPS:
        for value in sorted({row[column] for row in rows}):
            yield [row for row in rows if row[column] == value]


def _weekly(rows: list[dict[str, str]], period: tuple[date, date]) -> pl.DataFrame:
    days = weeks_of(*period)
    hits: Counter[int] = Counter()
    of: Counter[int] = Counter()
    for row in rows:
        place = (_day(row["enddate"]) - period[0]).days // 7
        of[place] += 1
        ended, due = (datetime.fromisoformat(row[name]) for name in ("enddate", "deadline"))
        hits[place] += ended <= due
    sides = {
        "numerator": [hits[place] for place in range(len(days))],
        "denominator": [of[place] for place in range(len(days))],
    }
    return _framed(days, pl.DataFrame(sides))


# -- told ---------------------------------------------------------------------------------


def told(name: str, outcome: Outcome) -> str:
    """The outcome as lines of Markdown."""
    off, every = outcome.off, [*outcome.held, *outcome.outlasted]
    lines = [
        f"**{name}**: {sum(outcome.states.values())} forecasts, {len(every)} with an interval. "
        f"What came was in it in {_share(every)}; of those that ran out in "
        f"{_share(outcome.held)}, of the others in {_share(outcome.outlasted)}. The expected day "
        f"was off by {median(off):+.0f} days (median), "
        f"{median(abs(days) for days in off):.0f} in absolute terms.",
        "",
        "| told | ran out | did not |",
        "|---|---|---|",
    ]
    for state in dict.fromkeys(state for state, _ in outcome.states):
        ran, not_ = outcome.states[state, True], outcome.states[state, False]
        lines.append(f"| {state} | {ran} | {not_} |")
    return "\n".join([*lines, "", ""])


def _share(held: list[bool]) -> str:
    return f"{sum(held) / len(held):.0%}" if held else "–"


def main(arguments: list[str]) -> None:
    """Prints what came of the forecasts."""
    sys.stdout.write(told("Installation", of_installation()))
    for path in arguments:
        sys.stdout.write(told(Path(path).name, of_cases(Path(path))))


if __name__ == "__main__":
    main(sys.argv[1:])
