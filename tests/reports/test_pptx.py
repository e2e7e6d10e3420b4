"""Slides as PPTX, opened with the library that others read them with."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import fastexcel
import pytest
from pptx import Presentation

from reports.render import render
from tests.reports import specimen


@pytest.fixture(scope="module")
def made() -> bytes:
    return render(specimen.SLIDES, "pptx")


@pytest.fixture(scope="module")
def slides(made: bytes) -> list[Any]:
    return list(Presentation(BytesIO(made)).slides)


def _texts(slide: Any) -> str:
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def _charts(slide: Any) -> list[Any]:
    return [shape.chart for shape in slide.shapes if shape.has_chart]


def _rows(chart: Any) -> list[tuple[Any, ...]]:
    book = fastexcel.read_excel(chart.part.chart_workbook.xlsx_part.blob)
    sheet = book.load_sheet("Sheet1", header_row=None, dtypes="string")
    return sheet.to_polars().rows()


def test_a_section_is_a_slide_with_its_sentence_as_title(slides: list[Any]) -> None:
    assert [slide.shapes.title.text_frame.text for slide in slides] == [
        section.title for section in specimen.SECTIONS
    ]


def test_each_slide_tells_of_whom_it_is_and_has_its_number(slides: list[Any]) -> None:
    for slide in slides:
        said = _texts(slide)
        assert specimen.HEAD.whose in said
        assert specimen.HEAD.period in said
        assert "DỮ LIỆU MINH HỌA" in said
        assert 'type="slidenum"' in slide.element.xml


def test_headline_figures_are_written_with_words(slides: list[Any]) -> None:
    said = _texts(slides[0])
    # 97,96% stands under a target of 98% and is not rounded across it; unknown is no 0.
    for part in ("123.456", "97,9%", "▲ Dưới mục tiêu 98%", "◆ giảm 0,5 điểm", "–"):
        assert part in said


def test_a_table_is_a_table(slides: list[Any]) -> None:
    table = next(shape.table for shape in slides[1].shapes if shape.has_table)
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0][2] == "So kỳ trước (điểm)"
    assert rows[1][:4] == ['▲ UBND phường =HYPERLINK("http://x","y")', "97,9%", "0", "1.234"]
    assert rows[3][2] == "–"
    assert rows[-1][:4] == ["Toàn thành phố", "96,2%", "−0,5", "119.870"]


def test_charts_hold_their_numbers_and_their_target(slides: list[Any]) -> None:
    (chart,) = _charts(slides[0])
    bars, line = chart.plots
    assert list(bars.categories) == list(specimen.COLUMNS.categories)
    assert list(bars.series[0].values) == list(specimen.COLUMNS.series[0].values)
    assert line.series[0].name == "Mục tiêu 98%"
    assert list(line.series[0].values) == [0.98] * 13
    assert chart.value_axis.minimum_scale == 0


def test_the_workbook_behind_a_chart_is_the_chart(slides: list[Any]) -> None:
    (chart,) = _charts(slides[0])
    rows = _rows(chart)
    assert rows[0][1:] == ("Tỷ lệ đúng hạn", "Mục tiêu 98%")
    numbers = [None if row[1] is None else float(row[1]) for row in rows[1:]]
    assert numbers == list(specimen.COLUMNS.series[0].values)
    # What the chart points at in it is where the numbers are.
    assert "Sheet1!$C$2:$C$14" in chart.part.blob.decode()


def test_a_text_that_looks_like_a_formula_is_text(slides: list[Any]) -> None:
    chart = _charts(slides[2])[0]
    assert _rows(chart)[1] == ("=Chưa xác định nguyên nhân", "1204")
    with ZipFile(BytesIO(chart.part.chart_workbook.xlsx_part.blob)) as parts:
        assert "<f>" not in parts.read("xl/worksheets/sheet1.xml").decode()


def test_bars_begin_at_zero_in_their_order(slides: list[Any]) -> None:
    bars, lines = _charts(slides[2])
    assert bars.value_axis.minimum_scale == 0
    assert bars.category_axis.reverse_order
    assert list(lines.plots[0].series[1].values)[:3] == [950, None, 980]


def test_what_the_speaker_says_is_in_the_notes(slides: list[Any]) -> None:
    notes = slides[0].notes_slide.notes_text_frame.text
    assert notes.startswith("Nói trước: số liệu tuần này đủ nguồn.")
    assert specimen.HEAD.source in notes


def test_only_fonts_that_windows_has(made: bytes) -> None:
    with ZipFile(BytesIO(made)) as parts:
        written = {
            name: parts.read(name).decode()
            for name in parts.namelist()
            if name.endswith(".xml") and name.startswith(("ppt/slides/", "ppt/charts/"))
        }
        theme = parts.read("ppt/theme/theme1.xml").decode()
    faces = {
        piece.split('"')[0]
        for text in written.values()
        for piece in text.split('<a:latin typeface="')[1:]
    }
    assert faces == {"Arial"}
    assert "Calibri" not in theme


def test_vietnamese_is_whole(slides: list[Any]) -> None:
    said = slides[4].shapes.title.text_frame.text
    assert set(specimen.LETTERS) <= set(said)


def test_a_long_table_goes_on_on_the_next_slide() -> None:
    from dataclasses import replace

    long = replace(specimen.UNITS, rows=list(specimen.UNITS.rows) * 4, marks=())
    section = replace(specimen.SECTIONS[1], blocks=(long,))
    made = Presentation(BytesIO(render(replace(specimen.SLIDES, sections=(section,)), "pptx")))
    tables = [shape.table for slide in made.slides for shape in slide.shapes if shape.has_table]
    assert [len(table.rows) for table in tables] == [15, 15, 10]
    assert made.slides[1].shapes.title.text_frame.text.endswith("(tiếp)")
    assert tables[2].cell(9, 0).text == "Toàn thành phố"
