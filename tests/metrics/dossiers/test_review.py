"""The weekly review: every number on the home screen against the oracle, and its sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from metrics.core.ask import Ask, Definition
from metrics.core.measure import measure
from metrics.core.periods import Period, iso_week, period_of
from metrics.core.rows import rows
from metrics.dossiers.catalogue import figure
from metrics.dossiers.review import HEADLINE, NOW, Review, by_field, review, unit_table
from tests import oracle
from tests.frames import CLOCK, InMemory, facts_of, question, shifted
from tests.oracle import RawDossier
from tests.strategies import CALENDAR, random_register

WEEK = iso_week(2026, 10)  # Monday 2 to Sunday 8 March
TIMES_BACK = 13
A_YEAR = 364  # 52 weeks


def many_weeks(size: int, seed: int) -> list[RawDossier]:
    """The strategies' three weeks again and again, ever earlier, and a year before.

    By eight days each time, so that weeks end where dossiers are in each stage of their course.
    """
    few = random_register(size, seed)
    back = [*(8 * n for n in range(TIMES_BACK)), A_YEAR]
    shifts = [(d, -days) for days in back for d in few]
    return [shifted(d, days, number) for number, (d, days) in enumerate(shifts, start=1)]


@dataclass(frozen=True)
class Reviewed:
    """A review and what it was made of."""

    dossiers: list[RawDossier]
    facts: InMemory
    asked: oracle.Ask
    found: Review

    def count(self, key: str, ask: oracle.Ask, part: str = "numerator") -> Counter[Hashable]:
        """The oracle's answer by unit."""
        answer = oracle.answers(self.dossiers, ask, CALENDAR)[key]
        units = {d.dossier_id: d.unit_id for d in self.dossiers}
        counted: Counter[Hashable] = Counter()
        for dossier_id, value in (getattr(answer, part) or {}).items():
            counted[units[dossier_id]] += value
        return counted


def made(
    dossiers: list[RawDossier], facts: InMemory, asked: oracle.Ask, period: Period = WEEK
) -> Reviewed:
    opened: list[tuple[datetime, datetime]] = []

    def open_facts(alive: tuple[datetime, datetime]) -> InMemory:
        """As the engine may: leaves out every dossier that the promise lets it leave out."""
        opened.append(alive)
        return only_alive(facts, alive)

    found = review(open_facts, question(asked), period)
    assert opened
    return Reviewed(dossiers, facts, asked, found)


def only_alive(facts: InMemory, alive: tuple[datetime, datetime]) -> InMemory:
    since, until = alive
    begun = (pl.col("received_at") < until) | (pl.col("submitted_at") < until)
    lasting = pl.col("ended_at").is_null() | (pl.col("ended_at") >= since)
    kept = facts.dossiers.filter(begun & lasting)
    return replace(facts, dossiers=kept, pauses=facts.pauses.join(kept, "dossier_id", how="semi"))


MOMENTS = {
    "end": None,
    "within": datetime(2026, 3, 4, 12),
    "start": datetime(2026, 3, 2),
    "after": datetime(2026, 3, 12, 8),
    "long before": datetime(2025, 12, 3, 9, 30),  # the series begins on 8 December
}
WAYS: list[tuple[Definition, str]] = [
    ("form", "end"),
    ("portal", "within"),
    ("carried", "start"),
    ("lenient", "after"),
    ("form", "long before"),
]


@pytest.fixture(scope="module")
def dossiers() -> list[RawDossier]:
    return many_weeks(22, seed=9)


@pytest.fixture(scope="module")
def facts(dossiers: list[RawDossier]) -> InMemory:
    return facts_of(dossiers)


@pytest.fixture(scope="module", params=WAYS, ids="-".join)
def reviewed(
    request: pytest.FixtureRequest, dossiers: list[RawDossier], facts: InMemory
) -> Reviewed:
    definition, where = request.param
    asked = oracle.Ask(WEEK.first, WEEK.last, MOMENTS[where], definition)
    return made(dossiers, facts, asked)


def asks_of(reviewed: Reviewed) -> list[oracle.Ask]:
    """The question over each period of the series, as the page says: as of min(its end, T)."""
    asked, t = reviewed.asked, oracle.moment_as_of(reviewed.asked)
    earlier = [
        replace(
            asked,
            first_day=period.first,
            last_day=period.last,
            as_of=min(t, oracle.midnight(period.last + oracle.DAY)),
        )
        for period in reviewed.found.periods[:-1]
    ]
    return [*earlier, asked]


def test_the_series_is_the_oracles(reviewed: Reviewed) -> None:
    series = reviewed.found.series
    for position, ask in enumerate(asks_of(reviewed)):
        for key in HEADLINE:
            cell = series.filter(ask=position, figure=key)
            for part in ("numerator", "denominator"):
                found = {unit: n for unit, n in cell.select("unit_id", part).iter_rows() if n}
                assert found == dict(+reviewed.count(key, ask, part)), (key, part, ask)
    assert series.height == series["unit_id"].n_unique() * len(HEADLINE) * 13


