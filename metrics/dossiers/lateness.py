"""The dossiers behind a figure, narrowed, counted, and where their time went.

A list of dossiers is never chosen twice: it is the figure's own declaration
(:func:`metrics.core.rows.behind`), asked of facts that were narrowed before. So the count above
a list and the number that was clicked cannot differ.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from importlib import resources
from typing import Any, Final

import narwhals as nw
import polars as pl

from metrics.core import conditions as is_
from metrics.core.ask import Ask
from metrics.core.by_source import by_source, on_polars_by_source
from metrics.core.measure import Facts
from metrics.core.narrowing import as_it_stood, restrict
from metrics.core.rows import as_at, behind
from metrics.core.thresholds import ageing
from metrics.dossiers.catalogue import FIGURES, figure

# -- groups -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """A list that the screen switches to: figures that share no dossier, and its short name.

    ``counts_down``: its dossiers are not late yet, and have working days left.
    """

    key: str
    label: str
    figures: tuple[str, ...]
    counts_down: bool = False

    @property
    def is_share(self) -> bool:
        """Whether it is a rate, of which also the rows that spoil it can be opened."""
        return all(figure(key).is_share for key in self.figures)

    @property
    def parts(self) -> tuple[str, ...]:
        """Which of its rows can be opened apart."""
        return figure(self.figures[0]).parts

    @property
    def is_ratio(self) -> bool:
        return all(figure(key).is_ratio for key in self.figures)

    @property
    def is_acceptance(self) -> bool:
        """Whether it judges the acceptance (8 working hours), and not the result."""
        return set(self.figures) <= ACCEPTANCE


GROUPS: Final[dict[str, Group]] = {
    group.key: group
    for group in (
        Group("pending_overdue", "Đang giải quyết quá hạn", ("pending_overdue",)),
        Group("resolved_late", "Đã giải quyết quá hạn", ("resolved_late",)),
        Group("acceptance", "Nhận trễ", ("accepted_late", "acceptance_overdue")),
        Group("due_soon", "Sắp đến hạn", ("due_soon",), counts_down=True),
        Group("late_without_apology", "Chưa xin lỗi", ("late_without_apology",)),
    )
}
"""The lists that stand in the switch, in its order."""
ACCEPTANCE: Final = frozenset({"accepted_late", "acceptance_overdue"})
"""Figures that judge the acceptance (8 working hours) and not the result."""
LISTS: Final[dict[str, Group]] = GROUPS | {
    key: Group(key, each.label, (key,)) for key, each in FIGURES.items() if key not in GROUPS
}
"""Every list: a figure in no group is a group of its own."""
FIRST: Final = next(iter(GROUPS))
"""The list that is shown where none is asked for."""
TOLD_LATE: Final = "late_entry"
"""Ended in time, told late: what a list of late dossiers does not hold."""


def group_of(key: str) -> Group:
    """The group of that key; a figure in none is a group of its own.

    Raises:
        KeyError: neither a group nor a figure; the message is Vietnamese.
    """
    return LISTS[key] if key in LISTS else LISTS[figure(key).key]


def switch_of(key: str) -> str:
    """The entry of the switch under which a figure stands: its group's key, or its own."""
    return next((group.key for group in GROUPS.values() if key in group.figures), key)


# -- bands and causes ---------------------------------------------------------------------


@dataclass(frozen=True)
class Band:
    """Working days late from ``low`` to ``high``, both inclusive (None: without end)."""

    low: int
    high: int | None
    label: str

    @property
    def token(self) -> str:
        """How the band stands in a URL: ``2-5``, ``31-``."""
        return f"{self.low}-{'' if self.high is None else self.high}"


def bands(day: date) -> tuple[Band, ...]:
    """The bands of lateness valid on a day (metrics/core/thresholds.toml), shortest first."""
    scale = ageing(day)
    lows = (0, *(edge + 1 for edge in scale.upper))
    highs = (*scale.upper, None)
    return tuple(
        Band(low, high, label) for low, high, label in zip(lows, highs, scale.labels, strict=True)
    )


@cache
def cause_names() -> dict[str, str]:
    """Code of a cause of lateness → its name (metrics/dossiers/late_causes.toml)."""
    return {entry["code"]: entry["label"] for entry in _causes()}


def causes_on(day: date) -> dict[str, str]:
    """:func:`cause_names` of the causes that can be chosen on a day."""
    return {
        entry["code"]: entry["label"]
        for entry in _causes()
        if entry["valid_from"] <= day <= entry.get("valid_to", date.max)
    }


