"""Schedules of reports on the screen "Dữ liệu": seen, added, changed, paused, removed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from connectors.database.audit import Audit
from connectors.sending import schedules
from connectors.sending.schedules import Kept
from tests.pages import kit
from tests.pages.links import html
from tests.pages.records.test_closing import as_role
from tests.reports.conftest import Office, office_at, office_in
from tests.reports.forms.test_closing import line
from tests.signing_in import signed_in


@pytest.fixture(scope="module")
def _made(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schedules")
    made = office_in(folder, _sqlite_template)
    made.take(line(1, "05/06/2025 10:00"))
    signed_in(made.database, "leader", name="chu-tich")
    signed_in(made.database, "unit", name="ha-dong", unit_id=2)
    signed_in(made.database, "presenter", name="trinh-chieu")
    made.database.dispose()
    return folder


@pytest.fixture
def office(_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    made = office_at(Path(shutil.copytree(_made, tmp_path / "office")))
    as_role(monkeypatch, "admin")
    with kit.installed(made.settings, monkeypatch):
        yield made
    made.database.dispose()


def typed(app: AppTest, begin: str, **fields: object) -> AppTest:
    """Fills a form of schedules and sends it."""
    kit.fill(app, **{f"entry_schedule_{begin}{name}": value for name, value in fields.items()})
    return app


def add(app: AppTest, **fields: object) -> AppTest:
    usual: dict[str, object] = {
        "name": "giao-ban",
        "report": "bieu-ii06a",
        "receivers": "chu-tich, chu-tich@ubnd.example",
    }
    return kit.submit(typed(app, "", **(usual | fields)), "Thêm lịch gửi")


def told(app: AppTest) -> str:
    """What the screen says, without the marks that make it plain text."""
    return kit.words(app).replace("\\", "")


def standing(office: Office) -> list[Kept]:
    return schedules.kept(office.database, office.settings)


def test_a_schedule_is_added_changed_paused_and_removed(office: Office) -> None:
    app = kit.sound("data")
    assert "Chưa có lịch gửi nào" in kit.words(app)
    before = datetime.now(UTC)
    app = add(app, folder="giao-ban", receivers="chu-tich, chu-tich@ubnd.example\nha-dong")
    assert not app.error
    (one,) = standing(office)
    assert (one.given.report, one.given.formats, one.given.at) == ("bieu-ii06a", ("pdf",), "07:00")
    assert one.sending.folder == office.settings.data_dir / "bao-cao-gui" / "giao-ban"
    assert (one.sending.since or before) > before
    words = f"{html(app)} {kit.words(app)}"
    assert "chu-tich; ha-dong (phạm vi); thư mục giao-ban" in words
    assert "hằng tuần, thứ Hai, 07:00; tuần trước" in words
    app = kit.sound("data", schedule=str(one.id))
    app = kit.submit(typed(app, f"{one.id}_", at="06:30", second_layout="xlsx"), "Sửa lịch gửi")
    (changed,) = standing(office)
    assert (changed.given.at, changed.given.formats) == ("06:30", ("pdf", "xlsx"))
    app = kit.press(kit.sound("data", schedule=str(one.id)), f"schedule_pause_{one.id}")
    assert standing(office)[0].is_paused
    assert schedules.every(office.database, office.settings) == ()
    assert "tạm dừng" in html(app)
    kit.press(kit.sound("data", schedule=str(one.id)), f"schedule_pause_{one.id}")
    assert not standing(office)[0].is_paused
    kit.press(kit.sound("data", schedule=str(one.id)), f"schedule_remove_{one.id}")
    assert standing(office) == []
    found = schedules.changes(office.database, one.id)
    changes = [(each.label, each.old, each.new) for each in reversed(found)]
    assert changes[0] == ("lịch gửi", None, "thêm")
    assert ("lúc", "07:00", "06:30") in changes
    assert changes[-3:] == [("tạm dừng", "không", "có"), ("tạm dừng", "có", "không"),
                         ("lịch gửi", "đang gửi", "bỏ")]  # fmt: skip
    assert {each.by for each in found} == {"Lan (lan)"}
    with office.database.connect() as connection:
        lines = connection.execute(
            select(Audit.subject, Audit.detail).where(Audit.action == "schedule")
        )
        noted = [f"{subject} {detail}" for subject, detail in lines]
    assert len(noted) == 5
    assert "ubnd.example" not in str(noted)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "giao ban"}, "name gồm chữ"),
        ({"at": "25:00"}, "Giờ gửi ghi như 07"),
        ({"day": 8}, "day từ 1 đến 7"),
        ({"report": "bao-cao-tuan", "layout": "xlsx"}, "ở định dạng đã ghi"),
        ({"receivers": "khong-co, a@b.vn"}, "Không có tài khoản “khong-co”"),
        ({"receivers": "trinh-chieu, a@b.vn"}, "không được tải danh sách"),
        ({"receivers": "chu-tich, a@b.vn, c@d.vn"}, "thư điện tử"),
        ({"receivers": "chu-tich"}, "cần folder, hoặc address"),
        ({"receivers": "chu-tich, a@b.vn\nchu-tich, c@d.vn"}, "nhận một lần"),
        ({"unit_id": 3, "receivers": "ha-dong, a@b.vn"}, "ngoài phạm vi của tài khoản “ha-dong”"),
        ({"folder": "../x"}, "name gồm chữ"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_nothing_is_kept(
    office: Office, fields: dict[str, object], said: str
) -> None:
    app = add(kit.sound("data"), **fields)
    assert said in told(app)
    assert standing(office) == []


def test_only_administrators_see_and_keep_schedules(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not add(kit.sound("data")).error
    for role, unit in (("leader", None), ("reform", None), ("admin", 2)):
        as_role(monkeypatch, role, unit)
        app = kit.shown("data", schedule="1")
        said = f"{html(app)} {kit.words(app)}"
        assert "Gửi tự động" not in said + " ".join(each.value for each in app.header)
        assert "chu-tich" not in said


def test_the_file_is_shown_and_wins(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not add(kit.sound("data")).error
    file = tmp_path / "gui.toml"
    file.write_text(
        '[[sending]]\nname = "giao-ban"\nreport = "bieu-ii07b"\n'
        'receivers = [{ account = "chu-tich", address = "a@ubnd.example" }]\n'
    )
    monkeypatch.setenv("SENDING_FILE", str(file))
    kit.forget()
    app = kit.sound("data")
    assert "SENDING_FILE có lịch cùng tên" in html(app)
    settings = office.settings.model_copy(update={"sending_file": file})
    (sent,) = schedules.every(office.database, settings)
    assert sent.report == "bieu-ii07b"
    assert "SENDING_FILE đã có lịch “giao-ban”" in told(add(app))
    file.write_text("[[sending]]\n")
    assert "Không gửi được báo cáo nào: SENDING_FILE" in told(kit.shown("data"))
    kit.forget()