def test_the_series_holds_what_was_overdue_then_and_has_ended_since(
    dossiers: list[RawDossier], facts: InMemory
) -> None:
    """What is overdue now is not enough to tell what was overdue then."""
    reviewed = made(dossiers, facts, oracle.Ask(WEEK.first, WEEK.last))
    end = oracle.midnight(WEEK.last + oracle.DAY)
    since = [
        d
        for ask in asks_of(reviewed)
        for d in oracle.members("pending_overdue", dossiers, ask, CALENDAR)
        if d.ended_at is not None and d.ended_at < end
    ]
    assert since
    found = reviewed.found.series.filter(figure="pending_overdue")["numerator"].sum()
    wanted = [reviewed.count("pending_overdue", ask).total() for ask in asks_of(reviewed)]
    assert found == sum(wanted)


def test_the_figures_of_now_are_the_oracles(reviewed: Reviewed) -> None:
    for key in NOW:
        wanted = reviewed.count(key, reviewed.asked)
        cell = reviewed.found.now.filter(figure=key)
        found = {unit: n for unit, n in cell.select("unit_id", "numerator").iter_rows() if n}
        assert found == dict(+wanted), key


def test_totals_of_units_are_the_total(reviewed: Reviewed) -> None:
    asks = [question(ask) for ask in asks_of(reviewed)]
    whole = measure(reviewed.facts, [figure(key) for key in HEADLINE], asks)
    columns = ["ask", "figure", "numerator", "denominator", "rate"]
    assert reviewed.found.totals().select(columns).equals(whole.select(columns))


def compared(asked: oracle.Ask, period: Period) -> oracle.Ask:
    """The question over an earlier week, of which only as many days count as have gone here."""
    t = oracle.moment_as_of(asked)
    days = [asked.first_day + n * oracle.DAY for n in range(7)]
    to_come = [day for day in days if oracle.midnight(day) >= t]
    gone = 7 - len(to_come) if any(CALENDAR.is_working(day) for day in to_come) else 7
    until = min(t, oracle.midnight(period.first + gone * oracle.DAY))
    return replace(asked, first_day=period.first, last_day=period.last, as_of=until)


def test_three_days_of_a_week_are_compared_with_three_days(
    dossiers: list[RawDossier], facts: InMemory
) -> None:
    """Eight days of a month were compared with a whole month: "▼ 77% so kỳ trước"."""
    asked = oracle.Ask(WEEK.first, WEEK.last, MOMENTS["within"])
    reviewed = made(dossiers, facts, asked)
    assert reviewed.found.ask.days_gone == 3
    cut = replace(asked, first_day=date(2026, 2, 23), last_day=date(2026, 3, 1))
    cut = replace(cut, as_of=datetime(2026, 2, 26))
    received = reviewed.found.before.filter(figure="received")["numerator"].sum()
    assert received == reviewed.count("received", cut).total()
    assert received < reviewed.count("received", replace(cut, as_of=None)).total()


def test_the_period_before_is_the_oracles(reviewed: Reviewed) -> None:
    ask = compared(reviewed.asked, WEEK.previous)
    for key in HEADLINE:
        cell = reviewed.found.before.filter(figure=key)
        found = {unit: n for unit, n in cell.select("unit_id", "numerator").iter_rows() if n}
        assert found == dict(+reviewed.count(key, ask)), key


def test_the_year_before_is_the_oracles(reviewed: Reviewed) -> None:
    period = WEEK.year_before
    assert (WEEK.first - period.first).days == A_YEAR
    ask = compared(reviewed.asked, period)
    found = reviewed.found.year_before
    assert found["figure"].to_list() == sorted(HEADLINE)
    for key, n in found.select("figure", "numerator").iter_rows():
        assert n == reviewed.count(key, ask).total(), key
    if oracle.moment_as_of(ask) <= oracle.midnight(period.first):
        assert found.filter(figure="received")["numerator"].item() == 0


def test_the_late_rows_are_those_of_the_figure(reviewed: Reviewed) -> None:
    late = reviewed.found.late
    wanted = oracle.answers(reviewed.dossiers, reviewed.asked, CALENDAR)["late"].numerator
    assert late["dossier_id"].sort().to_list() == sorted(wanted)
    days = late["working_days_late"].to_list()
    assert days == sorted(days, reverse=True)


# -- the table of units -------------------------------------------------------------------


def test_units_of_the_table_add_up_to_the_total(reviewed: Reviewed) -> None:
    """Also by `portal`, where a unit may have resolved dossiers and nothing to be judged by."""
    table, last = unit_table(reviewed.found), reviewed.found.last
    totals = reviewed.found.totals().filter(ask=last)
    numbers: dict[str, tuple[int, int | None]] = {
        key: (n, d) for key, n, d in totals.select("figure", "numerator", "denominator").iter_rows()
    }
    assert table["resolved"].sum() == numbers["resolved"][0]
    assert table["late"].sum() == numbers["resolved_late"][0]
    assert table["overdue"].sum() == numbers["pending_overdue"][0]
    assert table["received"].sum() == numbers["received"][0]
    assert (table["on_time"].sum(), table["judged"].sum()) == numbers["on_time"]


