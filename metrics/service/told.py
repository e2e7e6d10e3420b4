"""A scorecard of Decision 766 as it is told: what is whole, what is lost, formulas in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from metrics.core.vietnamese import UNKNOWN, graded, number, percent, signed
from metrics.service.decision766 import (
    TOTAL,
    Component,
    Method,
    Portal,
    Scorecard,
    Scored,
    Sum,
    band,
    method,
)

HOW = {
    "imported": "đã nhập",
    "summed": "cộng từ các thành phần đã nhập",
    "left_over": "suy ra: tổng trừ các nhóm khác",
}
"""How a portal score is known."""


@dataclass(frozen=True)
class GroupRow:
    """A group of a month: points of what is known, and the portal's."""

    name: str
    sum: Sum
    portal: Portal | None

    @property
    def points(self) -> float | None:
        return self.sum.points if self.sum.known else None

    @property
    def gap(self) -> float | None:
        """Our points less the portal's, where all of ours are known."""
        if self.portal is None or not self.sum.is_whole:
            return None
        return self.sum.points - self.portal.points


def group_rows(card: Scorecard) -> list[GroupRow]:
    """The groups of a card in the method's order."""
    return [
        GroupRow(each.name, card.group(each.key), card.portal.get(each.key))
        for each in card.method.groups
    ]


def names(held: Method | None) -> dict[str, str]:
    """Key → name of the total, the groups and the components."""
    found = {TOTAL: "Tổng điểm"}
    for group in held.groups if held else ():
        found[group.key] = f"Nhóm: {group.name}"
        mine = (each for each in held.components if each.group == group.key) if held else ()
        found |= {each.key: f"{each.key} {each.name}" for each in mine}
    return found


def every_key(day: date) -> list[str]:
    """What may be asked for by the method of a day."""
    return list(names(method(day)))


def points_and_portal(card: Scorecard | None, key: str) -> tuple[float | None, float | None]:
    """Our points and the portal's, of a component, a group or in total; null: not known whole."""
    if card is None:
        return None, None
    portal, total = card.portal.get(key), _sum(card, key)
    if total is None:
        return card.of(key).points, card.of(key).portal
    return (total.points if total.is_whole else None), (portal.points if portal else None)


def _sum(card: Scorecard, key: str) -> Sum | None:
    if key == TOTAL:
        return card.total
    return card.group(key) if key in {group.key for group in card.method.groups} else None


def most(card: Scorecard, key: str) -> float:
    """The most points of a component, a group or in total."""
    if key == TOTAL:
        return 100
    groups = {group.key: group.max for group in card.method.groups}
    return groups[key] if key in groups else card.method.component(key).max


def arithmetic(card: Scorecard | None, key: str) -> str:
    """How the points came about, in a line."""
    if card is None:
        return ""
    total = _sum(card, key)
    if total is None:
        return card.of(key).arithmetic or card.of(key).reason
    return f"{total.known}/{total.count} thành phần đã biết"


def most_lost(card: Scorecard) -> tuple[Scored, float] | None:
    """The known component that loses most points, and how many; None: none loses any."""
    lost = [
        (each, each.component.max - each.points)
        for each in card.scored
        if each.points is not None and each.component.max
    ]
    losing = [pair for pair in lost if pair[1] > 0.005]
    return max(losing, key=lambda pair: pair[1], default=None)


def total_words(card: Scorecard, month: date) -> list[str]:
    """What is to be said of a total: its band, or what it lacks; another reading."""
    total, words = card.total, []
    found = band(total.points, month) if total.is_whole else None
    if found is not None:
        caution = "" if found.verified else " (mức theo báo chí, chưa đối chiếu)"
        words.append(f"“{found.label}”{caution}")
    elif not total.is_whole:
        words.append(f"{total.known}/{total.count} thành phần đã biết, chưa thành tổng điểm")
        if bounds := sum(each.state == "at_most" for each in card.scored):
            words.append(f"{bounds} thành phần chỉ biết cận trên")
    if total.other is not None and abs(total.other - total.points) >= 0.05:
        words.append(f"{two(total.other)} theo cách đọc khác của 4.2")
    return words


def change(now: float | None, before: float | None) -> float | None:
    """Points more than before, to two decimals; null: one is not known."""
    return None if now is None or before is None else round(now - before, 2)


# -- words --------------------------------------------------------------------------------


def two(value: float | None, of: float | None = None) -> str:
    """Points with the decimals of a score; never all of them (``of``) where it is not so."""
    return graded(value, "score", of)


def gap(value: float | None) -> str:
    """A difference of points with its sign; nothing where none is known."""
    return "" if value is None else signed(round(value, 2), 2)


def portal_words(portal: Portal | None) -> str:
    """A portal score and how it is known."""
    return UNKNOWN if portal is None else f"{number(portal.points, 2)} ({HOW[portal.how]})"


def formula(part: Component) -> str:
    """The rule of a component in words."""
    if not part.max:
        return "Không tính điểm."
    top = number(part.max)
    rate = f"tỷ lệ × tỷ lệ của {part.times}" if part.times else "tỷ lệ"
    if part.minus:
        rate = "(tỷ lệ − tỷ lệ hồ sơ có phản ánh hoặc không hài lòng)"
    text = f"{top} × {rate}"
    if part.full_at != 1:
        text += f" / {percent(part.full_at, 0)}, không quá {top}"
    zero = {"max": f"; mẫu số bằng 0: {top} điểm", "zero": "; mẫu số bằng 0: 0 điểm"}
    return f"Điểm = {text}{zero.get(part.empty or '', '')}."


def share(each: Scored) -> float | None:
    """Points in per cent of the component's most; null: not known, or not scored."""
    return 100 * each.points / each.component.max if each.points and each.component.max else None


def other_reading(each: Scored) -> str:
    """The points by another reading of the rule, where that makes a difference."""
    reading = each.component.reading
    if not reading or each.other is None or abs(each.other - (each.points or 0)) < 0.005:
        return ""
    return f"{number(each.other, 2)} {reading.label}"
