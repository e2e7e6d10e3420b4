"""What frozen figures said, what the same question answers now, and the dossiers in between."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from metrics.core.ask import Ask
from metrics.core.measure import Facts
from metrics.dossiers.drift import Step, Then, drift
from metrics.dossiers.form_cells import COUNTED, PROCEDURES

_KEYS = ("unit_id", "field_id", "figure", "part")


def stood_in_view(
    units: pl.DataFrame, tops: Collection[int] | None, scope: Collection[int] | None
) -> tuple[frozenset[int] | None, bool]:
    """The units of frozen figures that are in view, and whether others of the view are left out.

    The tree is that of the closing: a unit that was merged or moved since stays where it was, so
    that the form prints what it printed. Who may see a unit is asked of now: of one that was
    merged, whoever may see what it has become.

    Args:
        units: as they stood (connectors.closing.STOOD, with ``now_id``).
        tops: units that are in view with all that stood below them; None: all.
        scope: what the reader may see now; None: all.
    """
    if tops is None:
        found = frozenset(units["unit_id"])
        return (None, False) if scope is None else _seen(units, found, scope)
    parents = dict(units.select("unit_id", "parent_id").iter_rows())
    wanted = frozenset(tops)
    return _seen(units, frozenset(u for u in parents if _above(u, parents) & wanted), scope)


def _above(unit: int | None, parents: Mapping[int, int | None]) -> set[int]:
    """A unit and those above it."""
    found = set[int]()
    while unit is not None and unit not in found:
        found.add(unit)
        unit = parents.get(unit)
    return found


def _seen(
    units: pl.DataFrame, wanted: frozenset[int], scope: Collection[int] | None
) -> tuple[frozenset[int], bool]:
    if scope is None:
        return wanted, False
    now = dict(units.select("unit_id", "now_id").iter_rows())
    seen = frozenset(unit for unit in wanted if now[unit] in scope)
    return seen, seen != wanted


@dataclass(frozen=True)
class FigureThen:
    """A figure of the forms: frozen, counted today from the records of then, and of now."""

    key: str
    label: str
    frozen: int
    now: int
    recounted: int


@dataclass(frozen=True)
class DossierMoved:
    """A dossier that counts otherwise now: in which figures no longer (``gone``), in which only
    now (``came``), by their labels; ``steps``: what each later batch did to it."""

    dossier_id: int
    code: str
    gone: tuple[str, ...]
    came: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Difference:
    """``figures``: those whose sum differs. ``dossiers``: those that make the difference, by code.
    ``unexplained``: what was frozen is not what its records give today: the calendar, a unit or a
    procedure was changed since."""

    figures: tuple[FigureThen, ...]
    dossiers: tuple[DossierMoved, ...]
    unexplained: bool


def differing(frozen: pl.DataFrame, now: pl.DataFrame) -> list[str]:
    """The figures of which any cell differs; both frames: form_cells.CELL."""
    both = frozen.join(now, on=_KEYS, how="full", coalesce=True, nulls_equal=True, suffix="_now")
    changed = both.filter(
        pl.col("count").fill_null(0) != pl.col("count_now").fill_null(0),
        ~pl.col("figure").is_in(PROCEDURES),
    )
    return changed["figure"].unique(maintain_order=True).to_list()


def difference(
    cells: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
    then: Then,
    now: Facts,
    asked: tuple[Ask, Ask],
    units: Collection[int] | None,
) -> Difference:
    """Frozen figures against what is known now, with the dossiers that make the difference.

    Args:
        cells: frozen; of the same records as they answer today; of now.
        then, now: facts of all that the asker may see, as known at the closing's K, and of now.
        asked: the closing's question to both (metrics.dossiers.drift.both).
        units: of the closing, within the asker's scope; None: all.
    """
    frozen, recounted, present = cells
    keys = set(differing(frozen, present))
    figures = [figure for figure in COUNTED if figure.key in keys]
    sums = [dict(each.group_by("figure").agg(pl.col("count").sum()).iter_rows())
            for each in (frozen, present, recounted)]  # fmt: skip
    found: dict[int, DossierMoved] = {}
    where = None if units is None else {"unit_id": sorted(units)}
    for figure in figures:
        for moved in drift(then, now, figure, asked, where).moved:
            known = found.get(moved.dossier_id)
            gone, came = (known.gone, known.came) if known else ((), ())
            if moved.counts == "then":
                gone = (*gone, figure.label)
            else:
                came = (*came, figure.label)
            found[moved.dossier_id] = DossierMoved(
                moved.dossier_id, moved.code, gone, came, moved.steps
            )
    told = (FigureThen(f.key, f.label, *(each.get(f.key, 0) for each in sums)) for f in figures)
    return Difference(
        figures=tuple(each for each in told if each.frozen != each.now),
        dossiers=tuple(sorted(found.values(), key=lambda each: (each.code, each.dossier_id))),
        unexplained=bool(differing(frozen, recounted)),
    )
