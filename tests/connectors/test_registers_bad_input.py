"""Every register, every kind of bad file: what is said of it, and that the rest is taken.

One table of sound rows, one for each register; each kind of badness is done to all of them. Where
nothing has to be written, it is a trial: it does everything and undoes it.
"""

from __future__ import annotations

import csv
import io
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from sqlalchemy import Engine

from connectors.database.session import migrate, open_database
from connectors.intake.export import rejected_csv, rejected_xlsx
from connectors.intake.report import IntakeRefused
from connectors.registers import (
    REGISTERS,
    RegisterRefused,
    RegisterReport,
    add,
    import_register,
    load_examples,
    template,
)
from connectors.settings import Settings
from metrics.registers.columns import DATE, MOMENT, REFERENCES, TEXT, UNIT

Row = dict[str, str]
Take = Callable[..., RegisterReport]

_TASK = {"Mã chương trình": "HD-KH-2023", "Mã nhiệm vụ": "7"}
_UNIT = "gso:268"
VALID: dict[str, Row] = {
    "field": {"Mã lĩnh vực": "LV-MOI", "Tên lĩnh vực": "Lĩnh vực thử"},
    "procedure": {"Mã thủ tục": "9.009009", "Tên thủ tục": "Thủ tục thử",
                  "Có hiệu lực từ": "01/01/2024"},
    "programme": {"Mã chương trình": "CT-MOI", "Tên chương trình, kế hoạch": "Kế hoạch thử",
                  "Loại": "Kế hoạch", "Đơn vị ban hành": _UNIT, "Từ ngày": "01/01/2024",
                  "Nguồn": "KH 12"},
    "task": {"Mã chương trình": "HD-KH-2023", "Mã nhiệm vụ": "99", "Tên nhiệm vụ": "Rà soát",
             "Đơn vị chủ trì": _UNIT, "Hạn hoàn thành": "30/06/2024", "Nguồn": "KH 12"},
    "task_update": _TASK | {"Thời điểm": "01/02/2024", "Được triển khai": "Có",
                            "Tình hình": "Đã làm", "Người cập nhật": "Lan"},
    "reminder": _TASK | {"Thời điểm": "01/02/2024", "Văn bản đôn đốc": "CV 5"},
    "inspection": {"Mã cuộc kiểm tra": "KT-MOI", "Loại": "Đột xuất",
                   "Đơn vị được kiểm tra": _UNIT, "Từ ngày": "01/02/2024", "Nội dung": "Một cửa",
                   "Nguồn": "KL 3"},
    "finding": {"Mã tồn tại": "TT-MOI", "Mã cuộc kiểm tra": "HD-2023-MN-1", "Nhóm lỗi": "Một cửa",
                "Mô tả": "Niêm yết thiếu", "Hạn khắc phục": "01/03/2024", "Nguồn": "KL 3"},
    "finding_check": {"Mã tồn tại": "TT-CU", "Ngày xác nhận": "01/03/2024", "Đã khắc phục": "Có",
                      "Ghi chú": "Văn bản 7", "Người cập nhật": "Lan"},
    "target": {"Mã chương trình": "HD-KH-2023", "Mã chỉ tiêu": "99", "Tên chỉ tiêu": "Đúng hạn",
               "Đơn vị được đánh giá": _UNIT, "Đo bằng": "Số liệu tính từ hồ sơ",
               "Mã số liệu": "on_time", "Phép so sánh": "Từ … trở lên", "Mức dưới": "98%",
               "Từ ngày": "01/01/2024", "Đến ngày": "31/12/2024", "Nguồn": "KH 12"},
    "commitment": {"Mã chương trình": "CG-KH-2022", "Mã chỉ tiêu": "54", "Đơn vị cam kết":
                   "gso:295", "Chức vụ": "Chủ tịch", "Ngày ký": "24/02/2022", "Nguồn": "KH 12"},
    "unit_rating": {"Bộ chỉ số": "thu", "Năm": "2024", "Đơn vị": _UNIT, "Xếp loại": "Tốt",
                    "Nguồn": "QĐ 5"},
    "index_score": {"Chỉ số": "PAPI", "Năm": "2024", "Thành phần": "TOTAL", "Điểm": "43,7",
                    "Tỉnh, thành phố": "Hà Nội", "Nguồn": "Báo thử"},
    "indicator_value": {"Mã chỉ tiêu báo cáo": "trained_staff", "Đơn vị": _UNIT,
                        "Đến thời điểm": "05/06/2024", "Giá trị": "12", "Nội dung": "Tập huấn",
                        "Nguồn": "BC 5"},
    "survey": {"Mã khảo sát": "KS-MOI", "Tên khảo sát": "Khảo sát thử", "Đơn vị": _UNIT,
               "Số liệu đến ngày": "05/06/2024", "Số lượt trả lời": "10", "Nguồn": "BC 5"},
    "service_component": {"Đơn vị": _UNIT, "Tháng": "03/2024", "Thành phần": "1.1",
                          "Tử số": "9", "Mẫu số": "10", "Nguồn": "BC 5"},
    "form_row": {"Biểu": "II.06a", "Đơn vị báo cáo": _UNIT, "Từ ngày": "01/01/2024",
                 "Đến ngày": "31/03/2024", "(7) Đã giải quyết: tổng số": "10", "Nguồn": "BC 5"},
    "unit_head": {"Đơn vị": _UNIT, "Từ ngày": "01/02/2024", "Họ và tên": "Trần Thị An",
                  "Điện thoại": "024.3825.1234", "Nguồn": "QĐ 9"},
    "event": {"Tên sự kiện": "Phần mềm mới", "Loại": "Phần mềm mới", "Đơn vị": _UNIT,
              "Từ ngày": "01/02/2024", "Đến ngày": "05/02/2024", "Ghi chú": "Đã số hóa",
              "Nguồn": "CV 5"},
    "feedback": {"Mã phản ánh": "PA-MOI", "Đơn vị xử lý": _UNIT, "Tóm tắt": "Đèn đường hỏng",
                 "Loại": "Hiện trường", "Nguồn tiếp nhận": "Tổng đài 1022", "Khẩn": "Không",
                 "Nhận lúc": "05/02/2024 08:00", "Kết thúc lúc": "07/02/2024 09:00",
                 "Kết quả": "Đã trả lời", "Ngày đánh giá": "08/02/2024",
                 "Đánh giá của người gửi": "Hài lòng", "Nguồn": "1022"},
}  # fmt: skip
"""Register → a sound new row, by the template's headers."""

