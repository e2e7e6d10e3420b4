"""A workbook as the ZIP archive that it is: looked at before anything of it is unpacked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from connectors.intake.report import IntakeRefused
from connectors.parsing.bounds import Bounds

BROKEN: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OverflowError,
    UnicodeDecodeError,
    ValueError,
)
"""What a broken archive makes its reader raise."""

_MAIN_PART: Final = "xl/workbook.xml"
_OTHERS: Final = {
    "xl/workbook.bin": "XLSB (Excel nhị phân)",
    "content.xml": "ODS (OpenDocument)",
    "word/document.xml": "DOCX (Word)",
    "ppt/presentation.xml": "PPTX (PowerPoint)",
}
_ENCRYPTED: Final = 1
_BLOCK: Final = 1 << 20


def check_archive(path: Path, bounds: Bounds) -> None:
    """Raise IntakeRefused for an archive that is broken, no workbook, or made to be unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except BROKEN as error:
        raise broken(path.name) from error
    if len(parts) > bounds.entries or sum(part.file_size for part in parts) > bounds.workbook_bytes:
        raise IntakeRefused(
            f"Tệp {path.name} quá lớn sau khi giải nén (hoặc có quá nhiều tệp bên trong) nên không "
            "được mở. Hãy chia nhỏ, hoặc xuất CSV rồi nhập lại. Chưa có gì được ghi."
        )
    names = {part.filename.lower() for part in parts}
    # Of two parts of one name each reader takes another.
    if _overlap(parts) or len(names) < len(parts):
        raise broken(path.name)
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise IntakeRefused(
            f"Tệp {path.name} được đặt mật khẩu nên không đọc được. Hãy bỏ mật khẩu rồi nhập lại."
        )
    if _MAIN_PART not in names:
        found = next((word for part, word in _OTHERS.items() if part in names), "một tệp nén khác")
        raise IntakeRefused(
            f"Tệp {path.name} không phải XLSX mà là {found}. "
            "Hãy mở và lưu lại thành .xlsx, hoặc xuất CSV, rồi nhập lại. Chưa có gì được ghi."
        )


def broken(name: str) -> IntakeRefused:
    """What is said of a workbook that cannot be opened."""
    return IntakeRefused(
        f"Tệp {name} bị hỏng hoặc không phải sổ làm việc XLSX. "
        "Hãy mở và lưu lại bằng Excel rồi nhập lại."
    )


def _overlap(parts: list[zipfile.ZipInfo]) -> bool:
    """Whether two parts share bytes: one kernel of data unpacked again and again."""
    ordered = sorted(parts, key=lambda part: part.header_offset)
    return any(
        one.header_offset + one.compress_size > other.header_offset
        for one, other in pairwise(ordered)
    )


def blocks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """A part unpacked, block by block, no further than the directory says; else BROKEN."""
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK):
            yield block
