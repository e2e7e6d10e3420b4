"""From home by "/" to any dossier by its code, on time or not, with the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import select

from connectors.database.models import Dossier
from connectors.database.session import open_database
from tests.e2e.app_server import AppServer
from tests.e2e.keyboard import tab_to

SLOW = 60_000


def test_an_on_time_dossier_is_found_from_home(
    app_server: AppServer, new_page: Callable[..., Page], screenshot: Callable[..., Path]
) -> None:
    engine = open_database(app_server.installation.database_url)
    with engine.connect() as connection:
        query = select(Dossier.code).where(Dossier.ended_at < Dossier.due_at)
        code = connection.execute(query.order_by(Dossier.id.desc()).limit(1)).scalar_one()
    engine.dispose()
    page = new_page("reform")
    page.goto(app_server.url)
    expect(page.get_by_role("heading", name=re.compile("Cần chỉ đạo"))).to_be_visible(timeout=SLOW)
    page.keyboard.press("/")
    field = page.get_by_label("Tìm gì")
    expect(field).to_be_focused(timeout=SLOW)
    # In the field the sign is a sign.
    page.keyboard.type(f"{code}/")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=code, exact=True)).to_be_visible(timeout=SLOW)
    assert code not in page.url
    screenshot(page, "search-code")
    tab_to(page, f'a[href*="{code}"]')
    page.keyboard.press("Enter")
    panel = page.locator(".st-key-dossier_panel")
    expect(panel.get_by_role("heading", name=code)).to_be_visible(timeout=SLOW)
    expect(panel).to_contain_text("Đúng hạn")
    expect(panel).not_to_contain_text("không có trong danh sách")
