"""What a figure said then and says now, and the dossiers that make the difference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any, Final, Protocol

import narwhals as nw
import polars as pl

from metrics.core import conditions as is_
from metrics.core.ask import Ask, last_known, source_ends
from metrics.core.contracts import BY_HAND, WITHDRAWAL_BATCH
from metrics.core.figure import Figure
from metrics.core.measure import Facts, measure
from metrics.core.names import CHANNELS, END_KINDS
from metrics.core.narrowing import Where
from metrics.core.parts import PARTS
from metrics.core.rows import rows
from metrics.core.vietnamese import moment
from metrics.dossiers.lateness import cause_name

FIELDS: Final = {
    "unit_id": "đơn vị giải quyết",
    "receiving_unit_id": "đơn vị tiếp nhận",
    "applicant_unit_id": "địa bàn người nộp",
    "procedure_id": "thủ tục",
    "channel": "kênh nộp",
    "submitted_at": "ngày nộp",
    "received_at": "ngày tiếp nhận",
    "due_original_at": "hẹn trả gốc",
    "due_at": "hẹn trả",
    "ended_at": "ngày kết thúc",
    "end_kind": "cách kết thúc",
    "recorded_at": "ngày ghi nhận",
    "apology_at": "văn bản xin lỗi",
    "apologies": "số văn bản xin lỗi",
    "late_cause": "nguyên nhân quá hạn",
    "online_payment": "thanh toán trực tuyến",
    "digitised": "số hóa",
    "data_reused": "dùng lại dữ liệu",
    "second_supplement_at": "lần yêu cầu bổ sung thứ hai",
    "pauses": "thời gian tạm dừng",
}
"""What of a dossier figures see → its Vietnamese name."""
NAMED: Final = {"unit_id": "unit", "receiving_unit_id": "unit", "applicant_unit_id": "unit",
                "procedure_id": "procedure"}  # fmt: skip
"""Fields that hold the number of something that has a name, and of what."""
_NUMBERS: Final = ("numerator", "denominator", "rate")
_OWN: Final[dict[str, Callable[[Any], str]]] = {
    "channel": lambda value: CHANNELS.get(value, value),
    "end_kind": lambda value: END_KINDS.get(value, value),
    "late_cause": cause_name,
}

Cell = dict[str, Any]
"""``numerator``, ``denominator`` (None: a count) and ``rate``."""


class Known(Protocol):
    """Of which records facts are (connectors.engine.Known)."""

    @property
    def later(self) -> frozenset[int]: ...


class Then(Facts, Protocol):
    """The facts as known at K (connectors.engine.Facts), and what later batches wrote over."""

    @property
    def past(self) -> Mapping[str, nw.LazyFrame[Any]]: ...

    @property
    def known(self) -> Known | None: ...

    @property
    def batches(self) -> pl.DataFrame: ...

    @property
    def sources(self) -> pl.DataFrame: ...


@dataclass(frozen=True)
class Change:
    """A field of a dossier, before and after, as they are recorded; None: nothing."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Step:
    """What one batch did to a dossier.

    ``what``: ``changed``, with the fields; ``new``: it told of it for the first time; ``gone``: its
    source withdrew it, or gave it to a unit outside the asker's scope; ``withdrawn``, ``back``: a
    person withdrew or restored it. Within a scope, ``new`` may also have come into it.
    """

    batch_id: int
    what: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Moved:
    """A dossier that counts in one answer and not in the other.

    ``part``: of the figure (numerator, denominator). ``counts``: ``then`` or ``now``, the one in
    which it does. ``steps``: every batch later than K that changed what figures see of it, in the
    order in which they were finished. ``told_until``: how far its source reached then, where that
    was before T and is further now: the difference may come from that alone.
    """

    dossier_id: int
    code: str
    part: str
    counts: str
    steps: tuple[Step, ...]
    told_until: datetime | None


@dataclass(frozen=True)
class Drift:
    """A figure then and now; ``total``: dossiers that make the difference; the first of them."""

    then: Cell
    now: Cell
    total: int
    moved: tuple[Moved, ...]


