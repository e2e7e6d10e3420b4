"""What rules are judged on: the facts that one reader may see, now; each figure is read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final, Protocol

import polars as pl

from metrics.core import names
from metrics.core.ask import Ask, just_after, source_ends
from metrics.core.clock import Calendar
from metrics.core.figure import Figure
from metrics.core.measure import GROUPS, measure
from metrics.core.narrowing import Where
from metrics.core.periods import Period, period_of
from metrics.core.register_rows import register_groups
from metrics.core.rows import first_received
from metrics.core.thresholds import Thresholds
from metrics.dossiers.events import known as known_events
from metrics.dossiers.units import own_root
from metrics.registers.held import Held
from metrics.targets.counts import Known
from metrics.tasks.review import programmes_in_view, running

Units = frozenset[int] | None
"""Units in scope; None: all."""
Span = tuple[datetime, datetime] | None
Cell = Mapping[str, Any]
DOSSIERS: Final = ("dossier", "pause")
_TASKS: Final = ("task", "reminder")


class Facts(Protocol):
    """What rules need of the opened facts (connectors.engine.Facts)."""

    @property
    def dossier(self) -> Any: ...
    @property
    def pause(self) -> Any: ...
    @property
    def step(self) -> Any: ...
    @property
    def units(self) -> pl.DataFrame: ...
    @property
    def successions(self) -> pl.DataFrame: ...
    @property
    def sources(self) -> pl.DataFrame: ...
    @property
    def calendar(self) -> Calendar: ...
    @property
    def data_until(self) -> datetime | None: ...
    @property
    def thresholds(self) -> Thresholds: ...
    @property
    def registers(self) -> Held: ...


@dataclass(frozen=True)
class Asked:
    """A figure over a period, of which units (None: all in scope), each of them or together."""

    figure: Figure
    period: Period
    units: Units
    is_each: bool


class Scene:
    """The facts of one scope as of now; what was read is kept for the next rule.

    Args:
        opened: units (None: all), and a span of time → the facts (connectors.engine.open_facts).
        below: a unit → it and all below it.
        scope: the units that the reader may see.
        whose: what they are called together.
        now: local.
    """

    def __init__(
        self,
        opened: Callable[[Units, Span], Facts],
        below: Callable[[int], frozenset[int]],
        scope: Units,
        whose: str,
        now: datetime,
    ) -> None:
        self._opened, self._below = opened, below
        self.scope, self.whose, self.now = scope, whose, now
        self._cells: dict[Asked, dict[int | None, Cell]] = {}

    @cached_property
    def everything(self) -> Facts:
        """All that the reader may see."""
        return self._opened(self.scope, None)

    @cached_property
    def unit_names(self) -> Mapping[int, str]:
        return names.unit_names(self.everything.units)

    @cached_property
    def data_from(self) -> date | None:
        """The day of the first dossier in scope."""
        return first_received(self.everything)

    @cached_property
    def parents(self) -> Mapping[int, int | None]:
        """Unit → the one that it belongs to."""
        return dict(self.everything.units.select("unit_id", "parent_id").iter_rows())

    @cached_property
    def root(self) -> int | None:
        """The unit that all of it is of: the one above all others in scope; without a scope the
        one that the installation works for. None: there is none."""
        units = self.everything.units
        if self.scope is not None:
            tops = [each for each in self.scope if self.parents.get(each) not in self.scope]
            return tops[0] if len(tops) == 1 else None
        found = self.everything.dossier.select("unit_id").unique().collect(backend="polars")
        return own_root(units, found.to_native()["unit_id"].drop_nulls().to_list())

    @cached_property
    def events(self) -> pl.DataFrame:
        """The events that concern the reader's units and have begun."""
        held = self.everything.registers.at(self.now)["event"]
        return known_events(held.collect(backend="polars").to_native(), self.day)

    @property
    def day(self) -> date:
        return self.now.date()

    def below(self, unit: int) -> frozenset[int]:
        """A unit and what is below it, of those that the reader may see."""
        found = self._below(unit)
        return found if self.scope is None else found & self.scope

    def within(self, unit: int | None) -> Units:
        """The units of a rule on that unit; empty: it may not be seen (any more)."""
        return self.scope if unit is None else self.below(unit)

    def opened(self, units: Units, span: Span) -> Facts:
        return self._opened(units, span)

    def reach(self, figure: Figure) -> datetime | None:
        """How far what a figure counts is known: dossiers as far as the sources tell, registers up
        to now; None: nothing is known."""
        if figure.fact not in DOSSIERS:
            return self.now
        until = self.everything.data_until
        return None if until is None else min(self.now, just_after(until))

    def period(self, kind: str, figure: Figure, is_whole: bool) -> Period | None:
        """The period of a kind that is known in part, or the last one that is known whole."""
        reach = self.reach(figure)
        if reach is None:
            return None
        found = period_of(kind, (reach - timedelta(milliseconds=1)).date())
        if is_whole:
            while datetime.combine(found.last + timedelta(days=1), found.cut) > reach:
                found = found.previous
        return found

    def ask(self, figure: Figure, period: Period) -> Ask:
        """The question over a period, as far as it is known."""
        facts = self.everything
        end = datetime.combine(period.last + timedelta(days=1), period.cut)
        reach = self.reach(figure) or end
        made = Ask(
            period.first, period.last, facts.calendar, as_of=min(end, reach), cut=period.cut,
            ends=source_ends(facts.sources), thresholds=facts.thresholds,
        )  # fmt: skip
        return replace(made, within=int(made.threshold("due_soon_days").value))

    def is_of_units(self, figure: Figure, ask: Ask) -> bool:
        """Whether the rows that a figure counts say which unit they are of."""
        if figure.fact in DOSSIERS:
            return True
        return "unit" in register_groups(self.everything, figure, ask)

    def cells(self, asked: Asked) -> dict[int | None, Cell]:
        """Unit → what was measured of it; of all together: under None."""
        if asked not in self._cells:
            self._cells[asked] = self._measured(asked)
        return self._cells[asked]

    def _measured(self, asked: Asked) -> dict[int | None, Cell]:
        ask = self.ask(asked.figure, asked.period)
        span = ask.alive if asked.figure.fact in DOSSIERS else None
        facts = self._opened(asked.units, span)
        where = self._where(asked, facts, ask)
        if where is None:
            return {}
        by = [GROUPS["unit"]] if asked.is_each else []
        found = measure(facts, [asked.figure], [ask], by, where)
        return {row.get("unit_id"): row for row in found.iter_rows(named=True)}

    def _where(self, asked: Asked, facts: Facts, ask: Ask) -> Where | None:
        """Of tasks the programmes that run, as on their screen; None: there is none."""
        if asked.figure.fact not in _TASKS:
            return {}
        programmes = programmes_in_view(facts, ask, asked.units)
        going = running(programmes, ask.first_day, ask.last_day)["programme_id"].to_list()
        return {"programme_id": going} if going else None

    @cached_property
    def known_of_targets(self) -> Known:
        units = self.everything.units
        provinces = units.filter(pl.col("scheme") == "gso", pl.col("level") == "province")
        return Known(
            registers=self.everything.registers,
            below=self.below,
            province_of=dict(provinces.select("unit_id", "code").iter_rows()),
            may_see=self.scope,
            data_from=self.data_from,
        )
