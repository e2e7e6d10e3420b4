"""Slides of tasks, inspections, targets and indices say what the figures answer to the question.

For the whole province, for a ward that is chosen in it, and for the ward's own account. The facts
are opened here anew, and what the slides leave to their material is asked for by itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from connectors.engine import Facts, Scope, descendants, open_facts
from connectors.settings import Settings
from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.measure import show
from metrics.core.periods import parse_period
from metrics.core.vietnamese import number, percent
from metrics.dossiers.catalogue import FIGURES
from metrics.indices.changes import by_edition
from metrics.indices.series import INDICES, TOTAL
from metrics.inspections.figures import INSPECTION_FIGURE
from metrics.tasks.figures import TASK_FIGURE
from reports.blocks import Headline, Number, Paragraph, Report, Section, Table
from reports.deck import deck
from reports.material import Material
from reports.opening import Wanted, asked

WEEK = parse_period("week:2026-W26")
WARD = "Phường Hà Đông"
Row = dict[str, Any]


class View:
    """A deck of some units, and what the figures answer over them. ``scope``: all one may see."""

    def __init__(self, settings: Settings, unit: str | None, own: bool) -> None:
        everything = open_facts(settings, Scope(None)).units
        ids = dict(everything.select("name", "unit_id").iter_rows())
        units = None if unit is None else descendants(everything, ids[unit])
        self.settings, self.units, self.scope = settings, units, units if own else None
        self.facts = self.opened(units)
        wanted = Wanted(WEEK, None if own else unit)
        self.material = Material(asked(settings, wanted, scope=self.scope))
        self.ask: Ask = self.material.ask
        self.deck: Report = deck(self.material)

    def opened(self, units: frozenset[int] | None) -> Facts:
        return open_facts(self.settings, Scope(units))

    def cell(self, figure: Figure, where: Row | None = None) -> Row:
        return show(self.facts, figure, self.ask, None, where).row(0, named=True)

    def held(self, register: str, facts: Facts | None = None) -> pl.DataFrame:
        frame = (facts or self.facts).registers.at(self.ask.moment)[register]
        found: pl.DataFrame = frame.collect(backend="polars").to_native()
        return found

    def slide(self, key: str) -> Section:
        return next(each for each in self.deck.sections if each.key == key)

    def numbers(self, key: str) -> dict[str, Number]:
        blocks = (block for block in self.slide(key).blocks if isinstance(block, Headline))
        return {each.figure: each for block in blocks for each in block.numbers}

    def table(self, key: str) -> Table:
        return next(block for block in self.slide(key).blocks if isinstance(block, Table))


@pytest.fixture(scope="module", params=["all", "chosen", "own"])
def view(request: pytest.FixtureRequest, sample_settings: Settings) -> View:
    unit = None if request.param == "all" else WARD
    return View(sample_settings, unit, own=request.param == "own")


def _of(cell: Row) -> str:
    return f"{number(cell['numerator'])}/{number(cell['denominator'])}"


def test_tasks_are_those_of_programmes_that_run(view: View) -> None:
    running = [
        row["programme_id"]
        for row in view.held("programme").iter_rows(named=True)
        if (row["period_from"] or row["issued_on"] or WEEK.first) <= WEEK.last
        and (row["period_to"] or WEEK.last) >= WEEK.first
    ]
    cells = {
        key: view.cell(TASK_FIGURE[key], {"programme_id": running})
        for key in ("tasks_launched", "tasks_completed", "tasks_past_due", "tasks_not_updated")
    }
    launched = cells.pop("tasks_launched")
    assert launched["denominator"]
    shown = view.numbers("tasks")
    assert shown.pop("tasks_launched").value == _of(launched)
    assert {key: each.value for key, each in shown.items()} == {
        key: cell["numerator"] for key, cell in cells.items()
    }
    words = view.slide("tasks").title
    assert words.startswith(
        f"{_of(launched)} nhiệm vụ được triển khai ({percent(launched['rate'])}"
    )
    past = cells["tasks_past_due"]["numerator"]
    assert (f"{number(past)} đã qua hạn" in words) == bool(past)


def test_inspections_are_what_the_figures_answer(view: View) -> None:
    keys = ("visits", "findings_open", "findings_past_due")
    fixed = view.cell(INSPECTION_FIGURE["findings_fixed"])
    assert fixed["denominator"]
    shown = view.numbers("inspections")
    assert shown.pop("findings_fixed").value == _of(fixed)
    counted = {key: view.cell(INSPECTION_FIGURE[key])["numerator"] for key in keys}
    assert {key: each.value for key, each in shown.items()} == counted
    words = view.slide("inspections").title
    assert words.startswith(f"Đã khắc phục {_of(fixed)} tồn tại kiểm tra ({percent(fixed['rate'])}")
    past = counted["findings_past_due"]
    assert (f"{number(past)} quá hạn" in words) == bool(past)
    # The same two on the slide of the headline.
    assert view.numbers("headline")["findings_open"].value == counted["findings_open"]


def test_targets_show_what_is_measured_of_their_units(view: View) -> None:
    everything = view.opened(None)
    signed = view.held("commitment")
    ids = signed["target_id"].to_list()
    running = [
        row
        for row in view.held("target", everything).sort("target_id").iter_rows(named=True)
        if row["period_from"] <= view.ask.as_of_day
        and row["period_to"] >= WEEK.first
        and (view.units is None or row["target_id"] in ids or row["unit_id"] in view.units)
    ]
    rows = {str(row[0]): row for row in view.table("targets").rows}
    assert view.slide("targets").title.startswith(f"{len(running)} chỉ tiêu: ")
    assert set(rows) == {row["name"] for row in running}
    states = Counter(str(row[3]).lower() for row in rows.values())
    for state, count in states.items():
        assert f"{count} {state}" in view.slide("targets").title
    measured = [row for row in running if row["metric_kind"] == "figure"]
    assert measured
    for row in measured:
        below = descendants(everything.units, row["unit_id"])
        if view.scope is not None and row["unit_id"] not in view.scope:
            assert rows[row["name"]][2] == "–", "what lies outside the scope is not told"
            continue
        ask = replace(view.ask.over(row["period_from"], row["period_to"]), definition="form")
        rate = show(view.opened(below), FIGURES[row["metric"]], ask)["rate"].item()
        assert rows[row["name"]][2] == percent(rate)
    count = signed.filter(
        pl.col("target_id").is_in([row["target_id"] for row in running]),
        pl.col("signed_on").is_null() | (pl.col("signed_on") <= view.ask.as_of_day),
    ).height
    (said,) = (block for block in view.slide("targets").blocks if isinstance(block, Paragraph))
    assert said.text.startswith(f"{count} cam kết đã ký: ")


def test_indices_are_the_last_published_ones_of_the_province_alone(view: View) -> None:
    if view.units is not None:
        assert "indices" not in {each.key for each in view.deck.sections}
        return
    shown = {str(row[0]): row for row in view.table("indices").rows}
    for index in INDICES:
        # As the command line's "indices" tells them.
        editions = by_edition(view.held("index_score"), index, "01", TOTAL)
        known = editions.filter(pl.col("year") < view.ask.as_of_day.year)
        last = known.filter(pl.col("rank").is_not_null()).sort("year").row(-1, named=True)
        row = shown.pop(f"{index} {last['year']} của Hà Nội")
        assert row[1:3] == (number(last["score"], 2), f"{last['rank']}/{last['out_of']}")
    assert shown == {}
