"""The official forms as lines of numbers: summed from cells, or as units reported them.

A line that does not add up is never handed out: :class:`FormRefused` names the unit and the
identity. What nobody can classify stands beside the classes, in none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from metrics.core.vietnamese import number
from metrics.dossiers.form_cells import COUNTED, PROCEDURES, FormRefused, by_cause
from metrics.registers.reported import FORM_COLUMNS
from metrics.registers.rules import form_sums, is_one_number

Values = dict[str, int | float | None]
"""Key of a figure → its number; ``on_time``: a rate; None: unknown."""

LEVELS: Final = ("province", "district", "commune", None)
"""Levels of units, in the order of a roll-up's groups; None: a level that nobody has told."""


@dataclass(frozen=True)
class Line:
    """A line of a form. ``level``: 0 the total, 1 a group, 2 a line of one unit or field.

    ``key``: the unit, the field, or the group's level (:data:`LEVELS`); None: not told.
    ``field``, ``coverage``: of a reported line, what it is of beside its unit.
    """

    level: int
    key: int | str | None
    values: Values
    field: int | None = None
    coverage: str | None = None


@dataclass(frozen=True)
class Identity:
    """A whole and its parts, by figures. ``written``: with the numbers of form II.06a's columns."""

    whole: str
    parts: tuple[str, ...]
    written: str


_REST: Final = "chưa phân loại"
IDENTITIES: Final = (
    Identity(
        "to_resolve",
        ("received_online", "received_offline", "carried_over"),
        "(3) = (4) + (5) + (6)",
    ),
    Identity(
        "resolved",
        ("resolved_early", "resolved_on_day", "resolved_late", "resolved_unclassified"),
        f"(7) = (8) + (9) + (10) + {_REST}",
    ),
    Identity(
        "pending",
        ("pending_in_time", "pending_overdue", "pending_unclassified"),
        f"(11) = (12) + (13) + {_REST}",
    ),
    Identity("to_resolve", ("resolved", "pending"), "(3) = (7) + (11)"),
    Identity("received", ("received_online", "received_offline"), "trong kỳ = (4) + (5)"),
)
"""What holds in every line of the 13 columns (metrics/core/report_forms.toml: by which text)."""

_BOTH: Final = {
    "returned_or_withdrawn": ("returned", "withdrawn"),
    "unclassified": ("resolved_unclassified", "pending_unclassified"),
    "resolved_in_time": ("resolved_early", "resolved_on_day"),
}
"""What tables print of two figures together."""
_ADDED: Final = tuple(figure.key for figure in COUNTED)
OF_COLUMN: Final = dict(
    zip(
        FORM_COLUMNS,
        (
            "to_resolve",
            "received_online",
            "received_offline",
            "carried_over",
            "resolved",
            "resolved_early",
            "resolved_on_day",
            "resolved_late",
            "pending",
            "pending_in_time",
            "pending_overdue",
        ),
        strict=True,
    )
)
"""Column of a reported line → the figure that it tells."""


# -- counted ------------------------------------------------------------------------------


def by_field(cells: pl.DataFrame) -> list[Line]:
    """A line a field, in the order of the cells, then the total; empty: nothing was counted."""
    lines = _lines(cells, "field_id")
    return [*lines, Line(0, None, _sum(lines))] if lines else []


def by_unit(cells: pl.DataFrame, units: pl.DataFrame) -> list[Line]:
    """Each level of units with its sum before its units, then the total.

    Args:
        units: metrics.core.contracts.UNIT.
    """
    lines = _lines(cells, "unit_id")
    level_of = dict(units.select("unit_id", "level").iter_rows())
    found: list[Line] = []
    for level in LEVELS:
        own = [line for line in lines if level_of.get(line.key) == level]
        if own:
            found += [Line(1, level, _sum(own)), *own]
    return [*found, Line(0, None, _sum(lines))] if lines else []


def _lines(cells: pl.DataFrame, key: str) -> list[Line]:
    sums = (
        cells.filter(pl.col("figure").is_in(_ADDED))
        .group_by(key, "figure", maintain_order=True)
        .agg(pl.col("count").sum())
    )
    found: dict[int | None, Values] = {}
    for of, figure, count in sums.iter_rows():
        found.setdefault(of, dict.fromkeys(_ADDED, 0))[figure] = count
    return [Line(2, of, _completed(values)) for of, values in found.items()]


def _sum(lines: Sequence[Line]) -> Values:
    return _completed({key: sum(line.values[key] or 0 for line in lines) for key in _ADDED})


def _completed(values: Values) -> Values:
    """With what a table adds of other columns, and the rate of being on time by the form's reading:
    ((8) + (9)) / ((8) + (9) + (10))."""
    both = {
        name: None if one is None or other is None else one + other
        for name, one, other in (
            (name, values.get(one), values.get(other)) for name, (one, other) in _BOTH.items()
        )
    }
    early, on_day, late = (
        values.get(key) for key in ("resolved_early", "resolved_on_day", "resolved_late")
    )
    rate = None
    if early is not None and on_day is not None and late is not None:
        judged = early + on_day + late
        rate = (early + on_day) / judged if judged else None
    return {**values, **both, "on_time": rate}


