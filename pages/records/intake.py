"""Taking a file in: mapping, files, first a trial, then the import; what to do before that."""

from __future__ import annotations

import logging
from typing import Any, Final

import streamlit as st

from connectors import read
from connectors.disk import not_kept
from connectors.intake import IntakeRefused
from connectors.intake.template import build_template
from connectors.workspace import TOLD_APART, file_name
from metrics.core.vietnamese import number
from pages.records import own, report, taking
from pages.records.screen import Screen
from pages.records.taking import ACTION, OUTCOME, ROUND, Layout, Order, Outcome
from ui.kit.filters import widget
from ui.shell import data, guarded, identity, jobs
from ui.shell.answers import asked
from ui.shell.text import plain

_log = logging.getLogger(__name__)

_CONFIRMING: Final = "intake_confirming"
_ENDINGS: Final = {
    "csv": ["csv", "txt", "tsv"],
    "xlsx": ["xlsx"],
    "jsonl": ["jsonl", "json", "ndjson", "txt"],
    "returned": ["xlsx", "csv"],
    "xes": ["xes", "xml", "csv", "xlsx", "gz"],
}
_FORMATS: Final = {
    "csv": "CSV",
    "xlsx": "XLSX",
    "jsonl": "JSON từng dòng",
    "returned": "dòng bị từ chối đã sửa",
    "xes": "XES, bảng sự kiện",
}

_DELETED: Final = (
    ("dossier", "hồ sơ"),
    ("pause", "lần tạm dừng"),
    ("step", "bước xử lý"),
    ("apology", "văn bản xin lỗi"),
    ("dossier_record", "lần ghi xin lỗi, hẹn lại, nguyên nhân"),
    ("owner", "chủ hồ sơ"),
    ("officer", "cán bộ"),
    ("form_row", "dòng biểu II.06a do đơn vị báo cáo"),
    ("registers", "dòng của các sổ (nhiệm vụ, kiểm tra, chỉ tiêu, số liệu báo cáo…)"),
    ("source", "nguồn dữ liệu"),
    ("import_batch", "lô nhập"),
    ("rejected_row", "dòng bị từ chối"),
)
"""Table → what its rows are called; every table that replacing the sample empties, and what the
sample wrote into the other registers."""


def upload(screen: Screen) -> None:
    """Mapping, files, trial, import, and what came of it."""
    st.header("Nạp tệp hồ sơ")
    if screen.found.lost:
        st.caption("Chưa nạp được tệp khi cơ sở dữ liệu không đọc được.")
        return
    try:
        taking.layouts()
    except IntakeRefused as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _form(screen)
        report.outcome(screen)
    with right:
        _help(screen)


def _form(screen: Screen) -> None:
    words = {
        name: " · ".join(filter(None, (each.source, _FORMATS[each.format], name, each.own)))
        for name, each in screen.mappings.items()
    }
    mapping = screen.mapping
    asked_for = screen.asked.but(mapping=mapping)
    widget(asked_for, "mapping", words, width="stretch", disabled=jobs.busy())
    layout = screen.mappings[mapping]
    files = _files(mapping, layout)
    main, second = files
    ticket = (mapping, *(str(file.file_id) for file in files if file is not None))
    tried = _tried(ticket)
    sample = screen.found.kind == "sample"
    with st.container(horizontal=True, gap="small", key="intake_buttons"):
        st.button(
            "1. Chạy thử",
            key="intake_try",
            icon=":material/science:",
            type="secondary" if tried else "primary",
            disabled=main is None or jobs.busy(),
            on_click=_begin,
            args=(mapping, main, second, ticket),
            kwargs={"dry_run": True, "replace_sample": sample},
            help="Đọc và kiểm tra toàn bộ tệp rồi hoàn tác; không ghi gì.",
        )
        st.button(
            "2. Nhập",
            key="intake_import",
            icon=":material/upload:",
            type="primary" if tried else "secondary",
            disabled=main is None or not tried or jobs.busy(),
            on_click=_confirm if sample else _begin,
            args=() if sample else (mapping, main, second, ticket),
            kwargs={} if sample else {"dry_run": False, "replace_sample": False},
            help="Ghi vào cơ sở dữ liệu; dùng được sau khi chạy thử.",
        )
    if main is not None and not tried and not jobs.busy():
        st.caption("Chạy thử trước: chưa có gì được ghi cho đến khi bấm “Nhập”.")
    if sample and tried and st.session_state.get(_CONFIRMING):
        _replace_sample(mapping, main, second, ticket)


def _files(mapping: str, layout: Layout) -> tuple[Any, Any]:
    """The uploaded main and second file, as far as given."""
    turn = st.session_state.get(ROUND, 0)
    main = st.file_uploader(
        f"Tệp hồ sơ ({_FORMATS[layout.format]})",
        # Mended rejected rows come back as XLSX or CSV, whatever the source's own files are.
        type=list(dict.fromkeys([*_ENDINGS[layout.format], "xlsx", "csv", *TOLD_APART])),
        key=f"intake_main_{mapping}_{turn}",
        disabled=jobs.busy(),
    )
    if layout.second is None:
        return main, None
    usual = f", ví dụ {layout.second_name}" if layout.second_name else ""
    second = st.file_uploader(
        f"Tệp thứ hai: {layout.second}{usual} (không bắt buộc)",
        type=[*_ENDINGS[layout.format], "gz", "xlsx"],
        key=f"intake_second_{mapping}_{turn}",
        disabled=jobs.busy(),
    )
    return main, second


