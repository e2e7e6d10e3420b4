"""The screen that reconciles: readings side by side, the walk between two of them, its dossiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import streamlit as st

from metrics.core.on_time import COMPARED, DUE, ON_TIME_DEFINITIONS, OVER
from metrics.core.report_forms import told as called
from metrics.core.vietnamese import as_of, number, percent, points, signed
from metrics.dossiers.readings import READINGS, SIDE_WORDS, Reading, reading_of, usual
from metrics.dossiers.walk import Count, Step, Walk, because, said, spoken_as, tokens
from metrics.registers.reported import FORM_COLUMNS
from pages.reconciling import data as reconciling
from pages.reconciling.charts import Bar, waterfall
from ui.kit import screen as kit
from ui.kit.charts import plot
from ui.kit.dossiers import dossiers
from ui.kit.filters import widget
from ui.kit.links import link
from ui.kit.listing import row_opens
from ui.kit.marks import Html
from ui.kit.panel import panel
from ui.kit.parts import empty
from ui.kit.query import Query, a_room, an_id, one_of, opened
from ui.kit.table import Column, Row, table
from ui.shell.context import Frame
from ui.shell.text import plain, safe

PARTS: Final = {
    "readings": "Cách tính đúng hạn",
    "forms": "Số báo cáo",
    "portal": "Điểm trên Cổng",
    "twice": "Trùng mã",
    "closed": "Số đã chốt",
}
"""Parameter ``part`` → label."""
QUERY: Final = Query(
    "reconciling",
    a_room(PARTS),
    one_of("first", READINGS, label="Nơi này tính theo", is_listed=False),
    one_of("second", READINGS, label="Nơi kia tính theo", is_listed=False),
    opened("step", list(tokens())),
    an_id("line", is_listed=False),
    opened("column", FORM_COLUMNS),
)
"""The screen's parameters, beside those of the frame."""
NAMES: Final[Mapping[str, str]] = {
    token: f"{spoken_as(each)}{'' if each.is_usual else ' (không phải cách của định nghĩa)'}"
    for token, each in READINGS.items()
}
_DECIMALS: Final = 2
"""As rates that other places print (metrics/core/printed.py): they are what is explained here."""


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: the two readings that the address asks for."""

    @property
    def first(self) -> str:
        """The reading that the walk begins at: as asked, else the view's own."""
        return str(self.asked["first"] or reading_of(self.frame.ask).token)

    @property
    def second(self) -> str:
        """The other one: as asked, else the portal's, beside the portal's the form's."""
        if self.asked["second"]:
            return str(self.asked["second"])
        other = "form" if READINGS[self.first].definition == "portal" else "portal"
        return usual(other).token  # type: ignore[arg-type]

    @cached_property
    def walk(self) -> Walk:
        return reconciling.walk(self.frame, self.first, self.second)

    @cached_property
    def counts(self) -> Mapping[str, Count]:
        return reconciling.side_by_side(self.frame)

    @property
    def is_empty(self) -> bool:
        return not any(count.denominator or count.unknown for count in self.counts.values())

    @property
    def step(self) -> Step | None:
        """The step that is open."""
        return next((s for s in self.walk.steps if s.token == self.asked["step"]), None)


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    return Screen(frame, QUERY.read(part=PARTS), "reconciling")


def part(screen: Screen) -> str:
    """The control for the parts; the chosen one."""
    return kit.choose_part(screen, PARTS)


def heading(screen: Screen) -> None:
    """The title, and what in the address means nothing."""
    kit.heading(screen, "Đối chiếu")


def nothing(screen: Screen) -> None:
    """No reading counts anything."""
    empty(
        "Không có hồ sơ để đối chiếu",
        f"{plain(screen.frame.view.period.label)}: không cách tính nào có hồ sơ trong phạm vi đang "
        "xem.",
        "Hãy chọn kỳ khác hoặc đơn vị khác ở thanh trên.",
    )


# -- side by side -------------------------------------------------------------------------


def readings(screen: Screen) -> None:
    """What is open; the definitions side by side, and the walk between two readings."""
    ask = screen.frame.ask
    over = f"; tỷ lệ {OVER[ask.whole]}" if ask.whole == "all" else ""
    how = f"{plain(screen.frame.view.period.label)}, {DUE[ask.due]}{over}"
    st.caption(
        f"Vì sao nơi này một số, nơi kia một số: cùng hồ sơ ({how}), khác cách tính. Mỗi chênh "
        "lệch mở ra đúng các hồ sơ của nó."
    )
    open_step(screen)
    if screen.is_empty:
        nothing(screen)
        return
    side_by_side(screen)
    walk(screen)


