"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class UtcMoment(TypeDecorator[datetime]):
    """A moment in UTC, to the millisecond.

    PostgreSQL keeps it as ``timestamptz``. SQLite has no such type and its text form costs
    both space and the import's speed, so there it is an integer: milliseconds since
    1970-01-01 UTC. In Python it is always an aware ``datetime`` in UTC; a naive one is
    refused, because whose clock it was read from cannot be known any more.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; a moment in the database needs one")
        milliseconds = (value - _EPOCH) // _MILLISECOND
        if dialect.name == "sqlite":
            return milliseconds
        return _EPOCH + milliseconds * _MILLISECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return _EPOCH + int(value) * _MILLISECOND
        moment: datetime = value
        return moment.astimezone(UTC)
