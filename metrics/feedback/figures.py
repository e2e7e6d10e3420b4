"""Every figure of citizens' feedback, declared once."""

from __future__ import annotations

from typing import Any, Final

from metrics.core.conditions import Condition
from metrics.core.figure import Figure
from metrics.feedback import states as is_

_INTERNAL: Final = "Chỉ số điều hành nội bộ, không thuộc biểu mẫu báo cáo"
_766: Final = (
    "Quyết định 766/QĐ-TTg ngày 23/6/2022, nhóm mức độ hài lòng; thời hạn theo phương pháp đo: trả "
    "lời trong 15 ngày làm việc, từ chối hoặc chuyển trả trong 2 ngày làm việc"
)
_HOURS: Final = (
    "Quyết định 1207/QĐ-UBND của UBND Thành phố Hà Nội: tiếp nhận trong 8 giờ làm việc, khẩn 4 giờ"
)
_DUE: Final = (
    " Hạn là hạn đã gia hạn, hạn mà hệ thống tiếp nhận ghi, hoặc 15 ngày làm việc khi không ghi; "
    "từ chối, chuyển trả: 2 ngày làm việc."
)
_RATING: Final = (
    " Là đánh giá của người gửi về một lần xử lý phản ánh; không cộng với khảo sát hay SIPAS."
)
_ENDED: Final = "phản ánh xử lý xong trong kỳ"


def _figure(key: str, label: str, numerator: Condition, meaning: str, **more: Any) -> Figure:
    usual: dict[str, Any] = {
        "basis": _INTERNAL,
        "fact": "feedback",
        "unit": "rate" if "denominator" in more else "feedback",
        "derive": is_.feedback_state,
        "is_unknown_apart": "denominator" in more,
    }
    return Figure(key, label, numerator, meaning, **(usual | more))


