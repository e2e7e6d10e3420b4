"""What every row goes through, whichever way it came in: look-ups, checks, children, writing.

Rows of tables (:mod:`batch`) and messages (:mod:`message_rows`) meet here.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from connectors.intake import children as child_rows
from connectors.intake.chunk import Chunk
from connectors.intake.hidden import ColumnMask
from connectors.intake.lookup import Lookups
from connectors.intake.mapping import Mapping
from connectors.intake.moments import MOMENT
from connectors.intake.odd import Oddities
from connectors.intake.readers import LINE, source_row
from connectors.intake.rejects import DossierRejects
from connectors.intake.report import ImportReport, Rejection
from connectors.intake.seen import Seen
from connectors.intake.setting_kinds import UnitSettings
from connectors.intake.store import FIELDS, Writer, Written, content_hashes
from connectors.privacy.erased import Erased
from connectors.privacy.vault import FIELDS as PERSONAL
from connectors.privacy.vault import Vault

_OWNER: Final = "owner."
_KNOWN: Final = "known."


@dataclass(slots=True)
class Desk:
    """One batch's catalogues, writer and report."""

    mapping: Mapping
    zone: str
    now: datetime
    report: ImportReport
    lookups: Lookups
    writer: Writer
    vault: Vault
    erased: Erased
    rejects: DossierRejects
    mask: ColumnMask
    odd: Oddities
    seen: Seen
    # Writes one chunk while the next is looked up.
    pool: ThreadPoolExecutor
    writing: Future[Written] | None = field(default=None)

    def look_up(self, chunk: Chunk) -> None:
        """Units, procedures and officers of the typed rows, as ids; a row may be rejected."""
        lookups, mapping, typed = self.lookups, self.mapping, chunk.typed
        days = self._days(chunk)
        typed["first day"], typed["last day"] = days["first"], days["last"]
        for name, rule in (
            ("resolving", mapping.units.resolving),
            ("receiving", mapping.units.receiving),
            ("applicant", mapping.units.applicant),
        ):
            if rule is not None and name in typed:
                required = name == "resolving" and "known.resolving_unit_id" not in typed
                self._unit(chunk, rule, name, days, required=required)
        if mapping.procedure is not None and "procedure" in typed:
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
        found = self.lookups.units.find(chunk, rule, name, days, name, required=required)
        self._put_id(chunk, f"{name}_unit_id", found)
        if name == "resolving" and not required:
            label = rule.column[0] if rule.column else name
            chunk.reject(
                chunk.typed["resolving_unit_id"].is_null() & chunk.typed[name].is_null(),
                label,
                None,
                lambda _value: (
                    "thiếu đơn vị giải quyết của hồ sơ chưa có trong dữ liệu; hãy nạp thông điệp "
                    "trạng thái của hồ sơ này trước, rồi nạp lại các dòng này."
                ),
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
            first=_day(pl.coalesce("received_at", "submitted_at"), self.zone),
            last=_day(pl.col("ended_at"), self.zone),
        )

    def check(self, chunk: Chunk) -> None:
        """Reject dossiers of which nobody knows when they came in."""
        typed, height = chunk.typed, chunk.raw.height
        received = typed.get("received_at", _unknown(height))
        submitted = typed.get("submitted_at", _unknown(height))
        # An unreadable date has been told already.
        silent = received.is_null() & submitted.is_null() & chunk.good()
        column = self.mapping.columns.get("received_at") or self.mapping.columns.get("submitted_at")
        # A dossier that is first heard of in the middle of its life is one all the same.
        (chunk.doubt if self.mapping.messages else chunk.reject)(
            silent,
            column.column[0] if column else None,
            None,
            lambda _value: "thiếu ngày tiếp nhận; hãy điền ngày tiếp nhận (hoặc ngày nộp).",
        )

    def reject(self, chunk: Chunk) -> None:
        """Keep the bad rows of a chunk, and take note of what was left out of the others."""
        self.rejects.add(chunk)
        self.odd.doubt(chunk, self.mask.rejection)

    def reject_rows(
        self, raw: pl.DataFrame, codes: pl.Series, reasons: dict[str, Rejection]
    ) -> None:
        """Keep each of these rows (LINE and the source's columns) for its code's reason.

        They wait for the dossier of that code.
        """
        rows = zip(raw.to_dicts(), (reasons[code] for code in codes), strict=True)
        self.rejects.add_rows(
            [
                (Rejection(row[LINE], why.column, why.value, why.reason), source_row(row))
                for row, why in rows
            ],
            waits_for=codes.to_list(),
        )

    def with_known(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows in which an empty value says nothing, with what the database knows instead."""
        if self.writer.is_first:
            return rows
        self.settle()
        owners = any(name.startswith(_OWNER) for name in rows.columns)
        known = self.writer.known(rows["code"], owners=owners).dossiers
        names = [name for name in known.columns if name in rows.columns and name != "code"]
        rows = rows.join(
            known.select("code", pl.col(names).name.prefix(_KNOWN)),
            on="code",
            how="left",
            maintain_order="left",
        )
        both = (pl.coalesce(name, _KNOWN + name).alias(name) for name in names)
        return rows.with_columns(both).drop(_KNOWN + name for name in names)

    def with_known_children(
        self, codes: pl.Series, given: dict[str, pl.DataFrame]
    ) -> dict[str, pl.DataFrame]:
        """Children, and those that the database has of dossiers for which no row has any."""
        known = self.writer.children_of(codes, [*given])
        return {
            kind: pl.concat([frame.drop(LINE), known[kind].join(frame, on="code", how="anti")])
            if kind in known
            else frame
            for kind, frame in given.items()
        }

    def resolved(
        self, frames: dict[int, pl.DataFrame], dossiers: pl.DataFrame
    ) -> dict[str, pl.DataFrame]:
        """Children by the place of their declaration → all of a kind, with their ids."""
        found: dict[str, list[pl.DataFrame]] = {}
        for place, frame in sorted(frames.items()):
            child = self.mapping.children[place]
            shaped, chunk = child_rows.resolve(frame, child, self.lookups, dossiers)
            self.rejects.add(chunk, second=child.is_apart)
            found.setdefault(child.kind, []).append(shaped)
        return {kind: pl.concat(parts) for kind, parts in found.items()}

    def write(
        self,
        rows: pl.DataFrame,
        children: dict[str, pl.DataFrame],
        memory: pl.DataFrame | None = None,
    ) -> None:
        """Give dossiers (typed, with ``owner.*``) and all of their children to the writing thread.

        What the file does not speak of stays, and counts in the content's hash as it is.
        """
        if self.erased.is_any and not self.writer.is_first:
            self.settle()
            rows = self.erased.without_owners(rows, self.writer.erased(rows["code"]))
        whole = self._with_unsaid(rows)
        named = any(name.startswith(_OWNER) for name in rows.columns)
        owners = whole.select("code", pl.col(f"^{_OWNER}.*$").name.replace(f"^{_OWNER}", ""))
        dossiers = rows.select(name for name in FIELDS if name in rows.columns)
        dossiers = dossiers.with_columns(self._hashes(whole, owners, children)).sort("code")
        # What is compared is what was said; what is written is which unit that is.
        merged = self.lookups.units.merged
        dossiers = _for_the_kept(dossiers, merged)
        children = {kind: _for_the_kept(frame, merged) for kind, frame in children.items()}
        self.settle()
        given = (
            owners.filter(pl.any_horizontal(pl.exclude("code").is_not_null())) if named else None
        )
        self.writing = self.pool.submit(self.writer.write, dossiers, children, given, memory)
        self.report.note(dossiers, children, self.now, self.zone)

    def _hashes(
        self, whole: pl.DataFrame, owners: pl.DataFrame, children: dict[str, pl.DataFrame]
    ) -> pl.Series:
        stated = child_rows.fingerprint(
            {**children, **self._kept_children(whole["code"], children)}
        )
        hashed = whole.select(
            pl.col(name) for name in whole.columns if name in FIELDS or name.startswith(_OWNER)
        ).join(stated, on="code", how="left", maintain_order="left")
        hashes = content_hashes(hashed)
        personal = [owners[name].is_not_null() for name in PERSONAL if name in owners.columns]
        return self.vault.hashes(hashes, reduce(or_, personal)) if personal else hashes

    def _with_unsaid(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with what the database knows of mapped fields that the file says nothing of."""
        unsaid = [name for name in self.mapping.fields_written() if name not in rows.columns]
        if not unsaid or self.writer.is_first:
            return rows
        self.settle()
        known = self.writer.known(rows["code"], owners=any(n.startswith(_OWNER) for n in unsaid))
        return rows.join(
            known.dossiers.select("code", *unsaid), on="code", how="left", maintain_order="left"
        )

    def _kept_children(
        self, codes: pl.Series, given: dict[str, pl.DataFrame]
    ) -> dict[str, pl.DataFrame]:
        """Children of which the file says nothing: they stay, so a row's hash has them as is."""
        unsaid = sorted({child.kind for child in self.mapping.children} - given.keys())
        if not unsaid:
            return {}
        self.settle()
        return self.writer.children_of(codes, unsaid)

    def settle(self) -> None:
        """Wait until what was given to the writing thread is written, and count it."""
        if self.writing is None:
            return
        written, self.writing = self.writing.result(), None
        report = self.report
        report.rows_inserted += written.inserted
        report.rows_changed += written.changed
        report.rows_unchanged += written.unchanged


def _for_the_kept(frame: pl.DataFrame, merged: dict[int, int]) -> pl.DataFrame:
    """The rows with the entry that counts in place of another one of the same unit."""
    named = [name for name in frame.columns if name.endswith("unit_id")] if merged else []
    return frame.with_columns(pl.col(name).replace(merged) for name in named)


def _day(moment: pl.Expr, zone: str) -> pl.Expr:
    return moment.dt.convert_time_zone(zone).dt.date()


def _unknown(height: int) -> pl.Series:
    return pl.Series([None], dtype=MOMENT).new_from_index(0, height)
