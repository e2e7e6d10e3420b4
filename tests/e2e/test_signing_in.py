"""In a browser: from the first start to the first figure, and out again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.app_server import AppServer, Installation
from ui.shell.registry import SCREENS

SLOW = 30_000
OWN = "mùa thu lá vàng rơi"
WEEK = "period=week%3A2026-06-22"


@pytest.fixture
def fresh(
    tmp_path: Path, few: Callable[[Path], Installation], start_app: Callable[..., AppServer]
) -> tuple[AppServer, str, str]:
    """A new installation, its first administrator's name and one-time pass-phrase."""
    installation = few(tmp_path)
    told = installation.connectors("account", "first", "--show")
    name = re.search(r"Tên đăng nhập:\s+(\S+)", told)
    once = re.search(r"Mật khẩu dùng một lần:\s+(\S+)", told)
    assert name
    assert once
    assert installation.connectors("account", "first") == ""
    return start_app(installation), name[1], once[1]


def _fill(page: Page, name: str, passphrase: str) -> None:
    page.get_by_label("Tên đăng nhập").fill(name)
    page.get_by_label("Mật khẩu", exact=True).fill(passphrase)
    page.get_by_role("button", name="Đăng nhập").click()


def test_from_the_first_start_to_the_first_figure_and_out(
    fresh, new_page: Callable[..., Page], screenshot
) -> None:
    server, name, once = fresh
    page = new_page(role=None)
    page.goto(f"{server.url}/don-vi?{WEEK}")
    page.get_by_label("Tên đăng nhập").wait_for(timeout=SLOW)
    screenshot(page, "sign-in")
    _fill(page, name, "một câu không phải của ai")
    expect(page.get_by_text("Tên đăng nhập hoặc mật khẩu không đúng")).to_be_visible(timeout=SLOW)

    _fill(page, name, once)
    page.get_by_text("Đặt mật khẩu của bạn").wait_for(timeout=SLOW)
    screenshot(page, "sign-in-first-time")
    expect(page.locator(".st-key-scopebar")).to_have_count(0)
    page.get_by_label("Mật khẩu hiện tại").fill(once)
    page.get_by_label("Mật khẩu mới", exact=True).fill(OWN)
    page.get_by_label("Nhập lại mật khẩu mới").fill(OWN)
    page.get_by_role("button", name="Đổi mật khẩu").click()

    # The address that was asked for first is still there.
    page.locator(".st-key-scopebar").wait_for(timeout=SLOW)
    assert page.url == f"{server.url}/don-vi?{WEEK}"
    cookie = next(one for one in page.context.cookies() if one["name"] == "dung-han")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert page.evaluate("document.cookie").find("dung-han=") == -1

    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=SLOW)
    page.locator(".st-key-account_menu button").first.click()
    page.get_by_role("button", name="Đăng xuất", exact=True).click()
    page.get_by_text("Đã đăng xuất.").wait_for(timeout=SLOW)
    expect(page.locator(".st-key-scopebar")).to_have_count(0)

    # The copied cookie is worth nothing after signing out.
    thief = new_page(role=None)
    copied: Any = {"name": cookie["name"], "value": cookie["value"], "url": server.url}
    thief.context.add_cookies([copied])
    thief.goto(server.url)
    thief.get_by_label("Tên đăng nhập").wait_for(timeout=SLOW)
    expect(thief.locator(".st-key-scopebar")).to_have_count(0)


def test_nobody_gets_anything_but_the_form(app_server, new_page) -> None:
    """No screen, no stream, and none of the app's program."""
    page = new_page(role=None)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    for screen in SCREENS:
        page.goto(f"{app_server.url}/{screen.path}")
        page.get_by_label("Tên đăng nhập").wait_for(timeout=SLOW)
        content = page.content()
        for word in ("stApp", "Phường", "Sở Nội vụ", "DỮ LIỆU MINH HỌA", "Số liệu đến"):
            assert word not in content, screen.key
    assert sockets == []
