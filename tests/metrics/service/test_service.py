"""What dossiers say of Decision 766's components, counted a second time row by row."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.periods import parse_period
from metrics.registers import FRAMES
from metrics.registers.held import Held
from metrics.service.review import (
    behind,
    by_unit,
    computed,
    month_ask,
    monthly,
    months_until,
    shown_month,
    surveys,
    unit_table,
)
from tests import oracle
from tests.frames import CLOCK, InMemory, facts_of
from tests.strategies import CALENDAR, random_register

FORM_ROW = FRAMES["form_row"]
SERVICE_COMPONENT = FRAMES["service_component"]
SURVEY = FRAMES["survey"]

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@dataclass(frozen=True)
class Kept:
    """Registers in memory."""

    registers: Held


def kept(
    component: Sequence[dict[str, Any]] = (),
    survey: Sequence[dict[str, Any]] = (),
    form_row: Sequence[dict[str, Any]] = (),
) -> Kept:
    frames = {
        "service_component": pl.DataFrame(
            [dict.fromkeys(SERVICE_COMPONENT) | row for row in component], schema=SERVICE_COMPONENT
        ),
        "survey": pl.DataFrame([dict.fromkeys(SURVEY) | row for row in survey], schema=SURVEY),
        "form_row": pl.DataFrame(
            [dict.fromkeys(FORM_ROW) | row for row in form_row], schema=FORM_ROW
        ),
    }
    return Kept(Held({name: nw.from_native(frame.lazy()) for name, frame in frames.items()}))


def ask(moment: datetime | None = None) -> Ask:
    return Ask(date(2026, 3, 23), date(2026, 3, 29), CLOCK, as_of=moment)


def some_facts(seed: int) -> tuple[InMemory, list[oracle.RawDossier], list[dict[str, Any]]]:
    """Dossiers whose sources say, deny or leave open what was paid, digitised, re-used."""
    draw = random.Random(seed)
    dossiers = list(random_register(160, seed))
    facts = facts_of(dossiers)
    flags: list[dict[str, Any]] = [
        {name: draw.choice([True, False, None]) for name in ("online_payment", "digitised")}
        | {"data_reused": draw.choice([True, None])}
        for _ in dossiers
    ]
    said = pl.DataFrame(
        [{"dossier_id": d.dossier_id} | row for d, row in zip(dossiers, flags, strict=True)],
        schema={"dossier_id": pl.Int64} | dict.fromkeys(flags[0], pl.Boolean),
    )
    bare = facts.dossiers.drop(list(flags[0]))
    frame = bare.join(said, on="dossier_id", how="left").select(facts.dossiers.columns)
    return InMemory(frame, facts.pauses, facts.steps), dossiers, flags


def test_both_sides_of_every_component_as_counted_by_hand() -> None:
    seen = 0
    for seed in range(8):
        facts, dossiers, flags = some_facts(seed)
        for month in (MARCH, APRIL):
            asked = month_ask(ask(datetime(2026, 4, 20)), month)
            found = computed(facts, [asked]).get((0,), {})
            start, end = asked.start, asked.end
            mine = [
                (d, flag)
                for d, flag in zip(dossiers, flags, strict=True)
                if d.received_at is not None
                and d.end_kind != "refused"
                and start <= d.received_at < end
            ]
            if not mine:
                assert found == {}
                continue
            seen += 1
            online = sum(d.channel == "online" for d, _ in mine)
            assert (found["3.3"].numerator, found["3.3"].denominator) == (online, len(mine))
            for key, name in (
                ("3.6", "online_payment"), ("4.2", "digitised"), ("4.3", "data_reused"),
            ):  # fmt: skip
                said = [flag[name] for _, flag in mine if flag[name] is not None]
                given = found.get(key)
                assert (given is None) == (not said), "no dossier says anything: not 0"
                if given is not None:
                    assert (given.numerator, given.denominator) == (sum(said), len(said))
            theirs = oracle.answers(
                dossiers,
                oracle.Ask(asked.first_day, asked.last_day, as_of=asked.as_of, definition="portal"),
                CALENDAR,
            )["on_time"]
            assert found["2.1"].numerator == len(theirs.numerator)
            # What nobody can classify is in neither side.
            assert theirs.denominator is not None
            assert found["2.1"].denominator == len(theirs.denominator) <= len(mine)
            assert found["5.4"] == found["2.1"]
    assert seen > 5


def test_rows_behind_a_component_are_exactly_those_counted() -> None:
    facts, _, _ = some_facts(3)
    asked = ask(datetime(2026, 4, 20))
    found = computed(facts, [month_ask(asked, MARCH)])[0,]
    assert set(found) >= {"2.1", "3.3", "3.6", "4.2"}
    for key, given in found.items():
        counts = {
            part: behind(facts, key, asked, MARCH, part).collect().to_native().height
            for part in ("numerator", "denominator", "missing")
        }
        assert counts["numerator"] == given.numerator
        assert counts["denominator"] == given.denominator
        assert counts["missing"] == given.denominator - given.numerator


def test_units_are_scored_from_their_own_dossiers_and_rows() -> None:
    facts, dossiers, _ = some_facts(4)
    units = sorted({d.unit_id for d in dossiers if d.unit_id is not None})
    registers = kept(
        [
            {"unit_id": 77, "month": MARCH, "component": "2.1", "portal_score": 15.2,
             "source": "s"},
            {"unit_id": 77, "month": MARCH, "component": "TONG", "portal_score": 58.3,
             "source": "s"},
            {"unit_id": 78, "month": APRIL, "component": "1.1", "numerator": 1.0,
             "denominator": 2.0, "source": "s"},
        ]
    )  # fmt: skip
    levels = dict.fromkeys([*units, 77, 78], "commune")
    found = by_unit(facts, registers, ask(datetime(2026, 4, 20)), MARCH, levels)
    assert 77 in found
    assert 78 not in found, "it has a row of another month only"
    assert found[77].card is not None
    assert found[77].card.of("2.1").points is None, "the portal's score is not ours"
    assert found[77].card.portal["TONG"].points == 58.3
    table = unit_table(found, {77: "Phường A"})
    assert table.filter(unit_id=77)["portal"].to_list() == [58.3]
    shares = table["share"].drop_nulls().to_list()
    assert shares == sorted(shares)
    # A unit outside the reader's view is not there.
    assert set(by_unit(facts, registers, ask(), MARCH, {77: "commune"})) == {77}


def test_month_by_month_unknown_months_stay_empty() -> None:
    registers = kept(
        [
            {"unit_id": 1, "month": MARCH, "component": "1.1", "numerator": 0.0,
             "denominator": 4.0, "source": "s"},
            {"unit_id": 1, "month": MARCH, "component": "1.2", "numerator": 3.0, "source": "s"},
        ]
    )  # fmt: skip
    nothing = facts_of([])
    months = [date(2022, 7, 1), date(2026, 2, 1), MARCH]
    before, empty, march = monthly(nothing, registers, ask(), months, 1, None)
    assert before.card is None
    assert before.is_empty
    assert empty.card is not None
    assert empty.is_empty
    assert empty.card.total.known == 0
    assert march.card is not None
    assert march.card.of("1.1").points == 0, "told to be 0 of 4"
    assert march.card.of("1.2").points is None, "one side alone says nothing"
    assert march.sources == ("s",)
    # Another unit's rows are not this one's.
    assert monthly(nothing, registers, ask(), [MARCH], 2, None)[0].is_empty


def test_the_month_shown_is_the_last_one_that_has_ended() -> None:
    cases = {
        "week:2026-W13": date(2026, 2, 1),  # 23/3–29/3: March still runs
        "week:2026-W18": date(2026, 3, 1),  # 27/4–3/5, but T is in April
        "month:2026-04": date(2026, 4, 1),  # asked for by name
        "quarter:2026-Q1": date(2026, 3, 1),
        "month15:2026-03": date(2026, 2, 1),
    }
    for token, expected in cases.items():
        period = parse_period(token)
        asked = Ask(period.first, period.last, CLOCK, as_of=datetime(2026, 4, 20))
        assert shown_month(period, asked) == expected, token
    assert months_until(MARCH, 3) == [date(2026, 1, 1), date(2026, 2, 1), MARCH]
    assert len(months_until(MARCH)) == 13


def test_a_month_is_asked_for_as_the_portal_asks() -> None:
    asked = month_ask(Ask(MARCH, APRIL, CLOCK, definition="form", compare="day", due="original",
                          as_of=datetime(2026, 3, 20)), MARCH)  # fmt: skip
    assert (asked.definition, asked.comparison, asked.due) == ("portal", "timestamp", "current")
    assert asked.moment == datetime(2026, 3, 20)
    assert asked.last_day == date(2026, 3, 31)


def test_surveys_as_last_counted_and_no_rate_without_satisfied() -> None:
    rows = [
        {"code": "QR", "name": "Khảo sát", "unit_id": 1, "coverage": "own",
         "as_of": date(2023, 5, 1), "responses": 500, "satisfied": 480, "source": "a"},
        {"code": "QR", "name": "Khảo sát", "unit_id": 1, "coverage": "own",
         "as_of": date(2023, 6, 5), "responses": 774, "source": "b"},
        {"code": "QR", "name": "Khảo sát", "unit_id": 1, "coverage": "own",
         "as_of": date(2023, 9, 1), "responses": 900, "satisfied": 890, "source": "c"},
    ]  # fmt: skip
    registers = kept(survey=rows)
    found = surveys(registers, _on(date(2023, 7, 1))).row(0, named=True)
    assert (found["responses"], found["satisfied"], found["rate"]) == (774, None, None)
    assert found["counts"] == 2
    assert surveys(registers, _on(date(2023, 5, 31))).row(0, named=True)["rate"] == 480 / 500
    assert surveys(registers, _on(date(2023, 1, 1))).is_empty()


def _on(day: date) -> Ask:
    return Ask(day, day, CLOCK)


def test_responses_stand_beside_the_dossiers_of_the_same_unit_and_coverage_or_none() -> None:
    survey = {"code": "QR", "name": "Khảo sát", "unit_id": 1, "coverage": "own", "source": "a",
              "as_of": date(2023, 6, 5), "responses": 774}  # fmt: skip
    form = {"form": "II.06a", "unit_id": 1, "coverage": "own", "c7": 5998, "source": "b"}

    def beside(*forms: dict[str, Any]) -> tuple[int | None, float | None]:
        found = surveys(kept(survey=[survey], form_row=list(forms)), _on(date(2023, 12, 31)))
        row = found.row(0, named=True)
        return row["reported_resolved"], row["per_dossier"]

    assert beside(form) == (5998, 774 / 5998)
    ends = date(2023, 3, 31)
    assert beside(form | {"period_from": date(2023, 1, 1), "period_to": ends})[0] == 5998
    # Another coverage, another unit, another year, a line of one field: not the same dossiers.
    assert beside(form | {"coverage": "communes"}) == (None, None)
    assert beside(form | {"unit_id": 2}) == (None, None)
    assert beside(form | {"period_to": date(2022, 12, 31)}) == (None, None)
    assert beside(form | {"field_id": 3}) == (None, None)
    # Two forms: nobody knows which of them the survey belongs to.
    two = [form | {"period_to": ends}, form | {"period_to": date(2023, 6, 30)}]
    assert beside(*two) == (None, None)
    assert beside() == (None, None)
