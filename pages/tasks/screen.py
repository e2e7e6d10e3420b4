"""The screen of tasks: what it shows, and its parts in the page's order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import streamlit as st

from metrics.core.ask import Ask
from metrics.core.vietnamese import UNKNOWN, as_of, day, number
from metrics.registers.tasks import AREAS, PROGRAMME_KINDS
from metrics.tasks.figures import TASK_FIGURE
from metrics.tasks.review import SIX, STATES, TaskReview, missing_six
from pages.tasks import data as task_data
from ui.kit import asking, attached, listing, panel, record, writing
from ui.kit import screen as kit
from ui.kit.card import Deck, Part, Shown, cards
from ui.kit.links import link
from ui.kit.marks import MARKS, WARN, Html
from ui.kit.parts import empty
from ui.kit.query import UNKNOWN as NO_AREA
from ui.kit.query import Query, a_part, an_id, ids, one_of, opened, page, row_of
from ui.kit.table import Column, Row
from ui.shell.context import Frame
from ui.shell.text import plain, safe

FIGURES: Final = tuple(key for key, figure in TASK_FIGURE.items() if figure.fact == "task")
TOTALS: Final = "tong-hop"
"""Id of the heading of the tables of totals."""
QUERY: Final = Query(
    "tasks",
    one_of("when", ("running", "all", "weekly"), is_listed=False),
    an_id("programme", is_listed=False),
    one_of("figure", FIGURES, usual="tasks_assigned", label="Tình trạng"),
    a_part(TASK_FIGURE, "tasks_assigned"),
    one_of("area", [choice.value for choice in AREAS], may_be_unknown=True, label="Lĩnh vực",
           every="Mọi lĩnh vực"),
    ids("units", label="Đơn vị chủ trì", every="Mọi đơn vị"),
    page(),
    opened("task"),
    row_of("programme", "task", "task_update", "reminder"),
)  # fmt: skip
"""The screen's parameters, beside those of the frame."""

SHOWN: Final = (
    Shown("tasks_launched", unknown="tasks_launch_unknown", as_fraction=True,
          note="Triển khai chưa phải là hoàn thành."),
    Shown("tasks_completed", unknown="tasks_completion_unknown",
          beside=("tasks_completed_on_time", "tasks_completed_late",
                  "tasks_completed_undetermined")),
    Shown("tasks_past_due", beside=("tasks_unreported", "tasks_no_due"), urges="cần đôn đốc",
          alarm=True, none="không nhiệm vụ có hạn nào quá hạn"),
    Shown("tasks_not_updated", urges="lưu ý"),
    Shown("task_reminders", beside=("tasks_escalated",), opens="tasks_escalated", urges="quá mức",
          alarm=True),
    Shown("tasks_six_clear", beside=("tasks_unclear",), opens="tasks_unclear", as_fraction=True),
)  # fmt: skip
"""The cards."""

LISTED: Final = (
    "tasks_assigned", "tasks_past_due", "tasks_not_updated", "tasks_escalated", "tasks_launched",
    "tasks_launch_unknown", "tasks_completed", "tasks_completion_unknown", "tasks_overdue",
    "tasks_unreported", "tasks_in_time", "tasks_no_due", "tasks_completed_on_time",
    "tasks_completed_late", "tasks_completed_undetermined", "tasks_six_clear", "tasks_unclear",
)  # fmt: skip
"""What the list can be cut to, in the order of the select box."""

