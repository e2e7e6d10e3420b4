"""Taking a file in: how files may be read, one import in a thread of its own, what it came to."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import streamlit as st

from connectors import audit, mappings, snapshot
from connectors.disk import is_full, not_kept
from connectors.intake import (
    ImportReport,
    IntakeRefused,
    Mapping,
    available_mappings,
    import_file,
    load_mapping,
)
from connectors.mappings import OwnMapping
from connectors.settings import Settings
from connectors.workspace import WorkingFolder, file_name, keep
from ui.shell import data, identity, jobs
from ui.shell.answers import Database, DatabaseLost, not_written

_log = logging.getLogger(__name__)

ACTION: Final = "import_dossiers"
USUAL: Final = "mau-nhap-ho-so"
"""The mapping that is chosen first: of the official template."""
OUTCOME: Final = "intake_outcome"
ROUND: Final = "intake_round"
_BUSY: Final = (
    "Cơ sở dữ liệu đang bận hoặc mất kết nối, nên chưa có gì được ghi. Có thể một lần nhập khác "
    "đang chạy; hãy thử lại sau ít phút."
)


def offered() -> bool:
    """Whether the reader may take files in and renew the figures: they concern all units."""
    return identity.may(ACTION, whole=True)


# -- what can be chosen --------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """How a mapping wants its files. ``own``: what is said of one's own, else "".

    Format ``returned``: nothing but its rejected rows, mended.
    """

    source: str
    format: str
    # What the second file holds, and its usual name; None: the mapping reads one file only.
    second: str | None
    second_name: str | None
    own: str = ""


_SECOND: Final = {"steps": "bước xử lý", "pauses": "lần tạm dừng", "apologies": "văn bản xin lỗi"}


def layouts() -> dict[str, Layout]:
    """Mappings that read files: name → how they want them; one's own first, then the shipped.

    One's own is meant where a shipped one has its name, even while it cannot be used. They are as
    they are just now. Raises IntakeRefused where the folder of one's own cannot be read.
    """
    folder = data.settings().mappings_dir
    return _layouts(str(folder), mappings.state(folder))


def own_mappings() -> list[OwnMapping]:
    """One's own mappings, as they are just now. Raises IntakeRefused."""
    folder = data.settings().mappings_dir
    return _own_mappings(str(folder), mappings.state(folder))


# ``state``: whenever a file of the folder changes it is another key.
@st.cache_data(max_entries=4, show_spinner=False)
def _own_mappings(folder: str, state: object) -> list[OwnMapping]:
    return mappings.own_mappings(Path(folder))


@st.cache_data(max_entries=4, show_spinner=False)
def _layouts(folder: str, state: object) -> dict[str, Layout]:
    own = mappings.own_mappings(Path(folder))
    notes = {one.name: one.note for one in own if one.kind not in (None, "register")}
    taken = {one.name for one in own}
    notes |= {name: "" for name in available_mappings() if name not in taken}
    return {name: _layout(load_mapping(name, Path(folder)), note) for name, note in notes.items()}


def _layout(mapping: Mapping, own: str) -> Layout:
    if mapping.file is None:
        return Layout(mapping.source.name, "returned", None, None, own)
    events = [child for child in mapping.children if child.rows == "events"]
    return Layout(
        mapping.source.name,
        mapping.file.format,
        ", ".join(_SECOND[child.kind] for child in events) or None,
        events[0].file if events else None,
        own,
    )


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
        return replace(outcome, problem=not_written(error, _BUSY))
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
    st.session_state[OUTCOME] = outcome
    if outcome.report is not None and not outcome.dry_run:
        # The files may hold personal data: the session need not keep them any longer.
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


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
