"""The official forms as workbooks, read back by another program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.registers import RegisterRefused, add
from metrics.core.measure import measure
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.form_cells import FormRefused
from reports.blocks import Form, Report
from reports.registry import FORM, REPORTS
from tests.reports.conftest import NOW, Office, Rows, office_in

WEEK = "week:2025-W23"
"""2–8 June 2025."""
LINES = (
    # before the week, still open in it
    "HS-01,28/05/2025 08:00,04/06/2025 16:00,05/06/2025 10:00,Trực tuyến,Phường Hà Đông,1.001",
    "HS-02,28/05/2025 08:00,30/06/2025 16:00,,Trực tiếp,Phường Dương Nội,1.001",
    # of the week
    "HS-03,02/06/2025 08:00,06/06/2025 16:00,03/06/2025 10:00,Trực tuyến,Phường Hà Đông,1.001",
    "HS-04,03/06/2025 08:00,05/06/2025 16:00,05/06/2025 10:00,Trực tiếp,Phường Hà Đông,",
    "HS-05,03/06/2025 08:00,06/06/2025 16:00,,Trực tuyến,Phường Hà Đông,1.001",
    "HS-06,04/06/2025 08:00,20/06/2025 16:00,,Trực tuyến,Sở Y tế,1.001",
    "HS-07,04/06/2025 08:00,,06/06/2025 10:00,Trực tuyến,Sở Y tế,1.001",
    # after it
    "HS-08,10/06/2025 08:00,20/06/2025 16:00,12/06/2025 10:00,Trực tuyến,Sở Y tế,1.001",
)
NAMES = {"HS-01": "quá hạn", "HS-03": "trước hạn", "HS-04": "đúng hạn"}


@pytest.fixture(scope="module")
def filled(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Read by all tests of the module; the reported rows of one are of a unit of its own."""
    made = office_in(tmp_path_factory.mktemp("office"), _sqlite_template)
    made.take(*LINES)
    yield made
    made.database.dispose()


def row(rows: Rows, name: str) -> list[Any]:
    """The line of that name, from column (3) on."""
    (found,) = [each for each in rows if len(each) > 2 and each[1] == name]
    return [_number(cell) for cell in found[2:]]


