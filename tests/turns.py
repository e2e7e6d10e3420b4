"""Which of many like cases run at each change; the others run in ``make proof``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def at_each_change(cases: Iterable[Any], kept: Collection[Any]) -> list[Any]:
    """The cases for ``parametrize``: those that are not among ``kept`` are ``make proof``'s.

    For cases that go through the same lines with other values: a register like another, a file
    like another. Fails where something is kept that is no case.
    """
    every = list(cases)
    assert [one for one in kept if one not in every] == []
    return [one if one in kept else pytest.param(one, marks=pytest.mark.proof) for one in every]
