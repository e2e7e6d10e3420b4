"""Points of Decision 766/QĐ-TTg: from numerators and denominators to components, groups, total.

Groups, components, maxima and thresholds are data with days of validity
(metrics/service/decision766.toml). Pure arithmetic; what is put in comes from
metrics/service/review.py. Unknown stays unknown: a component without numerator or denominator has
no points, and a sum tells how many of its components are known.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

from metrics.core.vietnamese import number, percent, told_number

State = Literal["known", "at_most", "not_applicable", "watched", "unknown"]
"""Points known · only a bound above them · full marks by rule · not scored · cannot be told."""
Origin = Literal["dossiers", "imported", "rule"]

STATES: Final[dict[State, str]] = {
    "known": "đã biết",
    "at_most": "chỉ biết cận trên",
    "not_applicable": "không áp dụng, điểm tối đa",
    "watched": "chỉ theo dõi",
    "unknown": "chưa có",
}

TOTAL: Final = "TONG"
"""Key under which the portal's total is imported."""


@dataclass(frozen=True)
class Reading:
    """Another reading of a component's rule."""

    full_at: float
    label: str


@dataclass(frozen=True)
class Component:
    """One component: see the head of metrics/service/decision766.toml."""

    key: str
    group: str
    name: str
    max: float
    numerator: str
    denominator: str
    full_at: float = 1.0
    empty: Literal["max", "zero"] | None = None
    figure: str | None = None
    times: str | None = None
    minus: str | None = None
    reading: Reading | None = None
    not_for: tuple[str, ...] = ()
    verified: bool = True
    note: str | None = None


@dataclass(frozen=True)
class Group:
    """A group of components; ``key`` is also that of its imported portal score."""

    key: str
    name: str
    max: float


@dataclass(frozen=True)
class Method:
    """What holds on a day. ``inputs``: keys that are imported beside the components."""

    key: str
    label: str
    note: str
    groups: tuple[Group, ...]
    components: tuple[Component, ...]
    inputs: tuple[str, ...]

    def component(self, key: str) -> Component:
        """The component of that key; KeyError if there is none."""
        found = next((each for each in self.components if each.key == key), None)
        if found is None:
            raise KeyError(f"Bộ chỉ số phục vụ không có thành phần “{key}”.")
        return found


@dataclass(frozen=True)
class Band:
    """A rating band; ``source`` says where its edges were read."""

    label: str
    low: float
    source: str
    verified: bool


@cache
def _data() -> dict[str, Any]:
    text = resources.files("metrics").joinpath("service/decision766.toml").read_text("utf-8")
    return tomllib.loads(text)


def _valid(entry: Mapping[str, Any], day: date) -> bool:
    return bool(entry.get("valid_from", date.min) <= day <= entry.get("valid_to", date.max))


@cache
def method(day: date) -> Method | None:
    """The method in force on a day; None before the index was kept (1/8/2022)."""
    held = next((each for each in reversed(_data()["method"]) if _valid(each, day)), None)
    if held is None:
        return None
    return Method(
        key=held["key"],
        label=held["label"],
        note=held["note"],
        groups=tuple(Group(**_plain(each)) for each in _of_day("group", day)),
        components=tuple(_component(each) for each in _of_day("component", day)),
        inputs=tuple(each["key"] for each in _of_day("input", day)),
    )


def _of_day(kind: str, day: date) -> list[dict[str, Any]]:
    return [each for each in _data()[kind] if _valid(each, day)]


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in entry if name not in ("valid_from", "valid_to")}


def _component(entry: Mapping[str, Any]) -> Component:
    values = _plain(entry)
    if "reading" in values:
        values["reading"] = Reading(**values["reading"])
    values["not_for"] = tuple(values.get("not_for", ()))
    return Component(**values)


def band(points: float, day: date) -> Band | None:
    """The rating band of a total on a day, with its caution; None where no bands are known."""
    held = next((each for each in reversed(_data()["band"]) if _valid(each, day)), None)
    if held is None:
        return None
    place = next(i for i, low in enumerate(held["low"]) if points >= low)
    return Band(held["labels"][place], held["low"][place], held["source"], held["verified"])


