"""The late budget of a target: how many late dossiers its period can bear, and how fast they go.

A target of at least 98% over a year of 10.000 dossiers bears 200 that are late. Spending them is
no failure; spending them by June is. Pure: weeks of numerators and denominators and a day go in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from importlib import resources
from math import ceil
from statistics import fmean, variance
from typing import Final, Literal, NamedTuple

from metrics.core.vietnamese import day, number
from metrics.signals.chance import wait
from metrics.targets.allowance import Allowance, exact

State = Literal["spent", "runs_out", "may_run_out", "lasts", "safe", "over", "unknown"]
STATES: Final[dict[State, str]] = {
    "spent": "Đã hết",
    "runs_out": "Sẽ hết trước cuối kỳ",
    "may_run_out": "Có thể hết trước cuối kỳ",
    "lasts": "Đủ đến cuối kỳ",
    "safe": "Chắc chắn đủ",
    "over": "Kỳ đã kết thúc",
    "unknown": "Chưa tính được",
}
"""State → its word, what needs a decision first."""


@dataclass(frozen=True)
class Rules:
    """What metrics/targets/budget.toml sets; each value's meaning stands there."""

    valid_from: date
    document: str
    short_weeks: int
    long_weeks: int
    least_weeks: int
    interval: float


@cache
def _tables() -> tuple[Rules, ...]:
    text = resources.files("metrics").joinpath("targets/budget.toml").read_text("utf-8")
    return tuple(Rules(**held) for held in tomllib.loads(text)["rules"])


def budget_rules(day: date) -> Rules:
    """The rules that hold on a day. Raises KeyError where none has begun by it."""
    begun = [table for table in _tables() if table.valid_from <= day]
    if not begun:
        raise KeyError(f"Không có quy tắc số hồ sơ trễ còn chịu được ngày {day:%d/%m/%Y}.")
    return max(begun, key=lambda table: table.valid_from)


class Weekly(NamedTuple):
    """A week of a period: how many were on time of how many counted; None: unknown."""

    first: date
    last: date
    numerator: int | None
    denominator: int | None


@dataclass(frozen=True)
class Spent:
    """A week of the period: late dossiers in it and since the beginning, what was counted."""

    first: date
    last: date
    late: int
    judged: int
    total: int


@dataclass(frozen=True)
class Pace:
    """Late dossiers a week over some last weeks; ``late`` of ``judged`` in ``days`` known days."""

    weeks: int
    days: int
    late: int
    judged: int

    @property
    def a_week(self) -> float | None:
        """None: nothing is known of these weeks."""
        return self.late * 7 / self.days if self.days else None


@dataclass(frozen=True)
class Exhaustion:
    """The day on which the budget runs out; ``expected`` None: at this pace never.

    ``soonest``, ``latest``: the interval; None: after the period's end by more than its length.
    ``is_past``: it has happened, and on ``expected``.
    """

    expected: date | None
    soonest: date | None
    latest: date | None
    is_past: bool = False


@dataclass(frozen=True)
class Budget:
    """A target's late budget as of a day.

    ``allowance``: volume expected, allowed, spent; None: nothing is known yet. ``short``, ``long``:
    paces. ``exhaustion``: None where there is nothing to foretell. ``bearable``: late dossiers a
    week that the rest can bear; ``needed``: how many dossiers in a row must be on time to stand
    at the target again (0: it stands there; None: no number of them would do). ``unknown``: weeks
    that have passed and of which nothing is known, so that the spent is the least it can be.
    """

    low: float
    period_from: date
    period_to: date
    now: date
    state: State
    allowance: Allowance | None = None
    weeks: tuple[Spent, ...] = ()
    short: Pace = Pace(0, 0, 0, 0)
    long: Pace = Pace(0, 0, 0, 0)
    exhaustion: Exhaustion | None = None
    bearable: float | None = None
    needed: int | None = 0
    rest: int = 0
    unknown: int = 0

    @property
    def sentence(self) -> str:
        """The budget as plain Vietnamese sentences."""
        return " ".join(_told(self))

    @property
    def when(self) -> str:
        """When it runs out, as part of a sentence; empty: not in its period, or not foretold."""
        if self.state not in ("spent", "runs_out", "may_run_out"):
            return ""
        told = _date(self).rstrip(".")
        return told[:1].lower() + told[1:]


