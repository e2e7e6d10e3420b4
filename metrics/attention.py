"""Cần chỉ đạo: the short list that a chair acts on, most urgent first.

Each line is a sentence with the number, the unit and what to open. Nothing stands here that
needs no action. Thresholds come from metrics/data/thresholds.toml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import polars as pl

from metrics.clock import Calendar
from metrics.review import Review, unit_table
from metrics.thresholds import threshold
from metrics.vietnamese import number, percent

ALARM: Final = "alarm"
WARNING: Final = "warning"

_ORDINALS: Final = {2: "thứ hai", 3: "thứ ba", 4: "thứ tư"}
_PERIOD_WORDS: Final = {
    "week": "tuần",
    "month": "tháng",
    "month15": "tháng",
    "quarter": "quý",
    "quarter15": "quý",
    "half15": "kỳ",
    "year": "năm",
    "year15": "năm",
    "custom": "kỳ",
}


@dataclass(frozen=True)
class Line:
    """One sentence of the list.

    ``subject`` is printed bold before ``text``. ``figure`` and ``where`` name the rows behind
    ``count``; a line without ``figure`` leads to the data screen.
    """

    kind: str
    level: str
    urgency: float
    subject: str
    text: str
    count: int | None = None
    figure: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)


def attention(
    found: Review,
    unit_names: Mapping[int, str],
    field_names: Mapping[int, str],
    sources: pl.DataFrame,
) -> list[Line]:
    """The lines for a review, most urgent first; empty when nothing needs a decision.

    Args:
        found: the review of the period.
        unit_names, field_names: ids to names.
        sources: :data:`metrics.contracts.SOURCE`.
    """
    lines = [
        *_below_target(found, unit_names, field_names),
        *_past_allowed(found, unit_names),
        *_without_apology(found, unit_names),
        *_not_accepted(found, unit_names),
        *_due_soon(found, unit_names),
        *stale_sources(sources, found.ask.moment, found.ask.calendar),
    ]
    return sorted(lines, key=lambda line: (-line.urgency, line.subject))


# -- units below target -------------------------------------------------------------------


def streak_below(strip: list[float | None], target: float) -> int:
    """How many periods in a row, up to the last, the rate was below target.

    A period without a rate (nothing ended) neither counts nor breaks the row.
    """
    length = 0
    for rate in reversed(strip):
        if rate is None:
            continue
        if rate >= target:
            break
        length += 1
    return length


def _below_target(
    found: Review, unit_names: Mapping[int, str], field_names: Mapping[int, str]
) -> list[Line]:
    target = threshold("on_time_target", found.ask.as_of_day).value
    below = unit_table(found).filter(pl.col("rate") < target)
    lines, rest = [], []
    for unit in below.iter_rows(named=True):
        late = unit["judged"] - unit["on_time"]
        # How many more than the target allows: one late dossier of twenty is no signal.
        excess = late - unit["judged"] * (1 - target)
        streak = streak_below(unit["strip"], target)
        if excess < 1 and streak < 3:
            rest.append(unit)
            continue
        lines.append(_unit_line(found, unit, streak, excess, target, unit_names, field_names))
    if rest:
        lines.append(_few_late(found, rest, target, unit_names))
    return lines


def _unit_line(
    found: Review,
    unit: dict[str, Any],
    streak: int,
    excess: float,
    target: float,
    unit_names: Mapping[int, str],
    field_names: Mapping[int, str],
) -> Line:
    alarm = threshold("on_time_alarm", found.ask.as_of_day).value
    word = _PERIOD_WORDS[found.periods[-1].kind]
    since = f" {word} {_ORDINALS.get(streak, f'thứ {streak}')} liên tiếp" if streak > 1 else ""
    text = (
        f"đúng hạn {percent(unit['rate'])} ({number(unit['on_time'])}/{number(unit['judged'])}), "
        f"dưới mục tiêu {percent(target, 0)}{since}{_worst(found, unit['unit_id'], field_names)}."
    )
    count = found.late.filter(pl.col("unit_id") == unit["unit_id"]).height
    return Line(
        kind="below_target",
        level=ALARM if unit["rate"] < alarm or streak >= 3 else WARNING,
        urgency=100 + excess + 2 * streak,
        subject=unit_names[unit["unit_id"]],
        text=text,
        count=count,
        figure="late" if count else "not_on_time",
        where={"unit_id": unit["unit_id"]},
    )


def _worst(found: Review, unit_id: int, field_names: Mapping[int, str]) -> str:
    """The field that holds most of a unit's late dossiers, and the oldest of them."""
    late = found.late.filter(pl.col("unit_id") == unit_id)
    if late.is_empty():
        return ""
    counted = late.group_by("field_id").len().sort("len", "field_id", descending=[True, False])
    field_id, count = counted.row(0)
    name = field_names.get(field_id, "chưa rõ lĩnh vực")
    longest: int | None = late["working_days_late"].max()  # type: ignore[assignment]
    oldest = f", lâu nhất {number(longest)} ngày làm việc" if longest else ""
    return f"; {number(late.height)} hồ sơ trễ hạn, nhiều nhất {name.lower()} ({number(count)}){oldest}"


def _few_late(
    found: Review, units: list[dict[str, Any]], target: float, unit_names: Mapping[int, str]
) -> Line:
    """Units just below target by a dossier or so: one line, no shaming by chance."""
    late = sum(unit["judged"] - unit["on_time"] for unit in units)
    first = ", ".join(unit_names[unit["unit_id"]] for unit in units[:3])
    more = f" và {len(units) - 3} đơn vị khác" if len(units) > 3 else ""
    return Line(
        kind="few_late",
        level=WARNING,
        urgency=20,
        subject=f"{number(len(units))} đơn vị",
        text=(
            f"dưới mục tiêu {percent(target, 0)} vì một, hai hồ sơ (tổng {number(late)} hồ sơ): "
            f"{first}{more}."
        ),
        count=late,
        figure="not_on_time",
        where={"unit_id": [unit["unit_id"] for unit in units]},
    )