FEEDBACK_FIGURES: Final[tuple[Figure, ...]] = (
    _figure(
        "feedback_received",
        "Phản ánh tiếp nhận",
        is_.received,
        "Phản ánh, kiến nghị đến trong kỳ, mọi loại và mọi nguồn.",
    ),
    _figure(
        "feedback_ended",
        "Phản ánh xử lý xong",
        is_.ended,
        "Phản ánh được trả lời, từ chối hoặc chuyển trả trong kỳ, không kể đến từ kỳ nào.",
    ),
    _figure(
        "feedback_on_time",
        "Xử lý đúng hạn",
        is_.ended_in("ended_on_time"),
        "Phản ánh xử lý xong trong kỳ không muộn hơn hạn, trên số phản ánh xử lý xong trong kỳ mà "
        "biết hạn. Phản ánh quá hạn chưa xử lý xong chưa ở trong tỷ lệ này." + _DUE,
        denominator=is_.ended_in("ended_on_time", "ended_late"),
        unknown=is_.ended_in("ended_undetermined"),
        better="up",
        basis=_766,
        numerator_meaning="phản ánh xử lý xong trong kỳ, đúng hạn",
        denominator_meaning="phản ánh xử lý xong trong kỳ, biết hạn",
    ),
    _figure(
        "feedback_late",
        "Xử lý quá hạn",
        is_.ended_in("ended_late"),
        "Phản ánh xử lý xong trong kỳ sau hạn." + _DUE,
        better="down",
    ),
    _figure(
        "feedback_refused",
        "Từ chối",
        is_.ended_as("refused"),
        "Phản ánh bị từ chối trong kỳ.",
    ),
    _figure(
        "feedback_transferred",
        "Chuyển trả",
        is_.ended_as("transferred"),
        "Phản ánh chuyển trả, chuyển nơi khác trong kỳ.",
    ),
    _figure(
        "feedback_open",
        "Phản ánh đang xử lý",
        is_.is_so("is_open"),
        "Phản ánh đến trước thời điểm số liệu mà đến lúc đó chưa trả lời, từ chối hay chuyển trả.",
        is_stock=True,
    ),
    _figure(
        "feedback_past_due",
        "Phản ánh quá hạn chưa xử lý xong",
        is_.in_states("past_due"),
        "Phản ánh đang xử lý đã qua hạn tại thời điểm số liệu." + _DUE,
        better="down",
        is_stock=True,
    ),
    _figure(
        "feedback_no_due",
        "Đang xử lý, chưa rõ hạn",
        is_.in_states("no_due"),
        "Phản ánh đang xử lý không ghi hạn, đến trước khi có thời hạn chung.",
        better="down",
        is_stock=True,
    ),
    _figure(
        "feedback_accepted_on_time",
        "Tiếp nhận đúng giờ",
        is_.accepted_as("in_time"),
        "Phản ánh đến trong kỳ được đơn vị nhận xử lý trong 8 giờ làm việc (khẩn: 4 giờ), trên số "
        "đã nhận hoặc đã quá giờ. Chưa ghi khẩn hay không thì chỉ tính khi kết quả như nhau; chưa "
        "ghi lúc nhận mà đã xử lý xong thì tính theo lúc xong khi đủ để biết.",
        denominator=is_.accepted_as("in_time", "late"),
        unknown=is_.accepted_as("unknown"),
        better="up",
        basis=_HOURS,
        numerator_meaning="phản ánh đến trong kỳ, nhận xử lý đúng giờ",
        denominator_meaning="phản ánh đến trong kỳ, đã nhận hoặc đã quá giờ nhận",
    ),
    _figure(
        "feedback_not_accepted",
        "Quá giờ chưa tiếp nhận",
        is_.not_accepted,
        "Phản ánh đang chờ mà đã quá 8 giờ làm việc (khẩn: 4 giờ) đơn vị chưa nhận xử lý.",
        better="down",
        is_stock=True,
        basis=_HOURS,
    ),
    _figure(
        "feedback_satisfied",
        "Người gửi hài lòng",
        is_.rated("satisfied"),
        "Phản ánh xử lý xong trong kỳ được người gửi đánh giá hài lòng, trên số đã đánh giá. Chưa "
        "đánh giá đứng riêng, không tính là hài lòng." + _RATING,
        denominator=is_.rated(),
        unknown=is_.not_rated,
        better="up",
        numerator_meaning="phản ánh xử lý xong trong kỳ, người gửi hài lòng",
        denominator_meaning="phản ánh xử lý xong trong kỳ, người gửi đã đánh giá",
    ),
    _figure(
        "feedback_accepted_rating",
        "Người gửi chấp nhận",
        is_.rated("accepted"),
        "Phản ánh xử lý xong trong kỳ được người gửi đánh giá chấp nhận." + _RATING,
    ),
    _figure(
        "feedback_unsatisfied",
        "Người gửi chưa hài lòng",
        is_.rated("unsatisfied"),
        "Phản ánh xử lý xong trong kỳ mà người gửi đánh giá chưa hài lòng." + _RATING,
        better="down",
    ),
    _figure(
        "feedback_published",
        "Trả lời đã công khai",
        is_.published(True),
        "Phản ánh trả lời trong kỳ mà câu trả lời đã công khai, trên số có ghi công khai hay "
        "không.",
        denominator=is_.published_told,
        unknown=is_.published(None),
        better="up",
        numerator_meaning="phản ánh trả lời trong kỳ, đã công khai",
        denominator_meaning="phản ánh trả lời trong kỳ, có ghi công khai hay không",
    ),
    _figure(
        "feedback_due_on_time",
        "Phải xử lý trong kỳ, đúng hạn",
        is_.fell_due_on_time,
        "Phản ánh đến hạn trong kỳ đã xử lý xong không muộn hơn hạn, trên số phản ánh đến hạn "
        "trong kỳ; quá hạn chưa xong là không đúng hạn. Theo cách đo của thành phần 5.2." + _DUE,
        denominator=is_.fell_due,
        better="up",
        basis=_766,
        numerator_meaning="phản ánh đến hạn trong kỳ, xử lý xong đúng hạn",
        denominator_meaning="phản ánh đến hạn trong kỳ",
    ),
    _figure(
        "feedback_content",
        "Hài lòng trong xử lý phản ánh (QĐ 766)",
        is_.content,
        "Phản ánh xử lý xong trong kỳ trừ trường hợp chưa hài lòng, phản ánh tiếp hoặc quá hạn, "
        "trên số xử lý xong trong kỳ. Theo quy tắc này chưa đánh giá không bị trừ, nên đây không "
        "phải tỷ lệ hài lòng của người đã đánh giá. Theo cách đo của thành phần 5.3.",
        denominator=is_.content_told,
        unknown=is_.content_untold,
        better="up",
        basis=_766,
        numerator_meaning="phản ánh xử lý xong trong kỳ, trừ chưa hài lòng, phản ánh tiếp, quá hạn",
        denominator_meaning=_ENDED + ", đủ để biết",
    ),
    _figure(
        "feedback_handled",
        "Đã xử lý trên tiếp nhận",
        is_.received_and_ended,
        "Phản ánh đến trong kỳ đã xử lý xong trước thời điểm số liệu, trên số phản ánh đến trong "
        "kỳ. Theo cách đo của thành phần 5.1, chỉ theo dõi.",
        denominator=is_.received,
        better="up",
        basis=_766,
        numerator_meaning="phản ánh đến trong kỳ, đã xử lý xong",
        denominator_meaning="phản ánh đến trong kỳ",
    ),
)  # fmt: skip
"""Figures in the order of the screen."""

FEEDBACK_FIGURE: Final[dict[str, Figure]] = {figure.key: figure for figure in FEEDBACK_FIGURES}
"""Key → figure."""
