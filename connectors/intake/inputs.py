"""Where rows come from: an incoming file, or a read-only database."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
from psycopg.errors import ConnectionTimeout
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from connectors.database.patience import ServerSilent, make_patient
from connectors.intake import exported, readers
from connectors.intake.fetch_kinds import SqlSettings
from connectors.intake.files import check_present, file_hash
from connectors.intake.headers import Headers, some
from connectors.intake.mapping import Mapping, MappingError, Wanted, child_columns
from connectors.intake.report import IntakeRefused
from connectors.intake.setting_kinds import FileSettings
from connectors.intake.words import fold
from connectors.parsing.child import Parsed, parsed, turn
from connectors.parsing.protocol import Reading
from connectors.settings import SettingsError, load_settings, variable


@dataclass(slots=True)
class Rows:
    """Rows of one file or query: the columns' names and the frames of texts."""

    header: list[str]
    frames: Iterator[pl.DataFrame]
    # How many rows there are, as far as is known.
    total: int | None = None


@dataclass(slots=True)
class Incoming:
    """All that one import reads."""

    main: Rows
    # Second files, by the place of their child table in the mapping.
    events: dict[int, Rows] = field(default_factory=dict)
    # Sheets that list units and procedures, in the mapping's order; None: not in the workbook.
    catalogue: list[pl.DataFrame | None] = field(default_factory=list)
    file_name: str | None = None
    # Reckoned in a thread of its own while the rows are read; asked for at the end.
    file_sha256: Future[str] | None = None
    warnings: list[str] = field(default_factory=list)
    read_as: list[str] = field(default_factory=list)
    left_aside: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    # Filled while the rows of a pull are read.
    watermark: Watermark | None = None
    # Of a pull: the watermark before it, and whether it reads everything all the same.
    last: str | None = None
    whole: bool = False
    # A file can be read ahead in another thread; a database's cursor cannot.
    threaded: bool = True


# -- files -------------------------------------------------------------------------------------


@contextmanager
def open_file(path: Path, mapping: Mapping, events: Path | None) -> Iterator[Incoming]:
    """The incoming file, looked at as far as can be before anything is written.

    Of a mapping that pulls from a database only its rejected rows come as a file, mended. Raises
    IntakeRefused for a file that cannot be taken as a whole.
    """
    settings = mapping.file or FileSettings(format="csv")
    check_present(path)
    with ExitStack() as stack:
        stack.enter_context(turn())
        main_reading = _main_reading(mapping, settings)
        main = stack.enter_context(parsed(path, main_reading))
        incoming = Incoming(
            _rows(main),
            catalogue=main.sheets,
            file_name=path.name,
            warnings=main.warnings,
            read_as=main.read_as,
            left_aside=main.left_aside,
            odd=main.odd,
        )
        hashing = stack.enter_context(ThreadPoolExecutor(max_workers=1))
        incoming.file_sha256 = hashing.submit(file_hash, path)
        for place, child in enumerate(mapping.children):
            if child.rows == "same":
                wanted = child_columns(child)
                reading = replace(main_reading, columns=_names(wanted), wanted=_groups(wanted))
                again = stack.enter_context(parsed(path, replace(reading, sheets=())))
                incoming.events[place] = _rows(again)
        for place, child in enumerate(mapping.children):
            if child.rows == "events" and mapping.file is not None:
                second = events or _beside(path, child.file)
                if second is None:
                    incoming.warnings.append(
                        f"Không có tệp thứ hai cho {child.kind} ({child.file}); "
                        "chỉ nhập hồ sơ, những gì đã có thì giữ nguyên. Đưa tệp bằng --events."
                    )
                    continue
                check_present(second)
                wanted = child_columns(mapping.children[place])
                found = stack.enter_context(
                    parsed(second, _second_reading(second, settings, wanted))
                )
                incoming.warnings += found.warnings
                for own, theirs in (
                    (incoming.read_as, found.read_as),
                    (incoming.left_aside, found.left_aside),
                    (incoming.odd, found.odd),
                ):
                    own += [f"Tệp thứ hai “{second.name}”: {told}" for told in theirs]
                incoming.events[place] = _rows(found)
        _check_header(incoming, mapping, named=main.format != "jsonl")
        yield incoming


