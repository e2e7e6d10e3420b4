"""Lines of "Cần chỉ đạo" about provincial indices: an edition in which the province fell."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from metrics.core.thresholds import SHIPPED, Thresholds
from metrics.core.urgency import rank
from metrics.core.vietnamese import number
from metrics.dossiers.attention import Line
from metrics.indices.changes import places_to_target, rank_changes
from metrics.indices.series import INDICES, LEADING_GROUP, TOTAL, provinces, series

FIGURE: Final = "index"
"""``Line.figure`` of these lines: they lead to the screen of indices."""

_NAMED: Final = 2


def index_lines(
    frame: pl.DataFrame, province: str, day: date, thresholds: Thresholds = SHIPPED
) -> list[Line]:
    """One line for each index whose last edition known by ``day`` put the province lower.

    An edition is published in the year after the one that it measures. It is news for
    ``index_news_years`` years; a fall counts from ``index_fall_places`` places, or when the
    province dropped out of the leading group. Nothing is compared across a change of method.

    Args:
        frame: :data:`metrics.registers.INDEX_SCORE`.
    """
    found = (_of_index(frame, index, province, day, thresholds) for index in INDICES)
    return [line for line in found if line is not None]


def _of_index(
    frame: pl.DataFrame, index: str, province: str, day: date, thresholds: Thresholds
) -> Line | None:
    last, news = day.year - 1, int(thresholds.on("index_news_years", day).value)
    told = pl.any_horizontal(pl.col("score", "rank", "rank_bound", "group_name").is_not_null())
    known = series(frame, index, TOTAL, [province]).filter(told, pl.col("year") <= last)
    points = known.filter(pl.col("rank").is_not_null())
    # An older fall is no news where a later edition is known, if only as a bound.
    if points.height < 2 or points["year"][-1] != known["year"][-1]:
        return None
    before, now = points.tail(2).to_dicts()
    if now["year"] <= last - news:
        return None
    changes = rank_changes(frame, index, province, before["year"], now["year"])
    total = changes.of(TOTAL)
    if total is None or total["places_up"] is None or not _matters(total, day, thresholds):
        return None
    fall = -total["places_up"]
    missing = places_to_target(now["rank"], None, LEADING_GROUP)
    away = f"; còn {number(missing)} bậc mới vào nhóm {LEADING_GROUP}" if missing else ""
    parts = _worst(changes.table)
    odd = " Các nguồn nêu khác nhau." if total["disagrees"] else ""
    of = f"/{number(now['out_of'])}" if now["out_of"] else ""
    at = rank("index_fall", day)
    return Line(
        kind="index_fall",
        level=at.level,
        urgency=at.urgency(),
        subject=f"{index} {now['year']} của {provinces(frame, index).get(province, 'tỉnh')}",
        text=(
            f"hạng {number(now['rank'])}{of}, giảm {number(fall)} bậc so với năm "
            f"{before['year']} (hạng {number(before['rank'])}){parts}{away}.{odd}"
        ),
        count=1,
        figure=FIGURE,
        where={"index": index, "province": province, "year": now["year"], "base": before["year"]},
    )


def _matters(total: dict[str, Any], day: date, thresholds: Thresholds) -> bool:
    fell = -total["places_up"]
    left = total["rank_before"] <= LEADING_GROUP < total["rank"]
    return bool(left or fell >= thresholds.on("index_fall_places", day).value)


def _worst(changes: pl.DataFrame) -> str:
    fallen = changes.filter(pl.col("component") != TOTAL, pl.col("places_up") < 0)
    worst = fallen.sort("places_up", "component").head(_NAMED)
    if worst.is_empty():
        return ""
    named = ", ".join(
        f"{name} ({number(-up)} bậc)" for name, up in worst.select("name", "places_up").iter_rows()
    )
    return f"; giảm nhiều nhất: {named}"
