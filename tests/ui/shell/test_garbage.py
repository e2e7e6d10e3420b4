"""No run stops all others to look for garbage.

Seen before: Streamlit searched the whole memory after each run, 0,13 of the 0,24 processor seconds
of a click, with everybody else standing: at twenty clicks in five seconds the slowest took 2,5 s.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import nullcontext

import pytest
from streamlit import config

from ui.shell import installation


def test_a_run_asks_for_no_search() -> None:
    """Streamlit's runner looks at this option; it is an error where it is no more."""
    assert config.get_option("runner.postScriptGC") is False


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
