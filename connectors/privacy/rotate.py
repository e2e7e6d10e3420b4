"""Bringing everything that is locked, or ought to be, under the first key."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    bindparam,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import DatabaseError, OperationalError

from connectors import audit
from connectors.database.aside import Aside, opened, put_aside
from connectors.database.models import Dossier, Owner, RejectedRow, Setting
from connectors.database.registers import RegisterRejection
from connectors.database.session import read_transaction, write_transaction
from connectors.privacy.vault import FIELDS, HASH_SECRET, SEALED_REASON, Vault, VaultLocked

_OWNER: Final = cast(Table, Owner.__table__)
_DOSSIER: Final = cast(Table, Dossier.__table__)
_SETTING: Final = cast(Table, Setting.__table__)
_REJECTED: Final = (
    cast(Table, RejectedRow.__table__),
    cast(Table, RegisterRejection.__table__),
)
_FRAME: Final = {"dossier_id": pl.Int64, **dict.fromkeys(FIELDS, pl.String)}
LOST_REASON: Final = "Nội dung dòng này không còn đọc được: OWNER_KEY của lúc đó đã mất."
"""What is left of a rejected row that was given up."""
_BLOCK = 5_000
"""Rows in one transaction: others may write in between, and a kill costs no more than these."""

_Take = Callable[[Connection, Sequence[Any]], None]
Progress = Callable[[int, int | None], None]


@dataclass
class Rotation:
    """What was done: rows that had been readable, rows that were under an older key."""

    locked: int = 0
    renewed: int = 0
    already: int = 0
    # Whether the remains of readable rows could be cleared; None: there were none.
    cleared: bool | None = None


@dataclass(frozen=True)
class Status:
    """How owners' data lies: rows by what opens them."""

    readable: int
    first_key: int
    other_keys: int
    not_opened: int

    @property
    def in_order(self) -> bool:
        """Whether everything is under the first key."""
        return not (self.readable or self.other_keys or self.not_opened)


def rotate(
    database: Engine,
    keys: Sequence[str],
    *,
    actor: audit.Actor,
    audit_keys: Sequence[str] = (),
    progress: Progress | None = None,
) -> Rotation:
    """Lock every owner and rejected row with the first of ``keys``; the others open old ones.

    In blocks, each a transaction: it may be stopped or killed at any moment and started again;
    until it has ended, ``keys`` must hold the old key too. The hash secret goes first, so that a
    process that does not know the new key is refused from then on and cannot add rows under the
    old one. Where readable rows were locked, what they leave in the file is cleared at the end
    (:func:`clear_remains`).
    Raises VaultLocked when something is under none of the keys; what was done stands.
    """
    if not keys:
        raise VaultLocked("Chưa đặt OWNER_KEY; hãy tạo khóa bằng lệnh owners new-key.")
    with write_transaction(database) as connection:
        vault = Vault.for_writing(connection, keys)
        secret = update(_SETTING).where(_SETTING.c.key == HASH_SECRET)
        connection.execute(secret.values(value=vault.locked_secret()))
    turn = _Turn(database, keys, vault, progress)
    turn.owners()
    for table in _REJECTED:
        turn.rejected(table)
    done = turn.done
    with write_transaction(database) as connection:
        audit.append(
            connection,
            "key_rotated",
            actor=actor,
            detail={"locked": done.locked, "renewed": done.renewed, "already": done.already},
            keys=audit_keys,
        )
    if done.locked:
        done.cleared = clear_remains(database)
    return done


