"""What units report themselves: values with their own source and date, parts against the whole.

Nothing here is computed from dossiers. A value holds for its own period; what is shown at T is the
last statement known by then. Sums are checked: parts that should make up the whole, and the part
that a report leaves unnamed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.register_rows import Registers
from metrics.core.vietnamese import told_number
from metrics.registers.reported import rate_off
from metrics.registers.rules import form_sums

Kind = Literal["count", "rate", "mean", "text", "list"]
Parts = Literal["add_up", "among", "apart"]
Check = Literal["adds_up", "rest", "off", "rate_off", "unchecked"]

CHECKS: Final[dict[Check, str]] = {
    "adds_up": "các phần khớp với tổng",
    "rest": "còn phần báo cáo không nêu",
    "off": "các phần không khớp với tổng",
    "rate_off": "số in không khớp với tử số, mẫu số",
    "unchecked": "chưa đủ số để kiểm tra",
}


@dataclass(frozen=True)
class Indicator:
    """An indicator: see the head of metrics/reported/indicators.toml."""

    key: str
    name: str
    group: str
    basis: str
    kind: Kind = "count"
    unit: str = "values"
    meaning: str = ""
    parts: Parts | None = None
    rest: str = "Phần báo cáo không nêu"
    part_keys: Mapping[str, str] = None  # type: ignore[assignment]
    better: Literal["up", "down", "neither"] = "neither"
    baseline_year: int | None = None


@cache
def _data() -> dict[str, Any]:
    text = resources.files("metrics").joinpath("reported/indicators.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def indicators() -> dict[str, Indicator]:
    """Key → indicator, in the file's order."""
    return {entry["key"]: Indicator(**{"part_keys": {}} | entry) for entry in _data()["indicator"]}


@cache
def groups() -> dict[str, str]:
    """Key → heading, in the screen's order."""
    return {entry["key"]: entry["name"] for entry in _data()["group"]}


def indicator(key: str) -> Indicator:
    """The indicator of that key; one that nobody has described is shown under its key."""
    known = indicators().get(key)
    return known or Indicator(key, key, "other", "Báo cáo của đơn vị", part_keys={})


# -- at a moment --------------------------------------------------------------------------

_LONG_AGO: Final = date(1, 1, 1)


def reported_state(registers: Mapping[str, nw.LazyFrame[Any]], ask: Ask) -> nw.LazyFrame[Any]:
    """The rows of each unit's last statement of an indicator, as known at T.

    What is said in words, and parts that are never added, each have their own last one.

    A value is known from the day it speaks of: ``as_of``, else the end of its period, else its
    beginning; without any, always.

    Returns:
        lazily, :data:`metrics.registers.INDICATOR_VALUE` and: ``known_on`` Date, ``has_whole``,
        ``has_parts``, ``all_told`` Boolean (of the statement), ``is_total`` Boolean (the rows that
        make up the statement's number: the whole; or the parts, where they add up, all of them
        are told, and no whole is there).
    """
    frame = registers["indicator_value"].with_columns(
        nw.coalesce("as_of", "period_to", "period_from").alias("known_on")
    )
    frame = frame.with_columns(
        nw.col("known_on").fill_null(nw.lit(_LONG_AGO)).alias("_known"),
        nw.col("period_from").fill_null(nw.lit(_LONG_AGO)).alias("_from"),
    ).filter(nw.col("_known") <= ask.as_of_day)
    # What was said in words, and numbers that are never added, stand each for itself.
    alone = [
        each.key for each in indicators().values() if each.kind == "text" or each.parts == "apart"
    ]
    frame = frame.with_columns(
        nw.when(nw.col("indicator").is_in(alone))
        .then(nw.col("part"))
        .otherwise(nw.lit(""))
        .alias("_what")
    )
    whose = ("indicator", "unit_id", "_what")
    for column in ("_known", "_from"):
        last = frame.group_by(*whose).agg(nw.col(column).max().alias("_last"))
        frame = frame.join(last, on=list(whose), how="left")
        frame = frame.filter(nw.col(column) == nw.col("_last")).drop("_last")
    is_whole = nw.col("part") == ""
    sides = frame.group_by(*whose).agg(
        is_whole.cast(nw.Int32).max().cast(nw.Boolean).alias("has_whole"),
        (~is_whole).cast(nw.Int32).max().cast(nw.Boolean).alias("has_parts"),
        (~nw.col("value").is_null()).cast(nw.Int32).min().cast(nw.Boolean).alias("all_told"),
    )
    adding = [each.key for each in indicators().values() if each.parts == "add_up"]
    stands_for_whole = ~nw.col("has_whole") & nw.col("all_told") & nw.col("indicator").is_in(adding)
    return (
        frame.join(sides, on=list(whose), how="left")
        .with_columns((is_whole | stands_for_whole).alias("is_total"))
        .drop("_known", "_from", "_what")
        .sort("indicator_value_id")
    )


