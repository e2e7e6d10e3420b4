"""Cần chỉ đạo: the short list that a chair acts on, most urgent first.

Each line is a sentence with the number, the unit and what to open. Nothing stands here that
needs no action. Thresholds come from metrics/core/thresholds.toml, the order from urgency.toml
beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from metrics.core.clock import Calendar
from metrics.core.collation import collation_key
from metrics.core.urgency import ALARM, WARNING, Rank, rank
from metrics.core.verdict import Sides, beside, state_of, streak, verdict
from metrics.core.vietnamese import level, number, percent
from metrics.dossiers.review import Review, unit_table
from metrics.signals import told
from metrics.signals.charts import rate_chart
from metrics.signals.rules import rules_on
from metrics.signals.told import Verdict

_ORDINALS: Final = {2: "thứ hai", 3: "thứ ba", 4: "thứ tư"}
_PERIOD_WORDS: Final = {
    "local": "tháng",
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

    ``subject`` is printed bold before ``text``. ``figure``, ``part`` and ``where`` name the rows
    behind ``count``; a line without ``figure`` leads to the data screen. ``admits``: it is reason
    enough to call the unit that it speaks of. ``since``: from which day on it has been so; None:
    that is not said. ``together``: what is said of several units at once, with ``{total}`` of
    their counts and ``{names}`` (metrics/dossiers/calls.py).
    """

    kind: str
    level: str
    urgency: float
    subject: str
    text: str
    count: int | None = None
    figure: str | None = None
    part: str = "numerator"
    where: Mapping[str, Any] = field(default_factory=dict)
    admits: bool = False
    since: date | None = None
    together: str = ""

    @property
    def unit(self) -> int | None:
        """The one unit that it speaks of."""
        unit = self.where.get("unit_id")
        return unit if isinstance(unit, int) else None


def attention(
    found: Review,
    unit_names: Mapping[int, str],
    field_names: Mapping[int, str],
    sources: pl.DataFrame,
    more: Iterable[Line] = (),
) -> list[Line]:
    """The lines for a review, most urgent first; empty when nothing needs a decision.

    Each unit has its own: who is called, and what is said of the others together, is
    metrics/dossiers/calls.py's.

    Args:
        found: the review of the period.
        unit_names, field_names: ids to names.
        sources: :data:`metrics.core.contracts.SOURCE`.
        more: lines of the other registers.
    """
    lines = [
        *_below_target(found, unit_names, field_names),
        *_past_allowed(found, unit_names),
        *_without_apology(found, unit_names),
        *_not_accepted(found, unit_names),
        *_without_due_date(found, unit_names),
        *_due_soon(found, unit_names),
        *stale_sources(sources, found.ask.moment, found.ask.calendar),
        *more,
    ]
    return by_urgency(lines)


def line(
    at: Rank,
    subject: str,
    text: str,
    *,
    amount: float = 0,
    kind: str = "",
    count: int | None = None,
    figure: str | None = None,
    part: str = "numerator",
    where: Mapping[str, Any] | None = None,
    since: date | None = None,
    together: str = "",
) -> Line:
    """A line as urgent as its rank says for the amount; ``kind``: where not the rank's key."""
    return Line(
        kind or at.key,
        at.level,
        at.urgency(amount),
        subject,
        text,
        count,
        figure,
        part,
        where or {},
        at.admits,
        since,
        together,
    )


def by_unit(rows: pl.DataFrame) -> list[tuple[int, pl.DataFrame]]:
    """The rows of each unit (``unit_id``), those of whom there are most first."""
    parts = rows.partition_by("unit_id", as_dict=True, maintain_order=True)
    found = [(int(key[0]), part) for key, part in parts.items()]
    return sorted(found, key=lambda each: (-each[1].height, each[0]))


def unit_lines(
    kind: str,
    figure: str,
    counts: Mapping[int, int],
    text: Callable[[int], str],
    unit_names: Mapping[int, str],
    day: date,
    *,
    together: str,
    since: Callable[[int], date | None] = lambda _: None,
) -> list[Line]:
    """A line for each unit.

    Args:
        kind: its rank. counts: unit → how many. text: what is said of a unit.
        together: what is said of several (:class:`Line`). since: of a unit.
    """
    at = rank(kind, day)
    return [
        line(
            at,
            unit_names.get(unit, "Đơn vị khác"),
            text(unit),
            amount=count,
            count=count,
            figure=figure,
            where={"unit_id": unit},
            since=since(unit),
            together=together,
        )
        for unit, count in counts.items()
    ]


