"""Who may import whom: the contracts of pyproject.toml hold, and each of them can break."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.settings import PROJECT_ROOT

PACKAGES = ("connectors", "metrics", "pages", "ui")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True
    )


def test_imports_go_down_only() -> None:
    done = _lint(PROJECT_ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(
            PROJECT_ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(PROJECT_ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("metrics/ask.py", "import connectors.settings", "metrics does no I/O"),
        ("metrics/ask.py", "import streamlit", "metrics does no I/O"),
        ("metrics/contracts.py", "import ui.view", "pages over ui"),
        ("connectors/calendar.py", "import metrics.catalogue", "connectors know of metrics only"),
        ("connectors/calendar.py", "import ui.view", "pages over ui"),
        ("connectors/settings.py", "import streamlit", "connectors show nothing"),
        ("pages/week.py", "import sqlalchemy", "pages neither query nor compute"),
        ("pages/week.py", "import polars", "pages neither query nor compute"),
        ("pages/week.py", "import connectors.database.session", "pages neither query nor compute"),
        ("ui/view.py", "import pages.week", "pages over ui"),
    ],
)
def test_a_wrong_import_is_found(copied_tree: Path, module: str, line: str, contract: str) -> None:
    path = copied_tree / module
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    done = _lint(copied_tree)
    path.write_text(before, encoding="utf-8")
    broken = [row for row in done.stdout.splitlines() if " BROKEN" in row]
    assert done.returncode != 0
    assert any(row.startswith(contract) for row in broken), done.stdout + done.stderr
