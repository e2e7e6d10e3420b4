"""What files write where nothing is known, and moments that cannot be: read in silence before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.connectors.intake.field_case import Office, office, table_of, ways

__all__ = ["office"]


def test_c26_the_pending_dossiers_were_lost_to_words_for_nothing(office: Office) -> None:
    taken = office.take("c26-placeholders.csv")
    assert len(taken.dossiers) == 19
    assert all(dossier.ended_at is None for dossier in taken.dossiers.values())
    (refused,) = taken.rejected.values()
    assert (refused.column_name, refused.value) == ("Ngày xong", "x")
    (told,) = taken.report["left_aside"][-1:]
    assert "“NULL” 1 ô" in told or "và 7 từ khác" in told
    shown = office.take("c26-placeholders.csv", "base.toml", "--dry-run")
    assert shown.report["rows_unchanged"] == 19


def test_c26_the_words_one_by_one_are_read_as_in_the_file(office: Office) -> None:
    cells = ((code, "31/12/2025 17:00", word) for code, word in ways("c26-ways.txt").items())
    taken = office.take(office.write("a.csv", table_of(cells)))
    assert set(taken.dossiers) == {f"PH-{number:02}" for number in range(1, 20)}
    assert all(dossier.ended_at is None for dossier in taken.dossiers.values())
    assert [row.value for row in taken.rejected.values()] == ["x"]


def test_c26_a_mapping_adds_its_own_words(office: Office) -> None:
    mapping = office.own_mapping('format = "csv"', 'format = "csv"\nempty = ["X"]')
    taken = office.take("c26-placeholders.csv", mapping)
    assert (len(taken.dossiers), taken.rejected) == (20, {})


@pytest.mark.parametrize(
    "word",
    [
        "1900-01-01",
        "01/01/1900",
        "30/12/1899 00:00:00",
        "1/1/1970 07:00:00",
        "12/31/9999",
        "9999-12-31T23:59:59",
        "00010101000000",
        "0",
        "Chưa trả kết quả",
        "#N/A",
    ],
)
def test_a_day_or_word_for_nothing_is_no_end(office: Office, word: str) -> None:
    head = "Số hồ sơ;Ngày nhận;Ngày hẹn trả;Ngày xong;Đơn vị"
    row = f"A-1;02/11/2026 08:15;06/11/2026 17:00;{word};Phường Thử Một"
    taken = office.take(office.write("a.csv", f"{head}\n{row}\n"))
    assert taken.rejected == {}
    assert taken.dossiers["A-1"].ended_at is None
    assert any(f"“{word}” 1 ô" in told for told in taken.report["left_aside"])


@pytest.mark.parametrize("word", ["#REF!", "#VALUE!", "???", "x", "31/12/1850"])
def test_what_cannot_be_read_is_never_nothing(office: Office, word: str) -> None:
    head = "Số hồ sơ;Ngày nhận;Ngày hẹn trả;Ngày xong;Đơn vị"
    row = f"A-1;02/11/2026 08:15;06/11/2026 17:00;{word};Phường Thử Một"
    taken = office.take(office.write("a.csv", f"{head}\n{row}\n"))
    assert taken.dossiers == {}
    assert (taken.rejected[2].column_name, taken.rejected[2].value) == ("Ngày xong", word)


def test_c12_a_mistyped_year_was_taken_without_a_word(office: Office) -> None:
    assert datetime.now(UTC).year < 2060, "these years are no longer ahead"
    taken = office.take("c12-years.csv")
    odd = "\n".join(taken.report["odd"])
    assert "Cột “Ngày xong”: sau ngày nhập" in odd
    assert "dòng 3 (06/11/2062 10:00)" in odd
    assert "Cột “Ngày nhận”: sau ngày nhập" in odd
    assert "dòng 4 (03/11/2062 08:00)" in odd
    assert "hẹn trả sau hơn 5 năm: dòng 4 (09/11/2062 17:00)" in odd
    assert "Kết thúc trước khi tiếp nhận: dòng 6 (03/11/2026 17:00)" in odd
    assert "dòng 2 " not in odd
    assert {line: row.column_name for line, row in taken.rejected.items()} == {
        5: "Ngày hẹn trả",
        7: "Ngày nhận",
    }


def test_the_command_prints_what_was_left_aside_and_what_is_odd(office: Office) -> None:
    from click.testing import CliRunner

    from connectors.__main__ import main
    from tests.connectors.intake.field_case import CASES

    for name, heading in (("c12-years.csv", "Cần xem lại:"), ("c26-placeholders.csv", "Để ngoài:")):
        arguments = ["import", str(CASES / name), "--mapping", str(CASES / "base.toml")]
        run = CliRunner().invoke(main, [*arguments, "--no-snapshot"], catch_exceptions=False)
        assert heading in run.stdout
