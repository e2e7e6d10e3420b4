"""Charts of the indices: scores, ranks (best on top), and places won or lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from metrics.core.vietnamese import number
from metrics.indices.review import IndexReview, Row, change_words
from metrics.indices.series import LEADING_GROUP
from ui.kit.charts import FONT
from ui.shell.text import chart
from ui.shell.theme import BAD, GOOD, NEUTRAL, SERIES, WARN

_COMPARED: Final = (("#a67c2d", "dash"), ("#8b6fb3", "dot"), ("#5c8f7a", "dashdot"))
"""Colour and dash of the provinces compared with: told apart without colour too."""
_BY_CHANGE: Final = {
    0: ("circle", NEUTRAL),
    1: ("triangle-up", GOOD),
    -1: ("triangle-down", BAD),
}
_Look = tuple[str, str, int]


def score_chart(held: IndexReview) -> go.Figure:
    """Scores by edition; the middle half of the provinces as a band, their median as a line."""
    figure = go.Figure()
    _band(figure, held)
    if held.means and not held.is_whole:
        _marks(
            figure, held.means.items(), "line-ew", NEUTRAL, "Cả nước (công bố)",
            lambda value: number(value, 2),
        )  # fmt: skip
    _lines(figure, held, "score", _score_text, lambda value: number(value, 2))
    found = [y for trace in figure.data for y in (trace.y or ()) if y is not None] or [0, 100]
    room = max((max(found) - min(found)) * 0.1, 0.5)
    low, high = min(found) - room, max(found) + room
    _labels(figure, held, "score", (high - low) / 14)
    _frame(figure, held)
    figure.update_yaxes(range=[low, high], tickformat=",.0f" if high - low > 8 else ",.1f")
    return figure


def rank_chart(held: IndexReview) -> go.Figure:
    """Ranks by edition, the first place on top; a rank known only as a bound is an open mark."""
    figure = go.Figure()
    _lines(figure, held, "rank", _rank_text, number)
    for name, rows, look in _provinces(held):
        bounds = [(r["year"], r["rank_bound"]) for r in rows if r["rank_bound"] is not None]
        _marks(
            figure, bounds, "triangle-up-open", look[0], f"{name}, chỉ biết hạng không quá",
            lambda bound: f"≤ {bound}", shows=True,
        )  # fmt: skip
    worst = _worst(held)
    _labels(figure, held, "rank", worst / 14)
    figure.add_hline(
        y=LEADING_GROUP, line={"color": NEUTRAL, "width": 1, "dash": "dash"},
        annotation={"text": f"nhóm {LEADING_GROUP}", "font": {"size": FONT, "color": NEUTRAL},
                    "x": 0, "xanchor": "left", "yanchor": "top"},
    )  # fmt: skip
    _frame(figure, held)
    for year, why in held.other_places(held.own):
        figure.add_vline(x=year - 0.5, line={"color": NEUTRAL, "width": 1.5, "dash": "dot"},
                         annotation={"text": chart(why.removesuffix(" nên không so")),
                                     "font": {"size": FONT, "color": NEUTRAL}, "textangle": 0,
                                     "yref": "paper", "y": 0, "yanchor": "bottom",
                                     "xanchor": "right", "xshift": -4})  # fmt: skip
    known = sorted({row["out_of"] for row in held.rows if row["out_of"]})
    # Editions have had 42 to 64 provinces; the span is told, each point's own is in its words.
    out_of = "–".join(str(each) for each in dict.fromkeys([*known[:1], *known[-1:]]))
    figure.update_yaxes(
        range=[worst + 1, -1],
        tickvals=[1, *range(10, worst - 3, 10), worst],
        title={"text": f"hạng (trên {out_of})" if out_of else "hạng", "standoff": 4},
    )
    return figure


def _worst(held: IndexReview) -> int:
    """The axis' last place: all places, or fewer where only leaders are shown."""
    every = max([20, *(row["out_of"] or 0 for row in held.rows)])
    shown = [r[name] or 0 for r in held.rows for name in ("rank", "rank_bound")]
    shown += [rank for row in held.rows for rank in row["other_ranks"]]
    return min(every, max([20, *(rank + 5 for rank in shown)]))


