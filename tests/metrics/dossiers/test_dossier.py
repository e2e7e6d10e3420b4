"""One dossier as at a moment, and the sentences that say why it is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from metrics.core.ask import Ask
from metrics.dossiers.dossier import Judged, Spent, judge, why
from tests.frames import InMemory, facts_of
from tests.metrics.dossiers.test_lateness import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    asked,
    at,
    overdue,
    step,
    with_steps,
)
from tests.oracle import RawApology, RawDossier, RawPause


def judged(facts: InMemory, ask: Ask) -> Judged:
    found = judge(facts, 1, ask)
    assert found is not None
    return found


def told(dossier: RawDossier, as_of: datetime | None = None) -> str:
    ask = asked(as_of)
    return why(judged(facts_of([dossier]), ask), ask)


def test_an_unknown_dossier_is_none() -> None:
    assert judge(facts_of([overdue(1, MONDAY)]), 2, asked()) is None


def test_the_step_that_overran_most_is_named() -> None:
    facts = with_steps(
        [overdue(1, at(MONDAY, 17))],
        step(1, 1, "Tiếp nhận", at(MONDAY, 8), to_at=at(MONDAY, 10), allotted_minutes=60),
        step(1, 2, "Thẩm tra", at(MONDAY, 10), allotted_minutes=8 * 60),
    )
    ask = asked(FRIDAY)
    found = judged(facts, ask)
    assert found.steps == {1: Spent(120, 60), 2: Spent((4 * 8 - 2) * 60, 8 * 60)}
    assert why(found, ask) == (
        "Đang quá hạn 3 ngày làm việc so với hẹn trả 17:00 02/03/2026 (đã trừ thời gian tạm dừng). "
        "Bước “Thẩm tra” vượt nhiều nhất (96% thời gian trễ): thực hiện 3,8 ngày làm việc, được "
        "giao 1,0 ngày làm việc. Chưa ghi nguyên nhân. Chưa có văn bản xin lỗi."
    )


def test_waiting_after_the_due_date_is_named() -> None:
    wait = RawPause("finance", at(TUESDAY, 9), at(THURSDAY, 17))
    dossier = overdue(1, at(MONDAY, 17), pauses=(wait,), apologies=(RawApology(TUESDAY),))
    text = told(dossier, FRIDAY)
    assert "phần lớn là chờ nghĩa vụ tài chính (thuế, phí) (96% thời gian trễ)" in text
    assert "Đã có văn bản xin lỗi ngày 03/03/2026." in text


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ({"due_at": None, "due_original_at": None}, "Chưa phân loại được vì thiếu ngày hẹn trả."),
        ({"received_at": None}, "Chưa được tiếp nhận tại thời điểm số liệu."),
        (
            {"due_at": at(FRIDAY, 17)},
            "Còn trong hạn: 3 ngày làm việc nữa đến hẹn trả 17:00 06/03/2026.",
        ),
        (
            {"due_at": at(WEDNESDAY, 9), "pauses": (RawPause("supplement", at(MONDAY, 9)),)},
            "Chờ công dân bổ sung hồ sơ: đang tạm dừng, chưa tính quá hạn.",
        ),
        (
            {"due_at": at(TUESDAY, 17), "ended_at": at(TUESDAY, 9), "end_kind": "result"},
            "Kết thúc đúng hạn (hẹn trả 17:00 03/03/2026, đã trừ thời gian tạm dừng).",
        ),
    ],
)
def test_a_dossier_that_is_not_late_is_not_called_late(
    known: dict[str, Any], sentence: str
) -> None:
    assert told(replace(overdue(1, MONDAY), **known), WEDNESDAY) == sentence


def test_late_within_the_day_is_said_so() -> None:
    dossier = overdue(1, at(TUESDAY, 9), ended_at=at(TUESDAY, 16), end_kind="result")
    assert told(dossier).startswith("Kết thúc trễ trong ngày so với hẹn trả 09:00 03/03/2026")


def test_what_comes_after_the_moment_is_not_known() -> None:
    ended = overdue(1, at(MONDAY, 17), ended_at=at(FRIDAY, 9), end_kind="result")
    assert told(ended, WEDNESDAY).startswith("Đang quá hạn 1 ngày làm việc")
    assert told(ended).startswith("Kết thúc trễ 4 ngày làm việc")
