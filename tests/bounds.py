"""Other bounds for one test: what a gigabyte shows, a hundred kilobytes show as well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.parsing import bounds


def set_bounds(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    """Change values of ``bounds.toml`` for the test."""
    changed = replace(bounds.shipped(), **values)
    monkeypatch.setattr(bounds, "shipped", lambda: changed)
