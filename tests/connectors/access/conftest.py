"""Accounts and moments that the tests of access share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import bcrypt
import pytest

from connectors.access import Moment
from connectors.access.signin import _nobody

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def on_both_clocks(at: datetime) -> Moment:
    """That moment on a machine that has run for ten days at NOON, and whose clocks agree."""
    return Moment(NOON, "this run of the machine", 864_000.0) + (at - NOON)


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """bcrypt at its least cost: its dearness is tested in tests/pages/test_signin.py."""
    salt = bcrypt.gensalt
    monkeypatch.setattr("bcrypt.gensalt", lambda: salt(4))
    _nobody.cache_clear()
    yield
    # It is kept by the process, and would be cheap for whichever test comes next.
    _nobody.cache_clear()


AT_NOON = on_both_clocks(NOON)
