"""Sources that are fetched by themselves, on the screen "Dữ liệu"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from connectors.database.session import open_database
from connectors.fetch import state
from connectors.settings import Settings
from tests.connectors.intake.conftest import MAPPING
from tests.pages import kit
from tests.pages.records.test_own_mappings import as_role

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
SECRET = "postgresql://doc:mat-khau@may-chu/nguon"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return kit.empty_at(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def fetched(empty: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder that went well but for a file, and a database that is not there."""
    as_role(monkeypatch, "reform")
    here = kit.copy_of(empty, tmp_path / "here")
    folder = tmp_path / "mappings"
    folder.mkdir()
    watched = f'{MAPPING}\n[folder]\npath = "/srv/vao"\nevery = "15 phút"\n'
    (folder / "thu-muc.toml").write_text(watched, encoding="utf-8")
    sql = f'[sql]\nurl = "{SECRET}"\nquery = "SELECT 1"\nevery = "1 ngày"'
    pulled = MAPPING.replace('[file]\nformat = "csv"', sql).replace("Nguồn thử", "Kho thử")
    (folder / "kho.toml").write_text(pulled, encoding="utf-8")
    (folder / "tep.toml").write_text(MAPPING, encoding="utf-8")
    database = open_database(here.database_url)
    state.note(database, "thu-muc", NOW, None, files_refused=2)
    state.note(database, "kho", NOW, None, vanished=1, vanished_codes=["HS-9"], full_at=NOW)
    state.note(database, "kho", NOW, "Không đọc được nguồn “Kho”: máy chủ không trả lời.")
    database.dispose()
    with kit.installed(here, monkeypatch):
        yield


def _said(app: AppTest) -> str:
    """What stands there, the tables too."""
    tables = [element.proto.body for element in app.get("html")]
    headings = [element.value for element in app.header]
    return "\n".join([kit.words(app).replace("\\", ""), *headings, *map(unescape, tables)])


def test_how_each_source_goes_is_told_without_its_address(fetched: None) -> None:
    said = _said(kit.sound("data"))
    assert "Lấy tự động (2)" in said
    for part in (
        "thư mục theo dõi",
        "ánh xạ thu-muc, mỗi 15 phút",
        "mỗi 1 ngày",
        "15:00 05/01/2026",  # the last success
        "15:15 05/01/2026",  # the next turn
        "máy chủ không trả lời",
        "2 tệp bị từ chối nằm trong thư mục loi/",
        "HS-9",
        "Không hồ sơ nào bị xóa",
    ):
        assert part in said, part
    assert "mat-khau" not in said


def test_whoever_may_not_mend_it_sees_no_reasons(
    fetched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(monkeypatch, "leader")
    said = _said(kit.sound("data"))
    assert "Lấy tự động (2)" in said
    assert "máy chủ không trả lời" not in said
