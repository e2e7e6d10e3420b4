"""How a source is fetched by itself: the settings ``[sql]``, ``[rest]`` and ``[folder]``.

Every setting is described in docs/connecting-a-source.md (a test keeps it so).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from connectors.intake.setting_kinds import Names, Strict


class Followed(Strict):
    """A source that says which of its rows are new."""

    # Column (in JSON: path) by which new and changed rows are known.
    watermark: str | None = None
    watermark_kind: Literal["moment", "number", "text"] = "moment"
    # Also re-read this much before the watermark, for rows committed late.
    overlap_minutes: int = Field(default=10, ge=0, le=527_040)


class SqlSettings(Followed):
    """A read-only database to pull from."""

    # SQLAlchemy URL; "env:NAME" reads it from the environment, so that no password stands here.
    url: str
    query: str
    # Words that stand for an empty cell, beside those of empty.toml.
    empty: tuple[str, ...] = ()
    # Of several rows of a dossier the one counts whose moment or number here is the greatest.
    latest_by: Names | None = None

    @field_validator("query")
    @classmethod
    def _reads_only(cls, value: str) -> str:
        return read_only_query(value)


def read_only_query(value: str) -> str:
    """The query without a closing semicolon; raises ValueError when it is not one SELECT."""
    query = value.strip().rstrip(";").strip()
    if not re.match(r"(?is)(select|with)\b", query):
        raise ValueError("chỉ được đọc: câu truy vấn phải bắt đầu bằng SELECT hoặc WITH")
    if ";" in query:
        raise ValueError("chỉ được một câu truy vấn, không có dấu ; ở giữa")
    return query


def _absolute(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError("phải là đường dẫn đầy đủ, bắt đầu bằng /")
    return value


class FolderSettings(Strict):
    """A folder into which another system puts files."""

    path: Annotated[Path, AfterValidator(_absolute)]
    # Names of the files that are meant, with * and ?.
    pattern: str = Field(default="*", min_length=1, max_length=255)
    # Where a file that was taken goes: into da-nhan/, or nowhere.
    after: Literal["move", "keep"] = "move"
