"""One's own mappings on the screen "Dữ liệu": offered, listed, told where they cannot be used."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from connectors.access import Reader
from connectors.settings import Settings
from pages.records.rejected import mask_of
from pages.records.taking import USUAL, layouts
from tests.connectors.intake.conftest import MAPPING
from tests.pages import kit
from ui.shell import installation

OWNERS = '[owner]\nname = { column = "Người nộp", optional = true }\n'


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Migrated, with a snapshot of nothing."""
    return kit.empty_at(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def own(empty: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an installation's own mappings; its reader may take files in."""
    as_role(monkeypatch, "reform")
    folder = tmp_path / "mappings"
    folder.mkdir()
    with kit.installed(kit.copy_of(empty, tmp_path / "here"), monkeypatch):
        yield folder


def as_role(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    who = Reader(1, "kiem-thu", "Người kiểm thử", role, None, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (who, False))


def test_ones_own_is_offered_first_and_at_once(own: Path) -> None:
    app = kit.sound("data", part="upload")
    assert "Ánh xạ của đơn vị (0)" in kit.words(app)
    assert str(own) in kit.words(app).replace("\\", "")
    (own / "mot-cua.toml").write_text(MAPPING, encoding="utf-8")
    kit.sound("data", app, part="upload", mapping="mot-cua")
    box = app.selectbox(key="data_mapping")
    assert box.options[0] == "Nguồn thử nghiệm · CSV · mot-cua · của đơn vị"
    assert box.value == "mot-cua"
    assert "--mapping mot-cua" in app.code[-1].value


def test_one_of_a_shipped_ones_name_is_in_its_place_and_said_to_be(own: Path) -> None:
    (own / "coselog.toml").write_text(MAPPING, encoding="utf-8")
    app = kit.sound("data", part="upload")
    named = [text for text in app.selectbox(key="data_mapping").options if "coselog" in text]
    assert named == ["Nguồn thử nghiệm · CSV · coselog · của đơn vị, thay ánh xạ kèm theo cùng tên"]
    assert "thay ánh xạ kèm theo cùng tên" in kit.words(app)


async def _started() -> None:
    async with installation.running(None):
        pass


def test_a_fault_is_told_with_file_key_and_nearest_to_whoever_may_mend_it(
    own: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (own / "sai.toml").write_text(MAPPING.replace("scheme", "shceme"), encoding="utf-8")
    app = kit.shown("data")
    told = "\n".join(warning.value for warning in app.warning)
    for part in ("sai.toml", "units.resolving.shceme", "“scheme”"):
        assert part in told.replace("\\", "")
    assert "sai" not in layouts()
    monkeypatch.setattr("ui.shell.installation.keeping", lambda *_: nullcontext())
    monkeypatch.setattr("gc.freeze", lambda: None)
    with caplog.at_level(logging.WARNING):
        asyncio.run(_started())
    assert any("sai.toml" in line and "shceme" in line for line in caplog.messages)
    as_role(monkeypatch, "leader")
    assert "shceme" not in kit.words(kit.shown("data"))


def test_a_broken_one_of_the_usual_ones_name_leaves_the_others(own: Path) -> None:
    (own / f"{USUAL}.toml").write_text("x", encoding="utf-8")
    app = kit.shown("data", part="upload")
    assert USUAL not in layouts()
    assert app.selectbox(key="data_mapping").value in layouts()
    assert f"{USUAL}.toml" in kit.words(app).replace("\\", "")


def test_owners_of_either_mapping_of_a_name_are_hidden(own: Path) -> None:
    (own / f"{USUAL}.toml").write_text(MAPPING + OWNERS, encoding="utf-8")
    mask = mask_of(USUAL)
    assert mask.value("Người nộp", "A") == mask.value("Chủ hồ sơ", "A") == "•••"
    assert mask.value("Hẹn trả", "35/13") == "35/13"
