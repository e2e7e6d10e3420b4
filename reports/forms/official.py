"""The official forms, arranged from their lines; what is counted is counted in metrics/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from metrics.core.collation import collation_key
from metrics.core.report_forms import NO_RECEIVER, form_on, receiver_on
from metrics.core.report_forms import Form as Called
from metrics.core.vietnamese import as_of, number, percent
from metrics.dossiers import forms
from metrics.dossiers.form_cells import FormRefused
from metrics.dossiers.forms import Line
from metrics.dossiers.lateness import cause_name
from reports.blocks import Block, Form, FormRow, Head, Paragraph, Report, Section, Signature, Value
from reports.forms.layout import Layout, LayoutColumn, headings, layout_on
from reports.head import head
from reports.material import Material

_ROMAN: Final = ("I", "II", "III", "IV", "V")
_UNKNOWN_FIELD: Final = "Chưa rõ lĩnh vực"
_UNKNOWN_UNIT: Final = "Chưa rõ đơn vị"

Names = Mapping[int | str | None, str]
"""What a line's key is called."""


def by_field(material: Material) -> Report:
    """Form II.06a: a line a field of the units in view."""
    layout = layout_on("ii06a", material.period.last)
    names = _named(material.field_names, _UNKNOWN_FIELD)
    lines = forms.checked(forms.by_field(material.form_cells), names)
    if not lines and material.closed is None and not material.reported_form.is_empty():
        return _reported(material)
    rows = [*_numbered(lines, names, layout), *_totals(lines, layout)]
    return _report("bieu-ii06a", material, layout, rows, _notes(lines, material))


def by_unit(material: Material) -> Report:
    """The roll-up of form II.06a: a line a unit, by level."""
    layout = layout_on("ii06a-don-vi", material.period.last)
    return _by_unit("bieu-ii06a-don-vi", material, layout)


def local_table(material: Material) -> Report:
    """The local table of 14 columns."""
    return _by_unit("bang-14-cot", material, layout_on("bang-14-cot", material.period.last))


def _by_unit(key: str, material: Material, layout: Layout) -> Report:
    names = _named(material.form_unit_names, _UNKNOWN_UNIT)
    lines = forms.checked(forms.by_unit(material.form_cells, material.form_units), names)
    rows: list[FormRow] = []
    place, under = 0, list[Line]()
    for line in lines:
        if line.level == 2:
            under.append(line)
            continue
        rows += _numbered(under, names, layout)
        under = []
        if line.level == 1:
            called = layout.names.get(str(line.key), layout.names["other"])
            rows.append(_row(line, layout, _ROMAN[place], called))
            place += 1
    rows += _totals(lines, layout)
    return _report(key, material, layout, rows, _notes(lines, material))


def causes(material: Material) -> Report:
    """Why dossiers are late, by field."""
    layout = layout_on("nguyen-nhan", material.period.last)
    names = _named(material.field_names, _UNKNOWN_FIELD)
    found = forms.causes(material.form_cells)
    rows: list[FormRow] = []
    fields = groupby(
        sorted(found, key=lambda row: collation_key(names.get(row[0], ""))), lambda row: row[0]
    )
    for place, (field, of_field) in enumerate(fields, 1):
        for at, (_, cause, values) in enumerate(of_field):
            why = layout.names["none"] if cause is None else cause_name(cause)
            first = (str(place), names.get(field, f"Lĩnh vực mã {field}")) if not at else ("", "")
            words: dict[str, Value] = {"place": first[0], "name": first[1], "cause": why}
            rows.append(_cells(layout, {**values, **words, "note": ""}, 2))
    if found:
        total = forms.cause_total(found)
        words = {"place": "", "name": layout.names["total"], "cause": "", "note": ""}
        rows.append(_cells(layout, {**total, **words}, 0))
    return _report("nguyen-nhan-qua-han", material, layout, rows, ())


