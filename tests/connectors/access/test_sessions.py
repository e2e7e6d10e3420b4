"""A session lasts as long as it should and not one click longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select, update

from connectors import audit
from connectors.access import (
    Visitor,
    add_account,
    change_account,
    change_passphrase,
    credential,
    last_sign_ins,
    let_in,
    let_in_vouched,
    live_sessions,
    lock_account,
    policy,
    reader_of,
    redeem,
    reset_passphrase,
    revoke,
    revoke_all,
    sign_out,
    unlock_account,
)
from connectors.database.access import SignedIn
from connectors.database.session import read_transaction
from connectors.engine import Scope
from tests.connectors.access.conftest import NOON, on_both_clocks

ADMIN = audit.Actor("kiem-thu", 1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lan(database: Engine) -> Engine:
    """A database with one leader, Lan, and an administrator."""
    add_account(database, "Lan", "Nguyễn Thị Lan", "leader", actor=ADMIN)
    add_account(database, "quan-tri", "Quản trị", "admin", actor=ADMIN)
    return database


def _signed_in(database: Engine, at=NOON) -> str:
    ticket = let_in(
        database, credential(database, "lan"), Visitor("10.0.0.7", "Firefox"), on_both_clocks(at)
    )
    token = redeem(database, ticket, at)
    assert token
    return token


def test_ticket_is_good_once_and_for_a_minute(lan: Engine) -> None:
    ticket = let_in(lan, credential(lan, "LAN "), Visitor(), on_both_clocks(NOON))
    assert reader_of(lan, ticket, NOON) is None
    token = redeem(lan, ticket, NOON)
    assert token
    assert redeem(lan, ticket, NOON) is None
    reader = reader_of(lan, token, NOON)
    assert reader
    assert (reader.name, reader.role, reader.must_change) == ("lan", "leader", True)
    late = let_in(lan, credential(lan, "lan"), Visitor(), on_both_clocks(NOON))
    assert redeem(lan, late, NOON + policy().ticket) is None
    assert redeem(lan, "không phải vé", NOON) is None


def test_each_sign_in_has_a_session_of_its_own(lan: Engine) -> None:
    assert _signed_in(lan) != _signed_in(lan)
    assert len(live_sessions(lan, NOON)) == 2


def test_neither_cookie_nor_ticket_stands_in_the_database(lan: Engine) -> None:
    ticket = let_in(lan, credential(lan, "lan"), Visitor(), on_both_clocks(NOON))
    token = _signed_in(lan)
    with read_transaction(lan) as connection:
        rows = repr(connection.execute(select(SignedIn)).all())
    assert ticket not in rows
    assert token not in rows


def test_idle_and_absolute_expiry(lan: Engine) -> None:
    token = _signed_in(lan)
    last = NOON + policy().idle - MINUTE
    assert reader_of(lan, token, last)
    # Seen a moment ago, it lasts on; left alone for the idle time, it does not.
    assert reader_of(lan, token, last + policy().idle - MINUTE)
    assert reader_of(lan, token, last + 3 * policy().idle) is None
    silent, now = _signed_in(lan), NOON
    while now < NOON + policy().idle - MINUTE:
        assert reader_of(lan, silent, now, is_sign_of_life=False)
        now += policy().idle / 4
    assert reader_of(lan, silent, NOON + policy().idle + MINUTE, is_sign_of_life=False) is None
    busy, now = _signed_in(lan), NOON
    while now < NOON + policy().absolute - MINUTE:
        assert reader_of(lan, busy, now)
        now += policy().idle / 2
    assert reader_of(lan, busy, NOON + policy().absolute) is None


def test_signing_out_ends_it_at_once(lan: Engine) -> None:
    here, there = _signed_in(lan), _signed_in(lan)
    reader = reader_of(lan, here, NOON)
    assert reader
    assert sign_out(lan, reader, NOON) == 1
    assert reader_of(lan, here, NOON) is None
    assert reader_of(lan, there, NOON)


def test_signing_out_everywhere(lan: Engine) -> None:
    here, there = _signed_in(lan), _signed_in(lan)
    reader = reader_of(lan, here, NOON)
    assert reader
    assert sign_out(lan, reader, NOON, everywhere=True) == 2
    assert reader_of(lan, there, NOON) is None


def test_an_administrator_ends_it(lan: Engine) -> None:
    token = _signed_in(lan)
    (session,) = live_sessions(lan, NOON)
    assert (session.account, session.address, session.browser) == ("lan", "10.0.0.7", "Firefox")
    assert revoke(lan, session.id, NOON, actor=ADMIN) == 1
    assert revoke(lan, session.id, NOON, actor=ADMIN) == 0
    assert reader_of(lan, token, NOON) is None


def test_locking_ends_it_and_unlocking_does_not_bring_it_back(lan: Engine) -> None:
    token = _signed_in(lan)
    assert lock_account(lan, "lan", actor=ADMIN) == 1
    assert reader_of(lan, token, NOON) is None
    assert credential(lan, "lan").account_id is None
    unlock_account(lan, "lan", actor=ADMIN)
    assert reader_of(lan, token, NOON) is None
    assert credential(lan, "lan").account_id


def test_a_new_pass_phrase_ends_the_others(lan: Engine) -> None:
    once = reset_passphrase(lan, "lan", actor=ADMIN)
    here, there = _signed_in(lan), _signed_in(lan)
    reader = reader_of(lan, here, NOON)
    assert reader
    change_passphrase(
        lan, reader.account_id, once, "mùa thu lá vàng rơi", keep_session=reader.session_id
    )
    kept = reader_of(lan, here, NOON)
    assert kept
    assert not kept.must_change
    assert reader_of(lan, there, NOON) is None
    reset_passphrase(lan, "lan", actor=ADMIN)
    assert reader_of(lan, here, NOON) is None


def test_a_providers_word_is_good_until_a_session_is_ended_on_purpose(lan: Engine) -> None:
    change_account(
        lan,
        "lan",
        full_name="Nguyễn Thị Lan",
        role="leader",
        unit_id=None,
        external_id=" Lan@ubnd.example ",
        actor=ADMIN,
    )

    def vouched(at: datetime, now: datetime = NOON, email: str = "LAN@ubnd.example") -> str | None:
        ticket = let_in_vouched(lan, email, at, Visitor(), now)
        return None if ticket is None else redeem(lan, ticket, now)

    assert vouched(NOON, email="la@ubnd.example") is None
    assert vouched(NOON - policy().absolute) is None
    token = vouched(NOON - MINUTE)
    assert token
    reader = reader_of(lan, token, NOON)
    assert reader
    sign_out(lan, reader, NOON)
    assert vouched(NOON - MINUTE) is None
    assert vouched(NOON) is None
    assert vouched(NOON + MINUTE, NOON + MINUTE)
    lock_account(lan, "lan", actor=ADMIN)
    assert vouched(NOON + 2 * MINUTE, NOON + 2 * MINUTE) is None


def test_a_change_of_role_holds_at_the_next_click(lan: Engine) -> None:
    token = _signed_in(lan)
    change_account(
        lan,
        "lan",
        full_name="Nguyễn Thị Lan",
        role="presenter",
        unit_id=None,
        external_id=None,
        actor=ADMIN,
    )
    reader = reader_of(lan, token, NOON)
    assert reader
    assert reader.role == "presenter"
    assert not reader.may("reveal_owner")


def test_a_sign_of_life_does_not_wait_for_a_long_import(sqlite_database: Engine) -> None:
    """On SQLite one writer holds the file: a click must not stand still until it is done."""
    add_account(sqlite_database, "lan", "Lan", "leader", actor=ADMIN)
    token = _signed_in(sqlite_database)
    with sqlite_database.connect() as importer:
        importer = importer.execution_options(sqlite_begin="IMMEDIATE")
        with importer.begin():
            importer.execute(update(SignedIn).values(browser="import"))
            assert reader_of(sqlite_database, token, NOON + 10 * MINUTE)
    (session,) = live_sessions(sqlite_database, NOON)
    assert session.seen_at == NOON
    assert reader_of(sqlite_database, token, NOON + 20 * MINUTE)
    (session,) = live_sessions(sqlite_database, NOON)
    assert session.seen_at == NOON + 20 * MINUTE


def test_what_is_done_stands_in_the_audit_which_holds(lan: Engine) -> None:
    token = _signed_in(lan)
    reader = reader_of(lan, token, NOON)
    assert reader
    sign_out(lan, reader, NOON)
    lock_account(lan, "lan", actor=ADMIN)
    verdict = audit.verify(lan)
    assert verdict.ok
    from zoneinfo import ZoneInfo

    from connectors.engine import Scope

    lines = audit.read(lan, ZoneInfo("Asia/Ho_Chi_Minh"), Scope(None))
    assert set(lines["action"]) == {"account_added", "sign_in", "sign_out", "account_locked"}
    assert token not in repr(lines.rows())


def test_all_sessions_of_one_account_are_ended_and_named_once(lan: Engine) -> None:
    tokens = [_signed_in(lan), _signed_in(lan, NOON + MINUTE)]
    (first, _) = live_sessions(lan, NOON + MINUTE)
    assert revoke_all(lan, first.account_id, NOON + MINUTE, actor=ADMIN) == 2
    assert revoke_all(lan, first.account_id, NOON + MINUTE, actor=ADMIN) == 0
    assert [reader_of(lan, token, NOON + MINUTE) for token in tokens] == [None, None]
    found = audit.read(lan, ZoneInfo("UTC"), Scope(None), actions=("session_revoked",))
    assert found.select("subject", "actor", "detail").rows() == [("lan", ADMIN.name, '{"ended":2}')]


def test_when_somebody_signed_in_last(lan: Engine) -> None:
    assert last_sign_ins(lan) == {}
    let_in(
        lan, credential(lan, "lan"), Visitor(), on_both_clocks(NOON + 9 * MINUTE)
    )  # the ticket is not used
    _signed_in(lan)
    _signed_in(lan, NOON + MINUTE)
    (one, *_) = live_sessions(lan, NOON + MINUTE)
    assert last_sign_ins(lan) == {one.account_id: NOON + MINUTE}


def test_a_ticket_asked_for_many_times_at_once_gives_one_cookie(lan: Engine) -> None:
    ticket = let_in(lan, credential(lan, "lan"), Visitor(), on_both_clocks(NOON))
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: redeem(lan, ticket, NOON), range(24)))
    assert sum(token is not None for token in tokens) == 1
