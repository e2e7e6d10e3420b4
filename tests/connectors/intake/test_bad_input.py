"""Every kind of bad input: what is said of it, and that the rest is imported."""

from __future__ import annotations

import gzip
import io
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import Engine, func, select

from connectors.database.models import Base, Dossier, ImportBatch
from connectors.intake import ImportReport, IntakeRefused, files, load_mapping
from connectors.parsing import bounds
from tests.bounds import set_bounds
from tests.connectors.intake.conftest import GOOD, HEADER, MAPPING, dossiers, file_of, rejected

Take = Callable[..., ImportReport]

UTC_END_OF_DAY = datetime(2025, 6, 10, 16, 59, 59, 999000, tzinfo=UTC)


def row(**cells: str) -> str:
    names = HEADER.split(",")
    values = dict(zip(names, GOOD.split(","), strict=True)) | {"Mã hồ sơ": "HS-2"} | cells
    return ",".join(values[name] for name in names)


BAD_ROWS = {
    "date not in the calendar": (
        row(**{"Tiếp nhận": "31/02/2025"}),
        ("Tiếp nhận", "31/02/2025", "ngày 31/02/2025 không có trong lịch"),
    ),
    "date that is none": (
        row(**{"Hẹn trả": "tuần sau"}),
        ("Hẹn trả", "tuần sau", "không đọc được ngày giờ"),
    ),
    "year far away": (
        row(**{"Tiếp nhận": "05/06/0205"}),
        ("Tiếp nhận", "05/06/0205", "năm 205 nằm ngoài"),
    ),
    "month before day": (
        row(**{"Tiếp nhận": "06/25/2025"}),
        ("Tiếp nhận", "06/25/2025", "không có trong lịch"),
    ),
    "unknown unit": (
        row(**{"Đơn vị": "Phường Hà Đôngg"}),
        ("Đơn vị", "Phường Hà Đôngg", "gần nhất: Phường Hà Đông"),
    ),
    "no unit": (row(**{"Đơn vị": ""}), ("Đơn vị", None, "thiếu đơn vị")),
    "unknown procedure": (
        row(**{"Thủ tục": "Đăng ký khai sin"}),
        ("Thủ tục", "Đăng ký khai sin", "gần nhất: Đăng ký khai sinh"),
    ),
    "no code": (row(**{"Mã hồ sơ": " "}), ("Mã hồ sơ", None, "thiếu mã hồ sơ")),
    "no date of receipt": (
        row(**{"Tiếp nhận": ""}),
        ("Tiếp nhận", None, "thiếu ngày tiếp nhận"),
    ),
    "unknown channel": (
        row(**{"Kênh": "chim bồ câu"}),
        ("Kênh", "chim bồ câu", "giá trị lạ; dùng một trong"),
    ),
    "code too long": (
        row(**{"Mã hồ sơ": "H" * 65}),
        ("Mã hồ sơ", "H" * 65, "dài quá 64 ký tự"),
    ),
    "more cells than columns": (row() + ",thừa", (None, None, "nhiều ô hơn số cột")),
    "quotes that do not close": ('"HS-2,05/06/2025', (None, None, "dấu ngoặc kép")),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_kept_with_its_reason_and_the_rest_is_imported(
    case: str, take: Take, database: Engine
) -> None:
    bad, (column, value, reason) = BAD_ROWS[case]
    report = take(file_of(GOOD, bad, row(**{"Mã hồ sơ": "HS-3"})))
    assert (report.rows_inserted, report.rows_rejected) == (2, 1)
    assert set(dossiers(database)) == {"HS-1", "HS-3"}
    (kept,) = rejected(database)
    assert kept.line_no == 3
    assert kept.column_name == column
    if value is not None:
        assert kept.value == value
    assert reason in kept.reason
    assert kept.reason.endswith(".")
    assert "HS-" in str(kept.row) or case == "no code" or str(value) in str(kept.row)
    told = report.first_rejected[0].sentence()
    assert told.startswith("Dòng 3")
    assert reason in told


def test_a_row_with_two_faults_names_both(take: Take, database: Engine) -> None:
    take(file_of(GOOD, row(**{"Tiếp nhận": "31/02/2025", "Kênh": "chim"})))
    (kept,) = rejected(database)
    assert "31/02/2025" in kept.reason
    assert "Ngoài ra cột “Kênh”, giá trị “chim”" in kept.reason


ACCEPTED_DATES = {
    "05/06/2025 08:30": datetime(2025, 6, 5, 1, 30, tzinfo=UTC),
    "05/06/2025 08:30:15": datetime(2025, 6, 5, 1, 30, 15, tzinfo=UTC),
    "5/6/2025": datetime(2025, 6, 4, 17, 0, tzinfo=UTC),
    "05-06-2025": datetime(2025, 6, 4, 17, 0, tzinfo=UTC),
    "2025-06-05": datetime(2025, 6, 4, 17, 0, tzinfo=UTC),
    "2025-06-05 08:30:00": datetime(2025, 6, 5, 1, 30, tzinfo=UTC),
    "2025-06-05T08:30:00": datetime(2025, 6, 5, 1, 30, tzinfo=UTC),
    "2025-06-05T08:30:00Z": datetime(2025, 6, 5, 8, 30, tzinfo=UTC),
    "2025-06-05T08:30:00.250+02:00": datetime(2025, 6, 5, 6, 30, 0, 250000, tzinfo=UTC),
    "20250605083000": datetime(2025, 6, 5, 1, 30, tzinfo=UTC),
    "20250605": datetime(2025, 6, 4, 17, 0, tzinfo=UTC),
    "45813": datetime(2025, 6, 4, 17, 0, tzinfo=UTC),
    "45813.5": datetime(2025, 6, 5, 5, 0, tzinfo=UTC),
    '"45813,5"': datetime(2025, 6, 5, 5, 0, tzinfo=UTC),
    "\u00a005/06/2025\u00a008:30 ": datetime(2025, 6, 5, 1, 30, tzinfo=UTC),
}


def test_dates_in_all_their_ways(take: Take, database: Engine) -> None:
    lines = [
        row(**{"Mã hồ sơ": f"HS-{place}", "Tiếp nhận": text, "Hẹn trả": "", "Kết thúc": ""})
        for place, text in enumerate(ACCEPTED_DATES)
    ]
    report = take(file_of(*lines))
    assert report.rows_rejected == 0, report.first_rejected
    found = dossiers(database)
    for place, moment in enumerate(ACCEPTED_DATES.values()):
        assert found[f"HS-{place}"].received_at == moment


def test_a_due_date_without_an_hour_is_the_end_of_that_day(take: Take, database: Engine) -> None:
    take(file_of(row(**{"Hẹn trả": "10/06/2025"})))
    assert dossiers(database)["HS-2"].due_at == UTC_END_OF_DAY


def test_no_due_date_is_accepted_and_counted(take: Take, database: Engine) -> None:
    report = take(file_of(GOOD, row(**{"Hẹn trả": ""})))
    assert (report.rows_inserted, report.without_due) == (2, 1)
    assert dossiers(database)["HS-2"].due_at is None


def test_ended_before_received_is_accepted_and_counted(take: Take, database: Engine) -> None:
    report = take(file_of(GOOD, row(**{"Kết thúc": "01/06/2025 08:00"})))
    assert (report.rows_inserted, report.ended_before_received) == (2, 1)
    assert dossiers(database)["HS-2"].ended_at == datetime(2025, 6, 1, 1, 0, tzinfo=UTC)


def test_odd_spaces_and_decomposed_letters_are_made_one(take: Take, database: Engine) -> None:
    unit = unicodedata.normalize("NFD", "  phường\u00a0Hà  Đông\u200b ")
    report = take(file_of(row(**{"Đơn vị": unit, "Mã hồ sơ": "\u00a0HS-2\u00a0"})))
    assert report.rows_rejected == 0, report.first_rejected
    assert set(dossiers(database)) == {"HS-2"}


def test_an_extra_column_is_named_and_accepted(take: Take) -> None:
    report = take(f"{HEADER},Ghi chú\n{GOOD},x\n")
    assert report.rows_inserted == 1
    assert any("Ghi chú" in warning for warning in report.left_aside)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_recognised(delimiter: str, take: Take) -> None:
    assert take(file_of(GOOD).replace(",", delimiter)).rows_inserted == 1


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258"]
)
def test_encodings_are_recognised(encoding: str, take: Take, database: Engine) -> None:
    text = file_of(GOOD)
    if encoding == "cp1258":
        text = windows_1258(text)
    report = take(text.encode(encoding))
    assert report.rows_inserted == 1
    assert dossiers(database)["HS-1"].channel == "online"


