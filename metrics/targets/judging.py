"""Targets judged: đạt, có khả năng đạt, nguy cơ không đạt, không đạt, chưa đánh giá được.

Pure: what is known (:class:`Evidence`, gathered by metrics/targets/evidence.py) and a moment go
in, a state with its arithmetic as a Vietnamese sentence comes out. Comparisons are exact: a rate
is compared by its two sides, a limit as the decimal that was written. Unknown is never 0: what
cannot be judged says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any, Final, Literal

from metrics.core.ask import Ask
from metrics.core.periods import period_of
from metrics.core.vietnamese import day, number, percent

State = Literal["met", "likely", "at_risk", "missed", "unknown"]

STATES: Final[dict[State, str]] = {
    "missed": "Không đạt",
    "at_risk": "Nguy cơ không đạt",
    "likely": "Có khả năng đạt",
    "met": "Đạt",
    "unknown": "Chưa đánh giá được",
}
"""State → its word, what needs a decision first."""


@dataclass(frozen=True)
class Target:
    """What is promised: the columns of :data:`metrics.registers.TARGET` that judging looks at."""

    operator: str
    period_from: date
    period_to: date
    metric_kind: str = "figure"
    metric: str | None = None
    unit_id: int = 0
    definition: str | None = None
    field_id: int | None = None
    low: float | None = None
    high: float | None = None
    label: str | None = None
    share: float | None = None
    base_label: str | None = None
    baseline_year: int | None = None
    baseline_value: float | None = None
    every_period: bool = False
    unit_of_measure: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Target:
        """The target of a row of the register."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Value:
    """What was measured over some days.

    ``value`` is a rate (0–1), a score or a count; where ``numerator`` and ``denominator`` are
    known it is their ratio, compared by the two sides. ``adds_up``: a count that can only grow
    while its period runs. ``counts_dossiers``: a rate of dossiers, so that what the rest of the
    period can bear may be said. ``note``: why it does not stand for the whole span.
    """

    first: date
    last: date
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    is_rate: bool = False
    adds_up: bool = False
    counts_dossiers: bool = False
    note: str | None = None

    @property
    def exact(self) -> Fraction | None:
        """The value as it was counted or written; None: unknown, or nothing to divide by."""
        if self.numerator is not None and self.denominator is not None:
            if self.denominator == 0:
                return None
            return exact(self.numerator) / exact(self.denominator)
        return None if self.value is None else exact(self.value)


@dataclass(frozen=True)
class Rank:
    """A place in an index's edition; ``bound``: only known as "no worse than"."""

    year: int
    rank: int | None = None
    bound: int | None = None
    group: str | None = None
    out_of: int | None = None


@dataclass(frozen=True)
class Rating:
    """A unit's label of a year; ``order``: higher is better. None: not known."""

    unit_id: int
    label: str | None
    order: int | None


@dataclass(frozen=True)
class Evidence:
    """What is known about a target. ``missing``: why nothing is (one Vietnamese sentence).

    ``values``: one for the target's whole span; with ``every_period`` one for each of
    :func:`spans`. ``ranks``: of the latest known edition, one a source. ``scale``: label → order.
    """

    values: tuple[Value, ...] = ()
    ranks: tuple[Rank, ...] = ()
    ratings: tuple[Rating, ...] = ()
    scale: tuple[tuple[str, int], ...] = ()
    year: int | None = None
    baseline: float | None = None
    missing: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Allowance:
    """How many late dossiers a rate's period can bear, at the volume so far."""

    volume: int
    allowed: int
    spent: int

    @property
    def left(self) -> int:
        """How many more; negative: more were late than the whole period can bear."""
        return self.allowed - self.spent


@dataclass(frozen=True)
class Judgement:
    """A state with its arithmetic. ``shown``: the value as printed ("–": unknown); ``brief``: the
    arithmetic alone, without when and under which assumption (empty: the sentence is short)."""

    state: State
    sentence: str
    shown: str = "–"
    source: str | None = None
    allowance: Allowance | None = None
    brief: str = ""


def exact(value: float) -> Fraction:
    """The decimal that was written: 0.98 is 98/100, not its nearest binary fraction."""
    return Fraction(str(value))


