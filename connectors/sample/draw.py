"""Which dossiers there are: day and hour, procedure, units, channel, submission."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from connectors.sample.cast import HA_DONG, SLIDING, Bools, Cast, Floats
from connectors.sample.catalogue import Catalogue
from connectors.sample.worktime import DAY, HOUR, MINUTE, Ints, WorkTime, midnight

ONE_STOP, PORTAL, LAND = 0, 1, 2
"""Sources: the city's one-stop system, the national portal, the land system."""

DIRECT, ONLINE, POSTAL = 0, 1, 2
CHANNEL_NAMES: Final = ("direct", "online", "postal")

_WEEKDAYS: Final = (1.25, 1.12, 1.0, 0.95, 0.86, 0.5, 0.5)
_LEVELS_BEFORE: Final = {"province": 0.20, "district": 0.31, "commune": 0.49}
_LEVELS_AFTER: Final = {"province": 0.20, "commune": 0.80}
_ONLINE_FROM, _ONLINE_TO = 0.55, 0.90
_NONE: Final = -1


@dataclass(frozen=True)
class Span:
    """First and last day, the day of two tiers, and until when each source's records speak."""

    first: date
    last: date
    two_tier: date
    department_merger: date
    points_from: date  # from when every commune has its own reception point
    cut_offs: Ints  # by source, in milliseconds


@dataclass(frozen=True)
class Drawn:
    """One entry a dossier. ``offer`` is the index into the catalogue's offers.

    ``received`` is when it was, or would be, received; ``accepted`` says whether it is.
    """

    position: Ints
    received: Ints
    submitted: Ints
    offer: Ints
    unit: Ints
    receiving: Ints
    applicant: Ints
    channel: Ints
    source: Ints
    waiting: Bools

    def take(self, rows: Any) -> Drawn:
        """Some of the dossiers, or all in another order."""
        return replace(self, **{name: values[rows] for name, values in vars(self).items()})


def draw(
    count: int,
    span: Span,
    clock: WorkTime,
    catalogue: Catalogue,
    cast: Cast,
    rng: np.random.Generator,
) -> Drawn:
    """About ``count`` dossiers, in order of receipt; none was submitted after its source's end."""
    days = _working_days(span, clock)
    day = np.sort(rng.choice(len(days), count, p=_day_weights(days, span)))
    opening = clock.positions(np.array([midnight(d) for d in days], dtype=np.int64))
    position = opening[day] + _minutes_of_day(count, clock.day_minutes, rng)
    order = np.argsort(position, kind="stable")
    position, day = position[order], day[order]
    number_of_day = np.array([(d - date(1970, 1, 1)).days for d in days], dtype=np.int64)[day]
    offer, level = _procedures(days, day, span, catalogue, rng)
    unit = _resolving_units(offer, level, number_of_day, span, catalogue, cast, rng)
    offer = _more_land_where_it_slides(offer, unit, catalogue, cast, rng)
    offer = _some_under_the_old_version(offer, number_of_day, span, catalogue, rng)
    channel = _channels(offer, number_of_day, span, catalogue, rng)
    is_land = catalogue.offers["is_land"].to_numpy()[offer]
    by_portal = (channel == ONLINE) & (rng.random(count) < 0.06)
    received = clock.moments(position)
    drawn = Drawn(
        position=position,
        received=received,
        submitted=_submissions(position, received, channel, clock, rng),
        offer=offer,
        unit=unit,
        receiving=_receiving_units(unit, level, number_of_day, span, cast, rng),
        applicant=_applicants(unit, number_of_day, span, cast, rng),
        channel=channel,
        source=np.where(is_land, LAND, np.where(by_portal, PORTAL, ONE_STOP)),
        waiting=np.zeros(count, dtype=np.bool_),
    )
    return _as_known(drawn, span, rng)


def _working_days(span: Span, clock: WorkTime) -> list[date]:
    """Working days of the span, and the first one after it, whose online dossiers already wait."""
    count = (span.last - span.first).days + 1
    days = [span.first + timedelta(days=n) for n in range(count)]
    after = clock.calendar.add_working_days(span.last, 1)
    return [*(day for day in days if clock.calendar.is_working(day)), after]


