"""The facts that rules are judged on: of an account, within its scope at this moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import polars as pl

from connectors.access import AccountRecord, may
from connectors.access.scope import scope_of
from connectors.alerts.outbox import Thing
from connectors.alerts.store import Given, scope_key
from connectors.engine import Facts, Scope, descendants, open_facts
from connectors.settings import Settings
from metrics.alerts.judging import Judged
from metrics.alerts.rules import Rule, problem
from metrics.alerts.scene import Scene, Span, Units
from metrics.core import names

ACTION = "own_alerts"
"""What a role must be allowed to keep rules and to be told (connectors/access/roles.toml)."""


@dataclass(frozen=True)
class Whose:
    """An account that may be told: what it may see now, and the key of that scope."""

    account: AccountRecord
    units: Units
    key: str


def told(accounts: Iterable[AccountRecord], units: pl.DataFrame) -> dict[int, Whose]:
    """Account → what it may see now; without those that are locked or whose role may not.

    ``units``: all units (connectors.engine.Facts.units without a scope).
    """
    return {
        one.id: Whose(
            one, scope_of(one.unit_id, one.role, units).units, scope_key(one.unit_id, one.role)
        )
        for one in accounts
        if not one.is_locked and may(one.role, ACTION)
    }


def scene(settings: Settings, units: Units, whose: str, now: datetime) -> Scene:
    """The facts of a scope. ``now``: local. Raises SnapshotMissing when it is read."""

    @cache
    def opened(of: Units, span: Span) -> Facts:
        return open_facts(settings, Scope(of), alive=span)

    @cache
    def below(unit: int) -> frozenset[int]:
        return descendants(opened(None, None).units, unit)

    return Scene(opened, below, units, whose, now)


def called(whose: Whose, units: pl.DataFrame) -> str:
    """What all that an account may see is called."""
    own = whose.account.unit_id
    if own is None:
        return "Tất cả đơn vị"
    return names.unit_names(units).get(own, "Đơn vị của tài khoản")


def rule_of(given: Given) -> Rule:
    """What is kept, as what is judged."""
    return Rule(
        given.kind,  # type: ignore[arg-type]
        given.figure,
        given.unit_id,
        given.is_each,
        given.period,
        given.is_whole,
        given.side,  # type: ignore[arg-type]
        given.value,
    )


def wrong_with(given: Given, units: Units) -> str | None:
    """Why an account cannot keep a rule, in Vietnamese; None: it can. ``units``: it may see."""
    if given.unit_id is not None and units is not None and given.unit_id not in units:
        return "Đơn vị nằm ngoài phạm vi của tài khoản."
    return problem(rule_of(given))


def thing(one: Judged) -> Thing:
    """What was judged, as it is kept."""
    params = "&".join(f"{name}={value}" for name, value in one.params.items())
    return Thing(one.thing, one.holds, one.subject, one.text, one.unit, one.page, params)
