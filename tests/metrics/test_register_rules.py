"""How a register's value is written for a reader."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.registers.rules import show


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (83.4 / 100, "0,834"),  # was "0,8340000000000001"
        (0.1 + 0.2, "0,3"),
        (87.11, "87,11"),
        (7211.0, "7.211"),
        (12160, "12.160"),
        (True, "Có"),
    ],
)
def test_a_value_is_shown_as_it_was_told_and_without_noise(value: Any, text: str) -> None:
    assert show(value) == text
