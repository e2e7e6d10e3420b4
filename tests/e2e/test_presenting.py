"""In a browser: a whole deck by keyboard; a meeting prepared, presented, decided, met again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.app_server import AppServer, Installation
from tests.e2e.walk import pick, settled

SLOW = 60_000
WEEK, NEXT = "week:2026-W25", "week:2026-W26"
_PAINTED = """async key => {
    const slide = () => document.querySelector("#dh-show .dh-slide[data-now]");
    const before = slide(), begun = performance.now();
    document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return [before !== slide(), performance.now() - begun];
}"""


def _now(page: Page) -> Locator:
    return page.locator("#dh-show .dh-slide[data-now]")


def _key(page: Page) -> str:
    return str(_now(page).get_attribute("data-key"))


def test_a_presenter_shows_a_whole_deck_by_keyboard(
    app_server: AppServer, new_page: Callable[..., Page], screenshot: Callable[..., Path]
) -> None:
    page = new_page("presenter", viewport={"width": 1920, "height": 1080})
    asked: list[object] = []
    page.on("websocket", lambda stream: stream.on("framesent", lambda sent: asked.append(sent)))
    page.goto(f"{app_server.url}/trinh-chieu?period={NEXT}")
    page.locator(".dh-present").first.wait_for(timeout=SLOW)
    settled(page)
    page.locator(".dh-present").first.click()
    count = page.locator("#dh-show .dh-slide").count()
    before = len(asked)
    assert count >= 12
    seconds = int(page.locator(".dh-deck").get_attribute("data-seconds") or 0)
    press = page.keyboard.press

    # The click has filled the screen; F leaves it and says how to come back.
    full = "() => document.fullscreenElement !== null"
    page.wait_for_function(full)
    press("f")
    page.wait_for_function(f"() => !({full})()")
    expect(page.locator("#dh-typed")).to_contain_text("bấm F để chiếu toàn màn hình")
    press("f")
    page.wait_for_function(full)

    slowest, seen = 0.0, [_key(page)]
    for key in ["ArrowRight", " ", "PageDown", *["ArrowRight"] * (count - 4)]:
        changed, took = page.evaluate(_PAINTED, key)
        assert changed
        slowest = max(slowest, took)
        seen.append(_key(page))
        assert _too_small(page) == [], seen[-1]
    assert len(set(seen)) == count
    assert slowest < 150
    assert before
    assert len(asked) == before  # the whole deck was there: turning asks the app for nothing
    screenshot(page, "presenting-last")

    for key, place in (("Home", 0), ("End", -1), ("ArrowLeft", -2), ("PageUp", -3)):
        press(key)
        assert _key(page) == seen[place], key
    press("3")
    press("Enter")
    assert _key(page) == "headline"
    ground = _now(page).evaluate("e => getComputedStyle(e).backgroundColor")
    press("d")
    assert _now(page).evaluate("e => getComputedStyle(e).backgroundColor") != ground

    # The screen behind the slide, and back to the same slide.
    press("o")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Điều hành tuần", timeout=SLOW)
    expect(page.locator("#dh-show")).to_be_hidden()
    press("o")
    assert _key(page) == "headline"

    # What the speaker has beside it.
    with page.expect_popup() as opened:
        press("s")
    speaker = opened.value
    expect(speaker.locator(".dh-w-notes")).to_contain_text("Căn cứ")
    expect(speaker.locator(".dh-w-now")).to_contain_text(":")
    speaker.keyboard.press("ArrowRight")
    assert _key(page) == "trend"
    expect(speaker.locator(".dh-slide").last).to_have_attribute("data-key", "units")

    speaker.clock.install()
    gone = speaker.locator(".dh-w-gone")
    said = gone.text_content()
    page.bring_to_front()

    # By itself, until it is stopped; nobody waits for it here.
    page.clock.install()
    press("Home")
    press("a")
    page.clock.run_for(seconds * 1000)
    assert _key(page) == seen[1]
    page.clock.run_for(seconds * 1000)
    assert _key(page) == seen[2]
    press("a")
    page.clock.run_for(2 * seconds * 1000)
    assert _key(page) == seen[2]
    expect(gone).not_to_have_text(said or "")
    speaker.close()
    press("Escape")
    expect(page.locator("#dh-show")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trình chiếu", timeout=SLOW)


def _too_small(page: Page) -> list[str]:
    """Texts of the slide that nobody reads from afar, or that are outside it."""
    found: list[str] = _now(page).evaluate(
        """slide => [...slide.querySelectorAll(".dh-s *")].filter(one => {
            const own = [...one.childNodes].some(n => n.nodeType === 3 && n.data.trim());
            const box = one.getBoundingClientRect(), all = slide.getBoundingClientRect();
            const outside = box.bottom > all.bottom + 1 || box.right > all.right + 1;
            return own && (outside || parseFloat(getComputedStyle(one).fontSize) < 23.9);
        }).map(one => one.textContent)"""
    )
    return found


def test_a_meeting_is_prepared_presented_and_met_again(
    few: Callable[[Path], Installation],
    tmp_path: Path,
    start_app: Callable[..., AppServer],
    new_page: Callable[..., Page],
) -> None:
    with start_app(few(tmp_path)) as server:
        page = new_page("presenter")
        page.goto(f"{server.url}/trinh-chieu?period={WEEK}")
        pick(page, page, "Trang cần sửa", "Số liệu chính")
        page.get_by_role("button", name="Lên trước").click()
        expect(page.locator(".dh-deck .dh-slide").nth(1)).to_have_attribute(
            "data-key", "headline", timeout=SLOW
        )
        settled(page)
        page.get_by_role("textbox", name="Lời của người trình bày").fill("Kính thưa hội nghị")
        page.get_by_role("button", name="Ghi lời").click()
        own = page.locator(".dh-deck .dh-s-own")
        expect(own).to_have_text("Kính thưa hội nghị", timeout=SLOW)

        page.locator(".dh-present").first.click()
        page.keyboard.press("ArrowRight")
        expect(_now(page).locator(".dh-s-own")).to_have_text("Kính thưa hội nghị")
        for text in ("Gọi các phường còn hồ sơ trễ", "Báo cáo nguyên nhân"):
            page.keyboard.press("n")  # the form, with the focus in it
            expect(page.get_by_role("textbox", name="Việc giao *")).to_be_focused(timeout=SLOW)
            page.keyboard.type(text)
            pick(page, page, "Đơn vị được giao *", "Thành phố Hà Nội")
            page.get_by_role("button", name="Ghi việc giao").click()
            expect(page.locator(".stMarkdown").filter(has_text=text)).to_be_visible(timeout=SLOW)
            settled(page)
            page.locator("#dh-back").click()
            assert _key(page) == "headline"
        page.keyboard.press("End")
        expect(_now(page)).to_contain_text("Cuộc họp giao 2 việc")
        page.keyboard.press("Escape")

        page.goto(f"{server.url}/trinh-chieu?period={NEXT}")
        page.locator(".dh-present").first.click(timeout=SLOW)
        page.keyboard.press("ArrowRight")
        expect(_now(page)).to_contain_text("2 việc đã giao: 2 chưa có kết quả")
        expect(_now(page)).to_contain_text("Báo cáo nguyên nhân")
