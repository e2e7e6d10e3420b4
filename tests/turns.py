"""Which of many like cases run at each change; the others run in ``make proof``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def at_each_change(cases: Iterable[Any], kept: Collection[Any]) -> list[Any]:
    """The cases for ``parametrize``: those that are not among ``kept`` are ``make proof``'s.

    For cases that go through the same lines with other values: a register like another, a file
    like another. A case of several values is a tuple. Fails where something is kept that is no
    case.
    """
    every = list(cases)
    assert [one for one in kept if one not in every] == []
    return [one if one in kept else _proof(one) for one in every]


def _proof(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.proof)
