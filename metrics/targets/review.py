"""Every target with its state, and every signature with the state of what was signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import polars as pl

from metrics.core.ask import Ask
from metrics.targets.evidence import Counts, Known, OpenFacts, counts_by_unit, evidence
from metrics.targets.judging import judge
from metrics.targets.terms import STATES, Judgement, State, Target

_OF_THE_SIGNER: Final = ("figure", "indicator")
"""What is measured of each signer; an index or a share of units is one for all who signed."""


@dataclass(frozen=True)
class Judged:
    """A row of the register of targets, and what became of it."""

    row: dict[str, Any]
    target: Target
    judgement: Judgement


@dataclass(frozen=True)
class Signed:
    """A signature under a target, judged on the signer's own result where it is measured."""

    row: dict[str, Any]
    judged: Judged

    @property
    def state(self) -> State:
        return self.judged.judgement.state


def review_targets(
    rows: pl.DataFrame, known: Known, open_facts: OpenFacts, ask: Ask
) -> list[Judged]:
    """Judges each row of :data:`metrics.registers.TARGET`, in the rows' order."""
    return [_judged(row, row["unit_id"], known, open_facts, ask) for row in rows.to_dicts()]


def _judged(
    row: dict[str, Any],
    unit: int,
    known: Known,
    open_facts: OpenFacts,
    ask: Ask,
    counts: Counts | None = None,
) -> Judged:
    target = replace(Target.of(row), unit_id=unit)
    found = evidence(target, known, open_facts, ask, counts)
    return Judged(row, target, judge(target, found, ask))


def review_commitments(
    commitments: pl.DataFrame,
    judged: Sequence[Judged],
    known: Known,
    open_facts: OpenFacts,
    ask: Ask,
) -> list[Signed]:
    """Judges each row of :data:`metrics.registers.COMMITMENT` whose target is among ``judged``."""
    of_target = {one.row["target_id"]: one for one in judged}
    signatures = Counter(commitments["target_id"])
    counted: dict[int, Counts | None] = {}
    found = []
    for row in commitments.to_dicts():
        whole = of_target.get(row["target_id"])
        if whole is None or (row["signed_on"] or date.min) > ask.as_of_day:
            continue
        own = row["unit_id"] != whole.row["unit_id"] and (
            whole.target.metric_kind in _OF_THE_SIGNER or whole.target.operator == "label_at_least"
        )
        key = row["target_id"]
        if own and key not in counted:
            several = signatures[key] > 1
            counted[key] = counts_by_unit(whole.target, known, open_facts, ask) if several else None
        mine = (
            _judged(whole.row, row["unit_id"], known, open_facts, ask, counted[key])
            if own
            else whole
        )
        found.append(Signed(row, mine))
    return found


def counted(states: Sequence[State]) -> dict[State, int]:
    """State → how many, every state of :data:`STATES` named."""
    found = Counter(states)
    return {state: found[state] for state in STATES}
