"""Points of Decision 766 against a second, naive calculation, and against published scores."""

from __future__ import annotations

import random
from datetime import date

import pytest

from metrics.service.decision766 import Given, Known, Method, band, method, score, scorecard

MONTH = date(2025, 3, 1)


def _held() -> Method:
    held = method(MONTH)
    assert held is not None
    return held


HELD = _held()

# Written down a second time: component → (maximum, rate that earns it all).
MAXIMA = {
    "1.1": (6, 1), "1.2": (4, 1), "1.3": (2, 1), "1.4": (6, 1),
    "2.1": (20, 1), "2.2": (0, 1),
    "3.1": (2, 0.8), "3.2": (4, 1), "3.3": (6, 0.5),
    "3.5": (2, 0.8), "3.5b": (2, 0.8), "3.6": (6, 1),
    "4.1": (6, 1), "4.2": (4, 1), "4.ct": (2, 1), "4.3": (2, 0.8), "4.4": (4, 1),
    "4.5b": (2, 1), "4.5a": (2, 1),
    "5.1": (0, 1), "5.2": (6, 1), "5.3": (6, 1), "5.4": (6, 0.9),
}  # fmt: skip
GROUPS = {
    "N1": ("1.1", "1.2", "1.3", "1.4"),
    "N2": ("2.1",),
    "N3": ("3.1", "3.2", "3.3"),
    "N4": ("3.5", "3.5b", "3.6"),
    "N5": ("4.1", "4.2", "4.ct", "4.3", "4.4", "4.5b", "4.5a"),
    "N6": ("5.2", "5.3", "5.4"),
}


def naive(key: str, numerator: float, denominator: float) -> float | None:
    """Points as one would reckon them by hand."""
    top, full = MAXIMA[key]
    if denominator == 0:
        return {"5.2": 6.0, "5.3": 6.0, "5.4": 0.0}.get(key)
    earned = top * (numerator / denominator) / full
    return earned if earned < top else float(top)


def imported(**sides: tuple[float, float]) -> Known:
    return Known(
        imported={key.replace("_", "."): Given(n, d, "sổ") for key, (n, d) in sides.items()}
    )


def test_maxima_are_those_of_the_decision_and_sum_up_to_100() -> None:
    assert {each.key: (each.max, each.full_at) for each in HELD.components} == MAXIMA
    assert {group.key: group.max for group in HELD.groups} == {
        "N1": 18, "N2": 20, "N3": 12, "N4": 10, "N5": 22, "N6": 18,
    }  # fmt: skip
    for group, keys in GROUPS.items():
        assert sum(MAXIMA[key][0] for key in keys) == next(
            each.max for each in HELD.groups if each.key == group
        )
    assert sum(top for top, _ in MAXIMA.values()) == 100
    # Before the portal kept the index there is nothing to score.
    assert method(date(2022, 7, 31)) is None
    assert method(date(2022, 8, 1)) == HELD


@pytest.mark.parametrize("key", [key for key, (top, _) in MAXIMA.items() if top])
def test_a_component_at_its_edges(key: str) -> None:
    top, full = MAXIMA[key]
    edge = round(full * 1000)
    for numerator, denominator in (
        (0, 0), (0, 1000), (1, 1000), (edge - 1, 1000), (edge, 1000), (min(edge + 1, 1000), 1000),
        (1000, 1000), (7, 9),
    ):  # fmt: skip
        known = Known(imported={key: Given(numerator, denominator, "sổ")})
        found = score(HELD.component(key), known, None)
        expected = naive(key, numerator, denominator)
        assert found.points == (None if expected is None else pytest.approx(expected, abs=1e-9))
        assert found.state == ("unknown" if expected is None else "known")
        if expected is None:
            assert "mẫu số bằng 0" in found.reason
        else:
            assert 0 <= expected <= top


def test_nothing_known_is_nothing_and_never_0() -> None:
    card = scorecard(HELD, Known(), None)
    assert all(each.points is None for each in card.scored)
    assert {each.state for each in card.scored} == {"unknown", "watched"}
    assert all(each.reason for each in card.scored if each.state == "unknown")
    assert (card.total.points, card.total.of, card.total.share) == (0, 0, None)
    assert (card.total.known, card.total.count) == (0, 21)
    assert card.portal == {}


def test_hanoi_in_march_2025_from_its_components() -> None:
    """Published: 8,3/18, 15,2/20, 3,1/12, 4,7/10, 16,9/18, total 58,3; so 10,1/22 is left."""
    sides = {
        # 6·0,5 + 4·0,4 + 2·0,5 + 6·0,45 = 8,3
        "1.1": (50, 100), "1.2": (40, 100), "1.3": (50, 100), "1.4": (450, 1000),
        "2.1": (76, 100),
        # 2·0,4/0,8 + 4·0,3 + 6·0,075/0,5 = 1 + 1,2 + 0,9
        "3.1": (40, 100), "3.2": (30, 100), "3.3": (75, 1000),
        # 2·0,6/0,8 + 2·0,4/0,8 + 6·2,2/6 = 1,5 + 1 + 2,2
        "3.5": (60, 100), "3.5b": (40, 100), "3.6": (22, 60),
        # 6·0,5 + 4·0,6 + 2·0,2 + 2·0,4/0,8 + 4·0,4 + 2·0,5 + 2·0,35 = 10,1
        "4.1": (50, 100), "4.2": (60, 100), "4.ct": (20, 100), "4.3": (40, 100),
        "4.4": (40, 100), "4.5b": (50, 100), "4.5a": (35, 100),
        # nothing to answer: 6; 6·0,9 = 5,4; 6·0,825/0,9 = 5,5
        "5.2": (0, 0), "5.3": (90, 100), "5.4": (825, 1000),
    }  # fmt: skip
    given = {key: Given(n, d, "sổ") for key, (n, d) in sides.items()}
    press = {"N1": 8.3, "N2": 15.2, "N3": 3.1, "N4": 4.7, "N6": 16.9, "TONG": 58.3}
    card = scorecard(HELD, Known(imported=given, portal=press), "province")
    assert card.total.is_whole
    assert card.total.points == pytest.approx(58.3, abs=0.01)
    for group, points in (press | {"N5": 10.1}).items():
        if group != "TONG":
            assert card.group(group).points == pytest.approx(points, abs=0.01)
        assert card.portal[group].points == pytest.approx(points, abs=0.01)
    assert card.portal["N5"].how == "left_over"
    assert card.portal["N1"].how == "imported"
    # The second reading of 4.2 gives all points from 80% on: 60% earns 3 instead of 2,4.
    assert card.of("4.2").other == pytest.approx(3.0)
    assert card.total.other == pytest.approx(58.9)