def procedures(material: Material) -> Report:
    """Form II.07b: how many procedures there are, by level."""
    layout = layout_on("ii07b", material.period.last)
    values = forms.procedure_line(material.form_cells)
    line = Line(2, None, values)
    rows = [_row(line, layout, "1", "Toàn bộ danh mục TTHC của phần mềm")]
    return _report("bieu-ii07b", material, layout, rows if any(values.values()) else [], ())


# -- reported -----------------------------------------------------------------------------


def _reported(material: Material) -> Report:
    """The same form of what units reported themselves, each line as it was reported."""
    layout = layout_on("ii06a-don-vi", material.period.last)
    lines = forms.reported_lines(material.reported_form, material.unit_names)
    rows = [
        _row(line, layout, str(place), _called(line, material))
        for place, line in enumerate(lines, 1)
    ]
    notes = ["Số liệu do đơn vị báo cáo, không tính từ hồ sơ của phần mềm."]
    before = {(line.key, line.field): line for line in _left(material)}
    for line in lines:
        of = "" if len(lines) == 1 else f"{_called(line, material)}: "
        notes += [*_told(line, of), *_told_before(line, before.get((line.key, line.field)), of)]
    made = _report("bieu-ii06a", material, layout, rows, notes)
    return replace(made, head=replace(made.head, source="Nguồn: số liệu báo cáo của đơn vị."))


def _left(material: Material) -> list[Line]:
    """The lines that were reported for the period before; none where they do not add up."""
    try:
        return forms.reported_lines(material.reported_before, material.unit_names)
    except FormRefused:
        return []


def _told_before(line: Line, before: Line | None, of: str) -> list[str]:
    """Where a reported line carries over another number than was reported as left."""
    carried = line.values.get("carried_over")
    left = None if before is None else before.values.get("pending")
    if carried is None or left is None or carried == left:
        return []
    return [
        f"{of}chuyển kỳ: (6) = {number(carried)}, (11) đã báo cáo của kỳ trước = {number(left)}, "
        f"lệch {number(abs(carried - left))}."
    ]


def _called(line: Line, material: Material) -> str:
    unit = material.unit_names.get(int(line.key), _UNKNOWN_UNIT) if line.key is not None else ""
    field = "" if line.field is None else f", {material.field_names.get(line.field, '')}"
    return f"{unit}{field}"


def _told(line: Line, of: str) -> list[str]:
    """The identity of a reported line and its rate, as it is printed under the table."""
    values = line.values
    whole, done, left = (values.get(key) for key in ("to_resolve", "resolved", "pending"))
    found = []
    if whole is not None and done is not None and left is not None:
        found.append(f"{of}(3) = (7) + (11): {number(whole)} = {number(done)} + {number(left)}.")
    in_time = values.get("in_time", values.get("resolved_in_time"))
    if in_time is not None and values["on_time"] is not None:
        rate = percent(values["on_time"], 2)
        found.append(f"{of}tỷ lệ trước hạn và đúng hạn {rate}, tử số {number(in_time)} hồ sơ.")
    rest = values.get("resolved_unclassified")
    if rest:
        found.append(
            f"{of}(7) gồm {number(rest)} hồ sơ chưa phân loại, không nằm trong (8), (9), (10)."
        )
    return found


# -- rows ---------------------------------------------------------------------------------


def _named(names: Mapping[int, str], unknown: str) -> Names:
    """Names of units or fields, and of none."""
    found: dict[int | str | None, str] = {None: unknown}
    found.update(names.items())
    return found


def _numbered(lines: Sequence[Line], names: Names, layout: Layout) -> list[FormRow]:
    """The lines of units or fields, by the alphabet; what has no name is last."""
    own = [line for line in lines if line.level == 2]
    own.sort(key=lambda line: (line.key is None, collation_key(names.get(line.key, ""))))
    return [
        _row(line, layout, str(place), names.get(line.key, f"Đơn vị đã gỡ (mã {line.key})"))
        for place, line in enumerate(own, 1)
    ]


