"""A finding in the browser: entered, past its date, seen on the home screen, closed.

The moment is in the address each time; nothing depends on the day of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.app_server import AppServer, Installation
from tests.e2e.walk import Walk, pick

WEEK = "period=week:2026-W26"
DESCRIPTION = "Niêm yết thiếu 12 thủ tục tại bộ phận một cửa"
VISITS = """Mã cuộc kiểm tra,Loại,Đơn vị được kiểm tra,Từ ngày,Đến ngày,Nguồn
KT-2026-01,Đột xuất,Phường Ba Đình,01/06/2026,02/06/2026,Kế hoạch 45/KH-UBND
"""


@pytest.fixture(scope="module")
def inspected(
    few: Callable[[Path], Installation],
    start_app: Callable[..., AppServer],
    tmp_path_factory: pytest.TempPathFactory,
) -> AppServer:
    """The app on an installation of its own, with one visit and no finding."""
    installation = few(tmp_path_factory.mktemp("inspected"))
    path = installation.folder / "visits.csv"
    path.write_text(VISITS, encoding="utf-8")
    installation.connectors("register", "import", "inspection", str(path), "--by", "Lan")
    return start_app(installation)


def _form(page: Page, title: str) -> Locator:
    box = page.get_by_test_id("stExpander").filter(has_text=title).first
    box.locator("summary").click()
    return box


def _card(page: Page) -> Locator:
    return page.locator(".st-key-card_findings")


def _date(form: Locator, label: str, text: str) -> None:
    """A date typed part by part: the field has a part each for day, month and year."""
    for part, typed in zip(("day", "month", "year"), text.split("/"), strict=True):
        box = form.get_by_role("spinbutton", name=f"{part}, {label}")
        box.click()
        box.press_sequentially(typed)


def test_a_finding_from_entry_to_re_inspection(
    page: Page, inspected: AppServer, screenshot: Callable[..., object]
) -> None:
    walk = Walk(page)
    walk.to(f"{inspected.url}/?{WEEK}&asof=2026-06-28T17:00")
    expect(_card(page)).to_contain_text("chưa có dữ liệu", timeout=60_000)

    walk.to(f"{inspected.url}/kiem-tra?{WEEK}&asof=2026-06-28T17:00")
    _enter_finding(page)
    expect(page.get_by_text("Đã thêm tồn tại.")).to_be_visible(timeout=60_000)

    # On its last day it is not late; the day after, it is.
    walk.to(f"{inspected.url}/?{WEEK}&asof=2026-06-25T00:00")
    expect(_card(page)).to_contain_text("không tồn tại nào quá hạn", timeout=60_000)
    walk.to(f"{inspected.url}/?{WEEK}&asof=2026-06-28T17:00")
    expect(_card(page)).to_contain_text("1 quá hạn", timeout=60_000)
    line = page.locator(".dh-calls li").filter(has_text="1 tồn tại kiểm tra quá hạn")
    expect(line).to_contain_text("Phường Ba Đình")
    screenshot(page, "home-with-a-finding-past-due")

    line.locator(".dh-link").first.click()
    page.wait_for_url("**/kiem-tra?**figure=findings_past_due**")
    assert "asof=2026-06-28" in page.url
    row = page.locator("tr.dh-opens").filter(has_text=DESCRIPTION)
    row.locator("td").last.click()
    page.wait_for_url("**finding=**")
    page.get_by_role("link", name="Đóng").click()
    expect(page.locator(".st-key-finding_panel")).to_have_count(0, timeout=60_000)
    assert "finding=" not in page.url
    # Back at its row, from where the keyboard opens it again; moving opened nothing.
    link = row.get_by_role("link")
    expect(link).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(link).to_be_focused()
    # A run that draws the table anew does not take the keyboard's place away.
    row.evaluate("row => { const all = row.closest('table'); all.outerHTML = all.outerHTML; }")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**finding=**")
    expect(page.locator(".st-key-finding_panel")).to_contain_text("đã quá 4 ngày", timeout=60_000)
    screenshot(page, "finding-open", whole=True)
    _close_finding(page)
    expect(page.get_by_text("Đã ghi kết quả: đã khắc phục.")).to_be_visible(timeout=60_000)
    panel = page.locator(".st-key-finding_panel")
    expect(panel).to_contain_text("● Khắc phục quá hạn")
    expect(panel).to_contain_text(
        "tái kiểm tra KT-2026-01-T1 – Người dùng admin-tat-ca (admin-tat-ca)"
    )
    screenshot(page, "finding-closed", whole=True)

    walk.to(f"{inspected.url}/?{WEEK}&asof=2026-06-28T17:00")
    expect(_card(page)).to_contain_text("đã khắc phục 1/1 tồn tại", timeout=60_000)
    expect(page.locator(".dh-calls li").filter(has_text="tồn tại kiểm tra")).to_have_count(0)
    # Before the re-inspection it was open, and stays so when looked at as of then.
    walk.to(f"{inspected.url}/?{WEEK}&asof=2026-06-27T00:00")
    expect(_card(page)).to_contain_text("1 quá hạn", timeout=60_000)


def _enter_finding(page: Page) -> None:
    form = _form(page, "Thêm tồn tại")
    pick(page, form, "Mã cuộc kiểm tra *", "KT-2026-01")
    form.get_by_label("Mã tồn tại *", exact=True).fill("TT-2026-01")
    pick(page, form, "Nhóm lỗi *", "Một cửa")
    form.get_by_label("Chịu trách nhiệm", exact=True).fill("Chủ tịch UBND phường")
    _date(form, "Hạn khắc phục", "24/06/2026")
    form.get_by_label("Nguồn *", exact=True).fill("Biên bản 12")
    form.get_by_label("Mô tả *", exact=True).fill(DESCRIPTION)
    form.get_by_label("Kiến nghị", exact=True).fill("Niêm yết đủ, báo cáo bằng văn bản")
    form.get_by_role("button", name="Thêm tồn tại").click()


def _close_finding(page: Page) -> None:
    form = _form(page, "Tái kiểm tra, xác nhận khắc phục")
    _date(form, "Ngày xác nhận", "28/06/2026")
    form.get_by_text("Đã khắc phục", exact=True).click()
    form.get_by_label("Biên bản, văn bản").fill("Biên bản tái kiểm tra 3")
    form.get_by_role("button", name="Ghi kết quả").click()
