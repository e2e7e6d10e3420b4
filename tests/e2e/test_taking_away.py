"""What leaves the screen by a click: tables, charts, a long list; opened by other readers."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fastexcel
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.app_server import AppServer

SVG = "{http://www.w3.org/2000/svg}"


def _taken(page: Page, click: Callable[[], Any]) -> tuple[str, Path]:
    """The name and the content of what a click brings."""
    with page.expect_download() as waiting:
        click()
    return waiting.value.suggested_filename, waiting.value.path()


def test_a_chart_is_taken_away_as_a_picture_without_a_network(
    app_server: AppServer, page: Page
) -> None:
    page.goto(f"{app_server.url}/don-vi?unit={app_server.installation.unit('Phường Hà Đông')}")
    expect(page.locator(".st-key-unit_series .main-svg .scatterlayer").first).to_be_visible()
    # Of the series, beside those of the other charts.
    taken = page.locator(".dh-take").filter(
        has=page.locator('button[data-title^="Tỷ lệ đúng hạn của"]')
    )
    expect(taken).to_have_count(1)
    buttons = taken.locator("button")
    expect(buttons).to_have_count(2)
    expect(page.locator(".modebar-btn:visible")).to_have_count(0)
    page.context.set_offline(offline=True)
    try:
        png, painted = _taken(page, buttons.nth(0).click)
        svg, drawn = _taken(page, buttons.nth(1).click)
    finally:
        page.context.set_offline(offline=False)
    assert png.startswith("Tỷ lệ đúng hạn của Phường Hà Đông qua")
    assert (png[-4:], svg[-4:]) == (".png", ".svg")
    root = ElementTree.fromstring(drawn.read_bytes())
    words = " ".join("".join(each.itertext()) for each in root.iter(f"{SVG}text"))
    assert "Tỷ lệ đúng hạn của Phường Hà Đông qua" in words
    assert "DỮ LIỆU MINH HỌA" in words
    assert "mục tiêu 98%" in words
    assert len(list(root.iter(f"{SVG}path"))) > 20
    picture = Image.open(painted).convert("RGB")
    assert picture.width == 2 * float(root.attrib["width"])
    colours = picture.getcolors(1 << 24)
    assert colours is not None
    assert len(colours) > 50, "lines, bars and letters are on it"
    assert max(colours)[1] == (255, 255, 255), "on the ground of the screen"
    # On paper it is as wide as the page, and nothing of it is clipped.
    page.emulate_media(media="print")
    inner, outer, shape = page.evaluate(
        """() => {
            const chart = document.querySelector(".stPlotlyChart");
            const [whole, layer] = [".svg-container", ".svg-container > .main-svg"].map(
                (each) => chart.querySelector(each));
            const before = `0 0 ${layer.getAttribute("width")} ${layer.getAttribute("height")}`;
            dispatchEvent(new Event("beforeprint"));
            chart.style.width = "500px";
            const edges = [whole, chart].map((each) => each.getBoundingClientRect().right);
            return [...edges, layer.getAttribute("viewBox") === before];
        }"""
    )
    assert inner <= outer + 1
    assert shape


def test_small_charts_and_a_heat_map_are_pictures_too(app_server: AppServer, page: Page) -> None:
    page.goto(f"{app_server.url}/don-vi")
    expect(page.locator(".dh-multiple").first).to_be_visible()
    name, drawn = _taken(page, page.locator(".dh-take button[data-kind=svg]").last.click)
    assert name.startswith("Tỷ lệ đúng hạn của từng đơn vị, 1 12".replace(",", ""))
    root = ElementTree.fromstring(drawn.read_bytes())
    assert len(list(root.iter(f"{SVG}svg"))) == 1 + page.locator(".dh-multiple").count()
    words = "".join(each.text or "" for each in root.iter(f"{SVG}text"))
    first = page.locator(".dh-multiples a").first.inner_text()
    assert "".join(first.split()) in "".join(words.split())


def test_a_table_is_taken_away_and_named_in_vietnamese(app_server: AppServer, page: Page) -> None:
    page.goto(f"{app_server.url}/don-vi")
    expect(page.locator(".dh-rows").first).to_be_visible()
    names = page.locator(".dh-rows").first.locator("tbody .dh-name").all_inner_texts()
    button = page.get_by_role("button", name="Tải bảng XLSX").first
    name, content = _taken(page, button.click)
    assert name.startswith("Xếp hạng đơn vị Tất cả đơn vị 2026")
    sheet = fastexcel.read_excel(content).load_sheet(0, header_row=None).to_polars()
    told = sheet.to_series(0).to_list()
    head = told.index("Đơn vị")
    assert told[:4] == ["Bảng", "Phạm vi", "Kỳ đang xem", "Số liệu đến"]
    assert told[head + 1 :] == names


def test_a_long_list_is_made_with_a_bar_and_arrives_whole(
    app_server: AppServer, page: Page
) -> None:
    page.goto(f"{app_server.url}/ho-so-tre-han?figure=received&period=year:2026")
    count = page.locator(".dh-count b")
    expect(count).to_be_visible()
    total = int(count.inner_text().replace(".", ""))
    assert total > 20_000
    page.get_by_role("button", name="Lập XLSX").click()
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_text("Đang ghi dòng").first).to_be_visible()
    ready = page.get_by_role("button", name="Lưu Hồ sơ")
    expect(ready).to_be_visible()
    name, content = _taken(page, ready.click)
    assert name.startswith("Hồ sơ ")
    assert name.endswith(".xlsx")
    raw = content.read_bytes()
    held = fastexcel.read_excel(raw).load_sheet(0, header_row=None, column_names=None)
    lines = held.to_polars()
    told = lines.to_series(0).to_list()
    assert len(told) - told.index("Mã hồ sơ") - 1 == total
    assert len(set(told[told.index("Mã hồ sơ") + 1 :])) == total
    assert io.BytesIO(raw).read(2) == b"PK"


def test_the_deck_and_the_briefing_leave_by_a_click_each(app_server: AppServer, page: Page) -> None:
    page.goto(f"{app_server.url}/trinh-chieu")
    expect(page.locator(".dh-deck .dh-slide").first).to_be_attached(timeout=60_000)
    for label, begins in (
        # The other two of each: tests/pages/presenting.
        ("Tải bản trình chiếu PPTX", b"PK"),
        ("Tải báo cáo nhanh PDF", b"%PDF"),
    ):
        name, file = _taken(page, page.get_by_role("button", name=label).click)
        assert file.read_bytes().startswith(begins), label
        kind, layout = label.removeprefix("Tải ").rsplit(" ", 1)
        assert name.lower().startswith(kind), "its name has its Vietnamese letters"
        assert name.endswith(f".{layout.lower()}")
        assert "Không tải được" not in name
