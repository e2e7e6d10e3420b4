"""Numbers as people write them: one rule for every file, register and form."""

from __future__ import annotations

import re
from typing import Final

AUTO: Final = "auto"
WORKBOOK: Final = "workbook"
"""Decimal sign of a workbook: a point in number cells, as Vietnamese write it in cells of text."""

_POINTS: Final = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?")
_COMMAS: Final = re.compile(
    r"[+-]?[1-9]\d{0,2}(,\d{3}){2,}(\.\d+)?|[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+"
)

_GROUPED: Final = {
    ",": re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?"),
    ".": re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?"),
}
"""Decimal sign → numbers whose thousands stand in groups of three."""


def number(text: str, decimal: str = AUTO) -> float | None:
    """The number of a text, or None where it is none. ``decimal``: the sign, or ``auto``.

    ``auto`` is the Vietnamese way: a comma is the decimal sign (1,234 is one and a bit), points
    between groups of three part thousands (1.234), any other point is a decimal sign (68.60).
    Signs of both kinds, or two commas, tell by themselves (1,234.5 and 1,234,567). Groups that are
    not of three are no number.
    """
    text = text.replace(" ", "").replace("−", "-")
    if decimal == WORKBOOK:
        # Its number cells come with a point; what has a comma was typed as text.
        decimal = AUTO if "," in text else "."
    if decimal == AUTO:
        vietnamese = "," in text and not _COMMAS.fullmatch(text)
        decimal = "," if vietnamese or _POINTS.fullmatch(text) else "."
    thousands = "." if decimal == "," else ","
    if thousands in text and not _GROUPED[decimal].fullmatch(text):
        return None  # 1.23,4 and 1,23.4 are slips of the pen: nobody knows which sign was meant
    plain = text.replace(thousands, "").replace(decimal, ".")
    return float(plain) if re.fullmatch(r"[+-]?\d{1,300}(\.\d+)?", plain) else None


def whole_number(text: str, decimal: str = AUTO) -> int | None:
    """The whole number of a text, or None (``5``, ``5,0``, ``1.234``)."""
    value = number(text, decimal)
    return int(value) if value is not None and value == int(value) else None
