"""What frozen figures said, what the same question answers now, and the dossiers in between."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from metrics.core.ask import Ask
from metrics.core.measure import Facts
from metrics.dossiers.drift import Step, Then, drift
from metrics.dossiers.form_cells import COUNTED, PROCEDURES

_KEYS = ("unit_id", "field_id", "figure", "part")


@dataclass(frozen=True)
class FigureThen:
    """A figure of the forms, frozen and now."""

    key: str
    label: str
    frozen: int
    now: int


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
            for each in (frozen, present)]  # fmt: skip
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
    told = (
        FigureThen(f.key, f.label, sums[0].get(f.key, 0), sums[1].get(f.key, 0)) for f in figures
    )
    return Difference(
        figures=tuple(each for each in told if each.frozen != each.now),
        dossiers=tuple(sorted(found.values(), key=lambda each: (each.code, each.dossier_id))),
        unexplained=bool(differing(frozen, recounted)),
    )
