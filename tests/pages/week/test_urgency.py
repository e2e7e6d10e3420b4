"""The order of "Cần chỉ đạo" on the sample is the one that was recorded before it became data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from connectors.database.session import migrate, open_database
from connectors.sample.load import load
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.screens import MAIN

RECORDED: Final = Path(__file__).with_name("urgency.json")
_LINE: Final = re.compile(r":(red|orange)-badge\[[^]]*\] \*\*(.+?)\*\* (.{0,24})")
_KNOWN: Final[dict[str, list[str]]] = json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("urgency")
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    engine = open_database(settings.database_url)
    migrate(engine)
    load(engine, settings, end=date(2026, 6, 28), dossiers=1_500, with_registers=True)
    refresh(engine, settings)
    engine.dispose()
    st.cache_data.clear()
    st.cache_resource.clear()
    yield settings
    st.cache_data.clear()
    st.cache_resource.clear()


def lines_of(at: AppTest) -> list[str]:
    """Level, subject and the sentence's beginning of each line, in the order of the screen."""
    texts = [link.proto.label for link in at.get("page_link")]
    texts += [block.value for block in at.markdown]
    found = (_LINE.match(text) for text in texts)
    return [f"{hit[1]}: {hit[2]} {hit[3]}" for hit in found if hit]


@pytest.mark.parametrize("period", list(_KNOWN))
def test_what_needs_a_decision_comes_in_the_recorded_order(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, period: str
) -> None:
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    at = AppTest.from_file(MAIN, default_timeout=60)
    at.query_params["period"] = period
    at.run()
    assert lines_of(at) == _KNOWN[period]
