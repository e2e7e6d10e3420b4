"""Fields and procedures (with versions) of the sample data, from procedures.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

_FIRST_VERSION_FROM: Final = date(2021, 1, 1)
_EVEN_YEAR: Final = [1.0] * 12


@dataclass(frozen=True)
class Catalogue:
    """``fields`` and ``procedures``: rows of the tables, with ids.

    ``offers``: one row a version, in the order of ``procedures``, with what drawing dossiers
    needs besides: ``weight``, ``season`` (list of 12), ``difficulty``, ``finance``, ``is_land``,
    ``office``, ``department``, ``department_before``.
    """

    fields: pl.DataFrame
    procedures: pl.DataFrame
    offers: pl.DataFrame


_PROCEDURE: Final[dict[str, Any]] = {
    "id": pl.Int64,
    "code": pl.String,
    "version": pl.Int64,
    "name": pl.String,
    "field_id": pl.Int64,
    "level": pl.String,
    "limit_value": pl.Int64,
    "limit_unit": pl.String,
    "online_level": pl.String,
    "has_fee": pl.Boolean,
    "is_sensitive": pl.Boolean,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
}
_OFFER: Final[dict[str, Any]] = _PROCEDURE | {
    "weight": pl.Float64,
    "season": pl.List(pl.Float64),
    "difficulty": pl.Float64,
    "finance": pl.Float64,
    "is_land": pl.Boolean,
    "is_certification": pl.Boolean,
    "office": pl.String,
    "department": pl.String,
    "department_before": pl.String,
}


def read_catalogue(first_field: int, first_procedure: int, two_tier: date) -> Catalogue:
    """The catalogue with ids from the given ones on; second versions begin on ``two_tier``."""
    path = Path(__file__).with_name("procedures.toml")
    plan: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["field"]
    fields = [
        {"id": number, "code": entry["code"], "name": entry["name"]}
        for number, entry in enumerate(plan, start=first_field)
    ]
    versions = [
        version
        for number, entry in enumerate(plan, start=first_field)
        for procedure in entry["procedures"]
        for version in _versions(entry, procedure, number, two_tier)
    ]
    numbered = [
        version | {"id": number} for number, version in enumerate(versions, start=first_procedure)
    ]
    offers = pl.DataFrame(numbered, schema=_OFFER)
    return Catalogue(pl.DataFrame(fields), offers.select(_PROCEDURE.keys()), offers)


def _versions(
    field: dict[str, Any], procedure: dict[str, Any], field_id: int, two_tier: date
) -> list[dict[str, Any]]:
    first = {
        "code": procedure["code"],
        "version": 1,
        "name": procedure["name"],
        "field_id": field_id,
        "level": procedure["level"],
        "limit_value": procedure["limit"][0],
        "limit_unit": procedure["limit"][1],
        "online_level": procedure["online"],
        "has_fee": procedure.get("fee", False),
        "is_sensitive": procedure.get("sensitive", False),
        "valid_from": _FIRST_VERSION_FROM,
        "valid_to": None,
        "weight": procedure["weight"],
        "season": field.get("season", _EVEN_YEAR),
        "difficulty": field["difficulty"],
        "finance": procedure.get("finance", 0.0),
        "is_land": field.get("system") == "land",
        "is_certification": field["code"] == "chung-thuc",
        "office": field["office"],
        "department": field["department"],
        "department_before": field.get("department_before", field["department"]),
    }
    if procedure["level"] == "district":
        first["valid_to"] = two_tier - timedelta(days=1)
    after = procedure.get("after")
    if after is None:
        return [first]
    second = first | {
        "version": 2,
        "level": after["level"],
        "limit_value": after["limit"][0],
        "limit_unit": after["limit"][1],
        "valid_from": two_tier,
        "valid_to": None,
    }
    return [first, second]
