"""Who is let in; the same work for names that nobody has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connectors import audit
from connectors.access import (
    Visitor,
    add_account,
    begin,
    credential,
    let_in,
    let_in_vouched,
    live_sessions,
    lock_account,
    reset_passphrase,
    turn_away,
)
from connectors.access.passphrase import matches
from connectors.database.access import SignInAttempt
from connectors.database.session import read_transaction
from tests.connectors.access.conftest import AT_NOON, NOON

ADMIN = audit.Actor("kiem-thu", 1)
HERE = Visitor("10.0.0.7")
SECOND = timedelta(seconds=1)


@pytest.fixture
def lan(database: Engine) -> Engine:
    add_account(database, "lan", "Nguyễn Thị Lan", "leader", actor=ADMIN)
    return database


def test_what_was_typed_as_a_name_is_kept_nowhere(lan: Engine) -> None:
    """Somebody types the pass-phrase into the wrong box."""
    begin(lan, "mùa thu lá vàng rơi", HERE, AT_NOON)
    turn_away(lan, "mùa thu lá vàng rơi", HERE)
    turn_away(lan, "lan", HERE)
    with read_transaction(lan) as connection:
        kept = repr(connection.execute(select(SignInAttempt)).all())
    assert "mùa thu" not in kept
    from zoneinfo import ZoneInfo

    from connectors.engine import Scope

    lines = audit.read(lan, ZoneInfo("Asia/Ho_Chi_Minh"), Scope(None), actions=("sign_in_refused",))
    assert sorted(lines["subject"].to_list(), key=str) == [None, "lan"]


def test_a_name_that_nobody_has_lets_nobody_in(lan: Engine) -> None:
    found = credential(lan, "khong-ai-ca")
    assert found.account_id is None
    assert not matches("", found.passphrase_hash)
    with pytest.raises(ValueError, match="khong-ai-ca"):
        let_in(lan, found, HERE, AT_NOON)


def test_known_and_unknown_names_cost_the_same_check(database: Engine) -> None:
    """Not the clock but what is done: the same hash function at the same cost, either way."""
    add_account(database, "lan", "Nguyễn Thị Lan", "leader", actor=ADMIN)
    known, unknown = credential(database, "lan"), credential(database, "khong-ai-ca")
    assert known.passphrase_hash[:7] == unknown.passphrase_hash[:7]
    assert len(known.passphrase_hash) == len(unknown.passphrase_hash)


@pytest.mark.parametrize("name", ["lan\0", "\0", "l" * 100_000, "lan\n", "' OR 1=1 --", "ｌａｎ"])
def test_what_no_account_can_be_called_is_not_asked_of_the_database(
    lan: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL takes no NUL: a lost database would be answered instead of a wrong name."""
    if name.strip() == "lan":
        assert credential(lan, name).account_id is not None
        return
    with monkeypatch.context() as patch:
        patch.setattr("connectors.access.signin.read_transaction", _never)
        assert credential(lan, name).account_id is None
    turn_away(lan, name, HERE)
    assert begin(lan, name, HERE, AT_NOON) == timedelta()


def _never(_database: Engine) -> None:
    raise AssertionError


def test_a_letter_that_becomes_another_in_lower_case_is_not_that_person(database: Engine) -> None:
    """The Kelvin sign is no k, though its lower case is one."""
    add_account(database, "kim", "Kim", "leader", external_id="kim@ubnd.example", actor=ADMIN)
    assert "\u212aim".lower() == "kim"
    assert let_in_vouched(database, "\u212aim@ubnd.example", NOON, HERE, NOON) is None
    assert let_in_vouched(database, "KIM@ubnd.example", NOON, HERE, NOON) is not None


@pytest.mark.parametrize("change", [lock_account, reset_passphrase])
def test_what_was_changed_while_it_was_checked_lets_nobody_in(lan: Engine, change: Any) -> None:
    """Checking takes a quarter of a second: enough for the administrator's click."""
    found = credential(lan, "lan")
    change(lan, "lan", actor=ADMIN)
    with pytest.raises(ValueError, match="lan"):
        let_in(lan, found, HERE, AT_NOON)
    assert live_sessions(lan, NOON) == []
