"""Units, provinces, numbers and codes as people write them; several rows a dossier."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest
from click.testing import CliRunner
from sqlalchemy import insert
from sqlalchemy.orm import Session

from connectors.__main__ import main
from connectors.database.models import Unit
from connectors.intake.codes import has_form, province_of
from connectors.units_hanoi import hanoi_units
from tests.connectors.intake.field_case import CASES, Office, office

__all__ = ["office"]

HEAD = "Số hồ sơ;Ngày nhận;Ngày hẹn trả;Ngày xong;Đơn vị"


def rows_of(*units: str) -> str:
    rows = [
        f"A-{place};02/11/2026 08:15;06/11/2026 17:00;05/11/2026 10:00;{unit}"
        for place, unit in enumerate(units)
    ]
    return "\n".join([HEAD, *rows]) + "\n"


@pytest.fixture
def hanoi(office: Office) -> Office:
    """An installation with the units of the sample's catalogue."""
    names = [column.name for column in Unit.__table__.columns]
    rows = [
        {name: row.get(name) for name in names} | {"sort_order": 0}
        for row in hanoi_units().units.iter_rows(named=True)
    ]
    with Session(office.database) as session:
        session.execute(insert(Unit), rows)
        session.commit()
    return office


def test_c28_ten_of_fourteen_ways_of_writing_a_ward_were_refused(hanoi: Office) -> None:
    taken = hanoi.take("c28-units.csv", "c28.toml")
    wards = {f"TEN-{number:02}" for number in range(1, 13)}
    assert set(taken.dossiers) == wards
    assert {taken.unit_of(code) for code in wards} == {"Phường Hà Đông"}
    ward, district = taken.rejected[14], taken.rejected[15]
    assert "không có trong danh mục; gần nhất: Xã Hòa Bình" in ward.reason
    assert "không có hiệu lực vào ngày tiếp nhận hồ sơ; gần nhất: Phường Hà Đông" in district.reason


def test_a_name_with_other_tones_or_two_meanings_is_not_folded(office: Office) -> None:
    office.units("Phường Hạ Đông", "Xã Tân Hòa", "Phường Tân Hòa", "Phường Tân Hoa")
    taken = office.take(
        office.write("a.csv", rows_of("Phường Hà Đông", "Tân Hoà", "P. Tân Hoà", "Phuong Tan Hoa")),
        "c28.toml",
    )
    assert {code: taken.unit_of(code) for code in taken.dossiers} == {"A-2": "Phường Tân Hòa"}
    assert "gần nhất: Phường Hạ Đông" in taken.rejected[2].reason
    assert "nhiều đơn vị" in taken.rejected[3].reason
    assert "nhiều đơn vị" in taken.rejected[5].reason


def test_units_are_cleaned_by_a_pattern_and_a_table_of_spellings(office: Office) -> None:
    office.units("Phường Hà Đông", "Phường Dương Nội")
    mapping = office.own_mapping(
        'column = "Đơn vị"',
        'column = "Đơn vị"\npattern = "^(?:MC-)?(.+)$"\n'
        'aliases = { "HĐ" = "Phường Hà Đông", "Mot cua DN" = "00001" }',
        "c28.toml",
    )
    taken = office.take(
        office.write("a.csv", rows_of("MC-HĐ", "hđ", "mot  cua DN", "khác")), mapping
    )
    assert [taken.unit_of(f"A-{place}") for place in range(3)] == [
        "Phường Hà Đông",
        "Phường Hà Đông",
        "Phường Dương Nội",
    ]
    assert "aliases" in taken.rejected[5].reason


def test_spellings_of_one_unit_make_one_unit(office: Office) -> None:
    taken = office.take(
        office.write("a.csv", rows_of("Phường Hoà Bình", "P. Hòa Bình", "Hòa Bình"))
    )
    assert taken.report["units_created"] == ["Phường Hoà Bình", "Hòa Bình"]


def test_the_advice_to_create_units_is_not_given_where_they_are(office: Office) -> None:
    text = rows_of("Phường Thử Một").replace("02/11/2026", "hôm qua")
    taken = office.take(office.write("a.csv", text))
    assert "create = true" not in taken.rejected[2].reason
    assert "đơn vị" not in taken.rejected[2].reason


def register(office: Office, name: str) -> dict[str, object]:
    arguments = ["register", "import", "index_score", str(CASES / name), "--by", "A", "--json"]
    run = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert run.exit_code == 0, run.output
    found: dict[str, object] = json.loads(run.stdout)
    return found


