"""The screen "Đơn vị": what is shown equals what the figures say, and every way leads on."""

from __future__ import annotations

import base64
import json
import re
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from connectors.engine import Facts, Scope, open_facts
from connectors.settings import PROJECT_ROOT
from metrics.core.measure import measure
from metrics.core.vietnamese import number, percent
from metrics.dossiers.catalogue import figure
from metrics.dossiers.units import HEADLINE
from pages.units.several import MISSED
from tests.pages.conftest import Installation
from tests.pages.kit import forget
from tests.pages.links import follow, links, rows_with
from tests.screens import on
from ui.shell.view import default_view, read_view

PAGE = "../pages/units/page.py"


@pytest.fixture
def facts(sample_installation: Installation) -> Facts:
    return open_facts(sample_installation.settings, Scope(None))


def _chart(app: AppTest, key: str) -> str:
    """The chart of that key, as JSON."""
    found = (chart.proto for chart in app.get("plotly_chart") if key in chart.proto.id)
    return str(next(found).spec)


def _open(app: AppTest, **params: str) -> AppTest:
    on(app, "units")
    for key, value in params.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    assert not [error.value for error in app.error]
    return app


def _unit(facts: Facts, name: str, *, today: bool) -> int:
    found = facts.units.filter(
        (pl.col("name") == name) & (pl.col("valid_to").is_null() if today else True)
    )
    return int(found["unit_id"][0])


def _measured(facts: Facts, key: str, units: list[int], **params: str) -> dict[str, Any]:
    default = default_view(facts.data_until)
    view, problems = read_view(params, default, frozenset(facts.units["unit_id"]))
    assert not problems
    ask = view.ask(facts.calendar, facts.data_until)
    return measure(facts, [figure(key)], [ask], where={"unit_id": units}).row(0, named=True)


def _param(app: AppTest, key: str) -> str:
    value = app.query_params[key]
    return value if isinstance(value, str) else value[0]


def _html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def _table(app: AppTest) -> pl.DataFrame:
    """The ranking as printed; counts as numbers."""
    rows = rows_with(app, "Đơn vị", "Tử/mẫu")
    counts = [
        pl.col(name).str.replace_all(".", "", literal=True).cast(pl.Int64)
        for name in ("Xong", MISSED, "Quá hạn")
    ]
    return pl.DataFrame(rows).with_columns(counts)


# -- several units --------------------------------------------------------------------------


