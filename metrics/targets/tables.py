"""Rows of the tables about targets: by target, programme, signer, and of one target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from metrics.targets.figures import by_state, most_urgent
from metrics.targets.measured import limit_of
from metrics.targets.review import Judged, Signed, counted
from metrics.targets.terms import STATES, State

_SHOWN_COLUMNS: Final = (
    "target_id", "programme_id", "unit_id", "code", "name", "period_from", "period_to",
    "every_period",
)  # fmt: skip


def target_rows(judged: Sequence[Judged], signed: Sequence[Signed]) -> pl.DataFrame:
    """A row a target, what is settled or at risk first; ``signers``: the units that signed it."""
    signers: dict[int, list[int]] = {}
    for one in signed:
        signers.setdefault(one.row["target_id"], []).append(one.row["unit_id"])
    order = list(STATES)
    rows = [
        {name: one.row[name] for name in _SHOWN_COLUMNS}
        | {
            "state": one.judgement.state,
            "urgency": order.index(one.judgement.state),
            "shown": one.judgement.shown,
            "sentence": one.judgement.sentence,
            "limit": limit_of(one.target),
            "signers": signers.get(one.row["target_id"], []),
        }
        for one in sorted(judged, key=lambda one: order.index(one.judgement.state))
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def programme_rows(programmes: pl.DataFrame, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """The programmes of some targets, each with its figures by state."""
    states: dict[int, list[State]] = {}
    for one in judged:
        states.setdefault(one.row["programme_id"], []).append(one.judgement.state)
    return [
        row | by_state(counted(states[row["programme_id"]]))
        for row in programmes.to_dicts()
        if row["programme_id"] in states
    ]


def signer_rows(signed: Sequence[Signed]) -> list[dict[str, Any]]:
    """A row a signing unit with what became of what it signed, who has most to mend first."""
    of_unit: dict[int, list[Signed]] = {}
    for one in signed:
        of_unit.setdefault(one.row["unit_id"], []).append(one)
    rows = []
    for mine in of_unit.values():
        counts = counted([one.state for one in mine])
        days = [one.row["signed_on"] for one in mine if one.row["signed_on"]]
        last = {"signed_on": max(days, default=None), "signed": len(mine)}
        rows.append((most_urgent(counts), mine[0].row | last | by_state(counts)))
    return [row for _, row in sorted(rows, key=lambda each: each[0])]


def signed_rows(signed: Sequence[Signed], target: int) -> list[dict[str, Any]]:
    """A row a signature of a target with its own result; what needs a decision first."""
    mine = [one for one in signed if one.row["target_id"] == target]
    return [
        one.row
        | {
            "state": one.state,
            "urgency": list(STATES).index(one.state),
            "shown": one.judged.judgement.shown,
            "why": one.judged.judgement.brief or one.judged.judgement.sentence,
            "judged": one.judged,
        }
        for one in sorted(mine, key=_need)
    ]


def _need(one: Signed) -> tuple[int, float, int]:
    """What needs a decision first; then how far it is beyond what the period can bear."""
    allowance = one.judged.judgement.allowance
    share = allowance.left / max(allowance.allowed, 1) if allowance else 0.0
    return list(STATES).index(one.state), share, one.row["unit_id"]
