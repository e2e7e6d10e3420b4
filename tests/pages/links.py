"""What a screen's own HTML says and leads to, in a run without a browser."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

from streamlit.testing.v1 import AppTest

from tests.screens import on
from ui.shell.registry import SCREENS


def html(at: AppTest) -> str:
    """All HTML of the screen."""
    return " ".join(str(block.proto.body) for block in at.get("html"))


class _Links(HTMLParser):
    """Links with their words, and the tables' rows as texts by header."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._href: str | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href, self._words = dict(attrs).get("href") or "", []

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href is not None:
            self.found.append((" ".join("".join(self._words).split()), self._href))
            self._href = None


def links(at: AppTest) -> list[tuple[str, str]]:
    """Words and address of every link in the screen's own HTML."""
    parser = _Links()
    parser.feed(html(at))
    return parser.found


def follow(at: AppTest, words: str) -> AppTest:
    """Goes where the first link with these words leads, as a click does."""
    to = next((href for label, href in links(at) if words in label), None)
    assert to is not None, f"no link “{words}”: {[label for label, _ in links(at)]}"
    parts = urlsplit(to)
    screen = next(each for each in SCREENS if each.path == parts.path.removeprefix("./"))
    on(at, screen.key)
    at.query_params.clear()
    for name, values in parse_qs(parts.query, keep_blank_values=True).items():
        at.query_params[name] = values if len(values) > 1 else values[0]
    at.run()
    assert not at.exception
    return at


class _Rows(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[dict[str, str]]] = []
        self._label: str | None = None
        self._row: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table" and given.get("class") == "dh-rows":
            self.tables.append([])
        elif tag == "tr":
            self._row = {}
        elif tag in ("td", "th"):
            self._label = given.get("data-label")
            if self._label is not None:
                self._row[self._label] = ""

    def handle_data(self, data: str) -> None:
        if self._label is not None:
            self._row[self._label] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._label = None
        elif tag == "tr" and self._row:
            self.tables[-1].append(self._row)


def tables(at: AppTest) -> list[list[dict[str, str]]]:
    """The screen's tables (ui/kit/table.py): each a list of rows, text by header."""
    parser = _Rows()
    parser.feed(html(at))
    return parser.tables


def rows_with(at: AppTest, *headers: str) -> list[dict[str, str]]:
    """The rows of the first table that has these headers."""
    return next(
        rows for rows in tables(at) if rows and all(header in rows[0] for header in headers)
    )
