"""How the fetching of each source goes: noted after each try, shown on screen Dữ liệu."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Engine, Table, func, insert, select, update

from connectors.database.models import ImportBatch, SourceFetch
from connectors.database.session import read_transaction, write_transaction

_FETCH: Final = cast(Table, SourceFetch.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)
_LONGEST: Final = 1000
BEGUN: Final = "Đang lấy, hoặc lần lấy đã bị dừng giữa chừng; lần sau tự lấy tiếp từ chỗ cũ."
"""Stands as the error from the beginning of a try to its end."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one mapping's fetching; moments are UTC (``SourceFetch`` says what each is).

    ``rows_…``: of the last batch that it brought.
    """

    mapping: str
    tried_at: datetime
    good_at: datetime | None
    error: str | None
    batch_id: int | None
    files_refused: int | None
    full_at: datetime | None
    vanished: int | None
    vanished_codes: list[str] | None
    rows_inserted: int | None = None
    rows_changed: int | None = None
    rows_rejected: int | None = None


def states(database: Engine) -> dict[str, State]:
    """Of every mapping that was fetched, by its name."""
    counts = (_BATCH.c.rows_inserted, _BATCH.c.rows_changed, _BATCH.c.rows_rejected)
    query = select(*_FETCH.c, *counts).outerjoin(_BATCH, _BATCH.c.id == _FETCH.c.batch_id)
    with read_transaction(database) as connection:
        return {row.mapping: State(**row._mapping) for row in connection.execute(query)}


def note(database: Engine, mapping: str, at: datetime, error: str | None, **more: Any) -> None:
    """Write down a try: when, and why it failed (None: it did not). ``more``: columns that it
    changes; the others stay."""
    values = {"tried_at": at, "error": None if error is None else error[:_LONGEST], **more}
    if error is None:
        values["good_at"] = at
    last = select(func.max(_BATCH.c.id)).where(
        _BATCH.c.mapping == mapping, _BATCH.c.kind.in_(("file", "pull"))
    )
    with write_transaction(database) as connection:
        values["batch_id"] = connection.execute(last).scalar_one()
        mine = _FETCH.c.mapping == mapping
        if not connection.execute(update(_FETCH).where(mine).values(**values)).rowcount:
            connection.execute(insert(_FETCH).values(mapping=mapping, **values))
