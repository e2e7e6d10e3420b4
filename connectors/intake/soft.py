"""Fields without which a row is still worth having (``soft.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final

from connectors.intake.mapping import Mapping

_FILE: Final = Path(__file__).with_name("soft.toml")


@cache
def _words() -> dict[str, list[str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def softness(mapping: Mapping) -> Callable[[str], bool]:
    """Whether a fault in a typed column costs only the value, not its row."""
    words = [*_words()["everywhere"], *(_words()["messages"] if mapping.messages else [])]
    lists = [f"child{place}.*" for place, child in enumerate(mapping.children) if child.is_list]
    return cache(lambda name: any(fnmatchcase(name, word) for word in [*words, *lists]))
