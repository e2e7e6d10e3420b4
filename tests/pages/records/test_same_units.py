"""Units that are one, on the screen "Dữ liệu": asked, said with one click, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from connectors.access import Reader
from connectors.database.models import Unit
from connectors.database.session import open_database
from connectors.database.unit_aliases import UnitAlias
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.pages import kit


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An installation of two entries that are one ward; its reader is an administrator."""
    place = kit.empty_at(tmp_path / "empty")
    engine = open_database(place.database_url)
    with engine.begin() as connection:
        for code, name in (("05001", "Phường Thử Nghiệm"), ("H05.18", "UBND phường Thử Nghiệm")):
            values = {"scheme": "x", "code": code, "name": name, "kind": "commune"}
            connection.execute(insert(Unit).values(sort_order=0, **values))
    refresh(engine, place)
    engine.dispose()
    as_role(monkeypatch, "admin")
    with kit.installed(place, monkeypatch):
        yield place


def as_role(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    who = Reader(1, "lan", "Lan", role, None, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (who, False))


def aliases(place: Settings) -> list[tuple[int, int | None, bool]]:
    engine = open_database(place.database_url)
    query = select(UnitAlias.unit_id, UnitAlias.merged_unit_id, UnitAlias.ended_at)
    with engine.connect() as connection:
        rows = [(unit, other, end is None) for unit, other, end in connection.execute(query)]
    engine.dispose()
    return rows


def test_one_click_says_that_two_are_one_and_one_takes_it_back(office: Settings) -> None:
    app = kit.sound("data", part="units")
    assert "cùng tên" in kit.words(app)
    app.button(key="same_1_2").click().run()
    assert "Đã nhập hai đơn vị làm một." in kit.words(app)
    assert aliases(office) == [(1, 2, True)]
    app = kit.sound("data", part="units")
    assert "Không thấy đơn vị nào giống nhau" in kit.words(app)
    app.button(key="back_1").click().run()
    assert "Đã tách hai đơn vị." in kit.words(app)
    assert aliases(office) == [(1, 2, False)]


def test_a_spelling_is_said_with_its_days_and_refused_without_a_reason(office: Settings) -> None:
    app = kit.sound("data", part="units")
    app.text_input(key="call_text").set_value("000.00.99.H05")
    app.selectbox(key="call_unit_id").select(1)
    (button,) = [each for each in app.button if each.label == "Ghi cách gọi"]
    button.click().run()
    assert "hãy ghi lý do" in kit.words(app)
    assert aliases(office) == []
    app.text_input(key="call_reason").set_value("QĐ 1")
    (button,) = [each for each in app.button if each.label == "Ghi cách gọi"]
    button.click().run()
    assert aliases(office) == [(1, None, True)]
    assert "là cách gọi của" in kit.words(kit.sound("data", part="units"))


def test_nobody_else_is_offered_it(office: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    as_role(monkeypatch, "reform")
    app = kit.sound("data", part="units")
    assert "Những đơn vị giống nhau" not in kit.words(app)
