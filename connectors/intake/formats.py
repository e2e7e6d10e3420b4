"""Ways of writing a moment, as a mapping names them → formats that the engine reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

NAMED: Final = ("auto", "iso", "excel", "epoch", "epoch_ms")
"""Formats that are words."""

TOKENS: Final = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMM": "%B",  # takes short and long names
    "MM": "%m",
    "M": "%m",
    "dd": "%d",
    "d": "%d",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "ss": "%S",
    ".SSS": "%.f",
    "tt": "%p",
    "zzz": "%#z",
}
"""Tokens of a mapping's own formats; every other letter has to stand in apostrophes."""

_MEANT: Final = {
    "YYYY": "yyyy",
    "YY": "yy",
    "y": "yyyy",
    "DD": "dd",
    "D": "d",
    "MMMM": "MMM",
    "m": "mm",
    "S": "ss",
    "s": "ss",
    "SS": "ss",
    "SSS": ".SSS",
    "fff": ".SSS",
    "a": "tt",
    "A": "tt",
    "AM": "tt",
    "PM": "tt",
    "SA": "tt",
    "CH": "tt",
    "t": "tt",
    "Z": "zzz",
    "z": "zzz",
    "zz": "zzz",
    "K": "zzz",
    "X": "zzz",
    "hh24": "HH",
}
"""What other programs call our tokens."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of writing a moment, in Polars' format language or by a name of its own."""

    text: str
    has_hour: bool = True
    has_zone: bool = False
    # The parser takes shorter numbers where a format has no separators; we do not.
    length: int | None = None

    @property
    def is_excel(self) -> bool:
        """Whether this is a day's number in a spreadsheet instead of a format."""
        return self.text == "excel"

    @property
    def is_epoch(self) -> bool:
        """Whether this counts seconds or milliseconds since 1970."""
        return self.text in ("epoch", "epoch_ms")

    @property
    def is_spoken(self) -> bool:
        """Whether :mod:`spoken` reads it."""
        return self.text == "spoken"

    @property
    def has_words(self) -> bool:
        """Whether Vietnamese words may stand for a month or a half of the day."""
        return "%B" in self.text or "%p" in self.text


EXCEL: Final = Pattern("excel")
SPOKEN: Final = Pattern("spoken")

# Month before day never appears: 03/04 would be ambiguous, and no Vietnamese system writes so.
AUTO: Final = (
    Pattern("%d/%m/%Y %H:%M:%S"),
    Pattern("%d/%m/%Y %H:%M"),
    Pattern("%d/%m/%Y", has_hour=False),
    Pattern("%Y-%m-%d %H:%M:%S%.f"),
    Pattern("%Y-%m-%dT%H:%M:%S%.f"),
    Pattern("%Y-%m-%dT%H:%M:%S%.f%#z", has_zone=True),
    Pattern("%Y-%m-%d %H:%M:%S%.f%#z", has_zone=True),
    Pattern("%Y-%m-%d", has_hour=False),
    Pattern("%Y%m%d%H%M%S", length=14),
    Pattern("%Y%m%d%H%M", length=12),
    Pattern("%Y%m%d", has_hour=False, length=8),
    EXCEL,
    Pattern("%Y-%m-%d %H:%M"),
    Pattern("%Y-%m-%dT%H:%M"),
    Pattern("%Y-%m-%dT%H:%M%#z", has_zone=True),
    Pattern("%d-%m-%Y %H:%M:%S"),
    Pattern("%d-%m-%Y %H:%M"),
    Pattern("%d-%m-%Y", has_hour=False),
    Pattern("%d.%m.%Y %H:%M:%S"),
    Pattern("%d.%m.%Y %H:%M"),
    Pattern("%d.%m.%Y", has_hour=False),
    Pattern("%d/%m/%Y %H:%M:%S%.f"),
    Pattern("%H:%M:%S %d/%m/%Y"),
    Pattern("%H:%M %d/%m/%Y"),
    Pattern("%Y/%m/%d %H:%M:%S"),
    Pattern("%Y/%m/%d", has_hour=False),
    SPOKEN,
)

_PART: Final = re.compile(
    r"(?P<quoted>'[^']*')|(?P<token>yyyy|yy|MMM|MM|M|dd|d|HH|H|hh|h|mm|ss|\.SSS|tt|zzz)"
    r"|(?P<wrong>%[A-Za-z]|[A-Za-zÀ-ỹ]+|%|')|(?P<sign>.)",
    re.DOTALL,
)


def own(text: str) -> Pattern:
    """A mapping's own format. Raises ValueError (Vietnamese) naming what is wrong with it."""
    if text in NAMED:
        return Pattern(text)
    translated, used = "", set[str]()
    for part in _parts(text):
        if part in TOKENS:
            used.add(part)
            translated += TOKENS[part]
        else:
            translated += part.strip("'") if len(part) > 1 else part
    _check(text, used)
    compact = bool(re.fullmatch(r"[a-zA-Z]+", text)) and not used & {"MMM", "tt", "zzz"}
    return Pattern(
        translated,
        has_hour=bool(used & {"HH", "H", "hh", "h"}),
        has_zone="zzz" in used,
        length=len(text) if compact else None,
    )


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    place = 0
    while place < len(text):
        # ISO's letter between day and hour needs no apostrophes.
        if text[place] == "T" and parts and parts[-1] in ("dd", "d"):
            parts.append("T")
            place += 1
            continue
        run = re.match(r"([A-Za-z])\1*", text[place:])
        if run is not None and run[0] not in TOKENS:
            word = re.match(r"[A-Za-z]+", text[place:])
            assert word is not None
            _refuse(text, run[0] if run[0] in _MEANT else _unknown(word[0]))
        if text[place] == "%":
            _refuse(text, text[place : place + 2])
        found = _PART.match(text, place)
        assert found is not None
        if found["wrong"]:
            _refuse(text, found["wrong"])
        parts.append(found[0])
        place = found.end()
    return parts


def _unknown(word: str) -> str:
    """The part of a run of letters that is no token."""
    return re.sub(r"^(yyyy|MMM|MM|dd|HH|hh|mm|ss|tt|zzz)+", "", word) or word


def _refuse(text: str, token: str) -> None:
    near = _MEANT.get(token)
    hint = f" (có phải “{near}”?)" if near else ""
    raise ValueError(
        f"cách viết “{text}” có ký hiệu lạ “{token}”{hint}; dùng được: "
        f"{', '.join(TOKENS)}; chữ thường đặt trong dấu nháy đơn; hoặc một trong: "
        f"{', '.join(NAMED)}"
    )


def _check(text: str, used: set[str]) -> None:
    for tokens, what in (
        ({"yyyy", "yy"}, "năm (yyyy)"),
        ({"MMM", "MM", "M"}, "tháng (MM; mm là phút)"),
        ({"dd", "d"}, "ngày (dd)"),
    ):
        if not used & tokens:
            raise ValueError(f"cách viết “{text}” thiếu {what}")
    if used & {"hh", "h"} and "tt" not in used:
        raise ValueError(
            f"cách viết “{text}”: hh là giờ của 12 giờ nên cần tt (SA/CH, AM/PM); "
            "giờ của 24 giờ viết là HH"
        )
    if "tt" in used and not used & {"hh", "h"}:
        raise ValueError(f"cách viết “{text}”: tt (SA/CH, AM/PM) đi cùng hh, không đi cùng HH")
    if used & {"mm", "ss", ".SSS"} and not used & {"HH", "H", "hh", "h"}:
        raise ValueError(f"cách viết “{text}” có phút mà thiếu giờ (HH; tháng viết là MM)")
