"""Rules for the whole tree that no tool keeps by itself."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlparse

import pytest
import streamlit.config

from connectors.settings import PROJECT_ROOT


def _own_files() -> list[Path]:
    """Files of the project: those in git and those that could be added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = [PROJECT_ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file()]


def _registry_hosts() -> set[str]:
    """Hosts that packages come from: the public ones, and those that this machine is set up for."""
    public = {"pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js.org"}
    set_up = [value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))]
    for folder in ("/etc", Path.home() / ".config" / "pip", Path.home() / ".pip"):
        file = Path(folder) / "pip.conf"
        set_up += [file.read_text()] if file.is_file() else []
    found = {urlparse(url).hostname for text in set_up for url in re.findall(r"https?://\S+", text)}
    return public | {host for host in found if host}


# Put together here, so that this file does not contain them.
_MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:" + "|".join(["work", "root", "home"]) + r")/\w")


def test_no_file_names_a_machine_or_a_registry() -> None:
    hosts = _registry_hosts()
    found = []
    for path in _own_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a test file in another encoding
        name = path.relative_to(PROJECT_ROOT)
        found += [f"{name}: {hit.group()}" for hit in _MACHINE_PATHS.finditer(text)]
        found += [f"{name}: {host}" for host in hosts if host in text]
    assert found == []


def test_the_search_for_machine_paths_finds_them() -> None:
    assert _MACHINE_PATHS.search("open('/" + "work/main/x')")
    assert _MACHINE_PATHS.search("DATA=/" + "home/lan/data")
    assert not _MACHINE_PATHS.search("https://example.vn/work/1")
    assert not _MACHINE_PATHS.search("one/two/rooms/work/x")


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-audit.txt",
        "requirements-dev.txt",
        "requirements-lock.txt",
        "requirements-spark.txt",
    ],
)
def test_every_requirement_is_pinned(name: str) -> None:
    lines = (PROJECT_ROOT / name).read_text(encoding="utf-8").splitlines()
    asked = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert asked
    assert [line for line in asked if not re.fullmatch(r"[\w.-]+(\[\w+\])?==\d[\w.]*", line)] == []


def test_streamlit_knows_every_option() -> None:
    """A misspelt option is only a line in the log; this one would have been a safety setting."""
    known = {option.key for option in streamlit.config.get_config_options().values()}
    text = (PROJECT_ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert set(_keys(tomllib.loads(text))) <= known


def _keys(table: dict[str, object], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, value in table.items():
        key = f"{prefix}{name}"
        keys += _keys(value, f"{key}.") if isinstance(value, dict) else [key]
    return keys


def test_secrets_stay_out_of_git() -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", "--quiet", ".streamlit/secrets.toml"], cwd=PROJECT_ROOT
    )
    assert ignored.returncode == 0


def test_no_pages_folder_beside_the_main_script() -> None:
    """Streamlit would serve its files without the frame until somebody has opened the frame."""
    assert not (PROJECT_ROOT / "ui" / "pages").exists()
    assert 'st.App("ui/main.py",' in (PROJECT_ROOT / "app.py").read_text(encoding="utf-8")


LONGEST, LONGEST_PAGE = 500, 60
STILL_LONGER: dict[str, int] = {}
"""Files that are not brought onto the kit yet, with the lines that they may have: only shorter."""


def _too_long(lines: dict[str, int]) -> dict[str, int]:
    """Files, by name and lines, that have more lines than a reader should be asked to read."""

    def most(name: str) -> int:
        return STILL_LONGER.get(name, LONGEST_PAGE if name.endswith("/page.py") else LONGEST)

    return {name: count for name, count in lines.items() if count > most(name)}


def test_no_file_is_too_long_to_read() -> None:
    files = [
        path
        for room in ("metrics", "connectors", "ui", "pages")
        for path in (PROJECT_ROOT / room).rglob("*.py")
    ]
    assert len(files) > 300
    lines = {
        str(path.relative_to(PROJECT_ROOT)): path.read_text(encoding="utf-8").count("\n")
        for path in files
    }
    assert _too_long(lines) == {}


def test_a_file_that_is_too_long_would_be_found() -> None:
    lines = {"ui/kit/card.py": 500, "ui/kit/table.py": 501}
    pages = {"pages/admin/page.py": 60, "pages/tasks/page.py": 61}
    assert _too_long(lines | pages) == {"ui/kit/table.py": 501, "pages/tasks/page.py": 61}
    for name, count in STILL_LONGER.items():
        assert _too_long({name: count + 1})
