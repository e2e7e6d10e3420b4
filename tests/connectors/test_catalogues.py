"""An installation's first day: units, procedures and fields without any dossier."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import Engine, select

from connectors import audit
from connectors.database.audit import Audit
from connectors.database.models import Unit
from connectors.database.registers import TABLES
from connectors.intake import ImportReport, IntakeRefused, import_file
from connectors.registers import RegisterRefused, import_register
from connectors.registers.columns_page import columns_page
from connectors.settings import PROJECT_ROOT, Settings
from connectors.units_national import load_national_units, national_units

NOW = datetime(2026, 6, 1, tzinfo=UTC)
UNIT_HEADER = ["Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Mã đơn vị cấp trên"]
UNIT_HEADER += ["Cấp", "Hiệu lực từ", "Hiệu lực đến"]
PROCEDURE_HEADER = ["Mã thủ tục", "Tên thủ tục", "Lĩnh vực", "Cấp thực hiện"]
PROCEDURE_HEADER += ["Thời hạn giải quyết", "Đơn vị thời hạn", "Hiệu lực từ", "Hiệu lực đến"]


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    """Numbers are shown with five digits, as codes are."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        zeros = book.add_format({"num_format": "00000"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                for column, value in enumerate(row):
                    sheet.write(place, column, value, *([zeros] if isinstance(value, int) else []))
    return out.getvalue()


def take(
    database: Engine, settings: Settings, folder: Path, sheets: dict[str, list[list[Any]]]
) -> ImportReport:
    path = folder / "danh-muc.xlsx"
    path.write_bytes(workbook(sheets))
    return import_file(database, settings, path, "mau-nhap-ho-so", refresh_snapshot=False, now=NOW)


