"""Alerts to a real mail server and web hook: once each, at the right time, to whom it may."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import audit
from connectors.access import change_account, delete_account, lock_account
from connectors.alerts import hook as hooks
from connectors.alerts import outbox, stopping, store
from connectors.alerts.bounds import bounds
from connectors.alerts.store import AlertRefused, Given, Reader
from connectors.database.session import write_transaction
from connectors.maintenance import under_maintenance
from metrics.alerts.judging import judge
from metrics.alerts.rules import offers
from reports.alerts import turn as module
from tests.reports.alerts.conftest import (
    KEY,
    MONDAY,
    NEWEST,
    OVERDUE,
    ZONE,
    Watched,
    late,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ACTOR = audit.Actor("quan-tri", None)


def test_what_begins_is_told_once_by_each_way_however_many_look(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan, hook=f"{watched.hook_url}lan")
    watched.keep(lan, dataclasses.replace(OVERDUE, by_hook=True))
    one, other = watched.alerts(), watched.alerts()
    assert one.is_due(MONDAY)
    assert one.turn(MONDAY) == module.Turned(1, 1, 2)
    assert other.turn(MONDAY) == module.Turned()  # the right is the first one's
    assert not one.is_due(MONDAY + MINUTE)
    for after in (MINUTE, HOUR, 5 * HOUR, DAY):
        assert one.turn(MONDAY + after).began == 0
    one.end()
    assert other.turn(MONDAY + 2 * DAY).tried == 0  # after a restart, too
    (mail,) = watched.post.came
    assert mail["To"] == "lan@ubnd.example"
    assert mail["Subject"] == "Đúng Hạn: Cảnh báo: Tất cả đơn vị"
    (text,) = watched.texts()
    assert "quá hạn đang tồn 2 hồ sơ, từ 1 trở lên; tính đến 10:01 09/06/2025." in text
    assert "https://dung-han.ubnd.example/canh-bao?alert=" in text
    (came,) = watched.hook.came
    (told,) = came.content["data"]["alerts"]
    assert told["text"].startswith("quá hạn đang tồn 2 hồ sơ")
    stamp = int(came.headers["webhook-timestamp"])
    mark = came.headers["webhook-id"]
    assert came.headers["webhook-signature"] == hooks.signature(KEY, mark, stamp, came.body)
    assert stamp == int(MONDAY.timestamp())
    # Nobody's name and nobody's address.
    assert b"lan" not in came.body
    assert {one.state for one in watched.messages()} == {"sent"}


def test_it_is_told_again_when_it_has_ended_and_begun_anew(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan)
    watched.keep(lan)
    assert watched.turn().began == 1
    watched.office.take(NEWEST, *late(1, 2, ended="09/06/2025 09:00"), now=MONDAY)
    assert watched.turn(HOUR).began == 0
    assert lan.account_id is not None
    (found,) = store.found(watched.office.database, lan.account_id, "leader:", None)
    assert found.ended_at == MONDAY + HOUR
    # Within a few hours it is the same still ...
    watched.office.take(NEWEST, *late(3), now=MONDAY)
    assert watched.turn(2 * HOUR).began == 0
    (found,) = store.found(watched.office.database, lan.account_id, "leader:", None)
    assert found.ended_at is None
    # ... and the next day another one.
    watched.office.take(NEWEST, *late(3, ended="09/06/2025 09:00"), now=MONDAY)
    watched.turn(3 * HOUR)
    watched.office.take(NEWEST, *late(4), now=MONDAY)
    assert watched.turn(DAY).began == 1
    assert len(watched.post.came) == 2
    assert len({one["Message-ID"] for one in watched.post.came}) == 2


def test_quiet_hours_are_kept_and_what_waits_goes_in_one_message(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan, quiet_from="10:00", quiet_to="12:15")
    watched.keep(lan)
    assert watched.turn() == module.Turned(1, 1, 0)
    assert watched.one.next_at == datetime(2025, 6, 9, 12, 15, tzinfo=ZONE)
    watched.keep(lan, dataclasses.replace(OVERDUE, figure="late"), MONDAY + MINUTE)
    assert watched.turn(2 * MINUTE) == module.Turned(1, 1, 0)
    assert watched.turn(104 * MINUTE).tried == 0  # 12:14
    assert not watched.post.came
    assert lan.account_id is not None
    # The app shows it at once.
    assert store.unread(watched.office.database, lan.account_id, "leader:") == 2
    assert watched.turn(105 * MINUTE).tried == 1
    (text,) = watched.texts()
    assert text.count("•") == 2
    assert watched.post.came[0]["Subject"] == "Đúng Hạn: 2 cảnh báo mới"


def test_what_is_tried_again_keeps_quiet_hours_too(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan, quiet_from="10:31", quiet_to="12:00")
    watched.keep(lan)
    watched.post.answers += ["451 later"]
    assert watched.turn().tried == 1
    assert watched.turn(5 * MINUTE).tried == 0
    assert watched.one.attempts == 1
    assert watched.turn(90 * MINUTE).tried == 1
    assert watched.one.state == "sent"


def test_a_fault_is_tried_again_later_under_the_same_mark(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan, hook=f"{watched.hook_url}lan")
    watched.keep(lan, dataclasses.replace(OVERDUE, by_hook=True))
    watched.post.answers += ["451 later", "hang up after"]
    watched.hook.answers += [500, "hang up", 302]
    assert watched.turn().tried == 2
    assert all((one.state, one.attempts) == ("waiting", 1) for one in watched.messages())
    assert {bool(one.error) for one in watched.messages()} == {True}
    assert watched.turn(timedelta(seconds=59)).tried == 0
    assert watched.turn(2 * MINUTE).tried == 2
    assert watched.turn(8 * MINUTE).tried == 2
    assert watched.turn(30 * MINUTE).tried == 1
    assert {one.state for one in watched.messages()} == {"sent"}
    # The mail server had taken the second one before it hung up: told twice, and to be known by.
    assert len(watched.post.came) == 2
    assert len({one["Message-ID"] for one in watched.post.came}) == 1
    assert len(watched.hook.came) == 4
    assert len({one.headers["webhook-id"] for one in watched.hook.came}) == 1
    assert {one.path for one in watched.hook.came} == {"/hook/lan"}  # no redirect is followed
    assert watched.turn(DAY).tried == 0


def test_a_hook_that_is_slow_or_talks_without_end_holds_nobody_up(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = dataclasses.replace(bounds(), read_seconds=0.2, hook_seconds=0.5)
    monkeypatch.setattr(hooks, "bounds", lambda: impatient)
    watched.hook.slow_seconds = 0.6
    lan = watched.account("lan")
    watched.told_by(lan, mail=None, hook=f"{watched.hook_url}lan")
    watched.keep(lan, dataclasses.replace(OVERDUE, by_mail=False, by_hook=True))
    watched.hook.answers += ["slow", "long"]
    watched.turn()
    assert "thời hạn" in (watched.one.error or "")
    watched.turn(2 * MINUTE)
    assert watched.one.state == "sent"


def test_after_days_of_faults_it_is_given_up_and_stands_in_the_app(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan)
    watched.keep(lan)
    watched.post.answers += ["451 later"] * 99
    for hours in range(0, 90, 5):
        watched.turn(hours * HOUR)
    assert watched.one.state == "failed"
    assert 10 < watched.one.attempts < 25
    assert watched.turn(100 * HOUR).tried == 0
    assert lan.account_id is not None
    assert store.unread(watched.office.database, lan.account_id, "leader:") == 1


# -- where nothing may go -------------------------------------------------------------------


def test_an_address_that_is_not_allowed_is_refused_at_entry_and_at_sending(
    watched: Watched,
) -> None:
    lan = watched.account("lan")
    with pytest.raises(AlertRefused):
        watched.told_by(lan, mail="lan@example.com")
    with pytest.raises(AlertRefused):
        watched.told_by(lan, hook="https://example.com/hook/")
    watched.told_by(lan, hook=f"{watched.hook_url}lan")
    watched.keep(lan, dataclasses.replace(OVERDUE, by_hook=True))
    # The installation allows others meanwhile: what stands there gets nothing.
    changed: dict[str, Any] = {
        "alert_hooks": "https://khac.example/hook/",
        "alert_mail_domains": "khac.example",
    }
    assert watched.turn(**changed).tried == 2
    assert not watched.post.came
    assert not watched.hook.came
    assert all("cho" in (one.error or "") for one in watched.messages())
    assert watched.turn(2 * MINUTE).tried == 2
    assert (len(watched.post.came), len(watched.hook.came)) == (1, 1)


def test_whose_scope_is_another_now_is_told_of_that_one_only(watched: Watched) -> None:
    lan = watched.account("lan", "unit", "Phường Hà Đông")
    watched.office.take(NEWEST, *late(1, 2), *late(5, unit="Phường Dương Nội"), now=MONDAY)
    watched.told_by(lan, quiet_from="10:00", quiet_to="12:00")
    watched.keep(lan)
    watched.keep(lan, dataclasses.replace(OVERDUE, is_each=True))
    assert watched.turn().began == 2
    change_account(
        watched.office.database, "lan", full_name="Lan", role="unit",
        unit_id=watched.units["Phường Dương Nội"], external_id=None, actor=ACTOR,
    )  # fmt: skip
    # What waited was of the other ward: it does not go.
    assert watched.turn(2 * HOUR).began == 2
    texts = watched.texts()
    assert all("Phường Hà Đông" not in text and "2 hồ sơ" not in text for text in texts)
    assert len(texts) == 1
    assert "Phường Dương Nội" in texts[0]
    assert sorted(one.state for one in watched.messages()) == ["dropped", "sent"]
    assert lan.account_id is not None
    ward = watched.units["Phường Dương Nội"]
    found = store.found(watched.office.database, lan.account_id, f"unit:{ward}", {ward})
    assert [one.subject for one in found] == ["Phường Dương Nội", "Phường Dương Nội"]


def test_a_ward_is_told_of_itself_and_nobody_of_others_rules(watched: Watched) -> None:
    watched.office.take(NEWEST, *late(1, 2), *late(5, unit="Phường Dương Nội"), now=MONDAY)
    ward = watched.account("phuong", "unit", "Phường Dương Nội")
    lan = watched.account("lan")
    watched.told_by(ward)
    watched.told_by(lan)
    watched.keep(ward, dataclasses.replace(OVERDUE, is_each=True))
    rule = watched.keep(lan, dataclasses.replace(OVERDUE, is_each=True))
    watched.turn()
    told = {one["To"]: one.get_body().get_content() for one in watched.post.came}
    assert "Phường Hà Đông" not in told["phuong@ubnd.example"]
    assert "Phường Dương Nội: quá hạn đang tồn 1 hồ sơ" in told["phuong@ubnd.example"]
    assert "Phường Hà Đông: quá hạn đang tồn 2 hồ sơ" in told["lan@ubnd.example"]
    with pytest.raises(AlertRefused, match="không còn"):
        store.remove(watched.office.database, watched.settings, rule, ward, MONDAY)
    database = watched.office.database
    mine = [one.id for one in store.found(database, lan.account_id or 0, "leader:", None)]
    store.mark_read(database, ward.account_id or 0, mine, MONDAY)
    assert store.unread(database, lan.account_id or 0, "leader:") == 2
    store.mark_read(database, lan.account_id or 0, mine, MONDAY)
    assert store.unread(database, lan.account_id or 0, "leader:") == 0


def test_who_is_locked_or_gone_or_shows_slides_gets_nothing(watched: Watched) -> None:
    lan, binh, an = (watched.account(name) for name in ("lan", "binh", "an"))
    for one in (lan, binh, an):
        watched.told_by(one, quiet_from="10:00", quiet_to="12:00")
        watched.keep(one)
    assert watched.turn().began == 3
    database = watched.office.database
    watched.account("quan-tri", "admin")
    lock_account(database, "lan", actor=ACTOR)
    delete_account(database, "binh", actor=ACTOR)
    change_account(
        database, "an", full_name="An", role="presenter", unit_id=None, external_id=None,
        actor=ACTOR,
    )  # fmt: skip
    assert watched.turn(2 * HOUR).tried == 2
    assert not watched.post.came
    assert {one.state for one in watched.messages()} == {"dropped"}
    assert binh.account_id not in store.readers(database)
    assert store.rules(database, binh.account_id) == []


# -- ending it ------------------------------------------------------------------------------


def test_the_link_in_a_mail_ends_such_mails_and_nothing_else(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan, digest=True)
    watched.keep(lan)
    watched.turn()
    (mail,) = watched.post.came
    link = mail["List-Unsubscribe"].strip("<>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in watched.texts()[0]
    assert "lan" not in link
    head, _, query = link.partition("?")
    assert head == "https://dung-han.ubnd.example/ngung-nhan"
    given = dict(each.split("=") for each in query.split("&"))
    database, settings = watched.office.database, watched.settings
    assert not stopping.stop(database, settings, "x" * 32, "alerts")
    assert not stopping.stop(database, settings, given["t"], "everything")
    assert not stopping.is_one(database, given["t"][:-1] + "'", "alerts")
    assert stopping.stop(database, settings, given["t"], given["k"])
    assert stopping.stop(database, settings, given["t"], given["k"])  # once more is no fault
    (rule,) = store.rules(database, lan.account_id)
    assert (rule.given.by_mail, rule.is_paused) == (False, False)
    assert lan.account_id is not None
    assert store.reader(database, lan.account_id).digest
    watched.office.take(NEWEST, *late(1, 2, ended="09/06/2025 09:00"), now=MONDAY)
    watched.turn(HOUR)
    watched.office.take(NEWEST, *late(4), now=MONDAY)
    assert watched.turn(DAY).began == 1
    assert len(watched.post.came) == 1
    assert stopping.stop(database, settings, given["t"], "digest")
    assert not store.reader(database, lan.account_id).digest


def test_what_waited_for_a_rule_that_rests_does_not_go(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan, quiet_from="10:00", quiet_to="12:00")
    rule = watched.keep(lan)
    watched.turn()
    database, settings = watched.office.database, watched.settings
    store.pause(database, settings, rule, is_paused=True, actor=lan, now=MONDAY + MINUTE)
    assert watched.turn(2 * HOUR).tried == 1
    assert (watched.one.state, watched.post.came) == ("dropped", [])
    assert lan.account_id is not None
    assert store.unread(database, lan.account_id, "leader:") == 0


# -- the digest -----------------------------------------------------------------------------


def _monday(hour: int, minute: int = 0, weeks: int = 1) -> timedelta:
    at = datetime(2025, 6, 9, hour, minute, tzinfo=ZONE) + weeks * timedelta(days=7)
    return at - MONDAY


def test_the_digest_goes_on_monday_at_seven_once_a_week(watched: Watched) -> None:
    lan, ward = watched.account("lan"), watched.account("phuong", "unit", "Phường Dương Nội")
    watched.told_by(lan, digest=True)
    watched.told_by(ward, digest=True)
    watched.keep(lan)
    assert watched.turn().tried == 1  # the alert; this Monday's seven o'clock was before
    watched.post.came.clear()
    assert watched.turn(_monday(6, 59)).tried == 0
    assert watched.turn(_monday(7)).tried == 2
    assert watched.turn(_monday(7, 1)).tried == 0
    assert watched.turn(_monday(23)).tried == 0
    told = {one["To"]: one.get_body().get_content() for one in watched.post.came}
    mine = told["lan@ubnd.example"]
    assert mine.startswith("Tất cả đơn vị, tuần 24 (09/06–15/06/2025).")
    assert "quá hạn đang tồn: 2" in mine
    assert "CẢNH BÁO ĐANG CÓ" in mine
    assert "k=digest" in mine
    theirs = told["phuong@ubnd.example"]
    assert theirs.startswith("Phường Dương Nội, tuần 24")
    assert "Hà Đông" not in theirs
    assert "Không có việc cần chỉ đạo" in theirs


def test_a_missed_digest_is_made_up_on_its_day_and_not_later(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan, digest=True)
    assert watched.turn(_monday(17)).tried == 1
    assert watched.turn(_monday(8, weeks=2) + DAY).tried == 0  # a Tuesday
    assert len(watched.post.came) == 1


def test_a_digest_that_failed_is_tried_again(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan, digest=True)
    watched.post.answers += ["451 later"]
    assert watched.turn(_monday(7)).tried == 1
    assert watched.turn(_monday(7, 2)).tried == 1
    assert watched.turn(_monday(7, 5)).tried == 0
    assert len(watched.post.came) == 1


# -- around it ------------------------------------------------------------------------------


def test_every_rule_that_is_offered_can_be_judged(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan)
    for offer in offers():
        rule = offer.rule
        given = Given(
            rule.kind, rule.figure, rule.unit, rule.is_each, rule.period, rule.is_whole,
            rule.side, rule.value, True, False,
        )  # fmt: skip
        watched.keep(lan, given)
    with pytest.raises(AlertRefused, match="đã có"):
        watched.keep(lan, given)
    assert watched.turn().looked == 1
    assert "quá hạn đang tồn" in watched.texts()[0]


def test_one_rule_that_fails_stops_no_other(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = watched.account("lan")
    watched.told_by(lan)
    watched.keep(lan, dataclasses.replace(OVERDUE, figure="late"))
    watched.keep(lan)
    whole = judge

    def some(rule: Any, scene: Any) -> Any:
        if rule.figure == "late":
            raise ZeroDivisionError
        return whole(rule, scene)

    monkeypatch.setattr(module, "judge", some)
    assert watched.turn() == module.Turned(1, 1, 1)
    assert watched.turn(MINUTE).looked == 0  # and it is not tried at each look
    assert watched.turn(HOUR + MINUTE).looked == 1


def test_during_maintenance_nothing_is_looked_for_and_nothing_is_lost(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = watched.account("lan")
    watched.told_by(lan)
    watched.keep(lan)
    monkeypatch.setattr(module, "under_maintenance", lambda _: True)
    assert not watched.alerts().is_due(MONDAY)
    assert watched.turn() == module.Turned()
    monkeypatch.setattr(module, "under_maintenance", under_maintenance)
    assert watched.turn(HOUR).tried == 1


def test_what_could_not_be_witnessed_does_not_go(watched: Watched) -> None:
    lan = watched.account("lan")
    signing = watched.settings.model_copy(update={"audit_key": SecretStr("a" * 40)})
    database = watched.office.database
    with write_transaction(database) as connection:
        audit.append(connection, "sign_in", actor=lan, keys=signing.audit_keys)
    how = Reader(lan.account_id or 0, mail="lan@ubnd.example")
    store.set_reader(database, signing, how, lan, MONDAY)
    store.keep(database, signing, OVERDUE, lan, MONDAY)
    with pytest.raises(audit.AuditKeyMissing):
        watched.turn()
    assert not watched.post.came
    assert watched.turn(HOUR, audit_key=SecretStr("a" * 40)).tried == 1
    assert watched.one.state == "sent"


def test_what_is_old_goes(watched: Watched) -> None:
    lan = watched.account("lan")
    watched.told_by(lan)
    rule = watched.keep(lan)
    watched.turn()
    database = watched.office.database
    store.remove(database, watched.settings, rule, lan, MONDAY + HOUR)
    later = MONDAY + timedelta(days=500)
    assert outbox.forget_old(database, MONDAY) == 0
    assert outbox.forget_old(database, later) == 1
    assert watched.messages() == []
    assert outbox.states(database, MONDAY) == {}
