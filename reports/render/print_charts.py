"""A chart as a picture, for media that cannot draw one of their own: SVG, or PNG for print.

Drawn by the template of the PDF, so a chart is the same on every paper, and with its embedded
fonts: letters do not hang on what a machine has installed (in the SVG they are outlines; the
numbers in words are what :func:`reports.render.look.described` says). Slides on the screen have
:mod:`reports.render.slide_charts`, which starts no engine.
"""

from __future__ import annotations

from typing import Any, Final

from reports.blocks import Chart
from reports.render import look
from reports.render.pdf import chart_content, typeset

PRINT_DENSITY: Final = 300
"""Dots an inch of a picture that is printed."""
WIDTH: Final = 470
"""Points: a column of text on A4."""
HEIGHT: Final = 150


def png(
    chart: Chart,
    edges: look.Edges = None,
    width: int = WIDTH,
    height: int = HEIGHT,
    density: int = PRINT_DENSITY,
) -> bytes:
    """A chart with its title, legend and note as PNG.

    Args:
        edges: limits that printed rates stand on the true side of.
        width: of the picture, height: of what is drawn of columns and lines, in points.
        density: dots an inch.
    """
    return typeset(_content(chart, edges, width, height), "png", density)


def svg(chart: Chart, edges: look.Edges = None, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A chart with its title, legend and note as SVG; arguments as :func:`png`."""
    return typeset(_content(chart, edges, width, height), "svg")


def _content(chart: Chart, edges: look.Edges, width: int, height: int) -> dict[str, Any]:
    return {
        "title": chart.title,
        "slides": False,
        "landscape": False,
        "width": width,
        "height": height,
        "chart": chart_content(chart, edges),
    }
