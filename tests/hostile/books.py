"""Workbooks as the ZIP archives that they are, part by part, so that any of them can lie."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
SHEET: Final = "xl/worksheets/sheet1.xml"
STRINGS: Final = "xl/sharedStrings.xml"

_PARTS: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Hồ sơ" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"/>',
    STRINGS: f'<sst xmlns="{_MAIN}"/>',
}


def cell(address: str, text: str) -> str:
    """A cell with its text in it."""
    return f'<c r="{address}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def sheet(*rows: str, after: str = "", before: str = "") -> str:
    """A sheet's part of rows of cells; ``before`` and ``after`` the rows."""
    inside = "".join(f"<row>{row}</row>" for row in rows)
    return f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{inside}</sheetData>{after}</worksheet>'


def strings(*texts: str, before: str = "") -> str:
    """The part of shared texts."""
    inside = "".join(f"<si><t>{text}</t></si>" for text in texts)
    return f'{before}<sst xmlns="{_MAIN}">{inside}</sst>'


def table(*rows: str) -> list[str]:
    """Rows of comma-separated texts as rows of cells from A1 on."""
    return [
        "".join(
            cell(f"{chr(65 + column)}{line}", text) for column, text in enumerate(row.split(","))
        )
        for line, row in enumerate(rows, start=1)
    ]


def write(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    """The workbook with these parts in place of, and beside, the ordinary ones."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (_PARTS | dict(parts)).items():
            archive.writestr(name, content)
    return path
