"""Dossier codes: the form of the national exchange, and the province that it names."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Final

import polars as pl

_FILE: Final = Path(__file__).with_name("codes.toml")


@cache
def rule() -> dict[str, Any]:
    """``codes.toml``."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def has_form(code: pl.Expr) -> pl.Expr:
    """Whether codes have the form of the exchange (agency code, day, number)."""
    agency = code.str.find("-", literal=True) <= pl.lit(rule()["agency_longest"])
    short = code.str.len_bytes() <= pl.lit(rule()["longest"])
    return code.str.contains(str(rule()["form"])) & short & agency


def province_of(code: str) -> str | None:
    """The province's code in a dossier code, such as H26; None where it names none."""
    groups = code.partition("-")[0].split(".")
    half = (len(groups) + 1) // 2
    ends = chain.from_iterable(zip_longest(groups[:half], reversed(groups[half:])))
    return next((group for group in ends if group and re.match(rule()["province"], group)), None)
