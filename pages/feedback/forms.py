"""Entering on the screen of feedback: what its form knows beside the declaration."""

from __future__ import annotations

from typing import Final

from ui.kit.forms import Form

FILES: Final = ("feedback",)
NEW: Final = Form(
    "feedback",
    "Thêm phản ánh",
    ":material/add_comment:",
    done="Đã thêm phản ánh.",
    when="received_at",
    about="Không ghi họ tên, số điện thoại, địa chỉ của người gửi: sổ không giữ dữ liệu cá nhân.",
)
FORMS: Final = (NEW,)
