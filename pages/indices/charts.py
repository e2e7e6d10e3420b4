"""Charts of the indices: scores, ranks (best on top), and places won or lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from metrics.core.vietnamese import number, signed
from metrics.indices.series import LEADING_GROUP, MethodBreak
from ui.shell.text import chart
from ui.shell.theme import BAD, GOOD, NEUTRAL, SERIES, WARN

_FONT: Final = 14
_COMPARED: Final = (("#a67c2d", "dash"), ("#8b6fb3", "dot"), ("#5c8f7a", "dashdot"))
"""Colour and dash of the provinces compared with: told apart without colour too."""


def score_chart(
    table: pl.DataFrame,
    own: str,
    spread: pl.DataFrame,
    means: dict[int, float],
    breaks: Sequence[MethodBreak],
) -> go.Figure:
    """Scores by edition; the middle half of the provinces as a band, their median as a line."""
    figure = go.Figure()
    _band(figure, spread, breaks)
    if means:
        figure.add_trace(_means(means))
    ends = []
    for name, rows, look in _provinces(table, own):
        figure.add_trace(_line(name, rows, "score", breaks, look, _score_text))
        ends.append(_end(name, rows, "score", look[0]))
        _others(figure, name, rows, "other_scores", look[0], 2)
    low, high = _range(figure)
    _labels(figure, [each for each in ends if each], (high - low) / 14)
    _frame(figure, _years(table), breaks)
    figure.update_yaxes(range=[low, high], tickformat=",.0f" if high - low > 8 else ",.1f")
    return figure


def rank_chart(table: pl.DataFrame, own: str, breaks: Sequence[MethodBreak]) -> go.Figure:
    """Ranks by edition, the first place on top; a rank known only as a bound is an open mark."""
    figure = go.Figure()
    ends = []
    for name, rows, look in _provinces(table, own):
        figure.add_trace(_line(name, rows, "rank", breaks, look, _rank_text))
        ends.append(_end(name, rows, "rank", look[0]))
        _others(figure, name, rows, "other_ranks", look[0], 0)
        _bounds(figure, name, rows, look[0])
    worst = _worst(table)
    _labels(figure, [each for each in ends if each], worst / 14)
    figure.add_hline(
        y=LEADING_GROUP,
        line={"color": NEUTRAL, "width": 1, "dash": "dash"},
        annotation={
            "text": f"nhóm {LEADING_GROUP}",
            "font": {"size": _FONT, "color": NEUTRAL},
            "x": 0,
            "xanchor": "left",
            "yanchor": "top",
        },
    )
    _frame(figure, _years(table), breaks)
    known = sorted(set(table["out_of"].drop_nulls()))
    # Editions have had 42 to 64 provinces; the span is told, each point's own is in its words.
    out_of = "–".join(str(each) for each in dict.fromkeys([*known[:1], *known[-1:]]))
    figure.update_yaxes(
        range=[worst + 1, -1],
        tickvals=[1, *range(10, worst - 3, 10), worst],
        title={"text": f"hạng (trên {out_of})" if out_of else "hạng", "standoff": 4},
    )
    return figure


def _worst(table: pl.DataFrame) -> int:
    """The axis' last place: all places, or fewer where only leaders are shown."""
    every = max([20, *table["out_of"].drop_nulls()])
    shown = [*table["rank"].drop_nulls(), *table["rank_bound"].drop_nulls()]
    shown += table["other_ranks"].explode().drop_nulls().to_list()
    return int(min(every, max([20, *(rank + 5 for rank in shown)])))


def change_chart(table: pl.DataFrame, base: int, year: int) -> go.Figure:
    """Each component's rank in two editions: an open circle, then a full mark; best on the right.

    ``table``: the rows of RankChanges with a known change.
    """
    names = [_wrap(row) for row in table["name"]]
    figure = go.Figure()
    for place, row in enumerate(table.iter_rows(named=True)):
        figure.add_shape(
            type="line", x0=row["rank_before"], x1=row["rank"], y0=place, y1=place,
            line={"color": NEUTRAL, "width": 2}, layer="below",
        )  # fmt: skip
        figure.add_annotation(
            text=f"{row['rank_before']} → {row['rank']} "
            f"({change_words(row['places_up'], short=True)})", x=row["rank"], y=place,
            showarrow=False, xanchor="left" if row["places_up"] >= 0 else "right",
            xshift=10 if row["places_up"] >= 0 else -10, font={"size": _FONT},
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=table["rank_before"].to_list(),
            y=list(range(table.height)),
            mode="markers",
            marker={"symbol": "circle-open", "size": 10, "color": NEUTRAL, "line": {"width": 2}},
            hovertemplate=f"Năm {base}: hạng %{{x}}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=table["rank"].to_list(),
            y=list(range(table.height)),
            mode="markers",
            marker={
                "symbol": [_symbol(up) for up in table["places_up"]],
                "color": [_colour(up) for up in table["places_up"]],
                "size": 12,
            },
            hovertemplate=f"Năm {year}: hạng %{{x}}<extra></extra>",
        )
    )
    worst = max([10, *table["rank_before"], *table["rank"]])
    # Room for the words beside the marks: on the left only where a rank fell.
    left = 14 if (table["places_up"] < 0).any() else 4
    figure.update_layout(
        height=70 + 42 * max(table.height, 1), margin={"l": 8, "r": 8, "t": 8, "b": 30},
        showlegend=False, dragmode=False, font={"size": _FONT}, separators=",.",
        xaxis={"range": [worst + left, -13], "tickfont": {"size": _FONT},
               "fixedrange": True, "zeroline": False,
               "tickvals": [1, *range(10, worst + 1, 10)]},
        yaxis={"tickvals": list(range(table.height)), "ticktext": names, "fixedrange": True,
               "tickfont": {"size": _FONT},
               "range": [table.height - 0.5, -0.5], "automargin": True, "showgrid": False,
               "zeroline": False},
    )  # fmt: skip
    return figure


