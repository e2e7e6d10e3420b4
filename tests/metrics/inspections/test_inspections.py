"""Figures of inspections and findings against a naive recount in plain Python."""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from metrics.core.ask import Ask
from metrics.core.contracts import UNIT
from metrics.core.register_rows import register_rows
from metrics.inspections.figures import INSPECTION_FIGURE, INSPECTION_FIGURES
from metrics.inspections.review import (
    coverage,
    finding_lines,
    finding_rows,
    finding_table,
    from_year_start,
    inspection_review,
    is_register_empty,
    visit_rows,
    visit_span,
)
from metrics.registers import FRAMES
from metrics.registers.held import Held
from tests.frames import CLOCK

FINDING = FRAMES["finding"]
FINDING_CHECK = FRAMES["finding_check"]
INSPECTION = FRAMES["inspection"]

DAY = date(2026, 6, 28)
ASK = Ask(date(2026, 6, 1), DAY, CLOCK)


@dataclass(frozen=True)
class Register:
    """What metrics.core.measure asks for, in memory."""

    frames: dict[str, pl.DataFrame]
    dossier: Any = None
    pause: Any = None
    step: Any = None

    @property
    def registers(self) -> Held:
        return Held({name: nw.from_native(frame.lazy()) for name, frame in self.frames.items()})


@dataclass
class Raw:
    visits: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)

    def visit(self, first: date, last: date | None = None, **values: Any) -> int:
        number = len(self.visits) + 1
        row = dict.fromkeys(INSPECTION) | {
            "inspection_id": number, "code": f"KT{number}", "kind": "periodic", "unit_id": 1,
            "from_on": first, "to_on": last, "date_precision": "day", "source": "kiểm thử",
        }  # fmt: skip
        self.visits.append(row | values)
        return number

    def finding(self, visit: int, **values: Any) -> int:
        number = len(self.findings) + 1
        of = self.visits[visit - 1]
        row = dict.fromkeys(FINDING) | {
            "finding_id": number, "code": f"TT{number}", "inspection_id": visit,
            "unit_id": of["unit_id"], "found_on": of["to_on"] or of["from_on"], "kind": "Một cửa",
            "description": "Chưa niêm yết thủ tục", "source": "kiểm thử",
        }  # fmt: skip
        self.findings.append(row | values)
        return number

    def check(self, finding: int, day: date, is_fixed: bool, visit: int | None = None) -> None:
        self.checks.append(
            {
                "finding_id": finding, "unit_id": self.findings[finding - 1]["unit_id"],
                "inspection_id": visit, "checked_on": day, "is_fixed": is_fixed, "note": None,
                "by": "Lan",
            }
        )  # fmt: skip

    def facts(self) -> Register:
        return Register(
            {
                "inspection": pl.DataFrame(self.visits, schema=INSPECTION),
                "finding": pl.DataFrame(self.findings, schema=FINDING),
                "finding_check": pl.DataFrame(self.checks, schema=FINDING_CHECK),
            }
        )


# -- the naive recount --------------------------------------------------------------------


def _span(visit: dict[str, Any]) -> tuple[date, date]:
    first, last = visit["from_on"], visit["to_on"] or visit["from_on"]
    low, high = first.month, last.month
    if visit["date_precision"] == "day":
        return first, last
    if visit["date_precision"] == "quarter":
        low, high = (low - 1) // 3 * 3 + 1, (high - 1) // 3 * 3 + 3
    if visit["date_precision"] == "year":
        low, high = 1, 12
    end = calendar.monthrange(last.year, high)[1]
    return date(first.year, low, 1), date(last.year, high, end)


def recount(raw: Raw, ask: Ask) -> dict[str, set[int]]:
    """Figure → ids of the rows that it counts (of checks: their places)."""
    found: dict[str, set[int]] = {key: set() for key in INSPECTION_FIGURE}
    today = (ask.moment - timedelta(milliseconds=1)).date()
    last = min(ask.last_day, today)
    for visit in raw.visits:
        for key in _visit_counts(visit, ask.first_day, last, today):
            found[key].add(visit["unit_id" if key == "units_inspected" else "inspection_id"])
    for finding in raw.findings:
        known = _span(raw.visits[finding["inspection_id"] - 1])[1]
        if known <= today:
            for key in _finding_counts(raw, finding, known, (ask.first_day, last), today):
                found[key].add(finding["finding_id"])
    for place, check in enumerate(raw.checks):
        within = ask.first_day <= check["checked_on"] <= last
        if within and check["inspection_id"] and check["is_fixed"]:
            found["rechecked_fixed"].add(place)
    return found


