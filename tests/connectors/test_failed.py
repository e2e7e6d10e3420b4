"""A service that failed is noted beside the data, until it has succeeded again."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors.__main__ import main
from connectors.failed import FOLDER, Failed, failures, note
from connectors.settings import PROJECT_ROOT, Settings, SettingsError

NOW = datetime(2026, 6, 28, 17, tzinfo=UTC)
PULL = "dung-han-pull@mot-cua.service"
UNITS = {path.name: path.read_text(encoding="utf-8") for path in PROJECT_ROOT.glob("ops/*.service")}


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    return settings


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, ["failed", *words], catch_exceptions=False)


def test_what_failed_is_told_until_it_succeeds(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = _run()
    assert (done.exit_code, "Không có dịch vụ nào đang lỗi" in done.output) == (0, True)
    monkeypatch.setenv("MONITOR_SERVICE_RESULT", "exit-code")
    monkeypatch.setenv("MONITOR_EXIT_STATUS", "2")
    assert _run(PULL).exit_code == 0
    done = _run()
    assert done.exit_code == 1
    assert re.search(rf"{PULL}: lỗi lúc \d\d:\d\d .*\(exit-code 2\); xem journalctl", done.output)
    assert '"result": "exit-code 2"' in _run("--json").output
    (here.data_dir / FOLDER / PULL).unlink()  # what ExecStartPost does
    assert _run().exit_code == 0


def test_the_latest_first_and_what_is_no_note_is_left_out(settings: Settings) -> None:
    note(settings, "dung-han.service", "signal", NOW)
    note(settings, PULL, "timeout", NOW.replace(hour=18))
    (settings.data_dir / FOLDER / "dung-han-x.service").write_text("{")
    (settings.data_dir / FOLDER / "dung-han-y.service").write_text('{"at": 1, "result": ""}')
    assert failures(settings) == (
        Failed(PULL, NOW.replace(hour=18), "timeout"),
        Failed("dung-han.service", NOW, "signal"),
    )


@pytest.mark.parametrize("unit", ["ssh.service", "dung-han/../x", "../dung-han", "dung-han " * 30])
def test_nothing_else_is_noted(settings: Settings, unit: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="không phải dịch vụ"):
        note(settings, unit, "failed", NOW)
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize("name", sorted(set(UNITS) - {"dung-han-failed@.service"}))
def test_every_unit_has_its_failure_noted_and_its_success(name: str) -> None:
    assert "OnFailure=dung-han-failed@%n.service\n" in UNITS[name]
    assert f"ExecStartPost=/bin/rm -f ${{DATA_DIR}}/{FOLDER}/%n\n" in UNITS[name]


def test_the_note_itself_fails_without_a_circle() -> None:
    assert "\nOnFailure" not in UNITS["dung-han-failed@.service"]
    assert "-m connectors failed %i\n" in UNITS["dung-han-failed@.service"]