def side_by_side(screen: Screen) -> None:
    """The six definitions: rate, both sides, unknown; the rate by the hour and by the day."""
    ask, counts = screen.frame.ask, screen.counts
    st.header("Sáu định nghĩa đúng hạn cạnh nhau")
    rows = [
        {"key": key, "own": usual(key), "count": counts[usual(key).token], **_sides(screen, key)}  # type: ignore[arg-type]
        for key in ON_TIME_DEFINITIONS
    ]
    table(
        rows,
        (
            Column("Định nghĩa", _name, is_name=True, in_file=(Column("Định nghĩa", "label"),)),
            Column("Tỷ lệ", lambda row: Html(f"<b>{_rate(screen, row['count'])}</b>"),
                   order="rate", is_number=True, in_file=(Column("Tỷ lệ", "rate", "rate"),)),
            Column("Tử số", "numerator", "count"),
            Column("Mẫu số", "denominator", "count"),
            Column("Chưa phân loại", "unknown", "count"),
            *(Column(words.capitalize(), _cell(screen, compare), order=compare, is_number=True,
                     help="Bấm để đi từ nơi này đến cách tính ấy.",
                     in_file=(Column(words.capitalize(), compare, "rate"),))
              for compare, words in COMPARED.items()),
            Column("Căn cứ", lambda row: called(ON_TIME_DEFINITIONS[row["key"]].basis,
                                                ask.last_day), is_minor=True),
        ),
        alt="Sáu định nghĩa đúng hạn cạnh nhau",
    )  # fmt: skip
    st.caption(
        "Tỷ lệ: theo cách so của chính định nghĩa. Hai cột sau: nếu so theo giờ, theo ngày; bấm "
        f"một tỷ lệ để đi đến đó. Số liệu đến {as_of(ask.moment)}."
    )


def _sides(screen: Screen, key: str) -> dict[str, Any]:
    own = screen.counts[usual(key).token]  # type: ignore[arg-type]
    sides, whole = own.sides(screen.frame.ask.whole), screen.frame.ask.whole
    return {
        "label": ON_TIME_DEFINITIONS[key].label,
        "rate": sides.rate,
        "numerator": sides.numerator,
        "denominator": sides.denominator,
        "unknown": sides.unknown,
        **{each: screen.counts[f"{key}-{each}"].rate(whole) for each in COMPARED},
    }


def _name(row: Row) -> Html:
    own = COMPARED[row["own"].compare]
    return Html(f"{safe(row['label'])}<small>{safe(own)}</small>")


def _rate(screen: Screen, count: Count) -> str:
    ask = screen.frame.ask
    return percent(count.rate(ask.whole), _DECIMALS, ask.edges)


def _cell(screen: Screen, compare: str) -> Any:
    """A rate that leads to the walk there; marked where it is one of the two."""

    def cell(row: Row) -> Html:
        token = f"{row['key']}-{compare}"
        words = _rate(screen, screen.counts[token])
        if token == screen.first:
            return Html(f"<b>{words}</b> (nơi này)")
        note = " (nơi kia)" if token == screen.second else ""
        to = screen.href(second=token)
        more = f"đi đến {NAMES[token]}"
        return Html(f"{link(words, to, place=WALK, more=more)}{note}")

    return cell


# -- the walk -----------------------------------------------------------------------------

WALK: Final = "duong-di"
"""Id of the heading of the walk."""


def walk(screen: Screen) -> None:
    """The two readings, one sentence why they differ, a picture, every step with its dossiers."""
    st.header("Từ nơi này đến nơi kia", anchor=WALK)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widget(screen.asked, "first", NAMES, shown=screen.first, width=420)
        widget(screen.asked, "second", NAMES, shown=screen.second, width=420)
    found = screen.walk
    st.markdown(f"**{plain(because(found, screen.frame.ask.edges))}**")
    if not found.steps:
        return
    bars = _bars(found)
    if len(bars) > 1:
        title = "Chênh lệch do đâu"
        plot(waterfall(bars), "reconciling_walk", _heard(found), title=title)
    _steps(screen, found)


def _bars(found: Walk) -> list[Bar]:
    """A bar a reason that moves the rate, in the order of the walk; the difference at the end."""
    bars: list[Bar] = []
    at = 0.0
    for reason, (count, move) in _by_reason(found).items():
        if move is None:
            return []
        if move:
            words = f"{reason}: {points(move, _DECIMALS)} ({number(count)} hồ sơ)"
            bars.append(Bar(words, at, at + 100 * move))
            at += 100 * move
    whole = f"Chênh lệch: {points(found.difference, _DECIMALS)} ({number(found.moved)} hồ sơ)"
    return [*bars, Bar(whole, 0.0, at, is_total=True)] if bars else []


