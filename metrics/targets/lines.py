"""Lines of "Cần chỉ đạo" about promises: targets and commitments that are not, or may not be, met.

Only what runs in the period, or ended in it, is named: what an old plan missed needs no decision
any more. The arithmetic stands in the sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from metrics.core.ask import Ask
from metrics.core.urgency import Rank, rank
from metrics.dossiers.attention import Line, line
from metrics.targets.review import Judged, Signed
from metrics.targets.terms import Judgement, State, Target

FIGURE: Final = "target"
"""``Line.figure`` of these lines: they lead to the screen of targets."""

_WORDS: Final[dict[State, str]] = {"missed": "không đạt", "at_risk": "nguy cơ không đạt"}


def is_running(target: Target, ask: Ask) -> bool:
    """Whether a target's days touch the period, up to T."""
    return target.period_from <= ask.as_of_day and target.period_to >= ask.first_day


def target_lines(
    judged: Sequence[Judged],
    signed: Sequence[Signed],
    ask: Ask,
    unit_names: Mapping[int, str],
    within: Collection[int] | None = None,
) -> list[Line]:
    """What has to be decided about targets and signatures, in no order.

    Args:
        judged, signed: as metrics/targets/review.py gives them.
        within: the units in view; None: all. The target of a unit above them is not theirs.
    """
    own = [
        one
        for one in judged
        if one.judgement.state in _WORDS
        and is_running(one.target, ask)
        and (within is None or one.row["unit_id"] in within)
    ]
    theirs = [
        one
        for one in signed
        if one.state in _WORDS
        and is_running(one.judged.target, ask)
        and one.row["unit_id"] != own_unit(one)
    ]
    day = ask.as_of_day
    theirs.sort(key=lambda one: (-_urgency(one.judged.judgement, day), one.row["unit_id"]))
    return [
        *(_line(one, one.row["unit_id"], "chỉ tiêu", unit_names, day) for one in own),
        *(_line(one.judged, one.row["unit_id"], "cam kết", unit_names, day) for one in theirs),
    ]


def own_unit(signature: Signed) -> int:
    """The unit that the signed target is about."""
    unit: int = signature.judged.row["unit_id"]
    return unit


def _rank(judgement: Judgement, day: date) -> tuple[Rank, float]:
    """How urgent it is, and by how much of what the period can bear it is beyond that."""
    if judgement.state == "missed":
        return rank("promise_missed", day), 0
    allowance = judgement.allowance
    if allowance is None or allowance.left >= 0:
        return rank("promise_at_risk", day), 0
    return rank("promise_out_of_reach", day), -allowance.left / max(allowance.allowed, 1)


def _urgency(judgement: Judgement, day: date) -> float:
    at, beyond = _rank(judgement, day)
    return at.urgency(beyond)


def _line(one: Judged, unit: int, what: str, unit_names: Mapping[int, str], day: date) -> Line:
    judgement = one.judgement
    arithmetic = (judgement.brief or judgement.sentence).rstrip(".")
    at, beyond = _rank(judgement, day)
    return line(
        at,
        unit_names.get(unit, "Một đơn vị"),
        f"{_WORDS[judgement.state]} {what} “{one.row['name']}”: {arithmetic}.",
        amount=beyond,
        kind="commitment" if what == "cam kết" else "target",
        count=1,
        figure=FIGURE,
        where={"target_id": one.row["target_id"], "unit_id": unit},
        together=f"{_WORDS[judgement.state]} {what}: {{names}}.",
    )
