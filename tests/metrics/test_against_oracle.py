"""Every figure, asked in every way, against the oracle: numbers, groups and the rows behind them.

The register is one set of dossiers whose moments collide; the questions go through every
definition, comparison and due date, with T before, at, within and after the period. The small
cases are the same by Hypothesis, so that a failure shrinks to a dossier or two.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import cycle, pairwise, product
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.ask import DEFINITIONS, Ask, Compare, Definition
from metrics.core.figure import Figure
from metrics.core.measure import GROUPS, SERIES, measure, show
from metrics.core.on_time import ON_TIME_DEFINITIONS
from metrics.core.parts import PARTS
from metrics.core.rows import rows
from metrics.dossiers.catalogue import FIGURES
from tests import oracle
from tests.answers import Cells, accepted_on_the_edge, cells_by, cells_of, differences, every_way
from tests.each_dossier import every_variant, rows_unlike, unlike
from tests.frames import CLOCK, SEEDED, InMemory, facts_of, question
from tests.oracle import RawDossier
from tests.strategies import (
    CALENDAR,
    Case,
    asked_at,
    cases,
    imported,
    random_register,
)
from tests.strategies import question as a_question

ALL = list(FIGURES.values())
BY_DEFINITION = [FIGURES[key] for key in ("on_time", "not_on_time")]
"""What depends on the definition beyond its default comparison."""


class Register:
    """Dossiers, questions, and the oracle's answer to each."""

    def __init__(self, size: int, seed: int) -> None:
        some = random_register(size, seed)
        self.dossiers = [*some, *accepted_on_the_edge(some, 24)]
        self.by_id = {d.dossier_id: d for d in self.dossiers}
        self.facts = facts_of(self.dossiers)
        self.asked = every_way(self.dossiers, seed)
        self.answers = [oracle.answers(self.dossiers, ask, CALENDAR) for ask in self.asked]

    def figures(self, position: int) -> list[Figure]:
        """Which figures a question is put about: all for each way, whatever the definition."""
        ways = len(self.asked) // len(oracle.RATES)
        chosen = position // ways == position % ways % len(oracle.RATES)
        return ALL if chosen else BY_DEFINITION

    def chosen(self, every: int = 1) -> list[int]:
        """Positions of questions put about all figures, each so-manieth of them."""
        return [n for n in range(len(self.asked)) if self.figures(n) is ALL][::every]

    def expected(self, positions: Sequence[int], key: Callable[[RawDossier], Hashable]) -> Cells:
        return {
            (position, figure.key, group): cell
            for position in positions
            for figure in self.figures(position)
            for group, cell in cells_by(self.answers[position][figure.key], self.by_id, key)
        }

    def measured(self, positions: Sequence[int], by: Sequence[str]) -> Cells:
        """By several columns a group is a tuple; by none it is None."""
        found: Cells = {}
        for figures in (ALL, BY_DEFINITION):
            some = [n for n in positions if self.figures(n) is figures]
            for first in range(0, len(some), 15):
                part = some[first : first + 15]
                asks = [question(self.asked[n]) for n in part]
                found |= cells_of(measure(self.facts, figures, asks, by), by, part)
        return found


@pytest.fixture(scope="module")
def register() -> Register:
    return Register(size=240, seed=4)


# -- the register -------------------------------------------------------------------------


def test_every_figure_has_an_oracle() -> None:
    assert set(FIGURES) == {*oracle.FIGURES, *oracle.RATIOS}
    assert {f.key for f in ALL if f.is_ratio} == set(oracle.RATIOS)
    assert set(ON_TIME_DEFINITIONS) == set(oracle.RATES)
    assert set(GROUPS) == set(oracle.KEYS)
    assert SERIES == oracle.SERIES


def test_the_register_reaches_every_figure_in_every_way(register: Register) -> None:
    """A figure that is 0 throughout would be compared with nothing."""
    reached = {
        (figure.key, register.asked[n].compare, register.asked[n].due)
        for n in register.chosen()
        for figure in register.figures(n)
        if register.answers[n][figure.key].numerator
    }
    assert reached == set(product(FIGURES, (None, "timestamp", "day"), ("current", "original")))


