"""Files that came with a unit's report: asked for in its form, given out to who may have them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import streamlit as st

from connectors import attached
from connectors.attached import Attached, Sent, rules
from metrics.core.vietnamese import number
from ui.shell import data, guarded, identity
from ui.shell.answers import asked
from ui.shell.guarded import Made, Unmade
from ui.shell.text import plain

OPEN: Final = "open_files"
_MB: Final = 1_000_000


def uploader(key: str) -> list[Sent]:
    """The field of a form that takes files; what was given."""
    most = rules()
    kinds = ", ".join(kind.ending.upper() for kind in most.kinds)
    size = most.bytes // _MB
    found = st.file_uploader(
        f"Tệp kèm ({kinds}; nhiều nhất {number(most.files)} tệp, mỗi tệp {number(size)} MB)",
        most.endings,
        accept_multiple_files=True,
        max_upload_size=size,
        key=f"{key}_files",
    )
    return [Sent(each.name, each.getvalue()) for each in found]


def of_tasks(tasks: Collection[int]) -> dict[int, list[Attached]]:
    """Task → the files that came with its reports; nothing for who may not open them.

    Nothing, either, where the database does not answer.
    """
    if not identity.may(OPEN):
        return {}
    scope = identity.scope()
    return asked(lambda: attached.attached(data.database(), tasks, scope)) or {}


def buttons(files: Collection[Attached], where: str) -> None:
    """A button for each file. ``where``: the part of the screen, for the buttons' keys."""
    for one in files:
        guarded.download_button(
            f"{plain(one.name)} ({number(max(1, one.size // 1000))} KB)",
            OPEN,
            f"Tệp kèm, nhiệm vụ {one.task}",
            _reads(one),
            file_name=one.name,
            mime=one.media,
            key=f"file_{where}_{one.id}",
        )


def _reads(one: Attached) -> guarded.Make:
    scope = identity.scope()

    def make() -> Made:
        found = attached.content(data.database(), one.id, scope)
        if found is None:
            raise Unmade("Tệp không còn trong phạm vi được xem, hoặc báo cáo kèm nó đã rút.")
        return Made(found, {"task": one.task, "bytes": one.size})

    return make
