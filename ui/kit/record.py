"""Any row of a register, open to be mended: by declaration, so that no register is without it.

A screen names its registers in its query (``row_of``); whatever it lists links a row here
(:func:`link_to`), and "Sửa, rút dòng đã nhập" below everything finds every other one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import streamlit as st

from metrics.core.vietnamese import in_short, moment, number
from metrics.registers import REGISTERS
from metrics.registers.columns import MOMENT, UNIT, UNITS, Column, Row
from ui.kit import fields, forms, register_files, writing
from ui.kit.forms import Form
from ui.kit.links import link
from ui.kit.listing import open_place
from ui.kit.marks import Html
from ui.kit.panel import facts, panel
from ui.kit.parts import empty
from ui.kit.screen import ENTRY, Screen
from ui.kit.table import Away, Opens, table
from ui.kit.table import Column as Shown
from ui.shell import identity
from ui.shell.text import plain

_ROW: Final = "row"
_MOST: Final = 50
"""So many rows of a register are shown to choose from; words find the others."""


def href(screen: Screen, register: str, row: int) -> str:
    """The address that opens a row of a register above the screen."""
    return screen.href(row=f"{register}-{row}")


def _may() -> bool:
    """Rows are opened here to be mended: by who enters them."""
    return writing.may_edit() or writing.may_report()


def rows(screen: Screen, register: str, by: str) -> Opens:
    """The rows of a table open the register's row whose id stands in the column ``by``."""
    return Opens(
        lambda row: href(screen, register, row[by]) if _may() else None,
        place=lambda row: open_place(_ROW, f"{register}-{row[by]}"),
        is_open=lambda row: bool(screen.asked[_ROW] == f"{register}-{row[by]}"),
    )


def link_to(screen: Screen, register: str, row: int | None, words: str = "Sửa") -> Html:
    """The link to it, for who may enter; nothing for everybody else."""
    if row is None or not _may():
        return Html("")
    place = open_place(_ROW, f"{register}-{row}")
    return link(words, href(screen, register, row), place=place)


def opened(screen: Screen, known: Iterable[Form] = ()) -> None:
    """What the last form did; the row that the address opens: what is kept of it, mending it.

    ``known``: the screen's forms, for what they know beside the declaration.
    """
    forms.told()
    if screen.asked[_ROW] is None:
        return
    register, _, text = screen.asked[_ROW].partition("-")
    row = int(text)
    kept = writing.kept(register, row) if _may() else None
    declared = REGISTERS[register]
    if kept is None and identity.current().database_lost:
        empty(f"Chưa mở được {declared.noun} này", "Mất kết nối cơ sở dữ liệu.")
        return
    if kept is None:
        empty(
            f"Không mở được {declared.noun} này", "Dòng không có trong sổ, hoặc ngoài phạm vi xem."
        )
        return
    with panel(screen, _ROW, f"{declared.label}, dòng {number(row)}"):
        if kept["withdrawn"] is not None:
            st.warning(f"Dòng này đã rút khỏi sổ: {plain(kept['withdrawn'])}")
            if writing.may_amend(register, row):
                forms.restore(register, row, "_here")
        facts((column.label, _said(screen, column, kept)) for column in declared.fields)
        writing.show_history(register, row, f"Lịch sử thay đổi của {declared.noun}")
        if kept["withdrawn"] is None:
            form = next((each for each in known if each.register == register), None)
            forms.mend(screen.frame, register, row, form)


def _said(screen: Screen, column: Column, kept: Row) -> Any:
    value = kept[str(column.target)]
    names = screen.frame.place_names
    if value is None or column.kind == UNIT:
        return names.get(value) if value is not None else None
    if column.kind == UNITS:
        return "; ".join(names.get(unit, "") for unit in value)
    if column.is_reference:
        return fields.choices(screen.frame, column.kind).get(value)
    if column.choices:
        return column.word(value)
    if isinstance(value, bool):
        return "Có" if value else "Không"
    return moment(value) if column.kind == MOMENT else fields.typed(value)


def entry(
    screen: Screen,
    known: Sequence[Form],
    files: Sequence[str],
    until: datetime,
    about: str = "",
    *,
    whole: bool = False,
) -> None:
    """The last part of a register's screen: new rows, files, rows to mend, what was withdrawn.

    Args:
        known: the screen's forms for new rows. files: registers that files are taken for, and
            whose rows are mended here. until: the figures' moment.
        about: what one should know of the files.
        whole: what is nobody's own, so only for those who may edit all units'.
    """
    frame = screen.frame
    if not frame.may(writing.EDIT, whole=whole):
        return
    st.header("Nhập liệu", anchor=ENTRY)
    for form in known:
        forms.fold(frame, form, until)
    with st.expander("Nhập từ tệp", icon=":material/upload_file:"):
        if about:
            st.caption(about)
        register_files.draw(frame, tuple(files))
    _ledger(screen, files)
    for name in files:
        forms.withdrawn(name)


def _ledger(screen: Screen, names: Sequence[str]) -> None:
    """The rows of registers, to find one by its words and open it."""
    with st.expander("Sửa, rút dòng đã nhập", icon=":material/edit_note:"):
        key = f"ledger_{names[0]}"
        register = st.selectbox(
            "Sổ cần sửa", names, format_func=lambda name: REGISTERS[name].label, key=key
        )
        sought = str(st.text_input("Tìm trong sổ", key=f"{key}_text", max_chars=64)).casefold()
        every = writing.standing(screen.frame.snapshot, register)
        if every is None:
            st.caption("Chưa đọc được sổ: mất kết nối cơ sở dữ liệu.")
            return
        found = [each for each in every if all(w in each[1].casefold() for w in sought.split())]
        if not found:
            st.caption("Không có dòng nào như vậy.")
            return
        more = f"; hiện {_MOST} dòng mới nhất, gõ thêm chữ để tìm" if len(found) > _MOST else ""
        st.caption(f"{number(len(found))} dòng{more}. Bấm một dòng để mở.")
        rows_ = [{"row": f"{register}-{row}", "what": words} for row, words in found]
        table(
            rows_[:_MOST],
            (
                Shown(
                    "Dòng",
                    lambda each: in_short(each["what"], 160),
                    is_name=True,
                    in_file=(Shown("Dòng", "what"),),
                ),
            ),
            alt=f"Các dòng của sổ {REGISTERS[register].label}",
            opens=Opens(
                lambda each: screen.href(row=each["row"]),
                place=lambda each: open_place(_ROW, each["row"]),
            ),
            away=Away(whole=lambda: rows_),
        )