def test_random_months_add_up_as_by_hand() -> None:
    draw = random.Random(766)
    for _ in range(200):
        keys = [key for key in MAXIMA if draw.random() < 0.7]
        sides = {}
        for key in keys:
            denominator = draw.choice([0, 1, 7, 100, 12_345])
            sides[key] = (draw.randint(0, denominator), denominator)
        given = {key: Given(n, d, "sổ") for key, (n, d) in sides.items()}
        card = scorecard(HELD, Known(imported=given), None)
        by_hand = {key: naive(key, n, d) for key, (n, d) in sides.items() if MAXIMA[key][0] > 0}
        known = {key: points for key, points in by_hand.items() if points is not None}
        assert card.total.points == pytest.approx(sum(known.values()))
        assert card.total.known == len(known)
        assert card.total.of == sum(MAXIMA[key][0] for key in known)
        for group, parts in GROUPS.items():
            expected = sum(known[key] for key in parts if key in known)
            assert card.group(group).points == pytest.approx(expected)


def test_what_is_unknown_beside_dossiers_leaves_only_a_bound() -> None:
    on_time = Given(90, 100, "hồ sơ")
    online = Given(30, 100, "hồ sơ")
    alone = Known(computed={"3.3": online, "5.4": on_time})
    assert score(HELD.component("3.3"), alone, None).state == "at_most"
    assert score(HELD.component("3.3"), alone, None).at_most == pytest.approx(6 * 0.3 / 0.5)
    bound = score(HELD.component("5.4"), alone, None)
    assert (bound.state, bound.points, bound.at_most) == ("at_most", None, 6.0)

    whole = Known(
        computed=alone.computed,
        imported={"1.4": Given(80, 100, "sổ"), "5.4.pa": Given(9, 100, "sổ")},
    )
    # 30% × 80% of dossiers in sync = 24%; 90% − 9% = 81%.
    assert score(HELD.component("3.3"), whole, None).points == pytest.approx(6 * 0.24 / 0.5)
    assert score(HELD.component("5.4"), whole, None).points == pytest.approx(6 * 0.81 / 0.9)
    assert "× 80/100" in score(HELD.component("3.3"), whole, None).arithmetic

    # The portal's own rate, imported, is taken as it is, and beats a bound.
    told = Known(computed=alone.computed, imported={"5.4": Given(81, 100, "sổ")})
    found = score(HELD.component("5.4"), told, None)
    assert found.origin == "imported"
    assert found.points == pytest.approx(5.4)


def test_dossiers_come_first_and_the_imported_sides_stand_beside() -> None:
    known = Known(
        computed={"2.1": Given(9, 10, "hồ sơ")},
        imported={"2.1": Given(76, 100, "sổ")},
        portal={"2.1": 15.2},
    )
    found = score(HELD.component("2.1"), known, None)
    assert found.origin == "dossiers"
    assert found.points == pytest.approx(18)
    assert found.beside == Given(76, 100, "sổ")
    assert found.difference == pytest.approx(2.8)
    assert found.arithmetic == "9/10 = 90,0%; 20 × 9/10 = 18,00"


def test_what_does_not_apply_to_communes_has_full_marks_unless_told() -> None:
    card = scorecard(HELD, Known(), "commune")
    rule = {each.component.key: each.points for each in card.scored if each.origin == "rule"}
    assert rule == {"3.2": 4, "3.5": 2, "3.5b": 2, "4.5b": 2, "4.5a": 2}
    assert all(not card.of(key).component.verified for key in rule)
    assert scorecard(HELD, Known(), "department").total.known == 0
    told = scorecard(HELD, imported(**{"3_2": (1, 4)}), "commune")
    assert (told.of("3.2").state, told.of("3.2").points) == ("known", 1.0)


def test_bands_are_told_with_their_caution() -> None:
    labels = {}
    for points in (100, 90, 89.99, 80, 79.9, 70, 61.5, 50, 49.9, 43, 0):
        found = band(points, MONTH)
        assert found is not None
        assert not found.verified
        assert found.source
        labels[points] = found.label
    assert labels == {
        100: "Xuất sắc", 90: "Xuất sắc", 89.99: "Tốt", 80: "Tốt", 79.9: "Khá", 70: "Khá",
        61.5: "Trung bình", 50: "Trung bình", 49.9: "Yếu", 43: "Yếu", 0: "Yếu",
    }  # fmt: skip
    assert band(60, date(2020, 1, 1)) is None