def _totals(lines: Sequence[Line], layout: Layout) -> list[FormRow]:
    return [_row(line, layout, "", layout.names["total"]) for line in lines if line.level == 0]


def _row(line: Line, layout: Layout, place: str, name: str) -> FormRow:
    return _cells(layout, {**line.values, "place": place, "name": name}, line.level)


def _cells(layout: Layout, values: Mapping[str, Value], level: int) -> FormRow:
    columns = (*layout.columns, *layout.beside)
    return FormRow([values.get(column.key) for column in columns], level)


def _notes(lines: Sequence[Line], material: Material) -> list[str]:
    """What stands under the table: the rate, how many are in no class, what was carried over."""
    total = next((line.values for line in lines if line.level == 0), None)
    if total is None:
        return []
    done, left = total["resolved_unclassified"], total["pending_unclassified"]
    found = []
    if total["on_time"] is not None:
        found.append(f"Tỷ lệ trước hạn và đúng hạn: {percent(total['on_time'], 2)}.")
    if done or left:
        found.append(
            f"Chưa phân loại được vì thiếu ngày hẹn trả: {number(done)} hồ sơ đã giải quyết, "
            f"{number(left)} hồ sơ đang giải quyết; có trong tổng số, không nằm trong loại nào."
        )
    return [*found, *([material.carry_over_words] if material.carry_over else [])]


# -- the whole ----------------------------------------------------------------------------


def _report(
    key: str, material: Material, layout: Layout, rows: Sequence[FormRow], notes: Sequence[str]
) -> Report:
    called = form_on(layout.form, material.period.last)
    columns, rows = _used(layout, rows)
    table = Form(
        head=headings(columns),
        numbers=[column.number for column in columns],
        kinds=[column.kind for column in columns],
        rows=rows,
        widths=[column.width for column in columns],
        note=" ".join([*notes, *([layout.note] if layout.note else [])]),
    )
    blocks: tuple[Block, ...] = (
        Paragraph(f"Đơn vị tính: {layout.unit}"),
        table,
        Signature(layout.signatures, "........, ngày ..... tháng ..... năm .........", ()),
    )
    # The document's own title says it all.
    sections = (Section(key, "", blocks, name=_sheet_name(called)),)
    return Report(key, _head(material, layout, called), sections, landscape=True)


def _used(
    layout: Layout, rows: Sequence[FormRow]
) -> tuple[tuple[LayoutColumn, ...], list[FormRow]]:
    """Without columns beside the form's own in which there is nothing."""
    own = len(layout.columns)
    kept = [at for at, _ in enumerate(layout.beside, own) if any(row.values[at] for row in rows)]
    columns = (*layout.columns, *(layout.beside[at - own] for at in kept))
    cut = [replace(row, values=[*row.values[:own], *(row.values[at] for at in kept)])
           for row in rows]  # fmt: skip
    return columns, cut


def _head(material: Material, layout: Layout, called: Called) -> Head:
    receiver = receiver_on("cchc" if layout.subject == "cchc" else "kstt", material.period.last)
    document = f", ban hành theo {called.document}" if called.number and called.document else ""
    name = f"Biểu số {called.number}" if called.number else called.name
    made = head(
        called.title or called.name,
        material,
        form=f"{name[0].upper()}{name[1:]}{document}",
        receiver=NO_RECEIVER if receiver is None else receiver.name,
    )
    closed = "" if material.closed is None else material.closed.words
    due = "; theo ngày hẹn trả gốc" if material.ask.due == "original" else ""
    moment = f"Số liệu {as_of(material.form_moment)}"
    note = f" ({material.period.note})" if material.period.note else ""
    return replace(
        made,
        whose=material.form_whose,
        period=f"{made.period}{note}",
        as_of=moment,
        definition=f"{layout.reading}{due}",
        closed=closed,
    )


def _sheet_name(called: Called) -> str:
    return f"Biểu {called.key}" if called.number or called.key.startswith("II") else "Biểu"
