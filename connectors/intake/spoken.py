"""Moments as people and programs write them, where they can mean one moment only.

Day before month, or a month by its name, or the year first; four digits of the year; an hour of
24, or of 12 with its half of the day. Everything else is left to the mapping's own formats.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any, Final

from connectors.intake.words import fold

_WORDS: Final = Path(__file__).with_name("moment_words.toml")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A moment read from a text: local unless it names its zone."""

    moment: datetime
    # False: the text names a day only.
    has_hour: bool
    # "24:00": the end of the day, whose midnight is the next day's.
    ends_day: bool = False


@cache
def words() -> dict[str, Any]:
    """``moment_words.toml``."""
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))


def _any_of(group: str) -> str:
    return "|".join(re.escape(word) for word in sorted(words()[group], key=len, reverse=True))


@cache
def _dates() -> tuple[re.Pattern[str], ...]:
    day, month, year = r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})", r"(?P<y>\d{4})"
    spoken = rf"(?:{month}|(?P<spoken>{_any_of('spoken_months')}))"
    name = rf"(?P<name>{_any_of('months')})\.?"
    before, after = r"(?<![\d/.:\-])", r"(?![\d/.:]|-\d)"
    forms = (
        rf"{day}(?P<s>[/.\-]){month}(?P=s){year}",
        rf"{day} ?/ ?{month} ?/ ?{year}",
        rf"{year}(?P<s>[/.\-]){month}(?P=s){day}",
        rf"{day}[ \-,]*(?:tháng|thg)\.? ?{spoken}(?:[ \-,/]*năm)?[ \-,/]*{year}",
        rf"{day}[ \-/,]?{name}[ \-/,]*{year}",
        rf"{name} {day}(?:st|nd|rd|th)?,? {year}",
        rf"{year}[ \-]{name}[ \-]{day}",
    )
    return tuple(re.compile(f"{before}{form}{after}") for form in forms)


@cache
def _time() -> re.Pattern[str]:
    half = rf"(?: ?(?P<half>{_any_of('am')}|{_any_of('pm')}))?"
    clock = (
        r"(?P<h>\d{1,2})"
        r"(?::(?P<mi>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?)?"
        r"|(?: ?(?:h|g|giờ) ?)(?:(?P<mi2>\d\d?)(?: ?(?:'|p|ph|phút))?"
        r"(?: ?(?P<s2>\d\d) ?(?:\"|giây))?)?"
        r"|(?= ?(?:" + _any_of("am") + "|" + _any_of("pm") + r")$))"
    )
    zone = r"(?: ?(?P<zone>z|utc|gmt|(?:utc|gmt)?[+\-]\d{1,2}(?::?\d\d)?))?"
    return re.compile(f"{clock}{half}{zone}")


def spoken(text: str) -> Spoken | None:
    """The moment that a text means, or None where it means none or more than one."""
    clean = fold(text).removeprefix("'").strip()
    for form in _dates():
        found = form.search(clean)
        if found is not None:
            day = _day(found)
            rest = _rest(clean[: found.start()], clean[found.end() :])
            if day is None or rest is None or is_american(clean):
                return None
            return _moment(day, *rest)
    return None


_SLASHED: Final = re.compile(r"(?<!\d)(\d{1,2})[/\-](\d{1,2})[/\-]\d{4}.*?\d ?[ap]\.?m\b")


def is_american(text: str) -> bool:
    """Whether month may stand before day: in numbers that allow both, beside an English AM or PM.

    Such moments come from programs in American settings, where 05/01 is the first of May.
    """
    found = _SLASHED.search(fold(text))
    return found is not None and found[1] != found[2] and max(int(found[1]), int(found[2])) <= 12


def _day(found: re.Match[str]) -> date | None:
    parts = found.groupdict()
    if parts.get("name"):
        month = words()["months"][parts["name"]]
    elif parts.get("spoken"):
        month = words()["spoken_months"][parts["spoken"]]
    else:
        month = int(parts["m"])
    try:
        return date(int(parts["y"]), month, int(parts["d"]))
    except ValueError:
        return None


def _rest(before: str, after: str) -> tuple[str, int | None] | None:
    """The hour's text and the weekday beside a date; None when there is more."""
    parts = [_plain(before), _plain(after)]
    weekday: int | None = None
    for place, part in enumerate(parts):
        for word, number in words()["weekdays"].items():
            if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", part):
                if weekday not in (None, number):
                    return None
                weekday = number
                parts[place] = part = _plain(part.replace(word, " ", 1))
                break
    given = [part for part in parts if part]
    return (given[0] if given else "", weekday) if len(given) < 2 else None


def _plain(text: str) -> str:
    """Without brackets, separators at the ends and words that say nothing."""
    text = re.sub(r"^[\s,;(\[–-]+(?!\d\d?:)|[\s,;()\[\]–-]+$", "", re.sub(r"[()\[\]]", " ", text))
    text = re.sub(r"^t(?=\d)", "", text.strip(" ,;"))
    fillers = _any_of("fillers")
    before = None
    while before != text:
        before = text
        text = re.sub(rf"^(?:{fillers})(?!\w)|(?<!\w)(?:{fillers})$", "", text).strip(" ,;–")
    return re.sub(r"\s+", " ", text)


def _moment(day: date, clock: str, weekday: int | None) -> Spoken | None:
    if weekday is not None and day.isoweekday() != weekday:
        return None
    if not clock:
        return Spoken(datetime.combine(day, time(0)), has_hour=False)
    found = _time().fullmatch(clock)
    if found is None:
        return None
    minute = int(found["mi"] or found["mi2"] or 0)
    second = int(found["s"] or found["s2"] or 0)
    hour = _hour(int(found["h"]), found["half"])
    if hour is None or minute > 59 or second > 59:
        return None
    if hour == 24 and (minute or second or found["f"]):
        return None
    micro = int((found["f"] or "0").ljust(9, "0")[:6])
    try:
        start = datetime.combine(day, time(0, minute, second, micro), _zone(found["zone"]))
        moment = start + timedelta(hours=hour)
    except (ValueError, OverflowError):
        return None
    return Spoken(moment, has_hour=True, ends_day=hour == 24)


def _hour(hour: int, half: str | None) -> int | None:
    """The hour of 24; programs also write 17:00 PM and 00:30 AM."""
    if half is None:
        return hour if hour <= 24 else None
    if half in words()["am"]:
        return hour % 12 if hour <= 12 else None
    return hour % 12 + 12 if hour <= 12 else (hour if hour <= 23 else None)


def _zone(text: str | None) -> timezone | None:
    """The zone of a text; None: none named. Raises ValueError for one that there is not."""
    if text is None:
        return None
    bare = re.sub("^(utc|gmt)", "", text)
    if bare in ("", "z"):
        return UTC
    digits = bare[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(-shift if bare[0] == "-" else shift)
