"""Citizens' feedback (phản ánh, kiến nghị): what came in, who handles it, how it ended.

Nothing of the sender is kept: no name, no telephone number, no address, and of the text a summary
only. What a citizen wrote stays in the system that received it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from metrics.registers import rules
from metrics.registers.columns import (
    BOOLEAN,
    CHOICE,
    DATE,
    MOMENT,
    Choice,
    Column,
    Problem,
    Register,
)
from metrics.registers.shared import code, source, unit

FEEDBACK_KINDS: Final = (
    Choice("scene", "Hiện trường", ("phản ánh hiện trường",)),
    Choice("procedure", "Thủ tục hành chính", ("tthc", "dịch vụ công")),
    Choice("regulation", "Quy định hành chính", ("quy định",)),
    Choice("conduct", "Hành vi hành chính", ("hành vi",)),
    Choice("other", "Khác"),
)
FEEDBACK_CHANNELS: Final = (
    Choice("portal", "Cổng Dịch vụ công quốc gia", ("cổng dvcqg", "cổng", "cổng quốc gia")),
    Choice("app", "Ứng dụng của địa phương", ("ihanoi", "ứng dụng", "ứng dụng địa phương")),
    Choice("hotline", "Tổng đài 1022", ("1022", "tổng đài")),
    Choice("direct", "Trực tiếp", ("tại bộ phận một cửa",)),
    Choice("letter", "Văn bản, thư", ("văn bản", "thư", "đơn thư")),
    Choice("other", "Khác"),
)
OUTCOMES: Final = (
    Choice("answered", "Đã trả lời", ("đã xử lý", "trả lời")),
    Choice("refused", "Từ chối", ("từ chối tiếp nhận",)),
    Choice("transferred", "Chuyển trả", ("chuyển nơi khác", "chuyển xử lý")),
)
RATINGS: Final = (
    Choice("satisfied", "Hài lòng"),
    Choice("accepted", "Chấp nhận", ("chấp nhận được",)),
    Choice("unsatisfied", "Chưa hài lòng", ("không hài lòng",)),
)

_PERSONAL: Final = re.compile(r"@|(?:\d[\s.-]?){9,}")
"""An e-mail address; nine digits or more in a row: a telephone or an identity number."""


def _nobody_named(row: Mapping[str, Any]) -> Problem | None:
    text = row.get("subject")
    if not text or not _PERSONAL.search(text):
        return None
    # What is refused is kept with its reason: the value itself is not said again.
    return Problem(
        "Tóm tắt",
        None,
        "có số giống số điện thoại, số định danh hoặc địa chỉ e-mail; sổ này không giữ thông tin "
        "của người phản ánh, hãy bỏ đi.",
    )


def _rated_when_ended(row: Mapping[str, Any]) -> Problem | None:
    if row.get("rating") is None or row.get("ended_at") is not None:
        return None
    return Problem("Đánh giá", None, "chỉ ghi khi phản ánh đã kết thúc; hãy ghi “Kết thúc lúc”.")


FEEDBACK: Final = Register(
    "feedback",
    "Phản ánh, kiến nghị",
    (
        code("Mã phản ánh", help="Mã ở hệ thống tiếp nhận. Không trùng nhau."),
        unit("Đơn vị xử lý"),
        Column(
            "subject",
            "Tóm tắt",
            help="Một câu ngắn về việc được phản ánh. Không ghi họ tên, số điện thoại, địa chỉ, "
            "e-mail, số định danh của bất kỳ ai: sổ không giữ dữ liệu cá nhân.",
            width=48,
            length=160,
            in_list=True,
        ),
        Column("kind", "Loại", CHOICE, choices=FEEDBACK_KINDS, also=("lĩnh vực", "phân loại"),
               checked=True, in_list=True),
        Column("channel", "Nguồn tiếp nhận", CHOICE, choices=FEEDBACK_CHANNELS,
               also=("kênh", "kênh tiếp nhận"), checked=True),
        Column("is_urgent", "Khẩn", BOOLEAN, help="Để trống khi chưa rõ."),
        Column("received_at", "Nhận lúc", MOMENT, True, also=("ngày nhận", "thời điểm nhận"),
               in_list=True),
        # Tiếp nhận: the unit has taken it on; not when it came in.
        Column("accepted_at", "Tiếp nhận xử lý lúc", MOMENT,
               help="Lúc đơn vị nhận xử lý. Để trống: chưa tiếp nhận."),
        Column("due_at", "Hạn xử lý", MOMENT,
               help="Hạn mà hệ thống tiếp nhận ghi. Để trống: tính theo thời hạn chung."),
        Column("extended_to", "Gia hạn đến", MOMENT),
        Column("extended_at", "Gia hạn lúc", MOMENT,
               help="Lúc quyết định gia hạn. Để trống: gia hạn được tính từ đầu."),
        Column("ended_at", "Kết thúc lúc", MOMENT, also=("trả lời lúc", "ngày xử lý xong"),
               help="Lúc trả lời, từ chối hoặc chuyển trả. Để trống: chưa xong."),
        Column("outcome", "Kết quả", CHOICE, choices=OUTCOMES, checked=True),
        Column("is_published", "Đã công khai", BOOLEAN, help="Để trống khi chưa rõ."),
        # Người gửi phản ánh tiếp sau khi đã trả lời.
        Column("is_again", "Phản ánh tiếp", BOOLEAN,
               help="Người gửi phản ánh tiếp sau khi được trả lời. Để trống khi chưa rõ."),
        Column("rating", "Đánh giá của người gửi", CHOICE, choices=RATINGS, checked=True,
               also=("đánh giá",), help="Để trống: chưa đánh giá."),
        Column("rated_on", "Ngày đánh giá", DATE,
               help="Để trống: coi như đánh giá ngay khi kết thúc."),
        source(),
    ),
    ("code",),
    ("received_at",),
    (
        rules.in_order("received_at", "accepted_at", "Tiếp nhận xử lý lúc"),
        rules.in_order("received_at", "due_at", "Hạn xử lý"),
        rules.in_order("received_at", "extended_to", "Gia hạn đến"),
        rules.in_order("received_at", "ended_at", "Kết thúc lúc"),
        rules.both_or_neither("ended_at", "outcome", "Kết thúc lúc", "kết quả"),
        _rated_when_ended,
        _nobody_named,
    ),
    noun="phản ánh",
)  # fmt: skip
"""One feedback and what became of it; without anything of who sent it (phản ánh, kiến nghị)."""
