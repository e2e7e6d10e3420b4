"""Columns and choices that several registers have."""

from __future__ import annotations

from typing import Final

from metrics.registers.columns import CHOICE, DATE, LONG, UNIT, Choice, Column

PRECISIONS: Final = (
    Choice("day", "Ngày"),
    Choice("month", "Tháng"),
    Choice("quarter", "Quý"),
    Choice("year", "Năm"),
)
COVERAGES: Final = (
    Choice("own", "Của chính đơn vị", ("đơn vị",)),
    Choice("communes", "Của các xã, phường", ("các phường", "các xã, phường, thị trấn")),
)
COVERAGE_WORDS: Final = {each.value: each.word[0].lower() + each.word[1:] for each in COVERAGES}
"""In the middle of a sentence."""

UNIT_HELP: Final = (
    "Mã hoặc tên đơn vị. Trùng tên thì ghi “hệ mã:mã” (ví dụ gso:268) "
    "hoặc “Tên, Tên đơn vị cấp trên”."
)


def unit(label: str = "Đơn vị") -> Column:
    """Whose the row is."""
    return Column("unit", label, UNIT, True, "unit_id", ("đơn vị",), help=UNIT_HELP, width=32)


def code(label: str, *, help: str = "Không trùng nhau.") -> Column:
    """The code that a row is known by."""
    return Column("code", label, required=True, also=("mã",), help=help, length=64)


def programme(*, helper: bool = False) -> Column:
    """The programme that the row belongs to; ``helper``: it only says within which a code is."""
    return Column(
        "programme",
        "Mã chương trình",
        "programme",
        True,
        None if helper else "programme_id",
        ("mã chương trình, kế hoạch", "chương trình"),
        help="Mã ở sổ Chương trình, kế hoạch.",
        belongs=True,
    )


def coverage() -> Column:
    """Whose work a line of numbers sums up."""
    return Column("coverage", "Phạm vi", CHOICE, choices=COVERAGES, default="own", length=32)


def source(length: int = 512) -> Column:
    """Where the row comes from."""
    return Column(
        "source",
        "Nguồn",
        required=True,
        also=("nguồn số liệu",),
        help="Văn bản, báo cáo, bài báo…",
        length=length,
    )


WORDING: Final = Column(
    "wording",
    "Nguyên văn",
    also=("trích nguyên văn",),
    help="Câu chữ của nguồn.",
    width=48,
    length=LONG,
)
PERIOD: Final = (
    Column("period_from", "Từ ngày", DATE),
    Column("period_to", "Đến ngày", DATE),
)
PRECISION: Final = Column(
    "date_precision",
    "Độ chính xác của ngày",
    CHOICE,
    choices=PRECISIONS,
    default="day",
    help="“Tháng” khi nguồn chỉ nêu tháng.",
    length=8,
    checked=True,
)
BY: Final = Column("by", "Người cập nhật", required=True, also=("người ghi",))
