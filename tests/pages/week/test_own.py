"""A ward's account opens on its own unit: its weeks, its place among its like, and no other's."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import polars as pl
import pytest

from connectors.engine import Scope, open_facts
from connectors.settings import Settings
from metrics.core.measure import measure
from metrics.core.vietnamese import percent
from metrics.dossiers.catalogue import figure
from tests.pages.kit import shown
from tests.pages.links import html
from ui.shell.view import default_view, read_view

YEAR = "year:2026"
Become = Callable[[str, int | None], None]


@pytest.mark.parametrize("screen", ["week", "units"])
def test_a_ward_stands_among_all_its_like_and_sees_no_other(
    reviewed: Settings, as_role: Become, screen: str
) -> None:
    facts = open_facts(reviewed, Scope(None))
    view, _ = read_view(
        {"period": YEAR}, default_view(facts.data_until), frozenset(facts.units["unit_id"])
    )
    ask = view.ask(facts.calendar, facts.data_until)
    wards = facts.units.filter((pl.col("kind") == "commune") & pl.col("valid_to").is_null())
    found = measure(facts, [figure("on_time")], [ask], ["unit_id"])
    counted = found.filter(
        pl.col("unit_id").is_in(wards["unit_id"].to_list()) & (pl.col("denominator") > 0)
    )
    pooled = Fraction(*(sum(counted[side].to_list()) for side in ("numerator", "denominator")))
    few = ask.threshold("few_dossiers").value
    ward = counted.filter(pl.col("denominator") >= few)["unit_id"].sort()[0]
    names = dict(wards.select("unit_id", "name").iter_rows())
    as_role("unit", ward)
    page = html(shown(screen, None, period=YEAR))
    assert f"của {counted.height} đơn vị cùng loại (phường, xã) {percent(pooled, edges=())}" in page
    others = set(names.values()) - {names[ward]}
    assert names[ward] in page
    assert {name for name in others if f">{name}<" in page or f"{name} đúng hạn" in page} == set()


def test_the_screen_of_units_opens_on_the_readers_own(
    unit: Callable[[str], int], as_role: Become
) -> None:
    as_role("unit", unit("Phường Kiến Hưng"))
    screen = shown("units", None, period=YEAR)
    assert [title.value for title in screen.title] == ["Phường Kiến Hưng"]
    headers = [header.value for header in screen.header]
    assert "Biến động từng tuần: bình thường hay không" in headers
    assert "So với các đơn vị cùng loại" in headers
    as_role("leader", None)
    several = shown("units", None, period=YEAR)
    assert "So với các đơn vị cùng loại" not in [header.value for header in several.header]
