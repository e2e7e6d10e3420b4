"""Numbers and dates as they are printed."""

from datetime import datetime

import pytest

from metrics.core import vietnamese as vi


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (vi.number(1234567), "1.234.567"),
        (vi.number(1234.5, 1), "1.234,5"),
        (vi.number(None), "–"),
        (vi.percent(0.912), "91,2%"),
        (vi.percent(0.98, 0), "98%"),
        (vi.percent(1.0), "100,0%"),
        (vi.percent(None), "–"),
        (vi.points(-0.008), "−0,8"),
        (vi.points(0.00001), "0"),
        (vi.signed(5), "+5"),
        (vi.signed(0), "0"),
        (vi.as_of(datetime(2026, 11, 23)), "hết ngày 22/11/2026"),
        (vi.as_of(datetime(2026, 11, 22, 17)), "17:00 22/11/2026"),
    ],
)
def test_printed(printed, expected):
    assert printed == expected


@pytest.mark.parametrize("late", [1, 3, 40])
def test_a_rate_below_one_is_never_printed_as_100_percent(late):
    assert vi.percent(1 - late / 100_000) == "99,9%"


def test_a_long_name_is_cut_at_a_word() -> None:
    assert vi.in_short("Ngắn") == "Ngắn"
    assert vi.in_short("một hai ba bốn", 8) == "một hai…"
    assert vi.in_short("một, hai", 5) == "một…"
    assert vi.in_short("x" * 90) == "x" * 80 + "…"
    assert vi.in_short("a" * 80) == "a" * 80
