"""Which browser the tests drive."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def system_browser() -> Path | None:
    """The machine's own Chromium, if it has one."""
    return next((Path(path) for name in _NAMES if (path := shutil.which(name))), None)


def find() -> Path | None:
    """The machine's Chromium; else the one of ``playwright install chromium``; None without both.

    Starts Playwright, so not to be called where Playwright runs already.
    """
    found = system_browser()
    if found:
        return found
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None