def drift(
    then: Then,
    now: Facts,
    figure: Figure,
    asked: tuple[Ask, Ask],
    where: Where | None = None,
    most: int | None = None,
) -> Drift:
    """A figure as known then beside what it says now, for one question (:func:`both`).

    Args:
        then, now: the facts of the same scope as known at K, and of now, with dossiers of all
            times: what was changed may have left the period.
        most: so many dossiers are told, by code; None: all.
    """
    parts = PARTS[:2] if figure.is_ratio else PARTS[:1]
    found = pl.concat([_moved(then, now, figure, asked, where, part) for part in parts])
    ids = found["dossier_id"].unique(maintain_order=True)
    told = found.filter(pl.col("dossier_id").is_in(ids.head(most).implode()) if most else True)
    steps = _steps(then, now, told["dossier_id"].unique().to_list())
    behind = _behind(*asked)
    moved = (
        Moved(key, code, part, counts, tuple(steps.get(key, ())), behind.get(source))
        for key, code, source, counts, part in told.sort("code", "dossier_id").iter_rows()
    )
    cells = then_and_now(then, now, [figure], asked, where)[figure.key]
    return Drift(*cells, len(ids), tuple(moved))


def then_and_now(
    then: Facts,
    now: Facts,
    figures: Sequence[Figure],
    asked: tuple[Ask, Ask],
    where: Where | None = None,
) -> dict[str, tuple[Cell, Cell]]:
    """Each figure as known then and now; see :func:`drift`."""
    sides = [
        {
            row["figure"]: {name: row[name] for name in _NUMBERS}
            for row in measure(facts, figures, [ask], (), where).iter_rows(named=True)
        }
        for facts, ask in zip((then, now), asked, strict=True)
    ]
    return {figure.key: (sides[0][figure.key], sides[1][figure.key]) for figure in figures}


def both(ask: Ask, then: pl.DataFrame, now: pl.DataFrame) -> tuple[Ask, Ask] | None:
    """One question put to what was known then and to what is known now.

    T is the asked one, but no later than what was known then had an answer for. None: it had
    none for any moment of the period.

    Args:
        then, now: metrics.core.contracts.SOURCE.
    """
    last = last_known(then)
    until = ask.moment if last is None else min(ask.moment, last)
    if until <= ask.start:
        return None
    one = replace(ask, as_of=until)
    return replace(one, ends=source_ends(then)), replace(one, ends=source_ends(now))


def as_reported(batches: pl.DataFrame, end: datetime, days: int) -> datetime | None:
    """K where nobody has chosen one: when a period that ended at ``end`` could be reported.

    The end of the day by which each source had been brought in after it; one that came more than
    ``days`` after the first is not waited for. None: nothing has been brought in since.
    """
    after = batches.filter(pl.col("finished_at") >= end, ~pl.col("kind").is_in(BY_HAND))
    came: list[datetime] = (
        after.group_by("source_id").agg(pl.col("finished_at").min())["finished_at"].to_list()
    )
    if not came:
        return None
    last = max(at for at in came if at <= min(came) + timedelta(days=days))
    return datetime.combine(last, time()) + timedelta(days=1, milliseconds=-1)


def said(step: Step, name: Callable[[str, int], str], *, whole: bool = True) -> str:
    """What a batch did to a dossier, in words.

    Args:
        name: of what and its number → its name (:data:`NAMED`).
        whole: the asker sees all units, so that a dossier does not come into or leave a scope.
    """
    if step.what == "new":
        return "mới ghi nhận" if whole else "mới có trong phạm vi xem"
    if step.what == "withdrawn" or (step.what == "gone" and whole):
        return "rút khỏi số liệu"  # to whoever sees all, a source's file can do nothing else
    if step.what == "gone":
        return "không còn trong số liệu của phạm vi xem"
    if step.what == "back":
        return "khôi phục, được tính lại"
    return "; ".join(
        f"{FIELDS[each.field]}: {_said(each.field, each.old, name)} → "
        f"{_said(each.field, each.new, name)}"
        for each in step.changes
    )


def _said(field: str, value: Any, name: Callable[[str, int], str]) -> str:
    if value is None:
        return "(trống)"
    if field in NAMED:
        return name(NAMED[field], value)
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, datetime):
        return moment(value)
    return _OWN.get(field, str)(value)


# -- which dossiers -----------------------------------------------------------------------


