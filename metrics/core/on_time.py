"""The readings of "đúng hạn" that are in real use, and what each decides."""

from __future__ import annotations

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
            denominator=is_.resolved,
            numerator_meaning="hồ sơ đã giải quyết trước hạn và đúng hạn trong kỳ",
            denominator_meaning="hồ sơ đã giải quyết trong kỳ (kể cả chưa phân loại được)",
            basis=II06A,
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
            basis=QD766,
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


def meanings(figure: Figure, ask: Ask) -> tuple[str, str]:
    """What the two sides of a rate or a mean count, in words, as the question reads it."""
    if figure.key != "on_time":
        return figure.numerator_meaning, figure.denominator_meaning
    reading = on_time_definition(ask.definition)
    return reading.numerator_meaning, reading.denominator_meaning


def flow_of(wanted: Figure, ask: Ask) -> Flow | None:
    """The moment that decides which period a dossier counts in (:attr:`Figure.flow`)."""
    if wanted.key in ("on_time", "not_on_time"):
        return ON_TIME_DEFINITIONS[ask.definition].flow
    return wanted.flow
