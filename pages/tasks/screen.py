"""Parts of the screen of tasks: headline, tables, list, and one task with its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from metrics.core.ask import Ask
from metrics.core.vietnamese import UNKNOWN, as_of, day, moment, number, percent
from metrics.registers.tasks import AREAS, PROGRAMME_KINDS
from metrics.tasks.figures import TASK_FIGURE
from metrics.tasks.review import SIX, STATES, TaskReview, missing_six, programme_table, timeline
from pages.tasks import data as task_data
from pages.tasks import forms as task_forms
from pages.tasks.data import UNKNOWN_AREA, Query
from ui.kit import asking, writing
from ui.kit.charts import CONFIG
from ui.kit.parts import empty, how, put_query, twin
from ui.shell.context import Frame
from ui.shell.text import plain, safe
from ui.shell.theme import BAD, GOOD, NEUTRAL, SERIES, WARN

AREA_NAMES: Final[dict[str | None, str]] = {
    **{choice.value: choice.word for choice in AREAS},
    None: "Chưa rõ lĩnh vực",
}
KIND_NAMES: Final = {choice.value: choice.word for choice in PROGRAMME_KINDS}

SHAPES: Final = {
    "overdue": "◆",
    "unreported": "◆",
    "in_time": "○",
    "no_due": "–",
    "completed_on_time": "●",
    "completed_late": "▲",
    "completed_undetermined": "●",
}
_COLOURS: Final = {
    "overdue": BAD,
    "unreported": "#d98b7f",
    "in_time": SERIES,
    "no_due": NEUTRAL,
    "completed_on_time": GOOD,
    "completed_late": WARN,
    "completed_undetermined": "#8fb9a0",
}
_FILTERS: Final = (
    "tasks_assigned",
    "tasks_past_due",
    "tasks_not_updated",
    "tasks_escalated",
    "tasks_launched",
    "tasks_launch_unknown",
    "tasks_completed",
    "tasks_completion_unknown",
    "tasks_overdue",
    "tasks_unreported",
    "tasks_in_time",
    "tasks_no_due",
    "tasks_completed_on_time",
    "tasks_completed_late",
    "tasks_completed_undetermined",
    "tasks_six_clear",
    "tasks_unclear",
)
"""What the list can be cut to, in the order of the select box."""


@dataclass(frozen=True)
class Screen:
    """What the page shows: the question, the query of the URL, and what they select."""

    frame: Frame
    ask: Ask
    query: Query
    key: task_data.Key
    programmes: pl.DataFrame
    """All that concern the units in view."""
    chosen: pl.DataFrame
    """Those that the figures are of."""

    @property
    def among(self) -> tuple[int, ...]:
        return tuple(self.chosen["programme_id"].to_list())

    @property
    def review(self) -> TaskReview:
        return task_data.review(self.key, self.among)

    @property
    def is_empty(self) -> bool:
        return self.programmes.is_empty()

    def params(self, **changes: Any) -> dict[str, str]:
        """The URL's parameters with another query."""
        return self.frame.params(**replace(self.query, **changes).params())


def read(frame: Frame) -> Screen:
    """The screen of the view and the URL; what in the URL means nothing is named."""
    ask = asking.question(frame)
    key = task_data.key_of(frame, ask)
    programmes = task_data.programmes(key)
    params = {name: st.query_params[name] for name in task_data.KEYS if name in st.query_params}
    query, problems = task_data.read_query(
        params,
        frozenset(frame.facts.units["unit_id"].to_list()),
        frozenset(programmes["programme_id"].to_list()),
    )
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
    return Screen(frame, ask, query, key, programmes, _chosen(programmes, query))


def _chosen(programmes: pl.DataFrame, query: Query) -> pl.DataFrame:
    if query.programme is not None:
        return programmes.filter(pl.col("programme_id") == query.programme)
    going = programmes.filter("is_running")
    if query.when == "all" or (query.when is None and going.is_empty()):
        return programmes
    return going


def go_to(screen: Screen, **changes: Any) -> None:
    """Puts another query into the URL (called from widgets)."""
    put_query(task_data.KEYS, replace(screen.query, **changes).params())


# -- heading and scope --------------------------------------------------------------------


