"""How often the rules cry wolf on stable series, and how soon they see a slide (bench/chance.py).

Theory of a normal process whose limits are known, a week: outside 2 × 0.00135; one side, seven of
½ that are not the eighth of a longer story, 2 × 2⁻⁷ = 1.6%; trend 2/7! and those that go on; near
2 of 3 beyond two sigmas about 0.3%. Together at most 2.2%; one direction half of it.
"""

from __future__ import annotations

import numpy as np
import pytest

from bench.chance import KINDS_OF_UNIT, below_threshold, stable, stable_counts, weeks_to_detection

BOUNDS = {"outside": 0.006, "trend": 0.001, "one_side": 0.016, "near": 0.005, "any": 0.022,
          "bad": 0.012}  # fmt: skip


def _within(found: dict[str, float], factor: float = 1.0) -> None:
    for name, most in BOUNDS.items():
        assert found[name] <= most * factor, (name, found)


def test_a_few_stable_series_stay_near_the_theory() -> None:
    rng = np.random.default_rng(3)
    _within(stable_counts(rng, 30), 2)
    _within(stable(rng, KINDS_OF_UNIT[0], 15), 2)


def test_a_large_unit_is_seen_within_weeks() -> None:
    rng = np.random.default_rng(4)
    found = weeks_to_detection(rng, KINDS_OF_UNIT[2], 5)
    assert sorted(found)[2] <= 6


@pytest.mark.proof
def test_a_thousand_stable_series_are_within_the_theory() -> None:
    rng = np.random.default_rng(14)
    _within(stable_counts(rng))
    for kind in KINDS_OF_UNIT:
        _within(stable(rng, kind))


@pytest.mark.proof
def test_a_plain_threshold_cries_wolf_where_the_rules_do_not() -> None:
    rng = np.random.default_rng(15)
    small = KINDS_OF_UNIT[0]
    red, _ = below_threshold(rng, small, 200)
    assert red > 20 * stable(rng, small, 200)["bad"]
