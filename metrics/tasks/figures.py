"""Every figure of the register of tasks, declared once."""

from __future__ import annotations

from typing import Any, Final

from metrics.core.conditions import Condition
from metrics.core.figure import Figure
from metrics.tasks import states as is_

_CHARTER: Final = (
    "Trạng thái theo quy chế theo dõi nhiệm vụ (Quyết định 42/2014/QĐ-TTg và quy chế địa phương)"
)
_INTERNAL: Final = "Chỉ số điều hành nội bộ, không thuộc biểu mẫu báo cáo"
_HANOI: Final = (
    "Quy định đôn đốc nhiệm vụ của thành phố Hà Nội (2023); ngưỡng trong thresholds.toml"
)
_SIX: Final = "Yêu cầu “6 rõ”: người, việc, thời gian, trách nhiệm, sản phẩm, thẩm quyền"


def _task(key: str, label: str, numerator: Condition, meaning: str, **more: Any) -> Figure:
    """A count of tasks as they stood at T."""
    usual: dict[str, Any] = {
        "basis": _CHARTER,
        "fact": "task",
        "unit": "tasks",
        "is_stock": True,
        "derive": is_.task_state,
    }
    return Figure(key, label, numerator, meaning, **(usual | more))


TASK_FIGURES: Final[tuple[Figure, ...]] = (
    _task(
        "tasks_assigned",
        "Nhiệm vụ được giao",
        is_.assigned,
        "Nhiệm vụ đã giao trước thời điểm số liệu.",
    ),
    _task(
        "tasks_launched",
        "Nhiệm vụ được triển khai",
        is_.launched,
        "Nhiệm vụ được báo cáo đã triển khai trên tổng nhiệm vụ được giao; triển khai chưa phải là "
        "hoàn thành. Chưa ai báo cáo thì để trống, không tính là 0.",
        denominator=is_.assigned,
        unit="rate",
        better="up",
        unknown=is_.launch_unknown,
        numerator_meaning="nhiệm vụ được báo cáo đã triển khai",
        denominator_meaning="nhiệm vụ được giao",
    ),
    _task(
        "tasks_launch_unknown",
        "Chưa rõ đã triển khai hay chưa",
        is_.launch_unknown,
        "Nhiệm vụ mà cập nhật cuối trước thời điểm số liệu không nói đã triển khai hay chưa.",
        better="down",
    ),
    _task(
        "tasks_completed",
        "Nhiệm vụ hoàn thành",
        is_.completed,
        "Nhiệm vụ được báo cáo đã hoàn thành. Chưa ai báo cáo thì để trống, không tính là 0.",
        better="up",
        unknown=is_.completion_unknown,
    ),
    _task(
        "tasks_completion_unknown",
        "Chưa rõ đã hoàn thành hay chưa",
        is_.completion_unknown,
        "Nhiệm vụ mà cập nhật cuối trước thời điểm số liệu không nói đã hoàn thành hay chưa.",
        better="down",
    ),
    _task(
        "tasks_completed_on_time",
        "Hoàn thành đúng hạn",
        is_.in_state("completed_on_time"),
        "Nhiệm vụ hoàn thành không muộn hơn ngày đến hạn.",
        better="up",
        unknown=is_.completion_unknown,
    ),
    _task(
        "tasks_completed_late",
        "Hoàn thành quá hạn",
        is_.in_state("completed_late"),
        "Nhiệm vụ hoàn thành sau ngày đến hạn.",
        better="down",
        unknown=is_.completion_unknown,
    ),
    _task(
        "tasks_completed_undetermined",
        "Hoàn thành, chưa rõ đúng hạn",
        is_.in_state("completed_undetermined"),
        "Nhiệm vụ hoàn thành nhưng không có hạn, hoặc không rõ ngày hoàn thành nên không biết đúng "
        "hay quá hạn.",
        unknown=is_.completion_unknown,
    ),
    _task(
        "tasks_in_time",
        "Đang thực hiện trong hạn",
        is_.in_state("in_time"),
        "Nhiệm vụ chưa báo cáo hoàn thành và chưa qua ngày đến hạn.",
    ),
    _task(
        "tasks_overdue",
        "Quá hạn chưa hoàn thành",
        is_.in_state("overdue"),
        "Nhiệm vụ đã qua ngày đến hạn và được báo cáo là chưa hoàn thành.",
        better="down",
        unknown=is_.in_state("unreported"),
    ),
    _task(
        "tasks_unreported",
        "Quá hạn, chưa báo cáo kết quả",
        is_.in_state("unreported"),
        "Nhiệm vụ đã qua ngày đến hạn mà chưa ai báo cáo đã hoàn thành hay chưa.",
        better="down",
    ),
    _task(
        "tasks_past_due",
        "Đã qua hạn, cần đôn đốc",
        is_.is_so("is_past_due"),
        "Nhiệm vụ đã qua ngày đến hạn, chưa hoàn thành hoặc chưa báo cáo kết quả.",
        better="down",
    ),
    _task(
        "tasks_no_due",
        "Không xác định thời hạn",
        is_.in_state("no_due"),
        "Nhiệm vụ chưa báo cáo hoàn thành và không có ngày đến hạn (kể cả nhiệm vụ thường xuyên).",
    ),
    _task(
        "tasks_not_updated",
        "Chậm cập nhật tình hình",
        is_.is_so("is_not_updated"),
        "Nhiệm vụ chưa báo cáo hoàn thành mà quá số ngày quy định không có cập nhật nào; chưa từng "
        "cập nhật thì tính từ ngày giao.",
        basis=_INTERNAL,
        better="down",
    ),
    _task(
        "tasks_six_clear",
        "Đủ “6 rõ”",
        is_.is_so("is_six_clear"),
        "Nhiệm vụ có đủ người, việc, thời gian (hoặc thường xuyên), trách nhiệm, sản phẩm, thẩm "
        "quyền trên tổng nhiệm vụ được giao.",
        denominator=is_.assigned,
        basis=_SIX,
        unit="rate",
        better="up",
        numerator_meaning="nhiệm vụ có đủ sáu “rõ”",
        denominator_meaning="nhiệm vụ được giao",
    ),
    _task(
        "tasks_unclear",
        "Chưa đủ “6 rõ”",
        is_.unclear,
        "Nhiệm vụ thiếu ít nhất một trong sáu “rõ”.",
        basis=_SIX,
        better="down",
    ),
    *(
        _task(
            f"tasks_{column}",
            f"Đã {word}",
            is_.is_so(column),
            f"Nhiệm vụ đã {word} trên tổng nhiệm vụ được giao.",
            denominator=is_.assigned,
            basis=_SIX,
            unit="rate",
            better="up",
            numerator_meaning=f"nhiệm vụ đã {word}",
            denominator_meaning="nhiệm vụ được giao",
        )
        for column, word in is_.SIX.items()
    ),
    _task(
        "task_reminders",
        "Số lần đôn đốc",
        is_.assigned,
        "Số lần đôn đốc trước thời điểm số liệu.",
        basis=_HANOI,
        fact="reminder",
        unit="times",
        derive=is_.reminder_state,
    ),
    _task(
        "tasks_escalated",
        "Báo cáo Ban cán sự",
        is_.is_so("is_escalated"),
        "Nhiệm vụ đã đôn đốc quá số lần quy định mà chưa báo cáo hoàn thành.",
        basis=_HANOI,
        better="down",
    ),
)
"""In the order of the screen."""

TASK_FIGURE: Final[dict[str, Figure]] = {figure.key: figure for figure in TASK_FIGURES}
"""Key → figure of the register of tasks."""
