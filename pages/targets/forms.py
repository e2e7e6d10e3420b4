"""Entering on the screen of targets: what its forms know beside the registers' declarations."""

from __future__ import annotations

from typing import Final

from ui.kit.forms import Form

FILES: Final = ("target", "commitment", "unit_rating", "programme")
FORMS: Final = (
    Form(
        "target",
        "Thêm chỉ tiêu",
        ":material/flag:",
        done="Đã thêm chỉ tiêu “{name}”.",
        labels={
            "metric": "Mã số liệu (ví dụ on_time, PAPI)",
            "low": "Mức dưới (ví dụ 98% hoặc 0,98)",
            "share": "Tỷ lệ đơn vị (ví dụ 60%)",
        },
    ),
    Form("commitment", "Thêm cam kết đã ký", ":material/draw:", done="Đã thêm cam kết."),
    Form(
        "unit_rating", "Thêm xếp loại của đơn vị", ":material/leaderboard:",
        done="Đã thêm xếp loại.",
    ),
)  # fmt: skip
