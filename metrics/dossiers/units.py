"""The screen of units: ranking, one unit's figures, its series beside its peers.

Everything here works on measured frames or on the small frames of units; the counting itself is
:mod:`metrics.core.measure`'s.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import narwhals as nw
import polars as pl

from metrics.core.ask import Ask, span
from metrics.core.measure import Facts, Plan, complete, plan, plan_series, run
from metrics.core.narrowing import Where
from metrics.core.periods import Period, period_of
from metrics.core.printed import agrees, decimals_of
from metrics.core.verdict import Sides, missed, state_of
from metrics.dossiers.catalogue import figure
from metrics.registers.reported import form_rate_off, form_rates

OpenFacts = Callable[[tuple[datetime, datetime]], Facts]
"""Opens the facts for a span in which dossiers must be alive (connectors.engine)."""

HEADLINE: Final = (
    "received",
    "resolved",
    "on_time",
    "pending",
    "pending_overdue",
    "due_soon",
    "late_without_apology",
)
"""One unit's headline figures, in the order of the screen."""

GROUPED: Final = ("on_time", "received", "resolved", "resolved_late", "pending_overdue")
"""Figures of each group (field, procedure, officer, channel) of one unit."""

COLUMNS: Final = (
    "field_id", "procedure_id", "officer_id", "channel", "channel_source", "applicant_unit_id",
)  # fmt: skip
"""What one unit's figures are grouped by."""

# -- which kind of unit ---------------------------------------------------------------------

CLASSES: Final[dict[str, str]] = {
    "department": "Sở, ngành",
    "commune": "Phường, xã",
    "office": "Phòng chuyên môn",
    "centre": "Trung tâm, chi nhánh",
    "district": "Quận, huyện",
    "old_department": "Sở cũ",
    "old_district": "Quận, huyện, thị xã cũ",
    "old_commune": "Phường, xã cũ",
    "old_office": "Phòng cấp huyện cũ",
    "other": "Khác",
}
"""Class of units → its name; the order is that of the filter."""

_CLASS_OF_KIND: Final = {
    "department": "department",
    "vertical": "department",
    "commune": "commune",
    "office": "office",
    "centre": "centre",
    "branch": "centre",
    "district": "district",
}


def unit_class(kind: str, valid_to: date | None) -> str:
    """The class (a key of :data:`CLASSES`) of a unit; one that has ended is in an "old" class."""
    found = _CLASS_OF_KIND.get(kind, "other")
    old = f"old_{found}"
    return old if valid_to is not None and old in CLASSES else found


def unit_classes(units: pl.DataFrame) -> dict[int, str]:
    """Unit id → its class, for a frame of :data:`metrics.core.contracts.UNIT`."""
    rows = units.select("unit_id", "kind", "valid_to").iter_rows()
    return {unit: unit_class(kind, valid_to) for unit, kind, valid_to in rows}


# -- target ---------------------------------------------------------------------------------


def sides_of(row: Mapping[str, Any], ask: Ask) -> Sides:
    """What the rate of a row of a table is made of (``on_time``, ``judged``, ``unknown``)."""
    return Sides(row["on_time"], row["judged"], row["unknown"], ask.whole)


