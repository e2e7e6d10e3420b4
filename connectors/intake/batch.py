"""One batch of an import on its way, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, cast

import polars as pl
from sqlalchemy import Connection, Engine, Table, insert, select, update

from connectors import audit
from connectors.database.models import ImportBatch, RejectedRow, Setting, Source
from connectors.intake import children as child_rows
from connectors.intake.again import Again
from connectors.intake.audited import note_import
from connectors.intake.catalogue import load_catalogue
from connectors.intake.chunk import Chunk
from connectors.intake.desk import Desk
from connectors.intake.hidden import ColumnMask
from connectors.intake.inputs import Incoming, now_utc
from connectors.intake.lookup import Lookups
from connectors.intake.mapping import Mapping
from connectors.intake.message_rows import MessageRows
from connectors.intake.moments import MOMENT
from connectors.intake.odd import Oddities
from connectors.intake.one_row import OneRow
from connectors.intake.pipeline import Settled, ahead, transaction
from connectors.intake.readers import LINE, without_blank
from connectors.intake.real_data import only_real
from connectors.intake.rejects import DossierRejects, Rejects
from connectors.intake.report import ImportReport, IntakeRefused, NotNow, Progress
from connectors.intake.second_file import SecondFiles
from connectors.intake.seen import Seen
from connectors.intake.store import Writer
from connectors.intake.totals import Totals
from connectors.intake.typed import LATEST, RowReader
from connectors.intake.waiting import Waiting
from connectors.intake.withdrawn import Withdrawals
from connectors.privacy.erased import Erased
from connectors.privacy.vault import Vault, VaultLocked
from connectors.settings import Settings
from connectors.workspace import WorkingFolder

_SOURCE: Final = cast(Table, Source.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)
_SETTING: Final = cast(Table, Setting.__table__)


class _Undo(Exception):
    """Ends a dry run's transaction."""