class _Turn:
    """One run through the tables."""

    def __init__(
        self, database: Engine, keys: Sequence[str], vault: Vault, progress: Progress | None
    ) -> None:
        self.done = Rotation()
        self._database = database
        self._first = Vault(keys[:1])
        self._vault = vault
        self._progress = progress

    def owners(self) -> None:
        columns = [_OWNER.c.dossier_id, _OWNER.c.sealed, *(_OWNER.c[name] for name in FIELDS)]
        known = or_(*(column.is_not(None) for column in columns[1:]))
        query = select(*columns, _DOSSIER.c.content_hash).join(
            _DOSSIER, _DOSSIER.c.id == _OWNER.c.dossier_id
        )
        self._blocks(query.where(known), _OWNER.c.dossier_id, self._owner_block)

    def _owner_block(self, connection: Connection, rows: Sequence[Any]) -> None:
        hashes, owners = list[dict[str, Any]](), list[dict[str, Any]]()
        for row in rows:
            if row.sealed is None:
                values = {name: getattr(row, name) for name in FIELDS}
                hashes.append({"at": row.dossier_id, "made": self._vault.hash(row.content_hash)})
                self.done.locked += 1
            elif self._under_first(row.sealed):
                continue
            else:
                values = self._vault.owner(row.sealed, row.dossier_id)
            owners.append({"dossier_id": row.dossier_id} | values)
        nothing = dict.fromkeys(FIELDS)
        if owners:
            locked = self._first.owners(pl.DataFrame(owners, schema=_FRAME)).rename(
                {"dossier_id": "at", "sealed": "token"}
            )
            connection.execute(
                update(_OWNER)
                .where(_OWNER.c.dossier_id == bindparam("at"))
                .values(sealed=bindparam("token"), **nothing),
                locked.to_dicts(),
            )
        if hashes:
            connection.execute(
                update(_DOSSIER)
                .where(_DOSSIER.c.id == bindparam("at"))
                .values(content_hash=bindparam("made")),
                hashes,
            )

    def rejected(self, table: Table) -> None:
        names = ("id", "value", "reason", "row", "sealed")

        def block(connection: Connection, rows: Sequence[Any]) -> None:
            tokens = [found for row in rows if (found := self._rejected_token(row))]
            if tokens:
                connection.execute(
                    update(table)
                    .where(table.c.id == bindparam("at"))
                    .values(sealed=bindparam("token"), value=None, reason=SEALED_REASON, row={}),
                    tokens,
                )

        self._blocks(select(*(table.c[name] for name in names)), table.c.id, block)

    def _rejected_token(self, row: Any) -> dict[str, Any] | None:
        if row.sealed is None:
            content = (row.value, row.reason, row.row)
            self.done.locked += 1
        elif self._under_first(row.sealed):
            return None
        else:
            content = self._vault.rejected_row(row.sealed)
        return {"at": row.id, "token": self._first.rejected_token(*content)}

    def _under_first(self, token: str) -> bool:
        is_first = self._first.opens(token)
        if is_first:
            self.done.already += 1
        else:
            self.done.renewed += 1
        return is_first

    def _blocks(self, query: Select[Any], key: ColumnElement[int], take: _Take) -> None:
        last = 0
        while True:
            with write_transaction(self._database) as connection:
                block = query.where(key > last).order_by(key).limit(_BLOCK)
                rows = connection.execute(block).all()
                if not rows:
                    return
                take(connection, rows)
            last = rows[-1][0]
            if self._progress is not None:
                done = self.done
                self._progress(done.locked + done.renewed + done.already, None)


def status_aside(database: Engine, keys: Sequence[str]) -> list[tuple[Aside, Status | None]]:
    """As :func:`status`, of what restores have put aside; None: it cannot be read.

    A change of keys leaves it as it is: it is kept as evidence, and nothing writes there.
    """
    found = list[tuple[Aside, Status | None]]()
    for one in put_aside(database):
        try:
            with opened(database, one) as there:
                found.append((one, status(there, keys)))
        except DatabaseError:  # broken, or of a release without these tables
            found.append((one, None))
    return found


