"""Every report by its key: what it is called, how it is made, into which formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from reports import briefing, deck, quarterly
from reports.blocks import Report
from reports.forms import official
from reports.material import Material

Format = Literal["xlsx", "docx", "pptx", "pdf"]


@dataclass(frozen=True)
class Declared:
    """A report: ``make`` arranges it from what the figures answer."""

    key: str
    title: str
    make: Callable[[Material], Report]
    formats: tuple[Format, ...]


FORM: Final[tuple[Format, ...]] = ("xlsx", "pdf")

REPORTS: Final[dict[str, Declared]] = {
    each.key: each for each in (
        Declared("trinh-chieu", "Bản trình chiếu họp giao ban", deck.deck, ("pptx", "pdf")),
        Declared("bao-cao-tuan", "Báo cáo nhanh hằng tuần cho lãnh đạo", briefing.briefing,
                 ("pdf", "docx")),
        Declared("bao-cao-quy", "Báo cáo quý về kiểm soát TTHC (dự thảo)", quarterly.quarterly,
                 ("docx", "pdf")),
        Declared("bieu-ii06a", "Giải quyết TTHC theo lĩnh vực (13 cột II.06a)", official.by_field,
                 FORM),
        Declared("bieu-ii06a-don-vi", "Giải quyết TTHC theo đơn vị (13 cột II.06a)",
                 official.by_unit, FORM),
        Declared("bang-14-cot", "Bảng 14 cột của địa phương", official.local_table, FORM),
        Declared("nguyen-nhan-qua-han", "Nguyên nhân quá hạn", official.causes, FORM),
        Declared("bieu-ii07b", "Số lượng TTHC (cột II.07b)", official.procedures, FORM),
    )
}  # fmt: skip
"""Key → report, in the order that they are listed in."""