@cache
def _causes() -> tuple[dict[str, Any], ...]:
    text = resources.files("metrics").joinpath("dossiers/late_causes.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["cause"])


def cause_name(code: str | None) -> str:
    """The name of a cause; a code that is not in the list is shown as it stands."""
    return "Chưa ghi nguyên nhân" if code is None else cause_names().get(code, code)


# -- narrowing ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed by; an empty one narrows nothing. None in a tuple: "unknown".

    ``bands`` are lower edges of :func:`bands`; ``left`` working days left (``due_soon``);
    ``apology`` True: issued by T, False: not; ``code`` a part of the dossier's code.
    """

    units: tuple[int, ...] = ()
    areas: tuple[int | None, ...] = ()
    fields: tuple[int | None, ...] = ()
    procedures: tuple[int | None, ...] = ()
    channels: tuple[str | None, ...] = ()
    officers: tuple[int | None, ...] = ()
    steps: tuple[str, ...] = ()
    bands: tuple[int, ...] = ()
    causes: tuple[str | None, ...] = ()
    apology: bool | None = None
    left: int | None = None
    code: str = ""

    @property
    def where(self) -> dict[str, Any]:
        """Those that every fact can be narrowed by (:class:`metrics.core.measure.Where`)."""
        columns = {
            "unit_id": self.units,
            "applicant_unit_id": self.areas,
            "field_id": self.fields,
            "procedure_id": self.procedures,
            "channel": self.channels,
            "officer_id": self.officers,
        }
        return {column: values for column, values in columns.items() if values}

    @property
    def is_dimensional(self) -> bool:
        """Whether :attr:`where` says it all."""
        return replace(
            self, units=(), areas=(), fields=(), procedures=(), channels=(), officers=()
        ) == Filters()  # fmt: skip


@dataclass(frozen=True)
class Narrowed:
    """Facts that hold only the dossiers asked about."""

    dossier: nw.LazyFrame[Any]
    pause: nw.LazyFrame[Any]
    step: nw.LazyFrame[Any]


def narrow(facts: Facts, ask: Ask, filters: Filters, acceptance: bool = False) -> Narrowed:
    """The facts of the dossiers that the filters leave.

    Args:
        acceptance: days late are those of the acceptance, not of the result.
    """
    dossier = as_it_stood(restrict(facts.dossier, filters.where), ask)
    pause = restrict(facts.pause, filters.where)
    if filters.is_dimensional:
        return Narrowed(dossier, pause, facts.step)
    if filters.causes:
        dossier = restrict(dossier, {"late_cause": filters.causes})
    if filters.code:
        upper = nw.col("code").str.to_uppercase()
        dossier = dossier.filter(upper.str.contains(filters.code.upper(), literal=True))
    if filters.apology is not None:
        dossier = dossier.filter(by_source(partial(_apologised, filters.apology), ask))
    if filters.left is not None:
        dossier = dossier.filter(by_source(_left, ask) == filters.left)
    if filters.bands:
        dossier = _in_bands(dossier, ask, filters.bands, acceptance)
    if filters.steps:
        at = current_steps(facts.step, ask).filter(nw.col("step_name").is_in(list(filters.steps)))
        dossier = dossier.filter(by_source(_open, ask)).join(at, on="dossier_id", how="semi")
    kept = dossier.select("dossier_id")
    return Narrowed(dossier, pause.join(kept, on="dossier_id", how="semi"), facts.step)


def _open(ask: Ask) -> nw.Expr:
    ended = nw.col("ended_at")
    return ended.is_null() | (ended >= ask.moment)


def _apologised(issued: bool, ask: Ask) -> nw.Expr:
    apology = nw.col("apology_at")
    return apology < ask.moment if issued else apology.is_null() | (apology >= ask.moment)


def _in_bands(
    dossier: nw.LazyFrame[Any], ask: Ask, lows: Sequence[int], acceptance: bool
) -> nw.LazyFrame[Any]:
    wanted = [band for band in bands(ask.as_of_day) if band.low in lows]
    days = nw.col("_days")
    matches = [
        (days >= band.low) if band.high is None else (days >= band.low) & (days <= band.high)
        for band in wanted
    ]
    kept = _with_days(dossier, ask, acceptance).filter(
        nw.any_horizontal(*matches, ignore_nulls=True)
    )
    return kept.drop("_days")


def is_late(ask: Ask) -> nw.Expr:
    """Late at T by the judged due date, whenever it ended."""
    done = is_.counted(ask) & is_.classified(ask) & (nw.col("ended_at") < ask.moment)
    return (done & is_.ended_late(ask)) | is_.pending_overdue(ask)


def _days_if_late(ask: Ask) -> nw.Expr:
    return nw.when(is_late(ask)).then(is_.working_days_late(ask))


def _left(ask: Ask) -> nw.Expr:
    return is_.judged_due_wd(ask) - ask.as_of_wd


def _with_days(frame: nw.LazyFrame[Any], ask: Ask, acceptance: bool) -> nw.LazyFrame[Any]:
    """Adds ``_days``: working days late of the acceptance or of the result; null: not late."""
    if not acceptance:
        return frame.with_columns(by_source(_days_if_late, ask).alias("_days"))
    days = on_polars_by_source(_acceptance_days, ask).cast(pl.Int32)
    return nw.from_native(on_polars(frame).with_columns(days.alias("_days")))


def _acceptance_days(ask: Ask) -> pl.Expr:
    calendar, received = ask.calendar, pl.col("received_at")
    reached = pl.when(received < ask.moment).then(calendar.ordinal_of(received.dt.date()))
    due = calendar.ordinal_of(pl.col("acceptance_due_at").dt.date())
    return reached.otherwise(ask.as_of_wd) - due


def on_polars(frame: nw.LazyFrame[Any]) -> pl.LazyFrame:
    """The frame on Polars: as it is, or (another engine's) its collected rows."""
    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        return native
    collected: pl.DataFrame = frame.collect(backend="polars").to_native()
    return collected.lazy()


def current_steps(step: nw.LazyFrame[Any], ask: Ask) -> nw.LazyFrame[Any]:
    """The step that a dossier is at, at T: of those begun and not done, the last.

    Returns:
        ``dossier_id``, ``step_name``, ``step_sequence``, ``step_officer_id``, ``step_unit_id``,
        ``step_since`` (when it began).
    """
    until = nw.col("to_at")
    running = step.filter(
        nw.col("from_at") < ask.moment, until.is_null() | (until >= ask.moment)
    ).select(
        "dossier_id", "step_sequence", "step_name", "step_officer_id", "step_unit_id",
        nw.col("from_at").alias("step_since"),
    )  # fmt: skip
    last = running.group_by("dossier_id").agg(nw.col("step_sequence").max())
    return running.join(last, on=["dossier_id", "step_sequence"], how="inner")


# -- the list -----------------------------------------------------------------------------


COLUMNS: Final = (
    "dossier_id",
    "code",
    "source_id",
    "unit_id",
    "receiving_unit_id",
    "applicant_unit_id",
    "field_id",
    "procedure_id",
    "channel",
    "officer_id",
    "submitted_at",
    "received_at",
    "acceptance_due_at",
    "due_original_at",
    "due_at",
    "ended_at",
    "end_kind",
    "apology_at",
    "late_cause",
)
"""What a list shows of a dossier, of the columns of :data:`metrics.core.contracts.DOSSIER`."""


def listed(
    facts: Facts, group: Group, ask: Ask, filters: Filters, part: str = "numerator"
) -> pl.LazyFrame:
    """The dossiers of a group, narrowed.

    Args:
        part: ``numerator`` or ``denominator`` of a rate.

    Returns:
        Lazily and unsorted, :data:`COLUMNS` with what had not happened at T left out;
        ``judged_due_at`` (J of the asked kind); ``days_late`` (Int32, working days; of the
        acceptance in its groups; null: not late); ``days_left`` (Int32, working days until J;
        null: late, ended or nothing to count to).
    """
    frames = []
    for key in group.figures:
        acceptance = key in ACCEPTANCE
        narrowed = narrow(facts, ask, filters, acceptance)
        chosen = behind(narrowed, figure(key), ask, None, part)
        frames.append(judged(chosen, ask, acceptance))
    return pl.concat(frames)


def judged(dossier: nw.LazyFrame[Any], ask: Ask, acceptance: bool = False) -> pl.LazyFrame:
    """Dossiers (metrics/core/contracts.py) as a list shows them: see :func:`listed`."""
    frame = _with_days(dossier, ask, acceptance).select(
        *as_at(COLUMNS, ask),
        is_.judged_due(ask).alias("judged_due_at"),
        by_source(_left, ask).cast(nw.Int32).alias("_left"),
        nw.col("_days").alias("days_late"),
    )
    is_open = pl.col("ended_at").is_null() & pl.col("days_late").is_null()
    return (
        on_polars(frame)
        .with_columns(pl.when(is_open).then("_left").alias("days_left"))
        .drop("_left")
    )


def worst_first(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Most days late first, then fewest days left; ties by due date and code."""
    return frame.sort(
        pl.col("days_late"),
        pl.col("days_left"),
        pl.col("judged_due_at"),
        pl.col("code"),
        pl.col("dossier_id"),
        descending=[True, False, False, False, False],
        nulls_last=True,
    )


_FEW: Final = 2_000


def with_steps(frame: pl.DataFrame, facts: Facts, ask: Ask) -> pl.DataFrame:
    """Adds where a pending dossier is, in whose hands, since when.

    ``step_name``, ``step_officer_id``, ``step_since``; null where no step runs.
    """
    ids = nw.from_native(frame.filter(pl.col("ended_at").is_null()).select("dossier_id").lazy())
    if frame.height <= _FEW:
        among = ids.collect().get_column("dossier_id").to_list()
        steps = facts.step.filter(nw.col("dossier_id").is_in(among))
    else:
        steps = facts.step.join(ids, on="dossier_id", how="semi")
    columns = ("dossier_id", "step_name", "step_officer_id", "step_since")
    at = on_polars(current_steps(steps, ask)).select(*columns)
    return frame.join(at.collect(), on="dossier_id", how="left", maintain_order="left")
