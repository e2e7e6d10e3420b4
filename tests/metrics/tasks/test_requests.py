"""What the weekly review asked of units, counted again row by row."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.ask import Ask
from metrics.registers.tasks import DEEDS
from metrics.tasks.requests import (
    last_of_units,
    request_lines,
    requests,
    weekly,
)
from metrics.tasks.review import programmes_in_view, running, task_lines
from tests.frames import CLOCK
from tests.metrics.tasks.test_tasks import ASK, DAY, Raw

NAMES = {1: "Phường Một", 2: "Phường Hai"}
MONDAY = date(2026, 6, 22)


def asked(raw: Raw, what: str = "explain", **more: object) -> int:
    """A programme of the review where there is none, and one thing asked in it."""
    if not raw.programmes:
        raw.programme(kind="weekly")
    given_ = {"category": DEEDS[what], "assigned_on": MONDAY, "due_on": date(2026, 6, 25)}  # type: ignore[index]
    return raw.task(1, **(given_ | more))


def test_what_is_asked_says_when_it_is_due_and_what_became_of_it() -> None:
    raw = Raw()
    for _ in range(4):
        asked(raw, name="Vì sao trễ")
    raw.update(2, datetime(2026, 6, 24, 9), is_completed=True, note="Thiếu cán bộ")
    raw.update(3, datetime(2026, 6, 24, 9), is_completed=False, note="Đang rà soát")
    raw.remind(4, datetime(2026, 6, 26))
    asked(raw, "called", name="Hẹn báo cáo thứ Tư", due_on=None)
    said = {one.task: one.sentence for one in requests(raw.facts(), ASK, (1,))}
    assert said == {
        1: "Yêu cầu giải trình 22/06, hạn 25/06: chưa trả lời, quá hạn 3 ngày",
        2: "Yêu cầu giải trình 22/06, hạn 25/06: đã trả lời 24/06: “Thiếu cán bộ”",
        3: "Yêu cầu giải trình 22/06, hạn 25/06: đang thực hiện 24/06: “Đang rà soát”, "
        "quá hạn 3 ngày",
        4: "Yêu cầu giải trình 22/06, hạn 25/06: chưa trả lời, quá hạn 3 ngày, đã đôn đốc 1 lần",
        5: "Đã gọi 22/06: “Hẹn báo cáo thứ Tư”",
    }


def test_an_answer_of_later_is_none_yet_and_what_is_asked_later_is_not_there() -> None:
    raw = Raw()
    asked(raw)
    asked(raw, assigned_on=DAY + timedelta(days=1))
    raw.update(1, datetime(2026, 6, 29, 8), is_completed=True)
    (only,) = requests(raw.facts(), ASK, (1,))
    assert (only.task, only.is_open, only.answered_on) == (1, True, None)
    later = Ask(MONDAY, date(2026, 6, 30), CLOCK)
    assert [one.is_done for one in requests(raw.facts(), later, (1,))] == [False, True]


def test_they_are_no_part_of_a_years_tasks() -> None:
    raw = Raw()
    asked(raw)
    year = raw.programme(period_from=date(2026, 1, 1))
    raw.task(year, due_on=date(2026, 6, 1))
    programmes = programmes_in_view(raw.facts(), ASK, None)
    assert weekly(programmes) == (1,)
    assert running(programmes, ASK.first_day, ASK.last_day)["programme_id"].to_list() == [year]
    among = [year]
    lines = task_lines(raw.facts(), ASK, among, NAMES)
    assert {line.kind: line.count for line in lines} == {
        "tasks_past_due": 1,
        "tasks_not_updated": 1,
    }


def test_an_unanswered_one_past_its_day_lets_its_unit_on_the_call_list() -> None:
    raw = Raw()
    asked(raw)
    asked(raw, unit_id=2)
    raw.update(2, datetime(2026, 6, 24), is_completed=True)
    asked(raw, unit_id=2, due_on=DAY)
    (line,) = request_lines(raw.facts(), ASK, (1,), NAMES)
    assert (line.subject, line.text) == ("Phường Một", "1 yêu cầu quá hạn chưa trả lời.")
    assert (line.admits, line.count, line.unit) == (True, 1, 1)
    assert request_lines(raw.facts(), ASK, (), NAMES) == []
    assert requests(raw.facts(), ASK, ()) == []


def test_one_that_is_reminded_too_often_is_a_reason_of_its_own() -> None:
    raw = Raw()
    task = asked(raw, due_on=DAY)
    for hour in range(4):
        raw.remind(task, datetime(2026, 6, 24, hour))
    (line,) = request_lines(raw.facts(), ASK, (1,), NAMES)
    assert line.kind == "requests_escalated"
    assert line.text.startswith("1 yêu cầu đã đôn đốc quá 3 lần mà chưa trả lời")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(DEEDS)),
            st.integers(1, 3),
            st.integers(0, 9),
            st.none() | st.integers(0, 9),
            st.none() | st.integers(0, 9),
        ),
        max_size=12,
    )
)
def test_counted_again(rows: list[tuple[str, int, int, int | None, int | None]]) -> None:
    """Kind, unit, asked, due and completed, the days counted from 20 June."""
    raw, day = Raw(), date(2026, 6, 20)
    raw.programme(kind="weekly")
    for what, unit, on, due, done in rows:
        task = asked(
            raw, what, unit_id=unit, assigned_on=day + timedelta(days=on),
            due_on=None if due is None else day + timedelta(days=due),
        )  # fmt: skip
        if done is not None:
            at = datetime(2026, 6, 20, 10) + timedelta(days=done)
            raw.update(task, at, is_completed=True, completed_on=at.date())
    known = [row for row in rows if row[2] <= 8]  # to the end of 28 June
    got = requests(raw.facts(), ASK, (1,))
    assert Counter(one.what for one in got) == Counter(row[0] for row in known)
    answered = [row for row in known if row[4] is not None and row[4] <= 8]
    late = [row for row in known if row not in answered and row[3] is not None and row[3] < 8]
    assert sum(one.is_done for one in got) == len(answered)
    assert sum(one.days_past > 0 for one in got) == len(late)
    waiting = [row for row in known if row not in answered and row[0] != "called"]
    assert sum(one.is_open for one in got) == len(waiting)
    last = last_of_units(got)
    for unit, one in last.items():
        assert one.asked_on == max(day + timedelta(days=r[2]) for r in known if r[1] == unit)


@pytest.mark.parametrize("what", sorted(DEEDS))
def test_each_kind_is_known_by_its_word(what: str) -> None:
    raw = Raw()
    asked(raw, what)
    asked(raw, category="Việc riêng")
    assert {one.task: one.what for one in requests(raw.facts(), ASK, (1,))} == {
        1: what,
        2: "assign",
    }