def _visit_counts(visit: dict[str, Any], first: date, last: date, today: date) -> list[str]:
    begin, end = _span(visit)
    if begin > today:
        return []
    if visit["date_precision"] == "day":
        inside = first <= begin <= last
    else:
        inside = first <= begin and end <= last
        if not inside:
            return ["visits_month_only"] if begin <= last and end >= first else []
    if not inside:
        return []
    counted = ["visits", f"visits_{visit['kind']}"]
    how = {True: "digital", False: "direct", None: "channel_unknown"}[visit["is_digital"]]
    counted.append(f"visits_{how}")
    if visit["kind"] != "self" and visit["subject"] is None:
        counted.append("units_inspected")
    return counted


def _finding_counts(
    raw: Raw, finding: dict[str, Any], known: date, period: tuple[date, date], today: date
) -> list[str]:
    checks = sorted(
        (c["checked_on"], c["is_fixed"])
        for c in raw.checks
        if c["finding_id"] == finding["finding_id"] and c["checked_on"] <= today
    )
    counted = ["findings"]
    if period[0] <= known <= period[1]:
        counted.append("findings_found")
    if finding["repeats_id"] is not None:
        counted.append("findings_repeated")
    reported = finding["reported_on"]
    if reported is not None and reported > today:
        reported = None
    denials = [day for day, is_fixed in checks if not is_fixed]
    if reported is not None and denials and reported <= denials[-1]:
        reported = None
    due = finding["fix_by"]
    if checks and checks[-1][1]:
        since = min(day for day, good in checks if good and (not denials or day > denials[-1]))
        settled = min(reported, since) if reported is not None else since
        counted.append("findings_fixed")
        if due is not None:
            counted.append("findings_on_time" if settled <= due else "findings_fixed_late")
        return counted
    counted.append("findings_open")
    if any(is_fixed for _, is_fixed in checks):
        counted.append("findings_reopened")
    if reported is not None:
        counted.append("findings_reported")
    if due is None:
        return [*counted, "findings_no_due"]
    return [*counted, "findings_past_due" if due < today else "findings_in_time"]


def _random(seed: int) -> Raw:
    draw, raw = random.Random(seed), Raw()

    def day() -> date:
        return date(2026, 4, 20) + timedelta(days=draw.randrange(80))

    for _ in range(40):
        first = day()
        raw.visit(
            first,
            draw.choice([None, first + timedelta(days=draw.randrange(50))]),
            kind=draw.choice(["periodic", "surprise", "recheck", "self"]),
            date_precision=draw.choice(["day", "day", "month", "quarter", "year"]),
            is_digital=draw.choice([True, False, None]),
            subject=draw.choice([None, None, "Trường mầm non"]),
            unit_id=draw.randrange(1, 9),
        )
    for _ in range(60):
        raw.finding(
            draw.randrange(1, 41),
            fix_by=draw.choice([None, day(), day()]),
            reported_on=draw.choice([None, day()]),
            repeats_id=draw.choice([None, None, 1]),
            kind=draw.choice(["Một cửa", "Kỷ luật, kỷ cương"]),
        )
    for finding in range(1, 61):
        for checked in {day() for _ in range(draw.randrange(4))}:
            raw.check(finding, checked, draw.random() < 0.5, draw.choice([None, 1]))
    return raw


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("moment", [None, datetime(2026, 6, 10, 12, 0), datetime(2026, 7, 20)])
def test_every_figure_equals_the_recount(seed: int, moment: datetime | None) -> None:
    raw = _random(seed)
    facts, ask = raw.facts(), replace(ASK, as_of=moment)
    review, expected = inspection_review(facts, ask), recount(raw, ask)
    for figure in INSPECTION_FIGURES:
        count = review.count(figure.key)
        wanted = len(expected[figure.key])
        unknown = figure.unknown is not None and expected["visits_channel_unknown"] and not wanted
        assert count == (None if unknown else wanted), figure.key
        if figure.fact == "finding_check":
            continue
        rows = register_rows(facts, figure, ask)
        key = "unit_id" if figure.key == "units_inspected" else f"{figure.fact}_id"
        assert set(rows[key]) == expected[figure.key], figure.key
        assert rows.height == len(expected[figure.key])


def test_states_add_up() -> None:
    review = inspection_review(_random(3).facts(), ASK)
    count = review.count
    assert count("findings") == count("findings_open") + count("findings_fixed")  # type: ignore[operator]
    parts = [count(f"findings_{part}") or 0 for part in ("past_due", "in_time", "no_due")]
    assert count("findings_open") == sum(parts)
    on_time = review.cell("findings_on_time")
    judged = (count("findings_on_time") or 0) + (count("findings_fixed_late") or 0)
    assert on_time["denominator"] == judged + (count("findings_past_due") or 0)


