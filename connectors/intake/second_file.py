"""Second files: rows of pauses, steps or apologies that stand apart from their dossiers'."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from connectors.intake.chunk import Chunk
from connectors.intake.inputs import Rows
from connectors.intake.mapping import Mapping
from connectors.intake.odd import Oddities
from connectors.intake.pipeline import ahead
from connectors.intake.readers import LINE, RAW, without_blank
from connectors.intake.rejects import DossierRejects
from connectors.intake.report import ImportReport
from connectors.intake.seen import Seen
from connectors.intake.typed import RowReader


class SecondFiles:
    """Typed rows of second files, on disk, where each chunk of dossiers can find its own.

    A file is called by its child table's place in the mapping.
    """

    def __init__(
        self,
        folder: Path,
        mapping: Mapping,
        zone: str,
        report: ImportReport,
        rejects: DossierRejects,
        odd: Oddities,
    ) -> None:
        self._folder = folder
        self._mapping = mapping
        self._zone = zone
        self._report = report
        self._rejects = rejects
        self._odd = odd

    def stage(self, place: int, rows: Rows, *, threaded: bool) -> None:
        """Type a whole file and put it down; its bad rows are rejected."""
        child = self._mapping.children[place]
        reader = RowReader(self._mapping, self._zone, rows.header)
        frames: Iterator[pl.DataFrame] = map(without_blank, rows.frames)
        if child.rows == "same":  # a dossier without any event has a row all the same
            frames = (_speaking(raw, child.begins_in()) for raw in frames)
        chunks = (reader.read_events(raw, child) for raw in frames)
        for part, chunk in enumerate(ahead(chunks) if threaded else chunks):
            self._report.events_read += chunk.raw.height
            self._rejects.add(chunk, second=True)
            good = chunk.good()
            self._odd.see_events(chunk.frame().filter(good), child)
            raw = chunk.raw.select(pl.col(rows.header).name.prefix(RAW))
            frame = pl.concat([chunk.frame(), raw], how="horizontal").filter(good)
            frame.write_parquet(self._folder / f"events{place}-{part:05}.parquet")
        if child.rows == "events":
            told = reader.empties.sentences()
            self._report.left_aside += [f"Tệp thứ hai. {one}" for one in told]

    def given(self, place: int) -> bool:
        """Whether there is such a file, with any row."""
        return bool(self._files(place))

    def begin(self, place: int, chunk: Chunk) -> None:
        """Give dossiers the moment of their first row, where their own row has none."""
        child = self._mapping.children[place]
        if child.first is None or not self.given(place):
            return
        codes = chunk.typed["code"].to_frame("code")
        staged = pl.scan_parquet(self._files(place))
        first = staged.join(codes.lazy(), on="code", how="semi").group_by("code")
        found = codes.join(
            first.agg(pl.col(child.begin).min()).collect(),
            on="code",
            how="left",
            maintain_order="left",
        )[child.begin]
        known = chunk.typed.get(child.first)
        chunk.typed[child.first] = (
            found if known is None else known.zip_with(known.is_not_null(), found)
        ).alias(child.first)

    def of(self, place: int, codes: pl.DataFrame) -> pl.DataFrame:
        """The rows of the dossiers with these codes (a column ``code``), in the file's order."""
        staged = pl.scan_parquet(self._files(place))
        return staged.join(codes.lazy().select("code"), on="code", how="semi").collect().sort(LINE)

    def reject_orphans(self, place: int, taken: Seen) -> None:
        """Reject the rows of a second file whose dossier was not taken.

        Of rows of the same file the dossier's own tells why.
        """
        files = self._files(place)
        if not files or self._mapping.children[place].rows == "same":
            return
        orphans = taken.anti(pl.scan_parquet(files)).collect().sort(LINE)
        chunk = Chunk(orphans)
        key = self._mapping.children[place].key
        chunk.reject(
            pl.Series([True]).new_from_index(0, orphans.height),
            key.column[0] if key else None,
            orphans["code"],
            lambda _value: (
                "không có hồ sơ nào mang mã này được nhập từ tệp chính; hãy kiểm tra mã."
            ),
        )
        self._rejects.add(chunk, second=True)

    def _files(self, place: int) -> list[Path]:
        return sorted(self._folder.glob(f"events{place}-*.parquet"))


def _speaking(raw: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """The rows that say something in one of these columns."""
    there = [pl.col(name).fill_null("") != "" for name in names if name in raw.columns]
    return raw.filter(pl.any_horizontal(there)) if there else raw
