"""Chỉ tiêu: what on-time targets can still bear, counted over the dossiers once more."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.engine import Scope, open_facts
from connectors.settings import Settings
from metrics.core.measure import measure
from metrics.core.periods import Period
from metrics.core.vietnamese import number
from metrics.dossiers.catalogue import figure
from tests.pages.kit import installed, new_app, sound
from tests.pages.links import html, links, rows_with, tables
from ui.shell.view import default_view, read_view

YEAR = Period("custom", date(2026, 1, 1), date(2026, 12, 31))


def test_the_late_budget_of_the_years_target(
    with_registers: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = open_facts(with_registers, Scope(None))
    default = default_view(facts.data_until)
    view, _ = read_view({}, default, frozenset(facts.units["unit_id"]))
    ask = view.ask(facts.calendar, facts.data_until).over(YEAR.first, date(2026, 6, 28))
    (cell,) = measure(facts, [figure("on_time")], [ask]).to_dicts()
    late = cell["denominator"] - cell["numerator"]
    with installed(with_registers, monkeypatch):
        app = sound("targets", new_app())
        page = html(app)
        assert "Còn chịu được bao nhiêu hồ sơ trễ" in [each.value for each in app.header]
        assert f"hồ sơ trễ; đã có {number(late)}," in page
        weeks = rows_with(app, "Tuần", "Trễ từ đầu kỳ")
        assert int(weeks[0]["Trễ từ đầu kỳ"].replace(".", "")) == late
        assert sum(int(row["Được tính"]) for row in weeks) == cell["denominator"]
        assert sum(int(row["Trễ"]) for row in weeks) == late
        assert app.get("plotly_chart")
        opened = next(to for label, to in links(app) if label.startswith("1. Hồ sơ giải quyết"))
        target = opened.partition("target=")[2].split("&")[0]
        panel = sound("targets", app, target=target)
        assert html(panel).count(f"hồ sơ trễ; đã có {number(late)},") == 2
        # A target that only another state has stands in no section of its own.
        assert "Còn chịu được bao nhiêu hồ sơ trễ" not in [
            each.value for each in sound("targets", app, state="met").header
        ]


def test_what_is_in_force_here_stands_open_and_the_rest_is_folded(
    with_registers: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plans of other places, and of years that are over, are one click away and not counted."""
    with installed(with_registers, monkeypatch):
        app = sound("targets", new_app())
        listed, elsewhere = [
            rows for rows in tables(app) if rows and {"Phải đạt", "Kỳ"} <= rows[0].keys()
        ]
        assert listed
        assert all("2026" in row["Kỳ"] and "MH-" in row["Chương trình"] for row in listed)
        assert all("MH-" not in row["Chương trình"] for row in elsewhere)
        told = f"Nơi khác, kế hoạch đã qua hoặc chưa tới ({number(len(elsewhere))})"
        assert told in [each.label for each in app.expander]
        assert f"trong {number(len(listed))} chỉ tiêu đang có hiệu lực" in html(app)
        # Who chooses an old plan sees it open.
        programme = next(
            to for label, to in links(app) if "programme=" in to and "2021" in label
        ).partition("programme=")[2].split("&")[0]  # fmt: skip
        old = sound("targets", app, programme=programme)
        assert not [each.label for each in old.expander if each.label.startswith("Nơi khác")]
