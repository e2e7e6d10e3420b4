"""What somebody wants to be told of: a rule on a figure, as plain values; limits: alerts.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, get_args

from metrics.core.figure import Figure
from metrics.core.periods import choices
from metrics.core.vietnamese import number, percent
from metrics.figures import any_figure

Kind = Literal["threshold", "signal", "budget", "stale"]
Side = Literal["below", "above"]

KINDS: Final[dict[Kind, str]] = {
    "threshold": "Chỉ tiêu qua một mức",
    "signal": "Biến động quá mức ngẫu nhiên",
    "budget": "Sắp hết số hồ sơ trễ còn chịu được",
    "stale": "Nguồn dữ liệu chậm cập nhật",
}
"""Kind → what it watches."""
SIDES: Final[dict[Side, str]] = {"below": "dưới mức", "above": "từ mức ấy trở lên"}
"""Side → when it is met: strictly below the value, or at least the value."""
_DOSSIERS: Final = ("dossier", "pause")
_OF_FIGURES: Final = ("threshold", "signal")


@dataclass(frozen=True)
class Rule:
    """A rule.

    ``figure``: of a threshold or a signal. ``unit``: the unit, with those below it; None: all that
    may be seen. ``is_each``: each of these units by itself, else all of them together. ``period``,
    ``is_whole``, ``side``, ``value``: of a threshold: over which kind of period (the running one,
    or the last that is over), met below or from which value on (a rate: 0–1).
    """

    kind: Kind
    figure: str = ""
    unit: int | None = None
    is_each: bool = False
    period: str = "week"
    is_whole: bool = True
    side: Side = "below"
    value: float | None = None

    @property
    def watched(self) -> Figure | None:
        """The figure; None: of no figure. Raises KeyError for one that is not known."""
        return any_figure(self.figure) if self.kind in _OF_FIGURES else None


@dataclass(frozen=True)
class Limits:
    """What metrics/alerts/alerts.toml sets; each value's meaning stands there."""

    valid_from: date
    document: str
    least_cases: int
    budget_states: tuple[str, ...]
    settle_hours: int


@dataclass(frozen=True)
class Offer:
    """A rule that is offered as it stands."""

    key: str
    label: str
    rule: Rule


@cache
def _held() -> dict[str, Any]:
    text = resources.files("metrics").joinpath("alerts/alerts.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def limits(day: date) -> Limits:
    """The limits that hold on a day. Raises KeyError where none has begun by it."""
    tables = [
        Limits(**(held | {"budget_states": tuple(held["budget_states"])}))
        for held in _held()["limits"]
    ]
    begun = [table for table in tables if table.valid_from <= day]
    if not begun:
        raise KeyError(f"Không có mức của cảnh báo ngày {day:%d/%m/%Y}.")
    return max(begun, key=lambda table: table.valid_from)


@cache
def offers() -> tuple[Offer, ...]:
    """The rules that are offered first."""
    return tuple(
        Offer(held["key"], held["label"],
              Rule(**{name: value for name, value in held.items() if name not in ("key", "label")}))
        for held in _held()["offer"]
    )  # fmt: skip


def problem(rule: Rule) -> str | None:
    """Why a rule cannot be kept, in Vietnamese; None: it can."""
    if rule.kind not in get_args(Kind):
        return "Hãy chọn một loại cảnh báo."
    if rule.kind not in _OF_FIGURES:
        return None
    try:
        figure = any_figure(rule.figure)
    except KeyError as unknown:
        return str(unknown.args[0])
    if rule.kind == "signal":
        is_known = figure.fact in _DOSSIERS
        return None if is_known else "Chỉ xét được biến động theo tuần của các chỉ tiêu về hồ sơ."
    if rule.side not in get_args(Side) or rule.period not in choices() or rule.period == "custom":
        return "Hãy chọn kỳ và chiều so sánh trong danh sách."
    if rule.value is None or rule.value < 0:
        return "Hãy ghi mức so sánh, là một số không âm."
    if figure.is_share and rule.value > 1:
        return "Mức của một tỷ lệ không quá 100%."
    return None


def value_text(figure: Figure, value: float | None) -> str:
    """A level as somebody has set it: 95%, 92,5%, 12."""
    if value is None:
        return "–"
    if figure.is_share:
        return percent(value, 0 if round(value * 100, 6) % 1 == 0 else 1, ())
    return number(value, 0 if value == int(value) else 1)


def told(rule: Rule, units: str) -> str:
    """A rule in words: "Tỷ lệ đúng hạn dưới 95%, tuần trọn gần nhất, từng đơn vị".

    Args:
        units: what the units are called that it looks at.
    """
    of = units
    if rule.is_each:
        of = "từng đơn vị" if rule.unit is None else f"từng đơn vị của {units}"
    figure = rule.watched
    if figure is None:
        return f"{KINDS[rule.kind]}, {of}" if rule.kind == "budget" else KINDS[rule.kind]
    if rule.kind == "signal":
        return f"{figure.label}: biến động theo tuần quá mức ngẫu nhiên, {of}"
    value = value_text(figure, rule.value)
    side = f"dưới {value}" if rule.side == "below" else f"từ {value} trở lên"
    when = "theo số liệu mới nhất" if figure.is_stock else _when(rule)
    return f"{figure.label} {side}, {when}, {of}"


def _when(rule: Rule) -> str:
    kind = choices()[rule.period]
    kind = kind[0].lower() + kind[1:]
    return f"{kind} trọn gần nhất" if rule.is_whole else f"{kind} đang diễn ra"
