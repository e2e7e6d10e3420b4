"""Text files that fill or hold up whoever reads them: refused in words, and nothing is left."""

from __future__ import annotations

import gzip
import json
import os
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.intake.readers import named
from tests.bounds import set_bounds
from tests.hostile.conftest import GOOD, HEADER, Take, refused

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_a_header_of_forty_thousand_columns_is_refused_and_named_in_a_moment(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(["x"] * 40_000) + "\n", encoding="utf-8")
    refused(take, database, path, "40000 cột")
    began = time.process_time()
    names = named(["x"] * 40_000, 255)
    assert len(set(names)) == 40_000
    assert time.process_time() - began < 3


def test_two_gigabytes_of_nothing_are_refused_without_being_read(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    os.truncate(path, 2 << 30)
    refused(take, database, path, "nhị phân")
    lines = f"{HEADER}\n" + f"{GOOD}\n" * 20_000
    path.write_text(lines, encoding="utf-8")
    os.truncate(path, 2 << 30)
    refused(take, database, path, "một dòng dài hơn 64 MB")


def test_a_file_of_which_most_is_rejected_holds_nobody_up(
    take: Take, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen before: ten megabytes of quotation marks kept all others from writing for minutes."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n" + '"\n' * 2_000, encoding="utf-8")
    set_bounds(monkeypatch, rejected=900)
    said = refused(take, database, path, "không khớp ánh xạ")
    assert "Dòng đầu tiên: Dòng 3" in said
    good = "".join(GOOD.replace("HS-1", f"HS-{at}") + "\n" for at in range(2_100))
    path.write_text(f"{HEADER}\n{good}" + '"\n' * 2_000, encoding="utf-8")
    report = take(path)
    assert (report.rows_inserted, report.rows_rejected) == (2_100, 2_000)


def test_a_line_without_end_a_cell_without_end_and_an_open_quote(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x" * 200_000 + "\n" + GOOD, encoding="utf-8")
    refused(take, database, path, "Dòng tiêu đề")
    path.write_text('"' + HEADER + "\n" + GOOD, encoding="utf-8")
    refused(take, database, path, "Thiếu cột|Dòng tiêu đề|rỗng")
    path.write_text(HEADER + "\n" + GOOD + '\n"' + "x" * 3_000_000, encoding="utf-8")
    report = take(path)
    assert (report.rows_inserted, report.rows_rejected) == (1, 1)


@pytest.mark.parametrize("line", ["\n", "\r\n", "  \t\n"])
@pytest.mark.parametrize("opened", ["", '"'])
def test_blank_lines_have_an_end_inside_of_quotes_too(
    take: Take,
    database: Engine,
    tmp_path: Path,
    line: str,
    opened: str,
) -> None:
    """Seen before: two hundred megabytes of them took five minutes, or 2.3 GB, to be refused."""
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEADER}\n{GOOD}\n{opened}{line * 2_000_000}".encode())
    refused(take, database, path, "hơn 1048576 dòng trống")
    path.write_bytes(f"{HEADER}\n{GOOD}\n{line * 100_000}".encode())
    assert take(path).rows_inserted == 1


def test_messages_between_blank_lines_without_end_are_refused(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n" + "\n" * 2_000_000, encoding="utf-8")
    refused(take, database, path, "hơn 1048576 dòng trống")


def test_a_packed_file_that_unpacks_without_end_is_refused(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(bytes(70 << 20), 9))
    refused(take, database, path, "hơn 200 lần dung lượng")


def test_json_that_is_deep_or_long_costs_its_own_line(take: Take, tmp_path: Path) -> None:
    names = HEADER.split(",")
    good = json.dumps(dict(zip(names, GOOD.split(","), strict=True)), ensure_ascii=False)
    deep = ['{"a":' * depth + "1" + "}" * depth for depth in (200, 900, 990, 100_000)]
    long = '{"Mã hồ sơ": ' + "9" * 1_000_000 + "}"
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([good, *deep, long, "[" * 100_000, "\x00", "nul"]), encoding="utf-8")
    report = take(path)
    assert report.rows_inserted == 1
    assert report.rows_rejected == report.rows_read - 1 >= 7


def test_a_json_array_that_is_deep_is_refused(take: Take, database: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("[" * 200_000, encoding="utf-8")
    refused(take, database, path, "không phải một mảng JSON")