def survey_state(registers: Mapping[str, nw.LazyFrame[Any]], ask: Ask) -> nw.LazyFrame[Any]:
    """The last count of each survey (code, unit) by T: :data:`metrics.registers.SURVEY`."""
    frame = registers["survey"].filter(nw.col("as_of") <= ask.as_of_day)
    last = frame.group_by("code", "unit_id").agg(nw.col("as_of").max().alias("_last"))
    frame = frame.join(last, on=["code", "unit_id"], how="left")
    return frame.filter(nw.col("as_of") == nw.col("_last")).drop("_last")


def form_state(registers: Mapping[str, nw.LazyFrame[Any]], ask: Ask) -> nw.LazyFrame[Any]:
    """Lines of reported forms whose period had ended by T (without one: always)."""
    ended = nw.col("period_to")
    return registers["form_row"].filter(ended.is_null() | (ended <= ask.as_of_day))


def survey_beside_form(registers: Mapping[str, nw.LazyFrame[Any]], ask: Ask) -> nw.LazyFrame[Any]:
    """Surveys beside the dossiers that the same unit reports as resolved, of the same coverage.

    Returns:
        lazily, :func:`survey_state` and ``reported_resolved`` Int64: column (7) of the unit's form
        of the survey's year (a form without a period: of any); null where there is none or more
        than one, for then nobody knows which. The two periods may differ, and it is said so.
    """
    forms = form_state(registers, ask).filter(nw.col("field_id").is_null(), ~nw.col("c7").is_null())
    named = forms.select(
        "unit_id", "coverage", nw.col("period_to").dt.year().alias("_year"), nw.col("c7")
    )
    pairs = (
        survey_state(registers, ask)
        .select("code", "unit_id", "coverage", nw.col("as_of").dt.year().alias("_of"))
        .join(named, on=["unit_id", "coverage"], how="inner")
        .filter(nw.col("_year").is_null() | (nw.col("_year") == nw.col("_of")))
        .group_by("code", "unit_id")
        .agg(nw.col("c7").sum().alias("_sum"), nw.len().alias("_forms"))
    )
    frame = survey_state(registers, ask).join(pairs, on=["code", "unit_id"], how="left")
    one = nw.when(nw.col("_forms") == 1).then(nw.col("_sum").cast(nw.Int64))
    return frame.with_columns(one.otherwise(None).alias("reported_resolved")).drop("_sum", "_forms")


# -- statements ---------------------------------------------------------------------------

Row = dict[str, Any]


@dataclass(frozen=True)
class Statement:
    """What one unit said of one indicator, as last known at T.

    ``whole``: its row without part; ``parts``: the others, as reported; ``earlier``: whole rows of
    statements before it, latest first.
    """

    indicator: Indicator
    unit_id: int
    whole: Row | None
    parts: tuple[Row, ...]
    earlier: tuple[Row, ...] = ()

    @property
    def first(self) -> Row:
        """A row that tells period, date and source."""
        return self.whole or self.parts[0]

    @property
    def value(self) -> float | None:
        """The number: as told, or the sum of parts that make up the whole."""
        if self.whole is not None:
            told: float | None = self.whole["value"]
            return told
        if self.indicator.parts == "add_up" and all(p["value"] is not None for p in self.parts):
            return float(sum(part["value"] for part in self.parts))
        return None

    @property
    def is_summed(self) -> bool:
        return self.whole is None and self.value is not None

    @property
    def rate(self) -> float | None:
        """Of an indicator that is a rate (0–1) or a mean; null when not told."""
        row = self.first
        if row["value"] is not None:
            return float(row["value"])
        if row["numerator"] is None or not row["denominator"]:
            return None
        return float(row["numerator"] / row["denominator"])

    @property
    def rest(self) -> float | None:
        """The whole less its named parts; null where either is not told."""
        if self.whole is None or self.whole["value"] is None or not self.parts:
            return None
        if any(part["value"] is None for part in self.parts):
            return None
        return float(self.whole["value"] - sum(part["value"] for part in self.parts))

    @property
    def check(self) -> Check | None:
        """Whether parts and whole agree; null where there is nothing to add."""
        if rate_off(self.first) is not None:
            return "rate_off"
        if self.indicator.parts not in ("add_up", "among") or not self.parts:
            return None
        if self.whole is None:
            return None
        rest = self.rest
        if rest is None:
            return "unchecked"
        if abs(rest) < 1e-9:
            return "adds_up"
        return "rest" if rest > 0 and self.indicator.parts == "among" else "off"

    @property
    def arithmetic(self) -> str:
        """ "7.211 = 3.395 + 450 + 3.366"; empty where nothing is added."""
        if (found := rate_off(self.first)) is not None:
            sides = f"{_count(self.first['numerator'])}/{_count(self.first['denominator'])}"
            return f"{sides} = {found[0]} ≠ {found[1]}"
        if self.indicator.parts not in ("add_up", "among") or not self.parts:
            return ""
        terms = [_count(part["value"]) for part in self.parts]
        rest = self.rest
        if self.is_summed:
            return f"{' + '.join(terms)} = {_count(self.value)}"
        if rest is None:
            return ""
        if abs(rest) < 1e-9:
            return f"{_count(self.value)} = {' + '.join(terms)}"
        if self.check == "rest":
            return f"{_count(self.value)} = {' + '.join([*terms, _count(rest)])}"
        added = sum(part["value"] for part in self.parts)
        return f"{_count(self.value)} ≠ {' + '.join(terms)} = {_count(added)}"

    @property
    def baseline(self) -> Row | None:
        """The whole row of the baseline's year, where the indicator has one and it was told."""
        year = self.indicator.baseline_year
        rows = [row for row in (self.whole, *self.earlier) if row is not None]
        return next((row for row in rows if known_on(row) and known_on(row).year == year), None)

    @property
    def against_baseline(self) -> float | None:
        """Relative change from the baseline's year (−0,1: ten per cent less); null: unknown."""
        base = self.baseline
        if base is None or not base["value"] or self.value is None or base is self.whole:
            return None
        return self.value / float(base["value"]) - 1


