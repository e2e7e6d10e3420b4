"""The mapping: a TOML file that says how one source's columns become our fields.

Every setting is described in docs/connecting-a-source.md (a test keeps it so).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import (
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from connectors.intake import paths
from connectors.intake.faults import faults, syntax
from connectors.intake.faults import unknown as told_unknown
from connectors.intake.fetch_kinds import FolderSettings, RestSettings, SqlSettings
from connectors.intake.files import mapping_text
from connectors.intake.places import find
from connectors.intake.report import IntakeRefused
from connectors.intake.setting_kinds import (
    Column,
    ColumnSettings,
    DateSettings,
    FileSettings,
    Names,
    NumberSettings,
    ProcedureSettings,
    Scheme,
    SourceSettings,
    Strict,
    UnitSettings,
)
from connectors.intake.words import built_in_words

SHIPPED: Final = Path(__file__).parent / "mappings"

MOMENT_FIELDS: Final = (
    "submitted_at",
    "received_at",
    "due_original_at",
    "due_at",
    "due_changed_at",
    "ended_at",
    "collected_at",
    "recorded_at",
)
DUE_FIELDS: Final = frozenset({"due_original_at", "due_at", "old_due_at", "new_due_at"})
"""A date without an hour means the end of that day here, its beginning elsewhere."""

VALUE_FIELDS: Final = (
    "channel",
    "end_kind",
    "late_cause",
    "online_payment",
    "digitised",
    "data_reused",
)
TEXT_FIELDS: Final = ("channel_source",)
DOSSIER_FIELDS: Final = (
    "code",
    *MOMENT_FIELDS,
    *VALUE_FIELDS,
    *TEXT_FIELDS,
    "status",
    "officer",
    "officer_name",
)
OWNER_FIELDS: Final = ("kind", "name", "phone", "address", "national_id")
CHILD_FIELDS: Final = {
    "pauses": ("kind", "from_at", "to_at", "document_no", "old_due_at", "new_due_at"),
    "steps": ("name", "officer", "from_at", "due_at", "to_at", "sequence"),
    "apologies": ("issued_at", "number", "reason", "new_due_at", "signer"),
}
CONSTANT_FIELDS: Final = ("channel", "end_kind", "channel_source", "officer")
CATALOGUE_FIELDS: Final = {
    "units": (
        "code",
        "name",
        "short_name",
        "kind",
        "level",
        "parent",
        "valid_from",
        "valid_to",
        "latitude",
        "longitude",
    ),
    "procedures": (
        "code",
        "name",
        "version",
        "field",
        "level",
        "limit_value",
        "limit_unit",
        "valid_from",
        "valid_to",
    ),
}


class MappingError(IntakeRefused):
    """The mapping itself cannot be used; the message names the setting, in Vietnamese."""


class Units(Strict):
    """The three units of a dossier."""

    resolving: UnitSettings
    receiving: UnitSettings | None = None
    applicant: UnitSettings | None = None


class ChildSettings(Strict):
    """Rows that belong to a dossier: steps, pauses or apologies."""

    kind: Literal["steps", "pauses", "apologies"]
    # "main": from the dossier's own row; "events": from a second file or query; "same": from
    # every row of the main file, of which file.latest_by says which is the dossier's own.
    rows: Literal["main", "events", "same"] = "main"
    # Name of the second file beside the main one, when --events does not give it.
    file: str | None = None
    # Query of the second table (pull only).
    query: str | None = None
    # Column of the second file that holds the dossier's code.
    key: Column | None = None
    columns: dict[str, Column]
    # The same value for all rows, for example kind = "supplement".
    constants: dict[str, str] = Field(default_factory=dict)
    unit: UnitSettings | None = None
    # Steps that know only one moment: "ends" (each begins where the one before ended) or
    # "starts" (each ends where the next begins).
    chain: Literal["ends", "starts"] | None = None
    # Field of the dossier that its first row here gives, where its own row does not.
    first: Literal["received_at", "submitted_at"] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        allowed = CHILD_FIELDS[self.kind]
        _known_fields({**self.columns, **self.constants}, allowed)
        if self.is_apart and self.key is None:
            raise ValueError(f'rows = "{self.rows}" cần key: cột mã hồ sơ của các dòng này')
        if self.first and not self.is_apart:
            raise ValueError('first chỉ dùng với rows = "events" hoặc "same"')
        given = {*self.columns, *self.constants}
        if self.begin not in self.columns:
            raise ValueError(f"thiếu columns.{self.begin}")
        names = [name for item in child_columns(self) for name in item.names]
        if self.is_list and len({name.partition("[]")[0] for name in names}) > 1:
            raise ValueError("mọi cột phải nằm trong cùng một danh sách a[]")
        if self.kind == "pauses" and "kind" in self.constants:
            _known_values("constants.kind", "pause_kind", [self.constants["kind"]])
        if self.kind == "pauses" and "kind" not in given:
            raise ValueError(
                'thiếu loại tạm dừng: constants.kind = "supplement", "finance" hoặc "other"'
            )
        if self.kind == "steps" and "name" not in given:
            raise ValueError("thiếu columns.name hoặc constants.name: tên bước xử lý")
        return self

    @property
    def begin(self) -> str:
        """The moment without which there is no such row."""
        if self.kind == "apologies":
            return "issued_at"
        return "to_at" if self.kind == "steps" and self.chain == "ends" else "from_at"

    @property
    def is_apart(self) -> bool:
        """Whether its rows are others than the dossier's own."""
        return self.rows != "main"

    @property
    def is_list(self) -> bool:
        """Whether its rows stand in a list inside the dossier's row (``a[].b``)."""
        return any(paths.is_list(name) for name in self.begins_in())

    def begins_in(self) -> tuple[str, ...]:
        """The columns that have its first moment."""
        return self.columns[self.begin].column


