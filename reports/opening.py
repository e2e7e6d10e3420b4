"""The question of a report from what a person or a timer names: unit, period, moment, definition.

The one place under reports/ that opens the facts (through connectors).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import polars as pl

from connectors.engine import Facts, Scope, descendants, open_facts
from connectors.intake.words import fold, nearest
from connectors.settings import Settings
from metrics.core import names
from metrics.core.ask import Ask, Definition, DueKind, Over, default_moment, last_known, source_ends
from metrics.core.periods import Period
from metrics.core.vietnamese import moment as written_moment
from metrics.core.vietnamese import number
from reports.material import Asked, Rights, Units


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


def asked(
    settings: Settings, wanted: Wanted, scope: Units = None, rights: Rights | None = None
) -> Asked:
    """The question over the snapshot in place.

    Args:
        scope: the units that whoever asks may see; None: all.
        rights: what may stand in the report; default: as little as on a projector.

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
    )


def _told_until(wanted: Wanted, ask: Ask) -> datetime | None:
    if wanted.now is None or wanted.as_of is not None:
        return None
    return min(ask.period_end, max(ask.moment, wanted.now))


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
        as_of=wanted.as_of or default_moment(period.first, period.last, facts.data_until),
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
