"""What the figures answer to the question that a report is asked with; read once, when needed.

The same functions of metrics/ that the screens ask, over the same scope, period, moment, records
and definition: a number in a document is the number on the screen. A report takes from here and
arranges; it opens nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Final, Protocol

import polars as pl

from metrics.core import names
from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.core.periods import Period
from metrics.core.rows import first_received
from metrics.dossiers import events as events_of
from metrics.dossiers import units as units_of
from metrics.dossiers.attention import Line, attention
from metrics.dossiers.calls import CallList, call_list
from metrics.dossiers.carry_over import Break, breaks, counted, said
from metrics.dossiers.catalogue import figure
from metrics.dossiers.events import Event
from metrics.dossiers.form_cells import FormRefused, form_ask, form_cells
from metrics.dossiers.forms import reported
from metrics.dossiers.late_time import TimeSpent, time_spent
from metrics.dossiers.lateness import Filters, group_of
from metrics.dossiers.listing import Outline, outlines
from metrics.dossiers.review import Review, SourcedFacts, review, unit_table
from metrics.feedback.review import feedback_lines
from metrics.indices.lines import index_lines
from metrics.indices.review import Standing, standing
from metrics.indices.series import INDICES, home_province, provinces
from metrics.inspections.review import (
    InspectionReview,
    finding_lines,
    inspection_review,
    is_register_empty,
)
from metrics.registers.held import Held
from metrics.targets.counts import Known
from metrics.targets.lines import target_lines
from metrics.targets.review import Judged, Signed, review_promises
from metrics.tasks.requests import Request, last_of_units, request_lines, requests, weekly
from metrics.tasks.review import TaskReview, programmes_in_view, running, task_lines, task_review

Units = frozenset[int] | None
"""Units in scope; None: all."""

LISTED: Final = ("pending_overdue", "late", "due_soon")
"""The lists of the screen of late dossiers that reports tell of."""


class KnownAt(Protocol):
    """Of which records the facts are (connectors.snapshot.known)."""

    @property
    def moment(self) -> datetime: ...


class Opened(SourcedFacts, Protocol):
    """The opened facts (connectors.engine.Facts)."""

    @property
    def known(self) -> KnownAt | None: ...

    @property
    def registers(self) -> Held: ...

    @property
    def fields(self) -> pl.DataFrame: ...

    @property
    def procedures(self) -> pl.DataFrame: ...


class Noted(Protocol):
    """A decision that was noted at a meeting, and what became of it (connectors.meetings)."""

    @property
    def text(self) -> str: ...

    @property
    def unit_id(self) -> int | None: ...

    @property
    def due_on(self) -> date | None: ...

    @property
    def outcome(self) -> str: ...

    @property
    def outcome_note(self) -> str: ...


class Prepared(Protocol):
    """A slide as it was prepared for a meeting (connectors.meetings)."""

    @property
    def slide(self) -> str: ...

    @property
    def is_hidden(self) -> bool: ...

    @property
    def words(self) -> str: ...


@dataclass(frozen=True)
class Meetings:
    """What was decided: ``before``: by earlier meetings and still to be told of, or told since the
    last one; None: no earlier meeting is known. ``now``: at this meeting. ``slides``: how this
    meeting's were prepared, in their order; none: as usual."""

    before: Sequence[Noted] | None = None
    now: Sequence[Noted] = ()
    slides: Sequence[Prepared] = ()


@dataclass(frozen=True)
class Rights:
    """What may stand in what is made for a reader; by default the least (a projector's)."""

    officers: bool = False
    sensitive_titles: bool = False
    small_groups: bool = False


@dataclass(frozen=True)
class Closed:
    """Figures of the forms that were frozen when a period was closed (connectors.closing).

    Args:
        cells: metrics.dossiers.form_cells.CELL, of the units in view. ``words``: by whom and when,
            in Vietnamese.
        units: names, levels and places in the tree as of then (connectors.closing.STOOD); empty:
            they were not kept.
    """

    cells: pl.DataFrame
    as_of: datetime
    words: str
    units: pl.DataFrame


