"""What is asked: a period, a moment, and which reading of "on time"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, get_args

import polars as pl

from metrics.core.clock import Calendar
from metrics.core.thresholds import SHIPPED, Threshold, Thresholds

Definition = Literal["form", "portal", "carried", "lenient", "fell_due", "received"]
Compare = Literal["timestamp", "day"]
DueKind = Literal["current", "original"]
Over = Literal["classified", "all"]
"""What a rate is taken over: what can be classified, or that and the unknown."""

DEFINITIONS: tuple[Definition, ...] = get_args(Definition)


EVER: Final = datetime(1, 1, 1)
MIDNIGHT: Final = time()


@dataclass(frozen=True)
class Ask:
    """One question about the dossiers: docs/definitions.md, "Moments, periods, days".

    ``as_of`` is the moment T that the figures are judged at (default: the end of the period);
    it is never the wall clock. ``compare`` defaults to what the definition uses. ``within`` is
    N, in working days, of ``due_soon``. ``thresholds`` are the installation's; like the calendar
    they belong to the version of the data and not to the question.
    """

    first_day: date
    last_day: date
    calendar: Calendar = dataclass_field(compare=False, repr=False)
    as_of: datetime | None = None
    definition: Definition = "form"
    compare: Compare | None = None
    due: DueKind = "current"
    # docs/definitions.md: over. (:meth:`over` is the question over another period.)
    whole: Over = "classified"
    within: int = 3
    # Source → the first moment that its records do not reach any more (:func:`source_ends`).
    ends: tuple[tuple[int, datetime], ...] = ()
    thresholds: Thresholds = dataclass_field(default=SHIPPED, compare=False, repr=False)
    # The time of day at which the period begins and ends (metrics.core.periods.Period.cut).
    cut: time = MIDNIGHT

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError(
                f"Kỳ số liệu không hợp lệ: ngày cuối {self.last_day:%d/%m/%Y} trước ngày đầu "
                f"{self.first_day:%d/%m/%Y}. Hãy chọn ngày cuối không trước ngày đầu."
            )

    @property
    def start(self) -> datetime:
        """S: 00:00 of the first day, or the period's own time of it."""
        return datetime.combine(self.first_day, self.cut)

    @property
    def moment(self) -> datetime:
        """T: the moment the figures are judged at."""
        return self.period_end if self.as_of is None else self.as_of

    @property
    def period_end(self) -> datetime:
        """E: 00:00 of the day after the last, or the period's own time of it."""
        return datetime.combine(self.last_day + timedelta(days=1), self.cut)

    @property
    def end(self) -> datetime:
        """E' = min(E, T), but not before S: a period is never looked at beyond T."""
        return max(self.start, min(self.period_end, self.moment))

    @property
    def as_of_day(self) -> date:
        """The date of the last instant before T."""
        return (self.moment - timedelta(milliseconds=1)).date()

    @property
    def as_of_wd(self) -> int:
        """The working-day ordinal of :attr:`as_of_day`."""
        return self.calendar.ordinal(self.as_of_day)

    def threshold(self, key: str) -> Threshold:
        """The threshold valid on :attr:`as_of_day`; keys: metrics/core/thresholds.toml."""
        return self.thresholds.on(key, self.as_of_day)

    def behind(self) -> list[tuple[int, Ask]]:
        """The sources that end before T, each with the question as of its own end."""
        return [
            (source, replace(self, as_of=end, ends=()))
            for source, end in self.ends
            if end < self.moment
        ]

    @property
    def edges(self) -> tuple[float, ...]:
        """The levels that rates of being on time are judged by: none is printed across one."""
        return tuple(self.threshold(key).value for key in ("on_time_alarm", "on_time_target"))

    @property
    def comparison(self) -> Compare:
        """By timestamp or by day: as asked, else as the definition does."""
        return self.compare or ("day" if self.definition == "lenient" else "timestamp")

    @property
    def alive(self) -> tuple[datetime, datetime]:
        """No figure counts a dossier that is not alive in this span [from, to).

        What fell due in the period may have ended at any time before it.
        """
        since = EVER if self.definition == "fell_due" else self.start
        ends = [own.moment for _, own in self.behind()]
        return min(since, self.moment, *ends), self.moment

    def over(self, first_day: date, last_day: date) -> Ask:
        """The same question over another period, as of the earlier of its end and T."""
        end = datetime.combine(last_day + timedelta(days=1), self.cut)
        return replace(self, first_day=first_day, last_day=last_day, as_of=min(end, self.moment))

    @property
    def days_gone(self) -> int | None:
        """How many days of the period T has reached; None: no working day of it is left."""
        if self.calendar.ordinal(self.last_day) <= self.as_of_wd:
            return None
        return max(0, (self.as_of_day - self.first_day).days + 1)

    def against(self, first_day: date, last_day: date) -> Ask:
        """The question over a period to compare with: its first days, as many as have gone here.

        Eight days of a month against a whole month would look like a collapse. So would a source
        that has told of two days beside five of its days before: each is cut to as many as it has
        told of.
        """
        whole = self.over(first_day, last_day)
        ends = tuple((source, self._alike(end, whole)) for source, end in self.ends)
        until = whole.start_of_day(self.days_gone) if self.days_gone is not None else whole.moment
        return replace(whole, as_of=min(until, whole.moment), ends=ends)

    def _alike(self, end: datetime, other: Ask) -> datetime:
        """A source's end in another period: after as many days as it has told of in this one."""
        if end >= self.moment:
            return end
        gone = replace(self, as_of=end, ends=()).days_gone
        return end if gone is None else min(end, other.start_of_day(gone))

    def start_of_day(self, number: int) -> datetime:
        """00:00 of a day of the period, counted from 0."""
        return self.start + timedelta(days=number)


