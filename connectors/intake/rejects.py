"""Rows that could not be taken: kept whole in a table, told in the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, Table

from connectors.database.bulk import bulk_insert
from connectors.intake.chunk import Chunk
from connectors.intake.hidden import ColumnMask
from connectors.intake.report import ImportReport, IntakeRefused, Mask, Outcome, Rejection
from connectors.parsing import bounds
from connectors.privacy.erased import ERASED_REASON, Erased
from connectors.privacy.vault import Vault

_SCHEMA: Final[dict[str, type[pl.DataType]]] = {
    "batch_id": pl.Int64,
    "line_no": pl.Int64,
    "column_name": pl.String,
    "value": pl.String,
    "reason": pl.String,
    "row": pl.String,
}


_CODE: Final = 64
"""Letters of a dossier's code."""
_Rejected = Sequence[tuple[Rejection, dict[str, Any]]]


class Rejects:
    """Where one batch puts the rows that it cannot take."""

    def __init__(
        self, connection: Connection, table: Table, batch_id: int, report: Outcome, vault: Vault
    ) -> None:
        self._connection = connection
        self._table = table
        self._batch_id = batch_id
        self._report = report
        self._vault = vault
        self._erased: Erased | None = None

    def add(
        self,
        rejections: _Rejected,
        mask: Mask = lambda rejection: rejection,
        waits_for: Sequence[str | None] | None = None,
        codes: list[str | None] | None = None,
    ) -> None:
        """Keep rejected rows whole; ``mask``: what the report, which is printed, repeats.

        ``waits_for``: for each of them the dossier with which it is taken when that comes.
        ``codes``: for each its dossier, where that is known.
        """
        if not rejections:
            return
        rejections, waits_for = self._without_erased(rejections, waits_for)
        self._report.reject([rejection for rejection, _ in rejections], mask)
        frame = pl.DataFrame(
            {
                "batch_id": [self._batch_id] * len(rejections),
                "line_no": [rejection.line for rejection, _ in rejections],
                "column_name": [_cut(rejection.column) for rejection, _ in rejections],
                "value": [_plain(rejection.value) for rejection, _ in rejections],
                "reason": [_plain(rejection.reason) for rejection, _ in rejections],
                "row": [_json(row) for _, row in rejections],
            },
            schema=_SCHEMA,
        )
        frame = self._vault.rejected(frame)
        if waits_for is not None:
            frame = frame.with_columns(pl.Series("waits_for", waits_for, dtype=pl.String))
        if codes is not None:
            known = pl.Series("code", codes, dtype=pl.String)
            frame = frame.with_columns(known.str.slice(0, _CODE))
        bulk_insert(self._connection, self._table, frame)

    def _without_erased(
        self, rejections: _Rejected, waits_for: Sequence[str | None] | None
    ) -> tuple[_Rejected, Sequence[str | None] | None]:
        """Of somebody whose data was erased a row is counted, and its content is not kept."""
        self._erased = self._erased or Erased(self._connection, self._vault)
        own = [self._erased.speaks_of(row) for _, row in rejections]
        if not any(own):
            return rejections, waits_for
        kept = [
            (Rejection(why.line, why.column, None, ERASED_REASON), {}) if is_own else (why, row)
            for (why, row), is_own in zip(rejections, own, strict=True)
        ]
        if waits_for is None:
            return kept, None
        return kept, [None if mine else code for code, mine in zip(waits_for, own, strict=True)]


class DossierRejects:
    """The rejected rows of a file of dossiers."""

    def __init__(self, rejects: Rejects, report: ImportReport, mask: ColumnMask) -> None:
        self._rejects = rejects
        self._report = report
        self._mask = mask  # a report is printed, and a printout is kept

    def add(self, chunk: Chunk, *, second: bool = False) -> None:
        """Keep the bad rows of a chunk; ``second``: of a second file."""
        self.add_rows(chunk.rejections(), second=second, codes=chunk.rejected_codes())

    def add_rows(
        self,
        rejections: list[tuple[Rejection, dict[str, Any]]],
        *,
        second: bool = False,
        waits_for: list[str] | None = None,
        codes: list[str | None] | None = None,
    ) -> None:
        """Keep rows, each with its reason; see :meth:`add`."""
        if second:
            self._report.events_rejected += len(rejections)
            rejections = [
                (Rejection(r.line, r.column, r.value, f"(tệp thứ hai) {r.reason}"), row)
                for r, row in rejections
            ]
        self._rejects.add(rejections, self._mask.rejection, waits_for, codes)
        if waits_for is None:
            self._check()

    def _check(self) -> None:
        """Stops at a file of which most is rejected, before it has held the database for long."""
        rejected, read = self._report.rows_rejected, self._report.rows_read
        if rejected > bounds.shipped().rejected and 2 * rejected > read:
            raise IntakeRefused(
                f"Đã có {rejected} dòng bị từ chối trong {read} dòng đầu: tệp không khớp ánh xạ. "
                f"Dòng đầu tiên: {self._report.first_rejected[0].sentence()} Hãy chạy thử với một "
                "phần nhỏ của tệp, sửa ánh xạ hoặc tệp rồi nhập lại. Chưa có gì được ghi."
            )


def _cut(text_: str | None) -> str | None:
    return None if text_ is None else text_[:255]


def _plain(text_: str | None) -> str | None:
    return None if text_ is None else text_.replace("\x00", "")


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=str).replace("\\u0000", "")
