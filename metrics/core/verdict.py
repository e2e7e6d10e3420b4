"""Verdicts on the rate of being on time: only where the unknown could not change them.

docs/definitions.md, "Verdicts". A rate is judged by its bounds: all of the unknown late, and all of
it on time. State, word and streak of every screen and sentence come from here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import polars as pl

from metrics.core.ask import Ask, Over
from metrics.core.vietnamese import level, number, percent

Verdict = Literal["met", "missed", "open"]
State = Literal["met", "held", "below", "alarm", "open", "unknown"]

STATES: Final[tuple[State, ...]] = ("alarm", "below", "open", "held", "met", "unknown")
"""States of a rate against the target, worst first."""


@cache
def _rules() -> list[dict[str, Any]]:
    text = resources.files("metrics").joinpath("core/verdict.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["rule"]
    return found


def unknown_from(day: date) -> float:
    """From which share of unknown on a rate is judged by its bounds."""
    begun = [rule for rule in _rules() if rule["valid_from"] <= day]
    return float(max(begun, key=lambda rule: rule["valid_from"])["unknown_from"])


@dataclass(frozen=True)
class Sides:
    """What a rate was made of: on time, what it is over (as asked), and the unknown."""

    numerator: int
    denominator: int
    unknown: int = 0
    whole: Over = "classified"

    @property
    def all(self) -> int:
        """What can be classified and what cannot."""
        return self.denominator + (self.unknown if self.whole == "classified" else 0)

    @property
    def missed(self) -> int:
        """What can be classified and was not on time."""
        return self.denominator - (self.unknown if self.whole == "all" else 0) - self.numerator

    @property
    def rate(self) -> float | None:
        """The rate as it was asked for; None: nothing below the line."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def share_unknown(self) -> float:
        """The unknown of everything (0–1)."""
        return self.unknown / self.all if self.all else 0.0

    def bounds(self, day: date) -> tuple[float, float] | None:
        """The rate if all of the unknown is late, and if all of it is on time; None: no rate."""
        if not self.all:
            return None
        if not self.unknown or self.share_unknown < unknown_from(day):
            rate = self.numerator / self.denominator if self.denominator else 0.0
            return rate, rate
        return self.numerator / self.all, (self.numerator + self.unknown) / self.all


def verdict(sides: Sides, limit: float, day: date) -> Verdict | None:
    """Whether a rate meets a limit that it may not fall below; ``open``: the unknown decides."""
    bounds = sides.bounds(day)
    if bounds is None:
        return None
    lowest, highest = bounds
    return "met" if lowest >= limit else "missed" if highest < limit else "open"


def state_of(sides: Sides, ask: Ask, overdue: int = 0) -> State:
    """A rate against the target and the alarm level of the as-of day.

    ``met``: at least the target; ``held``: so, but ``overdue`` dossiers are pending beside it, and
    nothing looks all right while any is; ``alarm``: below the alarm level; ``below``: between the
    two; ``open``: one or the other, as the unknown will turn out; ``unknown``: no rate.
    """
    bounds = sides.bounds(ask.as_of_day)
    if bounds is None:
        return "unknown"
    target, alarm = (ask.threshold(key).value for key in ("on_time_target", "on_time_alarm"))
    lowest, highest = (
        "met" if rate >= target else "alarm" if rate < alarm else "below" for rate in bounds
    )
    if lowest != highest:
        return "open"
    return "held" if lowest == "met" and overdue else lowest  # type: ignore[return-value]


def words(ask: Ask) -> dict[State, str]:
    """What each state is called, with the levels of the as-of day: one table for all screens."""
    target, alarm = (level(ask.threshold(key).value) for key in ("on_time_target", "on_time_alarm"))
    return {
        "alarm": f"dưới {alarm}",
        "below": f"từ {alarm} đến dưới {target}",
        "open": "chưa đánh giá được",
        "held": f"đạt {target}, còn hồ sơ quá hạn",
        "met": f"đạt {target}",
        "unknown": "chưa có hồ sơ để tính",
    }


def said(sides: Sides, ask: Ask, overdue: int = 0) -> tuple[State, str]:
    """A rate's state and its whole word: with both bounds where it is open.

    ``overdue``: pending overdue dossiers beside it; where they hold the state back, their number.
    """
    state = state_of(sides, ask, overdue)
    if state == "open":
        lowest, highest = sides.bounds(ask.as_of_day) or (0.0, 0.0)
        edges = ask.edges
        both = f"từ {percent(lowest, edges=edges)} đến {percent(highest, edges=edges)}"
        if highest < ask.threshold("on_time_target").value:
            return state, f"dưới {level(edges[-1])}, chưa rõ đến mức nào: {both}"
        return state, f"{words(ask)[state]}: {both}"
    if state == "held":
        return state, f"còn {number(overdue)} hồ sơ quá hạn"
    return state, words(ask)[state]


def streak(verdicts: Sequence[Verdict | None]) -> int:
    """How many adjoining periods up to the last have certainly missed (oldest first)."""
    length = 0
    for each in reversed(verdicts):
        if each != "missed":
            break
        length += 1
    return length


def missed(ask: Ask) -> pl.Expr:
    """Of columns ``on_time``, ``judged``, ``unknown``: what was not on time (:class:`Sides`)."""
    of = pl.col("judged") - pl.col("on_time")
    return of - pl.col("unknown") if ask.whole == "all" else of


def beside(sides: Sides) -> str:
    """The unknown beside a rate: "5.121 chưa phân loại (17%)"; empty where there is none."""
    if not sides.unknown:
        return ""
    return f"{number(sides.unknown)} chưa phân loại ({percent(sides.share_unknown, 0)})"
