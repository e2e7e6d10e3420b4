"""What happened beside the dossiers: holidays, new software, reorganisations, campaigns."""

from __future__ import annotations

from typing import Final

from metrics.registers import rules
from metrics.registers.columns import BOOLEAN, CHOICE, DATE, LONG, UNIT, Choice, Column, Register
from metrics.registers.shared import UNIT_HELP, source

EVENT_KINDS: Final = (
    Choice("holiday", "Nghỉ lễ", ("nghỉ lễ, tết", "lễ, tết")),
    Choice("software", "Phần mềm mới", ("phần mềm",)),
    Choice("reorganisation", "Sắp xếp tổ chức", ("sắp xếp đơn vị", "tổ chức lại")),
    Choice("inspection", "Kiểm tra", ("thanh tra", "đoàn kiểm tra")),
    Choice("campaign", "Chiến dịch", ("đợt cao điểm", "đợt ra quân")),
    Choice("other", "Khác"),
)

EVENT: Final = Register(
    "event",
    "Sự kiện",
    (
        Column(
            "name",
            "Tên sự kiện",
            required=True,
            also=("sự kiện",),
            help="Ngắn, vì đứng trên biểu đồ: “Phần mềm một cửa mới”.",
            width=40,
            length=120,
            in_list=True,
        ),
        Column(
            "kind", "Loại", CHOICE, True, choices=EVENT_KINDS, also=("loại sự kiện",), checked=True
        ),
        Column(
            "unit",
            "Đơn vị",
            UNIT,
            False,
            "unit_id",
            help="Sự kiện của đơn vị này và mọi đơn vị trực thuộc; để trống: của mọi đơn vị. "
            + UNIT_HELP,
            width=32,
        ),
        Column("from_on", "Từ ngày", DATE, True, also=("ngày", "bắt đầu"), in_list=True),
        Column(
            "to_on", "Đến ngày", DATE, also=("kết thúc",), help="Để trống: chỉ một ngày, hoặc từ "
            "ngày đó về sau."
        ),
        # Means and limits of control charts begin anew at from_on.
        Column(
            "is_rebase",
            "Tính lại mức bình thường từ đây",
            BOOLEAN,
            default=False,
            also=("tính lại",),
            help="“Có” khi từ ngày này cách làm đã khác: mức trung bình và giới hạn của biểu đồ "
            "kiểm soát tính lại từ đây.",
        ),
        Column("note", "Ghi chú", length=LONG),
        source(),
    ),
    ("name", "from_on", "unit_id"),
    ("from_on",),
    (rules.in_order("from_on", "to_on", "Đến ngày"),),
    noun="sự kiện",
    # A key with an unknown unit is several to the database.
    is_unique=False,
    is_dated=True,
    from_above=True,
)  # fmt: skip
"""What a time line should show beside its figures; without a unit, of everybody (sự kiện)."""