def change_words(up: int | None, *, short: bool = False) -> str:
    """▲ +39 bậc; ▼ −5 bậc; giữ hạng."""
    if up is None:
        return "chưa rõ"
    if up == 0:
        return "= 0" if short else "giữ hạng"
    return f"{'▲' if up > 0 else '▼'} {signed(up)}" + ("" if short else " bậc")


def _symbol(up: int) -> str:
    return "circle" if up == 0 else "triangle-up" if up > 0 else "triangle-down"


def _colour(up: int) -> str:
    return NEUTRAL if up == 0 else GOOD if up > 0 else BAD


def _wrap(name: str, most: int = 34) -> str:
    if len(name) <= most:
        return chart(name)
    cut = name.rfind(" ", 0, most)
    rest = name[cut + 1 :]
    short = rest if len(rest) <= most else rest[: most - 1] + "…"
    return f"{chart(name[:cut])}<br>{chart(short)}"


# -- lines --------------------------------------------------------------------------------

_Look = tuple[str, str, float]


def _provinces(table: pl.DataFrame, own: str) -> list[tuple[str, list[dict[str, Any]], _Look]]:
    found: list[tuple[str, list[dict[str, Any]], _Look]] = []
    others = iter(_COMPARED)
    for key, rows in table.group_by("province_code", maintain_order=True):
        colour, dash = (SERIES, "solid") if key[0] == own else next(others)
        records = list(rows.sort("year").iter_rows(named=True))
        name = chart(records[0]["province"])
        found.append((name, records, (colour, dash, 3 if key[0] == own else 2)))
    return found[::-1]  # one's own last, over the others


def _line(
    name: str,
    rows: list[dict[str, Any]],
    column: str,
    breaks: Sequence[MethodBreak],
    look: _Look,
    say: Any,
) -> go.Scatter:
    colour, dash, width = look
    x, y, text = _cut(rows, column, breaks, say)
    return go.Scatter(
        x=x, y=y, text=text, name=name, mode="lines+markers", connectgaps=False,
        line={"color": colour, "dash": dash, "width": width},
        marker={"size": 6 if width < 3 else 8},
        hovertemplate=f"{name}, %{{text}}<extra></extra>",
    )  # fmt: skip


def _cut(
    rows: list[dict[str, Any]], column: str, breaks: Sequence[MethodBreak], say: Any
) -> tuple[list[float], list[float | None], list[str]]:
    """Points of a line; it stops before a methodology break and begins anew after it."""
    starts = {each.year for each in breaks}
    x: list[float] = []
    y: list[float | None] = []
    text: list[str] = []
    for row in rows:
        if row["year"] in starts:
            x.append(row["year"] - 0.5)
            y.append(None)
            text.append("")
        x.append(row["year"])
        y.append(row[column])
        text.append(say(row))
    return x, y, text


def _score_text(row: dict[str, Any]) -> str:
    other = ", ".join(number(value, 2) for value in row["other_scores"])
    return f"{row['year']}: {number(row['score'], 2)}" + (
        f" (nguồn khác: {other})" if other else ""
    )


def _rank_text(row: dict[str, Any]) -> str:
    other = ", ".join(number(value) for value in row["other_ranks"])
    out_of = f"/{row['out_of']}" if row["out_of"] else ""
    how = ", tính từ điểm" if row["rank_kind"] == "computed" else ""
    text = f"{row['year']}: hạng {number(row['rank'])}{out_of}{how}"
    return text + (f" (nguồn khác: {other})" if other else "")


def _others(
    figure: go.Figure,
    name: str,
    rows: list[dict[str, Any]],
    column: str,
    colour: str,
    decimals: int,
) -> None:
    points = [(row["year"], value) for row in rows for value in row[column]]
    if not points:
        return
    figure.add_trace(
        go.Scatter(
            x=[year for year, _ in points],
            y=[value for _, value in points],
            mode="markers",
            marker={"symbol": "x-thin", "size": 9, "line": {"color": colour, "width": 2}},
            text=[f"{year}: {number(value, decimals)}" for year, value in points],
            hovertemplate=f"{name}, nguồn khác, %{{text}}<extra></extra>",
        )
    )