def heading(screen: Screen) -> None:
    """The title, and which programmes the figures are of."""
    frame = screen.frame
    st.title(f"Nhiệm vụ · {plain(frame.whose)}")
    task_forms.told()
    if not screen.is_empty:
        _which(screen)
    if screen.ask.moment != frame.ask.moment:
        st.caption(
            f"Nhiệm vụ tính đến {as_of(screen.ask.moment)}; sổ nhiệm vụ được cập nhật riêng, có "
            "thể mới hơn số liệu hồ sơ ở thanh trên."
        )


def _which(screen: Screen) -> None:
    going = screen.programmes.filter("is_running").height
    names = dict(screen.programmes.select("programme_id", "name").iter_rows())
    options: list[Any] = ["running", "all", *names]
    if not going:
        options.remove("running")
    present = screen.query.programme or screen.query.when or ("running" if going else "all")
    st.session_state["tasks_which"] = present if present in options else options[0]
    labels: dict[Any, str] = {
        "running": f"Chương trình đang thực hiện trong kỳ ({number(going)})",
        "all": f"Tất cả chương trình ({number(screen.programmes.height)})",
    } | names

    def changed() -> None:
        picked = st.session_state["tasks_which"]
        if isinstance(picked, str):
            go_to(screen, when=picked, programme=None, task=None)
        else:
            go_to(screen, programme=picked, task=None)

    st.selectbox(
        "Chương trình, kế hoạch",
        options,
        format_func=labels.__getitem__,
        key="tasks_which",
        on_change=changed,
        label_visibility="collapsed",
    )
    if not going and screen.query.programme is None:
        st.caption(
            "Không có chương trình nào đang thực hiện trong kỳ này; đang xem tất cả chương trình "
            "đã giao trước thời điểm số liệu."
        )


def nothing(screen: Screen) -> None:
    """The register is empty, or nothing of it concerns the units in view."""
    if task_data.all_programmes(screen.frame.looking_at("programme")).is_empty():
        empty(
            "Chưa có chương trình, nhiệm vụ nào",
            "Sổ theo dõi nhiệm vụ chưa được nạp, nên số nhiệm vụ là chưa biết, không phải bằng 0.",
            "Tải mẫu, điền và nạp tệp ở mục “Nhập từ tệp” dưới đây; hoặc thêm chương trình và "
            "nhiệm vụ ngay trên màn hình; hoặc nạp bộ ví dụ: "
            "`.venv/bin/python -m connectors register examples`.",
        )
        return
    frame = screen.frame
    another = "" if frame.view.unit is None else f"“{plain(frame.everything)}”, hoặc "
    empty(
        "Không có nhiệm vụ trong phạm vi đang xem",
        f"Tính đến {as_of(screen.ask.moment)}, {plain(frame.whose)} chưa được giao nhiệm vụ nào.",
        f"Hãy chọn {another}kỳ sau ngày giao nhiệm vụ, ở thanh trên.",
    )


# -- headline -----------------------------------------------------------------------------


def headline(screen: Screen) -> None:
    """Six cards; each number opens its tasks."""
    review = screen.review
    quiet, reminders = (
        int(screen.ask.threshold(key).value) for key in ("task_update_days", "reminders_allowed")
    )
    cards = [
        ("tasks_launched", _launched(review)),
        ("tasks_completed", _completed(review)),
        ("tasks_past_due", _past_due(review)),
        ("tasks_not_updated", _not_updated(review, quiet)),
        ("task_reminders", _reminders(review, reminders)),
        ("tasks_six_clear", _six(review)),
    ]
    for column, (key, (value, words)) in zip(st.columns(6, gap="small"), cards, strict=True):
        with column, st.container(key=f"card_{key}"):
            label = TASK_FIGURE[key].label
            st.html(
                f'<div class="dh-label">{label}</div><div class="dh-value">{value}</div>'
                f'<div class="dh-change">{words}</div>'
            )
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                opens = "tasks_escalated" if key == "task_reminders" else key
                opens = "tasks_unclear" if key == "tasks_six_clear" else opens
                st.page_link(
                    screen.frame.pages["tasks"],
                    label="Xem nhiệm vụ",
                    query_params=screen.params(figure=opens, area=None, units=(), task=None),
                    width="content",
                )
                explain(screen, key)


