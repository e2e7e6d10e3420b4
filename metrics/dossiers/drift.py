"""What a figure said then and says now, and the dossiers that make the difference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import narwhals as nw
import polars as pl

from metrics.core import conditions as is_
from metrics.core.ask import Ask
from metrics.core.figure import Figure
from metrics.core.measure import Facts, measure
from metrics.core.narrowing import Where
from metrics.core.parts import PARTS
from metrics.core.rows import rows

FIELDS: Final = {
    "unit_id": "đơn vị giải quyết",
    "receiving_unit_id": "đơn vị tiếp nhận",
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
    "late_cause": "nguyên nhân quá hạn",
    "pauses": "thời gian tạm dừng",
}
"""What of a dossier figures see → its Vietnamese name."""
_NUMBERS: Final = ("numerator", "denominator", "rate")


@dataclass(frozen=True)
class Drift:
    """A figure then and now.

    ``then``, ``now``: numerator, denominator (None: a count) and rate. ``dossiers``: those that
    count in one and not in the other, by code: ``dossier_id``, ``code``, ``part`` (numerator or
    denominator), ``counts`` (``now``: only now; ``then``: only then), ``batch_id`` and
    ``file_name`` of the batch that changed it last (null: none did), ``is_new`` (not recorded
    then), ``changes`` (list of field, old, new: as texts).
    """

    then: dict[str, Any]
    now: dict[str, Any]
    dossiers: pl.DataFrame


def drift(
    then: Facts,
    now: Facts,
    batches: pl.DataFrame,
    figure: Figure,
    asked: tuple[Ask, Ask],
    where: Where | None = None,
) -> Drift:
    """A figure as known then beside what it says now.

    Args:
        then, now: the facts of the same scope as known at K, and of now.
        batches: metrics.core.contracts.BATCH.
        asked: the same question, put to each of them.
    """
    parts = PARTS[:2] if figure.is_ratio else PARTS[:1]
    found = [_moved(then, now, figure, asked, where, part) for part in parts]
    moved = pl.concat(found).unique(["dossier_id", "part"])
    changes = _changes(then, now, moved["dossier_id"].unique().to_list())
    files = batches.select("batch_id", "file_name")
    return Drift(
        _cell(then, figure, asked[0], where),
        _cell(now, figure, asked[1], where),
        moved.join(changes, on="dossier_id", how="left")
        .join(files, on="batch_id", how="left")
        .sort("code", "part", "dossier_id"),
    )


def default_known(batches: pl.DataFrame, end: datetime) -> int | None:
    """The first batch that was finished at or after the end of a period; None: none was."""
    after = batches.filter(pl.col("finished_at") >= end)["batch_id"]
    return None if after.is_empty() else int(after[0])


def _cell(facts: Facts, figure: Figure, ask: Ask, where: Where | None) -> dict[str, Any]:
    measured = measure(facts, [figure], [ask], (), where)
    return measured.select(_NUMBERS).row(0, named=True)


def _moved(
    then: Facts, now: Facts, figure: Figure, asked: tuple[Ask, Ask], where: Where | None, part: str
) -> pl.DataFrame:
    sides = [
        _collected(rows(facts, figure, ask, where, part).select("dossier_id", "code"))
        for facts, ask in zip((then, now), asked, strict=True)
    ]
    before, after = sides
    gone = before.join(after, on="dossier_id", how="anti").with_columns(counts=pl.lit("then"))
    came = after.join(before, on="dossier_id", how="anti").with_columns(counts=pl.lit("now"))
    return pl.concat([gone, came]).with_columns(part=pl.lit(part))


def _collected(frame: nw.LazyFrame[Any]) -> pl.DataFrame:
    found: pl.DataFrame = frame.collect(backend="polars").to_native()
    return found


def _changes(then: Facts, now: Facts, ids: list[int]) -> pl.DataFrame:
    """``dossier_id``, ``batch_id``, ``is_new``, ``changes`` of these dossiers."""
    before, after = (
        {row["dossier_id"]: row for row in _recorded(facts, ids).iter_rows(named=True)}
        for facts in (then, now)
    )
    told = []
    for dossier in ids:
        old, new = before.get(dossier, {}), after.get(dossier, {})
        wrote = new.get("batch_id")
        told.append(
            {
                "dossier_id": dossier,
                "batch_id": None if wrote == old.get("batch_id") else wrote,
                "is_new": not old,
                "changes": [
                    {"field": name, "old": _text(old.get(name)), "new": _text(new.get(name))}
                    for name in FIELDS
                    if old and new and old[name] != new[name]
                ],
            }
        )
    change = pl.Struct({"field": pl.String, "old": pl.String, "new": pl.String})
    schema = {"dossier_id": pl.Int64, "batch_id": pl.Int32, "is_new": pl.Boolean}
    return pl.DataFrame(told, schema={**schema, "changes": pl.List(change)})


def _recorded(facts: Facts, ids: list[int]) -> pl.DataFrame:
    """The dossiers as recorded: their last state, and their pauses as one text."""
    these = nw.col("dossier_id").is_in(ids)
    columns = [name for name in FIELDS if name != "pauses"]
    last = _collected(
        facts.dossier.filter(these, is_.latest()).select("dossier_id", "batch_id", *columns)
    )
    pauses = _collected(facts.pause.filter(these).select("dossier_id", "kind", "from_at", "to_at"))
    said = (
        pauses.sort("from_at", "kind")
        .group_by("dossier_id", maintain_order=True)
        .agg(
            pauses=pl.format("{} {}–{}", "kind", _short("from_at"), _short("to_at")).str.join("; ")
        )
    )
    return last.join(said, on="dossier_id", how="left")


def _short(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%d/%m/%Y %H:%M").fill_null("…")


def _text(value: object) -> str | None:
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    return None if value is None else str(value)
