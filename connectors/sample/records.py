"""From arrays to the rows of the tables. Personal data is made up, and only in ``owner``."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from connectors.sample import steps
from connectors.sample.cast import Bools, Cast
from connectors.sample.catalogue import Catalogue
from connectors.sample.course import (
    ASSIGNMENT,
    END_NAMES,
    EXAMINATION,
    FINANCE,
    NEVER,
    PAUSE_NAMES,
    REFUSED,
    RETURNED,
    SIGNATURE,
    STOPPED,
    SUPPLEMENT,
    WITHDRAWN,
    Course,
)
from connectors.sample.draw import CHANNEL_NAMES, LAND, ONE_STOP, ONLINE, Drawn
from connectors.sample.worktime import DAY, Ints, WorkTime

_CAUSES: Final = Path(__file__).resolve().parents[2] / "metrics" / "dossiers" / "late_causes.toml"
# Causes that fit where the time was lost; each list is drawn from evenly.
_BY_STEP: Final = {
    EXAMINATION: ("complex_verification", "coordination_peer", "slow_information", "dispute"),
    SIGNATURE: ("slow_officer", "coordination_vertical", "slow_adjustment", "other"),
    ASSIGNMENT: ("slow_officer", "sync_error", "system_error", "slow_update"),
}
_AT_DESK: Final = ("sync_error", "system_error", "slow_update", "inconsistent_papers")
_OFFICER_LOAD: Final = 700
"""Dossiers of the whole span for each officer of a unit."""


@dataclass(frozen=True)
class Ids:
    """First free id of each table, and of the batches and sources that the sample makes."""

    dossier: int
    pause: int
    step: int
    apology: int
    officer: int
    sources: Ints
    batches: Ints  # (source, 0 history | 1 last week)


@dataclass(frozen=True)
class Records:
    """Frames with the columns of their tables; moments are local, without a zone."""

    officers: pl.DataFrame
    dossiers: pl.DataFrame
    pauses: pl.DataFrame
    steps: pl.DataFrame
    apologies: pl.DataFrame
    owners: pl.DataFrame


def build(
    drawn: Drawn,
    course: Course,
    until: Ints,
    clock: WorkTime,
    catalogue: Catalogue,
    cast: Cast,
    ids: Ids,
    rng: np.random.Generator,
) -> Records:
    """All rows of the facts. ``until``: by dossier, the end of its source's records."""
    desk = _Desk(drawn, cast, catalogue, ids, rng)
    laid = steps.lay_out(drawn, course, until, clock, rng)
    pauses = _pauses(course, ids)
    apologies = _apologies(course, catalogue, drawn, ids, rng)
    causes = _causes(course, drawn, catalogue, rng)
    step_rows = _steps(laid, drawn, desk, ids)
    dossiers = _dossiers(drawn, course, until, catalogue, cast, desk, causes, ids, rng)
    return Records(
        officers=desk.officers(),
        dossiers=dossiers,
        pauses=pauses,
        steps=step_rows,
        apologies=apologies,
        owners=_owners(dossiers, drawn, catalogue, rng),
    )


