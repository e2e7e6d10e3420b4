"""From a row of the call list to a deed, to the unit's answer, to next week's row and papers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.database.models import Unit
from connectors.database.session import open_database
from connectors.settings import Settings
from metrics.core.periods import parse_period
from reports.briefing import briefing
from reports.deck import deck
from reports.material import Material
from reports.opening import Wanted, asked
from tests.pages.kit import copy_of, fill, installed, shown, submit

WEEK, NEXT = "week:2026-W25", "week:2026-W26"
ASKED = "Đề nghị giải trình vì sao chưa xin lỗi"
ANSWERED = "Đã rà soát, đã gửi văn bản xin lỗi"
WARD = "Phường Dương Nội"


class _Monday(datetime):
    """Monday 22 June 2026, when the review of week 25 is held."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Monday:
        return cls(2026, 6, 22, 8, tzinfo=tz)


class _Tuesday(_Monday):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Tuesday:
        return cls(2026, 6, 23, 8, tzinfo=tz)


@pytest.fixture
def settings(with_registers: Settings, tmp_path: Path) -> Settings:
    return copy_of(with_registers, tmp_path)


@pytest.fixture
def unit(settings: Settings) -> Callable[[str], int]:
    def find(name: str) -> int:
        engine = open_database(settings.database_url)
        with engine.connect() as connection:
            query = select(Unit.id).where(Unit.name == name, Unit.valid_to.is_(None))
            found = int(connection.execute(query).scalar_one())
        engine.dispose()
        return found

    return find


@pytest.fixture
def as_role(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, int | None], None]]:
    def become(role: str, unit: int | None = None) -> None:
        reader = Reader(1, role, f"Người dùng {role}", role, unit, False, None)
        monkeypatch.setattr("ui.shell.identity.look_up", lambda: (reader, False))

    at(monkeypatch, _Monday)
    with installed(settings, monkeypatch):
        yield become


def at(monkeypatch: pytest.MonkeyPatch, clock: type[datetime]) -> None:
    for place in ("ui.shell.frame", "ui.kit.asking", "ui.kit.writing"):
        monkeypatch.setattr(f"{place}.datetime", clock)


def bodies(app: AppTest) -> str:
    return "\n".join(str(part.proto.body) for part in app.get("html"))


def test_a_ward_is_asked_answers_and_next_week_shows_it(
    settings: Settings,
    unit: Callable[[str], int],
    as_role: Callable[[str, int | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ward, other = unit(WARD), unit("Phường Kiến Hưng")
    as_role("leader", None)
    home = shown("week", None, period=WEEK)
    assert f"call={ward}" in bodies(home)
    home = shown("week", None, period=WEEK, call=str(ward))
    fill(home, **{f"entry_explain_{ward}_text": ASKED})
    submit(home, "Gửi yêu cầu")
    assert [one.value for one in home.success] == [f"Đã yêu cầu {WARD} giải trình."]
    assert "Yêu cầu giải trình 22/06, hạn 25/06: chưa trả lời" in bodies(home)
    # The same thing is not asked twice in a week.
    home = shown("week", None, period=WEEK, call=str(ward))
    submit(home, "Gửi yêu cầu")
    assert "hãy đôn đốc thay vì hỏi lại" in home.error[0].value

    # The ward meets it on its own home, and nobody else does.
    as_role("unit", other)
    assert ASKED not in bodies(shown("week", None, period=WEEK))
    at(monkeypatch, _Tuesday)
    as_role("unit", ward)
    home = shown("week", None, period=WEEK)
    assert ASKED in bodies(home)
    task = bodies(home).partition("answer=")[2].partition('"')[0].partition("&")[0]
    home = shown("week", None, period=WEEK, answer=task)
    fill(home, **{f"new_task_update_{task}_note": ANSWERED})
    submit(home, "Gửi trả lời")
    assert "Được yêu cầu" not in " ".join(one.value for one in home.header)

    # A stranger to the ward may not open it, by whatever address.
    as_role("unit", other)
    home = shown("week", None, period=WEEK, answer=task, call=str(ward))
    assert ASKED not in bodies(home)
    assert ANSWERED not in bodies(home)

    as_role("leader", None)
    said = f"Yêu cầu giải trình 22/06, hạn 25/06: đã trả lời 23/06: “{ANSWERED}”"
    home = shown("week", None, period=NEXT)
    assert said in bodies(home).replace("&quot;", "“")
    assert "Kỳ đang diễn ra: số liệu chưa trọn kỳ." in [one.value for one in home.caption]
    material = Material(asked(settings, Wanted(parse_period(NEXT))))
    for report in (deck(material), briefing(material)):
        assert said in repr(report)
    # As of the Monday before, nobody had answered.
    before = Material(asked(settings, Wanted(parse_period(NEXT), as_of=datetime(2026, 6, 22, 12))))
    assert ANSWERED not in repr(briefing(before))
    # It is no part of the year's tasks.
    assert material.tasks is not None
    assert all(row["kind"] != "weekly" for row in material.programmes.to_dicts())


def test_a_role_that_may_not_ask_is_not_offered_it(
    unit: Callable[[str], int], as_role: Callable[[str, int | None], None]
) -> None:
    for role in ("presenter", "unit"):
        as_role(role, None)
        home = shown("week", None, period=WEEK, call=str(unit(WARD)))
        assert not [button for button in home.button if button.label == "Gửi yêu cầu"]
        assert "call=" not in bodies(home)
