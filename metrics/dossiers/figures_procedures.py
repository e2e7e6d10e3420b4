"""Figures of dossiers by the procedure they were received under: its version and its limit."""

from __future__ import annotations

from typing import Final

import narwhals as nw

from metrics.core import conditions as is_
from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.dossiers.catalogue import figure

_BASIS: Final = "Nghị định 63/2010/NĐ-CP về kiểm soát thủ tục hành chính; quy ước của phần mềm"


def _expired(ask: Ask) -> nw.Expr:
    return is_.received(ask) & nw.col("procedure_expired")


def _unknown(ask: Ask) -> nw.Expr:
    return is_.received(ask) & nw.col("procedure_id").is_null()


PROCEDURE_FIGURES: Final[dict[str, Figure]] = {
    each.key: each
    for each in (
        figure("received"),
        figure("resolved"),
        figure("resolved_late"),
        figure("pending_overdue"),
        figure("on_time"),
        Figure(
            key="received_expired",
            label="Tiếp nhận theo phiên bản không còn hiệu lực",
            numerator=_expired,
            denominator=is_.received,
            meaning="Hồ sơ tiếp nhận trong kỳ theo phiên bản thủ tục không có hiệu lực vào ngày "
            "tiếp nhận, trên tổng hồ sơ tiếp nhận.",
            numerator_meaning="hồ sơ tiếp nhận theo phiên bản không có hiệu lực ngày tiếp nhận",
            denominator_meaning="hồ sơ tiếp nhận trong kỳ",
            basis=_BASIS,
            unit="rate",
            better="down",
            flow="received_at",
        ),
        Figure(
            key="received_unknown_procedure",
            label="Tiếp nhận mà chưa rõ thủ tục",
            numerator=_unknown,
            denominator=is_.received,
            meaning="Hồ sơ tiếp nhận trong kỳ mà nguồn không cho biết thủ tục, nên không biết lĩnh "
            "vực và thời hạn quy định.",
            numerator_meaning="hồ sơ tiếp nhận trong kỳ, chưa rõ thủ tục",
            denominator_meaning="hồ sơ tiếp nhận trong kỳ",
            basis=_BASIS,
            unit="rate",
            better="down",
            flow="received_at",
        ),
    )
}
"""Key → figure; all but the last two are the catalogue's."""
