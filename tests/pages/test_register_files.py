"""Files of a register on its screen: by the template, by a shipped mapping, by one's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from connectors.database.session import open_database
from connectors.registers import (
    RegisterRefused,
    import_register,
    load_register_mapping,
    mappings_of,
)
from connectors.settings import PROJECT_ROOT, Settings
from tests.pages.conftest import Installation
from tests.register_models import IndexScore
from tests.screens import on
from ui.shell import guarded

KEY = "files_index_score"
OWN = """
register = "index_score"
[columns]
year = "Nam"
province = "Tinh"
score = "Diem"
[constants]
index_name = "SIPAS"
component = "TOTAL"
source = "Bảng của Sở"
"""
TABLE = "Nam,Tinh,Diem\n2024,Hà Nội,86.5\n2024,Thanh Hóa,85\n2024,Xứ Lạ,80\n"


@pytest.fixture
def place(
    sample_installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """A copy of the sample installation that may be written to."""
    folder = tmp_path / "copy"
    shutil.copytree(sample_installation.folder, folder)
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield settings
    st.cache_data.clear()
    st.cache_resource.clear()


def _screen() -> AppTest:
    at = AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=120)
    on(at, "indices").run()
    assert not at.exception
    return at


def _scores(place: Settings) -> int:
    engine = open_database(place.database_url)
    with engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(IndexScore)).scalar_one()
    engine.dispose()
    return found


def _said(at: AppTest) -> str:
    return " ".join(each.value for each in (*at.success, *at.warning, *at.error, *at.markdown))


def _press(at: AppTest, key: str) -> str:
    at.button(key=f"{KEY}_{key}").click().run()
    assert not at.exception
    return _said(at)


def _upload(at: AppTest, name: str, content: bytes, mapping: str) -> None:
    at.selectbox(key=f"{KEY}_mapping_index_score").set_value(mapping).run()
    at.file_uploader(key=f"{KEY}_file").set_value((name, content, "text/csv"))
    at.run()


def test_a_full_panel_by_a_shipped_mapping(place: Settings, shared_data: Path) -> None:
    panel = (shared_data / "indices" / "papi_panel_2011_2024.csv").read_bytes()
    at = _screen()
    assert at.selectbox(key=f"{KEY}_mapping_index_score").options == [
        "Theo tệp mẫu",
        "Số liệu chỉ số có dẫn nguồn (tệp kèm theo phần mềm)",
        "Bản gốc PAPI (cột theo lĩnh vực, theo năm, từng cặp điểm và hạng)",
        "Bảng PAPI (mỗi dòng một tỉnh, một năm: D1…D8, total, rank)",
        "Bản gốc PCI (cột theo chỉ số thành phần, theo năm, từng cặp điểm và hạng)",
        "Bảng PCI (mỗi dòng một tỉnh, một năm)",
        "Ánh xạ riêng (tệp .toml)",
    ]
    _upload(at, "papi.csv", panel, "papi-panel")
    assert "Kiểm tra thử, chưa ghi gì: 6.976 dòng; 6.976 mới" in _press(at, "trial")
    assert _scores(place) == 0
    assert "Đã nhập: 6.976 dòng; 6.976 mới, 0 thay đổi, 0 không đổi, 0 bị loại." in _press(
        at, "import"
    )
    assert _scores(place) == 6_976
    assert "0 mới, 0 thay đổi, 6.976 không đổi" in _press(at, "import")


def test_one_s_own_mapping_and_what_it_could_not_take(place: Settings) -> None:
    at = _screen()
    _upload(at, "bang.csv", TABLE.encode(), "/own")
    assert at.button(key=f"{KEY}_import").disabled
    own = at.file_uploader(key=f"{KEY}_own_index_score")
    own.set_value(("cua-so.toml", OWN.encode(), "application/toml")).run()
    said = _press(at, "import")
    assert "Đã nhập: 3 dòng; 2 mới, 0 thay đổi, 0 không đổi, 1 bị loại." in said
    assert "Xứ Lạ" in said
    assert _scores(place) == 2
    assert any("Tải 1 dòng bị loại" in each.proto.label for each in at.get("download_button"))


def test_one_s_own_mapping_in_the_folder_is_called_by_its_name(
    place: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "bang.toml").write_text(f"label = 'Bảng của Sở'\n{OWN}", encoding="utf-8")
    (folder / "pci-panel.toml").write_text(OWN, encoding="utf-8")
    (folder / "viec.toml").write_text("register = 'task'\n[columns]\nname = 'x'", "utf-8")
    at = _screen()
    offered = at.selectbox(key=f"{KEY}_mapping_index_score").options
    assert "Bảng của Sở (của đơn vị)" in offered
    assert "index_score (của đơn vị, thay ánh xạ kèm theo cùng tên)" in offered
    assert not [text for text in offered if "Bảng PCI" in text or "viec" in text]
    _upload(at, "bang.csv", TABLE.encode(), "bang")
    assert "Đã nhập: 3 dòng; 2 mới" in _press(at, "import")
    assert _scores(place) == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"register = [", "không phải TOML"),
        (b"register = 'task'\n[columns]\ncode = 'x'", "là của sổ “task”"),
        (b"register = 'index_score'\n[columns]\nmoon = 'x'", "không có cột moon"),
        (b"register = 'index_score'\nx = " + b"[" * 3_000, "lồng quá nhiều lớp ngoặc"),
        ("register = 'Sổ'".encode("utf-16"), "không phải TOML"),
        (b"register = 'index_score'\n[columns]\nyear = 'Khac'", "Tệp không có cột Khac"),
    ],
)
def test_a_bad_mapping_is_refused_in_words(
    place: Settings, tmp_path: Path, content: bytes, told: str
) -> None:
    path, table = tmp_path / "a.toml", tmp_path / "b.csv"
    path.write_bytes(content)
    table.write_text(TABLE, encoding="utf-8")
    engine = open_database(place.database_url)
    with pytest.raises(RegisterRefused, match=told):
        import_register(engine, place, "index_score", table, by="Lan", mapping=path)
    engine.dispose()


def test_what_a_file_says_is_no_markup_and_its_rejected_rows_leave_by_the_guarded_way(
    place: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link in a heading or a cell is text; who takes the rows stands in the audit first."""
    made: list[tuple[str, str, guarded.Made]] = []
    monkeypatch.setattr(
        "ui.shell.guarded.download_button",
        lambda label, action, subject, make, **_: (
            made.append((action, subject, make())) if action != "export" else None
        ),
    )
    at = _screen()
    _upload(at, "bang.csv", TABLE.replace("Xứ Lạ", "[m](https://ke-xau.example)").encode(), "/own")
    own = at.file_uploader(key=f"{KEY}_own_index_score")
    own.set_value(("cua-so.toml", OWN.replace("Diem", "[m](https://x)").encode(), "a/b")).run()
    said = _press(at, "import")
    assert "https" in said
    assert "[m](https" not in said
    own = at.file_uploader(key=f"{KEY}_own_index_score")
    own.set_value(("cua-so.toml", OWN.encode(), "application/toml")).run()
    said = _press(at, "import")
    assert "xau.example" in said
    assert "[m](https" not in said
    ((action, subject, file),) = made
    assert action == "edit_registers"
    assert subject.startswith("Dòng bị loại, lô sổ ")
    assert file.detail == {"rows": 1}


def test_shipped_mappings_are_called_by_what_they_read() -> None:
    found = mappings_of("index_score")
    shipped = {"indices-facts", "papi-panel", "pci-panel", "papi-ban-goc", "pci-ban-goc"}
    assert set(found) == shipped
    assert not set(found) & set(found.values())
    assert mappings_of("task") == {}
    assert load_register_mapping("pci-panel").register_ == "index_score"
