"""Đơn vị: the funnel and the control chart say what an own calculation over the dossiers says."""

from __future__ import annotations

import json
from datetime import timedelta
from math import comb
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from connectors.engine import Facts, Scope, open_facts
from metrics.core.measure import measure
from metrics.core.periods import parse_period
from metrics.dossiers.catalogue import figure
from metrics.dossiers.weeks import whole_weeks
from tests.pages.conftest import Installation
from tests.pages.kit import sound
from tests.pages.links import html, rows_with
from ui.shell.view import default_view, read_view

QUARTER = "quarter:2026-Q2"


@pytest.fixture
def facts(sample_installation: Installation) -> Facts:
    return open_facts(sample_installation.settings, Scope(None))


def _rates(facts: Facts, period: str, where: dict[str, Any], by: list[str]) -> pl.DataFrame:
    default = default_view(facts.data_until)
    view, _ = read_view({"period": period}, default, frozenset(facts.units["unit_id"]))
    ask = view.ask(facts.calendar, facts.data_until)
    return measure(facts, [figure("on_time")], [ask], by, where)


def _spec(app: AppTest, text: str) -> Any:
    for each in app.get("plotly_chart"):
        spec = json.loads(each.proto.spec)
        if text in json.dumps(spec, ensure_ascii=False):
            return spec
    raise AssertionError(text)


def _below(of: int, share: float, most: int) -> float:
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(most + 1))


def test_the_funnel_tells_units_that_differ_by_more_than_chance(app: AppTest, facts: Facts) -> None:
    sound("units", app, period=QUARTER)
    rates = _rates(facts, QUARTER, {}, ["unit_id"]).filter(pl.col("denominator") > 0)
    share = int(rates["numerator"].sum()) / int(rates["denominator"].sum())
    low = {
        unit
        for unit, hits, of in rates.select("unit_id", "numerator", "denominator").iter_rows()
        if of - hits > 1 and _below(of, share, hits) < 0.001
    }
    assert low
    table = rows_with(app, "So với giới hạn", "Được tính")
    assert len(table) == rates.height
    told = [row for row in table if "dưới giới hạn 99,8%" in row["So với giới hạn"]]
    assert len(told) == len(low)
    assert html(app).count("thấp hơn mức chung") >= len(low)
    assert _spec(app, "thang lô-ga-rít")["data"][0]["mode"] == "lines"


def test_a_units_weeks_are_whole_ones_with_their_own_sides(app: AppTest, facts: Facts) -> None:
    name = "Phường Kiến Hưng"
    row = facts.units.filter((pl.col("name") == name) & pl.col("valid_to").is_null())
    unit = int(row["unit_id"][0])
    sound("units", app, unit=str(unit), period="week:2026-W26")
    table = rows_with(app, "Tuần", "Giới hạn dưới")
    assert "Tuần 26 (22/06–28/06/2026)" in table[0]["Tuần"]
    for shown in table[:4]:
        week = shown["Tuần"].split()[1]
        (cell,) = _rates(facts, f"week:2026-W{week}", {"unit_id": [unit]}, []).to_dicts()
        assert int(shown["Đúng hạn"]) == cell["numerator"]
        assert int(shown["Được tính"]) == cell["denominator"]
    assert "Biến động từng tuần" in " ".join(each.value for each in app.header)
    assert "Tuần 26 (22/06–28/06/2026): <span" in html(app)
    # The two-tier reform lies a year back: the weeks begin at it anew where they cross it.
    old = facts.units.filter((pl.col("name") == "Sở Xây dựng") & pl.col("valid_to").is_null())
    sound("units", app, unit=str(old["unit_id"][0]), period="week:2026-W10")
    assert _spec(app, "01/07/2025: Chính quyền")["layout"]["height"] == 300


def test_the_running_week_is_no_point() -> None:
    sunday = parse_period("week:2026-W26").last
    assert whole_weeks(sunday, 3)[-1].token == "week:2026-W26"
    assert whole_weeks(sunday - timedelta(days=1), 3)[-1].token == "week:2026-W25"
    since = parse_period("week:2026-W25").first
    assert [week.token for week in whole_weeks(sunday, 52, since)] == [
        "week:2026-W25", "week:2026-W26",
    ]  # fmt: skip