def test_units_alone_with_their_zeros(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    wards = [[124 + place, f"Xã số {place}", "Xã, phường", "T"] for place in range(126)]
    rows: list[list[Any]] = [UNIT_HEADER, ["T", "Tỉnh Thử", "Tỉnh, thành phố"], *wards]
    report = take(sqlite_database, settings, tmp_path, {"Đơn vị": rows})
    assert (len(report.units_created), report.rows_read, report.warnings) == (127, 0, [])
    assert "chỉ có danh mục" in report.read_as[0]
    with sqlite_database.connect() as connection:
        found = connection.execute(select(Unit.code).where(Unit.kind == "commune")).scalars().all()
    assert found[:2] == ["00124", "00125"]
    assert take(sqlite_database, settings, tmp_path, {"Đơn vị": rows}).units_created == []


def test_procedures_alone_with_their_fields(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    rows: list[list[Any]] = [
        PROCEDURE_HEADER,
        ["1.004194", "Khai sinh", "Hộ tịch", "Cấp xã", 5, "Ngày làm việc"],
    ]
    # The template as it is offered, with no dossier typed in.
    header = ["Mã hồ sơ", "Đơn vị giải quyết", "Ngày tiếp nhận", "Hẹn trả", "Ngày kết thúc"]
    sheets: dict[str, list[list[Any]]] = {"Hồ sơ": [[*header]], "Thủ tục": rows}
    report = take(sqlite_database, settings, tmp_path, sheets)
    assert report.procedures_created == ["Khai sinh"]
    with sqlite_database.connect() as connection:
        assert connection.execute(select(TABLES["field"].c.name)).scalars().all() == ["Hộ tịch"]
    sheets.pop("Thủ tục")
    with pytest.raises(IntakeRefused, match="chỉ có tiêu đề"):
        take(sqlite_database, settings, tmp_path, sheets)


def test_the_communes_of_the_country() -> None:
    found = list(national_units())
    kinds = [unit["kind"] for unit in found]
    assert (kinds.count("province"), kinds.count("commune")) == (34, 3321)
    by_code = {unit["code"]: unit for unit in found}
    assert len(by_code) == 34 + 3321
    assert {len(unit["code"]) for unit in found if unit["parent"]} == {5}
    # Bắc Ninh was merged with Bắc Giang, Cao Bằng with none.
    assert (by_code["24"]["name"], by_code["24"]["valid_from"]) == (
        "Tỉnh Bắc Ninh",
        date(2025, 7, 1),
    )
    assert by_code["04"]["valid_from"] is None
    assert by_code["00004"]["parent"] == "01"


def test_one_province_is_loaded_once(database: Engine, settings: Settings) -> None:
    actor = audit.Actor("lan")
    made = load_national_units(database, settings, "24", actor=actor)
    assert len(made) == 100  # the province and its 99 communes
    assert load_national_units(database, settings, "24", actor=actor) == []
    with pytest.raises(IntakeRefused, match="04 Tỉnh Cao Bằng"):
        load_national_units(database, settings, "99", actor=actor)
    with database.connect() as connection:
        units = connection.execute(select(Unit).order_by(Unit.sort_order)).all()
        noted = connection.execute(select(Audit.action)).scalars().all()
    (province,) = (unit.id for unit in units if unit.parent_id is None)
    assert {unit.parent_id for unit in units} == {None, province}
    assert [unit.sort_order for unit in units] == list(range(1, 101))
    assert noted == ["import"]


MAPPING = """
register = "field"
[file]
format = "jsonl"
records = "data"
[columns]
code = { column = "ma.so", pattern = "^LV-(.+)$" }
name = ["ten", "tenGoi"]
[values.name]
"HT" = "Hộ tịch"
"""


def test_a_register_is_read_from_json_with_patterns_and_values(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    mapping, path = tmp_path / "linh-vuc.toml", tmp_path / "linh-vuc.json"
    mapping.write_text(MAPPING, encoding="utf-8")
    rows = [
        {"ma": {"so": "LV-01"}, "ten": "ht"},
        {"ma": {"so": "LV-02"}, "ten": None, "tenGoi": "Đất đai"},
        {"ma": {"so": "03"}, "ten": "Xây dựng"},
    ]
    path.write_text(json.dumps({"data": rows}), encoding="utf-8")
    how: dict[str, Any] = {"by": "Lan", "mapping": mapping, "refresh_snapshot": False}
    report = import_register(sqlite_database, settings, "field", path, now=NOW, **how)
    assert (report.rows_read, report.rows_inserted, report.rows_rejected) == (3, 2, 1)
    assert "không khớp mẫu" in report.first_rejected[0].reason
    table = TABLES["field"]
    with sqlite_database.connect() as connection:
        found = connection.execute(select(table.c.code, table.c.name).order_by(table.c.code)).all()
    assert [tuple(row) for row in found] == [("01", "Hộ tịch"), ("02", "Đất đai")]
    mapping.write_text(MAPPING + '\n[values.nam]\n"a" = "b"\n', encoding="utf-8")
    with pytest.raises(RegisterRefused, match="không có cột"):
        import_register(sqlite_database, settings, "field", path, now=NOW, **how)


def test_header_rows_are_rows_whatever_breaks_stand_in_their_cells(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    mapping, path = tmp_path / "linh-vuc.toml", tmp_path / "linh-vuc.csv"
    mapping.write_text(
        'register = "field"\n[file]\nheader_row = 3\n[columns]\ncode = "Mã\\nsố"\nname = "Tên"\n',
        encoding="utf-8",
    )
    title = '"DANH MỤC\nLĨNH VỰC",\n"(kèm theo\nQuyết định\nsố 1)",\n'
    path.write_text(title + '"Mã\nsố",Tên\n01,Hộ tịch\n02,"Đất\nđai"\n', encoding="utf-8")
    how: dict[str, Any] = {"by": "Lan", "mapping": mapping, "refresh_snapshot": False}
    report = import_register(sqlite_database, settings, "field", path, now=NOW, **how)
    assert (report.rows_inserted, report.rows_rejected) == (2, 0), report
    assert "dòng tiêu đề 3" in report.read_as[0]


def test_the_page_of_columns_is_of_the_declarations() -> None:
    assert (PROJECT_ROOT / "docs/register-columns.md").read_text("utf-8") == columns_page()
