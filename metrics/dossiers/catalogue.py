"""Every figure of the dossier register, declared once. docs/metric-dictionary.md is made of it."""

from __future__ import annotations

import difflib

import narwhals as nw

from metrics.core import conditions as is_
from metrics.core import expressions as ex
from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.on_time import II06A, ON_TIME_DEFINITIONS, QD766

_ND118 = "Nghị định 118/2025/NĐ-CP (trước 01/7/2025: Nghị định 61/2018/NĐ-CP)"
_INTERNAL = "Chỉ số điều hành nội bộ, không thuộc biểu mẫu báo cáo"


def _on_time(ask: Ask) -> nw.Expr:
    return ON_TIME_DEFINITIONS[ask.definition].numerator(ask)


def _on_time_of(ask: Ask) -> nw.Expr:
    """What can be classified; asked for over all, that and the unknown."""
    classified = ON_TIME_DEFINITIONS[ask.definition].denominator(ask)
    return classified | _on_time_unknown(ask) if ask.whole == "all" else classified


def _on_time_unknown(ask: Ask) -> nw.Expr:
    return ON_TIME_DEFINITIONS[ask.definition].unknown(ask)


def _not_on_time(ask: Ask) -> nw.Expr:
    """The rows that keep the rate from being 100%; the unknown are none of them."""
    in_time = ex.when(_on_time(ask)).then(ex.lit(1)).otherwise(ex.lit(0))
    return ON_TIME_DEFINITIONS[ask.definition].denominator(ask) & (in_time == 0)


