"""Forms against dossiers, the portal's score, codes in two sources, frozen figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from connectors.database.session import open_database
from connectors.engine import Scope, open_facts
from connectors.registers import add
from connectors.settings import Settings
from tests.pages import kit
from tests.pages.conftest import Installation
from tests.pages.links import html, links, rows_with

_open = partial(kit.sound, "reconciling")
MONTH = "month:2026-05"


@pytest.fixture
def settings(small_installation: Installation, tmp_path: Path) -> Settings:
    return kit.copy_of(small_installation.settings, tmp_path)


@pytest.fixture
def at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with kit.installed(settings, monkeypatch):
        yield kit.new_app()


def _report(settings: Settings, **told: int) -> int:
    """A line of the unit that has resolved most."""
    dossiers: pl.DataFrame = (
        open_facts(settings, Scope(None)).dossier.collect(backend="polars").to_native()
    )
    in_may = dossiers.filter(
        pl.col("ended_at") >= date(2026, 5, 1), pl.col("ended_at") < date(2026, 6, 1)
    )
    unit = int(in_may["unit_id"].mode().sort()[0])
    engine = open_database(settings.database_url)
    add(
        engine, settings, "form_row",
        {"form": "II.06a", "unit": unit, "coverage": "own", "period_from": date(2026, 5, 1),
         "period_to": date(2026, 5, 31), "source": "Báo cáo tháng 5", **told},
        by="Lan", at=datetime(2026, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    engine.dispose()
    return unit


def test_a_reported_line_beside_its_dossiers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _report(settings, c7=500)
    with kit.installed(settings, monkeypatch):
        at = kit.new_app()
        _open(at, period=MONTH, part="forms")
        rows = rows_with(at, "Cột", "Báo cáo", "Lệch")
        resolved = next(row for row in rows if row["Cột"].startswith("(7)"))
        counted = int(resolved["Tính từ hồ sơ"])
        assert counted
        assert (resolved["Báo cáo"], resolved["Lệch"]) == ("500", f"+{500 - counted}")
        assert next(row for row in rows if row["Cột"].startswith("(8)"))["Lệch"] == "–"
        assert "báo cáo nhiều hơn hồ sơ" in html(at) + kit.words(at)
        to = next(to for words, to in links(at) if words.startswith("(7)"))
        line = to.partition("line=")[2].partition("&")[0]
        _open(at, period=MONTH, part="forms", line=line, column="c7")
        assert len(rows_with(at, "Mã hồ sơ", "Hẹn trả")) == counted
        # Of another period nothing is held against it, and the way there is offered.
        _open(at, period="month:2026-06", part="forms")
        assert "Kỳ có báo cáo" in html(at)


def test_the_portals_points_beside_ours(
    with_registers: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kit.installed(with_registers, monkeypatch):
        at = _open(period=MONTH, part="portal")
        rows = rows_with(at, "Thành phần", "Trên Cổng", "Tính lại")
        assert any(row["Thành phần"].startswith("2.1") for row in rows)
        assert "Tổng trên Cổng" in kit.words(at)


def test_codes_of_one_source_only_are_not_twice(at: AppTest) -> None:
    words = kit.words(_open(at, period=MONTH, part="twice"))
    assert "Không hồ sơ nào của kỳ có ở hai nguồn" in words


def test_frozen_figures_are_those_of_now_until_something_changes(
    at: AppTest,
) -> None:
    assert "Kỳ này chưa chốt" in kit.words(_open(at, period=MONTH, part="closed"))
    kit.submit(kit.shown("data", at, part="closing", period=MONTH), "Chốt số liệu")
    words = kit.words(_open(at, period=MONTH, part="closed"))
    assert "Số đã chốt bằng số tính lại hiện nay" in words
