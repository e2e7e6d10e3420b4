"""The template that the application offers, filled in and imported."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import fastexcel
import pytest
import xlsxwriter
from sqlalchemy import Engine, func, select

from connectors.database.models import Apology, Owner, Pause, Unit
from connectors.intake import ImportReport, import_file, load_mapping
from connectors.intake.template import build_template
from connectors.intake.words import built_in_words, fold
from connectors.settings import Settings
from tests.connectors.intake.conftest import NOW, dossiers
from tests.register_models import Field, Procedure

SHEETS = ["Hồ sơ", "Đơn vị", "Thủ tục", "Hướng dẫn"]


def header(content: bytes, sheet: str) -> list[str]:
    workbook = fastexcel.read_excel(content)
    frame = workbook.load_sheet(sheet, header_row=None, dtypes="string").to_polars()
    return [str(cell) for cell in frame.row(0)]


def test_the_template_has_every_column_of_its_mapping_and_no_other() -> None:
    content = build_template()
    mapping = load_mapping("mau-nhap-ho-so")
    read = {name for wanted in mapping.columns_read() for name in wanted.names}
    assert set(header(content, "Hồ sơ")) == read
    for catalogue in mapping.catalogue:
        wanted = {name for column in catalogue.columns.values() for name in column.column}
        assert set(header(content, catalogue.sheet)) == wanted


def test_the_template_opens_with_its_sheets_and_guide() -> None:
    workbook = fastexcel.read_excel(build_template([("01", "Phường A")], [("1.1", "Khai sinh")]))
    assert [name for name in workbook.sheet_names if name != "Danh sách"] == SHEETS
    units = workbook.load_sheet("Đơn vị", dtypes="string").to_polars()
    assert units["Tên đơn vị"].to_list() == ["Phường A"]
    guide = workbook.load_sheet("Hướng dẫn", header_row=None, dtypes="string").to_polars()
    assert any("Mã hồ sơ *" in str(cell) for cell in guide.to_series(0))


def filled(rows: list[dict[str, object]], units: list[dict[str, object]]) -> bytes:
    """The template as a user fills it in: real dates, its own header order."""
    content = build_template()
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "dd/mm/yyyy hh:mm"}) as book:
        for sheet, lines in (
            ("Hồ sơ", rows),
            ("Đơn vị", units),
            (
                "Thủ tục",
                [
                    {
                        "Mã thủ tục": "1.001",
                        "Tên thủ tục": "Khai sinh",
                        "Lĩnh vực": "Hộ tịch",
                        "Thời hạn giải quyết": 5,
                        "Đơn vị thời hạn": "Ngày làm việc",
                        "Cấp thực hiện": "Cấp xã",
                    }
                ],
            ),
        ):
            names = header(content, sheet)
            page = book.add_worksheet(sheet)
            page.write_row(0, 0, names)
            for place, line in enumerate(lines, start=1):
                page.write_row(place, 0, [line.get(name) for name in names])
    return out.getvalue()


UNITS: list[dict[str, object]] = [
    {"Mã đơn vị": "TP", "Tên đơn vị": "Hà Nội", "Loại đơn vị": "Tỉnh, thành phố"},
    {
        "Mã đơn vị": "09556",
        "Tên đơn vị": "Phường Hà Cầu",
        "Loại đơn vị": "Xã, phường",
        "Hiệu lực đến": date(2025, 6, 30),
        "Mã đơn vị cấp trên": "TP",
    },
    {
        "Mã đơn vị": "09556",
        "Tên đơn vị": "Phường Hà Đông",
        "Loại đơn vị": "Xã, phường",
        "Cấp": "Cấp xã",
        "Hiệu lực từ": date(2025, 7, 1),
        "Mã đơn vị cấp trên": "TP",
    },
]
ROWS: list[dict[str, object]] = [
    {
        "Mã hồ sơ": "H26-1",
        "Thủ tục": "1.001",
        "Đơn vị giải quyết": "09556",
        "Kênh nộp": "Trực tuyến",
        "Ngày tiếp nhận": datetime(2025, 6, 5, 8, 0),
        "Hẹn trả": date(2025, 6, 12),
        "Ngày kết thúc": datetime(2025, 6, 11, 9, 0),
        "Yêu cầu bổ sung lúc": datetime(2025, 6, 6, 8, 0),
        "Bổ sung xong lúc": datetime(2025, 6, 7, 8, 0),
        "Chờ nghĩa vụ tài chính từ": "08/06/2025",
        "Ngày văn bản xin lỗi": date(2025, 6, 11),
        "Chủ hồ sơ": "Nguyễn Văn A",
        "Số hóa hồ sơ": "Có",
        "Nguyên nhân quá hạn": "Có tranh chấp",
    },
    {
        "Mã hồ sơ": "H26-2",
        "Đơn vị giải quyết": "Phường Hà Đông",
        "Ngày tiếp nhận": "01/07/2025 08:00",
        "Kết quả xử lý": "Trả lại",
        "Ngày kết thúc": "02/07/2025",
    },
    {
        "Mã hồ sơ": "H26-3",
        "Đơn vị giải quyết": "09556",
        "Ngày tiếp nhận": "02/07/2025 08:00",
    },
]


def run(database: Engine, settings: Settings, tmp_path: Path, content: bytes) -> ImportReport:
    path = tmp_path / "mau.xlsx"
    path.write_bytes(content)
    return import_file(database, settings, path, "mau-nhap-ho-so", refresh_snapshot=False, now=NOW)


def test_a_filled_template_is_imported_into_an_empty_database(
    database: Engine, settings: Settings, tmp_path: Path
) -> None:
    content = filled(ROWS, UNITS)
    report = run(database, settings, tmp_path, content)
    assert (report.rows_inserted, report.rows_rejected) == (3, 0), report.first_rejected
    found = dossiers(database)
    with database.connect() as connection:
        units = {row.id: row for row in connection.execute(select(Unit.__table__))}
        procedure = connection.execute(select(Procedure.__table__)).one()
        field = connection.execute(select(Field.name)).scalar_one()
        pauses = connection.execute(select(func.count(Pause.id))).scalar_one()
        apologies = connection.execute(select(func.count(Apology.id))).scalar_one()
        owner = connection.execute(select(Owner.__table__)).one()
    # The code 09556 means another ward after 1 July 2025.
    assert units[found["H26-1"].resolving_unit_id].name == "Phường Hà Cầu"
    assert units[found["H26-2"].resolving_unit_id].name == "Phường Hà Đông"
    assert units[found["H26-3"].resolving_unit_id].name == "Phường Hà Đông"
    assert (procedure.limit_value, procedure.limit_unit, field) == (5, "working_day", "Hộ tịch")
    assert (found["H26-1"].end_kind, found["H26-2"].end_kind) == ("result", "returned")
    assert found["H26-1"].due_at == datetime(2025, 6, 12, 16, 59, 59, 999000, tzinfo=UTC)
    assert found["H26-1"].late_cause == "dispute"
    assert found["H26-1"].digitised is True
    assert (pauses, apologies, owner.name) == (2, 1, "Nguyễn Văn A")
    again = run(database, settings, tmp_path, content)
    assert (again.rows_inserted, again.rows_changed, again.rows_unchanged) == (0, 0, 3)
    assert again.units_created == []


def test_units_are_valid_only_in_their_days(
    database: Engine, settings: Settings, tmp_path: Path
) -> None:
    early = [{**ROWS[0], "Đơn vị giải quyết": "Phường Hà Đông"}]
    report = run(database, settings, tmp_path, filled(early, UNITS))
    assert report.rows_rejected == 1
    assert "không có hiệu lực vào ngày tiếp nhận" in report.first_rejected[0].reason
    # Moved to the new ward on the day of the reform: received before, still open after.
    moved = [{**early[0], "Ngày kết thúc": None}]
    assert run(database, settings, tmp_path, filled(moved, UNITS)).rows_inserted == 1


def test_a_wrong_cell_in_a_catalogue_sheet_costs_that_row_and_not_the_file(
    database: Engine, settings: Settings, tmp_path: Path
) -> None:
    wrong = [UNITS[0], {**UNITS[1], "Loại đơn vị": "Làng"}, UNITS[2]]
    report = run(database, settings, tmp_path, filled(ROWS, wrong))
    (told,) = report.warnings
    assert told.startswith("Trang “Đơn vị”, dòng 3, cột “Loại đơn vị”, giá trị “Làng”: ")
    assert "“tỉnh, thành phố”, “sở, ban, ngành”, " in told  # each one in quotes
    assert "commune" not in told
    assert (report.rows_inserted, report.rows_rejected) == (2, 1)
    # Mended and sent again, the unit is there and so is its dossier.
    again = run(database, settings, tmp_path, filled(ROWS, UNITS))
    assert (again.rows_inserted, again.rows_unchanged, again.warnings) == (1, 2, [])


def test_a_bad_row_makes_those_under_it_wait_and_many_are_summed_up(
    database: Engine, settings: Settings, tmp_path: Path
) -> None:
    below: list[dict[str, object]] = [
        {"Mã đơn vị": f"X{place}", "Tên đơn vị": f"Xã {place}", "Mã đơn vị cấp trên": "T"}
        for place in range(25)
    ]
    wrong: list[dict[str, object]] = [
        {"Mã đơn vị": "T", "Tên đơn vị": "Tỉnh T", "Cấp": "cấp nước"},
        *below,
    ]
    report = run(database, settings, tmp_path, filled(ROWS, [*wrong, *UNITS]))
    assert "“cấp tỉnh”, “cấp huyện”, “cấp xã”. " in report.warnings[0]
    assert "đơn vị cấp trên phải đứng ở một dòng phía trên" in report.warnings[1]
    assert report.warnings[-1] == "… và 6 dòng danh mục khác chưa được lấy."
    assert report.rows_inserted == 3


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Tỉnh, thành phố", "province"),
        ("Thành phố", "province"),
        ("Sở", "department"),
        ("Ban", "department"),
        ("Xã, phường", "commune"),
        ("xã", "commune"),
        (" PHƯỜNG ", "commune"),
        ("Đặc khu", "commune"),
        ("Phòng chuyên môn", "office"),
    ],
)
def test_kinds_of_units_are_known_by_the_single_words_people_write(
    database: Engine, settings: Settings, tmp_path: Path, word: str, kind: str
) -> None:
    units: list[dict[str, object]] = [
        {"Mã đơn vị": "09556", "Tên đơn vị": "Phường Hà Đông", "Loại đơn vị": word}
    ]
    assert run(database, settings, tmp_path, filled([ROWS[2]], units)).warnings == []
    with database.connect() as connection:
        assert connection.execute(select(Unit.kind)).scalar_one() == kind


def test_no_list_of_choices_is_cut_at_its_commas() -> None:
    """Lists stand in cells: a spreadsheet would cut one in the rule itself at each comma."""
    with zipfile.ZipFile(io.BytesIO(build_template())) as book:
        parts = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        text = "".join(book.read(name).decode() for name in parts)
    rules = re.findall(r'<dataValidation type="list".*?<formula1>(.*?)</formula1>', text)
    assert len(rules) > 10
    assert [
        rule for rule in rules if not re.fullmatch(r"'[^']+'!\$[A-Z]+\$\d+:\$[A-Z]+\$\d+", rule)
    ] == []


def test_every_choice_of_the_template_is_understood() -> None:
    cells = fastexcel.read_excel(build_template()).load_sheet(
        "Danh sách", header_row=None, dtypes="string"
    )
    words = {word for column in cells.to_polars() for word in column.drop_nulls()}
    known = {
        word
        for kind in (
            "channel",
            "end_kind",
            "boolean",
            "owner_kind",
            "unit_kind",
            "level",
            "limit_unit",
            "late_cause",
        )
        for word in built_in_words(kind)
    }
    assert "Xã, phường" in words
    assert {fold(word) for word in words} <= known


def test_the_guide_tells_of_every_column_of_every_sheet() -> None:
    content = build_template()
    guide = (
        fastexcel.read_excel(content)
        .load_sheet("Hướng dẫn", header_row=None, dtypes="string")
        .to_polars()
    )
    told = {str(cell).removesuffix(" *") for cell in guide.to_series(0)}
    for sheet in SHEETS[:3]:
        assert set(header(content, sheet)) <= told
    ways = dict(guide.iter_rows())
    assert "“Xã, phường”" in str(ways["Loại đơn vị"])
