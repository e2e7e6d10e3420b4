"""Every table of every screen as a file: its rows, numbers as numbers, and what it is of."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import fastexcel
import pytest
from streamlit.testing.v1 import AppTest

from connectors.settings import Settings
from tests.pages import kit
from tests.pages.links import html, rows_with
from ui.shell.guarded import Made

YEAR = "year:2026"


@pytest.fixture(scope="module", autouse=True)
def _own_caches() -> Iterator[None]:
    kit.forget()
    yield
    kit.forget()


@pytest.fixture
def files(
    with_registers: Settings, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Callable[[], Made]]:
    """Name of a file → what makes it, of the screen that is shown next."""
    found: dict[str, Callable[[], Made]] = {}

    def button(_: str, action: str, __: str, make: Callable[[], Made], **options: Any) -> None:
        assert action in ("export", "see_audit")
        name = options["file_name"]
        while name in found:
            name = f"_{name}"
        found[name] = make

    monkeypatch.setattr("ui.kit.away.guarded", SimpleNamespace(download_button=button))
    kit.place(with_registers, monkeypatch)
    return found


def lines_of(make: Callable[[], Made]) -> tuple[list[list[str]], int]:
    """A CSV's lines, and which of them are the headings."""
    lines = list(csv.reader(io.StringIO(make().content.decode("utf-8-sig"))))
    return lines, lines.index([]) + 1


@pytest.mark.parametrize(
    ("screen", "name"),
    [
        ("tasks", "Nhiệm vụ"),
        ("targets", "Chỉ tiêu"),
        ("inspections", "Mô tả"),
        ("reported", "Chỉ tiêu"),
        ("procedures", "Thủ tục"),
    ],
)
def test_a_list_is_taken_away_as_it_stands(
    files: dict[str, Callable[[], Made]], screen: str, name: str
) -> None:
    at = kit.shown(screen)
    count = re.search(r'class="dh-count"><b>([\d.]+)', html(at))
    assert count is not None
    total = int(count[1].replace(".", ""))
    lists = [lines_of(make) for file, make in files.items() if file.endswith("csv")]
    lines, head = next(each for each in lists if each[0][0][0] == "Danh sách")
    assert len(lines) == head + 1 + total > head + 1
    place = lines[head].index(name)
    on_screen = rows_with(at, name)
    assert [line[place] for line in lines[head + 1 :]][: len(on_screen)] == [
        row[name] for row in on_screen
    ]
    _are_sound(files, at)


def _are_sound(files: dict[str, Callable[[], Made]], at: AppTest, without: int = 0) -> None:
    """Each table that was drawn has its two files, and they hold what they should."""
    drawn = html(at).count('class="dh-rows"')
    assert drawn
    assert len(files) // 2 >= drawn - without
    for name, make in files.items():
        if name.endswith("xlsx"):
            continue
        lines, head = lines_of(make)
        told = dict(line for line in lines[: head - 1] if len(line) == 2)
        assert {"Phạm vi", "Phần mềm"} <= told.keys()
        assert lines[0][0] in ("Bảng", "Danh sách")
        rows = lines[head + 1 :]
        assert rows, name
        assert not any("</" in cell for line in lines for cell in line), "marks are their words"
        sides = [cell for row in rows for cell in row if re.fullmatch(r"\d+/\d+", cell)]
        assert not sides, f"{name}: a spreadsheet reads 3/12 as a day"
        book = fastexcel.read_excel(files[name.replace(".csv", ".xlsx")]().content)
        above = len(lines[:head]) - sum(line[:1] == ["Cột"] for line in lines[:head])
        held = book.load_sheet(0, header_row=above).to_polars()
        assert held.columns == lines[head], name
        assert held.height == len(rows), name


@pytest.mark.parametrize(
    ("screen", "asked", "without"),
    [
        ("week", {}, 0),
        ("units", {}, 0),
        ("late", {"figure": "late", "period": YEAR}, 0),
        ("late", {"figure": "pending"}, 0),
        ("indices", {"index": "PAPI"}, 0),
        ("service", {"component": "2.1"}, 1),  # the first units, and all of them
        ("data", {}, 0),
        ("data", {"part": "quality"}, 0),
        ("data", {"part": "calendar"}, 0),
        ("admin", {"part": "roles"}, 0),
        ("admin", {"part": "thresholds"}, 0),
    ],
)
def test_every_table_of_a_screen_is_taken_away(
    files: dict[str, Callable[[], Made]], screen: str, asked: dict[str, str], without: int
) -> None:
    _are_sound(files, kit.shown(screen, **asked), without)


def test_every_table_of_one_unit_is_taken_away(files: dict[str, Callable[[], Made]]) -> None:
    found = re.search(r"don-vi\?[^\"]*unit=(\d+)", html(kit.shown("units")))
    assert found is not None
    files.clear()
    at = kit.shown("units", unit=found[1], period=YEAR)
    assert "Tỷ lệ đúng hạn qua thời gian" in [each.value for each in at.header]
    _are_sound(files, at)
    lines, head = lines_of(next(m for n, m in files.items() if "lĩnh vực" in n and "csv" in n))
    told = dict(line for line in lines[: head - 1] if len(line) == 2)
    assert "II.06a" in told["Cách tính đúng hạn"]
    assert lines[head][:3] == ["Lĩnh vực", "Đúng hạn (%)", "Số hồ sơ đúng hạn"]


def test_whoever_may_not_take_lists_away_is_offered_none(
    files: dict[str, Callable[[], Made]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.shell.identity.may", lambda action, **_: action != "export")
    at = kit.shown("week")
    assert 'class="dh-rows"' in html(at)
    assert "dh-take" not in html(at)
    assert files == {}
