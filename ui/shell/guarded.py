"""What is done only by those who may: downloads made at a click, and callbacks of buttons.

Both run without the frame: a download's content is made on a thread of the server that knows no
browser, a callback before the page. So each looks anew whether the session is alive, whether the
role may do it, and whether the scope still holds what was on the screen.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st
import xlsxwriter
from sqlalchemy.exc import SQLAlchemyError

from connectors import audit
from connectors.cells import safe_cell
from connectors.privacy import VaultLocked
from reports.blocks import Head, Paragraph, Report, Section
from reports.render import render
from ui.shell import identity, installation, own_files

_log = logging.getLogger(__name__)

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
PDF: Final = "application/pdf"
_DOCUMENTS: Final = {DOCX: "docx", PPTX: "pptx", PDF: "pdf"}
_SAID: Final = "guarded_said"
_FAILED: Final = (
    "Chưa tạo được tệp do lỗi cơ sở dữ liệu hoặc lỗi ngoài dự kiến. Hãy tải lại trang rồi thử lại."
)


@dataclass(frozen=True)
class Made:
    """A file's content, and what the audit says of it (how many rows; nothing personal)."""

    content: bytes
    detail: Mapping[str, Any]


Make = Callable[[], Made]
"""Makes a file's content when it is asked for."""


class Unmade(Exception):
    """The file cannot be made; the message says in Vietnamese what to do."""


def download(
    action: str,
    subject: str,
    make: Callable[[], Made],
    *,
    file_name: str,
    mime: str,
    unit_id: int | None = None,
) -> Callable[[], bytes]:
    """What a download button is given as its data: ``make``, guarded.

    ``action`` (roles.toml) is asked of whoever has the session when the button is clicked. The
    audit has the line "export" with ``subject`` before any byte goes out. A file that may not be
    had, or cannot be made, is one that says so: Streamlit has no other answer to a click.
    """
    ask, drawn = identity.later(), identity.reader()

    def run() -> bytes:
        try:
            who = ask(action).reader
            made = make()
            audit.record(
                installation.database(),
                "export",
                actor=who.actor,
                subject=subject,
                unit_id=unit_id if unit_id is not None else who.unit_id,
                detail={"file": file_name, **made.detail},
            )
            content = made.content
        except identity.NotAllowed as refusal:
            _note_refusal(action, subject, drawn.actor)
            content = _instead(str(refusal), mime)
        except (audit.AuditUnavailable, VaultLocked, Unmade) as problem:
            content = _instead(str(problem), mime)
        except Exception:  # noqa: BLE001 -- whatever it is, the reader gets a sentence
            _log.exception("%s was not made", file_name)
            content = _instead(_FAILED, mime)
        own_files.remember_made(content, mime, file_name, drawn.account_id)
        return content

    return run


def download_button(
    label: str,
    action: str,
    subject: str,
    make: Callable[[], Made],
    *,
    file_name: str,
    mime: str,
    key: str,
    unit_id: int | None = None,
    **options: Any,
) -> None:
    """A button for :func:`download`."""
    st.download_button(
        label,
        # Made when clicked, not in each run.
        download(action, subject, make, file_name=file_name, mime=mime, unit_id=unit_id),
        file_name=file_name,
        mime=mime,
        icon=":material/download:",
        on_click="ignore",
        key=key,
        **options,
    )


def _note_refusal(action: str, subject: str, actor: audit.Actor) -> None:
    try:
        audit.record(
            installation.database(),
            "refused",
            actor=actor,
            subject=subject,
            detail={"action": action},
        )
    except (SQLAlchemyError, audit.AuditUnavailable, audit.AuditRefused):
        _log.warning("refusal of %s not noted", action)


def _instead(text: str, mime: str) -> bytes:
    """A file of the same kind that says why it is not the one asked for."""
    text = str(safe_cell(text))
    if mime in _DOCUMENTS:
        return _document(text, _DOCUMENTS[mime])
    if mime != XLSX:
        return f"\ufeff{text}\r\n".encode()
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Không tải được")
        sheet.set_column(0, 0, 110)
        sheet.write_string(0, 0, text)
    return out.getvalue()


def _document(text: str, layout: str) -> bytes:
    head = Head("Không tải được", "", "", "", "", "")
    return render(Report("", head, [Section("", "", [Paragraph(text)])]), layout)


def allowed(action: str, subject: str | None = None, *, whole: bool = False) -> bool:
    """For a button's callback: whether it may go on; if not, the page says so (:func:`told`)."""
    try:
        identity.require(action, subject, whole=whole)
    except identity.NotAllowed as refusal:
        st.session_state[_SAID] = str(refusal)
        return False
    return True


def told() -> str | None:
    """Why a callback did nothing; said once."""
    said: str | None = st.session_state.pop(_SAID, None)
    return said
