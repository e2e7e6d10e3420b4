"""In a browser, straight after a cold start: each role on each page, beginning with a refused one.

What a role may see is written out here by hand, so that a change of the table shows.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.app_server import AppServer, Installation
from ui.shell.registry import SCREENS

REFUSED = {
    "admin": set[str](),
    "leader": {"admin"},
    "reform": {"admin"},
    "presenter": {"admin", "data"},
    "unit": {"admin", "data"},
}
WARD = "Phường Hà Đông"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("roles"))
    installation.connectors("migrate")
    installation.connectors("sample", "--end", "2026-06-28", "--dossiers", "1500")
    return installation


@pytest.mark.parametrize("role", REFUSED)
def test_each_page_is_shown_or_refused(
    role: str,
    small: Installation,
    start_app: Callable[..., AppServer],
    new_page: Callable[..., Page],
) -> None:
    page = new_page(role=role, unit_id=small.unit(WARD) if role == "unit" else None)
    with start_app(small) as server:
        # The first address that the fresh process is asked for is one that is refused.
        for screen in sorted(SCREENS, key=lambda screen: screen.key not in REFUSED[role]):
            page.goto(f"{server.url}/{screen.path}")
            heading = page.locator("h1").first
            heading.wait_for(timeout=30_000)
            if screen.key in REFUSED[role]:
                expect(heading).to_have_text("Không được phép xem")
                expect(page.locator(".st-key-scopebar")).to_have_count(0)
            else:
                expect(page.locator(".st-key-scopebar")).to_be_visible(timeout=30_000)
                expect(heading).not_to_have_text("Không được phép xem")
