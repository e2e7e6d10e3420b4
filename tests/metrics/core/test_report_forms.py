"""Names of forms and who receives reports: dated, and printed everywhere from the same data."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from metrics.core.on_time import II06A
from metrics.core.report_forms import form_on, receiver_on, told
from metrics.dossiers.catalogue import FIGURES
from metrics.figures import REGISTER_FIGURES, SCREEN_FIGURES
from metrics.reported.statements import indicators

ROOT = Path(__file__).resolve().parents[3]
BY_NAME = "Biểu II.06a/VPCP/KSTT (TT 01/2020)"
OWN = "mẫu nội bộ theo cột của biểu II.06a (TT 01/2020)"


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2021, 12, 14), BY_NAME),
        (date(2025, 12, 31), BY_NAME),
        (date(2026, 2, 14), BY_NAME),
        (date(2026, 2, 15), OWN),
        (date(2026, 11, 22), OWN),
    ],
)
def test_a_form_is_printed_by_name_only_while_it_was_in_force(day: date, name: str) -> None:
    assert form_on("II.06a", day).name == name
    assert told("{II.06a}, cột (7)", day) == f"{name}, cột (7)"


def test_after_its_end_nobody_is_said_to_have_issued_it() -> None:
    before, after = form_on("II.06a", date(2026, 2, 14)), form_on("II.06a", date(2026, 2, 15))
    assert (before.number, before.document) == ("II.06a/VPCP/KSTT", "Thông tư 01/2020/TT-VPCP")
    assert (after.number, after.document) == (None, None)
    assert before.title == after.title
    with pytest.raises(KeyError, match=r"II\.99"):
        form_on("II.99", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2021, 12, 14), "Văn phòng Chính phủ"),
        (date(2025, 12, 31), "Văn phòng Chính phủ"),
        (date(2026, 1, 1), None),
        (date(2026, 1, 9), None),
        (date(2026, 1, 10), "Bộ Tư pháp"),
        (date(2026, 11, 22), "Bộ Tư pháp"),
    ],
)
def test_who_receives_reports_on_control_of_procedures(day: date, name: str | None) -> None:
    found = receiver_on("kstt", day)
    assert (found.name if found else None) == name
    reform = receiver_on("cchc", day)
    assert reform is not None
    assert reform.name == "Bộ Nội vụ"


def test_a_list_of_all_figures_says_until_when() -> None:
    assert told(II06A, None) == f"{BY_NAME}; kỳ kết thúc sau 14/02/2026: {OWN}"


def test_every_form_that_a_figure_names_is_in_the_data() -> None:
    figures = [*FIGURES.values(), *SCREEN_FIGURES.values(), *REGISTER_FIGURES]
    texts = [each.basis for each in figures]
    texts += [each.basis for each in indicators().values()]
    assert sum("{" in text for text in texts) > 20
    for text in texts:
        for day in (date(2020, 1, 1), date(2026, 2, 14), date(2026, 2, 15), None):
            assert "{" not in told(text, day)


_NAME = re.compile(r"/VPCP/KSTT|(Thông tư|TT) 01/2020/TT-VPCP")
_BARE = re.compile(
    r"(?<!told\()(?<!told_on\()(?<!basis=)(?<!told\(one\.)\b(wanted|reading|figure|item|d|indicator|figure\(key\))\.basis\b"
)
_OF_OTHER_FACTS = ("pages/tasks", "pages/inspections")
"""Rooms whose figures name no form; a test holds that."""


def test_figures_of_other_registers_name_no_form() -> None:
    others = [each for each in REGISTER_FIGURES if each.fact not in ("indicator_value", "form_row")]
    assert others
    assert [each.key for each in others if "{" in each.basis] == []


def test_no_name_of_a_form_is_written_beside_the_data() -> None:
    """Neither in a text of the product, nor by printing a basis as it is held."""
    wrong = []
    for folder in ("metrics", "pages", "ui", "connectors"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            lines = path.read_text("utf-8").splitlines()
            if place != "metrics/reported/statements.py":  # says whose sums it checks, in English
                wrong += [f"{place}: {line}" for line in lines if _NAME.search(line)]
            if not place.startswith(_OF_OTHER_FACTS):
                wrong += [f"{place}: {line}" for line in lines if _BARE.search(line)]
    assert wrong == []
