"""Meetings are kept: order, choice, own words; decisions and what became of them; by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from connectors import audit, meetings
from connectors.database.audit import Audit
from connectors.database.models import Unit
from connectors.engine import Scope
from connectors.meetings import Decision, Of, Slide
from connectors.registers import RegisterRefused
from connectors.settings import Settings

ALL = Scope(None)
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
Said = dict[str, Any]


def of(week: int, unit: int | None = None) -> Of:
    return Of(unit, f"week:2026-W{week}", date.fromisocalendar(2026, week, 1))


def said(scope: Scope = ALL) -> Said:
    return {"by": "Lan (lan)", "at": NOW, "actor": audit.Actor("lan"), "scope": scope}


@pytest.fixture
def ward(database: Engine) -> int:
    with database.begin() as connection:
        values = {"scheme": "gso", "code": "1", "name": "Phường Một", "kind": "commune"}
        made = insert(Unit).values(level="commune", **values).returning(Unit.id)
        return int(connection.execute(made).scalar_one())


@pytest.fixture
def decide(database: Engine, settings: Settings) -> Callable[..., int]:
    def run(of: Of, text: str, unit: int | None = None, scope: Scope = ALL) -> int:
        return meetings.decide(database, settings, of, text, unit, **said(scope))

    return run


def _texts(found: tuple[Decision, ...] | None) -> list[str]:
    return [each.text for each in found or ()]


def test_a_meeting_keeps_order_choice_and_words(database: Engine, settings: Settings) -> None:
    assert meetings.meeting(database, of(47), ALL) is None
    first = [Slide("units"), Slide("title", is_hidden=True), Slide("late", words="Xin nói kỹ")]
    meetings.prepare(database, settings, of(47), first, date(2026, 11, 23), **said())
    again = [first[2], first[0]]
    meetings.prepare(database, settings, of(47), again, date(2026, 11, 24), **said())
    kept = meetings.meeting(database, of(47), ALL)
    assert kept is not None
    assert list(kept.slides) == again
    assert kept.held_on == date(2026, 11, 24)
    assert meetings.meeting(database, of(48), ALL) is None


def test_the_next_meeting_hears_of_the_last_ones_and_of_what_is_not_over(
    database: Engine, settings: Settings, decide: Callable[..., int], ward: int
) -> None:
    assert meetings.earlier(database, of(48), ALL) is None
    done, going = decide(of(45), "đã xong"), decide(of(45), "còn làm")
    last = decide(of(47), "mới giao", ward)
    struck = decide(of(47), "ghi nhầm")
    meetings.strike(database, settings, struck, **said())
    meetings.tell(database, settings, done, "done", **said())
    meetings.tell(database, settings, going, "going", "được một nửa", **said())
    meetings.tell(database, settings, last, "done", "xong 24/11", **said())

    found = meetings.earlier(database, of(48), ALL)
    assert _texts(found) == ["mới giao", "còn làm"]
    assert found is not None
    assert (found[0].unit_id, found[0].outcome_note) == (ward, "xong 24/11")
    assert _texts(meetings.earlier(database, of(46), ALL)) == ["đã xong", "còn làm"]
    with pytest.raises(RegisterRefused, match="tải lại"):
        meetings.tell(database, settings, struck, "done", **said())


def test_nobody_reads_or_writes_a_meeting_outside_the_scope(
    database: Engine, settings: Settings, decide: Callable[..., int], ward: int
) -> None:
    mine = Scope(frozenset({ward}))
    ours = decide(of(47), "của thành phố")
    own = decide(of(47, ward), "của phường", ward, mine)
    for refused in (
        lambda: decide(of(47), "cho tất cả", None, mine),
        lambda: decide(of(47, ward), "cho nơi khác", ward + 1, mine),
        lambda: meetings.prepare(database, settings, of(47), [], **said(mine)),
        lambda: meetings.tell(database, settings, ours, "done", **said(mine)),
        lambda: meetings.strike(database, settings, ours, **said(mine)),
    ):
        with pytest.raises(RegisterRefused, match="ngoài phạm vi"):
            refused()
    assert meetings.meeting(database, of(47), mine) is None
    assert meetings.earlier(database, of(48), mine) is None
    found = meetings.meeting(database, of(47, ward), mine)
    assert found is not None
    assert [each.id for each in found.decisions] == [own]


def test_each_change_is_in_the_audit_without_the_words(
    database: Engine, settings: Settings, decide: Callable[..., int], ward: int
) -> None:
    meetings.prepare(database, settings, of(47), [Slide("title", words="riêng")], **said())
    one = decide(of(47), "việc riêng", ward)
    meetings.tell(database, settings, one, "going", "điều riêng", **said())
    meetings.strike(database, settings, one, **said())
    with database.connect() as connection:
        lines = connection.execute(select(Audit.action, Audit.unit_id, Audit.detail)).all()
    told = ["meeting_prepared", "decision_noted", "decision_told", "decision_struck"]
    assert [line.action for line in lines] == told
    assert [line.unit_id for line in lines] == [None, ward, ward, ward]
    assert "riêng" not in str(lines)


@pytest.mark.parametrize("text", ["", "  ", "x" * (meetings.MOST_TEXT + 1)])
def test_a_decision_has_words_and_not_too_many(decide: Callable[..., int], text: str) -> None:
    with pytest.raises(RegisterRefused, match="ký tự"):
        decide(of(47), text)


def test_own_words_fit_a_slide(database: Engine, settings: Settings) -> None:
    slides = [Slide("title", words="x" * (meetings.MOST_WORDS + 1))]
    with pytest.raises(RegisterRefused, match="rút ngắn"):
        meetings.prepare(database, settings, of(47), slides, **said())
    assert meetings.meeting(database, of(47), ALL) is None
