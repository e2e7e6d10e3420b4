"""Rules between the columns of a register's row."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final

from metrics.core.printed import decimals_of
from metrics.core.vietnamese import number
from metrics.registers.columns import Check, Problem


def in_order(first: str, last: str, label: str) -> Check:
    """The check that ``first`` is not above ``last`` (``label``: the header of ``last``)."""

    def check(row: Mapping[str, Any]) -> Problem | None:
        low, high = row.get(first), row.get(last)
        if low is None or high is None or low <= high:
            return None
        return Problem(
            label, show(high), f"nhỏ hơn giá trị đầu ({show(low)}); hãy sửa một trong hai."
        )

    return check


def not_more(part: str, whole: str, label: str, of: str) -> Check:
    """The check that a part is not larger than its whole."""

    def check(row: Mapping[str, Any]) -> Problem | None:
        some, all_ = row.get(part), row.get(whole)
        if some is None or all_ is None or some <= all_:
            return None
        return Problem(label, show(some), f"lớn hơn {of} ({show(all_)}); hãy sửa một trong hai.")

    return check


def both_or_neither(one: str, other: str, label: str, of: str) -> Check:
    """The check that two columns which mean nothing alone are given together."""

    def check(row: Mapping[str, Any]) -> Problem | None:
        if (row.get(one) is None) == (row.get(other) is None):
            return None
        return Problem(label, show(row.get(one)), f"phải ghi cùng {of}, hoặc để trống cả hai.")

    return check


def _adds_up(total: int, parts: tuple[int, ...], may_be_less: bool) -> Check:
    """Form II.06a: a total and its parts, where all of them are given.

    ``may_be_less``: what has no due date is in the total and in none of its parts.
    """

    def check(row: Mapping[str, Any]) -> Problem | None:
        whole = row.get(f"c{total}")
        values = [row.get(f"c{part}") for part in parts]
        if whole is None or any(value is None for value in values):
            return None
        added = sum(int(value) for value in values if value is not None)
        if added == whole or (may_be_less and added < whole):
            return None
        names = " + ".join(f"({part})" for part in parts)
        return Problem(f"({total})", show(whole), f"không bằng {names} = {show(added)}; hãy sửa.")

    return check


FORM_SUMS: Final = (
    _adds_up(3, (4, 5, 6), False),
    _adds_up(7, (8, 9, 10), True),
    _adds_up(11, (12, 13), True),
    _adds_up(3, (7, 11), False),
)


def show(value: Any, *, is_year: bool = False) -> str:
    """A value as a Vietnamese reader writes it (dates dd/mm/yyyy, 7.211, 87,11; a year 2025)."""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, int | float) and not is_year:
        return number(value, decimals_of(value))
    return str(value)


@cache
def service_maxima() -> dict[str, float | None]:
    """Keys that ``service_component`` may name → the most points (null: no points of its own).

    Components, groups (``N1`` …), inputs and the total (``TONG``) of
    metrics/service/decision766.toml.
    """
    text = resources.files("metrics").joinpath("service/decision766.toml").read_text("utf-8")
    held = tomllib.loads(text)
    scored = {each["key"]: float(each["max"]) for each in (*held["component"], *held["group"])}
    others = {each["key"]: None for each in held["input"]}
    return {**scored, **others, "TONG": 100.0}


def known_component(row: Mapping[str, Any]) -> Problem | None:
    """A component that Decision 766 has, and a portal score that it can have."""
    key, maxima = str(row.get("component")), service_maxima()
    if key not in maxima:
        known = ", ".join(maxima)
        return Problem("Thành phần", key, f"không có trong bộ chỉ số. Các mã có thể ghi: {known}.")
    score, most = row.get("portal_score"), maxima[key]
    if score is not None and most is not None and score > most:
        return Problem("Điểm trên Cổng", show(score), f"lớn hơn điểm tối đa ({show(most)}).")
    return None
