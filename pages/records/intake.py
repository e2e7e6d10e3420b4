"""Parts of the data screen: taking a file in, first as a trial, then for good."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import streamlit as st

from connectors import audit, read, snapshot
from connectors.disk import DATABASE_FULL, is_full, not_kept
from connectors.intake import (
    ImportReport,
    IntakeRefused,
    available_mappings,
    import_file,
    load_mapping,
)
from connectors.intake.template import build_template
from connectors.settings import Settings
from connectors.workspace import WorkingFolder, file_name, keep
from metrics.core.vietnamese import moment, number
from pages.records.batches import (
    NOT_SEEN,
    UNSCROLLED,
    Register,
    mask_of,
    may_see_rejected,
    open_batch,
    rejected_table,
)
from ui.kit.parts import left_out, remember
from ui.shell import data, guarded, identity, jobs
from ui.shell.answers import Database, DatabaseLost, asked
from ui.shell.text import plain

_log = logging.getLogger(__name__)

ACTION: Final = "import_dossiers"
_OUTCOME: Final = "intake_outcome"
_CONFIRMING: Final = "intake_confirming"
_ROUND: Final = "intake_round"
_MAPPING: Final = "intake_mapping"
_ENDINGS: Final = {
    "csv": ["csv", "txt", "tsv"],
    "xlsx": ["xlsx"],
    "jsonl": ["jsonl", "json", "ndjson", "txt"],
}
_BUSY: Final = (
    "Cơ sở dữ liệu đang bận hoặc mất kết nối, nên chưa có gì được ghi. Có thể một lần nhập khác "
    "đang chạy; hãy thử lại sau ít phút."
)
_FORMATS: Final = {"csv": "CSV", "xlsx": "XLSX", "jsonl": "JSON từng dòng"}

_DELETED: Final = (
    ("dossier", "hồ sơ"),
    ("pause", "lần tạm dừng"),
    ("step", "bước xử lý"),
    ("apology", "văn bản xin lỗi"),
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


# -- what can be chosen --------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """How a mapping wants its files."""

    source: str
    format: str
    # What the second file holds, and its usual name; None: the mapping reads one file only.
    second: str | None
    second_name: str | None


_SECOND: Final = {"steps": "bước xử lý", "pauses": "lần tạm dừng", "apologies": "văn bản xin lỗi"}


@st.cache_data(show_spinner=False)
def layouts() -> dict[str, Layout]:
    """Shipped mappings that read files: name → how they want them. Raises MappingError."""
    found = {}
    for name in available_mappings():
        mapping = load_mapping(name)
        if mapping.file is None:
            continue
        events = [child for child in mapping.children if child.rows == "events"]
        found[name] = Layout(
            mapping.source.name,
            mapping.file.format,
            ", ".join(_SECOND[child.kind] for child in events) or None,
            events[0].file if events else None,
        )
    return found


# -- one import ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """What is to be taken in, and how."""

    mapping: str
    main: Path
    second: Path | None
    dry_run: bool
    replace_sample: bool
    actor: audit.Actor


@dataclass(frozen=True)
class Outcome:
    """How a trial or an import ended. ``ticket`` tells which files and mapping it was about."""

    ticket: tuple[str, ...]
    mapping: str
    dry_run: bool
    report: ImportReport | None = None
    problem: str | None = None
    # The records are in, but the figures are still the old ones.
    stale: bool = False
    # A trial on top of the sample data, which a real import would have deleted first.
    over_sample: bool = False


def take_in(
    database: Database, settings: Settings, order: Order, ticket: tuple[str, ...], tell: jobs.Tell
) -> Outcome:
    """Imports the file, then brings the snapshot in step. Draws nothing: it runs in a thread."""
    outcome = Outcome(
        ticket, order.mapping, order.dry_run, over_sample=order.dry_run and order.replace_sample
    )
    doing = "Đang thử, không ghi gì:" if order.dry_run else "Đang nhập:"
    tell("Đang mở tệp…", 0, None)

    def progress(done: int, total: int | None) -> None:
        tell(f"{doing} dòng", done, total)

    try:
        report = import_file(
            database,
            settings,
            order.main,
            order.mapping,
            dry_run=order.dry_run,
            events=order.second,
            progress=progress,
            replace_sample=order.replace_sample,
            refresh_snapshot=False,
            actor=order.actor,
        )
    except IntakeRefused as refusal:
        return replace(outcome, problem=str(refusal))
    except DatabaseLost as error:
        _log.exception("import failed in the database")
        return replace(outcome, problem=DATABASE_FULL if is_full(error) else _BUSY)
    except OSError as error:
        if not is_full(error):
            raise
        return replace(outcome, problem=not_kept(error, order.main.name))
    if order.dry_run:
        return replace(outcome, report=report)
    stale = not _in_step(database, settings, tell, anew=order.replace_sample)
    return replace(outcome, report=report, stale=stale)


def _in_step(database: Database, settings: Settings, tell: jobs.Tell, *, anew: bool) -> bool:
    """Whether the snapshot could be brought in step with the database."""
    tell("Đang tổng hợp số liệu…", 0, None)

    def progress(done: int, total: int) -> None:
        tell("Đang tổng hợp số liệu: hồ sơ", done, total)

    try:
        (snapshot.rebuild if anew else snapshot.refresh)(database, settings, progress)
    except Exception:  # noqa: BLE001 -- whatever it is, the records are in
        _log.exception("snapshot failed after an import")
        return False
    return True


def collect(job: jobs.Job | None) -> None:
    """Keeps what this session's finished import said, and lets go of its files."""
    if job is None or job.kind != "import":
        return
    outcome = job.result or Outcome((), "", dry_run=False, problem=job.problem)
    st.session_state[_OUTCOME] = outcome
    if outcome.report is not None and not outcome.dry_run:
        # The files may hold personal data: the session need not keep them any longer.
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


