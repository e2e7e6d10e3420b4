"""Files as programs and people write them: layouts that were refused, or read in silence."""

from __future__ import annotations

import pytest

from tests.connectors.intake.field_case import Office, office

__all__ = ["office"]

HEAD = "Số hồ sơ;Ngày nhận;Ngày hẹn trả;Ngày xong;Đơn vị"
ROW = "HS-001;02/11/2026 08:15;06/11/2026 17:00;05/11/2026 10:00;Phường Thử Một"


def test_c01_the_line_that_excel_writes_first_refused_the_file(office: Office) -> None:
    taken = office.take("c01-sep.csv")
    assert (set(taken.dossiers), taken.rejected) == ({"HS-001", "HS-002", "HS-003"}, {})
    read_as = taken.report["read_as"][0]
    assert "CSV, bảng mã UTF-8, phân cách bằng dấu chấm phẩy, dòng tiêu đề 2" in read_as
    assert "sep=;" in taken.report["left_aside"][0]


def test_the_sign_of_that_line_counts_against_all_others(office: Office) -> None:
    text = f"sep=|\n{HEAD.replace(';', '|')}\n{ROW.replace(';', '|')}\n"
    assert set(office.take(office.write("a.csv", text)).dossiers) == {"HS-001"}


@pytest.mark.parametrize("mapping", ["basex.toml", "basex-h2.toml", "basex-h3.toml"])
def test_c06_a_table_for_people_could_not_be_taken_in(office: Office, mapping: str) -> None:
    taken = office.take("c06-merged.xlsx", mapping)
    assert (set(taken.dossiers), taken.rejected) == ({"HS-001", "HS-002", "HS-003"}, {})
    assert taken.report["rows_read"] == 3
    assert [taken.unit_of(f"HS-00{n}") for n in (1, 2, 3)] == [
        "Phường Thử Một",
        "Phường Thử Một",
        "Phường Thử Hai",
    ]
    assert taken.local("HS-002", "ended_at") == "09/11/2026 09:00:00"
    assert "trang tính “Sheet1”, dòng tiêu đề 3" in taken.report["read_as"][0]
    left = "\n".join(taken.report["left_aside"])
    assert "Dòng tổng cộng, không phải hồ sơ: dòng 7." in left
    assert "Ô gộp: giá trị được điền xuống 1 ô" in left


def test_a_csv_below_a_title_and_group_headings_is_found_by_its_names(office: Office) -> None:
    text = (
        "DANH SÁCH HỒ SƠ;;;;\n;;;;\nSố hồ sơ;Thời gian;;;Đơn vị\n"
        ";Ngày nhận;Ngày hẹn trả;Ngày xong;\n"
        f"{ROW}\nTổng số: 1;;;;\n"
    )
    taken = office.take(office.write("a.csv", text))
    assert (set(taken.dossiers), taken.rejected) == ({"HS-001"}, {})
    assert "dòng tiêu đề 3–4 (ánh xạ ghi 1)" in taken.report["read_as"][0]
    assert "dòng 6." in "".join(taken.report["left_aside"])


def test_other_sheets_and_hidden_ones_are_told_and_rows_are_numbered_as_shown(
    office: Office,
) -> None:
    import xlsxwriter

    path = office.folder / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Cũ").hide()
        sheet, other = book.add_worksheet("Tháng 11"), book.add_worksheet("Ghi chú")
        sheet.activate()
        other.write(0, 0, "x")
        for place, name in enumerate(HEAD.split(";")):
            sheet.write(3, place + 1, name)
        for place, cell in enumerate(ROW.replace("02/11/2026", "hôm qua").split(";")):
            sheet.write(5, place + 1, cell)
    taken = office.take(path, "basex.toml")
    assert list(taken.rejected) == [6]
    assert "trang tính “Tháng 11”, dòng tiêu đề 4" in taken.report["read_as"][0]
    assert "Các trang tính khác, không đọc: “Cũ” (ẩn), “Ghi chú”." in taken.report["left_aside"]


@pytest.mark.parametrize("mapping", ["base.toml", "basex.toml"])
@pytest.mark.parametrize(
    ("file", "said"), [("c08-html.xls", "trang web (HTML)"), ("c24.xes", "nhật ký sự kiện XES")]
)
def test_c08_c24_other_files_under_another_ending_say_what_they_are(
    office: Office, file: str, said: str, mapping: str
) -> None:
    taken = office.take(file, mapping)
    assert taken.exit_code == 2
    assert said in taken.text
    assert "CSV" in taken.text
    assert len(taken.text) < 500


@pytest.mark.parametrize(
    "content",
    [
        "<!DOCTYPE html>\n<html><table></table></html>",
        "\ufeff  <TABLE border=1><tr><td>a</td></tr></TABLE>",
        '<?xml version="1.0"?>\n<!-- XES standard -->\n<log xes.version="1.0"></log>',
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook></Workbook>',
        "MIME-Version: 1.0\nContent-Type: multipart/related",
        "{\\rtf1\\ansi a}",
    ],
)
def test_what_is_no_table_is_told_by_its_content(office: Office, content: str) -> None:
    taken = office.take(office.write("a.csv", content))
    assert taken.exit_code == 2
    assert "Thiếu cột" not in taken.text
    assert " là " in taken.text


def test_c20_codes_kept_as_numbers_were_stored_changed(office: Office) -> None:
    taken = office.take("c20-numeric-code.xlsx", "basex.toml")
    assert set(taken.dossiers) == {"000123", "26230605000123"}
    assert list(taken.rejected) == [4]
    assert "hơn 15 chữ số" in taken.rejected[4].reason
    (odd,) = taken.report["odd"]
    assert "mã được lưu là số" in odd
    assert "dòng 3." in odd


def test_c20_a_code_that_a_csv_has_as_a_power_of_ten_is_refused(office: Office) -> None:
    taken = office.take(office.write("a.csv", f"{HEAD}\n{ROW.replace('HS-001', '1,23457E+12')}\n"))
    assert taken.dossiers == {}
    assert "1,23E+12" in taken.rejected[2].reason


def test_c42_a_stray_quote_spoilt_sound_records(office: Office) -> None:
    taken = office.take("c42-quotes.csv")
    assert set(taken.dossiers) == {"Q-1", "Q-3"}
    assert taken.unit_of("Q-1") == "Phường Thử Một"
    assert list(taken.rejected) == [3]
    assert "dấu ngoặc kép" in taken.rejected[3].reason


@pytest.mark.parametrize(
    ("cell", "good"),
    [
        ('"Phường Thử', False),
        ('Phường "Thử" Một', True),
        ('"Phường ""Thử"" Một"', True),
        ('"Phường" Thử', False),
        ('Phường Thử"', False),
        ('"Phường\nThử\nMột"', True),
    ],
)
def test_only_the_record_with_a_stray_quote_is_lost(office: Office, cell: str, good: bool) -> None:
    rows = [ROW.replace("HS-001", f"HS-{n}") for n in range(5)]
    rows[2] = rows[2].replace("Phường Thử Một", cell)
    rows[3] = rows[3].replace("Phường Thử Một", '"Phường Thử Một"')
    taken = office.take(office.write("a.csv", "\n".join([HEAD, *rows]) + "\n"))
    lost = set() if good else {"HS-2"}
    assert set(taken.dossiers) == {f"HS-{n}" for n in range(5)} - lost
    assert len(taken.rejected) == len(lost)
