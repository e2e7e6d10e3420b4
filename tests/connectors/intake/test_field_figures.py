"""What the field's files come to, asked for at the command line.

The same on the screen: tests/pages/records/test_field_ways.py.
"""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from connectors.__main__ import main
from metrics.__main__ import main as metrics
from tests.connectors.intake.field_answers import ANSWERS
from tests.connectors.intake.field_case import Office, office
from tests.connectors.intake.test_field_names import hanoi, register
from tests.turns import at_each_change

__all__ = ["hanoi", "office"]


_KEPT = (
    "c06-merged.xlsx", "c10-dates.csv", "c20-numeric-code.xlsx", "c28-units.csv", "c42-quotes.csv",
)  # fmt: skip
"""At each change; a name, a moment, an end of each other file is asked by its own test."""


@pytest.mark.parametrize("file", at_each_change(ANSWERS, _KEPT))
def test_the_dossiers_of_a_file_count_as_they_are_meant(
    file: str, request: pytest.FixtureRequest
) -> None:
    answer = ANSWERS[file]
    taken: Office = request.getfixturevalue("hanoi" if file == "c28-units.csv" else "office")
    taken.take(file, f"{answer.mapping}.toml")
    found = {figure: taken.counted(figure, answer.first, answer.last) for figure in answer.figures}
    assert found == answer.figures


def test_c13_a_rate_stood_alone_beside_what_is_overdue(office: Office) -> None:
    office.take("c13-austin.csv")
    week = ("2026-11-02", "2026-11-08")
    (whole,) = office.asked("show", "on_time", *week)
    assert (whole["rate"], whole["overdue"]) == (1.0, 2)
    (ward,) = office.asked("show", "on_time", *week, "--by", "unit")
    assert (ward["key"], ward["rate"], ward["overdue"]) == ("Phường Thử Một", 1.0, 2)
    weeks = office.asked("show", "on_time", "2026-11-02", "2026-11-22", "--by", "week")
    assert [(row["numerator"], row["overdue"]) for row in weeks] == [(2, 2), (1, 2), (None, None)]


def test_a_unit_with_nothing_but_overdue_dossiers_has_a_line(office: Office) -> None:
    rows = (
        "A-1;02/11/2026 08:00;04/11/2026 17:00;;Phường Thử Một",
        "A-2;02/11/2026 08:00;04/11/2026 17:00;03/11/2026 17:00;Phường Thử Hai",
        "A-3;09/11/2026 08:00;14/11/2026 17:00;;Phường Thử Hai",
    )
    head = "Số hồ sơ;Ngày nhận;Ngày hẹn trả;Ngày xong;Đơn vị"
    office.take(office.write("a.csv", "\n".join((head, *rows)) + "\n"))
    shown = office.asked("show", "on_time", "2026-11-02", "2026-11-08", "--by", "unit")
    assert [(row["key"], row["denominator"], row["rate"], row["overdue"]) for row in shown] == [
        ("Phường Thử Hai", 1, 1.0, 0),
        ("Phường Thử Một", 0, None, 1),
    ]


def test_c45_no_rank_is_kept_across_another_number_of_provinces(office: Office) -> None:
    register(office, "c45-34.csv")

    def told(index: str, province: str) -> list[list[object]]:
        names = ("year", "rank", "out_of", "before", "places_up", "why_not")
        return [[row[name] for name in names] for row in office.index(index, province)]

    first = "năm đầu tiên có số liệu"
    assert told("PAR INDEX", "hà nội") == [
        [2024, 3, 63, None, None, first],
        [2025, 3, 34, 2024, None, "63 rồi 34 tỉnh, thành phố nên không so"],
    ]
    assert told("PAPI", "Hải Phòng") == [
        [2024, 10, 61, None, None, first],
        [2025, 12, 34, 2024, None, "61 rồi 34 tỉnh, thành phố nên không so"],
    ]
    # A province that was merged into another is not continued by it.
    assert told("PAPI", "Hải Dương") == [[2025, 13, 34, None, None, first]]


INDEX_HEAD = "Chỉ số *;Năm *;Thành phần *;Tỉnh, thành phố *;Điểm;Thứ hạng;Trên tổng số;Nguồn *"


def test_a_rank_of_nobody_knows_how_many_was_kept_across_the_merger(office: Office) -> None:
    """3 (of what?) beside 3/34 read "giữ hạng"; before the merger there is nothing against it."""
    rows = (
        "SIPAS;2022;TOTAL;Hà Nội;84,5;4;;a",
        "SIPAS;2023;TOTAL;Hà Nội;84,75;3;;b",
        "SIPAS;2024;TOTAL;Hà Nội;84,75;2;63;c",
        "SIPAS;2025;TOTAL;Hà Nội;84,0;2;;d",
    )
    path = office.write("a.csv", "\n".join((INDEX_HEAD, *rows)) + "\n")
    register(office, str(path))
    told = {
        row["year"]: (row["places_up"], row["why_not"]) for row in office.index("SIPAS", "Hà Nội")
    }
    why = "chưa rõ hạng trên bao nhiêu tỉnh, thành phố, sắp xếp từ 01/07/2025, nên không so"
    assert told == {
        2022: (None, "năm đầu tiên có số liệu"),
        2023: (1, None),
        2024: (1, None),
        2025: (None, why),
    }


def test_an_unknown_province_is_refused_with_the_nearest(office: Office) -> None:
    register(office, "c45-34.csv")
    CliRunner().invoke(main, ["snapshot"], catch_exceptions=False)
    run = CliRunner().invoke(metrics, ["index", "PAPI", "--province", "Hai Phong"])
    assert run.exit_code == 2
    assert "Sổ chỉ số không có PAPI của “Hai Phong”. Có phải: Hải Phòng" in run.stderr
