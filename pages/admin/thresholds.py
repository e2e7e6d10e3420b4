"""Administration: thresholds in force, the installation's own ones, setting them."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Final

import streamlit as st

from connectors.access import Reader
from connectors.overrides import (
    OverrideRefused,
    StoredThreshold,
    remove_threshold,
    set_threshold,
    stored_thresholds,
)
from metrics.core.thresholds import Threshold
from metrics.core.vietnamese import day as day_word
from metrics.core.vietnamese import level, number
from metrics.dossiers.lateness import bands
from pages.admin import screen as admin
from pages.admin import settings as admin_settings
from pages.admin.data import local
from pages.admin.screen import Screen
from ui.kit.marks import Html
from ui.kit.table import Column, Row, table
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.text import safe

UNITS: Final = {
    "rate": "",
    "dossiers": "hồ sơ",
    "weeks": "tuần",
    "working_days": "ngày làm việc",
    "days": "ngày",
    "times": "lần",
    "places": "bậc",
    "years": "năm",
}
_ROUND: Final = "threshold_round"
_PLACE: Final = "thresholds"


def value_word(value: float, unit: str) -> str:
    """98%, 3 hồ sơ, 14 ngày."""
    if unit == "rate":
        return level(value)
    return f"{number(value)} {UNITS.get(unit, '')}".strip()


def thresholds(screen: Screen) -> None:
    """What holds today, from where; the installation's own values; the form to set one."""
    frame, today = screen.frame, datetime.now(data.settings().zone).date()
    in_force = frame.facts.thresholds.all_on(today)
    database = data.database()
    stored = asked(lambda: stored_thresholds(database))
    _in_force(in_force)
    scale = ", ".join(band.label for band in bands(today))
    st.caption(
        f"Đang có hiệu lực ngày {day_word(today)}. Kỳ cũ được xét bằng ngưỡng có hiệu lực khi ấy. "
        f"Thang ngày quá hạn ({scale}) và mức mặc định nằm trong metrics/core/thresholds.toml."
    )
    if stored is None:
        admin.lost()
        return
    labels = {one.key: one for one in in_force}
    if not frame.may("edit_settings", whole=True):
        st.caption("Chỉ quản trị của toàn hệ thống sửa được ngưỡng.")
        return
    _form(labels, today)
    admin.told(_PLACE)
    admin_settings.told()
    _own(stored, labels, today)


def _in_force(in_force: list[Threshold]) -> None:
    table(
        [vars(one) | {"is_own": one.is_own} for one in in_force],
        (
            Column("Ngưỡng", "label", is_name=True),
            Column(
                "Giá trị",
                lambda row: Html(f"<b>{value_word(row['value'], row['unit'])}</b>"),
                in_file=(
                    Column("Giá trị", lambda row: _number(row, is_rate=False)),
                    Column("Tỷ lệ", lambda row: _number(row, is_rate=True), "told"),
                    Column("Đơn vị tính", lambda row: UNITS.get(row["unit"], row["unit"])),
                ),
            ),
            Column("Căn cứ", _origin),
        ),
        alt="Các ngưỡng đang có hiệu lực",
        sorts=False,
    )


def _number(row: Row, *, is_rate: bool) -> float | None:
    return row["value"] if (row["unit"] == "rate") is is_rate else None


def _origin(row: Row) -> Html:
    document = safe(row["document"])
    if not row["is_own"]:
        return Html(f'<span class="dh-muted">○ {document}</span>')
    return Html(f"<b>★ Đặt riêng từ {day_word(row['valid_from'])}</b>: {document}")


def _form(labels: dict[str, Threshold], today: date) -> None:
    end = st.session_state.get(_ROUND, 0)
    with st.expander("Đặt ngưỡng riêng", icon=":material/tune:"):
        key = st.selectbox(
            "Ngưỡng",
            list(labels),
            format_func=lambda name: labels[name].label,
            key=f"threshold_key_{end}",
        )
        chosen = labels[key]
        with st.form(f"threshold_{end}", border=False):
            left, right = st.columns(2)
            with left:
                rate = chosen.unit == "rate"
                words = "%" if rate else UNITS.get(chosen.unit, chosen.unit)
                st.number_input(
                    f"Giá trị ({words})",
                    value=round(chosen.value * 100, 4) if rate else int(chosen.value),
                    key=f"threshold_value_{key}_{end}",
                )
            with right:
                st.date_input(
                    "Có hiệu lực từ ngày", today, format="DD/MM/YYYY", key=f"threshold_from_{end}"
                )
            st.text_input("Văn bản làm căn cứ", key=f"threshold_document_{end}", max_chars=512)
            st.form_submit_button("Đặt ngưỡng", type="primary", on_click=_set, args=(chosen, end))


def _set(chosen: Threshold, end: int) -> None:
    typed = st.session_state.get(f"threshold_value_{chosen.key}_{end}")
    begins = st.session_state.get(f"threshold_from_{end}")
    document = str(st.session_state.get(f"threshold_document_{end}") or "")

    def write(reader: Reader) -> None:
        if typed is None or not isinstance(begins, date):
            raise OverrideRefused("Hãy ghi giá trị và ngày bắt đầu có hiệu lực.")
        value = round(typed / 100, 6) if chosen.unit == "rate" else float(typed)
        set_threshold(data.database(), chosen.key, value, begins, document, actor=reader.actor)

    if admin_settings.change(
        f"ngưỡng {chosen.key}",
        write,
        f"Đã đặt ngưỡng “{chosen.label}”. Mọi màn hình dùng ngay, các kỳ từ ngày hiệu lực.",
        None,
        _PLACE,
    ):
        st.session_state[_ROUND] = end + 1


def _own(stored: list[StoredThreshold], labels: dict[str, Threshold], today: date) -> None:
    st.header(f"Ngưỡng đặt riêng ({len(stored)})")
    if not stored:
        st.caption("Chưa đặt riêng ngưỡng nào: mọi giá trị là mặc định của phần mềm.")
        return
    for one in stored:
        known = labels.get(one.key)
        label = one.key if known is None else known.label
        unit = "" if known is None else known.unit
        later = " (chưa đến)" if one.valid_from > today else ""
        admin.own_row(
            f"threshold_drop_{one.id}",
            f"<b>{safe(label)}: {value_word(one.value, unit)}</b> từ "
            f"{day_word(one.valid_from)}{later}",
            f"{one.document}; {one.by} đặt lúc {local(one.at)}",
            partial(_drop, one.id, label),
        )


def _drop(threshold_id: int, label: str) -> None:
    def write(reader: Reader) -> None:
        remove_threshold(data.database(), threshold_id, actor=reader.actor)

    admin_settings.change(
        "bỏ ngưỡng đặt riêng",
        write,
        f"Đã bỏ ngưỡng riêng “{label}”; giá trị trước đó có hiệu lực lại.",
        None,
        _PLACE,
    )
