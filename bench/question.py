"""The one question that all contestants answer: the figures of the home screen.

Last full week of the data, all units: five figures of each of 13 weeks by unit, eight more of the
week itself by unit, five totals of the same week of the year before, the late dossiers one by one
with their days late, and the step at which each pending one lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from connectors.engine import Facts, Scope, open_facts
from connectors.settings import Settings, load_settings
from metrics.core.ask import Ask
from metrics.core.periods import Period
from metrics.dossiers.review import series_periods
from ui.shell.view import default_view

_EPOCH: Final = datetime(1970, 1, 1)
FIGURES: Final = {
    "block": pl.String,
    "unit_id": pl.Int64,
    "ask": pl.Int64,
    "figure": pl.String,
    "numerator": pl.Int64,
    "denominator": pl.Int64,
    "unknown": pl.Int64,
}
"""``block``: series, now or year_before; ``unit_id`` null: total; ``ask``: place of the week;
``denominator``, ``unknown``: of a rate what it is taken over, and what nobody can classify."""

LATE: Final = {"dossier_id": pl.Int64, "days_late": pl.Int64, "working_days_late": pl.Int64}
STEPS: Final = {"dossier_id": pl.Int64, "step_name": pl.String}


def ms(moment: datetime | date) -> int:
    """Milliseconds since 1970 of a local moment."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, datetime.min.time())
    return int((moment - _EPOCH).total_seconds() * 1000)


@dataclass(frozen=True)
class Question:
    """The question in the product's words, and in numbers for SQL and pandas."""

    settings: Settings
    facts: Facts
    ask: Ask
    period: Period

    @classmethod
    def load(cls) -> Question:
        settings = load_settings()
        facts = open_facts(settings, Scope(None))
        view = default_view(facts.data_until)
        return cls(
            settings,
            facts,
            view.ask(facts.calendar, facts.data_until, facts.thresholds),
            view.period,
        )

    @property
    def asks(self) -> list[Ask]:
        earlier = series_periods(self.period)[:-1]
        return [*(self.ask.over(p.first, p.last) for p in earlier), self.ask]

    @property
    def ask_before(self) -> Ask:
        before = self.period.year_before
        return self.ask.against(before.first, before.last)

    def numbers(self) -> dict[str, int]:
        """Moments in ms: ``s0``…``s12`` (begins), ``t0``…``t12`` (T), ``e`` (end of the last);
        ``sb``, ``tb``: of the year before; days: ``day``, ``wd`` of T; ``within``."""
        asks, before = self.asks, self.ask_before
        return {
            **{f"s{i}": ms(ask.start) for i, ask in enumerate(asks)},
            **{f"t{i}": ms(ask.moment) for i, ask in enumerate(asks)},
            "e": ms(self.ask.end),
            "sb": ms(before.start),
            "tb": ms(before.moment),
            "day": ms(self.ask.as_of_day) // 86_400_000,
            "wd": self.ask.as_of_wd,
            "within": self.ask.within,
        }


@dataclass(frozen=True)
class Answer:
    """What a contestant found, in frames of the schemas above."""

    figures: pl.DataFrame
    late: pl.DataFrame
    steps: pl.DataFrame

    def tidy(self) -> Answer:
        """Sorted and without noughts, so that equal answers are equal frames."""
        sides = ("numerator", "denominator", "unknown")
        counted = pl.any_horizontal(pl.col(side).fill_null(0) != 0 for side in sides)
        return Answer(
            _shaped(self.figures, FIGURES).filter(counted).sort(pl.all(), nulls_last=True),
            _shaped(self.late, LATE).sort("dossier_id"),
            _shaped(self.steps, STEPS).sort("dossier_id"),
        )

    def write(self, folder: Path, name: str) -> None:
        """Keep it for :func:`differences`."""
        tidy = self.tidy()
        for part in ("figures", "late", "steps"):
            getattr(tidy, part).write_parquet(folder / f"{name}-{part}.parquet")


def _shaped(frame: pl.DataFrame, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def differences(folder: Path, name: str, other: str) -> list[str]:
    """In which parts two kept answers differ, in words; empty: they are equal."""
    found = []
    for part in ("figures", "late", "steps"):
        mine = pl.read_parquet(folder / f"{name}-{part}.parquet")
        theirs = pl.read_parquet(folder / f"{other}-{part}.parquet")
        if mine.is_empty():
            found.append(f"{part}: {name} has nothing, so there is nothing to compare")
        if not mine.equals(theirs):
            only = mine.join(theirs, on=mine.columns, how="anti", nulls_equal=True)
            missing = theirs.join(mine, on=mine.columns, how="anti", nulls_equal=True)
            found.append(
                f"{part}: {only.height} rows only {name} has, {missing.height} only {other} has; "
                f"first: {only.head(2).rows()} / {missing.head(2).rows()}"
            )
    return found
