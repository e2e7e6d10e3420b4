"""What the screen of records reads: sources, batches, rejected rows, checks of the records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from connectors import closing, mappings, read
from connectors.access import all_accounts
from connectors.alerts import outbox
from connectors.alike import alike
from connectors.engine import Facts, NothingKnown, Scope, SnapshotMissing
from connectors.fetch.schedule import Fetchable, fetchable
from connectors.fetch.state import BEGUN, State, states
from connectors.intake import IntakeRefused
from connectors.intake.export import rejected_rows
from connectors.sending.deliveries import recent
from connectors.sending.plan import Sending, sendings
from connectors.sending.schedules import Kept, changes, kept
from connectors.settings import SettingsError
from metrics.core.ask import Ask
from metrics.core.collation import place
from metrics.core.periods import parse_period
from metrics.dossiers.closing import Difference
from metrics.dossiers.form_cells import FormRefused
from metrics.dossiers.quality import checks, failing, freshness
from reports.closing import against_now
from reports.material import Material, Rights
from reports.opening import Unanswerable, Wanted
from reports.opening import asked as reported
from reports.registry import REPORTS
from reports.render import render
from ui.kit import writing
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.guarded import Unmade
from ui.shell.view import View

LISTED: Final = 50
"""So many batches are listed, the newest."""
SHOWN: Final = 200
"""So many rejected rows, and dossiers that fail a check, are shown."""

Row = dict[str, Any]
STATE: Final = tuple(each.name for each in fields(State) if each.name != "mapping")
"""What is known of a source's fetching."""


@dataclass(frozen=True)
class Register:
    """What the database says of its batches. ``lost``: it could not be asked."""

    batches: pl.DataFrame
    latest: pl.DataFrame
    newest: int
    kind: str | None
    lost: bool = False

    @property
    def numbers(self) -> list[int]:
        """The batches that are listed, newest first."""
        return self.batches["batch_id"].to_list()

    def batch(self, number: int) -> Row:
        """One of the listed batches."""
        return self.batches.row(by_predicate=pl.col("batch_id") == number, named=True)


def register() -> Register:
    """The batches now; an unreadable database gives an empty answer that says so."""
    settings, database = data.settings(), data.database()

    def ask() -> Register:
        return Register(
            read.import_batches(database, settings.zone, LISTED),
            read.last_batches(database, settings.zone),
            read.newest_batch(database),
            read.data_kind(database),
        )

    nothing = pl.DataFrame(schema=read.BATCH)
    return asked(ask) or Register(nothing, nothing, 0, None, lost=True)


def sources(frame: Frame, found: Register) -> pl.DataFrame:
    """Each source with its freshness and its last batch, by name."""
    known = frame.facts.sources
    lags = freshness(known, frame.ask.moment, frame.facts.calendar)
    latest = found.latest.drop("source", "data_until")
    return (
        known.join(lags, on="source_id")
        .join(latest, on="source_id", how="left")
        .sort(place("name"))
    )


def fetches() -> list[Row] | None:
    """Each source that can be fetched, by name, and how that goes; None: nobody can say.

    ``name`` of its mapping, ``label``, ``kind``, ``every`` (timedelta or None), ``state``
    (``never``, ``going``, ``good``, ``failed``), ``next_at`` and what
    :class:`connectors.fetch.state.State` has; moments are local.
    """
    settings, database = data.settings(), data.database()
    try:
        sources = _fetchable(str(settings.mappings_dir), mappings.state(settings.mappings_dir))
    except IntakeRefused:
        return None
    known = asked(lambda: states(database)) if sources else {}
    return None if known is None else [_fetch(one, known.get(one.name)) for one in sources]


def deliveries() -> list[Row]:
    """The newest deliveries of reports (connectors.sending.deliveries.Made); moments are local."""
    database, zone = data.database(), data.settings().zone
    found = asked(lambda: recent(database)) or []
    return [
        asdict(one)
        | {
            "due_at": _local(one.due_at, zone),
            "next_at": _local(one.next_at, zone) if one.state == "waiting" else None,
        }
        for one in found
    ]


def alerts_sent() -> dict[str, int]:
    """How many messages of alerts went, wait, or did not go, of the last seven days: state's word →
    count; nobody's name."""
    database = data.database()
    found = asked(lambda: outbox.states(database, datetime.now(UTC) - timedelta(days=7))) or {}
    return {outbox.STATES[state]: found[state] for state in outbox.STATES if state in found}