def by_urgency(lines: Iterable[Line]) -> list[Line]:
    """The most urgent first; ties by the subject."""
    return sorted(lines, key=lambda each: (-each.urgency, collation_key(each.subject)))


# -- units below target -------------------------------------------------------------------


def _below_target(
    found: Review, unit_names: Mapping[int, str], field_names: Mapping[int, str]
) -> list[Line]:
    target, day = found.ask.threshold("on_time_target").value, found.ask.as_of_day
    past = _sides_of(found)
    judged = [
        _judge(found, unit["unit_id"], past[unit["unit_id"]], target)
        for unit in unit_table(found).iter_rows(named=True)
        if verdict(past[unit["unit_id"]][-1], target, day) == "missed"
    ]
    judged.sort(key=lambda each: -each.too_many)
    worst = [each for each in judged if each.is_signal]
    rest = [each for each in judged if not each.is_signal]
    lines = [_unit_line(found, each, target, unit_names, field_names) for each in worst]
    return lines + ([_other_units(found, rest, target, unit_names)] if rest else [])


@dataclass(frozen=True)
class _Below:
    """A unit below target: how far, and whether that is more than chance."""

    unit_id: int
    sides: Sides
    streak: int
    # Late dossiers beyond what the target allows, in the period and over the streak.
    excess: float
    excess_of_streak: float
    # Of its weeks, where these show more than chance.
    signal: Verdict | None = None

    @property
    def is_signal(self) -> bool:
        """One late dossier of twenty is no signal; two too many, or weeks in a row, are."""
        in_a_row = self.streak >= 3 and self.excess_of_streak >= 3
        return self.signal is not None or self.excess >= 1.5 or in_a_row

    @property
    def too_many(self) -> float:
        """What its urgency is counted by."""
        return self.excess + self.excess_of_streak


def _sides_of(found: Review) -> dict[int, list[Sides]]:
    """What each unit's rates were made of, oldest first: no unit needs a query of its own."""
    rows = found.series.filter(pl.col("figure") == "on_time").sort("unit_id", "ask")
    by_unit: dict[int, list[Sides]] = {}
    for unit, n, d, x in rows.select("unit_id", "numerator", "denominator", "unknown").iter_rows():
        by_unit.setdefault(unit, []).append(Sides(n, d, x, found.ask.whole))
    return by_unit


def _judge(found: Review, unit: int, past: Sequence[Sides], target: float) -> _Below:
    below = streak([verdict(sides, target, found.ask.as_of_day) for sides in past])
    excess = [sides.denominator * target - sides.numerator for sides in past[len(past) - below :]]
    return _Below(unit, past[-1], below, excess[-1], sum(excess), _signal(found, unit, past))


def _signal(found: Review, unit: int, past: Sequence[Sides]) -> Verdict | None:
    """What the unit's own weeks say of the last one, where it is more than chance and worse."""
    rules = rules_on(found.ask.as_of_day)
    if found.periods[-1].kind != "week" or past[-1].missed < rules.least_events:
        return None
    weeks = pl.DataFrame(
        {
            "week": [period.first for period in found.periods],
            "numerator": [sides.numerator for sides in past],
            "denominator": [sides.denominator for sides in past],
        }
    )
    breaks = {each.day: each.label for each in found.breaks_of.get(unit, found.breaks)}
    # A known change is no alarm: what is usual is counted anew from it.
    why = {**found.anew.get(unit, {}), **breaks}
    said = told.verdict(rate_chart(weeks, rules, "up", list(why)), why=why)
    return said if said.is_bad else None


