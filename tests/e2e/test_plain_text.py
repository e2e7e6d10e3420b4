"""What ui.shell.text makes of a text stays text in every element that Streamlit draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.hostile_texts import FAMILIES, shown
from tests.e2e.plain_text_app import KINDS

# What Streamlit's own parts bring with them is told apart by where it stands.
_LOOK = """() => [...document.querySelectorAll('[class*=st-key-case-]')].map(part => ({
    key: [...part.classList].find(one => one.startsWith('st-key-case-')),
    text: part.textContent,
    links: [...part.querySelectorAll('a')].map(a => a.getAttribute('href')),
    made: [...part.querySelectorAll(
        '[data-testid=stMarkdownContainer] :is(img, [role=img], .katex, del, code, em, sup, ol,' +
        ' blockquote, hr, input, [class*=stMarkdownC], [class*=stMarkdownBadge],' +
        ' [class*=Shimmer], [style*=color], [style*=font]),' +
        ' [data-testid=stCaptionContainer] :is(img, [role=img], .katex, code, em, ol, [style])'
    )].map(one => one.outerHTML.slice(0, 120)),
}))"""


def test_a_hostile_text_is_text_in_every_kind_of_element(
    start_app: Callable[..., Any], new_page: Callable[..., Page]
) -> None:
    server = start_app(script="tests/e2e/plain_text_app.py")
    page = new_page(role=None)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    expect(page.locator(".st-key-all-drawn")).to_contain_text("Hết", timeout=30_000)
    for kind in ("progress", "link", "radio", "segments", "pills", "tick", "metric", "label"):
        last = page.locator(f".st-key-case-{len(FAMILIES) - 1}-{kind}")
        expect(last).to_contain_text("chữ", timeout=30_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=30_000)

    found = page.evaluate(_LOOK)
    assert len(found) == len(FAMILIES) * (len(KINDS) + 1)
    wrong = [problem for part in found for problem in _wrong(part)]
    assert wrong == []
    assert [url for url in asked if not url.startswith((server.url, "data:"))] == []


def _wrong(part: dict[str, Any]) -> list[str]:
    _, _, _, place, kind = part["key"].split("-")
    text = shown(FAMILIES[int(place)])
    foreign = [href for href in part["links"] if href != "https://own.example"]
    own = {"heading": 1}.get(kind, 0)  # the anchor of a heading, to the page itself
    problems = []
    if text not in shown(part["text"]):
        problems.append(f"{kind}: {text!r} is read as {part['text'][:120]!r}")
    if len([href for href in foreign if not (own and href.startswith("#"))]):
        problems.append(f"{kind}: {text!r} is a link to {foreign}")
    if part["made"]:
        problems.append(f"{kind}: {text!r} becomes {part['made'][0]}")
    return problems
