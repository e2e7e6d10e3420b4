"""Beside a figure: what it said when it was reported, where that was something else."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.drift import Cell
from ui.kit.cells import figure_text, fraction_text
from ui.kit.links import href, link
from ui.kit.listing import open_place
from ui.kit.marks import Html
from ui.shell import past
from ui.shell.context import Frame

OPENS = "drift"
"""The parameter of the screen of late dossiers that opens what has changed."""


def told(cell: Cell, key: str) -> str:
    """A figure's number, of a rate its two sides: what is rounded may hide the difference."""
    figure = FIGURES[key]
    return fraction_text(cell) if figure.is_ratio else figure_text(figure, cell)


def changed(
    frame: Frame, keys: tuple[str, ...], among: frozenset[int] | None, **own: object
) -> Mapping[str, Html]:
    """Of those figures that have changed since they were reported: a line that leads to why.

    Args:
        among: the units whose figures they are; None: all that the reader may see.
        own: more parameters of the list that it leads to.
    """
    lines = {}
    for key, (then, now) in past.cells(frame.version, frame.view, keys, among).items():
        if then == now:
            continue
        words = f"Đã đổi so với lúc báo cáo: {told(then, key)} → {told(now, key)}"
        to = href(frame, "late", frame.params(figure=key, **own, **{OPENS: 1}))
        place = open_place(OPENS, "1")
        lines[key] = link(words, to, place=place) if frame.may("page:late") else Html(words)
    return lines