def windows_1258(text: str) -> str:
    """Split letters as that code page needs them: the tone after the letter with its hat."""
    letters = []
    for letter in text:
        try:
            letter.encode("cp1258")
            letters.append(letter)
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tone = [mark for mark in parts[1:] if mark in "\u0300\u0301\u0303\u0309\u0323"]
            rest = "".join(mark for mark in parts if mark not in tone)
            letters.append(unicodedata.normalize("NFC", rest) + "".join(tone))
    return "".join(letters)


def test_old_mac_line_ends_and_a_packed_file(take: Take) -> None:
    assert take(file_of(GOOD).replace("\n", "\r")).rows_inserted == 1
    packed = gzip.compress(file_of(row()).encode())
    assert take(packed, "ho-so.csv.gz").rows_inserted == 1


def test_a_packed_file_made_to_fill_the_disk_is_refused(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, unpacked_always=100_000)
    line = row() + "\n"
    bomb = gzip.compress((HEADER + "\n" + line * 30_000).encode())
    assert len(bomb) * 200 < len(line) * 30_000
    with pytest.raises(IntakeRefused, match="hơn 200 lần dung lượng"):
        take(bomb, "bom.csv.gz")
    real = file_of(*(row(**{"Mã hồ sơ": f"HS-{place * 7919}"}) for place in range(3000)))
    assert len(real) > 200_000
    assert take(gzip.compress(real.encode()), "that.csv.gz").rows_inserted == 3000


