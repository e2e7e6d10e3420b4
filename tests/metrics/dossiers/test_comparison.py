"""A change asks its other side for label, length and existence; named after what was wrong."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from metrics.core.ask import Ask
from metrics.core.contracts import SUCCESSION
from metrics.core.periods import Period, parse_period
from metrics.dossiers.comparison import (
    with_baseline,
    with_month_before,
    with_previous,
    with_year_before,
)
from metrics.dossiers.since import Since, own_breaks, since
from metrics.dossiers.units import Break
from metrics.indices.changes import rank_changes
from metrics.registers.indices import INDEX_SCORE
from tests.frames import CLOCK

LONG_AGO = Since(date(2020, 1, 1))


def asked(period: Period, as_of: datetime | None = None) -> Ask:
    return Ask(period.first, period.last, CLOCK, as_of=as_of)


@pytest.mark.parametrize(
    ("token", "label", "first"),
    [
        # Week 1 of 2026 begins in 2025, and its year before is 2025, not 2024.
        ("week:2026-W01", "cùng kỳ 2025", date(2024, 12, 30)),
        ("week:2026-W52", "cùng kỳ 2025", date(2025, 12, 22)),
        # 2025 has no week 53: its last one stands there, and is called by its number.
        ("week:2026-W53", "tuần 52/2025", date(2025, 12, 22)),
        # The reporting month of January begins in December.
        ("month15:2026-01", "cùng kỳ 2025", date(2024, 12, 15)),
        ("month15:2026-02", "cùng kỳ 2025", date(2025, 1, 15)),
        ("year15:2026", "cùng kỳ 2025", date(2024, 12, 15)),
    ],
)
def test_a_year_before_is_called_by_its_own_year(token: str, label: str, first: date) -> None:
    period = parse_period(token)
    against = with_year_before(asked(period), period, LONG_AGO)
    assert (against.label, against.period.first) == (label, first)
    assert against.ask.first_day == first


def test_29_february_has_28_february_before_it() -> None:
    assert (
        parse_period("custom:2024-02-29..2024-02-29").year_before.label == "28/02/2023–28/02/2023"
    )


def test_a_running_week_without_a_day_is_not_compared_with_0_days() -> None:
    """It read "so cùng 0 ngày đầu tuần trước"."""
    week = parse_period("week:2026-W10")
    against = with_previous(asked(week, datetime(2026, 3, 2)), week, LONG_AGO)
    assert against.of(5) is None
    why = "kỳ này chưa có ngày nào trong số liệu"
    assert against.none(0, 5) == f"– so cùng 0 ngày đầu tuần trước ({why})"


def test_a_running_period_is_compared_with_as_many_days() -> None:
    week = parse_period("week:2026-W10")
    against = with_previous(asked(week, datetime(2026, 3, 5)), week, LONG_AGO)
    assert (against.days, against.label) == (3, "cùng 3 ngày đầu tuần trước")
    assert against.ask.moment == datetime(2026, 2, 26)
    assert against.of(5) == 5


def test_30_days_are_not_the_first_30_of_a_month_of_28() -> None:
    month = parse_period("month:2026-03")
    against = with_previous(asked(month, datetime(2026, 3, 30)), month, LONG_AGO)
    assert (against.days, against.label) == (None, "kỳ trước")
    assert against.ask.moment == datetime(2026, 3, 1)


def test_nothing_is_compared_with_what_lies_before_the_data() -> None:
    """The first year of an office."""
    week = parse_period("week:2026-W10")
    began = with_previous(asked(week), week, Since(date(2026, 2, 25)))
    assert began.of(5) is None
    assert began.none(5, 0) == "– so tuần trước (số liệu chỉ có từ 25/02/2026)"
    # On the first working day of it the data are whole.
    assert with_previous(asked(week), week, Since(date(2026, 2, 23))).of(5) == 5
    assert with_previous(asked(week), week, Since(None)).reason == "chưa có số liệu"


def test_what_is_unknown_is_no_other_side_and_says_so() -> None:
    """It read "– so tuần trước", without a reason."""
    week = parse_period("week:2026-W10")
    against = with_previous(asked(week), week, LONG_AGO)
    assert against.none(0.9, None) == "– so tuần trước (tuần trước chưa có số)"
    assert against.none(None, 0.9) == "– so tuần trước (kỳ đang xem chưa có số)"


def test_nothing_is_compared_across_another_boundary() -> None:
    week = parse_period("week:2026-W10")
    against = with_year_before(asked(week), week, LONG_AGO)
    assert against.reason == "Chính quyền địa phương 2 cấp từ 01/07/2025"
    late = parse_period("week:2026-W40")
    assert with_year_before(asked(late), late, LONG_AGO).reason is None


@pytest.mark.parametrize("token", ["year:2025", "week:2025-W27", "quarter15:2025-Q3"])
def test_a_period_that_a_boundary_cuts_is_compared_with_none(token: str) -> None:
    """Half a year of a ward that ended stood beside its whole year before."""
    period = parse_period(token)
    for other in (with_previous, with_year_before):
        against = other(asked(period), period, LONG_AGO)
        assert against.reason == "Chính quyền địa phương 2 cấp từ 01/07/2025"
    # What has not come yet cuts nothing.
    running = asked(period, datetime(2025, 7, 1))
    assert with_previous(running, period, LONG_AGO).reason is None


def test_a_unit_is_not_compared_across_a_boundary_of_its_own() -> None:
    week = parse_period("week:2026-W10")  # Monday 2 to Sunday 8 March
    for day, of in ((date(2026, 2, 23), None), (date(2026, 2, 24), "x"), (date(2026, 3, 8), "x")):
        own = [Break(day, "Sắp xếp đơn vị", "")]
        why = of and f"Sắp xếp đơn vị từ {day:%d/%m/%Y}"
        assert with_previous(asked(week), week, LONG_AGO, own).reason == why
    assert with_previous(asked(week), week, LONG_AGO, [Break(date(2026, 3, 9), "x", "")]).of(5) == 5


def test_units_that_join_change_nothing_of_their_sum() -> None:
    day = date(2026, 3, 2)
    moved = pl.DataFrame(
        [{"old_unit_id": 1, "new_unit_id": 2, "relation": "whole", "effective_on": day,
          "basis": "NQ 1"}],
        schema=SUCCESSION,
    )  # fmt: skip
    ended = pl.DataFrame([{"unit_id": 1, "valid_to": date(2026, 3, 1)}, {"unit_id": 2}])
    units = ended.cast({"valid_to": pl.Date})
    assert own_breaks(moved, units, [1, 2]) == ()
    assert own_breaks(moved, units, [3]) == ()
    [taken_in] = own_breaks(moved, units, [2, 3])
    assert (taken_in.day, taken_in.document) == (day, "NQ 1")
    assert {each.day for each in own_breaks(moved, units, [1])} == {day}


def test_a_source_is_cut_in_the_other_period_as_in_this_one() -> None:
    """Two days that a source has told of stood beside five of its days before."""
    week = parse_period("week:2026-W10")
    ends = ((1, datetime(2026, 3, 3, 10, 1)), (2, datetime(2026, 3, 9)), (3, datetime(2026, 2, 25)))
    ask = Ask(week.first, week.last, CLOCK, ends=ends)
    other = ask.against(week.previous.first, week.previous.last)
    assert dict(other.ends) == {
        1: datetime(2026, 2, 25),  # Monday and Tuesday
        2: datetime(2026, 3, 9),  # reaches to T: whole
        3: datetime(2026, 2, 23),  # has told of nothing in this week
    }
    told = with_previous(ask, week, LONG_AGO).whole
    assert told == "tuần trước: Tuần 9 (23/02–01/03/2026); nguồn chưa báo đến: cùng số ngày đầu"
    assert with_previous(asked(week), week, LONG_AGO).whole == told.partition(";")[0]


def test_the_last_source_to_begin_decides_among_those_that_still_tell() -> None:
    week = parse_period("week:2026-W10")
    names = pl.DataFrame({"source_id": [1, 2, 3], "name": ["Một", "Hai", "Ba"]})
    firsts = {1: date(2024, 1, 2), 2: date(2026, 2, 26), 3: date(2026, 3, 12)}
    ask = asked(week)
    assert since(firsts, names, ask) == Since(date(2026, 2, 26), "Hai")
    # One that begins after the week, or had ended before it, adds nothing to it.
    assert since({1: firsts[1], 3: firsts[3]}, names, ask) == Since(date(2024, 1, 2))
    over = Ask(week.first, week.last, CLOCK, ends=((2, datetime(2026, 2, 27)),))
    assert since(firsts, names, over) == Since(date(2024, 1, 2))
    assert since({}, names, ask) == Since(None)


def test_rank_3_of_63_beside_3_of_34_is_not_kept() -> None:
    """It read "giữ hạng"."""
    blank = dict.fromkeys(str(column.target) for column in INDEX_SCORE.columns)
    rows = [
        blank
        | {
            "index_name": "SIPAS", "component": "TOTAL",
            "province_code": "01", "province": "Hà Nội",
            "year": year, "rank": 3, "n_provinces": n, "score": 84.0,
        }
        for year, n in ((2023, 63), (2024, 34))
    ]  # fmt: skip
    frame = pl.DataFrame(rows, infer_schema_length=None)
    row = rank_changes(frame, "SIPAS", "01", 2023, 2024).of("TOTAL")
    assert row is not None
    assert row["places_up"] is None
    assert row["why_not"] == "63 rồi 34 tỉnh, thành phố nên không so"


def test_a_month_that_still_runs_is_not_compared_with_a_whole_one() -> None:
    """Its score read "▼ −6,10 so với tháng trước" on the third of a month."""
    month = parse_period("month:2026-03")
    running = with_month_before(asked(month, datetime(2026, 3, 4)), month, LONG_AGO)
    assert (running.label, running.of(20.0)) == ("tháng 02/2026", None)
    assert running.none(14.0, 20.0) == "– so tháng 02/2026 (tháng chưa hết)"
    assert with_month_before(asked(month), month, LONG_AGO).of(20.0) == 20.0
    first = with_month_before(asked(month), month, Since(date(2026, 3, 2)))
    assert first.reason == "số liệu chỉ có từ 02/03/2026"


def test_a_value_no_later_than_its_baseline_is_no_change_from_it() -> None:
    earlier = with_baseline(2021, date(2021, 12, 31), date(2020, 12, 31))
    assert earlier.none(9.0, 8.0) == "– so năm gốc 2021 (không sau năm gốc)"
    assert with_baseline(2021, date(2021, 12, 31), date(2023, 6, 30)).of(8.0) == 8.0
