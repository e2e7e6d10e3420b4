"""Parts of the screen of reported figures: each value with its source and day, sums checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.core.on_time import II06A
from metrics.core.report_forms import NO_RECEIVER, receiver_on, told
from metrics.core.vietnamese import UNKNOWN, as_of, day, number, percent
from metrics.reported.statements import (
    Statement,
    groups,
    period_words,
    units_of,
)
from pages.reported import data as reported_data
from pages.reported import forms as reported_forms
from pages.reported.data import KEYS, STATES, Query, is_in, is_untold
from pages.reported.lines import COVERAGE, count, form_line, line, listed, texts
from ui.kit import writing
from ui.kit.parts import empty, put_query, twin
from ui.shell.context import Frame
from ui.shell.text import plain, safe

EVERY: Final = "every"
_MOST: Final = 150
"""So many statements one by one; more are a table."""


@dataclass(frozen=True)
class Screen:
    """What the page shows: statements of the units in view, and what the URL cuts them to."""

    frame: Frame
    query: Query
    held: list[Statement]
    forms: pl.DataFrame
    today: date

    @property
    def is_empty(self) -> bool:
        return not self.held and self.forms.is_empty()

    def name(self, unit: int) -> str:
        return self.frame.unit_names.get(unit, UNKNOWN)

    def chosen(self, *, any_state: bool = False) -> list[Statement]:
        """The statements that the filters leave."""
        query = self.query
        return [
            one
            for one in self.held
            if query.whose in (None, one.unit_id)
            and query.group in (None, one.indicator.group)
            and (any_state or query.state is None or is_in(one, query.state, self.today))
        ]


def read(frame: Frame) -> Screen:
    """The screen of the view and the URL; what in the URL means nothing is named."""
    held, forms = reported_data.held(frame), reported_data.forms(frame)
    params = {name: st.query_params[name] for name in KEYS if name in st.query_params}
    values = {row["indicator_value_id"] for one in held for row in _rows(one)}
    query, problems = reported_data.read_query(params, units_of(held), values)
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
    return Screen(frame, query, held, forms, reported_data.ask_of(frame).as_of_day)


def _rows(one: Statement) -> list[dict[str, Any]]:
    return [*([one.whole] if one.whole else []), *one.parts, *one.earlier]


def go_to(screen: Screen, **changes: Any) -> None:
    """Puts another query into the URL (called from widgets)."""
    put_query(KEYS, replace(screen.query, **changes).params())


def heading(screen: Screen) -> None:
    """The title, and what these numbers are."""
    frame = screen.frame
    st.title(f"Số liệu báo cáo · {plain(frame.whose)}")
    reported_forms.told()
    st.caption(
        "Số do đơn vị báo cáo, không tính từ hồ sơ; mỗi giá trị có nguồn và ngày riêng. Như đã "
        f"biết đến {as_of(reported_data.ask_of(frame).moment)}; không cộng qua các cấp."
    )


def nothing(screen: Screen) -> None:
    """Nobody in view has reported anything."""
    empty(
        "Chưa có số liệu báo cáo nào trong phạm vi đang xem",
        "Chưa đơn vị nào trong phạm vi nhập số liệu báo cáo: số là chưa biết, không phải bằng 0.",
        "Tải mẫu, điền và nạp tệp ở mục “Nhập liệu” dưới đây; hoặc thêm từng giá trị ngay trên "
        "màn hình; hoặc nạp bộ ví dụ: `.venv/bin/python -m connectors register examples`.",
    )


# -- headline -----------------------------------------------------------------------------


def headline(screen: Screen) -> None:
    """How much is reported, what does not add up, what is left unnamed, what is old."""
    among = screen.chosen(any_state=True)
    first, *others = st.columns(1 + len(STATES), gap="small")
    with first, st.container(key="card_reported_all"):
        st.html(
            f'<div class="dh-label">Chỉ tiêu đã báo cáo</div><div class="dh-value">'
            f'{number(len(among))}</div><div class="dh-change dh-muted">của '
            f"{number(len(units_of(among)))} đơn vị; {_checked(among)}</div>"
        )
    for column, (state, label) in zip(others, STATES.items(), strict=True):
        with column, st.container(key=f"card_reported_{state}"):
            _card(screen, state, label, [one for one in among if is_in(one, state, screen.today)])


_STATE_MARKS: Final = {
    "off": ("◆", "bad"),
    "rest": ("▲", "warn"),
    "old": ("▲", "warn"),
    "untold": ("○", "muted"),
}


def _card(screen: Screen, state: str, label: str, found: list[Statement]) -> None:
    mark, style = _STATE_MARKS[state] if found else ("●", "good")
    st.html(
        f'<div class="dh-label">{label}</div><div class="dh-value">'
        f'<span class="dh-{style}">{mark}</span> {number(len(found))}</div>'
        f'<div class="dh-change dh-muted">{_worst(screen, state, found)}</div>'
    )
    same = screen.query.state == state
    st.button(
        "Bỏ lọc" if same else "Xem",
        key=f"reported_state_{state}",
        type="tertiary",
        disabled=not found and not same,
        on_click=go_to,
        args=(screen,),
        kwargs={"state": None if same else state},
    )


def _checked(among: list[Statement]) -> str:
    counts = Counter(one.check for one in among if one.check not in (None, "rate_off"))
    every = sum(counts.values())
    if not every:
        return "không có tổng nào để kiểm tra"
    return f"{number(counts['adds_up'])}/{number(every)} tổng khớp với các phần"


def _worst(screen: Screen, state: str, found: list[Statement]) -> str:
    """The one to look at first, in a few words."""
    if not found:
        return "không có"
    if state in ("off", "rest"):
        one = max(found, key=lambda each: abs(each.rest or 0))
        if one.check == "rate_off":
            return f"{safe(one.indicator.name)}: {safe(one.arithmetic)}"
        share = f" ({percent(one.rest / one.value)})" if one.rest and one.value else ""
        return f"{safe(one.indicator.name)}: {count(one.rest)}{share}"
    one = found[0]
    return f"{safe(one.indicator.name)}, {safe(screen.name(one.unit_id))}"


def filters(screen: Screen) -> None:
    """Unit, group and state."""
    of_units = {unit: screen.name(unit) for unit in units_of(screen.held)}
    left, middle, right = st.columns(3)
    with left:
        _filter(screen, "whose", "Đơn vị báo cáo", of_units, "Tất cả đơn vị")
    with middle:
        _filter(screen, "group", "Nhóm", groups(), "Mọi nhóm")
    with right:
        _filter(screen, "state", "Tình trạng", STATES, "Mọi tình trạng")


def _filter(screen: Screen, key: str, label: str, names: Mapping[Any, str], every: str) -> None:
    widget = f"reported_{key}"
    words = {EVERY: every, **names}
    # Not None: Streamlit takes that for "nothing chosen" and shows its own English words.
    st.session_state[widget] = getattr(screen.query, key) or EVERY

    def changed() -> None:
        picked = st.session_state[widget]
        go_to(screen, **{key: None if picked == EVERY else picked})

    st.selectbox(label, list(words), format_func=words.__getitem__, key=widget, on_change=changed)


# -- values -------------------------------------------------------------------------------


def values(screen: Screen) -> None:
    """The statements by group: number, parts and their sum, when and by whom told."""
    chosen = screen.chosen()
    if not chosen:
        empty("Không có số liệu khớp với bộ lọc", "Hãy bỏ bớt điều kiện lọc ở trên.")
        return
    shown = shown_first(chosen)
    if len(shown) < len(chosen):
        st.caption(
            f"Đang hiện {number(len(shown))} trong {number(len(chosen))} chỉ tiêu, việc cần xem "
            "xét trước. Hãy lọc theo đơn vị hoặc nhóm để xem đủ; bảng số liệu dưới đây có tất cả."
        )
    for key, name in groups().items():
        mine = [one for one in shown if one.indicator.group == key]
        if not mine:
            continue
        with st.container(border=True, key=f"reported_group_{key}"):
            lists = [one for one in mine if one.indicator.kind == "list"]
            said = [one for one in mine if one.indicator.kind == "text"]
            numbers = [one for one in mine if one.indicator.kind in ("count", "rate")]
            st.html(
                f'<h2 class="dh-target-programme">{name}</h2>'
                + "".join(line(screen.name, one) for one in numbers)
                + listed(screen.name, lists)
                + texts(screen.name, said)
            )


def shown_first(chosen: list[Statement], most: int = _MOST) -> list[Statement]:
    """As many statements as a screen bears, in its order: what needs a look is never left out
    for what does not. Units that a plan names are one line, so they always stand."""
    wanting = {"off": 0, "rate_off": 0, "rest": 2}
    ranked = sorted(
        chosen,
        key=lambda one: (
            -1
            if one.indicator.kind == "list"
            else wanting.get(one.check or "", 1 if is_untold(one) else 3)
        ),
    )
    lists = sum(one.indicator.kind == "list" for one in chosen)
    kept = {id(one) for one in ranked[: most + lists]}
    return [one for one in chosen if id(one) in kept]


# -- one value ----------------------------------------------------------------------------


def panel(screen: Screen) -> None:
    """One value: wording, earlier ones, history, mending."""
    labels: dict[int | str, str] = {EVERY: "Chọn một giá trị để xem nguyên văn, lịch sử, sửa"}
    rows: dict[int, tuple[Statement, dict[str, Any]]] = {}
    among = {id(one) for one in shown_first(screen.chosen())}
    opened = screen.query.value
    for one in screen.held:
        # As many as can be chosen from; what the address opens is always among them.
        if id(one) not in among and all(row["indicator_value_id"] != opened for row in _rows(one)):
            continue
        for row in _rows(one):
            part = f" · {row['part']}" if row["part"] else ""
            key = row["indicator_value_id"]
            rows[key] = (one, row)
            labels[key] = (
                f"{one.indicator.name}{part} – {screen.name(one.unit_id)}, {period_words(row)}"
            )
    st.session_state["reported_open"] = screen.query.value or EVERY

    def changed() -> None:
        picked = st.session_state["reported_open"]
        go_to(screen, value=None if picked == EVERY else picked)

    st.selectbox(
        "Chi tiết một giá trị",
        list(labels),
        format_func=labels.__getitem__,
        key="reported_open",
        on_change=changed,
    )
    if screen.query.value is None:
        return
    one, row = rows[screen.query.value]
    with st.container(border=True, key="reported_panel"):
        _about(screen, one, row)
        writing.show_history(
            "indicator_value", row["indicator_value_id"], "Lịch sử thay đổi của giá trị"
        )
        reported_forms.edit(screen.frame, row)


def _about(screen: Screen, one: Statement, row: dict[str, Any]) -> None:
    pairs = [
        ("Đơn vị báo cáo", screen.name(one.unit_id)),
        ("Phần", row["part"] or "toàn bộ"),
        ("Giá trị", count(row["value"])),
        ("Tử số / mẫu số", _sides(row)),
        ("Thời gian", period_words(row)),
        ("Nội dung", row["text"]),
        ("Ý nghĩa", one.indicator.meaning),
        ("Căn cứ", told(one.indicator.basis, _period_end(screen, row))),
        ("Nguồn", row["source"]),
    ]
    body = "".join(
        f"<tr><th>{label}</th><td>{safe(value)}</td></tr>" for label, value in pairs if value
    )
    quote = f"<blockquote>“{safe(row['wording'])}”</blockquote>" if row["wording"] else ""
    st.html(
        f'<p><b>{safe(one.indicator.name)}</b></p><table class="dh-facts">{body}</table>{quote}'
    )
    if one.earlier:
        table = pl.DataFrame(
            [
                {
                    "Thời gian": period_words(each),
                    "Giá trị": count(each["value"]),
                    "Nguồn": each["source"],
                }
                for each in ([one.whole] if one.whole else []) + list(one.earlier)
            ]
        )
        st.dataframe(table, hide_index=True, alt=f"{one.indicator.name} qua các lần báo cáo")


def _period_end(screen: Screen, row: Mapping[str, Any]) -> date:
    """The day that decides what a form was called: the row's own, else the view's."""
    told_on: date | None = row["period_to"] or row["as_of"]
    return told_on or screen.frame.ask.last_day


def _sides(row: Mapping[str, Any]) -> str | None:
    if row["numerator"] is None and row["denominator"] is None:
        return None
    return f"{count(row['numerator'])} / {count(row['denominator'])}"


# -- forms and the table ------------------------------------------------------------------


def forms(screen: Screen) -> None:
    """Lines of form II.06a as reported: sums checked, what the printed rate can mean."""
    st.header("Số liệu theo cột của biểu II.06a do đơn vị báo cáo")
    day = screen.frame.ask.last_day
    kstt = receiver_on("kstt", day)
    st.caption(
        f"Kỳ kết thúc {day:%d/%m/%Y}: {told(II06A, day)}. Nơi nhận báo cáo kiểm soát thủ tục hành "
        f"chính: {plain(kstt.name) if kstt else NO_RECEIVER}."
    )
    rows = [row for row in screen.forms.iter_rows(named=True)
            if screen.query.whose in (None, row["unit_id"])]  # fmt: skip
    if not rows:
        empty(
            "Chưa có biểu nào do đơn vị báo cáo",
            "Các đơn vị trong phạm vi chưa nhập biểu II.06a.",
            "Nạp tệp “Số liệu báo cáo (biểu II.06a)” ở mục “Nhập liệu” dưới đây.",
        )
        return
    st.html("".join(form_line(screen.name, row, screen.frame.field_names) for row in rows))
    table = pl.DataFrame(
        [
            {
                "Đơn vị": screen.name(row["unit_id"]),
                "Phạm vi": COVERAGE.get(row["coverage"], row["coverage"]),
                "Kỳ": period_words(row),
                **{f"({column})": row[f"c{column}"] for column in range(3, 14)},
                "Tỷ lệ in": row["reported_rate"],
                "Nguồn": row["source"],
            }
            for row in rows
        ],
        infer_schema_length=None,
    )
    twin("biểu II.06a do đơn vị báo cáo", table, placeholder=UNKNOWN, alt="Bảng biểu II.06a")


def table(screen: Screen) -> None:
    """Everything above as one table."""
    rows = [
        {
            "Nhóm": groups()[one.indicator.group],
            "Chỉ tiêu": one.indicator.name,
            "Đơn vị": screen.name(one.unit_id),
            "Phần": row["part"] or "toàn bộ",
            "Giá trị": row["value"],
            "Tử số": row["numerator"],
            "Mẫu số": row["denominator"],
            "Thời gian": period_words(row),
            "Nguồn": row["source"],
        }
        for one in screen.chosen()
        for row in (*([one.whole] if one.whole else []), *one.parts)
    ]
    if rows:
        twin(
            f"{number(len(rows))} giá trị báo cáo",
            pl.DataFrame(rows, infer_schema_length=None),
            placeholder=UNKNOWN,
            column_config={"Giá trị": st.column_config.NumberColumn(format="localized")},
            alt="Bảng mọi giá trị báo cáo đang xem",
        )


def footer(screen: Screen) -> None:
    """As of when, and from where."""
    sources = Counter(one.first["source"] for one in screen.held)
    named = "; ".join(source for source, _ in sources.most_common(2))
    more = f" và {number(len(sources) - 2)} nguồn khác" if len(sources) > 2 else ""
    st.html(
        f'<span class="dh-source">Như đã biết đến {day(screen.today)}. Nguồn: '
        f"{safe(named or 'chưa có')}{more}.</span>"
    )
