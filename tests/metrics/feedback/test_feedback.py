"""Figures of citizens' feedback against a naive recount in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.ask import Ask
from metrics.core.clock import Calendar
from metrics.core.parts import part_of
from metrics.core.register_rows import register_rows
from metrics.feedback.figures import FEEDBACK_FIGURE, FEEDBACK_FIGURES
from metrics.feedback.limits import acceptances, documents, endings
from metrics.feedback.review import (
    feedback_lines,
    feedback_review,
    feedback_rows,
    feedback_table,
    is_register_empty,
)
from metrics.feedback.states import STATES, feedback_state
from metrics.registers import FRAMES, REGISTERS
from metrics.registers.feedback import FEEDBACK
from metrics.registers.held import Held
from tests.frames import SEEDED
from tests.strategies import CALENDAR

_DAYS = dict.fromkeys(CALENDAR.holidays, False) | dict.fromkeys(CALENDAR.worked, True)
CLOCK = Calendar.build(date(2022, 1, 1), date(2027, 12, 31), _DAYS)
FRAME = FRAMES["feedback"]
ASK = Ask(date(2026, 6, 1), date(2026, 6, 28), CLOCK)

Row = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """What metrics.core.measure asks for, in memory."""

    frame: pl.DataFrame
    gone: dict[int, datetime]
    dossier: Any = None
    pause: Any = None
    step: Any = None

    @property
    def registers(self) -> Held:
        frames = {"feedback": nw.from_native(self.frame.lazy())}
        return Held(frames, {"feedback": self.gone})


def facts(*rows: Row, gone: dict[int, datetime] | None = None) -> Facts:
    usual: Row = dict.fromkeys(FRAME) | {"unit_id": 1, "source": "kiểm thử"}
    held = [
        usual | row | {"feedback_id": place, "code": f"PA{place}"}
        for place, row in enumerate(rows, start=1)
    ]
    return Facts(pl.DataFrame(held, schema=FRAME), gone or {})


# -- the naive recount --------------------------------------------------------------------
# From docs/definitions.md, by walking days and minutes, without the calendar's ordinals.


@cache
def _days_after(moment: datetime, days: int) -> datetime:
    day = moment.date()
    while days:
        day += timedelta(days=1)
        days -= CLOCK.is_working(day)
    return datetime.combine(day, time(17))


@cache
def _hours_after(moment: datetime, hours: int) -> datetime:
    left = hours * 60
    at = moment
    while left:
        if CLOCK.is_working(at.date()) and (8 <= at.hour < 12 or 13 <= at.hour < 17):
            at, left = at + timedelta(minutes=1), left - 1
        else:
            at = at.replace(minute=0) + timedelta(hours=1)
    return at


def _judged(row: Row, moment: datetime) -> tuple[str, datetime | None]:
    """The state at a moment, and the date that it is judged by."""
    done = row["ended_at"] is not None and row["ended_at"] < moment
    extended = row["extended_to"]
    if extended is not None and row["extended_at"] is not None and row["extended_at"] >= moment:
        extended = None
    own = extended or row["due_at"]
    has_rule = row["received_at"] >= datetime(2022, 8, 1)
    if done and row["outcome"] in ("refused", "transferred"):
        due = _days_after(row["received_at"], 2) if has_rule else own
    else:
        due = own or (_days_after(row["received_at"], 15) if has_rule else None)
    if done:
        if due is None:
            return "ended_undetermined", due
        return ("ended_on_time" if row["ended_at"] <= due else "ended_late"), due
    if due is None:
        return "no_due", due
    return ("past_due" if due < moment else "in_time"), due


def _taken_on(row: Row, moment: datetime) -> str:
    received = row["received_at"]
    if received < datetime(2025, 2, 28):
        return "unknown"
    hours = {True: [4], False: [8], None: [4, 8]}[row["is_urgent"]]
    dues = [_hours_after(received, each) for each in hours]
    accepted = row["accepted_at"]
    if accepted is not None and accepted < moment:
        said = {accepted <= due for due in dues}
        return {True: "in_time", False: "late"}[said.pop()] if len(said) == 1 else "unknown"
    if row["ended_at"] is not None and row["ended_at"] < moment:
        return "in_time" if all(row["ended_at"] <= due for due in dues) else "unknown"
    said = {due < moment for due in dues}
    return {True: "late", False: "waiting"}[said.pop()] if len(said) == 1 else "unknown"


def recount(rows: list[Row], ask: Ask) -> dict[str, dict[str, set[int]]]:
    """Figure → part (numerator, denominator, unknown) → ids."""
    found: dict[str, dict[str, set[int]]] = {
        key: {"numerator": set(), "denominator": set(), "unknown": set()} for key in FEEDBACK_FIGURE
    }

    def count(key: str, number: int, part: str = "numerator") -> None:
        found[key][part].add(number)

    def rate(key: str, number: int, is_in: bool | None) -> None:
        if is_in is None:
            count(key, number, "unknown")
            return
        count(key, number, "denominator")
        if is_in:
            count(key, number)

    end = min(ask.moment, datetime.combine(ask.last_day + timedelta(days=1), time()))
    start = datetime.combine(ask.first_day, time())
    for number, row in enumerate(rows, start=1):
        if row["received_at"] >= ask.moment:
            continue
        state, due = _judged(row, ask.moment)
        is_done = state.startswith("ended")
        if start <= row["received_at"] < end:
            count("feedback_received", number)
            rate("feedback_handled", number, is_done)
            taken = _taken_on(row, ask.moment)
            if taken != "waiting":
                how = {"in_time": True, "late": False, "unknown": None}[taken]
                rate("feedback_accepted_on_time", number, how)
        if due is not None and start <= due < end:
            rate("feedback_due_on_time", number, state == "ended_on_time")
        if not is_done:
            count("feedback_open", number)
            if state in ("past_due", "no_due"):
                count(f"feedback_{state}", number)
            accepted = row["accepted_at"] is not None and row["accepted_at"] < ask.moment
            if not accepted and _taken_on(row, ask.moment) == "late":
                count("feedback_not_accepted", number)
        elif start <= row["ended_at"] < end:
            count("feedback_ended", number)
            how = {"ended_on_time": True, "ended_late": False}.get(state)
            rate("feedback_on_time", number, how)
            if state == "ended_late":
                count("feedback_late", number)
            if row["outcome"] in ("refused", "transferred"):
                count(f"feedback_{row['outcome']}", number)
            else:
                rate("feedback_published", number, row["is_published"])
            rating = row["rating"]
            if row["rated_on"] is not None and row["rated_on"] > ask.as_of_day:
                rating = None
            rate("feedback_satisfied", number, None if rating is None else rating == "satisfied")
            if rating == "accepted":
                count("feedback_accepted_rating", number)
            if rating == "unsatisfied":
                count("feedback_unsatisfied", number)
            is_bad = rating == "unsatisfied" or row["is_again"] is True
            rate("feedback_content", number, False if is_bad else how)
    return found


# -- rows at and around every edge --------------------------------------------------------

_NEAR = st.sampled_from([timedelta(), timedelta(minutes=-1), timedelta(minutes=1)])
_EDGES = (
    datetime(2022, 8, 1), datetime(2025, 2, 28), datetime(2026, 6, 1), datetime(2026, 6, 29),
    datetime(2026, 6, 10, 12), datetime(2026, 4, 29, 16), datetime(2026, 6, 5, 16, 59),
)  # fmt: skip


@st.composite
def _rows(draw: st.DrawFn) -> Row:
    maybe = st.booleans()
    anywhere = st.datetimes(datetime(2026, 4, 20), datetime(2026, 7, 10)).map(
        lambda at: at.replace(second=0, microsecond=0)
    )
    received = draw(st.one_of(anywhere, st.sampled_from(_EDGES))) + draw(_NEAR)
    row: Row = dict.fromkeys(FRAME) | {"received_at": received}
    row["is_urgent"] = draw(st.sampled_from([True, False, None]))
    edges = [_hours_after(received, 4), _hours_after(received, 8), received, *_EDGES]
    ends = [_days_after(received, 2), _days_after(received, 15), received, *_EDGES]

    def later(among: list[datetime]) -> datetime:
        spread = st.timedeltas(timedelta(), timedelta(days=40)).map(
            lambda more: received + timedelta(minutes=more // timedelta(minutes=1))
        )
        found = draw(st.one_of(st.sampled_from(among), spread)) + draw(_NEAR)
        return max(found, received)

    if draw(maybe):
        row["accepted_at"] = later(edges)
    if draw(maybe):
        row["due_at"] = later(ends)
    if draw(maybe):
        row["extended_to"] = later(ends)
        row["extended_at"] = draw(st.sampled_from([None, *_EDGES]))
    if draw(maybe):
        row["ended_at"] = later([*ends, *edges, *(d for d in (row["due_at"],) if d)])
        row["outcome"] = draw(st.sampled_from(["answered", "refused", "transferred"]))
        row["rating"] = draw(st.sampled_from([None, "satisfied", "accepted", "unsatisfied"]))
        row["rated_on"] = draw(st.sampled_from([None, date(2026, 6, 9), date(2026, 6, 10)]))
        row["is_again"] = draw(st.sampled_from([None, True, False]))
        row["is_published"] = draw(st.sampled_from([None, True, False]))
    row["kind"] = draw(st.sampled_from([None, "scene", "procedure"]))
    row["unit_id"] = draw(st.integers(1, 3))
    return row


_MOMENTS = st.sampled_from([None, *_EDGES[2:5], datetime(2026, 6, 10), datetime(2026, 7, 20)])


@settings(max_examples=60, deadline=None, phases=SEEDED)
@given(st.lists(_rows(), min_size=1, max_size=12), _MOMENTS)
def test_every_figure_equals_the_recount(rows: list[Row], moment: datetime | None) -> None:
    held, ask = facts(*rows), replace(ASK, as_of=moment)
    review, expected = feedback_review(held, ask), recount(rows, ask)
    state = feedback_state(held.registers.at(ask.moment), ask).collect(backend="polars")
    for figure in FEEDBACK_FIGURES:
        cell, wanted = review.cell(figure.key), expected[figure.key]
        told = wanted["numerator"] | wanted["denominator"] or not wanted["unknown"]
        assert cell["numerator"] == (len(wanted["numerator"]) if told else None), figure.key
        for part in figure.parts:
            opened = set(state.filter(part_of(figure, part)(ask)).to_native()["feedback_id"])
            of = wanted["denominator"] - wanted["numerator"] if part == "missing" else wanted[part]
            assert opened == of, (figure.key, part)
        if figure.is_ratio:
            assert cell["denominator"] == len(wanted["denominator"]), figure.key


@settings(max_examples=12, deadline=None, phases=SEEDED)
@given(st.lists(_rows(), min_size=1, max_size=12), _MOMENTS)
def test_each_is_in_one_state_and_sums_hold(rows: list[Row], moment: datetime | None) -> None:
    held, ask = facts(*rows), replace(ASK, as_of=moment)
    state = feedback_state(held.registers.at(ask.moment), ask)
    frame = state.collect(backend="polars").to_native()
    assert set(frame["state"]) <= set(STATES)
    table = feedback_table(held, ask, "unit_id")
    review = feedback_review(held, ask)
    for key in ("feedback_received", "feedback_open", "feedback_past_due"):
        assert table[key].sum() == review.count(key)
    kinds = feedback_table(held, ask, "kind_key")
    assert kinds["feedback_received"].sum() == review.count("feedback_received")
    lines = feedback_lines(held, ask, {1: "A", 2: "B", 3: "C"})
    assert sum(line.count or 0 for line in lines) == review.count("feedback_past_due")


MONDAY = datetime(2026, 6, 8, 8)


@pytest.mark.parametrize(
    ("urgent", "accepted", "said"),
    [
        (False, datetime(2026, 6, 8, 17), "in_time"),  # eight working hours, to the minute
        (False, datetime(2026, 6, 8, 17, 1), "late"),
        (True, datetime(2026, 6, 8, 12), "in_time"),  # urgent: four
        (True, datetime(2026, 6, 8, 12, 1), "late"),
        (None, datetime(2026, 6, 8, 12), "in_time"),  # urgent or not, it was in time
        (None, datetime(2026, 6, 8, 15), "unknown"),  # nobody said which of the two limits
        (None, datetime(2026, 6, 9, 9), "late"),
        (False, None, "late"),
    ],
)
def test_hours_of_taking_on(urgent: bool | None, accepted: datetime | None, said: str) -> None:
    held = facts({"received_at": MONDAY, "accepted_at": accepted, "is_urgent": urgent})
    state = feedback_state(held.registers.at(ASK.moment), ASK).collect(backend="polars")
    assert state.to_native()["acceptance"].to_list() == [said]


def test_a_refusal_has_two_days_whatever_date_was_given() -> None:
    row = {"received_at": MONDAY, "due_at": datetime(2026, 6, 29, 17), "outcome": "refused"}
    held = facts(
        row | {"ended_at": datetime(2026, 6, 10, 17)}, row | {"ended_at": datetime(2026, 6, 11, 8)}
    )
    assert feedback_review(held, ASK).cell("feedback_on_time")["rate"] == 0.5


def test_an_extension_counts_from_the_moment_it_was_given() -> None:
    row = {
        "received_at": MONDAY, "due_at": datetime(2026, 6, 12, 17),
        "extended_to": datetime(2026, 6, 26, 17), "extended_at": datetime(2026, 6, 15, 9),
    }  # fmt: skip
    held = facts(row)
    before, after = (replace(ASK, as_of=datetime(2026, 6, 15, hour)) for hour in (8, 10))
    assert feedback_review(held, before).count("feedback_past_due") == 1
    assert feedback_review(held, after).count("feedback_past_due") == 0


def test_the_rows_of_a_number_are_as_many() -> None:
    held = facts({"received_at": MONDAY}, {"received_at": datetime(2026, 5, 4, 8)})
    for figure in FEEDBACK_FIGURES:
        found = register_rows(held, figure, ASK)
        assert found.height == (feedback_review(held, ASK).count(figure.key) or 0), figure.key


def test_a_rate_of_none_is_none_beside_what_is_not_told() -> None:
    """Two rated and nobody satisfied is 0 of 2, though a third did not rate; not unknown."""
    done = {"received_at": MONDAY, "ended_at": datetime(2026, 6, 9), "outcome": "answered"}
    held = facts(done | {"rating": "accepted"}, done | {"rating": "unsatisfied"}, done)
    cell = feedback_review(held, ASK).cell("feedback_satisfied")
    assert (cell["numerator"], cell["denominator"], cell["rate"]) == (0, 2, 0.0)
    assert cell["unknown"] == 1
    assert feedback_review(facts(done), ASK).cell("feedback_satisfied")["numerator"] is None


def test_what_is_not_told_is_not_judged() -> None:
    """Before the first rule, without a date of its own: neither in time nor late."""
    held = facts({"received_at": datetime(2022, 7, 29, 9), "ended_at": datetime(2026, 6, 2),
                  "outcome": "answered"})  # fmt: skip
    cell = feedback_review(held, ASK).cell("feedback_on_time")
    assert (cell["denominator"], cell["rate"]) == (0, None)
    assert feedback_rows(held, ASK, "feedback_on_time", part="unknown").height == 1


def test_a_withdrawn_row_counts_until_then() -> None:
    held = facts({"received_at": MONDAY}, gone={1: datetime(2026, 6, 20)})
    assert feedback_review(held, ASK).count("feedback_received") == 0
    then = replace(ASK, as_of=datetime(2026, 6, 19))
    assert feedback_review(held, then).count("feedback_received") == 1
    assert is_register_empty(held)


def test_lines_say_unit_number_and_since_when() -> None:
    late = {"received_at": datetime(2026, 5, 4, 8), "due_at": datetime(2026, 6, 1, 17)}
    held = facts(
        late | {"subject": "Đèn đường hỏng", "is_urgent": True},
        late | {"unit_id": 2},
        late | {"unit_id": 2, "accepted_at": datetime(2026, 5, 4, 9)},
    )
    lines = {line.subject: line for line in feedback_lines(held, ASK, {1: "A", 2: "B"})}
    assert lines["A"].text == (
        "1 phản ánh, kiến nghị quá hạn 27 ngày chưa xử lý xong (1 khẩn, 1 chưa tiếp nhận): "
        "“Đèn đường hỏng”."
    )
    assert lines["B"].text.startswith("2 phản ánh, kiến nghị quá hạn chưa xử lý xong (1 chưa")
    assert all(line.since == date(2026, 6, 1) for line in lines.values())
    # Said of a unit that is called anyway, and of several in one line: no reason to call by itself.
    assert not any(line.admits for line in lines.values())


def test_limits_are_dated_and_say_by_what() -> None:
    assert documents(date(2022, 7, 31)) == []
    assert len(documents(date(2024, 1, 1))) == 1
    assert "1207" in documents(date(2025, 2, 28))[1]
    assert [(each.answer, each.refuse) for each in endings()] == [(15, 2)]
    assert [(each.hours, each.urgent) for each in acceptances()] == [(8, 4)]


def test_nothing_of_the_sender_has_a_column() -> None:
    words = " ".join(column.label.lower() for column in FEEDBACK.columns)
    for one in ("họ tên", "điện thoại", "địa chỉ", "e-mail", "định danh", "người gửi phản ánh"):
        assert one not in words
    check = REGISTERS["feedback"].checks[-1]
    for text in ("Gọi 0912 345 678", "ho.ten@example.vn", "CCCD 001099012345"):
        problem = check({"subject": text})
        assert problem is not None
        assert text not in problem.sentence()
    assert check({"subject": "Ngõ 35 mất điện ngày 12/6/2026"}) is None
