"""Closing a period from the figures of its forms, and holding the frozen ones against now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal, Unpack

import polars as pl

from connectors import closing
from connectors.closing import Found, ToClose
from connectors.database.session import Database
from connectors.engine import Facts, NothingKnown, Scope, open_facts
from connectors.said import Said
from connectors.settings import Settings
from metrics.core.periods import parse_period
from metrics.core.vietnamese import as_of, number, signed
from metrics.dossiers.closing import Difference, DossierMoved, difference, stood_in_view
from metrics.dossiers.drift import both
from metrics.dossiers.form_cells import form_cells, within
from reports.material import Material
from reports.opening import Unanswerable, Wanted, asked
from reports.registry import FORM, REPORTS


def close(
    settings: Settings, database: Database, wanted: Wanted, note: str = "", **said: Unpack[Said]
) -> int:
    """Close a period: every figure of the forms as it is counted now; the closing's number.

    Args:
        wanted: unit and period; its moment is the end of the period, its records all of now.
        said: who, when, within which units.

    Raises:
        Unanswerable: the records do not reach the end of the period.
        metrics.dossiers.form_cells.FormRefused: the forms do not add up.
        connectors.closing.ClosingRefused: outside the scope; closed already; nothing to freeze.
    """
    plain = Wanted(wanted.period, wanted.unit, due=wanted.due)
    material = Material(
        replace(asked(settings, plain, said["scope"].units, database=database), closed=lambda: None)
    )
    ask = material.form_ask
    if ask.moment < ask.period_end:
        raise Unanswerable(
            f"{wanted.period.label}: số liệu mới đến {as_of(ask.moment)}, chưa hết kỳ, nên chưa "
            "chốt được."
        )
    for declared in REPORTS.values():
        if declared.formats == FORM:
            declared.make(material)  # what does not add up is not frozen
    facts = _all(settings, said["scope"])
    what = ToClose(
        unit_id=material.asked.unit,
        period=wanted.period.token,
        first_day=wanted.period.first,
        last_day=wanted.period.last,
        as_of=ask.moment,
        due=ask.due,
        data_version=facts.data_version,
        batch_id=facts.batches["batch_id"].to_list()[-1] if facts.batches.height else 0,
        newest=max(facts.batches["batch_id"].to_list(), default=0),
        label=wanted.period.label,
        note=note,
    )
    cells = material.form_cells_now
    counted = cells.filter(pl.col("unit_id").is_not_null())
    stood = _stood(material, counted["unit_id"].unique().to_list())
    rows = cells.rows() if counted.height else []
    return closing.close(database, settings, what, rows, stood, **said)


def _stood(
    material: Material, units: Iterable[int]
) -> list[tuple[int, int | None, str, str | None]]:
    """Units and those above them as they stand and are called now (connectors.closing.STOOD)."""
    known = {
        unit: (parent, level)
        for unit, parent, level in material.in_scope.units.select(
            "unit_id", "parent_id", "level"
        ).iter_rows()
    }
    found: dict[int, tuple[int, int | None, str, str | None]] = {}
    for each in units:
        unit: int | None = each
        while unit is not None and unit in known and unit not in found:
            parent, level = known[unit]
            found[unit] = unit, parent, material.unit_names[unit], level
            unit = parent
    return list(found.values())


def against_now(settings: Settings, found: Found, scope: Scope) -> Difference:
    """Frozen figures against what is known now, within a scope.

    Raises:
        connectors.engine.NothingKnown: what later batches wrote over was not kept.
    """
    now = _all(settings, scope)
    then = open_facts(settings, scope, as_known=found.batch_id)
    wanted = Wanted(parse_period(found.period), due=_due(found.due))
    material = Material(asked(settings, wanted, scope.units))
    ask = replace(material.form_ask, as_of=found.as_of)
    units = scope.units
    if found.unit_id is not None:
        below = material.asked.below(found.unit_id)
        units = below if units is None else below & units
        stood, _ = stood_in_view(found.units, {found.unit_id}, scope.units)
        units |= stood or frozenset()
    questions = both(ask, then.sources, now.sources)
    if questions is None:
        raise NothingKnown(f"Theo ghi nhận đến lô {found.batch_id} chưa có số liệu của kỳ này.")
    cells = (
        within(found.cells, units),
        within(form_cells(then, questions[0]), units),
        within(form_cells(now, questions[1]), units),
    )
    return difference(cells, then, now, questions, units)


def said(told: Difference) -> list[str]:
    """A difference in lines of text."""
    if not told.figures and not told.dossiers:
        lines = ["Số đã chốt bằng số tính lại hiện nay."]
    else:
        lines = [
            f"{each.label}: đã chốt {number(each.frozen)}, nay {number(each.now)} "
            f"({signed(each.now - each.frozen)})"
            for each in told.figures
        ]
        lines.append(f"{number(len(told.dossiers))} hồ sơ làm nên chênh lệch:")
    for moved in told.dossiers:
        batches = ", ".join(str(step.batch_id) for step in moved.steps)
        lines.append(f"{moved.code}: {counted(moved)}" + (f" (lô {batches})" if batches else ""))
    return [*lines, *([UNEXPLAINED] if told.unexplained else [])]


UNEXPLAINED: Final = (
    "Một phần chênh lệch không do hồ sơ: lịch làm việc, đơn vị hoặc danh mục thủ tục đã đổi từ "
    "lúc chốt."
)


def counted(moved: DossierMoved) -> str:
    """In which figures a dossier counts no longer, and in which only now."""
    parts = (("nay không tính", moved.gone), ("nay mới tính", moved.came))
    return "; ".join(f"{words}: {', '.join(labels)}" for words, labels in parts if labels)


def _all(settings: Settings, scope: Scope) -> Facts:
    return open_facts(settings, scope)


def _due(text: str) -> Literal["current", "original"]:
    return "original" if text == "original" else "current"
