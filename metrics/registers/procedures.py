"""Fields of administration and the versions of administrative procedures."""

from __future__ import annotations

from typing import Final

from metrics.registers import rules
from metrics.registers.columns import BOOLEAN, CHOICE, DATE, INTEGER, Choice, Column, Register
from metrics.registers.shared import code

LEVELS: Final = (
    Choice("province", "Cấp tỉnh", ("tỉnh", "sở, ban, ngành")),
    Choice("district", "Cấp huyện", ("huyện",)),
    Choice("commune", "Cấp xã", ("xã",)),
)
LIMIT_UNITS: Final = (
    Choice("hour", "Giờ"),
    Choice("working_day", "Ngày làm việc"),
    Choice("day", "Ngày"),
    Choice("month", "Tháng"),
)
ONLINE_LEVELS: Final = (
    Choice("partial", "Một phần"),
    Choice("full", "Toàn trình"),
)

FIELD: Final = Register(
    "field",
    "Lĩnh vực",
    (
        code("Mã lĩnh vực"),
        Column("name", "Tên lĩnh vực", required=True, width=48, in_list=True),
    ),
    ("code",),
    noun="lĩnh vực",
    open_to_all=True,
)
"""A field of administration (lĩnh vực)."""

PROCEDURE: Final = Register(
    "procedure",
    "Danh mục thủ tục hành chính",
    (
        Column(
            "code",
            "Mã thủ tục",
            required=True,
            also=("mã TTHC",),
            help="Ví dụ 1.012781.",
            length=64,
        ),
        Column("version", "Phiên bản", INTEGER, default=1, low=1, help="Để trống: phiên bản 1."),
        Column(
            "name",
            "Tên thủ tục",
            required=True,
            also=("tên TTHC",),
            width=64,
            length=1024,
            in_list=True,
        ),
        Column("field", "Lĩnh vực", "field", False, "field_id"),
        Column("level", "Cấp giải quyết", CHOICE, choices=LEVELS),
        # Time limit (thời hạn giải quyết): a value and its unit of time.
        Column("limit_value", "Thời hạn giải quyết", INTEGER, low=0),
        Column("limit_unit", "Đơn vị thời hạn", CHOICE, choices=LIMIT_UNITS, checked=True),
        Column("online_level", "Mức dịch vụ công trực tuyến", CHOICE, choices=ONLINE_LEVELS),
        Column("has_fee", "Có nghĩa vụ tài chính", BOOLEAN),
        # The title itself reveals something about the applicant (lý lịch tư pháp, bảo trợ …).
        Column("is_sensitive", "Tên có thông tin nhạy cảm", BOOLEAN, default=False),
        Column("valid_from", "Có hiệu lực từ", DATE),
        Column("valid_to", "Có hiệu lực đến", DATE, help="Ngày cuối còn hiệu lực."),
    ),
    ("code", "version"),
    checks=(
        rules.in_order("valid_from", "valid_to", "Có hiệu lực đến"),
        rules.both_or_neither(
            "limit_value", "limit_unit", "Thời hạn giải quyết", "đơn vị thời hạn"
        ),
    ),
    noun="thủ tục",
    open_to_all=True,
)
"""One version of an administrative procedure (TTHC); a dossier keeps its version."""
