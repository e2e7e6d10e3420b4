"""What a source that is pulled says again: rows rejected before, dossiers that it has no more."""

from __future__ import annotations

from typing import Final, cast

import polars as pl
from sqlalchemy import Connection, Table, delete, func, select

from connectors.database.models import Dossier, ImportBatch, RejectedRow
from connectors.intake.report import ImportReport
from connectors.intake.store import Writer

_BATCH: Final = cast(Table, ImportBatch.__table__)
_REJECTED: Final = cast(Table, RejectedRow.__table__)
_DOSSIER: Final = cast(Table, Dossier.__table__)
_TOLD: Final = 100


class Again:
    """The dossiers that one pull spoke of, beside what earlier pulls by its mapping left."""

    def __init__(self) -> None:
        self._codes: list[pl.Series] = []

    def add(self, codes: pl.Series | None) -> None:
        """Take note of the codes of rows, taken or rejected."""
        if codes is not None:
            self._codes.append(codes.drop_nulls())

    def settle(
        self,
        connection: Connection,
        writer: Writer,
        report: ImportReport,
        *,
        replaces: bool,
        whole: bool,
    ) -> int:
        """Let go of earlier rejected rows of these dossiers; how many there were.

        ``replaces``: what is said of a dossier now takes their place. ``whole``: the source was
        read as a whole; dossiers that earlier pulls brought and this one did not are counted in
        the report. They stay as they are.
        """
        codes = pl.concat(self._codes) if self._codes else pl.Series([], dtype=pl.String)
        writer.stage_codes(codes.unique().to_frame("code"))
        earlier = select(_BATCH.c.id).where(
            _BATCH.c.mapping == report.mapping,
            _BATCH.c.kind == "pull",
            _BATCH.c.id < report.batch_id,
        )
        again = (_REJECTED.c.batch_id.in_(earlier), _REJECTED.c.code.in_(writer.staged()))
        settled = connection.execute(delete(_REJECTED).where(*again)).rowcount if replaces else 0
        if whole:
            self._tell_vanished(connection, writer, report)
        return settled

    @staticmethod
    def _tell_vanished(connection: Connection, writer: Writer, report: ImportReport) -> None:
        mine = select(_BATCH.c.id).where(
            _BATCH.c.mapping == report.mapping, _BATCH.c.kind == "pull"
        )
        gone = (
            _DOSSIER.c.batch_id.in_(mine),
            _DOSSIER.c.withdrawn_at.is_(None),
            _DOSSIER.c.code.not_in(writer.staged()),
        )
        count = select(func.count()).select_from(_DOSSIER).where(*gone)
        first = select(_DOSSIER.c.code).where(*gone).order_by(_DOSSIER.c.code).limit(_TOLD)
        report.vanished = connection.execute(count).scalar_one()
        report.vanished_codes = list(connection.execute(first).scalars())
        if report.vanished:
            shown = ", ".join(report.vanished_codes[:10])
            more = " …" if report.vanished > 10 else ""
            report.odd.append(
                f"{report.vanished} hồ sơ nguồn không còn: {shown}{more}. Không hồ sơ nào bị xóa; "
                "hãy hỏi nơi quản lý nguồn, hồ sơ nhập nhầm thì rút khỏi số liệu."
            )
