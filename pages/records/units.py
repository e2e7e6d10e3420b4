"""Units that are one: likely ones with one click, what else a unit is called, the way back."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from metrics.core.vietnamese import day, moment, number
from pages.records import data as records
from pages.records.screen import Screen
from ui.kit import forms, writing
from ui.kit.fields import units as choices
from ui.kit.parts import empty
from ui.shell.text import plain

_SHOWN: Final = 30
_MOST: Final = 255
_DAYS: Final = "DD/MM/YYYY"
_WHICH_DAY: Final = "Ngày tiếp nhận hồ sơ; để trống: không giới hạn."


def units(screen: Screen) -> None:
    """What the administrator is asked, may say, and has said."""
    forms.told()
    st.header("Những đơn vị giống nhau")
    st.caption(
        "Các nguồn gọi một đơn vị bằng nhiều tên và mã. Nhập hai dòng danh mục làm một thì hồ sơ, "
        "bước xử lý, các sổ và tài khoản của dòng kia chuyển sang dòng giữ lại; tệp nạp sau dùng "
        "cách viết cũ cũng về đó. Số liệu theo ghi nhận trước lúc nhập giữ nguyên, và tách lại "
        "được."
    )
    _likely(screen)
    _forms(screen)
    _said()


def _likely(screen: Screen) -> None:
    found = records.likely(screen.frame)
    if not found:
        empty(
            "Không thấy đơn vị nào giống nhau",
            "Danh mục không có hai dòng cùng mã định danh hoặc cùng tên trong cùng một nơi.",
            "Nếu vẫn có hai dòng là một, hãy chọn ở “Nhập hai đơn vị làm một” bên dưới.",
        )
        return
    for pair in found[:_SHOWN]:
        with st.container(border=True, key=f"alike_{pair.kept}_{pair.other}"):
            st.markdown(
                f"**{plain(pair.kept_words)}** ({number(pair.kept_dossiers)} hồ sơ) và "
                f"**{plain(pair.other_words)}** ({number(pair.other_dossiers)} hồ sơ): "
                f"{pair.why}."
            )
            with st.container(horizontal=True, gap="small"):
                for kept, other, name in (
                    (pair.kept, pair.other, pair.kept_name),
                    (pair.other, pair.kept, pair.other_name),
                ):
                    label = f"Là một, giữ “{plain(name)}”"
                    if st.button(label, key=f"same_{kept}_{other}"):
                        _merge(kept, other, f"Giống nhau: {pair.why}")
    if len(found) > _SHOWN:
        st.caption(f"Đang hiện {_SHOWN} trong {number(len(found))} cặp, nhiều hồ sơ nhất trước.")


def _merge(kept: int, other: int, reason: str) -> None:
    forms.written(lambda: writing.merge_units(kept, other, reason), "Đã nhập hai đơn vị làm một.")


def _forms(screen: Screen) -> None:
    words = choices(screen.frame, None)
    look: dict[str, Any] = {"index": None, "format_func": words.__getitem__, "placeholder": "Chọn"}
    with (
        st.expander("Nhập hai đơn vị làm một", icon=":material/merge:"),
        st.form("merge_units", border=False),
    ):
        kept = st.selectbox("Giữ đơn vị *", list(words), key="merge_kept", **look)
        other = st.selectbox("Đơn vị kia *", list(words), key="merge_other", **look)
        reason = st.text_input("Lý do, văn bản *", key="merge_reason", max_chars=1000)
        if writing.submit("Nhập làm một"):
            if kept is None or other is None:
                forms.refused(["Hãy chọn cả hai đơn vị."])
            else:
                _merge(kept, other, reason)
    with (
        st.expander("Ghi cách gọi khác của một đơn vị", icon=":material/label:"),
        st.form("call_unit", border=False),
    ):
        text = st.text_input("Mã hoặc tên mà nguồn dùng *", key="call_text", max_chars=_MOST)
        unit = st.selectbox("Là đơn vị *", list(words), key="call_unit_id", **look)
        left, right = st.columns(2)
        with left:
            first = st.date_input("Từ ngày", None, key="call_from", format=_DAYS, help=_WHICH_DAY)
        with right:
            last = st.date_input("Đến ngày", None, key="call_to", format=_DAYS, help=_WHICH_DAY)
        reason = st.text_input("Lý do, văn bản *", key="call_reason", max_chars=1000)
        if writing.submit("Ghi cách gọi"):
            if unit is None:
                forms.refused(["Hãy chọn đơn vị."])
            else:
                named = int(unit)
                forms.written(
                    lambda: writing.call_unit(named, text, (first, last), reason),
                    "Đã ghi cách gọi; các tệp nạp từ nay dùng cách gọi này.",
                )


def _said() -> None:
    found = writing.unit_aliases()
    st.header("Đã ghi")
    if found.is_empty():
        st.caption("Chưa nhập đơn vị nào làm một, chưa ghi cách gọi nào.")
        return
    for row in found.iter_rows(named=True):
        _line(row)


def _line(row: dict[str, Any]) -> None:
    alias, is_merged = row["alias_id"], row["is_merged"]
    what = "là một với" if is_merged else "là cách gọi của"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{plain(row['text'])}** {what} **{plain(row['unit'])}**{_days(row)} – "
            f"{moment(row['at'])}, {plain(row['by'])}: {plain(row['reason'])}"
        )
        if st.button("Tách lại" if is_merged else "Gỡ", key=f"back_{alias}"):
            done = "Đã tách hai đơn vị." if is_merged else "Đã gỡ cách gọi."
            forms.written(lambda: writing.take_back_alias(alias), done)


def _days(row: dict[str, Any]) -> str:
    first = f" từ {day(row['valid_from'])}" if row["valid_from"] else ""
    last = f" đến {day(row['valid_to'])}" if row["valid_to"] else ""
    return first + last
