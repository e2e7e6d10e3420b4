"""The units of Hà Nội with their days of validity, before and after 1 July 2025.

Places come from package ``vietnamadminunits`` (the communes of 1/1/2025, the 126 of 1/7/2025,
coordinates, which old commune went into which new one); departments, offices and what the
package does not know come from units_hanoi.toml. Simplifications, on purpose:

- Outside quận Hà Đông the communes that the merger of 1/1/2025 made are there from that day on,
  but not those they were made of.
- A department that kept its name in the merger of 1/3/2025 is one unit throughout.
- The district's offices stay as they were until 30/6/2025.
- The 30 branches of the city's centre are named after the districts, and agency codes (H26.…)
  are made up.
"""

from __future__ import annotations

import json
import sqlite3
import tomllib
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import polars as pl

from metrics.core.collation import ranks

__all__ = ["HanoiUnits", "hanoi_units"]

PROVINCE: Final = "01"
_PROVINCE_KEY: Final = "thanhphohanoi"

_UNIT: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "id": pl.Int64,
    "scheme": pl.String,
    "code": pl.String,
    "name": pl.String,
    "short_name": pl.String,
    "kind": pl.String,
    "level": pl.String,
    "parent_id": pl.Int64,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "sort_order": pl.Int64,
    "agency_code": pl.String,
    "area_code": pl.String,
}
_SUCCESSION: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "old_unit_id": pl.Int64,
    "new_unit_id": pl.Int64,
    "relation": pl.String,
    "effective_on": pl.Date,
    "basis": pl.String,
}


@dataclass(frozen=True)
class HanoiUnits:
    """``units``: the columns of table ``unit``, and two more: ``agency_code`` (what dossier codes
    begin with, null for a heading) and ``area_code`` (GSO code of the district that the place
    lies in; for a new commune, the district that most of its old communes lay in).
    ``successions``: the columns of table ``unit_succession`` without its id.
    """

    units: pl.DataFrame
    successions: pl.DataFrame


def hanoi_units(first_id: int = 1) -> HanoiUnits:
    """All units of Hà Nội and their succession, with ids from ``first_id`` on.

    Parents stand before their children. ``sort_order`` follows the Vietnamese alphabet.
    """
    return _Builder(first_id).build()