def late_budget(
    weeks: Iterable[Weekly], low: float, period: tuple[date, date], now: date, rules: Rules
) -> Budget:
    """The budget of a rate that has to be at least ``low`` over a period.

    Args:
        weeks: of the period, the outer ones cut to it. A denominator of 0 is a week in which
            nothing was counted. Weeks that begin after ``now`` are left out.
        low: the target (0–1).
        period: its first and last day.
        now: the day up to which the weeks are known.
    """
    first, last = period
    here = sorted(week for week in weeks if first <= week.first <= now)
    unknown = [week for week in here if week.numerator is None or week.denominator is None]
    spent = _spent(here, now)
    judged = sum(week.judged for week in spent)
    bare = Budget(low, first, last, now, "unknown", unknown=len(unknown))
    if not judged:
        return bare
    late = spent[-1].total
    days = _days_known(first, min(now, last), unknown)
    passed = Fraction(days, (last - first).days + 1)
    allowance = Allowance.of(low, judged - late, judged, passed)
    short, long = (_pace(spent, now, count) for count in (rules.short_weeks, rules.long_weeks))
    found = _exhaustion(spent, allowance, (short, long), period, now, rules)
    rest = max(0, allowance.volume - judged)
    return Budget(
        low, first, last, now, _state(allowance, found, rest, now, last), allowance, spent,
        short, long, found, _bearable(allowance, now, last), _needed(low, late, judged), rest,
        bare.unknown,
    )  # fmt: skip


def _days_known(first: date, until: date, unknown: Iterable[Weekly]) -> int:
    """Days of the period that have passed, without the weeks of which nothing is known."""
    gone = sum((min(week.last, until) - week.first).days + 1 for week in unknown)
    return max(1, (until - first).days + 1 - gone)


def _spent(weeks: Iterable[Weekly], now: date) -> tuple[Spent, ...]:
    found, total = [], 0
    for first, last, hits, of in weeks:
        if hits is not None and of is not None:
            total += of - hits
            found.append(Spent(first, min(last, now), of - hits, of, total))
    return tuple(found)


def _pace(spent: Sequence[Spent], now: date, count: int) -> Pace:
    since = now - timedelta(weeks=count)
    window = [week for week in spent if week.last > since]
    days = sum((week.last - week.first).days + 1 for week in window)
    return Pace(
        len(window), days, sum(week.late for week in window), sum(week.judged for week in window)
    )


def _bearable(allowance: Allowance, now: date, last: date) -> float | None:
    left = (last - now).days
    return None if left <= 0 or allowance.left < 0 else allowance.left * 7 / left


def _needed(low: float, late: int, judged: int) -> int | None:
    """Dossiers in a row on time after which the rate would be at the target."""
    bad = 1 - exact(low)
    if not late:
        return 0
    return None if bad <= 0 else max(0, ceil(late / bad) - judged)


def _exhaustion(
    spent: Sequence[Spent],
    allowance: Allowance,
    paces: tuple[Pace, Pace],
    period: tuple[date, date],
    now: date,
    rules: Rules,
) -> Exhaustion | None:
    """Foretold by the long pace; the interval holds what either pace foretells."""
    if allowance.left < 0:
        crossed = next(week for week in spent if week.total > allowance.allowed)
        return Exhaustion(crossed.last, crossed.last, crossed.last, is_past=True)
    short, long = paces
    if len(spent) < rules.least_weeks or not long.judged:
        return None
    wanted = allowance.left + 1
    expected = wanted * long.days / long.late if long.late else None
    ends = [
        _days_until(wanted, pace, spent, rules.interval) for pace in (short, long) if pace.judged
    ]
    # Beyond the period by its own length nothing is worth a date.
    horizon = period[1] + (period[1] - period[0])

    def on(days: float | None) -> date | None:
        if days is None or days > (horizon - now).days:
            return None
        return now + timedelta(days=ceil(days))

    return Exhaustion(
        on(expected), on(min(soonest for soonest, _ in ends)), on(max(late for _, late in ends))
    )


