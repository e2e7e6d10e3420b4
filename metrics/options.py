"""What a figure is asked by on the command line: period, moment, definition, units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import click

from metrics.core.ask import DEFINITIONS


def _day(_context: Any, _parameter: Any, value: str | None) -> date | None:
    if value is None:
        return None
    for layout in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(value, layout).date()
        except ValueError:
            continue
    raise click.BadParameter(f"“{value}” không phải ngày. Viết YYYY-MM-DD hoặc dd/mm/yyyy.")


def a_moment(_context: Any, _parameter: Any, value: str | None) -> datetime | None:
    """An option's moment, local; a day alone is its beginning. Raises BadParameter (Vietnamese)."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        day = _day(None, None, value)
        moment = datetime(day.year, day.month, day.day) if day else None  # type: ignore[assignment]
    if moment.tzinfo is not None:
        raise click.BadParameter("Thời điểm số liệu viết theo giờ địa phương, không kèm múi giờ.")
    return moment


def a_known(_context: Any, _parameter: Any, value: str | None) -> datetime | int | None:
    """An option's K: a batch (#12), or a moment, local; a day alone is its end."""
    if value is not None and value.removeprefix("#").isdecimal() and value.startswith("#"):
        return int(value[1:])
    moment = a_moment(None, None, value)
    if moment is not None and "T" not in value and ":" not in value:  # type: ignore[operator]
        moment += timedelta(days=1, milliseconds=-1)
    return moment


_OPTIONS: list[Callable[..., Any]] = [
    click.argument("figure_key", metavar="FIGURE"),
    click.option("--from", "first", callback=_day, help="Ngày đầu kỳ (YYYY-MM-DD)."),
    click.option("--to", "last", callback=_day, help="Ngày cuối kỳ, tính cả ngày đó."),
    click.option(
        "--as-of",
        callback=a_moment,
        help="Thời điểm số liệu (giờ địa phương); chỉ ghi ngày là 00:00 ngày đó. "
        "Mặc định: hết ngày cuối kỳ, hoặc ngay sau số liệu mới nhất nếu kỳ chưa hết.",
    ),
    click.option(
        "--as-known",
        callback=a_known,
        help="Theo ghi nhận đến lúc nào (giờ địa phương): chỉ tính các lô nhập xong đến lúc đó; "
        "chỉ ghi ngày là hết ngày đó, #12 là sau lô 12. Mặc định: mọi điều đã ghi nhận.",
    ),
    click.option("--definition", type=click.Choice(DEFINITIONS), default="form", show_default=True),
    click.option("--compare", type=click.Choice(["timestamp", "day"]), default=None),
    click.option(
        "--due", type=click.Choice(["current", "original"]), default="current", show_default=True
    ),
    click.option(
        "--over",
        type=click.Choice(["classified", "all"]),
        default="classified",
        show_default=True,
        help="Tỷ lệ đúng hạn tính trên hồ sơ phân loại được, hoặc trên tất cả (all).",
    ),
    click.option("--within", type=int, default=3, show_default=True, help="N của due_soon."),
    click.option(
        "--unit",
        multiple=True,
        help="Chỉ đơn vị này và các đơn vị trực thuộc (số unit_id, mã hoặc tên); lặp lại được.",
    ),
]


def asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command a figure as its argument, and the options that make up the question."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
