"""Forms of one's own alerts: a rule from a figure, rules that are offered, how one is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import streamlit as st

from connectors.alerts import store
from connectors.alerts.bounds import bounds
from connectors.alerts.store import AlertRefused, Given, KeptRule, Reader
from connectors.registers import RegisterRefused
from connectors.said import Said
from metrics.alerts.rules import KINDS, SIDES, Rule, offers
from metrics.core.figure import Fact
from metrics.core.periods import choices
from metrics.core.vietnamese import moment
from metrics.figures import ALL_FIGURES
from metrics.registers.columns import BOOLEAN, CHOICE, UNIT, Choice, Column
from pages.alerts import data as alerts
from pages.alerts.screen import ALERT, HOW, NEW, RULE, Screen
from reports.alerts.scenes import ACTION, rule_of, wrong_with
from ui.kit import forms, panel, writing
from ui.kit.forms import Form
from ui.shell import data
from ui.shell.text import plain

_SUBJECTS: Final[Mapping[Fact, str]] = {
    "dossier": "Hồ sơ",
    "pause": "Hồ sơ",
    "task": "Nhiệm vụ",
    "reminder": "Nhiệm vụ",
    "inspection": "Kiểm tra",
    "finding": "Kiểm tra",
    "finding_check": "Kiểm tra",
    "feedback": "Phản ánh, kiến nghị",
    "survey": "Chất lượng phục vụ",
    "indicator_value": "Số liệu báo cáo",
    "form_row": "Số liệu báo cáo",
}
_WHOLE: Final = {"whole": "kỳ trọn gần nhất", "running": "kỳ đang diễn ra"}
_EACH: Final = {"together": "cộng cả lại", "each": "từng đơn vị"}


def _choices(words: Mapping[Any, str]) -> tuple[Choice, ...]:
    return tuple(Choice(str(value), word) for value, word in words.items())


_FIGURES: Final = {
    key: f"{_SUBJECTS.get(one.fact, 'Khác')}: {one.label}" for key, one in ALL_FIGURES.items()
}
_PERIODS: Final = {kind: word for kind, word in choices().items() if kind != "custom"}
_COLUMNS: Final = (
    Column("kind", "Báo khi", CHOICE, required=True,
           choices=_choices({kind: KINDS[kind] for kind in ("threshold", "signal")})),
    Column("figure", "Chỉ tiêu", CHOICE, required=True, choices=_choices(_FIGURES)),
    Column("side", "So với mức", CHOICE, choices=_choices(SIDES),
           help="Chỉ dùng khi chỉ tiêu qua một mức."),
    Column("value", "Mức", length=12, help="Ví dụ 95% với tỷ lệ, 10 với số lượng."),
    Column("unit_id", "Đơn vị", UNIT, help="Bỏ trống: tất cả những gì bạn được xem."),
    Column("each", "Xét", CHOICE, required=True, choices=_choices(_EACH)),
    Column("period", "Loại kỳ", CHOICE, required=True, choices=_choices(_PERIODS)),
    Column("whole", "Kỳ xét", CHOICE, required=True, choices=_choices(_WHOLE),
           help="Số tại một thời điểm (như đang tồn) không phụ thuộc kỳ."),
)  # fmt: skip
_MAIL: Final = Column("by_mail", "Báo qua thư", BOOLEAN, default=False)
_HOOK: Final = Column("by_hook", "Báo qua web hook", BOOLEAN, default=False)


@contextmanager
def _writes(about: str) -> Iterator[Said]:
    """As whom the reader writes what is the reader's own; why it cannot be, as forms tell it."""
    try:
        with writing.writes(ACTION, about) as said:
            yield said
    except AlertRefused as problem:
        raise RegisterRefused(str(problem)) from problem


# -- a new rule -----------------------------------------------------------------------------


def remind(screen: Screen) -> None:
    """Rules that are offered, and the form for one of any figure."""
    st.header("Nhắc tôi", anchor=NEW)
    _offers(screen)
    figure = screen.asked["figure"]
    with st.expander("Quy tắc từ một chỉ tiêu", icon=":material/add_alert:", expanded=bool(figure)):
        _form(screen, figure or "on_time")


def _offers(screen: Screen) -> None:
    """What can be taken over as it stands; what is kept already is not offered again."""
    kept = [rule_of(one.given) for one in screen.mine.rules]
    left = [offer for offer in offers() if offer.rule not in kept]
    if not left:
        return
    with st.container(horizontal=True, gap="small"):
        for offer in left:
            if st.button(plain(offer.label), key=f"offer_{offer.key}", icon=":material/add:"):
                keep = partial(_keep, screen, offer.rule, *_usual_ways(screen))
                forms.written(keep, "Đã đặt quy tắc; được xét trong ít phút.")


