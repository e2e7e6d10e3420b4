"""The call list over weeks of the sample: how long it is, and whether what was planted is on it."""

from __future__ import annotations

from statistics import median

import pytest

from connectors.settings import Settings
from metrics.core.periods import parse_period
from metrics.dossiers.calls import CallList
from reports.material import Material
from reports.opening import Wanted, asked
from tests.pages.conftest import Installation, Made

SLIDING, SLOW, SILENT = "Phường Kiến Hưng", "Sở Nông nghiệp và Môi trường", "Phường Dương Nội"
"""Planted by connectors/sample/cast.py: slides over the last weeks; slow with land all along; says
sorry for nothing."""


def listed(settings: Settings, week: str) -> CallList:
    return Material(asked(settings, Wanted(parse_period(f"week:{week}")))).calls


def test_a_unit_stands_once_and_each_row_has_what_let_it_in(
    sample_installation: Installation,
) -> None:
    found = listed(sample_installation.settings, "2026-W26")
    names = [call.name for call in found.calls]
    assert 0 < len(names) == len(set(names)) <= 10
    assert all(any(line.admits for line in call.lines) for call in found.calls)
    assert SILENT in names


@pytest.mark.proof
def test_over_a_year_the_list_stays_short_and_what_was_planted_is_on_it(
    _made: Made,  # noqa: PT019 (it makes)
) -> None:
    """Weeks 1–26 of 2026; the slide begins with week 16, with a late dossier or two a week."""
    settings = _made(60_000).settings
    found = {week: listed(settings, f"2026-W{week:02}") for week in range(1, 27)}
    names = {week: [call.name for call in each.calls] for week, each in found.items()}
    assert median(len(each) for each in names.values()) <= 10
    assert all(len(each) == len(set(each)) for each in names.values())
    on = {name: [week for week in names if name in names[week]] for name in (SLIDING, SLOW, SILENT)}
    assert set(on[SLOW]) >= set(range(4, 27)), on
    assert min(week for week in on[SLIDING] if week >= 16) <= 22, on
    assert len(set(on[SLIDING]) & set(range(20, 27))) >= 4, on
    assert len(on[SILENT]) >= 18, on
