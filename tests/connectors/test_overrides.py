"""Days and thresholds that an installation sets itself: written, witnessed, in force."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors import audit, snapshot
from connectors.calendar import load_calendar
from connectors.engine import Scope, open_facts
from connectors.overrides import (
    OverrideRefused,
    remove_day,
    remove_threshold,
    set_day,
    set_threshold,
    stored_thresholds,
)
from connectors.settings import Settings
from metrics.core.thresholds import SHIPPED

BOSS = audit.Actor("sep", 1)
WEDNESDAY, SATURDAY = date(2026, 3, 4), date(2026, 3, 7)
STORM = {"name": "Nghỉ bão", "document": "CĐ 5/CĐ-UBND"}


def lines(database: Engine, settings: Settings) -> list[dict[str, Any]]:
    found = audit.read(database, settings.zone, Scope(None), actions=("setting",))
    return [
        {**row, "detail": json.loads(row["detail"])}
        for row in found.reverse().iter_rows(named=True)
    ]


def test_a_day_is_set_changed_and_taken_back(database: Engine, settings: Settings) -> None:
    set_day(database, WEDNESDAY, is_working=False, actor=BOSS, **STORM)
    set_day(database, SATURDAY, is_working=True, name="Làm bù", document="CV 1", actor=BOSS)
    set_day(database, WEDNESDAY, is_working=False, name="Nghỉ lụt", document="CĐ 6", actor=BOSS)
    calendar = load_calendar(database)
    assert not calendar.is_working(WEDNESDAY)
    assert calendar.is_working(SATURDAY)
    remove_day(database, WEDNESDAY, actor=BOSS)
    assert load_calendar(database).is_working(WEDNESDAY)
    said = [(line["subject"], line["detail"].get("before")) for line in lines(database, settings)]
    assert said == [
        ("lịch làm việc, ngày 04/03/2026", None),
        ("lịch làm việc, ngày 07/03/2026", None),
        ("lịch làm việc, ngày 04/03/2026", "nghỉ"),
        ("lịch làm việc, ngày 04/03/2026", "nghỉ"),
    ]
    assert {line["actor_id"] for line in lines(database, settings)} == {1}


@pytest.mark.parametrize(
    ("day", "is_working", "name", "document", "said"),
    [
        (WEDNESDAY, True, "Làm", "CV 1", "vốn đã là ngày làm việc"),
        (SATURDAY, False, "Nghỉ", "CV 1", "vốn đã là ngày nghỉ"),
        (WEDNESDAY, False, " ", "CV 1", "văn bản làm căn cứ"),
        (WEDNESDAY, False, "Nghỉ", "", "văn bản làm căn cứ"),
        (WEDNESDAY, False, "N" * 256, "CV 1", "tối đa 255"),
        (date(1960, 1, 1), False, "Nghỉ", "CV 1", "từ năm 1970"),
    ],
)
def test_a_day_that_cannot_be_set(
    sqlite_database: Engine,
    settings: Settings,
    day: date,
    is_working: bool,
    name: str,
    document: str,
    said: str,
) -> None:
    with pytest.raises(OverrideRefused, match=said):
        set_day(
            sqlite_database, day, is_working=is_working, name=name, document=document, actor=BOSS
        )
    with pytest.raises(OverrideRefused, match="không được đặt riêng"):
        remove_day(sqlite_database, WEDNESDAY, actor=BOSS)
    assert lines(sqlite_database, settings) == []


def test_thresholds_go_into_the_facts(database: Engine, settings: Settings) -> None:
    before = snapshot.refresh(database, settings).data_version
    set_threshold(database, "late_allowed", 5, date(2026, 1, 1), "QĐ 1", actor=BOSS)
    set_threshold(database, "late_allowed", 6, date(2026, 1, 1), "QĐ 2", actor=BOSS)
    set_threshold(database, "on_time_target", 0.99, date(2026, 2, 1), "QĐ 3", actor=BOSS)
    assert snapshot.refresh(database, settings).data_version != before
    found = open_facts(settings, Scope(frozenset())).thresholds
    assert found.on("late_allowed", date(2025, 12, 31)) == SHIPPED.on("late_allowed", WEDNESDAY)
    own = found.on("late_allowed", WEDNESDAY)
    assert (own.value, own.document, own.is_own) == (6, "QĐ 2", True)
    (late, target) = stored_thresholds(database)
    assert (late.by, target.key) == ("sep", "on_time_target")
    remove_threshold(database, late.id, actor=BOSS)
    snapshot.refresh(database, settings)
    found = open_facts(settings, Scope(None)).thresholds
    assert found.on("late_allowed", WEDNESDAY).value == 3
    with pytest.raises(OverrideRefused):
        remove_threshold(database, late.id, actor=BOSS)
    assert [line["detail"].get("before") for line in lines(database, settings)] == [
        None, 5, None, 6,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "document", "said"),
    [
        ("nothing", 1, "QĐ 1", "Không có ngưỡng này"),
        ("on_time_target", 1.2, "QĐ 1", "0% đến 100%"),
        ("on_time_target", 0.98765, "QĐ 1", "một chữ số sau dấu phẩy"),
        ("on_time_target", 0.9, "QĐ 1", "báo động sẽ cao hơn mục tiêu"),
        ("on_time_alarm", 0.99, "QĐ 1", "báo động sẽ cao hơn mục tiêu"),
        ("late_allowed", 0, "QĐ 1", "từ 1 đến 10.000"),
        ("small_group", 4, "QĐ 1", "từ 5 đến 10.000"),
        ("late_allowed", 2.5, "QĐ 1", "số nguyên"),
        ("late_allowed", float("nan"), "QĐ 1", "từ 1 đến 10.000"),
        ("late_allowed", 2, "  ", "văn bản làm căn cứ"),
    ],
)
def test_a_threshold_that_cannot_be_set(
    sqlite_database: Engine, settings: Settings, key: str, value: float, document: str, said: str
) -> None:
    with pytest.raises(OverrideRefused, match=said):
        set_threshold(sqlite_database, key, value, WEDNESDAY, document, actor=BOSS)
    assert stored_thresholds(sqlite_database) == []
    assert lines(sqlite_database, settings) == []


def test_a_later_pair_stays_in_order(sqlite_database: Engine) -> None:
    """A target that is lowered later may not fall below an alarm that is raised now."""
    set_threshold(sqlite_database, "on_time_target", 0.96, date(2027, 1, 1), "QĐ 1", actor=BOSS)
    with pytest.raises(OverrideRefused, match="Từ 01/01/2027"):
        set_threshold(sqlite_database, "on_time_alarm", 0.97, WEDNESDAY, "QĐ 2", actor=BOSS)
