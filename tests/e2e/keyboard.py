"""A browser that nobody touches but by the keyboard."""

from __future__ import annotations

from playwright.sync_api import Page


def tab_to(page: Page, selector: str, most: int = 120) -> None:
    """Tab until the focus is there; the way is as long as the page is."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")