class MessageSettings(Strict):
    """Several messages a dossier, each with a status of the national exchange."""

    status: Names
    # The moment of the message.
    at: Names | None = None
    # The source's status codes → 1…10, where they differ.
    statuses: dict[str, int] = Field(default_factory=dict)

    @field_validator("statuses")
    @classmethod
    def _in_range(cls, value: dict[str, int]) -> dict[str, int]:
        wrong = [f"{code} → {status}" for code, status in value.items() if not 1 <= status <= 10]
        if wrong:
            raise ValueError(f"trạng thái phải từ 1 đến 10: {', '.join(wrong)}")
        return value


class WithdrawnSettings(Strict):
    """Rows that ask to take their dossier out of the figures: entered twice, cancelled."""

    # Where it says yes, the row asks so, and says nothing else.
    column: Names
    reason: Names | None = None


class CatalogueSettings(Strict):
    """A sheet of the same workbook that lists units or procedures to know beforehand."""

    kind: Literal["units", "procedures"]
    sheet: str
    scheme: Scheme | None = None
    columns: dict[str, Column]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _known_fields(self.columns, CATALOGUE_FIELDS[self.kind])
        for needed in ("code", "name"):
            if needed not in self.columns:
                raise ValueError(f"thiếu columns.{needed}")
        if self.kind == "units" and not self.scheme:
            raise ValueError("thiếu scheme: bộ mã của các đơn vị")
        return self


