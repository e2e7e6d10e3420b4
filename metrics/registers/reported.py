"""What units report themselves: values that are not computed, lines of form II.06a."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from metrics.core.printed import agrees, decimals_of
from metrics.core.vietnamese import number, percent, told_number
from metrics.registers import rules
from metrics.registers.columns import (
    BOOLEAN,
    DATE,
    INTEGER,
    LONG,
    NUMBER,
    Column,
    Problem,
    Register,
)
from metrics.registers.shared import PERIOD, PRECISION, WORDING, coverage, source, unit


def _value_or_sides(row: Mapping[str, Any]) -> Problem | None:
    if row.get("denominator") == 0:
        return Problem("Mẫu số", "0", "mẫu số bằng 0 thì không có tỷ lệ; hãy để trống cả hai.")
    return None


def rate_off(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """What numerator and denominator give, and the value that was printed, where they differ.

    Of a value of at most 1 both are per cent (a rate is held as a fraction). None: they agree,
    or one of the three is not told.
    """
    printed, above, below = (row.get(name) for name in ("value", "numerator", "denominator"))
    if printed is None or above is None or not below:
        return None
    is_rate = 0 <= printed <= 1
    decimals = max(decimals_of(printed), 2) if is_rate else decimals_of(printed)
    if agrees(printed, above / below, decimals, 1.0 if is_rate else None):
        return None
    if not is_rate:
        return number(above / below, 2), number(printed, decimals)
    return percent(above / below, 2), percent(printed, decimals - 2)


def _rate_adds_up(row: Mapping[str, Any]) -> Problem | None:
    found = rate_off(row)
    if found is None:
        return None
    gives, printed = found
    sides = f"{rules.show(row['numerator'])}/{rules.show(row['denominator'])}"
    return Problem(
        "Giá trị",
        printed,
        f"không khớp với tử số và mẫu số: {sides} = {gives}, không phải {printed}; hãy sửa số sai. "
        "Nếu báo cáo in như vậy: để trống “Giá trị” và ghi số in vào “Nội dung”.",
    )


_IN_TIME: Final = (8, 9)
_READINGS: Final = (
    ("((8) + (9)) / (7)", _IN_TIME, (), (7,)),
    ("((7) − (10)) / (7)", (7,), (10,), (7,)),
    ("((8) + (9)) / ((8) + (9) + (10))", _IN_TIME, (), (8, 9, 10)),
    ("((8) + (9) + (12)) / (3)", (8, 9, 12), (), (3,)),
    ("((3) − (10) − (13)) / (3)", (3,), (10, 13), (3,)),
    ("((8) + (9)) / (3)", _IN_TIME, (), (3,)),
    ("((8) + (9)) / ((4) + (5))", _IN_TIME, (), (4, 5)),
    ("(7) / (3)", (7,), (), (3,)),
)
"""What a printed rate of the form can mean: words, columns added, taken off, divided by. The first
three are rates of being on time among what was resolved."""
_OF_RESOLVED: Final = 3


def form_rates(row: Mapping[str, Any]) -> dict[str, float]:
    """Reading → the rate in per cent that the line's columns give, where they are all told."""
    found = {}
    told = {number: n for number, n in rules.form_numbers(row).items() if n is not None}
    for words, added, off, below in _READINGS:
        if not told.keys() >= {*added, *off, *below}:
            continue
        base = sum(told[column] for column in below)
        if base:
            above = sum(told[column] for column in added) - sum(told[column] for column in off)
            found[words] = 100 * above / base
    return found


def form_rate_off(row: Mapping[str, Any]) -> dict[str, float] | None:
    """The rates that the columns give where none is the printed one; None: one is, or nobody
    can tell (no rate is printed, or no rate of being on time can be had from the columns)."""
    printed, rates = row.get("reported_rate"), form_rates(row)
    judged = [words for words, *_ in _READINGS[:_OF_RESOLVED] if words in rates]
    if printed is None or not judged:
        return None
    decimals = decimals_of(printed)
    return None if any(agrees(printed, r, decimals, 100.0) for r in rates.values()) else rates


def _printed_rate(row: Mapping[str, Any]) -> Problem | None:
    rates = form_rate_off(row)
    if rates is None or row.get("as_printed"):
        return None
    printed = f"{rules.show(row['reported_rate'])}%"
    gives = "; ".join(f"{words} = {percent(rate / 100, 2)}" for words, rate in rates.items())
    return Problem(
        "Tỷ lệ in trong báo cáo (%)",
        printed,
        f"không khớp với số liệu các cột: {gives}; hãy sửa số sai. {rules.AS_PRINTED}",
    )


def form_marks(row: Mapping[str, Any]) -> list[str]:
    """What does not agree in a line of the form that is kept as it was printed, with both numbers
    and by how much they differ."""
    off = [
        f"{each.whole} = {rules.show(each.printed)} ≠ {each.parts} = {rules.show(each.added)}, "
        f"lệch {rules.show(each.apart)}"
        for each in rules.form_sums(row)
        if each.is_off
    ]
    if (rates := form_rate_off(row)) is not None:
        printed = row["reported_rate"]
        gives = "; ".join(f"{words} = {percent(rate / 100, 2)}" for words, rate in rates.items())
        off.append(f"tỷ lệ in {rules.show(printed)}% ≠ {gives}")
    return off


