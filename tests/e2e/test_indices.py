"""Indices in the browser: an index is opened and three provinces are compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from connectors.registers.examples import FACTS
from tests.e2e.app_server import AppServer, Installation
from tests.e2e.walk import pick


@pytest.fixture(scope="module")
def indexed(
    few: Callable[[Path], Installation],
    start_app: Callable[..., AppServer],
    tmp_path_factory: pytest.TempPathFactory,
) -> AppServer:
    """The app on an installation of its own, with the shipped reference values."""
    installation = few(tmp_path_factory.mktemp("indexed"))
    installation.connectors(
        "register", "import", "index_score", str(FACTS), "--mapping", "indices-facts", "--by", "Lan"
    )
    return start_app(installation)


def _settled(page: Page) -> None:
    page.locator(".st-key-scopebar").wait_for()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60_000)


def test_an_index_of_three_provinces(
    page: Page, indexed: AppServer, screenshot: Callable[..., object]
) -> None:
    page.goto(f"{indexed.url}/chi-so?year=2021&base=2020")
    _settled(page)
    rank = page.locator(".st-key-card_index_rank")
    expect(rank).to_contain_text("9/63", timeout=60_000)
    expect(rank).to_contain_text("+39 bậc")
    expect(rank).to_contain_text("nguồn khác: hạng 10")

    pick(page, page, "Chỉ số", "SIPAS")
    page.wait_for_url("**index=SIPAS**")
    for name, code in (("Đà Nẵng", "48"), ("Hải Phòng", "31")):
        pick(page, page, "So với (tối đa 3)", name)
        page.wait_for_url(f"**with=**{code}**")
    page.keyboard.press("Escape")
    _settled(page)
    charts = page.get_by_test_id("stPlotlyChart")
    for chart in (charts.nth(0), charts.nth(1)):
        for name in ("Hà Nội", "Đà Nẵng", "Hải Phòng"):
            expect(chart.locator(".annotation-text").filter(has_text=name)).to_be_visible(
                timeout=60_000
            )
    screenshot(page, "indices-three-provinces", whole=True)

    # The address alone brings the same choice back.
    page.goto(page.url)
    _settled(page)
    expect(page.get_by_role("heading", name="Chỉ số · SIPAS · Hà Nội")).to_be_visible(
        timeout=60_000
    )
    expect(charts.nth(1).locator(".annotation-text").filter(has_text="Hải Phòng")).to_be_visible()
