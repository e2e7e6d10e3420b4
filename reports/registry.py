"""Every report by its key: what it is called, how it is made, into which formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from reports import deck
from reports.blocks import Report
from reports.material import Material

Format = Literal["xlsx", "docx", "pptx", "pdf"]


@dataclass(frozen=True)
class Declared:
    """A report: ``make`` arranges it from what the figures answer."""

    key: str
    title: str
    make: Callable[[Material], Report]
    formats: tuple[Format, ...]


REPORTS: Final[dict[str, Declared]] = {
    each.key: each for each in (
        Declared("trinh-chieu", "Bản trình chiếu họp giao ban", deck.deck, ("pptx", "pdf")),
    )
}  # fmt: skip
"""Key → report, in the order that they are listed in."""