def status(database: Engine, keys: Sequence[str]) -> Status:
    """Count owners and rejected rows by what opens them. Reads everything that is locked."""
    first, every = Vault(keys[:1]), Vault(keys)
    readable = opened = other = closed = 0
    with read_transaction(database) as connection:
        plain = or_(*(_OWNER.c[name].is_not(None) for name in FIELDS))
        queries = [select(_OWNER.c.sealed).where(or_(plain, _OWNER.c.sealed.is_not(None)))]
        queries += [select(table.c.sealed) for table in _REJECTED]
        for query in queries:
            for (token,) in connection.execution_options(yield_per=_BLOCK).execute(query):
                if token is None:
                    readable += 1
                elif first.opens(token):
                    opened += 1
                elif every.opens(token):
                    other += 1
                else:
                    closed += 1
    return Status(readable, opened, other, closed)


def drop_unreadable(
    database: Engine,
    keys: Sequence[str],
    *,
    actor: audit.Actor,
    audit_keys: Sequence[str] = (),
) -> int:
    """Give up what no key opens any more, so that imports go on; rows given up.

    For a key that is lost for good: the owners come back with the next full import from their
    source, under the present first key. Dossiers are made to look changed for it.
    """
    every = Vault(keys)
    lost = 0
    with write_transaction(database) as connection:
        for table, key in ((_OWNER, _OWNER.c.dossier_id), *((t, t.c.id) for t in _REJECTED)):
            query = select(key, table.c.sealed).where(table.c.sealed.is_not(None))
            found = connection.execute(query).all()
            gone = [{"at": number} for number, token in found if not every.opens(token)]
            lost += len(gone)
            if not gone:
                continue
            if table is _OWNER:
                dossiers = update(_DOSSIER).where(_DOSSIER.c.id == bindparam("at"))
                connection.execute(dossiers.values(content_hash=""), gone)
            given_up: dict[str, str | None] = {"sealed": None}
            if table is not _OWNER and keys:  # nothing readable: it need not be locked afterwards
                given_up = {"sealed": Vault(keys[:1]).rejected_token(None, LOST_REASON, {})}
            connection.execute(update(table).where(key == bindparam("at")).values(**given_up), gone)
        token = connection.execute(
            select(_SETTING.c.value).where(_SETTING.c.key == HASH_SECRET)
        ).scalar_one_or_none()
        if token is not None and not every.opens(token):
            connection.execute(_SETTING.delete().where(_SETTING.c.key == HASH_SECRET))
        audit.append(
            connection, "key_rotated", actor=actor, detail={"given_up": lost}, keys=audit_keys
        )
    return lost


def clear_remains(database: Engine, also: Iterable[str] = ()) -> bool:
    """Rewrite the file (SQLite) or the tables (PostgreSQL), so that nothing of old rows is left.

    ``also``: other tables that something personal was taken out of. False when somebody else was
    using the database; it can be done again at any time. Back-ups taken before, PostgreSQL's
    archived WAL and the disk's own free blocks are beyond it.
    """
    try:
        if database.dialect.name == "sqlite":
            _rewrite_file(database)
        else:
            _rewrite_tables(database, also)
    except (OperationalError, sqlite3.OperationalError):
        return False
    return True


def _rewrite_file(database: Engine) -> None:
    with database.connect() as connection:
        cursor = connection.connection.cursor()  # bare: VACUUM stands in no transaction
        try:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, *_ = cursor.fetchone() or (0,)
        finally:
            cursor.close()
    if busy:
        raise sqlite3.OperationalError("database is locked")


def _rewrite_tables(database: Engine, also: Iterable[str]) -> None:
    with database.connect() as connection:
        bare = connection.execution_options(isolation_level="AUTOCOMMIT")
        bare.execute(text("SET lock_timeout = '30s'"))
        for name in (_OWNER.name, *(table.name for table in _REJECTED), *also):
            bare.execute(text(f'VACUUM (FULL) "{name}"'))
        bare.execute(text(f"VACUUM {_DOSSIER.name}"))
        bare.execute(text("RESET lock_timeout"))
