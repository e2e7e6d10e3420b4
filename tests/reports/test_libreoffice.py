"""Another office program opens what is written, and loses nothing of it (`make proof`).

LibreOffice comes by ``tools/ensure_system.sh .venv/bin/python office``.
"""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from reports.blocks import Report
from reports.render import render
from tests.conftest import missing
from tests.reports import specimen

pytestmark = pytest.mark.proof


def _converted(report: Report, layout: str, folder: Path) -> list[str]:
    """The pages of a document as LibreOffice prints it."""
    program = shutil.which("soffice")
    if program is None:
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
    reader = PdfReader(BytesIO(source.with_suffix(".pdf").read_bytes()))
    return [unicodedata.normalize("NFC", page.extract_text()) for page in reader.pages]


def _joined(pages: list[str]) -> str:
    return " ".join(" ".join(pages).split())


def test_slides_keep_their_words_and_numbers(tmp_path: Path) -> None:
    pages = _converted(specimen.SLIDES, "pptx", tmp_path)
    assert len(pages) == len(specimen.SECTIONS)
    said = _joined(pages)
    for part in ("97,9%", "123.456", "Toàn thành phố", "119.870", "Mục tiêu 98%", "1,204"):
        assert part in said
    assert set(specimen.LETTERS) <= set(said)


def test_a_document_keeps_its_words_and_numbers(tmp_path: Path) -> None:
    pages = _converted(specimen.DOCUMENT, "docx", tmp_path)
    said = _joined(pages)
    for part in ("97,9%", "123.456", "119.870", "1.150.343", "=Đất đai", "THỦ TRƯỞNG ĐƠN VỊ"):
        assert part in said
    assert set(specimen.LETTERS) <= set(said)
    assert f"{len(pages)}/{len(pages)}" in pages[-1]


def test_a_sheet_keeps_its_words_and_numbers(tmp_path: Path) -> None:
    said = _joined(_converted(specimen.DOCUMENT, "xlsx", tmp_path))
    for part in ("=Đất đai", "Trước và đúng hạn", "UBND phường"):
        assert part in said
    for formula in specimen.FORMULAS[:2]:
        assert formula in said
