"""Messages of one import, folded dossier by dossier with what the database knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import polars as pl

from connectors.intake import children as child_rows
from connectors.intake import memory, messages
from connectors.intake.chunk import Chunk
from connectors.intake.desk import Desk
from connectors.intake.json_rows import as_frame
from connectors.intake.known import Known
from connectors.intake.readers import LINE, RAW, WHOLE
from connectors.intake.waiting import Waiting

_BUCKET_ROWS: Final = 300_000


class MessageRows:
    """Sorts the messages by dossier into files of a folder, then folds one file after the other.

    A dossier of which something cannot be taken is rejected with every one of its messages; those
    that only came before the dossier are taken when it comes (:mod:`waiting`).
    """

    def __init__(
        self,
        desk: Desk,
        read_again: Callable[[pl.DataFrame], Chunk],
        header: list[str],
        waiting: Waiting,
        folder: Path,
        tell: Callable[[int, int | None], None],
    ) -> None:
        self._desk = desk
        self._read_again = read_again
        self._header = header
        self._waiting = waiting
        self._folder = folder
        self._tell = tell

    def take(self, chunks: Iterable[Chunk], total: int | None) -> None:
        """All messages; ``total``: how many there are, as far as is known."""
        desk = self._desk
        buckets = max(1, -(-(total or 1) // _BUCKET_ROWS))
        for part, chunk in enumerate(chunks):
            desk.report.rows_read += chunk.raw.height
            rows = messages.message_moments(_with_raw(chunk))
            self._tell_without_moment(chunk, rows)
            desk.reject(chunk)
            good = rows.filter(chunk.good()).with_columns(
                bucket=(pl.col("code").hash(seed=1) % buckets).cast(pl.Int32)
            )
            for key, bucket in good.partition_by("bucket", as_dict=True, include_key=False).items():
                path = self._folder / f"m{key[0]:05}-{part:05}.parquet"
                bucket.write_parquet(path, compression="lz4")
            self._tell(desk.report.rows_read, total)
        for number in range(buckets):
            files = sorted(self._folder.glob(f"m{number:05}-*.parquet"))
            if files:
                self._fold(pl.concat([pl.read_parquet(file) for file in files]))
        desk.report.left_aside += self._waiting.sentences()

    def _tell_without_moment(self, chunk: Chunk, rows: pl.DataFrame) -> None:
        settings = self._desk.mapping.messages
        chunk.doubt(
            rows["at"].is_null() & rows["message.status"].is_in(messages.DATED),
            settings.status[0] if settings else None,
            chunk.typed["message.status"].cast(pl.String),
            lambda _value: (
                "trạng thái này không có thời điểm, nên chưa biết từ lúc nào; hãy bổ sung thời điểm"
            ),
        )

    def _with_waiting(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The messages, after those that came before their dossiers in earlier imports."""
        found = self._waiting.of(rows["code"])
        if not found:
            return rows
        chunk = self._read_again(as_frame(found, self._header))
        earlier = messages.message_moments(_with_raw(chunk)).filter(chunk.good())
        return pl.concat([earlier, rows], how="diagonal_relaxed")

    def _fold(self, told: pl.DataFrame) -> None:
        desk = self._desk
        desk.settle()
        rows = self._with_waiting(told)
        known = desk.writer.known(rows["code"], owners=bool(desk.mapping.owner))
        events, said, stated = memory.opened(known.memory)
        renewals = child_rows.renewals(desk.mapping, rows)
        typed = rows.select(pl.exclude("^raw:.*$", "^child.*$"))
        folded = messages.fold_messages(typed, known, (events, said), renewals)
        dossiers = folded.dossiers.sort("code")
        chunk = Chunk(dossiers.select(LINE), {name: dossiers[name] for name in dossiers.columns})
        desk.look_up(chunk)
        desk.check(chunk)
        desk.odd.doubt(chunk, desk.mask.rejection)
        self._reject_whole(chunk, told)
        good = chunk.frame().filter(chunk.good())
        if good.is_empty():
            return
        taken = rows.join(good.select("code"), on="code", how="semi", maintain_order="left")
        counted = told.join(good.select("code"), on="code", how="semi").height
        desk.report.rows_folded += counted - good.height
        self._waiting.taken(good["code"])
        desk.seen.add(good["code"], good[LINE])
        desk.odd.see(good)
        children, stated = self._children(taken, good, folded.pauses, stated, known)
        kept = memory.closed(folded.events, folded.said, stated)
        kept = kept.join(good.select("code"), on="code", how="semi")
        desk.write(good, children, kept.join(known.memory, on=["code", "content"], how="anti"))

    def _reject_whole(self, chunk: Chunk, rows: pl.DataFrame) -> None:
        """Every message of a rejected dossier is kept, with the dossier's reason."""
        reasons = dict(
            zip(
                chunk.typed["code"].filter(~chunk.good()),
                (rejection for rejection, _ in chunk.rejections()),
                strict=True,
            )
        )
        if not reasons:
            return
        lost = rows.filter(pl.col("code").is_in(list(reasons))).sort(LINE, maintain_order=True)
        self._desk.reject_rows(lost.select(LINE, pl.col(f"^{RAW}.*$")), lost["code"], reasons)

    def _children(
        self,
        rows: pl.DataFrame,
        good: pl.DataFrame,
        pauses: pl.DataFrame,
        stated: pl.DataFrame,
        known: Known,
    ) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
        """Children stand in the messages, so their rows are the messages', not the dossiers'.

        Also the pauses that lists have stated so far.
        """
        dossiers = good.select(
            "code", "received_at", "ended_at", first="first day", last="last day"
        )
        own = rows.select("code", LINE, "at", pl.col("^child.*$"))
        own = own.sort("code", "at", LINE, maintain_order=True).drop("at")
        found = self._desk.resolved(child_rows.from_main_rows(self._desk.mapping, own), dossiers)
        chain = next((c.chain for c in self._desk.mapping.children if c.kind == "steps"), None)
        stated = child_rows.stated_pauses(stated, found.get("pauses"))
        merged = {
            "pauses": child_rows.pauses_told(pauses, stated),
            "steps": child_rows.steps_told(known.steps, found.get("steps"), dossiers, chain),
            "apologies": child_rows.apologies_told(known.apologies, found.get("apologies")),
        }
        return {
            kind: frame.join(good.select("code"), on="code", how="semi", maintain_order="left")
            for kind, frame in merged.items()
        }, stated


def _with_raw(chunk: Chunk) -> pl.DataFrame:
    """The typed rows and, to be kept of a rejected one, a message's own text or all its columns."""
    names = [name for name in chunk.raw.columns if name not in chunk.typed and name != LINE]
    names = [WHOLE] if WHOLE in names else names
    raw = chunk.raw.select(pl.col(names).name.prefix(RAW))
    return pl.concat([chunk.frame(), raw], how="horizontal")
