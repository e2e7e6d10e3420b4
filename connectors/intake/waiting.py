"""Messages that came before their dossier: kept among the rejected rows, taken when it comes."""

from __future__ import annotations

from typing import Any, Final, cast

import polars as pl
from sqlalchemy import Connection, Table, delete, select

from connectors.database.models import ImportBatch, RejectedRow
from connectors.intake.store import Writer
from connectors.privacy.vault import Vault

_REJECTED: Final = cast(Table, RejectedRow.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)


class Waiting:
    """The messages of one source that wait for their dossier."""

    def __init__(
        self, connection: Connection, source_id: int, batch_id: int, writer: Writer, vault: Vault
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._vault = vault
        self._mine = (
            (_BATCH.c.source_id == source_id)
            & (_BATCH.c.id != batch_id)
            & _REJECTED.c.waits_for.is_not(None)
        )
        some = select(_REJECTED.c.id).join(_BATCH).where(self._mine).limit(1)
        self._any = connection.execute(some).first() is not None
        self._found: dict[str, list[int]] = {}
        self._taken = 0

    def of(self, codes: pl.Series) -> list[dict[str, Any]]:
        """The messages that wait for one of these dossiers, in the order they came in."""
        self._found = {}
        if not self._any:
            return []
        self._writer.stage_codes(codes.unique().to_frame("code"))
        query = (
            select(_REJECTED)
            .join(_BATCH)
            .where(self._mine, _REJECTED.c.waits_for.in_(self._writer.staged()))
            .order_by(_REJECTED.c.id)
        )
        messages = []
        for row in self._connection.execute(query).mappings():
            self._found.setdefault(row["waits_for"], []).append(row["id"])
            whole = self._vault.rejected_row(row["sealed"])[2] if row["sealed"] else row["row"]
            messages.append(whole)
        return messages

    def taken(self, codes: pl.Series) -> None:
        """The messages of these dossiers are in now, and rejected no more."""
        ids = [number for code in codes if code in self._found for number in self._found[code]]
        for at in range(0, len(ids), _AT_ONCE):
            part = ids[at : at + _AT_ONCE]
            self._connection.execute(delete(_REJECTED).where(_REJECTED.c.id.in_(part)))
        self._taken += len(ids)

    def sentences(self) -> list[str]:
        """How many messages of earlier imports were taken (Vietnamese)."""
        if not self._taken:
            return []
        return [
            f"{self._taken} thông điệp đến trước hồ sơ của chúng ở các lần nhập trước nay đã được "
            "nhận, không còn trong danh sách bị từ chối."
        ]


_AT_ONCE: Final = 500