def just_after(newest: datetime) -> datetime:
    """The next whole minute after the newest moment of the data.

    What happened at T is not counted yet (docs/definitions.md), so T = the newest moment would
    leave out the newest event itself; and the URL and the screens write T to the minute.
    """
    return newest.replace(second=0, microsecond=0) + timedelta(minutes=1)


def source_ends(sources: pl.DataFrame) -> tuple[tuple[int, datetime], ...]:
    """Source → :func:`just_after` the newest moment that it tells of; none for one that is silent.

    Args:
        sources: metrics.core.contracts.SOURCE.
    """
    told = sources.select("source_id", "data_until").drop_nulls().sort("source_id")
    return tuple((source, just_after(until)) for source, until in told.iter_rows())


def last_known(sources: pl.DataFrame) -> datetime | None:
    """The latest T that there is an answer for; None: some source does not tell its end.

    Args:
        sources: metrics.core.contracts.SOURCE.
    """
    ends = [end for _, end in source_ends(sources)]
    return max(ends) if ends and len(ends) == sources.height else None


def default_moment(
    first_day: date, last_day: date, data_until: datetime | None, cut: time = MIDNIGHT
) -> datetime:
    """T where nobody has chosen one: the end of the period, or :func:`just_after` the data.

    Judging beyond the end of the data would call late what has only not been reported yet.

    Args:
        first_day: the period's first day; T never lies before it.
        last_day: the period's last day, inclusive.
        data_until: the newest moment that the records speak of, local; None: nobody knows.
        cut: the time of day at which the period begins and ends.
    """
    end = datetime.combine(last_day + timedelta(days=1), cut)
    if data_until is None or data_until >= end:
        return end
    return max(just_after(data_until), datetime.combine(first_day, cut))


def span(asks: list[Ask]) -> tuple[datetime, datetime]:
    """The span in which a dossier must be alive to be counted by any of these questions."""
    return min(ask.alive[0] for ask in asks), max(ask.alive[1] for ask in asks)
