"""Visits to units, what they found, and whether it was put right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from metrics.registers import rules
from metrics.registers.columns import (
    BOOLEAN,
    CHOICE,
    DATE,
    LONG,
    Choice,
    Column,
    Problem,
    Register,
)
from metrics.registers.shared import BY, PRECISION, code, source, unit

INSPECTION_KINDS: Final = (
    Choice("periodic", "Định kỳ", ("theo kế hoạch",)),
    Choice("surprise", "Đột xuất"),
    Choice("recheck", "Tái kiểm tra", ("phúc tra",)),
    Choice("self", "Tự kiểm tra"),
)


def _recheck_has_parent(row: Mapping[str, Any]) -> Problem | None:
    if row.get("kind") == "recheck" and row.get("parent_id") is None:
        return Problem(
            "Mã cuộc kiểm tra trước",
            None,
            "tái kiểm tra phải nêu cuộc kiểm tra trước; hãy điền cột này.",
        )
    if row.get("id") is not None and row.get("parent_id") == row.get("id"):
        return Problem("Mã cuộc kiểm tra trước", None, "không thể là chính cuộc kiểm tra này.")
    return None


def _no_self_repeat(row: Mapping[str, Any]) -> Problem | None:
    if row.get("id") is not None and row.get("repeats_id") == row.get("id"):
        return Problem("Lặp lại tồn tại", None, "một tồn tại không thể lặp lại chính nó.")
    return None


INSPECTION: Final = Register(
    "inspection",
    "Kiểm tra",
    (
        code("Mã cuộc kiểm tra"),
        Column("campaign", "Đợt kiểm tra"),
        Column(
            "kind",
            "Loại",
            CHOICE,
            True,
            choices=INSPECTION_KINDS,
            also=("hình thức",),
            checked=True,
            in_list=True,
        ),
        # Trực tiếp hoặc qua môi trường số.
        Column("is_digital", "Qua môi trường số", BOOLEAN),
        unit("Đơn vị được kiểm tra"),
        Column(
            "subject",
            "Cơ sở được kiểm tra",
            help="Nơi không có trong cây đơn vị, ví dụ một trường học thuộc đơn vị.",
        ),
        Column(
            "from_on",
            "Từ ngày",
            DATE,
            True,
            month="first",
            help="Chỉ biết tháng: ghi mm/yyyy.",
            in_list=True,
        ),
        Column("to_on", "Đến ngày", DATE, month="last"),
        # With 'month', only the month of from_on and to_on is known.
        PRECISION,
        Column("topics", "Nội dung", width=48, length=LONG),
        Column("team", "Thành phần đoàn", length=LONG),
        Column("basis", "Căn cứ", length=512),
        Column("conclusion_no", "Số kết luận"),
        Column("concluded_on", "Ngày kết luận", DATE),
        # Re-inspection: the visit whose findings are looked at again.
        Column("parent", "Mã cuộc kiểm tra trước", "inspection", False, "parent_id"),
        source(),
    ),
    ("code",),
    ("from_on", "to_on"),
    (rules.in_order("from_on", "to_on", "Đến ngày"), _recheck_has_parent),
    noun="cuộc kiểm tra",
)
"""A visit to one unit (cuộc kiểm tra); visits of one round share ``campaign``."""

FINDING: Final = Register(
    "finding",
    "Tồn tại",
    (
        code("Mã tồn tại"),
        Column("inspection", "Mã cuộc kiểm tra", "inspection", True, "inspection_id", belongs=True),
        Column(
            "kind",
            "Nhóm lỗi",
            required=True,
            help="Một cửa, liên thông, quy trình nội bộ, quy trình TTHC, kỷ luật kỷ cương…",
            length=64,
        ),
        Column(
            "description",
            "Mô tả",
            required=True,
            also=("tồn tại",),
            width=60,
            length=LONG,
            in_list=True,
        ),
        Column("responsible", "Chịu trách nhiệm"),
        Column("recommendation", "Kiến nghị", width=40, length=LONG),
        Column("fix_by", "Hạn khắc phục", DATE),
        # Báo cáo khắc phục của đơn vị: chưa phải là xác nhận.
        Column("reported_on", "Ngày báo cáo khắc phục", DATE),
        Column("report_document", "Văn bản báo cáo"),
        Column("evidence", "Minh chứng", length=LONG),
        # The earlier finding that this one repeats.
        Column("repeats", "Lặp lại tồn tại", "finding", False, "repeats_id"),
        source(),
    ),
    ("code",),
    checks=(_no_self_repeat,),
    noun="tồn tại",
    # Found on the visit's last known day.
    inherits={"unit_id": ("unit_id",), "found_on": ("to_on", "from_on")},
)
"""A shortcoming that an inspection found (tồn tại)."""

FINDING_CHECK: Final = Register(
    "finding_check",
    "Xác nhận khắc phục",
    (
        Column(
            "finding",
            "Mã tồn tại",
            "finding",
            True,
            "finding_id",
            belongs=True,
            deleted_along=True,
        ),
        Column(
            "inspection",
            "Mã cuộc tái kiểm tra",
            "inspection",
            False,
            "inspection_id",
            help="Để trống khi xác nhận qua văn bản.",
            belongs=True,
        ),
        Column("checked_on", "Ngày xác nhận", DATE, True),
        Column("is_fixed", "Đã khắc phục", BOOLEAN, True, in_list=True),
        Column("note", "Ghi chú", length=LONG),
        BY,
    ),
    ("finding_id", "checked_on"),
    noun="lần xác nhận",
    inherits={"unit_id": ("unit_id",)},
)
"""What a re-inspection, or a confirmation on paper, said about a finding."""