def _launched(review: TaskReview) -> tuple[str, str]:
    cell, silent = review.cell("tasks_launched"), review.count("tasks_launch_unknown")
    if cell["numerator"] is None:
        return _none("chưa rõ"), f"{number(cell['denominator'])} nhiệm vụ được giao"
    rest = f"; {number(silent)} chưa rõ" if silent else ""
    return (
        f"{number(cell['numerator'])}/{number(cell['denominator'])}",
        f"{percent(cell['rate'])} được triển khai{rest}. "
        '<span class="dh-muted">Triển khai chưa phải là hoàn thành.</span>',
    )


def _completed(review: TaskReview) -> tuple[str, str]:
    done, silent = review.count("tasks_completed"), review.count("tasks_completion_unknown")
    if done is None:
        return _none("chưa rõ"), (
            f"hoàn thành: chưa rõ – {number(silent)} nhiệm vụ chưa ai báo cáo đã hoàn thành hay "
            "chưa"
        )
    parts = [
        f"{number(review.count(key) or 0)} {word}"
        for key, word in (
            ("tasks_completed_on_time", "đúng hạn"),
            ("tasks_completed_late", "quá hạn"),
            ("tasks_completed_undetermined", "chưa rõ hạn"),
        )
        if review.count(key)
    ]
    words = ", ".join(parts)
    rest = f"{'; ' if words else ''}{number(silent)} chưa rõ" if silent else ""
    return _at_least(done) if silent else number(done), words + rest


def _at_least(count: int) -> str:
    return f'<span class="dh-state dh-muted">ít nhất</span> {number(count)}'


def _past_due(review: TaskReview) -> tuple[str, str]:
    late, silent = review.count("tasks_past_due") or 0, review.count("tasks_unreported") or 0
    mark = '<span class="dh-state dh-bad">◆ cần đôn đốc</span>' if late else ""
    words = f"trong đó {number(silent)} chưa báo cáo kết quả" if silent else "chưa hoàn thành"
    if silent == late:
        words = "chưa báo cáo kết quả"
    if not late:
        words = "không nhiệm vụ có hạn nào quá hạn"
    without = review.count("tasks_no_due") or 0
    rest = f"; {number(without)} không xác định thời hạn" if without else ""
    return f"{number(late)} {mark}", words + rest


def _not_updated(review: TaskReview, days: int) -> tuple[str, str]:
    count = review.count("tasks_not_updated") or 0
    mark = '<span class="dh-state dh-warn">▲ lưu ý</span>' if count else ""
    return f"{number(count)} {mark}", f"quá {days} ngày không cập nhật tình hình"


def _reminders(review: TaskReview, allowed: int) -> tuple[str, str]:
    times, escalated = review.count("task_reminders") or 0, review.count("tasks_escalated") or 0
    if not escalated:
        return number(times), f"chưa nhiệm vụ nào quá {allowed} lần"
    return (
        f'{number(times)} <span class="dh-state dh-bad">◆ {number(escalated)}</span>',
        f"{number(escalated)} nhiệm vụ quá {allowed} lần: báo cáo Ban cán sự",
    )


def _six(review: TaskReview) -> tuple[str, str]:
    cell = review.cell("tasks_six_clear")
    lacking = review.count("tasks_unclear") or 0
    words = f"{number(lacking)} nhiệm vụ còn thiếu" if lacking else "không nhiệm vụ nào thiếu"
    return f"{number(cell['numerator'])}/{number(cell['denominator'])}", words


def _none(text: str) -> str:
    return f'<span class="dh-none dh-muted">{text}</span>'


def explain(screen: Screen, key: str) -> None:
    """ "Cách tính" of a figure of tasks."""
    figure, cell = TASK_FIGURE[key], screen.review.cell(key)
    with how(key):
        lines = [
            f"**{figure.label}.** {figure.meaning}",
            "",
            f"- Tử số: {number(cell['numerator'])}",
        ]
        if figure.is_ratio:
            lines.append(f"- Mẫu số: {number(cell['denominator'])} nhiệm vụ được giao")
        lines.append(f"- Căn cứ: {figure.basis}")
        st.markdown("\n".join(lines))
        st.caption(f"Số liệu đến {as_of(screen.ask.moment)}. Nguồn: {plain(_sources(screen))}.")


