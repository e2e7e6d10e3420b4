"""Ending e-mails by their link: one post, without signing in; looking at it ends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from connectors import audit
from connectors.access import find_account
from connectors.alerts import store
from connectors.alerts.store import Given, Reader
from connectors.settings import Settings
from tests.signing_in import signed_in
from tests.ui.shell.test_entry import Browser
from ui.shell import door, stopping

NOW = datetime(2026, 3, 9, tzinfo=UTC)
RULE = Given("threshold", "on_time", None, False, "week", True, "below", 0.9, True, False)


@pytest.fixture
def token(sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    own = settings.model_copy(
        update={
            "smtp_host": "thu.example", "smtp_from": "a@ubnd.example",
            "public_url": "http://127.0.0.1:8501", "alert_hook_key": SecretStr("x" * 40),
        }
    )  # fmt: skip
    monkeypatch.setattr("ui.shell.installation.database", lambda: sqlite_database)
    monkeypatch.setattr("ui.shell.installation.settings", lambda: own)
    signed_in(sqlite_database, "leader", name="lan")
    number = find_account(sqlite_database, "lan").id
    lan = audit.Actor("lan", number)
    given = Reader(number, mail="lan@ubnd.example", digest=True)
    store.set_reader(sqlite_database, own, given, lan, NOW)
    store.keep(sqlite_database, own, RULE, lan, NOW)
    return store.reader(sqlite_database, number).token


@pytest.fixture
def browser() -> Iterator[Browser]:
    with asyncio.Runner() as runner:
        yield Browser(runner, door.Door(Starlette(routes=door.ROUTES)))


def _how(database: Engine) -> tuple[bool, bool]:
    number = find_account(database, "lan").id
    (rule,) = store.rules(database, number)
    return store.reader(database, number).digest, rule.given.by_mail


def test_looking_at_the_link_ends_nothing_and_one_post_does(
    sqlite_database: Engine, token: str, browser: Browser
) -> None:
    address = f"/ngung-nhan?t={token}&k=digest"
    page = browser.get(address)
    assert page.status_code == 200
    assert "bản tin sáng thứ Hai" in page.text
    assert "lan" not in page.text.replace("lang=", "")
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers
    assert _how(sqlite_database) == (True, True)
    # As a mail program posts it: no origin, no cookie, a body of its own.
    sent = browser.post(
        address,
        content="List-Unsubscribe=One-Click",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert sent.status_code == 200
    assert "Đã ngừng gửi bản tin" in sent.text
    assert _how(sqlite_database) == (False, True)
    assert browser.post(address.replace("digest", "alerts")).status_code == 200
    assert _how(sqlite_database) == (False, False)


@pytest.mark.parametrize(
    "query",
    ["", "t=&k=digest", "t={0}&k=rules", "t={1}&k=digest", "t=%00&k=alerts", "k=alerts",
     "t={0}'--&k=alerts"],
)  # fmt: skip
def test_a_link_that_is_nobodys_ends_nothing(
    sqlite_database: Engine, token: str, browser: Browser, query: str
) -> None:
    address = f"/ngung-nhan?{query.format(token, 'x' * 32)}"
    assert browser.get(address).status_code == 404
    assert browser.post(address).status_code == 404
    assert _how(sqlite_database) == (True, True)


def test_a_body_that_is_more_than_a_form_is_refused(token: str, browser: Browser) -> None:
    large = browser.post(f"/ngung-nhan?t={token}&k=alerts", content="x" * 20_000)
    assert large.status_code == 413


def test_a_database_that_is_away_is_told(
    token: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise OperationalError("select", {}, Exception())

    monkeypatch.setattr(stopping, "_is_one", away)
    monkeypatch.setattr(stopping, "_end", away)
    address = f"/ngung-nhan?t={token}&k=alerts"
    found: list[httpx.Response] = [browser.get(address), browser.post(address)]
    assert [one.status_code for one in found] == [503, 503]