# -- one component ------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """The two sides of a rate, and where they come from."""

    numerator: float
    denominator: float
    source: str

    @property
    def rate(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class Known:
    """What is known of a unit and month.

    ``computed``: from dossiers; ``imported``: from the register; ``portal``: the portal's points,
    by key of a component, a group or :data:`TOTAL`.
    """

    computed: Mapping[str, Given] = field(default_factory=dict)
    imported: Mapping[str, Given] = field(default_factory=dict)
    portal: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scored:
    """A component with its points.

    ``points``: null unless known or given by rule; ``at_most``: the bound where only that is
    known; ``other``: points under the second reading; ``reason``: why nothing is known;
    ``arithmetic``: the sum as one would write it; ``beside``: the two sides that were imported
    where the points come from dossiers.
    """

    component: Component
    state: State
    origin: Origin | None = None
    given: Given | None = None
    rate: float | None = None
    points: float | None = None
    at_most: float | None = None
    other: float | None = None
    portal: float | None = None
    arithmetic: str = ""
    reason: str = ""
    beside: Given | None = None

    @property
    def difference(self) -> float | None:
        """Our points less the portal's."""
        if self.points is None or self.portal is None:
            return None
        return self.points - self.portal


def points_of(component: Component, rate: float, full_at: float | None = None) -> float:
    """Points for a rate (0–1): max × rate / full_at, at least 0, at most the maximum."""
    full = component.full_at if full_at is None else full_at
    return max(0.0, min(component.max, component.max * rate / full))


def score(component: Component, known: Known, level: str | None) -> Scored:
    """The points of a component, what they come from, and the arithmetic.

    Dossiers come first; where they give only a bound, or nothing, what was imported counts.

    Args:
        level: the unit's level (``commune``, …), for components that do not apply to it.
    """
    computed = known.computed.get(component.key)
    imported = known.imported.get(component.key)
    portal = known.portal.get(component.key)
    if component.max == 0:
        return _watched(component, computed or imported, portal)
    if computed is not None:
        found = _from_rate(component, computed, known, "dossiers", portal)
        if found.state == "known" or imported is None:
            return _with(found, beside=imported)
    if imported is not None:
        return _from_rate(component, imported, known, "imported", portal)
    if level in component.not_for:
        return Scored(
            component,
            "not_applicable",
            "rule",
            points=component.max,
            other=component.max if component.reading else None,
            portal=portal,
            arithmetic=f"không áp dụng cho cấp của đơn vị: {_points(component.max)} (điểm tối đa)",
        )
    reason = (
        "nguồn hồ sơ không ghi, và chưa nhập tử số, mẫu số"
        if component.figure
        else "không tính được từ hồ sơ; chưa nhập tử số, mẫu số"
    )
    return Scored(component, "unknown", portal=portal, reason=reason)


def _with(found: Scored, **changes: Any) -> Scored:
    return Scored(**(found.__dict__ | changes))


def _watched(component: Component, given: Given | None, portal: float | None) -> Scored:
    rate = given.rate if given else None
    return Scored(component, "watched", given=given, rate=rate, portal=portal)


def _from_rate(
    component: Component, given: Given, known: Known, origin: Origin, portal: float | None
) -> Scored:
    if not given.denominator:
        return _empty(component, given, origin, portal)
    rate = given.numerator / given.denominator
    terms = [_sides(given)]
    missing = ""
    # What was imported is the portal's own rate: nothing is multiplied or taken off once more.
    if origin == "dossiers" and component.times:
        factor = _given(known, component.times)
        if factor is None:
            missing = f"chưa có tỷ lệ của thành phần {component.times} để nhân"
        else:
            rate *= factor.numerator / factor.denominator
            terms.append(f"× {_sides(factor)}")
    if origin == "dossiers" and component.minus:
        taken = _given(known, component.minus)
        if taken is None:
            missing = "chưa có số hồ sơ có phản ánh hoặc không hài lòng để trừ"
        else:
            rate -= taken.numerator / taken.denominator
            terms.append(f"− {_sides(taken)}")
    points = points_of(component, rate)
    text = _arithmetic(component, given, terms, component.full_at, points)
    common: dict[str, Any] = {
        "component": component,
        "origin": origin,
        "given": given,
        "rate": rate,
        "portal": portal,
        "arithmetic": text,
    }
    if missing:
        return Scored(state="at_most", at_most=points, reason=missing, **common)
    other = None
    if component.reading is not None:
        other = points_of(component, rate, component.reading.full_at)
    return Scored(state="known", points=points, other=other, **common)


def _empty(component: Component, given: Given, origin: Origin, portal: float | None) -> Scored:
    common: dict[str, Any] = {
        "component": component,
        "origin": origin,
        "given": given,
        "portal": portal,
    }
    if component.empty is None:
        reason = "mẫu số bằng 0: không có gì để tính"
        return Scored(state="unknown", reason=reason, **common)
    points = component.max if component.empty == "max" else 0.0
    text = f"mẫu số bằng 0, theo quy tắc: {_points(points)}"
    return Scored(state="known", points=points, arithmetic=text, **common)


def _given(known: Known, key: str) -> Given | None:
    given = known.imported.get(key) or known.computed.get(key)
    return given if given and given.denominator else None


def _sides(given: Given) -> str:
    return f"{told_number(given.numerator)}/{told_number(given.denominator)}"


def _arithmetic(
    component: Component, given: Given, terms: list[str], full_at: float, points: float
) -> str:
    sides = f"{_sides(given)} = {percent(given.rate)}"
    rate = " ".join(terms)
    if len(terms) > 1:
        rate = f"({rate})"
    top = number(component.max)
    if full_at == 1:
        return f"{sides}; {top} × {rate} = {_points(points)}"
    return f"{sides}; không quá {top}: {top} × {rate} / {percent(full_at, 0)} = {_points(points)}"


def _points(value: float) -> str:
    return number(value, 2)


# -- groups and total ---------------------------------------------------------------------


@dataclass(frozen=True)
class Sum:
    """Points of some components. ``of``: the maximum of the known ones; ``whole``: of all.

    ``other``: points where each second reading is taken instead (null: there is none).
    """

    points: float
    of: float
    known: int
    count: int
    whole: float
    other: float | None

    @property
    def is_whole(self) -> bool:
        """Whether every component is known, so that the sum is the score."""
        return self.known == self.count

    @property
    def share(self) -> float | None:
        """Points out of the maximum of the known components (0–1)."""
        return self.points / self.of if self.of else None


@dataclass(frozen=True)
class Portal:
    """A portal score of a group or in total: as imported, added up, or what is left over."""

    points: float
    how: Literal["imported", "summed", "left_over"]


@dataclass(frozen=True)
class Scorecard:
    """A unit's month: every component in the method's order."""

    method: Method
    scored: tuple[Scored, ...]
    portal: Mapping[str, Portal]

    def of_group(self, key: str) -> tuple[Scored, ...]:
        return tuple(each for each in self.scored if each.component.group == key)

    def group(self, key: str) -> Sum:
        return added(self.of_group(key))

    @property
    def total(self) -> Sum:
        return added(self.scored)

    def of(self, key: str) -> Scored:
        """The component of that key."""
        return next(each for each in self.scored if each.component.key == key)


def added(scored: Iterable[Scored]) -> Sum:
    """The sum of components that are scored at all."""
    counting = [each for each in scored if each.component.max > 0]
    known = [each for each in counting if each.points is not None]
    points = sum(each.points or 0.0 for each in known)
    has_other = any(each.other is not None for each in known)
    other = sum(each.other if each.other is not None else each.points or 0.0 for each in known)
    return Sum(
        points=points,
        of=sum(each.component.max for each in known),
        known=len(known),
        count=len(counting),
        whole=sum(each.component.max for each in counting),
        other=other if has_other else None,
    )


def scorecard(held: Method, known: Known, level: str | None) -> Scorecard:
    """Every component of a unit's month with its points, and the portal's beside."""
    scored = tuple(score(each, known, level) for each in held.components)
    return Scorecard(held, scored, _portal(held, known.portal))


def _portal(held: Method, given: Mapping[str, float]) -> dict[str, Portal]:
    """The portal's points of groups and in total, as far as they follow from what was imported."""
    found: dict[str, Portal] = {}
    for group in held.groups:
        parts = [c.key for c in held.components if c.group == group.key and c.max > 0]
        if group.key in given:
            found[group.key] = Portal(given[group.key], "imported")
        elif all(key in given for key in parts):
            found[group.key] = Portal(sum(given[key] for key in parts), "summed")
    missing = [group.key for group in held.groups if group.key not in found]
    if TOTAL in given:
        if len(missing) == 1:
            rest = given[TOTAL] - sum(each.points for each in found.values())
            found[missing[0]] = Portal(rest, "left_over")
        found[TOTAL] = Portal(given[TOTAL], "imported")
    elif not missing:
        found[TOTAL] = Portal(sum(each.points for each in found.values()), "summed")
    return found
