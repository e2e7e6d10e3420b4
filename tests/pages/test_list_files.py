"""The list of a register as a file: the rows and columns of the screen."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest

from connectors.settings import Settings
from tests.pages import kit
from tests.pages.links import html, rows_with
from ui.kit.files import Sheet, to_csv, to_xlsx


@pytest.fixture(scope="module", autouse=True)
def _own_caches() -> Iterator[None]:
    kit.forget()
    yield
    kit.forget()


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
    with_registers: Settings, monkeypatch: pytest.MonkeyPatch, screen: str, name: str
) -> None:
    kept: list[Sheet] = []
    monkeypatch.setattr("ui.kit.listing.buttons", lambda _, sheet, _total: kept.append(sheet))
    kit.place(with_registers, monkeypatch)
    at = kit.shown(screen)
    [sheet] = kept
    count = re.search(r'class="dh-count"><b>([\d.]+)', html(at))
    assert count is not None
    total = int(count[1].replace(".", ""))
    lines = list(csv.reader(io.StringIO(to_csv(sheet).content.decode("utf-8-sig"))))
    head = lines.index([]) + 1
    assert lines[0][0] == "Danh sách"
    assert len(lines) == head + 1 + total > head + 1
    place = lines[head].index(name)
    on_screen = rows_with(at, *lines[head])
    assert [line[place] for line in lines[head + 1 :]][: len(on_screen)] == [
        row[name] for row in on_screen
    ]
    assert not any("</" in cell for line in lines for cell in line), "marks are their words"
    assert to_xlsx(sheet).detail["rows"] == total
