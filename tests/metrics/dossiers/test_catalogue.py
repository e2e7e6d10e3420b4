"""The declarations themselves: complete, in Vietnamese, and deaf to the wall clock."""

from __future__ import annotations

import ast
import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import metrics
from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.core.on_time import ON_TIME_DEFINITIONS, on_time_definition
from metrics.dossiers.catalogue import FIGURES, figure
from tests.frames import CLOCK, facts_of, question
from tests.strategies import question as a_question
from tests.strategies import random_register

ALL = list(FIGURES.values())

# -- declarations -------------------------------------------------------------------------


@pytest.mark.parametrize("key", FIGURES)
def test_a_figure_is_declared_whole(key: str) -> None:
    declared = FIGURES[key]
    assert declared.key == key
    assert declared.label
    assert declared.meaning.endswith(".")
    assert declared.basis
    assert declared.is_ratio == (declared.unit in ("rate", "working_days"))
    assert (declared.value is not None) == (declared.unit == "working_days")
    assert not (declared.is_stock and declared.flow), "a stock belongs to no period"


@pytest.mark.parametrize("key", ON_TIME_DEFINITIONS)
def test_a_definition_is_declared_whole(key: str) -> None:
    declared = on_time_definition(key)
    assert declared.key == key
    assert declared.label
    assert declared.short
    assert declared.numerator_meaning
    assert declared.denominator_meaning
    assert declared.unknown_meaning
    assert declared.basis


def test_an_unknown_figure_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="pending_overdue"):
        figure("pending_overdu")
    with pytest.raises(KeyError, match="form, portal, carried, lenient, fell_due, received"):
        on_time_definition("lax")


def test_a_stock_does_not_know_when_the_period_began() -> None:
    """And what is no stock does, in some register."""
    moved = set()
    for seed in range(6):
        dossiers = random_register(80, seed)
        ask = question(a_question(random.Random(seed).randrange, dossiers))
        asks = [ask, replace(ask, first_day=ask.first_day - timedelta(days=4), as_of=ask.moment)]
        frame = measure(facts_of(dossiers), ALL, asks)
        for key in FIGURES:
            one, other = frame.filter(figure=key).select("numerator", "denominator").rows()
            if one != other:
                moved.add(key)
    assert moved == {key for key, declared in FIGURES.items() if not declared.is_stock}


# -- the question -------------------------------------------------------------------------


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ngày cuối 01/03/2026 trước ngày đầu 02/03/2026"):
        Ask(date(2026, 3, 2), date(2026, 3, 1), CLOCK)


def test_the_moment_is_the_periods_end_unless_told() -> None:
    ask = Ask(date(2026, 3, 2), date(2026, 3, 8), CLOCK)
    assert ask.start == datetime(2026, 3, 2)
    assert ask.moment == ask.period_end == ask.end == datetime(2026, 3, 9)
    assert ask.as_of_day == date(2026, 3, 8)


def test_a_period_is_never_looked_at_beyond_the_moment() -> None:
    within = Ask(date(2026, 3, 2), date(2026, 3, 8), CLOCK, as_of=datetime(2026, 3, 4, 12))
    assert within.end == datetime(2026, 3, 4, 12)
    assert within.as_of_day == date(2026, 3, 4)
    midnight = replace(within, as_of=datetime(2026, 3, 4))
    assert midnight.as_of_day == date(2026, 3, 3)
    before = replace(within, as_of=datetime(2026, 2, 1))
    assert before.end == before.start
    after = replace(within, as_of=datetime(2026, 4, 1))
    assert after.end == after.period_end
    assert after.moment == datetime(2026, 4, 1)


def test_another_period_of_the_same_question_is_seen_from_its_end_or_from_the_moment() -> None:
    ask = Ask(date(2026, 3, 2), date(2026, 3, 8), CLOCK, as_of=datetime(2026, 3, 4, 12))
    assert ask.over(date(2026, 2, 23), date(2026, 3, 1)).moment == datetime(2026, 3, 2)
    assert ask.over(date(2026, 3, 2), date(2026, 3, 15)).moment == datetime(2026, 3, 4, 12)


# -- never the wall clock -----------------------------------------------------------------

CLOCKS = {
    "now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp", "localtime", "gmtime", "ctime",
    "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "clock_gettime",
}  # fmt: skip
"""Names under which Python tells the time."""


def clocks_in(tree: ast.AST) -> list[str]:
    """What could tell the machine's time, as it stands in the code."""
    classes = {"datetime", "date"}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            classes |= {a.asname for a in node.names if a.asname and a.name in classes}
    return [ast.unparse(node) for node in ast.walk(tree) if _is_clock(node, classes)]


def _is_clock(node: ast.AST, classes: set[str]) -> bool:
    match node:
        case ast.Import(names=names):
            return any(alias.name.split(".")[0] == "time" for alias in names)
        case ast.ImportFrom(module=module, names=names):
            # datetime.time is a time of day; the module time is a clock.
            return module == "time" or any(alias.name in CLOCKS for alias in names)
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
            return name in CLOCKS or name in ("__import__", "import_module")
        case ast.Attribute(attr=name, value=ast.Name(id=of) | ast.Attribute(attr=of)):
            return name in CLOCKS and of in classes
        case ast.Constant(value=str(text)):
            return text in CLOCKS - {"now"} or text.lower() in ("now()", "current_timestamp")
    return False


def sources() -> list[Path]:
    return sorted(Path(metrics.__path__[0]).rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.name)
def test_figures_never_ask_the_wall_clock(path: Path) -> None:
    assert clocks_in(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime as d\nd.date.today()",
        "import time",
        "from time import time",
        "import time as t\nt.time()",
        "from datetime import datetime as d\nlater = d.now",
        "getattr(datetime, 'today')()",
        "from pandas import Timestamp\nTimestamp.today()",
    ],
)
def test_a_look_at_the_clock_is_found(code: str) -> None:
    assert clocks_in(ast.parse(code))


def test_a_time_of_day_is_no_clock() -> None:
    code = "from datetime import datetime, time\ndatetime.combine(day, time())"
    assert clocks_in(ast.parse(code)) == []
