"""Fetching sources again and again: one process does it, however many run.

Off unless a mapping asks (``every``). The process that holds the right (:class:`Alone`) looks
every few seconds which source is due, and has it fetched in a process of its own, of low priority:
no page waits for it, and no source for another. When the holder dies, the next that looks takes
over.
"""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from connectors import again, mappings
from connectors.database.alone import Alone
from connectors.fetch import bounds, state
from connectors.fetch.folder import anything_in
from connectors.intake import load_mapping
from connectors.intake.fetch_kinds import FolderSettings
from connectors.intake.inputs import now_utc
from connectors.settings import PROJECT_ROOT, Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetchable:
    """A mapping that says where its source is. ``every``: how often it asks to be fetched."""

    name: str
    label: str
    kind: mappings.Kind
    every: timedelta | None
    folder: FolderSettings | None


def fetchable(folder: Path) -> list[Fetchable]:
    """The mappings of a folder whose sources can be fetched, by name.

    One that cannot be used is left out (:mod:`connectors.mappings` tells of it). Raises
    IntakeRefused where the folder cannot be read.
    """
    found = []
    for one in mappings.own_mappings(folder):
        if one.fault is None and one.kind not in (None, "file", "register"):
            mapping = load_mapping(one.path)
            every = mapping.fetched.every if mapping.fetched is not None else None
            found.append(Fetchable(one.name, one.label, one.kind, every, mapping.folder))
    return found


def asked_for(settings: Settings) -> dict[str, Fetchable]:
    """Those that ask to be fetched by themselves, by name. Raises IntakeRefused."""
    found = fetchable(settings.mappings_dir)
    return {one.name: one for one in found if one.every is not None}


class Running(Protocol):
    """A fetch on its way."""

    def poll(self) -> int | None:
        """Its exit code; None: it is not done."""

    def kill(self) -> None:
        """End it: its transaction is undone, and the next fetch begins where it did."""

    def wait(self) -> int:
        """Wait until it is gone."""


class Schedule:
    """What is due, and who sees to it. ``start``: begins to fetch one source by its name."""

    def __init__(
        self, settings: Settings, database: Engine, start: Callable[[str], Running] | None = None
    ) -> None:
        self._settings = settings
        self._database = database
        self._start = start or _in_a_process
        self._alone = Alone(database, settings.data_dir, "schedule")
        self._read: tuple[object, dict[str, Fetchable]] = (None, {})
        self._running: dict[str, tuple[Running, datetime]] = {}

    def turn(self, now: datetime | None = None) -> list[str]:
        """Begin to fetch what is due, if nobody else does; what was begun, by name.

        So many at a time, and none twice. Raises SQLAlchemyError, OSError, IntakeRefused.
        """
        moment = now or now_utc()
        self._reap(moment)
        asked = self._asked()
        if not asked and not self._running:
            self._alone.release()
            return []
        if not self._alone.take():
            return []
        begun = []
        for name in self._due(asked, moment):
            folder = asked[name].folder
            if folder is not None and folder.after == "move" and not anything_in(folder):
                state.note(self._database, name, moment, None)
            elif len(self._running) < bounds.schedule().at_once:
                # First, so that a process that dies at once does not begin again at once.
                state.note(self._database, name, moment, state.BEGUN)
                self._running[name] = self._start(name), moment
                begun.append(name)
        return begun

    def end(self) -> None:
        """Stop what is on its way, and let the next one do it."""
        for running, _ in self._running.values():
            running.kill()
            running.wait()
        self._alone.release()

    def _reap(self, now: datetime) -> None:
        """Let go of what is done, and end what takes too long."""
        most = timedelta(seconds=bounds.schedule().most_seconds)
        for name, (running, since) in [*self._running.items()]:
            if running.poll() is None and now - since > most:
                running.kill()
                running.wait()
                _log.warning("a fetch took too long", extra={"data": {"mapping": name}})
            if running.poll() is not None:
                del self._running[name]

    def _asked(self) -> dict[str, Fetchable]:
        """Read again only when a file of the folder has changed."""
        key = mappings.state(self._settings.mappings_dir)
        if key != self._read[0]:
            self._read = key, asked_for(self._settings)
        return self._read[1]

    def _due(self, asked: dict[str, Fetchable], now: datetime) -> list[str]:
        """Names, the one that waited longest first."""
        known = state.states(self._database)
        last = {name: known[name].tried_at if name in known else None for name in asked}
        due = [
            name
            for name, one in asked.items()
            if one.every is not None
            and name not in self._running
            and overdue(last[name], one.every, now)
        ]
        return sorted(due, key=lambda name: (last[name] is not None, last[name] or now, name))


def _in_a_process(name: str) -> Running:
    """Fetch one source in a process of its own."""
    return subprocess.Popen(
        again.python("connectors.fetch.once", name),
        cwd=PROJECT_ROOT,
        stdin=subprocess.DEVNULL,
        env=again.environment(),
    )


def overdue(last: datetime | None, every: timedelta, now: datetime) -> bool:
    """Whether the next try is due; after a jump of the clock backwards, too."""
    return last is None or not last <= now < last + every


def keep_turning(make: Callable[[], Schedule], ended: threading.Event | None = None) -> None:
    """Turn again and again until ``ended`` is set; what fails is logged, and tried again."""
    made: list[Schedule] = []

    def turn() -> None:
        if not made:
            made.append(make())
        made[0].turn()

    seconds = bounds.schedule().tick_seconds
    try:
        again.keep_looking(turn, ended or threading.Event(), seconds, "nothing is fetched")
    finally:
        for schedule in made:
            schedule.end()


def fetching(
    settings: Callable[[], Settings], database: Callable[[], Engine]
) -> AbstractContextManager[threading.Thread]:
    """Fetch what is due for as long as the app runs, in a thread of its own."""
    return again.beside(
        "fetching", lambda ended: keep_turning(lambda: Schedule(settings(), database()), ended)
    )
