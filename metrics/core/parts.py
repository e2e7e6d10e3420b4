"""The parts of a figure whose rows can be opened: what it counts, of what, and what spoils it."""

from __future__ import annotations

from functools import partial
from typing import Final

import narwhals as nw

from metrics.core import expressions as ex
from metrics.core.ask import Ask
from metrics.core.conditions import Condition
from metrics.core.figure import Figure

PARTS: Final = ("numerator", "denominator", "missing", "unknown")
"""Which rows of a figure can be opened: those that it counts; of a rate, those that it is a rate
of; those of them that it does not count, which keep it from being 100%; and those of which
nobody can tell (neither of the two, and no part of the rate, unless it is asked for over all)."""


def part_of(figure: Figure, part: str) -> Condition:
    """What the rows of a part of a figure meet (:data:`PARTS`).

    Raises:
        ValueError: the figure has no such part, in Vietnamese: a count has a numerator only, a
            mean sums something else than the rows that it is of.
    """
    if part == "numerator":
        return figure.numerator
    if part == "unknown":
        if figure.unknown is None and not figure.is_share:
            raise ValueError(f"Chỉ tiêu “{figure.label}” không có phần chưa phân loại.")
        return figure.unknown or partial(_none, figure)
    if figure.denominator is None:
        raise ValueError(f"Chỉ tiêu “{figure.label}” là số lượng, không có mẫu số để mở.")
    if part == "denominator":
        return figure.denominator
    if part != "missing":
        raise ValueError(f"Không có phần “{part}”. Hãy chọn một trong: {', '.join(PARTS)}.")
    if not figure.is_share:
        raise ValueError(f"Chỉ tiêu “{figure.label}” không phải tỷ lệ của chính các dòng ấy.")
    others: tuple[Condition, ...] = (figure.numerator,)
    if figure.fact in ("dossier", "pause") and figure.unknown is not None:
        # Beside the rate; where a register's rows do not say, that spoils it.
        others = (figure.numerator, figure.unknown)
    return partial(_missing, others, figure.denominator)


def _none(figure: Figure, ask: Ask) -> nw.Expr:
    """Of a rate that leaves nothing open: no row."""
    return figure.numerator(ask) & ex.lit(False)


def _missing(others: tuple[Condition, ...], denominator: Condition, ask: Ask) -> nw.Expr:
    found = denominator(ask)
    for other in others:  # null counts as "no", as it does in the number
        found = found & (ex.when(other(ask)).then(ex.lit(1)).otherwise(ex.lit(0)) == 0)
    return found
