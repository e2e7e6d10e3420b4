"""The screen of inspections on a small installation, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from connectors.database.models import Base, Unit
from connectors.database.session import open_database
from connectors.engine import Scope, descendants, open_facts
from connectors.registers import (
    RegisterRefused,
    add,
    amend,
    history,
    import_register,
    load_examples,
)
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.core.ask import Ask
from metrics.inspections.review import coverage, inspection_review, is_register_empty
from pages.inspections.forms import FINDING
from pages.inspections.screen import QUERY
from tests.pages import kit
from tests.pages.conftest import WHO, Installation
from tests.pages.kit import submit
from tests.pages.links import follow, html, rows_with
from ui.kit.forms import problems
from ui.kit.query import Known

AT = datetime(2026, 6, 1, 8, 0)


@dataclass(frozen=True)
class Place:
    """A copy of the sample installation whose registers a test may change."""

    settings: Settings
    engine: Engine
    units: list[int]

    def save(self, register: str, row: int | None = None, **values: Any) -> int:
        given: Any = {"by": "Lan", "at": AT, "refresh_snapshot": False}
        if row is None:
            return add(self.engine, self.settings, register, values, **given)
        return amend(self.engine, self.settings, register, values, key=row, **given)

    def show(self) -> None:
        refresh(self.engine, self.settings)


@pytest.fixture
def place(
    sample_installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    settings = kit.copy_of(sample_installation.settings, tmp_path / "copy")
    engine = open_database(settings.database_url)
    with Session(engine) as session:
        wards = select(Unit.id).where(Unit.kind == "commune", Unit.valid_to.is_(None))
        units = list(session.scalars(wards.order_by(Unit.id).limit(3)))
    with kit.installed(settings, monkeypatch):
        yield Place(settings, engine, units)
    engine.dispose()


@pytest.fixture
def filled(place: Place) -> Place:
    """Three visits, four findings: past due, past due and reported, in time, fixed on paper."""
    visits = [
        place.save(
            "inspection",
            code=f"KT-{n}",
            kind="surprise" if n else "periodic",
            unit=unit,
            from_on=date(2026, 4, 6),
            source="Kế hoạch",
        )
        for n, unit in enumerate(place.units)
    ]
    due = [date(2026, 5, 4), date(2026, 6, 1), date(2026, 7, 31), date(2026, 5, 29)]
    for n, day in enumerate(due):
        place.save(
            "finding", code=f"TT-{n}", inspection=visits[n % 3], kind="Một cửa",
            description="Niêm yết thiếu", fix_by=day, source="Biên bản",
        )  # fmt: skip
    place.save("finding", 2, reported_on=date(2026, 6, 20))
    place.save("finding_check", finding=4, checked_on=date(2026, 5, 20), is_fixed=True, by="Lan")
    place.show()
    return place


_app = partial(kit.shown, "inspections")


def test_an_empty_register_says_what_to_do(place: Place) -> None:
    at = _app()
    assert not at.exception
    assert at.title[0].value == "Kiểm tra · Tất cả đơn vị"
    text = " ".join(each.value for each in (*at.markdown, *at.caption))
    assert "Chưa có cuộc kiểm tra, tồn tại nào" in text
    assert "không phải bằng 0" in text


def test_counts_rows_and_the_open_finding(filled: Place) -> None:
    at = _app(figure="findings_past_due", finding="2")
    assert not at.exception
    body = html(at)
    assert "% ;" not in body, "no blank before a stop"
    assert '<div class="dh-label">Tồn tại chưa khắc phục</div><div class="dh-value">3</div>' in body
    assert "2/3 cuộc" in body
    assert "1/3 tồn tại có hạn đã khắc phục hoặc đã quá hạn" in body
    assert "đã báo cáo, chưa xác nhận" in body
    assert [row["Mã"] for row in rows_with(at, "Mô tả")] == ["TT-0", "TT-1"]
    assert sum(row["Số cuộc"] != "0" for row in rows_with(at, "Số cuộc")) == 3


def test_another_moment_another_state(filled: Place) -> None:
    at = _app(figure="findings", asof="2026-05-11T00:00")
    listed = rows_with(at, "Mô tả")
    assert sum(row["Tình trạng"].startswith("◆") for row in listed) == 1
    assert {row["Xác nhận cuối"] for row in listed} == {"–"}


def test_home_shows_open_findings_and_those_past_due(filled: Place) -> None:
    at = kit.new_app().run()
    assert not at.exception
    assert "◆ 2 quá hạn" in html(at)
    assert "đã khắc phục 1/4 tồn tại" in html(at)


def test_home_without_findings_says_so(place: Place) -> None:
    place.save(
        "inspection", code="KT", kind="self", unit=place.units[0], from_on=AT.date(), source="x"
    )
    place.show()
    at = kit.new_app().run()
    assert "Sổ theo dõi kết luận kiểm tra chưa được nạp" in html(at)
    body = html(_app(asof="2026-06-02T00:00", span="all"))
    assert '<div class="dh-label">Cuộc kiểm tra</div><div class="dh-value">1</div>' in body
    assert body.count("chưa ai nhập; không phải là 0") == 3


def test_reporting_a_fix_keeps_it_open_and_a_recheck_closes_it(filled: Place) -> None:
    at = _app(figure="findings", finding="1")
    at.date_input(key="mend_some_finding_1_reported_on").set_value(date(2026, 6, 10))
    submit(at, "Ghi báo cáo")
    assert any("chờ xác nhận" in each.value for each in at.success)
    assert _states(at)["TT-0"].startswith("◆ Quá hạn chưa khắc phục (đã báo cáo")
    at.date_input(key="check_finding_1_on").set_value(date(2026, 6, 15))
    at.radio(key="check_finding_1_fixed").set_value("Đã khắc phục")
    at.text_input(key="check_finding_1_source").set_value("Biên bản 7")
    submit(at, "Ghi kết quả")
    assert _states(at)["TT-0"] == "● Khắc phục quá hạn"
    changed = history(filled.engine, "finding", 1, scope=Scope(None))
    assert (WHO, "Ngày báo cáo khắc phục") in set(changed.select("by", "label").iter_rows())


def test_a_code_that_is_taken_leaves_nothing_behind(filled: Place) -> None:
    at = _app(figure="findings", finding="1")
    at.date_input(key="check_finding_1_on").set_value(date(2026, 6, 15))
    at.radio(key="check_finding_1_fixed").set_value("Đã khắc phục")
    at.text_input(key="check_finding_1_source").set_value("Biên bản 7")
    before = _counts(filled)
    at.text_input(key="check_finding_1_code").set_value("KT-1")
    submit(at, "Ghi kết quả")
    assert "đã có trong sổ" in at.error[0].value
    assert _counts(filled) == before
    at.text_input(key="check_finding_1_code").set_value("KT-1-T9")
    submit(at, "Ghi kết quả")
    assert _counts(filled) == {name: number + 1 for name, number in before.items()}


def _counts(filled: Place) -> dict[str, int]:
    with filled.engine.connect() as connection:
        return {
            name: connection.execute(
                select(func.count()).select_from(Base.metadata.tables[name])
            ).scalar_one()
            for name in ("inspection", "finding_check")
        }


def test_a_result_needs_a_day_an_outcome_and_a_paper(filled: Place) -> None:
    at = _app(figure="findings", finding="1")
    submit(at, "Ghi kết quả")
    said = at.error[0].value
    assert "Hãy chọn ngày xác nhận" in said
    assert "Hãy chọn kết quả" in said
    assert "Hãy ghi biên bản" in said


def _states(at: AppTest) -> dict[str, str]:
    return {row["Mã"]: row["Tình trạng"] for row in rows_with(at, "Mô tả")}


# -- what is refused ----------------------------------------------------------------------


def test_a_finding_says_its_fix_by_date_or_that_it_has_none() -> None:
    whole = {
        "inspection": 1, "code": "TT", "kind": "Một cửa", "description": "x",
        "responsible": "Lan", "recommendation": "y", "source": "z",
    }  # fmt: skip
    assert problems(FINDING, whole | {"fix_by": date(2026, 6, 1)}) == []
    assert problems(FINDING, whole | {"without": True}) == []
    assert "Không định hạn" in problems(FINDING, whole)[0]
    assert len(problems(FINDING, whole | {"fix_by": date(2026, 6, 1), "without": True})) == 1
    assert len(problems(FINDING, {})) == 8


def test_the_address_is_checked() -> None:
    known: Known = {"units": {3}, "fkind": {"Một cửa"}}
    given = {"span": "all", "tab": "visits", "kinds": "commune", "state": "past_due",
             "units": "3", "finding": "7"}  # fmt: skip
    asked = QUERY.parse({name: [text] for name, text in given.items()}, known)
    assert asked.problems == ()
    assert asked.params() == given
    bad = {"span": "ever", "kinds": "moon", "state": "x", "units": "9", "finding": "a",
           "visits": "b", "fkind": "Bịa"}  # fmt: skip
    asked = QUERY.parse({name: [text] for name, text in bad.items()}, known)
    assert asked.params() == {}
    assert len(asked.problems) == len(bad)


def test_a_row_opens_and_closing_leads_back_to_the_same_list(filled: Place) -> None:
    at = _app(figure="findings_past_due")
    follow(at, "Niêm yết thiếu")
    assert "finding" in at.query_params
    assert "".join(at.query_params["figure"]) == "findings_past_due"
    assert 'id="mo-finding-' in html(at)
    follow(at, "Đóng")
    assert "finding" not in at.query_params
    assert 'id="mo-finding-' not in html(at)
    assert len(rows_with(at, "Mô tả")) == 2


INSPECTIONS = (
    "Mã cuộc kiểm tra,Loại,Đơn vị được kiểm tra,Từ ngày,Đến ngày,Mã cuộc kiểm tra trước,Nguồn"
)
FINDINGS = "Mã tồn tại,Mã cuộc kiểm tra,Nhóm lỗi,Mô tả,Hạn khắc phục,Nguồn"
CHECKS = "Mã tồn tại,Ngày xác nhận,Đã khắc phục,Người cập nhật"


@pytest.mark.parametrize(
    ("register", "header", "line", "said"),
    [
        ("inspection", INSPECTIONS, "K,Đột kích,{u},01/06/2026,,,x", "Loại"),
        ("inspection", INSPECTIONS, "K,Đột xuất,Xã Không Có,01/06/2026,,,x", "Đơn vị"),
        ("inspection", INSPECTIONS, "K,Đột xuất,{u},31/02/2026,,,x", "Từ ngày"),
        ("inspection", INSPECTIONS, "K,Đột xuất,{u},02/06/2026,01/06/2026,,x", "Đến ngày"),
        ("inspection", INSPECTIONS, "K,Tái kiểm tra,{u},02/06/2026,,,x", "cuộc kiểm tra trước"),
        ("finding", FINDINGS, "T,KHÔNG-CÓ,Một cửa,x,01/06/2026,x", "Mã cuộc kiểm tra"),
        ("finding", FINDINGS, "T,KT-0,,x,01/06/2026,x", "Nhóm lỗi"),
        ("finding", FINDINGS, "T,KT-0,Một cửa,x,mai,x", "Hạn khắc phục"),
        ("finding_check", CHECKS, "TT-0,01/06/2026,có lẽ,Lan", "Đã khắc phục"),
        ("finding_check", CHECKS, "TT-9,01/06/2026,Có,Lan", "Mã tồn tại"),
    ],
)
def test_bad_rows_are_named(
    filled: Place, tmp_path: Path, register: str, header: str, line: str, said: str
) -> None:
    with Session(filled.engine) as session:
        unit = session.get(Unit, filled.units[0])
        assert unit is not None
        name = f"{unit.scheme}:{unit.code}"
    path = tmp_path / "rows.csv"
    path.write_text(f"{header}\n{line.format(u=name)}\n", encoding="utf-8")
    report = import_register(filled.engine, filled.settings, register, path, by="Lan")
    assert (report.rows_inserted, report.rows_rejected) == (0, 1)
    assert said in report.first_rejected[0].sentence()


def test_a_file_without_its_key_column_is_refused(filled: Place, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Mô tả,Nguồn\nx,y\n", encoding="utf-8")
    with pytest.raises(RegisterRefused, match="Mã tồn tại"):
        import_register(filled.engine, filled.settings, "finding", path, by="Lan")


# -- the shipped example ------------------------------------------------------------------


def test_ha_dong_covered_every_ward_and_every_unit(
    sqlite_database: Engine, settings: Settings
) -> None:
    """2023: 12 offices and 17 wards by surprise, 29/29 and 17/17; no finding is told of."""
    load_examples(sqlite_database, settings)
    facts = open_facts(settings, Scope(None))
    district = facts.units.filter((pl.col("scheme") == "gso") & (pl.col("code") == "268"))
    above = district["unit_id"][0]
    within = descendants(facts.units, above)
    ask = Ask(date(2023, 1, 1), date(2023, 6, 30), facts.calendar)
    everyone = coverage(facts, facts.units, ask, within=within, above=above)
    assert (everyone.inspected, everyone.due) == (29, 29)
    wards = coverage(facts, facts.units, ask, within=within, above=above, kinds=["commune"])
    assert (wards.inspected, wards.due) == (17, 17)
    review = inspection_review(facts, ask)
    assert (review.count("visits"), review.count("visits_surprise")) == (35, 29)
    # Of the visits of April and May only the months are known: a period up to 15 May has half.
    half = Ask(date(2023, 1, 1), date(2023, 5, 15), facts.calendar)
    assert inspection_review(facts, half).count("visits") == 32
    assert inspection_review(facts, half).count("visits_month_only") == 3
    assert is_register_empty(facts, ("finding",))
