"""The provinces and communes of Viet Nam since 1 July 2025, for an installation's first day.

From package ``vietnamadminunits``: 34 provinces and 3,321 communes with their GSO codes (texts:
zeros stay) and places. Communes are valid from 1 July 2025; so is a province that was merged of
several that day, and one that was not has no first day. What is known already stays as it is.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from connectors import audit
from connectors.database.session import write_transaction
from connectors.intake.lookup import UnitBook
from connectors.intake.report import IntakeRefused
from connectors.settings import Settings

__all__ = ["SCHEME", "load_national_units", "national_units"]

SCHEME: Final = "gso"
_SINCE: Final = date(2025, 7, 1)
_UNITS: Final = (
    "SELECT DISTINCT provinceCode AS code, province AS name, provinceShort AS short_name, "
    "provinceLat AS latitude, provinceLon AS longitude, provinceKey AS key, NULL AS parent "
    "FROM admin_units UNION ALL "
    "SELECT wardCode, ward, wardShort, wardLat, wardLon, NULL, provinceCode FROM admin_units"
)


def national_units(province: str | None = None) -> Iterator[dict[str, Any]]:
    """Each unit with the columns of table ``unit`` (``parent``: its province's code).

    Provinces first. ``province``: this one (GSO code) and its communes alone.
    Raises IntakeRefused (Vietnamese) for a province that there is not.
    """
    found = find_spec("vietnamadminunits")
    assert found is not None
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0]) / "data"
    converter = json.loads((folder / "converter_2025.json").read_text(encoding="utf-8"))
    uri = f"{(folder / 'dataset.db').as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(_UNITS)]
    rows.sort(key=lambda row: (row["parent"] is not None, row["code"]))
    known = {row["code"]: row["name"] for row in rows if row["parent"] is None}
    if province is not None and province not in known:
        listed = ", ".join(f"{code} {name}" for code, name in known.items())
        raise IntakeRefused(f"Không có tỉnh, thành phố mã “{province}”. Các mã: {listed}.")
    for row in rows:
        if province not in (None, row["parent"] or row["code"]):
            continue
        key = row.pop("key")
        is_province = row["parent"] is None
        kind = "province" if is_province else "commune"
        stayed = is_province and converter["DICT_PROVINCE"][key] == [key]
        yield {
            **row,
            "scheme": SCHEME,
            "kind": kind,
            "level": kind,
            "valid_from": None if stayed else _SINCE,
        }


def load_national_units(
    database: Engine, settings: Settings, province: str | None = None, *, actor: audit.Actor
) -> list[str]:
    """Make the units that are not known yet, with the audit's line; the names of the new ones.

    Raises IntakeRefused as :func:`national_units`.
    """
    units = list(national_units(province))
    with write_transaction(database) as connection:
        book = UnitBook(connection)
        for unit in units:
            parent = unit.pop("parent")
            above = book.id_of_code(SCHEME, parent) if parent else None
            book.add({**unit, "parent_id": above})
        book.in_order()
        if book.created:
            audit.append(
                connection,
                "import",
                actor=actor,
                subject="Danh mục đơn vị hành chính",
                detail={"province": province or "34", "inserted": len(book.created)},
                keys=settings.audit_keys,
            )
    return book.created