def _day_weights(days: list[date], span: Span) -> Floats:
    weights = np.array([_WEEKDAYS[day.weekday()] for day in days])
    weights *= [1 + 0.08 * (day - span.first).days / 365 for day in days]
    for index, (day, following) in enumerate(pairwise(days)):
        if (following - day).days > 6 and day.month in (1, 2):  # Tết
            weights[max(index - 9, 0) : index + 1] *= 0.72
            weights[index + 1 : index + 4] *= 0.55
            weights[index + 4 : index + 14] *= 1.25
    # Offices moved in the first days of the two tiers; what was put off came afterwards.
    since = np.array([(day - span.two_tier).days for day in days])
    weights[(since >= 0) & (since < 7)] *= 0.7
    weights[(since >= 7) & (since < 35)] *= 1.15
    return np.asarray(weights / weights.sum())


def _minutes_of_day(count: int, day_minutes: int, rng: np.random.Generator) -> Ints:
    """Two humps: the middle of the morning, a lower one after lunch."""
    morning = rng.random(count) < 0.58
    minutes = np.where(morning, rng.normal(95, 52, count), rng.normal(330, 58, count))
    return np.clip(minutes, 3, day_minutes - 10).astype(np.int64)


def _procedures(
    days: list[date], day: Ints, span: Span, catalogue: Catalogue, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Index of the offer, and level (0 province, 1 district, 2 commune), month by month."""
    offer = np.zeros(len(day), dtype=np.int64)
    level = np.zeros(len(day), dtype=np.int64)
    season = np.array(catalogue.offers["season"].to_list())
    weight = catalogue.offers["weight"].to_numpy()
    levels = catalogue.offers["level"].to_numpy()
    months = np.array([d.year * 12 + d.month - 1 for d in days])[day]
    for month in np.unique(months):
        rows = np.flatnonzero(months == month)
        first = date(int(month) // 12, int(month) % 12 + 1, 1)
        valid = _valid_offers(catalogue, first)
        shares = _LEVELS_BEFORE if first < span.two_tier else _LEVELS_AFTER
        drawn = rng.choice(len(shares), len(rows), p=list(shares.values()))
        for number, name in enumerate(shares):
            chosen = rows[drawn == number]
            p = weight * season[:, int(month) % 12] * (valid & (levels == name))
            offer[chosen] = rng.choice(len(p), len(chosen), p=p / p.sum())
            level[chosen] = ("province", "district", "commune").index(name)
    return offer, level


def _valid_offers(catalogue: Catalogue, on: date) -> Bools:
    until = pl.col("valid_to").is_null() | (pl.col("valid_to") >= on)
    return catalogue.offers.select(v=(pl.col("valid_from") <= on) & until)["v"].to_numpy()


def _resolving_units(
    offer: Ints,
    level: Ints,
    day: Ints,
    span: Span,
    catalogue: Catalogue,
    cast: Cast,
    rng: np.random.Generator,
) -> Ints:
    unit = np.zeros(len(offer), dtype=np.int64)
    merged = day >= _number(span.department_merger)
    for number, department in enumerate(catalogue.offers["department"]):
        before = catalogue.offers["department_before"][number]
        rows = (level == 0) & (offer == number)
        for code, chosen in ((before, rows & ~merged), (department, rows & merged)):
            unit[chosen] = cast.by_code[("agency", code)][0]
    districts = cast.ids(pl.col("kind") == "district")
    rows = np.flatnonzero(level == 1)
    unit[rows] = _weighted(districts, cast, len(rows), rng)
    _to_offices(unit, offer, rows, catalogue, cast)
    for ids, chosen in (
        (cast.ids(cast.old_communes()), day < _number(span.two_tier)),
        (cast.ids(cast.new_communes()), day >= _number(span.two_tier)),
    ):
        rows = np.flatnonzero((level == 2) & chosen)
        unit[rows] = _weighted_valid(ids, day[rows], cast, rng)
    return unit


def _weighted(ids: Ints, cast: Cast, count: int, rng: np.random.Generator) -> Ints:
    p = cast.at(ids, cast.weight)
    return np.asarray(rng.choice(ids, count, p=p / p.sum()))


def _weighted_valid(ids: Ints, day: Ints, cast: Cast, rng: np.random.Generator) -> Ints:
    """Units by weight among those valid on each day (asked once for each set of valid units)."""
    edges = np.unique(np.concatenate([cast.valid_from, cast.valid_to + 1]))
    era = np.searchsorted(edges, day, side="right")
    unit = np.zeros(len(day), dtype=np.int64)
    for number in np.unique(era):
        rows = np.flatnonzero(era == number)
        on = day[rows[0]]
        index = ids - cast.first_id
        valid = ids[(cast.valid_from[index] <= on) & (on <= cast.valid_to[index])]
        unit[rows] = _weighted(valid, cast, len(rows), rng)
    return unit


def _to_offices(unit: Ints, offer: Ints, rows: Ints, catalogue: Catalogue, cast: Cast) -> None:
    """In quận Hà Đông the professional office of the field handles the dossier."""
    district = cast.by_code[("gso", HA_DONG)][0]
    offices = cast.units.filter((pl.col("parent_id") == district) & (pl.col("kind") == "office"))
    by_name = {name: unit for unit, name in offices.select("id", "name").iter_rows()}
    full_name = f"quận {cast.units.filter(pl.col('id') == district)['short_name'][0]}"
    office = np.array([by_name[f"{o} {full_name}"] for o in catalogue.offers["office"]])
    chosen = rows[unit[rows] == district]
    unit[chosen] = office[offer[chosen]]


def _more_land_where_it_slides(
    offer: Ints, unit: Ints, catalogue: Catalogue, cast: Cast, rng: np.random.Generator
) -> Ints:
    sliding = cast.ids((pl.col("code") == SLIDING) & cast.new_communes())
    land = catalogue.offers.with_row_index("index").filter(
        pl.col("is_land"), pl.col("level") == "commune", pl.col("version") == 2
    )
    rows = np.flatnonzero(np.isin(unit, sliding) & (rng.random(len(unit)) < 0.16))
    p = land["weight"].to_numpy()
    offer[rows] = rng.choice(land["index"].to_numpy(), len(rows), p=p / p.sum())
    return offer


def _some_under_the_old_version(
    offer: Ints, day: Ints, span: Span, catalogue: Catalogue, rng: np.random.Generator
) -> Ints:
    """In the first month of two tiers a few were still received under the version before."""
    version = catalogue.offers["version"].to_numpy()[offer]
    since = day - _number(span.two_tier)
    wrong = (version == 2) & (since >= 0) & (since < 31) & (rng.random(len(offer)) < 0.04)
    return np.where(wrong, offer - 1, offer)  # version 1 stands right before version 2


def _channels(
    offer: Ints, day: Ints, span: Span, catalogue: Catalogue, rng: np.random.Generator
) -> Ints:
    passed = (day - _number(span.first)) / max((span.last - span.first).days, 1)
    online = _ONLINE_FROM + (_ONLINE_TO - _ONLINE_FROM) * passed
    # Certification needs the original on the desk; the other fields make up for it.
    certification = catalogue.offers["is_certification"].to_numpy()[offer]
    online = np.clip(online * np.where(certification, 0.8, 1.045), 0.0, 0.99)
    drawn = rng.random(len(offer))
    rest = np.where(drawn < online + (1 - online) * 0.12, POSTAL, DIRECT)
    channel = np.where(drawn < online, ONLINE, rest)
    return np.where(rng.random(len(offer)) < 0.002, _NONE, channel)


def _submissions(
    position: Ints, received: Ints, channel: Ints, clock: WorkTime, rng: np.random.Generator
) -> Ints:
    """Online: before receipt by some working time, often from the evening or the weekend."""
    count = len(position)
    delay = np.clip(rng.lognormal(np.log(85), 0.85, count), 2, 2_900).astype(np.int64)
    start = position - delay
    at = clock.moments(start)
    opening = (start - 1) // clock.day_minutes * clock.day_minutes
    closed = clock.moments(opening)
    opened = clock.moments(opening + 1) - MINUTE
    evening = closed + HOUR + (rng.beta(1.3, 4.0, count) * (opened - closed - HOUR))
    at_home = (start - opening <= 110) & (rng.random(count) < 0.75)
    online = np.where(at_home, evening.astype(np.int64) // MINUTE * MINUTE, at)
    posted = received - DAY * rng.integers(1, 4, count) - HOUR
    return np.where(channel == ONLINE, online, np.where(channel == POSTAL, posted, received))


def _receiving_units(
    unit: Ints, level: Ints, day: Ints, span: Span, cast: Cast, rng: np.random.Generator
) -> Ints:
    """Before two tiers: at the unit itself or the district's one-stop. After: anywhere in the
    city, mostly at the commune or at the branch of its area."""
    tiers, count = day >= _number(span.two_tier), len(unit)
    branches = cast.ids(pl.col("kind") == "branch")
    drawn, elsewhere = rng.random(count), rng.choice(branches, count)
    area = _by_area(cast, "branch", "Chi nhánh")[unit - cast.first_id]
    desk = _by_area(cast, "office", "Bộ phận Một cửa")[unit - cast.first_id]
    centre = cast.ids(pl.col("kind") == "centre")[0]
    own = np.where(day >= _number(span.points_from), 0.86, 0.55)
    commune = np.where(drawn < own, unit, np.where(drawn < 0.95, area, elsewhere))
    province = np.where(drawn < 0.6, centre, elsewhere)
    after = np.where(level == 0, province, commune)
    before = np.where(level == 1, desk, unit)
    return np.where(tiers, after, before).astype(np.int64)


def _by_area(cast: Cast, kind: str, beginning: str) -> Ints:
    """For each unit, the unit of a kind in the same area; −1 where there is none."""
    found = cast.units.filter(
        pl.col("kind") == kind, pl.col("name").str.starts_with(beginning)
    ).select("area_code", found="id")
    joined = cast.units.select("id", "area_code").join(found, on="area_code", how="left")
    return joined.sort("id")["found"].fill_null(_NONE).to_numpy()


def _applicants(unit: Ints, day: Ints, span: Span, cast: Cast, rng: np.random.Generator) -> Ints:
    """Where the applicant lives: mostly the commune itself; of its own district for a district."""
    applicant = np.zeros(len(unit), dtype=np.int64)
    index = unit - cast.first_id
    area = cast.units["area_code"].cast(pl.Int64).fill_null(0).to_numpy()[index]
    of_district = cast.units["kind"].is_in(["district", "office"]).to_numpy()[index]
    of_commune = (cast.units["kind"] == "commune").to_numpy()[index]
    old = (pl.col("kind") == "commune") & pl.col("valid_to").is_not_null()
    for communes, chosen in (
        (old, day < _number(span.two_tier)),
        (cast.new_communes(), day >= _number(span.two_tier)),
    ):
        rows = np.flatnonzero(chosen)
        applicant[rows] = _weighted_valid(cast.ids(communes), day[rows], cast, rng)
    for code in np.unique(area[of_district]):
        rows = np.flatnonzero((area == code) & of_district)
        ids = cast.ids(old & (pl.col("area_code").cast(pl.Int64) == int(code)))
        applicant[rows] = _weighted_valid(ids, day[rows], cast, rng)
    at_home = of_commune & (rng.random(len(unit)) < 0.93)
    return np.where(at_home, unit, applicant)


def _as_known(drawn: Drawn, span: Span, rng: np.random.Generator) -> Drawn:
    """Leave out what no source knows yet, and mark what waits for acceptance."""
    end = span.cut_offs[drawn.source]
    online = drawn.channel == ONLINE
    known = (drawn.submitted <= end) & ((drawn.received <= end) | online)
    drawn, end, online = drawn.take(known), end[known], online[known]
    # Besides those of the last evenings some have been waiting for days.
    recent = online & (drawn.received > end - 6 * DAY)
    forgotten = recent & (rng.random(len(end)) < 0.012)
    return replace(drawn, waiting=(drawn.received > end) | forgotten)


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days
