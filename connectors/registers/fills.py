"""What follows from other columns of a row as people write it: provinces, versions, months."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from connectors.intake.codes import procedure_key
from connectors.intake.words import fold
from connectors.refused import BadValue
from metrics.registers.columns import Row
from metrics.registers.indices import index_version

DATA: Final = Path(__file__).parent / "data"

Fill = Callable[[Row], None]
"""Completes a row in place with what follows from its other values."""


_KIND: Final = re.compile(r"^(?:thanh pho\s+|tinh\s+|t\.?\s?p(?:\.\s*|\s+)|t\.\s*)(?=\w)")
_REMARK: Final = re.compile(r"\s*\((?:tp|thanh pho|tinh|cu|moi)\.?\)\s*$|\*+$")
"""What stands before and behind a province's name and is no part of it."""


def _plain(text: str) -> str:
    """A name without tones, spaces and the words tỉnh, thành phố, so that "Ha Noi" is Hà Nội."""
    letters = unicodedata.normalize("NFD", fold(text).replace("đ", "d"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    bare = _KIND.sub("", _REMARK.sub("", bare))
    return "".join(letter for letter in bare.removesuffix(" city") if letter.isalnum())


@cache
def _provinces() -> tuple[dict[str, str], dict[str, str]]:
    """Code → name, and every plain name → code (the scheme of 63 provinces, 00: the country)."""
    entries = tomllib.loads((DATA / "provinces.toml").read_text(encoding="utf-8"))["province"]
    names = {str(entry["code"]): str(entry["name"]) for entry in entries}
    codes = {
        _plain(name): str(entry["code"])
        for entry in entries
        for name in (entry["name"], *entry.get("also", ()))
    }
    return names, codes


def fill_province(row: dict[str, Any]) -> None:
    """The province's code from its name (also without tones), and its name as it is written."""
    names, codes = _provinces()
    code = row.get("province_code")
    if code is not None and str(code) in names:
        row["province"] = names[str(code)]
        return
    found = codes.get(_plain(str(row.get("province") or "")))
    if found is None:
        raise BadValue(
            "không nhận ra tỉnh, thành phố; hãy ghi tên hoặc mã hai chữ số của 63 tỉnh, thành phố."
        )
    row["province_code"], row["province"] = found, names[found]


def worst_ranks_are_notes(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A rank known only as "no better than" (≥ 62) is no bound of ours: it goes into the note."""
    bound = given.get("rank_bound")
    if not isinstance(bound, str) or not bound.strip().startswith((">", "≥")):
        return given
    number = bound.strip().lstrip(">≥= ")
    words = [f"thứ hạng từ {number} trở xuống", str(given.get("note") or "")]
    return {**given, "rank_bound": None, "note": "; ".join(word for word in words if word)}


def bare_procedure_codes(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A procedure is known by its own code, without the agency's that systems put behind it."""
    code = given.get("code")
    return {**given, "code": procedure_key(code.strip())} if isinstance(code, str) else given


def fill_method_version(row: dict[str, Any]) -> None:
    """What follows from the year that is measured, where the row does not say it itself.

    The version of the method, how many localities it ranks, and the component's name.
    """
    version = index_version(row)
    if version is None:
        return
    told = {
        "method_version": version["name"],
        "n_provinces": version.get("localities"),
        "component_name": version.get("components", {}).get(row.get("component")),
    }
    for column, value in told.items():
        if row.get(column) is None and value is not None:
            row[column] = value


def fill_first_of_month(row: dict[str, Any]) -> None:
    """A month stands as its first day, whichever day was written."""
    month = row.get("month")
    if isinstance(month, date):
        row["month"] = month.replace(day=1)


FILLS: Final[Mapping[str, tuple[Fill, ...]]] = {
    "index_score": (fill_province, fill_method_version),
    "service_component": (fill_first_of_month,),
}
"""Register → what completes its rows."""

PREPARE: Final[Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]] = {
    "index_score": worst_ranks_are_notes,
    "procedure": bare_procedure_codes,
}
"""Register → what looks at its raw values first, before any is typed."""
