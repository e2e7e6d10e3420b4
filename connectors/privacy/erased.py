"""That what was erased stays erased: an import neither writes its owner nor keeps its row."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, cast

import polars as pl
from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from connectors.database.erased import ErasedTrace, OwnerErased
from connectors.database.models import Dossier, Owner, Setting
from connectors.privacy.vault import FIELDS, SEALED_REASON, Vault

OWNER_ERASED: Final = cast(Table, OwnerErased.__table__)
TRACE: Final = cast(Table, ErasedTrace.__table__)
_DOSSIER: Final = cast(Table, Dossier.__table__)
_OWNER: Final = cast(Table, Owner.__table__)

ERASED_REASON: Final = (
    "Nội dung dòng này không được giữ vì có dữ liệu của người đã được xóa dữ liệu cá nhân."
)
"""What stands in the place of a rejected row's content."""

CONTENT_ERASED: Final = "erased"
"""``dossier.content_hash`` of a dossier without the owner that it was made of: the next import of
the dossier writes it anew, without owner."""

_SETTING: Final = cast(Table, Setting.__table__)
_OWN_SECRET: Final = "erasure_secret"  # noqa: S105 (the name of a setting)
_PHONE: Final = re.compile(r"(?:84|0)(\d{9})")


# -- the same thing in its spellings --------------------------------------------------------


def bare_number(text: str | None) -> str:
    """An identifying number without signs and spaces, in capitals; "" for none."""
    return "".join(
        sign for sign in unicodedata.normalize("NFKC", text or "") if sign.isalnum()
    ).upper()


def bare_phone(text: str | None) -> str:
    """A telephone number's digits with the leading 0; "" where it is none of Viet Nam."""
    found = _PHONE.fullmatch(bare_number(text))
    return f"0{found[1]}" if found else ""


def bare_name(text: str | None) -> str:
    """A name as it is compared: NFC, one space, letters' case aside."""
    return " ".join(unicodedata.normalize("NFC", text or "").split()).casefold()


