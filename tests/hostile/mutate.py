"""Hostile files by a seeded generator: the shipped templates, filled in and then spoiled.

What is spoiled: sizes, dimensions, types, encodings, and where the file ends.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from connectors.intake.template import build_template
from connectors.registers import REGISTERS, template
from connectors.registers.examples import FOLDER
from tests.hostile.books import cell

Parts = dict[str, bytes]

EVIL: Final = (
    "", " ", "\u200b", "NaN", "-1", "1e999", "9" * 5000, "0x41", "31/02/2025", "99/99/9999",
    "10/06/0001 25:61", "2025-06-05T08:00:00+99:00", "45000.999999", "=1+1", "'--", "../../etc",
    "\u202egnp.exe", "é" * 4_000, "👩‍👩‍👧‍👦", "Thµnh phè Hµ Néi ®Êt", "%s%n{0}", "１２",
    "\ufeff", "null", "H26.1",
)  # fmt: skip
_ROWS: Final = (
    "HS-{n}", "05/06/2025 08:00", "Phường Hà Đông", "1", "Trực tuyến", "Có", "H26.1", "1.001",
    "10/06/2025", "Nguyễn Văn A", "",
)  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """One file; ``register``: whose it is, None for dossiers."""

    name: str
    content: bytes
    register: str | None


def hostile(seed: int) -> Hostile:
    """The file of this seed."""
    dice = random.Random(seed)
    register = dice.choice([None, *REGISTERS]) if dice.random() < 0.6 else None
    if register is None or dice.random() < 0.5:
        content = _workbook(dice, register)
        name = dice.choice(["a.xlsx"] * 8 + ["a.csv", "..\\..\\a.xlsx"])
    else:
        content = _text(dice, register)
        name = dice.choice(["a.csv"] * 8 + ["a.xlsx", "../a.csv", "a\x00.csv", "á" * 300 + ".csv"])
    if dice.random() < 0.2:
        content = dice.choice(_ENDS)(dice, content)
    return Hostile(name, content, register)


# -- workbooks ---------------------------------------------------------------------------------


def _workbook(dice: random.Random, register: str | None) -> bytes:
    parts = dict(_template(register))
    _fill(dice, parts)
    for spoil in dice.sample(_SPOILS, dice.choice([1, 1, 2, 3])):
        spoil(dice, parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


@cache
def _template(register: str | None) -> Parts:
    whole = build_template() if register is None else template(register)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


_SHEET: Final = "xl/worksheets/sheet1.xml"
_END: Final = b"</sheetData>"


def _add(parts: Parts, rows: str) -> None:
    parts[_SHEET] = parts[_SHEET].replace(_END, rows.encode() + _END, 1)


def _columns(parts: Parts) -> list[str]:
    return [found.decode() for found in re.findall(rb'<c r="([A-Z]+)1"', parts[_SHEET])]


def _fill(dice: random.Random, parts: Parts) -> None:
    """Some rows as a user writes them, some with anything in them."""
    for line in range(2, 5):
        texts = (dice.choice(_ROWS).format(n=line) for _ in _columns(parts))
        cells = zip(_columns(parts), texts, strict=True)
        _add(
            parts, "<row>" + "".join(cell(f"{name}{line}", text) for name, text in cells) + "</row>"
        )


def _stray(dice: random.Random, parts: Parts) -> None:
    row, column = dice.choice([9, 70_000, 1_048_576]), dice.choice(["A", "AZ", "CV", "XFD"])
    _add(parts, f"<row>{cell(f'{column}{row}', dice.choice([' ', 'x', '']))}</row>")


def _addresses(dice: random.Random, parts: Parts) -> None:
    wrong = dice.choice(["", "A0", "A4294967296", "ZZZZZZZZ1", "1A", "A-1", "a1", "XFE1048577"])
    place = dice.choice([b"A2", b"B3", b"A1"])
    parts[_SHEET] = parts[_SHEET].replace(b'r="%s"' % place, f'r="{wrong}"'.encode())


def _dimension(dice: random.Random, parts: Parts) -> None:
    said = dice.choice([b"A1:XFD1048576", b"Z9:A1", b"", b"A1:A1", b"A1:ZZZZ99999999"])
    parts[_SHEET] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="%s"' % said, parts[_SHEET])


def _wide(dice: random.Random, parts: Parts) -> None:
    width = dice.choice([60, 900, 16_000])
    cells = "".join(f"<c t='inlineStr'><is><t>x{at}</t></is></c>" for at in range(width))
    parts[_SHEET] = parts[_SHEET].replace(b"</row>", cells.encode() + b"</row>", 1)


def _long(dice: random.Random, parts: Parts) -> None:
    rows = "".join(f"<row>{cell(f'A{line}', f'HS-{line}')}</row>" for line in range(5, 400))
    _add(parts, rows * dice.choice([1, 3]))


def _types(dice: random.Random, parts: Parts) -> None:
    kind = dice.choice([b"s", b"b", b"d", b"e", b"n", b"str", b"inlineStr", b"x"])
    parts[_SHEET] = re.sub(
        rb' t="\w+"',
        lambda had: b' t="%s"' % kind if dice.random() < 0.5 else had[0],
        parts[_SHEET],
    )


def _values(dice: random.Random, parts: Parts) -> None:
    for _ in range(dice.randint(1, 9)):
        evil = cell(
            f"{dice.choice(_columns(parts) or ['A'])}{dice.randint(1, 4)}", dice.choice(EVIL)
        )
        _add(parts, f"<row>{evil}</row>")
    number = dice.choice([b"1e999", b"-0", b"NaN", b"9" * 4400, b"x", b""])
    parts[_SHEET] = parts[_SHEET].replace(b"<v>3</v>", b"<v>%s</v>" % number)


def _shared(dice: random.Random, parts: Parts) -> None:
    index = dice.choice([b"-1", b"999999", b"18446744073709551616", b"0.5"])
    parts[_SHEET] = parts[_SHEET].replace(b"<v>1</v>", b"<v>%s</v>" % index, 1)
    name = "xl/sharedStrings.xml"
    said = dice.choice([b"0", b"4294967295", b"18446744073709551615", b"-5"])
    parts[name] = re.sub(rb'(unique|C|c)ount="\d+"', rb'\1ount="%s"' % said, parts[name])


def _flip(dice: random.Random, parts: Parts) -> None:
    name = dice.choice(list(parts))
    content = bytearray(parts[name])
    for _ in range(dice.randint(1, 20)):
        content[dice.randrange(len(content))] = dice.randrange(256)
    parts[name] = bytes(content)


def _drop(dice: random.Random, parts: Parts) -> None:
    del parts[dice.choice(list(parts))]
    parts.setdefault(_SHEET, b"")


def _cut(dice: random.Random, parts: Parts) -> None:
    name = dice.choice(list(parts))
    parts[name] = parts[name][: dice.randrange(len(parts[name]) + 1)]


def _recode(dice: random.Random, parts: Parts) -> None:
    name = dice.choice([_SHEET, "xl/sharedStrings.xml", "xl/workbook.xml"])
    text = parts.get(name, b"").decode(errors="replace")
    coded = text.encode(dice.choice(["utf-16", "utf-32", "cp1258"]), errors="replace")
    parts[name] = coded


def _document_type(dice: random.Random, parts: Parts) -> None:
    name = dice.choice([_SHEET, "xl/sharedStrings.xml", "xl/workbook.xml"])
    kind = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "&x;&x;">]>'
    parts[name] = parts.get(name, b"").replace(b"?>", b"?>" + kind, 1).replace(b"<t>", b"<t>&y;")


_SPOILS: Final[list[Callable[[random.Random, Parts], None]]] = [
    _stray, _stray, _addresses, _dimension, _wide, _long, _types, _values, _values, _shared, _flip,
    _drop, _cut, _recode, _document_type,
]  # fmt: skip


# -- texts -------------------------------------------------------------------------------------


def _text(dice: random.Random, register: str) -> bytes:
    example = FOLDER / f"{register}.csv"
    if example.is_file():
        rows = list(csv.reader(io.StringIO(example.read_text(encoding="utf-8-sig"))))[:6]
    else:
        header = [column.label for column in REGISTERS[register].columns]
        rows = [header, *([dice.choice(_ROWS) for _ in header] for _ in range(4))]
    for _ in range(dice.randint(1, 8)):
        row = dice.choice(rows)
        row[dice.randrange(len(row))] = dice.choice(EVIL)
    match dice.randrange(6):
        case 0:
            rows[0] = rows[0] * dice.choice([2, 40, 400])
        case 1:
            dice.shuffle(rows)
        case 2:
            rows += rows * dice.choice([1, 50])
        case 3:
            rows = [row[: dice.randrange(len(row) + 1)] for row in rows]
        case _:
            pass
    out = io.StringIO()
    csv.writer(
        out, delimiter=dice.choice(",;\t|"), lineterminator=dice.choice(["\n", "\r\n", "\r"])
    ).writerows(rows)
    text = out.getvalue()
    if dice.random() < 0.3:
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(['"', "\x00", "\n\n", '""",', "\x1a", "\u2028"]) + text[at:]
    coding = dice.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1258", "utf-7"])
    return text.encode(coding, errors="replace")


