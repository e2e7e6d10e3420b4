"""Service quality in a browser: a formula unfolds in its row; the row opens its component."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.app_server import AppServer
from tests.e2e.walk import settled


def test_a_formula_unfolds_and_a_row_opens(page: Page, app_server: AppServer) -> None:
    page.goto(f"{app_server.url}/chat-luong-phuc-vu")
    settled(page)
    row = page.locator("tr.dh-opens", has_text="Công thức").first
    row.locator("summary").click()
    expect(row.get_by_text("Mẫu số")).to_be_visible()
    assert "component=" not in page.url

    row.locator("td").nth(1).click()
    page.wait_for_url("**component=**")
    settled(page)
    expect(page.locator(".st-key-component_panel")).to_contain_text("Công thức")
