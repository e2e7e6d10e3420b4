"""Periods: what they span, how they are written, and how they are read back."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.periods import (
    KINDS,
    Period,
    UnknownPeriod,
    choices,
    iso_week,
    months_of,
    parse_period,
    period_of,
    weeks_of,
)

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 1))
NAMED = st.sampled_from([kind for kind in KINDS if kind != "custom"])


@pytest.mark.parametrize(
    ("token", "first", "last", "label"),
    [
        ("week:2026-W47", "2026-11-16", "2026-11-22", "Tuần 47 (16/11–22/11/2026)"),
        ("month15:2026-11", "2026-10-15", "2026-11-14", "Tháng 11/2026 (15/10/2026–14/11/2026)"),
        ("quarter15:2026-Q1", "2025-12-15", "2026-03-14", "Quý 1/2026 (15/12/2025–14/03/2026)"),
        (
            "half15:2026-H1",
            "2025-12-15",
            "2026-06-14",
            "6 tháng đầu năm 2026 (15/12/2025–14/06/2026)",
        ),
        ("quarter15:2026-Q3", "2026-06-15", "2026-09-14", "Quý 3/2026 (15/06/2026–14/09/2026)"),
        ("year15:2026", "2025-12-15", "2026-12-14", "Năm 2026 (15/12/2025–14/12/2026)"),
        ("month:2026-02", "2026-02-01", "2026-02-28", "Tháng 02/2026 (01/02/2026–28/02/2026)"),
        ("quarter:2026-Q4", "2026-10-01", "2026-12-31", "Quý 4/2026 (01/10/2026–31/12/2026)"),
        ("year:2025", "2025-01-01", "2025-12-31", "Năm 2025 (01/01/2025–31/12/2025)"),
        ("custom:2026-01-05..2026-01-09", "2026-01-05", "2026-01-09", "05/01/2026–09/01/2026"),
    ],
)
def test_reporting_cut_offs(token, first, last, label):
    period = parse_period(token)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert period.label == label
    assert period.token == token


@given(NAMED, DAYS)
def test_a_day_lies_in_its_period_and_the_token_reads_back(kind, day):
    period = period_of(kind, day)
    assert period.first <= day <= period.last
    assert parse_period(period.token) == period


@given(NAMED, DAYS)
def test_periods_of_a_kind_adjoin(kind, day):
    period = period_of(kind, day)
    assert period.previous.last + timedelta(days=1) == period.first
    assert period.shifted(1).previous == period
    assert period_of(kind, period.last + timedelta(days=1)) == period.shifted(1)


@given(NAMED, DAYS)
def test_same_period_of_the_year_before(kind, day):
    period = period_of(kind, day)
    before = period.year_before
    assert before.kind == kind
    assert 358 <= (period.first - before.first).days <= 371
    if kind != "week":
        assert before.token.split(":")[1][4:] == period.token.split(":")[1][4:]


def test_week_53_is_compared_with_the_last_week_of_a_year_of_52():
    assert iso_week(2026, 53).year_before == iso_week(2025, 52)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "week",
        "week:2026-47",
        "week:2026-W54",
        "week:2025-W53",
        "month:2026-13",
        "month:2026",
        "quarter:2026-Q5",
        "quarter:2026-H1",
        "half15:2026-H3",
        "year:26",
        "year:2026-01",
        "custom:2026-02-01..2026-01-01",
        "custom:2026-02-30..2026-03-01",
        "ngay:2026-01-01",
        "month:99999-01",
        "week:0000-W01",
    ],
)
def test_nonsense_is_refused_with_an_example(token):
    with pytest.raises(UnknownPeriod, match="Ví dụ đúng"):
        parse_period(token)


@given(DAYS, st.integers(0, 800))
def test_pieces_cover_the_span_once(first, length):
    last = first + timedelta(days=length)
    for split in (weeks_of, months_of):
        pieces = split(first, last)
        assert pieces[0][0] == first
        assert pieces[-1][1] == last
        for (_, end), (start, _) in pairwise(pieces):
            assert end + timedelta(days=1) == start


def test_a_custom_period_is_no_reporting_period():
    assert Period("custom", date(2026, 1, 1), date(2026, 1, 2)).note
    assert period_of("month15", date(2026, 1, 1)).note is None


@pytest.mark.parametrize(
    ("day", "token"),
    [
        (date(2026, 2, 24), "local:tphcm-1022:2026-02"),
        (date(2026, 2, 25), "local:tphcm-1022:2026-03"),  # from noon on
        (date(2026, 12, 31), "local:tphcm-1022:2027-01"),
        (date(2026, 3, 20), "local:vinh-phuc:2026-03"),
        (date(2026, 3, 21), "local:vinh-phuc:2026-04"),
    ],
)
def test_the_local_month_that_a_day_lies_in(day: date, token: str) -> None:
    kind = token.rpartition(":")[0]
    period = period_of(kind, day)
    assert (period.token, period.choice, parse_period(token)) == (token, kind, period)
    assert kind in choices()


def test_a_local_month_of_no_place_is_none() -> None:
    for kind in ("local", "local:", "local:khong-co"):
        with pytest.raises(UnknownPeriod, match="local:vinh-phuc"):
            period_of(kind, date(2026, 3, 1))
