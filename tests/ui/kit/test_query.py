"""A screen's address: what it means, what means nothing, and that nothing breaks on it."""

from __future__ import annotations

import random
import string

import pytest

from ui.kit import query as q

BANDS = ("1-5", "6-")
QUERY = q.Query(
    "test",
    q.one_of("figure", ("all", "late"), usual="all", label="Tình trạng"),
    q.one_of("kind", label="Loại"),
    q.one_of("area", ("law",), may_be_unknown=True),
    q.some_of("step", is_repeated=True),
    q.some_of("band", BANDS),
    q.an_id("programme"),
    q.ids("units", label="Đơn vị"),
    q.ids("field", may_be_unknown=True),
    q.number("left", 0, 3, only=lambda values: values.get("figure") == "late"),
    q.text("q"),
    q.month("month"),
    q.page(),
    q.opened("task"),
    q.row_of("task", "survey"),
)
KNOWN: q.Known = {
    "kind": {"a"},
    "step": {"nộp, nhận"},
    "programme": {4},
    "units": {1, 2},
    "field": {7},
}
WHOLE: dict[str, str | list[str]] = {
    "figure": "late", "kind": "a", "area": "none", "step": ["nộp, nhận"], "band": "6-,1-5",
    "programme": "4", "units": "2,1", "field": "none,7", "left": "0", "q": "Số hóa",
    "month": "2026-06", "p": "3", "task": "99", "row": "task-7",
}  # fmt: skip


def _given(params: dict[str, str | list[str]]) -> dict[str, list[str]]:
    return {name: [text] if isinstance(text, str) else text for name, text in params.items()}


def test_what_is_written_is_what_was_read() -> None:
    asked = QUERY.parse(_given(WHOLE), KNOWN)
    assert asked.problems == ()
    assert asked.params() == WHOLE
    assert (asked["units"], asked["field"], asked["band"]) == ((2, 1), (None, 7), ("6-", "1-5"))
    assert (asked["area"], asked["step"]) == (q.UNKNOWN, ("nộp, nhận",))


def test_what_is_as_usual_is_left_out() -> None:
    asked = QUERY.parse({"figure": ["all"], "p": ["1"], "q": ["  "]}, KNOWN)
    assert asked.params() == {}
    assert asked["figure"] == "all"
    assert asked["units"] == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("figure", "ever"), ("kind", "b"), ("area", "moon"), ("step", "x"), ("band", "7-9"),
        ("programme", "5"), ("programme", "٤"), ("units", "3"), ("units", "x,y"), ("field", "8"),
        ("left", "1"), ("month", "2026-13"), ("month", "1800-01"), ("month", "2026-6"),
        ("p", "0"), ("p", "-1"), ("task", "1e9"), ("task", "9" * 19), ("task", "1" * 5000),
        ("q", "x" * 65), ("q", "a\x00b"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_named_and_not_repeated(name: str, text: str) -> None:
    asked = QUERY.parse({name: [text]}, KNOWN)
    assert asked.params() == {}
    (said,) = asked.problems
    assert f"“{name}”" in said
    assert len(text) < 3 or text not in said


def test_of_several_values_the_known_ones_stay_and_the_others_are_counted() -> None:
    asked = QUERY.parse({"units": ["1,99,x,2"]}, KNOWN)
    assert asked["units"] == (1, 2)
    assert "“units” trong đường dẫn: 2 giá trị" in asked.problems[0]


def test_a_filter_that_changes_closes_what_is_open_and_begins_at_the_first_page() -> None:
    asked = QUERY.parse(_given(WHOLE), KNOWN)
    assert not {"task", "p"} & asked.but(units=(1,)).params().keys()
    opened = asked.but(task=5).params()
    assert (opened["task"], opened["p"]) == ("5", "3")
    assert "units" not in asked.but(units=()).params()
    assert "figure" not in asked.but(figure=None).params()
    assert "left" not in asked.but(figure="all").params(), "it was of the figure before"


def test_reset_takes_off_every_filter() -> None:
    assert QUERY.parse(_given(WHOLE), KNOWN).reset().params() == {}


def test_no_address_breaks_a_screen() -> None:
    """Anything at all: a value or a sentence, and what is read can be written and read again."""
    dice = random.Random(766)
    pieces = [*string.printable, "−", "\x00", "\ud83d", "%00", "../", "<script>", "none", "99", ","]
    for _ in range(3_000):
        given = {
            name: ["".join(dice.choices(pieces, k=dice.randrange(0, 40)))]
            for name in dice.sample(list(QUERY.parameters), 4)
        }
        asked = QUERY.parse(given, KNOWN)
        again = QUERY.parse(_given(asked.params()), KNOWN)
        assert again.params() == asked.params()
        assert again.problems == ()


def test_a_long_list_of_values_is_cut() -> None:
    known: q.Known = {"units": range(10_000)}
    asked = QUERY.parse({"units": [",".join(map(str, range(5_000)))]}, known)
    assert len(asked["units"]) == 400
    assert "4600 giá trị" in asked.problems[0]


def test_a_row_that_opens_closes_another_and_leaves_the_page() -> None:
    asked = QUERY.parse({"p": ["3"], "task": ["99"], "q": ["a"]}, KNOWN)
    assert asked.but(row="survey-1").params() == {"q": "a", "p": "3", "row": "survey-1"}
    assert asked.but(row="survey-1").but(task=4).params() == {"q": "a", "p": "3", "task": "4"}
    assert asked.but(p=2).params() == {"q": "a", "p": "2", "task": "99"}
    for strange in ("task-", "task-x", "task--1", "finding-1", "task"):
        assert QUERY.parse({"row": [strange]}, KNOWN).problems
