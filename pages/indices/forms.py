"""Entering the indices' values: what the form knows beside the register's declaration."""

from __future__ import annotations

from typing import Final

from ui.kit.forms import Form

FILES: Final = ("index_score",)
FORMS: Final = (Form("index_score", "Thêm một giá trị", done="Đã thêm giá trị."),)
