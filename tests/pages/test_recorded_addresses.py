"""Addresses recorded once open the same figures ever after: bookmarks, links in reports.

recorded_addresses.json, beside this file, holds addresses with what stood on their screens: the
numbers of cards and headings, and the rows of tables. ``RECORD_ADDRESSES=1`` with this test writes
it anew, for a change of figures that is meant; the addresses themselves stay.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from connectors.settings import Settings
from tests.pages import kit
from tests.pages.links import tables
from tests.turns import at_each_change
from ui.shell.registry import SCREENS

RECORDED: Final = Path(__file__).with_name("recorded_addresses.json")
_SCREENS: Final = {screen.path: screen for screen in SCREENS}
_TAG: Final = re.compile(r"<style.*?</style>|<span class=\"dh-source.*?</span>|<[^>]*>", re.DOTALL)
_MOMENT: Final = re.compile(r"\d{1,2}:\d{2}|\d{1,2}/\d{1,2}(/\d{4})?")
_NUMBER: Final = re.compile(r"(?<![\w.,-])[-−+]?\d[\d.]*(?:,\d+)?%?")


def _addresses() -> list[dict[str, Any]]:
    return list(json.loads(RECORDED.read_text(encoding="utf-8")))


@pytest.fixture
def browser(with_registers: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app on it. The caches stay from one address to the next: the data do not change."""
    kit.place(with_registers, monkeypatch)
    return kit.new_app()


@pytest.fixture(scope="module", autouse=True)
def _own_caches() -> Iterator[None]:
    kit.forget()
    yield
    kit.forget()


def _open(at: AppTest, address: str) -> AppTest:
    path, _, query = address.partition("?")
    key = _SCREENS[path.strip("/")].key
    return kit.shown(key, at, **dict(parse_qsl(query, keep_blank_values=True)))


def _texts(at: AppTest) -> Iterator[str]:
    """What stands on the screen, but for notes on sources and moments."""
    for kind in ("html", "markdown", "header", "subheader", "title", "metric", "caption"):
        for block in at.get(kind):
            held = getattr(block, "proto", None)
            text = getattr(held, "body", None) or getattr(block, "value", "")
            yield unescape(_MOMENT.sub(" ", _TAG.sub(" ", str(text))))


def figures(at: AppTest) -> list[str]:
    """The numbers on the screen."""
    found = {number.rstrip(".") for text in _texts(at) for number in _NUMBER.findall(text)}
    return sorted(found)


def rows(at: AppTest) -> list[int]:
    """How many rows each table has."""
    own = [len(each) for each in tables(at)]
    return sorted([*own, *(table.value.shape[0] for table in at.dataframe)])


def _record(at: AppTest, address: str) -> None:
    held = _addresses()
    for each in held:
        if each["address"] == address:
            each |= {"figures": figures(at), "rows": rows(at)}
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in held)
    RECORDED.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def test_every_screen_has_addresses() -> None:
    paths = {each["address"].partition("?")[0].strip("/") for each in _addresses()}
    assert paths == set(_SCREENS)


def _kept(addresses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At each change: the first address of each screen, and every third of all."""
    firsts = {each["address"].partition("?")[0]: each for each in reversed(addresses)}
    thirds = addresses[::3]
    return [each for each in addresses if each in thirds or each in firsts.values()]


@pytest.mark.parametrize(
    "known", at_each_change(_addresses(), _kept(_addresses())), ids=lambda each: each["address"]
)
def test_an_address_opens_what_it_opened(browser: AppTest, known: dict[str, Any]) -> None:
    at = _open(browser, known["address"])
    if os.environ.get("RECORD_ADDRESSES"):
        _record(at, known["address"])
        return
    assert set(known["figures"]) - set(figures(at)) == set()
    assert Counter(known["rows"]) - Counter(rows(at)) == Counter()