# -- the form ------------------------------------------------------------------------------


def offered() -> bool:
    """Whether the reader may take files in and renew the figures: they concern all units."""
    return identity.may(ACTION, whole=True)


def upload(found: Register) -> None:
    """Mapping, files, trial, import, and what came of it."""
    st.header("Nạp tệp hồ sơ")
    if found.lost:
        st.caption("Chưa nạp được tệp khi cơ sở dữ liệu không đọc được.")
        return
    try:
        known = layouts()
    except IntakeRefused as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _form(known, found)
        _outcome()
    with right:
        _help(known)


def _form(known: dict[str, Layout], found: Register) -> None:
    mapping = _mapping(known)
    layout = known[mapping]
    files = _files(mapping, layout)
    main, second = files
    ticket = (mapping, *(str(file.file_id) for file in files if file is not None))
    tried = _tried(ticket)
    sample = found.kind == "sample"
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


def _mapping(known: dict[str, Layout]) -> str:
    usual = "mau-nhap-ho-so" if "mau-nhap-ho-so" in known else next(iter(known))
    chosen = st.query_params.get("mapping", usual)
    if chosen not in known:
        left_out("mapping")
        chosen = usual
    st.session_state[_MAPPING] = chosen

    def changed() -> None:
        picked = st.session_state[_MAPPING]
        remember("mapping", None if picked == usual else picked)

    return st.selectbox(
        "Nguồn và cách đọc tệp (ánh xạ)",
        list(known),
        format_func=lambda name: f"{known[name].source} · {_FORMATS[known[name].format]} · {name}",
        key=_MAPPING,
        on_change=changed,
        disabled=jobs.busy(),
    )


def _files(mapping: str, layout: Layout) -> tuple[Any, Any]:
    """The uploaded main and second file, as far as given."""
    turn = st.session_state.get(_ROUND, 0)
    main = st.file_uploader(
        f"Tệp hồ sơ ({_FORMATS[layout.format]})",
        # Mended rejected rows come back as XLSX or CSV, whatever the source's own files are.
        type=list(dict.fromkeys([*_ENDINGS[layout.format], "xlsx", "csv"])),
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
    outcome: Outcome | None = st.session_state.get(_OUTCOME)
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
    st.session_state.pop(_OUTCOME, None)
    try:
        folder, first, other = kept(main, second)
    except OSError as error:
        _log.exception("an upload could not be kept for reading")
        problem = not_kept(error, file_name(main.name))
        st.session_state[_OUTCOME] = Outcome(ticket, mapping, dry_run, problem=problem)
        return
    order = Order(mapping, first, other, dry_run, replace_sample, identity.reader().actor)
    database, settings = data.database(), data.settings()

    def work(tell: jobs.Tell) -> Outcome:
        try:
            return take_in(database, settings, order, ticket, tell)
        finally:
            folder.cleanup()

    if not jobs.start("import", work):
        folder.cleanup()


def kept(main: Any, second: Any) -> tuple[WorkingFolder, Path, Path | None]:
    """Copies of the uploads in a folder of their own, for this program's user only.

    Raises OSError, and leaves nothing, when there is no room.
    """
    folder = WorkingFolder()
    try:
        first = _copy(main, folder.path)
        return folder, first, None if second is None else _copy(second, folder.path / "2")
    except BaseException:
        folder.cleanup()
        raise


def _copy(upload: Any, folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / file_name(upload.name)
    upload.seek(0)
    keep(upload, path)
    return path


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


# -- the report ----------------------------------------------------------------------------


def _outcome() -> None:
    outcome: Outcome | None = st.session_state.get(_OUTCOME)
    if outcome is None or jobs.busy():
        return
    with st.container(border=True, key="intake_outcome_box"):
        if outcome.report is None:
            st.error(plain(outcome.problem or ""), icon=":material/block:")
            return
        _report(outcome, outcome.report)


def _report(outcome: Outcome, report: ImportReport) -> None:
    name = f"“{report.file_name}”"
    if outcome.dry_run:
        st.markdown(f"#### Kết quả chạy thử tệp {plain(name)} – chưa ghi gì")
        if outcome.over_sample:
            st.caption("Thử như khi dữ liệu minh họa đã được xóa; thực tế chưa xóa gì.")
    else:
        st.markdown(f"#### Đã nhập tệp {plain(name)} – lô {report.batch_id}")
    st.html(_counts(report))
    if not outcome.dry_run:
        _figures(outcome)
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in remarks(report)))
    if told := report.told():
        with st.expander("Cách đọc tệp, những gì để ngoài và cần xem lại", expanded=True):
            st.markdown("\n".join(f"- **{head}:** {plain(text)}" for head, text in told))
    for warning in report.warnings:
        st.warning(plain(warning), icon=":material/warning:")
    _first_rejected(outcome, report)


