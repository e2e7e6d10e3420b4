"""What the list's figure said when it was reported, what it says now, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

import streamlit as st

from metrics.core.vietnamese import as_of, moment, number
from metrics.dossiers.catalogue import figure
from metrics.dossiers.drift import Drift, Moved, Step, said
from pages.late.screen import Screen
from ui.kit import drift
from ui.kit.links import href, link
from ui.kit.listing import open_place, row_opens
from ui.kit.marks import Html
from ui.kit.panel import panel
from ui.kit.table import Away, Column, Row, table
from ui.shell import data, past
from ui.shell.text import plain, safe

_WORDS = {"then": "nay không tính", "now": "nay mới tính"}
_PARTS = {"numerator": "tử số", "denominator": "mẫu số"}


def way(screen: Screen) -> Html:
    """The link to it, where anything has come in since."""
    if past.reported(screen.frame.version, screen.frame.view) is None:
        return Html("")
    to = screen.href(**{drift.OPENS: "1"})
    return link("So với lúc báo cáo", to, place=open_place(drift.OPENS, "1"))


def open_drift(screen: Screen) -> None:
    """The figures of the list then and now, and the dossiers that make the difference."""
    if screen.asked[drift.OPENS] is None:
        return
    frame = screen.frame
    with panel(screen, drift.OPENS, f"{screen.group.label}: so với lúc báo cáo"):
        of = past.reported(frame.version, frame.view)
        if of is None:
            st.caption("Từ lúc báo cáo kỳ này chưa có lô nhập nào, nên chưa có gì để so.")
            return
        for key in screen.group.figures:
            _figure(screen, of, key)


def _figure(screen: Screen, of: past.Reported, key: str) -> None:
    units = screen.wanted.filters.units
    among = screen.wanted.units if not units else frozenset(units)
    found = past.drifted(screen.frame.version, screen.frame.view, of, key, among)
    known = _known(of.known)
    if found is None:
        st.caption(f"Theo ghi nhận đến {known} chưa có số liệu của kỳ này.")
        return
    at, drifted = found
    head = f"**{figure(key).label}**, tính đến {as_of(at)}. Lúc báo cáo (theo ghi nhận đến {known})"
    then, now = drift.told(drifted.then, key), drift.told(drifted.now, key)
    if not drifted.total:
        st.markdown(f"{head}: {then}. Hiện nay không đổi, cả từng hồ sơ.")
        return
    st.markdown(
        f"{head}: **{then}**, hiện nay: **{now}**. Khác nhau do {number(drifted.total)} hồ sơ."
    )
    _lists(screen, of, key, at)
    every = past.every_drifted(screen.frame.version, screen.frame.view, of, key, among)
    _dossiers(screen, key, drifted, every)


def _known(known: datetime | int) -> str:
    if isinstance(known, int):
        return f"sau lô #{known}"
    return as_of(known + timedelta(milliseconds=1))


def _lists(screen: Screen, of: past.Reported, key: str, at: datetime) -> None:
    """To both lists as they are: the same question to what was known then and is known now."""
    own = screen.asked.but(**{drift.OPENS: None, "figure": key}).params()
    view = replace(screen.frame.view, as_of=at)
    links = (
        link(words, href(screen.frame, "late", {**each.params(screen.frame.default), **own}))
        for words, each in (
            ("Danh sách lúc báo cáo", replace(view, known=of.known)),
            ("Danh sách hiện nay", replace(view, known=None)),
        )
    )
    st.html(f'<nav class="dh-contents" aria-label="Hai danh sách">{"".join(links)}</nav>')


def _dossiers(
    screen: Screen, key: str, drifted: Drift, every: Callable[[], Sequence[Moved]]
) -> None:
    frame, is_ratio = screen.frame, figure(key).is_ratio
    if frame.is_small(drifted.total):
        least = number(frame.ask.threshold("small_group").value)
        st.caption(f"Dưới {least} hồ sơ không mở thành danh sách khi trình chiếu.")
        return
    finished = dict(frame.facts.batches.select("batch_id", "finished_at").iter_rows())
    is_whole = data.scope_of_reader().units is None
    names = {"unit": frame.place_names, "procedure": frame.procedure_names}

    def step(each: Step) -> str:
        words = said(each, lambda of, at: names[of].get(at, f"mã {at}"), whole=is_whole)
        at = moment(finished[each.batch_id])
        return f"<div><b>Lô {each.batch_id}</b>, {at}: {safe(words)}</div>"

    def why(row: Row) -> Html:
        one: Moved = row["one"]
        told = (
            f"<div>Nguồn khi ấy chỉ có số liệu đến {moment(one.told_until)}.</div>"
            if one.told_until
            else ""
        )
        return Html("".join(map(step, one.steps)) + told)

    table(
        _rows(drifted.moved, is_ratio=is_ratio),
        (
            Column("Mã hồ sơ", "code", is_name=True),
            Column("So với lúc báo cáo", "counts"),
            Column("Thay đổi đã ghi nhận, cũ nhất trước", why),
        ),
        alt=f"Hồ sơ làm {figure(key).label} khác lúc báo cáo",
        opens=row_opens(screen, "dossier", "dossier_id") if frame.may("open_dossier") else None,
        is_tall=True,
        away=Away(whole=lambda: _rows(every(), is_ratio=is_ratio), noun="hồ sơ"),
    )
    told = len({each.dossier_id for each in drifted.moved})
    if drifted.total > told:
        st.caption(f"{number(told)} hồ sơ đầu theo mã trong {plain(number(drifted.total))}.")


def _rows(moved: Iterable[Moved], *, is_ratio: bool) -> list[Row]:
    """A row a dossier, also where it counts in both sides of a rate."""
    rows: list[Row] = []
    for dossier, found in groupby(moved, key=lambda each: each.dossier_id):
        of_one = list(found)
        counts = [
            f"{_WORDS[each.counts]} ở {_PARTS[each.part]}" if is_ratio else _WORDS[each.counts]
            for each in of_one
        ]
        rows.append({"dossier_id": dossier, "code": of_one[0].code, "one": of_one[0],
                     "counts": "; ".join(counts)})  # fmt: skip
    return rows
