"""What chance alone may do to a count: binomial limits and tails, Wilson's interval.

Exact, in plain Python: limits by walking along the distribution from its mode, with no
approximation and nothing beside the standard library. Sources: docs/signals.md.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, sqrt
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()
_NOTHING: Final = 1e-18
"""Terms below this part of the largest add nothing that a tail of 0.1% could show."""
_MOST_TERMS: Final = 1_000
_CLOSE: Final = 1e-12
_TINY: Final = 1e-300
_HALVINGS: Final = 34


def tail_of(sigmas: float) -> float:
    """The probability beyond so many standard deviations, on one side: 3 → 0.00135."""
    return _NORMAL.cdf(-sigmas)


def sigmas_of(level: float) -> float:
    """How many standard deviations hold a share of a normal distribution: 0.95 → 1.96."""
    return _NORMAL.inv_cdf(0.5 + level / 2)


def wilson(hits: float, of: float, level: float) -> tuple[float, float] | None:
    """Wilson's score interval of a share (1927), without correction for continuity.

    Args:
        hits, of: numerator and denominator, 0 ≤ hits ≤ of.
        level: how much it covers (0.95).

    Returns:
        both ends, within 0–1; None: nothing to divide by.
    """
    if not of:
        return None
    z = sigmas_of(level)
    share, square = hits / of, z * z / of
    middle = share + square / 2
    half = z * sqrt(share * (1 - share) / of + square / (4 * of))
    low, high = (middle - half) / (1 + square), (middle + half) / (1 + square)
    # The ends are exact where nothing, or everything, was hit.
    return (0.0 if not hits else max(0.0, low)), (1.0 if hits == of else min(1.0, high))


def _terms(of: int, share: float) -> tuple[int, list[float]]:
    """The binomial's terms that count for anything: the first count, and their probabilities."""
    mode = min(of, int((of + 1) * share))
    at_mode = exp(
        lgamma(of + 1) - lgamma(mode + 1) - lgamma(of - mode + 1)
        + mode * log(share) + (of - mode) * log(1 - share)
    )  # fmt: skip
    odds = share / (1 - share)
    below, term = [], at_mode
    for count in range(mode, 0, -1):
        term *= count / ((of - count + 1) * odds)
        if term < _NOTHING * at_mode:
            break
        below.append(term)
    above, term = [], at_mode
    for count in range(mode, of):
        term *= (of - count) * odds / (count + 1)
        if term < _NOTHING * at_mode:
            break
        above.append(term)
    return mode - len(below), [*reversed(below), at_mode, *above]


@lru_cache(maxsize=8192)
def binomial_limits(of: int, share: float, tail: float) -> tuple[float, float]:
    """Counts below and above which chance leads with a probability of less than ``tail`` each.

    Between two counts the limit lies where the tail itself would (Spiegelhalter 2005, appendix
    A.1.1), so that drawn over volumes it is a curve; a whole count is beyond it exactly if its
    tail is smaller. The upper limit is the lower one of what was not hit.

    Args:
        of: how many dossiers; share: the probability of each (0–1).

    Returns:
        (low, high) in dossiers, within 0–``of``; at 0 and ``of`` nothing is beyond.
    """
    if not 0 < share < 1 or of <= 0:
        return 0.0, float(max(of, 0))
    first, terms = _terms(of, share)
    low = _reached(first, terms, tail)
    last = first + len(terms) - 1
    high = of - _reached(of - last, terms[::-1], tail)
    return max(0.0, low), min(float(of), high)


def _reached(first: int, terms: list[float], tail: float) -> float:
    """Where the sum from below reaches a probability, between two counts by its share."""
    total = 0.0
    for place, term in enumerate(terms):
        if total + term >= tail:
            return first + place - (total + term - tail) / term
        total += term
    return float(first + len(terms) - 1)


@lru_cache(maxsize=8192)
def sides(of: int, share: float) -> tuple[float, float]:
    """How probable a rate below its own expectation is, and one above: both near ½ where many are.

    Of 22 dossiers with 1% late, eight of ten weeks are above the mean by chance alone.
    """
    if not 0 < share < 1 or of <= 0:
        return 0.0, 0.0
    first, terms = _terms(of, share)
    middle = of * share
    below = sum(term for place, term in enumerate(terms) if first + place < middle)
    at = sum(term for place, term in enumerate(terms) if first + place == middle)
    return min(1.0, below), max(0.0, 1 - below - at)


def beta_share(value: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I(value; a, b), by its continued fraction."""
    if value <= 0 or value >= 1:
        return float(value >= 1)
    if value > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - value, b, a)
    front = exp(
        lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(value) + b * log(1 - value)
    )  # fmt: skip
    return front * _fraction(value, a, b) / a


def _fraction(value: float, a: float, b: float) -> float:
    """The continued fraction of :func:`beta_share` (DLMF 8.17.22), by Lentz's method."""
    c, d = 1.0, 1 / _away(1 - (a + b) * value / (a + 1))
    found = d
    for m in range(1, _MOST_TERMS):
        for step in (
            m * (b - m) * value / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * value / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + step * d)
            c = _away(1 + step / c)
            found *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return found


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@lru_cache(maxsize=8192)
def wait(wanted: float, hits: float, of: float, level: float) -> tuple[float, float] | None:
    """How many dossiers it takes until so many more are hit, where so many of so many were.

    The interval holds a share ``level`` of what may come, both what is not known of the rate and
    the chance of the coming ones (of a Poisson process with Jeffreys' prior: a beta prime).

    Returns:
        (soonest, latest) in dossiers; None: of nothing observed nothing follows.
    """
    if not of or wanted <= 0:
        return None
    a, b = wanted, hits + 0.5
    ends = [_beta_at(tail, a, b) for tail in ((1 - level) / 2, (1 + level) / 2)]
    soonest, latest = (of * share / (1 - share) if share < 1 else float("inf") for share in ends)
    return soonest, latest


def _beta_at(probability: float, a: float, b: float) -> float:
    """Where the beta distribution reaches a probability."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if beta_share(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2