def _by_reason(found: Walk) -> dict[str, tuple[int, float | None]]:
    """Reason's label → dossiers, points of all its steps (null where one has none)."""
    sums: dict[str, tuple[int, float | None]] = {}
    for step, move in zip(found.steps, found.points, strict=True):
        count, points_ = sums.get(step.reason.label, (0, 0.0))
        moved = None if points_ is None or move is None else points_ + move
        sums[step.reason.label] = count + step.count, moved
    return sums


def _heard(found: Walk) -> str:
    told_ = (
        f"{reason} {points(move, _DECIMALS)} điểm"
        for reason, (_, move) in _by_reason(found).items()
        if move
    )
    return f"Chênh lệch giữa hai cách tính theo lý do: {'; '.join(told_)}"


def _steps(screen: Screen, found: Walk) -> None:
    """The walk as a table: from the one, step by step, to the other."""
    edges = screen.frame.ask.edges

    def end(label: str, reading: Reading, count: Count) -> dict[str, Any]:
        sides = count.sides(found.whole)
        return {
            "token": None, "label": f"{label}: {spoken_as(reading)}", "meaning": "", "start": "",
            "to": "", "count": None, "numerator": sides.numerator,
            "denominator": count.denominator, "unknown": sides.unknown,
            "points": None, "rate": percent(sides.rate, _DECIMALS, edges),
        }  # fmt: skip

    def step(each: Step, move: float | None) -> dict[str, Any]:
        return {
            "token": each.token, "label": each.reason.label, "meaning": each.reason.meaning,
            "start": SIDE_WORDS[each.start], "to": SIDE_WORDS[each.to], "count": each.count,
            "numerator": each.adds.numerator, "denominator": each.adds.denominator,
            "unknown": each.adds.unknown, "points": move, "rate": None,
        }  # fmt: skip

    pair = found.pair
    rows = [
        end("Nơi này", pair.start, found.start),
        *map(step, found.steps, found.points),
        end("Nơi kia", pair.to, found.to),
    ]

    def change(name: str) -> Column:
        words = {"numerator": "Tử số", "denominator": "Mẫu số", "unknown": "Chưa phân loại"}[name]
        shown = lambda row: number(row[name]) if row["token"] is None else signed(row[name])  # noqa: E731
        return Column(words, shown, order=name, is_number=True, in_file=(Column(words, name),))

    table(
        rows,
        (
            Column("Bước", _step_name, is_name=True, in_file=(Column("Bước", "label"),)),
            Column("Nơi này", "start"),
            Column("Nơi kia", "to"),
            Column("Hồ sơ", "count", "count"),
            change("numerator"),
            change("denominator"),
            change("unknown"),
            Column("Điểm", lambda row: row["rate"] or points(row["points"], _DECIMALS),
                   order="points", is_number=True, in_file=(Column("Điểm", "points", "points"),)),
            Column("Nghĩa là", "meaning", is_minor=True),
        ),
        alt="Đường đi giữa hai cách tính, từng bước",
        opens=row_opens(screen, "step", "token") if screen.frame.may("open_dossier") else None,
        sorts=False,
    )  # fmt: skip
    st.caption(
        "Tử số, mẫu số, chưa phân loại của nơi này cộng các bước đúng bằng của nơi kia. Điểm: tỷ "
        "lệ sau bước trừ trước bước, theo thứ tự trong bảng. Bấm một bước để mở hồ sơ."
    )


def _step_name(row: Row) -> Html:
    if row["token"] is None:
        return Html(f"<b>{safe(row['label'])}</b>")
    return Html(safe(row["label"]))


def open_step(screen: Screen) -> None:
    """The dossiers of the step that the address opens."""
    if screen.asked["step"] is None:
        return
    step = screen.step
    title = "Bước không có hồ sơ" if step is None else f"{number(step.count)} hồ sơ: {said(step)}"
    with panel(screen, "step", title):
        pair = screen.walk.pair
        st.caption(f"Nơi này: {spoken_as(pair.start)}. Nơi kia: {spoken_as(pair.to)}.")
        if step is None:
            st.caption("Giữa hai cách tính đang chọn không có hồ sơ nào như vậy.")
            return
        st.markdown(plain(step.reason.meaning))
        asked = screen.frame, screen.first, screen.second, step.token
        names = screen.frame.procedure_names
        third = Column("Thủ tục", lambda row: names.get(row["procedure_id"], "Chưa rõ thủ tục"))
        dossiers(
            screen, step.count, reconciling.behind(*asked), third,
            alt=f"Hồ sơ: {said(step)}", whole=reconciling.every_behind(*asked),
        )  # fmt: skip
