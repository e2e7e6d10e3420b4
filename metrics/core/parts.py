"""The parts of a figure whose rows can be opened: what it counts, of what, and what spoils it."""

from __future__ import annotations

from functools import partial
from typing import Final

import narwhals as nw

from metrics.core.ask import Ask
from metrics.core.conditions import Condition
from metrics.core.figure import Figure

PARTS: Final = ("numerator", "denominator", "missing")
"""Which rows of a figure can be opened: those that it counts; of a rate, those that it is a rate
of; and those of them that it does not count, which keep it from being 100%."""


def part_of(figure: Figure, part: str) -> Condition:
    """What the rows of a part of a figure meet (:data:`PARTS`).

    Raises:
        ValueError: the figure has no such part, in Vietnamese: a count has a numerator only, a
            mean sums something else than the rows that it is of.
    """
    if part == "numerator":
        return figure.numerator
    if figure.denominator is None:
        raise ValueError(f"Chỉ tiêu “{figure.label}” là số lượng, không có mẫu số để mở.")
    if part == "denominator":
        return figure.denominator
    if part != "missing":
        raise ValueError(f"Không có phần “{part}”. Hãy chọn một trong: {', '.join(PARTS)}.")
    if not figure.is_share:
        raise ValueError(f"Chỉ tiêu “{figure.label}” không phải tỷ lệ của chính các dòng ấy.")
    return partial(_missing, figure.numerator, figure.denominator)


def _missing(numerator: Condition, denominator: Condition, ask: Ask) -> nw.Expr:
    # Null counts as "no", as it does in the number.
    counted = nw.when(numerator(ask)).then(nw.lit(1)).otherwise(nw.lit(0))
    return denominator(ask) & (counted == 0)
