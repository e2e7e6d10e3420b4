"""Alerts are looked for and sent: by one process, however many run on however many machines.

The one that holds the right (connectors.database.alone) judges the rules of each account within
what that account may see at this moment, writes down what it found and what is to be told of it,
and then sends what waits. When it dies, the next that looks goes on where it was.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cached_property
from typing import Final

import polars as pl

from connectors import again, audit
from connectors.access import all_accounts
from connectors.alerts import hook, outbox, store
from connectors.alerts.allowed import mail_problem
from connectors.alerts.bounds import bounds
from connectors.alerts.outbox import Looked, Message, Thing
from connectors.alerts.quiet import last_due, quiet_until
from connectors.alerts.store import KeptRule, Reader
from connectors.database.alone import Alone
from connectors.database.session import Database
from connectors.engine import Scope, SnapshotMissing, open_facts
from connectors.maintenance import under_maintenance
from connectors.sending import mail
from connectors.settings import PROJECT_ROOT, Settings, SettingsError
from connectors.snapshot import read_manifest
from metrics.alerts.judging import judge
from metrics.alerts.rules import limits
from metrics.alerts.scene import Scene, Units
from reports.alerts import digest, letters
from reports.alerts.scenes import Whose, called, rule_of, scene, thing, told
from reports.opening import Unanswerable

_log = logging.getLogger(__name__)
_GONE: Final = "Tài khoản không còn nhận cảnh báo."


@dataclass(frozen=True)
class Turned:
    """What a turn did: accounts whose rules were judged, alerts that began, messages tried."""

    looked: int = 0
    began: int = 0
    tried: int = 0


class Alerts:
    """What is due, and who sees to it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._alone = Alone(database, settings.data_dir, "alerts")

    def turn(self, now: datetime | None = None) -> Turned:
        """Judges and sends what is due, if nobody else does.

        Raises AuditUnavailable (what goes could not be witnessed, so nothing goes), DatabaseFault,
        OSError.
        """
        moment = now or datetime.now(UTC)
        if under_maintenance(self._database) is not None or not self._alone.take():
            return Turned()
        audit.check_keys(self._database, self._settings.audit_keys)
        turn = _Turn(self._settings, self._database, moment)
        looked, began = turn.look()
        turn.expect_digests()
        tried = turn.send()
        outbox.forget_old(self._database, moment - bounds().kept)
        return Turned(looked, began, tried)

    def is_due(self, now: datetime) -> bool:
        """Whether a turn would have something to do."""
        if under_maintenance(self._database) is not None:
            return False
        return _Turn(self._settings, self._database, now).is_due()

    def end(self) -> None:
        """Lets the next one do it."""
        self._alone.release()


