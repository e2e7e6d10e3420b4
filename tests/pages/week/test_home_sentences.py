"""Every sentence about dossiers on the home screen of the sample, counted again row by row.

By tests/oracle.py, which shares nothing with metrics/: a ward's "tuần thứ 6 liên tiếp" was 4.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Final

import pytest
from streamlit.testing.v1 import AppTest

from tests import oracle
from tests.oracle import Ask, Look
from tests.pages.conftest import Installation
from tests.pages.kit import installed, shown
from tests.pages.week.listed import listed
from tests.pages.week.records import DAY, Records, local, read

PERIODS: Final = {
    "week:2026-W26": [date(2026, 6, 22) - 7 * n * DAY for n in range(12, -1, -1)],
    "month:2026-06": [date(2025 + (m > 11), (m % 12) + 1, 1) for m in range(5, 18)],
    "week:2026-W24": [date(2026, 6, 8) - 7 * n * DAY for n in range(12, -1, -1)],
}
"""Period → the first days of it and of the 12 before it."""
TARGET, ALLOWED, SOON = "0.98", 3, 3


# -- counted again -------------------------------------------------------------------------

Sides = tuple[int, int, int]


class Counted:
    """What the rows give for a period and the 12 before it."""

    def __init__(self, records: Records, firsts: list[date]) -> None:
        self.records = records
        after = firsts[-1] + (firsts[-1] - firsts[-2])
        after = after if firsts[-1].day != 1 else (firsts[-1] + 31 * DAY).replace(day=1)
        bounds = [*firsts, after]
        self.asks = [Ask(a, b - DAY) for a, b in pairwise(bounds)]
        newest = max(batch.until for batch in records.world[1] if batch.until is not None)
        self.T = min(oracle.midnight(after), oracle.next_minute(newest))
        self.asks[-1] = Ask(firsts[-1], after - DAY, as_of=self.T)
        self.told: Counter[str] = Counter()

    def _looks(self, place: int) -> Iterator[Look]:
        """The dossiers that ended in a period, as it sees them at its end."""
        ask = self.asks[place]
        start, stop = oracle.midnight(ask.first_day), oracle.midnight(ask.last_day + DAY)
        calendar, batches = self.records.world
        for dossier in self.records.dossiers:
            ended = oracle.end(dossier)
            if ended is not None and start <= ended < stop:
                yield Look(dossier, ask, calendar, batches)

    @cached_property
    def sides(self) -> list[dict[int, Sides]]:
        """By period: unit → on time, judged, unknown, by the form."""
        found = []
        for place in range(len(self.asks)):
            counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
            for look in self._looks(place):
                for side, holds in enumerate(
                    (oracle.on_time, oracle.on_time_base, oracle.on_time_unknown)
                ):
                    counts[look.d.unit_id or 0][side] += holds(look)
            found.append({unit: (n, d, x) for unit, (n, d, x) in counts.items()})
        return found

    @cached_property
    def late_before(self) -> Counter[int]:
        """Unit → how often late in all the periods."""
        return Counter(
            look.d.unit_id or 0
            for place in range(len(self.asks))
            for look in self._looks(place)
            if oracle.resolved_late(look)
        )

    @cached_property
    def now(self) -> list[Look]:
        """Every dossier as the period sees it."""
        return oracle.looks(self.records.dossiers, self.asks[-1], *self.records.world)

    def by_unit(self, condition: Callable[[Look], bool]) -> Counter[int]:
        return Counter(look.d.unit_id or 0 for look in self.now if condition(look))

    def streak(self, unit: int) -> int:
        """Adjoining periods up to this one that certainly missed the target."""
        length = 0
        for sides in reversed(self.sides):
            if oracle.verdict(*sides.get(unit, (0, 0, 0)), TARGET) != "missed":
                return length
            length += 1
        return length

    def missed(self) -> set[int]:
        return {unit for unit in self.sides[-1] if self.streak(unit)}

    def late(self, unit: int) -> list[Look]:
        return [look for look in self.now if look.d.unit_id == unit and oracle.late(look)]

    def step(self, look: Look) -> str | None:
        """Where a pending dossier lies at T."""
        if look.end is not None:
            return None
        here = [
            step
            for step in self.records.steps.get(look.d.dossier_id, ())
            if local(step.from_at) < self.T <= (local(step.to_at) or oracle.NEVER)
        ]
        return max(here, key=lambda step: step.sequence).name if here else None

    def unit(self, name: str, among: Iterable[int]) -> int:
        (found,) = (unit for unit in among if self.records.units[unit] == name)
        return found


# -- the sentences -------------------------------------------------------------------------

Check = Callable[[re.Match[str], Counted], set[int]]
_NTH: Final = {"hai": 2, "ba": 3, "tư": 4}


def _n(text: str | None) -> int:
    return int((text or "0").replace(".", ""))


def _below(m: re.Match[str], counted: Counted) -> set[int]:
    """A unit below its target: rate, streak, and what its late dossiers have in common."""
    unit = counted.unit(m["unit"], counted.missed())
    n, d, x = counted.sides[-1][unit]
    assert (_n(m["n"]), _n(m["d"]), _n(m["x"])) == (n, d, x)
    assert abs(float(m["rate"].replace(",", ".")) - 100 * n / d) < 0.1
    said = len(counted.asks) if m["all"] else _NTH.get(m["nth"]) or int(m["nth"] or 1)
    assert said == counted.streak(unit), m[0]
    assert not m["all"] or int(m["all"]) == len(counted.asks)
    late = counted.late(unit)
    assert _n(m["late"]) == len(late)
    fields = Counter(counted.records.fields.get(look.d.field_id or 0, "") for look in late)
    if m["field"]:
        assert {name.lower(): count for name, count in fields.items()}[m["field"]] == _n(m["most"])
        assert _n(m["most"]) == max(fields.values())
    elif late:
        assert [name.lower() for name in fields] == [m["only"].strip()]
    if m["step"]:
        steps = Counter(step for look in late if (step := counted.step(look)))
        named = {name[0].lower() + name[1:]: count for name, count in steps.items()}
        assert named[m["step"]] == _n(m["stuck"]) == max(steps.values())
        assert 2 * _n(m["stuck"]) >= sum(steps.values())
    longest = max((oracle.lateness(look)[1] or 0 for look in late), default=0)
    assert _n(m["longest"]) == longest
    assert _n(m["opens"]) == (len(late) or d - n)
    return {unit}


def _others(m: re.Match[str], counted: Counted) -> set[int]:
    """Units below it by a dossier or so: as many as there are, and the first by name."""
    names = m["names"].split(", ")
    first = {counted.unit(name, counted.missed()) for name in names}
    assert int(m["k"]) == len(first) + _n(m["more"])
    return first


def _more_below(m: re.Match[str], counted: Counted) -> set[int]:
    """Units below it for certain that are not among those to call."""
    names = m["names"].split(", ")
    first = {counted.unit(name, counted.missed()) for name in names}
    assert int(m["k"]) == len(first) + _n(m["more"])
    return first


def _past_allowed(m: re.Match[str], counted: Counted) -> set[int]:
    counts = {unit: n for unit, n in counted.late_before.items() if n > ALLOWED}
    if m["unit"]:
        assert counts[counted.unit(m["unit"], counts)] == int(m["n"])
        counted.told["past_allowed"] += 1
    else:
        assert all(counted.unit(name, counts) for name in m["names"].split(", "))
        assert len(m["names"].split(", ")) + _n(m["more"]) == _n(m["k"])
        counted.told["past_allowed"] += _n(m["k"])
    assert counted.told["past_allowed"] <= len(counts)
    return set()


def _apologies(m: re.Match[str], counted: Counted) -> set[int]:
    counts = counted.by_unit(oracle.late_without_apology)
    if m["unit"]:
        assert counts[counted.unit(m["unit"], counts)] == _n(m["n"])
    assert _n(m["n"]) == _n(m["opens"])
    counted.told["apologies"] += _n(m["n"])
    counted.told["to apologise"] += _n(m["k"]) or 1
    return set()


_TOTALS: Final[dict[str, Callable[[Look], bool]]] = {
    "trực tuyến quá 8 giờ làm việc chưa được tiếp nhận": oracle.acceptance_overdue,
    "chưa phân loại được vì thiếu ngày hẹn trả, cần nhập ngày hẹn": oracle.on_time_unknown,
    "đến hạn trong 3 ngày làm việc tới": oracle.due_soon,
}


def _total(m: re.Match[str], counted: Counted) -> set[int]:
    counts = counted.by_unit(_TOTALS[m["what"]])
    assert _n(m["n"]) == sum(counts.values()) == _n(m["opens"])
    if m["unit"]:
        assert counts[counted.unit(m["unit"], counts)] == _n(m["most"]) == max(counts.values())
    else:
        assert len(counts) == 1
    return set()


def _stale(m: re.Match[str], counted: Counted) -> set[int]:
    calendar, batches = counted.records.world
    (source,) = (key for key, name in counted.records.sources.items() if name == m["unit"])
    until = max(b.until for b in batches if b.source_id == source and b.until is not None)
    assert f"{until:%H:%M %d/%m/%Y}" == m["at"]
    length = int(m["n"]) * timedelta(hours=8 if m["word"] == "ngày" else 1)
    assert calendar.add_working_time(until, length) <= counted.T
    one = timedelta(hours=8 if m["word"] == "ngày" else 1)
    assert calendar.add_working_time(until, length + one) > counted.T
    return set()


_OPENS: Final = r"(?: \*Xem (?:nguồn|(?P<opens>[\d.]+) (?:hồ sơ|đơn vị))\*)?$"
_PATTERNS: Final[dict[str, Check]] = {
    r"(?P<unit>.+?) đúng hạn (?P<rate>[\d,]+)% \((?P<n>[\d.]+)/(?P<d>[\d.]+)\)"
    r"(?:; (?P<x>[\d.]+) chưa phân loại \(\d+%\))?, dưới mục tiêu 98%"
    r"(?: suốt (?P<all>\d+) \w+| \w+ thứ (?P<nth>\w+) liên tiếp)?"
    r"(?:; (?P<late>[\d.]+) hồ sơ (?P<only>.*?)trễ hạn"
    r"(?:, nhiều nhất (?P<field>.+?) \((?P<most>[\d.]+)\))?"
    r"(?:, (?P<stuck>[\d.]+) đang ở bước (?P<step>[^,.]+))?"
    r"(?:, lâu nhất (?P<longest>[\d.]+) ngày làm việc)?)?\.": _below,
    r"(?P<k>\d+) đơn vị khác dưới mục tiêu 98% vì một vài hồ sơ: (?P<names>.+?)"
    r"(?: và (?P<more>\d+) đơn vị nữa)?\.": _others,
    r"(?P<k>\d+) đơn vị khác dưới mục tiêu 98%, rõ hơn ngẫu nhiên: (?P<names>.+?)"
    r"(?: và (?P<more>\d+) đơn vị nữa)?\.": _more_below,
    r"(?P<unit>.+?) trễ hẹn (?P<n>\d+) lần trong 13 tuần, quá 3 lần, cần xem xét trách nhiệm\."
    r"(?P<k>)(?P<names>)(?P<more>)": _past_allowed,
    r"(?P<k>\d+) đơn vị khác quá 3 lần trễ hẹn trong 13 tuần, cần xem xét trách nhiệm: "
    r"(?P<names>.+?)(?: và (?P<more>\d+) đơn vị nữa)?\.(?P<unit>)": _past_allowed,
    r"(?:(?P<k>\d+) đơn vị khác|(?P<unit>.+?)) còn (?P<n>[\d.]+) hồ sơ trễ hạn chưa có văn bản xin "
    r"lỗi\.": _apologies,
    rf"(?P<n>[\d.]+) hồ sơ (?P<what>{'|'.join(_TOTALS)})"
    r"(?:, nhiều nhất ở (?P<unit>.+) \((?P<most>[\d.]+)\))?\.": _total,
    r"Nguồn (?P<unit>.+) chưa cập nhật (?P<n>\d+) (?P<word>ngày|giờ) làm việc \(số liệu đến "
    r"(?P<at>[^)]+)\); số liệu kỳ này có thể thiếu\.": _stale,
}


@pytest.fixture(scope="module")
def records(sample_installation: Installation) -> Records:
    return read(sample_installation.settings)


@pytest.fixture
def home(
    sample_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], AppTest]]:
    with installed(sample_installation.settings, monkeypatch):
        yield lambda period: shown("week", None, period=period)


@pytest.mark.parametrize("period", list(PERIODS))
def test_every_sentence_is_what_the_rows_give(
    records: Records, home: Callable[[str], AppTest], period: str
) -> None:
    app, counted = home(period), Counted(records, PERIODS[period])
    told = [one.sentence for one in listed(app)]
    below: set[int] = set()
    more = 0
    for sentence in told:
        tried = ((re.match(words + _OPENS, sentence), check) for words, check in _PATTERNS.items())
        found = [(match, check) for match, check in tried if match]
        assert found, f"nobody has counted this again: {sentence}"
        match, check = found[0]
        below |= check(match, counted)
        more += _n(match.groupdict().get("more"))
    # Nothing is left unsaid, either.
    assert len(below) + more == len(counted.missed())
    apologies = counted.by_unit(oracle.late_without_apology)
    assert counted.told["apologies"] == sum(apologies.values())
    assert counted.told["to apologise"] == len(apologies)
    if period.startswith("week"):
        past = [unit for unit, n in counted.late_before.items() if n > ALLOWED]
        assert counted.told["past_allowed"] == len(past)
    assert told