def _unit_line(
    found: Review,
    unit: _Below,
    target: float,
    unit_names: Mapping[int, str],
    field_names: Mapping[int, str],
) -> Line:
    sides, ask = unit.sides, found.ask
    late = found.late.filter(pl.col("unit_id") == unit.unit_id)
    word = _PERIOD_WORDS[found.periods[-1].kind]
    text = (
        f"đúng hạn {percent(sides.rate, edges=ask.edges)} "
        f"({number(sides.numerator)}/{number(sides.denominator)}){_unknown(sides)}, dưới "
        f"mục tiêu {level(target)}{_since(unit.streak, word, len(found.periods))}"
        f"{_more_than_chance(unit)}{_worst(found, late, field_names)}."
    )
    count = late.height
    made = line(
        rank("below_target", ask.as_of_day),
        unit_names[unit.unit_id],
        text,
        amount=unit.too_many,
        count=count or sides.missed,
        figure="late" if count else "not_on_time",
        where={"unit_id": unit.unit_id},
        since=found.periods[-unit.streak].first,
        together=f"dưới mục tiêu {level(target)}, rõ hơn ngẫu nhiên: {{names}}.",
    )
    is_alarm = state_of(sides, ask) == "alarm" or unit.streak >= 3
    return replace(made, level=ALARM if is_alarm else WARNING)


def _more_than_chance(unit: _Below) -> str:
    if unit.signal is None:
        return ""
    # The week's own rate stands before it already.
    said = unit.signal.sentence.removeprefix(f"{told.written(unit.signal.value, True)}, ")
    return f"; {said[0].lower()}{said[1:]}"


def _unknown(sides: Sides) -> str:
    return f"; {beside(sides)}" if sides.unknown else ""


def _since(streak: int, word: str, length: int) -> str:
    if streak < 2:
        return ""
    if streak >= length:
        return f" suốt {length} {word}"
    return f" {word} {_ORDINALS.get(streak, f'thứ {streak}')} liên tiếp"


def _worst(found: Review, late: pl.DataFrame, field_names: Mapping[int, str]) -> str:
    """The field that holds most of a unit's late dossiers, and the oldest of them."""
    if late.is_empty():
        return ""
    counted = Counter(late["field_id"].to_list())
    field_id, count = min(counted.items(), key=lambda each: (-each[1], each[0] or 0))
    name = field_names.get(field_id, "chưa rõ lĩnh vực").lower()
    share = "" if count == late.height else f", nhiều nhất {name} ({number(count)})"
    only = f"{name} " if count == late.height else ""
    longest: int | None = late["working_days_late"].max()  # type: ignore[assignment]
    oldest = f", lâu nhất {number(longest)} ngày làm việc" if longest else ""
    return f"; {number(late.height)} hồ sơ {only}trễ hạn{share}{_stuck(found, late)}{oldest}"


def _stuck(found: Review, late: pl.DataFrame) -> str:
    """The step at which most of a unit's overdue dossiers lie, if most do lie at one."""
    steps = found.steps.filter(pl.col("dossier_id").is_in(late["dossier_id"].to_list()))
    if steps.is_empty():
        return ""
    counted = Counter(steps["step_name"].to_list())
    name, count = min(counted.items(), key=lambda each: (-each[1], each[0]))
    if count < 2 or 2 * count < steps.height:
        return ""
    return f", {number(count)} đang ở bước {name[0].lower()}{name[1:]}"


def _other_units(
    found: Review, units: list[_Below], target: float, unit_names: Mapping[int, str]
) -> Line:
    """Units below target by a dossier or so: one line, no shaming by chance."""
    late = sum(unit.sides.missed for unit in units)
    first = ", ".join(unit_names[unit.unit_id] for unit in units[:3])
    more = f" và {number(len(units) - 3)} đơn vị nữa" if len(units) > 3 else ""
    return line(
        rank("other_units", found.ask.as_of_day),
        f"{number(len(units))} đơn vị khác",
        f"dưới mục tiêu {level(target)} vì một vài hồ sơ: {first}{more}.",
        count=late,
        figure="not_on_time",
        where={"unit_id": [unit.unit_id for unit in units]},
    )


# -- other lines --------------------------------------------------------------------------


def _past_allowed(found: Review, unit_names: Mapping[int, str]) -> list[Line]:
    """Units past the allowed number of late dossiers within the window."""
    allowed = found.ask.threshold("late_allowed").value
    if found.periods[-1].kind != "week":
        return []
    window = int(found.ask.threshold("late_window_weeks").value)
    counted = (
        found.series.filter(
            (pl.col("figure") == "resolved_late") & (pl.col("ask") > found.last - window)
        )
        .group_by("unit_id")
        .agg(pl.col("numerator").sum().alias("late"))
        .filter(pl.col("late") > allowed)
        .sort("late", "unit_id", descending=[True, False])
    )
    at = rank("past_allowed", found.ask.as_of_day)
    of = f"quá {number(allowed)} lần"
    return [
        line(
            at,
            unit_names[unit],
            f"trễ hẹn {number(late)} lần trong {window} tuần, {of}, cần xem xét trách nhiệm.",
            count=1,
            figure="unit_list",
            where={"unit_id": unit},
            together=f"{of} trễ hẹn trong {window} tuần, cần xem xét trách nhiệm: {{names}}.",
        )
        for unit, late in counted.iter_rows()
    ]


