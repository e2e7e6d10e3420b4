"""Rules between the columns of a register's row."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class FormSum:
    """A sum of form II.06a that a line tells all of: the whole, its parts, both numbers."""

    whole: str
    printed: int
    parts: str
    added: int
    may_be_less: bool

    @property
    def words(self) -> str:
        """(7) = (8) + (9) + (10)."""
        return f"{self.whole} = {self.parts}"

    @property
    def apart(self) -> int:
        """By how much the whole and its parts differ."""
        return abs(self.printed - self.added)

    @property
    def is_off(self) -> bool:
        """Whether they differ in a way that nothing explains."""
        return self.added != self.printed and not (self.may_be_less and self.added < self.printed)


_SUMS: Final = (
    (3, (4, 5, 6), False),
    # What has no due date is in these totals and in none of their parts.
    (7, (8, 9, 10), True),
    (11, (12, 13), True),
    (3, (7, 11), False),
)


def form_numbers(row: Mapping[str, Any]) -> dict[int, int | None]:
    """The line's columns by number. Where (8) and (9) are printed as one number, it is all in (8)
    and (9) is 0: only their sum is to be used."""
    numbers: dict[int, int | None] = {number: row.get(f"c{number}") for number in range(3, 14)}
    if is_one_number(row):
        numbers |= {8: row["in_time"], 9: 0}
    return numbers


def is_one_number(row: Mapping[str, Any]) -> bool:
    """Whether the line tells "trước và đúng hạn" by one number only."""
    apart = row.get("c8") is not None and row.get("c9") is not None
    return row.get("in_time") is not None and not apart


def form_sums(row: Mapping[str, Any]) -> list[FormSum]:
    """The sums of form II.06a that the line tells all of."""
    numbers, as_one = form_numbers(row), is_one_number(row)
    found = []
    for total, parts, may_be_less in _SUMS:
        whole, values = numbers[total], [numbers[part] for part in parts]
        if whole is None or any(value is None for value in values):
            continue
        names = " + ".join(f"({part})" for part in parts)
        if as_one:
            names = names.replace("(8) + (9)", "(8+9)")
        added = sum(value for value in values if value is not None)
        found.append(FormSum(f"({total})", whole, names, added, may_be_less))
    both, first, second = row.get("in_time"), row.get("c8"), row.get("c9")
    if both is not None and first is not None and second is not None:
        found.append(FormSum("(8+9)", both, "(8) + (9)", first + second, False))
    return found


def _adds_up(whole: str, parts: str) -> Check:
    """The check of one sum; none of a line that is kept as it was printed."""

    def check(row: Mapping[str, Any]) -> Problem | None:
        if row.get("as_printed"):
            return None
        for each in form_sums(row):
            if each.is_off and (each.whole, each.parts.replace("(8+9)", "(8) + (9)")) == (
                whole,
                parts,
            ):
                return Problem(
                    whole,
                    show(each.printed),
                    f"không bằng {each.parts} = {show(each.added)}, lệch {show(each.apart)}; hãy "
                    f"sửa. {AS_PRINTED}",
                )
        return None

    return check


AS_PRINTED: Final = "Nếu báo cáo in như vậy: ghi “Có” vào “Giữ số như in” để giữ và đánh dấu."
FORM_SUMS: Final = (
    *(
        _adds_up(f"({total})", " + ".join(f"({part})" for part in parts))
        for total, parts, _ in _SUMS
    ),
    _adds_up("(8+9)", "(8) + (9)"),
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
