"""Moments as the field writes them: what was refused, taken wrongly, or stopped the program."""

from __future__ import annotations

import pytest

from tests.connectors.intake.field_case import Office, office, table_of, ways

__all__ = ["office"]

AT_FIVE = "31/12/2025 17:00:00"
DAY_ONLY = "31/12/2025 23:59:59"
WAYS = {
    **dict.fromkeys((1, 2, 3, 4, 5, 6, 14, 15, 16, 17, 18, 23, 24, 25, 26, 29, 30), AT_FIVE),
    **dict.fromkeys((9, 10, 11, 12, 19, 27, 28), DAY_ONLY),
    13: "01/01/2026 00:00:00",
}
REFUSED = {
    7: "tháng đứng trước ngày",
    8: 'dates.formats = ["dd/MM/yy"]',
    20: 'dates.formats = ["epoch_ms"]',
    21: 'dates.formats = ["epoch"]',
    22: 'dates.formats = ["epoch_ms"]',
}


def test_c10_twenty_of_thirty_ways_of_writing_a_moment_were_refused(office: Office) -> None:
    taken = office.take("c10-dates.csv")
    assert {code: taken.local(code, "due_at") for code in taken.dossiers} == {
        f"DT-{number:02}": moment for number, moment in WAYS.items()
    }
    by_code = {row.row["Số hồ sơ"]: row for row in taken.rejected.values()}
    assert by_code.keys() == {f"DT-{number:02}" for number in REFUSED}
    for number, advice in REFUSED.items():
        row = by_code[f"DT-{number:02}"]
        assert row.column_name == "Ngày hẹn trả"
        assert advice in row.reason, row.reason


def test_c10_the_ways_one_by_one_are_read_as_in_the_file(office: Office) -> None:
    cells = ((code, way, "") for code, way in ways("c10-ways.txt").items())
    taken = office.take(office.write("a.csv", table_of(cells)))
    assert {code: taken.local(code, "due_at") for code in taken.dossiers} == {
        f"DT-{number:02}": moment for number, moment in WAYS.items()
    }
    assert len(taken.rejected) == len(REFUSED)


@pytest.mark.parametrize(
    ("number", "formats"),
    [
        (7, '["MM/dd/yyyy hh:mm:ss tt"]'),
        (8, '["dd/MM/yy"]'),
        (20, '["epoch_ms"]'),
        (21, '["epoch"]'),
        (22, '["epoch_ms"]'),
    ],
)
def test_c10_what_the_mapping_names_is_read(office: Office, number: int, formats: str) -> None:
    mapping = office.own_mapping(
        "[columns]", f"[dates]\nformats = {formats[:-1]}, 'auto']\n[columns]"
    )
    taken = office.take("c10-dates.csv", mapping)
    code = f"DT-{number:02}"
    assert taken.local(code, "due_at") == (DAY_ONLY if number == 8 else AT_FIVE)


def test_c43_a_clock_of_twelve_hours_stopped_the_program(office: Office) -> None:
    taken = office.take("c43b-nyc.csv", "c43b.toml")
    assert taken.report["rows_rejected"] == 0
    first, second = "39200001", "39200002"
    assert taken.local(first, "received_at") == "01/05/2018 00:00:00"
    assert taken.local(first, "ended_at") == "03/05/2018 14:10:00"
    assert taken.local(second, "received_at") == "13/05/2018 23:59:00"
    assert taken.local(second, "ended_at") is None


@pytest.mark.parametrize("formats", ['["MM/dd/yyyy HH:mm:ss"]', '["auto"]'])
def test_c43_american_moments_are_never_read_the_other_way_round(
    office: Office, formats: str
) -> None:
    mapping = office.own_mapping('["MM/dd/yyyy HH:mm:ss"]', formats, "c43c.toml")
    taken = office.take("c43b-nyc.csv", mapping)
    assert taken.dossiers == {}
    assert {row.column_name for row in taken.rejected.values()} == {"Created Date"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("DD/MM/YYYY", "ký hiệu lạ “DD” (có phải “dd”?)"),
        ("MM/dd/yyyy hh:mm:ss a", "ký hiệu lạ “a” (có phải “tt”?)"),
        ("%d/%m/%Y", "ký hiệu lạ “%d”"),
        ("dd/MM/yyyy quý", "ký hiệu lạ “q"),
        ("dd/mm/yyyy", "thiếu tháng"),
        ("HH:mm", "thiếu năm"),
        ("dd/MM/yyyy hh:mm", "cần tt"),
        ("dd/MM/yyyy HH:mm tt", "không đi cùng HH"),
        ("dd/MM/yyyy 'lúc", "ký hiệu lạ “'”"),
        ("", "thiếu năm"),
    ],
)
def test_c43_an_unknown_token_is_refused_by_name(office: Office, given: str, said: str) -> None:
    mapping = office.own_mapping("MM/dd/yyyy hh:mm:ss tt", given, "c43b.toml")
    taken = office.take("c43b-nyc.csv", mapping)
    assert taken.exit_code == 2
    assert "dates.formats" in taken.text
    assert said in taken.text, taken.text
