"""Charts as SVG: bars from zero, gaps where nothing is known, texts that stay texts."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from reports.blocks import Chart, Series
from reports.render.slide_charts import DARK, LIGHT, picture, told

_SVG = "{http://www.w3.org/2000/svg}"


def _parts(chart: Chart, name: str) -> list[dict[str, str]]:
    return [each.attrib for each in ElementTree.fromstring(picture(chart)).iter(_SVG + name)]


def _texts(chart: Chart) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(picture(chart)).iter(_SVG + "text")]


def test_bars_and_columns_begin_at_zero() -> None:
    series = (Series("Hồ sơ", [40.0, 10.0, 0.0, None]),)
    bars = _parts(Chart("", "bars", list("abcd"), series), "rect")
    assert float(bars[0]["width"]) == pytest.approx(4 * float(bars[1]["width"]), abs=0.5)
    assert [float(bar["width"]) for bar in bars[2:]] == [0, 0]
    columns = _parts(Chart("", "columns", list("abcd"), series), "rect")
    assert float(columns[0]["height"]) == pytest.approx(4 * float(columns[1]["height"]), abs=0.5)
    assert {round(float(c["y"]) + float(c["height"])) for c in columns} == {640 - 56}


def test_values_stand_at_the_ends_and_unknown_is_no_value() -> None:
    chart = Chart("Số hồ sơ", "bars", ["a", "b"], (Series("Hồ sơ", [1234.0, None]),))
    assert _texts(chart) == ["a", "1.234", "b", "–"]
    assert told(chart) == "Số hồ sơ. a: 1.234; b: –."


def test_a_line_has_gaps_and_a_named_target() -> None:
    series = (Series("Đúng hạn", [0.9, None, 0.95, 0.97]),)
    chart = Chart("", "lines", list("abcd"), series, "rate", target=("Mục tiêu 98%", 0.98))
    line = next(p for p in _parts(chart, "path") if p.get("stroke-width") == "4")
    assert re.sub(r"[^ML]", "", line["d"]) == "MML"
    assert {"97,0%", "90,0%", "Mục tiêu 98%"} <= set(_texts(chart))


def test_nothing_to_draw_is_drawn_without_an_error() -> None:
    for kind in ("bars", "columns", "lines"):
        for values in ([], [None], [0.0]):
            chart = Chart("", kind, ["a"] * len(values), (Series("x", values),))
            ElementTree.fromstring(picture(chart))


def test_what_looks_like_markup_is_text_in_both_inks() -> None:
    name = "<script>&\x00\u202e"
    chart = Chart(name, "bars", [name], (Series(name, [1.0]),))
    for ink in (LIGHT, DARK):
        drawn = ElementTree.fromstring(picture(chart, ink=ink))
        assert next(drawn.iter(_SVG + "text")).text == "<script>&"
