"""What the program and its reading process say to each other, over two pipes.

To the process: one line of JSON a file (:class:`Job`). From it: messages, each its kind and its
length, then so many bytes. Rows travel as Arrow IPC streams; nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import json
import struct
from dataclasses import asdict, dataclass
from enum import IntEnum
from io import BytesIO, RawIOBase
from typing import IO, Any, Final, Literal

import polars as pl

from connectors.parsing.bounds import Bounds

Format = Literal["csv", "xlsx", "jsonl", "xes"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How one file is to be read."""

    format: Format
    encoding: str = "auto"
    delimiter: str = "auto"
    header_row: int = 1
    # None: the first.
    sheet: str | None = None
    # Names wanted of JSON messages.
    columns: tuple[str, ...] = ()
    # Paths to the list of messages in a wrapper, of which the first that leads to one counts.
    records: tuple[str, ...] = ()
    # Columns that the table has to have, each by any of its names: they tell where its header is.
    wanted: tuple[tuple[str, ...], ...] = ()
    # Regular expressions that names of its columns fit: they tell it, too.
    fitting: tuple[str, ...] = ()
    # Names of columns whose numbers are codes.
    codes: tuple[str, ...] = ()
    # Names of further such columns, also in ``sheets``: units', procedures'.
    also_codes: tuple[str, ...] = ()
    # Sheets of the same workbook that are read whole, where they are there.
    sheets: tuple[str, ...] = ()
    # It may be an export of rejected rows, mended and sent back.
    returned: bool = False
    # It is to be one: its mapping reads no other files.
    only_returned: bool = False
    # A workbook is one by its content, whatever ``format`` says.
    by_content: bool = False
    # Rows that there may be; None: as many as there are.
    most_rows: int | None = None
    most_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One file: where it is, what the user calls it, where copies may be made."""

    path: str
    name: str
    folder: str
    reading: Reading
    bounds: Bounds

    def line(self) -> bytes:
        """As it is sent."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Job:
        """As it arrives."""
        given = json.loads(line)
        reading = given.pop("reading")
        lists = {
            name: tuple(reading[name])
            for name in ("columns", "records", "sheets", "codes", "fitting")
        }
        lists["wanted"] = tuple(map(tuple, reading["wanted"]))
        return cls(
            **given | {"reading": Reading(**reading | lists), "bounds": Bounds(**given["bounds"])}
        )


class Kind(IntEnum):
    """What a message is."""

    ABOUT = 1  # JSON: header, total, format, which sheets are there, what is told
    SHEET = 2  # rows of one of Reading.sheets, in their order
    ROWS = 3  # rows of the file itself
    DONE = 4  # JSON: peak memory in MB
    REFUSED = 5  # a sentence
    FULL = 6  # the disk is full
    FAILED = 7  # the class of an unexpected error


_HEAD: Final = struct.Struct(">BQ")
_SMALL: Final = 8 << 20
_PIPE: Final = 1 << 20


def send(stream: IO[bytes], kind: Kind, content: bytes | memoryview = b"") -> None:
    """Write one message."""
    stream.write(_HEAD.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: RawIOBase, bounds: Bounds) -> tuple[Kind, bytearray]:
    """The next message. Raises EOFError when there is none, ValueError when it is none."""
    number, size = _HEAD.unpack(_exactly(stream, _HEAD.size))
    kind = Kind(number)
    # Arrow's own words beside the cells.
    most = 2 * bounds.bytes + _SMALL if kind in (Kind.SHEET, Kind.ROWS) else _SMALL
    if size > most:
        raise ValueError(f"a message of {size} bytes")
    return kind, _exactly(stream, size)


def _exactly(stream: RawIOBase, size: int) -> bytearray:
    content = bytearray(size)
    with memoryview(content) as rest:
        done = 0
        while done < size:
            count = stream.readinto(rest[done:])
            if not count:
                raise EOFError
            done += count
    return content


def packed(frame: pl.DataFrame) -> memoryview:
    """Rows as bytes; packing them takes less time than moving five times as many."""
    out = BytesIO()
    frame.write_ipc_stream(out, compression="lz4")
    return out.getbuffer()


def unpacked(content: bytes | bytearray) -> pl.DataFrame:
    """Rows from bytes."""
    return pl.read_ipc_stream(BytesIO(content))


def widen(pipe: int) -> None:
    """Let a pipe hold more than the usual 64 KB, so that the two sides change places less often."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)


def told(content: dict[str, Any]) -> bytes:
    """A small message's content."""
    return json.dumps(content).encode()
