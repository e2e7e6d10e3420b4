"""The order of "Cần chỉ đạo": one dated table, and no weight anywhere else."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

import metrics
from metrics.core import urgency
from metrics.core.urgency import order, rank

TODAY = date(2026, 6, 28)
FILES = sorted(Path(metrics.__path__[0]).rglob("*.py"))


def test_the_most_urgent_stands_first_and_no_kind_twice() -> None:
    ranks = order(TODAY).ranks
    assert all(above.base >= below.base for above, below in pairwise(ranks))
    assert len({one.key for one in ranks}) == len(ranks)
    assert {one.level for one in ranks} == {urgency.ALARM, urgency.WARNING, urgency.BY_RATE}
    assert all(bool(one.each) == bool(one.amount) for one in ranks)


@pytest.mark.parametrize(
    ("key", "amount", "points"),
    [
        ("below_target", 4.6, 104.6),
        ("tasks_past_due", 3, 76.5),
        ("tasks_past_due", 500, 85),
        ("promise_out_of_reach", 2, 71.2),
        ("promise_missed", 0, 74),
        ("other_units", 7, 45),
    ],
)
def test_the_amount_counts_up_to_its_most(key: str, amount: float, points: float) -> None:
    assert rank(key, TODAY).urgency(amount) == pytest.approx(points)


def test_every_line_asks_the_table_and_every_row_of_it_is_asked_for() -> None:
    """Weights are in one place: no ``urgency=`` of a line is written out elsewhere."""
    asked: set[str] = set()
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'(?<![.\w])rank\("(\w+)"', text))
        asked |= set(re.findall(r'(?:unit_lines|_so_many)\(\s*"(\w+)"', text))
        asked |= set(re.findall(r'key = "(\w+)"', text)) if "unit_lines(" in text else set()
        asked |= set(re.findall(r'"(requests_\w+)"', text)) if "unit_lines(" in text else set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.keyword) and node.arg == "urgency":
                assert isinstance(node.value, ast.Call), f"{path.name}: a weight of its own"
    known = {one.key for one in order(TODAY).ranks}
    # What several units share is asked for by its kind (calls.together); promises by their word.
    shared = {key for key in known if key.endswith("_others")}
    assert {key.removesuffix("_others") for key in shared} <= asked | {"commitment"}
    assert asked == known - shared


def test_a_table_holds_from_its_first_day_on(monkeypatch: pytest.MonkeyPatch) -> None:
    first = order(TODAY)
    later = replace(first, valid_from=date(2026, 6, 1), ranks=first.ranks[::-1])
    monkeypatch.setattr(urgency, "_tables", lambda: (later, first))
    assert order(date(2026, 5, 31)) is first
    assert order(date(2026, 6, 1)) is later
    with pytest.raises(KeyError, match="Không có bảng"):
        order(date(1969, 12, 31))
    with pytest.raises(KeyError, match="không có loại"):
        rank("unknown", TODAY)
