"""What is installed is what is declared, and every place tells the same release."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.settings import PROJECT_ROOT
from connectors.version import version

_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", re.MULTILINE)


def _pins(name: str) -> dict[str, str]:
    text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
    return {package.lower().replace("_", "-"): pin for package, pin in _PIN.findall(text)}


@pytest.mark.parametrize(
    ("asked", "locked"),
    [
        ("requirements.txt", "requirements.lock"),
        ("requirements-dev.txt", "requirements-dev.lock"),
        ("requirements.lock", "requirements-dev.lock"),
    ],
)
def test_the_lock_is_in_step(asked: str, locked: str) -> None:
    """After a change of requirements*.txt: `make lock`."""
    wanted, have = _pins(asked), _pins(locked)
    assert wanted
    assert {name: have.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_its_hashes(name: str) -> None:
    text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 30
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_run_and_test_install_from_the_lock() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in makefile
    assert "--require-hashes -r requirements-dev.lock" in makefile


def test_the_release_has_its_part_in_the_changelog() -> None:
    changelog = (PROJECT_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(version())}\b", changelog, re.MULTILINE)


@pytest.mark.parametrize("program", ["connectors", "metrics"])
def test_the_command_line_tells_the_release(program: str, tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", program, "--version"],
        cwd=PROJECT_ROOT,
        env={"DATA_DIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == f"Đúng Hạn {version()}"
    assert list(tmp_path.iterdir()) == []
