"""Files of the registers on any screen: template to fill in, trial, import, what was rejected."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import streamlit as st

from connectors import mappings
from connectors.disk import not_kept
from connectors.intake.export import rejected_xlsx
from connectors.intake.report import IntakeRefused
from connectors.registers import REGISTERS, RegisterReport, mappings_of, template
from connectors.workspace import TOLD_APART, WorkingFolder, file_name, keep
from metrics.core.vietnamese import number
from ui.kit import writing
from ui.shell import data, guarded
from ui.shell.context import Frame
from ui.shell.text import plain

_log = logging.getLogger(__name__)

# No mapping has such a name.
_BY_TEMPLATE: Final = "/template"
_OWN: Final = "/own"
_OWN_FILE: Final = "anh-xa.toml"


def draw(frame: Frame, registers: Sequence[str]) -> None:
    """Template and import of some registers.

    A trial checks everything and writes nothing. Rows that cannot be taken are named with line,
    column and reason, and kept.
    """
    key = f"files_{registers[0]}"
    register = st.selectbox(
        "Sổ", list(registers), format_func=lambda name: REGISTERS[name].label, key=f"{key}_register"
    )
    st.download_button(
        "Tải tệp mẫu (XLSX)",
        _template(register),
        file_name=f"mau-{register}.xlsx",
        mime=guarded.XLSX,
        icon=":material/download:",
        key=f"{key}_template",
    )
    endings = ["xlsx", "csv", *TOLD_APART]
    uploaded = st.file_uploader("Tệp XLSX hoặc CSV", endings, key=f"{key}_file")
    mapping, own = _mapping(register, key)
    lacking = uploaded is None or (mapping == _OWN and own is None)
    with st.container(horizontal=True):
        trial = st.button("Kiểm tra thử", key=f"{key}_trial", disabled=lacking)
        real = st.button("Nhập vào sổ", key=f"{key}_import", type="primary", disabled=lacking)
    if uploaded is None or not (trial or real):
        return
    files = {uploaded.name: uploaded.getvalue()}
    if own is not None:
        files[_OWN_FILE] = own
    named = mapping if mapping not in (_BY_TEMPLATE, _OWN) else None
    _take(register, files, named=named, dry_run=trial)


def _mapping(register: str, key: str) -> tuple[str, bytes | None]:
    """How the file's columns are read: as the template's, by a mapping here, by an uploaded one.

    Its name, and the content of one's own once it is there.
    """
    folder = data.settings().mappings_dir
    named = _named(register, str(folder), mappings.state(folder))
    words = {_BY_TEMPLATE: "Theo tệp mẫu"} | named | {_OWN: "Ánh xạ riêng (tệp .toml)"}
    # Another register has other mappings: the box is another one.
    chosen = st.selectbox(
        "Cách đọc các cột của tệp",
        list(words),
        format_func=words.__getitem__,
        key=f"{key}_mapping_{register}",
        help="Tệp không theo mẫu thì chọn ánh xạ: cột nào của tệp là cột nào của sổ.",
    )
    if chosen != _OWN:
        return chosen, None
    own = st.file_uploader("Tệp ánh xạ (.toml)", ["toml"], key=f"{key}_own_{register}")
    return chosen, None if own is None else own.getvalue()


@st.cache_data(max_entries=32, show_spinner=False)
def _named(register: str, folder: str, state: object) -> dict[str, str]:
    """Name → what it is called, of the mappings for a register: the installation's own, then the
    shipped ones of other names. ``state``: whenever a file of the folder changes it is another."""
    try:
        own = mappings.own_mappings(Path(folder))
    except IntakeRefused:
        return mappings_of(register)  # told on the screen of records
    taken = {one.name for one in own}
    words = {one.name: f"{one.label} ({one.note})" for one in own if one.register == register}
    return words | {name: word for name, word in mappings_of(register).items() if name not in taken}


@st.cache_data(max_entries=16, show_spinner=False)
def _template(register: str) -> bytes:
    return template(register)


def _take(register: str, files: dict[str, bytes], *, named: str | None, dry_run: bool) -> None:
    """``files``: the uploaded file first, then one's own mapping, if any."""
    with st.spinner("Đang kiểm tra và nhập tệp…"):
        try:
            report = take_in(register, files, named=named, dry_run=dry_run)
        except IntakeRefused as refused:
            st.error(
                "Không nhập được tệp này:  \n" + "  \n".join(map(plain, str(refused).splitlines()))
            )
            return
    _tell(report)


def take_in(
    register: str, files: dict[str, bytes], *, named: str | None, dry_run: bool
) -> RegisterReport:
    """Keeps the uploads for the time of the import. Raises as :func:`writing.take`."""
    try:
        with WorkingFolder() as folder:
            paths = [folder.path / str(at) / file_name(name) for at, name in enumerate(files)]
            for path, content in zip(paths, files.values(), strict=True):
                path.parent.mkdir(mode=0o700)
                keep(BytesIO(content), path)
            mapping: str | Path | None = paths[1] if len(paths) > 1 else named
            return writing.take(register, paths[0], mapping=mapping, dry_run=dry_run)
    except OSError as error:
        _log.exception("a register's file could not be kept for reading")
        raise IntakeRefused(not_kept(error, file_name(next(iter(files))))) from error


def _tell(report: RegisterReport) -> None:
    head = "Kiểm tra thử, chưa ghi gì" if report.dry_run else "Đã nhập"
    text = (
        f"{head}: {number(report.rows_read)} dòng; {number(report.rows_inserted)} mới, "
        f"{number(report.rows_changed)} thay đổi, {number(report.rows_unchanged)} không đổi, "
        f"{number(report.rows_rejected)} bị loại."
    )
    (st.warning if report.rows_rejected else st.success)(text)
    if told := report.told():
        with st.expander("Cách đọc tệp, những gì để ngoài và cần xem lại", expanded=True):
            st.markdown("\n".join(f"- **{head}:** {plain(text)}" for head, text in told))
    for warning in report.warnings:
        st.warning(plain(warning))
    for rejection in report.first_rejected:
        st.markdown(f"- {plain(rejection.sentence())}")
    if report.rows_rejected and report.batch_id is not None:
        _rejected(report.batch_id, report.rows_rejected)
    if not report.dry_run and (report.rows_inserted or report.rows_changed):
        st.button("Xem số liệu mới", key=f"files_{report.register}_again")


def _rejected(batch: int, count: int) -> None:
    """All rows that were not taken, with their reasons, to be mended and sent again."""

    def make() -> guarded.Made:
        with data.database().connect() as connection:
            return guarded.Made(rejected_xlsx(connection, batch, register=True), {"rows": count})

    guarded.download_button(
        f"Tải {number(count)} dòng bị loại (XLSX)",
        writing.EDIT,
        f"Dòng bị loại, lô sổ {batch}",
        make,
        file_name=f"bi-loai-lo-{batch}.xlsx",
        mime=guarded.XLSX,
        key=f"files_rejected_{batch}",
    )