@dataclass(frozen=True)
class Asked:
    """The question of a report, and the only way to the facts.

    Args:
        opened: facts of some units that can matter in a span (None: all of time), as known at K.
        scope: the units that the reader may see; ``unit``: the chosen one (None: all of them).
        below: a unit and all below it, of those that the reader may see.
        whose: how the chosen units are called on the screen.
        source: what the figures are from and how far it reaches, as the screens say it.
        closed: the figures that were frozen for the period and these units; None: it is open.

        told_until: T of the registers, which are known up to now where dossiers are not (None: as
        the dossiers').
        meetings: what was prepared and decided; asked for by the deck alone.
    """

    ask: Ask
    period: Period
    opened: Callable[[Units, tuple[datetime, datetime] | None], Opened]
    below: Callable[[int], frozenset[int]]
    scope: Units = None
    unit: int | None = None
    whose: str = "Tất cả đơn vị"
    source: str = ""
    known: datetime | int | None = None
    rights: Rights = Rights()
    is_sample: bool = False
    closed: Callable[[], Closed | None] = lambda: None
    # Of the period before: of all units that the reader may see.
    closed_before: Callable[[], Closed | None] = lambda: None

    told_until: datetime | None = None
    meetings: Callable[[], Meetings] = Meetings

    @property
    def units(self) -> Units:
        """The units in view."""
        return self.scope if self.unit is None else self.below(self.unit)


