"""What stands behind a rate: every declaration says both sides in words, and all rows open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.core.on_time import ON_TIME_DEFINITIONS, meanings
from metrics.core.parts import PARTS, part_of
from metrics.core.rows import rows
from metrics.dossiers.catalogue import FIGURES
from metrics.figures import ALL_FIGURES
from metrics.service.decision766 import method
from tests.frames import CLOCK, facts_of
from tests.strategies import random_register

ASK = Ask(date(2026, 2, 22), date(2026, 3, 8), CLOCK)
RATIOS = [figure for figure in ALL_FIGURES.values() if figure.is_ratio]
DOSSIERS = [figure for figure in RATIOS if figure.fact == "dossier" and figure.is_share]


@pytest.mark.parametrize("figure", RATIOS, ids=lambda each: each.key)
def test_every_rate_has_both_sides_their_meanings_and_a_source(figure: Any) -> None:
    assert figure.numerator_meaning
    assert figure.denominator_meaning
    if figure.key != "on_time":  # which says: as the reading that is chosen
        assert figure.numerator_meaning != figure.denominator_meaning
    assert figure.meaning
    assert figure.basis
    assert figure.unit in ("rate", "working_days")


def test_no_count_pretends_to_be_of_something() -> None:
    counts = [figure for figure in ALL_FIGURES.values() if not figure.is_ratio]
    assert len(counts) > 20
    assert [figure.key for figure in counts if figure.denominator_meaning or figure.spoils] == []


def test_the_words_of_on_time_are_those_of_the_reading_that_is_asked() -> None:
    for key, reading in ON_TIME_DEFINITIONS.items():
        asked = replace(ASK, definition=key)  # type: ignore[arg-type]
        assert meanings(FIGURES["on_time"], asked) == (
            reading.numerator_meaning,
            reading.denominator_meaning,
        )
    share = FIGURES["online_share"]
    told = (share.numerator_meaning, share.denominator_meaning)
    assert meanings(share, ASK) == told


def test_every_component_of_decision_766_says_both_sides() -> None:
    held = method(ASK.last_day)
    assert held is not None
    assert [each.key for each in held.components if not (each.numerator and each.denominator)] == []


def _ids(found: Any) -> set[int]:
    frame: pl.DataFrame = found.collect(backend="polars").to_native()
    ids = frame["dossier_id"].to_list()
    assert len(ids) == len(set(ids))
    return set(ids)


@pytest.mark.parametrize("definition", list(ON_TIME_DEFINITIONS))
@pytest.mark.parametrize("figure", DOSSIERS, ids=lambda each: each.key)
def test_the_rows_that_spoil_a_rate_are_the_rest_of_its_denominator(
    figure: Any, definition: Any
) -> None:
    facts = facts_of(random_register(400, 7))
    ask = replace(ASK, definition=definition)
    counted, of, missing = (_ids(rows(facts, figure, ask, part=part)) for part in PARTS[:3])
    assert of or figure.key not in ("on_time", "online_share")
    assert counted <= of
    assert missing == of - counted
    shown = measure(facts, [figure], [ask]).row(0, named=True)
    assert (shown["numerator"], shown["denominator"]) == (len(counted), len(of))


def test_what_is_not_on_time_is_what_on_time_misses() -> None:
    facts = facts_of(random_register(400, 8))
    missing = _ids(rows(facts, FIGURES["on_time"], ASK, part="missing"))
    assert missing
    assert missing == _ids(rows(facts, FIGURES["not_on_time"], ASK))


def test_a_part_that_a_figure_does_not_have_is_refused() -> None:
    for key in ("received", "mean_working_days_late", "survey_per_dossier"):
        with pytest.raises(ValueError, match="Chỉ tiêu"):
            part_of(ALL_FIGURES[key], "missing")
    share = FIGURES["online_share"]
    assert _ids(rows(facts_of(random_register(40, 8)), share, ASK, part="unknown")) == set()
    with pytest.raises(ValueError, match="không có phần chưa phân loại"):
        part_of(FIGURES["received"], "unknown")
    with pytest.raises(ValueError, match="không có mẫu số"):
        part_of(FIGURES["received"], "denominator")
    with pytest.raises(ValueError, match="numerator, denominator, missing, unknown"):
        part_of(FIGURES["on_time"], "other")


def test_what_spoils_a_rate_follows_from_its_better_side() -> None:
    assert FIGURES["on_time"].spoils == "missing"
    assert ALL_FIGURES["received_expired"].spoils == "numerator"
    assert FIGURES["mean_working_days_late"].spoils is None