def _count(value: float | None) -> str:
    if value is None:
        return "chưa rõ"
    return told_number(value)


def known_on(row: Mapping[str, Any]) -> Any:
    """The day that a row speaks of; None: it tells none."""
    return row["as_of"] or row["period_to"] or row["period_from"]


def statements(facts: Registers, ask: Ask) -> list[Statement]:
    """The last statement of each unit and indicator at T, in the order of the screen.

    Every row of the register known at T is in exactly one statement, or among its ``earlier``.
    """
    registers = facts.registers.at(ask.moment)
    held = reported_state(registers, ask).collect(backend="polars").to_native()
    every: pl.DataFrame = registers["indicator_value"].collect(backend="polars").to_native()
    told: dict[tuple[str, int], list[Row]] = {}
    for row in held.iter_rows(named=True):
        told.setdefault((row["indicator"], row["unit_id"]), []).append(row)
    wholes: dict[tuple[str, int], list[Row]] = {}
    for row in every.filter(pl.col("part") == "").iter_rows(named=True):
        if (known_on(row) or _LONG_AGO) <= ask.as_of_day:
            wholes.setdefault((row["indicator"], row["unit_id"]), []).append(row)
    found = [
        _statement(key, unit, rows, wholes.get((key, unit), []))
        for (key, unit), rows in told.items()
    ]
    places = _places()
    return sorted(found, key=lambda one: (*places(one), one.indicator.key, one.unit_id))


def _statement(key: str, unit: int, rows: list[Row], wholes: list[Row]) -> Statement:
    now = [row for row in rows if row["part"] == ""]
    ids = {row["indicator_value_id"] for row in now}
    before = [row for row in wholes if row["indicator_value_id"] not in ids]
    before.sort(key=lambda row: known_on(row) or _LONG_AGO, reverse=True)
    parts = tuple(row for row in rows if row["part"] != "")
    return Statement(indicator(key), unit, now[-1] if now else None, parts, tuple(before))


def _places() -> Callable[[Statement], tuple[int, int]]:
    """Where an indicator stands on the screen: its group's place, and its own."""
    of_group = {key: place for place, key in enumerate(groups())}
    own = {key: place for place, key in enumerate(indicators())}
    return lambda one: (of_group[one.indicator.group], own.get(one.indicator.key, len(own)))


# -- forms --------------------------------------------------------------------------------


def form_check(row: Mapping[str, Any]) -> tuple[Check, str]:
    """Whether a line of form II.06a keeps the form's sums, and the sums that could be looked at.

    (3) = (4)+(5)+(6), (7) = (8)+(9)+(10), (11) = (12)+(13), (3) = (7)+(11): TT 01/2020/TT-VPCP;
    (8+9) is what a report prints as one number. Each one that fails with by how much.
    """
    sums = form_sums(row)
    looked = [each.words for each in sums]
    off = [
        f"{each.whole} = {_count(each.printed)} ≠ {each.parts} = {_count(each.added)}, "
        f"lệch {_count(each.apart)}"
        for each in sums
        if each.apart
    ]
    if off:
        return "off", "; ".join(off)
    return ("adds_up", "; ".join(looked)) if looked else ("unchecked", "")


def period_words(row: Mapping[str, Any]) -> str:
    """What time a value speaks of, as far as it is told: "năm 2023", "đến tháng 7/2022"."""
    first, last, until = row["period_from"], row["period_to"], row.get("as_of")
    precision = row.get("date_precision") or "day"
    if until is not None and first is None:
        return f"đến {_day(until, precision)}"
    if first is None and last is None:
        return "kỳ không nêu"
    if first is not None and last is not None:
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
            same = first.year == last.year
            return f"năm {first.year}" if same else f"giai đoạn {first.year}–{last.year}"
        return f"{_day(first, 'day')} – {_day(last, precision)}"
    return f"từ {_day(first, precision)}" if first is not None else f"đến {_day(last, precision)}"


def _day(day: date, precision: str) -> str:
    words = {
        "day": f"{day:%d/%m/%Y}",
        "month": f"tháng {day.month}/{day.year}",
        "quarter": f"quý {(day.month + 2) // 3}/{day.year}",
        "year": f"năm {day.year}",
    }
    return words[precision]


def units_of(found: Iterable[Statement]) -> list[int]:
    """The units that said anything, in the order of first mention."""
    return list(dict.fromkeys(one.unit_id for one in found))
