"""Files of the snapshot cut off, of another program, with bits turned: the app lives, says so."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from connectors.database.session import open_database
from connectors.settings import Settings
from connectors.snapshot import read_manifest, refresh
from tests.pages.conftest import Installation
from tests.pages.kit import copy_of, forget, installed, shown, sound


@pytest.fixture
def here(small_installation: Installation, tmp_path: Path) -> Settings:
    return copy_of(small_installation.settings, tmp_path)


def _parts(settings: Settings) -> list[Path]:
    manifest = read_manifest(settings.snapshot_dir)
    assert manifest is not None
    return [settings.snapshot_dir / part.path for part in manifest.parts]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _foreign(path: Path) -> None:
    pl.DataFrame({"khac": [1]}).write_parquet(path)


def _text(path: Path) -> None:
    path.write_text("không phải Parquet", encoding="utf-8")


def _bits(path: Path) -> None:
    chance, raw = random.Random(path.stat().st_size), bytearray(path.read_bytes())
    for _ in range(20):
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    path.write_bytes(raw)


@pytest.mark.parametrize("spoil", [_cut, _foreign, _text])
def test_every_screen_of_dossiers_says_what_to_do_and_the_next_refresh_heals(
    here: Settings, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    with installed(here, monkeypatch):
        for part in _parts(here):
            spoil(part)
        for screen in ("week", "late", "units"):
            (error,) = shown(screen).error
            assert "bị hỏng" in error.value
            assert "dựng lại bản chụp bằng lệnh" in error.value
        assert not shown("tasks").exception
        engine = open_database(here.database_url)
        for path in (here.snapshot_dir / "dims").iterdir():
            spoil(path)
        refresh(engine, here)
        engine.dispose()
        forget()
        assert sound("week").title


def test_turned_bits_end_nothing(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the format's own checks let through is not found; nothing ends or shows a trace."""
    with installed(here, monkeypatch):
        for part in _parts(here):
            _bits(part)
        for screen in ("week", "late", "units"):
            shown(screen)
