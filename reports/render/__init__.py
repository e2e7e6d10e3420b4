"""From blocks to bytes: one module a format, each with ``render(report) -> bytes``."""

from __future__ import annotations

from importlib import import_module

from reports.blocks import Report


def render(report: Report, layout: str) -> bytes:
    """A report as a file.

    Args:
        layout: xlsx, docx, pptx or pdf (:data:`reports.registry.Format`).

    Raises:
        RuntimeError: it could not be written; the message, in Vietnamese, says what to do.
    """
    found: bytes = import_module(f"reports.render.{layout}").render(report)
    return found
