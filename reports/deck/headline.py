"""The six figures with their changes, and the rate's last periods."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from metrics.core.measure import total
from metrics.core.on_time import missed_word
from metrics.core.verdict import STATES, Sides, beside, said, streak, verdict
from metrics.core.vietnamese import UNKNOWN, level, number, percent
from metrics.dossiers.comparison import Moved, moved
from metrics.dossiers.events import heard, places
from reports.blocks import Chart, Headline, Link, Mark, Number, Section, Series
from reports.deck.saying import STATE_MARKS, about, from_where, lower
from reports.material import Material

_DOSSIERS: Final = (
    ("received", "Tiếp nhận"),
    ("resolved", "Đã giải quyết"),
    ("on_time", "Tỷ lệ đúng hạn"),
    ("pending_overdue", "Quá hạn đang tồn"),
)


def headline(material: Material) -> Section:
    """What the home screen's band shows: the same six, compared with the same."""
    now = _now(material)
    sides = _sides(material)
    numbers = [_number(material, key, label, now[key]) for key, label in _DOSSIERS]
    return Section(
        key="headline",
        name="Số liệu chính",
        title=_sentence(material, sides),
        blocks=(Headline([*numbers, _tasks(material), _findings(material)]),),
        notes=from_where(material, *(about(material, key, now[key]) for key, _ in _DOSSIERS)),
        link=Link("week"),
    )


def nothing(material: Material) -> Section:
    """Stands for the slides of dossiers where the period has none."""
    return Section(
        key="headline",
        name="Số liệu chính",
        title="Không có hồ sơ nào trong kỳ đang xem",
        blocks=(Headline((_tasks(material), _findings(material))),),
        notes=from_where(material),
        link=Link("week"),
    )


def _now(material: Material) -> dict[str, dict[str, Any]]:
    found = material.review
    rows = found.totals().filter(pl.col("ask") == found.last)
    return {row["figure"]: row for row in rows.iter_rows(named=True)}


def _sides(material: Material) -> Sides:
    row = _now(material)["on_time"]
    return Sides(row["numerator"], row["denominator"], row["unknown"], material.ask.whole)


def _sentence(material: Material, sides: Sides) -> str:
    if not sides.all:
        return "Kỳ này chưa có hồ sơ để tính tỷ lệ đúng hạn"
    if sides.rate is None:
        return f"Chưa phân loại được hồ sơ nào trong {number(sides.all)} hồ sơ của kỳ"
    found = _moved(material, "on_time", sides.rate)
    change = ""
    if found is not None:
        word = "tăng" if found.by > 0 else "giảm"
        how = f"{word} {found.text}" if found.by else "không đổi"
        change = f", {how} so {material.review.previous.label}"
    return f"Đúng hạn {percent(sides.rate, edges=material.ask.edges)}{change}{_pulling(material)}"


def _pulling(material: Material) -> str:
    """How many units are under the alarm level, in the words of the screens."""
    if material.unit_table.height < 2:
        return ""
    low = material.unit_table.filter(pl.col("state") == STATES[0]).height
    alarm = level(material.ask.threshold("on_time_alarm").value)
    return f"; {number(low)} đơn vị dưới ngưỡng cảnh báo {alarm}" if low else ""


def _before(material: Material, key: str) -> float | None:
    column = "rate" if key == "on_time" else "numerator"
    rows = total(material.review.before).filter(pl.col("figure") == key)[column].to_list()
    return rows[0] if rows else None


def _moved(material: Material, key: str, value: float | None) -> Moved | None:
    return moved(key, value, _before(material, key), material.review.previous)


def _number(material: Material, key: str, label: str, row: dict[str, Any]) -> Number:
    found = material.review
    value = row["rate"] if key == "on_time" else row["numerator"]
    if found.is_before_data(material.period):
        value = None
    change, mark = _change(material, key, value)
    sides = _sides(material)
    state, word, below = "", "", ""
    if key == "on_time" and sides.all:
        state, word = said(sides, material.ask, int(_now(material)["pending_overdue"]["numerator"]))
        below = f"{number(sides.numerator)}/{number(sides.denominator)} hồ sơ"
        below += f"; {beside(sides)}" if sides.unknown else ""
    opened = sides.missed if key == "on_time" else row["numerator"]
    return Number(
        key,
        label,
        value,
        "rate" if key == "on_time" else "count",
        of=row["denominator"] if key == "on_time" else None,
        below=below or ("hồ sơ" if key != "on_time" else missed_word(material.ask)),
        change=change,
        change_mark=mark,
        mark=STATE_MARKS.get(state, ""),
        word=word,
        link=None if material.is_small(opened) else Link("late", {"figure": _opened(key)}),
    )