def _usual_ways(screen: Screen) -> tuple[bool, bool]:
    reader = screen.mine.reader
    return reader.mail is not None, reader.hook is not None


def _form(screen: Screen, figure: str) -> None:
    mail, hook = _usual_ways(screen)
    wanted = ALL_FIGURES[figure]
    usual = {
        "kind": "threshold",
        "figure": figure,
        "side": "above" if wanted.better == "down" else "below",
        "unit_id": screen.frame.view.unit,
        "each": "together",
        "period": "week",
        "whole": "running" if wanted.is_stock else "whole",
        "by_mail": mail,
        "by_hook": hook,
    }
    ways = (*((_MAIL,) if mail else ()), *((_HOOK,) if hook else ()))
    form = Form(
        "alert_rule", "Nhắc tôi", button="Nhắc tôi", columns=(*_COLUMNS, *ways),
        done="Đã đặt quy tắc; được xét trong ít phút.",
        refuse=lambda typed: [] if _value(typed) is not None or typed["kind"] != "threshold" else
        ["Hãy ghi mức là một số, ví dụ 95% hoặc 10."],
    )  # fmt: skip

    def write(typed: Mapping[str, Any]) -> object:
        is_threshold = typed["kind"] == "threshold"
        rule = Rule(
            typed["kind"], typed["figure"], typed["unit_id"], typed["each"] == "each",
            typed["period"] if is_threshold else "week",
            typed["whole"] == "whole" or not is_threshold,
            typed["side"] or "below", _value(typed) if is_threshold else None,
        )  # fmt: skip
        return _keep(screen, rule, bool(typed.get("by_mail")), bool(typed.get("by_hook")))

    forms.entry(screen.frame, form, write, usual, figure)


def _value(typed: Mapping[str, Any]) -> float | None:
    """A level as it is typed: 95%, 95 (of a rate) and 0,95 are the same; None: no number."""
    text = (typed.get("value") or "").strip().replace(" ", "")
    is_percent = text.endswith("%")
    try:
        value = float(text.rstrip("%").replace(",", "."))
    except ValueError:
        return None
    figure = ALL_FIGURES.get(typed.get("figure") or "")
    if is_percent or (figure is not None and figure.is_share and value > 1):
        return value / 100
    return value


def _keep(screen: Screen, rule: Rule, mail: bool, hook: bool) -> int:
    given = Given(
        rule.kind, rule.figure, rule.unit, rule.is_each, rule.period, rule.is_whole, rule.side,
        rule.value, mail, hook,
    )  # fmt: skip
    with _writes("quy tắc cảnh báo") as said:
        problem = wrong_with(given, screen.frame.scope)
        if problem is not None:
            raise AlertRefused(problem)
        return store.keep(data.database(), data.settings(), given, said["actor"], said["at"])


# -- a rule that is open, alerts that are read -------------------------------------------------


def opened_rule(screen: Screen) -> None:
    """The rule of the address: how it is told, and what can be done with it."""
    one = screen.rule
    if one is None:
        return
    with panel.panel(screen, RULE, alerts.words(screen.frame, rule_of(one.given))):
        panel.facts([
            ("Tình trạng", "tạm dừng" if one.is_paused else "đang xét"),
            ("Báo qua", alerts.ways(one)),
            ("Đặt lúc", moment(alerts.local(one.made_at))),
        ])  # fmt: skip
        with st.container(horizontal=True, gap="small"):
            _rest(one)
            _ways(screen, one)
            _remove(one)


def _rest(one: KeptRule) -> None:
    label, done = (
        ("Xét tiếp", "Quy tắc được xét tiếp.") if one.is_paused
        else ("Tạm dừng", "Đã tạm dừng quy tắc.")
    )  # fmt: skip

    def write() -> None:
        with _writes(f"quy tắc cảnh báo {one.id}") as said:
            store.pause(
                data.database(), data.settings(), one.id, is_paused=not one.is_paused,
                actor=said["actor"], now=said["at"],
            )  # fmt: skip

    if st.button(label, key=f"rule_pause_{one.id}"):
        forms.written(write, done)


