"""``python -m bench reports``: the deck as PPTX and the briefing as PDF, on a large installation.

On the installation in place (DATA_DIR, DATABASE_URL) where it has data; else on a sample of a
million dossiers that is made first. Each document in a process of its own, as the command line and
the timer make it: start of the program, figures, file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from bench.timing import run
from connectors.settings import load_settings
from metrics.core.periods import Period, period_of

DOCUMENTS: Final = (("trinh-chieu", "pptx"), ("trinh-chieu", "pdf"), ("bao-cao-tuan", "pdf"),
                    ("bao-cao-tuan", "docx"))  # fmt: skip
_DOSSIERS: Final = 1_000_000
_SAMPLE_END: Final = "2026-06-28"

_INSIDE: Final = """
import json, sys, time
began = time.perf_counter()
from connectors.settings import load_settings
from metrics.core.periods import parse_period
from reports.material import Material
from reports.opening import Wanted, asked
from reports.registry import REPORTS
from reports.render import render
ready = time.perf_counter()
name, layout, period = sys.argv[1:]
report = REPORTS[name].make(Material(asked(load_settings(), Wanted(parse_period(period)))))
counted = time.perf_counter()
content = render(report, layout)
print(json.dumps([ready - began, counted - ready, time.perf_counter() - counted, len(content)]))
"""


def main() -> list[dict[str, Any]]:
    """Measure and print, in seconds; a row a document."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = _environment(Path(folder))
        week = _last_whole_week(environment)
        found = [_measure(environment, name, layout, week) for name, layout in DOCUMENTS]
    for each in found:
        print(each, flush=True)
    return found


def _environment(folder: Path) -> dict[str, str]:
    """The installation in place, or a new one with a large sample."""
    if (load_settings().data_dir / "snapshot" / "manifest.json").exists():
        return dict(os.environ)
    made = {
        **os.environ,
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'dung-han.db'}",
        "SETTINGS_FILE": os.devnull,
    }
    run(["-m", "connectors", "migrate"], made)
    run(["-m", "connectors", "sample", "--end", _SAMPLE_END, "--dossiers", str(_DOSSIERS)], made)
    return made


def _last_whole_week(environment: dict[str, str]) -> Period:
    code = (
        "from connectors.settings import load_settings; from connectors.engine import *;"
        "print(open_facts(load_settings(), Scope(None)).data_until.date().toordinal())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return period_of("week", date.fromordinal(int(told.stdout)) - timedelta(days=7))


def _measure(environment: dict[str, str], name: str, layout: str, week: Period) -> dict[str, Any]:
    began = time.perf_counter()
    told = subprocess.run(
        [sys.executable, "-c", _INSIDE, name, layout, week.token],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    start, figures, file, size = json.loads(told.stdout)
    return {
        "document": f"{name}.{layout}",
        "week": week.token,
        "all": round(time.perf_counter() - began, 2),
        "start": round(start, 2),
        "figures": round(figures, 2),
        "file": round(file, 2),
        "kb": size // 1024,
    }
