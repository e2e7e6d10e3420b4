"""No run stops all others to look for garbage.

Seen before: Streamlit searched the whole memory after each run, 0,13 of the 0,24 processor seconds
of a click, with everybody else standing: at twenty clicks in five seconds the slowest took 2,5 s.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from streamlit.testing.v1 import AppTest

from ui.shell import installation


@pytest.fixture
def searches() -> Iterator[list[int]]:
    """Which generations were searched; by request only."""
    seen: list[int] = []

    def note(phase: str, about: dict[str, int]) -> None:
        if phase == "start":
            seen.append(about["generation"])

    gc.callbacks.append(note)
    gc.disable()
    yield seen
    gc.enable()
    gc.callbacks.remove(note)


def test_a_run_asks_for_no_search(searches: list[int]) -> None:
    app = AppTest.from_string("import streamlit as st; st.title('Xong')").run()
    assert app.title[0].value == "Xong"
    assert searches == []


def test_what_has_been_loaded_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve() -> int:
        async with installation.running(None):
            return gc.get_freeze_count()

    monkeypatch.setattr(installation, "keeping", lambda *_: nullcontext())
    before = gc.get_freeze_count()
    try:
        assert asyncio.run(serve()) > before + 10_000
    finally:
        gc.unfreeze()
