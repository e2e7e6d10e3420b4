"""The screen "Quản trị": accounts, sessions, roles, the audit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine, delete, insert, select, update
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Multiselect

from connectors import access, audit
from connectors.access.passphrase import matches
from connectors.audit.keep import set_mark
from connectors.audit.keys import change_key, give_up_key
from connectors.database import aside
from connectors.database.access import Account
from connectors.database.models import Dossier, Owner
from connectors.database.session import open_database
from connectors.engine import Scope, open_facts
from connectors.failed import Failed
from connectors.health import Health
from connectors.overrides import stored_thresholds
from connectors.settings import Settings
from metrics.core.urgency import order
from metrics.core.vietnamese import number
from pages.admin.audit import detail_words, file_columns
from pages.admin.data import local
from pages.admin.health import lines
from pages.admin.sessions import browser_word
from tests.connectors.audit.behind import cut, unnoticed
from tests.pages import kit
from tests.pages.conftest import Installation, is_sent_away
from tests.pages.kit import fill, press, submit, words
from tests.pages.links import follow, html, rows_with, tables
from tests.signing_in import signed_in
from ui.kit.sheet import Sheet, to_csv
from ui.shell import identity
from ui.shell.text import plain

_LOOK_UP = identity.look_up


class Site:
    """An installation of the test's own, and browsers that are signed in at it."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = settings
        self.database: Engine = open_database(settings.database_url)
        self._monkeypatch = monkeypatch

    def enter(self, role: str = "admin", **who: Any) -> str:
        """From now on the browser has the cookie of a new session of such an account."""
        token = signed_in(self.database, role, **who)
        self.carry(token)
        return token

    def carry(self, token: str | None) -> None:
        self._monkeypatch.setattr("ui.shell.identity.presented_token", lambda: token)

    def open(self, **params: str) -> AppTest:
        return kit.shown("admin", **params)

    def account(self, name: str) -> access.AccountRecord:
        return access.find_account(self.database, name)

    def hash_of(self, name: str) -> str:
        with self.database.connect() as connection:
            query = select(Account.passphrase_hash).where(Account.name == name)
            return connection.execute(query).scalar_one()

    def lines(self) -> list[dict[str, Any]]:
        found = audit.read(self.database, self.settings.zone, Scope(None), limit=1000)
        return list(found.reverse().iter_rows(named=True))


@pytest.fixture
def site(
    small_installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    settings = kit.copy_of(small_installation.settings, tmp_path / "own")
    monkeypatch.setattr("ui.shell.identity.look_up", _LOOK_UP)
    with kit.installed(settings, monkeypatch):
        made = Site(settings, monkeypatch)
        made.enter("admin", name="sep")
        yield made
        made.database.dispose()


def accounts(app: AppTest) -> list[str]:
    return [row["Tên đăng nhập"] for row in rows_with(app, "Tên đăng nhập")]


def picker(app: AppTest, key: str) -> Multiselect[int]:
    (widget,) = (one for one in app.multiselect if (one.key or "").startswith(key))
    return widget


def ward(site: Site) -> int:
    units = open_facts(site.settings, Scope(None)).units
    return int(units.filter(pl.col("level") == "commune")["unit_id"][0])


# -- accounts -----------------------------------------------------------------------------


def test_accounts_are_listed_with_their_state(site: Site) -> None:
    boss = audit.Actor("sep")
    access.add_account(site.database, "lan", "Nguyễn Thị Lan", "leader", actor=boss)
    access.add_account(site.database, "hai", "Đỗ Hải", "unit", unit_id=ward(site), actor=boss)
    access.lock_account(site.database, "hai", actor=boss)
    app = site.open()
    assert accounts(app) == ["hai", "lan", "sep"]
    rows = rows_with(app, "Tên đăng nhập")
    states = [row["Tình trạng"] for row in rows]
    assert states == ["◆ đã khóa", "▲ chờ đổi mật khẩu", "● đang mở"]
    assert rows[1]["Đơn vị"] == "mọi đơn vị"
    assert [row["Phiên"] for row in rows] == ["0", "0", "1"]
    assert [row["Đăng nhập gần nhất"] == "–" for row in rows] == [True, True, False]
    assert "Chỉ còn một tài khoản quản trị đang mở (sep)" in html(app)


def test_the_list_is_cut_by_state_and_text_and_an_account_opens_from_it(site: Site) -> None:
    boss = audit.Actor("sep")
    access.add_account(site.database, "lan", "Nguyễn Thị Lan", "leader", actor=boss)
    app = site.open(state="one_time")
    assert accounts(app) == ["lan"]
    follow(app, "Bỏ lọc")
    assert accounts(app) == ["lan", "sep"]
    app.text_input(key="admin_q").set_value("NGUYỄN").run()
    assert accounts(app) == ["lan"]
    follow(app, "lan")
    assert "Nguyễn Thị Lan" in html(app).split("dh-facts")[1]
    assert accounts(app) == ["lan"]
    follow(app, "Đóng")
    assert "account" not in app.query_params


def test_a_new_account_gets_a_passphrase_that_is_shown_once_and_kept_nowhere(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    app = site.open()
    unit = ward(site)
    fill(app, add_name=" Lan.NT ", add_full_name="Nguyễn Thị Lan", add_role="unit", add_unit=unit)
    submit(app, "Thêm tài khoản")
    (box,) = app.code
    once = box.value
    assert matches(once, site.hash_of("lan.nt"))
    made = site.account("lan.nt")
    assert (made.role, made.unit_id, made.must_change) == ("unit", unit, True)
    assert app.query_params["account"] == str(made.id)
    kept = repr(app.session_state)
    assert "Nguyễn Thị Lan" in kept
    assert once not in kept
    assert once not in json.dumps(site.lines(), default=str)
    assert once not in caplog.text
    added = site.lines()[-1]
    assert (added["action"], added["actor"], added["subject"]) == ("account_added", "sep", "lan.nt")
    app.run()
    assert not app.code
    # The form is a fresh one.
    assert [one.value for one in app.text_input if (one.key or "").startswith("add_name")] == [""]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"add_name": "lan", "add_full_name": "Lan"}, "Hãy chọn vai trò"),
        ({"add_name": "Lân", "add_full_name": "Lan", "add_role": "leader"}, "không dấu"),
        ({"add_name": "lan", "add_full_name": " ", "add_role": "leader"}, "họ tên"),
        ({"add_name": "sep", "add_full_name": "Lan", "add_role": "leader"}, "đã có"),
        ({"add_name": "lan", "add_full_name": "Lan", "add_role": "unit"}, "gắn với một đơn vị"),
    ],
)
def test_what_cannot_be_added_is_said_and_stays_in_the_form(
    site: Site, fields: dict[str, str], said: str
) -> None:
    app = site.open()
    fill(app, **fields)
    submit(app, "Thêm tài khoản")
    assert said in words(app)
    assert not app.code
    assert [one.name for one in access.all_accounts(site.database)] == ["sep"]
    (name,) = (one for one in app.text_input if (one.key or "").startswith("add_name"))
    assert name.value == fields["add_name"]


