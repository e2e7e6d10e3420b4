"""The text of the quarterly report on administrative procedures, in its usual order and phrases.

A draft for somebody to finish: every number is a figure of the forms (frozen where the period is
closed); what the data do not tell is left to be written, in brackets, and is never called nothing.
"Không phát sinh" is said only where the data tell that there was none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import polars as pl

from metrics.core.measure import measure, total
from metrics.core.periods import Period
from metrics.core.report_forms import NO_RECEIVER, form_on, receiver_on
from metrics.core.vietnamese import as_of, number, percent, points
from metrics.dossiers import forms
from metrics.dossiers.catalogue import figure
from metrics.dossiers.forms import Line, Values
from metrics.dossiers.lateness import cause_name
from reports.blocks import Head, Paragraph, Report, Section, Signature
from reports.head import head
from reports.material import Material

NOTHING: Final = "Không phát sinh trong kỳ báo cáo."
TO_WRITE: Final = "[Phần mềm chưa có số liệu về nội dung này; đơn vị bổ sung.]"
"""Unknown is not nothing."""
OWN_WORDS: Final = "[Đơn vị bổ sung.]"

_FORM: Final = "báo cáo KSTT"
_NAMED: Final = 3
_ROMAN: Final = ("I", "II", "III", "IV")


def quarterly(material: Material) -> Report:
    """The report of the view and its period.

    Raises:
        metrics.dossiers.form_cells.FormRefused: the figures do not add up.
    """
    # Identities are checked by field and by unit, as for the forms themselves.
    lines = forms.checked(forms.by_field(material.form_cells), _names(material.field_names))
    whole = lines[-1].values if lines else None
    sections = (
        _section("results", "I. TÌNH HÌNH, KẾT QUẢ CÔNG TÁC KIỂM SOÁT THỦ TỤC HÀNH CHÍNH", ()),
        _section("rules", "1. Kiểm soát quy định thủ tục hành chính", (TO_WRITE,)),
        _section("published", "2. Công bố, công khai thủ tục hành chính", _published(material)),
        _section("simplified", "3. Rà soát, đơn giản hóa thủ tục hành chính", (TO_WRITE,)),
        _section("feedback", "4. Tiếp nhận, xử lý phản ánh, kiến nghị", (TO_WRITE,)),
        _section("resolved", "5. Giải quyết thủ tục hành chính", _resolved(material, whole)),
        _section(
            "counter",
            "6. Triển khai cơ chế một cửa, một cửa liên thông",
            _counter(material, whole),
        ),
        _section(
            "online",
            "7. Thực hiện thủ tục hành chính trên môi trường điện tử",
            _online(material, whole),
        ),
        _section("told", "8. Công tác truyền thông", (TO_WRITE,)),
        _section("inspected", "9. Công tác kiểm tra", _inspected(material)),
        _section("tasks", "10. Thực hiện nhiệm vụ được giao", _tasks(material)),
        _section("judged", "II. ĐÁNH GIÁ CHUNG", ()),
        _section("good", "1. Kết quả đạt được", _compared(material, whole)),
        _section("causes", "2. Tồn tại, hạn chế và nguyên nhân", _causes(material)),
        _section("plans", "III. PHƯƠNG HƯỚNG, NHIỆM VỤ KỲ TIẾP THEO", (OWN_WORDS,)),
        _section("asked", "IV. KIẾN NGHỊ, ĐỀ XUẤT", (OWN_WORDS,)),
        Section("signed", "", (_signature(material),)),
    )
    greeting = Section("to", "", (Paragraph(f"Kính gửi: {_receiver(material)}."),))
    return Report("bao-cao-quy", _head(material), (greeting, *sections))


def _section(key: str, title: str, texts: Sequence[str]) -> Section:
    return Section(key, title, tuple(Paragraph(text) for text in texts))


# -- what it is ---------------------------------------------------------------------------


def _head(material: Material) -> Head:
    form = form_on(_FORM, material.period.last)
    made = head(f"{form.title} {_called(material.period)}", material, form=form.name)
    superior = "(TÊN CƠ QUAN CHỦ QUẢN)"
    own = "(TÊN CƠ QUAN)" if material.asked.unit is None else material.form_whose.upper()
    return replace(
        made,
        whose=material.form_whose,
        issuer=(superior, own, "Số: ......./BC-......."),
        place_and_day="..........., ngày ..... tháng ..... năm ........",
        as_of=f"Số liệu {as_of(material.form_moment)}",
        definition="trước và đúng hạn trên số hồ sơ đã giải quyết đã phân loại",
        closed="" if material.closed is None else material.closed.words,
    )


def _called(period: Period) -> str:
    """The period at the end of the title: "quý III năm 2026"."""
    if period.kind in ("quarter", "quarter15"):
        # A reporting quarter is named by the month in which it ends (15→14).
        return f"quý {_ROMAN[(period.last.month - 1) // 3]} năm {period.last.year}"
    label = period.label.split(" (")[0]
    return f"{label[0].lower()}{label[1:]}"


def _receiver(material: Material) -> str:
    found = receiver_on("kstt", material.period.last)
    return NO_RECEIVER if found is None else found.name


def _signature(material: Material) -> Signature:
    found = receiver_on("kstt", material.period.last)
    to = [] if found is None else [found.name]
    return Signature(("Thủ trưởng đơn vị",), receivers=(*to, "Lưu: VT"))


# -- dossiers -----------------------------------------------------------------------------


def _published(material: Material) -> Sequence[str]:
    found = forms.procedure_line(material.form_cells)
    if not found["procedures_in_force"]:
        return (TO_WRITE,)
    unknown = _if_any(found, "procedures_unknown_level", "; chưa rõ cấp {}")
    return (
        f"Đến hết kỳ báo cáo, danh mục có {_count(found, 'procedures_in_force')} thủ tục hành "
        f"chính còn hiệu lực (cấp tỉnh {_count(found, 'procedures_province')}, cấp huyện "
        f"{_count(found, 'procedures_district')}, cấp xã {_count(found, 'procedures_commune')}"
        f"{unknown}).",
    )


def _resolved(material: Material, whole: Values | None) -> Sequence[str]:
    if whole is None or not whole["to_resolve"]:
        return (NOTHING,)
    texts = [
        f"Tổng số hồ sơ tiếp nhận, giải quyết trong kỳ là {_count(whole, 'to_resolve')} hồ sơ (kỳ "
        f"trước chuyển sang {_count(whole, 'carried_over')}; tiếp nhận mới "
        f"{_count(whole, 'received')}: trực tuyến {_count(whole, 'received_online')}, trực tiếp và "
        f"qua bưu chính công ích {_count(whole, 'received_offline')}).",
        _done(material, whole),
        f"Đang giải quyết {_count(whole, 'pending')} hồ sơ (trong hạn "
        f"{_count(whole, 'pending_in_time')}; quá hạn {_count(whole, 'pending_overdue')}"
        f"{_if_any(whole, 'pending_unclassified', '; chưa phân loại được {}')}).",
    ]
    if material.carry_over:
        texts.append(material.carry_over_words)
    name = form_on("II.06a", material.period.last).name
    return (*texts, *_ends(material), f"(Số liệu chi tiết: {name} kèm theo.)")


def _done(material: Material, whole: Values) -> str:
    judged = " trên số hồ sơ đã phân loại" if whole["resolved_unclassified"] else ""
    rate = _rate(material, whole["on_time"])
    return (
        f"Đã giải quyết {_count(whole, 'resolved')} hồ sơ (trước và đúng hạn "
        f"{_count(whole, 'resolved_in_time')}, đạt {rate}{judged}; quá hạn "
        f"{_count(whole, 'resolved_late')}"
        f"{_if_any(whole, 'resolved_unclassified', '; chưa phân loại được {}')}); trả lại "
        f"{_count(whole, 'returned')}, công dân xin rút {_count(whole, 'withdrawn')}."
    )


def _ends(material: Material) -> Sequence[str]:
    """The units with the highest and the lowest rates, of those whose rate is no chance."""
    few = int(material.form_ask.threshold("few_dossiers").value)
    found = forms.checked(
        forms.by_unit(material.form_cells, material.form_units), _names(material.form_unit_names)
    )
    judged = [
        line
        for line in found
        if line.level == 2
        and line.key is not None
        and line.values["on_time"] is not None
        and _judged(line.values) >= few
    ]
    if len(judged) < 2:
        return ()
    judged.sort(key=lambda line: (line.values["on_time"] or 0.0, -_judged(line.values)))
    best = judged[-1].values["on_time"]
    highest = [line for line in reversed(judged) if line.values["on_time"] == best]
    lowest = [line for line in judged if line.values["on_time"] != best][:_NAMED]
    most = (
        f"{number(len(highest))} đơn vị cùng đạt {_rate(material, best)}"
        if len(highest) > _NAMED
        else "; ".join(_unit(material, line) for line in highest)
    )
    least = "; ".join(_unit(material, line) for line in lowest) or "không có"
    return (
        f"Trong các đơn vị có từ {number(few)} hồ sơ đã phân loại trở lên, tỷ lệ đúng hạn cao "
        f"nhất: {most}; thấp nhất: {least}.",
    )


def _judged(values: Values) -> int:
    return int(values["resolved_in_time"] or 0) + int(values["resolved_late"] or 0)


def _unit(material: Material, line: Line) -> str:
    name = material.form_unit_names.get(int(line.key or 0), "đơn vị khác")
    sides = f"{_count(line.values, 'resolved_in_time')}/{number(_judged(line.values))}"
    return f"{name} ({_rate(material, line.values['on_time'])}, {sides} hồ sơ)"


def _counter(material: Material, whole: Values | None) -> Sequence[str]:
    if whole is None or not whole["to_resolve"]:
        return (NOTHING, TO_WRITE)
    late = forms.cause_total(forms.causes(material.form_cells))["late"]
    # Apologies are no figure of the forms: of a closed period they are not told anew.
    found = _of_now(material, "late_without_apology") if material.closed is None else None
    unsaid = (
        "" if found is None else f"; trong đó chưa có văn bản xin lỗi: {number(found['numerator'])}"
    )
    return (
        f"Hồ sơ chờ công dân bổ sung: {_count(whole, 'waiting_supplement')}. Hồ sơ quá hạn (đã và "
        f"đang giải quyết): {number(late)}{unsaid}.",
        TO_WRITE,
    )


def _of_now(material: Material, key: str) -> dict[str, Any] | None:
    """A figure of the period in total, judged at the forms' moment."""
    facts = material.asked.opened(material.asked.units, material.form_ask.alive)
    rows = measure(facts, [figure(key)], [material.form_ask])
    return next(rows.iter_rows(named=True), None)


