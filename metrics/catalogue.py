"""Every figure of the dossier register, declared once. docs/metric-dictionary.md is made of it."""

from __future__ import annotations

import difflib

import narwhals as nw

from metrics import conditions as is_
from metrics.ask import Ask
from metrics.figure import Figure, Flow, OnTimeDefinition

_II06A = "Biểu II.06a/VPCP/KSTT, Thông tư 01/2020/TT-VPCP"
_QD766 = "Quyết định 766/QĐ-TTg ngày 23/6/2022"
_ND118 = "Nghị định 118/2025/NĐ-CP (trước 01/7/2025: Nghị định 61/2018/NĐ-CP)"
_INTERNAL = "Chỉ số điều hành nội bộ, không thuộc biểu mẫu báo cáo"

ON_TIME_DEFINITIONS: dict[str, OnTimeDefinition] = {
    d.key: d
    for d in (
        OnTimeDefinition(
            key="form",
            flow="ended_at",
            label="Biểu II.06a (Thông tư 01/2020/TT-VPCP)",
            short="biểu II.06a",
            numerator=is_.resolved_in_time,
            denominator=is_.resolved,
            numerator_meaning="hồ sơ đã giải quyết trước hạn và đúng hạn trong kỳ",
            denominator_meaning="hồ sơ đã giải quyết trong kỳ (kể cả chưa phân loại được)",
            basis=_II06A,
        ),
        OnTimeDefinition(
            key="portal",
            label="Cổng Dịch vụ công quốc gia (Quyết định 766/QĐ-TTg)",
            short="QĐ 766",
            numerator=is_.portal_in_time,
            denominator=is_.received,
            numerator_meaning=(
                "hồ sơ tiếp nhận trong kỳ đã giải quyết đúng hạn hoặc đang giải quyết còn trong "
                "hạn, trừ thời gian chờ bổ sung; yêu cầu bổ sung quá một lần mà chưa xong tính "
                "quá hạn"
            ),
            denominator_meaning="hồ sơ tiếp nhận trong kỳ",
            basis=_QD766,
        ),
        OnTimeDefinition(
            key="carried",
            label="Phải giải quyết (tiếp nhận trong kỳ và tồn kỳ trước)",
            short="phải giải quyết",
            numerator=is_.carried_not_late,
            denominator=is_.to_resolve,
            numerator_meaning=(
                "hồ sơ phải giải quyết, trừ hồ sơ đã giải quyết quá hạn và đang giải quyết quá hạn"
            ),
            denominator_meaning="hồ sơ tiếp nhận trong kỳ cộng hồ sơ từ kỳ trước chuyển sang",
            basis="Cách tính của cổng một cửa một số tỉnh (tiếp nhận cộng tồn kỳ trước)",
        ),
        OnTimeDefinition(
            key="lenient",
            flow="ended_at",
            label="Một cửa nội bộ (gồm cả trả lại, xin rút, thiếu ngày hẹn)",
            short="một cửa nội bộ",
            numerator=is_.lenient_in_time,
            denominator=is_.resolved,
            numerator_meaning=(
                "hồ sơ đã giải quyết không muộn hơn ngày hẹn, cộng hồ sơ không có ngày hẹn và hồ "
                "sơ trả lại, xin rút"
            ),
            denominator_meaning="hồ sơ đã giải quyết trong kỳ",
            basis="Cách tính của một phần mềm một cửa cấp tỉnh; không theo biểu II.06a",
        ),
    )
}


def on_time_definition(key: str) -> OnTimeDefinition:
    """The reading of "đúng hạn" of that key.

    Raises:
        KeyError: no such definition; the message names the known ones, in Vietnamese.
    """
    if key not in ON_TIME_DEFINITIONS:
        known = ", ".join(ON_TIME_DEFINITIONS)
        raise KeyError(f"Không có định nghĩa đúng hạn “{key}”. Hãy chọn một trong: {known}.")
    return ON_TIME_DEFINITIONS[key]


def _on_time(ask: Ask) -> nw.Expr:
    return ON_TIME_DEFINITIONS[ask.definition].numerator(ask)


def _on_time_of(ask: Ask) -> nw.Expr:
    return ON_TIME_DEFINITIONS[ask.definition].denominator(ask)


def _not_on_time(ask: Ask) -> nw.Expr:
    """The rows that keep the rate from being 100%."""
    in_time = nw.when(_on_time(ask)).then(nw.lit(1)).otherwise(nw.lit(0))
    return _on_time_of(ask) & (in_time == 0)


