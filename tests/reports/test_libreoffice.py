"""Another office program opens what is written, and loses nothing of it (`make proof`).

LibreOffice comes by ``tools/ensure_system.sh .venv/bin/python office``.
"""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest

from reports.blocks import Report
from reports.render import render
from tests.conftest import missing
from tests.reports import specimen

pytestmark = pytest.mark.proof


def _converted(report: Report, layout: str, folder: Path) -> list[str]:
    """The pages of a document as LibreOffice prints it."""
    program = shutil.which("soffice")
    if program is None or shutil.which("pdftotext") is None:
        missing("no LibreOffice (tools/ensure_system.sh … office)", "REQUIRE_OFFICE")
    source = folder / f"thử.{layout}"
    source.write_bytes(render(report, layout))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(
        [program, profile, "--headless", "--convert-to", "pdf", "--outdir", folder, source],
        check=True,
        capture_output=True,
        timeout=180,
    )
    told = subprocess.run(
        ["pdftotext", "-layout", source.with_suffix(".pdf"), "-"],
        check=True,
        capture_output=True,
        text=True,
    )
    return unicodedata.normalize("NFC", told.stdout).split("\f")[:-1]


def _joined(pages: list[str]) -> str:
    """All letters without the spaces between them: fonts that stand in for others tear words."""
    return "".join("".join(pages).split())


def _holds(pages: list[str], *parts: str) -> None:
    said = _joined(pages)
    assert [part for part in parts if "".join(part.split()) not in said] == []


def test_slides_keep_their_words_and_numbers(tmp_path: Path) -> None:
    pages = _converted(specimen.SLIDES, "pptx", tmp_path)
    assert len(pages) == len(specimen.SECTIONS)
    _holds(pages, "97,9%", "123.456", "Toàn thành phố", "119.870", "Mục tiêu 98%", "T47")
    assert set(specimen.LETTERS) <= set(_joined(pages))


def test_a_document_keeps_its_words_and_numbers(tmp_path: Path) -> None:
    pages = _converted(specimen.DOCUMENT, "docx", tmp_path)
    _holds(pages, "97,9%", "123.456", "119.870", "1.150.343", "=Đất đai", "THỦ TRƯỞNG ĐƠN VỊ")
    assert set(specimen.LETTERS) <= set(_joined(pages))
    assert f"{len(pages)}/{len(pages)}" in _joined(pages[-1:])


def test_a_sheet_keeps_its_words_and_numbers(tmp_path: Path) -> None:
    pages = _converted(specimen.DOCUMENT, "xlsx", tmp_path)
    # Numbers are numbers: how they are grouped is the machine's.
    _holds(pages, "=Đất đai", "1,150,343", "Hai Bà Trưng", specimen.FORMULAS[1])
