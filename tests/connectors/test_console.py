"""What the commands say when something is wrong: in Vietnamese, short, with what to do."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.exc import IntegrityError, OperationalError

from connectors import logs
from connectors.__main__ import main
from connectors.access.roles import table
from connectors.database.trouble import trouble
from connectors.settings import PROJECT_ROOT
from tests.connectors.intake.conftest import MAPPING, file_of
from ui.shell.answers import not_written


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation's folder, with its settings file and no database yet."""
    file = tmp_path / "env"
    file.write_text(f"DATA_DIR={tmp_path}\nDATABASE_URL=sqlite:///{tmp_path / 'dung-han.db'}\n")
    monkeypatch.setenv("SETTINGS_FILE", str(file))
    monkeypatch.delenv("DATA_DIR")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("command", [("migrate",), ("account", "list"), ("owners", "status")])
def test_a_broken_database_file_is_one_sentence_that_leads_to_the_back_up(
    installation: Path, command: tuple[str, ...]
) -> None:
    (installation / "dung-han.db").write_bytes(os.urandom(20_000))
    said = run(*command)
    assert said.exit_code == 2
    assert "Tệp cơ sở dữ liệu bị hỏng" in said.stderr
    assert "restore BẢN-SAO-LƯU --replace" in said.stderr
    assert len(said.stderr) < 400
    assert "Traceback" not in said.stderr


def test_a_database_that_does_not_answer_is_said_without_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://lan:bi-mat@127.0.0.1:1/x")
    said = run("migrate")
    assert (said.exit_code, "Không kết nối được" in said.stderr) == (2, True)
    assert "bi-mat" not in said.stderr


def test_a_fault_of_the_program_is_not_called_the_databases() -> None:
    assert trouble(IntegrityError("", None, ValueError())) is None
    assert trouble(OperationalError("", None, ValueError())) is None
    busy = "đang bận"
    assert "lỗi của phần mềm" in not_written(IntegrityError("", None, ValueError()), busy)
    assert not_written(OperationalError("", None, ValueError()), busy) == busy


@pytest.mark.usefixtures("sqlite_database")
@pytest.mark.parametrize("given", ["Lãnh đạo", "lãnh  đạo", "LÃNH ĐẠO", "leader"])
def test_a_role_is_known_by_its_vietnamese_name(given: str) -> None:
    said = run("account", "add", "lan", "--full-name", "Lan", "--role", given)
    assert said.exit_code == 0, said.stderr
    assert "(Lãnh đạo)" in said.stdout


def test_an_unknown_role_is_refused_in_vietnamese_with_those_there_are() -> None:
    said = run("account", "add", "lan", "--full-name", "Lan", "--role", "Trưởng phòng")
    assert said.exit_code == 2
    assert "không có vai trò “Trưởng phòng”" in said.stderr
    assert all(f"{key} hoặc “{label}”" in said.stderr for key, label in table().roles.items())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("account", "add", "lan", "--full-name", "Lan"), "Thiếu --role."),
        (("import", "x.csv", "--maping", "y"), "Không có tùy chọn --maping. Có phải --mapping?"),
        (("nhap",), "Không có lệnh 'nhap'"),
        (("import",), "Thiếu FILE."),
    ],
)
def test_wrong_arguments_are_told_in_vietnamese(arguments: tuple[str, ...], told: str) -> None:
    said = run(*arguments)
    assert said.exit_code == 2
    assert told in said.stderr
    assert "Error" not in said.stderr


@pytest.mark.usefixtures("sqlite_database")
def test_ctrl_c_says_in_vietnamese_what_became_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("connectors.__main__.import_file", stopped)
    said = run("import", "x.csv", "--mapping", "mau-nhap-ho-so")
    assert said.exit_code == 130
    assert "Đã dừng theo yêu cầu" in said.stderr
    assert "Aborted" not in said.stderr


def test_a_question_answered_with_no_does_nothing_and_says_so() -> None:
    said = CliRunner().invoke(main, ["owners", "drop-unreadable"], input="n\n")
    assert (said.exit_code, "Đã hủy; không làm gì." in said.stderr) == (1, True)


def test_a_crash_is_introduced_in_vietnamese(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise LookupError("Nguyễn Văn Qzx")

    monkeypatch.setattr("connectors.__main__.available_mappings", broken)
    said = CliRunner().invoke(main, ["mappings"])
    assert "Lệnh dừng vì một lỗi của chương trình (LookupError)" in said.stderr
    assert "Qzx" not in said.stderr


@pytest.mark.usefixtures("sqlite_database")
def test_an_imports_output_has_no_log_lines_in_json(installation: Path) -> None:
    mapping, file = installation / "m.toml", installation / "ho-so.csv"
    made = MAPPING.replace('scheme = "H26"', 'scheme = "H26"\ncreate = true')
    mapping.write_text(made, encoding="utf-8")
    file.write_text(file_of("HS-1,05/06/2025 08:00,,,,Phường Hà Đông,"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "connectors", "import", str(file), "--mapping", str(mapping)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Hồ sơ mới:" in done.stdout
    assert "{" not in done.stdout + done.stderr


def test_a_commands_warnings_are_told_in_words_without_values() -> None:
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure_console(stream)
    try:
        log = logging.getLogger("connectors.x")
        log.info("import finished")
        log.warning("gọi 0912 345 678", extra={"data": {"rows": 3}})
    finally:
        logging.setLogRecordFactory(factory)
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in logs.OURS:
            logging.getLogger(name).setLevel(logging.NOTSET)
        logging.getLogger("uvicorn.access").disabled = False
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("warning connectors.x: gọi [đã che] rows=3")
    with pytest.raises(json.JSONDecodeError):
        json.loads(line)
