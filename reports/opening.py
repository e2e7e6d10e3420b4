"""The question of a report from what a person or a timer names: unit, period, moment, definition.

The one place under reports/ that opens the facts (through connectors).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import polars as pl

from connectors import closing, meetings
from connectors.database.session import Database, DatabaseFault, open_database
from connectors.engine import Facts, Scope, descendants, open_facts
from connectors.intake.words import fold, nearest
from connectors.meetings import Meeting, Of
from connectors.settings import Settings
from metrics.core import names
from metrics.core.ask import Ask, Definition, DueKind, Over, default_moment, last_known, source_ends
from metrics.core.periods import Period
from metrics.core.vietnamese import moment as written_moment
from metrics.core.vietnamese import number
from metrics.dossiers.closing import stood_in_view
from metrics.dossiers.form_cells import within
from reports.material import Asked, Closed, Meetings, Rights, Units


class Unanswerable(ValueError):
    """A report that cannot be made; the message, in Vietnamese, says what to choose instead."""


@dataclass(frozen=True)
class Wanted:
    """What a report is wanted of. ``unit``: id, code or name; None: all that may be seen."""

    period: Period
    unit: str | None = None
    as_of: datetime | None = None
    known: datetime | int | None = None
    definition: Definition = "form"
    due: DueKind = "current"
    whole: Over = "classified"
    # Registers are known up to now, also where dossiers are not; None: as far as dossiers.
    now: datetime | None = None
    # Whether a deck is as its meeting was prepared, with what it decided.
    meeting: bool = True


def asked(
    settings: Settings,
    wanted: Wanted,
    scope: Units = None,
    rights: Rights | None = None,
    database: Database | None = None,
) -> Asked:
    """The question over the snapshot in place.

    Args:
        scope: the units that whoever asks may see; None: all.
        rights: what may stand in the report; default: as little as on a projector.
        database: says whether the period is closed (default: the installation's, opened for that).

    Raises:
        Unanswerable: unknown unit, a moment beyond the data.
        connectors.engine.SnapshotMissing: there is nothing to read.
    """

    @cache
    def opened(units: Units, alive: tuple[datetime, datetime] | None) -> Facts:
        return open_facts(settings, Scope(units), alive=alive, as_known=wanted.known)

    everything = opened(scope, None)
    unit = None if wanted.unit is None else unit_of(wanted.unit, everything.units)

    @cache
    def below(one: int) -> frozenset[int]:
        found = descendants(everything.units, one)
        return found if scope is None else found & scope

    ask = _question(wanted, everything)
    viewed = _Viewed(unit, scope, everything.units)
    return Asked(
        ask=ask,
        period=wanted.period,
        opened=opened,
        below=below,
        scope=scope,
        unit=unit,
        whose="Tất cả đơn vị" if unit is None else names.unit_names(everything.units)[unit],
        source=source_line(everything),
        known=wanted.known,
        rights=rights or Rights(),
        is_sample=everything.data_kind == "sample",
        told_until=_told_until(wanted, ask),
        closed=lambda: _closed(settings, database, wanted.period, viewed),
        closed_before=lambda: _closed(settings, database, wanted.period.previous, viewed, True),
        meetings=lambda: _meetings(settings, database, wanted, unit, Scope(scope)),
    )


def _told_until(wanted: Wanted, ask: Ask) -> datetime | None:
    if wanted.now is None or wanted.as_of is not None:
        return None
    return min(ask.period_end, max(ask.moment, wanted.now))


@dataclass(frozen=True)
class _Viewed:
    """Whose figures are asked for: the chosen unit, within what the reader may see."""

    unit: int | None
    scope: Units
    units: pl.DataFrame

    @property
    def _parents(self) -> dict[int, int | None]:
        return dict(self.units.select("unit_id", "parent_id").iter_rows())

    @property
    def tops(self) -> frozenset[int] | None:
        """The units in view that are under no other of them; None: all there are."""
        if self.unit is not None:
            return frozenset({self.unit})
        if self.scope is None:
            return None
        parents = self._parents
        return frozenset(each for each in self.scope if parents.get(each) not in self.scope)

    @property
    def line(self) -> list[int | None]:
        """The unit and those above it, then None: whose closing holds for it.

        Without a chosen unit it is all that may be seen; of some units, the one above the others.
        """
        tops, parents = self.tops, self._parents
        unit = next(iter(tops)) if tops is not None and len(tops) == 1 else None
        found: list[int | None] = []
        while unit is not None and unit not in found:
            found.append(unit)
            unit = parents.get(unit)
        return [*found, None]


def _closed(
    settings: Settings,
    database: Database | None,
    period: Period,
    viewed: _Viewed,
    whole: bool = False,
) -> Closed | None:
    """The frozen figures of the period. Unanswerable where nobody can say whether it is closed.

    Args:
        whole: of all that the reader may see, where else of the units in view.
    """
    with _reading(settings, database, "kỳ này đã chốt hay chưa") as opened:
        found = closing.in_force(opened, settings, period.token, viewed.line)
    if found is None:
        return None
    words = (
        f"SỐ LIỆU ĐÃ CHỐT: {found.by}, lúc {written_moment(found.at)}; chốt số "
        f"{found.closing_id}, theo ghi nhận đến lô {found.batch_id}"
    )
    units, outside = _kept(found, replace(viewed, unit=None) if whole else viewed)
    if outside:
        words += "; chỉ gồm đơn vị trong phạm vi xem"
    return Closed(within(found.cells, units), found.as_of, words, found.units)


def _kept(found: closing.Found, viewed: _Viewed) -> tuple[Units, bool]:
    """The units of frozen figures in view; whether some of them may not be seen any more."""
    if found.units.is_empty():  # closed before they were kept: the tree of now
        tops, scope = viewed.tops, viewed.scope
        if tops is None:
            return None, False
        below = frozenset[int]().union(*(descendants(viewed.units, each) for each in tops))
        return below if scope is None else below & scope, False
    return stood_in_view(found.units, viewed.tops, viewed.scope)


def _meetings(
    settings: Settings, database: Database | None, wanted: Wanted, unit: int | None, scope: Scope
) -> Meetings:
    """What is kept of the unit's meeting over the period, and asked by those before it."""
    if not wanted.meeting:
        return Meetings()
    of = Of(unit, wanted.period.token, wanted.period.first)
    with _reading(settings, database, "cuộc họp đã chuẩn bị thế nào") as opened:
        kept = meetings.meeting(opened, of, scope) or Meeting()
        before = meetings.earlier(opened, of, scope)
    return Meetings(before, kept.decisions, kept.slides)


@contextmanager
def _reading(settings: Settings, database: Database | None, what: str) -> Iterator[Database]:
    """The database; Unanswerable where it does not say what is asked."""
    opened = database or open_database(settings.database_url, settings.patience, creates=False)
    try:
        yield opened
    except DatabaseFault as error:
        raise Unanswerable(
            f"Không đọc được cơ sở dữ liệu nên chưa biết {what}; hãy thử lại sau."
        ) from error
    finally:
        if database is None:
            opened.dispose()


def source_line(facts: Facts) -> str:
    """What the figures are from, and how far it reaches."""
    sources = facts.sources
    named = "; ".join(sources["name"].head(3))
    more = f" và {number(sources.height - 3)} nguồn khác" if sources.height > 3 else ""
    until = f", số liệu đến {written_moment(facts.data_until)}" if facts.data_until else ""
    return f"Nguồn: {named}{more}{until}." if named else "Nguồn: chưa có nguồn dữ liệu nào."


def _question(wanted: Wanted, facts: Facts) -> Ask:
    period = wanted.period
    ask = Ask(
        period.first,
        period.last,
        facts.calendar,
        as_of=wanted.as_of
        or default_moment(period.first, period.last, facts.data_until, period.cut),
        cut=period.cut,
        definition=wanted.definition,
        due=wanted.due,
        whole=wanted.whole,
        ends=source_ends(facts.sources),
        thresholds=facts.thresholds,
    )
    last = last_known(facts.sources)
    if last is not None and ask.moment > last:
        raise Unanswerable(
            f"Chưa có số liệu đến {written_moment(ask.moment)}: hãy chọn thời điểm không muộn hơn "
            f"{written_moment(last)}, kỳ đã có số liệu, hoặc nạp số liệu mới."
        )
    return replace(ask, within=int(ask.threshold("due_soon_days").value))


def unit_of(text: str, units: pl.DataFrame) -> int:
    """The unit that a word means: its id, code or name.

    Raises:
        Unanswerable: none, or several; the nearest names are told.
    """
    if text.isdecimal() and int(text) in units["unit_id"]:
        return int(text)
    folded = fold(text)
    found: set[int] = {
        unit
        for unit, *words in units.select("unit_id", "code", "name", "short_name").iter_rows()
        if folded in {fold(word or "") for word in words}
    }
    if len(found) == 1:
        return found.pop()
    if found:
        ids = ", ".join(str(unit) for unit in sorted(found))
        raise Unanswerable(f"Có nhiều đơn vị “{text}”; hãy ghi số unit_id, một trong: {ids}.")
    near = "; ".join(nearest(text, list(units["name"]), 3))
    hint = f" Có phải: {near}?" if near else ""
    raise Unanswerable(f"Không có đơn vị “{text}” (số unit_id, mã hoặc tên).{hint}")
