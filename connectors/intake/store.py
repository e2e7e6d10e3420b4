"""Writing typed dossiers: new ones, changed ones, and their pauses, steps, apologies, owners."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import polars as pl
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    delete,
    select,
    text,
)

from connectors.database.bulk import bulk_insert, next_id, reset_sequence
from connectors.database.closing import CLOSED_FIGURE, CLOSED_UNIT, Closing
from connectors.database.models import (
    Apology,
    Base,
    BigId,
    Dossier,
    MessageMemory,
    Owner,
    Pause,
    Setting,
    Step,
)
from connectors.database.registers import SAMPLE_SOURCE, SAMPLE_TABLES, TABLES
from connectors.database.unit_aliases import UNIT_MOVED
from connectors.database.withdrawn import forget_what_is_gone
from connectors.intake.children import COLUMNS
from connectors.intake.known import Known, said_already
from connectors.intake.moments import MOMENT
from connectors.intake.past import keep_history
from connectors.intake.recorded import as_sources_say, is_any, settle
from connectors.privacy.erased import OWNER_ERASED
from connectors.privacy.vault import FIELDS as PERSONAL
from connectors.privacy.vault import Vault

DOSSIER: Final = cast(Table, Dossier.__table__)
CHILD_TABLES: Final = {
    "pauses": cast(Table, Pause.__table__),
    "steps": cast(Table, Step.__table__),
    "apologies": cast(Table, Apology.__table__),
}
OWNER: Final = cast(Table, Owner.__table__)
MEMORY: Final = cast(Table, MessageMemory.__table__)

FIELDS: Final = (
    "code",
    "procedure_id",
    "receiving_unit_id",
    "resolving_unit_id",
    "applicant_unit_id",
    "channel",
    "channel_source",
    "officer_id",
    "submitted_at",
    "received_at",
    "due_original_at",
    "due_at",
    "due_changed_at",
    "ended_at",
    "end_kind",
    "collected_at",
    "recorded_at",
    "status",
    "late_cause",
    "online_payment",
    "digitised",
    "data_reused",
)
"""A dossier's columns that an import may write."""

HASHES_SINCE: Final = "hashes_since_batch"
"""Setting: hashes up to this batch were made in an older way; a migration says so."""

_TEMPORARY: Final = MetaData()
_CODES: Final = Table(
    "intake_code",
    _TEMPORARY,
    Column("code", String(64), primary_key=True),
    Column("content_hash", String(32)),
    prefixes=["TEMPORARY"],
)
_CHANGES: Final = Table(
    "intake_change",
    _TEMPORARY,
    Column("id", BigId, primary_key=True, autoincrement=False),
    *(Column(name, DOSSIER.columns[name].type) for name in FIELDS),
    Column("content_hash", String(32)),
    Column("batch_id", Integer),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class Written:
    """What one chunk did."""

    inserted: int
    changed: int
    unchanged: int


_Lane = np.ndarray[Any, np.dtype[np.uint64]]


def content_hashes(rows: pl.DataFrame) -> pl.Series:
    """128 bits of each row, in hex: equal means that nothing changed. ``code`` is not among it.

    Two chains of 64 bits through the columns, by name. A step is one-to-one, so rows that differ
    in one known value never agree; texts go in as BLAKE2b. Done by columns: hashing row after
    row took a seventh of an import. A null leaves no trace, so a mapping may gain a column
    without changing every dossier.
    """
    lanes = [np.zeros(rows.height, np.uint64), np.zeros(rows.height, np.uint64)]
    for name in sorted(set(rows.columns) - {"code"}):
        column = rows[name]
        if column.null_count() == rows.height:
            continue
        unknown = column.is_null().to_numpy() if column.null_count() else None
        salts = _digests([name])[0]
        for place, values in enumerate(_numbers(column)):
            mixed = _mixed(lanes[place] ^ (values + salts[place]))
            if unknown is not None:
                mixed[unknown] = lanes[place][unknown]
            lanes[place] = mixed
    text = np.column_stack(lanes).astype(">u8").tobytes().hex()
    hashes = [text[at : at + 32] for at in range(0, len(text), 32)]
    return pl.Series("content_hash", hashes, dtype=pl.String)


def _numbers(column: pl.Series) -> tuple[_Lane, _Lane]:
    """Two numbers for each value: twice itself, or the two halves of a text's digest."""
    if column.dtype == pl.String:
        distinct = column.drop_nulls().unique()
        places = column.replace_strict(
            distinct, pl.int_range(len(distinct), eager=True), return_dtype=pl.Int64
        )
        digests = _digests(distinct)
        found = digests[places.fill_null(0).to_numpy()]
        return found[:, 0], found[:, 1]
    plain = column.dt.epoch("ms") if column.dtype == MOMENT else column
    numbers = plain.cast(pl.Int64).fill_null(0).to_numpy().view(np.uint64)
    return numbers, numbers


def _digests(texts: Iterable[str]) -> _Lane:
    """A row of two numbers for each text."""
    found = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts)
    return np.frombuffer(found, ">u8").astype(np.uint64).reshape(-1, 2)


