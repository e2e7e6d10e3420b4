"""Writing the registers from a screen: whether the reader may, as whom, for which units.

The one place of the screens that writes registers: what is typed cannot name somebody else, and
a row of another unit is refused where it is written, whatever the form was made to say.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import polars as pl
import streamlit as st

import reports.closing
import reports.schedules
from connectors import attached, calling, closing, recording, registers, same_units, withdrawal
from connectors.access import Reader
from connectors.attached import Sent
from connectors.calling import Deed
from connectors.closing import ClosingRefused
from connectors.engine import NothingKnown, Scope, SnapshotMissing
from connectors.recording import Done, Letter, Recorded
from connectors.registers import (
    Entry,
    RegisterRefused,
    RegisterReport,
)
from connectors.said import Said
from connectors.sending import deliveries, schedules
from connectors.sending.schedules import Given, ScheduleRefused
from metrics.core.ask import DueKind
from metrics.core.periods import Period
from metrics.core.vietnamese import number
from metrics.dossiers.form_cells import FormRefused
from metrics.dossiers.lateness import causes_on
from reports.opening import Unanswerable, Wanted
from ui.kit.table import Column, table
from ui.shell import data, identity
from ui.shell.answers import DatabaseLost, asked, not_written
from ui.shell.text import plain

_Answer = TypeVar("_Answer")
_log = logging.getLogger(__name__)

EDIT: Final = "edit_registers"
WITHDRAW: Final = "withdraw_dossiers"
UNITS: Final = "same_units"
CLOSE: Final = "close_period"
ASK: Final = "ask_units"
REPORT: Final = "edit_own_tasks"
RECORD: Final = "record_apology"
_REPORTED: Final = {"finding": frozenset({"reported_on", "report_document", "evidence"})}
"""What a unit reports of a row that others have made: register → columns."""
_NEWS: Final = frozenset({"task_update"})
"""Registers whose rows a unit may add, and mend where it has told them itself."""
_BUSY: Final = (
    "Cơ sở dữ liệu đang bận hoặc mất kết nối, nên chưa có gì được ghi. Hãy thử lại sau ít phút."
)


def may_edit() -> bool:
    """Whether the reader may enter and mend rows."""
    return identity.may(EDIT)


def may_report() -> bool:
    """Whether the reader may say how tasks stand and what was fixed, of units in scope."""
    return identity.may(REPORT)


def signature(who: Reader | None = None) -> str:
    """As whom the reader writes: full name (sign-in name)."""
    who = who or identity.reader()
    return f"{who.full_name} ({who.name})"


def submit(label: str, **options: Any) -> bool:
    """A form's button, with whose name stands under what it writes; whether it was pressed."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        sent = st.form_submit_button(label, **options)
        st.caption(f"Ghi dưới tên {plain(signature())}")
    return sent


def write(entries: Sequence[Entry]) -> int:
    """Writes rows that belong together, all or none, as the reader; the last one's id.

    Raises NotAllowed, RegisterRefused (Vietnamese; nothing is written), SnapshotNotRefreshed.
    """
    with _database_answers():
        for entry in entries:
            who = identity.require(_action(entry), f"sổ {entry.register}")
        ids = registers.save_all(data.database(), data.settings(), entries, **_as(who))
    return ids[-1]


def report(entry: Entry, files: Sequence[Sent]) -> int:
    """Writes what a unit reports of a task, with its files, as the reader. Raises as write."""
    with _database_answers():
        who = identity.require(REPORT, f"sổ {entry.register}")
        return attached.report(data.database(), data.settings(), entry, files, **_as(who))


def may_ask() -> bool:
    """Whether the reader may ask units to explain, give them tasks, and note calls."""
    return identity.may(ASK)


def act(deed: Deed) -> int:
    """Keeps what is done about a unit as the reader (connectors.calling.act). Raises as it."""
    with _database_answers():
        who = identity.require(ASK, f"đơn vị {deed.unit}")
        return calling.act(data.database(), data.settings(), deed, **_as(who))


def withdraw(register: str, row: int, reason: str, since: datetime | None = None) -> int:
    """Takes a row, with what hangs on it, out of the figures as the reader; how many rows.

    ``since``: figures as of a later moment do without it (default: now; registers.BEGINNING: it
    was never right). Raises as :func:`write`.
    """
    with _database_answers():
        who = identity.require(_action_on(register, row), f"sổ {register}")
        return registers.withdraw(
            data.database(), data.settings(), register, row, reason, since=since, **_as(who)
        )