def _counts(report: ImportReport) -> str:
    pairs = [
        ("dòng đã đọc", report.rows_read),
        ("hồ sơ mới", report.rows_inserted),
        ("thay đổi", report.rows_changed),
        ("không đổi", report.rows_unchanged),
        ("dòng bị từ chối", report.rows_rejected),
    ]
    shown = "".join(f"<div><dt>{word}</dt><dd>{number(n)}</dd></div>" for word, n in pairs)
    return f'<dl class="dh-counts">{shown}</dl>'


def remarks(report: ImportReport) -> list[str]:
    """What else a report has to say, in sentences."""
    said = [
        (report.rows_folded, "thông điệp được gộp vào hồ sơ của nó."),
        (report.events_read, "dòng của tệp thứ hai đã đọc."),
        (report.without_due, "hồ sơ không có ngày hẹn trả: chưa phân loại được."),
        (report.ended_before_received, "hồ sơ kết thúc trước khi tiếp nhận: đã đánh dấu."),
        (report.officers_created, "cán bộ mới."),
    ]
    found = [f"{number(count)} {text}" for count, text in said if count]
    for label, names in (
        ("đơn vị mới", report.units_created),
        ("thủ tục mới", report.procedures_created),
    ):
        if names:
            shown = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
            found.append(f"{number(len(names))} {label}: {shown}.")
    seconds = f"{report.seconds:.1f}".replace(".", ",")
    return [*found, f"Xong sau {seconds} giây."]


def _figures(outcome: Outcome) -> None:
    """Whether the screens show the new records already."""
    if outcome.stale:
        st.warning(
            "Hồ sơ đã được ghi, nhưng chưa tổng hợp được số liệu mới: các màn hình vẫn hiện số "
            "liệu cũ. Mở mục “Bản tổng hợp” và bấm “Tổng hợp lại”.",
            icon=":material/sync_problem:",
        )
        return
    manifest = data.manifest()
    if manifest is not None:
        st.success(
            f"Số liệu trên các màn hình đã mới: {number(manifest.dossiers)} hồ sơ, đến "
            f"{moment(manifest.data_until)}.",
            icon=":material/check_circle:",
        )


def _first_rejected(outcome: Outcome, report: ImportReport) -> None:
    if not report.rows_rejected:
        return
    st.markdown(f"**Các dòng bị từ chối đầu tiên** (trong {number(report.rows_rejected)} dòng)")
    if not may_see_rejected():
        st.caption(NOT_SEEN)
        return
    first = [(row.line, row.column, row.value, row.reason) for row in report.first_rejected]
    with st.container(height=430 if len(first) > UNSCROLLED else "content", key="first_rejected"):
        st.html(rejected_table(first, mask_of(outcome.mapping)))
    if outcome.dry_run:
        st.caption(
            "Có thể nhập luôn: các dòng đúng được ghi, các dòng này được giữ lại để tải về, sửa "
            "và nạp lại."
        )
    elif report.batch_id is not None:
        st.button(
            "Xem và tải các dòng bị từ chối",
            key="intake_open_batch",
            icon=":material/list:",
            on_click=_show_batch,
            args=(report.batch_id,),
        )


def _show_batch(batch: int) -> None:
    remember("part", None)  # the list of batches stands in the first part
    open_batch(batch)


# -- help ----------------------------------------------------------------------------------


def _help(known: dict[str, Layout]) -> None:
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
    mapping = st.session_state[_MAPPING]
    st.markdown("**Tệp lớn**")
    st.caption(
        f"Tại đây nhận tệp đến {number(st.get_option('server.maxUploadSize'))} MB. Tệp lớn hơn: "
        "chạy trên máy chủ, trong thư mục của phần mềm:"
    )
    st.code(command(mapping, known[mapping]), language=None, wrap_lines=True)


def command(mapping: str, layout: Layout) -> str:
    """The command line that takes the same files in."""
    ending = _ENDINGS[layout.format][0]
    second = f" --events TỆP-THỨ-HAI.{ending}" if layout.second else ""
    return f".venv/bin/python -m connectors import TỆP.{ending} --mapping {mapping}{second}"