def _tried(ticket: tuple[str, ...]) -> bool:
    """Whether exactly these files were tried with this mapping, and could be read."""
    outcome: Outcome | None = st.session_state.get(OUTCOME)
    return (
        outcome is not None
        and outcome.ticket == ticket
        and outcome.dry_run
        and outcome.report is not None
    )


def _confirm() -> None:
    st.session_state[_CONFIRMING] = True


def _begin(
    mapping: str,
    main: Any,
    second: Any,
    ticket: tuple[str, ...],
    *,
    dry_run: bool,
    replace_sample: bool,
) -> None:
    """Copies the uploads to a folder of their own and begins; the folder goes when it is done."""
    if not guarded.allowed(ACTION, mapping, whole=True):
        return
    st.session_state.pop(_CONFIRMING, None)
    st.session_state.pop(OUTCOME, None)
    try:
        folder, first, other = taking.kept(main, second)
    except OSError as error:
        _log.exception("an upload could not be kept for reading")
        problem = not_kept(error, file_name(main.name))
        st.session_state[OUTCOME] = Outcome(ticket, mapping, dry_run, problem=problem)
        return
    order = Order(mapping, first, other, dry_run, replace_sample, identity.reader().actor)
    database, settings = data.database(), data.settings()

    def work(tell: jobs.Tell) -> Outcome:
        try:
            return taking.take_in(database, settings, order, ticket, tell)
        finally:
            folder.cleanup()

    if not jobs.start("import", work):
        folder.cleanup()


# -- sample data ---------------------------------------------------------------------------


def _replace_sample(mapping: str, main: Any, second: Any, ticket: tuple[str, ...]) -> None:
    contents = asked(lambda: read.sample_contents(data.database()))
    with st.container(border=True, key="intake_confirm"):
        st.markdown(
            "**Chưa nhập gì.** Cơ sở dữ liệu này đang chứa **dữ liệu minh họa**; dữ liệu thật và "
            "dữ liệu minh họa không được trộn lẫn. Có thể xóa dữ liệu minh họa rồi nhập tệp này, "
            "hoặc đặt DATABASE_URL tới một cơ sở dữ liệu khác."
        )
        if contents is None:
            st.warning("Không đếm được dữ liệu minh họa; hãy tải lại trang rồi thử lại.")
            return
        st.markdown(deletion(contents))
        sure = st.checkbox(
            "Tôi hiểu: dữ liệu minh họa nêu trên bị xóa và không khôi phục được.",
            key="intake_sure",
        )
        st.button(
            "Xóa dữ liệu minh họa rồi nhập",
            key="intake_replace",
            icon=":material/delete:",
            type="primary",
            disabled=not sure or jobs.busy(),
            on_click=_begin,
            args=(mapping, main, second, ticket),
            kwargs={"dry_run": False, "replace_sample": True},
        )


def deletion(contents: dict[str, int]) -> str:
    """What replacing the sample deletes and what it keeps, in words."""
    gone = ", ".join(f"{number(contents[table])} {word}" for table, word in _DELETED)
    return (
        f"- **Sẽ xóa:** {gone}.\n"
        "- **Giữ lại:** danh mục đơn vị và kế thừa, thủ tục, lĩnh vực, ngày nghỉ tự đặt, "
        "chỉ số đã công bố, dòng do người dùng nhập vào các sổ."
    )


# -- help ----------------------------------------------------------------------------------


def _help(screen: Screen) -> None:
    st.markdown("**Mẫu nhập chính thức**")
    st.caption("Chưa có phần mềm xuất được tệp? Điền vào mẫu này rồi nạp bằng “Mẫu nhập hồ sơ”.")
    st.download_button(
        "Tải mẫu XLSX",
        build_template,
        file_name="mau-nhap-ho-so.xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        icon=":material/download:",
        on_click="ignore",
        key="intake_template",
    )
    st.markdown("**Ánh xạ là gì**")
    st.caption(
        "Một tệp TOML nói cột nào của tệp nguồn là trường nào của hồ sơ, ngày giờ viết thế nào, "
        "đơn vị và thủ tục tra theo mã hay theo tên; viết ánh xạ cho nguồn mới: "
        "docs/connecting-a-source.md."
    )
    own.listed()
    mapping = screen.mapping
    st.markdown("**Tệp lớn**")
    st.caption(
        f"Tại đây nhận tệp đến {number(st.get_option('server.maxUploadSize'))} MB. Tệp lớn hơn: "
        "chạy trên máy chủ, trong thư mục của phần mềm:"
    )
    st.code(command(mapping, screen.mappings[mapping]), language=None, wrap_lines=True)


def command(mapping: str, layout: Layout) -> str:
    """The command line that takes the same files in."""
    ending = _ENDINGS[layout.format][0]
    second = f" --events TỆP-THỨ-HAI.{ending}" if layout.second else ""
    return f".venv/bin/python -m connectors import TỆP.{ending} --mapping {mapping}{second}"
