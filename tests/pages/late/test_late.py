"""The screen "Hồ sơ trễ hạn": its counts are the figures', its state is in the address."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import fastexcel
import polars as pl
import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from connectors.database.models import Owner
from connectors.database.session import open_database
from connectors.engine import Facts, Scope, open_facts
from connectors.read import officer_codes
from connectors.version import version
from metrics.core.ask import Ask
from metrics.core.measure import show
from metrics.core.vietnamese import number
from metrics.dossiers.catalogue import FIGURES, figure
from metrics.dossiers.lateness import GROUPS, Filters, bands, cause_names, group_of, worst_first
from metrics.dossiers.lateness import listed as listed_rows
from metrics.dossiers.listing import listing, vital_few
from pages.late.charts import cause_chart
from pages.late.export import COLUMNS, Names, Order, to_csv, to_xlsx
from pages.late.query import KEYS, Known, Query, read_query
from pages.late.screen import file_stem
from tests.pages.conftest import Installation
from ui.shell.view import default_view, read_view

PAGE = "../pages/late/page.py"
YEAR = "year:2026"


@pytest.fixture
def facts(sample_installation: Installation) -> Facts:
    return open_facts(sample_installation.settings, Scope(None))


def ask_of(facts: Facts, **params: str) -> Ask:
    """The question that the frame asks with these parameters."""
    default = default_view(facts.data_until)
    view, problems = read_view(params, default, frozenset(facts.units["unit_id"]))
    assert not problems
    return view.ask(facts.calendar, facts.data_until)


def opened(app: AppTest, **params: str) -> AppTest:
    """The screen at an address."""
    app.run()
    app.switch_page(PAGE)
    for key, value in params.items():
        app.query_params[key] = value
    return sound(app.run())


def sound(app: AppTest) -> AppTest:
    assert not app.exception
    assert not [error.value for error in app.error]
    return app


def html(app: AppTest) -> str:
    bodies = [element.proto.body for element in app.get("html")]
    return "\n".join(body for body in bodies if not body.startswith("<style>"))


def _widget(widgets: Any, name: str) -> Any:
    """The widget whose key is the name and a count (:func:`ui.shell.fresh.fresh`)."""
    [found] = [one for one in widgets if re.fullmatch(rf"{name}_\d+", one.key or "")]
    return found


def count(app: AppTest) -> str:
    found = re.search(r'dh-count"><b>([^<]+)</b>', html(app))
    assert found is not None
    return found[1]


def switch(app: AppTest) -> list[str]:
    """The entries of the switch as they read."""
    return [option.content for option in app.button_group(key="late_group").proto.options]


def table(app: AppTest) -> pl.DataFrame:
    found = [frame for frame in app.dataframe if "late_rows_" in frame.proto.id]
    assert len(found) == 1
    shown = found[0].value
    return shown if isinstance(shown, pl.DataFrame) else pl.from_pandas(shown)


def chips(app: AppTest) -> list[str]:
    return [
        button.label for button in app.button if re.fullmatch(r"late_chip_\d+", button.key or "")
    ]


def in_url(app: AppTest) -> dict[str, str]:
    given = {key: app.query_params[key] for key in KEYS if key in app.query_params}
    return {key: text if isinstance(text, str) else text[0] for key, text in given.items()}


def busiest_unit(facts: Facts, ask: Ask, key: str) -> int:
    by_unit = show(facts, figure(key), ask, by="unit").sort("numerator", descending=True)
    return int(by_unit["key"][0])


# -- counts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "pending_overdue",
        "resolved_late",
        "accepted_late",
        "acceptance_overdue",
        "due_soon",
        "late_without_apology",
        "late",
        "received",
        "not_on_time",
        "waiting_supplement",
        "re_dated",
    ],
)
def test_the_count_of_the_screen_is_the_figure(app: AppTest, facts: Facts, key: str) -> None:
    ask = ask_of(facts, period=YEAR)
    unit = busiest_unit(facts, ask, key)
    whole = int(show(facts, figure(key), ask)["numerator"][0])
    alone = int(show(facts, figure(key), ask, where={"unit_id": unit})["numerator"][0])
    assert whole > 0
    opened(app, period=YEAR, figure=key)
    assert count(app) == number(whole)
    assert table(app).height == min(whole, 1_000)
    app.query_params["units"] = str(unit)
    assert count(sound(app.run())) == number(alone)
    assert table(app).height == min(alone, 1_000)


def test_the_switch_counts_every_list_and_names_another_figure(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)

    def of(*keys: str) -> str:
        return number(sum(show(facts, figure(key), ask)["numerator"][0] for key in keys))

    opened(app, period=YEAR, figure="received")
    assert switch(app) == [
        f"Đang giải quyết quá hạn · {of('pending_overdue')}",
        f"Đã giải quyết quá hạn · {of('resolved_late')}",
        f"Nhận trễ · {of('accepted_late', 'acceptance_overdue')}",
        f"Sắp đến hạn · {of('due_soon')}",
        f"Chưa xin lỗi · {of('late_without_apology')}",
        f"Tiếp nhận · {of('received')}",
    ]
    assert app.button_group(key="late_group").value == "received"


def test_more_than_a_thousand_rows_are_said_not_sent(app: AppTest, facts: Facts) -> None:
    total = int(show(facts, figure("received"), ask_of(facts, period=YEAR))["numerator"][0])
    assert total > 1_000
    opened(app, period=YEAR, figure="received")
    assert table(app).height == 1_000
    said = f"Đang hiện 1.000 trong {number(total)} hồ sơ; lọc thêm hoặc xuất tệp để xem hết."
    assert said in [caption.value for caption in app.caption]


def test_a_rate_opens_to_the_rows_of_its_numerator_and_denominator(
    app: AppTest, facts: Facts
) -> None:
    row = show(facts, figure("on_time"), ask_of(facts)).row(0, named=True)
    opened(app, figure="on_time")
    assert count(app).endswith("%")
    assert f"({number(row['numerator'])}/{number(row['denominator'])})" in html(app)
    assert table(app).height == row["numerator"]
    app.button_group(key="late_part").set_value("denominator").run()
    assert in_url(app)["part"] == "denominator"
    assert table(app).height == row["denominator"]


def test_days_late_fall_and_no_row_names_a_citizen(
    app: AppTest, sample_installation: Installation
) -> None:
    opened(app, period=YEAR, figure="late")
    late = table(app)["Trễ"].to_list()
    assert late == sorted(late, reverse=True)
    engine = open_database(sample_installation.settings.database_url)
    with engine.connect() as connection:
        owners = {name for (name,) in connection.execute(select(Owner.name)) if name}
    engine.dispose()
    cells = {str(cell) for column in table(app).iter_columns() for cell in column}
    assert owners
    assert not owners & cells


# -- the switch, parts and filters, and the address ----------------------------------------


def test_the_switch_writes_the_address(app: AppTest, facts: Facts) -> None:
    opened(app, period=YEAR)
    app.button_group(key="late_group").set_value("resolved_late").run()
    sound(app)
    assert in_url(app) == {"figure": "resolved_late"}
    whole = show(facts, figure("resolved_late"), ask_of(facts, period=YEAR))["numerator"][0]
    assert count(app) == number(whole)


def test_late_acceptance_has_its_two_parts(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    overdue = show(facts, figure("acceptance_overdue"), ask)["numerator"][0]
    opened(app, period=YEAR, figure="acceptance")
    app.button_group(key="late_part").set_value("acceptance_overdue").run()
    assert in_url(sound(app)) == {"figure": "acceptance_overdue"}
    assert count(app) == number(overdue)
    assert app.button_group(key="late_group").value == "acceptance"


def test_days_left_split_the_dossiers_due_soon(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    left = listing(facts, group_of("due_soon"), ask, Filters()).left
    chosen = max(left, key=lambda days: left[days])
    opened(app, period=YEAR, figure="due_soon", left=str(chosen))
    assert count(app) == number(left[chosen])
    assert set(table(app)["Còn"]) == {chosen}
    app.button_group(key="late_group").set_value("pending_overdue").run()
    assert in_url(sound(app)) == {}


def test_filters_round_trip_through_the_address(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    unit = busiest_unit(facts, ask, "late")
    opened(app, period=YEAR, figure="late")
    _widget(app.multiselect, "late_units").set_value([unit]).run()
    _widget(app.multiselect, "late_bands").set_value([2, 6]).run()
    _widget(app.radio, "late_apology").set_value(False).run()
    app.text_input(key="late_code").set_value("h26").run()
    sound(app)
    assert in_url(app) == {
        "figure": "late",
        "units": str(unit),
        "band": "2-5,6-10",
        "apology": "missing",
        "q": "h26",
    }
    filters = Filters(units=(unit,), bands=(2, 6), apology=False, code="h26")
    expected = listing(facts, group_of("late"), ask, filters).total
    assert count(app) == number(expected)
    assert len(chips(app)) == 5

    other = AppTest.from_file(app._script_path, default_timeout=60)
    opened(other, period=YEAR, **in_url(app))
    assert (count(other), chips(other)) == (count(app), chips(app))
    assert _widget(other.multiselect, "late_bands").value == [2, 6]

    first = chips(app)[0]
    assert first.startswith("Đơn vị: ")
    app.button(key="late_chip_0").click().run()
    assert "units" not in in_url(sound(app))
    assert first not in chips(app)
    app.button(key="late_chip_reset").click().run()
    assert in_url(sound(app)) == {"figure": "late"}


def test_a_step_and_an_officer_can_be_asked_for(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    held = listing(facts, group_of("pending"), ask, Filters()).top.drop_nulls("step_name")
    name, officer = held.select("step_name", "officer_id").row(0)
    opened(app, period=YEAR, figure="pending", step=name, officer=str(officer))
    filters = Filters(steps=(name,), officers=(officer,))
    assert count(app) == number(listing(facts, group_of("pending"), ask, filters).total)
    assert set(table(app)["Tình trạng"]) == {name}


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"figure": "drop table"}, "Tham số “figure” trong đường dẫn không hợp lệ"),
        ({"units": "999999"}, "Đơn vị: 1 giá trị trong đường dẫn không có trong phạm vi xem"),
        ({"band": "3-4"}, "Số ngày trễ: 1 giá trị"),
        ({"officer": "-1"}, "Cán bộ: 1 giá trị"),
        ({"step": "<script>"}, "Bước: 1 giá trị"),
        ({"cause": "my own"}, "Nguyên nhân: 1 giá trị"),
        ({"apology": "maybe"}, "Tham số “apology” trong đường dẫn không hợp lệ"),
        ({"left": "2"}, "Tham số “left” trong đường dẫn không hợp lệ"),
        ({"part": "denominator"}, "Tham số “part” trong đường dẫn không hợp lệ"),
        ({"dossier": "1 OR 1=1"}, "Tham số “dossier” trong đường dẫn không hợp lệ"),
    ],
)
def test_a_forged_parameter_is_named_and_left_out(
    app: AppTest, facts: Facts, params: Mapping[str, str], said: str
) -> None:
    opened(app, period=YEAR, **params)
    [warning] = [warning.value for warning in app.warning if said in warning.value]
    # The sentence is Markdown: a link's words would stand in it as ours.
    assert not any(value in warning for value in params.values() if len(value) > 1)
    whole = show(facts, figure("pending_overdue"), ask_of(facts, period=YEAR))["numerator"][0]
    assert count(app) == number(whole)


def test_the_code_in_a_link_is_no_markdown(app: AppTest) -> None:
    """A picture in the chip's label was fetched from wherever the link said."""
    opened(app, q="![x](http://evil.example/x.png)")
    [chip] = [button for button in app.button if "Mã có" in button.label]
    assert "![x](" not in chip.label
    assert r"\!\[x\]\(http\:" in chip.label


