"""What the program and its reading process say to each other, over two pipes.

To the process: one line of JSON a file (:class:`Job`). From it: messages, each its kind and its
length, then so many bytes. Rows travel as Arrow IPC streams; nothing is ever unpickled.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from enum import IntEnum
from io import BytesIO
from typing import IO, Any, Final, Literal

import polars as pl

from connectors.parsing.bounds import Bounds

Format = Literal["csv", "xlsx", "jsonl"]


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
    # Sheets of the same workbook that are read whole, where they are there.
    sheets: tuple[str, ...] = ()
    # It may be an export of rejected rows, mended and sent back.
    returned: bool = False
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
        lists = {name: tuple(reading[name]) for name in ("columns", "sheets")}
        return cls(
            **given | {"reading": Reading(**reading | lists), "bounds": Bounds(**given["bounds"])}
        )


class Kind(IntEnum):
    """What a message is."""

    ABOUT = 1  # JSON: header, total, format, which sheets are there, warnings
    SHEET = 2  # rows of one of Reading.sheets, in their order
    ROWS = 3  # rows of the file itself
    DONE = 4  # JSON: peak memory in MB
    REFUSED = 5  # a sentence
    FULL = 6  # the disk is full
    FAILED = 7  # the class of an unexpected error


_HEAD: Final = struct.Struct(">BQ")
_SMALL: Final = 8 << 20


def send(stream: IO[bytes], kind: Kind, content: bytes = b"") -> None:
    """Write one message."""
    stream.write(_HEAD.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes], bounds: Bounds) -> tuple[Kind, bytes]:
    """The next message. Raises EOFError when there is none, ValueError when it is none."""
    head = _exactly(stream, _HEAD.size)
    number, size = _HEAD.unpack(head)
    kind = Kind(number)
    # Arrow's own words beside the cells.
    most = 2 * bounds.bytes + _SMALL if kind in (Kind.SHEET, Kind.ROWS) else _SMALL
    if size > most:
        raise ValueError(f"a message of {size} bytes")
    return kind, _exactly(stream, size)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content


def packed(frame: pl.DataFrame) -> bytes:
    """Rows as bytes."""
    out = BytesIO()
    frame.write_ipc_stream(out)
    return out.getvalue()


def unpacked(content: bytes) -> pl.DataFrame:
    """Rows from bytes."""
    return pl.read_ipc_stream(BytesIO(content))


def told(content: dict[str, Any]) -> bytes:
    """A small message's content."""
    return json.dumps(content).encode()