def change_chart(rows: Sequence[Row], base: int | None, year: int | None) -> go.Figure:
    """Each component's rank in two editions: an open circle, then a full mark; best on the right.

    ``rows``: those of RankChanges with a known change.
    """
    places = list(range(len(rows)))
    figure = go.Figure()
    for place, row in enumerate(rows):
        up = row["places_up"]
        figure.add_shape(
            type="line", x0=row["rank_before"], x1=row["rank"], y0=place, y1=place,
            line={"color": NEUTRAL, "width": 2}, layer="below",
        )  # fmt: skip
        figure.add_annotation(
            text=f"{row['rank_before']} → {row['rank']} ({change_words(up, short=True)})",
            x=row["rank"], y=place, showarrow=False, xanchor="left" if up >= 0 else "right",
            xshift=10 if up >= 0 else -10, font={"size": FONT},
        )  # fmt: skip
    looks = [_BY_CHANGE[(row["places_up"] > 0) - (row["places_up"] < 0)] for row in rows]
    before: dict[str, Any] = {"symbol": "circle-open", "size": 10, "color": NEUTRAL}
    after = {"symbol": [s for s, _ in looks], "color": [c for _, c in looks], "size": 12}
    for of, edition, mark in (("rank_before", base, before), ("rank", year, after)):
        figure.add_scatter(
            x=[row[of] for row in rows], y=places, mode="markers", marker=mark,
            hovertemplate=f"Năm {edition}: hạng %{{x}}<extra></extra>",
        )  # fmt: skip
    worst = max([10, *(row[of] for row in rows for of in ("rank_before", "rank"))])
    # Room for the words beside the marks: on the left only where a rank fell.
    left = 14 if any(row["places_up"] < 0 for row in rows) else 4
    figure.update_layout(
        height=70 + 42 * max(len(rows), 1), margin={"l": 8, "r": 8, "t": 8, "b": 30},
        showlegend=False,
        xaxis={"range": [worst + left, -13], "tickvals": [1, *range(10, worst + 1, 10)]},
        yaxis={"tickvals": places, "ticktext": [_wrap(row["name"]) for row in rows],
               "range": [len(rows) - 0.5, -0.5], "automargin": True, "showgrid": False},
    )  # fmt: skip
    return figure


def _wrap(name: str, most: int = 34) -> str:
    if len(name) <= most:
        return chart(name)
    cut = name.rfind(" ", 0, most)
    rest = name[cut + 1 :]
    short = rest if len(rest) <= most else rest[: most - 1] + "…"
    return f"{chart(name[:cut])}<br>{chart(short)}"


# -- lines --------------------------------------------------------------------------------


def _provinces(held: IndexReview) -> list[tuple[str, list[Row], _Look]]:
    """Name, editions and look; one's own last, over the others."""
    found: dict[str, list[Row]] = {}
    for row in held.rows:
        found.setdefault(row["province_code"], []).append(row)
    others = iter(_COMPARED)
    looks: list[_Look] = [
        (SERIES, "solid", 3) if code == held.province else (*next(others), 2) for code in found
    ]
    each = zip(found.values(), looks, strict=True)
    return [(chart(rows[0]["province"]), rows, look) for rows, look in each][::-1]


def _lines(
    figure: go.Figure,
    held: IndexReview,
    column: str,
    say: Callable[[Row], str],
    other: Callable[[Any], str],
) -> None:
    """A line a province, and what other sources say.

    It stops before a break of method, and a rank before one among other provinces.
    """
    methods = {each.year for each in held.breaks}
    for name, rows, (colour, dash, width) in _provinces(held):
        placed = held.other_places(rows) if column == "rank" else []
        starts = methods | {year for year, _ in placed}
        points: list[tuple[float, Any, str]] = []
        for row in rows:
            points += [(row["year"] - 0.5, None, "")] * (row["year"] in starts)
            points.append((row["year"], row[column], say(row)))
        x, y, text = zip(*points, strict=True)
        figure.add_scatter(
            x=x, y=y, text=text, name=name, mode="lines+markers", connectgaps=False,
            line={"color": colour, "dash": dash, "width": width},
            marker={"size": 6 if width < 3 else 8},
            hovertemplate=f"{name}, %{{text}}<extra></extra>",
        )  # fmt: skip
        others = [(row["year"], value) for row in rows for value in row[f"other_{column}s"]]
        _marks(figure, others, "x-thin", colour, f"{name}, nguồn khác", other)


