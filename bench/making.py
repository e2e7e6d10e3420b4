"""A document inside a process that runs already: its figures, its file, and both again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from bench.timing import peak_mb
from connectors.engine import Scope, open_facts
from connectors.settings import load_settings
from metrics.core.periods import parse_period, period_of
from pages.presenting.slides import slide
from reports.blocks import Report
from reports.material import Material
from reports.opening import Wanted, asked
from reports.registry import REPORTS
from reports.render import render

Answer = TypeVar("Answer")
_SLIDES: Final = "slides"


def periods() -> dict[str, Any]:
    """The last whole week of the data, the last whole quarter of reporting, and how many
    dossiers there are."""
    facts = open_facts(load_settings(), Scope(None))
    assert facts.data_until is not None
    until = facts.data_until.date()
    count = facts.dossier.select("dossier_id").collect(backend="polars").to_native()
    return {
        "week": period_of("week", until - timedelta(days=7)).token,
        "quarter": period_of("quarter15", until).previous.token,
        "dossiers": count["dossier_id"].n_unique(),
    }


def document(name: str, layout: str, period: str) -> dict[str, Any]:
    """Seconds of figures and file, the first time in a process and again.

    ``home``: seconds of the home screen's figures of dossiers, which are a part of the figures of
    deck and briefing: what the others may be compared with on any machine.
    """

    def material() -> Material:
        return Material(asked(load_settings(), Wanted(parse_period(period))))

    def figures() -> Report:
        return REPORTS[name].make(material())

    report, first = _timed(figures)
    content, file = _timed(lambda: _file(report, layout))
    report, figures_again = _timed(figures)
    _, file_again = _timed(lambda: _file(report, layout))
    _, home = _timed(lambda: material().review)
    return {
        "first": {"figures": first, "file": file},
        "again": {"figures": figures_again, "file": file_again},
        "home": home,
        "kb": len(content) / 1024,
        "peak_mb": peak_mb(),
    }


def _timed(work: Callable[[], Answer]) -> tuple[Answer, tuple[float, float]]:
    """The answer; seconds on the wall and of processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return answer, (time.perf_counter() - wall, time.process_time() - cpu)


def _file(report: Report, layout: str) -> bytes:
    if layout != _SLIDES:
        return render(report, layout)
    return "".join(slide(each, report.head, "", "") for each in report.sections).encode()
