"""The rows of registers, as figures ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.narrowing import Where, restrict
from metrics.core.parts import part_of

REGISTER_GROUPS: Final[dict[str, str]] = {
    "unit": "unit_id",
    "programme": "programme_id",
    "area": "area",
    "kind": "kind",
}
"""What figures of registers can be grouped by, where their rows have that column."""


class Held(Protocol):
    """The registers, to be asked for as of a moment (metrics/registers/held.py)."""

    def at(self, moment: datetime) -> Mapping[str, nw.LazyFrame[Any]]: ...

    def standing(self) -> Mapping[str, nw.LazyFrame[Any]]: ...


class Registers(Protocol):
    """What figures on registers need of the opened facts."""

    @property
    def registers(self) -> Held: ...


def of_register(
    facts: Registers, figure: Figure, ask: Ask, where: Where | None
) -> nw.LazyFrame[Any]:
    """The register of a figure as it stood at T, restricted."""
    if figure.derive is None:
        raise ValueError(f"{figure.key} is no figure of a register")
    return restrict(figure.derive(facts.registers.at(ask.moment), ask), where)


def register_groups(facts: Registers, figure: Figure, ask: Ask) -> tuple[str, ...]:
    """Which of :data:`REGISTER_GROUPS` a register's figure can be grouped by."""
    columns = of_register(facts, figure, ask, None).collect_schema().names()
    return tuple(by for by, column in REGISTER_GROUPS.items() if column in columns)


def register_rows(
    facts: Registers,
    figure: Figure,
    ask: Ask,
    where: Where | None = None,
    part: str = "numerator",
) -> pl.DataFrame:
    """The rows of a register behind a figure: exactly those that the number counted.

    Args:
        part: one of :data:`metrics.core.parts.PARTS`; raises as ``part_of``.

    Returns:
        the register's columns (metrics/registers/), in the order they were entered; of a
        figure with :attr:`Figure.derive`, that frame's.
    """
    frame = of_register(facts, figure, ask, where).filter(part_of(figure, part)(ask))
    found: pl.DataFrame = frame.collect(backend="polars").to_native()
    return found
