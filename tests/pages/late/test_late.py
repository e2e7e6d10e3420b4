"""The screen "Hồ sơ trễ hạn": its counts are the figures', its state is in the address."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from html import unescape
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
from metrics.core.ask import Ask, source_ends
from metrics.core.measure import show
from metrics.core.names import unit_names
from metrics.core.vietnamese import number, percent
from metrics.dossiers.catalogue import FIGURES, figure
from metrics.dossiers.lateness import GROUPS, Filters, group_of, worst_first
from metrics.dossiers.lateness import listed as listed_rows
from metrics.dossiers.listing import export, listing
from pages.late.export import COLUMNS, Names, columns
from pages.late.screen import QUERY
from tests.pages.conftest import Installation
from tests.pages.links import follow, links, rows_with, tables
from tests.screens import on
from ui.kit.listing import PER_PAGE
from ui.kit.sheet import Sheet, file_stem, to_csv, to_xlsx
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
    return view.ask(facts.calendar, facts.data_until, ends=source_ends(facts.sources))


def opened(app: AppTest, **params: str) -> AppTest:
    """The screen at an address."""
    on(app, "late")
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
    """The widget of a filter: in a fold its key has a count (:func:`ui.shell.fresh.fresh`)."""
    [found] = [one for one in widgets if re.fullmatch(rf"late_{name}(_\d+)?", one.key or "")]
    return found


def count(app: AppTest) -> str:
    """How many dossiers the list says it has."""
    found = re.search(r'dh-count"><b>([^<]+)</b>', html(app))
    assert found is not None
    return found[1]


def _marked(app: AppTest, style: str) -> list[tuple[str, bool]]:
    """Links of a style, and which of them lead to what is shown."""
    found = re.findall(rf'<a class="{style}"[^>]*?( aria-current="true")?>([^<]*)', html(app))
    return [(unescape(words), bool(now)) for now, words in found]


def switch(app: AppTest) -> list[str]:
    """The entries of the switches as they read."""
    return [words for words, _ in _marked(app, "dh-switch")]


def chosen(app: AppTest) -> list[str]:
    return [words for words, now in _marked(app, "dh-switch") if now]


def table(app: AppTest) -> list[dict[str, str]]:
    """The list's rows."""
    return rows_with(app, "Mã hồ sơ")


def chips(app: AppTest) -> list[str]:
    return [words for words, _ in _marked(app, "dh-chip")]


def in_url(app: AppTest) -> dict[str, str]:
    names = QUERY.parameters
    given = {key: app.query_params[key] for key in names if key in app.query_params}
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
        "not_on_time",
        *(
            pytest.param(key, marks=pytest.mark.proof)
            for key in (
                "due_soon",
                "late_without_apology",
                "late",
                "received",
                "waiting_supplement",
                "re_dated",
            )
        ),
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
    assert len(table(app)) == min(whole, PER_PAGE)
    app.query_params["units"] = str(unit)
    assert count(sound(app.run())) == number(alone)
    assert len(table(app)) == min(alone, PER_PAGE)


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
    assert chosen(app) == [f"Tiếp nhận · {of('received')}"]


def test_more_than_a_thousand_rows_are_said_not_sent(app: AppTest, facts: Facts) -> None:
    total = int(show(facts, figure("received"), ask_of(facts, period=YEAR))["numerator"][0])
    assert total > 1_000
    opened(app, period=YEAR, figure="received")
    assert count(app) == number(total)
    said = "Danh sách mở 1.000 hồ sơ đầu; hãy lọc thêm hoặc tải tệp để xem hết."
    assert said in html(app)
    assert "Trang 1/10" in html(app)
    first = [row["Mã hồ sơ"] for row in table(app)]
    follow(app, "Sau ›")
    assert in_url(app) == {"figure": "received", "p": "2"}
    assert not set(first) & {row["Mã hồ sơ"] for row in table(app)}


def test_a_rate_opens_to_the_rows_of_its_numerator_and_denominator(
    app: AppTest, facts: Facts
) -> None:
    row = show(facts, figure("on_time"), ask_of(facts)).row(0, named=True)
    opened(app, figure="on_time")
    sides = f"({number(row['numerator'])}/{number(row['denominator'])})"
    assert f'dh-rate">{percent(row["rate"])} {sides}' in html(app)
    assert count(app) == number(row["numerator"])
    follow(app, "Ở mẫu số")
    assert in_url(app)["part"] == "denominator"
    assert count(app) == number(row["denominator"])
    assert "Tử số:" in html(app)


