"""A screen on paper: tables whole with their headings, no controls, what it is of on each page.

Seen before: 13 of 138 units, clipped columns, rows torn in two, the boxes of the scope bar.
"""

from __future__ import annotations

from io import BytesIO

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.e2e.app_server import AppServer


def _close(text: str) -> str:
    """Without blanks: a reader of PDF finds some between letters of two fonts."""
    return "".join(text.split())


def _printed(page: Page, landscape: bool) -> list[str]:
    """The letters of each page."""
    paper = page.pdf(format="A4", landscape=landscape)
    return [_close(each.extract_text()) for each in PdfReader(BytesIO(paper)).pages]


def test_a_printed_screen_is_whole_and_says_what_it_is_of(
    app_server: AppServer, page: Page
) -> None:
    page.goto(app_server.url)
    rows = page.locator(".dh-tall tbody tr")
    expect(rows.first).to_be_visible()
    names = rows.locator(".dh-name").all_inner_texts()
    assert len(names) > 100
    for landscape in (False, True):
        pages = _printed(page, landscape)
        for number, text in enumerate(pages, 1):
            assert _close("Tất cả đơn vị · Tuần ") in text
            assert _close("Đúng hạn: biểu II.06a") in text
            assert f"Trang{number}/{len(pages)}" in text
        whole = "".join(pages)
        assert [name for name in names if _close(name) not in whole] == []
        # Each page that the table of units goes on to has its headings again.
        on = [number for number, text in enumerate(pages) if _close(names[-1]) in text]
        headed = [number for number, text in enumerate(pages) if _close("Các kỳ qua") in text]
        assert headed == list(range(headed[0], on[-1] + 1))
        assert on[-1] > headed[0]
        for control in ("Cách tính", "Đăng xuất", "keyboard_arrow_down", "Đặt lại"):
            assert _close(control) not in whole
