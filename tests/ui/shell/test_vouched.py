"""Whose word an identity provider's is: only an address that it says it has verified."""

from __future__ import annotations

from typing import Any

import pytest

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
