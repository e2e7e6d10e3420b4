"""Who may import whom: the contracts of pyproject.toml hold, and each of them can break."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from connectors.settings import PROJECT_ROOT

PACKAGES: Final = ("connectors", "metrics", "pages", "reports", "ui")
_SETTINGS: Final = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS: Final = {
    each["id"]: each["name"] for each in _SETTINGS["tool"]["importlinter"]["contracts"]
}

PLANTED: Final = (
    ("storeys", "metrics/core/contracts.py", "import ui.shell.view"),
    ("storeys", "connectors/calendar.py", "import ui.shell.view"),
    ("storeys", "ui/shell/view.py", "import ui.kit.charts"),
    ("storeys", "ui/kit/charts.py", "import pages.week.screen"),
    ("floors-of-metrics", "metrics/core/ask.py", "import metrics.dossiers.catalogue"),
    ("floors-of-metrics", "metrics/tasks/states.py", "import metrics.targets.judging"),
    ("no-circle", "metrics/core/clock.py", "import metrics.core.ask"),
    ("no-circle", "pages/tasks/data.py", "import pages.tasks.screen"),
    ("no-circle", "ui/shell/context.py", "import ui.shell.frame"),
    ("own-room", "pages/tasks/data.py", "import pages.targets.data"),
    ("own-room", "pages/week/screen.py", "import pages.tasks.screen"),
    ("ground-floor", "metrics/core/ask.py", "import connectors.settings"),
    ("ground-floor", "metrics/core/ask.py", "import streamlit"),
    ("frame-contracts", "connectors/calendar.py", "import metrics.dossiers.catalogue"),
    ("storeys", "connectors/calendar.py", "import reports.blocks"),
    ("reports-arrange", "reports/deck/late.py", "import connectors.engine"),
    ("reports-arrange", "reports/head.py", "import streamlit"),
    ("renderers", "reports/render/__init__.py", "import metrics.dossiers.catalogue"),
    ("no-screen-below", "connectors/settings.py", "import streamlit"),
    ("pages-arrange", "pages/week/page.py", "import metrics.dossiers.catalogue"),
    ("pages-arrange", "pages/tasks/page.py", "import polars"),
    ("pages-arrange", "pages/records/page.py", "import connectors.read"),
    ("no-sql", "pages/tasks/data.py", "import sqlalchemy"),
    ("no-sql", "ui/kit/parts.py", "import sqlalchemy"),
    ("no-sql", "ui/kit/parts.py", "import connectors.database.session"),
    ("readers", "pages/tasks/forms.py", "import connectors.intake.batch"),
    ("readers", "ui/kit/parts.py", "import connectors.snapshot"),
    ("no-arithmetic", "pages/targets/screen.py", "import polars"),
    ("no-arithmetic", "pages/late/export.py", "import numpy"),
)


def test_imports_go_down_only() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-logo"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages without their data, to plant imports in."""
    folder = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        for path in (PROJECT_ROOT / package).rglob("*.py"):
            copy = folder / path.relative_to(PROJECT_ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    shutil.copy(PROJECT_ROOT / "pyproject.toml", folder)
    return folder


def _broken(folder: Path, contract: str) -> bool:
    """Whether a contract is broken there: the linter's own program, asked about one contract."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-logo", "--contract", contract],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return any(
        row.startswith(CONTRACTS[contract]) and " BROKEN" in row for row in done.stdout.splitlines()
    )


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "module", "line"), PLANTED)
def test_a_wrong_import_is_found(copied_tree: Path, contract: str, module: str, line: str) -> None:
    path = copied_tree / module
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        assert _broken(copied_tree, contract)
    finally:
        path.write_text(before, encoding="utf-8")