def no_rows(mapping: Mapping) -> Incoming:
    """What a source brings that has nothing new."""
    return Incoming(Rows(list(_names(mapping.columns_read())), iter(())))


def _rows(found: Parsed) -> Rows:
    return Rows(found.header, found.frames, found.total)


_NOT_READING: Final = {"empty", "empty_is", "latest_by"}
"""Settings of a file that speak of its values, not of how it is read."""


def _main_reading(mapping: Mapping, settings: FileSettings) -> Reading:
    is_workbook = settings.format == "xlsx"
    return Reading(
        **settings.model_dump(exclude=_NOT_READING),
        columns=_names(mapping.columns_read()),
        wanted=_groups(mapping.columns_read()),
        codes=mapping.columns["code"].column,
        also_codes=_list_codes(mapping),
        sheets=tuple(item.sheet for item in mapping.catalogue) if is_workbook else (),
        returned=True,
        only_returned=mapping.file is None,
    )


def _list_codes(mapping: Mapping) -> tuple[str, ...]:
    """Columns with codes of units and procedures: a number there keeps the zeros of its cell."""
    lists = [item.columns[name] for item in mapping.catalogue for name in _CODES & {*item.columns}]
    looked_up = [unit.column for _, unit in mapping.units if unit is not None]
    names = [*(item.column for item in lists), *filter(None, looked_up)]
    return tuple(dict.fromkeys(name for group in names for name in group))


_CODES: Final = {"code", "parent"}


def _second_reading(path: Path, settings: FileSettings, wanted: list[Wanted]) -> Reading:
    if path.suffix.lower() == ".xlsx":
        return Reading(format="xlsx", columns=_names(wanted), wanted=_groups(wanted))
    given = settings.model_dump(exclude=_NOT_READING) | {"header_row": 1, "sheet": None}
    return Reading(**given, columns=_names(wanted), wanted=_groups(wanted))


def _groups(wanted: list[Wanted]) -> tuple[tuple[str, ...], ...]:
    """Columns that tell where the header is: needed ones, which every file of the source has."""
    return tuple(dict.fromkeys(item.names for item in wanted if not item.optional))


def _names(wanted: list[Wanted]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for item in wanted for name in item.names))


def _beside(path: Path, name: str | None) -> Path | None:
    second = path.parent / name if name else None
    return second if second is not None and second.is_file() else None


def _check_header(incoming: Incoming, mapping: Mapping, *, named: bool = True) -> None:
    """``named``: the rows have a header; messages in JSON have none."""
    if named:
        wanted = mapping.columns_read()
        read_as = " ".join((*incoming.read_as[:1], *incoming.left_aside))
        _refuse_missing(incoming.main.header, wanted, incoming.file_name or "", read_as)
        read = {fold(name) for item in wanted for name in item.names}
        read |= {fold(name) for name in exported.ADDED}
        same = [child_columns(child) for child in mapping.children if child.rows == "same"]
        read |= {fold(name) for items in same for item in items for name in item.names}
        extra = [name for name in incoming.main.header if fold(name) not in read]
        if extra:
            told = some(extra, 20)
            incoming.left_aside.append(f"Các cột không có trong ánh xạ, bỏ qua: {told}.")
        for place, rows in incoming.events.items():
            _refuse_missing(rows.header, child_columns(mapping.children[place]), "tệp thứ hai")


