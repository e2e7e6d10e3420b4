"""What a screen says, and where that is not so: numbers as text, a rate beside its state, a change
beside its other side. Used on all screens by test_said_truly.py."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any, Final

from streamlit.testing.v1 import AppTest

_TEXTS: Final = ("body", "label", "value", "help", "text", "alt")


@dataclass(frozen=True)
class Said:
    """A text of a screen; of a table's row also its cells by header, with titles in ⟨⟩."""

    text: str
    cells: Mapping[str, str] = field(default_factory=dict)


class _Html(HTMLParser):
    """Rows of tables with their cells, and what stands outside of tables, card by card."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Said] = []
        self._around: list[str] = []
        self._cells: dict[str, str] | None = None
        self._label: str | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("style", "script"):
            self._silent += 1
        if tag == "tr":
            self._cells = {}
        if tag in ("td", "th"):
            self._label = given.get("data-label") or ""
        for name in ("title", "alt"):
            if given.get(name):
                self.handle_data(f" ⟨{given[name]}⟩ ")
        if tag in ("div", "br", "p", "td", "th", "li", "small"):
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._silent -= 1
        if tag in ("td", "th"):
            self._label = None
        if tag == "tr" and self._cells is not None:
            cells = {name: _plain(text) for name, text in self._cells.items()}
            self.rows.append(Said(" | ".join(cells.values()), cells))
            self._cells = None
        if tag in ("div", "p", "li"):
            self.handle_data("\n")

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._cells is None:
            self._around.append(data)
        else:
            # A row without labels (a matrix of years) is one text.
            name = self._label or ""
            self._cells[name] = self._cells.get(name, "") + data

    def said(self) -> Iterator[Said]:
        yield from self.rows
        if text := _plain("".join(self._around)):
            yield Said(text)


def _plain(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _parts(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _parts(child)


def said(app: AppTest) -> Iterator[Said]:
    """Every text of the screen as somebody reads it: no markup, no addresses."""
    for part in _parts(app._tree):
        proto = getattr(part, "proto", None)
        kind = getattr(part, "type", "")
        if proto is None:
            continue
        if kind == "html":
            parser = _Html()
            parser.feed(proto.body)
            yield from parser.said()
        elif kind == "plotly_chart":
            yield from (Said(_plain(text)) for text in _drawn(json.loads(proto.spec)))
        elif kind not in ("code", "text_input", "number_input", "date_input"):
            for name in _TEXTS:
                text = getattr(proto, name, None)
                if isinstance(text, str) and text:
                    yield Said(_plain(_MARKDOWN.sub("", text)))


_MARKDOWN: Final = re.compile(r":[a-z-]+\[\]|\\(?=[^\w\s])|\*\*|:[a-z]+-badge|<[^>]*>")
_NO_TEXT: Final = frozenset(
    {"template", "type", "mode", "dash", "symbol", "family", "anchor", "xref", "yref"}
)


def _drawn(spec: Any, name: str = "") -> Iterator[str]:
    if isinstance(spec, str) and name not in _NO_TEXT and name != "bdata":
        yield re.sub(r"<br>", "\n", spec)
    elif isinstance(spec, list):
        for each in spec:
            yield from _drawn(each, name)
    elif isinstance(spec, dict):
        for key, each in spec.items():
            if key not in _NO_TEXT and "color" not in key:
                yield from _drawn(each, key)


def charts(app: AppTest) -> list[dict[str, Any]]:
    """The plotly figures of the screen."""
    return [json.loads(each.proto.spec) for each in app.get("plotly_chart")]


# -- what is not so ------------------------------------------------------------------------

_PERCENT: Final = r"(?<![\w.,−])(\d{1,3}(?:\.\d{3})*(?:,\d+)?)%"
_RATE: Final = re.compile(r"(?<![\w.,−])(\d{1,3},\d+)%")
_OF: Final = re.compile(_PERCENT + r"\s*\((\d[\d.]*)/(\d[\d.]*)\)")
_SIDES: Final = re.compile(r"^(\d[\d.]*)/(\d[\d.]*)$", re.MULTILINE)
_STATE: Final = re.compile(
    r"(?:từ (?P<low>[\d,]+)% đến )?(?P<word>đạt|dưới(?: mục tiêu)?) (?P<level>[\d,]+)%"
    r"(?![^\n◆◇▲●–]*:)"
)
_HYPHEN: Final = re.compile(r"(?<![\w\-–/.:)])-\d")
_BARE: Final = re.compile(r"(?<![\w/.,:\-–#+])\d{4,}(?![\w/:]|-\d)")
_FINE: Final = re.compile(r"\d,\d{3,}")
_COARSE: Final = re.compile(r"\d,\d/\d")
_FINE_RATE: Final = re.compile(r"\d,\d{2,}%")
_APART: Final = re.compile(r"\d\s+%")
_NO_NUMBER: Final = re.compile(r"\b(?:nan|None|null|inf|NaN)\b")
_MOVED: Final = re.compile(r"(?:▲|▼|▬) [+−]?+\d[\d.,]*+%?+(?: điểm)?+(?! so )")
_OTHERS_WORDS: Final = re.compile(r"“[^”]*”|https?://\S+")
"""Names, quotations, addresses: said by somebody else."""
_UNSAID: Final = re.compile(r"^– so [^\n(]*$", re.MULTILINE)
_HOTLINE: Final = "Tổng đài 1022"
"""A number that is a name."""
_YEARS: Final = range(1900, 2101)


def _value(text: str) -> Fraction:
    return Fraction(text.replace(".", "").replace(",", "."))


def faults(one: Said, *, tells: bool = False) -> Iterator[str]:
    """What is wrong with a text, as words with the text.

    ``tells``: of a screen that shows what documents tell, with the decimals that they have there.
    """
    own = Said(_OTHERS_WORDS.sub("…", one.text), one.cells)
    is_change = not own.cells and not tells
    for name, found in (
        ("a hyphen for a minus", _HYPHEN.search(own.text)),
        ("three decimals", not tells and _FINE.search(own.text)),
        ("a rate with two decimals", not tells and _FINE_RATE.search(own.text)),
        ("a percent sign apart from its number", _APART.search(own.text)),
        ("a score with one decimal", _COARSE.search(own.text)),
        ("no number", _NO_NUMBER.search(own.text)),
        ("a change without its other side", is_change and _MOVED.search(own.text)),
        ("no reason", _UNSAID.search(own.text)),
    ):
        if found:
            yield f"{name} ({found[0]}): {own.text}"
    for bare in _BARE.finditer(own.text.replace(_HOTLINE, "")):
        if not (len(bare[0]) == 4 and int(bare[0]) in _YEARS):
            yield f"no thousands ({bare[0]}): {own.text}"
    for rate, above, below in _OF.findall(one.text):
        yield from _unlike(rate, _value(above), _value(below), one)
    yield from _against_state(one)
    if one.cells:
        yield from _row(one)


def _unlike(rate: str, above: Fraction, below: Fraction, one: Said) -> Iterator[str]:
    """A rate that its sides do not give, or that reads as all or nothing where it is not."""
    if not below:
        yield f"a rate of nothing: {one.text}"
        return
    exact = 100 * above / below
    step = Fraction(1, 10 ** len(rate.partition(",")[2]))
    if abs(_value(rate) - exact) >= step:
        yield f"{rate}% is not {above}/{below}: {one.text}"
    if _value(rate) in (0, 100) and _value(rate) != exact:
        yield f"{rate}% of {above}/{below}: {one.text}"


def _against_state(one: Said) -> Iterator[str]:
    """A word of state whose rate, the last printed before it, is not in that state."""
    for state in _STATE.finditer(one.text):
        before = _RATE.findall(one.text[: state.start()])
        if not before:
            continue
        rate, level = _value(before[-1]), _value(state["level"])
        low = _value(state["low"]) if state["low"] else Fraction(0)
        is_so = rate >= level if state["word"] == "đạt" else low <= rate < level
        if not is_so:
            yield f"{before[-1]}% is not “{state[0]}”: {one.text}"


def _row(one: Said) -> Iterator[str]:
    """A row of a table: its rate beside its two sides, and its state beside what is overdue."""
    rates = {name: _RATE.match(text) for name, text in one.cells.items() if "Đúng hạn" in name}
    sides = [_SIDES.search(text) for name, text in one.cells.items() if name == "Tử/mẫu"]
    for rate in rates.values():
        for each in sides:
            if rate and each:
                yield from _unlike(rate[1], _value(each[1]), _value(each[2]), one)
    overdue = _value(_digits(one.cells.get("Quá hạn", "0")))
    state = one.cells.get("Mục tiêu") or one.cells.get("Đạt") or ""
    if overdue and ("●" in state or re.search(r"\bđạt [\d,]+%(?!, còn)", state)):
        yield f"all right beside {overdue} overdue: {one.text}"


def _digits(text: str) -> str:
    found = re.search(r"\d[\d.]*", text)
    return found[0] if found else "0"


_RAW: Final = re.compile(r"%\{([xy])\}")


def chart_faults(spec: Mapping[str, Any]) -> Iterator[str]:
    """Numbers that a chart would print by its own habit: 1234, 10k, 0.5."""
    layout = spec["layout"]
    if layout.get("separators") != ",.":
        yield "separators of another language"
    for trace in spec["data"]:
        for axis in _RAW.findall(trace.get("hovertemplate") or ""):
            if not _is_small(trace.get(axis)):
                yield f"hover prints %{{{axis}}} raw: {trace['hovertemplate']}"
    for name, axis in layout.items():
        if re.fullmatch(r"[xy]axis\d*", name) and _shows_numbers(spec, name, axis):
            yield f"{name} prints its numbers raw"


def _is_small(values: Any, *, whole: bool = True) -> bool:
    """Words, years, numbers that need neither thousands nor (``whole``) decimals."""
    return isinstance(values, list) and all(
        not isinstance(each, int | float)
        or ((abs(each) < 1000 or each in _YEARS) and (each == int(each) or not whole))
        for each in values
    )


def _shows_numbers(spec: Mapping[str, Any], name: str, axis: Mapping[str, Any]) -> bool:
    own = name.replace("axis", "")
    drawn = [each for each in spec["data"] if each.get(f"{own[0]}axis", own[0]) == own]
    formatted = ("ticktext", "tickformat", "showticklabels", "visible")
    if any(key in axis for key in formatted) or axis.get("type") in ("date", "category"):
        return False
    return any(not _is_small(each.get(own[0]), whole=False) and own[0] in each for each in drawn)
