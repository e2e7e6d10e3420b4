"""Signs in to an address as the first administrator does: NAME, PASS-PHRASE, PICTURE (a script)."""

from __future__ import annotations

import sys

from playwright.sync_api import sync_playwright

from tests.e2e.chromium import system_browser

OWN = "mùa thu lá vàng rơi trên phố"
SLOW = 120_000


def sign_in(address: str, name: str, once: str, picture: str) -> str:
    """The heading of the screen that is then shown."""
    host = address.removeprefix("https://")
    arguments = ["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {host} 127.0.0.1"]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=system_browser(), args=arguments) as browser,
    ):
        page = browser.new_page(ignore_https_errors=True, locale="vi-VN")
        page.set_default_timeout(SLOW)
        page.goto(address)
        page.get_by_label("Tên đăng nhập").fill(name)
        page.get_by_label("Mật khẩu", exact=True).fill(once)
        page.get_by_role("button", name="Đăng nhập").click()
        page.get_by_label("Mật khẩu hiện tại").fill(once)
        page.get_by_label("Mật khẩu mới", exact=True).fill(OWN)
        page.get_by_label("Nhập lại mật khẩu mới").fill(OWN)
        page.get_by_role("button", name="Đổi mật khẩu").click()
        page.locator(".st-key-account_menu").first.wait_for()
        heading = page.get_by_role("heading", level=1).first.inner_text()
        page.screenshot(path=picture)
        return heading


if __name__ == "__main__":
    sys.stdout.write(sign_in(*sys.argv[1:]))
