"""Streamlit's own loggers write as ours do: one JSON object a line, without values."""

from __future__ import annotations

import logging

import streamlit.logger

from connectors import logs
from connectors.settings import SettingsError
from ui.shell import installation


def begin() -> None:
    """Called once, before the server starts."""
    handler = logs.configure(level=_level())
    logs.tell_crashes()

    def attach(logger: logging.Logger) -> None:
        """In the place of a handler of Streamlit's own format."""
        former = getattr(logger, "streamlit_console_handler", None)
        if former is not None:
            logger.removeHandler(former)
        logger.streamlit_console_handler = handler  # type: ignore[attr-defined]
        logger.addHandler(handler)

    # Each of Streamlit's loggers has a handler of its own and hands nothing on to the root.
    streamlit.logger.setup_formatter = attach
    streamlit.logger.update_formatter()


def _level() -> str:
    try:
        return installation.settings().log_level
    except SettingsError:  # told by whoever needs a setting to go on
        return "info"