# -- ends --------------------------------------------------------------------------------------


def _ends_early(dice: random.Random, content: bytes) -> bytes:
    return content[: dice.randrange(len(content) + 1)]


def _bytes_turned(dice: random.Random, content: bytes) -> bytes:
    turned = bytearray(content)
    for _ in range(dice.randint(1, 30)):
        turned[dice.randrange(len(turned))] = dice.randrange(256)
    return bytes(turned)


def _packed(dice: random.Random, content: bytes) -> bytes:
    return gzip.compress(content)[: dice.choice([None, -4])]


def _sizes_that_lie(dice: random.Random, content: bytes) -> bytes:
    """Of an archive's directory: sizes and places."""
    turned = bytearray(content)
    for found in re.finditer(rb"PK\x01\x02", content):
        if dice.random() < 0.3 and found.start() + 46 < len(content):
            field = found.start() + dice.choice([20, 24, 42])
            turned[field : field + 4] = struct.pack(
                "<I", dice.choice([0, 1, 1 << 20, (1 << 32) - 1])
            )
    return bytes(turned)


def _noise_behind(dice: random.Random, content: bytes) -> bytes:
    return content + dice.randbytes(dice.choice([1, 100, 70_000]))


_ENDS: Final = [_ends_early, _bytes_turned, _packed, _sizes_that_lie, _noise_behind]
