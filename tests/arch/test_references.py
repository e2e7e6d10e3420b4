"""What documents and docstrings name is there: what was moved is not left behind in words."""

from __future__ import annotations

import importlib
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from connectors.settings import PROJECT_ROOT

_PATH: Final = re.compile(
    r"(?<![\w./<{-])((?:metrics|connectors|ui|pages|tests|tools|bench|ops)/[\w/.-]+"
    r"\.(?:py|toml|css|js|json|html|svg|sh|csv))\b"
)
_ROLE: Final = re.compile(
    r":(?:mod|func|class|data|meth|attr|exc):`~?((?:metrics|connectors|ui|pages)\.[\w.]+)`"
)
_NOT_NAMES: Final = frozenset({"tests/arch/test_references.py"})


_NAME: Final = re.compile(r"`((?:metrics|connectors|ui|pages)(?:\.\w+)+)`")


@cache
def _texts() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    names = [name for name in listed.split("\0") if name.endswith((".py", ".md", ".toml"))]
    paths = {name: PROJECT_ROOT / name for name in names if name not in _NOT_NAMES}
    return {name: path.read_text("utf-8") for name, path in paths.items() if path.is_file()}


def _missing_paths(texts: dict[str, str]) -> list[str]:
    found = {(name, hit[1]) for name, text in texts.items() for hit in _PATH.finditer(text)}
    return sorted(
        f"{name}: {path}" for name, path in found if not (PROJECT_ROOT / Path(path)).exists()
    )


def _exists(dotted: str) -> bool:
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            held: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            if not hasattr(held, name) and name not in getattr(held, "__annotations__", {}):
                return False
            held = getattr(held, name, None)
        return True
    return False


def test_every_path_that_is_named_is_there() -> None:
    assert _missing_paths(_texts()) == []


def test_every_name_that_a_docstring_refers_to_is_there() -> None:
    roles = {
        (name, hit[1])
        for name, text in _texts().items()
        if name.endswith(".py")
        for hit in _ROLE.finditer(text)
    }
    assert len(roles) > 20
    assert sorted(f"{name}: {dotted}" for name, dotted in roles if not _exists(dotted)) == []


def test_the_steps_of_the_architecture_are_there() -> None:
    """Each way is told by the names of the functions that it goes through."""
    text = _texts()["docs/architecture.md"]
    ways = text.split("## Three ways")[1].split("\n## ")[0]
    names = [hit[1] for hit in _NAME.finditer(ways)]
    assert len(names) > 20
    assert [name for name in names if not _exists(name)] == []


@pytest.mark.parametrize("stale", ["see metrics/ask.py", "`ui/late.py`", "(pages/tasks.py)"])
def test_a_stale_path_would_be_found(stale: str) -> None:
    assert _missing_paths({"x.md": stale})


def test_a_stale_name_would_be_found() -> None:
    assert _exists("metrics.core.ask.Ask.moment")
    assert not _exists("metrics.core.ask.Asked")
    assert not _exists("metrics.ask.Ask")
