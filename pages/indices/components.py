"""Components of an index: a heat map by edition, and the places won or lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from metrics.core.vietnamese import UNKNOWN, number, signed
from metrics.indices.review import IndexReview, change_words, rank_words
from pages.indices.charts import change_chart
from ui.kit.away import below
from ui.kit.charts import pictures, plot
from ui.kit.table import Column, Row, twin
from ui.shell.text import safe


def components(held: IndexReview) -> None:
    """Components by edition as a heat map, and the places won or lost between two editions."""
    st.header("Các thành phần")
    if len(held.parts) < 2:
        st.caption(f"Chưa nạp số liệu thành phần của {held.index}.")
        return
    heat, changed = st.tabs(["Bảng nhiệt theo năm", f"Thay đổi hạng {held.base} → {held.year}"])
    with heat:
        st.html(_heat_table(held) + pictures(".dh-heat-box", _heat_caption(held), held.name))
        below(
            [{"name": name, "cells": cells} for name, cells in held.heat],
            _heat_columns(held),
            _heat_caption(held),
        )
        st.caption(
            "Mỗi ô: hạng (dòng trên), điểm (dòng dưới). Màu càng đậm, hạng càng cao; ô không màu: "
            "chưa biết hạng. “–”: không có số liệu. Hạng thành phần in nghiêng được tính từ điểm "
            "của bảng số liệu. Vạch đứng: thay đổi phương pháp."
        )
    with changed:
        _changes(held)


def _heat_table(held: IndexReview) -> str:
    years, starts = held.shown_years, held.begins
    edge = {year: " dh-heat-break" if year in starts else "" for year in years}
    head = "".join(f'<th scope="col" class="{edge[year]}">{year}</th>' for year in years)
    body = "".join(
        f'<tr><th scope="row">{safe(name)}</th>'
        + "".join(_heat_cell(cells.get(year), edge[year]) for year in years)
        + "</tr>"
        for name, cells in held.heat
    )
    return (
        '<div class="dh-heat-box" tabindex="0">'
        f'<table class="dh-heat" aria-label="{safe(_heat_caption(held))}">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _heat_caption(held: IndexReview) -> str:
    return f"Hạng và điểm các thành phần {held.index} của {held.name} theo năm"


def _heat_columns(held: IndexReview) -> list[Column]:
    """The heat map as columns of a file: two of an edition."""

    def of(year: int, name: str) -> Callable[[Row], Any]:
        return lambda row: row["cells"].get(year, {}).get(name)

    return [
        Column("Thành phần", "name"),
        *(
            column
            for year in held.shown_years
            for column in (
                Column(f"Hạng {year}", of(year, "rank")),
                Column(f"Điểm {year}", of(year, "score"), "score"),
            )
        ),
    ]


def _heat_cell(row: Row | None, edge: str) -> str:
    if row is None or (row["score"] is None and not rank_words(row)):
        return f'<td class="{edge}">{UNKNOWN}</td>'
    shade = "" if row["shade"] is None else f"dh-heat-{row['shade']}"
    rank = rank_words({**row, "out_of": None}, UNKNOWN)
    rank = f"<i>{rank}</i>" if row["rank_kind"] == "computed" else rank
    mark = " ▲" if row["disagrees"] else ""
    return f'<td class="{shade}{edge}"><b>{rank}{mark}</b><br>{number(row["score"], 2)}</td>'


def _changes(held: IndexReview) -> None:
    changes = held.changes
    if changes is None:
        st.caption("Chưa có hai năm để so sánh.")
        return
    if not changes.is_comparable:
        st.warning(
            f"Phương pháp tính {held.index} thay đổi giữa năm {held.base} và năm {held.year}: điểm "
            "và thứ hạng hai năm này không so sánh được với nhau.",
            icon=":material/compare_arrows:",
        )
        return
    if not changes.known:
        st.caption(f"Chưa biết hạng ở cả hai năm {held.base} và {held.year}.")
    else:
        if changes.compared:
            st.markdown(f"**{changes.risen}/{changes.compared} thành phần tăng hạng.**")
        said = "; ".join(f"{r['name']}: {r['rank_before']} → {r['rank']}" for r in changes.known)
        plot(
            change_chart(changes.known, held.base, held.year),
            key="index_changes",
            alt=f"Thay đổi hạng của {held.name} từ {held.base} đến {held.year}. {said}",
            title=f"Thay đổi hạng các thành phần {held.index}, {held.base} đến {held.year}",
            about=held.name,
        )
        st.caption(f"○ hạng năm {held.base}; ▲ ▼ ● hạng năm {held.year}. Bên phải là cao hơn.")

    def rank(of: str, bound: str) -> Any:
        return lambda row: rank_words({"rank": row[of], "rank_bound": row[bound]}, UNKNOWN)

    twin(
        "thay đổi hạng",
        changes.table,
        (
            Column("Thành phần", "name", is_name=True),
            Column(f"Hạng {held.base}", rank("rank_before", "bound_before"), is_number=True,
                   in_file=rank_columns(held.base, "rank_before", "bound_before")),
            Column(f"Hạng {held.year}", rank("rank", "bound"), is_number=True,
                   in_file=rank_columns(held.year, "rank", "bound")),
            Column("Thay đổi", lambda row: change_words(row["places_up"]), order="places_up",
                   in_file=(Column("Thay đổi", "places_up", "change", unit="bậc"),)),
            Column("Theo nguồn khác", lambda row: ", ".join(map(signed, row["other_places_up"]))),
            Column(f"Điểm {held.base}", "score_before", "score"),
            Column(f"Điểm {held.year}", "score", "score"),
        ),
        "Thay đổi hạng của các thành phần",
    )  # fmt: skip


def rank_columns(year: int | None, rank: str, bound: str) -> tuple[Column, ...]:
    """A rank in a file, and the bound where only that is known."""
    name = "Hạng" if year is None else f"Hạng {year}"
    return Column(name, rank), Column(f"{name}, nhiều nhất", bound)
