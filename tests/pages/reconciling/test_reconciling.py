"""The screen that reconciles: readings side by side, the walk, each step with its dossiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from connectors.engine import Scope, open_facts
from tests.pages import kit
from tests.pages.conftest import Installation
from tests.pages.links import html, links, rows_with, tables

PERIOD = "quarter:2026-Q2"
_open = partial(kit.sound, "reconciling")


@pytest.fixture
def at(sample_installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with kit.installed(sample_installation.settings, monkeypatch):
        yield kit.new_app()


def _number(text: str) -> int:
    return int(text.replace(".", "").replace("−", "-").replace("+", ""))


def _tokens(at: AppTest) -> list[str]:
    return [to.partition("step=")[2].partition("&")[0] for _, to in links(at) if "step=" in to]


@pytest.mark.parametrize(("first", "second"), [("form-timestamp", "portal-timestamp"),
                                               ("lenient-day", "received-timestamp")])  # fmt: skip
def test_the_steps_add_up_and_each_opens_to_as_many_dossiers(
    at: AppTest, first: str, second: str
) -> None:
    asked = {"period": PERIOD, "first": first, "second": second}
    _open(at, **asked)
    steps = rows_with(at, "Bước", "Hồ sơ", "Điểm")
    here, *between, there = steps
    for column in ("Tử số", "Mẫu số", "Chưa phân loại"):
        added = sum(_number(row[column]) for row in between)
        assert _number(here[column]) + added == _number(there[column]), column
    assert between
    tokens = _tokens(at)
    assert len(tokens) == len(between)
    for token, row in list(zip(tokens, between, strict=True))[:3]:
        page = html(_open(at, **asked, step=token))
        opened = rows_with(at, "Mã hồ sơ", "Hẹn trả")
        assert len(opened) == min(200, _number(row["Hồ sơ"]))
        assert f"{row['Hồ sơ']} hồ sơ: " in page


def test_the_rates_are_those_of_the_other_screens(at: AppTest) -> None:
    """Side by side as on the list of each definition."""
    _open(at, period=PERIOD)
    rows = rows_with(at, "Định nghĩa", "Mẫu số")
    assert len(rows) == 6
    form = next(row for row in rows if "II.06a" in row["Định nghĩa"])
    kit.sound("late", at, period=PERIOD, figure="on_time", part="denominator")
    assert f"{form['Mẫu số']}" in html(at)


def test_the_same_reading_twice_differs_by_nothing(at: AppTest) -> None:
    page = kit.words(_open(at, period=PERIOD, first="form-day", second="form-day"))
    assert "Không khác nhau, cả từng hồ sơ" in page
    assert not _tokens(at)


def test_a_step_that_is_not_there_is_said_to_be_empty(at: AppTest) -> None:
    asked = {"period": PERIOD, "first": "form-day", "second": "form-day"}
    page = kit.words(_open(at, **asked, step="same_day-late-on"))
    assert "không có hồ sơ nào như vậy" in page


def test_a_period_without_dossiers_says_so(at: AppTest) -> None:
    assert "Không có hồ sơ để đối chiếu" in kit.words(_open(at, period="month:2020-01"))


def test_who_presents_sees_how_many_and_no_dossier(
    at: AppTest, as_reader: Callable[..., None]
) -> None:
    as_reader("presenter")
    _open(at, period=PERIOD)
    assert rows_with(at, "Bước", "Hồ sơ")
    assert not _tokens(at)
    _open(at, period=PERIOD, step="pending_in_time-out-on")
    assert not any("Mã hồ sơ" in row for rows in tables(at) for row in rows)


def test_an_account_of_a_unit_walks_among_its_own_dossiers_only(
    at: AppTest, as_reader: Callable[..., None], sample_installation: Installation
) -> None:
    facts = open_facts(sample_installation.settings, Scope(None))
    own: pl.Series = facts.dossier.collect(backend="polars").to_native()["unit_id"]
    wards = facts.units.filter(pl.col("level") == "commune")["unit_id"]
    unit = int(own.filter(own.is_in(wards.implode())).mode().sort()[0])
    name = dict(facts.units.select("unit_id", "name").iter_rows())[unit]
    asked = {"period": "year:2026", "first": "form-timestamp", "second": "received-timestamp"}
    as_reader("admin")
    _open(at, **asked, unit=str(unit))
    cut = rows_with(at, "Bước", "Hồ sơ")
    as_reader("unit", unit)
    _open(at, **asked)
    assert rows_with(at, "Bước", "Hồ sơ") == cut
    token = _tokens(at)[0]
    _open(at, **asked, step=token)
    assert {row["Đơn vị giải quyết"] for row in rows_with(at, "Mã hồ sơ", "Hẹn trả")} == {name}
