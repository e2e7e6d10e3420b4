"""Targets judged: đạt, có khả năng đạt, nguy cơ không đạt, không đạt, chưa đánh giá được.

Pure: what is known (:class:`Evidence`, gathered by metrics/targets/evidence.py) and a moment go
in, a state with its arithmetic as a Vietnamese sentence comes out. Comparisons are exact: a rate
is compared by its two sides, a limit as the decimal that was written. Unknown is never 0: what
cannot be judged says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from metrics.core.ask import Ask
from metrics.core.periods import period_of
from metrics.core.vietnamese import day, number
from metrics.targets.allowance import Allowance, exact
from metrics.targets.budget import Budget
from metrics.targets.budget import State as BudgetState
from metrics.targets.places import labelled, ranked, shared
from metrics.targets.terms import STATES, Evidence, Judgement, State, Target, Value
from metrics.targets.wording import limit, over, running, settled, told_value, unknown, written


def judge(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    """Whether a target is, or will be, met, as of the question's moment.

    Returns:
        ``met`` and ``missed`` only of what is settled: the period is over by ``ask.as_of_day``,
        or it cannot come out otherwise. While it runs, ``likely`` and ``at_risk`` by the
        arithmetic in the sentence. ``unknown`` with the reason.
    """
    found = _judge(target, evidence, ask)
    return replace(found, source=evidence.source, budget=evidence.budget)


def _judge(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    if target.operator == "qualitative" or target.metric_kind == "none":
        return unknown("Chỉ tiêu định tính, không đo bằng số nên không tự đánh giá.")
    if ask.as_of_day < target.period_from:
        return unknown(f"Kỳ của chỉ tiêu bắt đầu từ {day(target.period_from)}.")
    if evidence.missing is not None:
        return unknown(evidence.missing)
    if target.operator in ("rank_at_most", "leading_group"):
        return ranked(target, evidence, ask)
    if target.operator == "label_at_least":
        return labelled(target, evidence, ask)
    if target.operator == "share_at_label":
        return shared(target, evidence, ask)
    if target.every_period:
        return _every(target, evidence, ask)
    if not evidence.values:
        return unknown("Chưa có số liệu.")
    return _valued(target, evidence.values[0], evidence, ask)


def _sides(value: Value, told: str) -> str:
    if value.numerator is None or value.denominator is None:
        return told
    return f"{written(value.numerator, False)}/{written(value.denominator, False)} = {told}"


def _meets(target: Target, value: Fraction) -> bool:
    low, high = target.low, target.high
    above = low is None or target.operator == "at_most" or value >= exact(low)
    below = high is None or target.operator == "at_least" or value <= exact(high)
    return above and below


def _is_certain(target: Target, value: Value) -> bool:
    """Whether the unknown could not change the answer (docs/definitions.md, "Verdicts")."""
    assert value.numerator is not None
    assert value.denominator is not None
    n, x = exact(value.numerator), exact(value.unknown)
    of = exact(value.denominator) + x
    return _meets(target, n / of) == _meets(target, (n + x) / of)


def _compared(target: Target, value: Fraction, told: str, is_rate: bool) -> str:
    if target.operator != "at_most" and target.low is not None and value < exact(target.low):
        return f"{told} < {written(target.low, is_rate)}"
    if target.operator != "at_least" and target.high is not None and value > exact(target.high):
        return f"{told} > {written(target.high, is_rate)}"
    if target.operator == "at_least":
        return f"{told} ≥ {written(target.low, is_rate)}"
    if target.operator == "at_most":
        return f"{told} ≤ {written(target.high, is_rate)}"
    return f"{told} nằm trong {limit(target, is_rate)}"


def _needs_limit(target: Target) -> bool:
    needed = {"at_least": ("low",), "at_most": ("high",), "between": ("low", "high")}
    return any(getattr(target, name) is None for name in needed.get(target.operator, ()))


def _valued(target: Target, value: Value, evidence: Evidence, ask: Ask) -> Judgement:
    """One value over one span."""
    if target.operator == "change_from_baseline":
        return _changed(target, value, evidence, ask)
    if _needs_limit(target):
        return unknown("Chỉ tiêu chưa ghi mức phải đạt.")
    measured = value.exact
    if measured is None:
        why = "mẫu số bằng 0 nên không có tỷ lệ" if value.denominator == 0 else "chưa có số liệu"
        return unknown(f"{_span(value)}: {value.note or why}.")
    told = told_value(measured, value.is_rate, (target.low, target.high))
    line = _compared(target, measured, _sides(value, told), value.is_rate)
    if value.note:
        # Only a part of the span is known: the number is shown, and not taken for the whole.
        return unknown(f"{_span(value)}: {line}, nhưng {value.note}.", told)
    if value.unknown:
        line = f"{line}; {number(value.unknown)} hồ sơ chưa phân loại được"
        if not _is_certain(target, value):
            return unknown(f"{_span(value)}: {line}, đủ để đổi kết luận.", told)
    holds = _meets(target, measured)
    if over(value.last, ask):
        return Judgement(settled(holds, True), f"{_span(value)}: {line}.", told)
    return _while_running(target, value, measured, Judgement("unknown", line, told), evidence, ask)


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
    target: Target,
    value: Value,
    measured: Fraction,
    so_far: Judgement,
    evidence: Evidence,
    ask: Ask,
) -> Judgement:
    holds, head = _meets(target, measured), f"{_span(value)}, đến {day(ask.as_of_day)}"
    if value.counts_dossiers and target.operator in ("at_least", "between"):
        return _bearable(target, value, holds, so_far, head, ask, evidence.budget)
    if value.adds_up:
        return _adding(target, value, measured, so_far, head, ask)
    text = f"{head}: {so_far.sentence}.{running(value.last, False)}"
    return Judgement(settled(holds, False), text, so_far.shown)


def _passed(value: Value, ask: Ask) -> Fraction:
    """The part of the span's days that has passed."""
    total = (value.last - value.first).days + 1
    return Fraction((ask.as_of_day - value.first).days + 1, total)


