"""Processes on one PostgreSQL database send each report once, to a real mail server, also killed.

What dies while the report is made is made again; what dies from the sending on is never sent twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors import audit
from connectors.engine import Scope
from connectors.sending import deliveries, schedules
from connectors.sending.schedules import Given
from connectors.settings import Settings
from tests.kills.conftest import Worker, whole
from tests.mail_server import Post, serving
from tests.reports.conftest import Office
from tests.signing_in import signed_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL"),
    pytest.mark.parametrize("database", ["postgres"], indirect=True),
]
MONDAY = datetime(2025, 6, 9, 0, 30, tzinfo=UTC)
LINES = (
    "HS-1,03/06/2025 08:00,10/06/2025 16:00,09/06/2025 10:00,Trực tuyến,Phường Hà Đông,1.001",
    "HS-2,29/06/2025 08:00,10/07/2025 16:00,,Trực tuyến,Phường Hà Đông,1.001",
)

Job = dict[str, Any]
Sent = tuple[Post, Callable[..., Job]]


@pytest.fixture
def post(database: Engine, installed: Settings, tmp_path: Path) -> Iterator[Sent]:
    """The mail server's mind, and what makes a job of moments; a report is due on each Monday."""
    (tmp_path / "files").mkdir()
    Office(database, installed, tmp_path / "files").take(*LINES)
    signed_in(database, "leader", name="lanh-dao")
    given = Given("giao-ban", "bieu-ii06a", "week", ("xlsx",), "week", 1, "07:00", None, None,
                  "lanh-dao, lanh-dao@ubnd.example")  # fmt: skip
    at = MONDAY - timedelta(days=3)
    actor = audit.Actor("Lan")
    schedules.keep(database, installed, given, by="Lan", at=at, actor=actor, scope=Scope())
    with serving(tmp_path) as (mind, port, pem):

        def job(*moments: timedelta, **more: Any) -> Job:
            own = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_ca": str(pem),
                   "smtp_from": "dung-han@ubnd.example"}  # fmt: skip
            return {"settings": own, "moments": [(MONDAY + m).isoformat() for m in moments], **more}

        yield mind, job


def state(database: Engine) -> list[str]:
    return [one.state for one in reversed(deliveries.recent(database))]


NOW, LATER, HOURS = timedelta(), timedelta(minutes=11), timedelta(hours=5)
WEEKS = timedelta(weeks=3)


def test_of_two_processes_one_sends_and_a_missed_run_is_made_up_once(
    database: Engine, installed: Settings, worker: Worker, post: Sent
) -> None:
    mind, job = post
    said = worker.done("sendings", **job(NOW, LATER, HOURS, processes=2))
    assert sorted(heard["tried"] for heard in said if "tried" in heard) == [0, 0, 0, 0, 0, 1]
    assert len(mind.came) == 1
    # Nobody was there on two Mondays: the last of them is made up, by one of the two.
    worker.done("sendings", **job(WEEKS - timedelta(days=3), processes=2))
    assert len(mind.came) == 2
    assert len({one["Message-ID"] for one in mind.came}) == 2
    assert state(database) == ["sent", "sent"]
    whole(database, installed)


def test_killed_while_making_it_is_made_again_and_sent_once(
    database: Engine, worker: Worker, post: Sent
) -> None:
    mind, job = post
    worker.kill("sendings", "making", 0, **job(NOW, stop="making"))
    assert (state(database), mind.came) == (["waiting"], [])
    worker.done("sendings", **job(timedelta(minutes=5), LATER, HOURS))
    assert (state(database), len(mind.came)) == (["sent"], 1)


@pytest.mark.parametrize(("place", "came"), [("before", 0), ("after", 1)])
def test_killed_while_sending_it_is_never_sent_twice_and_told(
    database: Engine, worker: Worker, post: Sent, place: str, came: int
) -> None:
    mind, job = post
    worker.kill("sendings", place, 0, **job(NOW, stop=place))
    assert (state(database), len(mind.came)) == (["sending"], came)
    worker.done("sendings", **job(LATER, HOURS, timedelta(days=6), processes=2))
    assert (state(database), len(mind.came)) == (["unsure"], came)
