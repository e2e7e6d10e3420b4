"""The way in: what it answers, how often, and that nobody learns from it who has an account."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import Engine, create_engine, update
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from connectors import access
from connectors.access import Visitor, passphrase, reader_of, signin
from connectors.access.policy import policy
from connectors.database.access import Account
from connectors.database.session import write_transaction
from connectors.settings import Settings
from tests.signing_in import signed_in
from ui.shell import checking, door, entry, identity
from ui.shell.limits import limits
from ui.shell.registry import SCREENS

OWN = "mùa thu lá vàng rơi"
WRONG = "một câu không phải của ai"
_digest = cache(passphrase.digest)
HERE = "http://127.0.0.1:8501"
FROM_HERE = {"origin": HERE, "content-type": "application/x-www-form-urlencoded"}
INSIDE = "một màn hình"


class Browser:
    """Asks the door, and keeps its cookies."""

    def __init__(self, runner: asyncio.Runner, asked: door.Door) -> None:
        self._runner = runner
        transport = httpx.ASGITransport(asked)
        self._client = httpx.AsyncClient(transport=transport, base_url=HERE)

    def request(self, method: str, address: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, address, **more))

    def get(self, address: str, **more: Any) -> httpx.Response:
        return self.request("GET", address, **more)

    def post(self, address: str, **more: Any) -> httpx.Response:
        return self.request("POST", address, **more)


@pytest.fixture
def lan(sqlite_database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An installation where a leader "lan" has the pass-phrase OWN."""
    monkeypatch.setattr("ui.shell.installation.database", lambda: sqlite_database)
    monkeypatch.setattr("ui.shell.installation.settings", lambda: settings)
    identity._known.clear()
    signed_in(sqlite_database, "leader", name="lan")
    with write_transaction(sqlite_database) as connection:
        connection.execute(
            update(Account).where(Account.name == "lan").values(passphrase_hash=_digest(OWN))
        )
    return sqlite_database


@pytest.fixture
def browser(lan: Engine) -> Iterator[Browser]:
    """Somebody's browser before the door; inside there is a screen at every address."""

    async def screen(_request: object) -> PlainTextResponse:
        return PlainTextResponse(INSIDE)

    inside = Starlette(routes=[*door.ROUTES, Route("/{path:path}", screen, methods=["GET"])])
    with asyncio.Runner() as runner:
        yield Browser(runner, door.Door(inside))


def _body(name: str, typed: str, back: str = "/") -> str:
    return urlencode({"ten": name, "mat-khau": typed, "ve": back})


def _try(browser: Browser, name: str, typed: str, back: str = "/") -> tuple[int, str]:
    answer = browser.post("/vao", content=_body(name, typed, back), headers=FROM_HERE)
    return answer.status_code, answer.text


