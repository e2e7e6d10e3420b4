"""Signing in at an identity provider instead of the form, mapped to the same accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from connectors import audit
from connectors.access import live_sessions, revoke
from connectors.database.session import open_database
from tests.e2e import app_server as servers
from tests.e2e.app_server import AppServer, Installation
from tests.e2e.identity_provider import Provider, provider
from tests.e2e.tls import tls_before

SLOW = 30_000
SECRETS = """
[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "dung-han"
client_secret = "chi-de-kiem-thu"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


@pytest.fixture
def vouching() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture(scope="module")
def installed(
    few: Callable[[Path], Installation], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    installation = few(tmp_path_factory.mktemp("provider"))
    installation.connectors(
        "account", "add", "lan", "--full-name", "Nguyễn Thị Lan", "--role", "leader",
        "--external-id", "Lan@ubnd.example",
    )  # fmt: skip
    return installation


def _start(at: Installation, provided: Provider, port: int, public: str, **more: str) -> AppServer:
    secrets = at.folder / f"secrets-{port}.toml"
    secrets.write_text(SECRETS.format(app=public, provider=provided.url), encoding="utf-8")
    environment = {"SIGN_IN": "oidc", "STREAMLIT_SECRETS_FILES": str(secrets), **more}
    return servers.start(at, environment, port)


@pytest.fixture
def server(installed: Installation, vouching: Provider) -> Iterator[AppServer]:
    port = servers.free_port()
    with _start(installed, vouching, port, f"http://127.0.0.1:{port}") as running:
        yield running


def test_the_providers_word_opens_the_account_until_its_session_is_ended(
    server: AppServer, vouching: Provider, new_page: Callable[..., Page]
) -> None:
    vouching.claims = {"email": "la@ubnd.example", "email_verified": True}
    page = new_page(role=None)
    page.goto(server.url)
    page.get_by_role("link", name="Đăng nhập qua hệ thống định danh").click()
    # Known to the provider, but nobody's account here.
    again = page.get_by_role("link", name="Đăng nhập lại")
    again.wait_for(timeout=SLOW)
    expect(page.locator(".st-key-scopebar")).to_have_count(0)
    again.click()

    vouching.claims = {"email": "lan@ubnd.example", "email_verified": False}
    page.get_by_role("link", name="Đăng nhập qua hệ thống định danh").click(timeout=SLOW)
    again.wait_for(timeout=SLOW)
    again.click()

    vouching.claims = {"email": "lan@ubnd.example", "email_verified": True}
    page.get_by_role("link", name="Đăng nhập qua hệ thống định danh").click(timeout=SLOW)
    page.locator(".st-key-scopebar").wait_for(timeout=SLOW)

    database = open_database(server.installation.database_url)
    (session,) = live_sessions(database, datetime.now(UTC))
    assert session.account == "lan"
    revoke(database, session.id, datetime.now(UTC), actor=audit.Actor("kiem-thu", None))
    database.dispose()
    # The provider's cookie is still there, but its word is older than the end of the session.
    page.reload()
    again.wait_for(timeout=SLOW)
    expect(page.locator(".st-key-scopebar")).to_have_count(0)


def test_behind_tls_the_way_leads_to_the_address_that_was_asked_for(
    installed: Installation, vouching: Provider, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    vouching.claims = {"email": "lan@ubnd.example", "email_verified": True}
    port = servers.free_port()
    with (
        tls_before(port, tmp_path) as public,
        _start(installed, vouching, port, public, PUBLIC_URL=public, BEHIND_PROXY="1"),
    ):
        page = new_page(role=None, ignore_https_errors=True)
        page.goto(f"{public}/don-vi?q=H%C3%A0&period=2026-05")
        link = page.get_by_role("link", name="Đăng nhập qua hệ thống định danh")
        with page.expect_response("**/vao/dinh-danh?**") as begun:
            link.click()
        kept = begun.value.all_headers()["set-cookie"]
        assert kept.startswith("dung-han-ve=")
        assert "Max-Age=600" in kept
        page.locator(".st-key-scopebar").wait_for(timeout=SLOW)
        assert page.url.startswith(f"{public}/don-vi?")
        assert "q=H%C3%A0" in page.url
        assert "period=2026-05" in page.url
        cookies = {one["name"]: one for one in page.context.cookies()}
        assert "dung-han-ve" not in cookies
        own = cookies["__Host-dung-han"]
        assert (own["secure"], own["httpOnly"]) == (True, True)


def test_what_fails_before_tls_does_not_wait_for_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), tls_before(1, tmp_path):
        _ = 1 / 0