FIGURES: dict[str, Figure] = {
    f.key: f
    for f in (
        Figure(
            key="received",
            flow="received_at",
            label="Tiếp nhận",
            numerator=is_.received,
            meaning="Hồ sơ được tiếp nhận trong kỳ; không gồm hồ sơ từ chối tiếp nhận.",
            basis=f"{II06A}, cột (4) và (5)",
        ),
        Figure(
            key="received_online",
            flow="received_at",
            label="Tiếp nhận trực tuyến",
            numerator=is_.received_online,
            meaning="Hồ sơ tiếp nhận trong kỳ qua kênh trực tuyến.",
            basis=f"{II06A}, cột (4)",
            better="up",
        ),
        Figure(
            key="received_offline",
            flow="received_at",
            label="Tiếp nhận trực tiếp, bưu chính",
            numerator=is_.received_offline,
            meaning="Hồ sơ tiếp nhận trong kỳ trực tiếp, qua bưu chính hoặc không rõ kênh.",
            basis=f"{II06A}, cột (5)",
        ),
        Figure(
            key="carried_over",
            label="Từ kỳ trước chuyển sang",
            numerator=is_.carried_over,
            meaning="Hồ sơ đã tiếp nhận trước kỳ và chưa giải quyết xong khi kỳ bắt đầu.",
            basis=f"{II06A}, cột (6)",
        ),
        Figure(
            key="resolved",
            flow="ended_at",
            label="Đã giải quyết",
            numerator=is_.resolved,
            meaning="Hồ sơ kết thúc trong kỳ, gồm có kết quả, trả lại, xin rút, dừng xử lý.",
            basis=f"{II06A}, cột (7)",
        ),
        Figure(
            key="resolved_early",
            flow="ended_at",
            settled=False,
            label="Giải quyết trước hạn",
            numerator=is_.resolved_early,
            meaning="Hồ sơ kết thúc trong kỳ trước ngày hẹn trả (đã trừ thời gian tạm dừng).",
            basis=f"{II06A}, cột (8)",
            better="up",
        ),
        Figure(
            key="resolved_on_day",
            flow="ended_at",
            settled=False,
            label="Giải quyết đúng hạn",
            numerator=is_.resolved_on_day,
            meaning="Hồ sơ kết thúc trong kỳ đúng ngày hẹn trả và không muộn hơn hẹn.",
            basis=f"{II06A}, cột (9)",
        ),
        Figure(
            key="resolved_late",
            flow="ended_at",
            label="Giải quyết quá hạn",
            numerator=is_.resolved_late,
            meaning="Hồ sơ kết thúc trong kỳ muộn hơn hẹn trả (đã trừ thời gian tạm dừng).",
            basis=f"{II06A}, cột (10)",
            better="down",
        ),
        Figure(
            key="resolved_unclassified",
            flow="ended_at",
            label="Đã giải quyết, chưa phân loại được",
            numerator=is_.resolved_unclassified,
            meaning="Hồ sơ kết thúc trong kỳ mà thiếu ngày hẹn nên không biết đúng hay quá hạn.",
            basis=_INTERNAL,
            better="down",
        ),
        Figure(
            key="returned",
            flow="ended_at",
            label="Trả lại",
            numerator=is_.resolved_as("returned"),
            meaning="Hồ sơ kết thúc trong kỳ do cơ quan trả lại.",
            basis=_INTERNAL,
        ),
        Figure(
            key="withdrawn",
            flow="ended_at",
            label="Công dân xin rút",
            numerator=is_.resolved_as("withdrawn"),
            meaning="Hồ sơ kết thúc trong kỳ do công dân xin rút (trạng thái 7).",
            basis=_INTERNAL,
        ),
        Figure(
            key="stopped",
            flow="ended_at",
            label="Dừng xử lý",
            numerator=is_.resolved_as("stopped"),
            meaning="Hồ sơ kết thúc trong kỳ do dừng xử lý (trạng thái 8).",
            basis=_INTERNAL,
        ),
        Figure(
            key="pending",
            label="Đang giải quyết",
            numerator=is_.pending,
            meaning="Hồ sơ đã tiếp nhận và chưa kết thúc tại thời điểm số liệu.",
            basis=f"{II06A}, cột (11)",
            is_stock=True,
        ),
        Figure(
            key="pending_in_time",
            label="Đang giải quyết trong hạn",
            numerator=is_.pending_in_time,
            meaning="Hồ sơ đang giải quyết, chưa quá hẹn trả hoặc đang tạm dừng chờ công dân.",
            basis=f"{II06A}, cột (12)",
            is_stock=True,
        ),
        Figure(
            key="pending_overdue",
            always=is_.ever_overdue,
            label="Quá hạn đang tồn",
            numerator=is_.pending_overdue,
            meaning="Hồ sơ đang giải quyết đã quá hẹn trả (đã trừ thời gian tạm dừng).",
            basis=f"{II06A}, cột (13)",
            better="down",
            is_stock=True,
        ),
        Figure(
            key="pending_unclassified",
            label="Đang giải quyết, chưa phân loại được",
            numerator=is_.pending_unclassified,
            meaning="Hồ sơ đang giải quyết mà thiếu ngày hẹn trả.",
            basis=_INTERNAL,
            better="down",
            is_stock=True,
        ),
        Figure(
            key="waiting_supplement",
            label="Chờ bổ sung hồ sơ",
            numerator=is_.waiting_for("supplement"),
            meaning="Hồ sơ đang giải quyết, đang chờ công dân bổ sung giấy tờ (trạng thái 5).",
            basis=_INTERNAL,
            fact="pause",
            is_stock=True,
        ),
        Figure(
            key="waiting_finance",
            label="Chờ nghĩa vụ tài chính",
            numerator=is_.waiting_for("finance"),
            meaning="Hồ sơ đang giải quyết, đang chờ công dân nộp thuế, phí (trạng thái 6).",
            basis=_INTERNAL,
            fact="pause",
            is_stock=True,
        ),
        Figure(
            key="on_time",
            label="Tỷ lệ đúng hạn",
            numerator=_on_time,
            denominator=_on_time_of,
            unknown=_on_time_unknown,
            meaning="Tỷ lệ hồ sơ giải quyết trước hạn và đúng hạn, theo định nghĩa đang chọn.",
            numerator_meaning="theo định nghĩa đang chọn (bảng dưới)",
            denominator_meaning="theo định nghĩa đang chọn (bảng dưới)",
            basis=f"{II06A}; {QD766}",
            unit="rate",
            better="up",
        ),
        Figure(
            key="not_on_time",
            label="Làm giảm tỷ lệ đúng hạn",
            numerator=_not_on_time,
            meaning="Hồ sơ phân loại được ở mẫu số mà không ở tử số của tỷ lệ đúng hạn đang chọn.",
            basis=f"{II06A}; {QD766}",
            better="down",
        ),
        Figure(
            key="online_share",
            flow="received_at",
            label="Tỷ lệ nộp trực tuyến",
            numerator=is_.received_online,
            denominator=is_.received,
            meaning="Hồ sơ tiếp nhận trực tuyến trên tổng hồ sơ tiếp nhận trong kỳ.",
            numerator_meaning="hồ sơ tiếp nhận trực tuyến trong kỳ",
            denominator_meaning="hồ sơ tiếp nhận trong kỳ",
            basis=QD766,
            unit="rate",
            better="up",
        ),
        Figure(
            key="late",
            label="Trễ hạn (đã và đang giải quyết)",
            numerator=is_.late,
            meaning="Hồ sơ giải quyết quá hạn trong kỳ cộng hồ sơ đang giải quyết đã quá hạn.",
            basis=f"{II06A}, cột (10) và (13)",
            better="down",
        ),
        Figure(
            key="late_without_apology",
            label="Quá hạn chưa có văn bản xin lỗi",
            numerator=is_.late_without_apology,
            meaning=(
                "Hồ sơ giải quyết quá hạn trong kỳ hoặc đang quá hạn mà chưa ban hành văn bản "
                "xin lỗi và đề nghị gia hạn."
            ),
            basis=_ND118,
            better="down",
        ),
        Figure(
            key="due_soon",
            label="Sắp đến hạn",
            numerator=is_.due_soon,
            meaning="Hồ sơ đang giải quyết, chưa quá hạn, đến hạn trong N ngày làm việc tới.",
            basis=_INTERNAL,
            is_stock=True,
        ),
        Figure(
            key="accepted_late",
            flow="received_at",
            label="Tiếp nhận chậm quá 8 giờ làm việc",
            numerator=is_.accepted_late,
            meaning=(
                "Hồ sơ trực tuyến được tiếp nhận trong kỳ muộn hơn 8 giờ làm việc kể từ khi công "
                "dân nộp thành công."
            ),
            basis=_ND118,
            better="down",
        ),
        Figure(
            key="acceptance_overdue",
            label="Quá hạn tiếp nhận",
            numerator=is_.acceptance_overdue,
            meaning="Hồ sơ trực tuyến chưa được tiếp nhận dù đã quá 8 giờ làm việc.",
            basis=_ND118,
            better="down",
            is_stock=True,
        ),
        Figure(
            key="late_entry",
            flow="ended_at",
            settled=False,
            label="Nhập phần mềm muộn",
            numerator=is_.late_entry,
            meaning=(
                "Hồ sơ giải quyết đúng hạn nhưng phần mềm chỉ được cập nhật sau hẹn trả: nơi "
                "khác có thể thấy là quá hạn."
            ),
            basis=_INTERNAL,
            better="down",
        ),
        Figure(
            key="re_dated",
            label="Đã hẹn lại ngày trả",
            numerator=is_.re_dated,
            meaning=(
                "Hồ sơ kết thúc trong kỳ hoặc đang giải quyết có hẹn trả hiện hành muộn hơn hẹn "
                "gốc; mỗi hồ sơ chỉ được hẹn lại một lần."
            ),
            basis=_ND118,
            better="down",
        ),
        Figure(
            key="mean_working_days_late",
            flow="ended_at",
            label="Số ngày quá hạn bình quân",
            numerator=is_.resolved_late_by_known_days,
            denominator=is_.resolved_late_by_known_days,
            value=is_.working_days_late,
            meaning="Bình quân số ngày làm việc quá hạn của hồ sơ giải quyết quá hạn trong kỳ.",
            numerator_meaning="tổng số ngày làm việc quá hạn",
            denominator_meaning="hồ sơ giải quyết quá hạn trong kỳ, biết số ngày",
            basis=_INTERNAL,
            unit="working_days",
            better="down",
        ),
    )
}


def figure(key: str) -> Figure:
    """The figure of that key.

    Raises:
        KeyError: no such figure; the message, in Vietnamese, names the nearest ones.
    """
    if key not in FIGURES:
        near = difflib.get_close_matches(key, FIGURES, n=3) or list(FIGURES)[:3]
        raise KeyError(
            f"Không có chỉ tiêu “{key}”. Có phải: {', '.join(near)}? "
            "Xem toàn bộ bằng: .venv/bin/python -m metrics list"
        )
    return FIGURES[key]
