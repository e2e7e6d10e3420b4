"""Every figure of the registers of inspections and findings, declared once."""

from __future__ import annotations

from typing import Any, Final

from metrics.core.conditions import Condition
from metrics.core.figure import Figure
from metrics.inspections import states as is_

_INTERNAL: Final = "Chỉ số điều hành nội bộ, không thuộc biểu mẫu báo cáo"
_PAR: Final = (
    "Bộ chỉ số cải cách hành chính (PAR INDEX): tỷ lệ đơn vị được kiểm tra và tỷ lệ vấn đề phát "
    "hiện qua kiểm tra đã được xử lý"
)
_MONTH: Final = " Cuộc chỉ biết tháng được tính khi cả tháng nằm trong kỳ, nếu không thì kê riêng."


def _visit(key: str, label: str, numerator: Condition, meaning: str, **more: Any) -> Figure:
    """A count of visits of the period."""
    usual: dict[str, Any] = {
        "basis": _INTERNAL,
        "fact": "inspection",
        "unit": "visits",
        "derive": is_.inspection_state,
    }
    return Figure(key, label, numerator, meaning, **(usual | more))


def _finding(key: str, label: str, numerator: Condition, meaning: str, **more: Any) -> Figure:
    """A count of findings as they stood at T."""
    usual: dict[str, Any] = {
        "basis": _INTERNAL,
        "fact": "finding",
        "unit": "findings",
        "is_stock": True,
        "derive": is_.finding_state,
    }
    return Figure(key, label, numerator, meaning, **(usual | more))