def _opened(key: str) -> str:
    return "not_on_time" if key == "on_time" else key


def _change(material: Material, key: str, value: float | None) -> tuple[str, Mark]:
    against = material.review.previous
    found = _moved(material, key, value)
    if found is None:
        return against.none(value, _before(material, key)), ""
    marks: dict[bool | None, Mark] = {None: "", True: "good", False: "bad"}
    return f"{found.shape} {found.text} so {against.label}", marks[found.is_better]


def _tasks(material: Material) -> Number:
    found, label = material.tasks, "Nhiệm vụ được triển khai"
    if found is None:
        return Number("tasks", label, None, below="chưa có dữ liệu", link=Link("tasks"))
    cell = found.cell("tasks_launched")
    launched = (
        None
        if cell["numerator"] is None
        else (f"{number(cell['numerator'])}/{number(cell['denominator'])}")
    )
    done = found.count("tasks_completed")
    silent = found.count("tasks_completion_unknown")
    least = "ít nhất " if silent and done is not None else ""
    return Number(
        "tasks_launched",
        label,
        launched,
        "text",
        below=f"{percent(cell['rate'])} nhiệm vụ được giao",
        change=f"hoàn thành: {least}{'chưa rõ' if done is None else number(done)}",
        link=Link("tasks", {"when": "running"}),
    )


def _findings(material: Material) -> Number:
    found, label = material.inspections, "Tồn tại kiểm tra chưa khắc phục"
    if found is None:
        return Number("findings", label, None, below="chưa có dữ liệu", link=Link("inspections"))
    late = found.count("findings_past_due") or 0
    fixed, every = found.count("findings_fixed"), found.count("findings")
    return Number(
        "findings_open",
        label,
        found.count("findings_open"),
        below=f"đã khắc phục {number(fixed)}/{number(every)}",
        mark="bad" if late else "",
        word=f"{number(late)} quá hạn" if late else "",
        link=Link("inspections", {"figure": "findings_past_due" if late else "findings_open"}),
    )


def trend(material: Material) -> Section:
    """The rate over the periods that the home screen's strip shows, beside the target."""
    found, ask = material.review, material.ask
    rows = found.whole("on_time")
    target = ask.threshold("on_time_target").value
    rates = [
        None if found.is_before_data(period) else rate
        for period, rate in zip(found.periods, rows["rate"], strict=True)
    ]
    past = [
        verdict(Sides(n, d, x, ask.whole), target, ask.as_of_day)
        for n, d, x in rows.select("numerator", "denominator", "unknown").iter_rows()
    ]
    below = streak(past)
    kind = {"week": "tuần", "year": "năm", "year15": "năm"}.get(material.period.kind, "kỳ")
    if below:
        words = f"Tỷ lệ đúng hạn dưới mục tiêu {level(target)} {_times(below, len(past), kind)}"
    elif past[-1] == "met":
        words = f"Tỷ lệ đúng hạn đạt mục tiêu {level(target)}"
    else:
        words = f"Chưa kết luận được tỷ lệ đúng hạn so với mục tiêu {level(target)}"
    events = material.on_line(found.periods[0].first, found.periods[-1].last)
    chart = Chart(
        f"Tỷ lệ đúng hạn, {len(rates)} {kind} gần nhất{', theo số tuần' * (kind == 'tuần')}",
        "lines",
        [_short(period.label) for period in found.periods],
        (Series("Đúng hạn", rates),),
        "rate",
        target=(f"Mục tiêu {level(target)}", target),
        note=heard(events).removeprefix(". "),
        events=[(each.label, at - 0.5) for each, at in places(events, found.periods)],
    )
    return Section(
        key="trend",
        name="Diễn biến",
        title=words,
        blocks=(chart,),
        notes=from_where(
            material,
            about(material, "on_time", _now(material)["on_time"]),
            "; ".join(
                f"{lower(period.label)}: {UNKNOWN if rate is None else percent(rate)}"
                for period, rate in zip(found.periods, rates, strict=True)
            )
            + ".",
        ),
        link=Link("week"),
    )


def _times(below: int, length: int, word: str) -> str:
    if below == 1:
        return f"trong {word} này"
    return f"suốt {length} {word}" if below >= length else f"{word} thứ {below} liên tiếp"


def _short(label: str) -> str:
    """What stands under a point: "Tuần 47/2026 (…)" → "47"; a place's month without the place."""
    head = label.split("(")[0].split(",")[0].strip()
    return head.removeprefix("Tuần ").split("/")[0] if head.startswith("Tuần ") else head