INDICATOR_VALUE: Final = Register(
    "indicator_value",
    "Chỉ tiêu báo cáo",
    (
        # A key of metrics/reported/indicators.toml.
        Column("indicator", "Mã chỉ tiêu báo cáo", required=True, also=("chỉ tiêu",), length=64),
        unit(),
        # A part of the whole: cấp, nguồn văn bản, lĩnh vực …
        Column("part", "Phần", default="", help="Để trống: toàn bộ.", length=128),
        *PERIOD,
        Column("as_of", "Đến thời điểm", DATE),
        PRECISION,
        Column("value", "Giá trị", NUMBER, percent="fraction", in_list=True),
        # A ratio's two sides, where the report gives them.
        Column("numerator", "Tử số", NUMBER),
        Column("denominator", "Mẫu số", NUMBER),
        Column("text", "Nội dung", length=LONG),
        WORDING,
        source(),
    ),
    ("indicator", "unit_id", "part", "period_from", "period_to", "as_of"),
    ("as_of", "period_to", "period_from"),
    (rules.in_order("period_from", "period_to", "Đến ngày"), _value_or_sides, _rate_adds_up),
    noun="giá trị báo cáo",
    is_unique=False,
    indexes={"indicator": ("indicator", "unit_id")},
)
"""A value that is reported, not computed: documents received, people trained, staff …"""

FORM_COLUMNS: Final = tuple(f"c{number}" for number in range(3, 14))
"""Columns (3) to (13) of form II.06a."""

_FORM_LABELS: Final = (
    "Số nhận giải quyết: tổng số",
    "Trong kỳ, trực tuyến",
    "Trong kỳ, trực tiếp và bưu chính",
    "Từ kỳ trước",
    "Đã giải quyết: tổng số",
    "Trước hạn",
    "Đúng hạn",
    "Đã giải quyết quá hạn",
    "Đang giải quyết: tổng số",
    "Trong hạn",
    "Đang giải quyết quá hạn",
)

FORM_ROW: Final = Register(
    "form_row",
    "Số liệu báo cáo (biểu II.06a)",
    (
        Column("form", "Biểu", default="II.06a", length=32),
        unit("Đơn vị báo cáo"),
        coverage(),
        Column("field", "Lĩnh vực", "field", False, "field_id"),
        *PERIOD,
        # Column numbers are the form's own. What the report does not say is null.
        *(
            Column(name, f"({name[1:]}) {label}", INTEGER, low=0, also=(f"({name[1:]})",))
            for name, label in zip(FORM_COLUMNS, _FORM_LABELS, strict=True)
        ),
        # Many reports print these two as one number.
        Column(
            "in_time",
            "(8)+(9) Trước và đúng hạn, in một số",
            INTEGER,
            low=0,
            also=("trước và đúng hạn", "trước hạn và đúng hạn", "(8)+(9)", "(8+9)"),
            help="Khi báo cáo chỉ in chung một số; (8) và (9) khi ấy để trống.",
        ),
        # As printed, in per cent.
        Column("reported_rate", "Tỷ lệ in trong báo cáo (%)", NUMBER, percent="keep", high=100),
        Column(
            "as_printed",
            "Giữ số như in",
            BOOLEAN,
            help="“Có”: số in không khớp vẫn giữ và đánh dấu; để trống: dòng không khớp bị "
            "từ chối.",
        ),
        WORDING,
        source(),
    ),
    ("form", "unit_id", "coverage", "field_id", "period_from", "period_to"),
    ("period_from", "period_to"),
    (rules.in_order("period_from", "period_to", "Đến ngày"), *rules.FORM_SUMS, _printed_rate),
    noun="dòng biểu báo cáo",
    is_unique=False,
)
"""A line of form II.06a that a unit reported, instead of dossiers (số liệu báo cáo)."""


@cache
def _adding() -> dict[str, tuple[str, str]]:
    """Indicator whose parts are of its whole → how they add up, and its name."""
    text = resources.files("metrics").joinpath("reported/indicators.toml").read_text("utf-8")
    held = tomllib.loads(text)["indicator"]
    return {
        each["key"]: (each["parts"], each["name"])
        for each in held
        if each.get("parts") in ("add_up", "among")
    }


def sums_off(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each statement whose parts do not make up its whole, with both numbers.

    ``rows``: of the register, those of one statement together or not. Where a number is not told,
    nothing is said; parts "among" a whole may leave a rest, but not be more than it.
    """
    statements: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        key = tuple(row.get(name) for name in INDICATOR_VALUE.key if name != "part")
        statements.setdefault(key, []).append(row)
    return [said for found in statements.values() if (said := _sum_off(found)) is not None]


def _sum_off(rows: list[Mapping[str, Any]]) -> str | None:
    how, name = _adding().get(rows[0]["indicator"], ("", ""))
    wholes = [row for row in rows if not row["part"]]
    parts = [row for row in rows if row["part"]]
    if not how or not wholes or not parts or any(row["value"] is None for row in rows):
        return None
    whole, added = wholes[0]["value"], sum(row["value"] for row in parts)
    if abs(whole - added) < 1e-9 or (how == "among" and added < whole):
        return None
    terms = " + ".join(told_number(row["value"]) for row in parts)
    return (
        f"“{name}”: tổng ghi {told_number(whole)} nhưng các phần cộng lại {told_number(added)} "
        f"({terms}). Cả hai được giữ và đánh dấu; hãy sửa nếu ghi sai."
    )