def test_an_account_is_changed_and_the_change_holds_at_the_persons_next_click(site: Site) -> None:
    theirs = signed_in(site.database, "leader", name="lan")
    number = site.account("lan").id
    app = site.open(account=str(number))
    fill(app, edit_role="presenter", edit_full_name="Nguyễn Lan", edit_external="Lan@x.vn")
    submit(app, "Ghi thay đổi")
    changed = site.account("lan")
    assert (changed.role, changed.full_name, changed.external_id) == (
        "presenter",
        "Nguyễn Lan",
        "lan@x.vn",
    )
    site.carry(theirs)
    assert identity.look_up()[0].role == "presenter"  # type: ignore[union-attr]


def test_locking_ends_the_sessions_and_opening_again_lets_in(site: Site) -> None:
    theirs = signed_in(site.database, "leader", name="lan")
    app = site.open(account=str(site.account("lan").id))
    press(app, "account_lock")
    assert "Đã khóa lan; 1 phiên bị kết thúc." in words(app)
    assert site.account("lan").is_locked
    own = identity.presented_token()
    site.carry(theirs)
    assert identity.look_up() == (None, False)
    site.carry(own)
    press(app, "account_unlock")
    assert not site.account("lan").is_locked


def test_an_account_is_deleted_and_its_sessions_end(site: Site) -> None:
    theirs = signed_in(site.database, "leader", name="lan")
    app = site.open(account=str(site.account("lan").id))
    press(app, "account_delete")
    assert "Đã xóa tài khoản lan; 1 phiên bị kết thúc." in words(app)
    assert accounts(app) == ["sep"]
    site.carry(theirs)
    assert identity.look_up() == (None, False)


def test_a_reset_shows_the_new_passphrase_once(site: Site) -> None:
    signed_in(site.database, "leader", name="lan")
    app = site.open(account=str(site.account("lan").id))
    press(app, "account_reset")
    once = app.code[0].value
    assert matches(once, site.hash_of("lan"))
    assert site.account("lan").must_change
    assert once not in json.dumps(site.lines(), default=str)
    app.run()
    assert not app.code


def test_the_last_administrator_stays(site: Site) -> None:
    number = str(site.account("sep").id)
    app = site.open(account=number)
    fill(app, own_lock=True)
    press(app, "account_lock")
    assert "tài khoản quản trị cuối cùng" in words(app)
    fill(app, edit_role="leader")
    next(one for one in app.checkbox if (one.key or "").startswith(f"own_{number}")).check()
    submit(app, "Ghi thay đổi")
    assert "tài khoản quản trị cuối cùng" in words(app)
    sep = site.account("sep")
    assert (sep.role, sep.is_locked) == ("admin", False)


