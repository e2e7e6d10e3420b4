"""Units among units: each rate against the pooled one, with limits for its own volume."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from metrics.core.vietnamese import level
from metrics.signals.chance import binomial_limits, wilson
from metrics.signals.rules import Rules

Zone = Literal["below_outer", "below_inner", "few", "within", "above_inner", "above_outer"]
ZONES: Final[tuple[Zone, ...]] = get_args(Zone)
"""Where a unit may lie, what needs a look first."""


def zone_words(rules: Rules) -> dict[Zone, str]:
    """Zone → its words, with the levels of the rules."""
    inner, outer = level(rules.funnel_inner), level(rules.funnel_outer)
    return {
        "below_outer": f"dưới giới hạn {outer}",
        "below_inner": f"dưới giới hạn {inner}",
        "few": "chưa đủ hồ sơ để kết luận",
        "within": "trong giới hạn",
        "above_inner": f"trên giới hạn {inner}",
        "above_outer": f"trên giới hạn {outer}",
    }


@dataclass(frozen=True)
class Unit:
    """A unit's sides; ``key``: whose."""

    key: int | None
    numerator: int
    denominator: int


@dataclass(frozen=True)
class Placed:
    """A unit in the funnel; ``interval``: Wilson's, of its own rate."""

    unit: Unit
    rate: float
    zone: Zone
    interval: tuple[float, float]

    @property
    def is_signal(self) -> bool:
        """Whether it lies beyond the outer limits: more than chance among like units."""
        return self.zone in ("below_outer", "above_outer")


@dataclass(frozen=True)
class Limits:
    """The four limits at a volume, as rates."""

    volume: int
    low_outer: float
    low_inner: float
    high_inner: float
    high_outer: float


@dataclass(frozen=True)
class Funnel:
    """Units around their pooled rate; ``curve``: limits over the volumes, for drawing.

    ``pooled``: None where nobody has a dossier to judge.
    """

    pooled: float | None
    placed: tuple[Placed, ...]
    curve: tuple[Limits, ...]


def funnel(units: Iterable[Unit], rules: Rules, few: float) -> Funnel:
    """Places each unit that has anything to judge; in the order given.

    Args:
        units: numerator and denominator of each, of the same figure and period.
        few: below so many dossiers a unit within the limits is told as too few to conclude.

    A unit is beyond a limit only where the exact binomial probability of so few (so many) at the
    pooled rate is smaller than the limit's tail, and never by a single dossier.
    """
    known = [unit for unit in units if unit.denominator > 0]
    whole = sum(unit.denominator for unit in known)
    if not whole:
        return Funnel(None, (), ())
    pooled = sum(unit.numerator for unit in known) / whole
    placed = tuple(_placed(unit, pooled, rules, few) for unit in known)
    most = max(unit.denominator for unit in known)
    curve = tuple(limits_at(volume, pooled, rules) for volume in _volumes(most))
    return Funnel(pooled, placed, curve)


@dataclass(frozen=True)
class Standing:
    """A unit among its like without any other one of them.

    ``like``: how many they are, itself among them. ``funnel``: it alone, around the pooled rate.
    """

    placed: Placed
    pooled: float
    like: int
    funnel: Funnel


def standing(own: int, units: Sequence[Unit], rules: Rules, few: float) -> Standing | None:
    """How a unit stands among its like, telling nothing of any other than their pooled rate.

    Args:
        own: its key. units: it and its like; those with nothing to judge do not count.

    Returns:
        None: it has nothing to judge, or too few others have (``least_like``).
    """
    every = funnel(units, rules, few)
    mine = next((one for one in every.placed if one.unit.key == own), None)
    if mine is None or every.pooled is None or len(every.placed) < rules.least_like:
        return None
    # The limits up to twice its own volume: the largest unit's is not its business.
    curve = tuple(
        limits_at(volume, every.pooled, rules) for volume in _volumes(2 * mine.unit.denominator)
    )
    alone = Funnel(every.pooled, (mine,), curve)
    return Standing(mine, every.pooled, len(every.placed), alone)


def limits_at(volume: int, pooled: float, rules: Rules) -> Limits:
    """The limits of a volume, as rates (0–1)."""
    outer = binomial_limits(volume, pooled, (1 - rules.funnel_outer) / 2)
    inner = binomial_limits(volume, pooled, (1 - rules.funnel_inner) / 2)
    counts = (outer[0], inner[0], inner[1], outer[1])
    return Limits(volume, *(count / volume for count in counts))


def _placed(unit: Unit, pooled: float, rules: Rules, few: float) -> Placed:
    rate = unit.numerator / unit.denominator
    found = wilson(unit.numerator, unit.denominator, rules.interval)
    assert found is not None
    return Placed(unit, rate, _zone(unit, pooled, rules, few), found)


def _zone(unit: Unit, pooled: float, rules: Rules, few: float) -> Zone:
    at = limits_at(unit.denominator, pooled, rules)
    rate = unit.numerator / unit.denominator
    if unit.denominator - unit.numerator >= rules.least_events:
        if rate < at.low_outer:
            return "below_outer"
        if rate < at.low_inner and unit.denominator >= few:
            return "below_inner"
    if unit.numerator >= rules.least_events:
        if rate > at.high_outer:
            return "above_outer"
        if rate > at.high_inner and unit.denominator >= few:
            return "above_inner"
    return "few" if unit.denominator < few else "within"


def _volumes(most: int) -> Sequence[int]:
    """Volumes that a smooth curve needs: every one while small, then each a little larger."""
    found, volume = [], 1
    while volume < most:
        found.append(volume)
        volume = max(volume + 1, round(volume * 1.06))
    return [*found, most]
