"""What the register of service quality may name."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def service_maxima() -> dict[str, float | None]:
    """Keys that ``service_component`` may name → the most points (null: no points of its own).

    Components, groups (``N1`` …), inputs and the total (``TONG``) of
    metrics/service/decision766.toml.
    """
    text = resources.files("metrics").joinpath("service/decision766.toml").read_text("utf-8")
    held = tomllib.loads(text)
    scored = {each["key"]: float(each["max"]) for each in (*held["component"], *held["group"])}
    others = {each["key"]: None for each in held["input"]}
    return {**scored, **others, "TONG": 100.0}
