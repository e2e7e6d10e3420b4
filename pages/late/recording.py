"""Recording of late dossiers: apologies, new dates, causes; of one dossier, of many at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import streamlit as st

from connectors.read import Timeline
from connectors.recording import LONGEST, MOST, Done, Letter, Recorded
from metrics.core.vietnamese import day, moment, number
from metrics.dossiers.lateness import cause_name, causes_on
from pages.late import data as late_data
from pages.late.letters import letters
from pages.late.screen import Screen
from ui.kit import forms, writing
from ui.kit.asking import now
from ui.shell import identity
from ui.shell.text import plain

APOLOGISE: Final = "Ghi văn bản xin lỗi, hẹn lại"
CAUSE: Final = "Ghi nguyên nhân trễ hạn"
MANY: Final = "Ghi xin lỗi, nguyên nhân; lập văn bản cho nhiều hồ sơ"
_DAYS: Final = "DD/MM/YYYY"
_ONCE: Final = (
    "Hẹn trả hiện hành đổi theo ngày hẹn mới kể từ ngày ban hành; hẹn trả gốc giữ nguyên. Một hồ "
    "sơ chỉ được hẹn lại một lần; để trống ngày hẹn mới nếu chỉ xin lỗi."
)
_ALL, _SOME = "Toàn bộ danh sách đang lọc", "Chọn từng hồ sơ"
_TOLD: Final = 5


# -- the open dossier -----------------------------------------------------------------------------


def one(screen: Screen, found: Timeline) -> None:
    """What people recorded of the open dossier, and the forms for more, for whoever may."""
    if not identity.may(writing.RECORD):
        return
    number_of, key = found.dossier_id, str(found.dossier_id)
    for record in writing.records(number_of):
        _record(record)
    if found.apologies:
        letters(screen.frame, lambda: [number_of], key, f"Văn bản xin lỗi, hồ sơ {found.code}")
    with st.expander(APOLOGISE, icon=":material/mail:"):
        st.caption(_ONCE)
        named = forms.key_of("letter", "dossier", key)
        with st.form(named, border=False):
            letter = _letter(named, None)
            sent = writing.submit("Ghi văn bản xin lỗi", type="primary")
        if sent:
            forms.written(
                lambda: writing.apologise([number_of], letter),
                "Đã ghi văn bản xin lỗi.",
                ("letter", "dossier", key),
            )
    with st.expander(CAUSE, icon=":material/report:"):
        named = forms.key_of("cause", "dossier", key)
        with st.form(named, border=False):
            cause = _cause(named, found.late_cause)
            sent = writing.submit("Ghi nguyên nhân", type="primary")
        if sent:
            _give(cause, [number_of], ("cause", "dossier", key))


def _record(record: Recorded) -> None:
    """One record: what it says, who said so, and the way to mend or withdraw it."""
    words = _words(record)
    if record.is_withdrawn:
        gone = f"Đã rút: {words}. Lý do: {record.why}."
        st.caption(plain(f"{gone} {record.by}, {moment(record.at)}"))
        return
    again = f", sửa: {record.why}" if record.is_mended and record.why else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(f"{words} – ghi {moment(record.at)}, {record.by}{again}"))
        with st.popover("Sửa, rút", icon=":material/edit:"):
            _mend(record)


def _words(record: Recorded) -> str:
    if record.letter is None:
        return f"Nguyên nhân: {cause_name(record.cause).lower()}"
    letter = record.letter
    parts = [
        "Văn bản xin lỗi" + (f" số {letter.number}" if letter.number else ""),
        f"ngày {day(letter.issued_on)}",
        *([f"hẹn lại {day(letter.new_due_on)}"] if letter.new_due_on else []),
        *([f"người ký {letter.signer}"] if letter.signer else []),
        f"lý do: {letter.reason}",
    ]
    return ", ".join(parts)


def _mend(record: Recorded) -> None:
    named, turn = forms.key_of("mend", "record", str(record.id)), ("mend", "record", str(record.id))
    with st.form(named, border=False):
        content: Letter | str | None
        if record.letter is None:
            content = _cause(named, record.cause)
        else:
            content = _letter(named, record.letter)
        why = st.text_input("Lý do sửa, rút *", key=f"{named}_why", max_chars=LONGEST["why"])
        with st.container(horizontal=True, gap="small"):
            mends = st.form_submit_button("Lưu sửa đổi", type="primary")
            withdraws = st.form_submit_button("Rút lần ghi này", icon=":material/delete:")
    if mends and content is not None:
        kept = content
        forms.written(lambda: writing.mend_record(record.id, kept, why), "Đã sửa.", turn)
    if withdraws:
        forms.written(lambda: writing.withdraw_record(record.id, why), "Đã rút lần ghi.", turn)


# -- fields ---------------------------------------------------------------------------------------


def _letter(named: str, usual: Letter | None, *, several: bool = False) -> Letter:
    """The fields of a letter. ``several``: letters of many dossiers, numbered one after another."""
    today = now().date()
    first, second = st.columns(2), st.columns(2)
    numbered = "Số văn bản đầu tiên" if several else "Số văn bản"
    counted = "Các văn bản sau đánh số tiếp: 15/TXL, 16/TXL…" if several else None
    with first[0]:
        issued = st.date_input(
            "Ngày ban hành *", usual.issued_on if usual else today, max_value=today,
            format=_DAYS, key=f"{named}_issued",
        )  # fmt: skip
    with first[1]:
        no = st.text_input(
            numbered, (usual and usual.number) or "", max_chars=LONGEST["number"], help=counted,
            key=f"{named}_no",
        )  # fmt: skip
    with second[0]:
        signer = st.text_input(
            "Người ký", (usual and usual.signer) or "", max_chars=LONGEST["signer"],
            key=f"{named}_signer", placeholder="Chức vụ, họ tên",
        )  # fmt: skip
    with second[1]:
        due = st.date_input(
            "Ngày hẹn trả mới", usual.new_due_on if usual else None, format=_DAYS,
            key=f"{named}_due",
        )  # fmt: skip
    reason = st.text_area(
        "Lý do chậm trả *", usual.reason if usual else "", height=80,
        max_chars=LONGEST["reason"], key=f"{named}_reason",
        help="In vào văn bản; không ghi họ tên, điện thoại, số giấy tờ",
    )  # fmt: skip
    return Letter(_one_day(issued) or today, reason, no or None, signer or None, _one_day(due))


def _one_day(value: object) -> date | None:
    return value if isinstance(value, date) else None


def _cause(named: str, usual: str | None) -> str | None:
    words = causes_on(now().date())
    options = list(words)
    return st.selectbox(
        "Nguyên nhân *",
        options,
        index=options.index(usual) if usual in words else None,
        format_func=words.__getitem__,
        placeholder="Chọn",
        key=f"{named}_cause",
    )


def _give(
    cause: str | None, dossiers: list[int], turn: tuple[str, str, str], *, skips: bool = False
) -> None:
    if cause is None:
        forms.refused(["Hãy chọn nguyên nhân."])
        return

    def write() -> str:
        done = writing.give_cause(dossiers, cause, skips=skips)
        return _done("Đã ghi nguyên nhân trễ hạn", done)

    forms.written(write, "", turn)


def _done(words: str, done: Done) -> str:
    """What was written of how many, and what was left out, and why."""
    if len(done.dossiers) == 1 and not done.left_out:
        return f"{words}."
    said = f"{words} của {number(len(done.dossiers))} hồ sơ."
    if done.left_out:
        named = "; ".join(f"{code}: {why.rstrip('.')}" for code, why in done.left_out[:_TOLD])
        more = len(done.left_out) - _TOLD
        rest = f"; và {number(more)} hồ sơ khác" if more > 0 else ""
        said += f" Bỏ qua {number(len(done.left_out))} hồ sơ ({plain(named)}{rest})."
    return said


# -- many at once ---------------------------------------------------------------------------------


def tools(screen: Screen) -> Callable[[], None]:
    """Draws what can be recorded of all dossiers of the list, for whoever may; else nothing."""

    def draw() -> None:
        if not identity.may(writing.RECORD) or screen.group.is_acceptance or screen.is_small:
            return
        with st.expander(MANY, icon=":material/playlist_add_check:"):
            _many(screen)

    return draw


def _many(screen: Screen) -> None:
    count = screen.listing.total
    which = st.radio("Ghi cho", (_ALL, _SOME), horizontal=True, key="record_which",
                     captions=(f"{number(count)} hồ sơ", "theo mã"))  # fmt: skip
    chosen: list[int] | None = None
    if which == _SOME:
        codes = late_data.first_codes(screen.listing)
        chosen = st.multiselect(
            "Hồ sơ", list(codes), format_func=codes.__getitem__, placeholder="Gõ mã hồ sơ",
            key="record_chosen",
        )  # fmt: skip
    elif count > MOST:
        st.caption(f"Mỗi lần ghi nhiều nhất {number(MOST)} hồ sơ; hãy lọc thêm.")
        return

    def dossiers() -> list[int]:
        return late_data.every_dossier(screen.frame, screen.wanted) if chosen is None else chosen

    apologies, causes, documents = st.tabs(("Xin lỗi, hẹn lại", "Nguyên nhân", "Lập văn bản"))
    with apologies:
        _many_letters(dossiers)
    with causes:
        _many_causes(dossiers)
    with documents:
        st.caption(
            "Mỗi hồ sơ đã ghi văn bản xin lỗi một trang; hồ sơ chưa ghi không có văn bản. Muốn lập "
            "cho hồ sơ đã xin lỗi, hãy mở danh sách “Trễ hạn” và lọc “Đã xin lỗi”."
        )
        letters(screen.frame, dossiers, "many", f"Văn bản xin lỗi: {screen.group.label}")


def _many_letters(dossiers: Callable[[], list[int]]) -> None:
    st.caption(_ONCE)
    named, turn = forms.key_of("letter", "dossiers", ""), ("letter", "dossiers", "")
    with st.form(named, border=False):
        letter = _letter(named, None, several=True)
        skips = _skips(named)
        sent = writing.submit("Ghi văn bản xin lỗi", type="primary")
    if sent:

        def write() -> str:
            done = writing.apologise(dossiers(), letter, skips=skips)
            return _done("Đã ghi văn bản xin lỗi", done)

        with st.spinner("Đang ghi…"):
            forms.written(write, "", turn)


def _many_causes(dossiers: Callable[[], list[int]]) -> None:
    named, turn = forms.key_of("cause", "dossiers", ""), ("cause", "dossiers", "")
    with st.form(named, border=False):
        cause = _cause(named, None)
        skips = _skips(named)
        sent = writing.submit("Ghi nguyên nhân", type="primary")
    if sent:
        with st.spinner("Đang ghi…"):
            _give(cause, dossiers() if cause else [], turn, skips=skips)


def _skips(named: str) -> bool:
    return st.checkbox(
        "Bỏ qua hồ sơ không ghi được",
        key=f"{named}_skips",
        help="Không chọn: có một hồ sơ không ghi được thì không ghi hồ sơ nào",
    )
