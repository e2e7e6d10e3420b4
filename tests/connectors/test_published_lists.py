"""Lists and tables as their editors publish them: procedures, PAPI, PCI."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connectors.database.registers import TABLES
from connectors.registers import RegisterRefused, RegisterReport, import_register
from connectors.registers.mapping import load_register_mapping
from connectors.registers.wide import widened
from connectors.settings import PROJECT_ROOT, Settings

SAMPLES = PROJECT_ROOT / "docs" / "samples"
Take = Callable[..., RegisterReport]


@pytest.fixture
def take(sqlite_database: Engine, settings: Settings) -> Take:
    def run(register: str, path: Path, mapping: str) -> RegisterReport:
        how: dict[str, Any] = {"by": "Lan", "mapping": mapping, "refresh_snapshot": False}
        return import_register(sqlite_database, settings, register, path, **how)

    return run


def rows(database: Engine, name: str, *columns: str) -> list[tuple[Any, ...]]:
    table = TABLES[name]
    query = select(*(table.c[column] for column in columns)).order_by(table.c.id)
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_the_national_list_of_procedures(take: Take, sqlite_database: Engine) -> None:
    path = SAMPLES / "danh-sach-tthc.xlsx"
    report = take("procedure", path, "danh-sach-tthc")
    assert (report.rows_inserted, report.rows_rejected) == (4, 0)
    assert "dòng tiêu đề 4" in report.read_as[0]
    assert "tiêu đề nhóm, không phải thủ tục: dòng 9" in report.left_aside[-1]
    found = rows(sqlite_database, "procedure", "code", "name", "field_id", "level", "online_level")
    assert found == [
        ("1.004194", "Đăng ký tạm trú", 1, "commune", "full"),
        ("2.002492", "Cấp giấy phép thử nghiệm ngoài trời", 2, "province", "partial"),
        ("3.000181", "Xác nhận thông tin thử nghiệm", 2, None, None),
        ("1.012345", "Cấp lại giấy phép thử nghiệm", 3, "commune", None),
    ]
    fields = [name for (name,) in rows(sqlite_database, "field", "name")]
    assert fields == ["Đăng ký, quản lý cư trú", "Xây dựng", "Đất đai"]
    again = take("procedure", path, "danh-sach-tthc")
    assert (again.rows_unchanged, again.rows_inserted) == (4, 0)


def test_a_list_in_csv_with_groups_finds_procedures_that_were_kept_with_a_suffix(
    take: Take, sqlite_database: Engine, tmp_path: Path
) -> None:
    table = TABLES["procedure"]
    with sqlite_database.begin() as connection:
        known = {"code": "1.004194.000.00.00.H26", "name": "Cũ", "version": 1}
        connection.execute(table.insert().values(**known, is_sensitive=False))
    path = tmp_path / "ds.csv"
    path.write_text(
        '"DANH SÁCH\nTHỦ TỤC";;;\n\nTT;Mã thủ tục;Tên thủ tục hành chính;"Lĩnh\nvực"\n'
        ';;I. CẤP XÃ;\n1;1.004194;"Đăng ký\ntạm trú";Cư trú\n2;1.000001.H26;Khác;CƯ TRÚ\n',
        encoding="utf-8",
    )
    report = take("procedure", path, "danh-sach-tthc")
    assert (report.rows_changed, report.rows_inserted, report.rows_rejected) == (1, 1, 0)
    assert rows(sqlite_database, "procedure", "code", "name") == [
        ("1.004194", "Đăng ký tạm trú"),
        ("1.000001", "Khác"),
    ]
    assert rows(sqlite_database, "field", "name") == [("Cư trú",)]


def test_the_original_tables_of_pci_and_papi(take: Take, sqlite_database: Engine) -> None:
    report = take("index_score", SAMPLES / "pci-ban-goc.xlsx", "pci-ban-goc")
    assert (report.rows_inserted, report.rows_rejected) == (7, 0)
    assert "Lấy từ tiêu đề Năm: 2023" in report.read_as[-1]
    columns = ("index_name", "year", "component", "province_code", "score", "rank")
    found = rows(sqlite_database, "index_score", *columns)
    assert found[:3] == [
        ("PCI", 2023, "TOTAL", "22", 71.25, 1),
        ("PCI", 2023, "PCI1", "22", 7.5, 12),
        ("PCI", 2023, "PCI6", "22", 6.25, 9),
    ]
    # Nothing is known of the third province's total: no record, not 0.
    assert found[6:] == [("PCI", 2023, "PCI1", "31", 7.75, 5)]
    report = take("index_score", SAMPLES / "papi-ban-goc.xlsx", "papi-ban-goc")
    assert (report.rows_inserted, report.rows_rejected) == (10, 0)
    papi = rows(sqlite_database, "index_score", *columns)[7:]
    assert ("PAPI", 2023, "D1", "01", 4.75, 18) in papi
    assert ("PAPI", 2022, "TOTAL", "46", 46.25, 2) in papi
    assert not any(row[3] == "46" and row[1:3] == (2023, "D1") for row in papi)


@pytest.mark.parametrize(
    ("header", "given"),
    [
        (["2021 Điểm", "2021 Hạng"], {("TOTAL", "2021"): ("2021 Điểm", "2021 Hạng")}),
        (["Rank 2021", "Score 2021"], {("TOTAL", "2021"): ("Score 2021", "Rank 2021")}),
        (["2021", "Hạng 2021"], {("TOTAL", "2021"): ("2021", "Hạng 2021")}),
        (["Điểm", "Xếp hạng", "Thay đổi hạng"], {("TOTAL", None): ("Điểm", "Xếp hạng")}),
        (["D1", "D2 Hạng"], {("D1", None): ("D1", None), ("D2", None): (None, "D2 Hạng")}),
        (["Tổng điểm", "Điểm PAPI 2020-2021"], {("TOTAL", None): ("Tổng điểm", None)}),
        (["PAPI 2024 Dimension 8 Rank"], {("D8", "2024"): (None, "PAPI 2024 Dimension 8 Rank")}),
    ],
)
def test_headings_say_what_columns_hold(header: list[str], given: dict[Any, Any]) -> None:
    mapping = load_register_mapping("papi-ban-goc")
    assert mapping.headings is not None
    found = {}
    for record in widened(mapping.records(), mapping.headings, ["Tỉnh", "Ghi chú", *header]):
        columns = {name: item.column[0] for name, item in record.columns.items()}
        key = (record.constants["component"], record.constants.get("year"))
        found[key] = (columns.get("score"), columns.get("rank"))
    assert found == given


def test_a_table_that_says_no_year_or_nothing_is_refused(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "bang.csv"
    path.write_text("Tỉnh,Điểm,Hạng\nHà Nội,70,1\n", encoding="utf-8")
    with pytest.raises(RegisterRefused, match="Không thấy “Năm”"):
        take("index_score", path, "pci-ban-goc")
    path.rename(named := tmp_path / "PCI_2022.csv")
    assert take("index_score", named, "pci-ban-goc").rows_inserted == 1
    path.write_text("Tỉnh,Dân số\nHà Nội,8\n", encoding="utf-8")
    with pytest.raises(RegisterRefused, match="headings"):
        take("index_score", path, "pci-ban-goc")
