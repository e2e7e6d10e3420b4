"""What the letter of apology is called on a day: metrics/dossiers/apology_letters.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Any


def letter_title(issued_on: date, *, renewed: bool) -> str:
    """The title of a letter issued on a day; ``renewed``: it gives a new date.

    Raises:
        KeyError: no title holds on that day.
    """
    for entry in _titles():
        if entry.get("from", date.min) <= issued_on <= entry.get("until", date.max):
            return str(entry["renewed" if renewed else "plain"])
    raise KeyError(f"apology_letters.toml: no title on {issued_on}")


@cache
def _titles() -> tuple[dict[str, Any], ...]:
    text = resources.files("metrics").joinpath("dossiers/apology_letters.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["title"])