def test_the_ranking_shows_each_unit_s_own_numbers(app: AppTest, facts: Facts) -> None:
    table = _table(_open(app))
    assert table.height > 50
    assert table["Đơn vị"].n_unique() == table.height
    for row in (table.row(0, named=True), table.row(table.height // 2, named=True)):
        unit = _unit(facts, row["Đơn vị"], today=True)
        rate = _measured(facts, "on_time", [unit])
        assert row["Tử/mẫu"] == f"{number(rate['numerator'])}/{number(rate['denominator'])}"
        for column, key in (
            ("Xong", "resolved"),
            (MISSED, "not_on_time"),
            ("Quá hạn", "pending_overdue"),
        ):
            assert row[column] == _measured(facts, key, [unit])["numerator"], (row, key)


def test_worst_need_comes_first(app: AppTest) -> None:
    table = _table(_open(app))
    need = (table[MISSED] + table["Quá hạn"]).to_list()
    assert need == sorted(need, reverse=True)
    assert need[0] > need[-1]


def test_the_scope_s_rate_is_that_of_all_its_dossiers(app: AppTest, facts: Facts) -> None:
    whole = _measured(facts, "on_time", list(facts.units["unit_id"]))
    text = _html(_open(app))
    assert f"<b>{percent(whole['rate'])} (" in text
    assert f"{number(whole['unknown'])} chưa phân loại" in text
    assert f"({number(whole['numerator'])}/{number(whole['denominator'])})" in text


def test_kind_and_name_narrow_the_list(app: AppTest) -> None:
    _open(app, kind="department")
    names = _table(app)["Đơn vị"].to_list()
    assert names
    assert all(name.startswith(("Sở", "Công an")) for name in names)
    app.query_params["kind"] = "commune"
    app.query_params["q"] = "ha dong"
    app.run()
    assert _table(app)["Đơn vị"].to_list() == ["Phường Hà Đông"]


def test_a_search_goes_into_the_address(app: AppTest) -> None:
    _open(app)
    app.text_input(key="units_q").set_value("kiến hưng").run()
    assert _param(app, "q") == "kiến hưng"
    assert _table(app)["Đơn vị"].to_list() == ["Phường Kiến Hưng"]


def test_chosen_units_are_a_chip_that_comes_off(app: AppTest, facts: Facts) -> None:
    chosen = [_unit(facts, name, today=True) for name in ("Phường Hà Đông", "Phường Kiến Hưng")]
    _open(app, units=",".join(map(str, chosen)))
    assert _table(app).height == 2
    follow(app, "Bỏ lọc")
    assert "units" not in app.query_params
    assert _table(app).height > 50


def test_small_charts_come_twelve_a_page_worst_first(app: AppTest) -> None:
    _open(app)
    names = _table(app)["Đơn vị"].to_list()
    assert _pictured(app) == names[:12]
    app.query_params["p"] = "2"
    app.run()
    assert _pictured(app) == names[12:24]


def _pictured(app: AppTest) -> list[str]:
    alts = re.findall(r'class="dh-multiple" alt="([^"]*)"', _html(app))
    return [alt.split(": tỷ lệ đúng hạn")[0] for alt in alts]


def test_nothing_fits_the_filter(app: AppTest) -> None:
    _open(app, q="không có đơn vị nào tên này")
    assert any("Không có đơn vị nào khớp" in text.value for text in app.markdown)


def test_a_row_opens_its_unit(app: AppTest, facts: Facts) -> None:
    name = _table(_open(app))["Đơn vị"][0]
    follow(app, name)
    assert _param(app, "unit") == str(_unit(facts, name, today=True))
    assert app.title[0].value == name


def test_a_number_opens_its_dossiers(app: AppTest, facts: Facts) -> None:
    row = _table(_open(app)).row(0, named=True)
    unit = _unit(facts, row["Đơn vị"], today=True)
    wanted = f"figure=not_on_time&units={unit}"
    label = next(label for label, to in links(app) if wanted in to)
    assert label == str(row[MISSED])


def test_borders_are_drawn_for_the_communes_of_today(
    app: AppTest, facts: Facts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commune = facts.units.filter(
        (pl.col("name") == "Phường Hà Đông") & pl.col("valid_to").is_null()
    ).row(0, named=True)
    square = [[105.7, 20.9], [105.8, 20.9], [105.8, 21.0], [105.7, 21.0], [105.7, 20.9]]
    feature = {
        "type": "Feature",
        "properties": {"ward_code": commune["code"]},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    path = tmp_path / "ranh-gioi.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    monkeypatch.setenv("BOUNDARY_FILE", str(path))
    forget()
    _open(app, kind="commune")
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    areas = [trace for trace in spec["data"] if trace.get("fill") == "toself"]
    assert len(areas) == 1
    coded = areas[0]["x"]
    assert coded["dtype"] == "f8"
    values = struct.unpack("<6d", base64.b64decode(coded["bdata"]))
    assert values[:5] == (105.7, 105.8, 105.8, 105.7, 105.7)


def test_a_broken_border_file_is_named_and_the_map_stays(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "hong.geojson"
    path.write_text("{", "utf-8")
    monkeypatch.setenv("BOUNDARY_FILE", str(path))
    forget()
    _open(app)
    assert any("hong.geojson" in warning.value for warning in app.warning)
    assert app.get("plotly_chart")


# -- one unit -------------------------------------------------------------------------------


def test_one_unit_s_cards_equal_the_figures(app: AppTest, facts: Facts) -> None:
    unit = _unit(facts, "Phường Kiến Hưng", today=True)
    params = {"unit": str(unit), "period": "quarter:2026-Q2"}
    text = _html(_open(app, **params))
    for key in (each for each in HEADLINE if each != "on_time"):
        count = _measured(facts, key, [unit], **params)["numerator"]
        card = f'{figure(key).label}</div><div class="dh-value">{number(count)}</div>'
        assert card in text, (key, count)
    rate = _measured(facts, "on_time", [unit], **params)
    assert rate["denominator"] > 0
    assert f'<div class="dh-value">{percent(rate["rate"])}</div>' in text
    assert f"{number(rate['numerator'])}/{number(rate['denominator'])}" in text


@pytest.mark.parametrize("group", ["Lĩnh vực", "Thủ tục", "Cán bộ", "Kênh", "Địa bàn người nộp"])
def test_groups_add_up_to_the_unit(app: AppTest, facts: Facts, group: str) -> None:
    unit = _unit(facts, "Phường Kiến Hưng", today=True)
    params = {"unit": str(unit), "period": "quarter:2026-Q2"}
    table = rows_with(_open(app, **params), group, "Nhận")
    for shown, key in (("Nhận", "received"), ("Xong", "resolved"), (MISSED, "not_on_time")):
        whole = sum(int(row[shown].replace(".", "")) for row in table)
        assert whole == _measured(facts, key, [unit], **params)["numerator"]


def test_a_group_and_its_numbers_open_their_dossiers(app: AppTest, facts: Facts) -> None:
    unit = str(_unit(facts, "Phường Kiến Hưng", today=True))
    _open(app, unit=unit, period="quarter:2026-Q2")
    row = rows_with(app, "Lĩnh vực", "Nhận")[0]
    opened = [to for label, to in links(app) if label == row["Lĩnh vực"]]
    assert len(opened) == 1
    assert "figure=late&field=" in opened[0]
    area = rows_with(app, "Địa bàn người nộp", "Nhận")[0]["Địa bàn người nộp"]
    assert any("figure=late&area=" in to for label, to in links(app) if label == area)
    assert any("figure=received&field=" in to for label, to in links(app) if label == row["Nhận"])
    late = next(to for label, to in links(app) if label.startswith("Phần còn lại của Tỷ lệ"))
    assert "figure=on_time&part=missing" in late


def test_the_series_ends_with_the_period_s_own_rate(app: AppTest, facts: Facts) -> None:
    unit = _unit(facts, "Phường Kiến Hưng", today=True)
    _open(app, unit=str(unit), period="month:2026-05", series="24m")
    rate = _measured(facts, "on_time", [unit], period="month:2026-05")
    spec = json.loads(_chart(app, "unit_series"))
    line = next(trace for trace in spec["data"] if trace["name"] == "đơn vị")
    fraction = f"({number(rate['numerator'])}/{number(rate['denominator'])})"
    assert line["text"][-1].endswith(f"{percent(rate['rate'])} {fraction}")
    assert "Tháng 05/2026" in line["text"][-1]


def test_the_break_of_july_2025_stands_where_the_series_crosses_it(
    app: AppTest, facts: Facts
) -> None:
    unit = str(_unit(facts, "Sở Xây dựng", today=True))
    _open(app, unit=unit, period="quarter:2026-Q2", series="24m")
    # The first is the merger of departments, this department's own.
    assert _named_breaks(app) == [
        "01/03/2025: Sắp xếp đơn vị",
        "01/07/2025: Chính quyền địa phương 2 cấp",
    ]
    app.query_params["series"] = "13w"
    app.run()
    assert _named_breaks(app) == []


def _named_breaks(app: AppTest) -> list[str]:
    spec = json.loads(_chart(app, "unit_series"))
    texts = [note["text"] for note in spec["layout"]["annotations"]]
    return [text for text in texts if re.match(r"\d\d/\d\d/\d{4}: ", text)]


def test_an_old_ward_offers_its_last_full_month(app: AppTest, facts: Facts) -> None:
    old = facts.units.filter(
        (pl.col("name") == "Phường Kiến Hưng") & pl.col("valid_to").is_not_null()
    )["unit_id"][0]
    _open(app, unit=str(old))
    assert any("Không có hồ sơ trong kỳ này" in text.value for text in app.markdown)
    (quarter,) = [to for label, to in links(app) if label.startswith("Xem quý")]
    assert "period=quarter%3A2025-Q2" in quarter
    follow(app, "Xem tháng")
    assert _param(app, "period") == "month:2025-06"
    assert "Tiếp nhận</div>" in _html(app)


def test_kin_are_linked_with_how_much_and_when(app: AppTest, facts: Facts) -> None:
    unit = _unit(facts, "Phường Hà Đông", today=True)
    _open(app, unit=str(unit))
    assert any("không phân bổ lại" in caption.value for caption in app.caption)
    rows = {row["Đơn vị"]: row for row in rows_with(app, "Quan hệ")}
    assert {row["Từ ngày"] for row in rows.values()} == {"01/07/2025"}
    assert rows["Phường Vạn Phúc"]["Phần"] == "toàn bộ"
    assert rows["Phường Mộ Lao"]["Phần"] == "phần còn lại"
    assert "một phần" in {row["Phần"] for row in rows.values()}
    assert {row["Quan hệ"] for row in rows.values()} == {"Tiền thân"}
    follow(app, "Phường Vạn Phúc")
    assert _param(app, "period") == "month:2025-06"


def test_the_reported_forms_of_ha_dong_keep_their_words(app: AppTest, facts: Facts) -> None:
    text = _html(_open(app, unit=str(_unit(facts, "Quận Hà Đông", today=False))))
    assert "<b>5.998</b>" in text
    assert "<b>8.028</b>" in text
    own, communes = text.split("<b>5.998</b>")[1].split("<b>8.028</b>")
    assert "▲ chưa rõ nghĩa" in own
    assert "đạt tỷ lệ 100%" in own
    assert "chưa rõ nghĩa" not in communes
    assert "tỷ lệ đúng hạn theo lời báo cáo" in communes
    columns = {row["Cột"]: row for row in rows_with(app, "Cột")}
    assert set(columns["(8) Trước hạn"].values()) == {"(8) Trước hạn", "–"}


def test_a_place_that_only_receives_says_so(app: AppTest, facts: Facts) -> None:
    centre = facts.units.filter(pl.col("kind") == "centre")["unit_id"][0]
    _open(app, unit=str(centre), period="quarter:2026-Q2")
    view, _ = read_view({"period": "quarter:2026-Q2"}, default_view(facts.data_until), frozenset())
    ask = view.ask(facts.calendar, facts.data_until)
    where = {"receiving_unit_id": int(centre)}
    count = measure(facts, [figure("received")], [ask], where=where)["numerator"][0]
    assert count > 0
    assert any(f"**{number(count)}** hồ sơ" in text.value for text in app.markdown)


def test_commitments_are_unknown_not_none(app: AppTest, facts: Facts) -> None:
    signed = (
        facts.registers.standing()["commitment"].collect(backend="polars").to_native()["unit_id"]
    )
    resolving = facts.dossier.select("unit_id").unique().collect(backend="polars").to_native()
    quiet = facts.units.filter(
        pl.col("unit_id").is_in(resolving["unit_id"].to_list()),
        ~pl.col("unit_id").is_in(signed.to_list()),
        pl.col("valid_to").is_null(),
    )
    _open(app, unit=str(quiet["unit_id"][0]), only="1")
    assert any(text.value.startswith("**Chưa ghi nhận cam kết nào của") for text in app.markdown)
    assert not any("Khi có màn hình" in text.value for text in app.caption)


def test_what_a_unit_signed_stands_on_its_screen(
    app: AppTest, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The screen said that there was no register of commitments, long after there was one."""
    unit = _unit(facts, "Phường Hà Đông", today=True)
    judgement = SimpleNamespace(brief="nộp sau ngày 30/9", sentence="", budget=None)
    judged = SimpleNamespace(row={"name": "Trả kết quả đúng hạn"}, judgement=judgement)

    def signature(target: int, who: int, state: str) -> SimpleNamespace:
        return SimpleNamespace(
            row={"target_id": target, "unit_id": who}, judged=judged, state=state
        )

    signatures = [
        signature(7, unit, "met"),
        signature(8, unit, "missed"),
        signature(9, unit + 1, "missed"),
    ]
    monkeypatch.setattr("pages.targets.data.review", lambda *_, **__: ([], signatures))
    _open(app, unit=str(unit))
    opened = [to.split("target=")[1] for _, to in links(app) if "target=" in to]
    states = [row["Tình trạng"] for row in rows_with(app, "Chỉ tiêu", "Vì sao")]
    assert (states, opened) == (["◆ Không đạt", "● Đạt"], ["8", "7"])
    assert any(head.value == "Cam kết (2)" for head in app.header)


def test_without_the_frame_the_screen_shows_nothing(app: AppTest) -> None:
    """``app`` puts data within reach: it is the frame that is missing, nothing else."""
    script = str(PROJECT_ROOT / "pages" / "units" / "page.py")
    alone = AppTest.from_file(script, default_timeout=60).run()
    assert [error.value for error in alone.error] == [
        "Không thể mở trang này trực tiếp. Hãy mở lại từ trang chủ."
    ]
    assert not alone.title
    assert not alone.dataframe
    assert not alone.get("html")
    assert not alone.get("plotly_chart")


@pytest.mark.parametrize("key", ["unit", "units", "p"])
def test_a_number_too_long_for_python_does_not_take_the_screen_away(app: AppTest, key: str) -> None:
    """More than 4300 digits are no number to Python; the address may hold them all the same."""
    _open(app, **{key: "9" * 5000})


def test_the_ranking_goes_away_as_a_file(app: AppTest) -> None:
    """By the buttons of its table alone; the funnel and the charts have others."""
    _open(app)
    labels = [button.proto.label for button in app.get("download_button")]
    tables = [label for label in labels if "bảng" in label]
    assert tables == ["Tải bảng XLSX", "Tải bảng CSV"] * 5
