"""On which side of a reading of "đúng hạn" a dossier stands, and why on another one of another's.

docs/definitions.md, "The walk between two readings". The walk itself: metrics/dossiers/walk.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import narwhals as nw

from metrics.core import conditions as is_
from metrics.core import expressions as ex
from metrics.core.ask import DEFINITIONS, Ask, Compare, Definition
from metrics.core.on_time import ON_TIME_DEFINITIONS

Side = Literal["out", "on", "late", "unknown"]
SIDES: Final[tuple[Side, ...]] = ("out", "on", "late", "unknown")
"""Not counted; in the numerator; only in the denominator; in neither, for nobody can tell."""
OUT, _ON, _LATE, _UNKNOWN = range(4)

SIDE_WORDS: Final[Mapping[Side, str]] = {
    "out": "không tính",
    "on": "đúng hạn",
    "late": "không đúng hạn",
    "unknown": "chưa phân loại",
}
"""Side → how a reading is said to hold a dossier."""

ADDS: Final = {"out": (0, 0, 0), "on": (1, 1, 0), "late": (0, 1, 0), "unknown": (0, 0, 1)}
"""Side → what a dossier there adds to numerator, denominator, unknown."""

_FORGIVEN: Final = ("returned", "withdrawn")


@dataclass(frozen=True)
class Reading:
    """A reading of "đúng hạn": whose definition, and how an end is compared with the due date."""

    definition: Definition
    compare: Compare

    @property
    def token(self) -> str:
        return f"{self.definition}-{self.compare}"

    @property
    def is_usual(self) -> bool:
        """Whether the definition itself compares so."""
        return self == usual(self.definition)

    def of(self, ask: Ask) -> Ask:
        """The question in this reading."""
        return replace(ask, definition=self.definition, compare=self.compare)


def usual(definition: Definition) -> Reading:
    """The reading of a definition with its own comparison."""
    return Reading(definition, "day" if definition == "lenient" else "timestamp")


READINGS: Final[dict[str, Reading]] = {
    each.token: each
    for definition in DEFINITIONS
    for own in (usual(definition),)
    for each in (own, Reading(definition, "timestamp" if own.compare == "day" else "day"))
}
"""Every reading by its token; of each definition its own comparison first."""


def reading_of(ask: Ask) -> Reading:
    """The reading that a question is asked in."""
    return Reading(ask.definition, ask.comparison)


# -- reasons ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reason:
    """Why dossiers stand on two sides: what they have in common, in words."""

    key: str
    label: str
    meaning: str


REASONS: Final[dict[str, Reason]] = {
    each.key: each
    for each in (
        Reason(
            "same_day",
            "Cùng ngày, muộn giờ",
            "Xong (hoặc đến thời điểm số liệu) đúng ngày hẹn nhưng sau giờ hẹn: quá hạn nếu so "
            "theo giờ, đúng hạn nếu so theo ngày.",
        ),
        Reason(
            "by_days",
            "Tạm dừng tính tròn ngày",
            "Thời gian tạm dừng tính theo giờ và tính tròn ngày dời hẹn trả đi khác nhau.",
        ),
        Reason(
            "pending_in_time",
            "Đang giải quyết, còn trong hạn",
            "Chưa xong nhưng chưa quá hạn: có nơi tính là đúng hạn, có nơi chỉ tính ở mẫu số, có "
            "nơi chưa tính.",
        ),
        Reason(
            "pending_overdue",
            "Đang giải quyết, đã quá hạn",
            "Chưa xong và đã quá hạn: nơi chỉ tính hồ sơ đã giải quyết chưa tính đến.",
        ),
        Reason(
            "pending_undated",
            "Đang giải quyết, không có hẹn trả",
            "Chưa xong và không có ngày hẹn trả: chỉ có ở phần chưa phân loại.",
        ),
        Reason(
            "received_before",
            "Tiếp nhận từ kỳ trước",
            "Tiếp nhận trước khi kỳ bắt đầu: nơi tính theo tiếp nhận không tính vào kỳ này.",
        ),
        Reason(
            "received_after",
            "Tiếp nhận sau kỳ",
            "Tiếp nhận sau khi kỳ kết thúc.",
        ),
        Reason(
            "ended_before",
            "Xong trước kỳ, hẹn trả trong kỳ",
            "Giải quyết xong trước khi kỳ bắt đầu nhưng hẹn trả rơi vào kỳ.",
        ),
        Reason(
            "ended_after",
            "Xong sau kỳ",
            "Giải quyết xong sau khi kỳ kết thúc, trước thời điểm số liệu.",
        ),
        Reason(
            "due_elsewhere",
            "Hẹn trả ngoài kỳ",
            "Hẹn trả không rơi vào kỳ: nơi tính theo hạn không tính vào kỳ này.",
        ),
        Reason(
            "suspended",
            "Đang tạm dừng, chưa có hạn",
            "Đang chờ (bổ sung, nghĩa vụ tài chính …) nên chưa biết bao giờ đến hạn.",
        ),
        Reason(
            "forgiven",
            "Trả lại, xin rút",
            "Kết thúc bằng trả lại hoặc xin rút: có nơi tính luôn là đúng hạn.",
        ),
        Reason(
            "asked_twice",
            "Yêu cầu bổ sung quá một lần",
            "Chưa xong và đã yêu cầu bổ sung lần thứ hai: QĐ 766 tính là quá hạn.",
        ),
        Reason(
            "no_due",
            "Không có hẹn trả",
            "Không có ngày hẹn trả: có nơi không phân loại được, có nơi tính hạn theo thời hạn "
            "của thủ tục.",
        ),
        Reason(
            "due",
            "Hạn sau tạm dừng khác nhau",
            "QĐ 766 chỉ trừ thời gian chờ bổ sung và luôn dùng hẹn trả hiện hành; nơi khác trừ mọi "
            "lần tạm dừng, theo hẹn trả được chọn.",
        ),
    )
}
"""Every reason by its key, in the order in which a walk goes through them."""
PLACE: Final = {key: place for place, key in enumerate(REASONS)}


def _side(reading: Reading, own: Ask) -> nw.Expr:
    """On which side of a reading a dossier stands: a position in :data:`SIDES`."""
    held, ask = ON_TIME_DEFINITIONS[reading.definition], reading.of(own)
    return _first(
        (held.numerator(ask), _ON), (held.unknown(ask), _UNKNOWN), (held.denominator(ask), _LATE)
    )


def _first(*cases: tuple[nw.Expr, int], last: int = OUT) -> nw.Expr:
    """The number of the first condition that holds; null counts as "no"."""
    found = ex.lit(last)
    for condition, number in reversed(cases):
        found = ex.when(condition).then(ex.lit(number)).otherwise(found)
    return found


@dataclass(frozen=True)
class Pair:
    """Two readings: the one that a walk begins at, and the one that it goes to."""

    start: Reading
    to: Reading

    @property
    def has(self) -> frozenset[str]:
        return frozenset({self.start.definition, self.to.definition})

    def asks(self, ask: Ask) -> list[Ask]:
        return [self.start.of(ask), self.to.of(ask)]

    def sides(self, own: Ask) -> dict[str, nw.Expr]:
        """What a step is told by: both sides, and each as the other one compares."""
        columns = {"side_from": _side(self.start, own), "side_to": _side(self.to, own)}
        if self.start.compare != self.to.compare:
            exact, daily = self._by_comparison
            columns["by_day"] = _side(Reading(exact.definition, "day"), own)
            columns["by_hour"] = _side(Reading(daily.definition, "timestamp"), own)
        return columns

    @property
    def _by_comparison(self) -> tuple[Reading, Reading]:
        """The one that compares by timestamp, the one that compares by day."""
        is_from = self.start.compare == "timestamp"
        return (self.start, self.to) if is_from else (self.to, self.start)

    def reason(self, own: Ask) -> nw.Expr:
        """The place of the reason among :data:`REASONS`; of those on one side of both: any."""
        a, b = ex.col("side_from"), ex.col("side_to")
        known = ex.when((a == _UNKNOWN) | (b == _UNKNOWN)).then(self._classified(own))
        inner = known.otherwise(self._judged(own))
        gone = ex.when(b == OUT).then(_left_out(self.to, self.start, a, own)).otherwise(inner)
        return ex.when(a == OUT).then(_left_out(self.start, self.to, b, own)).otherwise(gone)

    def _classified(self, own: Ask) -> nw.Expr:
        """Why one tells, and the other cannot."""
        cases = []
        if "lenient" in self.has:
            cases.append((ex.col("end_kind").is_in(_FORGIVEN) & ~_open(own), PLACE["forgiven"]))
        if "portal" in self.has:
            undated = ex.col("portal_due_at").is_null() & ~ex.col("portal_suspended")
            cases.append((undated & _asked_twice(own), PLACE["asked_twice"]))
        return _first(*cases, last=PLACE["no_due"])

    def _judged(self, own: Ask) -> nw.Expr:
        """Why one says on time, and the other does not."""
        cases = self._compared(own)
        if "portal" in self.has:
            cases.append((_asked_twice(own), PLACE["asked_twice"]))
        if "received" in self.has:
            cases.append((_open(own), PLACE["pending_in_time"]))
        if "carried" in self.has:
            cases.append((_ended_after(own), PLACE["ended_after"]))
        if "lenient" in self.has:
            cases.append((ex.col("end_kind").is_in(_FORGIVEN) & ~_open(own), PLACE["forgiven"]))
        # But for the portal all readings judge an end by the same due date.
        return _first(*cases, last=PLACE["due" if "portal" in self.has else "by_days"])

    def _compared(self, own: Ask) -> list[tuple[nw.Expr, int]]:
        """Whether the comparison alone makes it: one of both, compared as the other, says so."""
        if self.start.compare == self.to.compare:
            return []
        exact, other = self._by_comparison
        exactly, daily = ("side_from", "side_to")[:: 1 if exact == self.start else -1]
        by_day = ex.col("by_day") == ex.col(daily)
        alike = by_day | (ex.col("by_hour") == ex.col(exactly))
        on_day = _due_day(exact, own) == _last_day(own)
        if "portal" in self.has:  # which judges by a date of its own
            on_day = on_day | (_due_day(other, own) == _last_day(own))
        hour = alike & (ex.col(exactly) == _LATE) & on_day
        return [(hour, PLACE["same_day"]), (alike, PLACE["by_days"])]


def _due_day(reading: Reading, own: Ask) -> nw.Expr:
    """The date of the moment by which a reading judges."""
    if reading.definition == "portal":
        return ex.col("portal_due_at").dt.date()
    return is_.judged_due(own).dt.date()


def _last_day(own: Ask) -> nw.Expr:
    """The day of the end, while pending that of T."""
    ended = ex.when(ex.col("ended_at") < is_.at(own.moment)).then(ex.col("ended_day"))
    return ended.otherwise(ex.lit(own.moment.date()))


def _left_out(by: Reading, other: Reading, side: nw.Expr, own: Ask) -> nw.Expr:
    """Why a reading does not count what the other one has on ``side``."""
    if by.definition == "fell_due":
        has_due = ~is_.judged_due_day(by.of(own)).is_null()
        return _first((has_due, PLACE["due_elsewhere"]), last=PLACE["suspended"])
    began = is_.at(own.start)
    if by.definition in ("portal", "received"):
        before = ex.col("received_at") < began
        return _first((before, PLACE["received_before"]), last=PLACE["received_after"])
    if by.definition == "carried":
        before = ex.col("ended_at") < began
        return _first((before, PLACE["ended_before"]), last=PLACE["received_after"])
    return _first(
        (ex.col("ended_at") < began, PLACE["ended_before"]),
        (_ended_after(own), PLACE["ended_after"]),
        (side == _UNKNOWN, PLACE["pending_undated"]),
        (side == _ON, PLACE["pending_in_time"]),
        (_overdue(other, own), PLACE["pending_overdue"]),
        last=PLACE["pending_in_time"],
    )


def _overdue(other: Reading, own: Ask) -> nw.Expr:
    """Of what is pending and not on time by a reading: past its due date, not merely not ended."""
    if other.definition == "portal":
        return _open(own)
    return is_.pending_overdue(other.of(own))


def _open(own: Ask) -> nw.Expr:
    return ex.col("ended_at").is_null() | (ex.col("ended_at") >= is_.at(own.moment))


def _ended_after(own: Ask) -> nw.Expr:
    return (ex.col("ended_at") >= is_.at(own.end)) & (ex.col("ended_at") < is_.at(own.moment))


def _asked_twice(own: Ask) -> nw.Expr:
    return _open(own) & (ex.col("second_supplement_at") < is_.at(own.moment))