def test_c19_short_names_of_provinces_were_refused(office: Office) -> None:
    report = register(office, "c19-provinces.csv")
    assert (report["rows_rejected"], report["rows_read"]) == (0, 41), report["first_rejected"]


def test_c44_one_rule_for_numbers_everywhere(office: Office) -> None:
    report = register(office, "c44-numbers.csv")
    rejected = {row["line"]: row for row in report["first_rejected"]}  # type: ignore[attr-defined]
    assert set(rejected) == {4, 7, 8, 9, 10}
    for line in (4, 9, 10):  # points between groups of three part thousands: never 43 and a bit
        assert "kiểm tra dấu thập phân" in rejected[line]["reason"]
    for line in (7, 8):  # "9/63" and "hạng 9"
        assert rejected[line]["column"].startswith("Thứ hạng")


def test_c29_the_oldest_of_several_rows_won(office: Office) -> None:
    taken = office.take("c29-lines-per-step.csv")
    assert taken.local("L-1", "ended_at") == "05/11/2026 09:00:00"
    assert "dòng 3 của cùng tệp; dòng đứng sau được lấy" in taken.rejected[2].reason
    assert "file.latest_by" in taken.rejected[2].reason


@pytest.mark.parametrize("chunk", [131_072, 1])
def test_c29_the_mapping_says_which_row_is_the_latest(
    office: Office, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.bounds import set_bounds

    set_bounds(monkeypatch, rows=chunk)
    mapping = office.own_mapping('format = "csv"', 'format = "csv"\nlatest_by = "Cập nhật"')
    rows = [
        f"{HEAD};Cập nhật",
        "L-1;02/11/2026 08:00;06/11/2026 17:00;;Phường Thử Một;03/11/2026",
        "L-1;02/11/2026 08:00;06/11/2026 17:00;05/11/2026 09:00;Phường Thử Một;05/11/2026",
        "L-1;02/11/2026 08:00;06/11/2026 17:00;;Phường Thử Một;04/11/2026",
        "L-2;02/11/2026 08:00;06/11/2026 17:00;;Phường Thử Một;04/11/2026",
        "L-3;02/11/2026 08:00;06/11/2026 17:00;;Phường Thử Một;không rõ ngày",
    ]
    taken = office.take(office.write("a.csv", "\n".join(rows) + "\n"), mapping)
    assert taken.local("L-1", "ended_at") == "05/11/2026 09:00:00"
    assert taken.local("L-2", "ended_at") is None
    assert list(taken.rejected) == [6]
    assert (
        "2 dòng cũ hơn của cùng hồ sơ (dòng mới nhất theo cột “Cập nhật”)."
        in (taken.report["left_aside"])
    )


def test_the_sample_has_the_ward_of_the_cases() -> None:
    units = hanoi_units().units
    valid = [row for row in units.iter_rows(named=True) if row["name"] == "Phường Hà Đông"]
    assert [row["valid_from"] for row in valid] == [date(2025, 7, 1)]


@pytest.mark.parametrize(
    ("code", "province"),
    [
        ("H26.30-251101-0001", "H26"),
        ("000.A0.01.H26-210212-9090", "H26"),
        ("000.00.00.H26.01.02.03-251101-12345", "H26"),
        ("G22.99-251101-0001", "G22"),
        ("12.34-251101-0001", None),
    ],
)
def test_a_code_names_its_province_at_either_end(code: str, province: str | None) -> None:
    assert province_of(code) == province
    assert pl.select(has_form(pl.lit(code))).item()


@pytest.mark.parametrize(
    "code",
    [
        *("HS-001", "h26.30-251101-0001", "H26..30-251101-0001", "H26.30-2511-0001"),
        *("H26.30-251101-12", "A" * 9 + "-251101-0001", "H26-251101-" + "1" * 60),
        ".".join(["ABCDEFG"] * 5) + "-251101-0001",
    ],
)
def test_other_codes_are_not_of_the_exchange(code: str) -> None:
    assert not pl.select(has_form(pl.lit(code))).item()


def test_a_code_unlike_nearly_all_others_is_told(office: Office) -> None:
    text = rows_of("Phường Thử Một", "Phường Thử Một", "Phường Thử Một")
    text = text.replace("A-0", "H26.30-251101-0001").replace("A-1", "000.01.H26-251101-0002")
    taken = office.take(office.write("a.csv", text))
    assert len(taken.dossiers) == 3
    (odd,) = taken.report["odd"]
    assert odd.startswith("Mã hồ sơ không theo dạng của trục liên thông: dòng 4 (A-2).")
    assert office.take("c29-lines-per-step.csv").report["odd"] == []
