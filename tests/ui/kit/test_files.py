"""A list as a file says of itself by which definition, comparison and due date it was made."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from metrics.core.ask import Ask
from metrics.dossiers.catalogue import figure
from tests.frames import CLOCK
from ui.kit import query as asks
from ui.kit.columns import Column
from ui.kit.files import about
from ui.kit.marks import BAD, Html
from ui.kit.screen import Screen
from ui.kit.sheet import of_columns, to_csv

QUERY = asks.Query(
    "thu", asks.one_of("figure", ("x",), is_listed=False), asks.ids("units", label="Đơn vị")
)


def _screen(**given: list[str]) -> Screen:
    frame = SimpleNamespace(
        facts=SimpleNamespace(data_kind="sample"),
        whose="Phường Hà Đông",
        view=SimpleNamespace(period=SimpleNamespace(label="Tháng 06/2026")),
    )
    asked = QUERY.parse(given, {"units": {1, 2}})
    return Screen(cast(Any, frame), asked, "late")


def _about(**question: Any) -> dict[str, str]:
    ask = Ask(date(2026, 3, 2), date(2026, 3, 6), CLOCK, **question)
    words = {"units": {1: "Phường Hà Đông (mới)"}}
    return dict(about(_screen(units=["1,2"]), "Đúng hạn", [figure("on_time")], ask, words))


def test_a_file_names_definition_comparison_and_due_date() -> None:
    form, portal = _about(), _about(definition="portal", due="original")
    assert "II.06a" in form["Cách tính đúng hạn"]
    assert "766" in portal["Cách tính đúng hạn"]
    assert portal["Cách tính đúng hạn"] in portal["Định nghĩa"]
    assert form["So với hẹn trả"] == "so theo giờ, phút, hẹn trả hiện hành"
    assert portal["So với hẹn trả"].endswith("hẹn trả gốc")
    assert _about(compare="day")["So với hẹn trả"].startswith("so theo ngày")
    assert _about(whole="all")["Tính"] == "trên tất cả, kể cả chưa phân loại"


def test_a_file_names_every_filter_and_whose_it_is() -> None:
    said = _about()
    assert said["Bộ lọc"] == "Đơn vị: Phường Hà Đông (mới); Đơn vị: Mã 2"
    assert (said["Phạm vi"], said["Kỳ"]) == ("Phường Hà Đông", "Tháng 06/2026")
    assert said["Loại dữ liệu"] == "DỮ LIỆU MINH HỌA"


def test_a_tables_columns_go_into_a_file_as_words() -> None:
    columns = (
        Column("Tên", "name", is_name=True),
        Column("Mức", lambda row: BAD.html(f"dưới <{row['n']}>")),
        Column("Dòng", lambda row: Html("9%<small><div>1 chưa</div></small>")),
        Column("Dải", lambda row: Html("<img>"), width="88px"),
    )
    rows = pl.DataFrame({"name": ["=1+1"], "n": [95]})
    sheet = of_columns("Thử", columns, lambda: rows, (("Danh sách", "Thử"),), "đơn vị")
    lines = to_csv(sheet).content.decode("utf-8-sig").splitlines()
    assert lines[-2:] == ["Tên,Mức,Dòng", "'=1+1,◆ dưới <95>,9%; 1 chưa"]
    assert "Số đơn vị trong tệp,1" in lines
    assert to_csv(sheet).detail == {"rows": 1}
