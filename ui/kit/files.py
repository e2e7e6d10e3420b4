"""The files of lists: what stands above them, and the buttons that make them.

Any table of a screen leaves by ui/kit/away.py; here is what a list adds: its filters, the figures
that it is of, and a job with a bar where it is long. How a file is written: ui/kit/sheet.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.on_time import OVER, as_read, compared, on_time_definition
from metrics.core.report_forms import told
from metrics.core.vietnamese import as_of
from ui.kit.away import kind_of_data, offered, view_lines
from ui.kit.columns import Column
from ui.kit.filters import Words, set_words
from ui.kit.screen import Screen
from ui.kit.sheet import Lines, Listed, Sheet, file_stem, of_columns, to_xlsx
from ui.shell import guarded, jobs
from ui.shell.guarded import XLSX, Made
from ui.shell.text import plain


def about(screen: Screen, title: str, figures: Sequence[Figure], ask: Ask, words: Words) -> Lines:
    """What stands above the table: what was counted and how, of whom, as of when, narrowed by what.

    ``words``: what the screen's filters are called.
    """
    frame = screen.frame
    spoken = [as_read(figure, ask) for figure in figures]
    basis = dict.fromkeys(told(each.basis, ask.last_day) for each in spoken)
    return (
        ("Danh sách", title),
        ("Định nghĩa", " ".join(each.meaning for each in spoken)),
        ("Căn cứ", "; ".join(basis)),
        ("Cách tính đúng hạn", on_time_definition(ask.definition).label),
        ("So với hẹn trả", compared(ask)),
        ("Tính", OVER[ask.whole]),
        ("Phạm vi", frame.whose),
        ("Kỳ", frame.view.period.label),
        ("Số liệu đến", as_of(ask.moment)),
        narrowed(screen, words),
        ("Loại dữ liệu", kind_of_data(frame)),
    )


def of_list(
    screen: Screen, title: str, noun: str, rows: Listed, columns: Sequence[Column], words: Words
) -> Sheet:
    """A list of a register as a file: what stands on the screen, with the rows of all its pages.

    ``words``: what the screen's filters are called.
    """
    head = view_lines(screen.frame, ("Danh sách", title), (narrowed(screen, words),))
    return of_columns(title, columns, lambda: rows, head, noun)


def narrowed(screen: Screen, words: Words) -> tuple[str, str]:
    """The line that says what narrows a list. ``words``: what the screen's filters are called."""
    return "Bộ lọc", "; ".join(set_words(screen, words)) or "Không lọc"


_LONG: Final = 20_000
"""Rows from which on a workbook is made aside, with a bar: longer than a click should take."""
_JOB: Final = "list"


def buttons(screen: Screen, sheet: Sheet, total: int = 0) -> None:
    """The buttons that make the file, when they are clicked and for those who may then.

    ``total``: how many rows the list has.
    """
    is_long = total > _LONG
    stem = file_stem(sheet.noun, sheet.title, screen.frame.ask.as_of_day)
    if is_long:
        _aside(screen, sheet, f"{stem}.xlsx")
    offered(
        screen.frame,
        lambda: sheet,
        f"Danh sách {sheet.noun}: {sheet.title}",
        stem,
        key=screen.page,
        label="Tải {}",
        kinds=("csv",) if is_long else ("xlsx", "csv"),
        help="Toàn bộ danh sách đang lọc, không có dữ liệu cá nhân của người dân",
    )


def _aside(screen: Screen, sheet: Sheet, file_name: str) -> None:
    """The button that has a long list made by a job; and what the last one made, to be taken."""
    subject = f"Danh sách {sheet.noun}: {sheet.title}, {screen.frame.view.period.label}"
    # Also of which list: filters and view stand above the table.
    mine = (subject, *sheet.about)
    job = jobs.finished(_JOB)
    if job is not None:
        st.session_state[_JOB] = job
    job = st.session_state.get(_JOB)
    if job is not None and job.problem is not None:
        st.error(plain(job.problem))
        del st.session_state[_JOB]
    elif job is not None and job.result[0] == mine:
        _, name, content = job.result
        st.download_button(
            f"Lưu {name}", content, file_name=name, mime=XLSX, on_click="ignore", type="primary",
            icon=":material/download:", key=f"{screen.page}_made",
        )  # fmt: skip
    if not st.button(
        "Lập XLSX", icon=":material/table_view:", key=f"{screen.page}_xlsx_aside",
        disabled=jobs.busy(), help="Danh sách dài: lập tệp có thanh tiến độ, xong thì lưu",
    ):  # fmt: skip
        return
    st.session_state.pop(_JOB, None)
    told: list[jobs.Tell] = []

    def make() -> Made:
        return to_xlsx(sheet, lambda done, of: told[0]("Đang ghi dòng", done, of))

    run = guarded.download(
        "export", subject, make,
        file_name=file_name, mime=XLSX, unit_id=screen.frame.view.unit,
    )  # fmt: skip

    def work(tell: jobs.Tell) -> tuple[tuple[Any, ...], str, bytes]:
        told.append(tell)
        tell("Đang đọc danh sách…", 0, None)
        return mine, file_name, run()

    if not jobs.start(_JOB, work):
        st.warning("Một việc khác đang chạy; hãy thử lại khi xong.")


def followed() -> None:
    """At the end of a screen with a long list: the bar of the file that is being made."""
    jobs.follow(st.container(), _JOB)
