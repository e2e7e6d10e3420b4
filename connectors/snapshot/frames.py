"""Rows of a query as a frame of the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, Select

__all__ = ["frame_of"]


def frame_of(
    connection: Connection,
    query: Select[*tuple[Any, ...]],
    schema: Mapping[str, pl.DataType | type[pl.DataType]],
    zone: ZoneInfo,
) -> pl.DataFrame:
    """The rows, in order, under the schema's names; moments become local, without a zone."""
    rows = [tuple(_local(value, zone) for value in row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def _local(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    return value