def with_state(table: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    """Adds ``state`` (a :data:`State`) and ``few`` to a table with rate, sides and ``overdue``.

    ``few``: there is something to judge, but so little that chance moves the rate.
    """
    few = ask.threshold("few_dossiers").value
    return table.with_columns(
        pl.Series(
            "state",
            [
                state_of(sides_of(row, ask), ask, row["overdue"])
                for row in table.iter_rows(named=True)
            ],
            pl.String,
        ),
        ((pl.col("judged") > 0) & (pl.col("judged") < few)).alias("few"),
    )


def rate_floor(
    strips: Sequence[Sequence[float | None]], target: float = 0.95, share: float = 0.05
) -> float:
    """The bottom of one scale for many series of rates: a multiple of 0.05, at most 0.9.

    It leaves room below the target, so that missing it is seen. At most ``share`` of the rates lie
    below it (and are drawn at the bottom, marked), so that weeks with two dossiers do not flatten
    every other line.
    """
    known = sorted(rate for strip in strips for rate in strip if rate is not None)
    if not known:
        return 0.0
    lowest = min(known[int(len(known) * share)], target - 0.05, 0.9)
    return max(0, int(lowest * 20 + 1e-9)) / 20


# -- breaks in a series ---------------------------------------------------------------------


@dataclass(frozen=True)
class Break:
    """A day from which a series speaks of something else."""

    day: date
    label: str
    document: str


@cache
def _breaks() -> tuple[Break, ...]:
    text = resources.files("metrics").joinpath("dossiers/breaks.toml").read_text("utf-8")
    return tuple(Break(b["day"], b["label"], b["document"]) for b in tomllib.loads(text)["break"])


def breaks_between(
    first: date, last: date, successions: pl.DataFrame | None = None
) -> tuple[Break, ...]:
    """The breaks that a series from ``first`` to ``last`` crosses, oldest first.

    ``first`` itself is not crossed: the series begins there. ``successions``
    (:data:`metrics.core.contracts.SUCCESSION`) of the units concerned add their own days.
    """
    found = {b.day: b for b in _breaks()}
    if successions is not None:
        own = successions.select("effective_on", "basis").drop_nulls("effective_on").unique()
        for day, basis in own.sort("effective_on", "basis").iter_rows():
            found.setdefault(day, Break(day, "Sắp xếp đơn vị", basis or ""))
    return tuple(found[day] for day in sorted(found) if first < day <= last)


def of_units(successions: pl.DataFrame, units: Collection[int]) -> pl.DataFrame:
    """The successions that these units come from or went into."""
    ids = list(units)
    return successions.filter(pl.col("new_unit_id").is_in(ids) | pl.col("old_unit_id").is_in(ids))


# -- one unit -------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnitFigures:
    """One unit's figures for a period.

    ``headline``: ``ask`` (0: the period before, cut to as many days as the period has
    had, 1: the period itself), ``figure``,
    ``numerator``, ``denominator``, ``rate`` for :data:`HEADLINE`. ``groups``: for each of
    :data:`COLUMNS` the table that :func:`group_table` describes.
    """

    headline: pl.DataFrame
    groups: dict[str, pl.DataFrame]

    def cell(self, key: str, ask: int = 1) -> dict[str, Any]:
        """Numerator, denominator and rate of one headline figure."""
        return self.headline.filter((pl.col("figure") == key) & (pl.col("ask") == ask)).row(
            0, named=True
        )

    @property
    def is_empty(self) -> bool:
        """Nothing was received, resolved or pending in the period."""
        keys = ("received", "resolved", "pending")
        return not any(self.cell(key)["numerator"] for key in keys)


def unit_figures(
    open_facts: OpenFacts, ask: Ask, period: Period, where: Where | None = None
) -> UnitFigures:
    """One unit's headline and groups, computed together.

    Args:
        open_facts: opens the facts of that unit alone.
        ask: the question over ``period``.
        where: further restrictions, as in :func:`metrics.core.measure.measure`.
    """
    before = period.previous
    asks = [ask.against(before.first, before.last), ask]
    facts = open_facts(span(asks))
    plans: list[Plan] = plan(facts, [figure(key) for key in HEADLINE], asks, where=where)
    alone = len(plans)
    for column in COLUMNS:
        plans += plan(facts, [figure(key) for key in GROUPED], [ask], [column], where)
    parts = run(plans)
    headline = pl.concat(parts[:alone]).sort("ask", "figure")
    tables = zip(COLUMNS, parts[alone:], strict=True)
    return UnitFigures(
        headline, {column: group_table(part, column, ask) for column, part in tables}
    )


def group_table(measured: pl.DataFrame, column: str, ask: Ask) -> pl.DataFrame:
    """Measured groups as a table, worst need first.

    Args:
        measured: as :func:`metrics.core.measure.measure` returns it for :data:`GROUPED`, one
        question.
        column: the group's column.
        ask: the question.

    Returns:
        ``column``, ``rate`` (0–1; null: nothing to judge), ``on_time``, ``judged`` (its
        denominator), ``unknown`` (not to be classified), ``missed`` (judged and not on time, by
        the chosen reading), ``received``,
        ``resolved``, ``late`` (resolved late), ``overdue`` (pending
        overdue); groups in which nothing of it happened are left out. Order: missed and overdue
        together, then the lower rate.
    """
    is_rate = pl.col("figure") == "on_time"
    rates = measured.filter(is_rate).select(
        column,
        "rate",
        pl.col("numerator").alias("on_time"),
        pl.col("denominator").alias("judged"),
        "unknown",
    )
    counts = [
        measured.filter(pl.col("figure") == key).select(column, pl.col("numerator").alias(name))
        for key, name in (
            ("received", "received"),
            ("resolved", "resolved"),
            ("resolved_late", "late"),
            ("pending_overdue", "overdue"),
        )
    ]
    table = rates
    for count in counts:
        table = table.join(count, on=column, how="left", nulls_equal=True)
    table = table.with_columns(missed(ask).alias("missed"))
    something = pl.max_horizontal("judged", "unknown", "received", "resolved", "overdue") > 0
    return table.filter(something).sort(
        pl.col("missed") + pl.col("overdue"),
        "rate",
        pl.col("judged"),
        column,
        descending=[True, False, True, False],
        nulls_last=True,
    )


# -- series ---------------------------------------------------------------------------------

LENGTHS: Final[dict[str, tuple[str, int, str]]] = {
    "13w": ("week", 13, "13 tuần"),
    "26w": ("week", 26, "26 tuần"),
    "104w": ("week", 104, "104 tuần"),
    "24m": ("month", 24, "24 tháng"),
}
"""Length of a series → its kind of period, number of periods and name."""


def default_length(kind: str) -> str:
    """The length that suits a kind of period: weeks for a week, else months."""
    return "13w" if kind == "week" else "24m"


def series_periods(length: str, last_day: date, since: date | None = None) -> tuple[Period, ...]:
    """The periods of a series of a :data:`LENGTHS`, oldest first, none beyond ``last_day``.

    A week that ends later is left out; a month is cut at ``last_day`` (kind ``custom``), because
    leaving it out would hide weeks. Periods that ended before ``since`` (the first day of the
    data) are left out, too, but never all of them.
    """
    kind, count, _ = LENGTHS[length]
    end = period_of(kind, last_day)
    if end.last > last_day and kind == "week":
        end = end.previous
    periods = [end.shifted(-steps) for steps in range(count - 1, -1, -1)]
    if end.last > last_day:
        periods[-1] = Period("custom", end.first, last_day)
    kept = [period for period in periods[:-1] if since is None or period.last >= since]
    return (*kept, periods[-1])


def rate_series(
    unit: OpenFacts, peers: OpenFacts, ask: Ask, periods: Sequence[Period]
) -> pl.DataFrame:
    """A unit's rate of being on time, period by period, beside that of its peers together.

    Args:
        unit, peers: open the facts of the unit, and of the peers (the unit among them).
        ask: the question on the screen; each period is asked as of its end, or as of T if sooner.
        periods: adjoining, oldest first.

    Returns:
        one row for each of ``line`` (``unit``, ``peers``), ``ask`` (position in ``periods``)
        and ``figure`` (``on_time``, ``resolved``, ``resolved_late``): ``numerator``,
        ``denominator``, ``rate``; sorted by these.
    """
    asks = [ask.over(period.first, period.last) for period in periods]
    alive = span(asks)
    wanted = [figure(key) for key in ("on_time", "resolved", "resolved_late")]
    plans = {
        line: plan_series(open_facts(alive), wanted, asks)
        for line, open_facts in (("unit", unit), ("peers", peers))
    }
    parts = run([each for planned in plans.values() for each in planned])
    lines = [line for line, planned in plans.items() for _ in planned]
    labelled = [
        part.with_columns(pl.lit(line).alias("line"))
        for line, part in zip(lines, parts, strict=True)
    ]
    return complete(labelled, ["line"], wanted, len(asks))


def series_table(found: pl.DataFrame) -> pl.DataFrame:
    """:func:`rate_series` as a table, a row for each period, the oldest first.

    Returns:
        ``numerator``, ``denominator``, ``unknown``, ``rate`` of the unit; ``resolved``,
        ``resolved_late`` its counts; the same of its peers with ``peers_`` before.
    """

    def of(line: str, key: str) -> pl.DataFrame:
        return found.filter((pl.col("line") == line) & (pl.col("figure") == key)).sort("ask")

    sides = ("numerator", "denominator", "unknown", "rate")
    counts = ("resolved", "resolved_late")
    return pl.concat(
        [
            of("unit", "on_time").select(sides),
            *(of("unit", key).select(pl.col("numerator").alias(key)) for key in counts),
            of("peers", "on_time").select(pl.col(side).alias(f"peers_{side}") for side in sides),
        ],
        how="horizontal",
    )


# -- who works, and when ------------------------------------------------------------------------


def resolving_units(facts: Facts) -> frozenset[int]:
    """The units that are the resolving unit of any dossier."""
    frame = facts.dossier.select("unit_id").unique()
    found: pl.DataFrame = frame.collect(backend="polars").to_native()
    return frozenset(found["unit_id"].drop_nulls().to_list())


def first_day(facts: Facts) -> date | None:
    """The first day on which a dossier was received; None: no dossier."""
    frame = facts.dossier.select(nw.col("received_day").min())
    found: pl.DataFrame = frame.collect(backend="polars").to_native()
    return found["received_day"][0]  # type: ignore[no-any-return]


def active_days(facts: Facts, moment: datetime) -> list[date]:
    """The days on which dossiers were received or ended before a moment, oldest first."""
    days: set[date] = set()
    for at, of in (("received_at", "received_day"), ("ended_at", "ended_day")):
        frame = facts.dossier.filter(nw.col(at) < moment).select(of).unique()
        found: pl.DataFrame = frame.collect(backend="polars").to_native()
        days.update(found[of].drop_nulls())
    return sorted(days)


def last_full_period(kind: str, days: Sequence[date], until: date) -> Period | None:
    """The last period of a kind that has such days and has ended by ``until`` (None: none)."""
    for day in reversed(days):
        if day <= until:
            period = period_of(kind, day)
            if period.last <= until:
                return period
    return None


def full_periods(days: Sequence[date], ended: date | None) -> list[Period]:
    """The last whole month and quarter with such days; ``ended``: when the unit did."""
    # A unit that ended on the last day of a month has that month whole, whenever it worked last.
    until = days[-1] if ended is None else ended
    found = (last_full_period(kind, days, until) for kind in ("month", "quarter"))
    return [period for period in found if period is not None]


def own_root(units: pl.DataFrame, resolving: Collection[int]) -> int | None:
    """The lowest unit under which all units of today that resolve dossiers stand.

    A ward that runs this for itself has a whole province in its list of units; what it has to
    answer for begins at its own root.

    Args:
        units: ``unit_id``, ``parent_id``, ``valid_to``.
        resolving: units that have dossiers; None: there is no such unit, or no common one.
    """
    parents = dict(units.select("unit_id", "parent_id").iter_rows())
    today = set(units.filter(pl.col("valid_to").is_null())["unit_id"])
    common: list[int] | None = None
    for unit in sorted(today.intersection(resolving) or parents.keys() & set(resolving)):
        chain: list[int] = []
        above: int | None = unit
        while above is not None and above in parents and above not in chain:
            chain.append(above)
            above = parents[above]
        common = chain if common is None else [one for one in common if one in chain]
    return common[0] if common else None


# -- reported forms -------------------------------------------------------------------------

Reading = Literal["checked", "off", "on_time", "ambiguous", "none"]

READINGS: Final[dict[Reading, str]] = {
    "checked": "khớp với số liệu các cột",
    "off": "không khớp với số liệu các cột",
    "on_time": "tỷ lệ đúng hạn theo lời báo cáo, không kèm số liệu để kiểm tra",
    "ambiguous": "chưa rõ nghĩa: báo cáo không nói là tỷ lệ giải quyết hay tỷ lệ đúng hạn",
    "none": "báo cáo không nêu tỷ lệ",
}


def report_reading(row: Mapping[str, Any]) -> Reading:
    """What a reported rate can be taken for.

    ``checked``: the columns of form II.06a give that rate (:func:`form_rates`); ``off``: they give
    others only; ``on_time``: only the words say that it is a rate of being on time; ``ambiguous``:
    neither says; ``none``: no rate.
    """
    rate = row["reported_rate"]
    if rate is None:
        return "none"
    if form_rate_off(row) is not None:
        return "off"
    if any(agrees(rate, found, decimals_of(rate), 100.0) for found in form_rates(row).values()):
        return "checked"
    if "đúng hạn" in unicodedata.normalize("NFC", row["wording"] or "").casefold():
        return "on_time"
    return "ambiguous"