def test_numbers_are_the_oracles(register: Register) -> None:
    some = register.chosen(every=4)
    found = register.measured(some, [])
    wanted = register.expected(some, lambda _: None)
    assert differences(found, wanted, register.asked) == []


def test_numbers_by_all_keys_at_once_are_the_oracles(register: Register) -> None:
    every = range(len(register.asked))
    keys = [oracle.KEYS[group] for group in GROUPS]
    found = register.measured(every, list(GROUPS.values()))
    wanted = register.expected(every, lambda d: tuple(key(d) for key in keys))
    assert differences(found, wanted, register.asked) == []


@pytest.mark.parametrize("group", GROUPS)
def test_numbers_by_one_key_are_the_oracles(register: Register, group: str) -> None:
    some = register.chosen(every=8)
    found = register.measured(some, [GROUPS[group]])
    wanted = register.expected(some, oracle.KEYS[group])
    assert differences(found, wanted, register.asked) == []


@pytest.mark.parametrize("key", FIGURES)
def test_a_figure_asked_alone_is_the_oracles(register: Register, key: str) -> None:
    """What is narrowed for one figure's sake, for all questions at once, loses none of it."""
    some = register.chosen(every=4)
    asks = [question(register.asked[n]) for n in some]
    found = cells_of(measure(register.facts, [FIGURES[key]], asks), (), some)
    wanted = register.expected(some, lambda _: None)
    alone = {cell: value for cell, value in wanted.items() if cell[1] == key}
    assert differences(found, alone, register.asked) == []


@pytest.mark.parametrize("key", [key for key, figure in FIGURES.items() if figure.always])
def test_a_narrowed_figure_takes_nothing_from_others(register: Register, key: str) -> None:
    some = register.chosen(every=6)
    asks = [question(register.asked[n]) for n in some]
    two = [FIGURES[key], FIGURES["received"]]
    found = cells_of(measure(register.facts, two, asks), (), some)
    wanted = register.expected(some, lambda _: None)
    both = {cell: value for cell, value in wanted.items() if cell[1] in (key, "received")}
    assert differences(found, both, register.asked) == []


@pytest.mark.parametrize("group", SERIES)
def test_series_are_the_oracles(register: Register, group: str) -> None:
    """Each figure by week and month, from questions of every kind in turn."""
    for n, figure in zip(cycle(register.chosen()), ALL, strict=False):
        asked = register.asked[n]
        found = {
            row["key"]: (row["numerator"], row["denominator"])
            for row in show(register.facts, figure, question(asked), group).iter_rows(named=True)
        }
        wanted: dict[Hashable, tuple[int | None, int | None]] = {}
        for first, piece in oracle.pieces(asked, group):
            if piece is None:  # not begun at T
                wanted[first] = (None, None)
                continue
            answer = oracle.answers(register.dossiers, piece, CALENDAR)[figure.key]
            cells = dict(cells_by(answer, register.by_id, lambda _: None))
            wanted[first] = cells.get(None, (0, 0 if figure.is_ratio else None))
        assert (figure.key, found) == (figure.key, wanted), asked


def test_one_group_of_show_is_that_of_measure(register: Register) -> None:
    n = register.chosen()[2]
    for group, key in oracle.KEYS.items():
        shown = show(register.facts, FIGURES["on_time"], question(register.asked[n]), group)
        found = {
            row["key"]: (row["numerator"], row["denominator"])
            for row in shown.iter_rows(named=True)
            if row["denominator"]
        }
        assert found == dict(cells_by(register.answers[n]["on_time"], register.by_id, key))
        keys = shown["key"].to_list()
        assert keys == sorted(keys, key=lambda key: (key is None, key or 0))


# -- the rows behind a number -------------------------------------------------------------


def parts_of(figure: Figure) -> tuple[str, ...]:
    sides = ("numerator", "denominator") if figure.is_ratio else ("numerator",)
    return (*sides, "unknown") if figure.unknown else sides


def collected(lazy: Sequence[Any]) -> list[pl.DataFrame]:
    return pl.collect_all([frame.to_native() for frame in lazy])