class _Builder:
    def __init__(self, first_id: int) -> None:
        text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
        self.plan: dict[str, Any] = tomllib.loads(text)
        self.package = _Package()
        self.rows: list[dict[str, Any]] = []
        self.links: list[dict[str, Any]] = []
        self.first_id = first_id
        self.two_tier: date = self.plan["dates"]["two_tier"]
        self.merger: date = self.plan["dates"]["ward_merger"]
        self.department_merger: date = self.plan["dates"]["department_merger"]
        self.districts: dict[str, int] = {}
        self.old: dict[str, int] = {}  # key in the package → id
        self.new: dict[str, int] = {}

    def build(self) -> HanoiUnits:
        place = self.package.province
        self.province = self._add(
            "gso",
            PROVINCE,
            place["name"],
            "province",
            None,
            short_name="Hà Nội",
            level="province",
            latitude=place["latitude"],
            longitude=place["longitude"],
        )
        groups = self._groups()
        self._departments(groups["departments"])
        self._districts(groups["districts"])
        self._centre(groups["departments"])
        self._communes(groups["communes"])
        self._old_communes()
        self._commune_successions()
        return HanoiUnits(self._unit_frame(), pl.DataFrame(self.links, schema=_SUCCESSION))

    def _add(
        self, scheme: str, code: str, name: str, kind: str, parent_id: int | None, **more: Any
    ) -> int:
        number = self.first_id + len(self.rows)
        row: dict[str, Any] = dict.fromkeys(_UNIT) | {
            "id": number,
            "scheme": scheme,
            "code": code,
            "name": name,
            "kind": kind,
            "parent_id": parent_id,
        }
        self.rows.append(row | more)
        return number

    def _succeed(self, old: int, new: int, relation: str, change: str, on: date) -> None:
        basis = self.plan["basis"][change]
        self.links.append(dict(zip(_SUCCESSION, (old, new, relation, on, basis), strict=True)))

    def _groups(self) -> dict[str, int]:
        bounds: dict[str, dict[str, date]] = {
            "communes": {"valid_from": self.two_tier},
            "districts": {"valid_to": _before(self.two_tier)},
        }
        return {
            key: self._add("group", key, name, "group", self.province, **bounds.get(key, {}))
            for key, name in self.plan["groups"].items()
        }

    def _departments(self, parent: int) -> None:
        ids: dict[str, int] = {}
        for entry in self.plan["department"]:
            ids[entry["code"]] = self._add(
                "agency",
                entry["code"],
                entry["name"],
                entry.get("kind", "department"),
                parent,
                short_name=entry.get("short_name"),
                level="province",
                agency_code=entry["code"],
                valid_from=self.department_merger if entry.get("new") else None,
                valid_to=_before(self.department_merger) if "into" in entry else None,
            )
        for entry in self.plan["department"]:
            if "into" in entry:
                self._succeed(
                    ids[entry["code"]],
                    ids[entry["into"]],
                    "whole",
                    "department_merger",
                    self.department_merger,
                )

    def _districts(self, parent: int) -> None:
        for number, place in enumerate(self.package.districts, start=31):
            agency, ends = f"H26.{number}", _before(self.two_tier)
            district = self._add(
                "gso",
                place["code"],
                place["name"],
                "district",
                parent,
                level="district",
                short_name=place["short_name"],
                valid_to=ends,
                latitude=place["latitude"],
                longitude=place["longitude"],
                agency_code=agency,
                area_code=place["code"],
            )
            self.districts[place["code"]] = district
            offices = ["Bộ phận Một cửa"]
            if place["code"] == self.plan["offices"]["district"]:
                offices += self.plan["offices"]["names"]
            for number_of_office, office in enumerate(offices, start=1):
                code = f"{agency}.{number_of_office:02}"
                self._add(
                    "agency",
                    code,
                    f"{office} {_lower_first(place['name'])}",
                    "office",
                    district,
                    short_name=f"{office} {place['short_name']}",
                    level="district",
                    valid_to=ends,
                    agency_code=code,
                    area_code=place["code"],
                )

    def _centre(self, parent: int) -> None:
        plan = self.plan["centre"]
        centre = self._add(
            "agency",
            plan["code"],
            plan["name"],
            "centre",
            parent,
            level="province",
            short_name=plan["short_name"],
            agency_code=plan["code"],
        )
        for number, place in enumerate(self.package.districts, start=1):
            code = f"{plan['code']}.{number:02}"
            self._add(
                "agency",
                code,
                f"Chi nhánh Trung tâm PVHCC khu vực {place['short_name']}",
                "branch",
                centre,
                short_name=f"Chi nhánh {place['short_name']}",
                level="province",
                valid_from=self.two_tier,
                latitude=place["latitude"],
                longitude=place["longitude"],
                agency_code=code,
                area_code=place["code"],
            )

    def _communes(self, parent: int) -> None:
        areas = self._areas()
        for number, place in enumerate(self.package.communes, start=201):
            self.new[place["key"]] = self._add(
                "gso",
                place["code"],
                place["name"],
                "commune",
                parent,
                level="commune",
                short_name=place["short_name"],
                valid_from=self.two_tier,
                latitude=place["latitude"],
                longitude=place["longitude"],
                agency_code=f"H26.{number}",
                area_code=areas[place["key"]],
            )

    def _old_communes(self) -> None:
        numbers: defaultdict[str, int] = defaultdict(lambda: 20)
        for place in self.package.old_communes:
            self.old[place["key"]] = self._old_commune(
                place,
                numbers,
                valid_from=self.merger if place["merged"] else None,
                valid_to=_before(self.two_tier),
                latitude=place["latitude"],
                longitude=place["longitude"],
            )
        into = {
            place["code"]: (self.old[place["key"]], place["district"])
            for place in self.package.old_communes
        }
        for entry in self.plan["merged_ward"]:
            new, district = into[entry["into"]]
            place = entry | {"short_name": _without_type(entry["name"]), "district": district}
            old = self._old_commune(place, numbers, valid_to=_before(self.merger))
            self._succeed(old, new, "whole", "ward_merger", self.merger)

    def _old_commune(self, place: dict[str, Any], numbers: dict[str, int], **more: Any) -> int:
        district = self.districts[place["district"]]
        agency = self.rows[district - self.first_id]["agency_code"]
        numbers[place["district"]] += 1
        return self._add(
            "gso",
            place["code"],
            place["name"],
            "commune",
            district,
            level="commune",
            short_name=place["short_name"],
            area_code=place["district"],
            agency_code=f"{agency}.{numbers[place['district']]}",
            **more,
        )

    def _commune_successions(self) -> None:
        old_codes = {place["key"]: place["code"] for place in self.package.old_communes}
        new_codes = {place["key"]: place["code"] for place in self.package.communes}
        remainders = {(entry["old"], entry["new"]) for entry in self.plan["remainder"]}
        for old, new, relation in self.package.successions:
            if (old_codes[old], new_codes[new]) in remainders:
                relation = "remainder"
            self._succeed(self.old[old], self.new[new], relation, "two_tier", self.two_tier)

    def _areas(self) -> dict[str, str]:
        """The old district of each new commune: of most of its old communes, whole ones first."""
        district = {place["key"]: place["district"] for place in self.package.old_communes}
        votes: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        for old, new, relation in self.package.successions:
            votes[new][district[old]] += 10 if relation == "whole" else 1
        return {new: max(sorted(of), key=of.__getitem__) for new, of in votes.items()}

    def _unit_frame(self) -> pl.DataFrame:
        units = pl.DataFrame(self.rows, schema=_UNIT)
        headings = units.filter(pl.col("kind") == "group")["id"].to_list()
        places = ranks(row["short_name"] or row["name"] for row in self.rows)
        # Headings keep the order of the data file and stand before what they head.
        order = [
            headings.index(row["id"]) + 1 if row["id"] in headings else place + 10
            for row, place in zip(self.rows, places, strict=True)
        ]
        return units.with_columns(pl.Series("sort_order", order, dtype=pl.Int64))