class Material:
    """Everything that reports are made of, each part computed when it is first asked for."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    @property
    def ask(self) -> Ask:
        return self.asked.ask

    @cached_property
    def register_ask(self) -> Ask:
        """The question to tasks and inspections."""
        until = self.asked.told_until
        return self.ask if until is None else replace(self.ask, as_of=until)

    @property
    def period(self) -> Period:
        return self.asked.period

    @cached_property
    def facts(self) -> Opened:
        """The facts in view that can matter for the question."""
        return self.asked.opened(self.asked.units, self.ask.alive)

    @cached_property
    def whole(self) -> Opened:
        """The facts in view, of all of time: for registers and names."""
        return self.asked.opened(self.asked.units, None)

    @cached_property
    def in_scope(self) -> Opened:
        """All that the reader may see, whatever unit is chosen."""
        return self.asked.opened(self.asked.scope, None)

    @cached_property
    def unit_names(self) -> Mapping[int, str]:
        return names.unit_names(self.in_scope.units)

    @cached_property
    def field_names(self) -> Mapping[int, str]:
        return names.field_names(self.in_scope.fields)

    @cached_property
    def procedures(self) -> pl.DataFrame:
        """Procedures with their names as the reader may see them."""
        found = self.in_scope.procedures
        return found if self.asked.rights.sensitive_titles else names.with_sensitive_covered(found)

    def is_small(self, count: int | None) -> bool:
        """Whether so few are a group that this reader may know the number of, and not open."""
        if count is None or self.asked.rights.small_groups:
            return False
        return 0 < count < self.ask.threshold("small_group").value

    # -- dossiers -----------------------------------------------------------------------------

    @cached_property
    def review(self) -> Review:
        """The figures of the home screen."""

        def opened(alive: tuple[datetime, datetime]) -> Opened:
            return self.asked.opened(self.asked.units, alive)

        return review(opened, self.ask, self.period)

    @cached_property
    def unit_table(self) -> pl.DataFrame:
        """Units as on the home screen (metrics.dossiers.review.unit_table with ``state``)."""
        return units_of.with_state(unit_table(self.review), self.ask)

    @cached_property
    def _lists(self) -> Mapping[str, Outline]:
        return outlines(self.facts, [group_of(key) for key in LISTED], self.ask)

    def listed(self, group: str) -> Outline:
        """What a list of the screen of late dossiers has (one of :data:`LISTED`), without rows.

        All of them are asked together: whoever makes a document needs each.
        """
        return self._lists[group]

    @cached_property
    def time_spent(self) -> TimeSpent:
        """Where the time of the late dossiers went."""
        return time_spent(self.facts, group_of("late"), self.ask, Filters())

    # -- official forms -----------------------------------------------------------------------

    @cached_property
    def closed(self) -> Closed | None:
        """The frozen figures of the period; None: it is open."""
        return self.asked.closed()

    @cached_property
    def form_ask(self) -> Ask:
        """The question of a form, as it is now."""
        return form_ask(self.ask)

    @property
    def form_moment(self) -> datetime:
        """The moment that the forms are judged at."""
        return self.form_ask.moment if self.closed is None else self.closed.as_of

    @cached_property
    def form_cells(self) -> pl.DataFrame:
        """The cells of the forms: the frozen ones of a closed period, else those of now."""
        return self.form_cells_now if self.closed is None else self.closed.cells

    @property
    def _stood(self) -> pl.DataFrame | None:
        """The units of a closed period as they stood; None: it is open, or they were not kept."""
        return None if self.closed is None or self.closed.units.is_empty() else self.closed.units

    @property
    def form_units(self) -> pl.DataFrame:
        """Units and their levels, by which forms group them: of a closed period, as of then."""
        return self.in_scope.units if self._stood is None else self._stood

    @cached_property
    def form_unit_names(self) -> Mapping[int, str]:
        """What forms call units: of a closed period, as they were called then."""
        if self._stood is None:
            return self.unit_names
        return {**self.unit_names, **dict(self._stood.select("unit_id", "name").iter_rows())}

    @property
    def form_whose(self) -> str:
        """What forms call the units in view."""
        unit = self.asked.unit
        if unit is None or self._stood is None:
            return self.asked.whose
        return self.form_unit_names.get(unit, self.asked.whose)

    @cached_property
    def form_cells_now(self) -> pl.DataFrame:
        """The cells of the forms as they would be counted now."""
        facts = self.asked.opened(self.asked.units, self.form_ask.alive)
        return form_cells(facts, self.form_ask)

    @cached_property
    def carry_over(self) -> tuple[Break, ...]:
        """Units whose (6) is not (11) of the period before, where that was closed.

        Of a closed period, against a closed one only: of others nothing has gone out.

        Raises:
            FormRefused: both are counted from the same records, and differ.
        """
        before = self.asked.closed_before()
        if before is None:
            if self.closed is None:
                self._check_carried(breaks(self._carried(), self._left_before()))
            return ()
        carried = self._carried()
        left = self._but_refused(counted(before.cells, "pending", _become(before)))
        if self.asked.units is not None:
            seen = {*self.asked.units, *carried}
            left = {unit: count for unit, count in left.items() if unit in seen}
        return breaks(carried, left)

    def _carried(self) -> dict[int | None, int]:
        return self._of_form("carried_over")

    def _of_form(self, figure_: str) -> dict[int | None, int]:
        become = {} if self.closed is None else _become(self.closed)
        return counted(self.form_cells, figure_, become)

    def _but_refused(self, left: dict[int | None, int]) -> dict[int | None, int]:
        """What was left, without what was refused in this period."""
        refused = self._of_form("refused_since")
        return {unit: count - refused.get(unit, 0) for unit, count in left.items()}

    def _left_before(self) -> dict[int | None, int]:
        """What the period before leaves, asked of it and of the records of now."""
        before = self.period.previous
        ask = self.form_ask.over(before.first, before.last)
        if ask.behind():  # such a source tells nothing of what is carried over
            return self._carried()
        facts = self.asked.opened(self.asked.units, self.form_ask.alive)
        found = measure(facts, [figure("pending")], [ask], by=["unit_id"])
        return self._but_refused(dict(found.select("unit_id", "numerator").iter_rows()))

    def _check_carried(self, found: Sequence[Break]) -> None:
        if found:
            raise FormRefused(
                f"Không lập được biểu: (6) = (11) của kỳ trước: {said(found, self.unit_names)}. "
                "Hãy tổng hợp lại số liệu; nếu vẫn lệch, xem màn hình Dữ liệu, mục Chất lượng."
            )

    @property
    def carry_over_words(self) -> str:
        """What forms say of :attr:`carry_over`; "": nothing differs."""
        if not self.carry_over:
            return ""
        return (
            "Chuyển kỳ: số đã chốt của kỳ trước được sửa sau khi chốt, nên (6) khác (11) của kỳ "
            f"trước: {said(self.carry_over, self.form_unit_names)}."
        )

    @cached_property
    def reported_before(self) -> pl.DataFrame:
        """As :attr:`reported_form`, of the period before."""
        return self._reported(self.period.previous)

    @cached_property
    def reported_form(self) -> pl.DataFrame:
        """The lines of form II.06a that units in view reported for this period."""
        return self._reported(self.period)

    def _reported(self, period: Period) -> pl.DataFrame:
        held = self.whole.registers.at(self.form_moment)["form_row"]
        rows: pl.DataFrame = held.collect(backend="polars").to_native()
        return reported(rows, self.asked.units, period.first, period.last)

    @cached_property
    def overdue_by_step(self) -> list[tuple[str, int]]:
        """Step → pending overdue dossiers that are at it, most first; few of them together.

        What is between two steps, or has none recorded, is told apart.
        """
        found = self.review
        at = dict(found.steps.group_by("step_name").len().iter_rows())
        pending = int(found.whole("pending_overdue")["numerator"].to_list()[-1])
        counts = sorted(at.items(), key=lambda each: (-each[1], each[0]))
        rest = pending - sum(at.values())
        return self.without_small([*counts, *([("Chưa rõ bước", rest)] if rest > 0 else [])])

    def without_small(self, counts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Counts by name; groups that this reader may not open are one."""
        shown = [each for each in counts if not self.is_small(each[1])]
        small = sum(count for _, count in counts if self.is_small(count))
        least = int(self.ask.threshold("small_group").value)
        return [*shown, *([(f"Các nhóm dưới {least} hồ sơ", small)] if small else [])]

    # -- registers ----------------------------------------------------------------------------

    @cached_property
    def _programmes_in_view(self) -> pl.DataFrame:
        return programmes_in_view(self.whole, self.register_ask, self.asked.units)

    @cached_property
    def programmes(self) -> pl.DataFrame:
        """Programmes that run in the period."""
        ask = self.register_ask
        return running(self._programmes_in_view, ask.first_day, ask.last_day)

    @property
    def _weekly(self) -> tuple[int, ...]:
        return weekly(self._programmes_in_view)

    @cached_property
    def last_requests(self) -> Mapping[int, Request]:
        """Unit → what the weekly review asked of it last, by T."""
        return last_of_units(requests(self.whole, self.register_ask, self._weekly))

    @cached_property
    def tasks(self) -> TaskReview | None:
        """The tasks of the programmes that run, in total; None: none is known."""
        among = self.programmes["programme_id"].to_list()
        if not among:
            return None
        where = {"programme_id": among}
        return task_review(self.whole, self.register_ask, where, groups=("",))

    @cached_property
    def inspections(self) -> InspectionReview | None:
        """Inspections and findings; None: nobody has entered any."""
        empty = is_register_empty(self.whole)
        return None if empty else inspection_review(self.whole, self.register_ask)

    @cached_property
    def targets(self) -> tuple[list[Judged], list[Signed]]:
        """Targets that run and concern the units in view, and these units' signatures."""
        asked, ask = self.asked, self.ask
        known = self._known_of_targets()
        held = asked.opened(None, None).registers.at(ask.moment)
        targets: pl.DataFrame = held["target"].collect(backend="polars").to_native()
        mine = self.whole.registers.at(ask.moment)["commitment"]
        signed: pl.DataFrame = mine.collect(backend="polars").to_native()
        targets = targets.sort("target_id").filter(
            pl.col("period_from") <= ask.as_of_day, pl.col("period_to") >= ask.first_day
        )
        if asked.units is not None:
            of_signed = pl.col("target_id").is_in(signed["target_id"].unique().to_list())
            targets = targets.filter(pl.col("unit_id").is_in(sorted(asked.units)) | of_signed)

        def opened(unit: int, alive: tuple[datetime, datetime]) -> Opened:
            return asked.opened(asked.below(unit), alive)

        return review_promises(targets, signed, known, opened, ask)

    def _known_of_targets(self) -> Known:
        everything = self.in_scope
        provinces_ = everything.units.filter(
            pl.col("scheme") == "gso", pl.col("level") == "province"
        )
        return Known(
            registers=everything.registers,
            below=self.asked.below,
            province_of=dict(provinces_.select("unit_id", "code").iter_rows()),
            may_see=self.asked.scope,
            data_from=self._data_from,
        )

    @cached_property
    def _data_from(self) -> date | None:
        return first_received(self.in_scope)

    @cached_property
    def root(self) -> int | None:
        """The unit that the installation works for."""
        everything = self.asked.opened(None, None)
        found = everything.dossier.select("unit_id").unique().collect(backend="polars").to_native()
        return units_of.own_root(everything.units, found["unit_id"].drop_nulls().to_list())

    @cached_property
    def index_scores(self) -> pl.DataFrame:
        """All published values of all indices by T: the same for every reader."""
        held = self.asked.opened(None, None).registers.at(self.ask.moment)
        found: pl.DataFrame = held["index_score"].collect(backend="polars").to_native()
        return found

    @cached_property
    def province(self) -> str | None:
        """The code of the installation's own province in the register of indices."""
        units = self.in_scope.units
        for index in INDICES:
            known = provinces(self.index_scores, index)
            code = home_province(units, known, self.asked.unit) or home_province(units, known)
            if code is not None:
                return code
        return None

    @cached_property
    def index_standings(self) -> list[Standing]:
        """The province's indices of editions known by T; none for one of its parts."""
        if not self._is_province or self.province is None:
            return []
        known = self.index_scores.filter(pl.col("year") < self.ask.as_of_day.year)
        found = (standing(known, index, self.province) for index in INDICES)
        return [one for one in found if one.point]

    @property
    def _is_province(self) -> bool:
        """Whether the whole province is in view, whose own business its indices are."""
        asked = self.asked
        if asked.unit is not None or asked.scope is not None:
            return False
        return self.root is None or names.level_of(self.whole.units, self.root) == "province"

    # -- what asks for a decision -------------------------------------------------------------

    @cached_property
    def calls(self) -> CallList:
        """ "Cần chỉ đạo" as on the home screen: whom to call, and what else there is."""
        sources = self.in_scope.sources
        found = replace(self.review, anew=self._anew)
        own = attention(found, self.unit_names, self.field_names, sources)
        every = [
            *own,
            *self.task_lines,
            *self.finding_lines,
            *self.feedback_lines,
            *self.target_lines,
            *self.index_lines,
        ]
        return call_list(every, self.ask.as_of_day, {self.asked.unit, self.root, *self._tops})

    @cached_property
    def events(self) -> pl.DataFrame:
        """The events that had begun by T and concern the asker's units, as far as known then."""
        held = self.in_scope.registers.at(self.ask.moment)["event"]
        rows: pl.DataFrame = held.collect(backend="polars").to_native()
        known = self.in_scope.known
        return events_of.known(rows, self.ask.as_of_day, known.moment.date() if known else None)

    def on_line(self, first: date, last: date) -> tuple[Event, ...]:
        """What stands on the whole's time line, without what is of a part of it."""
        tops = self._tops
        unit = self.asked.unit or (tops[0] if tops else self.root)
        found = events_of.standing(self.events, self._parents, unit, first, last)
        return tuple(each for each in found if not each.is_below)

    @cached_property
    def _parents(self) -> dict[int, int | None]:
        return dict(self.in_scope.units.select("unit_id", "parent_id").iter_rows())

    @cached_property
    def _anew(self) -> dict[int, dict[date, str]]:
        return events_of.marked_of_units(self.events, self._parents, self.unit_names)

    @property
    def _tops(self) -> list[int]:
        """The unit that a scope is of: in its own account nothing of it is somebody else's call."""
        if self.asked.scope is None:
            return []
        units = self.in_scope.units.filter(pl.col("unit_id").is_in(sorted(self.asked.scope)))
        top = units.filter(~pl.col("parent_id").is_in(units["unit_id"].implode()).fill_null(False))
        return top["unit_id"].to_list() if top.height == 1 else []

    @cached_property
    def task_lines(self) -> list[Line]:
        among = self.programmes["programme_id"].to_list()
        found = task_lines(self.whole, self.register_ask, among, self.unit_names) if among else []
        return found + request_lines(self.whole, self.register_ask, self._weekly, self.unit_names)

    @cached_property
    def finding_lines(self) -> list[Line]:
        return finding_lines(self.whole, self.register_ask, self.unit_names)

    @cached_property
    def feedback_lines(self) -> list[Line]:
        return feedback_lines(self.whole, self.register_ask, self.unit_names)

    @cached_property
    def target_lines(self) -> list[Line]:
        judged, signed = self.targets
        return target_lines(judged, signed, self.ask, self.unit_names, self.asked.units)

    @cached_property
    def index_lines(self) -> list[Line]:
        """The province's own business: not told to somebody who looks at one of its parts."""
        if not self._is_province or self.province is None:
            return []
        thresholds = self.ask.thresholds
        return index_lines(self.index_scores, self.province, self.ask.as_of_day, thresholds)


def _become(closed: Closed) -> dict[int, int]:
    """Units of a closing → what they have become since."""
    if closed.units.is_empty():
        return {}
    return dict(closed.units.select("unit_id", "now_id").iter_rows())