def test_nobody_locks_or_demotes_himself_by_accident(site: Site) -> None:
    signed_in(site.database, "admin", name="pho")
    app = site.open(account=str(site.account("sep").id))
    press(app, "account_lock")
    assert "Đây là tài khoản bạn đang dùng" in words(app)
    fill(app, edit_role="leader")
    submit(app, "Ghi thay đổi")
    assert "vai trò hoặc đơn vị của chính mình" in words(app)
    sep = site.account("sep")
    assert (sep.role, sep.is_locked) == ("admin", False)
    # His own pass-phrase would be shown to nobody.
    assert "account_reset" not in [button.key for button in app.button]
    fill(app, own_lock=True)
    press(app, "account_lock")
    assert site.account("sep").is_locked
    assert is_sent_away(app)


def test_accounts_that_need_a_look_are_named(site: Site) -> None:
    boss, units = audit.Actor("sep"), open_facts(site.settings, Scope(None)).units
    gone = units.filter(pl.col("valid_to") < date(2026, 1, 1))["unit_id"][0]
    for name in ("cu", "moi", "cho", "phuong"):
        access.add_account(site.database, name, name, "leader", actor=boss)
    long_ago = datetime.now(UTC) - timedelta(days=100)
    changes: dict[str, dict[str, Any]] = {
        "cu": {"must_change": False, "created_at": long_ago},
        "moi": {"must_change": False},
        "cho": {"created_at": long_ago},
        "phuong": {"must_change": False, "unit_id": gone},
    }
    with site.database.begin() as connection:
        for name, values in changes.items():
            connection.execute(update(Account).where(Account.name == name).values(**values))
    page = html(site.open())
    assert "1 tài khoản không đăng nhập quá 90 ngày: cu." in page
    assert "1 tài khoản chưa đổi mật khẩu dùng một lần sau 7 ngày: cho." in page
    assert "1 tài khoản gắn với đơn vị đã hết hiệu lực: phuong." in page
    signed_in(site.database, "admin", name="pho")
    for name in ("cu", "cho", "phuong"):
        access.lock_account(site.database, name, actor=boss)
    assert "dh-look" not in html(site.open()).split("</style>")[-1]


# -- personal data ------------------------------------------------------------------------


def test_one_persons_data_is_found_and_erased(site: Site) -> None:
    secret = {"name": "Lê Thị Qzx", "phone": "0912345678", "national_id": "012345678901"}
    with site.database.begin() as connection:
        dossier = connection.execute(select(Dossier.id, Dossier.code).limit(1)).one()
        connection.execute(delete(Owner).where(Owner.dossier_id == dossier.id))
        connection.execute(insert(Owner).values(dossier_id=dossier.id, kind="person", **secret))
    app = site.open(part="personal")
    fill(app, person_number="012 345 678 901", person_reason="Theo đơn số 12/2026")
    submit(app, "Tìm")
    assert "Đang giữ 1 chủ hồ sơ, 0 dòng bị từ chối, 0 ghi chú" in words(app)
    page = words(app) + html(app)
    assert "L.T.Q." in page
    assert not any(value in page for value in secret.values())
    assert not any("0123" in str(value) for value in app.query_params.values())
    press(app, "person_erase")
    assert "Đã xóa 1 chủ hồ sơ" in words(app)
    with site.database.connect() as connection:
        owner = connection.execute(select(Owner).where(Owner.dossier_id == dossier.id)).one()
    assert (owner.kind, owner.name, owner.national_id) == ("person", None, None)
    last = site.lines()[-1]
    assert (last["action"], last["actor"]) == ("person_erased", "sep")
    assert json.loads(last["detail"])["reason"] == "Theo đơn số 12/2026"
    assert not any(value in json.dumps(site.lines(), default=str) for value in secret.values())


def test_an_administrator_of_a_unit_does_not_search_everybody(site: Site) -> None:
    site.enter("admin", name="quan-tri-phuong", unit_id=ward(site))
    app = site.open(part="personal")
    assert "Chỉ quản trị xem mọi đơn vị" in app.info[0].value
    assert "person_number" not in [one.key for one in app.text_input]


# -- who may ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["leader", "reform", "presenter", "unit"])
def test_others_are_refused_the_page_and_it_is_noted(site: Site, role: str) -> None:
    site.enter(role, unit_id=ward(site))
    for part in ("", "sessions", "audit", "roles"):
        app = site.open(part=part)
        assert app.title[0].value == "Không được phép xem"
        assert not app.dataframe
    line = site.lines()[-1]
    assert (line["action"], json.loads(line["detail"])) == ("refused", {"action": "page:admin"})


def test_a_demoted_administrator_can_press_no_button_that_is_still_drawn(site: Site) -> None:
    signed_in(site.database, "admin", name="pho")
    signed_in(site.database, "leader", name="lan")
    app = site.open(account=str(site.account("lan").id))
    access.change_account(
        site.database,
        "sep",
        full_name="Sếp",
        role="leader",
        unit_id=None,
        external_id=None,
        actor=audit.Actor("pho"),
    )
    press(app, "account_lock")
    assert not site.account("lan").is_locked
    refusals = [line for line in site.lines() if line["action"] == "refused"]
    assert "manage_accounts" in {json.loads(line["detail"])["action"] for line in refusals}
    assert app.title[0].value == "Không được phép xem"