def _number(cell: Any) -> Any:
    """The reader makes texts of a column that also holds headings; types: see below."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        return cell


def text(rows: Rows) -> str:
    return "\n".join(str(cell) for each in rows for cell in each if cell is not None)


def test_the_roll_up_has_the_figures_of_metrics(
    filled: Office, xlsx: Callable[[Report], Rows]
) -> None:
    rows = xlsx(filled.report("bieu-ii06a-don-vi", WEEK))
    #                                  3  4  5  6  7  8  9 10 11 12 13  chưa phân loại
    assert row(rows, "Phường Hà Đông") == [4, 2, 1, 1, 3, 1, 1, 1, 1, 0, 1, 0]
    assert row(rows, "Phường Dương Nội") == [1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0]
    assert row(rows, "Sở Y tế") == [2, 2, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1]
    assert row(rows, "Xã, phường, thị trấn") == [5, 2, 1, 2, 3, 1, 1, 1, 2, 1, 1, 0]
    total = row(rows, "Tổng số")
    assert total == [7, 4, 1, 2, 4, 1, 1, 1, 3, 2, 1, 1]
    material = filled.material(WEEK)
    keys = ("received_online", "received_offline", "carried_over", "resolved", "resolved_early",
            "resolved_on_day", "resolved_late", "pending", "pending_in_time", "pending_overdue",
            "resolved_unclassified")  # fmt: skip
    found = measure(material.facts, [FIGURES[key] for key in keys], [material.ask])
    counted = dict(found.select("figure", "numerator").iter_rows())
    assert total[1:] == [counted[key] for key in keys]


def test_a_form_says_what_it_is(filled: Office, xlsx: Callable[[Report], Rows]) -> None:
    found = text(xlsx(filled.report("bieu-ii06a", WEEK, "Phường Hà Đông")))
    for words in (
        "Biểu số II.06a/VPCP/KSTT, ban hành theo Thông tư 01/2020/TT-VPCP",
        "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT TTHC",
        "Đơn vị báo cáo: Phường Hà Đông",
        "Đơn vị nhận báo cáo: Văn phòng Chính phủ",
        "Tuần 23 (02/06–08/06/2025) (Số liệu điều hành, không phải kỳ báo cáo)",
        "Số liệu hết ngày 08/06/2025",
        "Nguồn: Nguồn thử nghiệm",
        "Đơn vị tính: Số hồ sơ TTHC",
        "NGƯỜI LẬP BIỂU",
        "Tỷ lệ trước hạn và đúng hạn: 66,67%.",
    ):
        assert words in found
    assert "Ngoài biểu" not in found  # Hà Đông has nothing without a due date


def test_the_forms_name_ends_with_the_circular(office: Office) -> None:
    """Periods that end from 15/02/2026 on are of an internal form, and go to another receiver."""
    office.take(
        "HS-1,12/02/2026 08:00,20/02/2026 16:00,,Trực tuyến,Sở Y tế,1.001",
        "HS-2,16/02/2026 08:00,20/02/2026 16:00,16/02/2026 09:00,,Sở Y tế,1.001",
    )
    before, after = (
        office.report("bieu-ii06a", token).head for token in ("month15:2026-02", "week:2026-W07")
    )
    assert before.form.startswith("Biểu số II.06a/VPCP/KSTT")
    assert after.form == "Mẫu nội bộ theo cột của biểu II.06a (TT 01/2020)"
    assert {before.receiver, after.receiver} == {"Bộ Tư pháp"}


def test_fields_have_a_line_each_and_what_has_none_has_one(
    filled: Office, xlsx: Callable[[Report], Rows]
) -> None:
    rows = xlsx(filled.report("bieu-ii06a", WEEK))
    assert row(rows, "Chưa rõ lĩnh vực") == row(rows, "Tổng số")


def test_the_table_of_fourteen_columns(filled: Office, xlsx: Callable[[Report], Rows]) -> None:
    rows = xlsx(filled.report("bang-14-cot", WEEK))
    assert row(rows, "Tổng số") == [7, 2, 5, 1, 1, 1, pytest.approx(2 / 3), 2, 1, 0, 0, 1]
    assert next(each for each in rows if each[0] == "(1)")[-1] == "(14)"


def test_causes_and_procedures(filled: Office, xlsx: Callable[[Report], Rows]) -> None:
    rows = xlsx(filled.report("nguyen-nhan-qua-han", WEEK))
    assert row(rows, "Tổng số")[:2] == [2, 1]
    assert "Chưa ghi nguyên nhân" in text(rows)
    form = filled.report("bieu-ii07b", WEEK).sections[0].blocks[1]
    assert isinstance(form, Form)
    assert [list(line.values[2:7]) for line in form.rows] == [[1, 0, 0, 0, None]]


@pytest.mark.parametrize("name", [each.key for each in REPORTS.values() if each.formats == FORM])
def test_nothing_counted_is_said_and_no_zeros_are_made_up(
    filled: Office, xlsx: Callable[[Report], Rows], name: str
) -> None:
    found = text(xlsx(filled.report(name, "week:2024-W10")))
    assert ("Không phát sinh trong kỳ báo cáo." in found) == (name != "bieu-ii07b")


# -- reported -----------------------------------------------------------------------------

THAI_BINH = (1_150_343, 69_635, 1_065_067, 15_641, 1_139_324, 114_977, 1_022_796, 1_551, 11_019,
             10_686, 333)  # fmt: skip


def report_row(office: Office, year: int, columns: tuple[int | None, ...], **more: Any) -> None:
    values: dict[str, Any] = {
        "unit": "Sở Y tế",
        "period_from": date(year, 1, 1),
        "period_to": date(year, 12, 31),
        "source": "Báo cáo",
        **{f"c{n}": value for n, value in enumerate(columns, 3)},
        **more,
    }
    add(office.database, office.settings, "form_row", values, by="Lan", at=NOW)


def test_thai_binh_2021_prints_as_reported(filled: Office, xlsx: Callable[[Report], Rows]) -> None:
    report_row(filled, 2021, THAI_BINH, reported_rate=99.86)
    rows = xlsx(filled.report("bieu-ii06a", "year:2021"))
    assert row(rows, "Sở Y tế") == list(THAI_BINH)
    found = text(rows)
    assert "(3) = (7) + (11): 1.150.343 = 1.139.324 + 11.019." in found
    assert "99,86%" in found
    assert "Số liệu do đơn vị báo cáo" in found


def test_one_digit_changed_is_refused(filled: Office) -> None:
    changed = (THAI_BINH[0] + 1, *THAI_BINH[1:])
    with pytest.raises(RegisterRefused, match=r"\(4\) \+ \(5\) \+ \(6\) = 1\.150\.343"):
        report_row(filled, 2020, changed)
    report_row(filled, 2020, changed, as_printed=True)  # kept and marked, but no form is made of it
    with pytest.raises(FormRefused, match=r"Sở Y tế, \(3\) = \(4\) \+ \(5\) \+ \(6\)"):
        filled.report("bieu-ii06a", "year:2020")


def test_hue_shows_what_is_in_no_class(filled: Office, xlsx: Callable[[Report], Rows]) -> None:
    report_row(filled, 2019, (None, None, None, None, 257_141, 200_000, 47_000, 529))
    rows = xlsx(filled.report("bieu-ii06a", "year:2019"))
    assert row(rows, "Sở Y tế")[4:8] == [257_141, 200_000, 47_000, 529]
    assert row(rows, "Sở Y tế")[-1] == 9_612
    assert "(7) gồm 9.612 hồ sơ chưa phân loại" in text(rows)
    assert row(rows, "Sở Y tế")[0] == "–"


def test_what_a_unit_reported_as_left_and_as_carried_over_is_told(
    filled: Office, xlsx: Callable[[Report], Rows]
) -> None:
    report_row(filled, 2015, (10, 0, 10, 0, 7, None, None, None, 3))
    report_row(filled, 2016, (9, 2, 3, 4, 9, None, None, None, 0))
    report_row(filled, 2017, (5, 2, 3, 0, 5, None, None, None, 0))
    found = text(xlsx(filled.report("bieu-ii06a", "year:2016")))
    assert "chuyển kỳ: (6) = 4, (11) đã báo cáo của kỳ trước = 3, lệch 1." in found
    for year in (2015, 2017):  # nothing is known before the one, the other agrees
        assert "chuyển kỳ" not in text(xlsx(filled.report("bieu-ii06a", f"year:{year}")))
