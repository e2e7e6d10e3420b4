"""Which of the things that a rule watches are so now: each with its sentence.

A thing has a name that stays the same for as long as it is the same thing, so that whoever keeps
what was found can tell what begins, what lasts and what has ended. Unknown is no alarm, and ends
none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from metrics.alerts.rules import Rule, limits, value_text
from metrics.alerts.scene import DOSSIERS, Asked, Cell, Facts, Scene, Units
from metrics.alerts.weeks import signals
from metrics.core.ask import Ask
from metrics.core.figure import UNIT_WORDS, Fact, Figure
from metrics.core.periods import Period, period_of
from metrics.core.vietnamese import day, moment, number, percent
from metrics.dossiers.attention import stale_sources
from metrics.dossiers.catalogue import FIGURES
from metrics.signals.told import Verdict, since_words
from metrics.targets.budget import STATES, Budget
from metrics.targets.counts import budget_of, counts_of
from metrics.targets.measured import has_budget
from metrics.targets.terms import Target

_PAGES: Final[Mapping[Fact, str]] = {
    "dossier": "late",
    "pause": "late",
    "task": "tasks",
    "reminder": "tasks",
    "inspection": "inspections",
    "finding": "inspections",
    "finding_check": "inspections",
    "feedback": "feedback",
    "survey": "service",
    "indicator_value": "reported",
    "form_row": "reported",
}
"""What a figure counts → the screen (ui/shell/registry.py) that shows it."""
_BY_FIGURE: Final = ("late", "tasks", "inspections", "feedback")
"""Screens that list the rows of a figure of their address."""


@dataclass(frozen=True)
class Judged:
    """A thing that a rule watches.

    ``thing``: its name, the same while it is the same. ``holds``: whether it is so; None: nobody
    knows. ``subject`` is printed bold before ``text``. ``unit``: of which unit it speaks (None: of
    all that may be seen together). ``page``, ``params``: the screen, and what stands in its
    address beside the view (``unit``, ``period`` are the view's).
    """

    thing: str
    holds: bool | None
    subject: str = ""
    text: str = ""
    unit: int | None = None
    page: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


def judge(rule: Rule, scene: Scene) -> list[Judged]:
    """What a rule watches, within what the reader may see; what is not there any more is left out.

    Raises KeyError: a figure that is not known.
    """
    if rule.unit is not None and not scene.within(rule.unit):
        return []
    match rule.kind:
        case "threshold":
            return _threshold(rule, scene)
        case "signal":
            return _signal(rule, scene)
        case "budget":
            return _budget(rule, scene)
        case "stale":
            return _stale(scene)


# -- a figure past a level ------------------------------------------------------------------


def _threshold(rule: Rule, scene: Scene) -> list[Judged]:
    figure = rule.watched
    assert figure is not None
    whole = _thing(rule.unit)
    period = scene.period(rule.period, figure, rule.is_whole)
    if period is None:
        return [] if rule.is_each else [Judged(whole, None, unit=rule.unit)]
    ask = scene.ask(figure, period)
    is_of_units = scene.is_of_units(figure, ask)
    if not is_of_units and (rule.is_each or rule.unit is not None):
        return [Judged(whole, None, unit=rule.unit)]
    units = scene.within(rule.unit)
    cells = scene.cells(Asked(figure, period, units, rule.is_each))
    if not rule.is_each:
        return [_past(rule, figure, scene, ask, period, rule.unit, cells.get(None))]
    known = set(scene.unit_names) if units is None else units
    return [
        _past(rule, figure, scene, ask, period, unit, cells.get(unit))
        for unit in sorted(known)
        if unit in cells or _is_nothing_known(rule, figure)
    ]


def _is_nothing_known(rule: Rule, figure: Figure) -> bool:
    """Whether a unit without any row is unknown, and not 0: it neither begins nor ends there."""
    return figure.is_ratio or figure.told_only or rule.side == "below"


def _thing(unit: int | None) -> str:
    return "whole" if unit is None else f"unit:{unit}"


def _past(
    rule: Rule,
    figure: Figure,
    scene: Scene,
    ask: Ask,
    period: Period,
    unit: int | None,
    cell: Cell | None,
) -> Judged:
    value = None if cell is None else _value(figure, cell, limits(scene.day).least_cases)
    subject = scene.whose if unit is None else scene.unit_names.get(unit, "Một đơn vị")
    found = Judged(_thing(unit), None, subject, unit=unit)
    if value is None or rule.value is None or cell is None:
        return found
    holds = value < rule.value if rule.side == "below" else value >= rule.value
    page = _PAGES.get(figure.fact, "week")
    params = {} if figure.is_stock else {"period": period.token}
    if unit is not None:
        params["unit"] = str(unit)
    if page in _BY_FIGURE:
        params["figure"] = figure.key
    text = _said(rule, figure, ask, period, cell)
    return replace(found, holds=holds, text=text, page=page, params=params)


def _value(figure: Figure, cell: Cell, least: int) -> float | None:
    """What is compared; None: unknown, or a rate of too few."""
    if cell["numerator"] is None:
        return None
    if not figure.is_ratio:
        return float(cell["numerator"])
    if figure.is_share and (cell["denominator"] or 0) < least:
        return None
    rate: float | None = cell["rate"]
    return rate


def _said(rule: Rule, figure: Figure, ask: Ask, period: Period, cell: Cell) -> str:
    """ "tỷ lệ đúng hạn 91,2% (83/91), dưới 95%; tuần 47 (16/11–22/11/2026)"."""
    assert rule.value is not None
    label = f"{figure.label[0].lower()}{figure.label[1:]}"
    limit = value_text(figure, rule.value)
    if figure.is_share:
        of = f" ({number(cell['numerator'])}/{number(cell['denominator'])})"
        value = percent(cell["rate"], edges=(rule.value,)) + of
    elif figure.is_ratio:
        value = f"{number(cell['rate'], 1)} {UNIT_WORDS[figure.unit]}"
    else:
        value = f"{number(cell['numerator'])} {UNIT_WORDS[figure.unit]}"
    unknown = cell.get("unknown") or 0
    more = f", chưa rõ {number(unknown)}" if unknown and figure.is_share else ""
    side = f"dưới {limit}" if rule.side == "below" else f"từ {limit} trở lên"
    when = f"{period.label[0].lower()}{period.label[1:]}"
    if figure.is_stock:
        when = f"tính đến {moment(ask.moment)}"
    elif ask.moment < ask.period_end:
        when += f", tính đến {moment(ask.moment)}"
    return f"{label} {value}{more}, {side}; {when}."


# -- more than chance -----------------------------------------------------------------------


def _signal(rule: Rule, scene: Scene) -> list[Judged]:
    figure = rule.watched
    assert figure is not None
    if figure.fact not in DOSSIERS:
        return []
    found = signals(scene, figure, rule.unit, is_each=rule.is_each)
    return [
        _signalled(figure, scene, rule.unit if not rule.is_each else unit, said)
        for unit, said in found.items()
    ]


def _signalled(figure: Figure, scene: Scene, unit: int | None, said: Verdict) -> Judged:
    subject = scene.whose if unit is None else scene.unit_names.get(unit, "Một đơn vị")
    found = Judged(_thing(unit), None, subject, unit=unit)
    if said.kind in ("few", "short", "none"):
        return found
    is_news = said.is_bad or (said.is_signal and said.is_better is None)
    label = f"{figure.label[0].lower()}{figure.label[1:]}"
    since = f", {words}" if (words := since_words(said)) else ""
    week = "" if said.week is None else f"; đến tuần {day(said.week)}"
    sentence = f"{said.sentence[0].lower()}{said.sentence[1:]}"
    params = {} if unit is None else {"unit": str(unit)}
    if said.week is not None:
        params["period"] = period_of("week", said.week).token
    text = f"{label}: {sentence}{since}{week}."
    page = "week" if unit is None else "units"
    return replace(found, holds=is_news, text=text, page=page, params=params)


# -- late budgets ---------------------------------------------------------------------------


def _budget(rule: Rule, scene: Scene) -> list[Judged]:
    """Of each target in force whose unit is among the rule's; each state is a thing of its own."""
    facts, units = scene.everything, scene.within(rule.unit)
    until = facts.data_until
    if until is None:
        return []
    today = period_of("week", min(scene.now, until).date())
    ask = replace(scene.ask(_DOSSIER, today), as_of=scene.reach(_DOSSIER))
    held = scene.opened(None, None).registers.at(ask.moment)["target"]
    rows: pl.DataFrame = held.collect(backend="polars").to_native()
    wanted = [
        (row, target)
        for row in rows.sort("target_id").iter_rows(named=True)
        if has_budget(target := Target.of(row))
        and (units is None or target.unit_id in units)
        and target.period_from <= ask.as_of_day <= target.period_to
    ]
    known, found = scene.known_of_targets, list[Judged]()
    counted = counts_of([target for _, target in wanted], known, _opener(scene), ask)
    for (row, target), counts in zip(wanted, counted, strict=True):
        budget = None if counts is None else budget_of(target, counts, known, ask)
        if budget is not None:
            found += _of_budget(row, budget, scene)
    return found


_DOSSIER: Final = FIGURES["received"]
"""Of how far dossiers are known."""


def _opener(scene: Scene) -> Any:
    def opened(unit: int, alive: tuple[datetime, datetime]) -> Facts:
        units: Units = scene.below(unit)
        return scene.opened(units, alive)

    return opened


def _of_budget(row: Mapping[str, Any], budget: Budget, scene: Scene) -> list[Judged]:
    unit: int = row["unit_id"]
    subject = scene.unit_names.get(unit, "Một đơn vị")
    text = f"chỉ tiêu “{row['name']}”: {STATES[budget.state].lower()}. {budget.sentence}"
    params = {"target": str(row["target_id"])}
    told = limits(scene.day).budget_states
    return [
        Judged(
            f"target:{row['target_id']}:{budget.period_from.isoformat()}:{state}",
            None if budget.state == "unknown" else budget.state == state,
            subject, text, unit, "targets", params,
        )
        for state in told
    ]  # fmt: skip


# -- sources --------------------------------------------------------------------------------


def _stale(scene: Scene) -> list[Judged]:
    facts = scene.everything
    found = []
    for source in facts.sources.partition_by("source_id", maintain_order=True):
        number_ = source["source_id"][0]
        lines = stale_sources(source, scene.now, facts.calendar)
        known = source["data_until"][0] is not None and source["fresh_within_hours"][0] is not None
        made = Judged(f"source:{number_}", bool(lines) if known else None, page="data")
        if lines:
            made = replace(made, subject=lines[0].subject, text=lines[0].text)
        found.append(made)
    return found
