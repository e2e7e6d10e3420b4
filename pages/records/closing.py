"""Closing a period: its forms to print, what is closed, how that differs from now, reopening."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from metrics.core.periods import UnknownPeriod, parse_period
from metrics.core.vietnamese import as_of, moment, number
from metrics.dossiers.closing import Difference, DossierMoved
from metrics.dossiers.drift import Step, said
from pages.records import data as records
from pages.records.screen import Screen
from reports.closing import UNEXPLAINED, counted
from reports.registry import FORM, REPORTS
from ui.kit import forms, panel, writing
from ui.kit.listing import row_opens
from ui.kit.marks import GOING, GOOD, Html
from ui.kit.parts import empty
from ui.kit.sheet import file_stem
from ui.kit.table import Away, Column, Row, table
from ui.shell import data, guarded
from ui.shell.guarded import PDF, XLSX
from ui.shell.text import plain, safe

_FORMS: Final = {each.key: each.title for each in REPORTS.values() if each.formats == FORM}
_MOST: Final = 1000
SHOWN: Final = 200
"""So many dossiers of a difference are listed."""


def periods(screen: Screen) -> None:
    """The forms of the period in view, closing it, and the closings."""
    forms.told()
    frame = screen.frame
    st.header("Biểu của kỳ đang xem")
    st.markdown(f"{plain(frame.whose)}, {plain(frame.view.period.label)}")
    standing = records.standing_closing(frame)
    if standing is None:
        st.caption("Kỳ này chưa chốt: biểu in số liệu hiện nay.")
    else:
        st.caption(
            f"Kỳ này đã chốt (chốt số {number(standing['closing_id'])}, {plain(standing['by'])}, "
            f"{moment(standing['at'])}): biểu in số đã chốt."
        )
    _prints(screen, "now", frame.view.period.token, records.own_unit(frame))
    if standing is None and frame.may(writing.CLOSE):
        _close(screen)
    _closings(screen)


def _prints(screen: Screen, place: str, period: str, unit: int | None) -> None:
    """A choice of form, and buttons that make it."""
    if not screen.frame.may("export"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.selectbox(
            "Biểu", list(_FORMS), format_func=_FORMS.__getitem__, key=f"form_{place}", width=380
        )
        for layout, mime in (("xlsx", XLSX), ("pdf", PDF)):
            stem = file_stem("", _FORMS[chosen], parse_period(period).last)
            guarded.download_button(
                f"Tải {layout.upper()}",
                "export",
                f"{_FORMS[chosen]}, {period}",
                partial(_made, records.form_maker(screen.frame, period, unit), chosen, layout),
                file_name=f"{stem}.{layout}",
                mime=mime,
                key=f"form_{place}_{layout}",
                unit_id=unit,
            )


def _made(make: records.Maker, form: str, layout: str) -> guarded.Made:
    return guarded.Made(make(form, layout), {"form": form})


def _close(screen: Screen) -> None:
    frame = screen.frame
    with (
        st.expander("Chốt số liệu kỳ này", icon=":material/lock:"),
        st.form("close_period", border=False),
    ):
        st.caption(
            "Mọi số của các biểu được giữ nguyên như lúc chốt. Số liệu nạp sau không đổi biểu đã "
            "chốt; chênh lệch xem được theo từng hồ sơ. Mở lại phải có lý do."
        )
        note = st.text_input("Ghi chú, văn bản", key="close_note", max_chars=_MOST)
        if writing.submit("Chốt số liệu"):
            unit, period = records.own_unit(frame), frame.view.period
            forms.written(
                lambda: writing.close_period(unit, period, frame.view.due, note),
                f"Đã chốt {plain(period.label)} của {plain(frame.whose)}.",
            )


# -- what is closed -----------------------------------------------------------------------


def _closings(screen: Screen) -> None:
    found = screen.closings
    st.header(f"Các kỳ đã chốt ({number(len(found))})")
    if not found:
        empty(
            "Chưa chốt kỳ nào",
            "Trong phạm vi của bạn chưa có kỳ nào được chốt.",
            "Chọn kỳ đã hết ở thanh trên, rồi bấm “Chốt số liệu”.",
        )
        return
    table(
        found,
        (
            Column("Tình trạng", _state, order="reopened_at"),
            Column("Kỳ", lambda row: _label(row["period"]), is_name=True, order="last_day"),
            Column("Đơn vị", lambda row: row["unit"] or "Tất cả đơn vị"),
            Column("Chốt lúc", "at", "moment"),
            Column("Người chốt", "by"),
            Column(
                "Số liệu đến",
                lambda row: as_of(row["as_of"]),
                order="as_of",
                is_minor=True,
                in_file=(Column("Số liệu đến", "as_of", "moment"),),
            ),
            Column("Đến lô", "batch_id", is_minor=True),
            Column("Ghi chú", _note, is_minor=True),
        ),
        alt="Các kỳ đã chốt, mới nhất trước",
        opens=row_opens(screen, "closing", "closing_id"),
    )


def _state(row: Row) -> Html:
    return GOOD.html("đang chốt") if row["reopened_at"] is None else GOING.html("đã mở lại")


def _label(token: str) -> str:
    try:
        return parse_period(token).label
    except UnknownPeriod:
        return token


def _note(row: Row) -> str:
    if row["reopened_at"] is None:
        return row["note"] or ""
    return f"Mở lại {moment(row['reopened_at'])}, {row['reopened_by']}: {row['reopen_reason']}"


# -- an open one --------------------------------------------------------------------------


def open_closing(screen: Screen) -> None:
    """The closing that the address opens: print, difference, reopen."""
    if screen.asked["closing"] is None:
        return
    row = next(each for each in screen.closings if each["closing_id"] == screen.asked["closing"])
    whose = row["unit"] or "Tất cả đơn vị"
    with panel.panel(screen, "closing", f"Chốt số {row['closing_id']}: {_label(row['period'])}"):
        panel.facts(
            [
                ("Đơn vị", whose),
                ("Chốt lúc", moment(row["at"])),
                ("Người chốt", row["by"]),
                ("Số liệu", as_of(row["as_of"])),
                ("Theo ghi nhận đến", f"lô {row['batch_id']}"),
                ("Phiên bản số liệu", row["data_version"]),
                ("Ghi chú", _note(row)),
            ]
        )
        if row["reopened_at"] is None:
            if told := records.carried_over(screen.frame, row["period"], row["unit_id"]):
                st.caption(plain(told))
            _prints(screen, "closed", row["period"], row["unit_id"])
        _difference(screen, row)
        if row["reopened_at"] is None and screen.frame.may(writing.CLOSE):
            _reopen(row)


def _difference(screen: Screen, row: Row) -> None:
    st.subheader("So với tính lại hiện nay")
    found = records.closing_difference(screen.frame, row["closing_id"])
    if isinstance(found, str):
        st.caption(plain(found))
        return
    if not found.figures and not found.dossiers:
        st.caption("Số đã chốt bằng số tính lại hiện nay.")
    else:
        _figures(found)
        _dossiers(screen, found)
    if found.unexplained:
        st.caption(UNEXPLAINED)


def _figures(found: Difference) -> None:
    table(
        [
            {"label": each.label, "frozen": each.frozen, "now": each.now,
             "change": each.now - each.frozen}
            for each in found.figures
        ],
        (
            Column("Số liệu", "label", is_name=True),
            Column("Đã chốt", "frozen", "count"),
            Column("Tính lại hiện nay", "now", "count"),
            Column("Chênh lệch", "change", "change"),
        ),
        alt="Số đã chốt và số tính lại hiện nay",
    )  # fmt: skip


def _dossiers(screen: Screen, found: Difference) -> None:
    frame = screen.frame
    st.markdown(f"**{number(len(found.dossiers))} hồ sơ** làm nên chênh lệch.")
    if not frame.may("open_dossier") or frame.is_small(len(found.dossiers)):
        return
    names = {"unit": frame.place_names, "procedure": frame.procedure_names}
    is_whole = data.scope_of_reader().units is None
    finished = dict(frame.facts.batches.select("batch_id", "finished_at").iter_rows())

    def step(each: Step) -> str:
        words = said(each, lambda of, at: names[of].get(at, f"mã {at}"), whole=is_whole)
        at = moment(finished.get(each.batch_id))
        return f"<div><b>Lô {each.batch_id}</b>, {at}: {safe(words)}</div>"

    def why(row: Row) -> Html:
        one: DossierMoved = row["one"]
        return Html("".join(map(step, one.steps)))

    table(
        [{"code": each.code, "one": each} for each in found.dossiers[:SHOWN]],
        (
            Column("Mã hồ sơ", "code", is_name=True),
            Column("Tính khác lúc chốt", lambda row: counted(row["one"])),
            Column("Thay đổi đã ghi nhận, cũ nhất trước", why),
        ),
        alt="Hồ sơ làm số liệu khác lúc chốt",
        is_tall=True,
        away=Away(
            whole=lambda: [{"code": each.code, "one": each} for each in found.dossiers],
            noun="hồ sơ",
        ),
    )
    if len(found.dossiers) > SHOWN:
        st.caption(f"{SHOWN} hồ sơ đầu theo mã trong {number(len(found.dossiers))}.")


def _reopen(row: Row) -> None:
    with (
        st.expander("Mở lại kỳ này", icon=":material/lock_open:"),
        st.form("reopen_period", border=False),
    ):
        st.caption("Biểu lại in số liệu hiện nay; lần chốt này và lý do được giữ trong danh sách.")
        reason = st.text_input("Lý do, văn bản *", key="reopen_reason", max_chars=_MOST)
        if writing.submit("Mở lại"):
            closing = int(row["closing_id"])
            forms.written(
                lambda: writing.reopen_period(closing, reason), "Đã mở lại kỳ; lý do được giữ."
            )