def limit(target: Target, is_rate: bool = False) -> str:
    """The target's value as it is printed: "≥ 98%", "95–100%", "hạng ≤ 10" …"""
    low, high = (_written(value, is_rate) for value in (target.low, target.high))
    match target.operator:
        case "at_least":
            return f"≥ {low}"
        case "at_most":
            return f"≤ {high}"
        case "between":
            return f"{low.removesuffix('%') if is_rate else low}–{high}"
        case "label_at_least":
            return f"từ “{target.label}”"
        case "share_at_label":
            return f"≥ {_written(target.share, True)} đơn vị từ “{target.label}”"
        case "change_from_baseline":
            if target.high is not None:
                return f"giảm ≥ {_written(-target.high, True)} so với {target.baseline_year}"
            return f"tăng ≥ {_written(target.low, True)} so với {target.baseline_year}"
        case "rank_at_most":
            return f"hạng ≤ {high}"
        case "leading_group":
            return "nhóm dẫn đầu" if target.high is None else f"nhóm {high} dẫn đầu"
        case _:
            return "định tính"


def spans(target: Target) -> tuple[tuple[date, date], ...]:
    """The periods a target must hold in: calendar years of a plan of more than a year, quarters
    of one year's plan, months of a quarter's; the outer ones cut to the plan."""
    days = (target.period_to - target.period_from).days + 1
    kind = "year" if days > 366 else "quarter" if days > 92 else "month"
    found, first = [], target.period_from
    while first <= target.period_to:
        last = min(period_of(kind, first).last, target.period_to)
        found.append((first, last))
        first = date.fromordinal(last.toordinal() + 1)
    return tuple(found)