def test_a_packed_file_that_is_broken_in_its_middle_is_refused(take: Take) -> None:
    packed = bytearray(gzip.compress(file_of(*(row() for _ in range(50))).encode()))
    for at in range(20, 40):
        packed[at] ^= 0xFF
    with pytest.raises(IntakeRefused, match="bị hỏng: không giải nén được"):
        take(bytes(packed), "hong.csv.gz")
    with pytest.raises(IntakeRefused, match="bị hỏng: không giải nén được"):
        take(gzip.compress(file_of(GOOD).encode())[:-12], "cut.csv.gz")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nen.csv.gz", gzip.compress(file_of(GOOD).encode())),
        ("utf16.csv", file_of(GOOD).encode("utf-16")),
    ],
)
def test_a_copy_for_which_the_disk_has_no_room_is_refused(
    take: Take, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    set_bounds(monkeypatch, kept_free=1 << 62)
    with pytest.raises(IntakeRefused, match="Không đủ chỗ trống trên đĩa"):
        take(content, name)
    assert take(file_of(GOOD)).rows_inserted == 1  # needs no copy


def test_blank_lines_are_no_rows(take: Take) -> None:
    report = take(file_of(GOOD, "", ",,,,,,", row()))
    assert (report.rows_read, report.rows_inserted, report.rows_rejected) == (2, 2, 0)


def test_of_two_rows_with_one_code_the_last_counts(take: Take, database: Engine) -> None:
    report = take(file_of(GOOD, row(**{"Mã hồ sơ": "HS-1", "Kênh": "Trực tiếp"})))
    assert (report.rows_inserted, report.rows_rejected) == (1, 1)
    assert dossiers(database)["HS-1"].channel == "direct"
    (kept,) = rejected(database)
    assert (kept.line_no, kept.column_name, kept.value) == (2, "Mã hồ sơ", "HS-1")
    assert "trùng mã hồ sơ với dòng 3" in kept.reason


def test_a_cell_may_hold_a_line_end(take: Take, database: Engine) -> None:
    report = take(file_of(row(**{"Đơn vị": '"Phường\nHà Đông"'}), "HS-9,x,,,,,"))
    assert report.rows_inserted == 1
    assert rejected(database)[0].line_no == 3


TCVN3 = "Mã,Tên\n1,Thµnh phè Hµ Néi phßng T­ ph¸p ®Êt ®ai x©y dùng\n"
VNI = "Mã,Tên\n1,Thaønh phoá Haø Noäi Phoøng Tö phaùp ñaát ñai xaây döïng\n"

REFUSED_FILES = {
    "empty": (b"", "rỗng (0 byte)"),
    "only a header": (HEADER.encode(), "không có dòng dữ liệu nào"),
    "missing column": (
        file_of(GOOD).replace("Tiếp nhận", "Ngày nhận").encode(),
        "Thiếu cột trong ho-so.csv: “Tiếp nhận”",
    ),
    "TCVN3 in bytes": (TCVN3.replace("ã", "a").replace("ê", "e").encode("latin-1"), "TCVN3"),
    "TCVN3 kept as UTF-8": (TCVN3.encode(), "TCVN3"),
    "VNI in bytes": (VNI.replace("ã", "a").replace("ê", "e").encode("latin-1"), "VNI"),
    "VNI kept as UTF-8": (VNI.encode(), "VNI"),
    "a zip named csv": (b"PK\x03\x04" + bytes(range(256)) * 20, "không phải văn bản"),
    "a picture named csv": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "ảnh PNG"),
    "an old workbook named csv": (b"\xd0\xcf\x11\xe0" + bytes(600), "Office cũ"),
    "random bytes": (bytes((i * 7919) % 251 for i in range(5000)), "nhị phân"),
    "UTF-32 with its mark": (f"{HEADER}\n{GOOD}\n".encode("utf-32"), "UTF-32"),
    "UTF-32 without it": (f"{HEADER}\n{GOOD}\n".encode("utf-32-be"), "UTF-32"),
    "UTF-32, the other way": (f"{HEADER}\n{GOOD}\n".encode("utf-32-le"), "UTF-32"),
    "an unknown encoding": (b"a,b\n" + bytes(range(0x80, 0xA0)) * 20, "Không nhận ra bảng mã"),
    "a broken byte in UTF-8": (
        file_of(GOOD).encode() + b"HS-2,\xff\xfe\n" * 3 + "Phường,".encode() * 200_000,
        "byte không phải UTF-8 ở khoảng dòng 3",
    ),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_a_file_refused_as_a_whole_leaves_nothing(case: str, take: Take, database: Engine) -> None:
    content, reason = REFUSED_FILES[case]
    before = everything(database)
    if case == "a broken byte in UTF-8":
        # Beyond the part that the encoding is recognised by.
        good, bad, rest = content.partition(b"HS-2,\xff")
        content = good + b"x" * 1_200_000 + b"\n" + bad + rest
        reason = "byte không phải UTF-8 ở khoảng dòng 4"
    with pytest.raises(IntakeRefused) as told:
        take(content)
    assert reason in str(told.value)
    assert everything(database) == before


def everything(database: Engine) -> dict[str, int]:
    with database.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


XLSX_MAPPING = MAPPING.replace('format = "csv"', 'format = "xlsx"')


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 broken", "bị hỏng"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(512)
            + "EncryptedPackage".encode("utf-16-le"),
            "mật khẩu",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "định dạng Excel cũ"),
        (file_of(GOOD).encode(), "không phải XLSX"),
        (b"", "rỗng"),
    ],
)
def test_a_workbook_that_cannot_be_read(
    content: bytes, reason: str, take: Take, tmp_path: Path, database: Engine
) -> None:
    mapping = tmp_path / "xlsx.toml"
    mapping.write_text(XLSX_MAPPING, encoding="utf-8")
    with pytest.raises(IntakeRefused, match=reason):
        take(content, "ho-so.xlsx", mapping)
    assert everything(database)["import_batch"] == 0