def test_an_administrator_of_a_unit_manages_only_its_accounts(site: Site) -> None:
    unit = ward(site)
    boss = audit.Actor("sep")
    access.add_account(site.database, "lan", "Lan", "unit", unit_id=unit, actor=boss)
    access.add_account(site.database, "hai", "Hải", "leader", actor=boss)
    far = str(site.account("hai").id)
    site.enter("admin", name="quan-tri-phuong", unit_id=unit)
    app = site.open()
    assert accounts(app) == ["lan", "quan-tri-phuong"]
    assert "Tham số “account”" in words(site.open(account=far))
    (choice,) = (one for one in app.selectbox if (one.key or "").startswith("add_unit"))
    assert "Tất cả đơn vị" not in choice.options
    live = rows_with(site.open(part="sessions"), "Tài khoản")
    assert [row["Tài khoản"] for row in live] == ["quan-tri-phuong"]


@pytest.mark.parametrize("account", ["999", "-1", "x", "9" * 5000, "1 or 1=1", "<b>1</b>"])
def test_a_forged_account_is_told_and_opens_nothing(site: Site, account: str) -> None:
    app = site.open(account=account)
    assert "Tham số “account”" in words(app)
    assert "account_lock" not in [button.key for button in app.button]


def test_a_forged_part_is_the_first_one(site: Site) -> None:
    assert accounts(site.open(part="../etc")) == ["sep"]


# -- sessions -----------------------------------------------------------------------------


def test_a_session_is_ended_and_the_reader_sees_the_form(site: Site) -> None:
    theirs = signed_in(site.database, "leader", name="lan")
    own = identity.presented_token()
    site.carry(theirs)
    reader = kit.new_app().run()
    assert "Tên đăng nhập" not in [one.label for one in reader.text_input]
    site.carry(own)
    app = site.open(part="sessions")
    assert {row["Tài khoản"] for row in rows_with(app, "Trình duyệt")} == {"lan", "sep"}
    (theirs_id,) = (
        one.id
        for one in access.live_sessions(site.database, datetime.now(UTC))
        if one.account == "lan"
    )
    press(picker(app, "sessions_").set_value([theirs_id]).run(), "sessions_end")
    assert "Đã kết thúc 1 phiên." in words(app)
    assert [row["Tài khoản"] for row in rows_with(app, "Trình duyệt")] == ["sep"]
    line = site.lines()[-1]
    assert (line["action"], line["actor"], line["subject"]) == ("session_revoked", "sep", "lan")

    site.carry(theirs)
    reader.run()
    assert is_sent_away(reader)


def test_all_sessions_of_an_account_are_ended(site: Site) -> None:
    tokens = [signed_in(site.database, "leader", name="lan") for _ in range(3)]
    app = site.open(account=str(site.account("lan").id))
    press(app, "account_revoke")
    assert "Đã kết thúc 3 phiên của lan." in words(app)
    for token in tokens:
        site.carry(token)
        assert identity.look_up() == (None, False)


def test_a_wait_is_ended_on_the_screen_and_what_was_typed_is_not_shown(site: Site) -> None:
    app = site.open(part="sessions")
    assert "Không ai đang phải chờ." in words(app)
    signed_in(site.database, "leader", name="lan")
    there, now = access.Visitor("203.0.113.9"), access.Moment.now()
    for name in ("lan", "mùa thu lá vàng rơi"):
        for _ in range(12):
            access.begin(site.database, name, there, now)
            now += access.wait(site.database, name, there, now)
        access.begin(site.database, name, there, now)
    app.run()
    listed = rows_with(app, "Phải chờ")
    assert {row["Tài khoản"] for row in listed} == {"lan", "tên không có tài khoản", "mọi tên"}
    assert {row["Địa chỉ"] for row in listed} == {"203.0.113.9"}
    assert "mùa thu" not in html(app) + words(app) + repr(listed)
    at = next(at for at, word in enumerate(picker(app, "waits_").options) if word[:4] == "lan,")
    press(picker(app, "waits_").set_value([at]).run(), "waits_clear")
    assert "Đã gỡ chờ; 13 lần gõ sai không còn tính." in words(app)
    assert "lan" not in {row["Tài khoản"] for row in rows_with(app, "Phải chờ")}
    assert access.wait(site.database, "lan", there, now) == timedelta()
    line = site.lines()[-1]
    assert (line["action"], line["actor"], line["subject"]) == ("waits_cleared", "sep", "lan")