def texts_in(content: Any) -> Iterator[str]:
    """Every text and number in the content of a rejected row, however deep it lies."""
    if isinstance(content, dict):
        for value in content.values():
            yield from texts_in(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from texts_in(value)
    elif content is not None and not isinstance(content, bool):
        yield str(content)


class Tracer:
    """Makes the traces of what was erased: hashes with the vault's secret.

    Without a key the secret lies in the database itself (table ``setting``), as the owners do: then
    whoever has it could try all numbers there are.
    """

    def __init__(self, connection: Connection, vault: Vault) -> None:
        own = connection.scalar(select(_SETTING.c.value).where(_SETTING.c.key == _OWN_SECRET))
        self._own = None if own is None else bytes.fromhex(own)
        self._vault = vault

    @classmethod
    def for_writing(cls, connection: Connection, vault: Vault) -> Tracer:
        """As at the first erasure of an installation without a key, whose secret is made here."""
        made = cls(connection, vault)
        if made._own is None and not vault.is_keyed:
            made._own = secrets.token_bytes(32)
            connection.execute(insert(_SETTING).values(key=_OWN_SECRET, value=made._own.hex()))
        return made

    def of(
        self, numbers: Iterable[str], pairs: Iterable[tuple[str, str]], codes: Iterable[str]
    ) -> set[str]:
        """Of identifying numbers, of names with a telephone, and of dossiers' codes."""
        said = [f"n|{number}" for number in numbers if number]
        said += [f"p|{name}|{phone}" for name, phone in pairs if name and phone]
        said += [f"c|{code}" for code in codes if code]
        found = {self._vault.hash(f"erased|{text}") for text in said if self._vault.is_keyed}
        if self._own is not None:
            own = self._own
            found |= {blake2b(text.encode(), key=own, digest_size=16).hexdigest() for text in said}
        return found


# -- erasing --------------------------------------------------------------------------------


def erase_owners(
    connection: Connection, dossiers: Sequence[int], at: datetime, *, asked: bool
) -> None:
    """Drop what is personal of these dossiers' owners, and note that it does not come again.

    Within the caller's write transaction. A dossier, its figures and the owner's kind stay.
    ``asked``: because the person asked for it.
    """
    if not dossiers:
        return
    rows = [{"at_id": number} for number in dossiers]
    nothing = dict.fromkeys((*FIELDS, "sealed"))
    connection.execute(
        update(_OWNER).where(_OWNER.c.dossier_id == bindparam("at_id")).values(**nothing), rows
    )
    connection.execute(
        update(_DOSSIER)
        .where(_DOSSIER.c.id == bindparam("at_id"))
        .values(content_hash=CONTENT_ERASED),
        rows,
    )
    connection.execute(
        delete(OWNER_ERASED).where(OWNER_ERASED.c.dossier_id == bindparam("at_id")), rows
    )
    connection.execute(
        insert(OWNER_ERASED),
        [{"dossier_id": number, "at": at, "asked": asked} for number in dossiers],
    )


def keep_traces(connection: Connection, traces: Iterable[str], at: datetime) -> None:
    """Note traces, within the caller's write transaction."""
    there = set(connection.scalars(select(TRACE.c.trace)))
    new = [{"trace": trace, "at": at} for trace in traces if trace not in there]
    if new:
        connection.execute(insert(TRACE), new)


# -- what an import asks --------------------------------------------------------------------


class Erased:
    """What was erased, as one import knows it."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        some = select(OWNER_ERASED.c.dossier_id).limit(1)
        self.is_any = connection.execute(some).first() is not None
        self._codes: set[str] | None = None
        self._traces = set(connection.scalars(select(TRACE.c.trace)))
        self._tracer = Tracer(connection, vault)

    def without_owners(self, rows: pl.DataFrame, codes: Sequence[str]) -> pl.DataFrame:
        """Typed rows (``code``, ``owner.*``), of these codes without what is personal."""
        names = [f"owner.{name}" for name in FIELDS if f"owner.{name}" in rows.columns]
        if not codes or not names:
            return rows
        own = pl.col("code").is_in(list(codes))
        return rows.with_columns(pl.when(~own).then(pl.col(name)).alias(name) for name in names)

    def speaks_of(self, row: dict[str, Any]) -> bool:
        """Whether a rejected row is of somebody, or of a dossier, that was erased."""
        if not (self.is_any or self._traces):
            return False
        cells = [text.strip() for text in texts_in(row)]
        if not self._asked().isdisjoint(cells):
            return True
        return bool(self._traces) and not self._traces.isdisjoint(self._traces_in(cells))

    def _asked(self) -> set[str]:
        """The codes of dossiers whose owner asked for it."""
        if self._codes is None:
            query = select(_DOSSIER.c.code).join(
                OWNER_ERASED, OWNER_ERASED.c.dossier_id == _DOSSIER.c.id
            )
            self._codes = set(self._connection.scalars(query.where(OWNER_ERASED.c.asked)))
        return self._codes

    def _traces_in(self, cells: Sequence[str]) -> set[str]:
        phones = {phone for cell in cells if (phone := bare_phone(cell))}
        names = {bare_name(cell) for cell in cells if " " in cell} if phones else set[str]()
        pairs = [(name, phone) for name in names for phone in phones]
        return self._tracer.of(map(bare_number, cells), pairs, cells)


def content_of(vault: Vault, row: Any) -> list[Any]:
    """Value, reason and content of a row of ``rejected_row`` or ``register_rejection``, opened."""
    if row.sealed is not None:
        return list(vault.rejected_row(row.sealed))
    content = json.loads(row.row) if isinstance(row.row, str) else row.row
    return [row.value, row.reason, content]


def emptied(vault: Vault) -> dict[str, Any]:
    """The columns of a rejected row whose content is erased; it stays counted."""
    values: dict[str, Any] = {"value": None, "reason": ERASED_REASON, "row": {}, "sealed": None}
    if vault.is_keyed:
        values["sealed"] = vault.rejected_token(None, ERASED_REASON, {})
        values["reason"] = SEALED_REASON
    return values | {"waits_for": None}
