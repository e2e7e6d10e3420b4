"""Accounts and moments that the tests of access share."""

from __future__ import annotations

from datetime import UTC, datetime

import bcrypt
import pytest

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """bcrypt at its least cost: its dearness is not what is tested (but see test_signin_timing)."""
    salt = bcrypt.gensalt
    monkeypatch.setattr("bcrypt.gensalt", lambda: salt(4))