def _online(material: Material, whole: Values | None) -> Sequence[str]:
    if whole is None or not whole["received"]:
        return (NOTHING,)
    share = _of_now(material, "online_share") if material.closed is None else None
    rate = "" if share is None else f", đạt {percent(share['rate'], edges=())}"
    return (
        f"Tiếp nhận trực tuyến {_count(whole, 'received_online')}/{_count(whole, 'received')} hồ "
        f"sơ tiếp nhận mới{rate}.",
        TO_WRITE,
    )


def _compared(material: Material, whole: Values | None) -> Sequence[str]:
    """The rate against that of the period before, where the review counts the same as the form."""
    if whole is None or whole["on_time"] is None or material.closed is not None:
        return (OWN_WORDS,)
    found = material.review
    now = found.whole("on_time")["rate"].to_list()[-1]
    rows = total(found.before).filter(pl.col("figure") == "on_time")["rate"].to_list()
    before = found.previous.of(rows[0] if rows else None)
    if now != whole["on_time"] or before is None:
        return (OWN_WORDS,)
    by = points(now - before).lstrip("+−")
    word = "tăng" if now > before else "giảm"
    changed = "không đổi" if by == "0" else f"{word} {by} điểm phần trăm"
    return (
        f"Tỷ lệ giải quyết trước và đúng hạn đạt {_rate(material, now)}, {changed} so với kỳ trước "
        f"({_rate(material, before)}).",
        OWN_WORDS,
    )


