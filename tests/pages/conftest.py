"""A small installation with sample data, and the app on it, run without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from connectors.database.session import migrate, open_database
from connectors.sample.load import load
from connectors.settings import PROJECT_ROOT, Settings
from connectors.snapshot import refresh

SAMPLE_END = date(2026, 6, 28)
"""The last Sunday of the sample data: a fixed one, so that figures stay comparable."""


@dataclass(frozen=True)
class Installation:
    """Where the sample data lie; ``settings`` is what the app reads from the environment."""

    folder: Path
    settings: Settings


@pytest.fixture(scope="session")
def sample_installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A few thousand dossiers of Hà Nội over 24 months, in the database and the snapshot."""
    folder = tmp_path_factory.mktemp("sample")
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    engine = open_database(settings.database_url)
    migrate(engine)
    load(engine, settings, end=SAMPLE_END, dossiers=9_000)
    refresh(engine, settings)
    engine.dispose()
    return Installation(folder, settings)


@pytest.fixture
def app(sample_installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app on the sample installation, not run yet."""
    monkeypatch.setenv("DATA_DIR", str(sample_installation.folder))
    monkeypatch.setenv("DATABASE_URL", sample_installation.settings.database_url)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=60)
    st.cache_data.clear()
    st.cache_resource.clear()
