"""What was published of citizens' feedback (rows N22–N26 of the collection), reproduced.

Published totals are reported values, beside the register and never in its figures. A part that the
collection does not name is called by its place.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from metrics.core.printed import agrees
from metrics.feedback.limits import acceptances
from metrics.registers.reported import INDICATOR_VALUE, rate_off
from metrics.reported.statements import Statement, statements
from tests.metrics.reported.test_reported import ask, kept, numbered, value

HO_CHI_MINH, HA_NOI, HOANG_MAI = 79, 1, 8
OCTOBER: Any = {"period_from": date(2025, 9, 25), "period_to": date(2025, 10, 25)}
AUGUST: Any = {"period_from": date(2024, 1, 1), "period_to": date(2024, 8, 8)}
ROWS = numbered(
    [
        value("reported_feedback", HO_CHI_MINH, 14_707.0, **OCTOBER),
        value("reported_feedback", HO_CHI_MINH, 14_311.0, "Phần thứ nhất", **OCTOBER),
        value("reported_feedback", HO_CHI_MINH, 396.0, "Phần thứ hai", **OCTOBER),
        value("reported_feedback_late", HO_CHI_MINH, 125.0, **OCTOBER),
        value("reported_feedback_on_time", HO_CHI_MINH, 0.9377,
              period_from=date(2025, 9, 1), period_to=date(2025, 9, 30)),
        value("reported_feedback", HA_NOI, 2_350.0, **AUGUST),
        value("reported_feedback", HA_NOI, 1_654.0, "Đã xử lý", **AUGUST),
        value("reported_feedback", HA_NOI, 180.0, "Từ chối", **AUGUST),
        value("reported_feedback", HA_NOI, 272.0, "Đang xử lý", **AUGUST),
        value("reported_feedback", HA_NOI, 244.0, "Chờ", **AUGUST),
        value("reported_feedback_satisfied", HOANG_MAI, None, numerator=150.0, denominator=302.0,
              period_from=date(2024, 1, 1), period_to=date(2024, 8, 31)),
    ]
)  # fmt: skip


def _told(key: str, unit: int) -> Statement:
    found = statements(kept(indicator_value=ROWS), ask(date(2026, 6, 30)))
    (one,) = (each for each in found if (each.indicator.key, each.unit_id) == (key, unit))
    return one


def test_n22_two_parts_make_up_the_whole_and_the_late_stand_beside() -> None:
    whole = _told("reported_feedback", HO_CHI_MINH)
    assert (whole.check, whole.arithmetic) == ("adds_up", "14.707 = 14.311 + 396")
    assert _told("reported_feedback_late", HO_CHI_MINH).value == 125


def test_n23_rates_of_the_month_and_of_all_until_then_are_two_statements() -> None:
    month = _told("reported_feedback_on_time", HO_CHI_MINH)
    until = numbered([value("reported_feedback_on_time", HO_CHI_MINH, 0.9738,
                            period_to=date(2025, 9, 25))])  # fmt: skip
    (whole,) = statements(kept(indicator_value=until), ask(date(2026, 6, 30)))
    assert (month.value, whole.value) == (0.9377, 0.9738)
    assert month.check is None


def test_n24_four_states_and_their_printed_shares() -> None:
    whole = _told("reported_feedback", HA_NOI)
    assert whole.check == "adds_up"
    shares = [row["value"] / 2_350 for row in ROWS if row["unit_id"] == HA_NOI and row["part"]]
    # 7,6 is cut from 7,66: printed shares may be.
    for share, printed in zip(shares, (0.704, 0.076, 0.116, 0.104), strict=True):
        assert agrees(printed, share, 3)


def test_n25_is_the_dated_rule_of_taking_on() -> None:
    (rule,) = acceptances()
    assert (rule.hours, rule.urgent, rule.valid_from) == (8, 4, date(2025, 2, 28))
    assert "1207/QĐ-UBND" in rule.document


def test_n26_is_what_its_numbers_give_and_the_printed_rate_is_refused() -> None:
    one = _told("reported_feedback_satisfied", HOANG_MAI)
    assert one.rate == pytest.approx(0.4967, abs=0.00005)
    row = dict.fromkeys(str(column.target) for column in INDICATOR_VALUE.columns)
    entered = row | {"value": 0.6131, "numerator": 150, "denominator": 302}
    assert rate_off(entered) == ("49,67%", "61,31%")
    printed = numbered([value("reported_feedback_satisfied", HOANG_MAI, 0.6131, numerator=150.0,
                              denominator=302.0)])  # fmt: skip
    (wrong,) = statements(kept(indicator_value=printed), ask(date(2026, 6, 30)))
    assert (wrong.check, wrong.arithmetic) == ("rate_off", "150/302 = 49,67% ≠ 61,31%")