def test_a_stranger_gets_the_form_at_any_screen_and_no_screen(browser: Browser) -> None:
    for address in ("/", "/don-vi?unit=3", "/don-vi/", "/ho-so-tre-han", "/vao"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "Tên đăng nhập" in answer.text
        assert INSIDE not in answer.text
        assert answer.headers["cache-control"] == "no-store"
    assert browser.post("/don-vi").status_code == 403


def test_nothing_is_at_an_address_that_is_none(browser: Browser, lan: Engine) -> None:
    """Whoever asks, and however."""
    nowhere = ["/gì/đó", "/_stcore/la", "/app.py", "/vaof", "/vao/la", "/static/la.js"]
    nowhere += ["/don-vi/12", "/index.html", "/_stcore/metrics", "/_stcore/agent/mcp", "/DON-VI"]
    for token in ("", signed_in(lan, "admin")):
        for address in nowhere:
            for method in ("GET", "HEAD", "POST"):
                answer = browser.request(method, address, headers={"cookie": f"dung-han={token}"})
                assert answer.status_code == 404, address
                assert "Không có trang nào ở địa chỉ này" in answer.text or method == "HEAD"
                assert INSIDE not in answer.text

    for screen in SCREENS:
        answer = browser.get(f"/{screen.path}", headers={"cookie": f"dung-han={token}"})
        assert (answer.status_code, answer.text) == (200, INSIDE)


def test_right_opens_the_address_that_was_asked_for(browser: Browser, lan: Engine) -> None:
    answer = browser.get("/don-vi?unit=3&period=week%3A2026-06-22")
    assert 'name="ve" value="/don-vi?unit=3&amp;period=week%3A2026-06-22"' in answer.text
    back = "/don-vi?unit=3&period=week%3A2026-06-22"
    answer = browser.post("/vao", content=_body("  LAN ", OWN, back), headers=FROM_HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert browser.get(back).text == INSIDE


def test_the_one_in_the_audit_is_who_came_in(browser: Browser, lan: Engine) -> None:
    answer = browser.post("/vao", content=_body("lan", OWN), headers=FROM_HERE)
    token = answer.cookies["dung-han"]
    reader = reader_of(lan, token, datetime.now(UTC))
    assert reader is not None
    assert reader.name == "lan"


@pytest.mark.parametrize(
    "back",
    [
        "//ke-xau.example/",
        "https://ke-xau.example/",
        "/\\ke-xau.example",
        "/\n/ke-xau.example",
        "/vao/ra",
        *(  # a sign-in costs what it is meant to cost
            pytest.param(back, marks=pytest.mark.proof)
            for back in (
                "javascript:alert(1)",
                "/auth/logout",
                "don-vi",
                "/" + "a" * 3000,
                "http://[",
                "",
            )
        ),
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(browser: Browser, back: str) -> None:
    answer = browser.post("/vao", content=_body("lan", OWN, back), headers=FROM_HERE)
    assert answer.headers["location"] == "/"


def test_what_was_asked_for_is_no_markup(browser: Browser) -> None:
    answer = browser.get('/?a="><script>alert(1)</script>')
    assert "<script" not in answer.text
    status, text = _try(browser, '"><script>alert(1)</script>', WRONG)
    assert status == 403
    assert "<script" not in text


def test_only_the_forms_own_page_posts_it(browser: Browser) -> None:
    """Another site would sign the visitor in under its own name."""
    for headers in ({}, {"origin": "http://ke-xau.example"}, {"origin": "null"}):
        answer = browser.post("/vao", content=_body("lan", OWN), headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_the_same_answer_for_a_wrong_pass_phrase_and_an_unknown_name(
    browser: Browser, lan: Engine
) -> None:
    answers = {
        _try(browser, name, typed)[1].replace(f'"{name}"', "")
        for name, typed in (("lan", WRONG), ("khong-ai-ca", WRONG), ("lan", "ế" * 40))
    }
    (text,) = answers
    assert entry.REFUSED in text


@pytest.mark.parametrize("body", [b"", b"ten=lan", b"\xff\xfe", b"a=1&b=2&c=3&d=4&e=5&ten=lan"])
def test_half_a_form_is_told_or_refused(browser: Browser, body: bytes) -> None:
    answer = browser.post("/vao", content=body, headers=FROM_HERE)
    assert answer.status_code in (400, 413)
    assert "set-cookie" not in answer.headers


def test_no_more_is_read_than_a_form_is_long(browser: Browser) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1 << 16
            yield b"a" * (1 << 16)

    assert browser.post("/vao", content=endless(), headers=FROM_HERE).status_code == 413
    assert read <= 1 << 17
    long = {**FROM_HERE, "content-length": "60000000"}
    assert browser.post("/vao", content=b"a", headers=long).status_code == 413


@pytest.mark.parametrize("address", ["/", "/don-vi", "/_stcore/host-config", "/livez", "/vao/ra"])
def test_what_takes_no_body_gets_none(browser: Browser, address: str) -> None:
    answer = browser.request("GET", address, content=b"a" * 10)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_after_two_hundred_wrong_ones_the_right_one_must_wait(
    browser: Browser, lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []

    def never(typed: str, _hashed: str) -> bool:
        checked.append(typed)
        return False

    monkeypatch.setattr("ui.shell.checking.is_right", never)
    for _ in range(200):
        _try(browser, "lan", WRONG)
    assert len(checked) < policy().free_per_name + 3
    status, text = _try(browser, "lan", OWN)
    assert status == 403
    assert "Hãy đợi" in text


def test_a_busy_address_is_answered_later_but_not_in_a_browser_that_came_in(
    browser: Browser, lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever serves the form waits that long before it asks to try, and hands the cookie on."""
    slept: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr("ui.shell.entry.asyncio.sleep", note)
    for turn in range(policy().free_per_address):
        access.begin(lan, f"ten-{turn}", Visitor("127.0.0.1"), access.Moment.now())
    _try(browser, "lan", WRONG)
    assert policy().first_pause.total_seconds() in slept
    token = signed_in(lan, "leader", name="lan")
    reader = reader_of(lan, token, datetime.now(UTC))
    assert reader
    access.sign_out(lan, reader, datetime.now(UTC))
    slept.clear()
    mine = {**FROM_HERE, "cookie": f"dung-han={token}"}
    assert browser.post("/vao", content=_body("lan", OWN), headers=mine).status_code == 303
    assert sum(slept) == 0


def test_who_changed_meanwhile_does_not_come_in(
    lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = entry.is_right

    def slowly(typed: str, hashed: str) -> bool:
        with write_transaction(lan) as connection:
            connection.execute(update(Account).values(passphrase_hash=_digest(WRONG)))
        return right(typed, hashed)

    monkeypatch.setattr(entry, "is_right", slowly)
    assert entry.try_to_enter("lan", OWN, Visitor("203.0.113.7")) == (None, entry.REFUSED)


def test_known_and_unknown_names_cost_the_same_check(
    lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One check of one cost for each: who is not there is not told apart by the time it takes."""
    checked: list[str] = []
    check = checking.is_right
    signin._nobody.cache_clear()  # other tests have made it cheap

    def noted(typed: str, hashed: str) -> bool:
        checked.append(hashed)
        return check(typed, hashed)

    monkeypatch.setattr(checking, "is_right", noted)
    for name in ("lan", "khong-ai-ca"):
        assert entry.try_to_enter(name, WRONG, Visitor()) == (None, entry.REFUSED)
    known, unknown = (hashed.split("$")[1:3] for hashed in checked)
    assert known == unknown
    assert int(known[1]) >= 12


def test_without_its_process_nothing_is_checked_and_that_is_said(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(typed: str, hashed: str) -> bool:
        raise checking.CheckFailed

    monkeypatch.setattr(checking, "is_right", dead)
    status, text = _try(browser, "lan", OWN)
    assert status == 503
    assert "Chưa kiểm tra được mật khẩu" in text


def test_after_signing_out_the_form_says_so(browser: Browser, lan: Engine) -> None:
    assert entry.LEFT in browser.get("/vao/ra").text
    token = signed_in(lan, "leader", name="lan")
    answer = browser.get("/vao/ra", headers={"cookie": f"dung-han={token}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_an_ended_session_is_told(browser: Browser) -> None:
    assert entry.ENDED in browser.get("/", headers={"cookie": "dung-han=mot-phien-cu"}).text
    assert entry.ENDED not in browser.get("/").text


def test_without_a_database_there_is_no_form_but_a_sentence(
    browser: Browser, lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed_in(lan, "leader", name="lan")
    mine = {"cookie": f"dung-han={token}"}
    assert browser.get("/", headers=mine).text == INSIDE
    gone = create_engine("sqlite:////không/có/ở/đâu.db")
    monkeypatch.setattr("ui.shell.installation.database", lambda: gone)
    assert browser.get("/", headers=mine).text == INSIDE  # known from before
    answer = browser.get("/", headers={"cookie": "dung-han=khac"})
    assert answer.status_code == 503
    assert entry.LOST in answer.text
    assert answer.headers["refresh"] == "15; url=/"
    assert _try(browser, "lan", OWN)[0] == 503
    assert browser.get("/media/x.csv", headers={"cookie": "dung-han=khac"}).status_code == 503


@pytest.mark.parametrize("host", ["ke-xau.example", "127.0.0.1.ke-xau.example", "a@127.0.0.1", ""])
def test_a_foreign_host_is_refused_in_words(browser: Browser, host: str) -> None:
    for address in ("/", "/livez", "/vao", "/static/a.js"):
        answer = browser.get(address, headers={"host": host})
        assert (answer.status_code, answer.text) == (421, "Không có địa chỉ này ở đây.")
    assert browser.get("/livez", headers={"host": "localhost:8501"}).status_code == 200


def test_ready_reads_a_row(browser: Browser, lan: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert browser.get("/readyz").json()["database"] is True
    with lan.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_head_no_delete")
        connection.exec_driver_sql("DELETE FROM audit_head")
        connection.commit()
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)


def test_ready_does_not_wait_for_a_database_that_hangs(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def hangs(_database: Engine) -> bool:
        return answered.wait(30)

    monkeypatch.setattr("ui.shell.health.shows_a_row", hangs)
    impatient = replace(limits(), ready=replace(limits().ready, seconds=0.1))
    monkeypatch.setattr("ui.shell.health.limits", lambda: impatient)
    answer = browser.get("/readyz")
    answered.set()
    assert (answer.status_code, answer.json()["database"]) == (503, False)