# -- one finding's life -------------------------------------------------------------------


def _state(raw: Raw, day: date) -> dict[str, Any]:
    return finding_rows(raw.facts(), Ask(day, day, CLOCK)).row(0, named=True)


def test_a_report_is_no_confirmation_and_a_later_check_opens_again() -> None:
    raw = Raw()
    raw.finding(
        raw.visit(date(2026, 3, 2)), fix_by=date(2026, 3, 31), reported_on=date(2026, 3, 30)
    )
    early = _state(raw, date(2026, 3, 29))
    assert (early["state"], early["is_reported"]) == ("in_time", False)
    assert _state(raw, date(2026, 3, 31))["state"] == "in_time"
    late = _state(raw, date(2026, 4, 1))
    assert (late["state"], late["is_reported"], late["days_past"]) == ("past_due", True, 1)
    raw.check(1, date(2026, 4, 10), True)
    fixed = _state(raw, date(2026, 4, 10))
    assert (fixed["state"], fixed["fixed_on"]) == ("fixed_on_time", date(2026, 4, 10))
    raw.check(1, date(2026, 5, 4), False)
    again = _state(raw, date(2026, 5, 4))
    assert (again["state"], again["is_reopened"], again["is_reported"]) == ("past_due", True, False)
    raw.check(1, date(2026, 6, 1), True)
    # The report of March was refuted in May: it no longer makes the fix timely.
    assert _state(raw, date(2026, 6, 1))["state"] == "fixed_late"
    assert _state(raw, date(2026, 5, 31))["state"] == "past_due"


def test_a_finding_is_not_known_before_its_visit() -> None:
    raw = Raw()
    raw.finding(raw.visit(date(2026, 3, 1), date_precision="month"))
    assert finding_rows(raw.facts(), Ask(date(2026, 3, 1), date(2026, 3, 30), CLOCK)).is_empty()
    assert _state(raw, date(2026, 3, 31))["state"] == "no_due"


# -- months -------------------------------------------------------------------------------


def test_a_month_counts_only_in_a_period_that_holds_it_whole() -> None:
    raw = Raw()
    raw.visit(date(2026, 4, 1), date(2026, 5, 31), date_precision="month")
    facts = raw.facts()

    def counted(first: date, last: date) -> tuple[int | None, int | None]:
        review = inspection_review(facts, Ask(first, last, CLOCK))
        return review.count("visits"), review.count("visits_month_only")

    assert counted(date(2026, 4, 1), date(2026, 5, 31)) == (1, 0)
    assert counted(date(2026, 4, 1), date(2026, 5, 30)) == (0, 1)
    assert counted(date(2026, 5, 1), date(2026, 6, 30)) == (0, 1)
    assert counted(date(2026, 6, 1), date(2026, 6, 30)) == (0, 0)
    assert visit_rows(facts, Ask(date(2026, 5, 1), date(2026, 6, 30), CLOCK)).is_empty()


@pytest.mark.parametrize(
    ("first", "last", "precision", "text"),
    [
        (date(2023, 2, 12), None, "day", "12/02/2023"),
        (date(2023, 2, 12), date(2023, 2, 14), "day", "12/02/2023–14/02/2023"),
        (date(2023, 3, 1), None, "month", "tháng 3/2023"),
        (date(2023, 4, 1), date(2023, 5, 31), "month", "tháng 4–5/2023"),
        (date(2022, 12, 1), date(2023, 1, 31), "month", "tháng 12/2022–1/2023"),
        (date(2023, 4, 1), None, "quarter", "quý 2/2023"),
        (date(2023, 1, 1), date(2023, 12, 31), "year", "năm 2023"),
    ],
)
def test_when_a_visit_was(first: date, last: date | None, precision: str, text: str) -> None:
    assert visit_span({"from_on": first, "to_on": last, "date_precision": precision}) == text


# -- coverage -----------------------------------------------------------------------------


def _units(*rows: tuple[int, str, int | None, date | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            dict.fromkeys(UNIT)
            | {"unit_id": u, "name": f"Đơn vị {u}", "kind": kind, "parent_id": p, "valid_to": end}
            for u, kind, p, end in rows
        ],
        schema=UNIT,
    )