def _moved(
    then: Facts, now: Facts, figure: Figure, asked: tuple[Ask, Ask], where: Where | None, part: str
) -> pl.DataFrame:
    """``dossier_id``, ``code``, ``source_id``, ``counts``, ``part``."""
    before, after = (
        _collected(rows(facts, figure, ask, where, part).select("dossier_id", "code", "source_id"))
        for facts, ask in zip((then, now), asked, strict=True)
    )
    gone = before.join(after, on="dossier_id", how="anti").with_columns(counts=pl.lit("then"))
    came = after.join(before, on="dossier_id", how="anti").with_columns(counts=pl.lit("now"))
    return pl.concat([gone, came]).with_columns(part=pl.lit(part)).sort("code", "dossier_id")


def _behind(then: Ask, now: Ask) -> dict[int, datetime]:
    """Source → its own end then, where that was before T and is further now."""
    reaches = {source: own.moment for source, own in now.behind()}
    return {
        source: own.moment
        for source, own in then.behind()
        if own.moment < reaches.get(source, now.moment)
    }


def _collected(frame: nw.LazyFrame[Any]) -> pl.DataFrame:
    found: pl.DataFrame = frame.collect(backend="polars").to_native()
    return found


# -- what batches did to them -------------------------------------------------------------

Version = dict[str, Any]


def _steps(then: Then, now: Facts, ids: list[int]) -> dict[int, list[Step]]:
    """What each batch later than K did to these dossiers."""
    later = then.known.later if then.known else frozenset[int]()
    if not later or not ids:
        return {}
    place = {batch: at for at, batch in enumerate(then.batches["batch_id"])}
    decided = frozenset(
        then.batches.filter(pl.col("kind") == WITHDRAWAL_BATCH)["batch_id"].to_list()
    )
    was = _recorded(then.past["dossier"], then.past["pause"], ids, later)
    versions = pl.concat([was, _recorded(now.dossier, now.pause, ids)]).to_dicts()
    versions.sort(key=lambda each: (each["dossier_id"], place[each["batch_id"]]))
    return {
        dossier: list(_in_turn(list(of_one), later, decided))
        for dossier, of_one in groupby(versions, key=lambda each: int(each["dossier_id"]))
    }


def _in_turn(
    versions: list[Version], later: Collection[int], decided: Collection[int]
) -> Iterator[Step]:
    """``decided``: batches by which somebody withdrew or restored a dossier."""
    before: Version | None = None
    for version in versions:
        wrote, over = version["batch_id"], version["known_to"]
        if wrote in later and before is None:
            yield Step(wrote, "back" if wrote in decided else "new")
        elif wrote in later and before and (changes := tuple(_differences(before, version))):
            yield Step(wrote, "changed", changes)
        before = version
        if over is not None and not any(each["batch_id"] == over for each in versions):
            yield Step(over, "withdrawn" if over in decided else "gone")
            before = None


def _differences(old: Version, new: Version) -> Iterator[Change]:
    for field in FIELDS:
        if old[field] != new[field]:
            yield Change(field, old[field], new[field])


def _recorded(
    dossier: nw.LazyFrame[Any],
    pause: nw.LazyFrame[Any],
    ids: list[int],
    later: Collection[int] | None = None,
) -> pl.DataFrame:
    """Dossiers as recorded: their last state, with their pauses as one text.

    ``later``: of what they were, only what these batches wrote over.
    """
    these = nw.col("dossier_id").is_in(ids)
    if later is not None:
        these = these & nw.col("known_to").is_in(sorted(later))
    key = ["dossier_id", *(() if later is None else ("known_to",))]
    columns = [name for name in FIELDS if name != "pauses"]
    last = _collected(dossier.filter(these, is_.latest()).select(*key, "batch_id", *columns))
    pauses = _collected(pause.filter(these).select(*key, "kind", "from_at", "to_at"))
    words = pl.format("{} {}–{}", pl.col("kind").replace(_PAUSES), _short("from_at"),
                      _short("to_at")).str.join("; ")  # fmt: skip
    spoken = pauses.sort("from_at", "kind").group_by(key, maintain_order=True).agg(pauses=words)
    found = last.join(spoken, on=key, how="left")
    if later is None:
        found = found.with_columns(known_to=pl.lit(None, pl.Int32))
    return found.select("dossier_id", "batch_id", "known_to", *FIELDS)


_PAUSES: Final = {"supplement": "bổ sung", "finance": "nghĩa vụ tài chính", "other": "khác"}


def _short(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%H:%M %d/%m/%Y").fill_null("…")
