"""``python -m reports make``: a file that is whole, or a sentence and no file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.settings import Settings
from metrics.dossiers.form_cells import FormRefused
from reports.__main__ import main

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
