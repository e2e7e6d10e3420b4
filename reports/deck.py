"""The slides of the review meeting: one message a slide, its sentence as the title."""

from __future__ import annotations

from metrics.core.measure import total
from metrics.core.verdict import words as state_words
from metrics.core.vietnamese import number, percent, points
from metrics.dossiers.units import sides_of
from reports.blocks import Column, Headline, Link, Number, Report, Section, Table
from reports.head import head
from reports.material import Material


def deck(material: Material) -> Report:
    """All slides of the view, in their usual order.

    Returns:
        a report of one section a slide; a section's ``key`` is what a meeting's order keeps.
    """
    title = f"Điều hành {material.period.label[0].lower()}{material.period.label[1:]}"
    sections = (_headline(material), _units(material))
    return Report("trinh-chieu", head(title, material), sections, landscape=True, slides=True)


def _headline(material: Material) -> Section:
    found, ask = material.review, material.ask
    totals = found.totals()
    now = {row["figure"]: row for row in totals.filter(ask=found.last).iter_rows(named=True)}
    rate = now["on_time"]
    before = found.previous.of(_before(material))
    change = None if before is None or rate["rate"] is None else rate["rate"] - before
    moved = "" if change is None else f", {'tăng' if change > 0 else 'giảm'} {points(abs(change))}"
    sides = sides_of({"on_time": rate["numerator"], "judged": rate["denominator"], **rate}, ask)
    return Section(
        key="headline",
        name="Số liệu chính",
        title=f"Đúng hạn {percent(rate['rate'], edges=ask.edges)}{moved}",
        blocks=(
            Headline(
                (
                    Number("received", "Tiếp nhận", now["received"]["numerator"]),
                    Number("resolved", "Đã giải quyết", now["resolved"]["numerator"]),
                    Number(
                        "on_time",
                        "Tỷ lệ đúng hạn",
                        rate["rate"],
                        "rate",
                        below=f"{number(sides.numerator)}/{number(sides.denominator)} hồ sơ",
                    ),
                    Number(
                        "pending_overdue", "Quá hạn đang tồn", now["pending_overdue"]["numerator"]
                    ),
                )
            ),
        ),
        link=Link("week"),
    )


def _before(material: Material) -> float | None:
    """The rate of what the change is counted from."""
    rows = total(material.review.before).filter(figure="on_time")["rate"].to_list()
    return rows[0] if rows else None


def _units(material: Material) -> Section:
    table, words = material.unit_table, state_words(material.ask)
    return Section(
        key="units",
        name="Đơn vị",
        title=f"{number(table.filter(state='alarm').height)} đơn vị dưới ngưỡng cảnh báo",
        blocks=(
            Table(
                "Đơn vị, xếp theo số hồ sơ không đúng hạn và quá hạn",
                (
                    Column("Đơn vị"),
                    Column("Đúng hạn", "rate"),
                    Column("Xong", "count"),
                    Column("Quá hạn", "count"),
                    Column("Đạt"),
                ),
                [
                    (
                        material.unit_names.get(row["unit_id"], "Chưa rõ đơn vị"),
                        row["rate"],
                        row["judged"],
                        row["overdue"],
                        words[row["state"]],
                    )
                    for row in table.head(8).iter_rows(named=True)
                ],
            ),
        ),
        link=Link("units"),
    )
