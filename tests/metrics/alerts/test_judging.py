"""Rules against a naive reading: what is met, what is not, what nobody knows; what a thing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from metrics.alerts.judging import Judged, judge
from metrics.alerts.rules import KINDS, Rule, limits, offers, problem, told
from metrics.alerts.scene import Scene
from metrics.core.clock import Calendar
from metrics.core.contracts import SOURCE, UNIT
from metrics.core.measure import measure
from metrics.core.periods import period_of
from metrics.core.thresholds import SHIPPED, Thresholds
from metrics.dossiers.catalogue import FIGURES
from metrics.figures import ALL_FIGURES
from metrics.registers import REGISTERS
from metrics.registers.held import Held
from metrics.targets.evidence import evidence
from metrics.targets.judging import judge as judge_target
from metrics.targets.terms import Target
from tests import oracle
from tests.frames import CLOCK, InMemory, facts_of
from tests.oracle import RawDossier
from tests.strategies import CALENDAR, random_register

NOW = datetime(2026, 3, 9, 8, 15)
"""A Monday; the week before is whole."""
LEAST = limits(NOW.date()).least_cases
NAMES = {1: "Phường Kiến Hưng", 2: "Phường Dương Nội", 3: "Phường Hà Đông"}


@dataclass(frozen=True)
class _Facts(InMemory):
    calendar: Calendar = CLOCK
    data_until: datetime | None = NOW
    thresholds: Thresholds = SHIPPED
    registers: Held = field(default_factory=lambda: Held({}))


def _units() -> pl.DataFrame:
    rows = [dict.fromkeys(UNIT) | {"unit_id": unit, "name": name} for unit, name in NAMES.items()]
    return pl.DataFrame(rows, schema=dict(UNIT))


def _empty_registers() -> Held:
    return Held(
        {
            name: nw.from_native(pl.LazyFrame(schema=dict(register.frame)))
            for name, register in REGISTERS.items()
        }
    )


def scene(
    dossiers: Sequence[RawDossier],
    now: datetime = NOW,
    until: datetime | None = NOW,
    scope: frozenset[int] | None = None,
    **more: Any,
) -> Scene:
    def opened(units: frozenset[int] | None, _: object) -> _Facts:
        seen = [d for d in dossiers if units is None or d.unit_id in units]
        held = facts_of(seen)
        return _Facts(
            held.dossiers, held.pauses, held.steps, units=_units(),
            **({"data_until": until, "registers": _empty_registers()} | more),
        )  # fmt: skip

    return Scene(opened, lambda unit: frozenset({unit}), scope, "Tất cả đơn vị", now)


def of(found: Sequence[Judged]) -> dict[str, bool | None]:
    return {one.thing: one.holds for one in found}


# -- thresholds against the oracle ----------------------------------------------------------

WEEKS = {
    "running": (period_of("week", NOW.date()), NOW),
    "whole": (period_of("week", NOW.date() - timedelta(days=7)), datetime(2026, 3, 9)),
}


def _naive(dossiers: Sequence[RawDossier], rule: Rule, unit: int | None) -> bool | None:
    """By the oracle's dossiers, one by one, and fractions."""
    period, moment = WEEKS["whole" if rule.is_whole else "running"]
    mine = [d for d in dossiers if unit is None or d.unit_id == unit]
    asked = oracle.Ask(period.first, period.last, moment)
    assert rule.value is not None
    level = Fraction(str(rule.value))
    if rule.figure == "on_time":
        hits, whole, _ = oracle.rate("form", mine, asked, CALENDAR)
        if whole < LEAST:
            return None
        value = Fraction(hits, whole)
    else:
        value = Fraction(oracle.count(rule.figure, mine, asked, CALENDAR))
    return value < level if rule.side == "below" else value >= level


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("figure", ["on_time", "received", "pending_overdue", "resolved_late"])
def test_a_threshold_is_met_as_one_counts_by_hand(figure: str, seed: int) -> None:
    dossiers = random_register(150, seed)
    known = scene(dossiers, until=NOW - timedelta(minutes=1))
    seen: set[bool | None] = set()
    for value in (0.5, 0.9, 1) if figure == "on_time" else (1, 3, 10):
        for side in ("below", "above"):
            for whole in (True, False):
                rule = Rule(
                    "threshold", figure, period="week", is_whole=whole, side=side, value=value
                )
                (found,) = judge(rule, known)
                assert found.holds == _naive(dossiers, rule, None), (rule, found)
                seen.add(found.holds)
                each = {one.unit: one.holds for one in judge(replace(rule, is_each=True), known)}
                for unit in NAMES:
                    naive = _naive(dossiers, rule, unit)
                    told_ = each.get(unit)
                    # A unit without a row is 0, which only "from … on" can tell.
                    assert (
                        told_ == naive
                        or (told_ is None and not naive)
                        or (side == "below" and told_ is None)
                    ), (rule, unit, told_, naive)
                    one = judge(replace(rule, unit=unit), known)
                    assert [each_.holds for each_ in one] == [naive]
    assert True in seen
    assert False in seen


