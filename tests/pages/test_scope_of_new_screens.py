"""Service quality, procedures and reported values within a unit's own scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.engine import Scope, open_facts
from connectors.settings import PROJECT_ROOT, Settings
from metrics.core.ask import Ask
from metrics.service.review import computed, month_ask
from tests.screens import on


@pytest.fixture(scope="module")
def installation(with_registers: Settings) -> Settings:
    """The sample with its registers, as somebody meets it first."""
    return with_registers


@pytest.fixture
def ward(installation: Settings) -> int:
    """Phường Kiến Hưng as it is today."""
    units = open_facts(installation, Scope(None)).units
    found = units.filter(pl.col("code") == "09552", pl.col("valid_to").is_null())
    return int(found["unit_id"][0])


@pytest.fixture
def at(installation: Settings, ward: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    somebody = Reader(9, "kien-hung", "Cán bộ phường", "unit", ward, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (somebody, False))
    monkeypatch.setenv("DATA_DIR", str(installation.data_dir))
    monkeypatch.setenv("DATABASE_URL", installation.database_url)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=120)
    st.cache_data.clear()
    st.cache_resource.clear()


def _open(at: AppTest, page: str, **params: str) -> str:
    on(at, page)
    for name, value in params.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert not at.error
    everything = [str(block.proto.body) for block in at.get("html")]
    everything += [text.value for text in (*at.markdown, *at.caption, *at.title)]
    everything += [str(table.value.to_dict()) for table in at.dataframe]
    return " ".join(everything)


def test_service_quality_of_ones_own_unit_alone(
    at: AppTest, installation: Settings, ward: int
) -> None:
    page = _open(at, "service")
    assert [text.value for text in at.title] == ["Chất lượng phục vụ · Phường Kiến Hưng"]
    facts = open_facts(installation, Scope(frozenset({ward})))
    ask = month_ask(Ask(date(2026, 6, 22), date(2026, 6, 28), facts.calendar), date(2026, 5, 1))
    own = computed(facts, [ask])[0,]["2.1"]
    assert f"{own.numerator:.0f}/{own.denominator:.0f} = " in page
    # The city's portal score, other units' surveys and points are nobody else's.
    assert "chưa nhập tổng điểm của tháng này" in page
    assert re.search(r"<td[^>]*>415<", page), "answers to the ward's own survey"
    for other in ("774", "5.861", "1.240", "Phường Hà Đông", "Sở Nội vụ"):
        assert other not in page, other
    assert "Nhập liệu" not in [text.value for text in at.header]


def test_reported_values_of_ones_own_unit_alone(at: AppTest) -> None:
    page = _open(at, "reported")
    assert "1.284 = 702 + 118 + 464" in page
    for other in ("7.211", "1.895", "1.873", "Phường Dương Nội", "121.400"):
        assert other not in page, other


def test_procedures_with_ones_own_dossiers(at: AppTest, installation: Settings, ward: int) -> None:
    page = _open(at, "procedures", period="month:2026-05")
    facts = open_facts(installation, Scope(frozenset({ward})))
    ask = Ask(date(2026, 5, 1), date(2026, 5, 31), facts.calendar)
    received = facts.dossier.to_native().filter(
        pl.col("received_at") >= ask.start,
        pl.col("received_at") < ask.period_end,
        pl.col("end_kind").is_null() | (pl.col("end_kind") != "refused"),
    )
    count = received.collect().height
    assert count > 0
    assert f"Mẫu số: {count} hồ sơ tiếp nhận trong kỳ" in page
    assert "chưa đơn vị nào nhập" in page, "the city's row of form II.07b is not theirs"
