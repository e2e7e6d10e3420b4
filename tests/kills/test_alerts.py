"""Processes on one database tell of an alert once by each way; killed anywhere, nothing is lost.

Only what was killed between the sending and the note of it comes once more, under the same mark.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from connectors import audit
from connectors.access import find_account
from connectors.alerts import outbox, store
from connectors.alerts.store import Given, Reader
from connectors.settings import Settings
from tests.hook_server import Hook, hooking
from tests.kills.conftest import Worker, whole
from tests.mail_server import Post, serving
from tests.reports.conftest import Office
from tests.signing_in import signed_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL"),
    pytest.mark.parametrize("database", ["postgres"], indirect=True),
]
MONDAY = datetime(2025, 6, 9, 3, 30, tzinfo=UTC)
LINES = (
    "HS-1,03/06/2025 08:00,10/06/2025 16:00,09/06/2025 10:00,Trực tuyến,Phường Hà Đông,1.001",
    "HS-2,02/06/2025 08:00,05/06/2025 16:00,,Trực tuyến,Phường Hà Đông,1.001",
)
NOW, LATER, HOURS = timedelta(), timedelta(minutes=11), timedelta(hours=5)

Job = dict[str, Any]
Told = tuple[Post, Hook, Callable[..., Job]]


@pytest.fixture
def told(database: Engine, installed: Settings, tmp_path: Path) -> Iterator[Told]:
    """Where mail and hooks go, and what makes a job of moments; one alert is there to be told."""
    (tmp_path / "files").mkdir()
    Office(database, installed, tmp_path / "files").take(*LINES, now=MONDAY)
    signed_in(database, "leader", name="lan")
    lan = audit.Actor("lan", find_account(database, "lan").id)
    with serving(tmp_path) as (post, port, pem), hooking() as (hook, url):
        key = "khoa-de-thu-nghiem-khong-dung-that-01"
        own = {
            "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_ca": str(pem),
            "smtp_from": "dung-han@ubnd.example", "public_url": "https://dung-han.example",
            "alert_hooks": url, "alert_hook_key": key,
        }  # fmt: skip
        allowed = installed.model_copy(update=own | {"alert_hook_key": SecretStr(key)})
        assert lan.account_id is not None
        reader = Reader(lan.account_id, mail="lan@ubnd.example", hook=f"{url}lan")
        store.set_reader(database, allowed, reader, lan, MONDAY)
        rule = Given("threshold", "pending_overdue", None, False, "week", False, "above", 1, True,
                     True)  # fmt: skip
        store.keep(database, allowed, rule, lan, MONDAY)

        def job(*moments: timedelta, **more: Any) -> Job:
            return {"settings": own, "moments": [(MONDAY + m).isoformat() for m in moments], **more}

        yield post, hook, job


def state(database: Engine) -> list[tuple[str, str]]:
    return sorted((one.channel, one.state) for one in outbox.recent(database))


SENT = [("hook", "sent"), ("mail", "sent")]


def test_of_two_processes_one_tells_once_by_each_way(
    database: Engine, installed: Settings, worker: Worker, told: Told
) -> None:
    post, hook, job = told
    said = worker.done("alerting", **job(NOW, LATER, HOURS, processes=2))
    assert sorted(heard["tried"] for heard in said if "tried" in heard) == [0, 0, 0, 0, 0, 2]
    assert sorted(heard["began"] for heard in said if "began" in heard) == [0, 0, 0, 0, 0, 1]
    assert (len(post.came), len(hook.came), state(database)) == (1, 1, SENT)
    whole(database, installed)


@pytest.mark.parametrize(
    ("place", "mails", "posts"),
    [
        ("judging", 1, 1),
        ("noting", 1, 1),
        ("before mail", 1, 1),
        ("after mail", 2, 1),
        ("before hook", 1, 1),
        ("after hook", 1, 2),
        ("marking", 2, 1),
    ],
)
def test_killed_anywhere_it_is_told_all_the_same(
    database: Engine,
    installed: Settings,
    worker: Worker,
    told: Told,
    place: str,
    mails: int,
    posts: int,
) -> None:
    post, hook, job = told
    worker.kill("alerting", place, 0, **job(NOW, stop=place))
    assert SENT != state(database)
    worker.done("alerting", **job(LATER, HOURS, timedelta(days=2), processes=2))
    assert state(database) == SENT
    assert (len(post.came), len(hook.came)) == (mails, posts)
    # What came twice can be known by its mark.
    assert len({one["Message-ID"] for one in post.came}) == 1
    assert len({one.headers["webhook-id"] for one in hook.came}) == 1
    lan = find_account(database, "lan").id
    assert len(store.found(database, lan, "leader:", None)) == 1
    whole(database, installed)
