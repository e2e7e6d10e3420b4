"""The screen of indices on a small installation, without a browser."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from connectors.database.session import open_database
from connectors.registers import import_register
from connectors.registers.examples import FACTS
from connectors.settings import Settings
from pages.indices.screen import QUERY
from tests.pages import kit
from tests.pages.conftest import Installation
from tests.pages.links import follow, html, rows_with, tables
from ui.kit.query import Known


@pytest.fixture(scope="module")
def indexed(small_installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the small installation with the shipped reference values."""
    settings = kit.copy_of(small_installation.settings, tmp_path_factory.mktemp("indexed"))
    engine = open_database(settings.database_url)
    report = import_register(
        engine, settings, "index_score", FACTS, by="Lan", mapping="indices-facts"
    )
    engine.dispose()
    assert report.rows_rejected == 0
    return settings


@pytest.fixture
def loaded(indexed: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with kit.installed(indexed, monkeypatch):
        yield


_app = partial(kit.shown, "indices")


def _card(label: str, value: str) -> str:
    return f'<div class="dh-label">{label}</div><div class="dh-value">{value}</div>'


def test_without_values_it_says_how_to_load_them(app: AppTest) -> None:
    at = _app(app)
    assert at.title[0].value == "Chỉ số"
    text = " ".join(each.value for each in (*at.markdown, *at.caption))
    assert "Chưa có chỉ số nào" in text
    assert "không phải bằng 0" in text
    assert "python -m connectors register import index_score" in text
    assert not at.get("plotly_chart")


def test_hanoi_2021(loaded: None) -> None:
    at = _app(year="2021", base="2020")
    assert at.title[0].value == "Chỉ số · PAPI · Hà Nội"
    body = html(at)
    assert _card("Thứ hạng năm 2021", "9/63") in body
    assert "▲ +39 bậc" in body
    assert "theo nguồn khác: +38" in body
    assert "▲ nguồn khác: hạng 10" in body
    assert "● trong nhóm 10" in body
    # The article states a rank and no score: a gap, not 0.
    assert "chưa có điểm năm 2021" in body
    assert len(at.get("plotly_chart")) == 3
    layout = json.loads(at.get("plotly_chart")[0].proto.spec)["layout"]
    assert layout["xaxis"]["range"][0] == 2018 - 0.6, "no empty years before the first value"
    year = [row for row in rows_with(at, "Nguồn", "Loại") if row["Năm"] == "2021"]
    with FACTS.open(encoding="utf-8", newline="") as stream:
        wanted = [
            row["source"]
            for row in csv.DictReader(stream)
            if (row["index"], row["year"], row["province_code"], row["component"])
            == ("PAPI", "2021", "01", "TOTAL")
        ]
    assert sorted(row["Nguồn"] for row in year) == sorted(wanted)
    assert {"9/63", "10/63"} <= {row["Hạng"] for row in year}
    assert {row["Thống nhất"] for row in year} == {"▲ nguồn khác nhau"}
    follow(at, "2021")
    assert "Chỉ số, dòng" in html(at), "a value opens to be mended"


def test_a_bound_is_shown_as_one(loaded: None) -> None:
    body = html(_app(index="PAR INDEX", year="2021"))
    assert _card("Thứ hạng năm 2021", "≤ 10/63") in body
    assert "nguồn chỉ nêu nhóm, không nêu hạng" in body


def test_a_methodology_break_stops_the_comparison(loaded: None) -> None:
    at = _app(year="2018", base="2016")
    assert "phương pháp thay đổi giữa 2016 và 2018" in html(at)
    assert any("không so sánh được với nhau" in each.value for each in at.warning)
    assert any("6 lĩnh vực" in each.value for each in at.caption)


def test_choices_go_into_the_address(loaded: None) -> None:
    at = _app(index="SIPAS")
    at.multiselect(key="indices_with").set_value(["48", "31"]).run()
    assert not at.exception
    assert at.query_params["with"] == "48,31"
    beside = [rows for rows in tables(at) if {"Hà Nội", "Đà Nẵng", "Hải Phòng"} <= set(rows[0])]
    assert len(beside) == 2  # scores and ranks
    at.selectbox(key="indices_index").set_value("PCI").run()
    assert not at.exception
    assert at.title[0].value == "Chỉ số · PCI · Hà Nội"
    assert at.query_params["index"] == "PCI"
    assert at.query_params["with"] == "48,31"


def test_the_url_is_checked(loaded: None) -> None:
    at = _app(index="GDP", province="99", year="1066")
    assert at.title[0].value == "Chỉ số · PAPI · Hà Nội"
    assert sum("không hợp lệ" in each.value for each in at.warning) == 3


def test_the_query_and_its_parameters() -> None:
    codes = {"01", "48", "79", "22", "38"}
    known: Known = {
        **dict.fromkeys(("province", "with"), codes),
        **{name: {2020, 2021} for name in ("year", "base")},
        "component": {"TOTAL", "D1"},
    }
    whole = {"province": "48", "with": "01,79", "component": "D1", "year": "2021", "base": "2020"}
    asked = QUERY.parse({name: [text] for name, text in whole.items()}, known)
    assert (asked.params(), asked.problems) == (whole, ())
    # Parts and editions are the index's own.
    other = {"index": "PCI", "province": "48", "with": "01,79"}
    assert asked.but(index="PCI").params() == other
    found = QUERY.parse({"with": ["01,79,22,38"], "base": ["2o20"]}, known)
    assert (found["with"], len(found.problems)) == (("01", "79", "22"), 2)


def test_a_part_known_only_for_the_country(loaded: None) -> None:
    at = _app(index="SIPAS", component="POLICY")
    text = " ".join(each.value for each in (*at.markdown, *at.caption))
    assert "Gạch xám: giá trị của cả nước theo nguồn công bố." in text
    country = [row["Cả nước (công bố)"] for row in rows_with(at, "Năm", "Trung vị")]
    assert "83,84" in country