def test_a_level_is_met_from_itself_on_upwards_and_strictly_below() -> None:
    ten = [_resolved(n, late=n < 1) for n in range(10)]
    known = scene(ten)
    rule = Rule("threshold", "on_time", value=0.9)
    assert of(judge(rule, known)) == {"whole": False}
    assert of(judge(replace(rule, value=0.91), known)) == {"whole": True}
    assert of(judge(replace(rule, side="above"), known)) == {"whole": True}
    (found,) = judge(replace(rule, value=0.95), known)
    assert found.text == ("tỷ lệ đúng hạn 90,0% (9/10), dưới 95%; tuần 10 (02/03–08/03/2026).")
    assert (found.page, found.params["figure"]) == ("late", "on_time")


def test_what_is_printed_stands_on_the_side_that_it_is_judged_on() -> None:
    many = [_resolved(n, late=n < 13) for n in range(250)]  # 94,8%
    (found,) = judge(Rule("threshold", "on_time", value=0.949), scene(many))
    assert found.holds
    assert "94,8% (237/250), dưới 94,9%" in found.text


def test_too_few_and_nothing_are_unknown() -> None:
    few = [_resolved(n, late=True) for n in range(LEAST - 1)]
    rule = Rule("threshold", "on_time", value=0.9)
    assert of(judge(rule, scene(few))) == {"whole": None}
    assert of(judge(rule, scene([*few, _resolved(99, late=True)]))) == {"whole": True}
    assert of(judge(rule, scene([]))) == {"whole": None}
    # Nobody knows of any dossier: 0 is no answer.
    assert of(
        judge(Rule("threshold", "received", side="below", value=5), scene([], until=None))
    ) == {"whole": None}


def test_a_reported_value_that_nobody_told_raises_nothing() -> None:
    rule = Rule("threshold", "documents_received", side="below", value=5)
    assert of(judge(rule, scene([]))) == {"whole": None}
    assert all(one.holds is None for one in judge(replace(rule, is_each=True), scene([])))


def test_every_figure_can_be_watched() -> None:
    known = scene([_resolved(n, late=n < 2) for n in range(12)])
    alike = {(f.fact, f.is_ratio, f.told_only, f.is_stock): key for key, f in ALL_FIGURES.items()}
    for key in alike.values():
        rule = Rule("threshold", key, is_whole=False, side="above", value=0)
        assert problem(rule) is None
        assert judge(rule, known), key
        judge(replace(rule, is_each=True), known)
        judge(replace(rule, unit=1), known)


def test_the_figure_is_that_of_the_screens() -> None:
    dossiers = random_register(80, 7)
    known = scene(dossiers)
    period = period_of("week", NOW.date() - timedelta(days=7))
    figure = FIGURES["resolved"]
    cell = measure(facts_of(dossiers), [figure], [known.ask(figure, period)]).row(0, named=True)
    found = judge(Rule("threshold", "resolved", side="above", value=cell["numerator"]), known)
    assert of(found) == {"whole": True}
    more = judge(Rule("threshold", "resolved", side="above", value=cell["numerator"] + 1), known)
    assert of(more) == {"whole": False}


def test_the_last_whole_week_is_one_that_the_data_have_reached() -> None:
    # The data end in the middle of week 10: the last whole one is week 9.
    known = scene([], until=datetime(2026, 3, 4, 12))
    found = known.period("week", FIGURES["received"], is_whole=True)
    assert found is not None
    assert found.token == "week:2026-W09"
    running = known.period("week", FIGURES["received"], is_whole=False)
    assert running is not None
    assert running.token == "week:2026-W10"
    # Registers are known up to now.
    tasks = known.period("week", ALL_FIGURES["tasks_overdue"], is_whole=True)
    assert tasks is not None
    assert tasks.token == "week:2026-W10"


def test_what_may_not_be_seen_is_not_judged() -> None:
    dossiers = [_resolved(n, late=True, unit=1 + n % 2) for n in range(20)]
    rule = Rule("threshold", "resolved_late", side="above", value=1)
    own = scene(dossiers, scope=frozenset({2}))
    assert judge(replace(rule, unit=1), own) == []
    assert of(judge(replace(rule, is_each=True), own)) == {"unit:2": True}
    (whole,) = judge(rule, own)
    assert "10 hồ sơ" in whole.text