class Mapping(Strict):
    """One source system's mapping."""

    source: SourceSettings
    file: FileSettings | None = None
    sql: SqlSettings | None = None
    rest: RestSettings | None = None
    folder: FolderSettings | None = None
    dates: DateSettings = DateSettings()
    numbers: NumberSettings = NumberSettings()
    columns: dict[str, Column]
    constants: dict[str, str] = Field(default_factory=dict)
    # Per field: the source's word → ours; "" means unknown; "*" is any other word.
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    units: Units
    procedure: ProcedureSettings | None = None
    owner: dict[str, Column] = Field(default_factory=dict)
    children: tuple[ChildSettings, ...] = ()
    messages: MessageSettings | None = None
    withdrawn: WithdrawnSettings | None = None
    catalogue: tuple[CatalogueSettings, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _known_fields(self.columns, DOSSIER_FIELDS)
        _known_fields(self.constants, CONSTANT_FIELDS)
        _known_fields(self.owner, OWNER_FIELDS)
        _known_fields(self.values, (*VALUE_FIELDS, "pause_kind", "owner_kind"))
        for name, table in self.values.items():
            _known_values(f"values.{name}", _kind_of(name), table.values())
        for name in ("channel", "end_kind"):
            if name in self.constants:
                _known_values(f"constants.{name}", name, [self.constants[name]])
        if (self.file is None) == (self.sql is None):
            raise ValueError("cần đúng một trong hai bảng: [file] (nhập tệp) hoặc [sql] (kéo)")
        self._fetched_one_way()
        if self.messages is not None and self.file and self.file.empty_is == "unknown":
            raise ValueError('[messages] luôn đọc ô trống là không nói gì: bỏ empty_is = "unknown"')
        if "code" not in self.columns:
            raise ValueError("thiếu columns.code: cột mã hồ sơ")
        dated = {"received_at", "submitted_at"} & set(self.columns)
        if not dated and self.messages is None and not any(c.first for c in self.children):
            raise ValueError("thiếu columns.received_at: cột ngày tiếp nhận")
        if self.messages is not None and any(c.is_apart for c in self.children):
            raise ValueError('[messages] không dùng cùng children rows = "events" hoặc "same"')
        if any(c.rows == "same" for c in self.children) and not (self.file and self.latest_by):
            raise ValueError(
                'children rows = "same" cần file.latest_by: dòng nào là dòng mới nhất của hồ sơ'
            )
        if self.file is not None and self.file.format == "jsonl":
            for name in (name for item in self.columns_read() for name in item.names):
                paths.steps(name)
        for child in self.children:
            if child.rows == "events" and self.sql is not None and not child.query:
                raise ValueError('children rows = "events" của [sql] cần query')
        return self

    def _fetched_one_way(self) -> None:
        ways = [self.sql, self.rest, self.folder]
        if sum(way is not None for way in ways) > 1:
            raise ValueError("chỉ được một trong các bảng [sql], [rest], [folder]")
        by_files = self.rest or self.folder
        if by_files and any(child.rows == "events" for child in self.children):
            raise ValueError('[rest] và [folder] không dùng cùng children rows = "events"')
        if self.rest and (self.file is None or self.file.format != "jsonl"):
            raise ValueError('[rest] cần [file] format = "jsonl"')

    @property
    def fetched(self) -> SqlSettings | RestSettings | FolderSettings | None:
        """How the source is fetched by itself; None: somebody brings its files."""
        return self.sql or self.rest or self.folder

    @property
    def latest_by(self) -> tuple[str, ...]:
        """The column that says which of several rows of a dossier counts; empty: none does."""
        settings = self.file or self.sql
        given = (settings.latest_by if settings else None) or ()
        rest = self.rest
        if given or rest is None or self.messages is not None or rest.watermark_kind == "text":
            return given
        return (rest.watermark,) if rest.watermark else ()

    @property
    def unsaid(self) -> bool:
        """Whether an empty value says nothing, so that what is known stays."""
        if self.messages is not None:
            return True
        given = self.file.empty_is if self.file else None
        is_json = self.file is not None and self.file.format == "jsonl"
        return given == "unsaid" or (given is None and is_json)

    def fields_written(self) -> list[str]:
        """The dossier's and the owner's (``owner.*``) columns that the mapping speaks of."""
        names = {"officer": "officer_id"}
        found = [names.get(name, name) for name in self.columns if name != "officer_name"]
        found += [f"{name}_unit_id" for name, unit in self.units if unit is not None]
        found += ["procedure_id"] if self.procedure is not None else []
        found += [child.first for child in self.children if child.first]
        found = list(dict.fromkeys(found))
        return [*found, *(f"owner.{name}" for name in self.owner)]

    def empty_words(self) -> tuple[str, ...]:
        """The source's own words for an empty cell."""
        return (self.file or self.sql or FileSettings(format="csv")).empty

    def columns_read(self) -> list[Wanted]:
        """The main file's columns that the mapping speaks of, field by field."""
        wanted = [_wanted(column) for column in self.columns.values()]
        wanted += [_wanted(column) for column in self.owner.values()]
        for unit in (self.units.resolving, self.units.receiving, self.units.applicant):
            wanted += _unit_columns(unit)
        if self.procedure is not None:
            procedure = self.procedure
            wanted.append(Wanted(procedure.column, procedure.optional))
            wanted += _named_columns(procedure.name_column, procedure.field_column)
        wanted += _named_columns(self.latest_by or None)
        if self.messages is not None:
            message = self.messages
            wanted += _named_columns(message.status, message.at)
        if self.withdrawn is not None:  # a file in which nobody asks may lack the columns
            asked = (self.withdrawn.column, self.withdrawn.reason)
            wanted += [Wanted(names, True) for names in asked if names is not None]
        if self.sql is not None and self.sql.watermark:
            wanted.append(Wanted((self.sql.watermark,), False))
        for child in self.children:
            if child.rows == "main":
                wanted += child_columns(child)
        return wanted


@dataclass(frozen=True, slots=True)
class Wanted:
    """Columns of which the first with a value counts; one must exist unless optional."""

    names: tuple[str, ...]
    optional: bool


def child_columns(child: ChildSettings) -> list[Wanted]:
    """The columns that a child table reads."""
    columns = [*([child.key] if child.key else []), *child.columns.values()]
    return [_wanted(column) for column in columns] + _unit_columns(child.unit)


def _wanted(column: ColumnSettings) -> Wanted:
    return Wanted(column.column, column.optional)


def _unit_columns(unit: UnitSettings | None) -> list[Wanted]:
    if unit is None or unit.column is None:
        return []
    return [Wanted(unit.column, unit.optional), *_named_columns(unit.name_column)]


def _named_columns(*names: tuple[str, ...] | None) -> list[Wanted]:
    return [Wanted(name, False) for name in names if name is not None]


def _kind_of(field: str) -> str:
    """The list of words that a field's values are of."""
    return "boolean" if field in ("online_payment", "digitised", "data_reused") else field


def _known_values(place: str, kind: str, given: Iterable[str]) -> None:
    """Values are our own words; "" means unknown."""
    allowed = sorted(set(built_in_words(kind).values()))
    wrong = [value for value in given if value and value not in allowed]
    if wrong:
        raise ValueError(
            f"{place}: không có giá trị {told_unknown(wrong, allowed)}; "
            f"dùng một trong: {', '.join(allowed)}"
        )


def _known_fields(given: dict[str, Any], allowed: tuple[str, ...]) -> None:
    wrong = [name for name in given if name not in allowed]
    if wrong:
        raise ValueError(
            f"không có trường {told_unknown(wrong, allowed)}; "
            f"các trường dùng được: {', '.join(allowed)}"
        )


def available_mappings() -> dict[str, str]:
    """Shipped mappings: name to give to ``load_mapping`` → name of the source, by name."""
    return {path.stem: load_mapping(path).source.name for path in sorted(SHIPPED.glob("*.toml"))}


def load_mapping(name_or_path: str | Path, own: Path | None = None) -> Mapping:
    """Read and check a mapping, by name (in the folder ``own``, then a shipped one) or by a path.

    Raises MappingError with every fault found, in Vietnamese.
    """
    try:
        path = find(name_or_path, own, SHIPPED)
    except IntakeRefused as error:
        raise MappingError(str(error)) from error
    try:
        content = tomllib.loads(mapping_text(path))
    except UnicodeDecodeError as error:
        raise MappingError(f"Ánh xạ {path.name} phải được lưu bằng mã UTF-8.") from error
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise MappingError(f"Ánh xạ {path.name} {syntax(error)}.") from error
    except RecursionError as error:
        raise MappingError(f"Ánh xạ {path.name} lồng quá nhiều lớp ngoặc.") from error
    if (sign := _control(content)) is not None:
        raise MappingError(f"Ánh xạ {path.name} có ký tự điều khiển trong “{sign}”; hãy xóa đi.")
    if "register" in content and "source" not in content:
        raise MappingError(
            f"Ánh xạ {path.name} là của một sổ (register), không phải của hồ sơ. Nhập bằng lệnh "
            ".venv/bin/python -m connectors register import, hoặc ở màn hình của sổ đó."
        )
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        told = faults(error, Mapping)
        raise MappingError(f"Ánh xạ {path.name} chưa dùng được:\n{told}") from None


def _control(content: Any) -> str | None:
    """A text with a sign that no database keeps, somewhere in a mapping; else None."""
    if isinstance(content, str):
        return ascii(content[:60]) if "\x00" in content else None
    if isinstance(content, dict):
        content = [*content, *content.values()]
    if isinstance(content, list):
        return next((found for item in content if (found := _control(item)) is not None), None)
    return None
