"""Every target with its state, and every signature with the state of what was signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import polars as pl

from metrics.core.ask import Ask
from metrics.targets.counts import Counts, Known, OpenFacts, counts_of
from metrics.targets.evidence import evidence
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


CountsOf = Mapping[int, Counts | None]
"""``target_id`` → what was counted for it (metrics.targets.counts.counts_of)."""


def review_promises(
    rows: pl.DataFrame, commitments: pl.DataFrame, known: Known, open_facts: OpenFacts, ask: Ask
) -> tuple[list[Judged], list[Signed]]:
    """:func:`review_targets` and :func:`review_commitments` of one reading of the dossiers."""
    counts = _counted(rows.to_dicts(), known, open_facts, ask)
    judged = review_targets(rows, known, open_facts, ask, counts)
    return judged, review_commitments(commitments, judged, known, open_facts, ask, counts)


def _counted(
    rows: Sequence[dict[str, Any]], known: Known, open_facts: OpenFacts, ask: Ask
) -> CountsOf:
    found = counts_of([Target.of(row) for row in rows], known, open_facts, ask)
    return {row["target_id"]: each for row, each in zip(rows, found, strict=True)}


def review_targets(
    rows: pl.DataFrame,
    known: Known,
    open_facts: OpenFacts,
    ask: Ask,
    counts: CountsOf | None = None,
) -> list[Judged]:
    """Judges each row of :data:`metrics.registers.TARGET`, in the rows' order."""
    of = rows.to_dicts()
    counts = _counted(of, known, open_facts, ask) if counts is None else counts
    return [
        _judged(row, row["unit_id"], known, open_facts, ask, counts[row["target_id"]]) for row in of
    ]


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
    counts: CountsOf | None = None,
) -> list[Signed]:
    """Judges each row of :data:`metrics.registers.COMMITMENT` whose target is among ``judged``."""
    of_target = {one.row["target_id"]: one for one in judged}
    if counts is None:
        signed = set(commitments["target_id"])
        of_signed = [one.row for key, one in of_target.items() if key in signed]
        counts = _counted(of_signed, known, open_facts, ask)
    found = []
    for row in commitments.to_dicts():
        whole = of_target.get(row["target_id"])
        if whole is None or (row["signed_on"] or date.min) > ask.as_of_day:
            continue
        own = row["unit_id"] != whole.row["unit_id"] and (
            whole.target.metric_kind in _OF_THE_SIGNER or whole.target.operator == "label_at_least"
        )
        mine = (
            _judged(whole.row, row["unit_id"], known, open_facts, ask, counts[row["target_id"]])
            if own
            else whole
        )
        found.append(Signed(row, mine))
    return found


def counted(states: Sequence[State]) -> dict[State, int]:
    """State → how many, every state of :data:`STATES` named."""
    found = Counter(states)
    return {state: found[state] for state in STATES}
