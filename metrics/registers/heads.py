"""Who leads a unit, and by which telephone: for whoever calls it.

Names and numbers of people: in the database only, in no frame, file of the snapshot or cache.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from metrics.registers import rules
from metrics.registers.columns import DATE, Column, Problem, Register
from metrics.registers.shared import source, unit

_NUMBER: Final = re.compile(r"\+?[\d .()-]{8,24}")
_DIGITS: Final = range(8, 16)
"""How many digits a number has: a short land line to the longest that E.164 allows."""


def _is_number(row: Mapping[str, Any]) -> Problem | None:
    text = row.get("phone")
    if text is None:
        return None
    if _NUMBER.fullmatch(text) and sum(sign.isdigit() for sign in text) in _DIGITS:
        return None
    return Problem("Điện thoại", text, "không phải số điện thoại; ví dụ 024.3825.1234.")


UNIT_HEAD: Final = Register(
    "unit_head",
    "Người đứng đầu đơn vị",
    (
        unit(),
        Column("since", "Từ ngày", DATE, True, help="Ngày nhận nhiệm vụ.", in_list=True),
        Column("until", "Đến ngày", DATE, help="Để trống khi đang giữ chức vụ."),
        Column("name", "Họ và tên", required=True, length=128, in_frame=False, in_list=True),
        Column("title", "Chức danh", length=128, help="Ví dụ Chủ tịch UBND phường."),
        Column(
            "phone",
            "Điện thoại",
            help="Số công vụ; chỉ người được giao chỉ đạo thấy.",
            length=32,
            in_frame=False,
        ),
        source(),
    ),
    ("unit_id", "since"),
    ("since",),
    (rules.in_order("since", "until", "Đến ngày"), _is_number),
    noun="người đứng đầu",
)
"""A person at the head of a unit, from a day on; the last one begun holds."""
