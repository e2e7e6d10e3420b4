"""Reports that go out by themselves: what went, what did not and why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import streamlit as st

from connectors.sending.deliveries import FOLDER, STATES
from metrics.core.vietnamese import number
from pages.records import data as records
from pages.records.screen import Screen
from ui.kit import forms, writing
from ui.kit.marks import GOING, GOOD, WARN, Html
from ui.kit.table import Column, Row, table
from ui.shell import identity
from ui.shell.text import plain, safe

_MARKS: Final = {"sent": GOOD, "failed": WARN, "unsure": WARN}


def sendings(screen: Screen) -> None:
    """The newest deliveries; nothing where nothing is sent by itself."""
    if screen.found.lost or identity.scope().units is not None:
        return
    if alerts := records.alerts_sent():
        told = "; ".join(f"{number(count)} {word}" for word, count in alerts.items())
        st.caption(f"Cảnh báo, bản tin trong 7 ngày: {told}.")
    rows = records.deliveries()
    if not rows:
        return
    st.header("Các lần gửi báo cáo")
    table(
        rows,
        (
            Column("Tình trạng", _state, order="state"),
            Column("Báo cáo", "sending", is_name=True),
            Column("Đến hạn", "due_at", "moment"),
            Column("Người nhận", _receiver),
            Column("Lần thử", "attempts", "count"),
            Column("Lần tới", "next_at", "moment", is_minor=True),
            Column("Vì sao", _why),
        ),
        alt="Các lần gửi báo cáo tự động: tình trạng, người nhận, lỗi",
    )
    if identity.may("edit_settings"):
        _again(rows)


def _again(rows: Sequence[Row]) -> None:
    """What nothing happens to any more can be sent once more, by whoever answers for it."""
    for row in rows:
        if row["state"] in ("failed", "unsure"):
            label = plain(f"Gửi lại {row['sending']} cho {_receiver(row)}")
            if st.button(label, key=f"again_{row['id']}", icon=":material/forward_to_inbox:"):
                send = partial(writing.send_again, row["id"])
                forms.written(send, "Sẽ gửi lại trong ít phút.")


def _state(row: Row) -> Html:
    return _MARKS.get(row["state"], GOING).html(STATES[row["state"]])


def _receiver(row: Row) -> str:
    return "thư mục" if row["receiver"] == FOLDER else str(row["receiver"])


def _why(row: Row) -> Html:
    return Html(safe(row["error"] or "–"))
