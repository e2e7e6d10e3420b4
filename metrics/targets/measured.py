"""What a target asks of the dossiers: its figure, reading of "đúng hạn", questions, days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from metrics.core.ask import DEFINITIONS, Ask, Definition
from metrics.core.figure import Figure
from metrics.dossiers.catalogue import FIGURES
from metrics.targets.terms import Target
from metrics.targets.wording import limit

_BEARS: Final = ("at_least", "between")


def has_budget(target: Target) -> bool:
    """Whether a target is that a rate of being on time must not fall below a level."""
    is_rate = target.metric_kind == "figure" and target.metric == "on_time"
    return is_rate and target.operator in _BEARS and target.low is not None


def question(target: Target, first: date, last: date, ask: Ask) -> Ask:
    """The question that a figure's target asks over some days, as of T or their end."""
    return replace(ask.over(first, last), definition=definition_of(target))


def definition_of(target: Target) -> Definition:
    """The reading of "đúng hạn" that a target names; the form's where it names none."""
    return target.definition if target.definition in DEFINITIONS else "form"


def figure_of(target: Target) -> Figure | None:
    """The figure of dossiers that a target is judged by; None: of nothing that is counted."""
    return FIGURES.get(target.metric or "") if target.metric_kind == "figure" else None


def reading_of(target: Target) -> Definition | None:
    """The reading of "đúng hạn" that a target is judged by; None: it is not about that."""
    is_timed = target.metric_kind == "figure" and target.metric == "on_time"
    return definition_of(target) if is_timed else None


def listed_figure(target: Target) -> str:
    """The figure whose dossiers one has to look at: of "đúng hạn" those that were not."""
    return "not_on_time" if target.metric == "on_time" else str(target.metric)


def limit_of(target: Target) -> str:
    """What has to be reached, as it is printed (:func:`metrics.targets.wording.limit`)."""
    figure = figure_of(target)
    edges = [edge for edge in (target.low, target.high) if edge is not None]
    is_share = target.metric_kind == "indicator" and bool(edges) and max(edges) <= 1
    return limit(target, is_share or (figure is not None and figure.unit == "rate"))