def _causes(material: Material) -> Sequence[str]:
    rows = forms.causes(material.form_cells)
    late = forms.cause_total(rows)["late"]
    if not late:
        return (f"Hồ sơ quá hạn: {NOTHING[0].lower()}{NOTHING[1:]}", OWN_WORDS)
    causes = {cause for _, cause, _ in rows}
    counts = {
        cause: forms.cause_total(row for row in rows if row[1] == cause)["late"] or 0
        for cause in causes
    }
    # Ties by code, as in the list of late dossiers: the same records make the same sentence.
    told = sorted((cause for cause in causes if cause), key=lambda cause: (-counts[cause], cause))
    parts = [f"{_lower(cause_name(cause))} {number(counts[cause])}" for cause in told]
    if None in causes:
        parts.append(f"chưa ghi nguyên nhân {number(counts[None])}")
    return (
        f"Có {number(late)} hồ sơ quá hạn (đã và đang giải quyết). Nguyên nhân: "
        f"{'; '.join(parts)}.",
        OWN_WORDS,
    )


# -- registers ----------------------------------------------------------------------------


def _inspected(material: Material) -> Sequence[str]:
    found = material.inspections
    if found is None:
        return (TO_WRITE,)
    if not found.count("visits") and not found.count("findings"):
        return (NOTHING,)
    visits = number(found.count("visits"))
    surprise = number(found.count("visits_surprise"))
    return (
        f"Trong kỳ đã thực hiện {visits} cuộc kiểm tra, trong đó đột xuất {surprise}. Tồn tại qua "
        f"kiểm tra: {number(found.count('findings'))}; đã khắc phục "
        f"{number(found.count('findings_fixed'))}; chưa khắc phục "
        f"{number(found.count('findings_open'))}, trong đó quá hạn "
        f"{number(found.count('findings_past_due'))}.",
    )


