"""Every screen, light and dark, wide and narrow: nothing that axe-core finds, a picture, nothing
beyond its edge, nothing from elsewhere. And rows by the keyboard.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.app_server import AppServer
from tests.e2e.keyboard import tab_to
from tests.e2e.walk import SLOW, Walk, settled
from ui.shell.registry import SCREENS

_AXE: Final = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
# The menu that Streamlit folds away on a phone is a list of its own making.
_RUN: Final = """rules => axe.run(
    {exclude: [["[data-testid=stSidebarNavItems]"]]}, {resultTypes: ["violations"], ...rules}
).then(found => found.violations
    .flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 160)}`)))"""
_COLOURS: Final = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""All that another colour scheme changes."""
_BELOW: Final = """() => {
    const main = document.querySelector("[data-testid=stMain]");
    const whole = document.querySelector("[data-testid=stMainBlockContainer]");
    const end = whole.getBoundingClientRect().bottom - main.getBoundingClientRect().top;
    return main.scrollHeight - Math.max(main.clientHeight, end + main.scrollTop);
}"""
"""Pixels that can be scrolled to below the screen's last line."""
_OPEN: Final = {
    "tasks": ("task=1&when=all",),
    "data": ("batch=1", "part=quality&check=without_due"),
    "admin": ("account=1", "part=audit", "part=roles"),
}
"""Screen → parameters that open one of its rows, or another of its parts."""
_WIDE: Final[ViewportSize] = {"width": 1366, "height": 768}
_PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
Ways = tuple[tuple[Literal["light", "dark"], ViewportSize, dict[str, Any]], ...]
_WAYS: Final[Ways] = (
    ("light", _WIDE, {}),
    ("dark", _WIDE, _COLOURS),
    ("dark", _PHONE, {}),
)
_IN_TURN: Final = (_WAYS[0], _WAYS[2])
"""At each change a screen is seen in one of these, and the next one in the other."""
_PARTS: Final = 3


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.proof)])
@pytest.mark.parametrize("part", range(_PARTS))
def test_no_screen_has_a_violation_is_cut_off_or_fetches_from_elsewhere(
    app_server: AppServer, page: Page, screenshot: Callable[..., Path], part: int, every: bool
) -> None:
    found: dict[str, Any] = {}
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    walk = Walk(page)
    for screen in SCREENS[part::_PARTS]:
        for query in _OPEN.get(screen.key, ("",)):
            page.set_viewport_size(_WIDE)
            page.emulate_media(color_scheme="light")
            walk.to(f"{app_server.url}/{screen.path}?{query}")
            of_all = re.compile(f"^{re.escape(screen.title)} · Tất cả đơn vị")
            expect(page).to_have_title(of_all, timeout=SLOW)
            settled(page)  # a change of colours may have caused a run, too
            assert page.evaluate("document.documentElement.lang") == "vi"
            page.evaluate(_AXE)
            turn = _IN_TURN[SCREENS.index(screen) % 2]
            for scheme, window, rules in _WAYS if every else (turn,):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size(window)
                expect(page.locator(".stApp")).to_have_css("color-scheme", scheme)
                if screen.key == "week" and window is _WIDE:
                    overdue = page.locator(".dh-tall th").filter(has_text="Quá hạn")
                    expect(overdue.first).to_be_in_viewport(ratio=1)
                if screen.key == "late":
                    expect(page.locator("a.dh-row").first).to_be_in_viewport(ratio=1)
                place = f"{screen.key}-{query}-{window['width']}-{scheme}"
                if violations := page.evaluate(_RUN, rules):
                    found[place] = violations
                screenshot(page, place)
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= window["width"], place
                assert page.evaluate(_BELOW) < 2, f"{place} goes on below its end"
    assert found == {}, list(found.items())
    assert [url for url in asked if not url.startswith((app_server.url, "data:", "blob:"))] == []


def test_a_row_is_reached_opened_and_closed_by_the_keyboard(
    app_server: AppServer, page: Page
) -> None:
    Walk(page).to(f"{app_server.url}/nhiem-vu?when=all")
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
    expect(page.locator("a.dh-row:focus")).to_have_id(own)
    expect(page.locator(f"#{own}")).to_be_in_viewport()
