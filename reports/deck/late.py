"""Where late dossiers stand and why, and what falls due next."""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.core.vietnamese import number, percent
from metrics.dossiers.late_time import WAITS
from metrics.dossiers.lateness import cause_name
from reports.blocks import Chart, Column, Link, Paragraph, Section, Series, Table
from reports.deck.saying import about, from_where, lower, name_of
from reports.material import Material

_BARS: Final = 8
_UNITS: Final = 6
_LEAST: Final = 0.005
"""Of the time late: what is less is no bar."""


def overdue(material: Material) -> Section:
    """At which step the pending overdue dossiers are, and how long they are overdue."""
    found = material.listed("pending_overdue")
    if not found.total:
        words, blocks = "Không còn hồ sơ quá hạn đang tồn", (Paragraph("Không có hồ sơ."),)
        return _section(material, "overdue", "Hồ sơ quá hạn", words, blocks, "pending_overdue", 0)
    at = material.overdue_by_step
    oldest = found.late_by.filter(pl.col("count") > 0)["label"].to_list()[-1]
    words = f"{number(found.total)} hồ sơ quá hạn đang tồn"
    if not material.is_small(at[0][1]):
        words += f", {number(at[0][1])} ở bước {lower(at[0][0])}"
    ageing = found.late_by.select("label", "count").iter_rows()
    chart = _bars("Theo bước đang xử lý", at[:_BARS])
    table = Table(
        "Theo số ngày làm việc quá hạn",
        (Column("Quá hạn"), Column("Hồ sơ", "count")),
        [(label, count) for label, count in ageing if count],
        total=("Tất cả", found.total),
    )
    more = f" Lâu nhất: nhóm {oldest}."
    return _section(
        material, "overdue", "Hồ sơ quá hạn", words, (chart, table), "pending_overdue",
        found.total, more,
    )  # fmt: skip


def steps(material: Material) -> Section:
    """To which steps and waits the lateness is put down."""
    spent = material.time_spent
    rows = spent.by_days(material.ask)
    known = rows.filter(pl.col("share") >= _LEAST).sort("share", descending=True)
    if not spent.dossiers or known.is_empty():
        words = "Không có thời gian trễ để phân theo bước xử lý"
        blocks: tuple[Chart | Paragraph, ...] = (
            Paragraph("Không có hồ sơ trễ, hoặc nguồn không ghi bước xử lý."),
        )
        return _section(material, "steps", "Trễ ở bước nào", words, blocks, "late", spent.dossiers)
    first = known.row(0, named=True)
    place = "khi chờ" if first["is_wait"] else "ở bước"
    name = lower(first["name"]).removeprefix("chờ ") if first["is_wait"] else lower(first["name"])
    words = f"{percent(first['share'], 0)} thời gian trễ nằm {place} {name}"
    chart = Chart(
        f"Phần của thời gian trễ, {number(spent.dossiers)} hồ sơ trễ hạn",
        "bars",
        [row["name"] for row in known.head(_BARS).iter_rows(named=True)],
        (Series("Phần thời gian trễ", known.head(_BARS)["share"].to_list()),),
        "rate",
    )
    table = Table(
        "Thời gian mỗi hồ sơ, ngày làm việc",
        (
            Column("Bước"),
            Column("Đã dùng", "mean"),
            Column("Được giao", "mean"),
        ),
        [
            (row["name"], row["spent"], row["allotted"])
            for row in rows.iter_rows(named=True)
            if row["name"] not in WAITS.values()
        ][:_BARS],
    )
    waits = (
        " Thời gian trễ tính theo giờ làm việc, chia cho các bước vượt thời gian được giao theo "
        f"phần vượt; không rõ ở bước nào: {percent(spent.share(spent.unexplained))}."
    )
    return _section(
        material, "steps", "Trễ ở bước nào", words, (chart, table), "late", spent.dossiers, waits
    )


def causes(material: Material) -> Section:
    """Why dossiers were late, as far as somebody has said."""
    found = material.listed("late")
    told = [
        (label, count)
        for code, label, count in found.causes.select("late_cause", "label", "count").iter_rows()
        if code is not None
    ]
    silent = sum(found.causes.filter(pl.col("late_cause").is_null())["count"])
    none = cause_name(None)
    shown = material.without_small(told)
    if not found.total:
        words = "Không có hồ sơ trễ hạn trong kỳ"
    elif not told:
        words = f"{number(found.total)} hồ sơ trễ hạn, chưa hồ sơ nào được ghi nguyên nhân"
    else:
        name, count = shown[0]
        top = "" if material.is_small(count) else f"{name} ({number(count)} hồ sơ)"
        words = f"Trễ nhiều nhất vì: {lower(top)}" if top else "Mỗi nguyên nhân chỉ có vài hồ sơ"
        words += f"; {number(silent)}/{number(found.total)} chưa ghi nguyên nhân" if silent else ""
    bars = [*shown[:_BARS], *([(none, silent)] if silent else [])]
    blocks = (_bars(f"Nguyên nhân của {number(found.total)} hồ sơ trễ hạn", bars),) if bars else ()
    return _section(material, "causes", "Nguyên nhân trễ", words, blocks, "late", found.total)


def due_soon(material: Material) -> Section:
    """What falls due in the next working days, and where."""
    found, within = material.listed("due_soon"), material.ask.within
    if not found.total:
        words = f"Không có hồ sơ nào đến hạn trong {within} ngày làm việc tới"
        return _section(material, "due_soon", "Sắp đến hạn", words, (), "due_soon", 0)
    unit, most = found.units.row(0)
    words = f"{number(found.total)} hồ sơ đến hạn trong {within} ngày làm việc tới"
    if found.units.height > 1:
        words += f", nhiều nhất ở {name_of(material, unit)} ({number(most)})"
    days = sorted(found.left.items())
    chart = Chart(
        "Còn lại, ngày làm việc",
        "columns",
        [f"{number(day)} ngày" for day, _ in days],
        (Series("Hồ sơ", [float(count) for _, count in days]),),
    )
    table = Table(
        "Đơn vị có nhiều nhất",
        (Column("Đơn vị"), Column("Hồ sơ", "count")),
        [(name_of(material, one), count) for one, count in found.units.head(_UNITS).iter_rows()],
    )
    blocks = (chart, table) if found.units.height > 1 else (chart,)
    return _section(material, "due_soon", "Sắp đến hạn", words, blocks, "due_soon", found.total)


def _bars(title: str, counts: list[tuple[str, int]]) -> Chart:
    names, values = [name for name, _ in counts], [float(count) for _, count in counts]
    return Chart(title, "bars", names, (Series("Hồ sơ", values),))


def _section(
    material: Material,
    key: str,
    name: str,
    words: str,
    blocks: tuple[Chart | Table | Paragraph, ...],
    figure: str,
    count: int,
    more: str = "",
) -> Section:
    told = about(material, figure, {"numerator": count, "denominator": None}, more)
    link = None if material.is_small(count) else Link("late", {"figure": figure})
    return Section(key, words, blocks, name, from_where(material, told), link)
