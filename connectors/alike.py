"""Entries of the catalogue that are likely to be one unit: what an administrator is asked about.

Nothing is decided here. Two entries are likely one when their days meet, they may stand in the
same place of the tree, and they have one agency code in two spellings or one name but for what
people write differently (:mod:`connectors.intake.unit_names`).
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any, Final

from connectors.intake.codes import agency_key
from connectors.intake.unit_names import plain, spelt

_MOST_OF_A_NAME: Final = 4
"""Of more entries without a place of one name nobody can say which is meant."""
_NEAR: Final = 0.93
_LONG_ENOUGH: Final = 10

SAME_CODE: Final = "một mã định danh, hai cách viết"
SAME_NAME: Final = "cùng tên"
NEAR_NAME: Final = "tên chỉ khác vài chữ cái"


@dataclass(frozen=True, slots=True)
class Alike:
    """Two entries, by id, and why they may be one. ``kept``: the better known of them."""

    kept: int
    other: int
    why: str


def alike(
    units: Iterable[Mapping[str, Any]],
    dossiers: Mapping[int, int],
    apart: Collection[frozenset[int]] = (),
) -> list[Alike]:
    """Pairs that are likely one unit, those with the most dossiers at stake first.

    Args:
        units: with the columns of ``contracts.UNIT``.
        dossiers: unit → how many dossiers it resolves; left out: none.
        apart: pairs that somebody said are two.
    """
    by_id = {unit["unit_id"]: unit for unit in units}
    found: dict[frozenset[int], str] = {}
    for why, groups in (
        (SAME_CODE, _grouped(by_id.values(), lambda unit: agency_key(unit["code"]))),
        (SAME_NAME, _grouped(by_id.values(), _name)),
    ):
        for group in groups:
            all_of_them = len(group) <= _MOST_OF_A_NAME or why == SAME_CODE
            for one, two in combinations(group, 2):
                if (all_of_them or _beside(one, two)) and _may_be_one(one, two, by_id, why):
                    found.setdefault(frozenset((one["unit_id"], two["unit_id"])), why)
    for one, two in _near(by_id.values()):
        if _may_be_one(one, two, by_id, NEAR_NAME):
            found.setdefault(frozenset((one["unit_id"], two["unit_id"])), NEAR_NAME)
    pairs_found = [
        _ordered(by_id, dossiers, pair, why) for pair, why in found.items() if pair not in apart
    ]
    return sorted(
        pairs_found, key=lambda pair: (-dossiers.get(pair.other, 0), pair.kept, pair.other)
    )


def _grouped(units: Iterable[Mapping[str, Any]], key: Any) -> list[list[Mapping[str, Any]]]:
    groups: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for unit in units:
        if (named := key(unit)) is not None:
            groups[named].append(unit)
    return [group for group in groups.values() if len(group) > 1]


def _name(unit: Mapping[str, Any]) -> tuple[str, str]:
    kind, rest = spelt(unit["name"])
    return plain(kind), plain(rest)


def _beside(one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    return one["parent_id"] is not None and one["parent_id"] == two["parent_id"]


def _may_be_one(
    one: Mapping[str, Any], two: Mapping[str, Any], by_id: Mapping[int, Any], why: str
) -> bool:
    if not _days_meet(one, two) or _is_above(one, two, by_id) or _is_above(two, one, by_id):
        return False
    if why == SAME_CODE:
        return True
    above = {one["parent_id"], two["parent_id"]}
    if len(above) > 1 and None not in above:
        return False
    if why == SAME_NAME:  # tones that are written on both sides have to be the same
        first, second = spelt(one["name"]), spelt(two["name"])
        bare = any(plain(name[1]) == name[1] for name in (first, second))
        return first == second or bare
    return True


def _days_meet(one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    first = max(one["valid_from"] or date.min, two["valid_from"] or date.min)
    last = min(one["valid_to"] or date.max, two["valid_to"] or date.max)
    return first <= last


def _is_above(one: Mapping[str, Any], two: Mapping[str, Any], by_id: Mapping[int, Any]) -> bool:
    above, seen = two["parent_id"], set[int]()
    while above is not None and above not in seen:
        if above == one["unit_id"]:
            return True
        seen.add(above)
        above = by_id[above]["parent_id"] if above in by_id else None
    return False


def _near(
    units: Iterable[Mapping[str, Any]],
) -> Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Of units without a place of their own, each with those of nearly its name."""
    every = [(unit, *_name(unit)) for unit in units]
    by_kind: dict[str, list[tuple[Mapping[str, Any], str]]] = defaultdict(list)
    for unit, kind, rest in every:
        by_kind[kind].append((unit, rest))
    for unit, kind, rest in every:
        if unit["parent_id"] is not None or len(rest) < _LONG_ENOUGH:
            continue
        named = {name for other, name in by_kind[kind] if other is not unit and name != rest}
        close = difflib.get_close_matches(rest, named, n=3, cutoff=_NEAR)
        for other, name in by_kind[kind]:
            if name in close and _digits(name) == _digits(rest):
                yield unit, other


def _digits(text: str) -> list[str]:
    return re.findall(r"\d+|\b[ivx]+\b", text)


def _ordered(
    by_id: Mapping[int, Any], dossiers: Mapping[int, int], pair: frozenset[int], why: str
) -> Alike:
    """Of the state's list stays, or what has its place in the tree, or more dossiers."""

    def known(unit: int) -> tuple[bool, bool, int, int]:
        row = by_id[unit]
        in_list = row["scheme"] == "gso"
        return in_list, row["parent_id"] is not None, dossiers.get(unit, 0), -unit

    other, kept = sorted(pair, key=known)
    return Alike(kept, other, why)