class _Package:
    """What package ``vietnamadminunits`` holds on Hà Nội, read from its data files.

    Its modules are not imported: they load parsers of addresses for the whole country.
    """

    def __init__(self) -> None:
        found = find_spec("vietnamadminunits")
        if found is None or not found.submodule_search_locations:
            raise ModuleNotFoundError("vietnamadminunits")
        self.folder = Path(found.submodule_search_locations[0]) / "data"

    def _rows(self, query: str) -> list[dict[str, Any]]:
        uri = f"{(self.folder / 'dataset.db').as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            cursor = connection.execute(query, (PROVINCE,))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    @cached_property
    def province(self) -> dict[str, Any]:
        return self._rows(
            "SELECT DISTINCT province AS name, provinceLat AS latitude, provinceLon AS longitude "
            "FROM admin_units WHERE provinceCode = ?"
        )[0]

    @cached_property
    def districts(self) -> list[dict[str, Any]]:
        return self._rows(
            "SELECT DISTINCT districtCode AS code, district AS name, districtShort AS short_name, "
            "districtLat AS latitude, districtLon AS longitude "
            "FROM admin_units_legacy WHERE provinceCode = ? ORDER BY districtCode"
        )

    @cached_property
    def communes(self) -> list[dict[str, Any]]:
        return self._rows(
            "SELECT wardKey AS key, wardCode AS code, ward AS name, wardShort AS short_name, "
            "wardLat AS latitude, wardLon AS longitude "
            "FROM admin_units WHERE provinceCode = ? ORDER BY wardCode"
        )

    @cached_property
    def old_communes(self) -> list[dict[str, Any]]:
        # An alias is the name of a commune that was merged into this one on 1/1/2025.
        return self._rows(
            "SELECT provinceKey || '_' || districtKey || '_' || wardKey AS key, "
            "wardCode AS code, ward AS name, wardShort AS short_name, districtCode AS district, "
            "wardLat AS latitude, wardLon AS longitude, wardAlias IS NOT NULL AS merged "
            "FROM admin_units_legacy WHERE provinceCode = ? ORDER BY wardCode"
        )

    @cached_property
    def successions(self) -> list[tuple[str, str, str]]:
        """(key of the old commune, key of the new one, whole or part), sorted."""
        text = (self.folder / "converter_2025.json").read_text(encoding="utf-8")
        converter = json.loads(text)
        whole = converter["DICT_PROVINCE_WARD_NO_DIVIDED"][_PROVINCE_KEY]
        divided = converter["DICT_PROVINCE_WARD_DIVIDED"][_PROVINCE_KEY]
        found = [(old, new, "whole") for new, olds in whole.items() for old in olds]
        found += [(old, to["newWardKey"], "part") for old, news in divided.items() for to in news]
        return sorted(found)


def _before(day: date) -> date:
    return day - timedelta(days=1)


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _without_type(name: str) -> str:
    return name.split(" ", 1)[1]
