"""Does one thing over and over until it is killed, and says what it has finished.

Started once; then each line on stdin is a job, done in a forked child, because a fresh Python
takes seconds to load what a child has at once. Polars is loaded here but not used before a fork:
its threads are not in the child, which would wait for them for ever.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors import audit, snapshot
from connectors import closing as periods
from connectors.access.accounts import lock_account, unlock_account
from connectors.alerts import hook, outbox
from connectors.database.session import open_database
from connectors.engine import Scope
from connectors.fetch.run import fetch
from connectors.intake import import_file
from connectors.privacy import rotate as rotation
from connectors.registers import add, import_register
from connectors.sending import mail
from connectors.settings import Settings
from reports import timer
from reports.alerts import turn as alerts_turn
from tests.connectors.privacy.conftest import HEADER

ROWS = 500
CELLS = 3_200
UNITS = 100
NOW = datetime(2025, 12, 1, tzinfo=UTC)
ACTOR = audit.Actor("thử nghiệm")


def tell(**said: Any) -> None:
    os.write(1, (json.dumps(said) + "\n").encode())


def _file(folder: Path, name: str, rows: int) -> Path:
    path = folder / f"{name}.csv"
    lines = (
        f"{name}-{number},05/06/2025 08:00,10/06/2025 16:00,"
        f"{'31/02/2025' if number % 100 == 99 else '09/06/2025'} 10:00,Trực tuyến,Phường Hà Đông,"
        f"1.001,Người {name} {number},09{number:08},Ngõ {number},0{number:011}"
        for number in range(rows)
    )
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def imports(settings: Settings, job: dict[str, Any]) -> None:
    database, folder = open_database(settings.database_url), Path(job["folder"])
    files = {turn: _file(folder, f"{job['name']}.{turn}", ROWS) for turn in range(3)}
    tell(ready=True)
    for turn in count():
        path = files.get(turn) or _file(folder, f"{job['name']}.{turn}", ROWS)
        report = import_file(
            database, settings, path, job["mapping"], refresh_snapshot=False, now=NOW
        )
        tell(batch=report.batch_id)


def registers(settings: Settings, job: dict[str, Any]) -> None:
    """Each file once, then nothing more."""
    database = open_database(settings.database_url)
    tell(ready=True)
    for path in job["files"]:
        report = import_register(
            database, settings, job["register"], path, by="Lan", refresh_snapshot=False, now=NOW
        )
        tell(batch=report.batch_id)
    signal.pause()


def fetches(settings: Settings, job: dict[str, Any]) -> None:
    """Puts new rows or files where a source is, and has them fetched; tells what it put there."""
    database, place = open_database(settings.database_url), Path(job["source"])
    tell(ready=True)
    for turn in count():
        name = f"{job['name']}.{turn}"
        if place.is_dir():
            for part in range(3):
                fresh = _file(place, f".{name}-{part}", 40)
                fresh.rename(place / fresh.name[1:])
        else:
            with closing(sqlite3.connect(place)) as source, source:
                now = time.time_ns()
                rows = ((f"{name}-{number}", number % 20, now) for number in range(60))
                source.executemany("INSERT INTO ho_so VALUES (?, ?, ?)", rows)
        fetch(database, settings, job["how"], refresh_snapshot=False, wait=lambda _: None)
        tell(put=name)


def saves(settings: Settings, job: dict[str, Any]) -> None:
    database = open_database(settings.database_url)
    tell(ready=True)
    for turn in count():
        values = {
            "code": f"{job['name']}.{turn}",
            "name": "Kế hoạch",
            "kind": "Kế hoạch",
            "unit": "Phường Hà Đông",
            "source": "KH 12",
        }
        given: dict[str, Any] = {"by": "Lan", "at": NOW, "refresh_snapshot": False}
        tell(row=add(database, settings, "programme", values, **given))


def closings(settings: Settings, job: dict[str, Any]) -> None:
    """Closes period after period, each with some thousand frozen figures; or (``stop``) stops for
    ever in the first one's transaction, with all of it written but the audit's line."""
    database, monday = open_database(settings.database_url), date(2025, 6, 2)
    cells = [(1, field, f"figure_{number}", "", 1) for field in range(CELLS // 16)
             for number in range(16)]  # fmt: skip
    units = [(number, None, f"Đơn vị {number}", "commune") for number in range(UNITS)]
    if job.get("stop"):

        def stop(*_: Any, **__: Any) -> int:
            tell(ready=True)
            signal.pause()
            return 0

        setattr(audit, "append", stop)  # noqa: B010 (stands in for it only to be killed there)
    else:
        tell(ready=True)
    for turn in count():
        what = periods.ToClose(
            unit_id=1,
            period=f"{job['name']}.{turn}",
            first_day=monday,
            last_day=monday,
            as_of=datetime(2025, 6, 9),
            due="current",
            data_version="v",
            batch_id=1,
            newest=1,
            label="Tuần",
        )
        given: dict[str, Any] = {"by": "Lan", "at": NOW, "actor": ACTOR, "scope": Scope()}
        tell(closed=periods.close(database, settings, what, cells, units, **given))


def accounts(settings: Settings, job: dict[str, Any]) -> None:
    database = open_database(settings.database_url)
    tell(ready=True)
    while True:
        lock_account(database, "binh", actor=ACTOR)
        tell(action="account_locked")
        unlock_account(database, "binh", actor=ACTOR)
        tell(action="account_unlocked")


def refreshes(settings: Settings, job: dict[str, Any]) -> None:
    database, folder = open_database(settings.database_url), Path(job["folder"])
    tell(ready=True)
    for turn in count():
        path = _file(folder, f"{job['name']}.{turn}", 50)
        import_file(database, settings, path, job["mapping"], refresh_snapshot=False, now=NOW)
        make = snapshot.rebuild if turn % 4 == 3 else snapshot.refresh
        tell(snapshot=make(database, settings).last_batch_id)


def rotations(settings: Settings, job: dict[str, Any]) -> None:
    database = open_database(settings.database_url)
    rotation._BLOCK = 40  # many blocks, as with many rows
    keys = list(settings.owner_keys)
    tell(ready=True)
    while True:
        keys.reverse()
        rotation.rotate(database, keys, actor=ACTOR, audit_keys=settings.audit_keys)
        tell(rotated=True)


def sendings(settings: Settings, job: dict[str, Any]) -> None:
    """Looks for reports to send at these moments, in so many processes, or stops for ever where it
    is told to: while making, before the text leaves, or just after it has left."""
    changed = {name: Path(value) if name == "smtp_ca" else value
               for name, value in job["settings"].items()}  # fmt: skip
    settings = settings.model_copy(update=changed)
    others = [child for _ in range(job.get("processes", 1) - 1) if (child := os.fork())]
    is_first = job.get("processes", 1) == 1 or bool(others)
    place, send = job.get("stop"), mail.send

    def stop(*_: Any) -> bytes:
        tell(ready=True)
        signal.pause()
        return b""

    def sent(*given: Any) -> None:
        send(*given)
        stop()

    # setattr: these stand in for what they are called like only to be killed there.
    if place == "making":
        setattr(timer, "render", stop)  # noqa: B010 (as above)
    elif place is not None:
        setattr(mail, "send", stop if place == "before" else sent)  # noqa: B010 (as above)
    one = timer.Timer(settings, open_database(settings.database_url))
    if is_first:
        one._alone.take(20.0)  # of one that was killed the server has to see it first
    for moment in job["moments"]:
        tell(tried=one.turn(datetime.fromisoformat(moment)))
    if not is_first:
        os._exit(0)
    for child in others:
        os.waitpid(child, 0)


def alerting(settings: Settings, job: dict[str, Any]) -> None:
    """Looks for alerts at these moments, in so many processes, or stops for ever where it is told
    to: while judging, with all that was found written but not committed, before a message leaves
    by a way, just after it has left, or with the note of it not committed."""
    changed = {name: Path(value) if name == "smtp_ca" else value
               for name, value in job["settings"].items()}  # fmt: skip
    key = SecretStr(job["settings"]["alert_hook_key"])
    settings = settings.model_copy(update=changed | {"alert_hook_key": key})
    others = [child for _ in range(job.get("processes", 1) - 1) if (child := os.fork())]
    is_first = job.get("processes", 1) == 1 or bool(others)
    place, _, way = job.get("stop", "").partition(" ")

    def stop(*_: Any, **__: Any) -> None:
        tell(ready=True)
        signal.pause()

    def after(done: Callable[..., Any]) -> Callable[..., None]:
        def then(*given: Any, **more: Any) -> None:
            done(*given, **more)
            stop()

        return then

    room: Any = {"mail": mail, "hook": hook}.get(way)
    if place == "judging":
        setattr(alerts_turn, "judge", stop)  # noqa: B010 (as above)
    elif place == "noting":
        setattr(outbox, "_to_be_told", after(outbox._to_be_told))  # noqa: B010 (as above)
    elif place == "marking":
        setattr(audit, "append", stop)  # noqa: B010 (as above)
    elif room is not None:
        setattr(room, "send", stop if place == "before" else after(room.send))  # noqa: B010
    one = alerts_turn.Alerts(settings, open_database(settings.database_url))
    if is_first:
        one._alone.take(20.0)  # of one that was killed the server has to see it first
    for moment in job["moments"]:
        done = one.turn(datetime.fromisoformat(moment))
        tell(tried=done.tried, began=done.began)
    if not is_first:
        os._exit(0)
    for child in others:
        os.waitpid(child, 0)


JOBS: dict[str, Callable[[Settings, dict[str, Any]], None]] = {
    "imports": imports,
    "registers": registers,
    "fetches": fetches,
    "saves": saves,
    "closings": closings,
    "accounts": accounts,
    "refreshes": refreshes,
    "rotations": rotations,
    "sendings": sendings,
    "alerting": alerting,
}


def _threads() -> list[str]:
    tasks = Path("/proc/self/task")
    return [(task / "comm").read_text().strip() for task in tasks.glob("*")]


def main() -> None:
    started = [name for name in _threads() if name.startswith("polars-") and name[7:].isdigit()]
    if started:
        tell(child=0, failed=f"an import started Polars' threads: {started}")
        raise SystemExit(1)
    settings = Settings()
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                JOBS[job["job"]](settings, job)
            except BaseException as error:  # noqa: BLE001 (told to the test)
                tell(failed=repr(error))
            os._exit(1)
        tell(child=child)
        os.waitpid(child, 0)
        tell(gone=True)


if __name__ == "__main__":
    main()