def _refuse_missing(
    header: list[str], wanted: list[Wanted], file_name: str, read_as: str = ""
) -> None:
    """``read_as``: how the file was read, and what of it was not, such as hidden sheets."""
    present = Headers(header)
    missing = [
        present.missed(*item.names)
        for item in dict.fromkeys(wanted)
        if not item.optional and not present.has_any(item.names)
    ]
    if missing:
        raise IntakeRefused(
            f"Thiếu cột trong {file_name}: {', '.join(missing)}. "
            f"Tệp có các cột: {present.listed()}. {read_as and f'Cách đọc: {read_as} '}"
            "Hãy xuất lại đủ cột, hoặc sửa tên cột trong ánh xạ. Chưa có gì được ghi."
        )


# -- databases ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Watermark:
    """How far a pull has read: the greatest value of the watermark column."""

    kind: str
    value: Any = None
    # A row from the future, a typing error, must not make the pull pass over all others.
    not_after: datetime = field(default_factory=lambda: now_utc() + timedelta(days=1))

    def see(self, value: Any) -> None:
        """Take note of one row's value."""
        if value is None or self._is_ahead(value):
            return
        try:
            newer = self.value is None or value > self.value
        except TypeError:  # the source's column got a zone, or lost it, since the last pull
            newer = True
        if newer:
            self.value = value

    def _is_ahead(self, value: Any) -> bool:
        if not isinstance(value, datetime):
            return False
        return (value if value.tzinfo else value.replace(tzinfo=UTC)) > self.not_after

    def text(self) -> str | None:
        """As it is kept in ``import_batch.watermark``."""
        if isinstance(self.value, datetime):
            return self.value.isoformat()
        return None if self.value is None else str(self.value)


_FETCH: Final = 20_000


@contextmanager
def open_pull(mapping: Mapping, since: str | None) -> Iterator[Incoming]:
    """The rows of a read-only source at or after the watermark ``since`` (None: all).

    Rows at the watermark itself are read again, so that none that shares its value is lost.
    Nothing is ever written there. Raises IntakeRefused, in Vietnamese.
    """
    if mapping.sql is None:
        raise IntakeRefused(
            f"Ánh xạ của “{mapping.source.name}” là để nhập tệp; hãy dùng lệnh import."
        )
    source = _source_engine(mapping.sql)
    try:
        with _reading(mapping.source.name):
            connection = source.connect()
        with connection:
            with _reading(mapping.source.name):
                _read_only(connection)
                incoming = _pulled(connection, mapping, mapping.sql, since)
            yield incoming
            connection.rollback()
    finally:
        source.dispose()


@contextmanager
def _reading(source: str) -> Iterator[None]:
    """Tell an error of the source's database from one of ours."""
    try:
        yield
    except SQLAlchemyError as error:
        original = getattr(error, "orig", None)
        reason = str(original or error).splitlines()[0]
        if isinstance(original, ServerSilent | ConnectionTimeout):
            reason = "máy chủ của nguồn không trả lời trong thời hạn"
        raise IntakeRefused(
            f"Không đọc được nguồn “{source}”: {reason}. "
            "Hãy kiểm tra địa chỉ, quyền đọc và câu truy vấn. Chưa có gì được ghi."
        ) from error


def _source_engine(settings: SqlSettings) -> Engine:
    url = settings.url
    if url.startswith("env:"):
        name = url.removeprefix("env:")
        try:
            url = variable(name)
        except SettingsError as error:
            raise MappingError(str(error)) from error
        if not url:
            raise MappingError(
                f"Chưa đặt {name}, nơi có địa chỉ của nguồn: không có trong môi trường, cũng không "
                "có trong tệp cấu hình."
            )
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            check_present(Path(parsed.database))  # SQLite would make an empty file of this name
        source = create_engine(parsed)
        if source.dialect.driver == "psycopg":
            make_patient(source, load_settings().patience)
        return source
    except (ArgumentError, NoSuchModuleError) as error:
        raise MappingError("sql.url không phải địa chỉ SQLAlchemy dùng được.") from error