def test_who_manages_one_unit_sees_only_its_waits(site: Site) -> None:
    signed_in(site.database, "leader", name="lan")
    signed_in(site.database, "unit", name="bong", unit_id=ward(site))
    for name in ("lan", "bong", "khong-ai-ca"):
        for _ in range(9):
            access.begin(site.database, name, access.Visitor("203.0.113.9"), access.Moment.now())
    site.enter("admin", name="quan-tri-phuong", unit_id=ward(site))
    listed = rows_with(site.open(part="sessions"), "Phải chờ")
    assert [row["Tài khoản"] for row in listed] == ["bong"]


@pytest.mark.parametrize(
    ("agent", "word"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile", "Chrome · Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604",
            "Safari · iPhone, iPad",
        ),
        ("curl/8", "–"),
        (None, "–"),
    ],
)
def test_browsers_in_words(agent: str | None, word: str) -> None:
    assert browser_word(agent) == word


# -- roles --------------------------------------------------------------------------------


def test_the_table_of_roles_is_shown_as_it_is(site: Site) -> None:
    app = site.open(part="roles")
    rows = {row["Việc"]: row for one in tables(app) for row in one}
    roles = access.table().roles
    assert len(rows) == len(access.table().actions)
    for action in access.table().actions.values():
        label = (
            action.label.removeprefix("Xem ") if action.key.startswith("page:") else action.label
        )
        allowed = [role for role, word in roles.items() if "được" in rows[label][word]]
        assert allowed == [role for role in roles if role in action.roles], action.key


# -- the audit ----------------------------------------------------------------------------


def test_lines_are_filtered_and_said_in_words(site: Site) -> None:
    boss = audit.Actor("sep", 1)
    access.add_account(site.database, "lan", "Lan", "leader", actor=boss)
    access.change_account(
        site.database, "lan", full_name="Lan", role="unit", unit_id=ward(site),
        external_id=None, actor=boss,
    )  # fmt: skip
    audit.record(site.database, "export", actor=audit.Actor("<b>hai</b>"), subject="danh sách")
    app = site.open(part="audit")
    page = html(app)
    assert page.index("Xuất dữ liệu") < page.index("Sửa tài khoản") < page.index("Thêm tài khoản")
    assert "vai trò: Lãnh đạo → Đơn vị" in page
    assert "&lt;b&gt;hai&lt;/b&gt;" in page
    app.multiselect(key="admin_actions").set_value(["account_changed"]).run()
    assert len(rows_with(app, "Việc")) == 1
    app.multiselect(key="admin_actions").set_value([]).run()
    app.text_input(key="admin_actor").set_value("hai").run()
    assert len(rows_with(app, "Việc")) == 1
    app.text_input(key="admin_actor").set_value("").run()
    app.text_input(key="admin_text").set_value("%").run()
    assert "Không có dòng nào" in words(app)


def test_the_audit_is_paged_and_repetitions_stand_once(site: Site) -> None:
    for turn in range(60):
        guest = audit.Actor("khách")
        audit.record(site.database, "sign_in_refused", actor=guest, subject=f"t{turn // 30}")
    app = site.open(part="audit")
    said = [row["Việc"] for row in rows_with(app, "Việc")]
    assert "▲ Từ chối đăng nhập × 30" in said
    assert "▲ Từ chối đăng nhập × 20" in said
    follow(app, "Sau ›")
    assert "▲ Từ chối đăng nhập × 10" in [row["Việc"] for row in rows_with(app, "Việc")]


def test_checking_the_chain(site: Site) -> None:
    audit.record(site.database, "export", actor=audit.Actor("sep"), subject="danh sách")
    app = press(site.open(part="audit"), "audit_verify")
    assert "Nhật ký kiểm soát nguyên vẹn" in words(app)
    mark = app.code[0].value
    app.text_input(key="audit_mark").set_value("khong-phai-moc").run()
    assert "Mốc phải có dạng" in words(press(app, "audit_verify"))
    app.text_input(key="audit_mark").set_value(mark).run()
    assert "nguyên vẹn" in words(press(app, "audit_verify"))
    with site.database.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET subject = 'khác' WHERE id = 1")
    app = press(app, "audit_verify")
    assert "không còn nguyên vẹn" in words(app)
    assert "dòng 1 đã bị sửa" in words(app)
    assert plain("Thiếu trigger audit_no_update") in words(app)


