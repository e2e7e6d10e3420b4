"""Programmes, their tasks (the "6 rõ"), what was said about them, reminders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from metrics.registers import rules
from metrics.registers.columns import (
    BOOLEAN,
    CHOICE,
    DATE,
    INTEGER,
    LONG,
    MOMENT,
    UNITS,
    Choice,
    Column,
    Problem,
    Register,
)
from metrics.registers.shared import BY, PERIOD, WORDING, code, programme, source, unit

WEEKLY: Final = "weekly"
"""Kind of the programmes that hold what the weekly review asks of units."""
Deed = Literal["explain", "assign", "called"]
DEEDS: Final[dict[Deed, str]] = {
    "explain": "Yêu cầu giải trình",
    "assign": "Giao việc",
    "called": "Đã gọi",
}
"""What the weekly review did about a unit → its word, the task's ``category``."""
PROGRAMME_KINDS: Final = (
    Choice("programme", "Chương trình", ("đề án",)),
    Choice("plan", "Kế hoạch"),
    Choice("task_list", "Nhóm nhiệm vụ trọng tâm", ("danh mục nhiệm vụ",)),
    Choice("assigned", "Nhiệm vụ cấp trên giao"),
    Choice("working_group", "Tổ công tác"),
    # What the weekly review asks of units (metrics/tasks/requests.py): no part of a year's plan.
    Choice(WEEKLY, "Điều hành tuần"),
)
AREAS: Final = (
    Choice("institutions", "Cải cách thể chế", ("thể chế",)),
    Choice("procedures", "Cải cách thủ tục hành chính", ("TTHC", "cải cách TTHC")),
    Choice("organisation", "Cải cách tổ chức bộ máy", ("tổ chức bộ máy", "bộ máy")),
    Choice("civil_service", "Cải cách chế độ công vụ", ("chế độ công vụ", "công vụ")),
    Choice("public_finance", "Cải cách tài chính công", ("tài chính công",)),
    Choice(
        "digital_government",
        "Xây dựng chính quyền điện tử, chính quyền số",
        ("chính quyền số", "chính quyền điện tử", "chuyển đổi số"),
    ),
    Choice("direction", "Chỉ đạo, điều hành", ("chỉ đạo điều hành",)),
)
"""Six areas of NQ 76/NQ-CP, and chỉ đạo điều hành for what stands above them."""


def _six_clear(row: Mapping[str, Any]) -> Problem | None:
    if row.get("due_on") is not None and row.get("is_standing"):
        return Problem(
            "Thường xuyên",
            "Có",
            "nhiệm vụ thường xuyên không có hạn; hãy bỏ hạn hoặc ghi “Không”.",
        )
    return None


def _update_is_sound(row: Mapping[str, Any]) -> Problem | None:
    if row.get("is_completed") and row.get("is_launched") is False:
        return Problem(
            "Đã hoàn thành", "Có", "nhiệm vụ chưa triển khai thì chưa thể hoàn thành; hãy sửa lại."
        )
    if row.get("completed_on") is not None and row.get("is_completed") is not True:
        return Problem(
            "Ngày hoàn thành",
            f"{row['completed_on']:%d/%m/%Y}",
            "chỉ ghi ngày hoàn thành khi nhiệm vụ đã hoàn thành.",
        )
    return None


PROGRAMME: Final = Register(
    "programme",
    "Chương trình, kế hoạch",
    (
        code("Mã chương trình"),
        Column(
            "name",
            "Tên chương trình, kế hoạch",
            required=True,
            also=("tên chương trình", "tên kế hoạch", "tên"),
            width=60,
            length=1024,
            in_list=True,
        ),
        Column("kind", "Loại", CHOICE, True, choices=PROGRAMME_KINDS, checked=True),
        unit("Đơn vị ban hành"),
        Column("parent", "Thuộc chương trình", "programme", False, "parent_id"),
        # Số, ký hiệu và ngày ban hành.
        Column("document", "Số, ký hiệu văn bản", also=("văn bản",), length=512),
        Column("issued_on", "Ngày ban hành", DATE),
        *PERIOD,
        Column(
            "announced_tasks",
            "Số nhiệm vụ công bố",
            INTEGER,
            low=0,
            help="Số nhiệm vụ mà văn bản nói là có; số đã nhập được đếm riêng.",
        ),
        WORDING,
        source(),
    ),
    ("code",),
    ("period_from", "issued_on", "period_to"),
    (rules.in_order("period_from", "period_to", "Đến ngày"),),
    noun="chương trình, kế hoạch",
    open_to_all=True,
)
"""A programme, plan or list that tasks, targets and commitments belong to."""