def test_nothing_found_says_what_to_do(app: AppTest) -> None:
    opened(app, q="no such code")
    assert count(app) == "0"
    assert "**Không có hồ sơ khớp bộ lọc**" in [text.value for text in app.markdown]


# -- one dossier --------------------------------------------------------------------------


def test_a_dossier_opens_by_its_address_with_its_course(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    row = listing(facts, group_of("pending_overdue"), ask, Filters()).top.row(0, named=True)
    opened(app, period=YEAR, dossier=str(row["dossier_id"]))
    shown = html(app)
    assert f'dh-code">{row["code"]}<' in shown
    assert "Tiếp nhận</b> tại " in shown
    assert "Bước 1. " in shown
    assert f"Đang quá hạn {number(row['days_late'])} ngày làm việc" in shown
    assert "<b>Chủ hồ sơ:</b> đã che; vai trò của bạn không xem chủ hồ sơ." in shown
    app.button(key="dossier_close").click().run()
    assert "dossier" not in in_url(sound(app))
    assert "dh-code" not in html(app)


def test_a_dossier_outside_the_scope_is_as_if_there_were_none(app: AppTest) -> None:
    opened(app, period=YEAR, dossier="99999999")
    assert "Không tìm thấy hồ sơ này trong phạm vi xem." in [w.value for w in app.warning]
    assert "dh-code" not in html(app)


def test_a_reader_of_one_unit_sees_only_its_dossiers(
    app: AppTest, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ask_of(facts, period=YEAR)
    rows = worst_first(listed_rows(facts, group_of("late"), ask, Filters())).collect()
    mine, other = rows.row(0, named=True), None
    other = rows.filter(pl.col("unit_id") != mine["unit_id"]).row(0, named=True)
    monkeypatch.setattr(
        "ui.shell.data.scope_of_reader", lambda: Scope(frozenset({mine["unit_id"]}))
    )
    opened(app, period=YEAR, figure="late", dossier=str(other["dossier_id"]))
    assert "Không tìm thấy hồ sơ này trong phạm vi xem." in [w.value for w in app.warning]
    assert other["code"] not in html(app)
    where = {"unit_id": mine["unit_id"]}
    assert count(app) == number(show(facts, figure("late"), ask, where=where)["numerator"][0])


# -- files --------------------------------------------------------------------------------


def order(facts: Facts, settings: Any, **changed: Any) -> Order:
    made = Order(
        open_facts=lambda: facts,
        figure="late",
        part="numerator",
        ask=ask_of(facts, period=YEAR),
        filters=Filters(),
        names=Names(
            units=dict(facts.units.select("unit_id", "name").iter_rows()),
            fields=dict(facts.fields.select("field_id", "name").iter_rows()),
            procedures={
                key: (code, name)
                for key, code, name in facts.procedures.select(
                    "procedure_id", "code", "name"
                ).iter_rows()
            },
            officers=officer_codes(settings),
            sources=dict(facts.sources.select("source_id", "name").iter_rows()),
        ),
        about=(("Danh sách", "Trễ hạn"), ("Bộ lọc", "=cmd()")),
    )
    return replace(made, **changed)


def test_the_file_holds_the_whole_list_and_says_what_it_is(
    facts: Facts, sample_installation: Installation
) -> None:
    wanted = order(facts, sample_installation.settings)
    total = int(show(facts, figure("late"), wanted.ask)["numerator"][0])
    raw = to_csv(wanted).content
    assert raw.startswith("\ufeffDanh sách,Trễ hạn".encode())
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert lines[1] == ["Bộ lọc", "'=cmd()"]
    assert lines[2] == ["Số hồ sơ trong tệp", str(total)]
    assert lines[3] == ["Phần mềm", f"Đúng Hạn {version()}"]
    assert lines[5] == list(COLUMNS)
    assert len(lines) == 6 + total
    rows = wanted.rows()
    assert [line[0] for line in lines[6:]] == rows["code"].to_list()


def test_the_workbook_has_dates_as_dates(facts: Facts, sample_installation: Installation) -> None:
    wanted = order(facts, sample_installation.settings)
    book = fastexcel.read_excel(to_xlsx(wanted).content)
    sheet = book.load_sheet(0, header_row=5).to_polars()
    assert sheet.columns == list(COLUMNS)
    rows = wanted.rows()
    assert sheet.height == rows.height
    assert sheet["Số ngày làm việc quá hạn"].cast(pl.Int32).to_list() == rows["days_late"].to_list()
    assert isinstance(sheet["Tiếp nhận lúc"][0], datetime)
    assert sheet["Tiếp nhận lúc"][0] == rows["received_at"][0]


def test_no_cell_of_a_file_is_a_formula(facts: Facts, sample_installation: Installation) -> None:
    names = order(facts, sample_installation.settings).names
    wild = replace(names, units=dict.fromkeys(names.units, "=HYPERLINK(1)"))
    wanted = order(facts, sample_installation.settings, names=wild)
    lines = list(csv.reader(io.StringIO(to_csv(wanted).content.decode("utf-8-sig"))))
    place = lines[5].index("Cơ quan giải quyết")
    assert {line[place] for line in lines[6:]} == {"'=HYPERLINK(1)"}
    sheet = fastexcel.read_excel(to_xlsx(wanted).content).load_sheet(0, header_row=5).to_polars()
    assert set(sheet["Cơ quan giải quyết"]) == {"'=HYPERLINK(1)"}


# -- the query ----------------------------------------------------------------------------


def test_a_query_survives_the_address() -> None:
    scale = bands(datetime(2026, 3, 2).date())
    known = Known(
        units={1, 2},
        fields={3},
        procedures={4},
        officers={5},
        steps={"Thẩm tra, xác minh", "Trình ký"},
        channels={"online"},
        causes=cause_names(),
        bands={band.token: band.low for band in scale},
    )
    query = Query(
        figure="on_time",
        part="denominator",
        filters=Filters(
            units=(1, 2),
            fields=(3, None),
            procedures=(4,),
            channels=("online", None),
            officers=(5, None),
            steps=("Thẩm tra, xác minh", "Trình ký"),
            bands=(0, 31),
            causes=("dispute", None),
            apology=True,
            code="H26.47",
        ),
        dossier=12,
    )
    params = query.params({band.low: band.token for band in scale})
    lists = {key: value if isinstance(value, list) else [value] for key, value in params.items()}
    assert read_query(lists, known) == (query, [])
    assert Query().params({}) == {}
    assert read_query({"field": [""]}, known)[0].filters.fields == (None,)


@pytest.mark.parametrize("key", [*GROUPS, *FIGURES])
def test_a_lists_file_is_named_in_vietnamese(key: str) -> None:
    name = file_stem(group_of(key).label, date(2026, 11, 16))
    assert re.fullmatch(r"ho-so-[a-z0-9-]+-20261116", name)
    assert not re.search("late|overdue|pending|resolved|received", name)


def test_every_cause_that_the_sentence_counts_has_a_bar() -> None:
    """“6 nguyên nhân đầu chiếm …” stood under a chart that named four."""
    counts = [10, 9, 8, 7, 6, 5, 1, 1]
    causes = pl.DataFrame(
        {
            "late_cause": [f"c{n}" for n in range(8)],
            "label": [f"nguyên nhân {n}" for n in range(8)],
            "count": counts,
            "share": [count / 47 for count in counts],
            "cumulative": [sum(counts[: n + 1]) / 47 for n in range(8)],
        }
    )
    few = vital_few(causes)
    assert few is not None
    assert few[0] == 5
    bars = [row[0] for row in cause_chart(causes).data[0].customdata]
    assert bars == [*causes["label"][: few[0]], "3 nguyên nhân khác"]


def test_the_dossiers_that_spoil_a_rate_open(app: AppTest) -> None:
    """They are what "không đúng hạn" counts, under an address of their own."""
    opened(app, period=YEAR, figure="not_on_time")
    missed = html(app)
    opened(app, period=YEAR, figure="on_time", part="missing")
    spoiling = html(app)
    count = re.search(r'dh-count"><b>([^<]+)</b>', missed)
    assert count is not None
    assert count[1] != "0"
    assert f"đang mở {count[1]} hồ sơ ở phần còn thiếu" in spoiling


def test_a_count_has_no_part_that_spoils_it(app: AppTest) -> None:
    opened(app, period=YEAR, figure="received", part="missing")
    told = "Tham số “part” trong đường dẫn không hợp lệ nên được bỏ qua."
    assert told in [one.value for one in app.warning]