class _Desk:
    """The officers of each unit: some for the land system, the others for everything else."""

    def __init__(
        self, drawn: Drawn, cast: Cast, catalogue: Catalogue, ids: Ids, rng: np.random.Generator
    ) -> None:
        self.first_unit, self.ids = cast.first_id, ids
        land = drawn.source == LAND
        index = drawn.unit - cast.first_id
        size = cast.units.height
        load = np.bincount(index[~land], minlength=size)
        reception = np.bincount(drawn.receiving - cast.first_id, minlength=size)
        load = np.maximum(load, (reception + 2) // 3)
        land_load = np.bincount(index[land], minlength=size)
        self.count = np.where(load > 0, np.clip(-(-load // _OFFICER_LOAD), 2, 14), 0)
        self.land_count = np.where(land_load > 0, np.clip(-(-land_load // 350), 1, 12), 0)
        self.first = ids.officer + np.concatenate([[0], np.cumsum(self.count)[:-1]])
        total = int(self.count.sum())
        self.land_first = ids.officer + total + np.cumsum(self.land_count) - self.land_count
        self.total = total + int(self.land_count.sum())
        # Officers are mostly at home in some fields; so they differ as their fields do.
        field = catalogue.offers["field_id"].to_numpy()[drawn.offer]
        self.turn = field * 5 + rng.integers(0, 2, len(field))
        self.land = land

    def of(self, unit: Ints, turn: Ints | int, land: Bools | None = None) -> Ints:
        """Officers of units (by id); of the land system where ``land``."""
        index = unit - self.first_unit
        usual = self.first[index] + turn % np.maximum(self.count[index], 1)
        if land is None:
            return np.asarray(usual)
        own = self.land_first[index] + turn % np.maximum(self.land_count[index], 1)
        return np.asarray(np.where(land, own, usual))

    def officers(self) -> pl.DataFrame:
        number = np.arange(self.total)
        is_land = number >= int(self.count.sum())
        return pl.DataFrame(
            {
                "id": self.ids.officer + number,
                "source_id": self.ids.sources[np.where(is_land, LAND, ONE_STOP)],
                "number": number + 1,
            }
        ).select(
            "id",
            "source_id",
            code=pl.format("CB-{}", _digits("number", 4)),
            name=pl.format("Cán bộ {}", _digits("number", 4)),
        )


def _dossiers(
    drawn: Drawn,
    course: Course,
    until: Ints,
    catalogue: Catalogue,
    cast: Cast,
    desk: _Desk,
    causes: pl.Series,
    ids: Ids,
    rng: np.random.Generator,
) -> pl.DataFrame:
    count = len(drawn.offer)
    accepted, dated = course.accepted, course.accepted & ~course.undated
    fee = catalogue.offers["has_fee"].to_numpy()[drawn.offer]
    online = drawn.channel == ONLINE
    chance = rng.random((4, count))
    officer = np.where(accepted, desk.of(drawn.unit, desk.turn, desk.land), NEVER)
    frame = pl.DataFrame(
        {
            "id": ids.dossier + np.arange(count),
            "source_id": ids.sources[drawn.source],
            "code": _codes(drawn, accepted, cast),
            "procedure_id": catalogue.offers["id"].to_numpy()[drawn.offer],
            "receiving_unit_id": drawn.receiving,
            "resolving_unit_id": drawn.unit,
            "applicant_unit_id": np.where(chance[0] < 0.01, NEVER, drawn.applicant),
            "channel": _named(CHANNEL_NAMES, drawn.channel),
            "officer_id": officer,
            "submitted_at": drawn.submitted,
            "received_at": np.where(accepted, drawn.received, NEVER),
            "due_original_at": np.where(dated, course.due_original, NEVER),
            "due_at": np.where(
                dated, np.where(course.apology_due < NEVER, course.due, course.due_original), NEVER
            ),
            "ended_at": course.ended,
            "end_kind": _named(END_NAMES, np.where(course.ended < NEVER, course.end_kind, -1)),
            "collected_at": course.collected,
            "recorded_at": course.recorded,
            "status": _status(course),
            "late_cause": causes,
            "online_payment": _maybe(chance[1] < np.where(online, 0.78, 0.12), fee & accepted),
            "digitised": _maybe(chance[2] < 0.93, accepted),
            "data_reused": _maybe(chance[3] < 0.46, accepted),
            "batch_id": ids.batches[drawn.source, _in_last_week(drawn, until)],
        }
    )
    frame = _moments(frame).with_columns(
        pl.col("officer_id", "applicant_unit_id").replace(NEVER, None)
    )
    return frame.with_columns(content_hash=_hashes(frame))


def _maybe(answer: Bools, known: Bools) -> pl.Series:
    return pl.select(pl.when(pl.Series(known)).then(pl.Series(answer))).to_series()


def _named(names: tuple[str, ...], number: Ints) -> pl.Series:
    """Names by number; null for −1."""
    return pl.Series(names).gather(pl.Series(number).replace(-1, None))


def _digits(column: str, width: int) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.zfill(width)


def _moments(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns ``…_at`` of milliseconds become moments; NEVER becomes null."""
    names = [name for name in frame.columns if name.endswith("_at")]
    return frame.with_columns(pl.col(names).replace(NEVER, None).cast(pl.Datetime("ms")))


def _codes(drawn: Drawn, accepted: Bools, cast: Cast) -> pl.Series:
    """Agency-YYMMDD-NNNN (TT 01/2018/TT-VPCP, Điều 19): receiving unit, day, number of the day."""
    at = np.where(accepted, drawn.received, drawn.submitted)
    agency = cast.units["agency_code"].gather(drawn.receiving - cast.first_id)
    frame = pl.DataFrame({"agency": agency, "at": at})
    frame = frame.with_columns(day=pl.col("at").cast(pl.Datetime("ms")).dt.strftime("%y%m%d"))
    number = pl.col("at").rank("ordinal").over("agency", "day").cast(pl.String).str.zfill(4)
    return frame.select(code=pl.format("{}-{}-{}", "agency", "day", number))["code"]


def _status(course: Course) -> Ints:
    """Status of the national exchange, 1–10."""
    open_pause = (course.pause_kind >= 0) & (course.pause_to == NEVER)
    waits = [(open_pause & (course.pause_kind == kind)).any(axis=1) for kind in (0, 1)]
    ended = course.ended < NEVER
    conditions = [
        ended & (course.end_kind == REFUSED),
        ~course.accepted,
        ended & (course.end_kind == WITHDRAWN),
        ended & (course.end_kind == STOPPED),
        ended & ((course.collected < NEVER) | (course.end_kind == RETURNED)),
        ended,
        waits[SUPPLEMENT],
        waits[FINANCE],
    ]
    return np.select(conditions, [3, 1, 7, 8, 10, 9, 5, 6], default=4)


def _in_last_week(drawn: Drawn, until: Ints) -> Ints:
    """1 where the dossier begins in the last week of the source's records.

    What happened later to an older one has its own moment, so that what was known a week ago is
    whole without the dossiers' history.
    """
    return np.where(drawn.submitted > until - 7 * DAY, 1, 0)


def _hashes(frame: pl.DataFrame) -> pl.Series:
    """First 16 bytes of the SHA-256 of each row as text."""
    moments = [name for name, dtype in frame.schema.items() if dtype == pl.Datetime("ms")]
    plain = frame.drop("id", "batch_id").with_columns(pl.col(moments).cast(pl.Int64))
    text = plain.select(text=pl.concat_str(pl.all().cast(pl.String).fill_null(""), separator="|"))[
        "text"
    ]
    digests = [hashlib.sha256(row.encode()).hexdigest()[:32] for row in text]
    return pl.Series(digests, dtype=pl.String)


def _pauses(course: Course, ids: Ids) -> pl.DataFrame:
    row, pause = np.nonzero(course.pause_kind >= 0)
    kind = course.pause_kind[row, pause]
    frame = pl.DataFrame(
        {
            "id": ids.pause + np.arange(len(row)),
            "dossier_id": ids.dossier + row,
            "kind": _named(PAUSE_NAMES, kind),
            "from_at": course.pause_from[row, pause],
            "to_at": course.pause_to[row, pause],
            "number": np.arange(1, len(row) + 1),
            "letters": _named(("YCBS", "TBT"), kind),
        }
    )
    document = pl.format("{}/{}", _digits("number", 5), "letters")
    return _moments(frame.with_columns(document_no=document).drop("number", "letters"))


def _steps(laid: pl.DataFrame, drawn: Drawn, desk: _Desk, ids: Ids) -> pl.DataFrame:
    row = laid["row"].to_numpy()
    at_reception = laid["at_reception"].to_numpy()
    signing = (laid["step"] == SIGNATURE).to_numpy()
    turn = desk.turn[row]
    unit = np.where(at_reception, drawn.receiving[row], drawn.unit[row])
    receptionist = desk.of(unit, turn % 2)
    handler = desk.of(unit, np.where(signing, 0, turn), desk.land[row])
    frame = pl.DataFrame(
        {
            "id": ids.step + np.arange(laid.height),
            "dossier_id": ids.dossier + row,
            "sequence": laid["sequence"],
            "name": pl.Series(steps.NAMES).gather(laid["step"]),
            "unit_id": unit,
            "officer_id": np.where(at_reception, receptionist, handler),
            "from_at": laid["from_at"],
            "due_at": laid["due_at"],
            "to_at": laid["to_at"],
        }
    )
    return _moments(frame)


def _causes(
    course: Course, drawn: Drawn, catalogue: Catalogue, rng: np.random.Generator
) -> pl.Series:
    """A cause for three quarters of the late dossiers, unknown (null) for the others."""
    count = len(drawn.offer)
    lists = [_BY_STEP.get(step, _AT_DESK) for step in range(4)]
    index = course.culprit * 4 + rng.integers(0, 4, count)
    cause = pl.Series([code for listed in lists for code in listed]).gather(index)
    criminal = (catalogue.offers["department"] == "H26.30").to_numpy()[drawn.offer]
    cause = pl.select(
        pl.when(pl.Series(criminal & (rng.random(count) < 0.5)))
        .then(pl.lit("undeclared_record"))
        .otherwise(pl.Series(cause))
    ).to_series()
    known = pl.Series(course.late & (rng.random(count) < 0.76))
    return pl.select(pl.when(known).then(cause)).to_series()


@cache
def cause_labels() -> dict[str, str]:
    """Vietnamese label of each cause of lateness, by code."""
    plan: dict[str, Any] = tomllib.loads(_CAUSES.read_text(encoding="utf-8"))
    return {entry["code"]: entry["label"] for entry in plan["cause"]}


def _apologies(
    course: Course, catalogue: Catalogue, drawn: Drawn, ids: Ids, rng: np.random.Generator
) -> pl.DataFrame:
    row, which = np.nonzero(course.apology < NEVER)
    labels = pl.Series(list(cause_labels().values()))
    number = np.arange(1, len(row) + 1)
    new_due = np.where(which == 0, course.apology_due[row], NEVER)
    frame = pl.DataFrame(
        {
            "id": ids.apology + np.arange(len(row)),
            "dossier_id": ids.dossier + row,
            "issued_at": course.apology[row, which],
            "number": number,
            "reason": labels.gather(rng.integers(0, len(labels), len(row))),
            "new_due_at": new_due,
            "signer": ["Lãnh đạo đơn vị"] * len(row),
        }
    )
    return _moments(frame.with_columns(number=pl.format("{}/VBXL", _digits("number", 5))))


def _owners(
    dossiers: pl.DataFrame, drawn: Drawn, catalogue: Catalogue, rng: np.random.Generator
) -> pl.DataFrame:
    """Owners whom nobody can take for real people: numbered names, numbers of zeros."""
    level = (catalogue.offers["level"] == "province").to_numpy()[drawn.offer]
    chance = rng.random(dossiers.height)
    business = level & (chance < 0.6)
    kind = np.where(business, 2, np.where(chance > 0.985, 1, 0))
    names = ("Người dân mẫu", "Tổ chức mẫu", "Doanh nghiệp mẫu")
    frame = pl.DataFrame(
        {
            "dossier_id": dossiers["id"],
            "kind": _named(("person", "organisation", "business"), kind),
            "title": _named(names, kind),
            "number": np.arange(1, dossiers.height + 1),
        }
    )
    number = _digits("number", 6)
    person = pl.col("kind") == "person"
    return frame.select(
        "dossier_id",
        "kind",
        name=pl.format("{} {}", "title", number),
        phone=pl.format("0000{}", number),
        address=pl.format("Địa chỉ mẫu số {}", "number"),
        national_id=pl.when(person).then(pl.format("000000{}", number)),
    )
