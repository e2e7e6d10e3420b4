"""The screen of procedures: catalogue, versions, dossiers under expired ones, the reported row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.database.session import open_database
from connectors.registers import import_register, load_examples
from connectors.settings import Settings
from pages.procedures.screen import QUERY
from tests.pages import kit
from tests.pages.conftest import Installation
from tests.pages.links import follow, html, links, rows_with, tables

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
    folder = tmp_path_factory.mktemp("procedures")
    settings = kit.copy_of(sample_installation.settings, folder)
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
    with kit.installed(with_catalogue, monkeypatch):
        yield kit.new_app()


def _open(at: AppTest | None, **params: str) -> AppTest:
    at = kit.shown("procedures", at, **params)
    assert not at.error
    return at


def _column(at: AppTest, column: str) -> list[str]:
    """A column of the catalogue."""
    return [row[column] for row in rows_with(at, "Bản", column)]


def test_the_catalogue_and_what_is_wrong_with_it(at: AppTest) -> None:
    page = html(_open(at))
    assert "1.895 = 1.522 + 263 + 110" in page
    assert "● các phần khớp với tổng" in page
    assert '1 <span class="dh-state dh-warn">▲ cần rà soát</span>' in page, "no time limit"
    assert "2 hai phiên bản cùng có hiệu lực" in page
    follow(at, "Xem thủ tục Không có thời hạn giải quyết")
    assert "".join(at.query_params["state"]) == "no_limit"
    assert _column(at, "Mã") == ["9.999901"]
    assert _column(at, "Thời hạn") == ["không có thời hạn"]
    at.selectbox(key="procedures_state").set_value("").run()
    at.text_input(key="procedures_q").set_value("trùng hiệu").run()
    assert _column(at, "Bản") == ["1/2", "2/2"]


def test_dossiers_under_an_expired_version_are_counted_and_opened(at: AppTest) -> None:
    page = html(_open(at, period="month:2025-07", state="with_expired"))
    count = next(
        int(text.value.rsplit(": ", 1)[1])
        for text in at.header
        if "phiên bản hết hiệu lực" in text.value
    )
    assert f"{count}/" in page
    assert "◆ cần rà soát" in page
    assert count > 0
    assert len(rows_with(at, "Mã hồ sơ")) == count
    states = set(_column(at, "Hiệu lực"))
    assert states <= {"hết hiệu lực", "đã có phiên bản thay thế"}

    one = rows_with(at, "Bản")[0]
    follow(at, one["Thủ tục"])
    assert "".join(at.query_params["code"]) == one["Mã"]
    assert rows_with(at, "Phiên bản")[0]["Phiên bản"] == "bản 1 (đã có phiên bản thay thế)"
    assert rows_with(at, "Phiên bản")[0]["Theo bản hết hiệu lực"].startswith("◆ ")
    assert {"Hồ sơ tiếp nhận", "Hồ sơ quá hạn đang tồn"} <= {label for label, _ in links(at)}
    dossier = rows_with(at, "Mã hồ sơ")[0]["Mã hồ sơ"]
    follow(at, dossier)
    assert f'tabindex="-1">{dossier}</h2>' in html(at)


def test_a_number_of_a_procedure_opens_its_dossiers_and_its_row_its_versions(at: AppTest) -> None:
    _open(at, period="month:2026-05")
    row = rows_with(at, "Nhận")[0]
    assert row["Thời hạn"]
    received = next(to for label, to in links(at) if label == row["Nhận"] and "procedure=" in to)
    assert "figure=received" in received
    follow(at, row["Thủ tục"])
    assert row["Thủ tục"].startswith("".join(at.query_params["code"]))
    ids = html(at).split('id="dong-code-')[1:]
    assert len({text.split('"')[0] for text in ids}) == len(ids), "an id stands once"


def test_a_presenter_sees_counts_without_names_or_lists(
    at: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = Reader(2, "trinh-chieu", "Người trình chiếu", "presenter", None, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (somebody, False))
    _open(at, period="month:2025-07", state="with_expired")
    assert "chỉ xem số lượng" in " ".join(text.value for text in at.caption)
    assert not any("Mã hồ sơ" in rows[0] for rows in tables(at) if rows)
    assert "Nhập liệu" not in [text.value for text in at.header]
    _open(at, state="in_force")
    names = _column(at, "Thủ tục")
    assert names.count("Thủ tục nhạy cảm (đã che tên)") == _column(at, "Mã").count("••••") > 0
    shown = " ".join([*names, *(row["Thủ tục"] for row in rows_with(at, "Nhận"))])
    covered = [to for label, to in links(at) if "đã che tên" in label]
    assert covered == [], "a row without a name opens nothing"
    assert "kết hôn" not in shown
    # Neither is it found by its name, nor opened by its code.
    _open(at, q="kết hôn", code="1.000894")
    assert "Không có phiên bản nào như vậy" in " ".join(text.value for text in at.markdown)
    assert "“code” trong đường dẫn" in " ".join(text.value for text in at.warning)


def test_what_the_url_says_is_checked() -> None:
    given = {"level": "xa", "pfield": "9", "state": "x", "code": "1", "q": " Hộ tịch "}
    known: dict[str, set[Any]] = {"pfield": {1}, "code": {"2.000815"}}
    asked = QUERY.parse({name: [value] for name, value in given.items()}, known)
    assert dict(asked.values) == {"q": "Hộ tịch"}
    assert len(asked.problems) == 4
    wanted = {"level": "none", "pfield": "1", "state": "ending", "q": "a", "code": "2.000815"}
    again = QUERY.parse({name: [value] for name, value in wanted.items()}, known)
    assert (again.params(), again.problems) == (wanted, ())


def test_without_a_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kit.installed(kit.empty_at(tmp_path), monkeypatch):
        at = _open(None)
    assert "Chưa có danh mục thủ tục" in " ".join(text.value for text in at.markdown)