def _resolved(
    number: int, *, late: bool, unit: int = 1, week: date = date(2026, 3, 2)
) -> RawDossier:
    """Received on the Monday before, due on that week's Wednesday, ended on Tuesday or Friday."""
    return RawDossier(
        dossier_id=number + 1,
        unit_id=unit,
        received_at=datetime.combine(week - timedelta(days=7), datetime.min.time()).replace(hour=9),
        due_original_at=datetime(week.year, week.month, week.day, 17) + timedelta(days=2),
        due_at=datetime(week.year, week.month, week.day, 17) + timedelta(days=2),
        ended_at=datetime(week.year, week.month, week.day, 10) + timedelta(days=4 if late else 1),
        end_kind="result",
    )


# -- signals --------------------------------------------------------------------------------


def _weeks(rates: Sequence[tuple[int, int]], unit: int = 1) -> list[RawDossier]:
    """(late, of) of the last weeks before NOW, oldest first."""
    found: list[RawDossier] = []
    for back, (late, count) in enumerate(reversed(rates)):
        week = date(2026, 3, 2) - timedelta(weeks=back)
        found += [
            replace(_resolved(n, late=n < late, unit=unit, week=week),
                    dossier_id=unit * 100_000 + back * 1000 + n)
            for n in range(count)
        ]  # fmt: skip
    return found


def test_a_week_beyond_chance_is_told_and_a_usual_one_is_not() -> None:
    usual = [(1 + n % 3, 50) for n in range(20)]
    rule = Rule("signal", "on_time", is_each=True)
    dossiers = [*_weeks([*usual[:-1], (25, 50)], 1), *_weeks(usual, 2)]
    found = judge(rule, scene(dossiers))
    assert of(found) == {"unit:1": True, "unit:2": False}
    text = next(one.text for one in found if one.unit == 1)
    assert "không phải ngẫu nhiên" in text
    assert text.startswith("tỷ lệ đúng hạn: ")
    assert of(judge(replace(rule, unit=2), scene(dossiers))) == {"unit:2": False}
    (whole,) = judge(replace(rule, is_each=False, unit=1), scene(dossiers))
    assert (whole.thing, whole.holds) == ("unit:1", True)


def _event(**values: Any) -> dict[str, Any]:
    row = dict.fromkeys(REGISTERS["event"].frame) | {
        "event_id": 1, "name": "Phần mềm mới", "kind": "software", "from_on": date(2026, 3, 2),
        "is_rebase": True,
    } | values  # fmt: skip
    held = {
        name: nw.from_native(pl.LazyFrame(schema=dict(register.frame)))
        for name, register in REGISTERS.items()
    }
    frame = pl.DataFrame([row], schema=dict(REGISTERS["event"].frame))
    return {"registers": Held(held | {"event": nw.from_native(frame.lazy())})}


def test_from_a_marked_event_on_what_is_usual_is_counted_anew() -> None:
    usual = [(1 + n % 3, 50) for n in range(20)]
    dossiers = [*_weeks([*usual[:-1], (25, 50)], 1), *_weeks([*usual[:-1], (25, 50)], 2)]
    rule = Rule("signal", "on_time", is_each=True)
    found = of(judge(rule, scene(dossiers, **_event(unit_id=1))))
    assert found == {"unit:1": None, "unit:2": True}
    assert of(judge(rule, scene(dossiers, **_event()))) == {"unit:1": None, "unit:2": None}
    unmarked = scene(dossiers, **_event(is_rebase=False))
    assert of(judge(rule, unmarked)) == {"unit:1": True, "unit:2": True}
    one = Rule("signal", "on_time", unit=1)
    assert of(judge(one, scene(dossiers, **_event(unit_id=1)))) == {"unit:1": None}
    # What is of a part of it makes nothing of the whole anew.
    whole = Rule("signal", "on_time")
    assert of(judge(whole, scene(dossiers, **_event(unit_id=1)))) == {"whole": True}
    assert of(judge(whole, scene(dossiers, **_event()))) == {"whole": None}


