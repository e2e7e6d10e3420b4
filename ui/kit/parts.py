"""Named parts that screens are put together from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.on_time import meanings, on_time_definition, spoken
from metrics.core.report_forms import told
from metrics.core.thresholds import threshold
from metrics.core.vietnamese import as_of, moment, number
from metrics.dossiers.attention import stale_sources
from metrics.dossiers.catalogue import figure
from ui.kit.links import href, link
from ui.shell import context
from ui.shell.text import safe

if TYPE_CHECKING:
    from ui.shell.context import Frame

LEVEL_MARKS: Final = {
    "alarm": '<span class="dh-state dh-bad">◆ Gấp</span>',
    "warning": '<span class="dh-state dh-warn">▲ Lưu ý</span>',
}
"""Level → mark as HTML: a shape and a word, never a colour alone."""


def opens(frame: Frame, page: str, count: int | None = None) -> bool:
    """Whether the reader may follow a link to a screen that lists so many dossiers."""
    return frame.may(f"page:{page}") and not (page == "late" and frame.is_small(count))


def go(
    frame: Frame,
    page: str,
    label: str,
    params: Mapping[str, Any],
    *,
    count: int | None = None,
    **options: Any,
) -> None:
    """A link to another screen; words where the reader may not follow it (:func:`opens`).

    ``count``: how many dossiers it lists.
    """
    if opens(frame, page, count):
        st.page_link(frame.pages[page], label=label, query_params=dict(params), **options)
    elif page == "late" and count:
        least = number(threshold("small_group", frame.ask.as_of_day).value)
        note = f"dưới {least}: không mở"
        # Beside a number there is no room for more.
        st.caption(note.capitalize() if options.get("width") == "content" else f"{label} ({note})")
    else:
        st.caption(label)


def how(key: str) -> DeltaGenerator:
    """The fold "Cách tính" beside a figure, to be filled."""
    return st.popover("Cách tính", icon=":material/info:", type="tertiary", key=f"explain_{key}")


def explain(
    key: str,
    ask: Ask,
    numerator: int | None = None,
    denominator: int | None = None,
    unknown: int | None = None,
    *,
    note: str | None = None,
    series: Sequence[tuple[str, str]] = (),
) -> None:
    """ "Cách tính" of a figure of dossiers, as the question reads it.

    Args:
        note: HTML about the sources (:func:`source_note`).
        series: as of :func:`explanation`.
    """
    with how(key):
        st.html(explained(key, ask, numerator, denominator, unknown, series))
        if note:
            st.html(note)


def explained(
    key: str,
    ask: Ask,
    numerator: int | None = None,
    denominator: int | None = None,
    unknown: int | None = None,
    series: Sequence[tuple[str, str]] = (),
) -> str:
    """What :func:`explain` tells of a figure of dossiers, as HTML."""
    wanted = figure(key)
    basis, lines = told(wanted.basis, ask.last_day), []
    if key == "on_time":
        reading = on_time_definition(ask.definition)
        basis = told(reading.basis, ask.last_day)
        lines = [f"Định nghĩa: {reading.label}", f"Cách xét: {spoken(ask)}"]
        if unknown is not None:
            lines.append(
                f"Chưa phân loại được: {number(unknown)} {reading.unknown_meaning}; không tính là "
                "đúng hạn, cũng không tính là trễ"
            )
    sides = counted(wanted, numerator, denominator, meanings(wanted, ask))
    about = f"Kỳ {ask.first_day:%d/%m/%Y}–{ask.last_day:%d/%m/%Y}, số liệu đến {as_of(ask.moment)}."
    return explanation(wanted, [*sides, *lines], basis, about, series)


def counted(
    wanted: Figure, numerator: int | None, denominator: int | None, words: tuple[str, str]
) -> list[str]:
    """What a figure counted and of what, in sentences. ``words``: what its sides mean."""
    if denominator is None and not wanted.is_ratio:
        return [] if numerator is None else [f"Đếm được: {number(numerator)}"]
    sides = zip(("Tử số", "Mẫu số"), (numerator, denominator), words, strict=True)
    return [
        f"{side}: {'chưa rõ' if count is None else number(count)} {word}".rstrip()
        for side, count, word in sides
    ]


def explanation(
    wanted: Figure,
    lines: Sequence[str],
    basis: str,
    about: str,
    series: Sequence[tuple[str, str]] = (),
) -> str:
    """What "Cách tính" shows, as HTML: meaning, what was counted, legal source, as of when.

    Args:
        series: (period, value) as printed: the table twin of the small chart beside the figure.
    """
    items = "".join(f"<li>{safe(line)}</li>" for line in (*lines, f"Căn cứ: {basis}"))
    rows = "".join(f"<tr><td>{safe(p)}</td><td>{safe(value)}</td></tr>" for p, value in series)
    head = "<thead><tr><th>Kỳ</th><th>Giá trị</th></tr></thead>"
    twin_ = f'<table class="dh-facts">{head}<tbody>{rows}</tbody></table>' if series else ""
    return (
        f"<p><b>{safe(wanted.label)}.</b> {safe(wanted.meaning)}</p><ul>{items}</ul>"
        f'{twin_}<p class="dh-source">{safe(about)}</p>{_remind(wanted)} {_ask(wanted)}'
    )


def _remind(wanted: Figure) -> str:
    """The link to a rule of one's own on a figure, for who may keep any."""
    frame = context.around()
    if frame is None or not frame.may("page:alerts"):
        return ""
    return link("Nhắc tôi", href(frame, "alerts", frame.params(figure=wanted.key)))


def _ask(wanted: Figure) -> str:
    """The link to ask the chosen unit about a figure of its dossiers, for who may."""
    frame = context.around()
    unit = None if frame is None else frame.view.unit
    if frame is None or unit is None or wanted.fact != "dossier" or not frame.may("ask_units"):
        return ""
    params = frame.params() | {"unit": None, "call": unit, "about": wanted.key}
    return link("Yêu cầu giải trình, giao việc", href(frame, "week", params))


def source_note(frame: Frame) -> str:
    """The sources of the figures and how far the oldest reaches, as HTML.

    Amber, with a mark, when a source ends longer before the figures' moment than was agreed.
    """
    sources = frame.facts.sources.filter(pl.col("data_until").is_not_null())
    if sources.is_empty():
        return '<span class="dh-source">Nguồn: chưa có lần nạp nào</span>'
    oldest = sources.sort("data_until").row(0, named=True)
    names = ", ".join(safe(name) for name in sources["name"])
    text = f"Nguồn: {names}. Chậm nhất: {safe(oldest['name'])}, đến {moment(oldest['data_until'])}."
    if is_stale(frame):
        return f'<span class="dh-source dh-warn">▲ {text}</span>'
    return f'<span class="dh-source">{text}</span>'


def is_stale(frame: Frame) -> bool:
    """Whether any source ends longer before the figures' moment than was agreed."""
    return bool(stale_sources(frame.facts.sources, frame.ask.moment, frame.ask.calendar))


def empty(title: str, why: str, what: str | None = None) -> None:
    """An empty state: what is missing, why, and what to do."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.caption(why if what is None else f"{why}  \n{what}")


def footer(frame: Frame) -> None:
    """As of when, and from where."""
    ask = frame.ask
    note = f"{frame.view.period.note}. " if frame.view.period.note else ""
    if gone := ask.days_gone:
        days = (ask.last_day - ask.first_day).days + 1
        note += f"Kỳ mới được {gone}/{days} ngày. "
    st.html(
        f'<span class="dh-source">{note}Số liệu đến {as_of(ask.moment)}.</span> '
        f"{source_note(frame)}"
    )
