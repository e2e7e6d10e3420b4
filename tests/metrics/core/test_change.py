"""A change: by how much, and whether it is for the better; of what is unknown there is none."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.core.change import Change, change
from metrics.dossiers.catalogue import FIGURES


def _cell(numerator: int | None, denominator: int | None = None) -> dict[str, Any]:
    known = numerator is not None and denominator
    rate = numerator / denominator if known else None  # type: ignore[operator]
    return {"numerator": numerator, "denominator": denominator, "rate": rate}


@pytest.mark.parametrize(
    ("key", "now", "before", "found"),
    [
        ("pending_overdue", _cell(3), _cell(5), Change(-2, True)),
        ("pending_overdue", _cell(5), _cell(3), Change(2, False)),
        ("received", _cell(5), _cell(3), Change(2, None)),
        ("on_time", _cell(9, 10), _cell(8, 10), Change(0.1, True)),
        ("on_time", _cell(9, 10), _cell(9000, 9999), Change(0.0, None)),
        ("on_time", _cell(0, 0), _cell(8, 10), None),
        ("received", _cell(None), _cell(3), None),
    ],
)
def test_change(key: str, now: Any, before: Any, found: Change | None) -> None:
    assert change(FIGURES[key], now, before) == found
