"""Events on a unit's screen: on its charts, as points to count anew from, entered from there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.database.session import open_database
from connectors.engine import Facts, Scope, open_facts
from connectors.registers import add
from connectors.settings import Settings
from tests.pages import kit
from tests.pages.links import follow, html, links, rows_with

SOFTWARE, CAMPAIGN = "Phần mềm một cửa mới", "Cao điểm số hóa hồ sơ"
PERIOD = "quarter:2026-Q2"
_ANEW = "tính từ 23/02/2026: phần mềm một cửa mới"


@pytest.fixture
def settings(
    with_registers: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    found = kit.copy_of(with_registers, tmp_path / "events")
    with kit.installed(found, monkeypatch):
        yield found


@pytest.fixture
def unit(settings: Settings) -> Callable[[str], int]:
    facts: Facts = open_facts(settings, Scope(None))
    now = facts.units.filter(facts.units["valid_to"].is_null())
    return dict(now.select("name", "unit_id").iter_rows()).__getitem__


def as_role(monkeypatch: pytest.MonkeyPatch, role: str, unit: int | None = None) -> None:
    who = Reader(1, "lan", "Lan", role, unit, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (who, False))


def _notes(app: AppTest, key: str) -> list[str]:
    """What stands at the lines of a chart."""
    charts = [json.loads(each.proto.spec) for each in app.get("plotly_chart")]
    told: list[Any] = [
        note["text"]
        for spec in charts
        if spec["layout"]["height"] >= 300
        for note in spec["layout"].get("annotations", [])
    ]
    return [text for text in told if key in text]


def test_events_stand_on_the_charts_in_words_and_in_their_tables(
    settings: Settings, unit: Callable[[str], int]
) -> None:
    app = kit.sound("units", unit=str(unit("Phường Hà Đông")), period=PERIOD)
    # On the control chart, and on the rate through time.
    assert _notes(app, SOFTWARE) == [f"23/02: {SOFTWARE}"] * 2
    assert len(_notes(app, CAMPAIGN)) == 2
    assert not _notes(app, "Đoàn kiểm tra")
    told = {row["Sự kiện"]: row for row in rows_with(app, "Tính lại mức", "Sự kiện")}
    assert set(told) >= {SOFTWARE, CAMPAIGN}
    assert (told[SOFTWARE]["Của"], told[CAMPAIGN]["Của"]) == ("Phường Hà Đông", "mọi đơn vị")
    # Of everything: the tick of one ward's event has no words on the whole's chart.
    app = kit.sound("units", period=PERIOD)
    assert not _notes(app, SOFTWARE)
    weeks = rows_with(app, "Tuần", "Sự kiện")
    assert any(CAMPAIGN in row["Sự kiện"] for row in weeks)
    assert any("ngày làm việc" in row["Sự kiện"] for row in weeks)


def test_the_reader_chooses_from_where_the_usual_level_is_counted(
    settings: Settings, unit: Callable[[str], int]
) -> None:
    own = {"unit": str(unit("Phường Hà Đông")), "period": PERIOD}
    assert _ANEW in html(kit.sound("units", **own))
    for words, said in (("không", False), (f"23/02/2026: {SOFTWARE}", True)):
        app = follow(kit.sound("units", **own), words)
        assert (_ANEW in html(app)) == said
    app = kit.sound("units", rebase="2026-04-27", **own)
    assert "tính từ 27/04/2026: cao điểm số hóa hồ sơ" in html(app)
    app = kit.shown("units", rebase="2026-04-28", **own)
    assert "Tham số “rebase” trong đường dẫn không hợp lệ" in kit.words(app)
    assert _ANEW in html(app)


def test_what_was_not_entered_yet_is_not_on_the_line_as_known_then(
    settings: Settings, unit: Callable[[str], int]
) -> None:
    own = {"unit": str(unit("Phường Hà Đông")), "period": PERIOD}
    engine = open_database(settings.database_url)
    values = {"name": "Mất điện", "kind": "other", "from_on": date(2026, 5, 20), "source": "BC"}
    add(engine, settings, "event", values, by="Lan", at=datetime(2026, 7, 1, tzinfo=UTC))
    engine.dispose()
    assert "Mất điện" in html(kit.sound("units", **own))
    then = html(kit.sound("units", known="2026-06-30T23:00", **own))
    assert "Mất điện" not in then
    assert CAMPAIGN in then
    assert CAMPAIGN not in html(kit.shown("units", asof="2026-04-26T17:00", **own))


def test_another_ward_sees_what_is_everybodys_and_no_way_to_enter(
    settings: Settings, unit: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(monkeypatch, "unit", unit("Phường Kiến Hưng"))
    app = kit.sound("units", period=PERIOD)
    assert CAMPAIGN in html(app)
    assert SOFTWARE not in html(app)
    assert not [words for words, _ in links(app) if words == "Ghi sự kiện"]


def test_an_event_is_entered_from_the_chart(
    settings: Settings, unit: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(monkeypatch, "reform")
    number = unit("Phường Kiến Hưng")
    app = kit.sound("units", unit=str(number), period=PERIOD)
    (day,) = {to.split("event_on=")[1][:10] for words, to in links(app) if words == "Ghi sự kiện"}
    app = follow(app, "Ghi sự kiện")
    assert app.selectbox(key="new_event_unit").value == number
    assert app.date_input(key="new_event_from_on").value == date.fromisoformat(day)
    app.text_input(key="new_event_name").set_value("Chuyển trụ sở")
    app.selectbox(key="new_event_kind").set_value("reorganisation")
    app.checkbox(key="new_event_is_rebase").check()
    kit.submit(app, "Ghi sự kiện")
    assert "Đã ghi sự kiện “Chuyển trụ sở”." in kit.words(app)
    (told,) = [row for row in rows_with(app, "Tính lại mức", "Sự kiện")
               if row["Sự kiện"] == "Chuyển trụ sở"]  # fmt: skip
    assert (told["Của"], told["Tính lại mức"]) == ("Phường Kiến Hưng", "có")
    app = kit.sound("units", unit=str(number), period=PERIOD)
    assert "Chuyển trụ sở" in html(app)
