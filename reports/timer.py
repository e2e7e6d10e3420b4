"""Reports that go out by themselves: what is due is made and delivered, by one process alone.

However many run, the one that holds the right (connectors.database.alone) does it; when it dies,
the next that looks takes over. A due moment that nobody was there for is made up once.
"""

from __future__ import annotations

import logging
import subprocess
import threading
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors import again
from connectors.access import all_accounts
from connectors.database.alone import Alone
from connectors.database.session import Database
from connectors.disk import is_full
from connectors.engine import NothingKnown, Scope, SnapshotMissing, open_facts
from connectors.sending import deliveries, mail, schedules
from connectors.sending.deliveries import FOLDER, Made
from connectors.sending.plan import Sending
from connectors.settings import PROJECT_ROOT, Settings, SettingsError
from reports.blocks import Report
from reports.material import Material
from reports.opening import Unanswerable, Wanted, asked
from reports.registry import REPORTS
from reports.render import render
from reports.schedules import Unsendable, check_report, last_whole, whose

_log = logging.getLogger(__name__)

_TICK: Final = 20.0


class Timer:
    """What is due, and who sees to it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._alone = Alone(database, settings.data_dir, "reports")

    def turn(self, now: datetime | None = None) -> int:
        """Makes and delivers what is due, if nobody else does; how many deliveries were tried.

        Raises SettingsError, DatabaseFault, OSError.
        """
        moment = now or datetime.now(UTC)
        planned = self._planned()
        if not planned:
            self._alone.release()
            return 0
        if not self._alone.take():
            return 0
        self._expect(planned.values(), moment)
        tried = 0
        for made in deliveries.ready(self._database, moment):
            if made.sending in planned and deliveries.take(self._database, made, moment):
                self._deliver(planned[made.sending], made, moment)
                tried += 1
        return tried

    def is_due(self, now: datetime) -> bool:
        """Whether a turn would have something to do."""
        planned = self._planned()
        if not planned:
            return False
        self._expect(planned.values(), now)
        return any(made.sending in planned for made in deliveries.ready(self._database, now))

    def end(self) -> None:
        """Lets the next one do it."""
        self._alone.release()

    def _planned(self) -> dict[str, Sending]:
        return {one.name: one for one in schedules.every(self._database, self._settings)}

    def _expect(self, planned: Iterable[Sending], now: datetime) -> None:
        """What is due now stands in the database; what lost its process is told."""
        for one in planned:
            due = one.last_due(now, self._settings.zone)
            if one.since is None or due >= one.since:
                deliveries.expect(self._database, one.name, due, _receivers(one), now)
        deliveries.give_up_unfinished(self._database, now - deliveries.UNFINISHED, now)

    def _deliver(self, sending: Sending, made: Made, now: datetime) -> None:
        try:
            is_sent = self._send(sending, made, now)
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
            if is_sent:
                deliveries.end(self._database, made, "sent", now)

    def _send(self, sending: Sending, made: Made, now: datetime) -> bool:
        """Whether it was delivered; no: another process took it meanwhile.

        It is made first: what dies in the making is made again, what dies in the sending never.
        """
        report, files = self._made(sending, made)
        if made.receiver == FOLDER:
            assert sending.folder is not None
            if sending.since is not None:  # made on the screen: below a folder of our own
                sending.folder.mkdir(parents=True, exist_ok=True)
            for each in files:
                _put(sending.folder, each)
            return True
        found = [one.address for one in sending.receivers if one.account == made.receiver]
        if not found:
            raise Unsendable("Người nhận không còn trong lịch gửi.")
        address = found[0]
        head = report.head
        text = "\n".join((head.title, head.whose, head.period, head.as_of, head.source, "", _FOOT))
        mark = f"{made.sending}|{made.due_at.isoformat()}|{made.receiver}"
        subject = f"{head.title} – {head.whose}"
        sender = self._settings.smtp_from
        message = mail.message(sender, address, subject, text, files, mark)
        if not deliveries.begin(self._database, made, now):
            return False
        mail.send(self._settings, message)
        return True

    def _made(self, sending: Sending, made: Made) -> tuple[Report, list[mail.File]]:
        check_report(sending)
        account = made.receiver or sending.receivers[0].account
        facts = open_facts(self._settings, Scope(None))
        seen = whose(facts, all_accounts(self._database), account)
        period = last_whole(sending.period, made.due_at, self._settings.zone)
        own = None if seen.unit is None else str(seen.unit)
        due = made.due_at.astimezone(self._settings.zone).replace(tzinfo=None)
        wanted = Wanted(period, sending.unit or own, now=due)
        material = Material(asked(self._settings, wanted, seen.scope, seen.rights, self._database))
        report = REPORTS[sending.report].make(material)
        stem = f"{sending.report}-{_plain(report.head.whose)}-{period.token.replace(':', '-')}"
        return report, [
            mail.File(f"{stem}.{layout}", render(report, layout)) for layout in sending.formats
        ]


_FOOT: Final = (
    "Thư do phần mềm Đúng Hạn tự gửi theo lịch của cơ quan. Số liệu trong phạm vi của người nhận."
)


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


def _look(make: Callable[[], Timer], ended: threading.Event) -> None:
    """Have what is due done by a process of low priority, so that no page waits for it."""
    made: list[Timer] = []

    def look() -> None:
        if not made:
            made.append(make())
        if made[0].is_due(datetime.now(UTC)):
            _in_a_process()

    again.keep_looking(look, ended, _TICK, "no report is sent")


def _in_a_process() -> None:
    subprocess.run(
        again.python("reports", "send"),
        cwd=PROJECT_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=again.environment(),
        check=False,
        timeout=deliveries.UNFINISHED.total_seconds(),
    )


def sending(
    settings: Callable[[], Settings], database: Callable[[], Database]
) -> AbstractContextManager[threading.Thread]:
    """Send what is due for as long as the app runs, seen to by a thread of its own."""
    return again.beside(
        "sending", lambda ended: _look(lambda: Timer(settings(), database()), ended)
    )
