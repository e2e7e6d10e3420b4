"""Control chart, funnel and late budget as they are drawn."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from metrics.core.periods import weeks_of
from metrics.dossiers.events import of_breaks
from metrics.dossiers.units import Break
from metrics.signals.charts import Chart, rate_chart
from metrics.signals.funnel import Unit, funnel
from metrics.signals.rules import rules_on
from metrics.signals.told import verdict
from metrics.targets.budget import Budget, Weekly, budget_rules, late_budget
from ui.kit.budget import budget_chart, state_html
from ui.kit.signals import control_chart, funnel_chart, verdict_html

RULES = rules_on(date(2026, 11, 30))
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def weekly(cells: list[tuple[int, int]], rebase: tuple[date, ...] = ()) -> Chart:
    weeks = [date(2026, 1, 5) + timedelta(weeks=place) for place in range(len(cells))]
    columns = {"week": weeks, "numerator": [hits for hits, _ in cells]}
    frame = pl.DataFrame({**columns, "denominator": [of for _, of in cells]})
    return rate_chart(frame, RULES, rebase=rebase)


def budget(late: list[int]) -> Budget:
    days = weeks_of(*YEAR)[: len(late)]
    weeks = [Weekly(*day, 100 - each, 100) for day, each in zip(days, late, strict=True)]
    return late_budget(weeks, 0.98, YEAR, days[-1][1], budget_rules(YEAR[1]))


def _texts(figure: object) -> list[str]:
    return [note.text for note in figure.layout.annotations]  # type: ignore[attr-defined]


def test_a_control_chart_marks_what_is_a_signal_and_names_its_lines() -> None:
    day = date(2026, 4, 1)
    chart = weekly([(97, 100), (19, 20)] * 13 + [(70, 100)], rebase=(day,))
    figure = control_chart(chart, "Phường A & B", of_breaks([Break(day, "Sắp xếp", "")]), 0.98)
    marked = [trace for trace in figure.data if trace.mode == "markers"]
    # The week of 70% pulls the mean below all the others of its phase: a run for the better.
    assert [trace.marker.symbol for trace in marked] == ["diamond", "circle"]
    assert list(marked[0].y) == [0.7]
    told = _texts(figure)
    assert any(text.startswith("trung bình ") for text in told)
    assert "mục tiêu 98%" in told
    assert "01/04/2026: Sắp xếp" in told
    # A mean and two limits of each phase.
    lines = [trace for trace in figure.data if trace.line.shape == "hv"]
    assert len(lines) == 6
    series = next(trace for trace in figure.data if trace.mode == "lines+markers")
    assert "khoảng tin cậy" in series.text[-1]
    assert series.name == "Phường A &amp; B"


def test_a_tiny_week_does_not_flatten_the_others() -> None:
    figure = control_chart(weekly([(97, 100)] * 20 + [(1, 1)] + [(96, 100)] * 3), "A")
    assert figure.layout.yaxis.range[0] > 0.5


def test_a_verdict_has_a_shape_and_its_sentence() -> None:
    bad = verdict(weekly([(97, 100), (19, 20)] * 10 + [(70, 100)]), 10)
    assert verdict_html(bad).startswith('<span class="dh-bad">◆ 70,0%, thấp hơn')
    few = verdict(weekly([(20, 20)] * 12 + [(2, 3)]), 10)
    assert verdict_html(few) == '<span class="dh-muted">– 3 hồ sơ chưa đủ để kết luận.</span>'


def test_the_funnel_names_those_beyond_its_outer_limits_alone() -> None:
    units = [Unit(key, 97, 100) for key in range(9)] + [Unit(9, 80, 100), Unit(10, 2, 3)]
    names: dict[int | None, str] = {key: f"Đơn vị {key}<b>" for key in range(11)}
    figure = funnel_chart(funnel(units, RULES, 10), RULES, names, 0.98)
    told = _texts(figure)
    assert [text for text in told if text.startswith("Đơn vị")] == ["Đơn vị 9&lt;b&gt;"]
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in dots) == len(units)
    low, high = figure.layout.xaxis.range
    assert 10**low < 3 < 100 < 10**high


@pytest.mark.parametrize(
    ("late", "state"),
    [
        ([3] * 20, "runs_out"),
        ([4] * 12 + [1] * 20, "may_run_out"),
        ([1] * 30, "lasts"),
        ([10] * 26, "spent"),
        ([0] * 30, "lasts"),
    ],
)
def test_a_budget_is_drawn_up_to_now_with_what_may_come(late: list[int], state: str) -> None:
    found = budget(late)
    assert found.state == state
    assert found.allowance is not None
    figure = budget_chart(found)
    fan, spent = figure.data[1], figure.data[2]
    assert list(spent.y) == [0, *(week.total for week in found.weeks)]
    assert found.exhaustion is not None
    is_open = state != "spent" and found.exhaustion.soonest is not None
    assert bool(len(fan.x)) == is_open
    assert f"chịu được {found.allowance.allowed}" in _texts(figure)
    assert all(isinstance(x, datetime) for x in spent.x)
    assert "dh-state" in state_html(found)