def causes(cells: pl.DataFrame) -> list[tuple[int | None, str | None, Values]]:
    """Late dossiers by field and cause: ``late``, and of them ``pending_overdue``.

    Returns:
        field, cause (None: none was entered) and numbers, most first; ties by cause and field.
    """
    keys = {by_cause(key): key for key in ("late", "pending_overdue")}
    found: dict[tuple[int | None, str | None], Values] = {}
    among = cells.filter(pl.col("figure").is_in(list(keys)))
    sums = among.group_by("field_id", "part", "figure", maintain_order=True)
    for field, cause, figure, count in sums.agg(pl.col("count").sum()).iter_rows():
        values = found.setdefault((field, cause or None), dict.fromkeys(keys.values(), 0))
        values[keys[figure]] = count
    rows = [(field, cause, values) for (field, cause), values in found.items()]
    return sorted(
        rows,
        key=lambda row: (-(row[2]["late"] or 0), row[1] is None, row[1] or "", row[0] or 0),
    )


def cause_total(rows: Iterable[tuple[int | None, str | None, Values]]) -> Values:
    """The numbers of :func:`causes` together."""
    found = [values for *_, values in rows]
    return {key: sum(each[key] or 0 for each in found) for key in ("late", "pending_overdue")}


def procedure_line(cells: pl.DataFrame) -> Values:
    """The catalogue's line of form II.07b. FormRefused where (3) is not the sum of its parts."""
    among = cells.filter(pl.col("figure").is_in(PROCEDURES))
    counted = dict(among.select("figure", "count").iter_rows())
    found: Values = {key: counted.get(key, 0) for key in PROCEDURES}
    whole, *parts = (found[key] or 0 for key in PROCEDURES)
    if whole != sum(parts):
        raise FormRefused(
            f"Không lập được biểu: danh mục thủ tục, (3) = {number(whole)} ≠ (4) + (5) + (6) + "
            f"chưa rõ cấp = {number(sum(parts))}."
        )
    return found


# -- checked ------------------------------------------------------------------------------


def checked(lines: Sequence[Line], name: Mapping[int | str | None, str]) -> list[Line]:
    """The same lines, where each keeps :data:`IDENTITIES` and the total is the sum of its lines.

    Args:
        name: what a line's key is called, for the sentence that refuses.

    Raises:
        FormRefused: one does not.
    """
    for line in lines:
        called = "tổng số" if line.level == 0 else name.get(line.key, f"mã {line.key}")
        for identity in IDENTITIES:
            _check(identity, line.values, called)
    own = [line for line in lines if line.level == 2]
    for total in (line for line in lines if line.level == 0):
        for key in _ADDED:
            if total.values[key] != sum(line.values[key] or 0 for line in own):
                raise FormRefused(f"Không lập được biểu: dòng tổng số không bằng các dòng ({key}).")
    return list(lines)


def _check(identity: Identity, values: Values, called: str) -> None:
    whole, parts = values.get(identity.whole), [values.get(part) for part in identity.parts]
    if whole is None or any(part is None for part in parts):
        return  # not told: nobody can check it
    added = sum(part for part in parts if part is not None)
    if whole != added:
        raise FormRefused(
            f"Không lập được biểu: {called}, {identity.written}: {number(whole)} ≠ "
            f"{number(added)}, lệch {number(abs(whole - added))}. Hãy tổng hợp lại số liệu; nếu "
            "vẫn lệch, xem màn hình Dữ liệu, mục Chất lượng."
        )


# -- reported -----------------------------------------------------------------------------


def reported(
    rows: pl.DataFrame, units: Collection[int] | None, first: Any, last: Any
) -> pl.DataFrame:
    """The lines of form II.06a that units reported for exactly this period, in order of entry.

    Args:
        rows: register ``form_row`` as it stood at T; units: those in view, None: all.
    """
    found = rows.filter(
        pl.col("form") == "II.06a", pl.col("period_from") == first, pl.col("period_to") == last
    )
    return found if units is None else found.filter(pl.col("unit_id").is_in(sorted(units)))


def reported_lines(rows: pl.DataFrame, name: Mapping[int, str]) -> list[Line]:
    """Reported rows as lines, each as it was reported: nothing is summed.

    What (7) and (11) hold beyond their parts stands as unclassified.

    Raises:
        FormRefused: a row does not keep the form's sums, also one that is kept as printed.
    """
    return [_reported(row, name) for row in rows.iter_rows(named=True)]


def _reported(row: Mapping[str, Any], name: Mapping[int, str]) -> Line:
    for each in form_sums(row):
        if each.is_off:
            called = name.get(row["unit_id"], f"mã {row['unit_id']}")
            raise FormRefused(
                f"Không lập được biểu: {called}, {each.words}: {each.whole} = "
                f"{number(each.printed)} ≠ {number(each.added)}, lệch {number(each.apart)}. Hãy "
                "sửa dòng biểu ở màn hình Số liệu báo cáo rồi lập lại."
            )
    values: Values = {figure: row[column] for column, figure in OF_COLUMN.items()}
    rest = {each.whole: each.printed - each.added for each in form_sums(row) if each.may_be_less}
    values["resolved_unclassified"] = rest.get("(7)")
    values["pending_unclassified"] = rest.get("(11)")
    line = Line(2, row["unit_id"], _completed(values), row["field_id"], row["coverage"])
    if is_one_number(row):
        in_time, late = row["in_time"], row["c10"]
        rate = None if late is None or not in_time + late else in_time / (in_time + late)
        line = replace(line, values={**line.values, "in_time": in_time, "on_time": rate})
    return line
