"""Parts of the screen of one's own alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import streamlit as st

from connectors.alerts.outbox import STATES
from connectors.alerts.store import Found, KeptRule
from metrics.core.vietnamese import moment, number
from metrics.figures import ALL_FIGURES
from pages.alerts import data as alerts
from reports.alerts.scenes import rule_of
from ui.kit import panel
from ui.kit import screen as kit
from ui.kit.links import href, link
from ui.kit.listing import row_opens
from ui.kit.marks import BAD, GOING, GOOD, NONE, WARN, Html
from ui.kit.parts import empty, opens
from ui.kit.query import Query, one_of, opened
from ui.kit.table import Column, Row, table
from ui.shell.context import Frame
from ui.shell.text import safe

ALERT, RULE = "alert", "rule"
QUERY: Final = Query(
    "alerts", one_of("figure", ALL_FIGURES, is_listed=False), opened(ALERT), opened(RULE)
)
"""The figure that a rule is to be made of; the alert, the rule that is open."""
RULES: Final = "quy-tac"
NEW: Final = "nhac-toi"
HOW: Final = "cach-nhan"
_STATES: Final = {"new": BAD.html("mới"), "open": WARN.html("đang có"), "over": NONE.html("đã hết")}
_MARKS: Final = {"sent": GOOD, "failed": WARN}


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the reader keeps and was told."""

    mine: alerts.Mine

    @property
    def alert(self) -> Found | None:
        """The alert of the address."""
        return next((one for one in self.mine.found if one.id == self.asked[ALERT]), None)

    @property
    def rule(self) -> KeptRule | None:
        """The rule of the address."""
        return next((one for one in self.mine.rules if one.id == self.asked[RULE]), None)


def read(frame: Frame) -> Screen:
    """The screen of the address; what is not the reader's own means nothing there."""
    mine = alerts.read(frame)
    known = {ALERT: {one.id for one in mine.found}, RULE: {one.id for one in mine.rules}}
    return Screen(frame, QUERY.read(**known), "alerts", mine)


def heading(screen: Screen) -> None:
    """The title, and that all of it is the reader's alone."""
    kit.heading(screen, "Cảnh báo của tôi")
    st.caption(
        "Quy tắc do chính bạn đặt, xét trong phạm vi bạn được xem; không ai khác thấy. Mỗi việc "
        "báo một lần khi bắt đầu, và báo lại khi đã hết rồi bắt đầu lại."
    )
    if screen.mine.lost:
        st.caption("Chưa đọc được cảnh báo: mất kết nối cơ sở dữ liệu.")


# -- alerts ---------------------------------------------------------------------------------


def opened_alert(screen: Screen) -> None:
    """The alert of the address: since when, by which rule, and the way to its rows."""
    one = screen.alert
    if one is None:
        return
    with panel.panel(screen, ALERT, one.subject or "Cảnh báo"):
        st.html(f"<p>{safe(one.text)} {_to(screen.frame, one)}</p>")
        rule = next((each for each in screen.mine.rules if each.id == one.rule_id), None)
        panel.facts(
            [
                ("Tình trạng", _STATES[alerts.state(one)]),
                ("Từ", moment(alerts.local(one.began_at))),
                ("Đến", None if one.ended_at is None else moment(alerts.local(one.ended_at))),
                ("Quy tắc", rule and alerts.words(screen.frame, rule_of(rule.given))),
            ]
        )


def _to(frame: Frame, one: Found) -> Html:
    """The link to what an alert speaks of, where the reader may open that screen."""
    if not one.page or not opens(frame, one.page):
        return Html("")
    return link("Mở số liệu", href(frame, one.page, dict(parse_qsl(one.params))))


def alert_list(screen: Screen) -> None:
    """What is so now, then what has ended; each opens above."""
    rows = alerts.rows(screen.mine)
    going = sum(row["state"] != "over" for row in rows)
    st.header(f"Cảnh báo ({number(going)})" if going else "Cảnh báo", anchor="danh-sach")
    if not rows:
        empty(
            "Chưa có cảnh báo nào",
            "Không quy tắc nào của bạn được thỏa, hoặc bạn chưa đặt quy tắc nào.",
            None if screen.mine.rules else "Hãy chọn một quy tắc ở mục Nhắc tôi.",
        )
        return
    table(
        rows,
        (
            Column("Tình trạng", lambda row: _STATES[row["state"]], order="state"),
            Column("Của", lambda row: row["subject"] or "Nguồn", is_name=True),
            Column("Nội dung", "text"),
            Column("Từ", "began_at", "moment"),
            Column("Đến", "ended_at", "moment", is_minor=True),
        ),
        alt="Cảnh báo của tôi: đang có trước, đã hết sau",
        opens=row_opens(screen, ALERT, "id"),
        away=None,  # one's own
    )


# -- rules ----------------------------------------------------------------------------------


def rule_list(screen: Screen) -> None:
    """The reader's rules; each opens above."""
    rows = alerts.rule_rows(screen.frame, screen.mine)
    st.header(f"Quy tắc ({number(len(rows))})" if rows else "Quy tắc", anchor=RULES)
    if not rows:
        st.caption("Chưa có quy tắc nào.")
        return
    table(
        rows,
        (
            Column("Tình trạng", _rule_state, order="is_paused"),
            Column("Quy tắc", "words", is_name=True),
            Column("Báo qua", "way"),
            Column("Đang có", "open", "count"),
        ),
        alt="Quy tắc cảnh báo của tôi",
        opens=row_opens(screen, RULE, "id"),
        away=None,  # one's own
    )


def _rule_state(row: Row) -> Html:
    return GOING.html("tạm dừng") if row["is_paused"] else GOOD.html("đang xét")


def sent(screen: Screen) -> None:
    """What went to the reader's own addresses lately; nothing where nothing did."""
    if not screen.mine.messages:
        return
    with st.expander("Đã gửi gần đây", icon=":material/outgoing_mail:"):
        table(
            screen.mine.messages,
            (
                Column("Tình trạng", _message_state, order="state"),
                Column("Tin", "what", is_name=True),
                Column("Qua", "way"),
                Column("Lúc", "due_at", "moment"),
                Column("Lần thử", "attempts", "count", is_minor=True),
                Column("Lần tới", "next_at", "moment", is_minor=True),
                Column("Vì sao", lambda row: row["error"] or "–"),
            ),
            alt="Thư và web hook đã gửi gần đây",
            away=None,  # one's own
        )


def _message_state(row: Row) -> Html:
    return _MARKS.get(row["state"], GOING).html(STATES[row["state"]])
