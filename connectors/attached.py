"""Files that a unit sends with its report of a task: kept whole, bounded, read within the scope.

What is taken stands in attached.toml. Nothing of a file is opened or drawn here: it is kept as it
came and given out for saving.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
import zipfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path, PurePath
from typing import Final, Unpack, cast

from sqlalchemy import Connection, Engine, Table, insert, select

from connectors import audit
from connectors.database.attached import TaskFile
from connectors.database.registers import TABLES
from connectors.database.session import read_transaction
from connectors.database.withdrawn import gone
from connectors.engine import Scope
from connectors.registers import Entry, RegisterRefused, Writing, save_all
from connectors.registers.fence import Fence
from connectors.settings import Settings
from metrics.registers.columns import Problem

_FILE: Final = cast(Table, TaskFile.__table__)
_TASK: Final = TABLES["task"]
_RULES: Final = Path(__file__).with_suffix(".toml")
_LABEL: Final = "Tệp kèm"
_MOST_NAME: Final = 120
_MOST_ENTRIES: Final = 2000
"""A workbook or document with more parts is not opened: 5 MB of them take a second."""
_LISTED: Final = b"PK\x01\x02"
"""How each part is listed in an archive."""


@dataclass(frozen=True)
class Kind:
    """A kind of file: how its content begins, and what an archive of it must hold."""

    ending: str
    media: str
    begins: bytes
    holds: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What attached.toml sets."""

    files: int
    bytes: int
    kinds: tuple[Kind, ...]

    @property
    def endings(self) -> list[str]:
        """What names of files may end in."""
        return [ending for kind in self.kinds for ending in (kind.ending, *kind.also)]


@dataclass(frozen=True)
class Sent:
    """A file as it was sent."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Attached:
    """A file that is kept: with which report of which task it came; ``at`` is UTC."""

    id: int
    task: int
    update: int
    name: str
    kind: str
    size: int
    at: datetime

    @property
    def media(self) -> str:
        """As what it is given out."""
        return next(kind.media for kind in rules().kinds if kind.ending == self.kind)


@cache
def rules() -> Rules:
    """How many files, how large, of which kinds (attached.toml)."""
    held = tomllib.loads(_RULES.read_text("utf-8"))
    kinds = tuple(
        Kind(
            each["ending"], each["media"], bytes.fromhex(each["begins"]), each.get("holds", ""),
            tuple(each.get("also", ())),
        )
        for each in held["kind"]
    )  # fmt: skip
    return Rules(held["files"], held["bytes"], kinds)


def report(
    database: Engine,
    settings: Settings,
    entry: Entry,
    files: Sequence[Sent],
    **how: Unpack[Writing],
) -> int:
    """Keep a report of a task with its files, all or nothing; the report's id.

    ``entry``: a new row of ``task_update``. Raises RegisterRefused (Vietnamese; nothing is
    written) where a file is too large, of another kind than it is called, or one too many, and as
    :func:`connectors.registers.save_all`; SnapshotNotRefreshed.
    """
    kinds = _checked(files)

    def keep(connection: Connection, ids: Sequence[int]) -> None:
        task = connection.execute(
            select(TABLES["task_update"].c.task_id).where(TABLES["task_update"].c.id == ids[-1])
        ).scalar_one()
        for given, kind in zip(files, kinds, strict=True):
            digest = hashlib.sha256(given.content).hexdigest()
            values = {
                "task_id": task,
                "update_id": ids[-1],
                "name": _tidy(given.name, kind),
                "kind": kind.ending,
                "size": len(given.content),
                "sha256": digest,
                "content": given.content,
                "at": how["at"],
                "by": how["by"],
            }
            connection.execute(insert(_FILE).values(**values))
            audit.append(
                connection,
                "edit",
                actor=how.get("actor") or audit.Actor(how["by"]),
                subject=f"{_LABEL}, nhiệm vụ {task}",
                detail={"task": task, "kind": kind.ending, "bytes": len(given.content),
                        "sha256": digest},
                keys=settings.audit_keys,
            )  # fmt: skip

    return save_all(database, settings, [entry], also=keep, **how)[-1]


def attached(database: Engine, tasks: Collection[int], scope: Scope) -> dict[int, list[Attached]]:
    """Task → the files that came with its reports, the oldest first; of tasks within the scope.

    Those of a report that was withdrawn are not there.
    """
    if not tasks:
        return {}
    columns = (
        _FILE.c[name] for name in ("id", "task_id", "update_id", "name", "kind", "size", "at")
    )
    query = select(*columns).where(_FILE.c.task_id.in_(sorted(tasks))).order_by(_FILE.c.id)
    found: dict[int, list[Attached]] = {}
    with read_transaction(database) as connection:
        shows = _shown(connection, scope)
        for row in connection.execute(query):
            if shows(row.task_id, row.update_id):
                found.setdefault(row.task_id, []).append(Attached(*row))
    return found


def content(database: Engine, file: int, scope: Scope) -> bytes | None:
    """What a file holds; None: there is none within the scope."""
    with read_transaction(database) as connection:
        row = connection.execute(select(_FILE).where(_FILE.c.id == file)).one_or_none()
        if row is None or not _shown(connection, scope)(row.task_id, row.update_id):
            return None
        held: bytes = row.content
    return held


def _shown(connection: Connection, scope: Scope) -> Callable[[int, int], bool]:
    """Whether a file of a task, which came with a report, may be seen."""
    away = gone(connection)["task_update"]
    tasks = None if scope.units is None else Fence(connection, scope).ids("task")
    return lambda task, update: (tasks is None or task in tasks) and update not in away


# -- what is taken ------------------------------------------------------------------------


def _checked(files: Sequence[Sent]) -> list[Kind]:
    most = rules()
    problems = []
    if len(files) > most.files:
        problems.append(Problem(_LABEL, None, f"nhiều nhất {most.files} tệp; hãy bớt đi."))
    kinds = []
    for given in files:
        if len(given.content) > most.bytes:
            mb = most.bytes // 1_000_000
            problems.append(Problem(_LABEL, given.name, f"lớn hơn {mb} MB; hãy thu nhỏ hoặc bớt."))
        elif (kind := _kind(given)) is None:
            known = ", ".join(one.ending.upper() for one in most.kinds)
            why = f"không phải tệp {known}; hãy lưu lại dưới một trong các dạng đó."
            problems.append(Problem(_LABEL, given.name, why))
        else:
            kinds.append(kind)
    if problems:
        raise RegisterRefused.of(problems)
    return kinds


def _kind(given: Sent) -> Kind | None:
    """By its content; what is called otherwise is none."""
    ending = PurePath(given.name).suffix.removeprefix(".").lower()
    for kind in rules().kinds:
        if ending in (kind.ending, *kind.also) and given.content.startswith(kind.begins):
            return kind if not kind.holds or _holds(given.content, kind.holds) else None
    return None


def _holds(content: bytes, part: str) -> bool:
    """Whether an archive names a part; only its list of names is read, and that of many is not."""
    if content.count(_LISTED) > _MOST_ENTRIES:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    return part in names


def _tidy(name: str, kind: Kind) -> str:
    """The name as it is kept: no path, nothing unprintable, its kind at the end."""
    stem = PurePath(name.replace("\\", "/")).stem
    plain = "".join(letter for letter in stem if letter.isprintable()).strip(" .")
    return f"{plain[:_MOST_NAME] or 'tep'}.{kind.ending}"