# -- other lines --------------------------------------------------------------------------


def _past_allowed(found: Review, unit_names: Mapping[int, str]) -> list[Line]:
    """Units past the allowed number of late dossiers within the window."""
    day = found.ask.as_of_day
    allowed = threshold("late_allowed", day).value
    if found.periods[-1].kind != "week":
        return []
    window = int(threshold("late_window_weeks", day).value)
    counted = (
        found.series.filter(
            (pl.col("figure") == "resolved_late") & (pl.col("ask") > found.last - window)
        )
        .group_by("unit_id")
        .agg(pl.col("numerator").sum().alias("late"))
        .filter(pl.col("late") > allowed)
        .sort("late", "unit_id", descending=[True, False])
    )
    if counted.is_empty():
        return []
    worst = ", ".join(
        f"{unit_names[unit]} ({number(late)})" for unit, late in counted.head(3).iter_rows()
    )
    return [
        Line(
            kind="past_allowed",
            level=WARNING,
            urgency=60,
            subject=f"{number(counted.height)} đơn vị",
            text=(
                f"quá {number(allowed)} lần trễ hẹn trong {window} tuần, cần xem xét trách nhiệm; "
                f"nhiều nhất: {worst}."
            ),
            figure="unit_list",
            count=counted.height,
            where={"unit_id": counted["unit_id"].to_list()},
        )
    ]


def _by_unit(found: Review, key: str) -> pl.DataFrame:
    return (
        found.now.filter((pl.col("figure") == key) & (pl.col("numerator") > 0))
        .select("unit_id", pl.col("numerator").alias("count"))
        .sort("count", "unit_id", descending=[True, False])
    )


def _without_apology(found: Review, unit_names: Mapping[int, str]) -> list[Line]:
    counted = _by_unit(found, "late_without_apology")
    lines = [
        Line(
            kind="without_apology",
            level=ALARM,
            urgency=70 + min(count, 20) / 2,
            subject=unit_names[unit],
            text=f"còn {number(count)} hồ sơ trễ hạn chưa có văn bản xin lỗi.",
            count=count,
            figure="late_without_apology",
            where={"unit_id": unit},
        )
        for unit, count in counted.head(2).iter_rows()
    ]
    rest = counted.slice(2)
    if not rest.is_empty():
        total = int(rest["count"].sum())
        lines.append(
            Line(
                kind="without_apology",
                level=WARNING,
                urgency=40,
                subject=f"{number(rest.height)} đơn vị khác",
                text=f"còn {number(total)} hồ sơ trễ hạn chưa có văn bản xin lỗi.",
                count=total,
                figure="late_without_apology",
                where={"unit_id": rest["unit_id"].to_list()},
            )
        )
    return lines


def _not_accepted(found: Review, unit_names: Mapping[int, str]) -> list[Line]:
    counted = _by_unit(found, "acceptance_overdue")
    return _one_line(
        counted,
        unit_names,
        kind="not_accepted",
        urgency=55,
        figure="acceptance_overdue",
        what="hồ sơ trực tuyến quá 8 giờ làm việc chưa được tiếp nhận",
    )


def _due_soon(found: Review, unit_names: Mapping[int, str]) -> list[Line]:
    counted = _by_unit(found, "due_soon")
    return _one_line(
        counted,
        unit_names,
        kind="due_soon",
        urgency=50,
        figure="due_soon",
        what=f"hồ sơ đến hạn trong {found.ask.within} ngày làm việc tới",
    )


def _one_line(
    counted: pl.DataFrame,
    unit_names: Mapping[int, str],
    *,
    kind: str,
    urgency: float,
    figure: str,
    what: str,
) -> list[Line]:
    if counted.is_empty():
        return []
    total = int(counted["count"].sum())
    unit, most = counted.row(0)
    where = f", nhiều nhất ở {unit_names[unit]} ({number(most)})" if counted.height > 1 else ""
    return [
        Line(
            kind=kind,
            level=WARNING,
            urgency=urgency,
            subject=f"{number(total)} hồ sơ",
            text=f"{what.removeprefix('hồ sơ ')}{where}.",
            count=total,
            figure=figure,
        )
    ]


# -- sources ------------------------------------------------------------------------------


def stale_sources(sources: pl.DataFrame, moment: datetime, calendar: Calendar) -> list[Line]:
    """Sources whose records end longer before ``moment`` than was agreed, in working hours."""
    lines = []
    for source in sources.iter_rows(named=True):
        until, agreed = source["data_until"], source["fresh_within_hours"]
        if until is None or agreed is None or until >= moment:
            continue
        behind = calendar.working_minutes(until, moment) / 60
        if behind <= agreed:
            continue
        lines.append(
            Line(
                kind="stale_source",
                level=WARNING,
                urgency=65,
                subject=f"Nguồn {source['name']}",
                text=(
                    f"chưa cập nhật {_working_time(behind)} làm việc (số liệu đến "
                    f"{until:%H:%M %d/%m/%Y}); số liệu kỳ này có thể thiếu."
                ),
            )
        )
    return lines


def _working_time(hours: float) -> str:
    return f"{number(int(hours // 8))} ngày" if hours >= 8 else f"{number(int(hours))} giờ"