def test_rows_are_the_dossiers_counted(register: Register) -> None:
    some = register.chosen(every=5)
    cells = [(n, figure, part) for n in some for figure in ALL for part in parts_of(figure)]
    asks = {n: question(register.asked[n]) for n in some}
    lazy = [rows(register.facts, f, asks[n], part=part) for n, f, part in cells]
    for (n, figure, part), frame in zip(cells, collected(lazy), strict=True):
        wanted = getattr(register.answers[n][figure.key], part)
        found = frame["dossier_id"].sort().to_list()
        assert found == sorted(wanted), (figure.key, part, register.asked[n])


@pytest.mark.parametrize("group", GROUPS)
def test_rows_of_a_group_are_the_dossiers_counted_in_it(register: Register, group: str) -> None:
    """Each figure with one group's key, all keys in turn."""
    n, key = register.chosen()[3], oracle.KEYS[group]
    ask = question(register.asked[n])
    cells = list(zip(ALL, cycle({key(d) for d in register.dossiers}), strict=False))
    lazy = [rows(register.facts, figure, ask, {GROUPS[group]: value}) for figure, value in cells]
    for (figure, value), frame in zip(cells, collected(lazy), strict=True):
        counted = register.answers[n][figure.key].numerator
        wanted = sorted(i for i in counted if key(register.by_id[i]) == value)
        assert frame["dossier_id"].sort().to_list() == wanted, (figure.key, value)


def test_where_takes_several_values_and_unknown(register: Register) -> None:
    n = register.chosen()[3]
    ask = question(register.asked[n])
    for wanted in ([1, 3], [1, None], [None], [], {2, None}, (3,)):
        where = {"procedure_id": wanted, "unit_id": frozenset({1, 2})}
        frame = measure(register.facts, ALL, [ask], (), where)
        found = dict(frame.select("figure", "numerator").iter_rows())
        for figure in ALL:
            answer = register.answers[n][figure.key].numerator
            chosen = [
                value
                for i, value in answer.items()
                if register.by_id[i].procedure_id in wanted and register.by_id[i].unit_id in (1, 2)
            ]
            assert found[figure.key] == sum(chosen), (figure.key, wanted)
        listed = rows(register.facts, FIGURES["pending"], ask, where).collect().to_native()
        assert listed.height == found["pending"]


def test_rows_say_how_late_they_are(register: Register) -> None:
    for n in register.chosen():
        asked = register.asked[n]
        ask = question(asked)
        frame = rows(register.facts, FIGURES["late"], ask).collect().to_native()
        for row in frame.iter_rows(named=True):
            d = register.by_id[row["dossier_id"]]
            assert row["days_late"] == oracle.days_late(d, asked, CALENDAR)
            assert row["working_days_late"] == oracle.working_days_late(d, asked, CALENDAR)


@pytest.mark.parametrize(
    ("due", "ended", "days"),
    [
        (datetime(2023, 12, 31, 17), datetime(2024, 3, 1, 8), 61),
        (datetime(2024, 2, 28, 17), datetime(2024, 3, 1, 8), 2),
        (datetime(2024, 12, 31, 17), datetime(2025, 1, 1, 8), 1),
        (datetime(1999, 12, 31, 17), datetime(2000, 12, 31, 8), 366),
        (datetime(2025, 1, 2, 17), datetime(2024, 12, 30, 8), -3),
    ],
)
def test_days_late_over_the_ends_of_years(due: datetime, ended: datetime, days: int) -> None:
    old = datetime(1999, 1, 1)
    d = RawDossier(received_at=old, due_at=due, ended_at=ended, end_kind="result")
    ask = Ask(old.date(), date(2026, 1, 1), CLOCK)
    found = rows(facts_of([d]), FIGURES["resolved"], ask).collect().to_native()
    assert found["days_late"].to_list() == [days]


