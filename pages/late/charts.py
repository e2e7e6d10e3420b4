"""The three small charts above a list of dossiers: how late, why, and where the time went."""

from __future__ import annotations

import textwrap
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from metrics.core.ask import Ask
from metrics.core.vietnamese import number, percent
from metrics.dossiers.late_time import TimeSpent
from metrics.dossiers.listing import vital_few
from ui.shell.text import chart
from ui.shell.theme import NEUTRAL, SERIES, WARN

_ROW: Final = {1: 28, 2: 36}
"""Height of a bar whose name stands on one or two lines."""

_LEAST: Final = 100
_FONT: Final = 14
_TICKS: Final = {"size": _FONT}
_MOST_CAUSES: Final = 4


def count_chart(labels: list[str], counts: list[int]) -> go.Figure:
    """Dossiers by something, in the given order: lying bars from zero, each with its number."""
    figure = go.Figure(
        go.Bar(
            y=list(range(len(labels))),
            x=counts,
            orientation="h",
            text=[number(count) for count in counts],
            textposition="outside",
            cliponaxis=False,
            marker={"color": SERIES, "line": {"width": 0}},
            customdata=[chart(label) for label in labels],
            hovertemplate="%{customdata}: %{text} hồ sơ<extra></extra>",
        )
    )
    return _across(figure, labels, max(counts, default=0))


def cause_chart(causes: pl.DataFrame) -> go.Figure:
    """Causes, most frequent first; what nobody wrote down stands apart at the bottom.

    Args:
        causes: :attr:`metrics.dossiers.listing.Listing.causes`.
    """
    rows = _few_causes(causes)
    figure = go.Figure(
        go.Bar(
            y=list(range(len(rows))),
            x=[row["count"] for row in rows],
            orientation="h",
            text=[f"{number(row['count'])} · {percent(row['share'], 0)}" for row in rows],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [_cause_colour(row) for row in rows], "line": {"width": 0}},
            customdata=[[chart(row["label"]), percent(row["cumulative"], 0)] for row in rows],
            hovertemplate="%{customdata[0]}: %{text}, cộng dồn %{customdata[1]}<extra></extra>",
        )
    )
    return _across(figure, [row["label"] for row in rows], max(row["count"] for row in rows))


def _few_causes(causes: pl.DataFrame) -> list[dict[str, Any]]:
    """The most frequent causes, the rest as one, and the unwritten ones; with ``vital``."""
    written = list(causes.filter(pl.col("late_cause").is_not_null()).iter_rows(named=True))
    few = vital_few(causes)
    for position, row in enumerate(written):
        row["vital"] = few is not None and position < few[0]
    # Every cause that the sentence below counts has a bar of its own.
    most = max(_MOST_CAUSES, few[0]) if few is not None else _MOST_CAUSES
    rest, shown = written[most:], written[:most]
    if len(rest) == 1:
        shown = written
    elif rest:
        others = {
            "late_cause": "",
            "label": f"{len(rest)} nguyên nhân khác",
            "count": sum(row["count"] for row in rest),
            "share": sum(row["share"] for row in rest),
            "cumulative": rest[-1]["cumulative"],
            "vital": False,
        }
        shown = [*shown, others]
    unwritten = causes.filter(pl.col("late_cause").is_null()).iter_rows(named=True)
    return [*shown, *(row | {"vital": False} for row in unwritten)]


def _cause_colour(row: dict[str, Any]) -> str:
    if row["late_cause"] is None:
        return WARN
    return SERIES if row["vital"] else NEUTRAL


def time_chart(spent: TimeSpent, ask: Ask) -> go.Figure:
    """Working days a step took on average, a mark at what it was allotted, and its share.

    Waits stand below the steps; they carry no allotment.
    """
    day = ask.calendar.hours.day_ms / 60_000
    rows = [
        (row["step_name"], row["spent"] / day, row["allotted"], row["late"], SERIES)
        for row in spent.steps.iter_rows(named=True)
    ]
    rows += [
        (_WAIT_WORDS[row["kind"]], row["waited"] / day, None, row["late"], WARN)
        for row in spent.waits.iter_rows(named=True)
    ]
    allotted = [None if row[2] is None else row[2] / day for row in rows]
    texts = [
        f"{number(row[1], 1)}{'' if given is None else '/' + number(given, 1)} · "
        f"{percent(spent.share(row[3]), 0)}"
        for row, given in zip(rows, allotted, strict=True)
    ]
    top = max([row[1] for row in rows] + [given for given in allotted if given is not None])
    figure = go.Figure(
        go.Bar(
            y=list(range(len(rows))),
            x=[row[1] for row in rows],
            orientation="h",
            text=texts,
            textposition="outside",
            cliponaxis=False,
            marker={"color": [row[4] for row in rows], "line": {"width": 0}},
            hovertemplate="%{text} thời gian trễ<extra></extra>",
        )
    )
    for position, given in enumerate(allotted):
        if given is not None:
            figure.add_shape(
                type="line", x0=given, x1=given, y0=position - 0.46, y1=position + 0.46,
                line={"color": NEUTRAL, "width": 3},
            )  # fmt: skip
    return _across(figure, [row[0] for row in rows], top)


_WAIT_WORDS: Final = {"supplement": "Chờ bổ sung", "finance": "Chờ thuế, phí", "other": "Chờ khác"}


def _across(figure: go.Figure, labels: list[str], top: float) -> go.Figure:
    """Lying bars with their names on the left, first on top, and room for the numbers."""
    names = [_wrapped(label, 26) for label in labels]
    lines = 2 if any("<br>" in name for name in names) else 1
    figure.update_layout(
        separators=",.",
        showlegend=False,
        dragmode=False,
        font={"size": _FONT},
        height=max(_LEAST, _ROW[lines] * len(labels) + 8),
        margin={"l": 8, "r": 8, "t": 4, "b": 4},
        # A single bar is as thick as one of many.
        bargap=max(0.28, 1 - 0.2 * len(labels)),
        xaxis={"visible": False, "range": [0, 1.62 * max(top, 1e-9)], "fixedrange": True},
        yaxis={
            "tickvals": list(range(len(labels))),
            "ticktext": names,
            "range": [len(labels) - 0.5, -0.5],
            "fixedrange": True,
            "automargin": True,
            "ticklabelstandoff": 6,
            "tickfont": _TICKS,
        },
    )
    return figure


def _wrapped(text: str, width: int) -> str:
    lines = textwrap.wrap(text, width, max_lines=2, placeholder="…")
    return "<br>".join(chart(line) for line in lines)
