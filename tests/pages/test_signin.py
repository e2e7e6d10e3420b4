"""Signed in: the first pass-phrase of one's own, out again, and a database that is lost.

The form itself is no screen: tests/ui/shell/test_entry.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, create_engine, delete, update
from streamlit.testing.v1 import AppTest

from connectors.access import passphrase
from connectors.database.access import Account, SignInAttempt
from connectors.database.session import open_database, write_transaction
from tests.pages.conftest import Installation, is_sent_away
from tests.signing_in import signed_in

OWN = "mùa thu lá vàng rơi"


@pytest.fixture
def lan(
    app: AppTest, sample_installation: Installation, as_reader: Callable[..., None]
) -> Iterator[Engine]:
    """Nobody is signed in; there is a leader "lan" whose pass-phrase is OWN."""
    as_reader(None)
    engine = open_database(sample_installation.settings.database_url)
    signed_in(engine, "leader", name="lan")
    with write_transaction(engine) as connection:
        connection.execute(delete(SignInAttempt))
        connection.execute(
            update(Account)
            .where(Account.name == "lan")
            .values(passphrase_hash=passphrase.digest(OWN))
        )
    yield engine
    with write_transaction(engine) as connection:  # the installation is others', too
        connection.execute(delete(SignInAttempt))
    engine.dispose()


def _said(app: AppTest) -> list[str]:
    return [error.value for error in app.error]


def test_first_sign_in_shows_only_the_change_of_the_pass_phrase(
    app: AppTest, lan: Engine, as_reader: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed_in(lan, "leader", name="moi")
    with write_transaction(lan) as connection:
        connection.execute(
            update(Account)
            .where(Account.name == "moi")
            .values(passphrase_hash=passphrase.digest("dung-mot-lan-thoi"), must_change=True)
        )
    monkeypatch.setattr("ui.shell.identity.presented_token", lambda: token)
    app.run()
    assert [one.value for one in app.header] == ["Đặt mật khẩu của bạn"]
    assert not app.selectbox
    for old, new, again, said in (
        ("sai", OWN, OWN, "Mật khẩu hiện tại không đúng."),
        ("dung-mot-lan-thoi", OWN, OWN + "!", "Hai lần nhập mật khẩu mới không giống nhau."),
        ("dung-mot-lan-thoi", "dung-mot-lan-thoi", "dung-mot-lan-thoi", "phải khác"),
        ("dung-mot-lan-thoi", "matkhau1234", "matkhau1234", "phổ biến"),
    ):
        for box, text in zip(app.text_input, (old, new, again), strict=True):
            box.set_value(text)
        app.button[0].click().run()
        assert said in _said(app)[0]
    for box, text in zip(app.text_input, ("dung-mot-lan-thoi", OWN, OWN), strict=True):
        box.set_value(text)
    app.button[0].click().run()
    assert app.selectbox(key="scope_unit")


def test_signing_out_leads_to_the_form_and_forgets_what_was_chosen(
    app: AppTest, lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed_in(lan, "leader", name="lan")
    monkeypatch.setattr("ui.shell.identity.presented_token", lambda: token)
    app.run()
    assert app.title
    app.button(key="sign_out").click().run()
    assert is_sent_away(app)
    assert any('data-to="/vao/ra"' in part.proto.body for part in app.get("html"))
    assert "frame_params" not in app.session_state
    app.run()
    assert not app.title


def test_a_lost_database_keeps_the_last_figures_for_those_who_were_in(
    app: AppTest, lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed_in(lan, "leader", name="lan")
    monkeypatch.setattr("ui.shell.identity.presented_token", lambda: token)
    app.run()
    figures = [part.proto.body for part in app.get("html") if "dh-value" in part.proto.body]
    assert figures
    gone = create_engine("sqlite:////không/có/ở/đâu.db")
    with monkeypatch.context() as patch:
        patch.setattr("ui.shell.installation.database", lambda: gone)
        app.run()
        assert any("Mất kết nối cơ sở dữ liệu" in one.value for one in app.warning)
        now = [part.proto.body for part in app.get("html") if "dh-value" in part.proto.body]
        assert now == figures
        stranger = AppTest.from_file(app._script_path, default_timeout=60)
        patch.setattr("ui.shell.identity.presented_token", lambda: "một cookie khác")
        stranger.run()
        assert not stranger.title
        assert "Không kết nối được cơ sở dữ liệu" in _said(stranger)[0]
        # Until half an hour after they were known last, and no longer.
        for minutes, is_known in ((29.9, True), (30.1, False)):
            ago = timedelta(minutes=minutes)
            patch.setattr("ui.shell.identity._ago", lambda _known, ago=ago: ago)
            patch.setattr("ui.shell.identity.presented_token", lambda: token)
            app.run()
            assert bool(app.title) == is_known
    app.run()
    assert not any("Mất kết nối" in one.value for one in app.warning)