EVERY = pytest.mark.parametrize("register", REGISTERS)
# What is of the file, not of the register: one register at each change, all in `make proof`.
SOME = pytest.mark.parametrize(
    "register",
    [
        pytest.param(name, marks=() if place < 1 else pytest.mark.proof)
        for place, name in enumerate(REGISTERS)
    ],
)


def _with(kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    """(register, header) of the columns of some kinds in the sound rows."""
    return [
        (name, column.label)
        for name, declared in REGISTERS.items()
        for column in declared.columns
        if column.kind in kinds and column.label in VALID[name]
    ]


def csv_text(*rows: Row) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The published examples, and one finding."""
    folder = tmp_path_factory.mktemp("registers")
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    database = open_database(settings.database_url)
    migrate(database)
    load_examples(database, settings, refresh_snapshot=False)
    path = folder / "cu.csv"
    path.write_text(csv_text(VALID["finding"] | {"Mã tồn tại": "TT-CU"}), encoding="utf-8")
    report = import_register(database, settings, "finding", path, by="Lan", refresh_snapshot=False)
    assert report.rows_inserted == 1
    database.dispose()
    return settings


@pytest.fixture(scope="module")
def shared(loaded: Settings) -> Iterator[Engine]:
    database = open_database(loaded.database_url)
    yield database
    database.dispose()


@pytest.fixture
def take(loaded: Settings, shared: Engine, tmp_path: Path) -> Take:
    """A trial import of a text or of bytes."""

    def run(register: str, content: str | bytes, name: str = "a.csv") -> RegisterReport:
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return import_register(shared, loaded, register, path, by="Lan", dry_run=True)

    return run


def outcome(report: RegisterReport) -> tuple[int, int]:
    return report.rows_inserted, report.rows_rejected


# -- the whole file -----------------------------------------------------------------------


def test_the_table_names_every_register() -> None:
    assert set(VALID) == set(REGISTERS)


@EVERY
def test_a_sound_row_is_taken(take: Take, register: str) -> None:
    report = take(register, csv_text(VALID[register]))
    assert outcome(report) == (1, 0), report.first_rejected
    assert report.warnings == []


@SOME
def test_without_a_required_column_the_file_is_refused_and_says_which(
    take: Take, register: str
) -> None:
    for column in REGISTERS[register].columns:
        if column.required and column.default is None and column.name != "by":
            row = {key: value for key, value in VALID[register].items() if key != column.label}
            row.setdefault("Cột lạ", "x")
            with pytest.raises(IntakeRefused) as refused:
                take(register, csv_text(row))
            assert f"“{column.label}”" in str(refused.value)
            assert "Chưa có gì được ghi" in str(refused.value)


@EVERY
def test_a_column_of_nobody_is_named_and_the_rows_are_taken(take: Take, register: str) -> None:
    report = take(register, csv_text(VALID[register] | {"Cột lạ": "x"}))
    assert outcome(report) == (1, 0)
    assert any("Cột lạ" in warning for warning in report.warnings)


@SOME
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_are_read(take: Take, register: str, encoding: str) -> None:
    assert outcome(take(register, csv_text(VALID[register]).encode(encoding))) == (1, 0)


@SOME
def test_a_wrong_encoding_is_refused_in_words(take: Take, register: str) -> None:
    # A cut-off letter: as UTF-8 it is none.
    content = csv_text(VALID[register]).encode("utf-8").replace("ố".encode(), b"\xe1\xbb", 1)
    content = content.replace("ã".encode(), b"\xc3", 1)
    with pytest.raises(IntakeRefused) as refused:
        take(register, content)
    assert any(word in str(refused.value) for word in ("Unicode", "UTF-8"))
    assert "Hãy" in str(refused.value)


@SOME
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "rong.csv"),
        (b"\xef\xbb\xbf", "chi-bom.csv"),
        (b"PK\x03\x04 not a workbook", "hong.xlsx"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64), "anh.csv"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64), "anh.xlsx"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n" + bytes(64), "van-ban.csv"),
    ],
)
def test_what_is_no_table_is_refused_in_words(
    take: Take, register: str, content: bytes, name: str
) -> None:
    with pytest.raises(IntakeRefused) as refused:
        take(register, content, name)
    assert len(str(refused.value)) > 20
    assert "Traceback" not in str(refused.value)


def _workbook(*rows: Row) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Dữ liệu")
        sheet.write_row(0, 0, list(rows[0]))
        for at, row in enumerate(rows, start=1):
            sheet.write_row(at, 0, list(row.values()))
    return out.getvalue()


@SOME
def test_a_workbook_cut_off_or_without_its_sheet_is_refused(take: Take, register: str) -> None:
    whole = _workbook(VALID[register])
    assert outcome(take(register, whole, "a.xlsx")) == (1, 0)
    with pytest.raises(IntakeRefused):
        take(register, whole[: len(whole) // 2], "cut.xlsx")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as book, zipfile.ZipFile(out, "w") as other:
        for item in book.namelist():
            if "sheet1" not in item:
                other.writestr(item, book.read(item))
    with pytest.raises(IntakeRefused):
        take(register, out.getvalue(), "no-sheet.xlsx")


@EVERY
def test_a_header_alone_takes_nothing(take: Take, register: str) -> None:
    report = take(register, csv_text(VALID[register]).splitlines()[0] + "\n")
    assert (report.rows_read, report.rows_inserted) == (0, 0)


@EVERY
def test_the_filled_template_is_taken(take: Take, register: str, tmp_path: Path) -> None:
    """The template's own headers, in its own order, are those that the import knows."""
    header = pl.read_excel(io.BytesIO(template(register)), sheet_id=1).columns
    names = [name.removesuffix("*").strip() for name in header]
    row = {name: VALID[register].get(plain, "") for name, plain in zip(header, names, strict=True)}
    assert outcome(take(register, csv_text(row))) == (1, 0)


# -- single rows --------------------------------------------------------------------------


@pytest.mark.parametrize(("register", "header"), _with((DATE, MOMENT)))
@pytest.mark.parametrize(
    "text",
    [
        "31/02/2024",
        *(
            pytest.param(text, marks=pytest.mark.proof)
            for text in ("tuần sau", "2024-13-45", "05/06/0204")
        ),
    ],
)
def test_a_date_that_is_none_is_named_and_the_other_row_is_taken(
    take: Take, register: str, header: str, text: str
) -> None:
    sound = VALID[register]
    report = take(register, csv_text(sound | {header: text}, sound))
    assert outcome(report) == (1, 1)
    [rejection] = report.first_rejected
    assert (rejection.line, rejection.column, rejection.value) == (2, header, text)


@pytest.mark.parametrize(("register", "header"), _with((UNIT,)))
def test_an_unknown_unit_is_named(take: Take, register: str, header: str) -> None:
    sound = VALID[register]
    report = take(register, csv_text(sound | {header: "Phường Không Có"}, sound))
    assert outcome(report) == (1, 1)
    [rejection] = report.first_rejected
    assert (rejection.column, rejection.value) == (header, "Phường Không Có")


@pytest.mark.parametrize(("register", "header"), _with(REFERENCES))
def test_an_unknown_reference_is_named(take: Take, register: str, header: str) -> None:
    sound = VALID[register]
    report = take(register, csv_text(sound | {header: "KHONG-CO"}, sound))
    assert outcome(report) == (1, 1)
    assert header in {rejection.column for rejection in report.first_rejected}


def _other_text(register: str) -> str:
    """A text column that is in no key, so that two rows with one key can differ in it."""
    declared = REGISTERS[register]
    return next(
        column.label
        for column in reversed(declared.columns)
        if column.kind == TEXT
        and column.target not in declared.key
        and column.name not in ("province", "province_code", "component_name", "method_version")
    )


@EVERY
def test_a_key_twice_in_a_file_with_other_words(take: Take, register: str) -> None:
    sound = VALID[register]
    header = _other_text(register)
    other = sound | {header: "Khác hẳn"}
    report = take(register, csv_text(sound | {header: "Trước"}, other))
    assert outcome(report) == (1, 1)
    assert "trùng với dòng 2" in report.first_rejected[0].reason
    again = take(register, csv_text(sound, sound))
    assert (again.rows_inserted, again.rows_unchanged, again.rows_rejected) == (1, 1, 0)


@EVERY
def test_decomposed_letters_and_hard_spaces_are_read_as_what_they_look_like(
    take: Take, register: str
) -> None:
    """As another system exports them: the same key, so the same row."""
    sound = VALID[register]
    odd = csv_text(sound).replace(" ", "\u00a0")
    report = take(register, unicodedata.normalize("NFD", odd))
    assert outcome(report) == (1, 0), report.first_rejected
    both = csv_text(sound, {key: unicodedata.normalize("NFD", v) for key, v in sound.items()})
    again = take(register, both)
    assert (again.rows_inserted, again.rows_unchanged) == (1, 1), again.first_rejected


@EVERY
def test_what_looks_like_a_formula_is_no_formula_when_it_goes_out(
    loaded: Settings, shared: Engine, register: str, tmp_path: Path
) -> None:
    shared.dispose()
    shutil.copy(loaded.data_dir / "dung-han.db", tmp_path / "copy.db")
    settings = Settings(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'copy.db'}")
    database = open_database(settings.database_url)
    formulas = ('=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1+1")
    required = next(c.label for c in REGISTERS[register].columns if c.required)
    header = _other_text(register)
    rows = [VALID[register] | {header: text, required: ""} for text in formulas]
    path = tmp_path / "a.csv"
    path.write_text(csv_text(*rows), encoding="utf-8")
    report = import_register(database, settings, register, path, by="Lan", refresh_snapshot=False)
    assert report.rows_rejected == len(formulas)
    assert report.batch_id is not None
    with database.connect() as connection:
        text = rejected_csv(connection, report.batch_id, register=True).decode("utf-8-sig")
        book = rejected_xlsx(connection, report.batch_id, register=True)
    database.dispose()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t")]
    assert not [cell for cell in cells if cell.startswith("-2")]
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode("utf-8")
    assert "<f>" not in sheet
    assert "HYPERLINK" not in sheet


def test_a_number_typed_as_text_in_a_workbook_is_read_as_it_was_typed(take: Take) -> None:
    """ "43,7" in a cell of text was refused, because number cells come with a point."""
    row = VALID["index_score"]
    for text, rejected in (("43,7", 0), ("43.7", 0), ("x,7", 1)):
        report = take("index_score", _workbook(row | {"Điểm": text}), "a.xlsx")
        assert report.rows_rejected == rejected, text


# -- printed figures that do not add up ---------------------------------------------------


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            {"Giá trị": "61,31%", "Tử số": "150", "Mẫu số": "302"},
            "150/302 = 49,67%, không phải 61,31%",
        ),
        (
            {"Giá trị": "96,2%", "Tử số": "2.602", "Mẫu số": "2.760"},
            "2.602/2.760 = 94,28%, không phải 96,2%",
        ),
        (
            {"Giá trị": "6", "Tử số": "24.382", "Mẫu số": "3.139"},
            "24.382/3.139 = 7,77, không phải 6",
        ),
    ],
)
def test_a_printed_rate_that_its_sides_do_not_give_is_refused(
    take: Take, told: dict[str, str], words: str
) -> None:
    report = take("indicator_value", csv_text(VALID["indicator_value"] | told))
    assert outcome(report) == (0, 1)
    assert words in report.first_rejected[0].reason
    right = told | {"Giá trị": "", "Nội dung": f"Báo cáo in {told['Giá trị']}"}
    assert outcome(take("indicator_value", csv_text(VALID["indicator_value"] | right))) == (1, 0)


