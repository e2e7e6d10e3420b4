"""The slides say what the figures say, each in a sentence; nothing personal stands on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import reports.material
from connectors.database.session import migrate, open_database
from connectors.sample.load import load
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.core.measure import measure, total
from metrics.core.periods import parse_period
from metrics.core.vietnamese import number, percent
from metrics.dossiers.catalogue import figure
from metrics.indices.series import INDICES
from metrics.tasks.figures import TASK_FIGURE
from reports.blocks import Chart, Headline, Number, Paragraph, Report, Section, Sentences, Table
from reports.briefing import briefing
from reports.deck import arranged, deck, with_meetings
from reports.material import Asked, Material, Meetings, Rights
from reports.opening import Wanted, asked

SAMPLE_END = date(2026, 6, 28)
WEEK = parse_period("week:2026-W26")


@pytest.fixture(scope="module")
def settings(made_once: Callable[..., Path]) -> Settings:
    """The sample with its registers; the same folder as the tests of screens have."""

    def make(folder: Path) -> None:
        at = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
        engine = open_database(at.database_url)
        migrate(engine)
        load(engine, at, end=SAMPLE_END, dossiers=1_500, with_registers=True)
        refresh(engine, at)
        engine.dispose()

    folder = made_once("sample-1500", make)
    return Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")


@pytest.fixture(scope="module")
def question(settings: Settings) -> Asked:
    return asked(settings, Wanted(WEEK))


@pytest.fixture(scope="module")
def material(question: Asked) -> Material:
    return Material(question)


@pytest.fixture(scope="module")
def report(material: Material) -> Report:
    return deck(material)


def _of(report: Report, key: str) -> Section:
    return next(each for each in report.sections if each.key == key)


def _numbers(section: Section) -> dict[str, Number]:
    blocks = (block for block in section.blocks if isinstance(block, Headline))
    return {each.figure: each for block in blocks for each in block.numbers}


def test_every_subject_has_its_slide_and_a_sentence(report: Report) -> None:
    keys = [each.key for each in report.sections]
    assert keys == [
        "title", "asked", "headline", "trend", "units", "overdue", "steps", "causes", "due_soon",
        "tasks", "inspections", "targets", "indices", "decisions",
    ]  # fmt: skip
    for each in report.sections:
        assert len(each.title) > 15, each.key
        assert not each.title.endswith("."), each.key
        assert each.notes, each.key
        assert each.name, each.key


def test_the_headline_is_what_the_figures_answer(report: Report, material: Material) -> None:
    keys = ("received", "resolved", "on_time", "pending_overdue")
    measured = measure(material.facts, [figure(key) for key in keys], [material.ask])
    of = {row["figure"]: row for row in total(measured).iter_rows(named=True)}
    shown = _numbers(_of(report, "headline"))
    for key in keys:
        assert shown[key].value == of[key]["rate" if key == "on_time" else "numerator"]
    rate = of["on_time"]
    assert f"{number(rate['numerator'])}/{number(rate['denominator'])}" in shown["on_time"].below
    words = percent(rate["rate"], edges=material.ask.edges)
    assert _of(report, "headline").title.startswith(f"Đúng hạn {words}")


def test_tasks_and_lists_are_what_the_figures_answer(report: Report, material: Material) -> None:
    facts, ask = material.whole, material.register_ask
    among = {"programme_id": material.programmes["programme_id"].to_list()}
    wanted = [TASK_FIGURE["tasks_launched"], TASK_FIGURE["tasks_past_due"]]
    launched, past = measure(facts, wanted, [ask], (), among).iter_rows(named=True)
    shown = _numbers(_of(report, "tasks"))
    said = f"{number(launched['numerator'])}/{number(launched['denominator'])}"
    assert shown["tasks_launched"].value == said
    assert _of(report, "tasks").title.startswith(f"{said} nhiệm vụ được triển khai")
    assert shown["tasks_past_due"].value == past["numerator"]
    soon = int(total(measure(material.facts, [figure("due_soon")], [ask]))["numerator"].sum())
    assert _of(report, "due_soon").title.startswith(f"{number(soon)} hồ sơ đến hạn")
    chart = next(b for b in _of(report, "due_soon").blocks if isinstance(b, Chart))
    assert sum(value or 0 for value in chart.series[0].values) == soon


def test_a_unit_that_needs_a_decision_is_named_once(report: Report, material: Material) -> None:
    sentences = next(b for b in _of(report, "units").blocks if isinstance(b, Sentences))
    assert sentences.lines
    assert max(Counter(line.subject for line in sentences.lines).values()) == 1
    calls = material.calls
    assert _of(report, "units").title.startswith(f"{len(calls.calls)} đơn vị cần chỉ đạo")
    assert [one.subject for one in sentences.lines] == [
        call.name for call in calls.calls[: len(sentences.lines)]
    ]
    others = len(calls.rest) + (calls.sources is not None)
    assert f"{number(others)} việc khác" in _of(report, "decisions").title


def test_nothing_personal_stands_on_a_slide(
    report: Report, material: Material, settings: Settings
) -> None:
    text = repr(report)
    for column, frame in (
        ("code", material.facts.dossier.collect(backend="polars").to_native()),
        ("name", material.in_scope.procedures.filter(pl.col("is_sensitive"))),
    ):
        assert frame.height, column
        assert [value for value in frame[column].drop_nulls() if value in text] == []
    engine = open_database(settings.database_url)
    with engine.connect() as connection:
        read = connection.exec_driver_sql
        officers = [row[0] for row in read("select code from officer")]
        owners = [row[0] for row in read("select name from owner")]
    engine.dispose()
    assert officers
    assert [one for one in (*officers, *owners) if one and one in text] == []


def test_groups_of_few_are_one_unless_the_reader_may_open_them(question: Asked) -> None:
    counts = [("a", 9), ("b", 4), ("c", 1), ("d", 5)]
    closed = Material(question).without_small(counts)
    assert closed == [("a", 9), ("d", 5), ("Các nhóm dưới 5 hồ sơ", 5)]
    free = Material(replace(question, rights=Rights(small_groups=True)))
    assert free.without_small(counts) == counts


def test_a_part_of_the_province_has_no_slide_of_its_indices(
    settings: Settings, material: Material
) -> None:
    unit = next(one for one in material.unit_table["unit_id"] if one != material.root)
    report = deck(Material(asked(settings, Wanted(WEEK, unit=str(unit)))))
    keys = {each.key for each in report.sections}
    assert {"units", "indices"}.isdisjoint(keys)
    assert {"headline", "overdue", "decisions"} <= keys


def test_a_period_without_dossiers_says_so(settings: Settings) -> None:
    report = deck(Material(asked(settings, Wanted(parse_period("week:2020-W10")))))
    assert _of(report, "headline").title == "Không có hồ sơ nào trong kỳ đang xem"
    assert "overdue" not in {each.key for each in report.sections}


# -- meetings -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Noted:
    text: str
    unit_id: int | None = None
    due_on: date | None = None
    outcome: str = ""
    outcome_note: str = ""


def test_what_was_asked_stands_second_and_what_is_decided_last(report: Report) -> None:
    before = [Noted("Gọi Sở Xây dựng", 1, date(2026, 6, 30), "done", "đã gọi"), Noted("Kiểm tra")]
    told = with_meetings(report, Meetings(before, [Noted("Họp lại")]), {1: "Sở Xây dựng"})
    again = with_meetings(told, Meetings(before, [Noted("Họp lại")]), {1: "Sở Xây dựng"})
    assert again == told
    assert told.sections[1].title == "2 việc đã giao: 1 chưa có kết quả, 1 đã xong"
    (table,) = told.sections[1].blocks
    assert isinstance(table, Table)
    assert next(iter(table.rows)) == (
        "Gọi Sở Xây dựng",
        "Sở Xây dựng",
        date(2026, 6, 30),
        "Đã xong: đã gọi",
    )
    assert told.sections[-1].title == "Cuộc họp giao 1 việc"
    assert with_meetings(report, Meetings((), ()), {}).sections[1].title == (
        "Cuộc họp trước không ghi việc nào cần theo dõi"
    )


def test_a_deck_is_arranged_as_it_was_prepared(report: Report) -> None:
    order = ["headline", "title", "tasks"]
    found = arranged(report, order, ["tasks", "causes"], {"title": "Kính thưa hội nghị"})
    keys = [each.key for each in found.sections]
    # What the meeting did not know yet follows the slide that it usually follows.
    assert keys[:3] == ["headline", "trend", "units"]
    assert keys.index("title") + 1 == keys.index("asked")
    assert {"tasks", "causes"}.isdisjoint(keys)
    assert _of(found, "title").blocks[-1] == Paragraph("Kính thưa hội nghị")
    assert arranged(report, [], [], {}) == report


def test_a_document_asks_each_part_of_the_figures_once(
    question: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deck and briefing of the same question together, too: what they share is read once."""
    asked_of: Counter[str] = Counter()
    for name in ("review", "outlines", "time_spent", "review_promises", "task_review", "standing"):
        real = getattr(reports.material, name)

        def counting(*given: Any, _real: Any = real, _name: str = name, **more: Any) -> Any:
            asked_of[_name] += 1
            return _real(*given, **more)

        monkeypatch.setattr(reports.material, name, counting)
    material = Material(question)
    both = deck(material), briefing(material)
    assert all(each.sections for each in both)
    assert asked_of.pop("standing") == len(INDICES)
    assert set(asked_of.values()) == {1}
    assert len(asked_of) == 5