class Batch:
    """One import on its way.

    Three threads at most: one reads and types the next rows, this one looks up and hashes, one
    writes the rows before. The connection is never used by two of them at once: whoever else
    asks for it waits for the writing (:class:`Settled`).
    """

    def __init__(
        self,
        database: Engine,
        settings: Settings,
        mapping: Mapping,
        report: ImportReport,
        progress: Progress | None,
        now: datetime,
        kind: str,
        actor: audit.Actor | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._actor = actor or audit.program_actor()
        self._mapping = mapping
        self._zone = mapping.dates.zone or settings.timezone
        self._report = report
        self._progress = progress
        self._now = now
        self._kind = kind
        self._seen = Seen()
        self._odd = Oddities(mapping, self._zone, now)
        self._one_row = OneRow(mapping, self._seen)
        self._withdrawals = Withdrawals()
        self._again = Again()
        self._hand: Desk | None = None
        self._settled = 0
        self._began = time.monotonic()

    def run(self, incoming: Incoming, *, replace_sample: bool) -> None:
        """Do it all, or nothing."""
        self._begin_report(incoming)
        try:
            with (
                transaction(self._database) as connection,
                WorkingFolder() as folder,
                ThreadPoolExecutor(max_workers=1) as pool,
            ):
                self._connection = cast(Connection, Settled(connection, self._settle))
                self._folder = folder.path
                self._open(incoming, replace_sample=replace_sample)
                self._hand = self._set_up(connection, pool, folder.path)
                self._take(incoming)
                self._close(incoming)
                if self._report.dry_run or self._says_nothing(incoming):
                    raise _Undo
        except _Undo:
            self._report.batch_id = None
        self._report.seconds = round(time.monotonic() - self._began, 3)

    def _set_up(self, connection: Connection, pool: ThreadPoolExecutor, folder: Path) -> Desk:
        """What the rows go through. ``connection``: the writer's own, which waits for nobody."""
        report = self._report
        vault = self._opened_vault(connection)
        kept = cast(Table, RejectedRow.__table__)
        rejects = Rejects(self._connection, kept, self._batch_id, report, vault)
        mask = ColumnMask.of(self._mapping)
        self._rejects = DossierRejects(rejects, report, mask)
        self._second = SecondFiles(
            folder, self._mapping, self._zone, report, self._rejects, self._odd
        )
        return Desk(
            mapping=self._mapping,
            zone=self._zone,
            now=self._now,
            report=report,
            lookups=self._lookups,
            writer=Writer(connection, self._source_id, self._batch_id, vault),
            vault=vault,
            erased=Erased(self._connection, vault),
            rejects=self._rejects,
            mask=mask,
            odd=self._odd,
            seen=self._seen,
            pool=pool,
        )

    def _begin_report(self, incoming: Incoming) -> None:
        report, own = self._report, self._mapping.dates.zone
        report.warnings += incoming.warnings
        report.read_as += incoming.read_as
        whose = "theo ánh xạ" if own else "của hệ thống"
        report.read_as.append(f"Thời điểm không ghi múi giờ là giờ {self._zone} ({whose}).")
        report.left_aside += incoming.left_aside
        report.odd += incoming.odd

    # -- begin and end ---------------------------------------------------------------------

    def _open(self, incoming: Incoming, *, replace_sample: bool) -> None:
        connection, source = self._connection, self._mapping.source
        only_real(connection, self._report, replace_sample=replace_sample)
        values = {"name": source.name, "fresh_within_hours": source.fresh_within_hours}
        found = connection.execute(select(_SOURCE.c.id).where(_SOURCE.c.code == source.code))
        source_id = found.scalar_one_or_none()
        if source_id is None:
            source_id = connection.execute(
                insert(_SOURCE).values(code=source.code, **values).returning(_SOURCE.c.id)
            ).scalar_one()
        else:
            connection.execute(update(_SOURCE).where(_SOURCE.c.id == source_id).values(**values))
        batch_id = connection.execute(
            insert(_BATCH)
            .values(
                source_id=source_id,
                kind=self._kind,
                mapping=self._report.mapping,
                file_name=incoming.file_name,
                started_at=self._now,
                finished_at=self._now,
            )
            .returning(_BATCH.c.id)
        ).scalar_one()
        self._report.batch_id = batch_id
        self._batch_id = batch_id
        self._source_id = source_id
        self._lookups = Lookups(connection, source_id, self._now)
        self._report.warnings += load_catalogue(
            self._lookups, self._mapping, incoming.catalogue, self._zone
        )

    def _opened_vault(self, connection: Connection) -> Vault:
        try:
            return Vault.for_writing(connection, self._settings.owner_keys)
        except VaultLocked as error:
            raise NotNow(str(error)) from error

    def _close(self, incoming: Incoming) -> None:
        report, desk = self._report, self._desk
        desk.settle()
        self._withdrawals.settle(desk, self._connection, self._source_id, self._batch_id)
        lists = any(sheet is not None and sheet.height for sheet in incoming.catalogue)
        if report.rows_read == 0 and self._kind == "file" and not lists:
            raise IntakeRefused(
                f"Tệp {report.file_name} chỉ có tiêu đề, không có dòng dữ liệu nào. "
                "Hãy xuất lại từ hệ thống nguồn. Chưa có gì được ghi."
            )
        if self._kind == "pull":
            self._settled = self._again.settle(
                self._connection,
                desk.writer,
                report,
                # A message is not all that is said of its dossier.
                replaces=self._mapping.messages is None,
                whole=incoming.whole,
            )
        desk.writer.finish(self._settings.timezone)
        report.units_created = list(self._lookups.units.created)
        if called := self._lookups.units.called:
            more = f" và {len(called) - 10} mã khác" if len(called) > 10 else ""
            report.odd.append(
                f"Mã đơn vị hiểu theo tên đi cùng: {'; '.join(called[:10])}{more}. "
                "Sai thì gỡ ở màn hình Dữ liệu, phần Đơn vị giống nhau."
            )
        report.procedures_created = list(self._lookups.procedures.created)
        report.officers_created = self._lookups.officers_created
        if incoming.watermark is not None:
            report.watermark = incoming.watermark.text()
        self._connection.execute(
            update(_BATCH)
            .where(_BATCH.c.id == self._batch_id)
            .values(
                finished_at=max(self._now, now_utc()),
                file_sha256=incoming.file_sha256.result() if incoming.file_sha256 else None,
                data_until=report.data_until,
                watermark=report.watermark,
                **{f"rows_{name}": count for name, count in report.counts.items()},
            )
        )
        note_import(self._connection, self._settings, self._kind, report, self._actor)

    def _says_nothing(self, incoming: Incoming) -> bool:
        """Whether a pull brought only what an earlier one had brought: there is no batch then."""
        report = self._report
        made = report.units_created or report.procedures_created or report.officers_created
        said = report.rows_inserted or report.rows_changed or report.rows_withdrawn or made
        return (
            self._kind == "pull"
            and incoming.last == report.watermark
            and not said
            and report.rows_rejected == self._settled
        )

    # -- rows ------------------------------------------------------------------------------

    def _take(self, incoming: Incoming) -> None:
        for place, rows in incoming.events.items():
            self._second.stage(place, rows, threaded=incoming.threaded)
        reader = RowReader(self._mapping, self._zone, incoming.main.header)
        totals = Totals(self._mapping.columns["code"].column)
        chunks: Iterable[Chunk] = (
            self._read(reader, totals.without(raw))
            for raw in map(without_blank, incoming.main.frames)
        )
        if incoming.threaded:
            chunks = ahead(chunks)
        if self._mapping.messages is not None:
            self._take_messages(chunks, reader, incoming)
        else:
            for chunk in chunks:
                self._report.rows_read += chunk.raw.height
                self._take_chunk(chunk)
                self._tell(self._report.rows_read, incoming.main.total)
        self._report.left_aside += [*totals.sentences(), *reader.empties.sentences()]
        self._report.odd += self._odd.sentences()
        self._report.left_aside += self._one_row.sentences()
        for place in incoming.events:
            self._second.reject_orphans(place, self._seen)

    def _read(self, reader: RowReader, raw: pl.DataFrame, *, has_waited: bool = False) -> Chunk:
        rest, asked = reader.withdrawals(raw)
        self._withdrawals.add(asked, has_waited=has_waited)
        chunk = reader.read_rows(rest)
        if self._kind == "pull":
            for each in filter(None, (asked, chunk)):
                self._again.add(each.typed.get("code"))
        return chunk

    def _take_messages(
        self, chunks: Iterable[Chunk], reader: RowReader, incoming: Incoming
    ) -> None:
        desk, header = self._desk, incoming.main.header
        waiting = Waiting(
            self._connection, self._source_id, self._batch_id, desk.writer, desk.vault
        )
        read = partial(self._read, reader, has_waited=True)
        rows = MessageRows(desk, read, header, waiting, self._folder, self._tell)
        rows.take(chunks, incoming.main.total)

    def _tell(self, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(done, None if total is None else max(total, done))

    def _take_chunk(self, chunk: Chunk) -> None:
        desk = self._desk
        for place, child in enumerate(self._mapping.children):
            if child.first is not None:
                self._second.begin(place, chunk)
        desk.look_up(chunk)
        desk.check(chunk)
        if self._one_row.settle(chunk):
            desk.writer.is_first = False  # what this batch wrote already is changed
        desk.reject(chunk)
        rows = chunk.frame().filter(chunk.good())
        if rows.is_empty():
            return
        ranks = rows[LATEST] if LATEST in rows.columns else None
        self._seen.add(rows["code"], rows[LINE], ranks)
        if self._mapping.unsaid:
            rows = desk.with_known(rows)
        self._odd.see(rows)
        desk.write(rows, self._children(rows))

    def _children(self, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Per table all children of these dossiers, with their ids."""
        nothing = pl.lit(None, dtype=MOMENT)
        dossiers = rows.select(
            "code",
            *(
                (pl.col(name) if name in rows.columns else nothing).alias(name)
                for name in ("received_at", "ended_at")
            ),
            first="first day",
            last="last day",
        )
        frames = child_rows.from_main_rows(self._mapping, rows)
        for place, child in enumerate(self._mapping.children):
            if child.is_apart and self._second.given(place):
                frames[place] = self._second.of(place, rows)
        found = {
            kind: child_rows.in_shape(_in_order(frame, kind), kind)
            for kind, frame in self._desk.resolved(frames, dossiers).items()
        }
        return (
            self._desk.with_known_children(rows["code"], found) if self._mapping.unsaid else found
        )

    @property
    def _desk(self) -> Desk:
        assert self._hand is not None
        return self._hand

    def _settle(self) -> None:
        if self._hand is not None:
            self._hand.settle()


def _in_order(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    return frame if kind != "steps" else frame.sort("code", "sequence", LINE)
