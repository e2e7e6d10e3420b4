"""The kinds of settings that a mapping is put together from.

Every setting is described in docs/connecting-a-source.md (a test keeps it so).
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal, Self

import polars as pl
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from connectors.intake.formats import own


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _as_table(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_names), Field(min_length=1)]
"""A column's name, or several of which the first with a value counts."""


Records = Annotated[tuple[str, ...], BeforeValidator(_as_names)]
"""Paths in JSON of which the first that leads to a list counts."""


class SourceSettings(Strict):
    """The system that the records come from."""

    code: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=255)
    # Working hours after which its figures count as stale.
    fresh_within_hours: int | None = Field(default=None, gt=0)


class FileSettings(Strict):
    """How the file is written."""

    # xes: an event log in XES, or a table of events with the same columns.
    format: Literal["csv", "xlsx", "jsonl", "xes"]
    encoding: Literal["auto", "utf-8", "utf-16", "windows-1258"] = "auto"
    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"
    header_row: int = Field(default=1, ge=1)
    sheet: str | None = None
    # JSON: the path to the list of records in a wrapper, or several of which the first counts.
    records: Records = ()
    # Words that stand for an empty cell, beside those of empty.toml.
    empty: tuple[str, ...] = ()
    # An empty value means that nobody knows, or that the row says nothing of the field.
    # None: the first in tables, the second in JSON.
    empty_is: Literal["unknown", "unsaid"] | None = None
    # Of several rows of a dossier the one counts whose moment or number here is the greatest.
    latest_by: Names | None = None


class DateSettings(Strict):
    """How moments are written."""

    formats: Names = ("auto",)
    # IANA zone of moments that carry none; None: the installation's.
    zone: str | None = None
    # The hour of a due date that names only a day.
    due_time: time = time(23, 59, 59, 999000)
    # True: the source writes 00:00 where it knows only the day.
    midnight_is_no_hour: bool = False

    @field_validator("formats")
    @classmethod
    def _known_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            own(text)
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value or "UTC")
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(
                f"{value!r} không phải múi giờ IANA (ví dụ: Asia/Ho_Chi_Minh)"
            ) from error
        return value


class NumberSettings(Strict):
    """How numbers are written."""

    decimal: Literal["auto", ",", "."] = "auto"


def _compiles(value: str | None) -> str | None:
    if value == "":
        raise ValueError("không được để trống")
    if value is not None:
        try:
            pl.Series(["x"]).str.extract(value, 0)  # the engine that will run it
        except pl.exceptions.ComputeError as error:
            raise ValueError(f"biểu thức chính quy sai: {error}") from error
    return value


def has_groups(pattern: str) -> bool:
    """Whether a regular expression has groups: the first of them is the value then."""
    groups = pl.select(pl.lit("").str.extract_groups(pattern).alias("groups")).schema["groups"]
    return bool(isinstance(groups, pl.Struct) and groups.fields)


Pattern = Annotated[str | None, AfterValidator(_compiles)]
"""A regular expression that the engine understands."""


class ColumnSettings(Strict):
    """Where one field comes from."""

    column: Names
    # Without a value the row is rejected.
    required: bool = False
    # The file may lack the column altogether.
    optional: bool = False
    # Regular expression; its first group (or the whole match) is the value.
    pattern: Pattern = None


Column = Annotated[ColumnSettings, BeforeValidator(_as_table)]


Scheme = Annotated[str, Field(min_length=1, max_length=32)]
"""A set of codes (bộ mã)."""


class UnitSettings(Strict):
    """How a unit is looked up."""

    column: Names | None = None
    # One unit for all rows, instead of a column.
    constant: str | None = None
    by: Literal["code", "name", "code_or_name"] = "code_or_name"
    # Only units of this scheme, or of these, the first that knows the unit counting; "*" is any.
    scheme: Annotated[tuple[Scheme, ...], BeforeValidator(_as_names), Field(min_length=1)] = ("*",)
    # Units that are not known yet are made, in the first scheme.
    create: bool = False
    name_column: Names | None = None
    kind: Literal[
        "province",
        "department",
        "district",
        "commune",
        "office",
        "centre",
        "branch",
        "vertical",
        "group",
    ] = "office"
    level: Literal["province", "district", "commune"] | None = None
    # Code of the parent of units that are made.
    parent: str | None = None
    # The file may lack the column altogether.
    optional: bool = False
    # Regular expression; its first group (or the whole match) is looked up.
    pattern: Pattern = None
    # The source's spellings → the code or name that is looked up.
    aliases: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("cần đúng một trong hai: column hoặc constant")
        if self.create and self.scheme[0] == "*":
            raise ValueError("create = true cần scheme để biết đơn vị mới thuộc bộ mã nào")
        return self


class ProcedureSettings(Strict):
    """How the procedure and its field are looked up."""

    column: Names
    by: Literal["code", "name", "code_or_name"] = "code_or_name"
    required: bool = False
    # The file may lack the column altogether.
    optional: bool = False
    create: bool = False
    name_column: Names | None = None
    # The field (lĩnh vực) of procedures that are made; unknown fields are made too.
    field_column: Names | None = None
    # Regular expression; its first group (or the whole match) is looked up.
    pattern: Pattern = None
    # The source's spellings → the code or name that is looked up.
    aliases: dict[str, str] = Field(default_factory=dict)
