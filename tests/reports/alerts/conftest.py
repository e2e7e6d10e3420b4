"""An office with accounts, a mail server and a web hook, and alerts looked for in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from connectors import audit
from connectors.access import find_account
from connectors.alerts import outbox, store
from connectors.alerts.outbox import Message
from connectors.alerts.store import Given, Reader
from connectors.engine import Scope, open_facts
from connectors.settings import Settings
from metrics.core.names import unit_names
from reports.alerts.turn import Alerts, Turned
from tests.hook_server import Hook, hooking
from tests.mail_server import Post, serving
from tests.reports.conftest import Office
from tests.signing_in import signed_in

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2025, 6, 9, 10, 30, tzinfo=ZONE).astimezone(UTC)
"""Half an hour after the newest moment of the data."""
LATE = "HS-{n},02/06/2025 08:00,05/06/2025 16:00,{ended},Trực tuyến,{unit},1.001"
NEWEST = "HS-0,03/06/2025 08:00,10/06/2025 16:00,09/06/2025 10:00,Trực tuyến,Phường Hà Đông,1.001"
KEY = "khoa-de-thu-nghiem-khong-dung-that-01"
OVERDUE = Given(
    "threshold", "pending_overdue", None, False, "week", False, "above", 1.0, True, False
)


def late(*numbers: int, unit: str = "Phường Hà Đông", ended: str = "") -> list[str]:
    return [LATE.format(n=n, unit=unit, ended=ended) for n in numbers]


@dataclass
class Watched:
    """The office, where mail and hooks go, and what somebody keeps."""

    office: Office
    settings: Settings
    post: Post
    hook: Hook
    hook_url: str
    made: list[Alerts]

    @property
    def units(self) -> dict[str, int]:
        facts = open_facts(self.settings, Scope(None))
        return {name: unit for unit, name in unit_names(facts.units).items()}

    def account(self, name: str, role: str = "leader", unit: str | None = None) -> audit.Actor:
        unit_id = None if unit is None else self.units[unit]
        signed_in(self.office.database, role, name=name, unit_id=unit_id)
        return audit.Actor(name, find_account(self.office.database, name).id)

    def told_by(self, actor: audit.Actor, at: datetime = MONDAY, **how: Any) -> None:
        """How it is told: by mail, if nothing else is said."""
        assert actor.account_id is not None
        how = {"mail": f"{actor.name}@ubnd.example"} | how
        given = Reader(actor.account_id, **how)
        store.set_reader(self.office.database, self.settings, given, actor, at)

    def keep(self, actor: audit.Actor, given: Given = OVERDUE, at: datetime = MONDAY) -> int:
        return store.keep(self.office.database, self.settings, given, actor, at)

    def alerts(self, **changed: Any) -> Alerts:
        made = Alerts(self.settings.model_copy(update=changed), self.office.database)
        self.made.append(made)
        return made

    def turn(self, after: timedelta = timedelta(), **changed: Any) -> Turned:
        """As a process of its own would: it lets go of its right afterwards."""
        made = self.alerts(**changed)
        try:
            return made.turn(MONDAY + after)
        finally:
            made.end()

    def messages(self) -> list[Message]:
        return outbox.recent(self.office.database)

    @property
    def one(self) -> Message:
        (found,) = self.messages()
        return found

    def texts(self) -> list[str]:
        return [one.get_body().get_content() for one in self.post.came]


@pytest.fixture
def watched(office: Office, tmp_path: Path) -> Iterator[Watched]:
    office.take(NEWEST, *late(1, 2), now=MONDAY)
    with serving(tmp_path) as (post, port, pem), hooking() as (hook, url):
        own = {
            "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_ca": pem,
            "smtp_from": "dung-han@ubnd.example", "public_url": "https://dung-han.ubnd.example",
            "alert_hooks": url, "alert_hook_key": SecretStr(KEY),
        }  # fmt: skip
        settings = office.settings.model_copy(update=own)
        found = Watched(office, settings, post, hook, url, [])
        yield found
        for each in found.made:
            each.end()


Watch = Callable[..., Watched]
