"""Which reports go out by themselves, when and to whom: seen and kept by administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from connectors.sending.plan import Sending
from connectors.sending.schedules import FOLDERS, Given, Kept
from metrics.core.periods import choices
from metrics.core.vietnamese import moment
from metrics.registers.columns import CHOICE, INTEGER, LONG, UNIT, Choice, Column
from pages.records import data as records
from pages.records.screen import Screen
from reports.registry import REPORTS
from ui.kit import forms, panel, writing
from ui.kit import table as tables
from ui.kit.listing import row_opens
from ui.kit.marks import GOING, GOOD, Html
from ui.kit.parts import empty
from ui.shell.context import Frame
from ui.shell.text import plain

_EVERY: Final = {
    "day": "hằng ngày",
    "week": "hằng tuần",
    "month": "hằng tháng",
    "quarter": "hằng quý",
}
_WEEKDAYS: Final = ("", "thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_FORMATS: Final = ("pdf", "docx", "xlsx", "pptx")


def _choices(words: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, word) for value, word in words.items())


def _titles() -> dict[str, str]:
    return {key: f"{one.title} ({', '.join(one.formats)})" for key, one in REPORTS.items()}


_PERIODS: Final = {kind: word for kind, word in choices().items() if kind != "custom"}
_LAYOUTS: Final = _choices({each: each.upper() for each in _FORMATS})
_NAME: Final = Column(
    "name", "Tên lịch", required=True, length=64, help="Chữ, số, - và _, ví dụ giao-ban-thu-hai."
)
_COLUMNS: Final = (
    Column("report", "Báo cáo", CHOICE, required=True, choices=_choices(_titles())),
    Column("unit_id", "Đơn vị", UNIT, help="Bỏ trống: tất cả những gì người nhận được xem."),
    Column("period", "Loại kỳ, báo cáo kỳ trọn gần nhất", CHOICE, required=True,
           choices=_choices(_PERIODS)),
    Column("every", "Gửi", CHOICE, required=True, choices=_choices(_EVERY)),
    Column("day", "Ngày", INTEGER, required=True, low=1, high=28,
           help="Hằng tuần: 1 là thứ Hai, 7 là Chủ nhật. Hằng tháng: ngày 1 đến 28. Hằng quý: ngày "
           "của tháng đầu quý. Hằng ngày: không dùng."),
    Column("at", "Lúc", required=True, length=5, help="Giờ địa phương, ví dụ 07:00."),
    Column("layout", "Định dạng", CHOICE, required=True, choices=_LAYOUTS),
    Column("second_layout", "Thêm định dạng", CHOICE, choices=_LAYOUTS),
    Column("receivers", "Người nhận, mỗi dòng: tên đăng nhập, thư điện tử", required=True,
           length=LONG,
           help="Mỗi người nhận được báo cáo trong phạm vi và quyền của tài khoản mình. Không ghi "
           "thư điện tử: chỉ lấy phạm vi để ghi vào thư mục."),
    Column("folder", "Thư mục", length=64,
           help=f"Ghi thêm vào thư mục này, dưới {FOLDERS} của thư mục dữ liệu, trong phạm vi của "
           "người nhận thứ nhất."),
)  # fmt: skip
_USUAL: Final = {"period": "week", "every": "week", "day": 1, "at": "07:00", "layout": "pdf"}


def schedules(screen: Screen) -> None:
    """The schedules, and the form for a new one; nothing for others than administrators."""
    plans = screen.schedules
    if plans is None:
        return
    forms.told()
    st.header("Gửi tự động")
    if plans.fault:
        st.error(f"Không gửi được báo cáo nào: {plain(plans.fault)}")
    if plans.lost:
        st.caption("Chưa đọc được các lịch gửi: mất kết nối cơ sở dữ liệu.")
        return
    names = {one.name for one in plans.files}
    rows = [_of_file(screen.frame, one) for one in plans.files]
    rows += [_of_screen(screen.frame, one, is_beaten=one.given.name in names) for one in plans.kept]
    if rows:
        _table(screen, rows)
    else:
        empty(
            "Chưa có lịch gửi nào",
            "Chưa báo cáo nào tự gửi.",
            "Thêm lịch ở dưới, hoặc đặt SENDING_FILE trên máy chủ.",
        )
    with st.expander("Thêm lịch gửi", icon=":material/schedule_send:"):
        _add(screen.frame)


def _table(screen: Screen, rows: list[tables.Row]) -> None:
    tables.table(
        rows,
        (
            tables.Column("Tình trạng", _state, order="state"),
            tables.Column("Lịch", "name", is_name=True),
            tables.Column("Báo cáo", "report"),
            tables.Column("Đơn vị", "unit"),
            tables.Column("Gửi", "when"),
            tables.Column("Nơi nhận", "to"),
            tables.Column("Đặt ở", "place", is_minor=True),
        ),
        alt="Các lịch gửi báo cáo tự động",
        away=None,  # accounts and addresses
        opens=row_opens(screen, "schedule", "id"),
    )


def _of_file(frame: Frame, one: Sending) -> tables.Row:
    return {**_words(frame, one), "id": None, "state": "going", "place": "SENDING_FILE"}


def _of_screen(frame: Frame, one: Kept, *, is_beaten: bool) -> tables.Row:
    state = "paused" if one.is_paused else "beaten" if is_beaten else "going"
    return {**_words(frame, one.sending), "id": one.id, "state": state, "place": "màn hình này"}


def _words(frame: Frame, one: Sending) -> tables.Row:
    declared = REPORTS.get(one.report)
    title = one.report if declared is None else declared.title
    to = [each.account if each.address else f"{each.account} (phạm vi)" for each in one.receivers]
    return {
        "name": one.name,
        "report": f"{title}, {', '.join(one.formats).upper()}",
        "unit": _unit(frame, one.unit),
        "when": _when(one),
        "to": "; ".join([*to, *([f"thư mục {one.folder.name}"] if one.folder else [])]),
    }


def _unit(frame: Frame, unit: str | None) -> str:
    if unit is None:
        return "Phạm vi người nhận"
    return frame.place_names.get(int(unit), unit) if unit.isdecimal() else unit


def _when(one: Sending) -> str:
    day = ""
    if one.every == "week":
        day = f", {_WEEKDAYS[one.day]}"
    elif one.every != "day":
        day = f", ngày {one.day}" + (" tháng đầu quý" if one.every == "quarter" else "")
    kind = _PERIODS.get(one.period, one.period)
    return f"{_EVERY[one.every]}{day}, {one.at:%H:%M}; {kind[0].lower()}{kind[1:]} trước"


def _state(row: tables.Row) -> Html:
    if row["state"] == "going":
        return GOOD.html("đang gửi")
    return GOING.html("tạm dừng" if row["state"] == "paused" else "SENDING_FILE có lịch cùng tên")


# -- writing ------------------------------------------------------------------------------


def _add(frame: Frame) -> None:
    form = forms.Form(
        "schedule", "Thêm lịch gửi", columns=(_NAME, *_COLUMNS), usual=_USUAL,
        done="Đã thêm lịch gửi; lần gửi đầu là lần đến hạn tới.", about=_about(),
    )  # fmt: skip
    forms.entry(frame, form, lambda typed: writing.add_schedule(_given(typed)))


def _about() -> str:
    names = ", ".join(plain(name) for name in records.account_names()[:50])
    return f"Tài khoản đang dùng: {names}."


def _given(typed: Mapping[str, Any]) -> Given:
    layouts = dict.fromkeys(filter(None, (typed["layout"], typed.get("second_layout"))))
    return Given(
        name=typed["name"],
        report=typed["report"],
        period=typed["period"],
        formats=tuple(layouts),
        every=typed["every"],
        day=int(typed["day"]),
        at=typed["at"],
        unit_id=typed.get("unit_id"),
        folder=typed.get("folder"),
        receivers=typed["receivers"],
    )


# -- an open one --------------------------------------------------------------------------


def open_schedule(screen: Screen) -> None:
    """The schedule that the address opens: change, pause, remove, its history."""
    plans, chosen = screen.schedules, screen.asked["schedule"]
    if plans is None or chosen is None:
        return
    one = next(each for each in plans.kept if each.id == chosen)
    with panel.panel(screen, "schedule", f"Lịch gửi {one.given.name}"):
        words = _words(screen.frame, one.sending)
        at = one.changed_at.astimezone(records.zone()).replace(tzinfo=None)
        panel.facts(
            [
                ("Báo cáo", words["report"]),
                ("Đơn vị", words["unit"]),
                ("Gửi", words["when"]),
                ("Nơi nhận", words["to"]),
                ("Sửa lần cuối", f"{moment(at)}, {one.changed_by}"),
            ]
        )
        _change(screen.frame, one)
        _rest(one)
        _history(one)


def _change(frame: Frame, one: Kept) -> None:
    given = one.given
    layouts = dict(zip(("layout", "second_layout"), given.formats, strict=False))
    form = forms.Form(
        "schedule", "Sửa lịch gửi", columns=_COLUMNS, fixed={"name": given.name},
        done="Đã sửa lịch gửi; từ nay gửi theo lịch mới.",
    )  # fmt: skip

    def write(typed: Mapping[str, Any]) -> None:
        writing.change_schedule(one.id, _given(typed))

    with st.expander("Sửa lịch gửi", icon=":material/edit:"):
        forms.entry(frame, form, write, {**given.__dict__, **layouts}, str(one.id))


def _rest(one: Kept) -> None:
    with st.container(horizontal=True, gap="small"):
        if one.is_paused:
            label, done = "Gửi tiếp", "Lịch gửi chạy tiếp từ lần đến hạn tới."
        else:
            label, done = "Tạm dừng", "Đã tạm dừng lịch gửi."
        if st.button(label, key=f"schedule_pause_{one.id}"):
            forms.written(lambda: writing.pause_schedule(one.id, is_paused=not one.is_paused), done)
        with st.popover("Bỏ lịch gửi", key=f"schedule_remove_menu_{one.id}"):
            st.markdown("Không gửi theo lịch này nữa. Lịch sử của lịch và các lần đã gửi vẫn giữ.")
            if st.button("Bỏ lịch gửi", key=f"schedule_remove_{one.id}", type="primary"):
                st.query_params.pop("schedule", None)
                forms.written(lambda: writing.remove_schedule(one.id), "Đã bỏ lịch gửi.")


def _history(one: Kept) -> None:
    rows = records.schedule_history(one.id)
    with st.expander(f"Ai đã sửa gì ({len(rows)})"):
        tables.table(
            rows,
            (
                tables.Column("Lúc", "at", "moment"),
                tables.Column("Người", "by"),
                tables.Column("Mục", "label"),
                tables.Column("Cũ", "old"),
                tables.Column("Mới", "new"),
            ),
            alt="Lịch sử của lịch gửi",
            away=None,  # accounts and addresses
        )