def test_a_unit_of_the_table_is_what_the_oracle_says(reviewed: Reviewed) -> None:
    found, asks = reviewed.found, asks_of(reviewed)
    rates = []
    for ask in [*asks, compared(reviewed.asked, WEEK.previous)]:
        n, d = (reviewed.count("on_time", ask, part) for part in ("numerator", "denominator"))
        rates.append({unit: n[unit] / d[unit] if d[unit] else None for unit in (1, 2, 3)})
    earlier = rates.pop()
    table = unit_table(found)
    for row in table.iter_rows(named=True):
        unit = row["unit_id"]
        assert row["strip"] == [rate[unit] for rate in rates]
        now, before = rates[-1][unit], earlier[unit]
        assert row["rate"] == now
        # A period of which no day has gone is compared with nothing.
        begun = oracle.moment_as_of(asks[-1]) > oracle.midnight(asks[-1].first_day)
        change = None if now is None or before is None else now - before
        assert row["change"] == (change if begun else None)
    need = (table["missed"] + table["overdue"]).to_list()
    assert need == sorted(need, reverse=True)


def test_a_unit_that_only_resolved_is_in_the_table_by_every_definition() -> None:
    noon = datetime(2026, 3, 4, 12)
    late = RawDossier(
        1, 1, received_at=noon - timedelta(30), due_at=noon - timedelta(9), ended_at=noon,
        end_kind="result",
    )  # fmt: skip
    for definition in oracle.RATES:
        asked = oracle.Ask(WEEK.first, WEEK.last, None, definition)
        table = unit_table(made([late], facts_of([late]), asked).found)
        assert table.select("unit_id", "resolved", "late").rows() == [(1, 1, 1)], definition


def test_a_review_of_nothing_is_empty() -> None:
    asked = oracle.Ask(WEEK.first, WEEK.last)
    found = made([], facts_of([]), asked).found
    assert unit_table(found).is_empty()
    assert found.late.is_empty()
    assert found.now["numerator"].sum() == 0
    assert found.year_before["rate"].null_count() == len(HEADLINE)


@pytest.mark.parametrize("kind", ["month15", "quarter", "half15", "year", "custom"])
def test_a_review_of_other_periods(kind: str, dossiers: list[RawDossier], facts: InMemory) -> None:
    if kind == "custom":
        period = Period("custom", date(2026, 2, 27), date(2026, 3, 5))
    else:
        period = period_of(kind, date(2026, 3, 3))
    asked = oracle.Ask(period.first, period.last, datetime(2026, 3, 6, 9))
    reviewed = made(dossiers, facts, asked, period)
    last = reviewed.found.series.filter(ask=reviewed.found.last, figure="received")
    found = dict(last.select("unit_id", "numerator").iter_rows())
    assert +Counter(found) == +reviewed.count("received", asked)
    assert len(reviewed.found.periods) >= 2


def test_by_field_adds_up(dossiers: list[RawDossier], facts: InMemory) -> None:
    ask = Ask(WEEK.first, WEEK.last, CLOCK)
    table = by_field(facts, ask)
    whole = measure(
        facts, [figure(key) for key in ("on_time", "pending_overdue", "resolved_late")], [ask]
    )
    judged, n = whole["denominator"][0], whole["numerator"]
    assert (table["judged"].sum(), table["overdue"].sum(), table["late"].sum()) == (
        judged, n[1], n[2],
    )  # fmt: skip
    assert table["field_id"].null_count() == 1
    assert by_field(facts_of([]), ask).is_empty()


# -- steps --------------------------------------------------------------------------------


def test_the_steps_are_those_at_the_moment(facts: InMemory) -> None:
    """Of the pending late dossiers only; the later one of two; none between two steps."""
    ask = Ask(WEEK.first, WEEK.last, CLOCK)
    late: nw.LazyFrame[Any] = rows(facts, figure("pending_overdue"), ask)
    one, two, three, *_ = late.collect().to_native()["dossier_id"].sort().to_list()
    other = facts.dossiers.filter(pl.col("ended_at") < datetime(2026, 1, 1))["dossier_id"][0]
    t = ask.moment
    hour = timedelta(hours=1)
    steps = [
        (one, 1, "Thẩm định", t - 9 * hour, t - hour),
        (one, 2, "Trình ký", t - hour, None),
        (one, 3, "Trả kết quả", t, None),
        (two, 1, "Thẩm định", t - 9 * hour, t),
        (two, 2, "Trình ký", t - 2 * hour, t + hour),
        (three, 1, "Thẩm định", t - 9 * hour, t - hour),
        (other, 1, "Thẩm định", t - 9 * hour, None),
    ]
    schema = facts.steps.schema
    frame = pl.DataFrame(
        [
            dict.fromkeys(schema)
            | {"dossier_id": d, "step_sequence": n, "step_name": name, "from_at": a, "to_at": b}
            for d, n, name, a, b in steps
        ],
        schema=schema,
    )
    found = review(lambda _: replace(facts, steps=frame), ask, WEEK)
    assert found.steps.select("dossier_id", "step_name").rows() == [
        (one, "Trình ký"),
        (two, "Trình ký"),
    ]
