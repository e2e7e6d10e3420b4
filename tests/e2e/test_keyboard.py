"""By the keyboard alone: sign-in → home → a unit → its late dossiers → one's course → back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.e2e.app_server import AppServer, Installation
from tests.e2e.keyboard import tab_to
from tests.e2e.walk import settled

SLOW = 60_000
OWN = "mùa thu lá vàng rơi"


def _type(page: Page, field: str, text: str) -> None:
    tab_to(page, field)
    page.keyboard.type(text)


def _sign_in(page: Page, told: str) -> None:
    """The first administrator's one-time pass-phrase, and one of their own."""
    [name], [once] = (
        re.findall(rf"{label}:\s+(\S+)", told)
        for label in ("Tên đăng nhập", "Mật khẩu dùng một lần")
    )
    page.get_by_label("Tên đăng nhập").wait_for(timeout=SLOW)
    _type(page, "#ten", name)
    _type(page, "#mat-khau", once)
    page.keyboard.press("Enter")
    page.get_by_text("Đặt mật khẩu của bạn").wait_for(timeout=SLOW)
    _type(page, "input[aria-label='Mật khẩu hiện tại']", once)
    _type(page, "input[aria-label='Mật khẩu mới']", OWN)
    _type(page, "input[aria-label='Nhập lại mật khẩu mới']", OWN)
    page.keyboard.press("Enter")
    page.locator(".st-key-scopebar").wait_for(timeout=SLOW)


def test_the_keyboard_goes_from_the_form_to_a_dossiers_course_and_back(
    tmp_path: Path,
    few: Callable[[Path], Installation],
    start_app: Callable[..., AppServer],
    new_page: Callable[..., Page],
    screenshot: Callable[..., Path],
) -> None:
    installation = few(tmp_path)
    told = installation.connectors("account", "first", "--show")
    page = new_page(role=None)
    page.goto(start_app(installation).url)
    _sign_in(page, told)
    settled(page)
    home = page.url

    # The unit with the most to do, by its row; moving opens nothing.
    tab_to(page, "a.dh-row")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.url == home
    unit = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(unit, timeout=SLOW)
    settled(page)
    its_screen = page.url

    # What it missed or has overdue, from its card.
    spoiled = ".st-key-card_on_time a[href*='part=missing']"
    tab_to(page, f"{spoiled}, .st-key-card_pending_overdue a")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(re.compile("^Hồ sơ trễ hạn"), timeout=SLOW)
    settled(page)

    tab_to(page, "a.dh-row")
    code, row = page.evaluate("[document.activeElement.innerText, document.activeElement.id]")
    page.keyboard.press("Enter")
    heading = page.locator(".st-key-dossier_panel h2")
    expect(heading).to_have_text(code, timeout=SLOW)
    expect(heading).to_be_focused(timeout=SLOW)
    expect(heading).to_be_in_viewport()
    expect(page.locator(".st-key-dossier_panel .dh-timeline")).to_contain_text("Tiếp nhận")
    screenshot(page, "keyboard-dossier")

    page.keyboard.press("Tab")  # the way back stands beside the heading
    page.keyboard.press("Enter")
    expect(heading).to_have_count(0, timeout=SLOW)
    # While the list is drawn anew its old rows stand beside the new ones.
    expect(page.locator("a.dh-row:focus")).to_have_id(row, timeout=SLOW)
    assert "dossier=" not in page.url

    # Back through the history, as the browser's own key does: the list, the unit, home.
    _back_to(page, its_screen)
    expect(page.locator("h1")).to_have_text(unit, timeout=SLOW)
    _back_to(page, home)
    expect(page.locator(".st-key-attention")).to_be_visible(timeout=SLOW)


def _back_to(page: Page, address: str) -> None:
    """Back until the screen of that address; what it looks at may have been completed since."""
    for _ in range(10):
        page.go_back()
        settled(page)
        if urlsplit(page.url).path == urlsplit(address).path:
            return
    raise AssertionError(f"no way back to {address}")
