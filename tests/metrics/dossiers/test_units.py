"""Ranking, one unit's tables and series, kin and reported forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.ask import DEFINITIONS, Ask, Definition
from metrics.core.contracts import SUCCESSION
from metrics.core.measure import measure
from metrics.core.periods import Period, period_of
from metrics.core.searching import folded
from metrics.core.verdict import Sides, state_of
from metrics.dossiers.catalogue import figure
from metrics.dossiers.kin import relatives
from metrics.dossiers.review import by_field
from metrics.dossiers.units import (
    GROUPED,
    HEADLINE,
    LENGTHS,
    active_days,
    breaks_between,
    first_day,
    last_full_period,
    own_root,
    rate_floor,
    rate_series,
    report_reading,
    resolving_units,
    series_periods,
    unit_class,
    unit_figures,
    with_state,
)
from tests.frames import facts_of, question
from tests.oracle import Ask as OracleAsk
from tests.strategies import Case, random_cases

DAY = date(2026, 6, 14)
ASK = question(OracleAsk(DAY, DAY))


# -- small rules ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "ended", "expected"),
    [
        ("commune", None, "commune"),
        ("commune", date(2025, 6, 30), "old_commune"),
        ("district", date(2025, 6, 30), "old_district"),
        ("department", date(2025, 2, 28), "old_department"),
        ("vertical", None, "department"),
        ("branch", None, "centre"),
        # No class of its own for these: they stay with the living.
        ("branch", date(2026, 1, 1), "centre"),
        ("group", None, "other"),
    ],
)
def test_class_of_a_unit(kind: str, ended: date | None, expected: str) -> None:
    assert unit_class(kind, ended) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(None, "unknown"), (1.0, "met"), (0.98, "met"), (0.9799, "below"), (0.95, "below"),
     (0.9499, "alarm"), (0.0, "alarm")],
)  # fmt: skip
def test_state_against_target_and_alarm(rate: float | None, expected: str) -> None:
    sides = Sides(0, 0) if rate is None else Sides(round(rate * 10_000), 10_000)
    assert state_of(sides, ASK) == expected


def test_few_dossiers_are_marked_and_none_are_not_few() -> None:
    columns = ("on_time", "judged", "unknown", "overdue")
    rows = [(10, 10, 0, 0), (10, 10, 0, 1), (4, 9, 0, 1), (0, 0, 0, 1)]
    table = pl.DataFrame(rows, schema=columns, orient="row")
    assert with_state(table, ASK).select("state", "few").rows() == [
        ("met", False),
        ("held", False),
        ("alarm", True),
        ("unknown", False),
    ]


@pytest.mark.parametrize("text", ["Đống Đa", "ĐỐNG ĐA", "dong da", "Đô\u0301ng Đa"])
def test_search_knows_no_marks(text: str) -> None:
    assert folded(text) == "dong da"


@given(st.lists(st.lists(st.none() | st.floats(0, 1), max_size=20), max_size=20))
def test_floor_lies_below_nearly_all(strips: list[list[float | None]]) -> None:
    low = rate_floor(strips)
    known = [rate for strip in strips for rate in strip if rate is not None]
    assert 0 <= low <= 0.9
    assert round(low * 20) == pytest.approx(low * 20)
    below = sum(rate < low for rate in known)
    assert below <= 0.05 * len(known)


def test_a_floor_shows_points_where_all_is_high_and_what_misses_the_target() -> None:
    assert rate_floor([[0.97, 0.99, 1.0], [0.96, None]], 0.98) == 0.9
    assert rate_floor([[1.0, 1.0]], 0.9) == 0.85
    assert rate_floor([[0.61] + [0.97] * 40], 0.98) == 0.9


# -- breaks ---------------------------------------------------------------------------------

_JULY = date(2025, 7, 1)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2025, 6, 1), date(2025, 7, 31), [_JULY]),
        (date(2025, 6, 30), date(2025, 7, 1), [_JULY]),
        (_JULY, date(2025, 7, 31), []),  # the series begins there: nothing is crossed
        (date(2025, 6, 1), date(2025, 6, 30), []),
    ],
)
def test_the_break_of_the_two_tier_reform(first: date, last: date, days: list[date]) -> None:
    assert [each.day for each in breaks_between(first, last)] == days


def test_own_successions_add_their_days_once() -> None:
    kin = _successions([(1, 2, "whole", date(2025, 3, 1)), (3, 2, "whole", date(2025, 3, 1)),
                        (4, 2, "part", _JULY)])  # fmt: skip
    found = breaks_between(date(2025, 1, 1), date(2025, 12, 31), kin)
    assert [each.day for each in found] == [date(2025, 3, 1), _JULY]
    assert found[1].label == "Chính quyền địa phương 2 cấp"


# -- kin ------------------------------------------------------------------------------------


def _successions(rows: list[tuple[int, int, str, date]]) -> pl.DataFrame:
    return pl.DataFrame([(*row, "NQ 1656") for row in rows], schema=SUCCESSION, orient="row")


def test_kin_of_both_directions_whole_first_and_unknown_ones_left_out() -> None:
    kin = _successions(
        [
            (11, 5, "part", _JULY),
            (12, 5, "whole", _JULY),
            (13, 5, "remainder", _JULY),
            (14, 5, "whole", _JULY),
            (5, 20, "whole", date(2026, 1, 1)),
            (6, 7, "whole", _JULY),
        ]
    )
    names = {11: "A", 12: "C", 13: "B", 20: "Z", 5: "Mình"}
    found = relatives(kin, 5, names)
    assert found.select("unit_id", "direction", "relation").rows() == [
        (12, "predecessor", "whole"),
        (13, "predecessor", "remainder"),
        (11, "predecessor", "part"),
        (20, "successor", "whole"),
    ]


# -- reported forms -------------------------------------------------------------------------


def _line(**given: Any) -> dict[str, Any]:
    return {"reported_rate": None, "c7": None, "c8": None, "c9": None, "wording": None} | given


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (_line(), "none"),
        (_line(reported_rate=100.0, c7=5998, wording="đạt tỷ lệ 100%"), "ambiguous"),
        (_line(reported_rate=100.0, c7=8028, wording="100% hồ sơ giải quyết ĐÚNG HẠN"), "on_time"),
        (_line(reported_rate=99.5, c7=1000, c8=900, c9=95), "checked"),
        (_line(reported_rate=100.0, c7=1000, c8=900, c9=95, wording="100%"), "off"),
        (_line(reported_rate=99.2, c7=12_970, c10=102), "checked"),
        (_line(reported_rate=96.2, c7=2760, c8=2602, c9=0), "off"),
        # What may be a rate of resolving is not said to be wrong.
        (_line(reported_rate=98.3, c3=13_188, c7=12_970, c10=102), "checked"),
        (_line(reported_rate=90.0, c3=13_188, c7=12_970), "ambiguous"),
        (_line(reported_rate=100.0, c7=0, c8=0, c9=0), "ambiguous"),
    ],
)
def test_what_a_reported_rate_can_be_taken_for(line: dict[str, Any], expected: str) -> None:
    assert report_reading(line) == expected


# -- periods --------------------------------------------------------------------------------


def test_a_week_that_has_not_ended_is_left_out_and_a_month_is_cut() -> None:
    weeks = series_periods("13w", date(2026, 6, 14))  # a Sunday
    assert len(weeks) == 13
    assert weeks[-1] == period_of("week", date(2026, 6, 14))
    assert series_periods("13w", date(2026, 6, 16))[-1].last == date(2026, 6, 14)
    months = series_periods("24m", date(2026, 6, 14))
    assert months[-1] == Period("custom", date(2026, 6, 1), date(2026, 6, 14))
    assert months[0] == period_of("month", date(2024, 7, 1))


@given(st.sampled_from(sorted(LENGTHS)), st.dates(date(2020, 1, 1), date(2029, 12, 31)),
       st.none() | st.dates(date(2018, 1, 1), date(2030, 12, 31)))  # fmt: skip
def test_series_adjoin_and_never_go_beyond(length: str, last: date, since: date | None) -> None:
    periods = series_periods(length, last, since)
    assert periods
    assert periods[-1].last <= last
    for earlier, later in pairwise(periods):
        assert later.first == earlier.last + timedelta(days=1)
    if since is None:
        assert len(periods) == LENGTHS[length][1]
    else:
        assert all(period.last >= since for period in periods[:-1])


def test_the_last_full_month_with_dossiers() -> None:
    days = [date(2025, 2, 3), date(2025, 5, 20), date(2025, 6, 27)]
    assert last_full_period("month", days, date(2025, 6, 30)) == period_of("month", days[-1])
    # June has not ended: the month before it that had any.
    assert last_full_period("month", days, date(2025, 6, 29)) == period_of("month", days[1])
    assert last_full_period("quarter", days, date(2025, 6, 29)) == period_of("quarter", days[0])
    assert last_full_period("quarter", [], date(2025, 6, 29)) is None
    assert last_full_period("month", days, date(2025, 1, 31)) is None


# -- measured: against the oracle -----------------------------------------------------------


CASES = random_cases(40, seed=8, max_size=12, definition="form") + random_cases(
    20, seed=9, max_size=12, definition="portal"
)


def _period(ask: Ask) -> Period:
    return Period("custom", ask.first_day, ask.last_day)


@pytest.mark.parametrize("case", CASES)
def test_headline_is_what_the_figures_say(case: Case) -> None:
    facts, ask = facts_of(case.dossiers), question(case.ask)
    found = unit_figures(lambda alive: facts, ask, _period(ask))
    for key in HEADLINE:
        expected = measure(facts, [figure(key)], [ask]).row(0, named=True)
        shown = found.cell(key)
        assert {name: shown[name] for name in ("numerator", "denominator", "rate")} == {
            name: expected[name] for name in ("numerator", "denominator", "rate")
        }


@pytest.mark.parametrize("case", CASES)
def test_groups_sum_to_the_headline(case: Case) -> None:
    facts, ask = facts_of(case.dossiers), question(case.ask)
    found = unit_figures(lambda alive: facts, ask, _period(ask))
    total = measure(facts, [figure(key) for key in GROUPED], [ask])
    counts = dict(total.select("figure", "numerator").iter_rows())
    for column, table in found.groups.items():
        assert table[column].n_unique() == table.height
        assert table["on_time"].sum() == counts["on_time"]
        assert table["received"].sum() == counts["received"]
        assert table["resolved"].sum() == counts["resolved"]
        assert table["late"].sum() == counts["resolved_late"]
        assert table["overdue"].sum() == counts["pending_overdue"]
        need = (table["missed"] + table["overdue"]).to_list()
        assert need == sorted(need, reverse=True)


# Each case by one definition at each change, by all in `make proof`.
_READ = [
    pytest.param(
        case,
        definition,
        marks=() if place % len(DEFINITIONS) == number else pytest.mark.proof,
    )
    for place, case in enumerate(CASES)
    for number, definition in enumerate(DEFINITIONS)
]


@pytest.mark.parametrize(("case", "definition"), _READ)
def test_beside_a_rate_stood_late_dossiers_of_another_reading(
    case: Case, definition: Definition
) -> None:
    """The column counted what was resolved late whatever the reading: 100% on time beside 2 late.

    What stands there now is what the rate lacks, and what opens is as many.
    """
    facts, ask = facts_of(case.dossiers), replace(question(case.ask), definition=definition)
    tables = unit_figures(lambda alive: facts, ask, _period(ask)).groups
    tables["field"] = by_field(facts, ask)
    for name, table in tables.items():
        column = "field_id" if name == "field" else name
        counted = measure(facts, [figure("not_on_time")], [ask], [column])
        behind = dict(counted.select(column, "numerator").iter_rows())
        for row in table.iter_rows(named=True):
            assert row["missed"] == behind.get(row[column], 0)
            if row["judged"]:
                assert row["rate"] == pytest.approx(1 - row["missed"] / row["judged"])


@pytest.mark.parametrize("case", CASES)
def test_series_ask_each_period_for_itself(case: Case) -> None:
    ask = question(case.ask)
    everything = facts_of(case.dossiers)
    half = facts_of(case.dossiers[: len(case.dossiers) // 2])
    periods = [_period(ask).shifted(-steps) for steps in (2, 1, 0)]
    found = rate_series(lambda alive: half, lambda alive: everything, ask, periods)
    assert found.height == 2 * 3 * 3
    for line, facts in (("unit", half), ("peers", everything)):
        for place, period in enumerate(periods):
            expected = measure(facts, [figure("on_time")], [ask.over(period.first, period.last)])
            row = found.filter(line=line, ask=place, figure="on_time").row(0, named=True)
            assert row["numerator"] == expected["numerator"][0]
            assert row["denominator"] == expected["denominator"][0]
            assert row["rate"] == expected["rate"][0]


@pytest.mark.parametrize("case", CASES)
def test_who_worked_and_when(case: Case) -> None:
    facts = facts_of(case.dossiers)
    rows = facts.dossiers
    assert resolving_units(facts) == frozenset(rows["unit_id"].drop_nulls())
    assert first_day(facts) == rows["received_day"].min()
    moment = datetime(2026, 6, 15)
    expected = {
        day
        for at, of in (("received_at", "received_day"), ("ended_at", "ended_day"))
        for day, when in rows.select(of, at).iter_rows()
        if when is not None and when < moment
    }
    assert active_days(facts, moment) == sorted(expected)


@pytest.mark.parametrize(
    ("resolving", "root"),
    [
        ([3], 3),  # a ward for itself, in a list that holds the whole province
        ([3, 4], 2),
        ([3, 5], 1),
        ([3, 6], 3),  # unit 6 has ended
        ([6], 6),
        ([3, 7], None),  # two provinces
        ([], None),
    ],
)
def test_a_wards_own_installation_does_not_answer_for_the_whole_province(
    resolving: list[int], root: int | None
) -> None:
    """1/173 units inspected, it was said to a ward that had inspected itself."""
    ended = [None, None, None, None, None, date(2025, 6, 30), None]
    units = pl.DataFrame(
        {
            "unit_id": [1, 2, 3, 4, 5, 6, 7],
            "parent_id": [None, 1, 2, 2, 1, 1, None],
            "valid_to": pl.Series(ended, dtype=pl.Date),
        }
    )
    assert own_root(units, resolving) == root
