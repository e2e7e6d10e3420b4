"""Entering on the screen of tasks: what its forms know beside the registers' declarations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ui.kit import forms, writing
from ui.kit.forms import Form
from ui.shell.context import Frame

FILES: Final = ("programme", "task", "task_update", "reminder")


def refusals(values: Mapping[str, Any]) -> list[str]:
    """Why a task cannot be taken in, beside what is missing: one "rõ" is either of two columns."""
    if values.get("due_on") is None and not values.get("is_standing"):
        return ["Rõ thời gian: hãy chọn hạn hoàn thành, hoặc đánh dấu “Thường xuyên”."]
    return []


TASK: Final = Form(
    "task",
    "Thêm nhiệm vụ",
    ":material/add_task:",
    done="Đã thêm nhiệm vụ “{name}”.",
    refuse=refusals,
    about="Đủ “6 rõ”: rõ người, rõ việc, rõ thời gian, rõ trách nhiệm, rõ sản phẩm, rõ thẩm quyền.",
)
PROGRAMME: Final = Form(
    "programme",
    "Thêm chương trình, kế hoạch",
    ":material/playlist_add:",
    "Thêm chương trình",
    "Đã thêm chương trình “{name}”.",
)


FORMS: Final = (TASK, PROGRAMME)


def of_task(frame: Frame, task: Mapping[str, Any], until: datetime) -> None:
    """What the reader may do with an open task: say how it stands, remind, mend, withdraw."""
    number = str(task["task_id"])
    fixed = {"programme": task["programme_id"], "task": task["task_id"]}
    said = {name: task[name] for name in ("is_launched", "is_completed", "completed_on")}
    if writing.may_report():
        news = Form(
            "task_update",
            "Cập nhật tình hình",
            ":material/edit_note:",
            "Ghi tình hình",
            "Đã ghi tình hình nhiệm vụ.",
            fixed=fixed,
            usual=said,
            when="at",
        )
        forms.fold(frame, news, until, number)
    if writing.may_edit():
        reminder = Form(
            "reminder",
            "Ghi một lần đôn đốc",
            ":material/notifications:",
            "Ghi đôn đốc",
            "Đã ghi một lần đôn đốc.",
            fixed=fixed,
            when="at",
        )
        forms.fold(frame, reminder, until, number)
    forms.mend(frame, "task", task["task_id"])
