"""Cần chỉ đạo: promises at risk or broken, indices in which the province fell; nothing else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl

from metrics.core.ask import Ask
from metrics.core.urgency import ALARM, WARNING
from metrics.dossiers.calls import together
from metrics.indices.lines import index_lines
from metrics.targets.judging import judge
from metrics.targets.lines import target_lines
from metrics.targets.review import Judged, Signed
from metrics.targets.terms import Evidence, Target, Value
from tests.frames import CLOCK
from tests.metrics.indices.test_indices import frame

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
WEEK = Ask(date(2026, 6, 22), date(2026, 6, 28), CLOCK)
NAMES = {1: "Hà Nội", 2: "Phường Kiến Hưng", 3: "Phường Hà Đông", 4: "Xã Đông Anh", 5: "Sở Y tế"}


def judged(unit: int, on_time: int, all_of_them: int, ask: Ask = WEEK, **more: Any) -> Judged:
    first, last = more.pop("days", YEAR)
    target = Target("at_least", first, last, metric="on_time", unit_id=unit, low=0.98)
    value = Value(first, last, None, on_time, all_of_them, is_rate=True, counts_dossiers=True)
    row = {"target_id": 7, "unit_id": 1, "name": "Đúng hạn từ 98%", **more}
    return Judged(row, target, judge(target, Evidence((value,)), ask))


def signed(unit: int, on_time: int, all_of_them: int, **more: Any) -> Signed:
    return Signed({"target_id": 7, "unit_id": unit}, judged(unit, on_time, all_of_them, **more))


def test_a_promise_at_risk_says_its_arithmetic_and_what_to_open() -> None:
    line = target_lines([], [signed(2, 940, 1_000)], WEEK, NAMES)[0]
    assert (line.subject, line.level) == ("Phường Kiến Hưng", ALARM)
    assert line.text == (
        "nguy cơ không đạt cam kết “Đúng hạn từ 98%”: 940/1.000 = 94,0% < 98%; đã có 60 hồ sơ "
        "không đúng hạn, quá số cả kỳ chịu được (40)."
    )
    assert (line.figure, dict(line.where)) == ("target", {"target_id": 7, "unit_id": 2})


def test_what_can_still_be_mended_is_less_urgent() -> None:
    lost, close = signed(2, 940, 1_000), signed(3, 979, 1_000)
    lines = {line.subject: line for line in target_lines([], [close, lost], WEEK, NAMES)}
    assert lines["Phường Kiến Hưng"].urgency > lines["Phường Hà Đông"].urgency
    assert lines["Phường Hà Đông"].level == WARNING
    assert "còn chịu được 19 trong khoảng 1.039 hồ sơ còn lại" in lines["Phường Hà Đông"].text


def test_nothing_that_needs_no_action() -> None:
    ended = (date(2025, 1, 1), date(2025, 12, 31))
    found = [judged(1, 990, 1_000), judged(1, 900, 1_000, days=ended)]
    assert [one.judgement.state for one in found] == ["likely", "missed"]
    assert target_lines(found, [signed(2, 1_000, 1_000)], WEEK, NAMES) == []
    # In the week in which it ended, a missed one is news.
    last = Ask(date(2025, 12, 29), date(2026, 1, 4), CLOCK, as_of=datetime(2026, 1, 5))
    text = target_lines([judged(1, 900, 1_000, last, days=ended)], [], last, NAMES)[0].text
    assert text == "không đạt chỉ tiêu “Đúng hạn từ 98%”: Năm 2025: 900/1.000 = 90,0% < 98%."


def test_the_target_of_a_unit_above_is_not_shown_to_those_below() -> None:
    found = [judged(1, 900, 1_000)]
    assert target_lines(found, [], WEEK, NAMES, within={2, 3}) == []
    assert target_lines(found, [], WEEK, NAMES, within={1, 2, 3})[0].subject == "Hà Nội"


def test_each_signer_has_a_line_and_those_who_share_one_keep_their_target() -> None:
    several = [signed(2, 900, 1_000), signed(3, 960, 1_000), signed(4, 970, 1_000),
               signed(5, 979, 1_000), signed(1, 900, 1_000)]  # fmt: skip
    lines = target_lines([judged(1, 900, 1_000)], several, WEEK, NAMES)
    # The unit that the target is about has the target's line alone.
    assert [line.subject for line in lines] == [
        "Hà Nội", "Phường Kiến Hưng", "Phường Hà Đông", "Xã Đông Anh", "Sở Y tế",
    ]  # fmt: skip
    others = together(lines[-2:], WEEK.as_of_day)
    assert others.subject == "2 đơn vị khác"
    assert others.text == "nguy cơ không đạt cam kết: Xã Đông Anh, Sở Y tế."
    assert (others.count, dict(others.where)) == (2, {"target_id": 7, "unit_id": [4, 5]})


# -- indices ------------------------------------------------------------------------------


def edition(year: int, rank: int | None, **more: Any) -> dict[str, Any]:
    return {"year": year, "rank": rank, **more}


def texts(rows: list[dict[str, Any]], day: date = date(2025, 6, 28)) -> list[str]:
    found: pl.DataFrame = frame(rows)
    return [f"{line.subject} {line.text}" for line in index_lines(found, "01", day)]


def test_a_fall_is_said_with_both_ranks_and_its_worst_parts() -> None:
    rows = [
        edition(2023, 15), edition(2024, 29),
        edition(2023, 4, component="D1", component_name="Tham gia"),
        edition(2024, 40, component="D1", component_name="Tham gia"),
        edition(2023, 9, component="D2", component_name="Minh bạch"),
        edition(2024, 5, component="D2", component_name="Minh bạch"),
    ]  # fmt: skip
    assert texts(rows) == [
        "PAPI 2024 của Hà Nội hạng 29/63, giảm 14 bậc so với năm 2023 (hạng 15); giảm nhiều nhất: "
        "Tham gia (36 bậc); còn 19 bậc mới vào nhóm 10."
    ]


def test_a_rise_or_a_small_fall_needs_no_decision() -> None:
    assert texts([edition(2023, 29), edition(2024, 15)]) == []
    assert texts([edition(2023, 15), edition(2024, 19)]) == []
    # Out of the leading ten: said however small the step.
    assert "giảm 2 bậc" in texts([edition(2023, 9), edition(2024, 11)])[0]


def test_an_edition_is_news_only_once_published_and_not_for_ever() -> None:
    rows = [edition(2023, 15), edition(2024, 29)]
    assert texts(rows, date(2024, 12, 31)) == []
    assert texts(rows, date(2025, 1, 1)) == texts(rows, date(2026, 12, 31)) != []
    assert texts(rows, date(2027, 1, 1)) == []


def test_nothing_is_compared_across_a_change_of_method_or_with_a_bound() -> None:
    assert texts([edition(2017, 15), edition(2018, 40)], date(2019, 6, 1)) == []
    assert texts([edition(2023, 15), edition(2024, None, rank_bound=60)], date(2025, 6, 1)) == []
    later = [edition(2022, 5), edition(2023, 15), edition(2024, None, rank_bound=10)]
    assert texts(later, date(2024, 6, 1)) != []
    assert texts(later, date(2025, 6, 1)) == [], "a later edition is known"
