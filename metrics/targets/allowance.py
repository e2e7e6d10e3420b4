"""How many late dossiers a rate's period can bear, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor


def exact(value: float) -> Fraction:
    """The decimal that was written: 0.98 is 98/100, not its nearest binary fraction."""
    return Fraction(str(value))


@dataclass(frozen=True)
class Allowance:
    """How many late dossiers a rate's period can bear, at the volume so far."""

    volume: int
    allowed: int
    spent: int

    @classmethod
    def of(cls, low: float, numerator: float, denominator: float, passed: Fraction) -> Allowance:
        """What a rate of at least ``low`` allows where a part of its days has passed."""
        volume = round(exact(denominator) / passed)
        return cls(volume, floor((1 - exact(low)) * volume), int(denominator - numerator))

    @property
    def left(self) -> int:
        """How many more; negative: more were late than the whole period can bear."""
        return self.allowed - self.spent
