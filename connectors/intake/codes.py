"""Dossier codes: the form of the national exchange, and the province that it names."""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Final

import polars as pl

_FILE: Final = Path(__file__).with_name("codes.toml")
_CODE_LENGTH: Final = 64


@cache
def rule() -> dict[str, Any]:
    """``codes.toml``."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def has_form(code: pl.Expr) -> pl.Expr:
    """Whether codes have the form of the exchange (agency code, day, number)."""
    agency = code.str.find("-", literal=True) <= pl.lit(rule()["agency_longest"])
    short = code.str.len_bytes() <= pl.lit(rule()["longest"])
    return code.str.contains(str(rule()["form"])) & short & agency


def agency_key(code: str) -> str | None:
    """An agency's code in the one form in which all of its spellings agree; None: it is none.

    ``000.00.18.H26``, ``H26.18.00`` and ``H26.18`` are one: the province first, no zeros behind.
    """
    groups = code.strip().upper().split(".")
    ends = [bool(re.match(rule()["province"], group)) for group in (groups[0], groups[-1])]
    if len(groups) < 2 or not any(ends) or not all(re.fullmatch(r"[A-Z0-9]+", g) for g in groups):
        return None
    if not ends[0]:
        groups.reverse()
    while not groups[-1].strip("0"):
        groups.pop()
    return ".".join(groups)


def procedure_key(code: str) -> str:
    """A procedure's code without the agency's behind it: ``1.004194.000.00.00.H56`` is 1.004194."""
    found = re.match(rule()["procedure"], code)
    return found[1] if found else code


def province_of(code: str) -> str | None:
    """The province's code in a dossier code, such as H26; None where it names none."""
    groups = code.partition("-")[0].split(".")
    half = (len(groups) + 1) // 2
    ends = chain.from_iterable(zip_longest(groups[:half], reversed(groups[half:])))
    return next((group for group in ends if group and re.match(rule()["province"], group)), None)


def as_code(text: str) -> str:
    """A text as a code: itself, or shortened in a way that keeps different texts different."""
    if len(text) <= _CODE_LENGTH:
        return text
    return f"{text[:47]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"
