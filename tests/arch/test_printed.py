"""Rates are rounded for the eye in one place: metrics/core/vietnamese.percent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_OWN_ROUNDING = re.compile(r':\.\d+%\}|format="percent"|\* 100\)\.round|"rate"\)\.round|:\.\df\}%')


def _wrong(line: str) -> bool:
    # Widths of drawn bars are no text.
    return bool(_OWN_ROUNDING.search(line)) and "width:" not in line


def test_no_screen_rounds_a_rate_by_itself() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("metrics", "pages", "ui", "connectors")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if _wrong(line) and path.name != "dictionary.py"
    ]
    assert found == []


@pytest.mark.parametrize(
    "line", ['f"{rate:.1%}"', '(pl.col("rate") * 100).round(1)', 'NumberColumn(format="percent")']
)
def test_the_reader_sees_what_it_looks_for(line: str) -> None:
    assert _wrong(line)