def _tasks(material: Material) -> Sequence[str]:
    found = material.tasks
    if found is None:
        return (TO_WRITE,)
    if not found.count("tasks_assigned"):
        return (NOTHING,)

    def told(key: str) -> str:
        return number(found.count(key))

    silent = found.count("tasks_completion_unknown")
    unsaid = f"; {number(silent)} nhiệm vụ chưa báo cáo tình hình" if silent else ""
    return (
        f"Được giao {told('tasks_assigned')} nhiệm vụ; đã hoàn thành {told('tasks_completed')}, "
        f"trong đó đúng hạn {told('tasks_completed_on_time')}, quá hạn "
        f"{told('tasks_completed_late')}, chưa rõ hạn {told('tasks_completed_undetermined')}; đang "
        f"thực hiện trong hạn {told('tasks_in_time')}, đã quá hạn {told('tasks_past_due')}, không "
        f"có hạn {told('tasks_no_due')}{unsaid}.",
    )


# -- words --------------------------------------------------------------------------------


def _rate(material: Material, rate: float | None) -> str:
    return percent(rate, edges=material.ask.edges)


def _names(names: Mapping[int, str]) -> Mapping[int | str | None, str]:
    return {None: "chưa rõ", **{int(unit): name for unit, name in names.items()}}


def _count(values: Values, key: str) -> str:
    return number(values[key])


def _if_any(values: Values, key: str, words: str) -> str:
    return words.format(number(values[key])) if values[key] else ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
