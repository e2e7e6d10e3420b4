"""Finding everything that is held of one person: owners, rejected rows, notes, files kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, Row, Table, or_, select

from connectors.database.models import Dossier, Owner, RejectedRow
from connectors.database.registers import RegisterRejection
from connectors.database.session import read_transaction
from connectors.personal.notes import Note, find_notes
from connectors.personal.wanted import Fields, Person, Wanted, refuse_several, seeds_of
from connectors.privacy.erased import content_of, texts_in
from connectors.privacy.vault import FIELDS, Vault

_OWNER: Final = cast(Table, Owner.__table__)
_DOSSIER: Final = cast(Table, Dossier.__table__)
REJECTED: Final[tuple[Table, ...]] = (
    cast(Table, RejectedRow.__table__),
    cast(Table, RegisterRejection.__table__),
)
_BLOCK: Final = 5_000
_SHOWN: Final = (
    *(Dossier.id, Dossier.code, Dossier.received_at, Dossier.due_at, Dossier.ended_at),
    *(Dossier.end_kind, Owner.kind, Owner.sealed),
    *(getattr(Owner, name) for name in FIELDS),
)


@dataclass(frozen=True, repr=False)
class Held:
    """A dossier whose owner is the person: the owner as it is kept, opened."""

    dossier_id: int
    code: str
    kind: str | None
    owner: Fields
    moments: Fields


@dataclass(frozen=True, repr=False)
class Kept:
    """A rejected row of the person: its table, number, batch, line, content."""

    table: str
    id: int
    batch: int
    line: int
    content: tuple[Any, ...]


@dataclass(repr=False)
class Found:
    """Everything that is held of one person."""

    person: Person
    dossiers: list[Held] = field(default_factory=list)
    rejected: list[Kept] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How much, as the audit has it."""
        return {
            "dossiers": len(self.dossiers),
            "rejected": len(self.rejected),
            "notes": len(self.notes),
        }

    @property
    def nothing(self) -> bool:
        """Whether there is nothing."""
        return not any(self.counts.values())


def find(database: Engine, asked: Wanted, keys: Sequence[str]) -> Found:
    """Everything that is held of one person. Reads, and opens, every owner and rejected row.

    Raises PersonRefused for a telephone of several people, VaultLocked where ``keys`` do not open
    what is locked.
    """
    vault, person = Vault(keys), Person.of(asked)
    with read_transaction(database) as connection:
        seeds = [one for one in _owners(connection, vault, asked) if _is_seed(asked, one)]
        if asked.phone:
            refuse_several(one.owner for one in seeds)
        for one in seeds:
            person.learn(one.owner, one.code)
        found = Found(person)
        if seeds:
            found.dossiers = [one for one in _owners(connection, vault) if person.owns(one.owner)]
        for one in found.dossiers:
            person.learn(one.owner, one.code)
        found.rejected = list(_rejected(connection, vault, person))
        pattern = person.pattern()
        if pattern is not None:
            found.notes = find_notes(connection, pattern)
    return found


def _is_seed(asked: Wanted, one: Held) -> bool:
    return seeds_of(asked, one.owner, one.code)


def _owners(connection: Connection, vault: Vault, asked: Wanted | None = None) -> Iterator[Held]:
    known = or_(*(_OWNER.c[name].is_not(None) for name in (*FIELDS, "sealed")))
    query = select(*_SHOWN).join(Owner, Owner.dossier_id == Dossier.id).where(known)
    if asked is not None and asked.code:
        query = query.where(Dossier.code == asked.code)
    for row in connection.execution_options(yield_per=_BLOCK).execute(query):
        yield _held(row, vault)


def _held(row: Row[Any], vault: Vault) -> Held:
    owner = (
        {name: getattr(row, name) for name in FIELDS}
        if row.sealed is None
        else vault.owner(row.sealed, row.id)
    )
    moments = {
        name: None if (at := getattr(row, name)) is None else at.isoformat()
        for name in ("received_at", "due_at", "ended_at")
    }
    return Held(row.id, row.code, row.kind, owner, moments | {"end_kind": row.end_kind})


def _rejected(connection: Connection, vault: Vault, person: Person) -> Iterator[Kept]:
    for table in REJECTED:
        rows = connection.execution_options(yield_per=_BLOCK).execute(select(table))
        for row in rows:
            content = content_of(vault, row)
            if person.is_in(list(texts_in(content))):
                yield Kept(table.name, row.id, row.batch_id, row.line_no, tuple(content))