def _counted(found: Review, key: str) -> pl.DataFrame:
    return (
        found.now.filter((pl.col("figure") == key) & (pl.col("numerator") > 0))
        .select("unit_id", pl.col("numerator").alias("count"))
        .sort("count", "unit_id", descending=[True, False])
    )


def _without_apology(found: Review, unit_names: Mapping[int, str]) -> list[Line]:
    key, words = "late_without_apology", "hồ sơ trễ hạn chưa có văn bản xin lỗi."
    counts: dict[int, int] = dict(_counted(found, key).iter_rows())
    return unit_lines(
        "without_apology",
        key,
        counts,
        lambda unit: f"còn {number(counts[unit])} {words}",
        unit_names,
        found.ask.as_of_day,
        together=f"còn {{total}} {words}",
    )


def _not_accepted(found: Review, unit_names: Mapping[int, str]) -> list[Line]:
    counted = _counted(found, "acceptance_overdue")
    return _one_line(
        counted,
        unit_names,
        at=rank("not_accepted", found.ask.as_of_day),
        figure="acceptance_overdue",
        what="hồ sơ trực tuyến quá 8 giờ làm việc chưa được tiếp nhận",
    )


def _without_due_date(found: Review, unit_names: Mapping[int, str]) -> list[Line]:
    """What nobody can classify, for those who must enter its due dates."""
    counted = (
        found.series.filter(
            pl.col("figure") == "on_time", pl.col("ask") == found.last, pl.col("unknown") > 0
        )
        .select("unit_id", pl.col("unknown").alias("count"))
        .sort("count", "unit_id", descending=[True, False])
    )
    return _one_line(
        counted,
        unit_names,
        at=rank("without_due_date", found.ask.as_of_day),
        figure="on_time",
        part="unknown",
        what="hồ sơ chưa phân loại được vì thiếu ngày hẹn trả, cần nhập ngày hẹn",
    )


def _due_soon(found: Review, unit_names: Mapping[int, str]) -> list[Line]:
    counted = _counted(found, "due_soon")
    return _one_line(
        counted,
        unit_names,
        at=rank("due_soon", found.ask.as_of_day),
        figure="due_soon",
        what=f"hồ sơ đến hạn trong {found.ask.within} ngày làm việc tới",
    )


def _one_line(
    counted: pl.DataFrame,
    unit_names: Mapping[int, str],
    *,
    at: Rank,
    figure: str,
    what: str,
    part: str = "numerator",
) -> list[Line]:
    if counted.is_empty():
        return []
    total = int(counted["count"].sum())
    unit, most = counted.row(0)
    where = f", nhiều nhất ở {unit_names[unit]} ({number(most)})" if counted.height > 1 else ""
    text = f"{what.removeprefix('hồ sơ ')}{where}."
    return [line(at, f"{number(total)} hồ sơ", text, count=total, figure=figure, part=part)]


# -- sources ------------------------------------------------------------------------------


def stale_sources(sources: pl.DataFrame, moment: datetime, calendar: Calendar) -> list[Line]:
    """Sources whose records end longer before ``moment`` than was agreed, in working hours."""
    lines = []
    at = rank("stale_source", moment.date())
    for source in sources.iter_rows(named=True):
        until, agreed = source["data_until"], source["fresh_within_hours"]
        if until is None or agreed is None or until >= moment:
            continue
        behind = calendar.working_minutes(until, moment) / 60
        if behind <= agreed:
            continue
        lines.append(
            line(
                at,
                f"Nguồn {source['name']}",
                f"chưa cập nhật {_working_time(behind)} làm việc (số liệu đến "
                f"{until:%H:%M %d/%m/%Y}); số liệu kỳ này có thể thiếu.",
                since=until.date(),
                together="chưa cập nhật: {names}; số liệu kỳ này có thể thiếu.",
            )
        )
    return lines


def _working_time(hours: float) -> str:
    return f"{number(int(hours // 8))} ngày" if hours >= 8 else f"{number(int(hours))} giờ"
