"""How urgent the lines of "Cần chỉ đạo" are: one dated table, metrics/core/urgency.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final

ALARM: Final = "alarm"
WARNING: Final = "warning"
BY_RATE: Final = "rate"
"""Level of a line that the thresholds of the on-time rate decide."""


@dataclass(frozen=True)
class Rank:
    """One kind of line: ``base`` and what its amount adds, ``each`` for one, up to ``most``.

    ``amount`` says of what; empty: nothing is added. ``level``: :data:`ALARM`, :data:`WARNING` or
    :data:`BY_RATE`. ``admits``: it is reason enough to call a unit.
    """

    key: str
    label: str
    level: str
    base: float
    each: float = 0
    most: float | None = None
    amount: str = ""
    admits: bool = False

    def urgency(self, amount: float = 0) -> float:
        """How urgent a line with that amount is: the higher, the further up it stands."""
        return self.base + self.each * (amount if self.most is None else min(amount, self.most))


@dataclass(frozen=True)
class Order:
    """The table that holds from a day on; ``ranks``: the most urgent first.

    ``calls``: at most so many units are called. ``further``: what a unit's second and later
    reasons count for beside its first.
    """

    valid_from: date
    document: str
    ranks: tuple[Rank, ...]
    calls: int
    further: float

    def of_others(self, key: str) -> Rank | None:
        """The rank of a line of that kind that several units share; None: none of its own."""
        return {each.key: each for each in self.ranks}.get(f"{key}_others")

    def rank(self, key: str) -> Rank:
        """That kind of line. Raises KeyError for one that the table does not have."""
        for each in self.ranks:
            if each.key == key:
                return each
        raise KeyError(f"Bảng thứ tự “Cần chỉ đạo” không có loại “{key}”.")


@cache
def _tables() -> tuple[Order, ...]:
    text = resources.files("metrics").joinpath("core/urgency.toml").read_text("utf-8")
    return tuple(_order(held) for held in tomllib.loads(text)["table"])


def _order(held: dict[str, Any]) -> Order:
    ranks = sorted((Rank(**line) for line in held["line"]), key=lambda rank: -rank.base)
    return Order(held["valid_from"], held["document"], tuple(ranks), held["calls"], held["further"])


def order(day: date) -> Order:
    """The table that holds on that day.

    Raises:
        KeyError: none holds yet.
    """
    begun = [one for one in _tables() if one.valid_from <= day]
    if not begun:
        raise KeyError(f"Không có bảng thứ tự “Cần chỉ đạo” có hiệu lực ngày {day:%d/%m/%Y}.")
    return max(begun, key=lambda one: one.valid_from)


def rank(key: str, day: date) -> Rank:
    """How urgent that kind of line is on that day; raises as :func:`order`."""
    return order(day).rank(key)
