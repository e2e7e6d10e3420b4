"""Further members of the kinds that the field's files showed: wrong before, or worth keeping."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter

from connectors.intake.numbers import number
from tests.connectors.intake.field_case import HEAD, Office, office

__all__ = ["office"]

MONTH = ("2026-11-01", "2026-11-30")
CELLS = ("02/11/2026 08:15", "06/11/2026 17:00", "05/11/2026 10:00", "Phường Thử Một")


def _csv(office: Office, *rows: str, head: str = ";".join(HEAD)) -> Path:
    return office.write("a.csv", "\n".join((head, *rows)) + "\n")


def _sheet(office: Office, *rows: Sequence[str], hidden: Sequence[Sequence[str]] = ()) -> Path:
    """A workbook with a sheet, and a hidden one where that has rows."""
    path = office.folder / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, lines in (("Tháng 11", rows), ("Dữ liệu", hidden)):
            if lines:
                sheet = book.add_worksheet(name)
                for place, line in enumerate(lines):
                    sheet.write_row(place, 0, line)
                if name == "Dữ liệu":
                    sheet.hide()
    return path


def test_an_end_at_24_00_was_late_for_a_due_date_at_24_00(office: Office) -> None:
    """It became 00:00 of the next day, while the due date stayed on its own."""
    received = "02/11/2026 08:00"
    office.take(
        _csv(
            office,
            f"A-1;{received};05/11/2026 24:00;05/11/2026 24:00;Phường Thử Một",
            f"A-2;{received};2026-11-05T24:00:00;24:00 ngày 05/11/2026;Phường Thử Một",
            f"A-3;{received};2026-11-05T24:00:00+07:00;2026-11-05 24:00:00+07:00;Phường Thử Một",
            f"A-4;{received};05/11/2026;05/11/2026 24h00;Phường Thử Một",
            f"A-5;{received};05/11/2026 24:00;06/11/2026 00:00;Phường Thử Một",
        )
    )
    assert office.counted("resolved_on_day", *MONTH) == ["A-1", "A-2", "A-3", "A-4"]
    assert office.counted("resolved_late", *MONTH) == ["A-5"]
    by_day = office.counted("resolved_late", *MONTH, "--compare", "day")
    assert by_day == ["A-5"], "nor is its day the next one"


def test_an_end_at_the_very_moment_of_the_due_date_is_in_time_in_any_zone(office: Office) -> None:
    """A millisecond later is late; by day it is not."""
    received, due = "02/11/2026 08:00", "2026-11-05T17:00:00+07:00"
    office.take(
        _csv(
            office,
            f"A-1;{received};05/11/2026 17:00;05/11/2026 17:00;Phường Thử Một",
            f"A-2;{received};{due};2026-11-05T10:00:00Z;Phường Thử Một",
            f"A-3;{received};{due};2026-11-05T19:00:00+09:00;Phường Thử Một",
            f"A-4;{received};{due};2026-11-05T05:30:00-04:30;Phường Thử Một",
            f"A-5;{received};{due};2026-11-05T10:00:00.001Z;Phường Thử Một",
            f"A-6;{received};{due};2026-11-05T19:00:01+09:00;Phường Thử Một",
        )
    )
    assert office.counted("resolved_on_day", *MONTH) == ["A-1", "A-2", "A-3", "A-4"]
    assert office.counted("resolved_late", *MONTH) == ["A-5", "A-6"]
    assert office.counted("resolved_late", *MONTH, "--compare", "day") == []


def test_a_pending_dossier_is_overdue_after_its_due_moment_not_at_it(office: Office) -> None:
    rows = (
        "A-1;02/11/2026 08:00;05/11/2026 17:00;;Phường Thử Một",
        "A-2;05/11/2026 17:30;10/11/2026 17:00;;Phường Thử Một",
    )
    office.take(_csv(office, *rows))
    at = [*MONTH, "--as-of"]
    assert office.counted("pending_overdue", *at, "2026-11-05T17:00") == []
    assert office.counted("pending_overdue", *at, "2026-11-05T17:01") == ["A-1"]
    # By day it is overdue from the next day on.
    assert office.counted("pending_overdue", *at, "2026-11-05T17:31", "--compare", "day") == []


def test_one_column_with_dates_in_many_spellings(office: Office) -> None:
    office.take(
        _csv(
            office,
            "A-1;02/11/2026 08:15;06/11/2026 17:00;2026-11-05T10:00;Phường Thử Một",
            "A-2;8 giờ 15 phút ngày 2/11/2026;17 giờ ngày 6 tháng 11 năm 2026;05-11-2026 10h;"
            "Phường Thử Một",
            "A-3;2026.11.02 08:15;6.11.2026 17:00;10h00, thứ năm ngày 05/11/2026;Phường Thử Một",
            "A-4;02/11/2026 08 giờ 15;06/11/2026 17g00;05/11/2026 10:00 SA;Phường Thử Một",
            "A-5;08:15 - 02/11/2026;17h - 06/11/2026;10h00' 05/11/2026;Phường Thử Một",
        )
    )
    rows = office.asked("rows", "resolved_early", *MONTH)
    moments = {(row["received_at"], row["due_at"], row["ended_at"]) for row in rows}
    assert len(rows) == 5
    assert moments == {("2026-11-02 08:15:00", "2026-11-06 17:00:00", "2026-11-05 10:00:00")}


def test_a_dossier_of_a_company_called_tong_was_left_aside_as_a_total(office: Office) -> None:
    """A column of applicants stands first: "Tổng công ty …", "Cộng đồng …" are no totals."""
    head = ";".join(("Người nộp", *HEAD))
    cells = ";".join(CELLS)
    taken = office.take(
        _csv(
            office,
            f"Tổng công ty Điện lực;A-1;{cells}",
            f"Cộng đồng dân cư;A-2;{cells}",
            f"Nguyễn Văn A;A-3;{cells}",
            f"Tổng công ty X;;{cells}",
            "Tổng cộng;3;;;;",
            "Tổng số: 1.234.567;;;;;",
            head=head,
        )
    )
    assert set(taken.dossiers) == {"A-1", "A-2", "A-3"}
    assert {line: row.column_name for line, row in taken.rejected.items()} == {5: "Số hồ sơ"}
    assert "Dòng tổng cộng, không phải hồ sơ: dòng 6, 7." in taken.report["left_aside"]


def test_the_header_again_on_each_page_and_totals_between_are_left_aside(office: Office) -> None:
    """The second header row was rejected cell by cell, "Lũy kế" as a dossier without a unit."""
    taken = office.take(
        _sheet(
            office,
            ["DANH SÁCH HỒ SƠ"],
            HEAD,
            ["A-1", *CELLS],
            ["Cộng trang", "1"],
            HEAD,
            ["A-2", *CELLS],
            ["Lũy kế", "2"],
            ["A-3", *CELLS],
            ["Tổng cộng (trang 1 + 2)", "3"],
        ),
        "basex.toml",
    )
    assert (set(taken.dossiers), taken.rejected) == ({"A-1", "A-2", "A-3"}, {})
    assert "Dòng tổng cộng, không phải hồ sơ: dòng 4, 7, 9." in taken.report["left_aside"]
    assert "Dòng tiêu đề lặp lại, không phải hồ sơ: dòng 5." in taken.report["left_aside"]


def test_a_refused_workbook_did_not_say_that_a_hidden_sheet_was_not_read(office: Office) -> None:
    path = _sheet(office, ["BÁO CÁO"], hidden=[HEAD, ["A-1", *CELLS]])
    refused = office.take(path, "basex.toml")
    assert refused.exit_code == 2
    assert "trang tính “Tháng 11”" in refused.text
    assert "Các trang tính khác, không đọc: “Dữ liệu” (ẩn)." in refused.text


def test_merged_moments_and_hidden_rows_are_read(office: Office) -> None:
    path = office.folder / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Tháng 11")
        sheet.write_row(0, 0, HEAD)
        for row in (1, 2, 3):
            sheet.write_row(row, 0, [f"A-{row}", None, CELLS[1], CELLS[2]])
        sheet.merge_range(1, 1, 3, 1, CELLS[0])
        sheet.merge_range(1, 4, 2, 4, "Phường Thử Một")
        sheet.write(3, 4, "Phường Thử Hai")
        sheet.set_row(2, None, None, {"hidden": True})
    taken = office.take(path, "basex.toml")
    assert taken.rejected == {}
    assert {code: taken.unit_of(code) for code in taken.dossiers} == {
        "A-1": "Phường Thử Một",
        "A-2": "Phường Thử Một",
        "A-3": "Phường Thử Hai",
    }
    assert {taken.local(code, "received_at") for code in taken.dossiers} == {"02/11/2026 08:15:00"}


def test_an_end_that_names_only_the_day_of_the_receipt_is_not_before_it(office: Office) -> None:
    """A certified copy given out on the spot was told as ended before it was received."""
    taken = office.take(
        _csv(
            office,
            "A-1;05/11/2026 14:30;05/11/2026 17:00;05/11/2026;Phường Thử Một",
            "A-2;05/11/2026 14:30;05/11/2026 17:00;05/11/2026 14:29;Phường Thử Một",
            "A-3;05/11/2026 14:30;05/11/2026 17:00;04/11/2026;Phường Thử Một",
        )
    )
    assert taken.report["ended_before_received"] == 2
    (odd,) = taken.report["odd"]
    assert "Kết thúc trước khi tiếp nhận: dòng 3 (05/11/2026 14:29), dòng 4" in odd
    rows = office.asked("rows", "resolved_on_day", *MONTH)
    flagged = {row["code"]: (row["ended_before_received"], row["ended_at"]) for row in rows}
    assert flagged == {
        "A-1": (False, "2026-11-05 14:30:00"),
        "A-2": (True, "2026-11-05 14:30:00"),
        "A-3": (True, "2026-11-05 14:30:00"),
    }


@pytest.mark.parametrize(
    "numbers", [("(1)", "(2)", "(3)", "(4)", "(5)"), ("A", "1", "2", "3=2-1", "")]
)
def test_the_row_that_numbers_the_columns_was_rejected_cell_by_cell(
    office: Office, numbers: Sequence[str]
) -> None:
    cells = ";".join(CELLS)
    taken = office.take(_csv(office, ";".join(numbers), f"7;{cells}", f"12;{cells}"))
    assert (set(taken.dossiers), taken.rejected) == ({"7", "12"}, {}), "short codes are codes"
    assert "Dòng đánh số cột, không phải hồ sơ: dòng 2." in taken.report["left_aside"]


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,23.4", "auto", None),  # read as 1,234
        ("1.23,4", "auto", None),  # read as 123,4
        ("0,123.4", "auto", None),
        ("1.2345,6", "auto", None),
        ("1,234.5", ",", None),  # read as 1,2345
        ("0.123", ",", None),  # read as 123
        ("1.234,5", "auto", 1234.5),
        ("1,234.5", "auto", 1234.5),
        ("1.234.567,89", "auto", 1234567.89),
        ("−1.234,5", "auto", -1234.5),  # with the minus that the screens print
        ("1 234,5", "auto", 1234.5),
        ("12.345,678", ",", 12345.678),
        ("1,234", ".", 1234.0),
    ],
)
def test_thousands_that_are_not_in_groups_of_three_were_read_as_another_number(
    text: str, decimal: str, value: float | None
) -> None:
    assert number(text, decimal) == value