def restore(register: str, row: int) -> None:
    """Brings a withdrawn row back as the reader. Raises as :func:`write`."""
    with _database_answers():
        who = identity.require(_action_on(register, row), f"sổ {register}")
        registers.restore(data.database(), data.settings(), register, row, **_as(who))


@contextmanager
def writes(action: str, subject: str) -> Iterator[Said]:
    """Around a write of a screen's own: as whom the reader writes. Raises as :func:`write`."""
    with _database_answers():
        yield _as(identity.require(action, subject))


def withdraw_dossier(dossier_id: int, reason: str) -> None:
    """Takes a dossier out of every figure as the reader. Raises as :func:`write`."""
    who = identity.require(WITHDRAW, f"hồ sơ {dossier_id}")
    with _database_answers():
        withdrawal.withdraw(data.database(), data.settings(), dossier_id, reason, **_as(who))


def restore_dossier(dossier_id: int) -> None:
    """Lets a withdrawn dossier count again, as the reader. Raises as :func:`write`."""
    who = identity.require(WITHDRAW, f"hồ sơ {dossier_id}")
    with _database_answers():
        withdrawal.restore(data.database(), data.settings(), dossier_id, **_as(who))


def withdrawn_dossiers(dossier_id: int | None = None) -> pl.DataFrame:
    """The withdrawn dossiers within the reader's scope, newest first; or this one alone.

    Empty where the database does not answer.
    """

    def ask() -> pl.DataFrame:
        return withdrawal.withdrawn(
            data.database(), data.settings(), scope=identity.scope(), dossier_id=dossier_id
        )

    found = asked(ask)
    return pl.DataFrame(schema=withdrawal.LISTED) if found is None else found


def apologise(dossiers: Sequence[int], letter: Letter, *, skips: bool = False) -> Done:
    """Records a written apology of each dossier as the reader (connectors.recording.apologise).

    Raises as :func:`write`.
    """
    with _database_answers():
        who = identity.require(RECORD, _about(dossiers))
        return recording.apologise(
            data.database(), data.settings(), dossiers, letter, skips=skips, **_as(who)
        )


def give_cause(dossiers: Sequence[int], cause: str, *, skips: bool = False) -> Done:
    """Records why dossiers are late, as the reader. Raises as :func:`write`."""
    with _database_answers():
        who = identity.require(RECORD, _about(dossiers))
        _known_cause(cause)
        return recording.give_cause(
            data.database(), data.settings(), dossiers, cause, skips=skips, **_as(who)
        )


def mend_record(record: int, content: Letter | str, why: str) -> None:
    """Says anew as the reader what a record of a dossier says. Raises as :func:`write`."""
    with _database_answers():
        who = identity.require(RECORD, f"lần ghi {record}")
        if isinstance(content, str):
            _known_cause(content)
        recording.mend(data.database(), data.settings(), record, content, why, **_as(who))


def withdraw_record(record: int, why: str) -> None:
    """Takes a record of a dossier back as the reader. Raises as :func:`write`."""
    with _database_answers():
        who = identity.require(RECORD, f"lần ghi {record}")
        recording.withdraw(data.database(), data.settings(), record, why, **_as(who))


def records(dossier_id: int) -> tuple[Recorded, ...]:
    """What people recorded of a dossier; nothing where the database does not answer."""
    settings, scope = data.settings(), identity.scope()
    found = asked(lambda: recording.records(data.database(), settings, dossier_id, scope))
    return found or ()


def _about(dossiers: Sequence[int]) -> str:
    return f"hồ sơ {dossiers[0]}" if len(dossiers) == 1 else f"{len(dossiers)} hồ sơ"


def _known_cause(cause: str) -> None:
    today = _now().date()
    if cause not in causes_on(today):
        raise RegisterRefused("Nguyên nhân này không có trong danh mục; hãy chọn lại.")


def merge_units(kept: int, other: int, reason: str) -> None:
    """Says as the reader that two entries of the list are one unit. Raises as :func:`write`."""
    who = identity.require(UNITS, f"đơn vị {kept}", whole=True)
    with _database_answers():
        same_units.merge(data.database(), data.settings(), kept, other, reason, **_as(who))


def call_unit(unit: int, text: str, days: tuple[date | None, date | None], reason: str) -> None:
    """Says as the reader that a spelling means a unit on these days. Raises as :func:`write`."""
    who = identity.require(UNITS, f"đơn vị {unit}", whole=True)
    with _database_answers():
        same_units.call(data.database(), data.settings(), unit, text, days, reason, **_as(who))


