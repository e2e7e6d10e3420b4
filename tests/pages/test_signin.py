"""The form: what it answers, how often, and that nobody learns from it who has an account."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, create_engine, delete, update
from streamlit.testing.v1 import AppTest

from connectors import access
from connectors.access import passphrase
from connectors.access.policy import policy
from connectors.database.access import Account, SignInAttempt
from connectors.database.session import open_database, write_transaction
from tests.pages.conftest import Installation
from tests.signing_in import signed_in

OWN = "mùa thu lá vàng rơi"
WRONG = "một câu không phải của ai"


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


def _try(app: AppTest, name: str, typed: str) -> AppTest:
    if not app.text_input:
        app.run()
    app.text_input[0].set_value(name)
    app.text_input[1].set_value(typed)
    return app.button[0].click().run()


def _said(app: AppTest) -> list[str]:
    return [error.value for error in app.error]


def test_only_the_form_is_there(app: AppTest, lan: Engine) -> None:
    app.run()
    assert [one.label for one in app.text_input] == ["Tên đăng nhập", "Mật khẩu"]
    assert not app.selectbox
    assert not app.dataframe
    assert not app.get("page_link")


def test_right_gives_a_ticket_and_leaves_nothing_of_the_library(app: AppTest, lan: Engine) -> None:
    _try(app, "  LAN ", OWN)
    assert any("dh-ticket" in part.proto.body for part in app.get("html"))
    for key in ("authentication_status", "username", "name", "password_hint", "roles"):
        assert key not in app.session_state


def test_the_same_answer_for_a_wrong_pass_phrase_and_an_unknown_name(
    app: AppTest, lan: Engine
) -> None:
    wrong = _said(_try(app, "lan", WRONG))
    unknown = _said(_try(app, "khong-ai-ca", WRONG))
    too_long = _said(_try(app, "lan", "ế" * 40))
    assert wrong == unknown == too_long
    assert len(wrong) == 1


def test_after_two_hundred_wrong_ones_the_right_one_must_wait(
    app: AppTest, lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []

    def never(typed: bytes, _hashed: bytes) -> bool:
        checked.append(typed)
        return False

    monkeypatch.setattr("streamlit_authenticator.utilities.hasher.bcrypt.checkpw", never)
    for _ in range(200):
        _try(app, "lan", WRONG)
    assert len(checked) < policy().free_per_name + 3
    (said,) = _said(_try(app, "lan", OWN))
    assert "Hãy đợi" in said
    assert not any("dh-ticket" in part.proto.body for part in app.get("html"))


def test_a_busy_address_is_answered_later_but_not_in_a_browser_that_came_in(
    app: AppTest, lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever serves the form waits that long before it asks to try, and hands the cookie on."""
    slept: list[float] = []
    monkeypatch.setattr("ui.shell.signin.time", SimpleNamespace(sleep=slept.append))
    for turn in range(policy().free_per_address):
        access.begin(lan, f"ten-{turn}", access.Visitor("127.0.0.1"), access.Moment.now())
    _try(app, "lan", WRONG)
    assert slept == [policy().first_pause.total_seconds()]
    token = signed_in(lan, "leader", name="lan")
    reader = access.reader_of(lan, token, datetime.now(UTC))
    assert reader
    access.sign_out(lan, reader, datetime.now(UTC))
    monkeypatch.setattr("ui.shell.identity.presented_token", lambda: token)
    _try(app, "lan", OWN)
    assert slept[1:] == [0.0]
    assert any("dh-ticket" in part.proto.body for part in app.get("html"))


@pytest.mark.slow
def test_known_and_unknown_names_take_the_same_time(
    app: AppTest, lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Medians within 10 %, of processor time: what else the machine does is not told apart.

    A name that is answered at once differs twentyfold in every round; a round that the machine
    has disturbed is done again.
    """
    patient = replace(policy(), free_per_name=1000, free_per_address=1000)
    monkeypatch.setattr("connectors.access.attempts.policy", lambda: patient)
    _try(app, "khong-ai-ca", WRONG)
    rounds = (_medians(app, "lan", "khong-ai-ca") for _ in range(4))
    assert any(known == pytest.approx(unknown, rel=0.1) for known, unknown in rounds)


def _medians(app: AppTest, *names: str) -> list[float]:
    """Processor seconds of an attempt, by name: tried in turn, so that all share what disturbs."""
    spent: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(7):
        for name, times in spent.items():
            began = time.process_time()
            _try(app, name, WRONG)
            times.append(time.process_time() - began)
    return [statistics.median(times) for times in spent.values()]


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
    assert [one.value for one in app.subheader] == ["Đặt mật khẩu của bạn"]
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


def test_signing_out_shows_the_form_and_forgets_what_was_chosen(
    app: AppTest, lan: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed_in(lan, "leader", name="lan")
    monkeypatch.setattr("ui.shell.identity.presented_token", lambda: token)
    app.run()
    assert app.title
    app.button(key="sign_out").click().run()
    assert [one.label for one in app.text_input] == ["Tên đăng nhập", "Mật khẩu"]
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
    app.run()
    assert not any("Mất kết nối" in one.value for one in app.warning)
