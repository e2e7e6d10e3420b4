"""Rules between the columns of a register's row, and what follows from other columns."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from connectors.intake.words import fold
from connectors.registers.columns import BadValue, Check, Problem
from metrics.registers import service_maxima

DATA: Final = Path(__file__).parent / "data"

TARGET_NEEDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "at_least": (("low", "Mức dưới"),),
    "at_most": (("high", "Mức trên"),),
    "between": (("low", "Mức dưới"), ("high", "Mức trên")),
    "label_at_least": (("label", "Xếp loại"),),
    "share_at_label": (("label", "Xếp loại"), ("share", "Tỷ lệ đơn vị")),
    "change_from_baseline": (("baseline_year", "Năm gốc"),),
    "rank_at_most": (("high", "Mức trên"),),
}
"""Which columns an operator cannot do without."""


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


def show(value: Any) -> str:
    """A value as a Vietnamese reader writes it (dates dd/mm/yyyy, 7.211, 87,11)."""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".") if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() else repr(value).replace(".", ",")
        return text
    return str(value)


# -- Decision 766 -------------------------------------------------------------------------------


def known_component(row: Mapping[str, Any]) -> Problem | None:
    """A component that the decision has, and a portal score that it can have."""
    key, maxima = str(row.get("component")), service_maxima()
    if key not in maxima:
        known = ", ".join(maxima)
        return Problem("Thành phần", key, f"không có trong bộ chỉ số. Các mã có thể ghi: {known}.")
    score, most = row.get("portal_score"), maxima[key]
    if score is not None and most is not None and score > most:
        return Problem("Điểm trên Cổng", show(score), f"lớn hơn điểm tối đa ({show(most)}).")
    return None


# -- indices ------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """A name without tones, spaces and the words tỉnh, thành phố, so that "Ha Noi" is Hà Nội."""
    letters = unicodedata.normalize("NFD", fold(text).replace("đ", "d"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    for word in ("thanh pho ", "tinh ", "tp. ", "tp "):
        bare = bare.removeprefix(word)
    return "".join(letter for letter in bare.removesuffix(" city") if letter.isalnum())


@cache
def _provinces() -> tuple[dict[str, str], dict[str, str]]:
    """Code → name, and every plain name → code (the scheme of 63 provinces, 00: the country)."""
    entries = tomllib.loads((DATA / "provinces.toml").read_text(encoding="utf-8"))["province"]
    names = {str(entry["code"]): str(entry["name"]) for entry in entries}
    codes = {
        _plain(name): str(entry["code"])
        for entry in entries
        for name in (entry["name"], *entry.get("also", ()))
    }
    return names, codes


def fill_province(row: dict[str, Any]) -> None:
    """The province's code from its name (also without tones), and its name as it is written."""
    names, codes = _provinces()
    code = row.get("province_code")
    if code is not None and str(code) in names:
        row["province"] = names[str(code)]
        return
    found = codes.get(_plain(str(row.get("province") or "")))
    if found is None:
        raise BadValue(
            "không nhận ra tỉnh, thành phố; hãy ghi tên hoặc mã hai chữ số của 63 tỉnh, thành phố."
        )
    row["province_code"], row["province"] = found, names[found]


def worst_ranks_are_notes(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A rank known only as "no better than" (≥ 62) is no bound of ours: it goes into the note."""
    bound = given.get("rank_bound")
    if not isinstance(bound, str) or not bound.strip().startswith((">", "≥")):
        return given
    number = bound.strip().lstrip(">≥= ")
    words = [f"thứ hạng từ {number} trở xuống", str(given.get("note") or "")]
    return {**given, "rank_bound": None, "note": "; ".join(word for word in words if word)}


@cache
def _versions() -> list[dict[str, Any]]:
    text = (DATA / "index_versions.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["version"])


def fill_method_version(row: dict[str, Any]) -> None:
    """The version of the method in the year that is measured, where the row does not say it."""
    if row.get("method_version") is not None or row.get("year") is None:
        return
    for version in _versions():
        if version["index"] == row.get("index_name") and version.get("from", 0) <= row[
            "year"
        ] <= version.get("to", 9999):
            row["method_version"] = version["name"]


def fill_first_of_month(row: dict[str, Any]) -> None:
    """A month stands as its first day, whichever day was written."""
    month = row.get("month")
    if isinstance(month, date):
        row["month"] = month.replace(day=1)
