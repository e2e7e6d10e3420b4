"""Whether a supplement starts the time limit anew: metrics/core/supplements.toml, by its day."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final

import polars as pl

__all__ = ["Rules", "anew_on", "read_rules", "shipped_rules"]

Rules = Sequence[tuple[date, bool]]
"""First day and whether the limit starts anew from then on, the earliest first."""

_CLOCKS: Final = {"subtract": False, "restart": True}


@cache
def shipped_rules() -> Rules:
    """The rules of the file."""
    text = resources.files("metrics").joinpath("core/supplements.toml").read_text("utf-8")
    return read_rules(tomllib.loads(text))


def read_rules(data: Mapping[str, Any]) -> Rules:
    """The rules that a file's content states.

    Raises:
        ValueError: a clock that is none; the message is Vietnamese.
    """
    for rule in data["rule"]:
        if rule["clock"] not in _CLOCKS:
            raise ValueError(
                f"supplements.toml: clock = “{rule['clock']}” không hợp lệ. "
                f"Hãy ghi một trong: {', '.join(_CLOCKS)}."
            )
    return tuple(sorted((rule["valid_from"], _CLOCKS[rule["clock"]]) for rule in data["rule"]))


def anew_on(day: pl.Expr, rules: Rules) -> pl.Expr:
    """Whether the limit starts anew after a request of that day."""
    found = pl.lit(value=False)
    for since, anew in rules:
        found = pl.when(day >= since).then(pl.lit(anew)).otherwise(found)
    return found
