"""Who handles the sample's dossiers, how much of them, and how well.

The story that the screens can show: most units are good, several are clearly bad, phường Kiến
Hưng slides over the last weeks with land dossiers stuck at one step, phường Dương Nội is late
without apologising. All of it is made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors.sample.worktime import Ints

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SLIDING: Final = "09552"  # Kiến Hưng
UNAPOLOGETIC: Final = "09886"  # Dương Nội
HA_DONG: Final = "268"
_WARD_WEIGHTS: Final = {
    "09556": 4.2,  # Hà Đông
    SLIDING: 3.4,
    UNAPOLOGETIC: 3.8,
    "09562": 3.6,  # Yên Nghĩa
    "09568": 3.0,  # Phú Lương
}
# Districts whose communes have dossiers of their own before 1/7/2025 (the others would make the
# volume of a commune implausibly small).
_DISTRICTS_WITH_COMMUNES: Final = ("268", "003", "005", "008", "019", "020", "274")
_BAD_DEPARTMENTS: Final = {"H26.12": 0.034, "H26.25": 0.03, "H26.11": 0.05}
_BAD_NEW, _BAD_OLD, _BAD_DISTRICTS = 6, 4, 3


@dataclass(frozen=True)
class Cast:
    """Arrays over units; index = unit id − ``first_id``. Unknown days of validity are unbounded."""

    units: pl.DataFrame
    first_id: int
    valid_from: Ints  # days since 1970
    valid_to: Ints
    weight: Floats
    lateness: Floats  # probability of being late on an average field
    by_code: dict[tuple[str, str], list[int]]

    def at(self, ids: Ints, values: npt.NDArray[np.float64]) -> Floats:
        """Values of units by their ids."""
        return values[ids - self.first_id]

    def one(self, scheme: str, code: str, on: date) -> int | None:
        """The unit that bore a code on a day, or None."""
        day = (on - date(1970, 1, 1)).days
        for unit in self.by_code.get((scheme, code), ()):
            index = unit - self.first_id
            if self.valid_from[index] <= day <= self.valid_to[index]:
                return unit
        return None

    def ids(self, chosen: pl.Expr) -> Ints:
        """Ids of the units for which an expression on :attr:`units` is true, in order."""
        return self.units.filter(chosen)["id"].to_numpy()

    def new_communes(self) -> pl.Expr:
        return (pl.col("kind") == "commune") & pl.col("valid_to").is_null()

    def old_communes(self) -> pl.Expr:
        return (
            (pl.col("kind") == "commune")
            & pl.col("valid_to").is_not_null()
            & pl.col("area_code").is_in(_DISTRICTS_WITH_COMMUNES)
        )


def assemble(units: pl.DataFrame, rng: np.random.Generator) -> Cast:
    """Give every unit a weight of volume and a quality, drawn from ``rng``."""
    by_code: dict[tuple[str, str], list[int]] = {}
    for unit, scheme, code in units.select("id", "scheme", "code").iter_rows():
        by_code.setdefault((scheme, code), []).append(unit)
    cast = Cast(
        units=units,
        first_id=int(units["id"][0]),
        valid_from=_days(units["valid_from"], -(10**6)),
        valid_to=_days(units["valid_to"], 10**6),
        weight=_weights(units, rng),
        lateness=np.clip(rng.lognormal(np.log(0.016), 0.45, units.height), 0.004, 0.03),
        by_code=by_code,
    )
    _spoil_some(cast, rng)
    return cast


def _days(days: pl.Series, unknown: int) -> Ints:
    return days.cast(pl.Int32).cast(pl.Int64).fill_null(unknown).to_numpy()


def _weights(units: pl.DataFrame, rng: np.random.Generator) -> Floats:
    noise = rng.lognormal(0.0, 0.25, units.height)
    commune = pl.col("kind") == "commune"
    town = pl.when(pl.col("name").str.starts_with("Phường")).then(1.15).otherwise(0.75)
    own = pl.col("code").replace_strict(_WARD_WEIGHTS, default=None, return_dtype=pl.Float64)
    weights = units.select(
        weight=pl.when(commune & pl.col("valid_to").is_null())
        .then(pl.coalesce(own, town))
        .when((pl.col("kind") == "district") & (pl.col("code") == HA_DONG))
        .then(4.0)
        .when(commune & (pl.col("area_code") == HA_DONG))
        .then(1.8)
        .otherwise(1.0)
    )
    return np.asarray(weights["weight"].to_numpy() * noise)


def _spoil_some(cast: Cast, rng: np.random.Generator) -> None:
    """Make several units clearly worse than 95 %; the Hà Đông area keeps to its own story."""
    elsewhere = pl.col("area_code") != HA_DONG
    district = (pl.col("kind") == "district") & elsewhere
    bad = [
        rng.choice(cast.ids(cast.new_communes() & elsewhere), _BAD_NEW, replace=False),
        rng.choice(cast.ids(cast.old_communes() & elsewhere), _BAD_OLD, replace=False),
        rng.choice(cast.ids(district), _BAD_DISTRICTS, replace=False),
    ]
    chosen = np.concatenate(bad) - cast.first_id
    cast.lateness[chosen] = rng.uniform(0.075, 0.115, len(chosen))
    cast.lateness[bad[2] - cast.first_id] *= 0.5  # districts have no easy dossiers
    for code, lateness in _BAD_DEPARTMENTS.items():
        cast.lateness[np.array(cast.by_code[("agency", code)]) - cast.first_id] = lateness
    for code, lateness in ((SLIDING, 0.012), (UNAPOLOGETIC, 0.036)):
        for unit in cast.by_code[("gso", code)]:
            cast.lateness[unit - cast.first_id] = lateness
