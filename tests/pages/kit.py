"""What the tests of screens share: an installation of one's own, its app, reading and pressing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from connectors.database.session import migrate, open_database
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.screens import MAIN, on

_kept: Path | None = None
"""The installation whose figures the caches hold: what one test computed, the next may meet."""


def settings_of(folder: Path) -> Settings:
    """Settings of an installation with all that it has in one folder."""
    return Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")


def copy_of(settings: Settings, folder: Path) -> Settings:
    """A copy of an installation, to be written to."""
    shutil.copytree(settings.data_dir, folder, dirs_exist_ok=True)
    return settings_of(folder)


def empty_at(folder: Path) -> Settings:
    """An installation that was migrated and has a snapshot of nothing."""
    settings = settings_of(folder)
    engine = open_database(settings.database_url)
    migrate(engine)
    refresh(engine, settings)
    engine.dispose()
    return settings


def place(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app runs on that installation."""
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)


@contextmanager
def installed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The app runs on that installation; nothing of another one is kept."""
    global _kept
    place(settings, monkeypatch)
    if _kept != settings.data_dir:
        forget()
    _kept = settings.data_dir
    yield


def forget() -> None:
    """Nothing that was computed is kept."""
    global _kept
    _kept = None
    st.cache_data.clear()
    st.cache_resource.clear()


def new_app() -> AppTest:
    """The app, not run yet."""
    return AppTest.from_file(MAIN, default_timeout=120)


def shown(screen: str, app: AppTest | None = None, /, **params: str) -> AppTest:
    """A screen (key of the registry) with these parameters, in an app that was begun or anew."""
    app = new_app() if app is None else app
    on(app, screen)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def sound(screen: str, app: AppTest | None = None, /, **params: str) -> AppTest:
    """As :func:`shown`; nothing on it is refused."""
    app = shown(screen, app, **params)
    assert not app.error
    return app


def words(app: AppTest) -> str:
    """What the screen says outside its own HTML."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.success)
    return "\n".join(element.value for kind in kinds for element in kind)


def press(app: AppTest, key: str) -> AppTest:
    """Presses a button."""
    button = app.button(key=key)
    assert not button.disabled, key
    button.click().run()
    assert not app.exception
    return app


def submit(app: AppTest, label: str) -> AppTest:
    """Presses the first button with this label."""
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def fill(app: AppTest, **fields: Any) -> None:
    """Fills widgets by the beginning of their keys."""
    every = [
        *app.text_input, *app.text_area, *app.number_input, *app.date_input, *app.selectbox,
        *app.radio, *app.checkbox,
    ]  # fmt: skip
    for name, value in fields.items():
        (widget,) = (one for one in every if (one.key or "").startswith(name))
        widget.set_value(value)
