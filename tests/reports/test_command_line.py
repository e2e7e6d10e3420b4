"""``python -m reports make``: a file that is whole, or a sentence and no file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pptx import Presentation
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors import meetings
from connectors.audit import Actor
from connectors.database.models import Unit
from connectors.engine import Scope
from connectors.meetings import Of, Slide
from connectors.settings import Settings
from metrics.dossiers.form_cells import FormRefused
from reports.__main__ import main
from tests.reports.conftest import Office

REPORT = ("bao-cao-quy", "--period", "quarter15:2026-Q2")


@pytest.fixture
def make(sample_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("DATA_DIR", str(sample_settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", sample_settings.database_url)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, out: str = "báo cáo.docx") -> Result:
        return CliRunner().invoke(main, ["make", *arguments, "--out", out])

    return run


def test_a_name_with_vietnamese_letters_is_written(make: Any, tmp_path: Path) -> None:
    result = make(*REPORT)
    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["báo cáo.docx"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bao-cao-quy", "--period", "quarter15:2031-Q1"), "Chưa có số liệu đến"),
        (("bao-cao-quy", "--period", "quý 2"), "quý 2"),
        ((*REPORT, "--unit", "Phường Không Có"), "Không có đơn vị “Phường Không Có”"),
    ],
)
def test_what_cannot_be_answered_is_said(
    make: Any, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = make(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


def test_a_disk_that_is_full_leaves_no_half_file(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as half:
            half.write(content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    result = make(*REPORT)
    assert result.exit_code == 2
    assert "Không ghi được báo cáo.docx" in result.output
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


@pytest.mark.parametrize(
    "error", [RuntimeError("Thiếu mẫu trình bày."), FormRefused("Phường A không cộng đủ.")]
)
def test_a_document_that_cannot_be_made_is_said(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_given: object) -> bytes:
        raise error

    monkeypatch.setattr("reports.__main__.render", broken)
    result = make(*REPORT)
    assert result.exit_code == 2
    assert str(error) in result.output
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


# -- the deck of a kept meeting ---------------------------------------------------------------


@pytest.fixture
def deck(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., list[str]]:
    """The texts of the slides that the command line makes of the ward's week, one a slide."""
    lines = (f"HS-{n},{17 + n % 5}/11/2025 08:00,20/11/2025 16:00,,Trực tuyến,Phường Hà Đông,1.001"
             for n in range(8))  # fmt: skip
    office.take(*lines)
    with Session(office.database) as session:
        ward = session.scalars(select(Unit.id).where(Unit.name == "Phường Hà Đông")).one()
    said: Any = {
        "by": "Lan", "at": datetime(2025, 11, 24, tzinfo=UTC), "actor": Actor("lan"),
        "scope": Scope(),
    }  # fmt: skip
    of = Of(ward, "week:2025-W47", date(2025, 11, 17))
    slides = [
        Slide("headline", words="Kính thưa hội nghị"),
        Slide("title"),
        Slide("trend", is_hidden=True),
    ]  # fmt: skip
    meetings.prepare(office.database, office.settings, of, slides, **said)
    meetings.decide(office.database, office.settings, of, "Gọi từng hồ sơ", ward, **said)
    monkeypatch.setenv("DATA_DIR", str(office.settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", office.settings.database_url)

    def made(*arguments: str) -> list[str]:
        out = tmp_path / "họp.pptx"
        result = CliRunner().invoke(
            main, ["make", "trinh-chieu", "--period", of.period, *arguments, "--out", str(out)]
        )
        assert result.exit_code == 0, result.output
        return [
            " ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
            for slide in Presentation(str(out)).slides
        ]

    return made


def test_the_deck_is_as_its_meeting_was_prepared(deck: Callable[..., list[str]]) -> None:
    found = deck("--unit", "Phường Hà Đông")
    assert "Kính thưa hội nghị" in found[0], "the meeting's first slide, with its own words"
    assert "Cuộc họp giao 1 việc" in found[-1]
    usual = deck("--unit", "Phường Hà Đông", "--no-meeting")
    assert usual[0].startswith("Điều hành tuần 47"), "the usual first slide"
    assert not [text for text in usual if "Kính thưa" in text or "Cuộc họp giao" in text]
    assert len(found) == len(usual), "one left out, one of what was decided"
    # Another unit's meeting is another one.
    assert not [text for text in deck() if "Kính thưa" in text or "Cuộc họp giao" in text]


def test_a_deck_whose_meeting_cannot_be_read_is_not_made(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'khong-co.db'}")
    result = make("trinh-chieu", "--period", "week:2026-W26", out="hop.pdf")
    assert result.exit_code == 2
    assert "chưa biết cuộc họp đã chuẩn bị thế nào" in result.output
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


@pytest.mark.parametrize("option", ["--as-of", "--as-known", "--now"])
def test_what_is_no_moment_is_said(make: Any, option: str) -> None:
    result = make(*REPORT, option, "hôm qua")
    assert result.exit_code == 2
    assert "“hôm qua” không phải ngày" in result.output


def test_a_document_waits_for_nothing_that_it_does_not_need() -> None:
    """The program's start is a third of a document's time: no mail, no intake, no other format."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, reports.__main__; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(told.stdout.split())
    assert "reports.registry" in loaded
    unneeded = {
        "connectors.intake.store", "connectors.intake.typed", "connectors.registers",
        "connectors.sending.mail", "xlsxwriter",
        "docx", "numpy", "pptx", "reports.timer", "smtplib", "streamlit", "typst",
    }  # fmt: skip
    assert not loaded & unneeded