INSPECTION_FIGURES: Final[tuple[Figure, ...]] = (
    _visit(
        "visits",
        "Cuộc kiểm tra",
        is_.visited,
        "Cuộc kiểm tra bắt đầu trong kỳ; mỗi đơn vị được kiểm tra là một cuộc." + _MONTH,
    ),
    _visit(
        "visits_periodic",
        "Kiểm tra định kỳ",
        is_.visited_as("kind", "periodic"),
        "Cuộc kiểm tra định kỳ, theo kế hoạch, trong kỳ.",
    ),
    _visit(
        "visits_surprise",
        "Kiểm tra đột xuất",
        is_.visited_as("kind", "surprise"),
        "Cuộc kiểm tra đột xuất trong kỳ, trên tổng số cuộc kiểm tra trong kỳ.",
        denominator=is_.visited,
        unit="rate",
        numerator_meaning="cuộc kiểm tra đột xuất trong kỳ",
        denominator_meaning="cuộc kiểm tra trong kỳ",
    ),
    _visit(
        "visits_recheck",
        "Tái kiểm tra",
        is_.visited_as("kind", "recheck"),
        "Cuộc tái kiểm tra (phúc tra) việc khắc phục của lần kiểm tra trước, trong kỳ.",
    ),
    _visit(
        "visits_self",
        "Tự kiểm tra",
        is_.visited_as("kind", "self"),
        "Cuộc tự kiểm tra của đơn vị trong kỳ.",
    ),
    _visit(
        "visits_direct",
        "Kiểm tra trực tiếp",
        is_.visited_as("is_digital", False),
        "Cuộc kiểm tra tại chỗ trong kỳ. Chưa ai ghi hình thức thì để trống, không tính là 0.",
        unknown=is_.channel_unknown,
    ),
    _visit(
        "visits_digital",
        "Kiểm tra trên môi trường số",
        is_.visited_as("is_digital", True),
        "Cuộc kiểm tra qua hệ thống, trên môi trường số, trong kỳ. Chưa ai ghi hình thức thì để "
        "trống, không tính là 0.",
        unknown=is_.channel_unknown,
    ),
    _visit(
        "visits_channel_unknown",
        "Chưa rõ hình thức",
        is_.channel_unknown,
        "Cuộc kiểm tra trong kỳ chưa ghi là trực tiếp hay trên môi trường số.",
        better="down",
    ),
    _visit(
        "visits_month_only",
        "Chỉ biết tháng",
        is_.month_only,
        "Cuộc kiểm tra chỉ biết tháng (quý, năm) mà khoảng đó chỉ nằm một phần trong kỳ: kê riêng, "
        "không tính vào số cuộc trong kỳ.",
    ),
    _visit(
        "units_inspected",
        "Đơn vị được kiểm tra",
        is_.every("unit_id"),
        "Đơn vị có ít nhất một cuộc kiểm tra trong kỳ; không kể tự kiểm tra và cuộc kiểm tra một "
        "cơ sở trực thuộc (như trường học).",
        basis=_PAR,
        unit="units",
        better="up",
        derive=is_.inspected_units,
    ),
    _finding(
        "findings",
        "Tồn tại kiểm tra",
        is_.every("finding_id"),
        "Tồn tại nêu qua các cuộc kiểm tra trước thời điểm số liệu.",
    ),
    _finding(
        "findings_found",
        "Tồn tại phát hiện trong kỳ",
        is_.found_in_period,
        "Tồn tại nêu qua các cuộc kiểm tra của kỳ.",
        is_stock=False,
    ),
    _finding(
        "findings_open",
        "Tồn tại chưa khắc phục",
        is_.is_so("is_open"),
        "Tồn tại mà đến thời điểm số liệu chưa có xác nhận đã khắc phục, hoặc lần xác nhận cuối "
        "nói chưa khắc phục. Đơn vị tự báo cáo chưa phải là xác nhận.",
        better="down",
    ),
    _finding(
        "findings_fixed",
        "Tồn tại đã khắc phục",
        is_.is_not("is_open"),
        "Tồn tại mà lần xác nhận cuối trước thời điểm số liệu nói đã khắc phục, trên tổng số tồn "
        "tại.",
        basis=_PAR,
        denominator=is_.every("finding_id"),
        unit="rate",
        better="up",
        numerator_meaning="tồn tại mà lần xác nhận cuối nói đã khắc phục",
        denominator_meaning="tồn tại nêu trước thời điểm số liệu",
    ),
    _finding(
        "findings_past_due",
        "Quá hạn chưa khắc phục",
        is_.in_states("past_due"),
        "Tồn tại chưa khắc phục đã qua ngày hạn khắc phục.",
        better="down",
    ),
    _finding(
        "findings_in_time",
        "Đang khắc phục, trong hạn",
        is_.in_states("in_time"),
        "Tồn tại chưa khắc phục mà chưa qua ngày hạn khắc phục.",
    ),
    _finding(
        "findings_no_due",
        "Không định hạn",
        is_.in_states("no_due"),
        "Tồn tại chưa khắc phục mà kết luận không định hạn khắc phục.",
        better="down",
    ),
    _finding(
        "findings_on_time",
        "Khắc phục đúng hạn",
        is_.in_states("fixed_on_time"),
        "Tồn tại đã được xác nhận khắc phục mà ngày báo cáo (được xác nhận sau đó) hoặc ngày xác "
        "nhận không muộn hơn hạn, trên số tồn tại có hạn đã khắc phục hoặc đã quá hạn.",
        basis=_PAR,
        denominator=is_.in_states("fixed_on_time", "fixed_late", "past_due"),
        unit="rate",
        better="up",
        numerator_meaning="tồn tại có hạn được xác nhận khắc phục không muộn hơn hạn",
        denominator_meaning="tồn tại có hạn đã khắc phục hoặc đã quá hạn",
    ),
    _finding(
        "findings_fixed_late",
        "Khắc phục quá hạn",
        is_.in_states("fixed_late"),
        "Tồn tại đã được xác nhận khắc phục nhưng sau hạn.",
        better="down",
    ),
    _finding(
        "findings_reported",
        "Báo cáo đã khắc phục, chưa xác nhận",
        is_.is_so("is_reported"),
        "Tồn tại mà đơn vị báo cáo đã khắc phục, chưa được tái kiểm tra hoặc văn bản xác nhận; vẫn "
        "tính là chưa khắc phục.",
    ),
    _finding(
        "findings_reopened",
        "Mở lại sau xác nhận",
        is_.is_so("is_reopened"),
        "Tồn tại từng được xác nhận đã khắc phục, nay lần kiểm tra cuối nói chưa.",
        better="down",
    ),
    _finding(
        "findings_repeated",
        "Tồn tại lặp lại",
        is_.is_so("is_repeated"),
        "Tồn tại lặp lại một tồn tại đã nêu ở lần kiểm tra trước.",
        better="down",
    ),
    Figure(
        "rechecked_fixed",
        "Tái kiểm tra: đã khắc phục",
        is_.reinspected(True),
        "Tồn tại được tái kiểm tra trong kỳ và kết luận đã khắc phục, trên số lượt tồn tại được "
        "tái kiểm tra trong kỳ.",
        _INTERNAL,
        denominator=is_.by_visit,
        numerator_meaning="lượt tồn tại được tái kiểm tra trong kỳ, kết luận đã khắc phục",
        denominator_meaning="lượt tồn tại được tái kiểm tra trong kỳ",
        fact="finding_check",
        unit="rate",
        better="up",
        derive=is_.check_state,
    ),
)
"""Figures in the order of the screen."""

INSPECTION_FIGURE: Final[dict[str, Figure]] = {figure.key: figure for figure in INSPECTION_FIGURES}
"""Key → figure."""