def test_a_printed_rate_that_the_forms_columns_do_not_give_is_refused(take: Take) -> None:
    line = VALID["form_row"] | {
        "(7) Đã giải quyết: tổng số": "2.760",
        "(10) Đã giải quyết quá hạn": "158",
        "Tỷ lệ in trong báo cáo (%)": "96,2%",
    }
    report = take("form_row", csv_text(line))
    assert outcome(report) == (0, 1)
    assert "((7) − (10)) / (7) = 94,28%" in report.first_rejected[0].reason
    line["Tỷ lệ in trong báo cáo (%)"] = "94,3%"
    assert outcome(take("form_row", csv_text(line))) == (1, 0)


def test_a_published_line_that_does_not_add_up_is_kept_as_printed_and_marked(take: Take) -> None:
    line = VALID["form_row"] | {
        "(3) Số nhận giải quyết: tổng số": "120",
        "(4) Trong kỳ, trực tuyến": "100",
        "(5) Trong kỳ, trực tiếp và bưu chính": "8",
        "(6) Từ kỳ trước": "10",
        "(7) Đã giải quyết: tổng số": "100",
        "(8)+(9) Trước và đúng hạn, in một số": "90",
        "(10) Đã giải quyết quá hạn": "12",
        "Tỷ lệ in trong báo cáo (%)": "96,2%",
    }
    report = take("form_row", csv_text(line))
    assert outcome(report) == (0, 1)
    reason = report.first_rejected[0].reason
    assert "không bằng (4) + (5) + (6) = 118, lệch 2" in reason
    assert "không bằng (8+9) + (10) = 102, lệch 2" in reason
    assert "((8) + (9)) / (7) = 90,00%" in reason
    assert "ghi “Có” vào “Giữ số như in”" in reason
    report = take("form_row", csv_text(line | {"Giữ số như in": "Có"}))
    assert outcome(report) == (1, 0)
    (said,) = [text for text in report.warnings if "Giữ như bản in" in text]
    assert "(3) = 120 ≠ (4) + (5) + (6) = 118, lệch 2" in said
    assert "(7) = 100 ≠ (8+9) + (10) = 102, lệch 2" in said
    assert "tỷ lệ in 96,2% ≠ ((8) + (9)) / (7) = 90,00%" in said


