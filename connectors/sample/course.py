"""What happens to each dossier: due date, pauses, end, apologies, causes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from connectors.sample.cast import SLIDING, UNAPOLOGETIC, Bools, Cast, Floats
from connectors.sample.catalogue import Catalogue
from connectors.sample.draw import ONLINE, Drawn, Span
from connectors.sample.worktime import DAY, MINUTE, Ints, WorkTime

NEVER: Final = 2**62
"""Later than any moment: has not happened."""

SUPPLEMENT, FINANCE = 0, 1
PAUSE_NAMES: Final = ("supplement", "finance")

RESULT, RETURNED, WITHDRAWN, REFUSED, STOPPED = range(5)
END_NAMES: Final = ("result", "returned", "withdrawn", "refused", "stopped")

RECEPTION, ASSIGNMENT, EXAMINATION, SIGNATURE = range(4)

_SLIDE: Final = 11 * 7 * DAY
_LATENESS: Final = 1.32
"""Set so that about 97 % are in time by the form's definition."""


@dataclass
class Course:
    """One entry a dossier; moments in milliseconds, ``NEVER`` for what has not happened.

    ``end_position`` is the end on the axis of working minutes as if there were no pauses;
    ``allowed`` the working minutes up to the original due date.
    """

    accepted: Bools
    refused: Bools
    due_original: Ints
    due: Ints
    judged_due: Ints
    allowed: Ints
    end_position: Ints
    ended: Ints
    end_kind: Ints
    collected: Ints
    recorded: Ints
    pause_kind: Ints  # two columns
    pause_position: Ints
    pause_from: Ints
    pause_to: Ints
    apology: Ints  # two columns
    apology_due: Ints
    culprit: Ints
    late: Bools
    ended_first: Bools
    undated: Bools


def run(
    drawn: Drawn,
    span: Span,
    clock: WorkTime,
    catalogue: Catalogue,
    cast: Cast,
    rng: np.random.Generator,
) -> Course:
    """The whole course of each dossier, cut at the moment its source's records end."""
    return _Runner(drawn, span, clock, catalogue, cast, rng).run()