def take_back_alias(alias: int) -> None:
    """Takes back as the reader what one of the former said. Raises as :func:`write`."""
    who = identity.require(UNITS, f"cách gọi {alias}", whole=True)
    with _database_answers():
        same_units.take_back(data.database(), data.settings(), alias, **_as(who))


def send_again(delivery: int) -> None:
    """Has a report's delivery that nothing happens to any more sent once more, as the reader.

    Raises as :func:`write`.
    """
    who = identity.require("edit_settings", f"gửi báo cáo {delivery}", whole=True)
    with _database_answers():
        deliveries.again(data.database(), delivery, datetime.now(UTC), who.actor)


SCHEDULES: Final = "edit_settings"


def add_schedule(given: Given) -> int:
    """Keeps a schedule of a report as the reader; its number. Raises as :func:`write`."""
    with _schedules("thêm lịch gửi báo cáo") as who:
        _check_schedule(given)
        return schedules.keep(data.database(), data.settings(), given, **_as(who))


def change_schedule(schedule: int, given: Given) -> None:
    """Keeps other values of a schedule as the reader. Raises as :func:`write`."""
    with _schedules(f"lịch gửi báo cáo {schedule}") as who:
        _check_schedule(given)
        schedules.change(data.database(), data.settings(), schedule, given, **_as(who))


def pause_schedule(schedule: int, *, is_paused: bool) -> None:
    """Lets a schedule rest, or takes it up again, as the reader. Raises as :func:`write`."""
    with _schedules(f"lịch gửi báo cáo {schedule}") as who:
        schedules.pause(data.database(), data.settings(), schedule, is_paused=is_paused, **_as(who))


def remove_schedule(schedule: int) -> None:
    """Sends nothing by a schedule any more, as the reader. Raises as :func:`write`."""
    with _schedules(f"lịch gửi báo cáo {schedule}") as who:
        schedules.remove(data.database(), data.settings(), schedule, **_as(who))


@contextmanager
def _schedules(subject: str) -> Iterator[Reader]:
    who = identity.require(SCHEDULES, subject, whole=True)
    with _database_answers(), _refused():
        yield who


def _check_schedule(given: Given) -> None:
    sending = schedules.checked(data.settings(), given)
    reports.schedules.check(data.settings(), data.database(), sending, _now().date())


def unit_aliases() -> pl.DataFrame:
    """What is said of units, newest first; empty where the database does not answer."""
    found = asked(lambda: same_units.listed(data.database(), data.settings()))
    return pl.DataFrame(schema=same_units.LISTED) if found is None else found


def close_period(unit: int | None, period: Period, due: DueKind, note: str) -> int:
    """Closes a period of a unit (None: all) as the reader; the closing's number.

    Raises as :func:`write`; nothing is written unless all of it is.
    """
    who = identity.require(CLOSE, f"chốt {period.token}", whole=unit is None)
    wanted = Wanted(period, None if unit is None else str(unit), due=due)
    with _database_answers(), _refused():
        return reports.closing.close(data.settings(), data.database(), wanted, note, **_as(who))


def reopen_period(closing_id: int, reason: str) -> None:
    """Takes a closing back as the reader, with a reason. Raises as :func:`write`."""
    who = identity.require(CLOSE, f"chốt số {closing_id}")
    with _database_answers(), _refused():
        closing.reopen(data.database(), data.settings(), closing_id, reason, **_as(who))


def closings() -> pl.DataFrame:
    """Closings of units in scope, newest first; empty where the database does not answer."""
    found = asked(lambda: closing.listed(data.database(), data.settings(), identity.scope()))
    return pl.DataFrame(schema=closing.LISTED) if found is None else found


@contextmanager
def _refused() -> Iterator[None]:
    """Why a period cannot be closed, or a schedule kept, as forms tell it."""
    try:
        yield
    except (
        ClosingRefused,
        ScheduleRefused,
        FormRefused,
        Unanswerable,
        NothingKnown,
        SnapshotMissing,
    ) as problem:
        raise RegisterRefused(str(problem)) from problem


def may_amend(register: str, row: int) -> bool:
    """Whether the reader may mend, withdraw and restore a row: all, or what the reader reported."""
    about = (register, row)
    return _last("may_amend", about, lambda: identity.may(_action_on(register, row))) or False


