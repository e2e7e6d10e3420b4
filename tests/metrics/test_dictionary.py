"""docs/metric-dictionary.md is what the catalogue says."""

from pathlib import Path

from metrics.dictionary import dictionary

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metric-dictionary.md"


def test_page_is_in_step_with_the_catalogue():
    assert PAGE.read_text("utf-8") == dictionary(), (
        "run: python -m metrics dictionary > docs/metric-dictionary.md"
    )
