"""Who may do what: reads the one table, roles.toml, and answers by it. Deny by default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("roles.toml")


@dataclass(frozen=True)
class Action:
    """Something that may be done: its Vietnamese label, and the roles that may."""

    key: str
    label: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Table:
    """The whole table: role → label, action → who may."""

    roles: Mapping[str, str]
    actions: Mapping[str, Action]


@cache
def table() -> Table:
    """The table of roles and actions. ValueError where it names a role that it does not declare."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    roles: dict[str, str] = raw["roles"]
    actions = {
        key: Action(key, entry["label"], frozenset(entry["roles"]))
        for key, entry in raw["actions"].items()
    }
    unknown = {role for action in actions.values() for role in action.roles} - set(roles)
    if unknown:
        raise ValueError(f"roles.toml: no role {sorted(unknown)}")
    return Table(roles, actions)


def may(role: str, action: str) -> bool:
    """Whether the role may do it; False for an action or a role that the table does not have."""
    found = table().actions.get(action)
    return found is not None and role in found.roles