def _bounds(figure: go.Figure, name: str, rows: list[dict[str, Any]], colour: str) -> None:
    points = [row for row in rows if row["rank_bound"] is not None]
    if not points:
        return
    figure.add_trace(
        go.Scatter(
            x=[row["year"] for row in points],
            y=[row["rank_bound"] for row in points],
            mode="markers+text",
            text=[f"≤ {row['rank_bound']}" for row in points],
            textposition="bottom center",
            textfont={"size": _FONT, "color": colour},
            marker={
                "symbol": "triangle-up-open",
                "size": 12,
                "color": colour,
                "line": {"width": 2},
            },
            hovertemplate=f"{name}, %{{x}}: chỉ biết hạng không quá %{{y}}<extra></extra>",
        )
    )


def _band(figure: go.Figure, spread: pl.DataFrame, breaks: Sequence[MethodBreak]) -> None:
    starts = {each.year for each in breaks}
    part: list[dict[str, Any]] = []
    for row in [*spread.sort("year").iter_rows(named=True), None]:
        if row is None or row["median"] is None or row["year"] in starts:
            if part:
                _band_part(figure, part)
            part = []
        if row is not None and row["median"] is not None:
            part.append(row)


def _band_part(figure: go.Figure, rows: list[dict[str, Any]]) -> None:
    years = [row["year"] for row in rows]
    figure.add_trace(
        go.Scatter(
            x=[*years, *years[::-1]],
            y=[*(row["q3"] for row in rows), *(row["q1"] for row in rows[::-1])],
            fill="toself",
            fillcolor="rgba(135,149,161,0.18)",
            mode="lines",
            line={"width": 0},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=years,
            y=[row["median"] for row in rows],
            mode="lines+markers",
            marker={"size": 3, "color": NEUTRAL},
            line={"color": NEUTRAL, "width": 1.5},
            text=[number(row["median"], 2) for row in rows],
            hovertemplate="Trung vị cả nước, %{x}: %{text}<extra></extra>",
        )
    )


def _means(means: dict[int, float]) -> go.Scatter:
    return go.Scatter(
        x=list(means), y=list(means.values()), mode="markers",
        marker={"symbol": "line-ew", "size": 16, "line": {"color": NEUTRAL, "width": 2}},
        text=[number(value, 2) for value in means.values()],
        hovertemplate="Cả nước (công bố), %{x}: %{text}<extra></extra>",
    )  # fmt: skip


# -- frame --------------------------------------------------------------------------------


def _years(table: pl.DataFrame) -> list[int]:
    return list(table["year"].unique().sort())


def _end(
    name: str, rows: list[dict[str, Any]], column: str, colour: str
) -> tuple[float, float, str, str] | None:
    known = [row for row in rows if row[column] is not None]
    return (known[-1]["year"], known[-1][column], name, colour) if known else None


def _labels(figure: go.Figure, ends: Sequence[tuple[float, float, str, str]], apart: float) -> None:
    """Names at the lines' ends, moved apart where they would cover each other."""
    last: float | None = None
    for _, value, name, colour in sorted(ends, key=lambda end: end[1]):
        at = value if last is None else max(value, last + apart)
        last = at
        figure.add_annotation(
            text=name, xref="paper", x=1.01, y=at, showarrow=False, xanchor="left",
            font={"size": _FONT, "color": colour},
        )  # fmt: skip


def _range(figure: go.Figure) -> tuple[float, float]:
    found = [y for trace in figure.data for y in (trace.y or ()) if y is not None]
    if not found:
        return 0, 100
    low, high = min(found), max(found)
    room = max((high - low) * 0.1, 0.5)
    return low - room, high + room


def _frame(figure: go.Figure, years: Sequence[int], breaks: Sequence[MethodBreak]) -> None:
    for each in breaks:
        figure.add_vline(
            x=each.year - 0.5,
            line={"color": WARN, "width": 1.5, "dash": "dot"},
            annotation={
                "text": chart(each.after),
                "font": {"size": _FONT, "color": WARN},
                "textangle": 0,
                "yref": "paper",
                "y": 1,
                "yanchor": "bottom",
                "xanchor": "left",
                "xshift": -6,
            },
        )
    step = 1 if len(years) <= 8 else 2 if len(years) <= 15 else 3
    figure.update_layout(
        height=340, margin={"l": 56, "r": 110, "t": 30, "b": 30}, separators=",.",
        showlegend=False, dragmode=False, hovermode="closest", font={"size": _FONT},
        xaxis={"tickvals": list(years)[::-1][::step], "tickformat": "d", "fixedrange": True,
               "tickfont": {"size": _FONT},
               "showgrid": False, "zeroline": False, "range": [years[0] - 0.6, years[-1] + 0.6]},
        yaxis={"fixedrange": True, "zeroline": False, "tickfont": {"size": _FONT}},
    )  # fmt: skip