AREA_NAMES: Final = {choice.value: choice.word for choice in AREAS} | {NO_AREA: "Chưa rõ lĩnh vực"}
KIND_NAMES: Final = {choice.value: choice.word for choice in PROGRAMME_KINDS}
_SAID: Final = {True: "có", False: "chưa", None: "chưa rõ"}


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: the question, and what the address selects."""

    ask: Ask
    key: task_data.Key
    programmes: task_data.Table
    """All that concern the units in view."""

    @cached_property
    def chosen(self) -> task_data.Table:
        """The programmes that the figures are of."""
        return task_data.chosen(self.programmes, self.asked["programme"], self.asked["when"])

    @property
    def among(self) -> tuple[int, ...]:
        return tuple(self.chosen["programme_id"])

    @property
    def review(self) -> TaskReview:
        return task_data.review(self.key, self.among)

    @property
    def about(self) -> str:
        sources = kit.sources_text(self.chosen["source"])
        return f"Số liệu đến {as_of(self.ask.moment)}. Nguồn: {sources}."

    @property
    def is_empty(self) -> bool:
        return self.programmes.is_empty()


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    ask = asking.question(frame)
    key = task_data.key_of(frame, ask)
    programmes = task_data.programmes(key)
    asked = QUERY.read(units=frame.unit_names, programme=set(programmes["programme_id"]))
    return Screen(frame, asked, "tasks", ask, key, programmes)


def heading(screen: Screen) -> None:
    """The title, and which programmes the figures are of."""
    kit.heading(screen, "Nhiệm vụ")
    if not screen.is_empty:
        _which(screen)
    if screen.ask.moment != screen.frame.ask.moment:
        st.caption(
            f"Nhiệm vụ tính đến {as_of(screen.ask.moment)}; sổ nhiệm vụ được cập nhật riêng, có "
            "thể mới hơn số liệu hồ sơ ở thanh trên."
        )


def _which(screen: Screen) -> None:
    going = screen.programmes.filter("is_running").height
    of_year = len(task_data.chosen(screen.programmes, None, "all"))
    weekly = len(task_data.chosen(screen.programmes, None, "weekly"))
    names: dict[Any, str] = dict(screen.programmes.select("programme_id", "name").iter_rows())
    labels = {
        "running": f"Chương trình đang thực hiện trong kỳ ({number(going)})",
        "all": f"Tất cả chương trình ({number(of_year)})",
        "weekly": "Yêu cầu, giao việc của điều hành tuần",
    } | names
    if not going:
        del labels["running"]
    if not weekly:
        del labels["weekly"]
    asked = screen.asked
    present = asked["programme"] or asked["when"] or ("running" if going else "all")
    st.session_state["tasks_which"] = present if present in labels else "all"

    def changed() -> None:
        picked = st.session_state["tasks_which"]
        name = "programme" if picked in names else "when"
        screen.go(**{"when": asked["when"], "programme": None, name: picked})

    st.selectbox(
        "Chương trình, kế hoạch",
        list(labels),
        format_func=labels.__getitem__,
        key="tasks_which",
        on_change=changed,
        label_visibility="collapsed",
    )
    if not going and asked["programme"] is None and asked["when"] != "weekly":
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


def headline(screen: Screen) -> None:
    """The cards; each number opens its tasks."""

    def rows(key: str, part: Part) -> str | None:
        if key not in FIGURES:
            return None
        return screen.to("tasks", screen.asked.reset().but(figure=key, part=part).params())

    quiet, reminders = (
        number(screen.ask.threshold(key).value) for key in ("task_update_days", "reminders_allowed")
    )
    notes = {
        "tasks_not_updated": f"quá {quiet} ngày không cập nhật tình hình",
        "task_reminders": f"mức quy định {reminders} lần một nhiệm vụ",
    }
    cards("tasks", SHOWN, Deck(TASK_FIGURE, screen.review.cell, rows, screen.about, notes))


# -- the list -----------------------------------------------------------------------------


def task_list(screen: Screen) -> None:
    """The tasks, cut by state, area and unit; a row opens."""
    asked, review = screen.asked, screen.review
    rows = task_data.rows(
        screen.key, screen.among, asked["figure"], asked["area"], asked["units"], asked["part"]
    )
    names = screen.frame.unit_names
    codes = dict(screen.chosen.select("programme_id", "code").iter_rows())
    areas = [area or NO_AREA for area in review.table("area")["area"]]
    words = {
        "figure": {
            key: f"{'Mọi tình trạng' if key == 'tasks_assigned' else TASK_FIGURE[key].label} "
            f"({number(review.count(key))})"
            for key in LISTED
            if review.count(key) or key in (asked["figure"], "tasks_assigned")
        },
        **kit.part_words(asked, TASK_FIGURE),
        "area": {area: AREA_NAMES[area] for area in areas},
        "units": {unit: names.get(unit, UNKNOWN) for unit in review.table("unit_id")["unit_id"]},
    }
    listing.listing(
        screen,
        rows,
        (
            Column("Tình trạng", state_mark, order="state"),
            Column("Nhiệm vụ", "name", is_name=True),
            Column("Đơn vị chủ trì", lambda row: names.get(row["unit_id"])),
            Column("Người phụ trách", "person", is_minor=True),
            Column(
                "Hạn",
                _due,
                order="due_on",
                in_file=(
                    Column("Hạn", "due_on", "day"),
                    Column("Thường xuyên", lambda row: "có" if row["is_standing"] else None),
                ),
            ),
            Column("Triển khai", lambda row: _SAID[row["is_launched"]], is_minor=True),
            Column(
                "Cập nhật",
                lambda row: row["updated_at"] and row["updated_at"].date(),
                "day",
                is_minor=True,
            ),
            Column("Đôn đốc", "reminders", "count", is_minor=True),
            Column(
                "“6 rõ”",
                _six_of,
                help="Bao nhiêu trong sáu “rõ” đã có",
                is_minor=True,
                in_file=(Column("Số “rõ” đã có, trong 6", _clear, "count"),),
            ),
            Column("Chương trình", lambda row: codes.get(row["programme_id"]), is_minor=True),
            Column("Mã", "code", is_minor=True),
        ),
        title="Danh sách nhiệm vụ",
        noun="nhiệm vụ",
        alt="Danh sách nhiệm vụ, quá hạn trước",
        words=words,
        opens="task",
        by="task_id",
    )


def state_mark(row: Row) -> Html:
    return MARKS["task"][row["state"]].html(STATES[row["state"]])


def _due(row: Row) -> str:
    return "thường xuyên" if row["is_standing"] else day(row["due_on"])


def _clear(row: Row) -> int:
    return sum(bool(row[column]) for column in SIX)


def _six_of(row: Row) -> str:
    return f"{_clear(row)}/{len(SIX)}"


# -- one task -----------------------------------------------------------------------------


def open_task(screen: Screen) -> Row | None:
    """The task that the address opens: what it is, how it stands, its history; None: none is."""
    if screen.asked["task"] is None:
        return None
    every = tuple(screen.programmes["programme_id"])
    rows = task_data.rows(screen.key, every)
    found = missing_six(task_data.only(rows, screen.asked["task"]))
    if found.is_empty():
        empty(
            "Không mở được nhiệm vụ này",
            "Nhiệm vụ không có trong phạm vi đang xem, hoặc chưa được giao tại thời điểm số liệu.",
        )
        return None
    return found.row(0, named=True)


def about(screen: Screen, task: Row) -> None:
    """What an open task is and how it stands."""
    names, places = screen.frame.unit_names, screen.frame.place_names
    programmes = dict(screen.programmes.select("programme_id", "name").iter_rows())
    kept = writing.kept("task", task["task_id"]) or {}
    helpers = [places.get(unit, UNKNOWN) for unit in kept.get("co_units", ())]
    done_on = f", ngày {day(task['completed_on'])}" if task["completed_on"] else ""
    lacking = WARN.html(f"Chưa đủ “6 rõ”: thiếu {task['missing']}") if task["missing"] else ""
    st.html(f"<p>{state_mark(task)} {lacking}</p>")
    panel.facts(
        [
            ("Được triển khai", _SAID[task["is_launched"]]),
            ("Hoàn thành", _SAID[task["is_completed"]] + done_on),
            ("Chương trình", programmes.get(task["programme_id"])),
            ("Đơn vị chủ trì", names.get(task["unit_id"])),
            ("Đơn vị phối hợp", ", ".join(helpers)),
            ("Người phụ trách", task["person"]),
            ("Thời hạn", _due(task)),
            ("Trách nhiệm", task["responsibility"]),
            ("Sản phẩm", task["product"]),
            ("Thẩm quyền", task["authority"]),
            ("Lĩnh vực", AREA_NAMES[task["area"] or NO_AREA]),
            ("Ngày giao", task["assigned_on"]),
            ("Nguồn", task["source"]),
            *([("Số liệu kèm theo", figures)] if (figures := _figures(screen, task)) else []),
        ]
    )
    panel.quote(task["wording"])


def _figures(screen: Screen, task: Row) -> Html | None:
    """The link to the figures that a task came from; None: it names no screen of ours."""
    path, _, query = str(task["about"] or "").partition("?")
    known = {f"./{page.url_path}" for page in screen.frame.pages.values()}
    if path not in known or not query.isascii() or not query.isprintable():
        return None
    return link("Mở số liệu", f"{path}?{query}")


def history(screen: Screen, task: Row) -> None:
    """What was said of an open task and when it was reminded of; who changed what."""
    updates, reminders = task_data.events(screen.key, task["task_id"])
    st.markdown(
        f"**Lịch sử** · {number(updates.height)} cập nhật, {number(reminders.height)} đôn đốc"
    )
    if updates.is_empty() and reminders.is_empty():
        st.caption("Chưa có cập nhật hay đôn đốc nào.")
    panel.timeline(
        [
            *(
                panel.Event(row["at"], _update(screen, row))
                for row in updates.iter_rows(named=True)
            ),
            *(
                panel.Event(row["at"], _reminder(screen, row))
                for row in reminders.iter_rows(named=True)
            ),
        ],
        screen.ask.moment,
    )
    attached.buttons(attached.of_tasks([task["task_id"]]).get(task["task_id"], ()), "task")
    writing.show_history("task", task["task_id"], "Lịch sử thay đổi của nhiệm vụ")


def _update(screen: Screen, row: Row) -> Html:
    launched = {True: "đã triển khai", False: "chưa triển khai", None: "triển khai: chưa rõ"}
    done = {True: "đã hoàn thành", False: "chưa hoàn thành", None: "hoàn thành: chưa rõ"}
    day_ = f", ngày {day(row['completed_on'])}" if row["completed_on"] else ""
    head = f"<b>{launched[row['is_launched']]}; {done[row['is_completed']]}</b>{day_}"
    notes = [safe(row[name]) for name in ("note", "evidence") if row[name]]
    mend = record.link_to(screen, "task_update", row["task_update_id"])
    return Html("<br>".join([f"{head} – {safe(row['by'])} {mend}", *notes]))


def _reminder(screen: Screen, row: Row) -> Html:
    mend = record.link_to(screen, "reminder", row["reminder_id"])
    return Html(f"Đôn đốc{': ' if row['document'] else ''}{safe(row['document'] or '')} {mend}")
