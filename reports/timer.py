"""Reports that go out by themselves: what is due is made and delivered, by one process alone.

However many run, the one that holds the right (connectors.database.alone) does it; when it dies,
the next that looks takes over. A due moment that nobody was there for is made up once.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from connectors.access import all_accounts, may
from connectors.access.scope import scope_of
from connectors.database.alone import Alone
from connectors.disk import is_full
from connectors.engine import NothingKnown, Scope, SnapshotMissing, open_facts
from connectors.sending import deliveries, mail
from connectors.sending.deliveries import FOLDER, Made
from connectors.sending.plan import Sending, sendings
from connectors.settings import PROJECT_ROOT, Settings, SettingsError
from metrics.core.periods import Period, period_of
from reports.blocks import Report
from reports.material import Material, Rights
from reports.opening import Unanswerable, Wanted, asked
from reports.registry import REPORTS
from reports.render import render

_log = logging.getLogger(__name__)

_TICK: Final = 20.0
_UNFINISHED: Final = timedelta(minutes=10)
"""A delivery that is being sent for longer has lost its process."""


class Unsendable(RuntimeError):
    """It cannot be made or delivered; the message, in Vietnamese, says why."""


@dataclass(frozen=True)
class _Whose:
    """What a receiver may see, at this moment."""

    scope: frozenset[int] | None
    rights: Rights
    unit: int | None
    """Its own unit: what is "everything" to it is called by that name."""


class Timer:
    """What is due, and who sees to it."""

    def __init__(self, settings: Settings, database: Engine) -> None:
        self._settings = settings
        self._database = database
        self._alone = Alone(database, settings.data_dir, "reports")

    def turn(self, now: datetime | None = None) -> int:
        """Makes and delivers what is due, if nobody else does; how many deliveries were tried.

        Raises SettingsError, SQLAlchemyError, OSError.
        """
        moment = now or datetime.now(UTC)
        planned = {one.name: one for one in sendings(self._settings)}
        if not planned:
            self._alone.release()
            return 0
        if not self._alone.take():
            return 0
        self._expect(planned.values(), moment)
        tried = 0
        for made in deliveries.ready(self._database, moment):
            if made.sending in planned and deliveries.begin(self._database, made, moment):
                self._deliver(planned[made.sending], made, moment)
                tried += 1
        return tried

    def is_due(self, now: datetime) -> bool:
        """Whether a turn would have something to do."""
        planned = sendings(self._settings)
        if not planned:
            return False
        self._expect(planned, now)
        names = {one.name for one in planned}
        return any(made.sending in names for made in deliveries.ready(self._database, now))

    def end(self) -> None:
        """Lets the next one do it."""
        self._alone.release()

    def _expect(self, planned: Iterable[Sending], now: datetime) -> None:
        """What is due now stands in the database; what lost its process is told."""
        for one in planned:
            due = one.last_due(now, self._settings.zone)
            deliveries.expect(self._database, one.name, due, _receivers(one), now)
        deliveries.give_up_unfinished(self._database, now - _UNFINISHED, now)

    def _deliver(self, sending: Sending, made: Made, now: datetime) -> None:
        try:
            self._send(sending, made)
        except mail.PerhapsSent as error:
            deliveries.end(self._database, made, "unsure", now, str(error))
        except (
            mail.NotSent,
            Unsendable,
            Unanswerable,
            SettingsError,
            SnapshotMissing,
            NothingKnown,
        ) as error:
            deliveries.end(self._database, made, "failed", now, str(error))
        except OSError as error:
            why = "hết chỗ trống trên đĩa" if is_full(error) else error.strerror or "lỗi đọc ghi"
            deliveries.end(self._database, made, "failed", now, f"Không ghi được tệp: {why}.")
        except Exception:  # noqa: BLE001 (whatever it is, it is told, and the others go on)
            _log.exception("a report could not be made")
            told = "Không lập được báo cáo do lỗi của chương trình; xem nhật ký máy chủ."
            deliveries.end(self._database, made, "failed", now, told)
        else:
            deliveries.end(self._database, made, "sent", now)

    def _send(self, sending: Sending, made: Made) -> None:
        account = made.receiver or sending.receivers[0].account
        report, files = self._files(sending, made, self._whose(account))
        if made.receiver == FOLDER:
            assert sending.folder is not None
            for each in files:
                _put(sending.folder, each)
            return
        found = [one.address for one in sending.receivers if one.account == made.receiver]
        if not found:
            raise Unsendable("Người nhận không còn trong SENDING_FILE.")
        address = found[0]
        head = report.head
        text = "\n".join((head.title, head.whose, head.period, head.as_of, head.source, "", _FOOT))
        mark = f"{made.sending}|{made.due_at.isoformat()}|{made.receiver}"
        subject = f"{head.title} – {head.whose}"
        sender = self._settings.smtp_from
        mail.send(self._settings, mail.message(sender, address, subject, text, files, mark))

    def _whose(self, name: str) -> _Whose:
        account = next((one for one in all_accounts(self._database) if one.name == name), None)
        if account is None or account.is_locked:
            raise Unsendable(f"Không có tài khoản “{name}” đang dùng; hãy sửa SENDING_FILE.")
        if not may(account.role, "export"):
            raise Unsendable(f"Vai trò của tài khoản “{name}” không được tải danh sách, báo cáo.")
        everything = open_facts(self._settings, Scope(None)).units
        rights = Rights(
            officers=may(account.role, "see_officers"),
            sensitive_titles=may(account.role, "see_sensitive_titles"),
            small_groups=may(account.role, "open_small_groups"),
        )
        scope = scope_of(account.unit_id, account.role, everything).units
        return _Whose(scope, rights, account.unit_id)

    def _files(self, sending: Sending, made: Made, whose: _Whose) -> tuple[Report, list[mail.File]]:
        declared = REPORTS.get(sending.report)
        if declared is None or set(sending.formats) - set(declared.formats):
            known = "; ".join(f"{key}: {', '.join(one.formats)}" for key, one in REPORTS.items())
            raise Unsendable(
                f"Không có báo cáo “{sending.report}” ở định dạng đã ghi. Có: {known}."
            )
        period = last_whole(sending.period, made.due_at.astimezone(self._settings.zone))
        own = None if whose.unit is None else str(whose.unit)
        wanted = Wanted(period, sending.unit or own)
        material = Material(asked(self._settings, wanted, whose.scope, whose.rights))
        report = declared.make(material)
        stem = f"{sending.report}-{_plain(report.head.whose)}-{period.token.replace(':', '-')}"
        return report, [
            mail.File(f"{stem}.{layout}", render(report, layout)) for layout in sending.formats
        ]


_FOOT: Final = (
    "Thư do phần mềm Đúng Hạn tự gửi theo lịch của cơ quan. Số liệu trong phạm vi của người nhận."
)


def last_whole(kind: str, moment: datetime) -> Period:
    """The last period of a kind that had ended by then. Raises Unsendable for no kind."""
    try:
        return period_of(kind, moment.date()).previous
    except (KeyError, ValueError) as error:
        raise Unsendable(f"Không có loại kỳ “{kind}”.") from error


def _receivers(one: Sending) -> list[str]:
    own = [each.account for each in one.receivers if each.address]
    return own if one.folder is None else [FOLDER, *own]


def _plain(text: str) -> str:
    """A name as part of a file's name, in plain letters."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(each if each.isascii() and each.isalnum() else " " for each in bare
                   if not unicodedata.combining(each))  # fmt: skip
    return "-".join(kept.split()).lower()[:60]


