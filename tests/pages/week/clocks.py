"""When the review of week 25 of 2026 is held, and the day after: the wall clock of screens."""

from __future__ import annotations

from datetime import datetime, tzinfo

import pytest


class Monday(datetime):
    """Monday 22 June 2026, when the review of week 25 is held."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Monday:
        return cls(2026, 6, 22, 8, tzinfo=tz)


class Tuesday(Monday):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Tuesday:
        return cls(2026, 6, 23, 8, tzinfo=tz)


def at(monkeypatch: pytest.MonkeyPatch, clock: type[datetime]) -> None:
    """Screens take the clock for the wall's."""
    for place in ("ui.shell.frame", "ui.kit.asking", "ui.kit.writing"):
        monkeypatch.setattr(f"{place}.datetime", clock)