def test_the_check_tells_of_each_keys_lines(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = ("a" * 40, "b" * 40, "c" * 40)

    def stretches(keys: str) -> list[list[str]]:
        monkeypatch.setenv("AUDIT_KEY", keys)
        kit.forget()  # as when the app is started again
        app = press(site.open(part="audit"), "audit_verify")
        with_state = [rows for rows in tables(app) if rows and "Khóa" in rows[0]]
        return [list(row.values()) for rows in with_state for row in rows]

    def last() -> int:
        return audit.verify(site.database, keys=(first, second, third)).lines

    assert stretches("") == []  # nothing is signed yet
    audit.record(site.database, "export", actor=audit.Actor("sep"), keys=())
    before = last()
    audit.record(site.database, "export", actor=audit.Actor("sep"), keys=(first,))
    change_key(site.database, (second, first), actor=audit.Actor("sep"))
    changed = last()
    found = stretches(second)
    assert [row[0] for row in found] == [f"1–{before}", f"{before + 1}–{changed - 1}", f"{changed}"]
    assert found[1][1].startswith("khóa 1 (")
    assert found[1][2] == f"khóa đã đóng; nội dung khớp mã niêm ở dòng {changed}"
    give_up_key(site.database, (third,), actor=audit.Actor("sep"))
    found = stretches(third)
    assert found[2][2].startswith("▲ khóa đã mất: không kiểm tra được chữ ký")
    # A forgery under the first key, long closed.
    unnoticed(site.database, [f"UPDATE audit SET subject = 'x' WHERE id = {before + 1}"])
    app = press(site.open(part="audit"), "audit_verify")
    assert f"Trong các dòng từ {before + 1} đến {changed - 1} có dòng đã bị sửa" in words(app)


def test_marks_outside_the_database_are_told_on_the_screen(site: Site) -> None:
    shelf = audit.Shelf.of(site.settings)
    for _ in range(3):
        audit.record(site.database, "export", actor=audit.Actor("sep"))
    assert "Chưa có mốc nào" in words(press(site.open(part="audit"), "audit_verify"))
    set_mark(site.database, shelf, "verify", keys=())
    page = words(press(site.open(part="audit"), "audit_verify"))
    assert "bảo chứng đến dòng" in page
    assert "Khớp với các mốc." in html(site.open(part="health"))
    cut(site.database, 1)
    assert "đã thấy" in words(press(site.open(part="audit"), "audit_verify"))
    page = html(site.open(part="health"))
    assert "Không còn nguyên vẹn" in page
    assert "bị cắt đuôi" in page


def test_the_file_has_no_formula(site: Site) -> None:
    audit.record(site.database, "export", actor=audit.Actor("=1+1"), subject="@x")
    lines = audit.read(site.database, site.settings.zone, Scope(None))
    sheet = Sheet("Nhật ký", file_columns({}), lambda: lines, ())
    text = to_csv(sheet).content.decode("utf-8-sig")
    assert "'=1+1" in text
    assert "'@x" in text
    _, _, table = text.partition("\r\n\r\n")
    assert table.count("\n") == lines.height + 1


def test_details_in_words() -> None:
    units = {12: "Phường Hà Đông"}
    assert detail_words(None, units) == ""
    assert detail_words('{"unit_id":"None → 12"}', units) == "đơn vị: mọi đơn vị → Phường Hà Đông"
    assert detail_words('{"action":"reveal_owner","x":[1,2]}', units) == (
        "việc: Mở chủ hồ sơ, có lý do; x: 1, 2"
    )
    assert detail_words('{"register":"task"}', units) == "sổ: Nhiệm vụ"
    assert detail_words('{"everywhere":true,"outcome":"inserted"}', units) == (
        "mọi nơi: có; kết quả: thêm mới"
    )


# -- the database is lost -----------------------------------------------------------------


def test_a_lost_database_is_told_in_plain_words(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = site.open()
    identity.look_up()
    with site.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE account RENAME TO gone")
    for part in ("accounts", "sessions"):
        app.query_params["part"] = part
        app.run()
        assert "Không đọc được cơ sở dữ liệu" in words(app)
        assert not app.exception


# -- thresholds ---------------------------------------------------------------------------


def home_state(site: Site) -> str:
    app = kit.new_app().run()
    assert not app.exception
    return html(app)


def test_the_order_of_what_needs_a_decision_is_shown_with_its_date(site: Site) -> None:
    app = site.open(part="thresholds")
    page = html(app)
    places = [page.index(one.label) for one in order(date(2026, 6, 28)).ranks]
    assert places == sorted(places)
    assert "75, thêm 0,5 mỗi nhiệm vụ (tính đến 20)" in page
    told = " ".join(caption.value for caption in app.caption)
    assert "Có hiệu lực từ 01/01/1970. Căn cứ: Mức mặc định của phần mềm." in told


def test_a_threshold_is_set_and_every_screen_judges_by_it(site: Site) -> None:
    app = site.open(part="thresholds")
    assert "★ Đặt riêng" not in html(app)
    assert "98%" in html(app)
    assert "đạt 42%" not in home_state(site)
    day = date(2026, 1, 1)
    fill(app, threshold_key="on_time_alarm")
    app.run()
    fill(app, threshold_value=40, threshold_from=day, threshold_document="QĐ 7")
    submit(app, "Đặt ngưỡng")
    assert "Đã đặt ngưỡng “Mức báo động tỷ lệ đúng hạn”" in words(app)
    fill(app, threshold_key="on_time_target")
    app.run()
    fill(app, threshold_value=42, threshold_from=day, threshold_document="QĐ 8")
    submit(app, "Đặt ngưỡng")
    page = html(app)
    assert "<b>42%</b>" in page
    assert "★ Đặt riêng từ 01/01/2026" in page
    assert "QĐ 8; sep đặt lúc" in page
    assert "đạt 42%" in home_state(site)
    facts = open_facts(site.settings, Scope(None))
    assert facts.thresholds.on("on_time_target", day).value == 0.42
    for one in stored_thresholds(site.database):
        press(app, f"threshold_drop_{one.id}")
    assert stored_thresholds(site.database) == []
    assert "đạt 42%" not in home_state(site)


def test_what_cannot_be_set_is_said(site: Site) -> None:
    app = site.open(part="thresholds")
    fill(app, threshold_value=40, threshold_document="QĐ 7")
    submit(app, "Đặt ngưỡng")
    assert "mức báo động sẽ cao hơn mục tiêu" in words(app)
    fill(app, threshold_document="")
    submit(app, "Đặt ngưỡng")
    assert "văn bản làm căn cứ" in words(app)
    assert stored_thresholds(site.database) == []


def test_settings_are_not_for_an_administrator_of_a_unit(site: Site) -> None:
    app = site.open(part="thresholds")
    fill(app, threshold_value=99, threshold_document="QĐ 7")
    with site.database.begin() as connection:
        connection.execute(update(Account).where(Account.name == "sep").values(unit_id=ward(site)))
    submit(app, "Đặt ngưỡng")
    assert stored_thresholds(site.database) == []
    for part in ("thresholds", "calendar"):
        app = site.open(part=part)
        assert "Chỉ quản trị của toàn hệ thống" in words(app)
        assert {button.label for button in app.button}.isdisjoint(
            {"Đặt ngưỡng", "Ghi và tổng hợp lại", "Bỏ"}
        )


# -- the calendar -------------------------------------------------------------------------


def late_days(site: Site, moment: datetime) -> dict[int, int | None]:
    """Working days late of each dossier, counted one by one."""
    facts = open_facts(site.settings, Scope(None))
    rows = facts.dossier.to_native().collect().iter_rows(named=True)
    found: dict[int, int | None] = {}
    for row in rows:
        due, ended = row["judged_due_at"], row["ended_at"]
        found[row["dossier_id"]] = None
        if row["received_at"] is None or due is None or row["end_kind"] == "refused":
            continue
        done = ended is not None and ended < moment
        reached = ended if done else moment
        if row["received_at"] >= moment or reached <= due:
            continue
        last = reached.date() if done else (moment - timedelta(milliseconds=1)).date()
        days = [due.date() + timedelta(days=n + 1) for n in range((last - due.date()).days)]
        found[row["dossier_id"]] = sum(facts.calendar.is_working(day) for day in days)
    return found


def test_a_day_off_changes_the_figures_and_says_how_many(site: Site) -> None:
    facts = open_facts(site.settings, Scope(None))
    moment = facts.data_until
    assert moment is not None
    before = late_days(site, moment)
    app = site.open(part="calendar")
    rows = facts.dossier.to_native().collect().iter_rows(named=True)
    late = max(
        (row for row in rows if before[row["dossier_id"]] and row["judged_due_at"]),
        key=lambda row: row["judged_due_at"],
    )
    day = facts.calendar.add_working_days(late["judged_due_at"].date(), 1)
    said_day = f"{day:%d/%m/%Y}"
    fill(app, day_day=day, day_name="Nghỉ bão", day_document="CĐ 5/CĐ-UBND")
    submit(app, "Ghi và tổng hợp lại")
    after = late_days(site, moment)
    changed = sum(before[one] != after[one] for one in before)
    assert changed > 0
    said = words(app)
    assert f"Đã đặt {said_day} là ngày nghỉ." in said
    assert f"{number(changed)} hồ sơ đổi số ngày làm việc quá hạn" in said
    assert "Nghỉ bão" in html(app)
    assert not open_facts(site.settings, Scope(None)).calendar.is_working(day)
    line = site.lines()[-1]
    assert (line["action"], line["subject"]) == ("setting", f"lịch làm việc, ngày {said_day}")

    press(app, f"day_drop_{day}")
    assert f"{number(changed)} hồ sơ đổi số ngày làm việc quá hạn" in words(app)
    assert late_days(site, moment) == before


def test_a_setting_is_not_lost_behind_somebody_elses_work(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = site.open(part="thresholds")
    fill(app, threshold_value=99, threshold_document="QĐ 7")
    monkeypatch.setattr("ui.shell.jobs.busy", lambda: True)
    submit(app, "Đặt ngưỡng")
    assert "Đang có một lần nhập hoặc tổng hợp chạy" in words(app)
    assert stored_thresholds(site.database) == []

    monkeypatch.setattr("ui.shell.jobs.busy", lambda: False)
    monkeypatch.setattr("ui.shell.jobs.start", lambda *_: False)
    submit(app, "Đặt ngưỡng")
    assert "Bấm “Tổng hợp lại” ở màn hình Dữ liệu" in words(app)
    assert [one.value for one in stored_thresholds(site.database)] == [0.99]


def test_a_day_that_is_so_anyway_is_refused(site: Site) -> None:
    app = site.open(part="calendar")
    fill(app, day_day=date(2026, 6, 14), day_name="Chủ nhật", day_document="CĐ 5")
    submit(app, "Ghi và tổng hợp lại")
    assert "vốn đã là ngày nghỉ" in words(app)
    fill(app, day_day=None)
    submit(app, "Ghi và tổng hợp lại")
    assert "Hãy chọn ngày." in words(app)


# -- how the installation stands ----------------------------------------------------------


def test_what_is_missing_is_told_with_what_to_do(site: Site) -> None:
    page = html(site.open(part="health"))
    for words_ in ("Chưa đặt OWNER_KEY", "Chưa đặt AUDIT_KEY", "Chưa sao lưu lần nào", "SQLite"):
        assert words_ in page
    audit.record(site.database, "backup", actor=audit.Actor("sep"))
    assert "Chưa sao lưu" not in html(site.open(part="health"))


NOW = datetime(2026, 6, 28, 17, tzinfo=UTC)
TRAIL = audit.Verdict(True, 9, "9:x", None, "nguyên vẹn", 0, ("Có mốc đến dòng 9.",), 9)
WELL = Health(
    has_owner_key=True,
    owners_under_lock=True,
    has_audit_key=True,
    is_https=True,
    public_url="https://dung-han.gov.vn",
    hides_addresses=False,
    sign_in="form",
    database="postgresql",
    database_bytes=None,
    last_backup=NOW - timedelta(hours=30),
    free_bytes=60 << 30,
    disk_bytes=100 << 30,
    snapshot_at=NOW,
    batches_behind=0,
    refused_sign_ins=3,
    trail=TRAIL,
)


def test_what_a_restore_has_put_aside_is_told_until_it_is_dropped(site: Site) -> None:
    assert "Dữ liệu cất khi phục hồi" not in html(site.open(part="health"))
    path = aside.new_file(aside.file_of(site.settings.database_url), NOW)
    path.write_bytes(b"x" * 3_000_000)
    page = html(site.open(part="health"))
    assert f"1 bản, 2,9 MB, cũ nhất {local(NOW)}" in page
    path.unlink()
    assert "Dữ liệu cất khi phục hồi" not in html(site.open(part="health"))


def test_nothing_to_do_when_all_is_well() -> None:
    assert {line.state for line in lines(WELL, NOW)} == {"good", "none"}


@pytest.mark.parametrize(
    ("changed", "what", "state"),
    [
        ({"has_owner_key": False}, "Khóa dữ liệu cá nhân", "bad"),
        ({"has_audit_key": False}, "Khóa nhật ký", "warn"),
        ({"is_https": False, "public_url": "http://x"}, "Địa chỉ", "bad"),
        ({"is_https": False, "public_url": ""}, "Địa chỉ", "warn"),
        ({"hides_addresses": True}, "Địa chỉ người dùng", "warn"),
        ({"last_backup": None}, "Sao lưu", "bad"),
        ({"last_backup": NOW - timedelta(days=3)}, "Sao lưu", "bad"),
        ({"free_bytes": 9 << 30}, "Đĩa", "bad"),
        ({"free_bytes": None}, "Đĩa", "warn"),
        ({"batches_behind": 2}, "Bản tổng hợp", "warn"),
        ({"refused_sign_ins": 50}, "Thử mật khẩu", "bad"),
        (
            {"failed": (Failed("dung-han-backup.service", NOW, "timeout"),)},
            "Dịch vụ của máy",
            "bad",
        ),
        ({"trail": None}, "Nhật ký", "bad"),
        ({"trail": replace(TRAIL, ok=False, sentence="Thiếu dòng 3.")}, "Nhật ký", "bad"),
        (
            {"trail": replace(TRAIL, waiting_since=NOW - timedelta(hours=2))},
            "Nhật ký",
            "warn",
        ),
    ],
)
def test_each_line_says_what_to_do(changed: dict[str, Any], what: str, state: str) -> None:
    found = [line for line in lines(replace(WELL, **changed), NOW) if line.state == state]
    assert [line.what for line in found] == [what]
    assert found == lines(replace(WELL, **changed), NOW)[:1]


def test_no_new_key_is_advised_where_owners_lie_under_one() -> None:
    (line, *_) = lines(replace(WELL, has_owner_key=False), NOW)
    assert "đã được mã hóa" in line.how
    assert "Đặt đúng khóa đã dùng" in (line.then or "")
    (line, *_) = lines(replace(WELL, has_owner_key=False, owners_under_lock=False), NOW)
    assert "lưu ở dạng đọc được" in line.how


def test_sizes_in_words() -> None:
    (disk,) = (line for line in lines(WELL, NOW) if line.what == "Đĩa")
    assert disk.how == "Còn trống 60,0 GB / 100,0 GB (60%)."