def _days_until(
    wanted: int, pace: Pace, spent: Sequence[Spent], level: float
) -> tuple[float, float]:
    """In how many days so many more are late, soonest and latest, at a pace."""
    spread = _spread(spent[-pace.weeks :])
    ends = wait(wanted / spread, pace.late / spread, pace.judged, level)
    assert ends is not None
    soonest, latest = (dossiers * pace.days / pace.judged for dossiers in ends)
    return soonest, latest


def _spread(window: Sequence[Spent]) -> float:
    """How many times a Poisson's the weeks' late dossiers vary; at least 1."""
    lates = [week.late for week in window]
    if len(lates) < 2 or not sum(lates):
        return 1.0
    return max(1.0, variance(lates) / fmean(lates))


def _state(
    allowance: Allowance, found: Exhaustion | None, rest: int, now: date, last: date
) -> State:
    if allowance.left < 0:
        return "spent"
    if now >= last:
        return "over"
    if allowance.left >= rest:
        return "safe"
    if found is None:
        return "unknown"
    if found.expected is not None and found.expected <= last:
        return "runs_out"
    return "may_run_out" if found.soonest is not None and found.soonest <= last else "lasts"


# -- sentences ----------------------------------------------------------------------------


def _told(found: Budget) -> list[str]:
    if found.allowance is None:
        return ["Chưa có hồ sơ nào được tính trong kỳ."]
    told = [_amounts(found, found.allowance)]
    if found.state != "over":
        told += [line for line in (_paces(found), _date(found), _way_back(found)) if line]
    if found.unknown:
        told.append(f"{number(found.unknown)} tuần chưa có số liệu, nên số đã dùng là ít nhất.")
    return told


def _amounts(found: Budget, allowance: Allowance) -> str:
    about = "" if found.state == "over" else "khoảng "
    head = (
        f"Cả kỳ {about}{number(allowance.volume)} hồ sơ, chịu được {number(allowance.allowed)} "
        f"hồ sơ trễ; đã có {number(allowance.spent)}"
    )
    if allowance.left < 0:
        return f"{head}, quá {number(-allowance.left)}."
    return f"{head}, còn {number(allowance.left)}."


def _paces(found: Budget) -> str:
    told = [
        f"{number(pace.weeks)} tuần qua: {number(pace.a_week, 1)} hồ sơ trễ một tuần"
        for pace in dict.fromkeys((found.short, found.long))
        if pace.a_week is not None
    ]
    return "; ".join(told) + "." if told else ""


def _date(found: Budget) -> str:
    when = found.exhaustion
    if when is None:
        return ""
    if when.is_past:
        return f"Đã hết trong tuần đến {day(when.expected)}."
    if found.state == "safe":
        return ""
    if when.expected is None:
        head = "Theo nhịp này thì không hết trong kỳ"
        return f"{head}; sớm nhất {day(when.soonest)}." if found.state == "may_run_out" else (
            f"{head}."
        )  # fmt: skip
    late = f"đến {day(when.latest)}" if when.latest else "hoặc không hết"
    span = f"từ {day(when.soonest)} {late}"
    after = ", sau cuối kỳ" if when.expected > found.period_to else ""
    return f"Theo nhịp này thì hết vào khoảng {day(when.expected)}{after} ({span})."


def _way_back(found: Budget) -> str:
    if found.state == "spent":
        if found.needed is None:
            return "Không thể trở lại mức phải đạt trong kỳ này."
        enough = "còn" if found.needed <= found.rest else "nhưng chỉ còn"
        return (
            f"Muốn trở lại phải có {number(found.needed)} hồ sơ liền đúng hạn, {enough} khoảng "
            f"{number(found.rest)} hồ sơ đến cuối kỳ."
        )
    if found.state in ("runs_out", "may_run_out") and found.bearable is not None:
        return f"Muốn đủ đến cuối kỳ thì mỗi tuần không quá {number(found.bearable, 1)} hồ sơ trễ."
    return ""
