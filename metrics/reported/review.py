"""Statements of units in review: which need a look, how many, and which of them first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.conditions import Condition
from metrics.core.figure import Better, Figure
from metrics.core.vietnamese import number, percent
from metrics.reported.statements import Statement

_BASIS: Final = "Báo cáo của đơn vị; quy ước của phần mềm"
OLD_DAYS: Final = 365


def _is(name: str) -> Condition:
    return lambda ask: nw.col(name)


def _of(key: str, label: str, column: str, meaning: str, better: Better = "down") -> Figure:
    return Figure(
        key=key,
        label=label,
        numerator=_is(column),
        meaning=meaning,
        basis=_BASIS,
        fact="indicator_value",
        unit="values",
        better=better,
        is_stock=True,
    )


STATEMENT_FIGURE: Final[dict[str, Figure]] = {
    each.key: each
    for each in (
        _of("all", "Chỉ tiêu đã báo cáo", "is_told",
            "Chỉ tiêu mà đơn vị trong phạm vi đã báo cáo; mỗi đơn vị một lần, số biết sau cùng.",
            "up"),
        _of("off", "Tổng và phần không khớp", "is_off",
            "Chỉ tiêu mà các phần cộng lại khác tổng, hoặc số in khác tử số chia mẫu số."),
        _of("rest", "Còn phần không nêu", "is_rest",
            "Chỉ tiêu mà các phần được nêu cộng lại nhỏ hơn tổng."),
        _of("old", "Cũ hơn 12 tháng", "is_old",
            "Chỉ tiêu mà số biết sau cùng nói về một kỳ đã kết thúc hơn 12 tháng."),
        _of("untold", "Chưa có số", "is_untold", "Chỉ tiêu được nhắc tới mà không có số nào."),
        Figure(
            key="sums",
            label="Tổng khớp với các phần",
            numerator=_is("is_added"),
            denominator=_is("is_sum"),
            meaning="Chỉ tiêu có tổng và các phần, mà các phần cộng lại đúng bằng tổng.",
            basis=_BASIS,
            fact="indicator_value",
            unit="rate",
            better="up",
            is_stock=True,
            numerator_meaning="tổng bằng các phần cộng lại",
            denominator_meaning="chỉ tiêu có tổng và các phần",
        ),
    )
}  # fmt: skip
"""Key (also the state that a statement is in) → figure of the statements."""


def is_old(one: Statement, day: date) -> bool:
    """Whether what a statement speaks of ended more than a year before a day."""
    row = one.first
    known: date | None = row["as_of"] or row["period_to"] or row["period_from"]
    return known is not None and (day - known).days > OLD_DAYS


def is_untold(one: Statement) -> bool:
    """A statement that should hold a number and does not."""
    if one.indicator.kind in ("rate", "mean"):
        return one.rate is None
    return one.indicator.kind == "count" and one.indicator.parts != "apart" and one.value is None


def is_in(one: Statement, state: str, day: date) -> bool:
    """Whether a statement is in a state: a key of :data:`STATEMENT_FIGURE`."""
    return bool(_flags(one, day)[f"is_{state}"])


def _flags(one: Statement, day: date) -> dict[str, bool]:
    return {
        "is_told": True,
        "is_off": one.check in ("off", "rate_off"),
        "is_rest": one.check == "rest",
        "is_old": is_old(one, day),
        "is_untold": is_untold(one),
        "is_added": one.check == "adds_up",
        "is_sum": one.check not in (None, "rate_off"),
    }


def cells(found: Collection[Statement], ask: Ask) -> dict[str, dict[str, Any]]:
    """Figure (:data:`STATEMENT_FIGURE`) → numerator, denominator, rate of statements at T."""
    names = ("is_told", "is_off", "is_rest", "is_old", "is_untold", "is_added", "is_sum")
    rows = [_flags(one, ask.as_of_day) for one in found]
    frame = nw.from_native(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Boolean)))
    counted: dict[str, dict[str, Any]] = {}
    for key, figure in STATEMENT_FIGURE.items():
        above = frame.filter(figure.numerator(ask)).shape[0]
        below = frame.filter(figure.denominator(ask)).shape[0] if figure.denominator else None
        rate = above / below if below else None
        counted[key] = {"numerator": above, "denominator": below, "rate": rate}
    return counted


def gravest(found: Collection[Statement], state: str, day: date) -> Statement | None:
    """Of the statements in a state the one to look at first; None: none is."""
    among = [one for one in found if is_in(one, state, day)]
    if state in ("off", "rest"):
        return max(among, key=lambda one: abs(one.rest or 0), default=None)
    return among[0] if among else None


def lacking(one: Statement) -> str:
    """What the parts of a statement leave of its whole: "3.366 (46,7%)"."""
    if one.check == "rate_off" or one.rest is None:
        return one.arithmetic
    share = f" ({percent(one.rest / one.value)})" if one.rest and one.value else ""
    whole = float(one.rest).is_integer()
    return f"{number(one.rest) if whole else number(one.rest, 2)}{share}"


def pieces(one: Statement) -> list[tuple[str, float, float]]:
    """The parts out of the whole, with what is left unnamed: name, value, share in per cent."""
    if one.check not in ("adds_up", "rest") or not one.value:
        return []
    named: list[tuple[str, float]] = [(part["part"], part["value"]) for part in one.parts]
    if one.check == "rest" and one.rest is not None:
        named.append((one.indicator.rest, one.rest))
    return [(name, value, 100 * value / one.value) for name, value in named]


def shown_first(chosen: list[Statement], most: int) -> list[Statement]:
    """As many statements as a screen bears, in its order: what needs a look is never left out
    for what does not. Units that a plan names are one line, so they always stand."""
    wanting = {"off": 0, "rate_off": 0, "rest": 2}
    ranked = sorted(
        chosen,
        key=lambda one: (
            -1
            if one.indicator.kind == "list"
            else wanting.get(one.check or "", 1 if is_untold(one) else 3)
        ),
    )
    lists = sum(one.indicator.kind == "list" for one in chosen)
    kept = {id(one) for one in ranked[: most + lists]}
    return [one for one in chosen if id(one) in kept]


def rows_of(one: Statement, *, earlier: bool = False) -> list[Mapping[str, Any]]:
    """The rows that a statement is made of; with those of statements before it."""
    now: list[Mapping[str, Any]] = [*([one.whole] if one.whole else []), *one.parts]
    return [*now, *one.earlier] if earlier else now