def _mixed(value: _Lane) -> _Lane:
    """Every bit spread over all others, one-to-one (the end of SplitMix64); in place."""
    value ^= value >> np.uint64(30)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    value ^= value >> np.uint64(27)
    value *= np.uint64(0x94D049BB133111EB)
    value ^= value >> np.uint64(31)
    return value


class Writer:
    """Writes the chunks of one batch into one source's dossiers."""

    def __init__(
        self, connection: Connection, source_id: int, batch_id: int, vault: Vault | None = None
    ) -> None:
        self._connection = connection
        self._source_id = source_id
        self._batch_id = batch_id
        self._vault = vault or Vault(())
        self.is_first = not self._any(select(DOSSIER.c.id).where(DOSSIER.c.source_id == source_id))
        """Whether the source had no dossier before this batch."""
        older = select(Setting.value).where(Setting.key == HASHES_SINCE)
        self._older = int(connection.execute(older).scalar_one_or_none() or 0)
        self._next: dict[str, int] = {}
        self._is_recorded = is_any(connection)
        self._said: set[str] = set()
        _TEMPORARY.drop_all(connection, checkfirst=True)
        _TEMPORARY.create_all(connection, checkfirst=False)

    def _any(self, query: Select[Any]) -> bool:
        return self._connection.execute(query.limit(1)).first() is not None

    def write(
        self,
        dossiers: pl.DataFrame,
        children: dict[str, pl.DataFrame],
        owners: pl.DataFrame | None,
        memory: pl.DataFrame | None = None,
    ) -> Written:
        """Write what is new or changed.

        ``dossiers``: ``code`` (distinct, in order: so new entries of the unique index go beside
        each other), ``content_hash`` and columns of FIELDS. ``children``:
        for each table the import speaks of, all rows of these dossiers, with ``code``; the
        database's rows of a changed dossier are replaced by them. ``owners``: ``code`` and the
        owner's columns. ``memory``: ``code`` and ``content`` of dossiers that are written or known.
        """
        if self.is_first:
            new, changed = dossiers, dossiers.clear().with_columns(id=pl.lit(None, pl.Int64))
        else:
            touched = self._touched(dossiers)
            new = dossiers.join(
                touched.filter(pl.col("id").is_null()),
                on="code",
                how="semi",
                maintain_order="left",
            )
            changed = dossiers.join(
                touched.drop_nulls("id"), on="code", how="inner", maintain_order="left"
            )
            changed = self._without_the_same(changed, children, owners)
        new = self._insert(new)
        if not changed.is_empty():
            self._update(changed, [*children], owners is not None)
        written = pl.concat([new.select("code", "id"), changed.select("code", "id")])
        for kind, frame in children.items():
            self._insert_children(kind, frame, written)
        if owners is not None:
            named = owners.join(written, on="code", how="inner").drop("code")
            named = named.rename({"id": "dossier_id"}).sort("dossier_id")
            bulk_insert(self._connection, OWNER, self._vault.owners(named))
        if memory is not None and not memory.is_empty():
            self._remember(memory, new)
        return Written(new.height, changed.height, dossiers.height - new.height - changed.height)

    def _remember(self, memory: pl.DataFrame, new: pl.DataFrame) -> None:
        """``new``: dossiers that this writes first, with their ids: of them nothing is kept yet."""
        first = new.select("code", dossier_id="id").join(memory, on="code")
        bulk_insert(self._connection, MEMORY, first.drop("code").sort("dossier_id"))
        memory = memory.join(new, on="code", how="anti")
        if memory.is_empty():
            return
        self.stage_codes(memory.select("code"))
        mine = (DOSSIER.c.code == _CODES.c.code) & (DOSSIER.c.source_id == self._source_id)
        ids = select(DOSSIER.c.id, DOSSIER.c.code).join(_CODES, mine)
        numbers = self._frame(ids, {"dossier_id": pl.Int64, "code": pl.String})
        found = select(DOSSIER.c.id).join(_CODES, mine)
        self._connection.execute(delete(MEMORY).where(MEMORY.c.dossier_id.in_(found)))
        rows = numbers.join(memory, on="code").drop("code").sort("dossier_id")
        bulk_insert(self._connection, MEMORY, rows)

    def finish(self, zone: str) -> None:
        """Drop the staging tables, let the database count on from the new ids, and put in force
        what people recorded of the dossiers that were written. ``zone``: whose days these are."""
        _TEMPORARY.drop_all(self._connection)
        for table in (DOSSIER, *CHILD_TABLES.values()):
            reset_sequence(self._connection, table)
        if self._is_recorded:
            mine = select(DOSSIER.c.id).where(DOSSIER.c.batch_id == self._batch_id)
            settle(self._connection, mine, zone, self._said)

    # -- staging ---------------------------------------------------------------------------

    def stage_codes(self, codes: pl.DataFrame) -> None:
        """Put ``code`` (and ``content_hash``) where queries can join them."""
        self._connection.execute(delete(_CODES))
        bulk_insert(self._connection, _CODES, codes)

    def staged(self) -> Select[Any]:
        """The codes that :meth:`stage_codes` put down."""
        return select(_CODES.c.code)

    def _touched(self, dossiers: pl.DataFrame) -> pl.DataFrame:
        """``code`` and ``id`` of what is new (id null) or differs from the database, and whether
        its stored hash is of an older way (``is_older``)."""
        schema = {"code": pl.String, "id": pl.Int64, "is_older": pl.Boolean}
        self.stage_codes(dossiers.select("code", "content_hash"))
        joined = _CODES.outerjoin(
            DOSSIER,
            (DOSSIER.c.code == _CODES.c.code) & (DOSSIER.c.source_id == self._source_id),
        )
        query = (
            select(_CODES.c.code, DOSSIER.c.id, DOSSIER.c.batch_id <= self._older)
            .select_from(joined)
            .where(DOSSIER.c.id.is_(None) | (DOSSIER.c.content_hash != _CODES.c.content_hash))
        )
        rows = [tuple(row) for row in self._connection.execute(query)]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _without_the_same(
        self,
        changed: pl.DataFrame,
        children: dict[str, pl.DataFrame],
        owners: pl.DataFrame | None,
    ) -> pl.DataFrame:
        """What really changes: where only the hash is of an older way, it alone is made anew."""
        older = changed.filter(pl.col("is_older").fill_null(False))
        changed = changed.drop("is_older")
        if older.is_empty():
            return changed
        mine = {kind: frame.join(older, on="code", how="semi") for kind, frame in children.items()}
        known = self.known(older["code"], owners=owners is not None)
        same = said_already(older, mine, owners, known)
        self.stage_codes(same.select("code", "content_hash"))
        self._connection.execute(
            text(
                "UPDATE dossier SET content_hash = s.content_hash FROM intake_code AS s "
                "WHERE dossier.code = s.code AND dossier.source_id = :source"
            ),
            {"source": self._source_id},
        )
        return changed.join(same, on="code", how="anti", maintain_order="left")

    # -- dossiers --------------------------------------------------------------------------

    def _ids(self, table: Table, count: int) -> range:
        """The next ``count`` ids of a table; ours alone, because there is one writer."""
        first = self._next.get(table.name)
        if first is None:
            first = next_id(self._connection, table)
        self._next[table.name] = first + count
        return range(first, first + count)

    def _insert(self, new: pl.DataFrame) -> pl.DataFrame:
        ids = self._ids(DOSSIER, new.height)
        new = new.with_columns(id=pl.Series(ids, dtype=pl.Int64))
        if "due_at" in new.columns:
            # The first due date that we hear of is the original one.
            original = [name for name in ("due_original_at", "due_at") if name in new.columns]
            frame = new.with_columns(due_original_at=pl.coalesce(original))
        else:
            frame = new
        bulk_insert(
            self._connection,
            DOSSIER,
            frame.with_columns(source_id=pl.lit(self._source_id), batch_id=pl.lit(self._batch_id)),
        )
        return new

    def _update(self, changed: pl.DataFrame, kinds: list[str], owners: bool) -> None:
        self._connection.execute(delete(_CHANGES))
        bulk_insert(
            self._connection, _CHANGES, changed.with_columns(batch_id=pl.lit(self._batch_id))
        )
        keep_history(self._connection, _CHANGES.c.id, self._batch_id)
        given = [name for name in changed.columns if name in FIELDS and name != "code"]
        self._said |= {*given}
        sets = [f"{name} = s.{name}" for name in given if name != "due_original_at"]
        if "due_original_at" in given:
            due = ", s.due_at" if "due_at" in given else ""
            sets.append(
                f"due_original_at = COALESCE(s.due_original_at, dossier.due_original_at{due})"
            )
        sets += ["content_hash = s.content_hash", "batch_id = s.batch_id"]
        self._connection.execute(
            text(
                f"UPDATE dossier SET {', '.join(sets)} "  # noqa: S608 (names of the schema)
                "FROM intake_change AS s WHERE dossier.id = s.id"
            )
        )
        replaced = [CHILD_TABLES[kind] for kind in kinds] + ([OWNER] if owners else [])
        for table in replaced:
            self._connection.execute(
                delete(table).where(table.c.dossier_id.in_(select(_CHANGES.c.id)))
            )

    def _insert_children(self, kind: str, frame: pl.DataFrame, written: pl.DataFrame) -> None:
        table = CHILD_TABLES[kind]
        frame = (
            frame.join(written, on="code", how="inner")
            .rename({"id": "dossier_id"})
            .select("dossier_id", *COLUMNS[kind])
            .sort("dossier_id", *([] if kind != "steps" else ["sequence"]))
        )
        if frame.is_empty():
            return
        ids = pl.Series(self._ids(table, frame.height), dtype=pl.Int64)
        bulk_insert(self._connection, table, frame.with_columns(id=ids))

    # -- what is known ---------------------------------------------------------------------

    def known(self, codes: pl.Series, *, owners: bool = False) -> Known:
        """What the database holds of the dossiers with these codes."""
        self.stage_codes((codes.clear() if self.is_first else codes.unique()).to_frame("code"))
        mine = (DOSSIER.c.code == _CODES.c.code) & (DOSSIER.c.source_id == self._source_id)
        dossiers = self._frame(
            select(*(DOSSIER.c[name] for name in FIELDS)).join(_CODES, mine), FIELD_TYPES
        )
        kept = (
            select(DOSSIER.c.code, MEMORY.c.content)
            .join(DOSSIER, DOSSIER.c.id == MEMORY.c.dossier_id)
            .join(_CODES, mine)
        )
        memory = self._frame(kept, {"code": pl.String, "content": pl.String})
        if self._is_recorded:
            dossiers = as_sources_say(self._connection, dossiers, mine, _CODES)
        if owners:
            dossiers = dossiers.join(self._owners(mine), on="code", how="left")
        children = self._children(tuple(CHILD_TABLES))
        return Known(dossiers, memory=memory, **children)

    def erased(self, codes: pl.Series) -> list[str]:
        """Which of these codes are of dossiers whose owner was erased."""
        self.stage_codes(codes.unique().to_frame("code"))
        mine = (DOSSIER.c.code == _CODES.c.code) & (DOSSIER.c.source_id == self._source_id)
        query = (
            select(DOSSIER.c.code)
            .join(_CODES, mine)
            .join(OWNER_ERASED, OWNER_ERASED.c.dossier_id == DOSSIER.c.id)
        )
        return list(self._connection.scalars(query))

    def _owners(self, mine: ColumnElement[bool]) -> pl.DataFrame:
        """Of the staged codes: ``code`` and ``owner.*``, opened."""
        query = (
            select(DOSSIER.c.code, *OWNER.columns)
            .join(DOSSIER, DOSSIER.c.id == OWNER.c.dossier_id)
            .join(_CODES, mine)
        )
        rows = []
        for row in self._connection.execute(query).mappings():
            opened = self._vault.owner(row["sealed"], row["dossier_id"]) if row["sealed"] else row
            rows.append((row["code"], row["kind"], *(opened[name] for name in PERSONAL)))
        names = ["code", *(f"owner.{name}" for name in ("kind", *PERSONAL))]
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")

    def children_of(self, codes: pl.Series, kinds: Sequence[str]) -> dict[str, pl.DataFrame]:
        """The database's rows of these child tables for the dossiers with these codes.

        Out: for each kind ``code`` and the table's columns; nothing for a table without any row.
        """
        present = [kind for kind in kinds if self._any(select(CHILD_TABLES[kind].c.id))]
        if self.is_first or not present:
            return {}
        self.stage_codes(codes.to_frame("code"))
        return self._children(present)

    def _children(self, kinds: Sequence[str]) -> dict[str, pl.DataFrame]:
        """Of the staged codes."""
        mine = (DOSSIER.c.code == _CODES.c.code) & (DOSSIER.c.source_id == self._source_id)
        found = {}
        for kind in kinds:
            table = CHILD_TABLES[kind]
            query = (
                select(DOSSIER.c.code, *(table.c[name] for name in COLUMNS[kind]))
                .join(DOSSIER, DOSSIER.c.id == table.c.dossier_id)
                .join(_CODES, mine)
            )
            if kind == "apologies":  # not what people recorded: that is no source's word
                query = query.where(table.c.record_id.is_(None))
            found[kind] = self._frame(query, {"code": pl.String, **COLUMNS[kind]})
        return found

    def _frame(
        self, query: object, schema: dict[str, pl.DataType | type[pl.DataType]]
    ) -> pl.DataFrame:
        rows = [tuple(row) for row in self._connection.execute(query)]  # type: ignore[call-overload]
        return pl.DataFrame(rows, schema=schema, orient="row")


def _type_of(name: str) -> pl.DataType | type[pl.DataType]:
    if name.endswith("_at"):
        return MOMENT
    if name.endswith("_id") or name == "status":
        return pl.Int64
    if name in ("online_payment", "digitised", "data_reused"):
        return pl.Boolean
    return pl.String


FIELD_TYPES: Final = {name: _type_of(name) for name in FIELDS}


def clear_sample(connection: Connection) -> None:
    """Delete the sample's dossiers, all that belongs to them, and its rows of the registers.

    Units, procedures and fields stay: they are public lists that real data needs as well.
    """
    from connectors.registers.sample_rows import clear_sample_rows  # they import this package

    connection.execute(delete(CLOSED_FIGURE))  # what was frozen was the sample's
    connection.execute(delete(CLOSED_UNIT))
    connection.execute(delete(Closing))
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in SAMPLE_TABLES:
            connection.execute(delete(table))
    components = TABLES["service_component"]
    connection.execute(delete(components).where(components.c.source == SAMPLE_SOURCE))
    clear_sample_rows(connection)
    for begin in ("dossier.", "step."):  # their ids come again
        connection.execute(delete(UNIT_MOVED).where(UNIT_MOVED.c.place.startswith(begin)))
    forget_what_is_gone(connection)
