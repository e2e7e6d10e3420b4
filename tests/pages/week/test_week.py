"""The home screen of an installation that has nothing to show yet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from connectors.settings import PROJECT_ROOT, Settings
from tests.pages.conftest import Installation


@pytest.fixture(autouse=True)
def _fresh():
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


def _app() -> AppTest:
    return AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=60)


def test_an_installation_without_dossiers_says_what_to_do(
    sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    """The headline once stopped at the first card, and no screen was there to load data on."""
    monkeypatch.setenv("DATABASE_URL", str(sqlite_database.url))
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    at = _app().run()
    assert not at.exception
    assert not at.error
    assert any("Chưa có hồ sơ nào" in each.value for each in at.markdown)


def test_an_empty_period_leads_to_the_newest_dossiers(app: AppTest):
    """It was said that the database may be empty, while it was not."""
    app.query_params["period"] = "week:2010-W10"
    app.run()
    assert not app.exception
    assert any("Không có hồ sơ trong kỳ đang xem" in each.value for each in app.markdown)
    (link,) = [one for one in app.get("page_link") if one.proto.label.startswith("Mở tuần")]
    assert "Mở tuần 26 (22/06–28/06/2026)" in link.proto.label
    assert not any("chưa có hồ sơ" in each.value for each in app.caption)


def test_a_database_that_was_never_migrated_gets_a_sentence(
    tmp_path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'nothing.db'}")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    at = _app().run()
    assert not at.exception
    assert [title.value for title in at.title] == ["Chưa có số liệu"]


def test_the_first_to_look_after_the_snapshot_went_sees_figures_not_nothing(
    sample_installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader's units were looked up before the snapshot was made, so there were none."""
    folder = tmp_path / "copy"
    shutil.copytree(sample_installation.folder, folder)
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    shutil.rmtree(settings.snapshot_dir)
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    at = _app().run()
    assert not at.exception
    assert not any("Chưa có hồ sơ nào" in each.value for each in at.markdown)
    assert any("Cần chỉ đạo" in each.value for each in at.header)
