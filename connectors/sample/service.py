"""Components of Decision 766 of the sample: what dossiers do not tell, by month. Made up.

The city's months are whole; some wards have theirs, one of them with gaps, so that "n/m thành
phần đã biết" is seen. Drawn apart from the dossiers, which stay as they were.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from connectors.database.registers import SAMPLE_SOURCE
from connectors.sample.cast import SLIDING, UNAPOLOGETIC
from metrics.registers import service_maxima

_CITY: Final = "01"
_WARDS: Final = ("09556", SLIDING, UNAPOLOGETIC, "09562", "09568")

# Component → (denominator of a city's month, rate at the beginning, rate at the end).
_CITY_RATES: Final[dict[str, tuple[int, float, float]]] = {
    "1.1": (40, 0.62, 0.9),
    "1.2": (160, 0.55, 0.92),
    "1.3": (1_900, 0.5, 0.83),
    "1.4": (60_000, 0.52, 0.94),
    "3.1": (1_900, 0.5, 0.78),
    "3.2": (1_200, 0.24, 0.47),
    "3.5": (420, 0.52, 0.81),
    "3.5b": (420, 0.3, 0.55),
    "4.1": (38_000, 0.42, 0.86),
    "4.ct": (126, 0.2, 0.71),
    "4.4": (38_000, 0.35, 0.66),
    "4.5b": (45_000, 0.45, 0.88),
    "4.5a": (1_200, 0.3, 0.52),
    "5.2": (210, 0.82, 0.95),
    "5.3": (190, 0.84, 0.93),
    "5.4.pa": (60_000, 0.012, 0.006),
}
_WARD_RATES: Final[dict[str, tuple[int, float, float]]] = {
    "1.1": (2, 0.7, 0.95),
    "1.2": (4, 0.7, 0.95),
    "1.3": (110, 0.7, 0.9),
    "1.4": (700, 0.7, 0.96),
    "3.1": (110, 0.6, 0.8),
    "4.1": (500, 0.5, 0.85),
    "4.ct": (40, 0.3, 0.7),
    "4.4": (500, 0.3, 0.6),
    "5.2": (3, 0.85, 0.97),
    "5.3": (3, 0.85, 0.97),
    "5.4.pa": (700, 0.012, 0.006),
}
_PUBLISHED: Final = (date(2025, 2, 1), date(2025, 3, 1))
"""The city's scores of these months were published: they are among the shipped examples."""

_GAPS: Final = ("1.1", "1.2", "4.4")
"""Not imported of the ward with gaps."""

_ON_PORTAL: Final[dict[str, float]] = {"2.1": 0.93, "3.3": 0.9, "3.6": 0.55, "4.2": 0.82,
                                       "4.3": 0.5, "5.4": 0.97}  # fmt: skip
"""The share of the points that the portal gives for what dossiers tell: records come late there."""


def components(
    units: pl.DataFrame, first: date, end: date, two_tier: date, first_id: int, seed: int
) -> pl.DataFrame:
    """Rows of ``service_component`` for the full months from ``first`` to ``end``.

    ``units``: ``id``, ``scheme``, ``code``, ``kind``, ``valid_to``. Wards begin on ``two_tier``.
    """
    rng = np.random.default_rng([seed, end.toordinal(), 766])
    months = _months(first, end)
    rows: list[dict[str, Any]] = []
    city = _unit(units, _CITY, "province")
    if city is not None:
        for place, month in enumerate(months):
            on_portal = month not in _PUBLISHED
            along = _along(place, len(months))
            rows += _month(rng, city, month, along, _CITY_RATES, on_portal)
    later = [month for month in months if month >= two_tier]
    for code in _WARDS:
        ward = _unit(units, code, "commune")
        rates = {
            key: value
            for key, value in _WARD_RATES.items()
            if code != UNAPOLOGETIC or key not in _GAPS
        }
        for place, month in enumerate(later):
            if ward is not None:
                rows += _month(rng, ward, month, _along(place, len(later)), rates, False)
    schema = {
        "unit_id": pl.Int64,
        "month": pl.Date,
        "component": pl.String,
        "numerator": pl.Float64,
        "denominator": pl.Float64,
        "portal_score": pl.Float64,
        "source": pl.String,
    }
    return pl.DataFrame(rows, schema=schema).select(
        pl.int_range(first_id, first_id + pl.len(), dtype=pl.Int64).alias("id"), pl.all()
    )


def _unit(units: pl.DataFrame, code: str, kind: str) -> int | None:
    now = units.filter(
        (pl.col("scheme") == "gso") & (pl.col("code") == code) & (pl.col("kind") == kind)
    ).filter(pl.col("valid_to").is_null())
    return None if now.is_empty() else int(now["id"][0])


def _months(first: date, end: date) -> list[date]:
    found, month = [], (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while (following := (month + timedelta(days=32)).replace(day=1)) <= end + timedelta(days=1):
        found.append(month)
        month = following
    return found


def _along(place: int, count: int) -> float:
    return place / max(count - 1, 1)


def _month(
    rng: np.random.Generator, unit: int, month: date, along: float,
    rates: dict[str, tuple[int, float, float]], on_portal: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    rows, maxima = [], service_maxima()
    for key, (usual, low, high) in rates.items():
        denominator = max(1, round(usual * float(rng.uniform(0.85, 1.15))))
        usual_rate = low + (high - low) * along
        # Small rates waver less.
        noise = float(rng.normal(0, 0.03 * usual_rate * (1 - usual_rate)))
        rate = min(1.0, max(0.0, usual_rate + noise))
        numerator = round(denominator * rate)
        top = maxima[key]
        score = None
        if on_portal and top:
            full = {"3.1": 0.8, "3.5": 0.8, "3.5b": 0.8}.get(key, 1.0)
            score = round(min(top, top * numerator / denominator / full), 2)
        rows.append(_row(unit, month, key, numerator, denominator, score))
    if on_portal:
        for key, share in _ON_PORTAL.items():
            rate = share - 0.12 * (1 - along) + float(rng.normal(0, 0.01))
            score = round((maxima[key] or 0.0) * min(1.0, max(0.0, rate)), 2)
            rows.append(_row(unit, month, key, None, None, score))
    return rows


def _row(
    unit: int, month: date, key: str, numerator: int | None, denominator: int | None,
    score: float | None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "unit_id": unit,
        "month": month,
        "component": key,
        "numerator": numerator,
        "denominator": denominator,
        "portal_score": score,
        "source": SAMPLE_SOURCE,
    }