class _Runner:
    def __init__(
        self,
        drawn: Drawn,
        span: Span,
        clock: WorkTime,
        catalogue: Catalogue,
        cast: Cast,
        rng: np.random.Generator,
    ) -> None:
        self.drawn, self.clock, self.cast, self.rng = drawn, clock, cast, rng
        self.offers = catalogue.offers
        self.count = len(drawn.offer)
        self.until = span.cut_offs[drawn.source]
        self.last = int(span.cut_offs.max())
        self.last_position = int(clock.positions(np.array([self.last]))[0])
        new = cast.new_communes()
        self.sliding = np.isin(drawn.unit, cast.ids((pl.col("code") == SLIDING) & new))
        self.unapologetic = np.isin(drawn.unit, cast.ids((pl.col("code") == UNAPOLOGETIC) & new))
        self.is_land = self._offer("is_land")

    def _offer(self, name: str) -> Any:
        return self.offers[name].to_numpy()[self.drawn.offer]

    def _chance(self, share: float | Floats) -> Bools:
        return np.asarray(self.rng.random(self.count) < share)

    def run(self) -> Course:
        drawn, clock = self.drawn, self.clock
        unit_of_time = self.offers["limit_unit"].gather(drawn.offer)
        due_original = clock.due(drawn.received, self._offer("limit_value"), unit_of_time)
        due_position = clock.positions(due_original)
        allowed = due_position - drawn.position
        late = self._lateness(due_original)
        kind = self._end_kinds(late)
        end_position = self._end_positions(allowed, due_position, late, kind)
        pauses = self._pauses(np.minimum(end_position, due_position), allowed, kind)
        shift = (pauses[3] - pauses[2]).sum(axis=1)
        apology, due = self._apologies(due_original, due_position, end_position, shift)
        late = end_position > clock.positions(due)
        ended = self._ends(end_position, late, due + shift, shift, pauses[3])
        course = Course(
            accepted=~drawn.waiting,
            refused=np.zeros(self.count, dtype=np.bool_),
            due_original=due_original,
            due=due,
            judged_due=due + shift,
            allowed=allowed,
            end_position=end_position,
            ended=ended,
            end_kind=kind,
            collected=np.full(self.count, NEVER),
            recorded=np.full(self.count, NEVER),
            pause_kind=pauses[0],
            pause_position=pauses[1],
            pause_from=pauses[2],
            pause_to=pauses[3],
            apology=apology,
            apology_due=np.where(due > due_original, due, NEVER),
            culprit=self._culprits(late),
            late=late,
            ended_first=np.zeros(self.count, dtype=np.bool_),
            undated=self._chance(0.005),
        )
        self._recordings(course)
        self._oddities(course)
        self._cut(course)
        return course

    def _lateness(self, due: Ints) -> Bools:
        """Who will be late against the original due date."""
        difficulty = self._offer("difficulty")
        chance = self.cast.at(self.drawn.unit, self.cast.lateness) * difficulty
        chance *= _LATENESS / np.mean(difficulty)
        # The slide: more and more land dossiers that fall due in the last weeks are late.
        slide = np.clip((due - (self.last - _SLIDE)) / _SLIDE, 0, 1) * self.sliding
        chance += slide * np.where(self.is_land, 0.6, 0.01)
        chance = np.clip(chance, 0, 0.7)
        late = self._chance(chance)
        # The two wards of the story are spread evenly: chance alone could hide what they show.
        for ward in (self.sliding & self.is_land, self.sliding & ~self.is_land, self.unapologetic):
            late[ward] = _spread(chance[ward], due[ward])
        return late

    def _end_kinds(self, late: Bools) -> Ints:
        drawn = self.rng.random(self.count)
        kind = np.full(self.count, RESULT)
        kind[drawn < 0.0105] = RETURNED
        kind[(drawn >= 0.02) & (drawn < 0.03) & ~late] = WITHDRAWN
        kind[(drawn >= 0.03) & (drawn < 0.0316)] = STOPPED
        return kind

    def _end_positions(self, allowed: Ints, due_position: Ints, late: Bools, kind: Ints) -> Ints:
        rng, count = self.rng, self.count
        share = rng.beta(5.0, 3.0, count)
        share = np.where(kind == WITHDRAWN, rng.random(count) * 0.8, share)
        in_time = np.maximum((share * allowed).astype(np.int64), np.minimum(20, allowed))
        last_day = self._chance(0.12) & (kind == RESULT)
        in_time = np.where(last_day, allowed - rng.integers(0, 240, count), in_time)
        in_time = np.clip(in_time, np.minimum(5, allowed), allowed)
        day = float(self.clock.day_minutes)
        mean = day * rng.choice([1.6, 6.0, 26.0], count, p=[0.70, 0.24, 0.06])
        overshoot = rng.exponential(1.0, count) * mean
        since_due = self.last_position - due_position
        recent = since_due < 60 * self.clock.day_minutes
        overshoot *= np.where(self.unapologetic & recent, 4.0, 1.0)
        # In the sliding ward the newest ones lie longest: some are still stuck at the end.
        newest = since_due < 15 * self.clock.day_minutes
        stuck = rng.gamma(2.0, 4.0 * day, count) * np.where(newest, 1.8, 1.0)
        overshoot = np.where(self.sliding & self.is_land, stuck, overshoot)
        beyond = due_position + 30 + overshoot.astype(np.int64)
        return np.where(late, beyond, self.drawn.position + in_time)

    def _pauses(self, stop: Ints, allowed: Ints, kind: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Kind (−1: none), position, from and to of up to two pauses, as two columns each."""
        rng, start = self.rng, self.drawn.position
        room = (stop - start) >= 60
        usual = np.where(allowed > self.clock.day_minutes, 0.085, 0.02)
        supplement = self._chance(usual) & room
        finance = self._chance(self._offer("finance")) & room & (kind == RESULT)
        again = supplement & self._chance(0.07) & ~finance
        kinds = np.full((self.count, 2), -1)
        kinds[:, 0] = np.where(supplement, SUPPLEMENT, np.where(finance, FINANCE, -1))
        kinds[:, 1] = np.where(again, SUPPLEMENT, np.where(supplement & finance, FINANCE, -1))
        where = np.stack([rng.uniform(0.24, 0.45, self.count), rng.uniform(0.55, 0.68, self.count)])
        position = (start + where * (stop - start)).astype(np.int64).T
        has = kinds >= 0
        length = np.where(has, self._pause_lengths(kinds), 0)
        first = self.clock.moments(np.ascontiguousarray(position[:, 0]))
        second = self.clock.moments(np.ascontiguousarray(position[:, 1])) + length[:, 0]
        settled = self.clock.back(second)
        second = np.where(settled > first + length[:, 0], settled, second)
        begins = np.stack([first, second], axis=1)
        return kinds, position, begins, begins + length

    def _pause_lengths(self, kinds: Ints) -> Ints:
        rng, shape = self.rng, kinds.shape
        supplement = rng.lognormal(np.log(3.6), 0.75, shape)
        supplement = np.where(rng.random(shape) < 0.012, 200.0, supplement)  # never came back
        finance = rng.lognormal(np.log(8.0), 0.6, shape)
        days = np.where(kinds == FINANCE, finance, supplement).astype(np.int64)
        return np.clip(days, 0, 240) * DAY + rng.integers(20, 240, shape) * MINUTE

    def _apologies(
        self, due: Ints, due_position: Ints, end_position: Ints, shift: Ints
    ) -> tuple[Ints, Ints]:
        """Two columns of moments of issue, and the current due date after re-appointment."""
        rng, clock = self.rng, self.clock
        # At the latest a day before the due date, says the rule; many come afterwards.
        after = rng.random(self.count) * np.minimum(
            2 * clock.day_minutes, 0.9 * np.maximum(end_position - due_position, 0)
        )
        before = rng.integers(30, clock.day_minutes, self.count)
        offset = np.where(self._chance(0.42), -before, after.astype(np.int64))
        position = np.maximum(due_position + offset, self.drawn.position + 10)
        issued = clock.back(clock.moments(position) + shift)
        apologised = self._chance(0.76) & (end_position > position) & ~self.unapologetic
        apologised &= end_position > due_position
        known = apologised & (issued <= self.until)
        moved = known & (offset < 0) & self._chance(0.5)
        more = rng.choice([5, 7, 10, 15], self.count, p=[0.4, 0.3, 0.2, 0.1])
        days = pl.Series(["working_day"]).new_from_index(0, self.count)
        later = np.where(moved, clock.due(due, more, days), due)
        # A second one breaks the rule "không quá một lần": it happens, and must be seen.
        again = clock.moments(due_position + 9 * clock.day_minutes)
        twice = known & (clock.moments(end_position) > again) & self._chance(0.2)
        second = np.where(twice, clock.back(again + shift), NEVER)
        return np.stack([np.where(known, issued, NEVER), second], axis=1), later

    def _ends(
        self, end_position: Ints, late: Bools, judged_due: Ints, shift: Ints, pause_to: Ints
    ) -> Ints:
        """A pause may carry the end into a night: in time goes back, late goes forward."""
        clock = self.clock
        plain = clock.moments(end_position)
        back = clock.back(plain + shift)
        answered = pause_to.max(axis=1)
        # Nobody ends a dossier at the very moment of the citizen's answer, if there is time.
        soon = clock.moments(clock.positions(answered) + 30)
        before = np.where(back > answered, back, np.where(soon <= judged_due, soon, answered))
        after = clock.moments(clock.positions(plain + shift) + 1)
        return np.where(shift == 0, plain, np.where(late, after, before))

    def _culprits(self, late: Bools) -> Ints:
        """The step that the late part of the time was spent at."""
        usual = self.rng.choice(4, self.count, p=[0.06, 0.12, 0.6, 0.22])
        return np.where(self.sliding & self.is_land, EXAMINATION, usual)

    def _recordings(self, course: Course) -> None:
        """When the software was told; when the citizen took the result."""
        rng, count = self.rng, self.count
        told = course.ended + MINUTE * rng.integers(0, 45, count)
        course.recorded = np.minimum(told, np.maximum(course.ended, course.judged_due))
        lag = rng.integers(60, 3 * self.clock.day_minutes, count)
        told = self.clock.moments(self.clock.positions(course.judged_due) + lag)
        entered_late = self._chance(0.012) & ~course.late & (told <= self.until)
        course.recorded = np.where(entered_late, told, course.recorded)
        taken = course.recorded + (rng.exponential(1.6, count) * DAY).astype(np.int64)
        by_mail = (self.drawn.channel == ONLINE) & self._chance(0.6)
        taken = np.where(by_mail, course.recorded + 10 * MINUTE, self.clock.back(taken))
        collected = (course.end_kind == RESULT) & self._chance(0.95)
        course.collected = np.where(collected, np.maximum(taken, course.recorded), NEVER)

    def _oddities(self, course: Course) -> None:
        """Refused at the desk; ended before received (as a careless source has it)."""
        drawn = self.drawn
        course.refused = self._chance(0.015) & ~drawn.waiting
        course.accepted = ~drawn.waiting & ~course.refused
        plain = (course.pause_kind[:, 0] < 0) & ~course.late & (course.ended <= self.until)
        plain &= course.apology[:, 0] == NEVER
        odd = self._chance(0.00012) & plain & course.accepted
        early = drawn.received - MINUTE * self.rng.integers(10, 120, self.count)
        course.ended_first = odd
        course.ended = np.where(odd, np.maximum(early, drawn.submitted), course.ended)
        course.ended = np.where(course.refused, drawn.received, course.ended)
        course.end_kind = np.where(course.refused, REFUSED, course.end_kind)
        course.recorded = np.where(course.refused, drawn.received, course.recorded)
        course.collected = np.where(course.refused, NEVER, course.collected)

    def _cut(self, course: Course) -> None:
        """What lies after the end of its source's records has not happened."""
        gone = course.accepted | course.refused
        until = self.until
        open_end = (course.recorded > until) | ~gone
        course.ended = np.where(open_end, NEVER, course.ended)
        course.recorded = np.where(open_end, NEVER, course.recorded)
        course.collected = np.where((course.collected > until) | open_end, NEVER, course.collected)
        begun = (course.pause_from <= until[:, None]) & (course.pause_kind >= 0)
        begun &= course.accepted[:, None]
        course.pause_kind = np.where(begun, course.pause_kind, -1)
        course.pause_to = np.where(course.pause_to > until[:, None], NEVER, course.pause_to)
        outside = (course.apology > until[:, None]) | ~course.accepted[:, None]
        outside |= course.apology > np.where(open_end, NEVER, course.ended)[:, None]
        course.apology = np.where(outside, NEVER, course.apology)
        moved = ~outside[:, 0] & (course.apology_due < NEVER)
        course.apology_due = np.where(moved, course.apology_due, NEVER)
        suspended = (course.pause_kind >= 0) & (course.pause_to == NEVER)
        overdue = course.judged_due < np.where(open_end, until, course.ended)
        overdue &= ~(suspended.any(axis=1) & open_end)
        course.late = overdue & course.accepted & ~course.ended_first & ~course.undated


def _spread(chance: Floats, order: Ints) -> Bools:
    """As many as the chances say, at even distances along ``order``."""
    sequence = np.argsort(order, kind="stable")
    total = np.cumsum(chance[sequence])
    chosen = np.zeros(len(order), dtype=np.bool_)
    chosen[sequence] = np.floor(total) > np.floor(total - chance[sequence])
    return chosen
