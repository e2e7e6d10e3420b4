"""Which release of the program this is."""

from __future__ import annotations

import tomllib
from functools import cache

from connectors.settings import PROJECT_ROOT


@cache
def version() -> str:
    """The release, as ``[project]`` of pyproject.toml has it (CHANGELOG.md says what is in it)."""
    declared = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(declared["project"]["version"])