def kept(register: str, row: int) -> dict[str, Any] | None:
    """A row as it is kept now (:func:`connectors.registers.row`); None: none to the reader.

    With the database lost as it was read last, so that what is being typed stays on the screen.
    """
    zone, scope = data.settings().zone, identity.scope()
    return _last(
        "kept",
        (register, row),
        lambda: registers.row(data.database(), register, row, zone, scope=scope),
    )


def standing(snapshot: str, register: str) -> list[tuple[int, str]] | None:
    """The rows that the reader may choose to mend, newest first: id and words.

    None where the database does not answer. ``snapshot``: the version of everything, by which it
    is kept.
    """
    units = identity.scope().units
    return asked(lambda: _standing(snapshot, register, units))


@st.cache_data(max_entries=32, show_spinner=False)
def _standing(snapshot: str, register: str, units: frozenset[int] | None) -> list[tuple[int, str]]:
    return registers.standing(data.database(), register, data.settings().zone, scope=Scope(units))


def withdrawn(register: str) -> pl.DataFrame:
    """The withdrawn rows of a register within the reader's scope, newest first.

    With the database lost as they were read last, else none.
    """
    zone, scope = data.settings().zone, identity.scope()
    found = _last(
        f"withdrawn_{register}",
        (register,),
        lambda: registers.withdrawn(data.database(), register, zone, scope=scope),
    )
    return pl.DataFrame() if found is None else found


def _last(kind: str, about: tuple[Any, ...], question: Callable[[], _Answer]) -> _Answer | None:
    """The database's answer; where it does not answer, what this session heard last of it."""
    found = asked(lambda: (question(),))
    key = f"last_{kind}"
    if found is not None:
        st.session_state[key] = (about, found[0])
        return found[0]
    before, answer = st.session_state.get(key, (None, None))
    return answer if before == about else None


def _as(who: Reader) -> Said:
    return {"by": signature(who), "at": _now(), "actor": who.actor, "scope": identity.scope()}


@contextmanager
def _database_answers() -> Iterator[None]:
    try:
        yield
    except DatabaseLost as error:
        _log.exception("registers not written")
        raise RegisterRefused(not_written(error, _BUSY)) from error


def _action(entry: Entry) -> str:
    """Reporting is what a unit may do: a task's news, a finding's fix. All else is editing."""
    is_fix = entry.key is not None and entry.values.keys() <= _REPORTED.get(
        entry.register, frozenset()
    )
    if is_fix or (entry.register in _NEWS and entry.key is None):
        return REPORT
    row = (entry.key or {}).get("id")
    return EDIT if row is None else _action_on(entry.register, row)


def _action_on(register: str, row: int) -> str:
    """Whoever may report may mend and take back the news that they have told themselves."""
    if register not in _NEWS or identity.may(EDIT):
        return EDIT
    is_own = registers.entered_by(data.database(), register, row) == signature()
    return REPORT if is_own else EDIT


def take(
    register: str, path: Path, *, mapping: str | Path | None = None, dry_run: bool
) -> RegisterReport:
    """Takes a file into a register as the reader. Raises as :func:`write`, and IntakeRefused.

    ``mapping``: a shipped mapping's name or a path (default: the file is like the template).
    """
    who = identity.require(EDIT, f"sổ {register}")
    with _database_answers():
        return registers.import_register(
            data.database(),
            data.settings(),
            register,
            path,
            by=signature(who),
            mapping=mapping,
            dry_run=dry_run,
            now=_now(),
            actor=who.actor,
            scope=identity.scope(),
        )


def history(register: str, row: int) -> pl.DataFrame | None:
    """Who changed what of a row; nothing of a row outside the reader's scope.

    None where the database does not answer and this session has not read it before.
    """
    zone, scope = data.settings().timezone, identity.scope()
    return _last(
        "history",
        (register, row),
        lambda: registers.history(data.database(), register, row, zone, scope=scope),
    )


def show_history(register: str, row: int, alt: str) -> None:
    """Who changed what of a row, folded away; nothing where nobody has."""
    changes = history(register, row)
    if changes is None:
        st.caption("Chưa đọc được lịch sử thay đổi: mất kết nối cơ sở dữ liệu.")
        return
    if changes.is_empty():
        return
    with st.expander(f"Ai đã sửa gì ({number(changes.height)})"):
        table(
            changes,
            (
                Column("Lúc", "at", "moment"),
                Column("Người", "by"),
                Column("Mục", "label"),
                Column("Cũ", "old"),
                Column("Mới", "new"),
            ),
            alt=alt,
        )


def _now() -> datetime:
    return datetime.now(data.settings().zone)
