"""The call list: no unit twice, nothing lost, nobody let in without a signal or a duty."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from metrics.core.urgency import order
from metrics.dossiers.attention import Line
from metrics.dossiers.calls import CallList, call_list

DAY = date(2026, 6, 28)
TABLE = order(DAY)
KINDS = ("below_target", "without_apology", "tasks_past_due", "tasks_not_updated", "past_allowed")
OWN = 99


def line(
    kind: str, unit: int | None, count: int | None = 1, urgency: float = 50, **more: object
) -> Line:
    given_: dict[str, object] = {
        "kind": kind, "level": "warning", "urgency": urgency, "subject": f"Phường {unit}",
        "text": f"{kind} {count}.", "count": count, "figure": "late",
        "where": {} if unit is None else {"unit_id": unit},
        "admits": kind != "tasks_not_updated", "together": "còn {total}: {names}.",
    }  # fmt: skip
    return Line(**(given_ | more))  # type: ignore[arg-type]


@st.composite
def some_lines(draw: st.DrawFn) -> list[Line]:
    pairs = st.tuples(st.sampled_from(KINDS), st.sampled_from([None, OWN, *range(1, 30)]))
    found = draw(st.lists(pairs, unique=True, max_size=60))
    return [
        line(kind, unit, draw(st.integers(1, 9)), draw(st.sampled_from([40, 70, 100.5])))
        for kind, unit in found
    ]


def counted(found: CallList) -> Counter[str]:
    """How many are spoken of, by kind, wherever they stand."""
    counts: Counter[str] = Counter()
    for each in [*(one for call in found.calls for one in call.lines), *found.rest]:
        counts[each.kind] += each.count or 0
    return counts


@given(some_lines())
def test_no_unit_twice_and_nothing_lost(lines: list[Line]) -> None:
    found = call_list(lines, DAY, {OWN})
    units = [call.unit for call in found.calls]
    assert len(units) == len(set(units)) <= TABLE.calls
    assert OWN not in units
    for call in found.calls:
        assert {one.unit for one in call.lines} == {call.unit}
        assert sorted(one.kind for one in call.lines) == sorted(
            one.kind for one in lines if one.unit == call.unit
        )
        assert any(one.admits for one in call.lines)
    expected: Counter[str] = Counter()
    for one in lines:
        expected[one.kind] += one.count or 0
    assert counted(found) == expected
    named = [unit for one in found.rest for unit in _units(one)]
    assert not set(named) & set(units), "a called unit has no second place"
    assert len({(one.kind, one.where.get("unit_id") == OWN, one.unit is None and not _units(one))
                for one in found.rest}) == len(found.rest)  # fmt: skip


def _units(one: Line) -> list[int]:
    found = one.where.get("unit_id", [])
    return found if isinstance(found, list) else [found]


@given(some_lines())
def test_the_order_is_counted_from_the_reasons_alone(lines: list[Line]) -> None:
    found = call_list(lines, DAY, {OWN})
    weights: dict[int, float] = {}
    for unit in {one.unit for one in lines if one.unit not in (None, OWN)}:
        reasons = sorted((one.urgency for one in lines if one.unit == unit), reverse=True)
        if any(one.admits for one in lines if one.unit == unit):
            weights[unit or 0] = reasons[0] + TABLE.further * sum(reasons[1:])
    ranked = sorted(weights.values(), reverse=True)[: TABLE.calls]
    assert [round(call.urgency, 6) for call in found.calls] == [round(w, 6) for w in ranked]


def test_what_is_no_duty_lets_nobody_in_but_is_said_of_who_is_in() -> None:
    quiet, loud = line("tasks_not_updated", 1), line("without_apology", 2)
    found = call_list([quiet, loud, line("tasks_not_updated", 2)], DAY)
    assert [call.unit for call in found.calls] == [2]
    assert [one.kind for one in found.calls[0].lines].count("tasks_not_updated") == 1
    assert found.rest == (quiet,)


def test_those_who_are_not_called_share_a_line_with_the_sum_and_all_their_rows() -> None:
    lines = [line("without_apology", unit, unit, 100 - unit) for unit in range(1, 15)]
    found = call_list(lines, DAY)
    assert [call.unit for call in found.calls] == list(range(1, 11))
    (others,) = found.rest
    assert others.subject == "4 đơn vị khác"
    assert others.count == 11 + 12 + 13 + 14
    assert others.where == {"unit_id": [11, 12, 13, 14]}
    assert others.text == "còn 50: Phường 11, Phường 12, Phường 13 và 1 đơn vị nữa."
    assert (others.level, others.urgency) == ("warning", 40), "of the rank of the others"


def test_late_sources_are_said_once_and_are_nobodys_call() -> None:
    lines = [
        line("stale_source", None, subject=f"Nguồn {n}", count=None, figure=None,
             together="chưa cập nhật: {names}.", since=date(2026, 6, n))
        for n in (21, 22)
    ]  # fmt: skip
    found = call_list([*lines, line("without_apology", 3)], DAY)
    assert found.sources is not None
    assert (found.sources.subject, found.sources.text) == ("2 nguồn", "chưa cập nhật: 21, 22.")
    assert found.sources.since == date(2026, 6, 21)
    assert [call.unit for call in found.calls] == [3]
    assert found.rest == ()


def test_a_row_says_since_when_and_is_as_grave_as_its_gravest_reason() -> None:
    first = line("without_apology", 1, urgency=70, since=date(2026, 6, 20))
    second = line("tasks_past_due", 1, urgency=60, level="alarm", since=date(2026, 5, 4))
    (call,) = call_list([second, first], DAY).calls
    assert call.since == date(2026, 5, 4)
    assert call.level == "alarm"
    assert call_list([], DAY).is_empty


def test_a_slide_says_the_first_reason_two_others_and_how_many_more() -> None:
    """Seven reasons in full ran out of the slide and over the line below."""
    first = line("below_target", 1, urgency=100, text="đúng hạn 80%; chưa rõ 1; 22 hồ sơ trễ hạn.")
    others = [line(kind, 1, 2, 40) for kind in KINDS[1:]]
    (call,) = call_list([first, *others], DAY).calls
    assert call.short == (
        "đúng hạn 80%; 22 hồ sơ trễ hạn; 2 hồ sơ chưa xin lỗi; 2 nhiệm vụ quá hạn; 2 lý do khác."
    )
    long = line("below_target", 1, text=f"đúng hạn 80%; {'a' * 300}.")
    (call,) = call_list([long], DAY).calls
    assert call.short == "đúng hạn 80%."