def _read_only(connection: Connection) -> None:
    match connection.dialect.name:
        case "sqlite":
            connection.exec_driver_sql("PRAGMA query_only = ON")
        case "postgresql" | "mysql" | "mariadb" | "oracle":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        case _:
            pass  # other systems: the account's rights, and only SELECT is ever sent


def _pulled(
    connection: Connection, mapping: Mapping, settings: SqlSettings, since: str | None
) -> Incoming:
    condition, values = _condition(settings, since, connection.dialect.name)
    query = f"SELECT * FROM ({settings.query}) q{condition}"  # noqa: S608 (the mapping's SELECT)
    watermark = Watermark(settings.watermark_kind)
    watermark.see(comparable(since, settings.watermark_kind))
    header = _columns(connection, query, values)
    column = _index(header, settings.watermark)
    name = mapping.source.name
    frames = _query_frames(connection, query, values, header, watermark, column, name)
    incoming = Incoming(Rows(header, frames), watermark=watermark, threaded=False)
    _check_header(incoming, mapping)
    code = mapping.columns["code"].column[0]
    for place, child in enumerate(mapping.children):
        if child.rows == "events" and child.query and child.key:
            second = (
                f"SELECT * FROM ({child.query}) c WHERE c.{child.key.column[0]} IN "  # noqa: S608
                f"(SELECT q.{code} FROM ({settings.query}) q{condition})"
            )
            names = _columns(connection, second, values)
            _refuse_missing(names, child_columns(child), "truy vấn thứ hai")
            frames = _query_frames(connection, second, values, names, None, None, name)
            incoming.events[place] = Rows(names, frames)
    return incoming


def _condition(
    settings: SqlSettings, since: str | None, dialect: str
) -> tuple[str, dict[str, Any]]:
    if settings.watermark is None or since is None:
        return "", {}
    value: Any = since
    if settings.watermark_kind == "moment":
        value = datetime.fromisoformat(since) - timedelta(minutes=settings.overlap_minutes)
    elif settings.watermark_kind == "number":
        value = Decimal(since)
        if value == int(value):
            value = int(value)
        elif dialect == "sqlite":  # it knows no decimals, and its own are floats
            value = float(value)
    column = f"q.{settings.watermark}"
    return f" WHERE {column} >= :since OR {column} IS NULL", {"since": value}


def _columns(connection: Connection, query: str, values: Map[str, Any]) -> list[str]:
    probe = f"SELECT * FROM ({query}) p WHERE 1 = 0"  # noqa: S608 (see _pulled)
    return list(connection.execute(text(probe), values).keys())


def _index(header: list[str], name: str | None) -> int | None:
    if name is None:
        return None
    folded = [fold(column) for column in header]
    if fold(name) not in folded:
        raise MappingError(f"Câu truy vấn không có cột mốc “{name}” (sql.watermark).")
    return folded.index(fold(name))


def _query_frames(
    connection: Connection,
    query: str,
    values: Map[str, Any],
    header: list[str],
    watermark: Watermark | None,
    column: int | None,
    source: str,
) -> Iterator[pl.DataFrame]:
    with _reading(source):
        result = connection.execution_options(stream_results=True).execute(text(query), values)
        partitions = result.partitions(_FETCH)
    first = 1
    while True:
        with _reading(source):
            rows = next(partitions, None)
        if rows is None:
            return
        if watermark is not None and column is not None:
            for row in rows:
                watermark.see(comparable(row[column], watermark.kind))
        yield readers.text_frame([tuple(row) for row in rows], header, first)
        first += len(rows)


def comparable(value: Any, kind: str) -> Any:
    """A watermark's value in a type that compares the right way (SQLite gives texts)."""
    if value is None:
        return None
    if kind == "number":
        return Decimal(str(value))
    if kind == "text":
        return str(value)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment


def now_utc() -> datetime:
    """The wall clock, to the millisecond: a batch says when it ran."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