def _sources(screen: Screen) -> str:
    found = screen.chosen["source"].unique().sort().to_list()
    more = f" và {number(len(found) - 2)} nguồn khác" if len(found) > 2 else ""
    return "; ".join(found[:2]) + more if found else "chưa có"


# -- tables -------------------------------------------------------------------------------


def tables(screen: Screen) -> None:
    """By programme, area, unit; the six "rõ"; due dates."""
    names = ("Chương trình", "Lĩnh vực cải cách", "Đơn vị", "Thời hạn", "“6 rõ”")
    programme, area, unit, due, six = st.tabs(names)
    with programme:
        _programmes(screen)
    with area:
        _group(screen, "area", "Lĩnh vực", AREA_NAMES)
    with unit:
        _group(screen, "unit_id", "Đơn vị chủ trì", screen.frame.unit_names)
    with due:
        _timeline(screen)
    with six:
        _six_table(screen)


def _columns(table: pl.DataFrame) -> list[pl.Expr | pl.Series]:
    """The figures of a table as they are printed: unknown is "chưa rõ", never 0."""
    launched = [
        f"{number(row['tasks_launched'])}/{number(row['tasks_assigned'])}"
        if row["tasks_launched"] is not None
        else ("chưa rõ" if row["tasks_assigned"] else UNKNOWN)
        for row in table.iter_rows(named=True)
    ]
    done = [
        UNKNOWN
        if not row["tasks_assigned"]
        else "chưa rõ"
        if row["tasks_completed"] is None
        else ("≥ " if row["tasks_completion_unknown"] else "") + number(row["tasks_completed"])
        for row in table.iter_rows(named=True)
    ]
    return [
        pl.Series("Triển khai", launched, pl.String),
        pl.Series("Hoàn thành", done, pl.String),
        pl.col("tasks_in_time").alias("Trong hạn"),
        pl.col("tasks_past_due").alias("Qua hạn"),
        pl.col("tasks_no_due").alias("Không rõ hạn"),
        pl.col("tasks_not_updated").alias("Chậm cập nhật"),
        pl.col("task_reminders").alias("Đôn đốc"),
    ]


_HELP: Final = {
    "Triển khai": "Được triển khai trên được giao; triển khai chưa phải là hoàn thành",
    "Hoàn thành": "“chưa rõ”: chưa ai báo cáo; “≥”: còn nhiệm vụ chưa rõ",
    "Qua hạn": "Quá ngày đến hạn, chưa hoàn thành hoặc chưa báo cáo kết quả",
}


def _shown(table: pl.DataFrame, key: str, first: str, alt: str) -> int | None:
    """Draws a table; the row that was clicked."""
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(help=text) for name, text in _HELP.items()
    }
    config["Qua hạn"] = st.column_config.NumberColumn(help=_HELP["Qua hạn"])
    config[first] = st.column_config.TextColumn(width=360)
    event = st.dataframe(
        table,
        hide_index=True,
        row_height=32,
        height=min(38 + 32 * max(table.height, 1), 420),
        placeholder=UNKNOWN,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        column_config=config,
        alt=alt,
    )
    picked = event["selection"]["rows"]
    return int(picked[0]) if picked else None


def _programmes(screen: Screen) -> None:
    table = programme_table(screen.chosen, screen.review)
    entered = [
        f"{number(row['tasks_assigned'])}/{number(row['announced_tasks'])} đã nhập"
        if row["announced_tasks"] is not None
        else f"{number(row['tasks_assigned'])}"
        for row in table.iter_rows(named=True)
    ]
    shown = table.select(
        pl.col("name").alias("Chương trình, kế hoạch"),
        pl.col("kind").replace_strict(KIND_NAMES, return_dtype=pl.String).alias("Loại"),
        pl.Series("Nhiệm vụ", entered, pl.String),
        *_columns(table),
        pl.col("period_to").alias("Đến ngày").dt.strftime("%d/%m/%Y"),
        pl.col("document").alias("Văn bản"),
    )
    picked = _shown(
        shown, "tasks_programmes", "Chương trình, kế hoạch", "Chương trình với số nhiệm vụ"
    )
    st.caption(
        "“9/10 đã nhập”: văn bản công bố 10 nhiệm vụ, sổ mới có 9. Bấm một dòng để xem nhiệm vụ "
        "của chương trình."
    )
    if picked is not None and table["programme_id"][picked] != screen.query.programme:
        go_to(screen, programme=table["programme_id"][picked], task=None)
        st.rerun()