def workbook(*rows: list[object]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "dd/mm/yyyy hh:mm"}) as book:
        sheet = book.add_worksheet("Hồ sơ")
        for place, cells in enumerate(rows):
            sheet.write_row(place, 0, cells)
    return out.getvalue()


def test_a_workbook_with_real_dates_serials_and_texts(
    take: Take, tmp_path: Path, database: Engine
) -> None:
    mapping = tmp_path / "xlsx.toml"
    mapping.write_text(XLSX_MAPPING, encoding="utf-8")
    content = workbook(
        ["Mã hồ sơ", "Tiếp nhận", "Hẹn trả", "Đơn vị"],
        ["HS-1", datetime(2025, 6, 5, 8, 30), datetime(2025, 6, 10), "09556"],
        ["HS-2", 45813.5, "10/06/2025", 9556],
        [12345, "05/06/2025", None, "09556"],
        [None, None, None, None],
    )
    report = take(content, "ho-so.xlsx", mapping)
    found = dossiers(database)
    assert found["HS-1"].received_at == datetime(2025, 6, 5, 1, 30, tzinfo=UTC)
    assert found["HS-1"].due_at == UTC_END_OF_DAY
    assert found["12345"].due_at is None
    # 9556 is not 09556: a spreadsheet that lost the zero is told so, not guessed at.
    assert [r.line for r in report.first_rejected] == [3]