TASK: Final = Register(
    "task",
    "Nhiệm vụ",
    (
        programme(),
        code("Mã nhiệm vụ", help="Không trùng trong một chương trình."),
        Column(
            "name",
            "Tên nhiệm vụ",
            required=True,
            also=("rõ việc", "nhiệm vụ"),
            width=60,
            length=1024,
            in_list=True,
            asked="Rõ việc: hãy ghi tên nhiệm vụ.",
        ),
        unit("Đơn vị chủ trì"),
        Column(
            "co_units",
            "Đơn vị phối hợp",
            UNITS,
            help="Mã hoặc tên các đơn vị, cách nhau bằng dấu chấm phẩy.",
            width=32,
        ),
        Column(
            "person",
            "Người phụ trách",
            also=("rõ người",),
            asked="Rõ người: hãy ghi người phụ trách.",
        ),
        Column("area", "Lĩnh vực CCHC", CHOICE, choices=AREAS, width=28, length=32, checked=True),
        Column("category", "Nhóm nhiệm vụ"),
        Column("assigned_on", "Ngày giao", DATE),
        Column("due_on", "Hạn hoàn thành", DATE, also=("hạn", "rõ thời gian", "thời hạn")),
        # A standing duty has no due date on purpose (nhiệm vụ thường xuyên).
        Column(
            "is_standing",
            "Thường xuyên",
            BOOLEAN,
            default=False,
            help="“Có” khi nhiệm vụ thường xuyên, không có hạn.",
        ),
        Column(
            "product",
            "Sản phẩm",
            also=("rõ sản phẩm",),
            length=LONG,
            asked="Rõ sản phẩm: hãy ghi sản phẩm phải có.",
        ),
        Column(
            "responsibility",
            "Trách nhiệm",
            also=("rõ trách nhiệm",),
            length=LONG,
            asked="Rõ trách nhiệm: hãy ghi trách nhiệm của đơn vị, người chủ trì.",
        ),
        Column(
            "authority",
            "Thẩm quyền",
            also=("rõ thẩm quyền",),
            length=LONG,
            asked="Rõ thẩm quyền: hãy ghi cấp có thẩm quyền quyết định.",
        ),
        Column(
            "about",
            "Số liệu kèm theo",
            help="Địa chỉ màn hình có số liệu mà việc này nói đến.",
            length=LONG,
        ),
        WORDING,
        source(),
    ),
    ("programme_id", "code"),
    ("assigned_on", "due_on"),
    (rules.in_order("assigned_on", "due_on", "Hạn hoàn thành"), _six_clear),
    noun="nhiệm vụ",
)
"""A task of a programme. The "six rõ": person, work (name), time (due_on or is_standing),
responsibility, product, authority. Co-operating units stand in the table ``task_unit``."""


def _of_task() -> tuple[Column, Column]:
    return programme(helper=True), Column(
        "task",
        "Mã nhiệm vụ",
        "task",
        True,
        "task_id",
        within="programme",
        belongs=True,
        deleted_along=True,
    )


TASK_UPDATE: Final = Register(
    "task_update",
    "Cập nhật nhiệm vụ",
    (
        *_of_task(),
        Column("at", "Thời điểm", MOMENT, True, also=("ngày cập nhật",)),
        # Apart, and null in either means that nobody has said: it is not "no".
        Column("is_launched", "Được triển khai", BOOLEAN, help="Để trống khi chưa rõ."),
        Column("is_completed", "Đã hoàn thành", BOOLEAN, help="Để trống khi chưa rõ."),
        Column("completed_on", "Ngày hoàn thành", DATE),
        Column("note", "Tình hình", also=("ghi chú",), width=48, length=LONG, in_list=True),
        Column("evidence", "Minh chứng", length=LONG),
        BY,
    ),
    ("task_id", "at"),
    checks=(_update_is_sound,),
    noun="lần cập nhật",
    inherits={"unit_id": ("unit_id",)},
)
"""What was said about a task, at a moment; the last one before T holds at T."""

REMINDER: Final = Register(
    "reminder",
    "Đôn đốc",
    (
        *_of_task(),
        Column("at", "Thời điểm", MOMENT, True, also=("ngày đôn đốc",)),
        Column("document", "Văn bản đôn đốc", in_list=True),
        Column("by", "Người đôn đốc", also=("người cập nhật",), in_frame=False),
    ),
    ("task_id", "at"),
    noun="lần đôn đốc",
    inherits={"unit_id": ("unit_id",)},
)
"""A reminder about a task (đôn đốc)."""
