"""The readings of "đúng hạn" that are in real use, and what each decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from metrics.core import conditions as is_
from metrics.core.ask import Ask
from metrics.core.figure import Figure, Flow, OnTimeDefinition

II06A = "{II.06a}"
"""The form's place in a text: metrics.core.report_forms.told calls it as of the period."""
QD766 = "Quyết định 766/QĐ-TTg ngày 23/6/2022"

ON_TIME_DEFINITIONS: dict[str, OnTimeDefinition] = {
    d.key: d
    for d in (
        OnTimeDefinition(
            key="form",
            flow="ended_at",
            label="Theo cột của biểu II.06a (TT 01/2020)",
            short="biểu II.06a",
            numerator=is_.resolved_in_time,
            denominator=is_.resolved_classified,
            unknown=is_.resolved_unclassified,
            numerator_meaning="hồ sơ đã giải quyết trước hạn và đúng hạn trong kỳ",
            denominator_meaning="hồ sơ đã giải quyết trong kỳ, có ngày hẹn trả",
            unknown_meaning="hồ sơ đã giải quyết trong kỳ, thiếu ngày hẹn trả",
            basis=II06A,
        ),
        OnTimeDefinition(
            key="portal",
            label="Cổng Dịch vụ công quốc gia (Quyết định 766/QĐ-TTg)",
            short="QĐ 766",
            numerator=is_.portal_in_time,
            denominator=is_.portal_known,
            unknown=is_.portal_unknown,
            numerator_meaning=(
                "hồ sơ tiếp nhận trong kỳ đã giải quyết đúng hạn hoặc đang giải quyết còn trong "
                "hạn, trừ thời gian chờ bổ sung; yêu cầu bổ sung quá một lần mà chưa xong tính "
                "quá hạn"
            ),
            denominator_meaning="hồ sơ tiếp nhận trong kỳ, xác định được hạn",
            unknown_meaning=(
                "hồ sơ tiếp nhận trong kỳ, thiếu ngày hẹn trả và thủ tục cũng không có thời hạn"
            ),
            basis=QD766,
        ),
        OnTimeDefinition(
            key="carried",
            label="Phải giải quyết (tiếp nhận trong kỳ và tồn kỳ trước)",
            short="phải giải quyết",
            numerator=is_.carried_not_late,
            denominator=is_.to_resolve_classified,
            unknown=is_.to_resolve_unclassified,
            numerator_meaning=(
                "hồ sơ phải giải quyết, trừ hồ sơ đã giải quyết quá hạn và đang giải quyết quá hạn"
            ),
            denominator_meaning=(
                "hồ sơ tiếp nhận trong kỳ cộng hồ sơ từ kỳ trước chuyển sang, có ngày hẹn trả"
            ),
            unknown_meaning="hồ sơ phải giải quyết trong kỳ, thiếu ngày hẹn trả",
            basis="Cách tính của cổng một cửa một số tỉnh (tiếp nhận cộng tồn kỳ trước)",
        ),
        OnTimeDefinition(
            key="lenient",
            flow="ended_at",
            label="Một cửa nội bộ (trả lại, xin rút tính đúng hạn)",
            short="một cửa nội bộ",
            numerator=is_.lenient_in_time,
            denominator=is_.lenient_known,
            unknown=is_.lenient_unknown,
            numerator_meaning=(
                "hồ sơ đã giải quyết không muộn hơn ngày hẹn, cộng hồ sơ trả lại, xin rút"
            ),
            denominator_meaning="hồ sơ đã giải quyết trong kỳ, có ngày hẹn hoặc trả lại, xin rút",
            unknown_meaning="hồ sơ có kết quả hoặc dừng xử lý trong kỳ, thiếu ngày hẹn trả",
            basis="Cách tính của một phần mềm một cửa cấp tỉnh; không theo biểu II.06a",
        ),
        OnTimeDefinition(
            key="fell_due",
            label="Đến hạn trong kỳ",
            short="đến hạn",
            numerator=is_.fell_due_in_time,
            denominator=is_.fell_due,
            unknown=is_.to_resolve_unclassified,
            numerator_meaning="hồ sơ đến hạn trong kỳ, đã giải quyết không muộn hơn hẹn trả",
            denominator_meaning="hồ sơ đến hạn trả trong kỳ",
            unknown_meaning=(
                "hồ sơ phải giải quyết trong kỳ, thiếu ngày hẹn trả nên không biết khi nào đến hạn"
            ),
            basis="Cách tính của tỉnh Vĩnh Phúc (2021)",
        ),
        OnTimeDefinition(
            key="received",
            label="Tiếp nhận trong kỳ (Nghị định 61/2018/NĐ-CP Điều 30)",
            short="tiếp nhận",
            numerator=is_.received_in_time,
            denominator=is_.received_classified,
            unknown=is_.received_unclassified,
            numerator_meaning="hồ sơ tiếp nhận trong kỳ, đã giải quyết không muộn hơn hẹn trả",
            denominator_meaning=(
                "hồ sơ tiếp nhận trong kỳ, có ngày hẹn trả (kể cả đang giải quyết)"
            ),
            unknown_meaning="hồ sơ tiếp nhận trong kỳ, thiếu ngày hẹn trả",
            basis="Nghị định 61/2018/NĐ-CP Điều 30 khoản 2 điểm c",
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


COMPARED: Final = {"timestamp": "so theo giờ, phút", "day": "so theo ngày"}
DUE: Final = {"current": "hẹn trả hiện hành", "original": "hẹn trả gốc"}
OVER: Final = {
    "classified": "trên hồ sơ phân loại được",
    "all": "trên tất cả, kể cả chưa phân loại",
}


def missed_word(ask: Ask) -> str:
    """What the link to the dossiers behind a rate that were not on time is called.

    Only by what was received is something below the line that is not late: what is still pending.
    """
    return "Chưa xong hoặc trễ" if ask.definition == "received" else "Hồ sơ trễ"


def spoken(ask: Ask) -> str:
    """Definition, comparison, due date and what it is taken over, for files and sentences."""
    told = (
        f"đúng hạn theo {on_time_definition(ask.definition).short}",
        compared(ask),
        *([OVER[ask.whole]] if ask.whole == "all" else []),
    )
    return ", ".join(told)


def meanings(figure: Figure, ask: Ask) -> tuple[str, str]:
    """What the two sides of a rate or a mean count, in words, as the question reads it."""
    if figure.key != "on_time":
        return figure.numerator_meaning, figure.denominator_meaning
    reading = on_time_definition(ask.definition)
    of = reading.denominator_meaning
    if ask.whole == "all":
        of += f"; cộng {reading.unknown_meaning}"
    return reading.numerator_meaning, of


def as_read(figure: Figure, ask: Ask) -> Figure:
    """A figure in the words of the reading of "đúng hạn" that the question chose."""
    if figure.key != "on_time":
        return figure
    reading = on_time_definition(ask.definition)
    numerator, denominator = meanings(figure, ask)
    return replace(
        figure,
        meaning=f"{figure.meaning} Định nghĩa: {reading.label}.",
        numerator_meaning=numerator,
        denominator_meaning=denominator,
        basis=reading.basis,
    )


def compared(ask: Ask) -> str:
    """How an end is compared with the due date, and with which: "so theo ngày, hẹn trả gốc"."""
    return f"{COMPARED[ask.comparison]}, {DUE[ask.due]}"


def flow_of(wanted: Figure, ask: Ask) -> Flow | None:
    """The moment that decides which period a dossier counts in (:attr:`Figure.flow`)."""
    if wanted.key in ("on_time", "not_on_time"):
        return ON_TIME_DEFINITIONS[ask.definition].flow
    return wanted.flow