def test_parts_that_do_not_make_up_the_whole_are_told(take: Take) -> None:
    rows = [
        VALID["indicator_value"]
        | {"Mã chỉ tiêu báo cáo": "procedures_in_force", "Phần": part, "Giá trị": value}
        for part, value in (("", "2.414"), ("Cấp tỉnh", "2.065"), ("Cấp xã", "348"))
    ]
    report = take("indicator_value", csv_text(*rows))
    assert outcome(report) == (3, 0)
    assert any("tổng ghi 2.414 nhưng các phần cộng lại 2.413" in each for each in report.warnings)
    rows[2]["Giá trị"] = "349"
    assert not any("cộng lại" in each for each in take("indicator_value", csv_text(*rows)).warnings)


def test_a_form_is_refused_like_a_file(loaded: Settings, shared: Engine) -> None:
    given = {
        "indicator": "satisfaction_procedures", "unit": "gso:01", "as_of": date(2024, 8, 31),
        "value": 0.6131, "numerator": 150.0, "denominator": 302.0, "source": "BC 5",
    }  # fmt: skip
    with pytest.raises(RegisterRefused, match=r"150/302 = 49,67%, không phải 61,31%"):
        add(shared, loaded, "indicator_value", given, by="Lan", at=datetime(2024, 9, 1, 8),
            refresh_snapshot=False)  # fmt: skip