def _marks(
    figure: go.Figure,
    points: Iterable[tuple[int, Any]],
    symbol: str,
    colour: str,
    name: str,
    say: Callable[[Any], str],
    *,
    shows: bool = False,
) -> None:
    """Single marks; ``shows``: with their words beside them."""
    found = list(points)
    if found:
        figure.add_scatter(
            x=[year for year, _ in found], y=[value for _, value in found],
            mode="markers+text" if shows else "markers", textposition="bottom center",
            text=[say(value) for _, value in found], textfont={"size": FONT, "color": colour},
            marker={"symbol": symbol, "size": 12, "color": colour,
                    "line": {"color": colour, "width": 2}},
            hovertemplate=f"{name}, %{{x}}: %{{text}}<extra></extra>",
        )  # fmt: skip


def _score_text(row: Row) -> str:
    text = f"{row['year']}: {number(row['score'], 2)}"
    other = ", ".join(number(value, 2) for value in row["other_scores"])
    return text + (f" (nguồn khác: {other})" if other else "")


def _rank_text(row: Row) -> str:
    out_of = f"/{row['out_of']}" if row["out_of"] else ""
    how = ", tính từ điểm" if row["rank_kind"] == "computed" else ""
    text = f"{row['year']}: hạng {number(row['rank'])}{out_of}{how}"
    other = ", ".join(map(number, row["other_ranks"]))
    return text + (f" (nguồn khác: {other})" if other else "")


def _band(figure: go.Figure, held: IndexReview) -> None:
    """The country's quartiles, a part between two breaks of method each."""
    starts = {each.year for each in held.breaks}
    parts: list[list[Row]] = [[]]
    for row in held.spread:
        if row["median"] is None or row["year"] in starts:
            parts.append([])
        if row["median"] is not None:
            parts[-1].append(row)
    for rows in filter(None, parts):
        years = [row["year"] for row in rows]
        figure.add_scatter(
            x=[*years, *years[::-1]],
            y=[*(row["q3"] for row in rows), *(row["q1"] for row in rows[::-1])],
            fill="toself", fillcolor="rgba(135,149,161,0.18)", mode="lines", line={"width": 0},
            hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=years, y=[row["median"] for row in rows], mode="lines+markers",
            marker={"size": 3, "color": NEUTRAL}, line={"color": NEUTRAL, "width": 1.5},
            text=[number(row["median"], 2) for row in rows],
            hovertemplate="Trung vị cả nước, %{x}: %{text}<extra></extra>",
        )  # fmt: skip


# -- frame --------------------------------------------------------------------------------


def _labels(figure: go.Figure, held: IndexReview, column: str, apart: float) -> None:
    """Names at the lines' ends, moved apart where they would cover each other."""
    ends = [
        (known[-1], name, look[0])
        for name, rows, look in _provinces(held)
        if (known := [row[column] for row in rows if row[column] is not None])
    ]
    last: float | None = None
    for value, name, colour in sorted(ends):
        last = value if last is None else max(value, last + apart)
        figure.add_annotation(
            text=name, xref="paper", x=1.01, y=last, showarrow=False, xanchor="left",
            font={"size": FONT, "color": colour},
        )  # fmt: skip


def _frame(figure: go.Figure, held: IndexReview) -> None:
    years = held.drawn_years
    for each in (each for each in held.breaks if each.year >= years[0]):
        figure.add_vline(
            x=each.year - 0.5, line={"color": WARN, "width": 1.5, "dash": "dot"},
            annotation={"text": chart(each.after), "font": {"size": FONT, "color": WARN},
                        "textangle": 0, "yref": "paper", "y": 1, "yanchor": "bottom",
                        "xanchor": "left", "xshift": -6},
        )  # fmt: skip
    step = 1 if len(years) <= 8 else 2 if len(years) <= 15 else 3
    figure.update_layout(
        height=340, margin={"l": 56, "r": 110, "t": 30, "b": 30},
        showlegend=False, hovermode="closest",
        xaxis={"tickvals": years[::-1][::step], "tickformat": "d", "showgrid": False,
               "range": [years[0] - 0.6, years[-1] + 0.6]},
    )  # fmt: skip