def _group(screen: Screen, column: str, label: str, names: dict[Any, str]) -> None:
    table = screen.review.table(column)
    if column == "area":
        # The six areas are all there: one without a task is news, too.
        areas = pl.DataFrame({"area": [choice.value for choice in AREAS]})
        table = areas.join(table, on="area", how="left", maintain_order="left").vstack(
            table.filter(pl.col("area").is_null()).select("area", *table.columns[1:])
        )
        table = table.with_columns(pl.col("tasks_assigned").fill_null(0))
    words = [names.get(key, UNKNOWN) for key in table[column]]
    shown = table.select(
        pl.Series(label, words, pl.String),
        pl.col("tasks_assigned").alias("Nhiệm vụ"),
        *_columns(table),
    )
    picked = _shown(shown, f"tasks_by_{column}", label, f"Nhiệm vụ theo {label.lower()}")
    first = "Việc cần đôn đốc nhiều xếp trước. " if column == "unit_id" else ""
    st.caption(f"{first}Bấm một dòng để xem nhiệm vụ.")
    if picked is None:
        return
    value = table[column][picked]
    change = {"units": (value,)} if column == "unit_id" else {"area": value or UNKNOWN_AREA}
    if any(getattr(screen.query, name) != wanted for name, wanted in change.items()):
        go_to(screen, **change, task=None)
        st.rerun()


def _timeline(screen: Screen) -> None:
    rows = task_data.rows(screen.key, screen.among)
    counted = timeline(rows, screen.ask.as_of_day)
    without = rows.filter(pl.col("due_on").is_null()).height
    if counted.is_empty():
        empty(
            "Không có nhiệm vụ đến hạn trong 12 tháng trước và sau",
            f"{number(without)} nhiệm vụ không có ngày đến hạn (thường xuyên hoặc chưa rõ).",
        )
        return
    st.plotly_chart(
        timeline_chart(counted, screen.ask.as_of_day),
        config=CONFIG,
        key="tasks_timeline",
        alt="Số nhiệm vụ đến hạn từng tháng, theo tình trạng",
    )
    if without:
        st.caption(f"{number(without)} nhiệm vụ không có ngày đến hạn không có trong biểu đồ.")
    twin(
        "nhiệm vụ đến hạn theo tháng",
        counted.select(
            pl.col("month").dt.strftime("%m/%Y").alias("Tháng"),
            pl.col("state").replace_strict(STATES, return_dtype=pl.String).alias("Tình trạng"),
            pl.col("tasks").alias("Nhiệm vụ"),
        ),
    )


