"""Charts that PowerPoint draws and its user edits: their numbers are in the workbook inside."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

import xlsxwriter
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Pt

from reports.blocks import Chart, Kind
from reports.render import look
from reports.written import written

_KINDS: Final = {
    "columns": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "bars": XL_CHART_TYPE.BAR_CLUSTERED,
    "lines": XL_CHART_TYPE.LINE,
}
_FORMATS: Final[dict[Kind, str]] = {"rate": "0.0%", "points": "0.0%", "mean": "#,##0.0"}
_COUNT: Final = "#,##0"
_MOST_LABELLED: Final = 13
"""So many values can be written beside their bars."""


def add_chart(
    slide: Any, chart: Chart, area: tuple[int, int, int, int], font: str, edges: look.Edges
) -> None:
    """A native chart in an area (left, top, width, height) of a slide."""
    sizes = [Emu(each) for each in area]
    shape = slide.shapes.add_chart(_KINDS[chart.kind], *sizes, _data(chart))
    shape.name = chart.title
    shape._element.nvGraphicFramePr.cNvPr.set("descr", look.described(chart, edges))
    drawn = shape.chart
    drawn.part.chart_workbook.update_from_xlsx_blob(_workbook(chart))
    drawn.font.size, drawn.font.name = Pt(12), font
    drawn.font.color.rgb = RGBColor.from_string(look.INK.upper())
    drawn.has_title = False
    drawn.has_legend = len(chart.series) + (chart.target is not None) > 1
    if drawn.has_legend:
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    _axes(drawn, chart)
    _colours(drawn, chart)
    _labels(drawn, chart, edges)
    _target(drawn, chart)


def _data(chart: Chart) -> CategoryChartData:
    data = CategoryChartData(number_format=_FORMATS.get(chart.unit, _COUNT))
    data.categories = list(chart.categories)
    for series in chart.series:
        data.add_series(series.name, list(series.values))
    if chart.target is not None:
        name, value = chart.target
        data.add_series(name, [value] * len(chart.categories))
    return data


def _workbook(chart: Chart) -> bytes:
    """The numbers behind a chart; texts stay texts, whatever they begin with."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("Sheet1")
        form = book.add_format({"num_format": _FORMATS.get(chart.unit, _COUNT)})
        columns = [(each.name, each.values) for each in chart.series]
        if chart.target is not None:
            columns.append((chart.target[0], [chart.target[1]] * len(chart.categories)))
        for row, name in enumerate(chart.categories, 1):
            sheet.write_string(row, 0, name)
        for column, (name, values) in enumerate(columns, 1):
            sheet.write_string(0, column, name)
            for row, value in enumerate(values, 1):
                if value is not None:
                    sheet.write_number(row, column, value, form)
        sheet.set_column(0, 0, 28)
    return out.getvalue()


def _axes(drawn: Any, chart: Chart) -> None:
    scale = look.axis(chart)
    values, names = drawn.value_axis, drawn.category_axis
    values.minimum_scale, values.maximum_scale = scale.low, scale.high
    values.major_unit = scale.ticks[1] - scale.ticks[0]
    values.major_gridlines.format.line.color.rgb = RGBColor.from_string(look.LINE.upper())
    values.major_gridlines.format.line.width = Pt(0.75)
    values.format.line.fill.background()
    values.tick_labels.number_format = "0%" if chart.unit == "rate" else _COUNT
    values.tick_labels.number_format_is_linked = False
    names.format.line.color.rgb = RGBColor.from_string(look.MUTED.upper())
    names.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    names.has_major_gridlines = False
    for axis in (values, names):
        axis.tick_labels.font.size = Pt(12)
        axis.tick_labels.font.color.rgb = RGBColor.from_string(look.MUTED.upper())
    if chart.kind == "bars":
        names.reverse_order = True
        values.visible = not _is_labelled(chart)
        values.has_major_gridlines = not _is_labelled(chart)


