"""Figures of dossiers that Decision 766 scores, beside those of the catalogue.

Which dossiers: those received in the calendar month, as the portal counts them. A dossier whose
source does not say whether it was paid online, digitised or re-used is in neither side.
"""

from __future__ import annotations

from typing import Final

import narwhals as nw

from metrics.core import conditions as is_
from metrics.core import expressions as ex
from metrics.core.ask import Ask
from metrics.core.conditions import Condition
from metrics.core.figure import Figure
from metrics.dossiers.catalogue import figure

_BASIS: Final = "Quyết định 766/QĐ-TTg ngày 23/6/2022"


def _is_so(column: str) -> Condition:
    def condition(ask: Ask) -> nw.Expr:
        return is_.received(ask) & ex.col(column)

    return condition


def _says(column: str) -> Condition:
    def condition(ask: Ask) -> nw.Expr:
        return is_.received(ask) & ~ex.col(column).is_null()

    return condition


def _share(key: str, label: str, column: str, meaning: str, numerator: str) -> Figure:
    return Figure(
        key=key,
        label=label,
        numerator=_is_so(column),
        denominator=_says(column),
        meaning=meaning,
        numerator_meaning=numerator,
        denominator_meaning="hồ sơ tiếp nhận trong kỳ mà nguồn có ghi",
        basis=_BASIS,
        unit="rate",
        better="up",
        flow="received_at",
    )


SERVICE_FIGURES: Final[dict[str, Figure]] = {
    each.key: each
    for each in (
        figure("on_time"),
        figure("online_share"),
        _share(
            "service_paid_online",
            "Hồ sơ thanh toán trực tuyến",
            "online_payment",
            "Hồ sơ tiếp nhận trong kỳ đã thanh toán trực tuyến, trên số hồ sơ mà nguồn có ghi.",
            "hồ sơ đã thanh toán trực tuyến",
        ),
        _share(
            "service_digitised",
            "Hồ sơ được số hóa",
            "digitised",
            "Hồ sơ tiếp nhận trong kỳ đã được số hóa, trên số hồ sơ mà nguồn có ghi.",
            "hồ sơ đã được số hóa",
        ),
        _share(
            "service_reused",
            "Hồ sơ dùng lại dữ liệu số hóa",
            "data_reused",
            "Hồ sơ tiếp nhận trong kỳ dùng lại dữ liệu đã số hóa, trên số hồ sơ mà nguồn có ghi.",
            "hồ sơ dùng lại dữ liệu đã số hóa",
        ),
    )
}
"""Key → figure; the first two are asked with the portal's definition."""

LISTED: Final[dict[str, dict[str, str]]] = {
    "on_time": {
        "not_on_time": "Hồ sơ làm mất điểm",
        "on_time": "Hồ sơ ở tử số",
        "received": "Hồ sơ ở mẫu số",
    },
    "online_share": {
        "received_offline": "Hồ sơ không nộp trực tuyến",
        "received_online": "Hồ sơ ở tử số",
        "received": "Hồ sơ ở mẫu số",
    },
}
"""Figures whose dossiers the screen of late dossiers can list: its figures, in words."""