def test_better_than_chance_and_too_short_a_history_are_no_alarm() -> None:
    usual = [(9 + n % 3, 50) for n in range(20)]
    better = judge(Rule("signal", "on_time"), scene(_weeks([*usual[:-1], (0, 50)])))
    assert of(better) == {"whole": False}
    short = judge(Rule("signal", "on_time"), scene(_weeks([(1, 50), (2, 50), (25, 50)])))
    assert of(short) == {"whole": None}
    counts = judge(Rule("signal", "resolved_late"), scene(_weeks([*usual[:-1], (45, 50)])))
    assert of(counts) == {"whole": True}


# -- late budgets ---------------------------------------------------------------------------


def _target(**changed: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(REGISTERS["target"].frame)
    return row | {
        "target_id": 4, "programme_id": 1, "unit_id": 1, "code": "CT-1", "name": "Đúng hạn 95%",
        "operator": "at_least", "period_from": date(2026, 1, 1), "period_to": date(2026, 12, 31),
        "metric_kind": "figure", "metric": "on_time", "low": 0.95, "every_period": False,
    } | changed  # fmt: skip


def _with_target(**changed: Any) -> dict[str, Any]:
    schema = dict(REGISTERS["target"].frame)
    held = {
        name: nw.from_native(pl.LazyFrame(schema=dict(register.frame)))
        for name, register in REGISTERS.items()
    }
    held["target"] = nw.from_native(pl.DataFrame([_target(**changed)], schema=schema).lazy())
    return {"registers": Held(held)}


@pytest.mark.parametrize("late", [0, 2, 12, 45])
def test_a_budget_is_told_by_the_state_that_its_own_screen_shows(late: int) -> None:
    weeks = [(late, 50)] * 9
    known = scene(_weeks(weeks), **_with_target())
    found = of(judge(Rule("budget"), known))
    assert set(found) == {"target:4:2026-01-01:spent", "target:4:2026-01-01:runs_out"}
    row = _target()
    ask = replace(known.ask(FIGURES["received"], period_of("week", NOW.date())), as_of=NOW)
    target = Target(**{n: row[n] for n in Target.__dataclass_fields__})
    told_ = evidence(target, known.known_of_targets, lambda *_: known.everything, ask)
    budget = judge_target(target, told_, ask).budget
    assert budget is not None
    assert [key.rpartition(":")[2] for key, holds in found.items() if holds] == (
        [budget.state] if budget.state in ("spent", "runs_out") else []
    )


def test_a_target_of_elsewhere_or_over_is_nobodys_alarm() -> None:
    spent = _weeks([(45, 50)] * 9)
    assert (
        judge(Rule("budget"), scene(spent, **_with_target(unit_id=2, period_to=date(2026, 2, 1))))
        == []
    )
    own = scene(spent, scope=frozenset({2}), **_with_target())
    assert judge(Rule("budget"), own) == []


# -- sources --------------------------------------------------------------------------------


def _sources(**until: datetime | None) -> pl.DataFrame:
    rows = [
        dict.fromkeys(SOURCE)
        | {"source_id": n, "code": name, "name": name, "fresh_within_hours": 8, "data_until": at}
        for n, (name, at) in enumerate(until.items(), start=1)
    ]
    return pl.DataFrame(rows, schema=dict(SOURCE))


def test_a_source_is_late_by_its_own_term_and_a_silent_one_is_unknown() -> None:
    sources = _sources(mot_cua=NOW - timedelta(days=14), cong=NOW - timedelta(minutes=5), thu=None)
    found = judge(Rule("stale"), scene([], sources=sources))
    assert of(found) == {"source:1": True, "source:2": False, "source:3": None}
    assert found[0].subject == "Nguồn mot_cua"
    assert "chưa cập nhật" in found[0].text


# -- rules as values ------------------------------------------------------------------------


def test_what_cannot_be_kept_is_said() -> None:
    assert "Không có chỉ tiêu" in (problem(Rule("threshold", "dung_han", value=1)) or "")
    assert "không quá 100%" in (problem(Rule("threshold", "on_time", value=95)) or "")
    assert problem(Rule("threshold", "received")) is not None
    assert problem(Rule("threshold", "received", period="custom", value=1)) is not None
    assert "hồ sơ" in (problem(Rule("signal", "tasks_overdue")) or "")
    assert problem(Rule("nothing")) is not None  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        limits(date(1969, 12, 31))


def test_what_is_offered_can_be_kept_and_is_told() -> None:
    assert {offer.rule.kind for offer in offers()} == set(KINDS)
    for offer in offers():
        assert problem(offer.rule) is None
        assert told(offer.rule, "Tất cả đơn vị")
    first = offers()[0].rule
    assert told(first, "Tất cả đơn vị") == (
        "Tỷ lệ đúng hạn dưới 95%, tuần trọn gần nhất, Tất cả đơn vị"
    )