@dataclass(frozen=True)
class Schedules:
    """``kept``: on the screen, of the database. ``files``: of SENDING_FILE, which win.

    ``fault``: why the file cannot be used. ``lost``: the database could not be asked.
    """

    kept: list[Kept]
    files: tuple[Sending, ...]
    fault: str = ""
    lost: bool = False


def schedules() -> Schedules:
    """What reports are sent by themselves."""
    settings, database = data.settings(), data.database()
    files: tuple[Sending, ...] = ()
    fault = ""
    try:
        files = sendings(settings)
    except SettingsError as error:
        fault = str(error)
    found = asked(lambda: kept(database, settings))
    return Schedules(found or [], files, fault, lost=found is None)


def schedule_history(schedule: int) -> list[Row]:
    """What was changed of a schedule, newest first; moments are local."""
    database, zone = data.database(), data.settings().zone
    found = asked(lambda: changes(database, schedule)) or []
    return [asdict(one) | {"at": _local(one.at, zone)} for one in found]


def zone() -> ZoneInfo:
    """The installation's."""
    return data.settings().zone


def account_names() -> list[str]:
    """Sign-in names of accounts in use, for whoever says who gets a report."""
    database = data.database()
    return [one.name for one in asked(lambda: all_accounts(database)) or () if not one.is_locked]


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)


@st.cache_data(max_entries=4, show_spinner=False)
def _fetchable(folder: str, state: object) -> list[Fetchable]:
    return fetchable(Path(folder))


def _fetch(one: Fetchable, known: State | None) -> Row:
    zone = data.settings().zone
    row: Row = {"name": one.name, "label": one.label, "kind": one.kind, "every": one.every}
    row |= dict.fromkeys(STATE) if known is None else {n: getattr(known, n) for n in STATE}
    row["next_at"] = known.tried_at + one.every if known and one.every else None
    if known is None:
        row["state"] = "never"
    elif known.error == BEGUN:
        row["state"] = "going"
    else:
        row["state"] = "good" if known.error is None else "failed"
    for name in ("tried_at", "good_at", "full_at", "next_at"):
        if row[name] is not None:
            row[name] = row[name].astimezone(zone).replace(tzinfo=None)
    return row


def rejected(batch: int) -> list[Row] | None:
    """The first rejected rows of a batch; None: the database does not answer."""
    database = data.database()

    def ask() -> list[Row]:
        with database.connect() as connection:
            return rejected_rows(connection, batch, SHOWN)

    return asked(ask)


# -- units --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Likely:
    """Two entries of the catalogue that may be one unit, and how many dossiers each resolves."""

    kept: int
    other: int
    kept_name: str
    other_name: str
    kept_words: str
    other_words: str
    kept_dossiers: int
    other_dossiers: int
    why: str


def likely(frame: Frame) -> list[Likely]:
    """The likely pairs, those with the most dossiers at stake first."""
    return _likely(frame.version)


@st.cache_data(max_entries=4, show_spinner="Đang tìm đơn vị giống nhau…")
def _likely(version: str) -> list[Likely]:
    facts = data.facts(version, None, None)
    resolved = facts.dossier.select("unit_id").collect().to_native()
    dossiers: dict[int, int] = dict(resolved["unit_id"].drop_nulls().value_counts().iter_rows())
    units = {row["unit_id"]: row for row in facts.units.to_dicts()}

    def words(unit: int) -> str:
        row = units[unit]
        above = units.get(row["parent_id"])
        place = f", {above['name']}" if above else ""
        code = "" if row["code"] == row["name"] else f", mã {row['code']}"
        return f"{row['name']}{place}{code}"

    return [
        Likely(
            kept=pair.kept,
            other=pair.other,
            kept_name=units[pair.kept]["name"],
            other_name=units[pair.other]["name"],
            kept_words=words(pair.kept),
            other_words=words(pair.other),
            kept_dossiers=dossiers.get(pair.kept, 0),
            other_dossiers=dossiers.get(pair.other, 0),
            why=pair.why,
        )
        for pair in alike(units.values(), dossiers)
    ]


# -- closed periods -----------------------------------------------------------------------

Maker = Callable[[str, str], bytes]
"""A form (key in reports.registry) and a format → the file."""


def own_unit(frame: Frame) -> int | None:
    """The unit in view; without a chosen one the reader's own; None: all units."""
    return frame.view.unit if frame.view.unit is not None else frame.reader.unit_id


def closings() -> list[Row]:
    """Closings of units in scope, newest first; none where the database does not answer."""
    return writing.closings().to_dicts()


