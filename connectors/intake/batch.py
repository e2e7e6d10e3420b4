"""One batch of an import on its way, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Final, cast

import polars as pl
from sqlalchemy import Connection, Engine, Table, insert, select, update

from connectors import audit
from connectors.database.models import ImportBatch, RejectedRow, Setting, Source
from connectors.intake import children as child_rows
from connectors.intake import messages
from connectors.intake.audited import note_import
from connectors.intake.catalogue import load_catalogue
from connectors.intake.chunk import Chunk
from connectors.intake.hidden import ColumnMask
from connectors.intake.inputs import Incoming, now_utc
from connectors.intake.lookup import Lookups
from connectors.intake.mapping import Mapping
from connectors.intake.moments import MOMENT
from connectors.intake.odd import Oddities
from connectors.intake.one_row import OneRow
from connectors.intake.pipeline import Settled, ahead, transaction
from connectors.intake.readers import LINE, RAW, without_blank
from connectors.intake.real_data import only_real
from connectors.intake.rejects import DossierRejects, Rejects
from connectors.intake.report import ImportReport, IntakeRefused, Progress
from connectors.intake.second_file import SecondFiles
from connectors.intake.seen import Seen
from connectors.intake.setting_kinds import UnitSettings
from connectors.intake.store import FIELDS, Writer, Written, content_hashes
from connectors.intake.totals import Totals
from connectors.intake.typed import LATEST, RowReader
from connectors.privacy.vault import FIELDS as PERSONAL
from connectors.privacy.vault import Vault, VaultLocked
from connectors.settings import Settings
from connectors.workspace import WorkingFolder

_SOURCE: Final = cast(Table, Source.__table__)
_BATCH: Final = cast(Table, ImportBatch.__table__)
_SETTING: Final = cast(Table, Setting.__table__)

_BUCKET_ROWS: Final = 300_000


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
        self._writing: Future[Written] | None = None
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
                self._pool = pool
                self._folder = folder.path
                self._open(incoming, replace_sample=replace_sample)
                self._vault = self._opened_vault(connection)
                self._writer = Writer(connection, self._source_id, self._batch_id, self._vault)
                mask = ColumnMask.of(self._mapping)
                kept = cast(Table, RejectedRow.__table__)
                rejects = Rejects(self._connection, kept, self._batch_id, self._report, self._vault)
                self._rejects = DossierRejects(rejects, self._report, mask)
                self._second = SecondFiles(
                    folder.path, self._mapping, self._zone, self._report, self._rejects, self._odd
                )
                self._take(incoming)
                self._close(incoming)
                if self._report.dry_run:
                    raise _Undo
        except _Undo:
            self._report.batch_id = None
        self._report.seconds = round(time.monotonic() - self._began, 3)

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
        self._lookups = Lookups(connection, source_id)
        self._report.warnings += load_catalogue(
            self._lookups, self._mapping, incoming.catalogue, self._zone
        )

    def _opened_vault(self, connection: Connection) -> Vault:
        try:
            return Vault.for_writing(connection, self._settings.owner_keys)
        except VaultLocked as error:
            raise IntakeRefused(str(error)) from error

    def _close(self, incoming: Incoming) -> None:
        report = self._report
        if report.rows_read == 0 and self._kind == "file":
            raise IntakeRefused(
                f"Tệp {report.file_name} chỉ có tiêu đề, không có dòng dữ liệu nào. "
                "Hãy xuất lại từ hệ thống nguồn. Chưa có gì được ghi."
            )
        self._settle()
        self._writer.finish()
        report.units_created = list(self._lookups.units.created)
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

    # -- rows ------------------------------------------------------------------------------

    def _take(self, incoming: Incoming) -> None:
        for place, rows in incoming.events.items():
            self._second.stage(place, rows, threaded=incoming.threaded)
        reader = RowReader(self._mapping, self._zone, incoming.main.header)
        totals = Totals(self._mapping.columns["code"].column)
        chunks: Iterable[Chunk] = (
            reader.read_rows(totals.without(raw))
            for raw in map(without_blank, incoming.main.frames)
        )
        if incoming.threaded:
            chunks = ahead(chunks)
        total = incoming.main.total
        if self._mapping.messages is not None:
            self._take_messages(chunks, total)
        else:
            for chunk in chunks:
                self._report.rows_read += chunk.raw.height
                self._take_chunk(chunk)
                self._tell(self._report.rows_read, total)
        self._report.left_aside += [*totals.sentences(), *reader.empties.sentences()]
        self._report.odd += self._odd.sentences()
        self._report.left_aside += self._one_row.sentences()
        for place in incoming.events:
            self._second.reject_orphans(place, self._seen)

    def _tell(self, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(done, None if total is None else max(total, done))

    def _take_chunk(self, chunk: Chunk) -> None:
        self._look_up(chunk)
        self._check_dossiers(chunk)
        self._rejects.add(chunk)
        rows = chunk.frame().filter(chunk.good())
        if rows.is_empty():
            return
        ranks = rows[LATEST] if LATEST in rows.columns else None
        self._seen.add(rows["code"], rows[LINE], ranks)
        self._odd.see(rows)
        children = self._children(rows)
        self._write(rows, children)

    def _look_up(self, chunk: Chunk) -> None:
        lookups, mapping, typed = self._lookups, self._mapping, chunk.typed
        days = self._days(chunk)
        typed["first day"], typed["last day"] = days["first"], days["last"]
        for name, rule in (
            ("resolving", mapping.units.resolving),
            ("receiving", mapping.units.receiving),
            ("applicant", mapping.units.applicant),
        ):
            if rule is not None:
                required = name == "resolving" and "known.resolving_unit_id" not in typed
                self._unit(chunk, rule, name, days, required=required)
        if mapping.procedure is not None:
            found = lookups.procedures.find(chunk, mapping.procedure, days["first"])
            self._put_id(chunk, "procedure_id", found)
        if "officer" in typed:
            good = chunk.good()
            codes = typed["officer"].to_frame("o").select(pl.when(good).then(pl.col("o")))["o"]
            found = lookups.officers(codes, typed.get("officer_name"))
            self._put_id(chunk, "officer_id", found)

    def _unit(
        self, chunk: Chunk, rule: UnitSettings, name: str, days: pl.DataFrame, *, required: bool
    ) -> None:
        found = self._lookups.units.find(chunk, rule, name, days, name, required=required)
        self._put_id(chunk, f"{name}_unit_id", found)
        if name == "resolving" and not required:
            label = rule.column[0] if rule.column else name
            chunk.reject(
                chunk.typed["resolving_unit_id"].is_null() & chunk.typed[name].is_null(),
                label,
                None,
                lambda _value: "thiếu đơn vị giải quyết; hãy điền cột này.",
            )

    @staticmethod
    def _put_id(chunk: Chunk, name: str, found: pl.Series) -> None:
        known = chunk.typed.get(f"known.{name}")
        if known is not None:
            found = found.zip_with(found.is_not_null(), known)
        chunk.typed[name] = found.alias(name)

    def _days(self, chunk: Chunk) -> pl.DataFrame:
        """The local days on which each dossier was under way, as far as is known."""
        frame = pl.DataFrame(
            {
                name: chunk.typed.get(name, _unknown(chunk.raw.height))
                for name in ("received_at", "submitted_at", "ended_at")
            }
        )
        return frame.select(
            first=_day(pl.coalesce("received_at", "submitted_at"), self._zone),
            last=_day(pl.col("ended_at"), self._zone),
        )

    def _check_dossiers(self, chunk: Chunk) -> None:
        typed, height = chunk.typed, chunk.raw.height
        received = typed.get("received_at", _unknown(height))
        submitted = typed.get("submitted_at", _unknown(height))
        # An unreadable date has been told already.
        silent = received.is_null() & submitted.is_null() & chunk.good()
        column = self._mapping.columns.get("received_at") or self._mapping.columns.get(
            "submitted_at"
        )
        chunk.reject(
            silent,
            column.column[0] if column else None,
            None,
            lambda _value: "thiếu ngày tiếp nhận; hãy điền ngày tiếp nhận (hoặc ngày nộp).",
        )
        if self._one_row.settle(chunk):
            self._writer.is_first = False  # what this batch wrote already is changed

    # -- children --------------------------------------------------------------------------

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
            if child.rows == "events" and self._second.given(place):
                frames[place] = self._second.of(place, rows)
        return {
            kind: child_rows.in_shape(_in_order(frame, kind), kind)
            for kind, frame in self._resolved(frames, dossiers).items()
        }

    def _resolved(
        self, frames: dict[int, pl.DataFrame], dossiers: pl.DataFrame
    ) -> dict[str, pl.DataFrame]:
        """Children by the place of their declaration → all of a kind, with their ids."""
        found: dict[str, list[pl.DataFrame]] = {}
        for place, frame in sorted(frames.items()):
            child = self._mapping.children[place]
            shaped, chunk = child_rows.resolve(frame, child, self._lookups, dossiers)
            self._rejects.add(chunk, second=child.rows == "events")
            found.setdefault(child.kind, []).append(shaped)
        return {kind: pl.concat(parts) for kind, parts in found.items()}

    # -- messages --------------------------------------------------------------------------

    def _take_messages(self, chunks: Iterable[Chunk], total: int | None) -> None:
        """Sort the messages by dossier into files, then fold one file after the other."""
        buckets = max(1, -(-(total or 1) // _BUCKET_ROWS))
        for part, chunk in enumerate(chunks):
            self._report.rows_read += chunk.raw.height
            rows = messages.message_moments(_with_raw(chunk))
            late = rows["at"].is_null() & rows["message.status"].is_in([3, 5, 6, 7, 8, 9, 10])
            settings = self._mapping.messages
            label = settings.at[0] if settings and settings.at else None
            chunk.reject(
                late,
                label,
                None,
                lambda _value: "thông điệp trạng thái này cần có thời điểm; hãy bổ sung.",
            )
            self._rejects.add(chunk)
            good = rows.filter(chunk.good()).with_columns(
                bucket=(pl.col("code").hash(seed=1) % buckets).cast(pl.Int32)
            )
            for key, bucket in good.partition_by("bucket", as_dict=True, include_key=False).items():
                bucket.write_parquet(self._folder / f"m{key[0]:05}-{part:05}.parquet")
            self._tell(self._report.rows_read, total)
        for bucket_no in range(buckets):
            files = sorted(self._folder.glob(f"m{bucket_no:05}-*.parquet"))
            if files:
                self._take_folded(pl.concat([pl.read_parquet(file) for file in files]))

    def _take_folded(self, rows: pl.DataFrame) -> None:
        self._settle()
        known, pauses, steps = self._writer.known(rows["code"].unique())
        typed = rows.select(pl.exclude("^raw:.*$", "^child.*$"))
        folded = messages.fold_messages(typed, known, pauses)
        last = rows.sort("code", "at", LINE, nulls_last=True).group_by("code").last()
        dossiers = folded.dossiers.join(
            last.select("code", pl.col("^raw:.*$")), on="code", how="left"
        ).sort("code")
        raw = dossiers.select(LINE, pl.col("^raw:.*$"))
        chunk = Chunk(raw, {name: dossiers[name] for name in folded.dossiers.columns})
        self._look_up(chunk)
        self._check_dossiers(chunk)
        self._report.rows_folded += rows.height - chunk.raw.height
        self._rejects.add(chunk)
        good = chunk.frame().filter(chunk.good())
        if good.is_empty():
            return
        self._seen.add(good["code"], good[LINE])
        self._odd.see(good)
        children = self._message_children(rows, good, folded.pauses, steps)
        self._write(good, children)

    def _message_children(
        self, rows: pl.DataFrame, good: pl.DataFrame, pauses: pl.DataFrame, steps: pl.DataFrame
    ) -> dict[str, pl.DataFrame]:
        per_dossier = good.select("code", "received_at", "ended_at", "first day", "last day")
        # Children stand in the messages, so their rows are the messages', not the dossiers'.
        merged = rows.select("code", LINE, pl.col("^child.*$")).join(
            per_dossier, on="code", how="inner"
        )
        dossiers = good.select(
            "code", "received_at", "ended_at", first="first day", last="last day"
        )
        own = merged.drop("received_at", "ended_at", "first day", "last day").sort("code", LINE)
        found = self._resolved(child_rows.from_main_rows(self._mapping, own), dossiers)
        line = pl.lit(None, dtype=pl.Int64).alias(LINE)
        if "steps" in found:
            both = pl.concat(
                [
                    child_rows.in_shape(steps.with_columns(line), "steps"),
                    found["steps"].with_columns(line),
                ]
            )
            both = both.join(good.select("code"), on="code", how="semi")
            both = both.unique(["code", "name", "from_at"], keep="last", maintain_order=True)
            both = both.sort("code", "from_at", "name").with_columns(
                sequence=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("code")
            )
            found["steps"] = both
        mine = pauses.join(good.select("code"), on="code", how="semi")
        found["pauses"] = child_rows.in_shape(mine.with_columns(line), "pauses")
        return found

    # -- writing ---------------------------------------------------------------------------

    def _write(self, rows: pl.DataFrame, children: dict[str, pl.DataFrame]) -> None:
        dossiers = rows.select(name for name in FIELDS if name in rows.columns)
        owners = rows.select(
            "code", pl.col("^owner\\..*$").name.map(lambda name: name.removeprefix("owner."))
        )
        named = self._mapping.owner and owners.width > 1
        stated = child_rows.fingerprint({**children, **self._kept_children(rows["code"], children)})
        hashed = dossiers.join(stated, on="code", how="left", maintain_order="left")
        if named:
            hashed = pl.concat(
                [hashed, owners.drop("code").select(pl.all().name.prefix("owner."))],
                how="horizontal",
            )
        hashes = content_hashes(hashed)
        if named:
            personal = [owners[name].is_not_null() for name in PERSONAL if name in owners.columns]
            hashes = self._vault.hashes(hashes, reduce(or_, personal)) if personal else hashes
            owners = owners.filter(pl.any_horizontal(pl.exclude("code").is_not_null()))
        dossiers = dossiers.with_columns(hashes).sort("code")
        self._settle()
        self._writing = self._pool.submit(
            self._writer.write, dossiers, children, owners if named else None
        )
        self._report.note(dossiers, children, self._now)

    def _kept_children(
        self, codes: pl.Series, given: dict[str, pl.DataFrame]
    ) -> dict[str, pl.DataFrame]:
        """Children whose second file was not given: they stay, so a row's hash has them as is."""
        kinds = {child.kind for child in self._mapping.children if child.rows == "events"}
        absent = sorted(kinds - given.keys())
        if not absent:
            return {}
        self._settle()
        return self._writer.children_of(codes, absent)

    def _settle(self) -> None:
        """Wait until what was given to the writing thread is written, and count it."""
        if self._writing is None:
            return
        written, self._writing = self._writing.result(), None
        report = self._report
        report.rows_inserted += written.inserted
        report.rows_changed += written.changed
        report.rows_unchanged += written.unchanged


def _day(moment: pl.Expr, zone: str) -> pl.Expr:
    return moment.dt.convert_time_zone(zone).dt.date()


def _unknown(height: int) -> pl.Series:
    return pl.Series([None], dtype=MOMENT).new_from_index(0, height)


def _in_order(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    return frame if kind != "steps" else frame.sort("code", "sequence", LINE)


def _with_raw(chunk: Chunk) -> pl.DataFrame:
    names = [name for name in chunk.raw.columns if name not in chunk.typed and name != LINE]
    raw = chunk.raw.select(pl.col(names).name.prefix(RAW))
    return pl.concat([chunk.frame(), raw], how="horizontal")
