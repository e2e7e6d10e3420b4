"""From address to address as the app's own links go: its program is loaded once, not a screen."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, TimeoutError, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

SLOW: Final = 60_000
# What ui/shell/document.js does at a click.
_FOLLOW: Final = """url => {
    history.pushState({}, "", url);
    dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}"""
_TRIES: Final = 4
_SHORT: Final = 300
"""More bytes than the message has that a run has ended."""


def settled(page: Page) -> None:
    """Waits until the app has stopped running and every part of the screen is drawn."""
    page.locator("h1").first.wait_for(timeout=SLOW)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=SLOW)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SLOW)


def pick(page: Page, within: Page | Locator, label: str, words: str) -> None:
    """Chooses in a select box by typing. Whatever draws the screen anew closes the open list."""
    box = within.get_by_role("combobox", name=label)
    option = page.get_by_role("option").filter(has_text=words).first
    for _ in range(_TRIES):
        settled(page)
        box.click()
        box.fill(words)
        with suppress(TimeoutError):
            option.click(timeout=SLOW / _TRIES)
            return
        page.keyboard.press("Escape")
    raise AssertionError(f"{words!r} is not offered in {label!r}")


class Walk:
    """A page's way through the app. Made before the page opens anything."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._line: WebSocket | None = None
        page.on("websocket", self._listen)

    def _listen(self, line: WebSocket) -> None:
        self._line = line

    def to(self, url: str) -> None:
        """Shows an address, whole: the run that it causes has ended and is drawn."""
        if self._line is None:
            self.page.goto(url)
        else:
            with self._line.expect_event("framereceived", _is_end, timeout=SLOW):
                self.page.evaluate(_FOLLOW, url)
        settled(self.page)


def _is_end(frame: str | bytes) -> bool:
    """Whether a message says that a run has ended, and not to be begun again."""
    if isinstance(frame, str) or len(frame) > _SHORT:
        return False
    try:
        said = ForwardMsg.FromString(frame)
    except DecodeError:
        return False
    ended = said.WhichOneof("type") == "script_finished"
    return bool(ended and said.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY)
