"""What changes of dossiers are counted from: another period, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from metrics.core.ask import Ask
from metrics.core.change import Other
from metrics.core.clock import Calendar
from metrics.core.periods import Period
from metrics.core.vietnamese import number, percent, points, signed
from metrics.dossiers.since import Since
from metrics.dossiers.units import Break, breaks_between

_NAMES: Final = {"week": "tuần", "year": "năm", "year15": "năm"}


@dataclass(frozen=True)
class Comparison(Other):
    """A period as the other side.

    ``ask``: the question about it, cut to as many days as the present period has had; ``days``:
    how many of its days are meant, where not all.
    """

    period: Period
    ask: Ask
    days: int | None

    @property
    def whole(self) -> str:
        """The other side with its days: where there is room, or the reason."""
        return self.named + (f"; {self.reason}" if self.reason else "")

    @property
    def named(self) -> str:
        """The other side with its days, and that sources which end early have fewer."""
        fewer = "; nguồn chưa báo đến: cùng số ngày đầu" if self.ask.behind() else ""
        return f"{self.label}: {self.period.label}{fewer}"


@dataclass(frozen=True)
class Moved:
    """A change as it is said: ▲ or ▼, "0,5 điểm"; ``is_better``: None: neither."""

    by: float
    text: str
    is_better: bool | None

    @property
    def shape(self) -> str:
        return "▲" if self.by > 0 else "▼" if self.by < 0 else "▬"


def moved(key: str, value: float | None, other: float | None, against: Comparison) -> Moved | None:
    """How a headline figure changed, in the same words everywhere; None: nothing to compare.

    Args:
        key: of :data:`metrics.dossiers.review.HEADLINE`. other: the other side's value.
    """
    earlier = against.of(other)
    if value is None or earlier is None:
        return None
    by = round(value - earlier, 3)  # what is printed as 0 is no change
    if key == "on_time":
        text = f"{points(abs(by)).removeprefix('+')} điểm"
    elif key == "pending_overdue":
        text = number(abs(by))
    else:
        share = abs(by) / earlier if earlier else None
        text = signed(by) if share is None else percent(share, 0 if share >= 0.01 else 1)
    # Only figures that have a better side are judged.
    if by == 0 or key not in ("on_time", "pending_overdue"):
        return Moved(by, text, None)
    return Moved(by, text, by > 0 if key == "on_time" else by < 0)


def with_previous(ask: Ask, period: Period, since: Since, own: Sequence[Break] = ()) -> Comparison:
    """Against the period before.

    Args:
        since: from when on the data in view are whole.
        own: the breaks of the units in view (:func:`metrics.dossiers.since.own_breaks`).
    """
    name = f"{_NAMES.get(period.kind, 'kỳ')} trước"
    return _against(ask, period.previous, name, since, own)


def with_year_before(
    ask: Ask, period: Period, since: Since, own: Sequence[Break] = ()
) -> Comparison:
    """Against the same period of the year before; further arguments as :func:`with_previous`."""
    other = period.year_before
    year = other.first.isocalendar().year if other.kind == "week" else other.last.year
    name = f"cùng kỳ {year}"
    if other.kind == "week" and other.first.isocalendar().week != period.first.isocalendar().week:
        name = f"tuần {other.first.isocalendar().week}/{year}"  # that year has no week 53
    return _against(ask, other, name, since, own)


def with_month_before(ask: Ask, month: Period, since: Since) -> Comparison:
    """Of a score of a whole month: a month that is still running has no other side."""
    found = with_previous(ask, month, since)
    running = None if ask.days_gone is None else "tháng chưa hết"
    label = f"tháng {month.previous.first:%m/%Y}"
    return replace(found, label=label, reason=found.reason or running)


def with_baseline(year: int, base: date, day: date) -> Other:
    """Of a reported value of a day against that of the baseline's year, which was of ``base``.

    A plan that names its baseline measures by it whatever was reorganised since.
    """
    return Other(f"năm gốc {year}", "không sau năm gốc" if day <= base else None)


def _against(ask: Ask, other: Period, name: str, since: Since, own: Sequence[Break]) -> Comparison:
    asked, gone = ask.against(other.first, other.last), ask.days_gone
    length = (other.last - other.first).days + 1
    days = None if gone is None or gone >= length else gone
    label = name if days is None else f"cùng {number(days)} ngày đầu {name}"
    return Comparison(label, _why_not(ask, other, since, own), other, asked, days)


def _is_cut(calendar: Calendar, first: date, since: date) -> bool:
    """Whether a working day lies between the beginning of a period and that of the data."""
    before = (first + timedelta(days=n) for n in range((since - first).days))
    known = calendar.first, calendar.last
    return any(not known[0] <= day <= known[1] or calendar.is_working(day) for day in before)


def _why_not(ask: Ask, other: Period, since: Since, own: Sequence[Break]) -> str | None:
    if ask.days_gone == 0:
        return "kỳ này chưa có ngày nào trong số liệu"
    if since.day is None or _is_cut(ask.calendar, other.first, since.day):
        return since.words
    last = max(ask.first_day, min(ask.last_day, ask.as_of_day))
    broken = [
        each for each in (*breaks_between(date.min, last), *own) if other.first < each.day <= last
    ]
    broken.sort(key=lambda each: each.day)
    return f"{broken[-1].label} từ {broken[-1].day:%d/%m/%Y}" if broken else None
