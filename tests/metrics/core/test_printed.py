"""A printed figure beside what its own parts give."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.core.printed import agrees, decimals_of
from metrics.core.vietnamese import graded
from metrics.registers.reported import INDICATOR_VALUE, form_rate_off, rate_off, sums_off


@pytest.mark.parametrize(
    ("printed", "exact", "decimals", "wanted"),
    [
        (0.4967, 150 / 302, 4, True),  # rounded
        (0.4966, 150 / 302, 4, True),  # cut
        (0.4968, 150 / 302, 4, False),
        (0.6131, 150 / 302, 4, False),  # Hoàng Mai, printed 61,31%
        (0.962, 2602 / 2760, 3, False),  # Phú Giáo, printed 96,2%
        (0.943, 2602 / 2760, 3, True),
        (1.0, 0.996, 2, False),  # everything is everything
        (1.0, 1.0, 2, True),
        (0.0, 0.001, 2, False),
        (0.99, 1.0, 2, False),
    ],
)
def test_rounded_or_cut_is_the_same_figure(
    printed: float, exact: float, decimals: int, wanted: bool
) -> None:
    assert agrees(printed, exact, decimals, 1.0) is wanted


def test_decimals_are_those_that_were_written() -> None:
    assert [decimals_of(value) for value in (6.0, 0.5, 0.6131, 61.31 / 100, 7.8)] == [0, 1, 4, 4, 1]


def _value(**given: Any) -> dict[str, Any]:
    return dict.fromkeys(str(column.target) for column in INDICATOR_VALUE.columns) | given


@pytest.mark.parametrize(
    ("value", "above", "below", "gives"),
    [
        (0.6131, 150, 302, ("49,67%", "61,31%")),
        (0.962, 2602, 2760, ("94,28%", "96,2%")),
        (6.0, 24_382, 3139, ("7,77", "6")),
        (0.4967, 150, 302, None),
        (7.8, 24_382, 3139, None),
        (None, 150, 302, None),
        (0.5, None, 302, None),
    ],
)
def test_a_rate_that_its_sides_do_not_give(
    value: float | None, above: float | None, below: float, gives: tuple[str, str] | None
) -> None:
    assert rate_off(_value(value=value, numerator=above, denominator=below)) == gives


def test_a_form_whose_columns_give_other_rates() -> None:
    line = dict.fromkeys([f"c{n}" for n in range(3, 14)]) | {"reported_rate": 96.2}
    assert form_rate_off(line | {"c7": 2760, "c8": 2000, "c9": 602}) is not None
    given = form_rate_off(line | {"c7": 2760, "c10": 158})
    assert given is not None
    assert {words: round(rate, 2) for words, rate in given.items()} == {"((7) − (10)) / (7)": 94.28}
    assert form_rate_off(line | {"c7": 2760}) is None
    # Also a rate of what was received is a rate that a report may mean.
    assert form_rate_off(line | {"c3": 2705, "c7": 2700, "c8": 2000, "c9": 602}) is None


def test_parts_that_do_not_make_up_their_whole() -> None:
    def row(part: str, value: float | None) -> dict[str, Any]:
        return _value(indicator="procedures_in_force", unit_id=1, part=part, value=value)

    rows = [row("", 2414.0), row("Cấp tỉnh", 2065.0), row("Cấp xã", 348.0)]
    [said] = sums_off(rows)
    assert "tổng ghi 2.414 nhưng các phần cộng lại 2.413 (2.065 + 348)" in said
    assert sums_off([*rows[:2], row("Cấp xã", 349.0)]) == []
    assert sums_off([*rows[:2], row("Cấp xã", None)]) == []
    assert sums_off(rows[1:]) == []
    # Named parts of a whole may leave a rest.
    named = [each | {"indicator": "documents_received"} for each in rows]
    assert sums_off(named) == []
    assert len(sums_off([named[0] | {"value": 2000.0}, *named[1:]])) == 1


@pytest.mark.parametrize(
    ("value", "kind", "whole", "printed"),
    [
        (1 / 30, "mean", None, "0,1"),  # one day among thirty dossiers read "0,0"
        (0.0, "mean", None, "0,0"),
        (1.04, "mean", None, "1,0"),
        (0.004, "score", 12, "0,01"),
        (11.9995, "score", 12, "11,99"),  # read "12,00/12"
        (12 - 1e-12, "score", 12, "12,00"),
        (11.9995, "score", None, "12,00"),
        (None, "score", 12, "–"),
    ],
)
def test_a_mean_or_score_is_never_printed_as_nothing_or_all_where_it_is_not(
    value: float | None, kind: str, whole: float | None, printed: str
) -> None:
    assert graded(value, kind, whole) == printed