def _put(folder: Path, file: mail.File) -> None:
    """Whole or not at all; what was there under the name gives way to it."""
    draft = folder / f".{file.name}.part"
    try:
        draft.write_bytes(file.content)
        draft.replace(folder / file.name)
    finally:
        draft.unlink(missing_ok=True)


def keep_looking(make: Callable[[], Timer], ended: threading.Event) -> None:
    """Look again and again until ``ended`` is set, and have what is due done by a process of low
    priority, so that no page waits for it; what fails is logged once, and tried again."""
    timer: Timer | None = None
    said = ""
    while not ended.wait(_TICK):
        try:
            timer = timer or make()
            if timer.is_due(datetime.now(UTC)):
                _in_a_process()
            said = ""
        except Exception as error:  # noqa: BLE001 (whatever it is, the next look comes)
            if said != type(error).__name__:
                _log.warning("no report is sent", exc_info=True)
            said = type(error).__name__


def _in_a_process() -> None:
    subprocess.run(
        [sys.executable, "-m", "reports", "send"],
        cwd=PROJECT_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
        check=False,
        timeout=_UNFINISHED.total_seconds(),
    )


@contextmanager
def sending(
    settings: Callable[[], Settings], database: Callable[[], Engine]
) -> Iterator[threading.Thread]:
    """Send what is due for as long as the app runs, seen to by a thread of its own."""
    ended = threading.Event()

    def run() -> None:
        keep_looking(lambda: Timer(settings(), database()), ended)

    thread = threading.Thread(target=run, name="sending", daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        ended.set()
        thread.join(timeout=2)
