"""The screen of procedures: catalogue, versions, dossiers under expired ones, the reported row."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.database.session import migrate, open_database
from connectors.registers import import_register, load_examples
from connectors.settings import PROJECT_ROOT, Settings
from connectors.snapshot import refresh
from pages.procedures.data import Query, read_query
from tests.pages.conftest import Installation

CATALOGUE = """\
Mã thủ tục,Phiên bản,Tên thủ tục,Lĩnh vực,Cấp giải quyết,Thời hạn giải quyết,Đơn vị thời hạn,\
Mức dịch vụ công trực tuyến,Có nghĩa vụ tài chính,Có hiệu lực từ,Có hiệu lực đến
9.999901,1,Thủ tục không thời hạn,Hộ tịch,Cấp xã,,,Toàn trình,Không,01/01/2026,
9.999902,1,Thủ tục trùng hiệu lực,Hộ tịch,Cấp xã,5,Ngày làm việc,,,01/01/2026,
9.999902,2,Thủ tục trùng hiệu lực,Hộ tịch,Cấp xã,3,Ngày làm việc,,,01/06/2026,
9.999903,1,Thiếu đơn vị thời hạn,Hộ tịch,Cấp xã,5,,,,,
9.999904,1,Ngược ngày,Hộ tịch,Cấp xã,5,Ngày,,,02/01/2026,01/01/2026
9.999905,1,Lĩnh vực lạ,Chưa ai biết,Cấp xã,5,Ngày,,,,
"""


@pytest.fixture(scope="module")
def with_catalogue(
    sample_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """A copy of the sample installation with the examples and a file of procedures."""
    folder = tmp_path_factory.mktemp("procedures") / "copy"
    shutil.copytree(sample_installation.folder, folder)
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    engine = open_database(settings.database_url)
    load_examples(engine, settings, refresh_snapshot=False)
    path = folder / "thu-tuc.csv"
    path.write_text(CATALOGUE, encoding="utf-8")
    report = import_register(engine, settings, "procedure", path, by="Lan")
    engine.dispose()
    assert (report.rows_inserted, report.rows_rejected) == (3, 3)
    said = " ".join(each.sentence() for each in report.first_rejected)
    assert "phải ghi cùng đơn vị thời hạn" in said
    assert "nhỏ hơn giá trị đầu" in said
    assert "không có lĩnh vực nào" in said
    return settings


@pytest.fixture
def at(with_catalogue: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("DATA_DIR", str(with_catalogue.data_dir))
    monkeypatch.setenv("DATABASE_URL", with_catalogue.database_url)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=120)
    st.cache_data.clear()
    st.cache_resource.clear()


def _open(at: AppTest, **params: str) -> AppTest:
    at.run()
    at.switch_page("../pages/procedures/page.py")
    for name, value in params.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert not at.error
    return at


def _html(at: AppTest) -> str:
    return " ".join(str(block.proto.body) for block in at.get("html"))


def _table(at: AppTest, column: str) -> list[str]:
    """A column of the catalogue, or of the list of dossiers."""
    mark = "Mã hồ sơ" if column == "Mã hồ sơ" else "Hiệu lực"
    found = next(t.value for t in at.dataframe if mark in t.value.columns)
    return [str(value) for value in found[column]]


def test_the_catalogue_and_what_is_wrong_with_it(at: AppTest) -> None:
    page = _html(_open(at))
    assert "1.895 = 1.522 + 263 + 110" in page
    assert "● các phần khớp với tổng" in page
    assert '<span class="dh-warn">▲</span> 1' in page, "one without a time limit"
    assert "2 hai phiên bản cùng có hiệu lực" in page
    at.selectbox(key="procedures_state").set_value("no_limit").run()
    assert "".join(at.query_params["state"]) == "no_limit"
    assert _table(at, "Mã") == ["9.999901"]
    assert _table(at, "Thời hạn") == ["không có thời hạn"]
    at.selectbox(key="procedures_state").set_value("every").run()
    at.text_input(key="procedures_q").set_value("trùng hiệu").run()
    assert _table(at, "Bản") == ["1/2", "2/2"]


def test_dossiers_under_an_expired_version_are_counted_and_opened(at: AppTest) -> None:
    page = _html(_open(at, period="month:2025-07", state="with_expired"))
    count = next(
        int(text.value.rsplit(": ", 1)[1])
        for text in at.subheader
        if "phiên bản hết hiệu lực" in text.value
    )
    assert f'<span class="dh-bad">◆</span> {count}</div>' in page
    assert count > 0
    assert len(_table(at, "Mã hồ sơ")) == count
    states = set(_table(at, "Hiệu lực"))
    assert states <= {"hết hiệu lực", "đã có phiên bản thay thế"}

    one = _table(at, "Mã")[0]
    _open(at, period="month:2025-07", code=one)
    page = _html(at)
    assert "bản 1 (đã có phiên bản thay thế)" in page
    assert '<span class="dh-bad">◆ ' in page
    labels = {link.proto.label for link in at.get("page_link")}
    assert {"Hồ sơ tiếp nhận", "Hồ sơ quá hạn đang tồn"} <= labels


def test_a_presenter_sees_counts_without_names_or_lists(
    at: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = Reader(2, "trinh-chieu", "Người trình chiếu", "presenter", None, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (somebody, False))
    _open(at, period="month:2025-07", state="with_expired")
    assert "chỉ xem số lượng" in " ".join(text.value for text in at.caption)
    assert not any("Mã hồ sơ" in table.value.columns for table in at.dataframe)
    assert "Nhập liệu" not in [text.value for text in at.subheader]
    _open(at, state="in_force")
    names = _table(at, "Thủ tục")
    assert names.count("Thủ tục nhạy cảm (đã che tên)") == _table(at, "Mã").count("••••") > 0
    busiest = next(t.value for t in at.dataframe if "Nhận" in t.value.columns)
    shown = " ".join([*names, *busiest["Thủ tục"]])
    assert "kết hôn" not in shown
    # Neither is it found by its name, nor opened by its code.
    _open(at, q="kết hôn", code="1.000894")
    assert "Không có thủ tục khớp" in " ".join(text.value for text in at.markdown)
    assert "“code” trong đường dẫn" in " ".join(text.value for text in at.warning)


def test_what_the_url_says_is_checked() -> None:
    given = {"level": "xa", "pfield": "9", "state": "x", "code": "1", "q": " Hộ tịch "}
    query, problems = read_query(given, {1}, {"2.000815"})
    assert query == Query(q="Hộ tịch")
    assert len(problems) == 4
    wanted = Query("none", 1, "ending", "2.000815", "a")
    assert read_query(wanted.params(), {1}, {"2.000815"}) == (wanted, [])


def test_without_a_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'x.db'}")
    engine = open_database(settings.database_url)
    migrate(engine)
    refresh(engine, settings)
    engine.dispose()
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    st.cache_data.clear()
    st.cache_resource.clear()
    at = _open(AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=120))
    assert "Chưa có danh mục thủ tục" in " ".join(text.value for text in at.markdown)