class _Turn:
    """One turn: what stands in the database at its beginning, and the facts as they are read."""

    def __init__(self, settings: Settings, database: Database, now: datetime) -> None:
        self._settings, self._database, self._now = settings, database, now
        self._scenes: dict[tuple[Units, str], Scene] = {}

    @cached_property
    def _readers(self) -> Mapping[int, Reader]:
        return store.readers(self._database)

    @cached_property
    def _rules(self) -> Mapping[int, list[KeptRule]]:
        """Account → its rules that are not paused."""
        found: dict[int, list[KeptRule]] = {}
        for one in store.rules(self._database):
            if not one.is_paused:
                found.setdefault(one.account_id, []).append(one)
        return found

    @cached_property
    def _units(self) -> pl.DataFrame:
        return open_facts(self._settings, Scope(None)).units

    @cached_property
    def _told(self) -> Mapping[int, Whose]:
        return told(all_accounts(self._database), self._units)

    @cached_property
    def _version(self) -> str | None:
        """Of all facts and registers; None: there is nothing to be judged."""
        found = read_manifest(self._settings.snapshot_dir)
        return None if found is None else found.version

    @property
    def _local(self) -> datetime:
        return self._now.astimezone(self._settings.zone).replace(tzinfo=None)

    # -- what is due ------------------------------------------------------------------------

    def is_due(self) -> bool:
        if outbox.ready(self._database, self._now):
            return True
        if self._version is None or not (self._rules or self._readers):
            return False
        return any(self._is_to_be_looked_at(whose) for whose in self._told.values()) or any(
            self._due_digest(reader) is not None
            and not outbox.is_expected(self._database, reader.account_id, self._digest_due)
            for reader in self._readers.values()
        )

    def _facts_of(self, whose: Whose) -> str:
        """What an account's rules are judged on: the facts, its scope and role, the limits."""
        text = f"{self._version}|{whose.key}|{limits(self._local.date())}"
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    def _is_to_be_looked_at(self, whose: Whose) -> bool:
        reader = self._readers.get(whose.account.id)
        if whose.account.id not in self._rules or reader is None:
            return False
        if reader.looked_at is None or reader.looked_with != self._facts_of(whose):
            return True
        return self._now - reader.looked_at >= bounds().every

    @cached_property
    def _digest_due(self) -> datetime:
        limits_ = bounds()
        return last_due(self._now, limits_.digest_day, limits_.digest_at, self._settings.zone)

    def _due_digest(self, reader: Reader) -> datetime | None:
        """When the digest of an account was due today; None: it was not, or is not wanted."""
        due, zone = self._digest_due, self._settings.zone
        is_today = due.astimezone(zone).date() == self._now.astimezone(zone).date()
        if not is_today or not reader.digest or reader.mail is None:
            return None
        if reader.digest_since is None or reader.digest_since > due:
            return None
        return due if reader.account_id in self._told else None

    def _send_at(self, reader: Reader | None) -> datetime:
        if reader is None:
            return self._now
        return quiet_until(self._now, reader.quiet_from, reader.quiet_to, self._settings.zone)

    # -- looking ----------------------------------------------------------------------------

    def look(self) -> tuple[int, int]:
        """Judges what is due; how many accounts, and how many alerts began."""
        if self._version is None or not self._rules:
            return 0, 0
        looked = began = 0
        for whose in self._told.values():
            if self._is_to_be_looked_at(whose):
                looked += 1
                began += self._look_at(whose)
        return looked, began

    def _look_at(self, whose: Whose) -> int:
        account = whose.account.id
        judged = {}
        for rule in self._rules[account]:
            found = self._judged(rule, whose)
            if found is not None:
                judged[rule.id] = found
        return outbox.note(
            self._database,
            Looked(
                account,
                whose.key,
                self._facts_of(whose),
                judged,
                self._send_at(self._readers.get(account)),
                timedelta(hours=limits(self._local.date()).settle_hours),
            ),
            self._now,
        )

    def _judged(self, rule: KeptRule, whose: Whose) -> list[Thing] | None:
        """None: it could not be judged, so that nothing is said of it; the others go on."""
        try:
            return [thing(one) for one in judge(rule_of(rule.given), self._scene(whose))]
        except Exception:  # noqa: BLE001 (whatever it is, it is in the log, and the others go on)
            _log.exception("rule %s could not be judged", rule.id)
            return None

    def _scene(self, whose: Whose) -> Scene:
        name = called(whose, self._units)
        key = (whose.units, name)
        if key not in self._scenes:
            self._scenes[key] = scene(self._settings, whose.units, name, self._local)
        return self._scenes[key]

    # -- sending ----------------------------------------------------------------------------

    def expect_digests(self) -> None:
        """Writes down which digests go out; each once, however often it is looked."""
        if self._version is None:
            return
        for reader in self._readers.values():
            if (due := self._due_digest(reader)) is not None:
                outbox.expect_digest(self._database, reader.account_id, due, self._send_at(reader))

    def send(self) -> int:
        """Sends what waits and may go now; how many messages were tried."""
        waiting = outbox.ready(self._database, self._now)
        if not waiting or self._version is None:
            return 0
        tried = 0
        for message in waiting:
            until = self._send_at(self._readers.get(message.account_id))
            if until > self._now:
                outbox.hold_back(self._database, message, until)
            elif outbox.take(self._database, message, self._now):
                tried += 1
                self._try(message)
        return tried

    def _try(self, message: Message) -> None:
        try:
            count = self._sent(message)
        except _Dropped as why:
            outbox.drop(self._database, message, str(why), self._now)
        except (
            mail.NotSent,
            mail.PerhapsSent,  # once more under the same Message-ID: better twice than lost
            Unanswerable,
            SettingsError,
            SnapshotMissing,
        ) as error:
            outbox.failed(self._database, message, str(error), self._now)
        except Exception:  # noqa: BLE001 (whatever it is, it is told, and the others go on)
            _log.exception("a message of alerts could not be made")
            why_ = "Không lập được do lỗi của chương trình; xem nhật ký máy chủ."
            outbox.failed(self._database, message, why_, self._now)
        else:
            keys = self._settings.audit_keys
            outbox.sent(self._database, message, count, self._now, keys)

    def _sent(self, message: Message) -> int:
        """How many alerts went, of what its account may still see. Raises _Dropped, NotSent."""
        whose, reader = self._told.get(message.account_id), self._readers.get(message.account_id)
        if whose is None or reader is None:
            raise _Dropped(_GONE)
        if message.kind == "digest":
            return self._send_digest(message, whose, reader)
        found = [
            one
            for one in outbox.told(self._database, message.id)
            if one.scope == whose.key
            and (whose.units is None or one.unit_id is None or one.unit_id in whose.units)
        ]
        if not found:
            raise _Dropped("Không còn cảnh báo nào của thư này mà tài khoản được xem.")
        if message.channel == "mail":
            letter = letters.of_alerts(self._settings, found)
            self._mail(letters.written(*self._enveloped(letter, reader, message), "alerts"))
        elif reader.hook is None:
            raise _Dropped("Không còn địa chỉ web hook.")
        else:
            content = letters.content(self._settings, found, message)
            hook.send(self._settings, reader.hook, message.mark, content, self._now)
        return len(found)

    def _send_digest(self, message: Message, whose: Whose, reader: Reader) -> int:
        if not reader.digest:
            raise _Dropped("Không còn nhận bản tin.")
        mine = store.found(self._database, whose.account.id, whose.key, whose.units)
        open_ones = [one for one in mine if one.ended_at is None]
        letter = digest.of_week(self._settings, self._database, whose, open_ones, self._local)
        self._mail(letters.written(*self._enveloped(letter, reader, message), "digest"))
        return len(open_ones)

    def _enveloped(
        self, letter: letters.Letter, reader: Reader, message: Message
    ) -> tuple[Settings, letters.Letter, Reader, Message]:
        """Raises _Dropped without an address, NotSent for one that is not allowed."""
        if reader.mail is None:
            raise _Dropped("Không còn địa chỉ thư.")
        problem = mail_problem(self._settings, reader.mail)
        if problem is not None:
            raise mail.NotSent(problem)
        return self._settings, letter, reader, message

    def _mail(self, made: EmailMessage) -> None:
        mail.send(self._settings, made)


class _Dropped(RuntimeError):
    """Not to be sent any more; the message, in Vietnamese, says why."""


# -- beside the app ---------------------------------------------------------------------------


def _look(make: Callable[[], Alerts], ended: threading.Event) -> None:
    """Have what is due done by a process of low priority, so that no page waits for it."""
    made: list[Alerts] = []

    def look() -> None:
        if not made:
            made.append(make())
        if made[0].is_due(datetime.now(UTC)):
            _in_a_process()

    again.keep_looking(look, ended, bounds().tick, "no alert is looked for")


def _in_a_process() -> None:
    subprocess.run(
        again.python("reports", "alerts"),
        cwd=PROJECT_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=again.environment(),
        check=False,
        timeout=bounds().most_seconds,
    )


def alerting(
    settings: Callable[[], Settings], database: Callable[[], Database]
) -> AbstractContextManager[threading.Thread]:
    """Look for alerts for as long as the app runs, seen to by a thread of its own."""
    return again.beside(
        "alerts", lambda ended: _look(lambda: Alerts(settings(), database()), ended)
    )