def test_a_large_part_of_a_broken_file_is_read_line_by_line(take: Take, database: Engine) -> None:
    lines = [row(**{"Mã hồ sơ": f"HS-{place}"}) for place in range(2000)]
    lines[1000] = '"HS-1000,05/06/2025'
    lines[1500] = row(**{"Mã hồ sơ": "HS-1500"}) + ',"a"b'
    report = take(file_of(*lines))
    assert (report.rows_inserted, report.rows_rejected) == (1998, 2)
    assert [kept.line_no for kept in rejected(database)] == [1002, 1502]


def test_numbers_with_a_decimal_comma(take: Take, database: Engine) -> None:
    header = HEADER + ",Trạng thái"
    report = take(f'{header}\n{GOOD},"4,0"\n{row()},"4,5"\n{row()},12\n')
    assert dossiers(database)["HS-1"].status == 4
    assert report.rows_rejected == 2
    assert "số nguyên từ 1 đến 10" in report.first_rejected[0].reason


def test_a_dry_run_tells_all_and_writes_nothing(take: Take, database: Engine) -> None:
    before = everything(database)
    report = take(file_of(GOOD, row(**{"Tiếp nhận": "x"})), dry_run=True)
    assert (report.rows_inserted, report.rows_rejected, report.batch_id) == (1, 1, None)
    assert everything(database) == before


def test_the_batch_records_what_happened(take: Take, database: Engine) -> None:
    report = take(file_of(GOOD, row(**{"Tiếp nhận": "x"})))
    with database.connect() as connection:
        batch = connection.execute(select(ImportBatch.__table__)).one()
        assert connection.execute(select(func.count(Dossier.id))).scalar_one() == 1
    assert (batch.rows_read, batch.rows_inserted, batch.rows_rejected) == (2, 1, 1)
    assert batch.data_until == datetime(2025, 6, 9, 3, 0, tzinfo=UTC)
    assert (batch.file_name, batch.kind, batch.mapping) == ("ho-so.csv", "file", "thu-nghiem")
    assert batch.id == report.batch_id
    assert len(batch.file_sha256) == 64


def test_a_small_workbook_that_unpacks_to_gigabytes_is_not_opened(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"A" * 100_001)
    with pytest.raises(IntakeRefused, match="quá lớn sau khi giải nén"):
        files.check_workbook(bomb, replace(bounds.shipped(), workbook_bytes=100_000))


def test_a_mapping_of_a_thousand_brackets_is_refused_in_words(tmp_path: Path) -> None:
    deep = tmp_path / "deep.toml"
    deep.write_text("a=" + "[" * 5000 + "]" * 5000)
    with pytest.raises(IntakeRefused, match="lồng quá nhiều lớp ngoặc"):
        load_mapping(str(deep))
