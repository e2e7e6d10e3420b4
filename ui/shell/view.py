"""What the reader looks at: unit, period, moment, definition. It lives in the URL.

The same address shows a colleague the same figures. Values come from outside, so each is
checked; one that means nothing is left out and named, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from connectors.calendar import LAST_DAY
from metrics.core.ask import (
    DEFINITIONS,
    Ask,
    Compare,
    Definition,
    DueKind,
    Over,
    default_moment,
)
from metrics.core.clock import Calendar
from metrics.core.periods import Period, UnknownPeriod, parse_period, period_of
from metrics.core.thresholds import SHIPPED, Thresholds

KEYS: Final = ("unit", "period", "asof", "def", "cmp", "due", "over", "known")
"""The parameters of the frame, the same on every screen."""

_FIRST_DAY: Final = date(2000, 1, 1)
_LAST_DAY: Final = date(LAST_DAY.year - 1, 12, 31)
"""Days that may be asked for: a year before the calendar's end, for figures look ahead of T."""
_LONGEST_ID: Final = 18
_LONGEST_BATCH: Final = 9


@dataclass(frozen=True)
class View:
    """A reader's choice. ``unit`` None: everything the reader may see."""

    unit: int | None
    period: Period
    as_of: datetime | None = None
    definition: Definition = "form"
    compare: Compare | None = None
    due: DueKind = "current"
    over: Over = "classified"
    # K: what was known at a moment, or after a batch; None: all that is known now.
    known: datetime | int | None = None

    def params(self, default: View) -> dict[str, str]:
        """The URL's parameters; what equals the default is left out."""
        pairs: dict[str, tuple[Any, Any, Callable[[Any], str]]] = {
            "unit": (self.unit, default.unit, str),
            "period": (self.period, default.period, lambda period: period.token),
            "asof": (self.as_of, None, lambda moment: moment.isoformat(timespec="minutes")),
            "def": (self.definition, default.definition, str),
            "cmp": (self.compare, None, str),
            "due": (self.due, default.due, str),
            "over": (self.over, default.over, str),
            "known": (self.known, None, known_token),
        }
        return {
            key: text(value)
            for key, (value, usual, text) in pairs.items()
            if value is not None and value != usual
        }

    def moment(self, data_until: datetime | None) -> datetime:
        """T: as chosen; else the end of the period, or just after the newest of the data."""
        if self.as_of is not None:
            return self.as_of
        return default_moment(self.period.first, self.period.last, data_until, self.period.cut)

    def ask(
        self,
        calendar: Calendar,
        data_until: datetime | None,
        thresholds: Thresholds = SHIPPED,
        ends: tuple[tuple[int, datetime], ...] = (),
    ) -> Ask:
        """The question that this view asks of the figures."""
        ask = Ask(
            self.period.first,
            self.period.last,
            calendar,
            as_of=self.moment(data_until),
            definition=self.definition,
            compare=self.compare,
            due=self.due,
            whole=self.over,
            thresholds=thresholds,
            ends=ends,
            cut=self.period.cut,
        )
        return replace(ask, within=int(ask.threshold("due_soon_days").value))


def known_token(known: datetime | int) -> str:
    """K in an address: a batch by its number, a moment as it is."""
    return str(known) if isinstance(known, int) else known.isoformat()


def read_known(text: str) -> datetime | int:
    """The K of a :func:`known_token`; raises ValueError, in Vietnamese."""
    if text.isdecimal() and text.isascii() and len(text) <= _LONGEST_BATCH:
        return int(text)
    return _moment(text)


def default_view(data_until: datetime | None, data_from: datetime | None = None) -> View:
    """The last week whose Friday 17:00 the data have reached: what Monday's meeting reviews.

    Where the data begin only after that week, it is the week that they reach into.
    """
    until = data_until or datetime(1970, 1, 5)
    week = period_of("week", (until - timedelta(days=4, hours=17)).date())
    if data_from is not None and data_from.date() > week.last:
        week = period_of("week", until.date())
    return View(None, week)


def read_view(
    params: Mapping[str, str], default: View, known_units: frozenset[int]
) -> tuple[View, list[str]]:
    """The view that the URL's parameters name, and what in them could not be used.

    Args:
        params: the URL's parameters.
        default: what holds where a parameter is missing.
        known_units: units that the reader may see; any other is treated as unknown.

    Returns:
        the view, and a sentence in Vietnamese for each parameter that was left out.
    """
    view, problems = default, []
    for key in KEYS:
        text = params.get(key)
        if text is None:
            continue
        try:
            view = replace(view, **_read(key, text, known_units))
        except ValueError as error:
            problems.append(str(error))
    return view, problems


def _read(key: str, text: str, known_units: frozenset[int]) -> dict[str, Any]:
    # What is refused is not repeated: a link could put words, and addresses, on the screen.
    if key == "unit":
        if len(text) > _LONGEST_ID or not text.isdecimal() or int(text) not in known_units:
            raise ValueError("Đơn vị trong đường dẫn không có trong phạm vi xem; đang xem tất cả.")
        return {"unit": int(text)}
    if key == "period":
        return {"period": _period(text)}
    if key == "asof":
        return {"as_of": _moment(text)}
    if key == "def" and text in DEFINITIONS:
        return {"definition": text}
    if key == "cmp" and text in ("timestamp", "day"):
        return {"compare": cast(Compare, text)}
    if key == "due" and text in ("current", "original"):
        return {"due": cast(DueKind, text)}
    if key == "over" and text in ("classified", "all"):
        return {"over": cast(Over, text)}
    if key == "known":
        with suppress(ValueError):  # its own sentence speaks of moments and does not name it
            return {"known": read_known(text)}
    raise ValueError(f"Tham số “{key}” trong đường dẫn không hợp lệ nên được bỏ qua.")


def _period(text: str) -> Period:
    try:
        period = parse_period(text)
    except UnknownPeriod as error:
        raise ValueError("Không hiểu kỳ trong đường dẫn; đang xem kỳ mặc định.") from error
    if period.first < _FIRST_DAY or period.last > _LAST_DAY:
        raise ValueError(
            f"Kỳ trong đường dẫn nằm ngoài các năm {_FIRST_DAY.year}–{_LAST_DAY.year}; "
            "đang xem kỳ mặc định."
        )
    return period


def _moment(text: str) -> datetime:
    """A moment of local time; one with an offset would have to be guessed."""
    problem = "Thời điểm số liệu trong đường dẫn không hợp lệ nên được bỏ qua."
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(problem) from error
    if moment.tzinfo is not None or not _FIRST_DAY <= moment.date() <= _LAST_DAY:
        raise ValueError(problem)
    return moment
