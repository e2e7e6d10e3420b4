"""How a table leaves the screen: two buttons below it make it a file, for those who may.

Nothing is made, and nothing read, before the click; the click asks anew who it is and what they may
see (ui/shell/guarded.py), and stands in the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import streamlit as st

from connectors import audit
from metrics.core.vietnamese import as_of, moment
from ui.kit.columns import Column, Rows
from ui.kit.sheet import Lines, Listed, Sheet, file_stem, of_columns, to_csv, to_xlsx
from ui.shell import context, guarded, identity
from ui.shell.context import Frame
from ui.shell.guarded import CSV, XLSX, Made

_KINDS: Final[dict[str, tuple[str, Callable[[Sheet], Made]]]] = {
    "xlsx": (XLSX, to_xlsx),
    "csv": (CSV, to_csv),
}


@dataclass(frozen=True)
class Away:
    """How a table leaves: as it stands, or with what its screen knows more of.

    ``title``: what it is; default: what its ``alt`` says. ``about``: more lines above it (what
    narrows it, which list it is of). ``whole``: reads all its rows, where the screen shows the
    first of them. ``noun``: what a row is.
    """

    title: str = ""
    about: Lines = ()
    whole: Callable[[], Listed] | None = None
    noun: str = "dòng"


AS_IT_STANDS: Final = Away()


def below(rows: Rows, columns: Sequence[Column], alt: str, away: Away = AS_IT_STANDS) -> None:
    """The buttons of a table, for those who may; nothing around no frame, or of no rows."""
    frame = context.around()
    if frame is None or not len(rows) or not identity.may("export"):
        return
    title = away.title or alt
    # Whose it is, is asked now: a thread that makes files knows no reader.
    head = view_lines(frame, ("Bảng", title), away.about)
    whole = away.whole or (lambda: rows)
    key = f"away_{context.count('away')}"
    with st.container(key=key, horizontal=True, horizontal_alignment="right", gap="small"):
        offered(
            frame,
            lambda: of_columns(title, columns, whole, head, away.noun),
            f"Bảng: {title}",
            file_stem("", title, frame.ask.as_of_day),
            key=key,
            label="Tải bảng {}",
            type="tertiary",
        )


def offered(
    frame: Frame,
    sheet: Callable[[], Sheet],
    subject: str,
    stem: str,
    *,
    key: str,
    label: str,
    kinds: Sequence[str] = tuple(_KINDS),
    action: str = "export",
    **options: Any,
) -> None:
    """A button a kind of file, which makes it when it is clicked.

    Args:
        subject: what the audit says of it.
        stem: the file's name without its ending.
        label: of a button, with a place for the kind.
        action: what whoever clicks must be allowed (roles.toml).
    """

    def make(write: Callable[[Sheet], Made]) -> Made:
        return write(sheet())

    for kind in kinds:
        mime, write = _KINDS[kind]
        guarded.download_button(
            label.format(kind.upper()),
            action,
            audit.plain(f"{subject}, {frame.view.period.label}") or "",
            partial(make, write),
            file_name=f"{stem}.{kind}",
            mime=mime,
            key=f"{key}_{kind}",
            unit_id=frame.view.unit,
            **options,
        )


def view_lines(frame: Frame, first: tuple[str, str], more: Lines = ()) -> Lines:
    """What stands above a table of the view: what it is, of whom, as of when; its kind last."""
    known = frame.view.known
    told = f"lô {known}" if isinstance(known, int) else moment(known)
    return (
        first,
        ("Phạm vi", frame.whose),
        ("Kỳ đang xem", frame.view.period.label),
        ("Số liệu đến", as_of(frame.ask.moment)),
        *([("Theo ghi nhận đến", told)] if known is not None else []),
        *more,
        ("Loại dữ liệu", kind_of_data(frame)),
    )


def kind_of_data(frame: Frame) -> str:
    """Whether the figures are of an office, or of the demonstration."""
    return "DỮ LIỆU MINH HỌA" if frame.facts.data_kind == "sample" else "Dữ liệu thật"
