"""The chair's walk: home → a unit that needs a decision → its late dossiers → one dossier.

The counts agree at every step, and the address of each step shows the same in a fresh browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.walk import Walk, settled

CODE = ".st-key-dossier_panel h2"
_COUNT = re.compile(r"([\d.]+) hồ sơ")


def count_in(text: str) -> int:
    match = _COUNT.search(text)
    assert match, f"no count of dossiers in {text!r}"
    return int(match[1].replace(".", ""))


def heading_count(page: Page) -> int:
    """How many dossiers the list says it has."""
    return int(page.locator(".dh-count b").first.inner_text().replace(".", ""))


def open_first_dossier(page: Page) -> str:
    """Clicks anywhere in the first row of the list; the code of the dossier that opens."""
    page.locator("tr.dh-opens").first.locator("td").nth(1).click()
    page.wait_for_url(re.compile("dossier="))
    settled(page)
    expect(page.locator(CODE)).to_be_focused(timeout=30_000)
    expect(page.locator(CODE)).to_be_in_viewport()
    return page.locator(CODE).inner_text()


def test_walk_from_the_home_screen_to_one_dossier(
    app_server, page: Page, new_page: Callable[..., Page], screenshot
) -> None:
    page.goto(app_server.url)
    settled(page)
    screenshot(page, "walk-1-home")
    line = page.locator(".dh-calls li", has_text="dưới mục tiêu").first
    unit = line.locator(".dh-call-unit").inner_text()
    dossiers = line.locator(".dh-link", has_text="hồ sơ").first
    promised = count_in(dossiers.inner_text())

    dossiers.click()
    page.wait_for_url(re.compile("figure="))
    settled(page)
    screenshot(page, "walk-2-late")
    assert heading_count(page) == promised
    expect(page.locator("a.dh-chip", has_text=unit)).to_be_visible()
    listed = page.url

    code = open_first_dossier(page)
    screenshot(page, "walk-3-dossier")
    timeline = page.locator(".dh-timeline").inner_text()
    assert "Tiếp nhận" in timeline
    opened = page.url

    stranger = new_page()
    stranger.goto(listed)
    settled(stranger)
    assert heading_count(stranger) == promised

    colleague = new_page()
    colleague.goto(opened)
    settled(colleague)
    assert colleague.locator(CODE).inner_text() == code
    assert colleague.locator(".dh-timeline").inner_text() == timeline


def test_each_headline_figure_opens_exactly_its_dossiers(app_server, page: Page) -> None:
    walk = Walk(page)
    walk.to(app_server.url)
    cards = {}
    for key in ("received", "resolved", "pending_overdue"):
        text = page.locator(f".st-key-card_{key} .dh-value").inner_text()
        cards[key] = int(text.split()[0].replace(".", ""))
    for key, number in cards.items():
        walk.to(app_server.url)
        page.locator(f".st-key-card_{key} a", has_text="Mở hồ sơ").click()
        page.wait_for_url(re.compile(f"figure={key}"))
        settled(page)
        assert heading_count(page) == number


def _shown(page: Page, month: int, reading: str) -> None:
    """Waits until the bar shows it: the address changes before the screen does."""
    expect(page.locator(".st-key-scope_period")).to_contain_text(
        f"Tháng {month:02d}/2026", timeout=30_000
    )
    expect(page.locator(".st-key-scopebar button", has_text="Đúng hạn:").first).to_contain_text(
        reading, timeout=30_000
    )
    settled(page)


def test_a_closed_popover_changes_nothing_by_itself(app_server, page: Page) -> None:
    """Its widgets' old values went along with the next click, and were taken for choices."""
    start = f"{app_server.url}/don-vi?period=month%3A2026-05"
    page.goto(start)
    settled(page)
    page.locator("button", has_text="Đúng hạn:").first.click()
    page.locator("[data-testid=stRadio] [role=radiogroup] label").nth(1).click()
    page.wait_for_url(re.compile("def=portal"))
    chosen = page.url
    _shown(page, 5, "QĐ 766")
    page.keyboard.press("Escape")
    page.locator(".st-key-chips button", has_text="QĐ 766").first.click()
    page.wait_for_url(start)
    _shown(page, 5, "II.06a")
    page.locator(".st-key-period_back button").first.click()
    page.wait_for_url(re.compile("2026-04"))
    _shown(page, 4, "II.06a")
    for before, reading in ((start, "II.06a"), (chosen, "QĐ 766"), (start, "II.06a")):
        page.go_back()
        _shown(page, 5, reading)
        page.wait_for_timeout(1_000)  # an address that changes by itself does so afterwards
        assert page.url == before
