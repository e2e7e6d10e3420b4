"""What the screen of one's alerts reads: of the reader's own account, within its scope now.

Nothing is cached: it is the reader's alone, small, and changes beside the figures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.alerts import outbox, store
from connectors.alerts.allowed import hooks, mail_domains
from connectors.alerts.store import Found, KeptRule, Reader
from connectors.settings import SettingsError
from metrics.alerts.rules import Rule, told
from reports.alerts.scenes import ACTION, rule_of
from ui.kit.table import Row
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame

_MESSAGES: Final = 10
_WHAT: Final = {"alerts": "Cảnh báo", "digest": "Bản tin"}
_WAY: Final = {"mail": "thư", "hook": "web hook"}


@dataclass(frozen=True)
class Mine:
    """What the reader keeps and was told; ``lost``: the database could not be asked."""

    found: tuple[Found, ...] = ()
    rules: tuple[KeptRule, ...] = ()
    reader: Reader = field(default_factory=lambda: Reader(0))
    messages: tuple[Row, ...] = ()
    lost: bool = False

    @property
    def unread(self) -> list[int]:
        """The open alerts that the reader has not marked as read."""
        return [one.id for one in self.found if one.ended_at is None and one.read_at is None]


def read(frame: Frame) -> Mine:
    """All of the reader's own."""
    return asked(lambda: _read(frame)) or Mine(lost=True)


def _read(frame: Frame) -> Mine:
    database, who = data.database(), frame.reader
    scope = store.scope_key(who.unit_id, who.role)
    sent = outbox.recent(database, who.account_id, _MESSAGES)
    return Mine(
        tuple(store.found(database, who.account_id, scope, frame.scope)),
        tuple(store.rules(database, who.account_id)),
        store.reader(database, who.account_id),
        tuple(
            asdict(one)
            | {"due_at": local(one.due_at), "what": _WHAT[one.kind], "way": _WAY[one.channel],
               "next_at": local(one.next_at) if one.state == "waiting" else None}
            for one in sent
        ),
    )  # fmt: skip


def unread(frame: Frame) -> int:
    """How many open alerts the reader has not marked as read; 0 where nobody can say."""
    if not frame.may(ACTION):
        return 0
    database, who = data.database(), frame.reader
    scope = store.scope_key(who.unit_id, who.role)
    return asked(lambda: store.unread(database, who.account_id, scope)) or 0


def local(moment: datetime | None) -> datetime | None:
    """A moment as people read it here."""
    zone: ZoneInfo = data.settings().zone
    return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)


def rows(mine: Mine) -> list[Row]:
    """The alerts, for the list."""
    return [
        asdict(one)
        | {"began_at": local(one.began_at), "ended_at": local(one.ended_at), "state": state(one)}
        for one in mine.found
    ]


def state(one: Found) -> str:
    """``new``, ``open``, ``over``."""
    if one.ended_at is not None:
        return "over"
    return "new" if one.read_at is None else "open"


def rule_rows(frame: Frame, mine: Mine) -> list[Row]:
    """The rules, for the list."""
    open_ones: dict[int, int] = {}
    for one in mine.found:
        if one.ended_at is None:
            open_ones[one.rule_id] = open_ones.get(one.rule_id, 0) + 1
    return [
        {
            "id": one.id,
            "words": words(frame, rule_of(one.given)),
            "is_paused": one.is_paused,
            "way": ways(one),
            "open": open_ones.get(one.id, 0),
        }
        for one in mine.rules
    ]


def words(frame: Frame, rule: Rule) -> str:
    """A rule in words; of a figure that is not known any more what is left of it."""
    units = frame.everything if rule.unit is None else frame.place_names.get(rule.unit, "")
    try:
        return told(rule, units or "một đơn vị")
    except KeyError:
        return f"Chỉ tiêu “{rule.figure}” không còn"


def ways(one: KeptRule) -> str:
    """How a rule is told, beside the app."""
    found = ["trong phần mềm"]
    found += ["thư"] if one.given.by_mail else []
    found += ["web hook"] if one.given.by_hook else []
    return ", ".join(found)


def allowed() -> dict[str, Any]:
    """Where the installation lets alerts go: ``mail`` (domains), ``hooks`` (how they begin)."""
    settings = data.settings()
    try:
        begin = hooks(settings) if settings.alert_hook_keys else ()
    except SettingsError:
        begin = ()
    goes = settings.smtp_host and settings.smtp_from and settings.public_url
    return {"mail": mail_domains(settings) if goes else (), "hooks": begin}