FIGURES: dict[str, Figure] = {
    f.key: f
    for f in (
        Figure(
            key="received",
            flow="received_at",
            label="Tiếp nhận",
            numerator=is_.received,
            meaning="Hồ sơ được tiếp nhận trong kỳ; không gồm hồ sơ từ chối tiếp nhận.",
            basis=f"{_II06A}, cột (4) và (5)",
        ),
        Figure(
            key="received_online",
            flow="received_at",
            label="Tiếp nhận trực tuyến",
            numerator=is_.received_online,
            meaning="Hồ sơ tiếp nhận trong kỳ qua kênh trực tuyến.",
            basis=f"{_II06A}, cột (4)",
            better="up",
        ),
        Figure(
            key="received_offline",
            flow="received_at",
            label="Tiếp nhận trực tiếp, bưu chính",
            numerator=is_.received_offline,
            meaning="Hồ sơ tiếp nhận trong kỳ trực tiếp, qua bưu chính hoặc không rõ kênh.",
            basis=f"{_II06A}, cột (5)",
        ),
        Figure(
            key="carried_over",
            label="Từ kỳ trước chuyển sang",
            numerator=is_.carried_over,
            meaning="Hồ sơ đã tiếp nhận trước kỳ và chưa giải quyết xong khi kỳ bắt đầu.",
            basis=f"{_II06A}, cột (6)",
        ),
        Figure(
            key="resolved",
            flow="ended_at",
            label="Đã giải quyết",
            numerator=is_.resolved,
            meaning="Hồ sơ kết thúc trong kỳ, gồm có kết quả, trả lại, xin rút, dừng xử lý.",
            basis=f"{_II06A}, cột (7)",
        ),
        Figure(
            key="resolved_early",
            flow="ended_at",
            label="Giải quyết trước hạn",
            numerator=is_.resolved_early,
            meaning="Hồ sơ kết thúc trong kỳ trước ngày hẹn trả (đã trừ thời gian tạm dừng).",
            basis=f"{_II06A}, cột (8)",
            better="up",
        ),
        Figure(
            key="resolved_on_day",
            flow="ended_at",
            label="Giải quyết đúng hạn",
            numerator=is_.resolved_on_day,
            meaning="Hồ sơ kết thúc trong kỳ đúng ngày hẹn trả và không muộn hơn hẹn.",
            basis=f"{_II06A}, cột (9)",
        ),
        Figure(
            key="resolved_late",
            flow="ended_at",
            label="Giải quyết quá hạn",
            numerator=is_.resolved_late,
            meaning="Hồ sơ kết thúc trong kỳ muộn hơn hẹn trả (đã trừ thời gian tạm dừng).",
            basis=f"{_II06A}, cột (10)",
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
            basis=f"{_II06A}, cột (11)",
            is_stock=True,
        ),
        Figure(
            key="pending_in_time",
            label="Đang giải quyết trong hạn",
            numerator=is_.pending_in_time,
            meaning="Hồ sơ đang giải quyết, chưa quá hẹn trả hoặc đang tạm dừng chờ công dân.",
            basis=f"{_II06A}, cột (12)",
            is_stock=True,
        ),
        Figure(
            key="pending_overdue",
            always=is_.ever_overdue,
            label="Quá hạn đang tồn",
            numerator=is_.pending_overdue,
            meaning="Hồ sơ đang giải quyết đã quá hẹn trả (đã trừ thời gian tạm dừng).",
            basis=f"{_II06A}, cột (13)",
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
            meaning="Tỷ lệ hồ sơ giải quyết trước hạn và đúng hạn, theo định nghĩa đang chọn.",
            numerator_meaning="theo định nghĩa đang chọn (bảng dưới)",
            denominator_meaning="theo định nghĩa đang chọn (bảng dưới)",
            basis=f"{_II06A}; {_QD766}",
            unit="rate",
            better="up",
        ),
        Figure(
            key="not_on_time",
            label="Làm giảm tỷ lệ đúng hạn",
            numerator=_not_on_time,
            meaning="Hồ sơ ở mẫu số mà không ở tử số của tỷ lệ đúng hạn đang chọn.",
            basis=f"{_II06A}; {_QD766}",
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
            basis=_QD766,
            unit="rate",
            better="up",
        ),
        Figure(
            key="late",
            label="Trễ hạn (đã và đang giải quyết)",
            numerator=is_.late,
            meaning="Hồ sơ giải quyết quá hạn trong kỳ cộng hồ sơ đang giải quyết đã quá hạn.",
            basis=f"{_II06A}, cột (10) và (13)",
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


def flow_of(wanted: Figure, ask: Ask) -> Flow | None:
    """The moment that decides which period a dossier counts in (:attr:`Figure.flow`)."""
    if wanted.key in ("on_time", "not_on_time"):
        return ON_TIME_DEFINITIONS[ask.definition].flow
    return wanted.flow


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
