"""Lists of dossiers: their number is the figure's, and narrowing them loses and adds nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.ask import Ask
from metrics.core.contracts import STEP
from metrics.core.measure import Facts, show
from metrics.core.periods import iso_week
from metrics.dossiers.apologies import apologies, repeated, window
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.choices import facets, held_at, told_late
from metrics.dossiers.late_time import PAUSE as PAUSE_COLUMNS
from metrics.dossiers.late_time import STEP as STEP_COLUMNS
from metrics.dossiers.late_time import TimeSpent, account, lateness, time_spent, working_time
from metrics.dossiers.lateness import (
    ACCEPTANCE,
    GROUPS,
    Filters,
    bands,
    cause_name,
    current_steps,
    group_of,
    listed,
    switch_of,
)
from metrics.dossiers.listing import export, listing, outlines, vital_few
from tests.frames import SEEDED, InMemory, facts_of, question
from tests.oracle import Ask as OracleAsk
from tests.oracle import RawApology, RawDossier, RawPause
from tests.strategies import question as some_question
from tests.strategies import random_register

# The calendar of the strategies: 2 to 6 March 2026 are working days.
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (datetime(2026, 3, day) for day in range(2, 7))
WEEK = iso_week(2026, 10)


def at(day: datetime, hour: int, minute: int = 0) -> datetime:
    return day.replace(hour=hour, minute=minute)


def asked(as_of: datetime | None = None, **changed: Any) -> Ask:
    return question(OracleAsk(WEEK.first, WEEK.last, as_of=as_of), **changed)


def registers(count: int, seed: int) -> tuple[InMemory, Ask]:
    """Random dossiers and a random question about them."""
    dossiers = random_register(count, seed)
    asked_of = some_question(random.Random(seed + 1).randrange, dossiers)
    return facts_of(dossiers), question(asked_of)


# -- the number is the figure's -----------------------------------------------------------


@settings(max_examples=2, phases=SEEDED)
@given(st.integers(0, 10_000))
def test_the_count_of_a_list_is_the_figure_under_the_same_filters(seed: int) -> None:
    facts, ask = registers(60, seed)
    for where, filters in [
        ({}, Filters()),
        (
            {"unit_id": [1, 3], "channel": ["online", None]},
            Filters(units=(1, 3), channels=("online", None)),
        ),
    ]:
        for key, wanted in FIGURES.items():
            measured = show(facts, wanted, ask, where=where).row(0, named=True)
            found = listing(facts, group_of(key), ask, filters)
            assert found.cells[key]["numerator"] == measured["numerator"], key
            assert found.cells[key]["denominator"] == measured["denominator"], key
            if wanted.value is None:
                assert found.total == measured["numerator"], key
            if wanted.denominator is not None:
                denominator = listed(facts, group_of(key), ask, filters, "denominator")
                assert denominator.collect().height == measured["denominator"], key


@settings(max_examples=2, phases=SEEDED)
@given(st.integers(0, 10_000))
def test_bands_apologies_and_causes_share_a_list_out(seed: int) -> None:
    facts, ask = registers(60, seed)
    for key in ("late", "received", "acceptance", "late_without_apology", "waiting_supplement"):
        whole = listing(facts, group_of(key), ask, Filters())
        parts = {
            band.low: listing(facts, group_of(key), ask, Filters(bands=(band.low,)))
            for band in bands(ask.as_of_day)
        }
        by_band = dict(whole.ageing.select("low", "count").iter_rows())
        assert {low: part.total for low, part in parts.items()} == {
            low: count for low, count in by_band.items() if low is not None
        }
        assert whole.ageing["count"].sum() == whole.total
        for low, part in parts.items():
            assert part.ageing.filter(pl.col("low").eq_missing(low))["count"].sum() == part.total
        states = [listing(facts, group_of(key), ask, Filters(apology=s)) for s in (True, False)]
        assert sum(state.total for state in states) == whole.total
        late = whole.ageing.filter(pl.col("low").is_not_null())
        assert whole.causes["count"].sum() == late["count"].sum()


@settings(max_examples=2, phases=SEEDED)
@given(st.integers(0, 10_000))
def test_lists_asked_together_without_rows_are_the_lists(seed: int) -> None:
    """What documents tell of lists is what the screen of each list shows."""
    facts, ask = registers(60, seed)
    groups = [group_of(key) for key in ("pending_overdue", "late", "due_soon", "acceptance")]
    together = outlines(facts, groups, ask)
    for group in groups:
        found, own = together[group.key], listing(facts, group, ask, Filters())
        assert found.total == own.total
        assert found.ageing.equals(own.ageing)
        assert found.causes.equals(own.causes)
        assert dict(found.units.iter_rows()) == dict(own.units.iter_rows())
        listed_days = listed(facts, group, ask, Filters()).collect()["days_late"]
        assert found.late_by["count"].sum() == listed_days.count()
    assert dict(together["due_soon"].left) == listing(facts, groups[2], ask, Filters()).left


@settings(max_examples=2, phases=SEEDED)
@given(st.integers(0, 10_000))
def test_counts_of_the_switch_are_the_totals_of_its_lists(seed: int) -> None:
    facts, ask = registers(60, seed)
    filters = Filters(units=(1, 2), apology=False)
    found = listing(facts, group_of("received"), ask, filters)
    for key, group in GROUPS.items():
        assert listing(facts, group, ask, filters).total == found.counts[key]
    soon = listing(facts, GROUPS["due_soon"], ask, filters)
    assert sum(soon.left.values()) == soon.counts["due_soon"]
    for left, count in soon.left.items():
        assert 0 <= left <= ask.within
        part = listing(facts, GROUPS["due_soon"], ask, replace(filters, left=left))
        assert part.total == count
        assert part.counts == soon.counts
    for key in ACCEPTANCE:
        assert listing(facts, group_of(key), ask, filters).total == found.cells[key]["numerator"]


def test_a_group_or_figure_has_a_name_and_a_place_in_the_switch() -> None:
    assert group_of("acceptance").figures == ("accepted_late", "acceptance_overdue")
    assert group_of("received").label == "Tiếp nhận"
    assert switch_of("acceptance_overdue") == "acceptance"
    assert switch_of("received") == "received"
    with pytest.raises(KeyError, match="Không có chỉ tiêu"):
        group_of("nothing")


# -- narrowing ----------------------------------------------------------------------------


def overdue(number: int, due: datetime, **known: Any) -> RawDossier:
    return RawDossier(
        dossier_id=number,
        received_at=datetime(2026, 2, 2, 9),
        due_at=due,
        due_original_at=due,
        **known,
    )


def test_code_is_searched_in_any_case() -> None:
    facts = facts_of([overdue(7, MONDAY), overdue(12, MONDAY)])
    found = export(facts, GROUPS["pending_overdue"], asked(), Filters(code="h99.01-260202-0012"))
    assert found["dossier_id"].to_list() == [12]


def test_a_code_is_no_pattern() -> None:
    facts = facts_of([overdue(7, MONDAY)])
    assert listing(facts, GROUPS["pending_overdue"], asked(), Filters(code="h99.*")).total == 0


def test_most_days_late_come_first_and_no_more_than_wanted() -> None:
    facts = facts_of([overdue(1, at(THURSDAY, 17)), overdue(2, MONDAY), overdue(3, TUESDAY)])
    found = listing(facts, GROUPS["pending_overdue"], asked(), Filters(), most=2)
    assert found.total == 3
    assert found.top["dossier_id"].to_list() == [2, 3]
    assert found.top["days_late"].to_list() == [4, 3]


def test_what_happened_after_the_moment_is_not_shown() -> None:
    later = at(FRIDAY, 9)
    dossier = overdue(1, MONDAY, ended_at=later, end_kind="result", apologies=(RawApology(later),))
    found = export(facts_of([dossier]), group_of("pending"), asked(THURSDAY), Filters())
    row = found.row(0, named=True)
    assert (row["ended_at"], row["end_kind"], row["apology_at"]) == (None, None, None)
    assert row["days_late"] == 2  # Monday to Wednesday, the last day before Thursday 00:00


def test_days_late_of_the_acceptance_are_working_days_after_its_limit() -> None:
    submitted = at(MONDAY, 8)  # to be accepted by Monday 17:00
    dossiers = [
        RawDossier(1, channel="online", submitted_at=submitted, received_at=at(WEDNESDAY, 9)),
        RawDossier(2, channel="online", submitted_at=submitted),
    ]
    found = export(facts_of(dossiers), GROUPS["acceptance"], asked(FRIDAY), Filters())
    assert dict(found.select("dossier_id", "days_late").iter_rows()) == {1: 2, 2: 3}


def test_ended_in_time_on_the_last_day_is_not_late_within_the_day() -> None:
    dossier = overdue(1, at(TUESDAY, 17), ended_at=at(TUESDAY, 9), end_kind="result")
    found = listing(facts_of([dossier]), group_of("resolved"), asked(), Filters())
    assert found.top["days_late"].to_list() == [None]
    assert found.causes.is_empty()


# -- steps --------------------------------------------------------------------------------


def step(dossier: int, sequence: int, name: str, begun: datetime, **known: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(STEP),
        "dossier_id": dossier,
        "unit_id": 1,
        "step_sequence": sequence,
        "step_name": name,
        "from_at": begun,
        **known,
    }


def with_steps(dossiers: list[RawDossier], *steps: dict[str, Any]) -> InMemory:
    return replace(facts_of(dossiers), steps=pl.DataFrame(list(steps), schema=STEP))


def test_the_step_a_dossier_is_at_is_the_last_one_begun_and_not_done() -> None:
    facts = with_steps(
        [overdue(1, MONDAY), overdue(2, MONDAY), overdue(3, MONDAY)],
        step(1, 1, "Tiếp nhận", at(MONDAY, 8), to_at=at(MONDAY, 9)),
        step(1, 2, "Thẩm tra", at(MONDAY, 9), step_officer_id=5),
        step(1, 3, "Trình ký", at(FRIDAY, 9)),
        step(2, 1, "Tiếp nhận", at(MONDAY, 8), to_at=at(FRIDAY, 9)),
        step(3, 1, "Tiếp nhận", at(MONDAY, 8), to_at=at(MONDAY, 9)),
    )
    ask = asked(WEDNESDAY)
    found = current_steps(facts.step, ask).collect().to_native().sort("dossier_id")
    assert found.select("dossier_id", "step_name", "step_officer_id").rows() == [
        (1, "Thẩm tra", 5),
        (2, "Tiếp nhận", None),
    ]
    narrowed = listing(facts, GROUPS["pending_overdue"], ask, Filters(steps=("Thẩm tra",)))
    here = narrowed.top.select("dossier_id", "step_name", "step_officer_id", "step_since")
    assert here.rows() == [(1, "Thẩm tra", 5, at(MONDAY, 9))]
    held = held_at(facts, GROUPS["pending_overdue"], ask, Filters())
    assert held.rows() == [("Thẩm tra", 1), ("Tiếp nhận", 1), (None, 1)]
    assert facets(facts, GROUPS["pending_overdue"], ask)["steps"] == [
        ("Thẩm tra", 1),
        ("Tiếp nhận", 1),
    ]


# -- where the time went ------------------------------------------------------------------


def spent_by(facts: InMemory, ask: Ask) -> TimeSpent:
    return time_spent(facts, group_of("late"), ask, Filters())


def test_lateness_is_put_down_to_the_steps_that_overran() -> None:
    # Due Tuesday 17:00, ended Thursday 17:00: 16 working hours late.
    dossier = overdue(1, at(TUESDAY, 17), ended_at=at(THURSDAY, 17), end_kind="result")
    facts = with_steps(
        [dossier],
        step(1, 1, "Tiếp nhận", at(MONDAY, 8), to_at=at(MONDAY, 12), allotted_minutes=240),
        step(1, 2, "Thẩm tra", at(MONDAY, 13), to_at=at(WEDNESDAY, 17), allotted_minutes=8 * 60),
        step(1, 3, "Trình ký", at(THURSDAY, 8), to_at=at(THURSDAY, 17), allotted_minutes=4 * 60),
    )
    found = spent_by(facts, asked())
    assert (found.dossiers, found.late, found.unexplained) == (1, 16 * 60, 0)
    # Thẩm tra took 20 hours for 8, Trình ký 8 for 4: 12 to 4 of the 16 hours late.
    assert found.steps.select("step_name", "spent", "allotted", "overran", "late").rows() == [
        ("Tiếp nhận", 240, 240, 0, 0),
        ("Thẩm tra", 20 * 60, 8 * 60, 1, 12 * 60),
        ("Trình ký", 8 * 60, 4 * 60, 1, 4 * 60),
    ]
    assert found.share(12 * 60) == 0.75


def test_waiting_for_the_citizen_is_no_time_of_the_step() -> None:
    wait = RawPause("supplement", at(MONDAY, 13), at(TUESDAY, 12))
    # The wait of 23 hours moves the due date from Monday 17:00 to Tuesday 16:00.
    dossier = overdue(
        1, at(MONDAY, 17), pauses=(wait,), ended_at=at(WEDNESDAY, 16), end_kind="result"
    )
    facts = with_steps(
        [dossier],
        step(1, 1, "Thẩm tra", at(MONDAY, 8), to_at=at(WEDNESDAY, 16), allotted_minutes=8 * 60),
    )
    found = spent_by(facts, asked())
    assert found.late == 8 * 60
    # 23 working hours on Monday to Wednesday, less the 8 in which the office waited.
    assert found.steps["spent"].to_list() == [(23 - 8) * 60]
    assert found.waits.select("kind", "waited", "late").rows() == [("supplement", 8 * 60, 0)]
    assert found.steps["late"].to_list() == [8 * 60]


def test_waiting_after_the_due_date_is_part_of_the_lateness() -> None:
    tax = RawPause("finance", at(WEDNESDAY, 8), at(WEDNESDAY, 17))  # too late to move the due date
    dossier = overdue(
        1, at(TUESDAY, 17), pauses=(tax,), ended_at=at(THURSDAY, 17), end_kind="result"
    )
    facts = with_steps([dossier], step(1, 1, "Thẩm tra", at(TUESDAY, 8), allotted_minutes=60))
    found = spent_by(facts, asked())
    assert found.late == 16 * 60
    assert found.waits.select("kind", "late").rows() == [("finance", 8 * 60)]
    assert found.steps["late"].to_list() == [8 * 60]


def test_lateness_without_steps_stays_unexplained() -> None:
    dossier = overdue(1, at(TUESDAY, 17), ended_at=at(WEDNESDAY, 17), end_kind="result")
    found = spent_by(facts_of([dossier]), asked())
    assert (found.late, found.unexplained) == (8 * 60, 8 * 60)
    assert found.steps.is_empty()


def test_a_step_that_is_not_done_has_taken_its_time_until_the_moment() -> None:
    facts = with_steps(
        [overdue(1, at(MONDAY, 17))],
        step(1, 1, "Thẩm tra", at(MONDAY, 8), to_at=at(FRIDAY, 9), allotted_minutes=60),
        step(1, 2, "Trình ký", at(FRIDAY, 9), allotted_minutes=60),
    )
    found = spent_by(facts, asked(WEDNESDAY))
    assert found.steps.select("step_name", "spent").rows() == [("Thẩm tra", 16 * 60)]


def test_overlapping_waits_are_counted_once() -> None:
    waits = (
        RawPause("supplement", at(WEDNESDAY, 8), at(WEDNESDAY, 15)),
        RawPause("finance", at(WEDNESDAY, 13), at(WEDNESDAY, 17)),
    )
    dossier = overdue(
        1, at(TUESDAY, 17), pauses=waits, ended_at=at(WEDNESDAY, 17), end_kind="result"
    )
    found = spent_by(facts_of([dossier]), asked())
    assert dict(found.waits.select("kind", "late").iter_rows()) == {
        "supplement": 6 * 60,
        "finance": 2 * 60,
    }
    assert found.unexplained == 0


def test_many_minutes_late_do_not_overflow() -> None:
    """130 days late times 130 days over went beyond 32 bits, and the step had no share."""
    late = pl.DataFrame({"dossier_id": [1], "due": [datetime(2025, 6, 2, 8)], "reached": [MONDAY]})
    ask = asked()
    between = ask.calendar.working_minutes_between
    late = late.with_columns(late=between(pl.col("due"), pl.col("reached")).cast(pl.Int64))
    steps = pl.DataFrame(
        [(1, 1, "Thẩm tra", datetime(2025, 6, 2, 8), None, 60)],
        schema={name: STEP[name] for name in STEP_COLUMNS},
        orient="row",
    )
    pauses = pl.DataFrame(
        schema={"dossier_id": pl.Int64, "kind": pl.String}
        | dict.fromkeys(("from_at", "to_at"), pl.Datetime("ms"))
    ).select(PAUSE_COLUMNS)
    late = late.with_columns(pl.col("due", "reached").cast(pl.Datetime("ms")))
    found = account(late, steps, pauses, ask)
    assert found.steps["late"].to_list() == [found.late]
    assert found.late > 60_000


@settings(max_examples=2, phases=SEEDED)
@given(st.integers(0, 10_000))
def test_every_minute_late_is_put_down_to_something_once(seed: int) -> None:
    facts, ask = registers(60, seed)
    ids = facts.dossiers.filter(pl.col("received_at").is_not_null())
    steps = [
        step(
            row["dossier_id"],
            1,
            "Thẩm tra",
            row["received_at"],
            to_at=row["ended_at"],
            allotted_minutes=row["dossier_id"] * 7 if row["dossier_id"] % 5 else None,
        )
        for row in ids.iter_rows(named=True)
    ]
    facts = replace(facts, steps=pl.DataFrame(steps, schema=STEP))
    chosen = listed(facts, group_of("late"), ask, Filters())
    found = spent_by(facts, ask)
    explained = sum([*found.steps["late"], *found.waits["late"], found.unexplained])
    assert explained == pytest.approx(found.late, abs=len(steps))
    assert found.dossiers == lateness(chosen, ask).collect().height


def test_working_time_in_words() -> None:
    ask = asked()
    assert working_time(3120, ask) == "6,5 ngày làm việc"
    assert working_time(90, ask) == "1,5 giờ làm việc"
    assert working_time(None, ask) == "chưa rõ"


# -- registers ----------------------------------------------------------------------------


def test_apologies_by_unit() -> None:
    facts = facts_of(
        [
            overdue(1, MONDAY, apologies=(RawApology(TUESDAY),)),
            overdue(2, MONDAY),
            overdue(3, MONDAY, apologies=(RawApology(at(FRIDAY, 9)),)),
            replace(overdue(4, MONDAY), unit_id=2),
        ]
    )
    found = apologies(facts, asked(WEDNESDAY), Filters())
    assert found.rows() == [(1, 3, 1, 2, pytest.approx(1 / 3)), (2, 1, 0, 1, 0.0)]


def test_repeated_lateness_counts_the_window_up_to_the_period() -> None:
    ended = [datetime(2026, 2, day, 9) for day in (3, 4, 5, 6)]
    dossiers = [
        replace(overdue(number, datetime(2026, 2, 2, 10)), ended_at=end, end_kind="result")
        for number, end in enumerate(ended, 1)
    ]
    ask = window(asked())
    assert (ask.first_day.isoformat(), ask.last_day) == ("2025-12-08", WEEK.last)
    found = repeated(facts_of(dossiers), ask)
    assert (found.allowed, found.units.rows()) == (3, [(1, 4)])
    assert repeated(facts_of(dossiers[:3]), ask).units.is_empty()


def test_told_late_is_the_figure_under_the_same_filters() -> None:
    ended = at(TUESDAY, 9)
    dossier = overdue(1, at(TUESDAY, 17), ended_at=ended, end_kind="result", recorded_at=FRIDAY)
    facts = facts_of([dossier])
    assert told_late(facts, asked(), Filters(bands=(2,))) == 1
    assert told_late(facts, asked(), Filters(units=(2,))) == 0


def test_causes_are_named_and_the_few_that_matter_are_counted() -> None:
    causes = pl.DataFrame({"late_cause": ["a", "b", "c", None], "count": [6, 3, 1, 50]})
    assert vital_few(causes) == (2, 0.9)
    assert vital_few(causes.filter(pl.col("late_cause").is_null())) is None
    assert cause_name("dispute") == "Có tranh chấp"
    assert cause_name("their own word") == "their own word"
    assert cause_name(None) == "Chưa ghi nguyên nhân"


def test_bands_adjoin_each_other() -> None:
    scale = bands(WEEK.last)
    assert scale[0].low == 0
    assert scale[-1].high is None
    assert [band.low for band in scale[1:]] == [(band.high or 0) + 1 for band in scale[:-1]]
    assert scale[1].token == "2-5"


def test_the_facts_of_the_tests_are_what_the_lists_ask_for() -> None:
    facts: Facts = facts_of([])
    assert isinstance(facts.step, nw.LazyFrame)
