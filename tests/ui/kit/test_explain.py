""" "Cách tính": both sides of every rate in words, its source by the name that holds."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from metrics.core.figure import Figure
from metrics.core.on_time import ON_TIME_DEFINITIONS
from metrics.dossiers.catalogue import FIGURES
from metrics.figures import ALL_FIGURES
from ui.kit.parts import counted
from ui.shell.text import safe

RATES = [each for each in FIGURES.values() if each.is_ratio]


def _drawn(key: str, definition: str) -> None:
    from datetime import date

    from metrics.core.ask import Ask
    from tests.frames import CLOCK
    from ui.kit.parts import explain

    ask = Ask(date(2026, 2, 22), date(2026, 3, 8), CLOCK, definition=definition)  # type: ignore[arg-type]
    explain(key, ask, 1234, 5678)


def _html(key: str, definition: str = "form") -> str:
    app = AppTest.from_function(_drawn, args=(key, definition)).run()
    assert not app.exception
    return " ".join(block.proto.body for block in app.get("html"))


@pytest.mark.parametrize("figure", RATES, ids=lambda each: each.key)
def test_a_rate_of_dossiers_tells_both_sides_and_its_source(figure: Figure) -> None:
    told = _html(figure.key)
    if figure.key != "on_time":
        assert f"Tử số: 1.234 {safe(figure.numerator_meaning)}</li>" in told
        assert f"Mẫu số: 5.678 {safe(figure.denominator_meaning)}</li>" in told
    assert "Căn cứ: " in told
    assert "{" not in told


@pytest.mark.parametrize("key", ON_TIME_DEFINITIONS)
def test_on_time_is_told_as_the_reading_that_is_chosen(key: str) -> None:
    told, reading = _html("on_time", key), ON_TIME_DEFINITIONS[key]
    assert f"Tử số: 1.234 {safe(reading.numerator_meaning)}</li>" in told
    assert f"Mẫu số: 5.678 {safe(reading.denominator_meaning)}</li>" in told
    assert f"Định nghĩa: {safe(reading.label)}" in told
    assert "{" not in told


def test_what_is_not_known_is_said_to_be() -> None:
    share = next(each for each in ALL_FIGURES.values() if each.is_share)
    words = (share.numerator_meaning, share.denominator_meaning)
    assert counted(share, None, 9, words)[0].startswith("Tử số: chưa rõ ")
    assert counted(FIGURES["received"], None, None, ("", "")) == []