def _ways(screen: Screen, one: KeptRule) -> None:
    """A button for each way that there is an address for."""
    mail, hook = _usual_ways(screen)
    now = {"mail": one.given.by_mail, "hook": one.given.by_hook}
    for way, word, is_there in (("mail", "thư", mail), ("hook", "web hook", hook)):
        if not is_there and not now[way]:
            continue

        def write(way: str = way) -> None:
            new = now | {way: not now[way]}
            with _writes(f"quy tắc cảnh báo {one.id}") as said:
                store.tell_by(
                    data.database(), data.settings(), one.id, mail=new["mail"], hook=new["hook"],
                    actor=said["actor"], now=said["at"],
                )  # fmt: skip

        label = f"Thôi báo qua {word}" if now[way] else f"Báo qua {word}"
        if st.button(label, key=f"rule_{way}_{one.id}"):
            forms.written(write, "Đã đổi cách báo.")


def _remove(one: KeptRule) -> None:
    def write() -> None:
        with _writes(f"quy tắc cảnh báo {one.id}") as said:
            store.remove(data.database(), data.settings(), one.id, said["actor"], said["at"])

    with st.popover("Xóa quy tắc", key=f"rule_remove_menu_{one.id}"):
        st.markdown("Không xét quy tắc này nữa. Cảnh báo đã có vẫn xem được.")
        if st.button("Xóa quy tắc", key=f"rule_remove_{one.id}", type="primary"):
            st.query_params.pop(RULE, None)
            forms.written(write, "Đã xóa quy tắc.")


def mark_read(screen: Screen) -> None:
    """The button that marks all that is new as read; of an open one, that one alone."""
    new = screen.mine.unread
    chosen = screen.asked[ALERT]
    which = [chosen] if chosen in new else new
    if not which:
        return

    def write() -> None:
        with _writes("đánh dấu cảnh báo đã đọc") as said:
            store.mark_read(data.database(), screen.frame.reader.account_id, which, said["at"])

    label = "Đánh dấu đã đọc" if chosen in new else "Đánh dấu tất cả đã đọc"
    if st.button(label, key="alerts_read", icon=":material/done_all:"):
        forms.written(write, "Đã đánh dấu.")


# -- how the reader is told ------------------------------------------------------------------


def how(screen: Screen) -> None:
    """Where to, when not, and the digest."""
    st.header("Cách nhận", anchor=HOW)
    where, reader = alerts.allowed(), screen.mine.reader
    columns = []
    if where["mail"]:
        columns.append(
            Column(
                "mail",
                "Thư điện tử",
                length=254,
                help=f"Thuộc: {', '.join(where['mail'])}. Bỏ trống: không gửi thư.",
            )
        )
    if where["hooks"]:
        columns.append(Column("hook", "Web hook", length=500,
                              help=f"Bắt đầu bằng: {', '.join(where['hooks'])}."))  # fmt: skip
    if not columns:
        st.caption(
            "Máy chủ chưa gửi được thư hay web hook: cảnh báo hiện ở đây và ở Điều hành tuần."
        )
        return
    columns += [
        Column("quiet_from", "Giờ yên lặng, từ", length=5, help="Ví dụ 21:00. Bỏ trống: không có."),
        Column("quiet_to", "Giờ yên lặng, đến", length=5,
               help="Tin trong giờ yên lặng được giữ đến hết giờ; ở đây vẫn hiện ngay."),
    ]  # fmt: skip
    if where["mail"]:
        columns.append(Column("digest", "Bản tin thứ Hai", BOOLEAN, default=False,
                              help="Gửi 07:00 sáng thứ Hai, về phạm vi của tôi."))  # fmt: skip
    is_new = reader.mail is None and reader.hook is None
    usual = asdict(reader)
    if is_new and reader.quiet_from is None:
        usual["quiet_from"], usual["quiet_to"] = bounds().quiet
    form = Form(
        "alert_reader", "Ghi cách nhận", columns=tuple(columns), done="Đã ghi cách nhận.",
    )  # fmt: skip

    def write(typed: Mapping[str, Any]) -> object:
        given = Reader(
            screen.frame.reader.account_id,
            typed.get("mail"),
            typed.get("hook"),
            typed["quiet_from"],
            typed["quiet_to"],
            bool(typed.get("digest")),
        )
        with _writes("cách nhận cảnh báo") as said:
            store.set_reader(data.database(), data.settings(), given, said["actor"], said["at"])
        return None

    with st.expander("Địa chỉ, giờ yên lặng, bản tin", icon=":material/tune:", expanded=is_new):
        forms.entry(screen.frame, form, write, usual)
