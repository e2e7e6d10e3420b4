"""Cảnh báo: a rule is made of a figure, what it finds is read, and all is the reader's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from connectors.access import Reader, find_account
from connectors.alerts import store
from connectors.database.session import open_database
from connectors.settings import Settings
from reports.alerts.letters import PLACE
from reports.alerts.turn import Alerts
from tests.pages.kit import copy_of, fill, installed, press, shown, sound, submit, words
from tests.signing_in import signed_in
from ui.shell.registry import SCREENS

NOW = datetime(2026, 6, 29, 3, tzinfo=UTC)


@pytest.fixture
def own(
    with_registers: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Settings, Engine]]:
    """An installation of one's own that sends e-mail, and in which Lan and Bình look."""
    settings = copy_of(with_registers, tmp_path)
    database = open_database(settings.database_url)
    for name in ("lan", "binh"):
        signed_in(database, "leader", name=name)
    for name, value in {
        "SMTP_HOST": "thu.example", "SMTP_FROM": "dung-han@ubnd.example",
        "PUBLIC_URL": "https://dung-han.example",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with installed(settings, monkeypatch):
        yield Settings(), database
    database.dispose()


def _as(
    name: str, database: Engine, monkeypatch: pytest.MonkeyPatch, role: str = "leader"
) -> Reader:
    who = Reader(find_account(database, name).id, name, f"Bà {name}", role, None, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (who, False))
    return who


def _html(app: AppTest) -> str:
    return "\n".join(str(part.proto.body) for part in app.get("html"))


def _look(settings: Settings, database: Engine) -> None:
    seen_to = Alerts(settings, database)
    seen_to.turn(NOW)
    seen_to.end()


def test_a_rule_is_made_of_a_figure_and_what_it_finds_is_read(
    own: tuple[Settings, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, database = own
    who = _as("lan", database, monkeypatch)
    app = sound("alerts", figure="tasks_past_due")
    assert "Chưa có cảnh báo nào" in words(app)
    fill(app, entry_alert_rule_tasks_past_due_value="mười")
    submit(app, "Nhắc tôi")
    assert "Hãy ghi mức là một số" in app.error[0].value
    fill(app, entry_alert_rule_tasks_past_due_value="1")
    submit(app, "Nhắc tôi")
    assert "Đã đặt quy tắc" in app.success[0].value
    assert "Đã qua hạn, cần đôn đốc từ 1 trở lên, theo số liệu mới nhất" in _html(app)
    _look(settings, database)
    # The home screen says so, and leads there.
    home = sound("week")
    assert "1 cảnh báo mới" in _html(home)
    app = sound("alerts")
    found = store.found(database, who.account_id, "leader:", None)
    alert = sound("alerts", alert=str(found[0].id))
    assert "Tình trạng" in _html(alert)
    assert "nhiem-vu?figure=tasks_past_due" in _html(alert)
    press(alert, "alerts_read")
    assert store.unread(database, who.account_id, "leader:") == 0
    assert "cảnh báo mới" not in _html(sound("week"))


def test_a_level_of_a_rate_is_typed_as_people_write_it(
    own: tuple[Settings, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, database = own
    who = _as("lan", database, monkeypatch)
    app = sound("alerts", figure="on_time")
    for typed in ("92,5%", "92,5", "0,925"):
        fill(app, entry_alert_rule_on_time_value=typed)
        submit(app, "Nhắc tôi")
        assert app.success or "đã có" in app.error[0].value
        app = sound("alerts", figure="on_time")
    (rule,) = store.rules(database, who.account_id)
    assert rule.given.value == 0.925
    fill(app, entry_alert_rule_on_time_value="950")
    submit(app, "Nhắc tôi")
    assert "không quá 100%" in app.error[0].value


def test_nobody_sees_or_changes_what_is_anothers(
    own: tuple[Settings, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, database = own
    lan = _as("lan", database, monkeypatch)
    press(sound("alerts"), "offer_overdue")
    press(sound("alerts"), "offer_stale")
    _look(settings, database)
    rules = store.rules(database, lan.account_id)
    (alert, *_) = store.found(database, lan.account_id, "leader:", None)
    _as("binh", database, monkeypatch)
    app = shown("alerts", rule=str(rules[0].id), alert=str(alert.id))
    assert "Chưa có quy tắc nào" in words(app)
    assert alert.text not in _html(app)
    assert not [each for each in app.button if each.key == f"rule_remove_{rules[0].id}"]
    # What is forged is refused where it is written.
    assert all(one.account_id == lan.account_id for one in store.rules(database))


def test_a_rule_rests_goes_on_and_goes(
    own: tuple[Settings, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, database = own
    who = _as("lan", database, monkeypatch)
    press(sound("alerts"), "offer_below_target")
    (rule,) = store.rules(database, who.account_id)
    app = sound("alerts", rule=str(rule.id))
    press(app, f"rule_pause_{rule.id}")
    assert store.rules(database, who.account_id)[0].is_paused
    press(app, f"rule_pause_{rule.id}")
    assert not store.rules(database, who.account_id)[0].is_paused
    press(app, f"rule_remove_{rule.id}")
    assert store.rules(database, who.account_id) == []
    assert "Đã xóa quy tắc" in app.success[0].value


def test_how_one_is_told_is_checked_and_kept(
    own: tuple[Settings, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, database = own
    who = _as("lan", database, monkeypatch)
    app = sound("alerts")
    fill(app, entry_alert_reader_mail="lan@example.com")
    submit(app, "Ghi cách nhận")
    assert "ubnd.example" in app.error[0].value
    fill(app, entry_alert_reader_mail="lan@ubnd.example", entry_alert_reader_quiet_to="6 giờ")
    submit(app, "Ghi cách nhận")
    assert "Giờ yên lặng" in app.error[0].value
    fill(app, entry_alert_reader_quiet_to="06:30", entry_alert_reader_digest=True)
    submit(app, "Ghi cách nhận")
    kept = store.reader(database, who.account_id)
    assert (kept.mail, kept.quiet_from, kept.quiet_to, kept.digest) == (
        "lan@ubnd.example", "21:00", "06:30", True,
    )  # fmt: skip
    press(sound("alerts"), "offer_overdue")
    (rule,) = store.rules(database, who.account_id)
    assert (rule.given.by_mail, rule.given.by_hook) == (True, False)
    press(sound("alerts", rule=str(rule.id)), f"rule_mail_{rule.id}")
    assert not store.rules(database, who.account_id)[0].given.by_mail


def test_where_nothing_can_be_sent_the_app_still_shows(
    own: tuple[Settings, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, database = own
    for name in ("SMTP_HOST", "PUBLIC_URL"):
        monkeypatch.setenv(name, "")
    with installed(Settings(), monkeypatch):
        _as("lan", database, monkeypatch)
        app = sound("alerts")
        assert "chưa gửi được thư hay web hook" in words(app)


def test_the_place_that_mails_lead_to_is_the_screens() -> None:
    assert PLACE == next(one.path for one in SCREENS if one.key == "alerts")