def _colours(drawn: Any, chart: Chart) -> None:
    for at, series in enumerate(drawn.plots[0].series):
        colour = RGBColor.from_string(look.SERIES[at % len(look.SERIES)].upper())
        if chart.kind == "lines":
            series.format.line.color.rgb, series.format.line.width = colour, Pt(2.5)
            series.smooth = False
            series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 6
            series.marker.format.fill.solid()
            series.marker.format.fill.fore_color.rgb = colour
            series.marker.format.line.color.rgb = colour
        else:
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = colour
            series.invert_if_negative = False
    if chart.kind != "lines":
        drawn.plots[0].gap_width, drawn.plots[0].overlap = 45, 0


def _is_labelled(chart: Chart) -> bool:
    return chart.kind != "lines" and len(chart.series) == 1 and (
        len(chart.categories) <= _MOST_LABELLED
    )  # fmt: skip


def _labels(drawn: Any, chart: Chart, edges: look.Edges) -> None:
    """Values beside their bars, linked to their numbers.

    One that a spreadsheet would round across a limit has its text written out.
    """
    if not _is_labelled(chart):
        return
    series = drawn.plots[0].series[0]
    labels = series.data_labels
    labels.show_value = True
    labels.number_format, labels.number_format_is_linked = _FORMATS.get(chart.unit, _COUNT), False
    labels.font.size = Pt(12)
    for at, value in enumerate(chart.series[0].values):
        text = written(value, chart.unit, edges)
        if value is not None and text != written(value, chart.unit, ()):
            frame = series.points[at].data_label.text_frame
            frame.text = text
            frame.paragraphs[0].runs[0].font.size = Pt(12)


def _target(drawn: Any, chart: Chart) -> None:
    """The target's series: a thin dashed line; behind bars a pale bar as long as the target."""
    if chart.target is None:
        return
    series = drawn.plots[0].series[-1]
    colour = RGBColor.from_string(look.COLOURS["watch"].upper())
    if chart.kind == "bars":
        series.format.fill.background()
        series.format.line.color.rgb, series.format.line.width = colour, Pt(1)
        series.format.line.dash_style = MSO_LINE.DASH
        drawn.plots[0].overlap = 100
        return
    if chart.kind == "columns":
        _as_line(drawn, series._element)
        return
    series.marker.style = XL_MARKER_STYLE.NONE
    series.format.line.color.rgb, series.format.line.width = colour, Pt(1.5)
    series.format.line.dash_style = MSO_LINE.DASH


def _as_line(drawn: Any, series: Any) -> None:
    """A series of columns made a line over them, on the same axes."""
    bars = series.getparent()
    bars.remove(series)
    for name in ("c:invertIfNegative", "c:spPr", "c:dLbls"):
        for found in series.findall(qn(name)):
            series.remove(found)
    series.find(qn("c:tx")).addnext(parse_xml(
        f'<c:spPr {nsdecls("c", "a")}><a:ln w="19050"><a:solidFill>'
        f'<a:srgbClr val="{look.COLOURS["watch"].upper()}"/></a:solidFill>'
        '<a:prstDash val="dash"/></a:ln></c:spPr>'
    ))  # fmt: skip
    series.find(qn("c:spPr")).addnext(
        parse_xml(f'<c:marker {nsdecls("c")}><c:symbol val="none"/></c:marker>')
    )
    series.append(parse_xml(f'<c:smooth {nsdecls("c")} val="0"/>'))
    line = parse_xml(
        f'<c:lineChart {nsdecls("c")}><c:grouping val="standard"/><c:varyColors val="0"/>'
        '<c:marker val="1"/></c:lineChart>'
    )
    line.insert(2, series)
    for axis in bars.findall(qn("c:axId")):
        line.append(parse_xml(f'<c:axId {nsdecls("c")} val="{axis.get("val")}"/>'))
    bars.addnext(line)
