"""How judgements of targets are worded: values, limits, and what is settled."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from metrics.core.ask import Ask
from metrics.core.vietnamese import day, number, percent
from metrics.targets.allowance import exact
from metrics.targets.terms import Judgement, State, Target


def limit(target: Target, is_rate: bool = False) -> str:
    """The target's value as it is printed: "≥ 98%", "95–100%", "hạng ≤ 10" …"""
    low, high = (written(value, is_rate) for value in (target.low, target.high))
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
            return f"≥ {written(target.share, True)} đơn vị từ “{target.label}”"
        case "change_from_baseline":
            if target.high is not None:
                return f"giảm ≥ {written(-target.high, True)} so với {target.baseline_year}"
            return f"tăng ≥ {written(target.low, True)} so với {target.baseline_year}"
        case "rank_at_most":
            return f"hạng ≤ {high}"
        case "leading_group":
            return "nhóm dẫn đầu" if target.high is None else f"nhóm {high} dẫn đầu"
        case _:
            return "định tính"


def unknown(why: str, shown: str = "–") -> Judgement:
    """A judgement that says why there is none."""
    return Judgement("unknown", why, shown)


def over(last: date, ask: Ask) -> bool:
    """Whether that day is past at the question's moment."""
    return ask.moment.date() > last


def settled(holds: bool, is_over: bool) -> State:
    """The state of what holds or not, of a period that is over or runs."""
    if is_over:
        return "met" if holds else "missed"
    return "likely" if holds else "at_risk"


def running(last: date, is_over: bool) -> str:
    """The sentence that a period has not ended; empty when it has."""
    return "" if is_over else f" Kỳ đến {day(last)} chưa kết thúc: theo số hiện có."


# -- a number against its limits ----------------------------------------------------------


def written(value: float | Fraction | None, is_rate: bool) -> str:
    """A limit as it is printed, with as many decimals as it has, at most two."""
    if value is None:
        return "–"
    scaled = exact(value) * 100 if isinstance(value, float) else Fraction(value) * 100
    if not is_rate:
        scaled /= 100
    decimals = next((n for n in range(3) if (scaled * 10**n).denominator == 1), 2)
    return number(float(scaled), decimals) + ("%" if is_rate else "")


def told_value(value: Fraction, is_rate: bool, against: tuple[float | None, float | None]) -> str:
    """A measured value, on the side of the lowest and of the highest limit on which it is."""
    if not is_rate:
        return written(value, False)
    low, high = (() if edge is None else (edge,) for edge in against)
    return percent(value, edges=low, at_most=high)