def test_coverage_counts_valid_units_of_the_wanted_kind() -> None:
    units = _units(
        (1, "district", None, None), (2, "commune", 1, None), (3, "commune", 1, None),
        (4, "office", 1, None), (5, "commune", 1, date(2026, 1, 31)), (6, "group", 1, None),
        (7, "commune", None, None),
    )  # fmt: skip
    raw = Raw()
    raw.visit(date(2026, 6, 3), unit_id=2, kind="surprise")
    raw.visit(date(2026, 6, 9), unit_id=2)
    raw.visit(date(2026, 6, 4), unit_id=3, kind="self")
    raw.visit(date(2026, 6, 4), unit_id=4, subject="Trường mầm non")
    raw.visit(date(2026, 6, 4), unit_id=7)
    below = frozenset({1, 2, 3, 4, 5, 6})
    found = coverage(raw.facts(), units, ASK, within=below, above=1)
    assert (found.inspected, found.due) == (1, 3)
    assert set(found.missing["unit_id"]) == {3, 4}
    assert found.outside == (7,)
    wards = coverage(raw.facts(), units, ASK, within=below, above=1, kinds=["commune"])
    assert (wards.inspected, wards.due, wards.rate) == (1, 2, 0.5)
    row = wards.units.filter(pl.col("unit_id") == 2).row(0, named=True)
    assert (row["visits"], row["surprise_visits"], row["last_on"]) == (2, 1, date(2026, 6, 9))
    desk = pl.concat(
        [units, units.filter(pl.col("unit_id") == 4).with_columns(
            pl.lit(8, pl.Int32).alias("unit_id"), pl.lit("Bộ phận Một cửa quận").alias("name"))]
    )  # fmt: skip
    assert coverage(raw.facts(), desk, ASK, within=below | {8}, above=1).due == 3
    alone = coverage(raw.facts(), units, ASK, within=frozenset({2}), above=2)
    assert (alone.inspected, alone.due) == (1, 1)
    none = coverage(raw.facts(), units, ASK, within=frozenset({6}), above=6)
    assert (none.due, none.rate) == (0, None)


def test_an_old_unit_is_covered_on_its_own_day() -> None:
    units = _units((5, "commune", None, date(2025, 6, 30)))
    raw = Raw()
    raw.visit(date(2025, 3, 3), unit_id=5)
    then = Ask(date(2025, 1, 1), date(2025, 6, 30), CLOCK)
    assert (
        coverage(raw.facts(), units, then).inspected,
        coverage(raw.facts(), units, then).due,
    ) == (1, 1)
    after = coverage(raw.facts(), units, Ask(date(2025, 1, 1), date(2025, 12, 31), CLOCK))
    assert (after.due, after.outside) == (0, (5,))


# -- tables and lines ---------------------------------------------------------------------


def test_the_table_adds_up_to_the_total() -> None:
    facts = _random(5).facts()
    review = inspection_review(facts, ASK)
    for by in ("kind", "unit_id", "state"):
        table = finding_table(facts, ASK, by)
        assert table["findings"].sum() == review.count("findings")
        assert table["findings_past_due"].sum() == review.count("findings_past_due")
    only = finding_table(facts, ASK, "state", {"state": ["past_due"]})
    assert only["state"].to_list() == ["past_due"]


def test_each_unit_has_its_line_and_every_count_has_its_rows() -> None:
    raw = Raw()
    for unit in range(1, 6):
        visit = raw.visit(date(2026, 5, 4), unit_id=unit)
        for _ in range(unit):
            raw.finding(visit, fix_by=date(2026, 6, 1))
    raw.findings[-1]["reported_on"] = date(2026, 5, 30)
    lines = finding_lines(raw.facts(), ASK, {5: "Phường Năm"})
    assert [line.count for line in lines] == [5, 4, 3, 2, 1]
    assert lines[0].subject == "Phường Năm"
    assert lines[0].text == (
        "5 tồn tại kiểm tra quá hạn chưa khắc phục (1 đã báo cáo nhưng chưa được xác nhận), "
        "lâu nhất 27 ngày."
    )
    for line in lines:
        where = {"unit_id": line.where["unit_id"]}
        assert finding_rows(raw.facts(), ASK, str(line.figure), where).height == line.count
    raw.check(1, date(2026, 6, 2), True)
    assert [line.count for line in finding_lines(raw.facts(), ASK, {})] == [5, 4, 3, 2]


def test_an_empty_register_is_known_as_such() -> None:
    raw = Raw()
    assert is_register_empty(raw.facts())
    assert finding_lines(raw.facts(), ASK, {}) == []
    raw.visit(date(2026, 5, 4))
    assert not is_register_empty(raw.facts())


def test_the_year_so_far() -> None:
    ask = from_year_start(ASK)
    assert (ask.first_day, ask.last_day, ask.moment) == (date(2026, 1, 1), DAY, ASK.moment)


def test_a_figure_of_another_register_has_no_findings() -> None:
    with pytest.raises(KeyError):
        finding_rows(Raw().facts(), ASK, "visits")