def test_days_that_the_calendar_does_not_know_are_not_0_in_a_mean() -> None:
    """A due date in the year 206 is late, but not by 0 working days."""
    noon = datetime(2026, 3, 4, 12)
    two_days = RawDossier(
        1, received_at=noon, due_at=noon, ended_at=noon + timedelta(days=2), end_kind="result"
    )
    facts = facts_of([two_days, replace(two_days, dossier_id=2)])
    mistyped = pl.col("dossier_id") == 2
    unknown = facts.dossiers.with_columns(
        pl.when(mistyped).then(None).otherwise(pl.col("judged_due_wd")).alias("judged_due_wd"),
        pl.when(mistyped)
        .then(pl.lit(datetime(206, 3, 4, 12)))
        .otherwise(pl.col("judged_due_at"))
        .cast(pl.Datetime("ms"))
        .alias("judged_due_at"),
    )
    ask = Ask(date(2026, 3, 2), date(2026, 3, 8), CLOCK)
    wanted = [FIGURES["resolved_late"], FIGURES["mean_working_days_late"]]
    found = measure(replace(facts, dossiers=unknown), wanted, [ask])
    assert found.select("numerator", "denominator").rows() == [(2, 1), (2, None)]


def test_a_count_has_no_denominator_to_open(register: Register) -> None:
    ask = question(register.asked[0])
    with pytest.raises(ValueError, match="không có mẫu số"):
        rows(register.facts, FIGURES["received"], ask, part="denominator")


# -- dossier by dossier, in every way ------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "questions"),
    [
        (150, 12),
        pytest.param(800, 30, marks=pytest.mark.proof),
        pytest.param(3000, 100, marks=pytest.mark.proof),
    ],
)
def test_every_dossier_is_counted_as_the_oracle_counts_it(size: int, questions: int) -> None:
    """Each question by all definitions, comparisons and due dates; the rows in one way each."""
    known = imported(size, seed=size)
    facts = facts_of(known)
    roll = random.Random(size).randrange
    for turn in range(questions):
        asked = every_variant(replace(asked_at(roll, known), known_at=None), turn)
        assert unlike(facts, question, asked, known) == []
        if turn % 6 == 0:
            assert rows_unlike(facts, question, asked[turn % len(asked)], known) == []


# -- few dossiers, by Hypothesis ----------------------------------------------------------


@settings(max_examples=25)
@given(cases(max_size=5))
def test_figures_of_a_few_dossiers_are_the_oracles(case: Case) -> None:
    facts, by_id = facts_of(case.dossiers), {d.dossier_id: d for d in case.dossiers}
    asked = [replace(case.ask, definition=definition) for definition in oracle.RATES]
    asks = [question(ask) for ask in asked]
    found = cells_of(measure(facts, ALL, asks[:1]), (), [0])
    found |= cells_of(measure(facts, BY_DEFINITION, asks[1:]), (), [1, 2, 3, 4, 5])
    wanted: Cells = {}
    for position, ask in enumerate(asked):
        answers = oracle.answers(case.dossiers, ask, CALENDAR)
        for figure in BY_DEFINITION if position else ALL:
            for group, cell in cells_by(answers[figure.key], by_id, lambda _: None):
                wanted[position, figure.key, group] = cell
    assert differences(found, wanted, asked) == []


# -- the form's identities, on the figures themselves -------------------------------------

FORM = {
    "c4": "received_online",
    "c5": "received_offline",
    "c6": "carried_over",
    "c7": "resolved",
    "c8": "resolved_early",
    "c9": "resolved_on_day",
    "c10": "resolved_late",
    "c11": "pending",
    "c12": "pending_in_time",
    "c13": "pending_overdue",
    "resolved": "resolved_unclassified",
    "pending": "pending_unclassified",
    "received": "received",
}
"""Column of form II.06a, or what its columns leave out, → figure."""

GROUPED = ["unit_id", "field_id"]
"""An identity that holds for every unit and field at once holds for any sum of them."""

Form = dict[tuple[Any, ...], dict[str, int]]


def form(facts: InMemory, asks: Sequence[Ask]) -> Form:
    """(question, unit, field) → column → number."""
    frame = measure(facts, [FIGURES[key] for key in FORM.values()], asks, GROUPED)
    columns = {figure: column for column, figure in FORM.items()}
    found: Form = {}
    for row in frame.iter_rows(named=True):
        line = found.setdefault((row["ask"], *(row[key] for key in GROUPED)), {})
        line[columns[row["figure"]]] = row["numerator"]
    return found