def timeline_chart(counted: pl.DataFrame, today: date) -> go.Figure:
    """Stacked bars: tasks by the month they fall due in; the month of T is marked."""
    months = _months(counted["month"].to_list(), today.replace(day=1))
    names = [f"{month:%m/%Y}" for month in months]
    figure = go.Figure()
    for state, word in STATES.items():
        part = dict(counted.filter(pl.col("state") == state).select("month", "tasks").iter_rows())
        if not part:
            continue
        figure.add_trace(
            go.Bar(
                x=names,
                y=[part.get(month, 0) for month in months],
                name=f"{SHAPES[state]} {word}",
                marker={"color": _COLOURS[state]},
                hovertemplate="%{y} nhiệm vụ<extra>" + word + "</extra>",
            )
        )
    here = months.index(today.replace(day=1))
    figure.add_shape(
        type="line", x0=here, x1=here, yref="paper", y0=0, y1=1,
        line={"color": NEUTRAL, "width": 1, "dash": "dash"},
    )  # fmt: skip
    figure.add_annotation(
        text="tháng của số liệu", x=here, yref="paper", y=1, yanchor="bottom", showarrow=False,
        font={"size": 14, "color": NEUTRAL},
    )  # fmt: skip
    figure.update_layout(
        barmode="stack", height=320, margin={"l": 40, "r": 12, "t": 28, "b": 8}, separators=",.",
        legend={"orientation": "h", "y": -0.18}, dragmode=False, font={"size": 14},
        showlegend=True, bargap=0.5,
        xaxis={
            "type": "category",
            "tickvals": names[:: max(1, len(names) // 8)],
            "tickangle": 0,
            "fixedrange": True,
        },
        yaxis={"rangemode": "tozero", "fixedrange": True, "tickformat": "d"},
    )  # fmt: skip
    return figure


def _months(known: list[date], present: date) -> list[date]:
    """Every month from the first to the last, the present one among them."""
    first, last = min(*known, present), max(*known, present)
    count = (last.year - first.year) * 12 + last.month - first.month
    ahead = [first.month - 1 + step for step in range(count + 1)]
    return [date(first.year + place // 12, place % 12 + 1, 1) for place in ahead]


def _six_table(screen: Screen) -> None:
    cells = [(word, screen.review.cell(f"tasks_{column}")) for column, word in SIX.items()]
    shown = pl.DataFrame(
        {
            "Yêu cầu": [word.capitalize() for word, _ in cells],
            "Đủ": [f"{number(c['numerator'])}/{number(c['denominator'])}" for _, c in cells],
            "Tỷ lệ": [percent(c["rate"]) for _, c in cells],
        }
    )
    st.dataframe(shown, hide_index=True, row_height=32, width="content", alt="Độ đủ sáu rõ")
    st.caption("Nhiệm vụ thường xuyên không có ngày đến hạn vẫn là rõ thời gian.")


# -- the list -----------------------------------------------------------------------------


def task_list(screen: Screen) -> None:
    """The tasks, cut by state, area and unit; one of them can be opened."""
    st.subheader("Danh sách nhiệm vụ")
    _filters(screen)
    query = screen.query
    rows = missing_six(
        task_data.rows(screen.key, screen.among, query.figure, query.area, query.units)
    )
    if rows.is_empty():
        empty(
            "Không có nhiệm vụ nào như vậy",
            f"Tính đến {as_of(screen.ask.moment)}, không nhiệm vụ nào thỏa các bộ lọc trên.",
            "Hãy bỏ bớt bộ lọc.",
        )
        return
    names, codes = (
        screen.frame.unit_names,
        dict(screen.chosen.select("programme_id", "code").rows()),
    )
    shown = rows.select(
        pl.Series("Tình trạng", [f"{SHAPES[s]} {STATES[s]}" for s in rows["state"]], pl.String),
        pl.col("name").alias("Nhiệm vụ"),
        pl.col("unit_id").replace_strict(names, default=UNKNOWN, return_dtype=pl.String)
        .alias("Đơn vị chủ trì"),
        pl.col("person").alias("Người phụ trách"),
        pl.Series(
            "Hạn",
            [
                "thường xuyên" if row["is_standing"] else day(row["due_on"])
                for row in rows.iter_rows(named=True)
            ],
            pl.String,
        ),
        pl.col("is_launched").replace_strict({True: "có", False: "chưa"}, default="chưa rõ",
                                             return_dtype=pl.String).alias("Triển khai"),
        pl.col("updated_at").dt.strftime("%d/%m/%Y").alias("Cập nhật"),
        pl.col("reminders").alias("Đôn đốc"),
        pl.concat_str(pl.sum_horizontal(*SIX), pl.lit("/6")).alias("“6 rõ”"),
        pl.col("programme_id").replace_strict(codes, default=UNKNOWN, return_dtype=pl.String)
        .alias("Chương trình"),
        pl.col("code").alias("Mã"),
    )  # fmt: skip
    st.caption(f"{number(rows.height)} nhiệm vụ. Bấm một dòng để mở nhiệm vụ.")
    event = st.dataframe(
        shown,
        hide_index=True,
        row_height=32,
        height=min(38 + 32 * rows.height, 460),
        placeholder=UNKNOWN,
        key="tasks_list",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Nhiệm vụ": st.column_config.TextColumn(width=360),
            "Hạn": st.column_config.TextColumn(width=100),
            "“6 rõ”": st.column_config.TextColumn(width=60, help="Bao nhiêu trong sáu “rõ” đã có"),
        },
        alt="Danh sách nhiệm vụ, quá hạn trước",
    )
    picked = event["selection"]["rows"]
    if picked and rows["task_id"][picked[0]] != screen.query.task:
        go_to(screen, task=rows["task_id"][picked[0]])
        st.rerun()
    _open_by_name(screen, rows)


def _open_by_name(screen: Screen, rows: pl.DataFrame) -> None:
    """The same without a pointer: a task chosen by its name."""
    labels = {
        row["task_id"]: f"{row['code']} – {row['name']}" for row in rows.iter_rows(named=True)
    }
    st.session_state["tasks_open"] = screen.query.task if screen.query.task in labels else None

    def changed() -> None:
        go_to(screen, task=st.session_state["tasks_open"])

    st.selectbox(
        "Mở nhiệm vụ",
        list(labels),
        format_func=labels.__getitem__,
        key="tasks_open",
        on_change=changed,
        index=None,
        placeholder="Chọn nhiệm vụ theo mã, tên",
    )


def _filters(screen: Screen) -> None:
    review, query = screen.review, screen.query
    with st.container(key="tasks_filters", horizontal=True, gap="small"):
        _select(
            screen, "Tình trạng", "figure", query.figure,
            {
                key: f"{TASK_FIGURE[key].label if key != 'tasks_assigned' else 'Mọi tình trạng'}"
                f" ({number(review.count(key))})"
                for key in _FILTERS
                if review.count(key) or key in (query.figure, "tasks_assigned")
            },
        )  # fmt: skip
        areas = review.table("area")["area"].to_list()
        _select(
            screen, "Lĩnh vực", "area", query.area,
            {"": "Mọi lĩnh vực"}
            | {area or UNKNOWN_AREA: AREA_NAMES.get(area, UNKNOWN) for area in areas},
        )  # fmt: skip
        _unit_filter(screen)


def _select(screen: Screen, label: str, name: str, value: Any, options: dict[Any, str]) -> None:
    key = f"tasks_{name}"
    st.session_state[key] = value if value in options else next(iter(options))

    def changed() -> None:
        go_to(screen, **{name: st.session_state[key] or None}, task=None)

    st.selectbox(
        label, list(options), format_func=options.__getitem__, key=key, on_change=changed,
        width=300,
    )  # fmt: skip


def _unit_filter(screen: Screen) -> None:
    units = screen.review.table("unit_id")["unit_id"].to_list()
    options = list(dict.fromkeys([*units, *screen.query.units]))
    st.session_state["tasks_units"] = list(screen.query.units)

    def changed() -> None:
        go_to(screen, units=tuple(st.session_state["tasks_units"]), task=None)

    st.multiselect(
        "Đơn vị chủ trì",
        options,
        format_func=lambda unit: screen.frame.unit_names.get(unit, UNKNOWN),
        key="tasks_units",
        on_change=changed,
        placeholder="Mọi đơn vị",
        width=320,
    )


# -- one task -----------------------------------------------------------------------------


def panel(screen: Screen) -> None:
    """The open task: what it is, how it stands, its history, and the forms to go on with it."""
    if screen.query.task is None:
        return
    every = tuple(screen.programmes["programme_id"].to_list())
    rows = task_data.rows(screen.key, every)
    found = missing_six(rows.filter(pl.col("task_id") == screen.query.task))
    if found.is_empty():
        empty(
            "Không mở được nhiệm vụ này",
            "Nhiệm vụ không có trong phạm vi đang xem, hoặc chưa được giao tại thời điểm số liệu.",
        )
        return
    task = found.row(0, named=True)
    with st.container(border=True, key="task_panel"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"#### {plain(task['code'])} · {plain(task['name'])}")
            st.button("Đóng", key="task_close", on_click=go_to, args=(screen,),
                      kwargs={"task": None}, type="tertiary", icon=":material/close:")  # fmt: skip
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _about(screen, task)
        with right:
            _history(screen, task)
        task_forms.forms(screen.frame, task)


def _about(screen: Screen, task: dict[str, Any]) -> None:
    state = task["state"]
    style = {"◆": "dh-bad", "▲": "dh-warn", "●": "dh-good"}.get(SHAPES[state], "dh-muted")
    spoken = {True: "có", False: "chưa", None: "chưa rõ"}
    names, places = screen.frame.unit_names, screen.frame.place_names
    programme = dict(screen.programmes.select("programme_id", "name").iter_rows())
    helpers: tuple[int, ...] = (writing.kept("task", task["task_id"]) or {}).get("co_units", ())
    pairs = [
        ("Được triển khai", spoken[task["is_launched"]]),
        ("Hoàn thành", spoken[task["is_completed"]] + _done_on(task)),
        ("Chương trình", programme.get(task["programme_id"], UNKNOWN)),
        ("Đơn vị chủ trì", names.get(task["unit_id"], UNKNOWN)),
        ("Đơn vị phối hợp", ", ".join(places.get(u, UNKNOWN) for u in helpers) or UNKNOWN),
        ("Người phụ trách", task["person"]),
        ("Thời hạn", "thường xuyên" if task["is_standing"] else day(task["due_on"])),
        ("Trách nhiệm", task["responsibility"]),
        ("Sản phẩm", task["product"]),
        ("Thẩm quyền", task["authority"]),
        ("Lĩnh vực", AREA_NAMES.get(task["area"], UNKNOWN)),
        ("Ngày giao", day(task["assigned_on"])),
        ("Nguồn", task["source"]),
    ]
    rows = "".join(
        f"<tr><th>{label}</th><td>{safe(value) if value else UNKNOWN}</td></tr>"
        for label, value in pairs
    )
    lacking = (
        f'<p class="dh-warn">▲ Chưa đủ “6 rõ”: thiếu {safe(task["missing"])}.</p>'
        if task["missing"]
        else ""
    )
    wording = f"<blockquote>“{safe(task['wording'])}”</blockquote>" if task["wording"] else ""
    st.html(
        f'<p class="dh-state {style}">{SHAPES[state]} {STATES[state]}</p>{lacking}'
        f'<table class="dh-facts">{rows}</table>{wording}'
    )


def _done_on(task: dict[str, Any]) -> str:
    return f", ngày {day(task['completed_on'])}" if task["completed_on"] else ""


def _history(screen: Screen, task: dict[str, Any]) -> None:
    updates, reminders = task_data.events(screen.key, task["task_id"])
    st.markdown(
        f"**Lịch sử** · {number(updates.height)} cập nhật, {number(reminders.height)} đôn đốc"
    )
    items = [(row["at"], _update_text(row)) for row in updates.iter_rows(named=True)]
    items += [
        (row["at"], f"Đôn đốc{': ' + safe(row['document']) if row['document'] else ''}")
        for row in reminders.iter_rows(named=True)
    ]
    if not items:
        st.caption("Chưa có cập nhật hay đôn đốc nào.")
    lines = "".join(_event(screen, at, text) for at, text in sorted(items, reverse=True))
    st.html(f'<ul class="dh-timeline">{lines}</ul>')
    writing.show_history("task", task["task_id"], "Lịch sử thay đổi của nhiệm vụ")


def _event(screen: Screen, at: datetime, text: str) -> str:
    later = (
        ' <span class="dh-warn">(sau thời điểm số liệu)</span>' if at >= screen.ask.moment else ""
    )
    return f"<li><time>{moment(at)}</time>{text}{later}</li>"


def _update_text(row: dict[str, Any]) -> str:
    launched = {True: "đã triển khai", False: "chưa triển khai", None: "triển khai: chưa rõ"}
    done = {True: "đã hoàn thành", False: "chưa hoàn thành", None: "hoàn thành: chưa rõ"}
    text = f"<b>{launched[row['is_launched']]}; {done[row['is_completed']]}</b>"
    notes = [safe(row[name]) for name in ("note", "evidence") if row[name]]
    return f"{text}{_done_on(row)} – {safe(row['by'])}" + "".join(f"<br>{note}" for note in notes)


def footer(screen: Screen) -> None:
    """As of when, and from where."""
    st.html(
        f'<span class="dh-source">Số liệu đến {as_of(screen.ask.moment)}. Nguồn: '
        f"{safe(_sources(screen))}.</span>"
    )
