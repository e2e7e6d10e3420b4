"""What a procedure's screen offers to open: as many rows at the end as it said at the start."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import kit
from tests.pages.links import follow, html, links, rows_with
from tests.pages.procedures.test_procedures import at, with_catalogue
from ui.kit.listing import PER_PAGE

__all__ = ["at", "with_catalogue"]

_COUNTED = re.compile(r"([\d.]+)(?: chưa phân loại \([^)]*\))?")
_VALUE = r'<div class="dh-label">{}</div><div class="dh-value">([\d.]+)'


def _number(text: str) -> int:
    return int(text.replace(".", ""))


def _at_the_end(app: AppTest) -> int:
    found = re.search(r'dh-count"><b>([^<]+)</b>', html(app))
    assert found is not None
    return _number(found[1])


def _listed(app: AppTest, to: str) -> int:
    """How many dossiers the screen at an address says that it lists, and does list."""
    params = dict(parse_qsl(urlsplit(to).query, keep_blank_values=True))
    app.query_params.clear()
    kit.sound("late", app, **params)
    count = _at_the_end(app)
    assert len(rows_with(app, "Mã hồ sơ")) == min(count, PER_PAGE)
    return count


_FLOWS = {"received", "resolved", "resolved_late"}


@pytest.mark.parametrize(
    ("period", "figures"),
    [
        ("month:2025-07", _FLOWS | {"on_time"}),
        ("year:2026", _FLOWS | {"on_time", "pending_overdue"}),
    ],
)
def test_a_number_of_a_procedure_opens_so_many_dossiers(
    at: AppTest, period: str, figures: set[str]
) -> None:
    kit.sound("procedures", at, period=period)
    most: dict[tuple[str, bool], tuple[int, str]] = {}
    for words, to in links(at):
        asked = dict(parse_qsl(urlsplit(to).query))
        counted = _COUNTED.fullmatch(words)
        if counted and "figure" in asked:
            kind = asked["figure"], "," in asked["procedure"]
            most[kind] = max(most.get(kind, (0, "")), (_number(counted[1]), to))
    assert {figure for figure, _ in most} == figures
    assert {several for _, several in most} == {True, False}, "with one version and with several"
    for kind, (count, to) in most.items():
        assert _listed(at, to) == count > 0, kind


def test_an_open_procedure_offers_the_dossiers_of_all_its_versions(at: AppTest) -> None:
    kit.sound("procedures", at, period="year:2026")
    name = row_name = ""
    for words, to in links(at):
        row_name = words if "code=" in to else row_name
        if "figure=pending_overdue" in to and "%2C" in to:
            name = name or row_name
    row = next(each for each in rows_with(at, "Nhận") if each["Thủ tục"] == name)
    follow(at, name)
    versions = rows_with(at, "Phiên bản")
    assert len(versions) > 1
    assert sum(_number(each["Tiếp nhận"]) for each in versions) == _number(row["Nhận"])
    offered = {words: to for words, to in links(at) if "figure=" in to}
    assert _listed(at, offered["Hồ sơ tiếp nhận"]) == _number(row["Nhận"])
    assert _listed(at, offered["Hồ sơ quá hạn đang tồn"]) == _number(row["Quá hạn"])


@pytest.mark.parametrize("card", ["Thủ tục đang có hiệu lực", "Không có thời hạn giải quyết"])
def test_a_card_of_the_catalogue_opens_so_many_rows(at: AppTest, card: str) -> None:
    """Two versions in force at once are one procedure: the list had one row more."""
    kit.sound("procedures", at)
    told = re.search(_VALUE.format(card), html(at))
    assert told is not None
    follow(at, f"Xem thủ tục {card}")
    assert _at_the_end(at) == _number(told[1]) > 0


def test_the_card_of_expired_versions_opens_so_many_dossiers(at: AppTest) -> None:
    kit.sound("procedures", at, period="month:2025-07")
    told = re.search(_VALUE.format("Tiếp nhận theo phiên bản không còn hiệu lực"), html(at))
    assert told is not None
    follow(at, "Xem hồ sơ Tiếp nhận theo phiên bản không còn hiệu lực")
    (heading,) = (one.value for one in at.header if "hết hiệu lực: " in one.value)
    assert int(heading.rpartition(": ")[2]) == _number(told[1]) > 0
    assert len(rows_with(at, "Mã hồ sơ")) == _number(told[1])