def test_days_late_fall_and_no_row_names_a_citizen(
    app: AppTest, sample_installation: Installation
) -> None:
    opened(app, period=YEAR, figure="late")
    late = [int(row["Trễ"]) for row in table(app)]
    assert late == sorted(late, reverse=True)
    engine = open_database(sample_installation.settings.database_url)
    with engine.connect() as connection:
        owners = {name for (name,) in connection.execute(select(Owner.name)) if name}
    engine.dispose()
    cells = {cell for row in table(app) for cell in row.values()}
    assert owners
    assert not owners & cells


# -- the switch, parts and filters, and the address ----------------------------------------


def test_the_switch_writes_the_address(app: AppTest, facts: Facts) -> None:
    opened(app, period=YEAR)
    follow(app, "Đã giải quyết quá hạn")
    assert in_url(app) == {"figure": "resolved_late"}
    whole = show(facts, figure("resolved_late"), ask_of(facts, period=YEAR))["numerator"][0]
    assert count(app) == number(whole)


def test_late_acceptance_has_its_two_parts(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    overdue = show(facts, figure("acceptance_overdue"), ask)["numerator"][0]
    opened(app, period=YEAR, figure="acceptance")
    follow(app, "Chưa tiếp nhận")
    assert in_url(sound(app)) == {"figure": "acceptance_overdue"}
    assert count(app) == number(overdue)
    assert [words.split(" · ")[0] for words in chosen(app)] == ["Nhận trễ", "Chưa tiếp nhận"]


def test_days_left_split_the_dossiers_due_soon(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    left = listing(facts, group_of("due_soon"), ask, Filters()).left
    most = max(left, key=lambda days: left[days])
    opened(app, period=YEAR, figure="due_soon", left=str(most))
    assert count(app) == number(left[most])
    assert {row["Còn"] for row in table(app)} == {str(most)}
    follow(app, "Đang giải quyết quá hạn")
    assert in_url(sound(app)) == {}


def test_filters_round_trip_through_the_address(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    unit = busiest_unit(facts, ask, "late")
    opened(app, period=YEAR, figure="late")
    _widget(app.multiselect, "units").set_value([unit]).run()
    _widget(app.multiselect, "band").set_value(["2-5", "6-10"]).run()
    _widget(app.selectbox, "apology").set_value("issued").run()
    app.text_input(key="late_q").set_value("h26").run()
    sound(app)
    assert in_url(app) == {
        "figure": "late",
        "units": str(unit),
        "band": "2-5,6-10",
        "apology": "issued",
        "q": "h26",
    }
    filters = Filters(units=(unit,), bands=(2, 6), apology=True, code="h26")
    expected = listing(facts, group_of("late"), ask, filters).total
    assert expected > 0
    assert count(app) == number(expected)
    assert len(chips(app)) == 5

    other = AppTest.from_file(app._script_path, default_timeout=60)
    opened(other, period=YEAR, **in_url(app))
    assert (count(other), chips(other)) == (count(app), chips(app))
    assert _widget(other.multiselect, "band").value == ["2-5", "6-10"]

    first = next(words for words in chips(app) if words.startswith("Đơn vị: "))
    follow(app, first)
    assert "units" not in in_url(sound(app))
    assert first not in chips(app)
    follow(app, "Bỏ lọc")
    assert in_url(sound(app)) == {"figure": "late"}


def test_an_open_dossier_leads_to_its_neighbours_in_the_list(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    ids = listing(facts, group_of("pending"), ask, Filters()).top["dossier_id"].to_list()

    def ways(number: int) -> list[tuple[str, str]]:
        opened(app, period=YEAR, figure="pending", dossier=str(number))
        return [
            (label, to.partition("dossier=")[2].split("&")[0])
            for label, to in links(app)
            if label in ("← Hồ sơ trước", "Hồ sơ sau →")
        ]

    assert len(ids) > 3
    assert ways(ids[0]) == [("Hồ sơ sau →", str(ids[1]))]
    assert ways(ids[1]) == [("← Hồ sơ trước", str(ids[0])), ("Hồ sơ sau →", str(ids[2]))]
    assert ways(ids[-1]) == [("← Hồ sơ trước", str(ids[-2]))]


def test_a_step_and_an_officer_can_be_asked_for(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    held = listing(facts, group_of("pending"), ask, Filters()).top.drop_nulls("step_name")
    name, officer = held.select("step_name", "officer_id").row(0)
    opened(app, period=YEAR, figure="pending", step=name, officer=str(officer))
    filters = Filters(steps=(name,), officers=(officer,))
    assert count(app) == number(listing(facts, group_of("pending"), ask, filters).total)
    stands = {row["Tình trạng"].rpartition(", từ ")[0] for row in table(app)}
    assert stands == {name}
    area = facts.dossier.collect().to_native()["applicant_unit_id"].drop_nulls().mode()[0]
    del app.query_params["step"], app.query_params["officer"]
    opened(app, period=YEAR, figure="pending", area=str(area))
    filters = Filters(areas=(area,))
    assert count(app) == number(listing(facts, group_of("pending"), ask, filters).total) != "0"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"figure": "drop table"}, "Tham số “figure” trong đường dẫn không hợp lệ"),
        ({"units": "999999"}, "Tham số “units” trong đường dẫn không hợp lệ"),
        ({"band": "3-4"}, "Tham số “band” trong đường dẫn không hợp lệ"),
        ({"officer": "-1"}, "Tham số “officer” trong đường dẫn không hợp lệ"),
        ({"step": "<script>"}, "Tham số “step” trong đường dẫn không hợp lệ"),
        ({"cause": "my own"}, "Tham số “cause” trong đường dẫn không hợp lệ"),
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


def test_nothing_found_says_what_to_do(app: AppTest) -> None:
    opened(app, q="no such code")
    assert "dh-count" not in html(app)
    assert "**Không có hồ sơ nào như vậy**" in [text.value for text in app.markdown]
    assert chips(app) == ["Tìm mã hồ sơ: “no such code”"]


def test_a_row_of_the_reasons_cuts_the_list_to_what_it_counts(app: AppTest) -> None:
    opened(app, period=YEAR, figure="late")
    for header, parameter in (("Khoảng", "band"), ("Nguyên nhân", "cause")):
        row = next(rows[0] for rows in tables(app) if rows and next(iter(rows[0])) == header)
        follow(app, row[header])
        assert parameter in in_url(app)
        assert count(app) == row["Số hồ sơ"]
        follow(app, "Bỏ lọc")


def test_a_line_of_the_register_opens_the_dossiers_without_an_apology(app: AppTest) -> None:
    opened(app, period=YEAR, figure="late")
    row = rows_with(app, "Chưa")[0]
    follow(app, row["Đơn vị"])
    assert in_url(app)["figure"] == "late_without_apology"
    assert count(app) == row["Chưa"]


# -- one dossier --------------------------------------------------------------------------


def test_a_dossier_opens_by_its_address_with_its_course(app: AppTest, facts: Facts) -> None:
    ask = ask_of(facts, period=YEAR)
    row = listing(facts, group_of("pending_overdue"), ask, Filters()).top.row(0, named=True)
    opened(app, period=YEAR, dossier=str(row["dossier_id"]))
    shown = html(app)
    assert f'tabindex="-1">{row["code"]}</h2>' in shown
    assert "Tiếp nhận</b> tại " in shown
    assert "Bước 1. " in shown
    assert f"Đang quá hạn {number(row['days_late'])} ngày làm việc" in shown
    assert "<b>Chủ hồ sơ:</b> đã che; vai trò của bạn không xem chủ hồ sơ." in shown
    assert shown.count("<time>") > 3
    follow(app, "Đóng")
    assert "dossier" not in in_url(sound(app))
    assert 'id="mo-dossier-' not in html(app)


def test_a_dossier_outside_the_scope_is_as_if_there_were_none(app: AppTest) -> None:
    opened(app, period=YEAR, dossier="99999999")
    assert "Không tìm thấy hồ sơ này trong phạm vi xem." in [w.value for w in app.warning]
    assert 'id="mo-dossier-' not in html(app)


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


def sheet(facts: Facts, settings: Any, **changed: Any) -> Sheet:
    named = Names(
        units=unit_names(facts.units),
        fields=dict(facts.fields.select("field_id", "name").iter_rows()),
        procedures={
            key: (code, name)
            for key, code, name in facts.procedures.select(
                "procedure_id", "code", "name"
            ).iter_rows()
        },
        officers=officer_codes(settings),
        sources=dict(facts.sources.select("source_id", "name").iter_rows()),
    )
    ask = ask_of(facts, period=YEAR)
    return Sheet(
        "Trễ hạn",
        columns(replace(named, **changed)),
        lambda: export(facts, group_of("late"), ask, Filters()),
        about=(("Danh sách", "Trễ hạn"), ("Bộ lọc", "=cmd()")),
    )


def test_the_file_holds_the_whole_list_and_says_what_it_is(
    facts: Facts, sample_installation: Installation
) -> None:
    wanted = sheet(facts, sample_installation.settings)
    total = int(show(facts, figure("late"), ask_of(facts, period=YEAR))["numerator"][0])
    raw = to_csv(wanted).content
    assert raw.startswith("\ufeffDanh sách,Trễ hạn".encode())
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert lines[1] == ["Bộ lọc", "'=cmd()"]
    assert lines[2] == ["Số hồ sơ trong tệp", str(total)]
    assert lines[3] == ["Phần mềm", f"Đúng Hạn {version()}"]
    assert lines[5] == list(COLUMNS)
    assert len(lines) == 6 + total
    rows = pl.DataFrame(wanted.rows())
    assert [line[0] for line in lines[6:]] == rows["code"].to_list()


def test_the_file_names_the_applicants_area_as_the_screen_groups_it(
    facts: Facts, sample_installation: Installation
) -> None:
    wanted = sheet(facts, sample_installation.settings)
    lines = list(csv.reader(io.StringIO(to_csv(wanted).content.decode("utf-8-sig"))))
    place = lines[5].index("Địa bàn người nộp")
    in_file = Counter(line[place] for line in lines[6:])
    names = unit_names(facts.units)
    by_area = show(facts, figure("late"), ask_of(facts, period=YEAR), by="applicant_unit")
    grouped = {
        "" if key is None else names[key]: count
        for key, count in by_area.select("key", "numerator").iter_rows()
        if count
    }
    assert in_file == grouped
    assert len(in_file) > 20
    assert in_file[""] > 0, "what is not known stays empty"


def test_the_workbook_has_dates_as_dates(facts: Facts, sample_installation: Installation) -> None:
    wanted = sheet(facts, sample_installation.settings)
    book = fastexcel.read_excel(to_xlsx(wanted).content)
    held = book.load_sheet(0, header_row=5).to_polars()
    assert held.columns == list(COLUMNS)
    rows = pl.DataFrame(wanted.rows())
    assert held.height == rows.height
    assert held["Số ngày làm việc quá hạn"].cast(pl.Int32).to_list() == rows["days_late"].to_list()
    assert isinstance(held["Tiếp nhận lúc"][0], datetime)
    assert held["Tiếp nhận lúc"][0] == rows["received_at"][0]


def test_no_cell_of_a_file_is_a_formula(facts: Facts, sample_installation: Installation) -> None:
    wild = dict.fromkeys(facts.units["unit_id"], "=HYPERLINK(1)")
    wanted = sheet(facts, sample_installation.settings, units=wild)
    lines = list(csv.reader(io.StringIO(to_csv(wanted).content.decode("utf-8-sig"))))
    place = lines[5].index("Cơ quan giải quyết")
    assert {line[place] for line in lines[6:]} == {"'=HYPERLINK(1)"}
    held = fastexcel.read_excel(to_xlsx(wanted).content).load_sheet(0, header_row=5).to_polars()
    assert set(held["Cơ quan giải quyết"]) == {"'=HYPERLINK(1)"}


# -- the query ----------------------------------------------------------------------------


def test_a_query_survives_the_address() -> None:
    wanted = {
        "figure": ["on_time"],
        "part": ["denominator"],
        "units": ["1,2"],
        "field": ["3,none"],
        "procedure": ["4"],
        "area": ["6,none"],
        "channel": ["online,none"],
        "officer": ["5,none"],
        "step": ["Thẩm tra, xác minh", "Trình ký"],
        "band": ["0-0,31-"],
        "cause": ["dispute,none"],
        "apology": ["issued"],
        "q": ["H26.47"],
        "dossier": ["12"],
    }
    known: dict[str, Collection[Any]] = {
        "units": {1, 2},
        "area": {6},
        "field": {3},
        "procedure": {4},
        "officer": {5},
        "step": set(wanted["step"]),
        "band": {"0-0", "31-"},
    }
    asked = QUERY.parse(wanted, known)
    assert asked.problems == ()
    assert asked["field"] == (3, None)
    written = {key: [v] if isinstance(v, str) else v for key, v in asked.params().items()}
    assert written == wanted
    assert QUERY.parse({}, known).params() == {}
    assert QUERY.parse({"field": [""]}, known)["field"] == (None,)


@pytest.mark.parametrize("key", [*GROUPS, *FIGURES])
def test_a_lists_file_is_named_in_vietnamese(key: str) -> None:
    name = file_stem("hồ sơ", group_of(key).label, date(2026, 11, 16))
    assert re.fullmatch(r"Hồ sơ [\w ]+ 20261116", name)
    assert not re.search("late|overdue|pending|resolved|received", name)


def test_the_dossiers_that_spoil_a_rate_open(app: AppTest) -> None:
    """They are what "không đúng hạn" counts, under an address of their own."""
    opened(app, period=YEAR, figure="not_on_time")
    missed = count(app)
    assert missed != "0"
    opened(app, period=YEAR, figure="on_time", part="missing")
    assert count(app) == missed
    assert "Phần còn lại" in chosen(app)


def test_a_count_has_no_part_that_spoils_it(app: AppTest) -> None:
    opened(app, period=YEAR, figure="received", part="missing")
    told = "Tham số “part” trong đường dẫn không hợp lệ nên được bỏ qua."
    assert told in [one.value for one in app.warning]
