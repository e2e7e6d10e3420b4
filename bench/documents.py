"""``python -m bench reports``: documents, long lists and slides on a large installation.

On the installation in place (DATA_DIR, DATABASE_URL) where it has data; else on a sample of a
million dossiers that is made first. Each document by the user's command, as a process from its
start to its end, and again inside a process that runs already, where only figures and file count.
This process only starts the others and stays small because of that (bench/timing.py).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench.report import documents_tables, machine, write_into
from bench.timing import run, step

SLIDES: Final = "slides"
"""The deck as the screen Trình chiếu draws it: HTML, with no command of its own."""
DOCUMENTS: Final = (
    ("trinh-chieu", SLIDES),
    ("trinh-chieu", "pptx"),
    ("trinh-chieu", "pdf"),
    ("bao-cao-tuan", "pdf"),
    ("bao-cao-tuan", "docx"),
    ("bieu-ii06a", "xlsx"),
    ("bieu-ii06a-don-vi", "xlsx"),
)
"""Report and format; the deck and the briefing of a week, the forms of a quarter."""

DOSSIERS: Final = 1_000_000
ROWS: Final = 200_000
MARK: Final = "documents"
"""What stands in the marks of docs/performance.md between which the tables are."""
_SAMPLE_END: Final = "2026-06-28"


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, print, and write into a document if asked; what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench reports", description=__doc__)
    parser.add_argument("--dossiers", type=int, default=DOSSIERS, help="of a sample that is made")
    parser.add_argument("--rows", type=int, default=ROWS, help="of the long list")
    parser.add_argument("--without-browser", action="store_true", help="no slides in Chromium")
    parser.add_argument("--write", type=Path, help="document whose figures are replaced")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = installation(Path(folder), chosen.dossiers)
        found = measure(environment, Path(folder), chosen.rows, not chosen.without_browser)
    tell(found, chosen.write)
    return found


def tell(found: dict[str, Any], document: Path | None) -> None:
    """Print the tables, and put them into the document between their marks."""
    text = documents_tables(found)
    print(text, flush=True)
    if document:
        write_into(document, text, MARK)


def installation(folder: Path, dossiers: int) -> dict[str, str]:
    """The installation in place, or a new one with a large sample."""
    told = step("in_place")
    if told:
        return dict(os.environ)
    return sample(folder, dossiers)


def sample(folder: Path, dossiers: int) -> dict[str, str]:
    """A new installation with the shipped sample, its registers too."""
    made = {
        **os.environ,
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'dung-han.db'}",
        "SETTINGS_FILE": os.devnull,
    }
    run(["-m", "connectors", "migrate"], made)
    run(["-m", "connectors", "sample", "--end", _SAMPLE_END, "--dossiers", str(dossiers)], made)
    return made


def measure(
    environment: Mapping[str, str], folder: Path, rows: int = ROWS, with_browser: bool = True
) -> dict[str, Any]:
    """Documents, the long list and (in Chromium) the turning of slides.

    Args:
        folder: where the files go.
    """
    asked = step("document_periods", environment=environment)
    found: dict[str, Any] = {
        "when": f"{datetime.now().astimezone():%Y-%m-%d %H:%M}",
        "machine": machine(None),
        **asked,
        "rows": [_document(environment, folder, *each, asked) for each in DOCUMENTS],
    }
    load = os.getloadavg()[0]
    found["list"] = step("long_list", str(rows), environment=environment) | {"load": load}
    if with_browser:
        load = os.getloadavg()[0]
        week = asked["week"]
        found["turning"] = step("next_slide", week, environment=environment) | {"load": load}
    return found


def _document(
    environment: Mapping[str, str], folder: Path, name: str, layout: str, asked: dict[str, Any]
) -> dict[str, Any]:
    period = asked["quarter" if name.startswith("bieu-") else "week"]
    found: dict[str, Any] = {"name": name, "layout": layout, "load": os.getloadavg()[0]}
    if layout != SLIDES:
        out = folder / f"{name}.{layout}"
        command = ["-m", "reports", "make", name, "--period", period, "--out", str(out)]
        done = run([*command, "--format", layout], environment)
        found["command"] = {"wall": done.wall, "cpu": done.cpu, "peak_mb": done.peak_mb}
    found |= step("document", name, layout, period, environment=environment)
    return found


if __name__ == "__main__":
    print(json.dumps(main()))
