"""Entering the catalogue: fields and the versions of procedures."""

from __future__ import annotations

from typing import Final

from ui.kit.forms import Form

FILES: Final = ("procedure", "field")
ABOUT: Final = (
    "Đổi thời hạn thì thêm phiên bản mới kèm ngày hiệu lực, không sửa phiên bản cũ: hồ sơ giữ "
    "phiên bản lúc tiếp nhận."
)
FORMS: Final = (
    Form("procedure", "Thêm thủ tục, phiên bản", ":material/post_add:", "Thêm thủ tục",
         "Đã thêm “{name}”.", about=ABOUT),
    Form("field", "Thêm lĩnh vực", done="Đã thêm lĩnh vực “{name}”."),
)  # fmt: skip