_BY_BUDGET: Final[dict[BudgetState, State]] = {
    "spent": "at_risk",
    "runs_out": "at_risk",
    "may_run_out": "likely",
    "lasts": "likely",
    "safe": "likely",
}
"""What a late budget says of its target; without one it is as the rate stands so far."""


def _bearable(
    target: Target,
    value: Value,
    holds: bool,
    so_far: Judgement,
    head: str,
    ask: Ask,
    budget: Budget | None,
) -> Judgement:
    """A rate of dossiers: what the rest of the period can bear, at the volume so far."""
    assert value.numerator is not None
    assert value.denominator is not None
    assert target.low is not None
    allowance = Allowance.of(target.low, value.numerator, value.denominator, _passed(value, ask))
    late, volume = allowance.spent, allowance.volume
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
    by_budget = None if budget is None else _BY_BUDGET.get(budget.state)
    state = by_budget or settled(holds and allowance.left >= 0, False)
    when = "" if budget is None or by_budget is None else budget.when
    brief = "; ".join(filter(None, (so_far.sentence, room, when)))
    if when:
        text = f"{text} {when[0].upper()}{when[1:]}."
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
    return Judgement(settled(_meets(target, expected), False), text, so_far.shown)


def _every(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    """ "Duy trì": not met as soon as one period that is over was not; met when all were."""
    begun = [value for value in evidence.values if value.first <= ask.as_of_day]
    if not begun:
        return unknown("Chưa có số liệu.")
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
        return unknown(f"Phải đạt ở mọi kỳ. {_no_data(parts)}", shown)
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
        return unknown("Chỉ tiêu chưa ghi mức tăng, giảm phải đạt.")
    if base is None:
        return unknown(f"Chưa có giá trị {year} để so sánh.")
    if base == 0:
        return unknown(f"Giá trị {year} bằng 0 nên không tính được mức thay đổi.")
    if now is None:
        return unknown(f"Chưa có giá trị để so với {year}.")
    change, is_over = (now - exact(base)) / exact(base), over(target.period_to, ask)
    falls = target.high is not None
    asked = -exact(target.high or 0) if falls else exact(target.low or 0)
    reached = -change if falls else change
    sides = [written(exact(base), False), written(now, False)]
    left, right = sides if falls else (sides[1], sides[0])
    told = told_value(reached, True, (float(asked), None))
    holds = reached >= asked and (not falls or target.low is None or change >= exact(target.low))
    line = (
        f"Mức {'giảm' if falls else 'tăng'} so với {year}: ({left} − {right})/{sides[0]} = {told} "
        f"{'≥' if reached >= asked else '<'} {written(asked, True)}."
    )
    return Judgement(
        settled(holds, is_over),
        line + running(target.period_to, is_over),
        f"{'giảm' if falls else 'tăng'} {told}",
    )
