"""Whose word an identity provider's is: only an address that it says it has verified."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from connectors.access import Visitor
from ui.shell import entry

CLAIMS = {"email": "lan@ubnd.example", "iat": 1_790_000_000}


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ({"email_verified": True}, True),
        ({"email_verified": "true"}, True),
        ({}, False),
        ({"email_verified": None}, False),
        ({"email_verified": False}, False),
        ({"email_verified": "false"}, False),
        ({"email_verified": True, "iat": None}, False),
        ({"email_verified": True, "email": ["lan@ubnd.example"]}, False),
    ],
)
def test_an_address_that_nobody_verified_is_anybodys_claim(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, Any], counts: bool
) -> None:
    """Some providers leave the claim out and let people write any address there."""
    monkeypatch.setattr("ui.shell.installation.database", lambda: None)
    monkeypatch.setattr("ui.shell.entry.access.let_in_vouched", lambda *_: "ve")
    assert entry._ticket(CLAIMS | said, Visitor()) == ("ve" if counts else None)


@pytest.mark.parametrize(
    "back", ["/don-vi?q=H%C3%A0&period=2026-05", "/a?b=(c;d,e)", "/", "/a%2541"]
)
def test_the_address_that_was_asked_for_waits_in_a_cookie_without_escapes(
    monkeypatch: pytest.MonkeyPatch, settings: Any, back: str
) -> None:
    """Escapes are left out at the door (body.py)."""
    monkeypatch.setattr("ui.shell.installation.settings", lambda: settings)
    monkeypatch.setattr("ui.shell.installation.uses_identity_provider", lambda: True)
    monkeypatch.setattr("ui.shell.entry.auth_util.encode_provider_token", lambda _: "x")
    asked = Request({"type": "http", "query_string": urlencode({"ve": back}).encode()})
    kept = asyncio.run(entry.to_provider(asked)).headers["set-cookie"].split("; ")[0]
    assert "\\" not in kept
    sent = Headers({"cookie": f"a=b; {kept}"})
    assert entry.vouched_in("/", "token", sent).headers["location"] == entry.inside(back)
