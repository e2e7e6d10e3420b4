"""The order of "Cần chỉ đạo" on the sample is the one that was recorded before it became data."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

import pytest
from streamlit.testing.v1 import AppTest

from connectors.settings import Settings
from tests.pages import kit
from tests.pages.week.listed import listed

RECORDED: Final = Path(__file__).with_name("urgency.json")
_KNOWN: Final[dict[str, list[str]]] = json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def _own_caches() -> Iterator[None]:
    kit.forget()
    yield
    kit.forget()


def lines_of(at: AppTest) -> list[str]:
    """Level, place and the beginning of each sentence, in the order of the screen."""
    return [
        f"{'gọi' if one.is_call else 'khác'} {one.level}: {one.sentence[: len(one.subject) + 25]}"
        for one in listed(at)
    ]


class _Then(datetime):
    """The day that the lines of a running year were recorded on."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Then:
        return cls(2026, 11, 29, 8, tzinfo=tz)


@pytest.mark.parametrize("period", list(_KNOWN))
def test_what_needs_a_decision_comes_in_the_recorded_order(
    with_registers: Settings, monkeypatch: pytest.MonkeyPatch, period: str
) -> None:
    kit.place(with_registers, monkeypatch)
    for place in ("ui.shell.frame", "ui.kit.asking"):
        monkeypatch.setattr(f"{place}.datetime", _Then)
    at = kit.new_app()
    at.query_params["period"] = period
    at.run()
    if os.environ.get("RECORD_URGENCY"):  # for a change of the lines that is meant
        _KNOWN[period] = lines_of(at)
        RECORDED.write_text(json.dumps(_KNOWN, ensure_ascii=False, indent=1) + "\n", "utf-8")
        return
    assert lines_of(at) == _KNOWN[period]