def registers_and_questions(as_of: str) -> st.SearchStrategy[tuple[InMemory, list[Ask]]]:
    """A register of sixty dossiers and three questions about it."""

    def made(seed: int) -> tuple[InMemory, list[Ask]]:
        dossiers = random_register(60, seed)
        roll = random.Random(seed).randrange
        return facts_of(dossiers), [question(a_question(roll, dossiers, as_of)) for _ in range(3)]

    return st.integers(0, 2**32).map(made)


@settings(max_examples=12, phases=SEEDED)
@given(registers_and_questions("within"))
def test_the_form_balances_for_every_unit_and_field(
    asked: tuple[InMemory, list[Ask]],
) -> None:
    lines = form(*asked).values()
    assert lines
    for c in lines:
        assert c["c4"] + c["c5"] == c["received"]
        assert c["c4"] + c["c5"] + c["c6"] == c["c7"] + c["c11"]
        assert c["c7"] == c["c8"] + c["c9"] + c["c10"] + c["resolved"]
        assert c["c11"] == c["c12"] + c["c13"] + c["pending"]


@settings(max_examples=12, phases=SEEDED)
@given(registers_and_questions("end"), st.integers(1, 9))
def test_what_is_pending_is_carried_into_the_next_period(
    asked: tuple[InMemory, list[Ask]], days: int
) -> None:
    """Adjoining periods of any length: c6 of one is c11 of the one before, for every group.

    Less those refused within the period, so nobody is refused here.
    """
    known, (last, *_) = asked
    refused = pl.col("end_kind").eq_missing("refused")
    facts = replace(
        known, dossiers=known.dossiers.filter(~refused), pauses=known.pauses.filter(~refused)
    )
    edges = [last.first_day - timedelta(days=days * n) for n in (2, 1, 0)]
    asks = [last.over(a, b - oracle.DAY) for a, b in pairwise(edges)] + [last]
    lines = form(facts, asks)
    for (position, *group), c in lines.items():
        if position:
            assert c["c6"] == lines[position - 1, *group]["c11"]


@settings(max_examples=12, phases=SEEDED)
@given(registers_and_questions("any"))
def test_lenient_is_never_below_form_by_the_same_comparison(
    asked: tuple[InMemory, list[Ask]],
) -> None:
    facts, (ask, *_) = asked
    compares: tuple[Compare, ...] = ("timestamp", "day")
    definitions: tuple[Definition, ...] = ("form", "lenient")
    asks = [
        replace(ask, compare=compare, definition=definition)
        for compare, definition in product(compares, definitions)
    ]
    found = measure(facts, [FIGURES["on_time"]], asks)
    form_by_time, lenient_by_time, form_by_day, lenient_by_day = found["rate"]
    assert form_by_time is None or form_by_time <= lenient_by_time
    assert form_by_day is None or form_by_day <= lenient_by_day


@settings(max_examples=12, phases=SEEDED)
@given(registers_and_questions("any"))
def test_the_unknown_is_neither_on_time_nor_late(asked: tuple[InMemory, list[Ask]]) -> None:
    """Of any definition: classified and unknown share no dossier; over all is both together."""
    facts, asks = asked
    figure = FIGURES["on_time"]
    for definition, given_ in product(DEFINITIONS, asks):
        ask = replace(given_, definition=definition, whole="classified")
        every = replace(ask, whole="all")
        ids = {
            part: set(rows(facts, figure, ask, part=part).collect().to_native()["dossier_id"])
            for part in PARTS
        }
        assert not ids["denominator"] & ids["unknown"]
        assert ids["missing"] == ids["denominator"] - ids["numerator"]
        cell, whole = measure(facts, [figure], [ask, every]).iter_rows(named=True)
        assert cell["unknown"] == whole["unknown"] == len(ids["unknown"])
        assert whole["numerator"] == cell["numerator"] == len(ids["numerator"])
        assert whole["denominator"] == cell["denominator"] + cell["unknown"]
        late = measure(facts, [FIGURES["not_on_time"]], [ask, every])["numerator"].to_list()
        assert late == [len(ids["missing"])] * 2
