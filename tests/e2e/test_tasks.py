"""In a browser: a task is added and launched; 25/29 becomes 26/29, with its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from connectors.database.session import open_database
from connectors.settings import Settings
from tests.e2e.app_server import AppServer, Installation
from tests.e2e.walk import pick
from tests.tasks_register import NAME, load_tasks

SLOW = 60_000
_TEXTS = {
    "Mã nhiệm vụ *": "29",
    "Tên nhiệm vụ *": "Số hóa hồ sơ lưu trữ",
    "Người phụ trách *": "Bà Nguyễn Thị Lan",
    "Sản phẩm *": "Kho hồ sơ số",
    "Trách nhiệm *": "Phòng Nội vụ chủ trì",
    "Thẩm quyền *": "Chủ tịch UBND",
}


@pytest.fixture
def app(
    tmp_path: Path, few: Callable[[Path], Installation], start_app: Callable[..., AppServer]
) -> AppServer:
    """The app with a programme of 28 tasks, 25 launched; it may be written to."""
    installation = few(tmp_path)
    settings = Settings(data_dir=tmp_path, database_url=installation.database_url)
    engine = open_database(settings.database_url)
    load_tasks(engine, settings, tmp_path)
    engine.dispose()
    return start_app(installation)


def _fold(page: Page, label: str) -> Locator:
    """Opens the fold of that name."""
    fold = page.locator("details").filter(has=page.locator("summary", has_text=label)).first
    fold.locator("summary").click()
    return fold


def test_a_task_is_added_and_launched(
    app: AppServer, page: Page, screenshot: Callable[..., Path]
) -> None:
    page.goto(f"{app.url}/nhiem-vu?period=year:{date.today().year}")
    launched = page.locator(".st-key-card_tasks_launched .dh-value")
    expect(launched).to_have_text("25/28", timeout=SLOW)
    expect(page.locator(".st-key-card_tasks_completed")).to_contain_text("chưa rõ", timeout=SLOW)

    form = _fold(page, "Thêm nhiệm vụ")
    pick(page, form, "Mã chương trình *", NAME)
    pick(page, form, "Đơn vị chủ trì *", "Thành phố Hà Nội")
    for label, text in _TEXTS.items():
        form.get_by_label(label, exact=True).fill(text)
    form.get_by_role("button", name="Thêm nhiệm vụ").click()
    # Neither a due date nor "thường xuyên": refused, and nothing typed is lost.
    expect(form.get_by_text("Rõ thời gian: hãy chọn hạn")).to_be_visible(timeout=SLOW)
    form.get_by_text("Thường xuyên", exact=True).click()
    form.get_by_role("button", name="Thêm nhiệm vụ").click()
    expect(page.get_by_text("Đã thêm nhiệm vụ “Số hóa hồ sơ lưu trữ”.")).to_be_visible(timeout=SLOW)
    expect(launched).to_have_text("25/29", timeout=SLOW)

    # Anywhere in the row; what opens is in view and has the focus.
    page.locator("tr.dh-opens").filter(has_text="Số hóa hồ sơ lưu trữ").locator("td").nth(1).click()
    panel = page.locator(".st-key-task_panel")
    expect(panel.get_by_role("heading", level=2)).to_be_focused(timeout=SLOW)
    expect(panel.get_by_role("heading", level=2)).to_be_in_viewport(timeout=SLOW)
    expect(panel).to_contain_text("Chưa có cập nhật hay đôn đốc nào.", timeout=SLOW)
    form = _fold(page, "Cập nhật tình hình")
    form.get_by_role("radiogroup", name="Được triển khai").get_by_text("Có", exact=True).click()
    form.get_by_label("Tình hình", exact=True).fill("Đã số hóa 40% kho")
    form.get_by_role("button", name="Ghi tình hình").click()

    expect(launched).to_have_text("26/29", timeout=SLOW)
    history = panel.locator(".dh-timeline")
    expect(history).to_contain_text("Đã số hóa 40% kho", timeout=SLOW)
    expect(history).to_contain_text("Người dùng admin-tat-ca (admin-tat-ca)")
    assert "task=" in page.url
    screenshot(page, "tasks-launched", whole=True)
