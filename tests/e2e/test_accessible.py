"""axe-core on every screen, light and dark, wide and narrow: no violation; rows by the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.app_server import AppServer
from tests.e2e.keyboard import tab_to
from ui.shell.registry import SCREENS

SLOW: Final = 60_000
_AXE: Final = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
# The menu that Streamlit folds away on a phone is a list of its own making.
_RUN: Final = """axe.run(
    {exclude: [["[data-testid=stSidebarNavItems]"]]}, {resultTypes: ["violations"]}
).then(found => found.violations
    .flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 160)}`)))"""
_OPEN: Final = {
    "tasks": ("task=1&when=all",),
    "data": ("batch=1", "part=quality&check=without_due"),
    "admin": ("account=1", "part=audit", "part=roles"),
}
"""Screen → parameters that open one of its rows, or another of its parts."""
_WIDE: Final[ViewportSize] = {"width": 1366, "height": 768}
_PHONE: Final[ViewportSize] = {"width": 390, "height": 844}


def _arrive(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(".st-key-scopebar")).to_be_visible(timeout=SLOW)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=SLOW)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SLOW)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_has_a_violation(
    app_server: AppServer, new_page: Callable[..., Page], scheme: Literal["light", "dark"]
) -> None:
    page = new_page(color_scheme=scheme)
    found: dict[str, Any] = {}
    for screen in SCREENS:
        for query in _OPEN.get(screen.key, ("",)):
            page.set_viewport_size(_WIDE)
            _arrive(page, f"{app_server.url}/{screen.path}?{query}")
            page.evaluate(_AXE)
            for window in (_WIDE, _PHONE):
                page.set_viewport_size(window)
                if screen.key == "late":
                    expect(page.locator("a.dh-row").first).to_be_in_viewport(ratio=1)
                if violations := page.evaluate(_RUN):
                    found[f"{screen.key} {query} {window['width']}"] = violations
            assert page.evaluate("document.documentElement.lang") == "vi"
            assert page.title().startswith(f"{screen.title} · Tất cả đơn vị")
    assert found == {}, list(found.items())


def test_a_row_is_reached_opened_and_closed_by_the_keyboard(
    app_server: AppServer, page: Page
) -> None:
    _arrive(page, f"{app_server.url}/nhiem-vu?when=all")
    tab_to(page, "a.dh-row")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "task=" not in page.url, "moving opens nothing"
    own = page.evaluate("document.activeElement.id")
    page.keyboard.press("Enter")
    heading = page.locator(".st-key-task_panel h2")
    expect(heading).to_be_focused(timeout=SLOW)
    expect(heading).to_be_in_viewport()
    page.keyboard.press("Tab")  # the way back stands beside the heading
    page.keyboard.press("Enter")
    expect(heading).to_have_count(0, timeout=SLOW)
    expect(page.locator(f"#{own}")).to_be_focused()
    expect(page.locator(f"#{own}")).to_be_in_viewport()