def standing_closing(frame: Frame) -> Row | None:
    """The closing in force of just the period and unit in view."""
    unit, period = own_unit(frame), frame.view.period.token
    return next(
        (
            row
            for row in closings()
            if (row["unit_id"], row["period"], row["reopened_at"]) == (unit, period, None)
        ),
        None,
    )


def form_maker(frame: Frame, period: str, unit: int | None) -> Maker:
    """What makes a form of a period and unit; called later, on a thread that knows no browser.

    What cannot be made is a sentence: in a workbook guarded.Unmade, else a page that says it.
    """
    scope, due = data.scope_of_reader().units, frame.view.due
    settings, database = data.settings(), data.database()
    wanted = Wanted(parse_period(period), None if unit is None else str(unit), due=due)

    def make(form: str, layout: str) -> bytes:
        try:
            material = Material(reported(settings, wanted, scope, Rights(), database))
            return render(REPORTS[form].make(material), layout)
        except (Unanswerable, FormRefused, SnapshotMissing, RuntimeError) as problem:
            raise Unmade(str(problem)) from problem

    return make


def carried_over(frame: Frame, period: str, unit: int | None) -> str:
    """What the forms of a closed period say of what was carried over; "": nothing differs."""
    wanted = Wanted(parse_period(period), None if unit is None else str(unit), due=frame.view.due)
    scope = data.scope_of_reader().units
    try:
        asked_for = reported(data.settings(), wanted, scope, database=data.database())
        return Material(asked_for).carry_over_words
    except (Unanswerable, FormRefused, SnapshotMissing) as problem:
        return str(problem)


def closing_difference(frame: Frame, number: int) -> Difference | str:
    """A closing held against now; or a sentence that says why it cannot be."""
    return _difference(frame.snapshot, number, data.scope_of_reader().units)


@st.cache_data(max_entries=16, show_spinner="Đang so với số đã chốt…")
def _difference(snapshot: str, number: int, units: data.Units) -> Difference | str:
    settings, scope = data.settings(), Scope(units)
    found = asked(lambda: closing.found(data.database(), settings, number, scope))
    if found is None:
        return "Không đọc được số đã chốt; hãy tải lại trang."
    try:
        return against_now(settings, found, scope)
    except (NothingKnown, Unanswerable, FormRefused) as problem:
        return str(problem)


# -- checks -------------------------------------------------------------------------------


def found_by(version: str, view: View) -> list[Row]:
    """How many dossiers fail each check: see metrics.dossiers.quality.checks."""
    return _found_by(version, view, data.scope_within(version, view.unit), _allowed())


def behind(version: str, view: View, key: str) -> pl.DataFrame:
    """The first dossiers that fail a check, newest received first."""
    return _behind(version, view, data.scope_within(version, view.unit), _allowed(), key)


@st.cache_data(max_entries=32, show_spinner="Đang kiểm tra dữ liệu của kỳ…")
def _found_by(version: str, view: View, units: data.Units, allowed: data.Units) -> list[Row]:
    ask = data.question(version, view)
    found = checks(data.facts(version, units, ask.alive), data.facts(version, allowed, None), ask)
    return found.to_dicts()


@st.cache_data(max_entries=32, show_spinner="Đang mở hồ sơ…")
def _behind(
    version: str, view: View, units: data.Units, allowed: data.Units, key: str
) -> pl.DataFrame:
    ask = data.question(version, view)
    facts = data.facts(version, units, ask.alive)
    rows = _failing(facts, data.facts(version, allowed, None), key, ask)
    return rows.head(SHOWN).collect()


def _failing(facts: Facts, everything: Facts, key: str, ask: Ask) -> pl.LazyFrame:
    """All of them, newest received first."""
    rows: pl.LazyFrame = failing(facts, everything, key, ask).to_native()
    names = ("dossier_id", "code", "unit_id", "source_id", "received_at", "due_at", "ended_at")
    return rows.select(names).sort("received_at", "dossier_id", descending=[True, False])


def every_behind(frame: Frame, key: str) -> Callable[[], pl.DataFrame]:
    """Reads all of :func:`behind`, for a file: when it is asked for, on a thread of its own."""
    ask = frame.ask
    opened = data.anew(frame.version, frame.units_in_view, ask.alive)
    everything = data.anew(frame.version, _allowed(), None)
    return lambda: _failing(opened(), everything(), key, ask).collect()


def _allowed() -> data.Units:
    """All that the reader may see: a dossier's twin may lie outside the view."""
    return data.scope_of_reader().units
