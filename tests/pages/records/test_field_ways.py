"""What the field's files come to, read off the screen of dossiers after they were uploaded there.

The same at the command line: tests/connectors/intake/test_field_figures.py, test_field_moments.py,
test_field_words.py.
"""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Final

import pytest
from streamlit.testing.v1 import AppTest

from tests.connectors.intake.field_answers import ANSWERS
from tests.connectors.intake.field_case import table_of, ways
from tests.connectors.intake.test_field_moments import REFUSED, WAYS
from tests.pages import kit
from tests.pages.links import html, rows_with, tables
from tests.pages.records.test_field_cases import CASES, _reform, empty, office
from tests.pages.said import said
from tests.turns import at_each_change

__all__ = ["_reform", "empty", "office"]


_KEPT: Final = ("c06-merged.xlsx", "c12-years.csv", "c29-lines-per-step.csv")
"""A workbook, moments that are refused, lines that are put together. Of the command line others are
asked at each change (tests/connectors/intake/test_field_figures.py)."""


def _uploaded(name: str, content: bytes, mapping: str) -> AppTest:
    """The screen after a file was tried and taken in."""
    app = kit.shown("data", None, part="upload", mapping=mapping)
    app.file_uploader[0].set_value((name, content, "text/csv"))
    kit.press(app.run(), "intake_try")
    return kit.press(app, "intake_import")


def _listed(app: AppTest, figure: str, period: str) -> dict[str, dict[str, str]]:
    """The rows of a list of dossiers, by code; empty: the screen says that there is none."""
    app.query_params.clear()
    kit.sound("late", app, figure=figure, period=period)
    if not any("Mã hồ sơ" in rows[0] for rows in tables(app) if rows):
        assert "Không có hồ sơ" in kit.words(app)
        return {}
    return {row["Mã hồ sơ"]: row for row in rows_with(app, "Mã hồ sơ")}


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("file", at_each_change(ANSWERS, _KEPT))
def test_the_dossiers_of_a_file_count_as_they_are_meant(file: str) -> None:
    answer = ANSWERS[file]
    app = _uploaded(file, (CASES / file).read_bytes(), answer.mapping)
    found = {figure: sorted(_listed(app, figure, answer.period)) for figure in answer.figures}
    assert found == answer.figures


@pytest.mark.usefixtures("office")
def test_c06_the_header_is_found_by_its_names_whatever_the_mapping_says() -> None:
    for mapping in ("basex", "basex-h3"):
        content = (CASES / "c06-merged.xlsx").read_bytes()
        app = _uploaded("c06-merged.xlsx", content, mapping)
        assert '<th scope="row">Dòng đã đọc</th><td>3</td>' in html(app), mapping
        assert '<th scope="row">Dòng bị từ chối</th><td>0</td>' in html(app), mapping
    rows = _listed(app, "received", "month:2026-11")
    assert {code: row["Đơn vị"] for code, row in rows.items()} == {
        "HS-001": "Phường Thử Một",
        "HS-002": "Phường Thử Một",
        "HS-003": "Phường Thử Hai",
    }


@pytest.mark.usefixtures("office")
def test_c10_every_way_of_writing_a_moment_is_that_moment_in_the_list() -> None:
    cells = ((code, way, "") for code, way in ways("c10-ways.txt").items())
    app = _uploaded("ways.csv", table_of(cells).encode(), "base")
    told = unescape(html(app))
    assert [advice for advice in REFUSED.values() if advice not in told] == []
    rows = _listed(app, "pending", "month:2025-12")
    assert {code: row["Hẹn trả"] for code, row in rows.items()} == {
        f"DT-{number:02}": f"{moment[11:16]} {moment[:10]}" for number, moment in WAYS.items()
    }


@pytest.mark.parametrize(
    ("numbers", "formats"),
    [
        ((7, 8, 20, 22), '["MM/dd/yyyy hh:mm:ss tt", "dd/MM/yy", "epoch_ms"]'),
        ((21,), '["epoch"]'),
    ],
)
@pytest.mark.usefixtures("office")
def test_c10_what_the_mapping_names_is_read(
    numbers: tuple[int, ...], formats: str, tmp_path: Path
) -> None:
    own = (CASES / "base.toml").read_text("utf-8")
    own = own.replace("[columns]", f"[dates]\nformats = {formats[:-1]}, 'auto']\n[columns]")
    (tmp_path / "mappings" / "own.toml").write_text(own, "utf-8")
    every = ways("c10-ways.txt")
    cells = ((code, every[code], "") for code in (f"DT-{number:02}" for number in numbers))
    rows = _listed(_uploaded("ways.csv", table_of(cells).encode(), "own"), "pending",
                   "month:2025-12")  # fmt: skip
    assert {code: row["Hẹn trả"] for code, row in rows.items()} == {
        f"DT-{number:02}": f"{'23:59' if number == 8 else '17:00'} 31/12/2025" for number in numbers
    }


@pytest.mark.usefixtures("office")
def test_c26_no_word_for_nothing_is_an_end_in_the_list() -> None:
    cells = ((code, "31/12/2025 17:00", word) for code, word in ways("c26-ways.txt").items())
    app = _uploaded("ways.csv", table_of(cells).encode(), "base")
    assert "“NULL” 1 ô" in "\n".join(one.text for one in said(app))
    rows = _listed(app, "pending", "month:2025-12")
    assert sorted(rows) == [f"PH-{number:02}" for number in range(1, 20)]
    assert {row["Tình trạng"] for row in rows.values()} == {"Đang giải quyết"}
    assert _listed(app, "resolved", "month:2025-12") == {}


@pytest.mark.usefixtures("office")
def test_c43_american_moments_are_never_read_the_other_way_round() -> None:
    app = _uploaded("c43b-nyc.csv", (CASES / "c43b-nyc.csv").read_bytes(), "c43c")
    assert '<th scope="row">Dòng bị từ chối</th><td>2</td>' in html(app)
    texts = "\n".join(one.text for one in said(app))
    assert "không rõ ngày hay tháng đứng trước" in texts
    assert '"MM/dd/yyyy hh:mm:ss tt"' in texts
    assert _listed(app, "received", "year:2018") == {}