def judge(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    """Whether a target is, or will be, met, as of the question's moment.

    Returns:
        ``met`` and ``missed`` only of what is settled: the period is over by ``ask.as_of_day``,
        or it cannot come out otherwise. While it runs, ``likely`` and ``at_risk`` by the
        arithmetic in the sentence. ``unknown`` with the reason.
    """
    found = _judge(target, evidence, ask)
    return replace(found, source=evidence.source)


def _judge(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    if target.operator == "qualitative" or target.metric_kind == "none":
        return _unknown("Chỉ tiêu định tính, không đo bằng số nên không tự đánh giá.")
    if ask.as_of_day < target.period_from:
        return _unknown(f"Kỳ của chỉ tiêu bắt đầu từ {day(target.period_from)}.")
    if evidence.missing is not None:
        return _unknown(evidence.missing)
    if target.operator in ("rank_at_most", "leading_group"):
        return _ranked(target, evidence, ask)
    if target.operator == "label_at_least":
        return _labelled(target, evidence, ask)
    if target.operator == "share_at_label":
        return _shared(target, evidence, ask)
    if target.every_period:
        return _every(target, evidence, ask)
    if not evidence.values:
        return _unknown("Chưa có số liệu.")
    return _valued(target, evidence.values[0], evidence, ask)


def _unknown(why: str, shown: str = "–") -> Judgement:
    return Judgement("unknown", why, shown)


def _over(last: date, ask: Ask) -> bool:
    return ask.moment.date() > last


def _settled(holds: bool, is_over: bool) -> State:
    if is_over:
        return "met" if holds else "missed"
    return "likely" if holds else "at_risk"


def _running(last: date, is_over: bool) -> str:
    return "" if is_over else f" Kỳ đến {day(last)} chưa kết thúc: theo số hiện có."


# -- a number against its limits ----------------------------------------------------------


def _written(value: float | Fraction | None, is_rate: bool) -> str:
    if value is None:
        return "–"
    scaled = exact(value) * 100 if isinstance(value, float) else Fraction(value) * 100
    if not is_rate:
        scaled /= 100
    decimals = next((n for n in range(3) if (scaled * 10**n).denominator == 1), 2)
    return number(float(scaled), decimals) + ("%" if is_rate else "")


def _told(value: Fraction, is_rate: bool, against: Sequence[float | None]) -> str:
    """A measured value, with as many decimals as its comparison needs to be seen."""
    limits = [exact(edge) for edge in against if edge is not None]
    if is_rate:
        for decimals in (1, 2, 3, 4):
            cut = Fraction(round(value * 10 ** (decimals + 2)), 10 ** (decimals + 2))
            if all((cut >= edge) == (value >= edge) for edge in limits):
                return percent(float(value), decimals)
        return percent(float(value), 4)
    return _written(value, False)


def _sides(value: Value, told: str) -> str:
    if value.numerator is None or value.denominator is None:
        return told
    return f"{_written(value.numerator, False)}/{_written(value.denominator, False)} = {told}"


def _meets(target: Target, value: Fraction) -> bool:
    low, high = target.low, target.high
    above = low is None or target.operator == "at_most" or value >= exact(low)
    below = high is None or target.operator == "at_least" or value <= exact(high)
    return above and below


def _compared(target: Target, value: Fraction, told: str, is_rate: bool) -> str:
    if target.operator != "at_most" and target.low is not None and value < exact(target.low):
        return f"{told} < {_written(target.low, is_rate)}"
    if target.operator != "at_least" and target.high is not None and value > exact(target.high):
        return f"{told} > {_written(target.high, is_rate)}"
    if target.operator == "at_least":
        return f"{told} ≥ {_written(target.low, is_rate)}"
    if target.operator == "at_most":
        return f"{told} ≤ {_written(target.high, is_rate)}"
    return f"{told} nằm trong {limit(target, is_rate)}"


def _needs_limit(target: Target) -> bool:
    needed = {"at_least": ("low",), "at_most": ("high",), "between": ("low", "high")}
    return any(getattr(target, name) is None for name in needed.get(target.operator, ()))


def _valued(target: Target, value: Value, evidence: Evidence, ask: Ask) -> Judgement:
    """One value over one span."""
    if target.operator == "change_from_baseline":
        return _changed(target, value, evidence, ask)
    if _needs_limit(target):
        return _unknown("Chỉ tiêu chưa ghi mức phải đạt.")
    measured = value.exact
    if measured is None:
        why = "mẫu số bằng 0 nên không có tỷ lệ" if value.denominator == 0 else "chưa có số liệu"
        return _unknown(f"{_span(value)}: {value.note or why}.")
    told = _told(measured, value.is_rate, (target.low, target.high))
    line = _compared(target, measured, _sides(value, told), value.is_rate)
    if value.note:
        # Only a part of the span is known: the number is shown, and not taken for the whole.
        return _unknown(f"{_span(value)}: {line}, nhưng {value.note}.", told)
    holds = _meets(target, measured)
    if _over(value.last, ask):
        return Judgement(_settled(holds, True), f"{_span(value)}: {line}.", told)
    return _while_running(target, value, measured, Judgement("unknown", line, told), ask)


def _span(value: Value) -> str:
    first, last = value.first, value.last
    for kind, name in (("year", "Năm "), ("quarter", f"Quý {(last.month + 2) // 3}/"),
                       ("month", f"Tháng {last:%m}/")):  # fmt: skip
        period = period_of(kind, first)
        if (period.first, period.last) == (first, last):
            return f"{name}{last.year}"
    if (first.day, first.month, last.day, last.month) == (1, 1, 31, 12):
        return f"Giai đoạn {first.year}–{last.year}"
    return f"Từ {day(first)} đến {day(last)}"


def _while_running(
    target: Target, value: Value, measured: Fraction, so_far: Judgement, ask: Ask
) -> Judgement:
    holds, head = _meets(target, measured), f"{_span(value)}, đến {day(ask.as_of_day)}"
    if value.counts_dossiers and target.operator in ("at_least", "between"):
        return _bearable(target, value, holds, so_far, head, ask)
    if value.adds_up:
        return _adding(target, value, measured, so_far, head, ask)
    text = f"{head}: {so_far.sentence}.{_running(value.last, False)}"
    return Judgement(_settled(holds, False), text, so_far.shown)


def _passed(value: Value, ask: Ask) -> Fraction:
    """The part of the span's days that has passed."""
    total = (value.last - value.first).days + 1
    return Fraction((ask.as_of_day - value.first).days + 1, total)


def _bearable(
    target: Target, value: Value, holds: bool, so_far: Judgement, head: str, ask: Ask
) -> Judgement:
    """A rate of dossiers: what the rest of the period can bear, at the volume so far."""
    assert value.numerator is not None
    assert value.denominator is not None
    assert target.low is not None
    late = int(value.denominator - value.numerator)
    volume = round(exact(value.denominator) / _passed(value, ask))
    allowance = Allowance(volume, floor((1 - exact(target.low)) * volume), late)
    rest = volume - int(value.denominator)
    missed = "không đúng hạn" if target.metric == "on_time" else "không đạt"
    if allowance.left < 0:
        room = (
            f"đã có {number(late)} hồ sơ {missed}, quá số cả kỳ chịu được "
            f"({number(allowance.allowed)})"
        )
    elif allowance.left >= rest:
        room = (
            f"cả kỳ chịu được {number(allowance.allowed)} hồ sơ {missed}, đã có "
            f"{number(late)}; dù khoảng {number(rest)} hồ sơ còn lại đều {missed} thì chỉ tiêu "
            "vẫn đạt"
        )
    else:
        room = (
            f"cả kỳ chịu được {number(allowance.allowed)} hồ sơ {missed}, đã có "
            f"{number(late)}, còn chịu được {number(allowance.left)} trong khoảng "
            f"{number(rest)} hồ sơ còn lại"
        )
    text = (
        f"{head}: {so_far.sentence}. Giả định hồ sơ về đều theo ngày như từ đầu kỳ, cả kỳ khoảng "
        f"{number(volume)} hồ sơ: {room}."
    )
    state = _settled(holds and allowance.left >= 0, False)
    brief = f"{so_far.sentence}; {room}"
    return Judgement(state, text, so_far.shown, allowance=allowance, brief=brief)


def _adding(
    target: Target, value: Value, measured: Fraction, so_far: Judgement, head: str, ask: Ask
) -> Judgement:
    """A count that only grows: what is passed stays passed; else at the pace so far."""
    if target.operator == "at_least" and _meets(target, measured):
        return Judgement("met", f"{head}: {so_far.sentence}, đã đủ trước hạn.", so_far.shown)
    if target.high is not None and target.operator != "at_least" and measured > exact(target.high):
        text = f"{head}: {so_far.sentence}; số này không giảm đi được nữa."
        return Judgement("missed", text, so_far.shown)
    expected = measured / _passed(value, ask)
    text = (
        f"{head}: {so_far.sentence}. Giả định theo nhịp từ đầu kỳ, cả kỳ khoảng "
        f"{number(float(expected))}."
    )
    return Judgement(_settled(_meets(target, expected), False), text, so_far.shown)


def _every(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    """ "Duy trì": not met as soon as one period that is over was not; met when all were."""
    begun = [value for value in evidence.values if value.first <= ask.as_of_day]
    if not begun:
        return _unknown("Chưa có số liệu.")
    parts = [(value, _valued(target, value, evidence, ask)) for value in begun]
    of: dict[State, list[Judgement]] = {state: [] for state in STATES}
    for _, part in parts:
        of[part.state].append(part)
    shown = next((part.shown for _, part in reversed(parts) if part.shown != "–"), "–")
    if of["missed"]:
        lines = " ".join(part.sentence for part in of["missed"])
        return Judgement("missed", f"Phải đạt ở mọi kỳ. {lines}", of["missed"][0].shown)
    last = parts[-1][1]
    if last.state in ("likely", "at_risk"):
        good = f" {len(of['met'])} kỳ đã qua đều đạt." if of["met"] else ""
        gaps = f" {_no_data(parts)}" if of["unknown"] else ""
        text = f"Phải đạt ở mọi kỳ. {last.sentence}{good}{gaps}"
        # What is not known of a period that is over can still turn out to have failed.
        state: State = "unknown" if of["unknown"] and last.state == "likely" else last.state
        return replace(last, state=state, sentence=text)
    if of["unknown"]:
        return _unknown(f"Phải đạt ở mọi kỳ. {_no_data(parts)}", shown)
    if ask.as_of_day < target.period_to:
        return Judgement("likely", f"Phải đạt ở mọi kỳ; {len(parts)} kỳ đã qua đều đạt.", shown)
    lines = " ".join(part.sentence for _, part in parts)
    return Judgement("met", f"Mọi kỳ đều đạt. {lines}", shown)


def _no_data(parts: Sequence[tuple[Value, Judgement]]) -> str:
    """What is not known, periods of the same reason together."""
    reasons: dict[str, list[str]] = {}
    for value, part in parts:
        if part.state == "unknown":
            head, _, reason = part.sentence.partition(": ")
            same = reasons.setdefault(reason or head, [])
            same.append(str(value.last.year) if head.startswith("Năm ") and same else head)
    return " ".join(f"{', '.join(heads)}: {reason}" for reason, heads in reasons.items())


# -- change against a year ----------------------------------------------------------------


def _changed(target: Target, value: Value, evidence: Evidence, ask: Ask) -> Judgement:
    base = target.baseline_value if target.baseline_value is not None else evidence.baseline
    year = f"năm gốc {target.baseline_year}" if target.baseline_year else "năm gốc"
    now = value.exact
    if target.low is None and target.high is None:
        return _unknown("Chỉ tiêu chưa ghi mức tăng, giảm phải đạt.")
    if base is None:
        return _unknown(f"Chưa có giá trị {year} để so sánh.")
    if base == 0:
        return _unknown(f"Giá trị {year} bằng 0 nên không tính được mức thay đổi.")
    if now is None:
        return _unknown(f"Chưa có giá trị để so với {year}.")
    change, is_over = (now - exact(base)) / exact(base), _over(target.period_to, ask)
    falls = target.high is not None
    asked = -exact(target.high or 0) if falls else exact(target.low or 0)
    reached = -change if falls else change
    sides = [_written(exact(base), False), _written(now, False)]
    left, right = sides if falls else (sides[1], sides[0])
    told = _told(reached, True, (float(asked),))
    holds = reached >= asked and (not falls or target.low is None or change >= exact(target.low))
    line = (
        f"Mức {'giảm' if falls else 'tăng'} so với {year}: ({left} − {right})/{sides[0]} = {told} "
        f"{'≥' if reached >= asked else '<'} {_written(asked, True)}."
    )
    return Judgement(
        _settled(holds, is_over),
        line + _running(target.period_to, is_over),
        f"{'giảm' if falls else 'tăng'} {told}",
    )


# -- ranks --------------------------------------------------------------------------------


def _ranked(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    if not evidence.ranks:
        return _unknown("Chưa có thứ hạng.")
    if target.operator == "rank_at_most" and target.high is None:
        return _unknown("Chỉ tiêu chưa ghi thứ hạng phải đạt.")
    year, shown = evidence.ranks[0].year, "; ".join(dict.fromkeys(map(_place, evidence.ranks)))
    is_over = _over(target.period_to, ask)
    if is_over and year < target.period_to.year:
        return _unknown(
            f"Chưa có thứ hạng năm {target.period_to.year}; gần nhất, năm {year}: {shown}.", shown
        )
    verdicts = {_in_front(target, rank) for rank in evidence.ranks} - {None}
    if len(verdicts) > 1:
        return _unknown(f"Năm {year}, các nguồn nói khác nhau: {shown}.", shown)
    if not verdicts:
        return _unknown(f"Năm {year}: {shown}; {_why_not(target)}.", shown)
    holds = bool(verdicts.pop())
    text = f"Năm {year}: {shown}{_distance(target, evidence.ranks)}."
    return Judgement(
        _settled(holds, is_over), text + _running(target.period_to, is_over), f"{shown} ({year})"
    )


def _place(rank: Rank) -> str:
    of = f"/{rank.out_of}" if rank.out_of else ""
    if rank.rank is not None:
        return f"hạng {rank.rank}{of}"
    if rank.bound is not None:
        return f"hạng không quá {rank.bound}{of}"
    return f"nhóm “{rank.group}”" if rank.group else "chưa rõ hạng"


_FRONT: Final = ("cao nhất", "dẫn đầu", "tốt nhất")


def _in_front(target: Target, rank: Rank) -> bool | None:
    """Whether a place is good enough; None: it does not say."""
    if target.high is not None:
        if rank.rank is not None:
            return rank.rank <= exact(target.high)
        # "Among the first ten" settles "at most 10" and 12, but says nothing of 5.
        return True if rank.bound is not None and rank.bound <= exact(target.high) else None
    if rank.group is None:
        return None
    return any(word in rank.group.lower() for word in _FRONT)


def _why_not(target: Target) -> str:
    if target.high is None:
        return "kế hoạch không nêu nhóm dẫn đầu gồm bao nhiêu địa phương"
    return f"chưa đủ để biết có trong hạng {_written(target.high, False)} không"


def _distance(target: Target, ranks: Sequence[Rank]) -> str:
    known = next((rank.rank for rank in ranks if rank.rank is not None), None)
    if target.high is None:
        return ""
    wanted = _written(target.high, False)
    if known is None:
        return f" ≤ {wanted}"
    if known <= exact(target.high):
        return f" ≤ {wanted}"
    return f" > {wanted}, còn cách {number(known - float(target.high))} bậc"


# -- labels -------------------------------------------------------------------------------


def _order(label: str | None, order: int | None, scale: Mapping[str, int]) -> int | None:
    if order is not None:
        return order
    return None if label is None else scale.get(label.casefold())


def _reaches(rating: Rating, label: str, scale: Mapping[str, int]) -> bool | None:
    """Whether a rating is that label or a better one; None: not known."""
    if rating.label is not None and rating.label.casefold() == label.casefold():
        return True
    have, wanted = _order(rating.label, rating.order, scale), scale.get(label.casefold())
    return None if have is None or wanted is None else have >= wanted


def _labelled(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    if not target.label:
        return _unknown("Chỉ tiêu chưa ghi xếp loại phải đạt.")
    rating = next((one for one in evidence.ratings if one.unit_id == target.unit_id), None)
    if rating is None or rating.label is None:
        return _unknown(f"Chưa có xếp loại năm {evidence.year or target.period_to.year}.")
    reached = _reaches(rating, target.label, _scale(evidence))
    if reached is None:
        return _unknown(f"Chưa biết “{rating.label}” cao hay thấp hơn “{target.label}”.")
    is_over = _over(target.period_to, ask)
    line = (
        f"Năm {evidence.year}: “{rating.label}”, "
        f"{'bằng hoặc cao hơn' if reached else 'thấp hơn'} “{target.label}”."
    )
    return Judgement(
        _settled(reached, is_over), line + _running(target.period_to, is_over), rating.label
    )


def _scale(evidence: Evidence) -> dict[str, int]:
    return {label.casefold(): order for label, order in evidence.scale}


@dataclass(frozen=True)
class _Share:
    """Units that reach a label, of a base; ``unclear``: not known whether they do."""

    reached: int
    base: int
    unclear: int

    def holds(self, share: float) -> bool | None:
        """Whether the share is reached; None: it hangs on what is not known."""
        if self.base == 0:
            return None
        lowest = Fraction(self.reached, self.base) >= exact(share)
        highest = Fraction(self.reached + self.unclear, self.base) >= exact(share)
        return lowest if lowest == highest else None

    def told(self, share: float) -> str:
        if self.base == 0:
            return "mẫu số bằng 0 nên không có tỷ lệ"
        value = Fraction(self.reached, self.base)
        sign = "≥" if value >= exact(share) else "<"
        text = f"{self.reached}/{self.base} = {_told(value, True, (share,))}"
        rest = f" (còn {self.unclear} đơn vị chưa rõ)" if self.unclear else ""
        return f"{text} {sign} {_written(share, True)}{rest}"


def share_of(
    ratings: Sequence[Rating], label: str, scale: Mapping[str, int], base_label: str | None
) -> _Share:
    """Units at a label or better, of all that are rated or of those at ``base_label`` or better."""
    unclear = 0
    reached = base = 0
    for rating in ratings:
        inside = True if base_label is None else _reaches(rating, base_label, scale)
        if inside is False:
            continue
        base += 1
        at_label = _reaches(rating, label, scale)
        reached += at_label is True
        unclear += at_label is None
    return _Share(reached, base, unclear)


def _shared(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    if not target.label or target.share is None:
        return _unknown("Chỉ tiêu chưa ghi xếp loại hoặc tỷ lệ đơn vị phải đạt.")
    if not evidence.ratings:
        return _unknown(f"Chưa có xếp loại năm {evidence.year or target.period_to.year}.")
    scale = _scale(evidence)
    found = share_of(evidence.ratings, target.label, scale, target.base_label)
    holds, is_over = found.holds(target.share), _over(target.period_to, ask)
    text = f"Năm {evidence.year}, từ “{target.label}”"
    text += f" trên số đơn vị từ “{target.base_label}”" if target.base_label else " trên tất cả"
    text += f": {found.told(target.share)}."
    if target.base_label:
        every = share_of(evidence.ratings, target.label, scale, None)
        text += f" Nếu tính trên tất cả đơn vị: {every.told(target.share)}."
    shown = "–" if not found.base else percent(found.reached / found.base)
    if holds is None:
        return _unknown(text, shown)
    text += _running(target.period_to, is_over)
    return Judgement(_settled(holds, is_over), text, shown)
