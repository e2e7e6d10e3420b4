"""What may be said of a series or a unit: a verdict, and the one sentence that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from metrics.core.vietnamese import day, number, percent
from metrics.signals.charts import Chart, Point
from metrics.signals.funnel import Placed, Standing
from metrics.signals.runs import KINDS, Kind, Run

Word = Literal["usual", "few", "short", "none"] | Kind
"""A rule, or why there is no signal: usual variation, too few dossiers, weeks; nothing known."""

_NO_CHANCE: Final = "không phải ngẫu nhiên"


@dataclass(frozen=True)
class Verdict:
    """What the last known week of a chart says.

    ``kind``: a rule of :data:`metrics.signals.runs.KINDS` is a signal. ``week``: the last known
    week's first day; ``since``: the signal's first week. ``direction``: "up", "down"; ``is_better``
    by the figure (None: neither). ``length``: weeks of the run; of a trend its rises or falls.
    ``value``, ``centre``, ``low``, ``high``, ``dossiers`` (None: of no rate): the last known week.
    ``needed``: weeks that limits need; ``of``: among how many weeks those near a limit are counted.
    ``anew``: the day that mean and limits are counted from, where the chart began anew, and why.
    """

    kind: Word
    is_rate: bool = True
    week: date | None = None
    since: date | None = None
    direction: Literal["up", "down"] | None = None
    is_better: bool | None = None
    length: int = 0
    value: float | None = None
    centre: float | None = None
    low: float | None = None
    high: float | None = None
    dossiers: int | None = None
    needed: int = 0
    of: int = 0
    anew: date | None = None
    anew_for: str = ""

    @property
    def is_signal(self) -> bool:
        """Whether it is more than chance, for better or worse."""
        return self.kind in KINDS

    @property
    def is_bad(self) -> bool:
        """Whether it is a signal for the worse."""
        return self.is_signal and self.is_better is False

    @property
    def sentence(self) -> str:
        """The verdict as one plain Vietnamese sentence, without a full stop.

        Of a chart that began anew it speaks of what came after, and says so.
        """
        return f"{_SENTENCES[self.kind](self)}{self.since_anew}"

    @property
    def since_anew(self) -> str:
        """ ", tính từ 01/07/2025: sắp xếp đơn vị"; empty: the chart began nowhere anew."""
        if self.anew is None:
            return ""
        why = f": {_small(self.anew_for)}" if self.anew_for else ""
        return f", tính từ {day(self.anew)}{why}"


def verdict(chart: Chart, few: float = 0, why: Mapping[date, str] | None = None) -> Verdict:
    """What a chart says at its last known week.

    Args:
        few: a week of a rate with fewer dossiers that is no signal is too little to conclude from.
        why: day that the chart may begin anew at → its words.
    """
    at = chart.last
    if at is None:
        return Verdict("none", chart.is_rate)
    found = _strongest(at.ends)
    said = _of_signal(chart, at, found) if found is not None else _no_signal(chart, at, few)
    if len(chart.phases) < 2:
        return said
    anew = chart.rebased[-1]
    return replace(said, anew=anew, anew_for=(why or {}).get(anew, ""))


def _no_signal(chart: Chart, at: Point, few: float) -> Verdict:
    kind: Word = "usual"
    if at.denominator is not None and at.denominator < few:
        kind = "few"
    elif at.low is None:
        kind = "short"
    weeks = chart.phases[-1].weeks
    return _numbers(chart, at, kind, length=weeks)


def _strongest(ends: Sequence[Run]) -> Run | None:
    return min(ends, key=lambda run: (KINDS.index(run.kind), -run.length), default=None)


def _of_signal(chart: Chart, at: Point, run: Run) -> Verdict:
    up = run.direction > 0
    better = None if chart.better == "neither" else up == (chart.better == "up")
    since = chart.points[run.first].week
    return _numbers(
        chart, at, run.kind, since, "up" if up else "down", is_better=better, length=run.length
    )


def _numbers(
    chart: Chart,
    at: Point,
    kind: Word,
    since: date | None = None,
    direction: Literal["up", "down"] | None = None,
    *,
    is_better: bool | None = None,
    length: int = 0,
) -> Verdict:
    dossiers = None if at.denominator is None else int(at.denominator)
    return Verdict(
        kind, chart.is_rate, at.week, since, direction, is_better, length, at.value, at.centre,
        at.low,
        at.high, dossiers, chart.rules.least_weeks, chart.rules.near_of,
    )  # fmt: skip


# -- sentences ----------------------------------------------------------------------------


def written(value: float | None, is_rate: bool) -> str:
    """A value, a mean or a limit as a sentence has it: 91,2% or 12,3."""
    if is_rate:
        return percent(value, edges=())
    return number(value, 0 if value is None or value == int(value) else 1)


def _small(words: str) -> str:
    """Words in the middle of a sentence; an abbreviation stays as it is."""
    return words if words[1:2].isupper() else words[0].lower() + words[1:]


def _outside(found: Verdict) -> str:
    low = found.direction == "down"
    limit = written(found.low if low else found.high, found.is_rate)
    word = "thấp hơn giới hạn dưới" if low else "cao hơn giới hạn trên"
    return f"{written(found.value, found.is_rate)}, {word} {limit}, {_NO_CHANCE}"


def _trend(found: Verdict) -> str:
    word = "Giảm" if found.direction == "down" else "Tăng"
    return f"{word} liên tiếp {number(found.length)} tuần, {_NO_CHANCE}"


def _one_side(found: Verdict) -> str:
    word = "thấp hơn" if found.direction == "down" else "cao hơn"
    centre = written(found.centre, found.is_rate)
    return f"{number(found.length)} tuần liền {word} trung bình {centre}, {_NO_CHANCE}"


def _near(found: Verdict) -> str:
    low = found.direction == "down"
    limit = written(found.low if low else found.high, found.is_rate)
    word = "dưới" if low else "trên"
    weeks = f"{number(found.length)} trong {number(found.of)} tuần gần nhất"
    return f"{weeks} sát giới hạn {word} {limit}, {_NO_CHANCE}"


def _usual(found: Verdict) -> str:
    centre, low, high = (
        written(value, found.is_rate) for value in (found.centre, found.low, found.high)
    )
    return f"Dao động bình thường quanh trung bình {centre} (từ {low} đến {high})"


def _few(found: Verdict) -> str:
    return f"{number(found.dossiers)} hồ sơ chưa đủ để kết luận"


def _short(found: Verdict) -> str:
    return (
        f"Mới có số liệu {number(found.length)} tuần, chưa đủ để kết luận "
        f"(cần {number(found.needed)} tuần)"
    )


_SENTENCES: Final[dict[Word, Callable[[Verdict], str]]] = {
    "outside": _outside,
    "trend": _trend,
    "one_side": _one_side,
    "near": _near,
    "usual": _usual,
    "few": _few,
    "short": _short,
    "none": lambda _: "Chưa có tuần nào có số liệu",
}


def since_words(found: Verdict) -> str:
    """From which week on, as it stands beside a sentence: "từ tuần 05/10/2026"; empty: none."""
    return "" if found.since is None else f"từ tuần {day(found.since)}"


def unit_sentence(placed: Placed, pooled: float) -> str:
    """What may be said of a unit among its like, as one sentence without a full stop."""
    of = placed.unit.denominator
    if placed.zone == "few":
        return f"{number(of)} hồ sơ chưa đủ để kết luận"
    rate, whole = percent(placed.rate, edges=()), percent(pooled, edges=())
    if placed.is_signal:
        word = "thấp" if placed.zone == "below_outer" else "cao"
        return f"{rate} trên {number(of)} hồ sơ: {word} hơn mức chung {whole}, {_NO_CHANCE}"
    if placed.zone == "within":
        return f"{rate} trên {number(of)} hồ sơ: khác mức chung {whole} không quá mức ngẫu nhiên"
    word = "thấp" if placed.zone == "below_inner" else "cao"
    return f"{rate} trên {number(of)} hồ sơ: {word} hơn mức chung {whole}, cần theo dõi"


def standing_sentence(found: Standing, what: str) -> str:
    """How a unit stands among its like ("Phường, xã"), as one sentence without a full stop."""
    told = unit_sentence(found.placed, found.pooled)
    word = f"mức chung của {number(found.like)} đơn vị cùng loại ({what.lower()})"
    return told if found.placed.zone == "few" else told.replace("mức chung", word, 1)
