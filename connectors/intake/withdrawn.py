"""Dossiers that a source takes back (entered twice, cancelled): kept, and in no figure.

A withdrawal is what a batch said, like any other: what the dossier said before goes into the
history, so an earlier "as known" still has it. It stays withdrawn whatever else comes of it, so
that the order of messages makes no difference; only a person restores it
(:mod:`connectors.withdrawal`), and what a source asked before that does not withdraw it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl
from sqlalchemy import Connection, exists, insert, select, update

from connectors.database.history import DossierHistory
from connectors.database.registers import WITHDRAWAL
from connectors.database.withdrawn import BEGINNING, DOSSIER
from connectors.intake.chunk import Chunk
from connectors.intake.desk import Desk
from connectors.intake.past import keep_history
from connectors.intake.readers import LINE, source_row
from connectors.intake.report import Rejection
from connectors.intake.store import DOSSIER as TABLE

_HISTORY: Final = DossierHistory.__table__
_AT_ONCE: Final = 500
_LONGEST: Final = 1000
_UNKNOWN: Final = (
    "dòng này xin rút một hồ sơ chưa có trong dữ liệu nên chưa có gì để rút; hãy kiểm tra mã hồ sơ."
)
_ASKED: Final = "nguồn báo xóa, không ghi lý do"


class Withdrawals:
    """What one batch's rows ask to withdraw."""

    def __init__(self) -> None:
        self._chunks: list[tuple[Chunk, bool]] = []
        self._again: list[str] = []

    def add(self, chunk: Chunk | None, *, has_waited: bool) -> None:
        """Remember rows of :meth:`RowReader.withdrawals`, to be done when all others are in.

        ``has_waited``: they are rejected rows of earlier imports, whose dossiers have come.
        """
        if chunk is not None:
            self._chunks.append((chunk, has_waited))

    def settle(self, desk: Desk, connection: Connection, source_id: int, batch_id: int) -> None:
        """Withdraw what is known and stands; rows of unknown dossiers are rejected.

        A message of them waits for its dossier.
        """
        for chunk, has_waited in self._chunks:
            known = self._some(chunk, desk, connection, source_id, batch_id)
            if not has_waited:
                desk.report.rows_read += chunk.raw.height
                desk.reject(chunk)
                _reject_unknown(chunk, desk, known)
        report = desk.report
        if report.rows_withdrawn:
            report.left_aside.append(
                f"{report.rows_withdrawn} hồ sơ được rút khỏi mọi số liệu theo yêu cầu của nguồn; "
                "khôi phục được ở màn hình Dữ liệu, mục Chất lượng."
            )
        if self._again:
            report.left_aside.append(
                f"{len(self._again)} hồ sơ đã được khôi phục sau khi rút nên không rút lại theo "
                f"nguồn: {', '.join(self._again[:10])}. Nếu đúng là trùng, hãy rút trên màn hình."
            )

    def _some(
        self, chunk: Chunk, desk: Desk, connection: Connection, source_id: int, batch_id: int
    ) -> set[str]:
        """The codes that are known."""
        asked = chunk.frame().filter(chunk.good())
        by_code = {row["code"]: row.get("reason") for row in asked.iter_rows(named=True)}
        was = exists().where(
            _HISTORY.c.dossier_id == TABLE.c.id, _HISTORY.c.withdrawn_at.is_not(None)
        )
        desk.writer.stage_codes(pl.DataFrame({"code": list(by_code)}, schema={"code": pl.String}))
        query = select(TABLE.c.id, TABLE.c.code, TABLE.c.batch_id, TABLE.c.withdrawn_at, was)
        mine = TABLE.c.code.in_(desk.writer.staged()) & (TABLE.c.source_id == source_id)
        found = connection.execute(query.where(mine)).all()
        standing = [row for row in found if row.withdrawn_at is None and not row[4]]
        self._again += [row.code for row in found if row.withdrawn_at is None and row[4]]
        put_aside(
            connection,
            [(row.id, by_code[row.code] or _ASKED) for row in standing],
            batch_id,
            desk.now,
            f"Nguồn {desk.mapping.source.name} (lô {batch_id})",
        )
        desk.report.rows_withdrawn += len(standing)
        desk.report.rows_changed += sum(row.batch_id != batch_id for row in standing)
        return {row.code for row in found}


def _reject_unknown(chunk: Chunk, desk: Desk, known: set[str]) -> None:
    raw = chunk.raw.filter(chunk.good())
    codes = chunk.typed["code"].filter(chunk.good())
    column = desk.mapping.columns["code"].column[0]
    lost = [
        (Rejection(row[LINE], column, code, _UNKNOWN), source_row(row), code)
        for row, code in zip(raw.iter_rows(named=True), codes, strict=True)
        if code not in known
    ]
    waits = [code for *_, code in lost] if desk.mapping.messages else None
    desk.rejects.add_rows([(why, row) for why, row, _ in lost], waits_for=waits)


def put_aside(
    connection: Connection,
    reasons: Sequence[tuple[int, str]],
    batch_id: int,
    at: datetime,
    by: str,
) -> None:
    """Withdraw standing dossiers (id, reason) from every figure, as said by a batch."""
    for start in range(0, len(reasons), _AT_ONCE):
        part = reasons[start : start + _AT_ONCE]
        _write_over(connection, [number for number, _ in part], batch_id, at)
        rows = [
            {
                "register": DOSSIER,
                "row_id": number,
                "at": at,
                "since": BEGINNING,
                "by": by[:255],
                "reason": reason[:_LONGEST],
            }
            for number, reason in part
        ]
        connection.execute(insert(WITHDRAWAL), rows)


def bring_back(connection: Connection, dossier_id: int, batch_id: int) -> None:
    """Let a withdrawn dossier count again, as said by a batch."""
    _write_over(connection, [dossier_id], batch_id, None)
    mine = (WITHDRAWAL.c.register == DOSSIER) & (WITHDRAWAL.c.row_id == dossier_id)
    connection.execute(WITHDRAWAL.delete().where(mine))


def _write_over(
    connection: Connection, ids: list[int], batch_id: int, withdrawn_at: datetime | None
) -> None:
    chosen = select(TABLE.c.id).where(TABLE.c.id.in_(ids)).subquery()
    keep_history(connection, chosen.c.id, batch_id)
    changed = update(TABLE).where(TABLE.c.id.in_(ids))
    connection.execute(changed.values(withdrawn_at=withdrawn_at, batch_id=batch_id))
