"""``config check`` names every setting, where it comes from, and what is wrong with it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from tempfile import gettempdir

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from connectors.__main__ import main
from connectors.settings import Settings
from tests.connectors.intake.conftest import MAPPING

KEY = Fernet.generate_key().decode()
NOBODY = 65534


@pytest.fixture
def file(_sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of an installation in which nothing is wrong."""
    place = tmp_path / "lib"
    place.mkdir(mode=0o700)
    shutil.copy(_sqlite_template, place / "a.db")
    (tmp_path / "mappings").mkdir()
    path = tmp_path / "env"
    path.write_text(
        f"DATABASE_URL=sqlite:///{place}/a.db\nDATA_DIR={place}\n"
        "PUBLIC_URL=https://dung-han.example.vn\nBEHIND_PROXY=1\n"
        f"OWNER_KEY={KEY}\nAUDIT_KEY={'k' * 40}\n",
        encoding="utf-8",
    )
    path.chmod(0o640)
    monkeypatch.setenv("SETTINGS_FILE", str(path))
    monkeypatch.delenv("DATA_DIR")
    return path


def add(file: Path, *lines: str) -> None:
    file.write_text(file.read_text("utf-8") + "\n".join(lines) + "\n", encoding="utf-8")


def swap(file: Path, name: str, value: str) -> None:
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith(name)]
    file.write_text("\n".join([*lines, f"{name}={value}"]) + "\n", encoding="utf-8")


def said() -> Result:
    return CliRunner().invoke(main, ["config", "check"], catch_exceptions=False)


def wrong(*parts: str) -> None:
    """Exactly one thing is wrong, and it is told with these parts; the exit code says so."""
    done = said()
    told = [line for line in done.stdout.splitlines() if line.startswith("SAI: ")]
    assert len(told) == 1, done.stdout
    for part in parts:
        assert part in told[0]
    assert done.exit_code == 1


def noted(*parts: str) -> None:
    """It is told as something to know; nothing is wrong."""
    done = said()
    assert done.exit_code == 0, done.stdout
    assert [
        line
        for line in done.stdout.splitlines()
        if line.startswith("Lưu ý: ") and all(part in line for part in parts)
    ], done.stdout


def test_every_setting_has_its_value_and_its_place(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMEZONE", "Asia/Bangkok")
    done = said()
    assert done.exit_code == 0, done.stdout
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.startswith("  ")}
    assert set(lines) == {name.upper() for name in Settings.model_fields}
    assert f"[tệp {file}, dòng 3]" in lines["PUBLIC_URL"]
    assert "Asia/Bangkok  [môi trường]" in " ".join(lines["TIMEZONE"].split(" ", 3)[3:])
    assert "[mặc định]" in lines["SIGN_IN"]
    assert "(đã đặt, 1 khóa)" in lines["OWNER_KEY"]
    assert "lược đồ mới nhất" in done.stdout
    assert "Cấu hình dùng được." in done.stdout
    for secret in (KEY, "k" * 40):
        assert secret not in done.stdout + done.stderr


def test_values_of_streamlits_secrets_have_their_place_too(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'[privacy]\nowner_key = "{KEY}"\nadit_key = "x"\n')
    monkeypatch.setattr("connectors.settings.SECRETS_FILE", secrets)
    monkeypatch.setattr("connectors.origins.SECRETS_FILE", secrets)
    monkeypatch.setattr("connectors.configuration.check.SECRETS_FILE", secrets)
    swap(file, "OWNER_KEY", "")
    assert f"[tệp {secrets}]" in said().stdout
    wrong("[privacy]", "adit_key", "audit_key")


def test_as_json(file: Path) -> None:
    add(file, "PUBLC_URL=x")
    done = CliRunner().invoke(main, ["config", "check", "--json"], catch_exceptions=False)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["is_right"]) == (1, False)
    assert {one["level"] for one in told["findings"]} == {"wrong"}
    assert KEY not in done.stdout


def test_no_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Tệp cấu hình: không có (/etc/dung-han/env)" in said().stdout


@pytest.mark.parametrize(
    ("line", "near"),
    [
        ("DATABSE_URL=x", "DATABASE_URL"),
        ("PUBLIC_ULR=x", "PUBLIC_URL"),
        ("BEHIND_PROXI=1", "BEHIND_PROXY"),
        ("DATADIR=/x", "DATA_DIR"),
        ("MAPPING_DIR=/x", "MAPPINGS_DIR"),
    ],
)
def test_a_mistyped_name_is_told_with_the_nearest(file: Path, line: str, near: str) -> None:
    add(file, line)
    wrong(f"{file}, dòng 7", line.partition("=")[0], f"có phải {near}?")


def test_a_mistyped_name_in_the_environment(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for harmless in ("DATABASE", "URL", "KEY", "PROXY_ENABLED", "PGHOST", "LC_ALL"):
        monkeypatch.setenv(harmless, "x")
    assert said().exit_code == 0
    monkeypatch.setenv("OWNER_KEYS", "x")
    wrong("môi trường", "OWNER_KEYS", "có phải OWNER_KEY?")


def test_lines_that_mean_nothing(file: Path) -> None:
    add(file, "TIMEZONE=Asia/Bangkok", "TIMEZONE=Asia/Tokyo", "LANG=vi_VN", "QUA_XA_LA=1")
    noted("TIMEZONE được đặt nhiều lần (dòng 7, 8)")
    noted("dòng 10", "QUA_XA_LA", "không đọc tên này")
    assert "Asia/Tokyo" in said().stdout
    add(file, "export SIGN_IN=form")
    wrong(f"{file}, dòng 11", "không phải TÊN=giá trị")


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("TIMEZONE", "Hanoi", ("TIMEZONE", "múi giờ")),
        ("BEHIND_PROXY", "co", ("BEHIND_PROXY", "phải là 1 (có) hoặc 0 (không)")),
        ("SIGN_IN", "ldap", ("SIGN_IN", "phải là một trong", "oidc")),
        ("LOG_LEVEL", "loud", ("LOG_LEVEL", "phải là một trong", "debug")),
        ("OWNER_KEY", "bi-mat-ngan", ("OWNER_KEY", "new-key")),
        ("AUDIT_KEY", "bi-mat-ngan", ("AUDIT_KEY", "32 ký tự")),
        ("DATABASE_URL", "mysql://lan:bi-mat-ngan@db/x", ("DATABASE_URL", "chỉ hỗ trợ")),
    ],
)
def test_a_value_that_cannot_be_used_is_told_beside_all_others(
    file: Path, name: str, value: str, parts: tuple[str, ...]
) -> None:
    swap(file, name, value)
    done = said()
    assert done.exit_code == 1
    told = [line for line in done.stdout.splitlines() if line.startswith(f"SAI: {name}: ")]
    assert len(told) == 1
    for part in parts:
        assert part in told[0]
    assert len([line for line in done.stdout.splitlines() if line.startswith("  ")]) == len(
        Settings.model_fields
    )
    assert "bi-mat-ngan" not in done.stdout


def test_an_address_without_https(file: Path) -> None:
    swap(file, "PUBLIC_URL", "http://dung-han.example.vn")
    wrong("PUBLIC_URL không phải https", "PUBLIC_URL=https://dung-han.example.vn")
    swap(file, "PUBLIC_URL", "dung-han.example.vn")
    wrong("địa chỉ đầy đủ")
    swap(file, "PUBLIC_URL", "https://dung-han.example.vn")
    swap(file, "BEHIND_PROXY", "0")
    noted("BEHIND_PROXY=1")


def test_the_data_folder(file: Path, tmp_path: Path) -> None:
    swap(file, "DATA_DIR", str(tmp_path / "khong-co"))
    wrong("DATA_DIR", "khong-co chưa có", "install -d -o")
    (tmp_path / "khong-co").touch()
    wrong("không phải thư mục")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_or_file_that_the_account_may_not_use(file: Path, tmp_path: Path) -> None:
    place = tmp_path / "lib"
    for folder in file.parents:
        if folder.is_relative_to(gettempdir()) and folder != Path(gettempdir()):
            folder.chmod(0o755)
    os.chown(file, 0, NOBODY)
    for path in (place, *place.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    noted(f"{place} là của tài khoản nobody", "sudo -u nobody")  # root asks for the service
    place.chmod(0o500)
    wrong(f"tài khoản nobody không đọc, ghi được thư mục {place}")
    place.chmod(0o700)
    file.chmod(0o600)
    wrong("Tài khoản nobody không đọc được tệp cấu hình")
    file.chmod(0o644)
    noted(f"Ai trên máy cũng đọc được {file}")
    file.chmod(0o640)
    (tmp_path / "mappings").chmod(0o700)
    wrong("nobody không đọc được", "mappings")
    (tmp_path / "mappings").chmod(0o755)
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        assert said().exit_code == 0
        place.chmod(0o500)
        done = said()
        assert f"SAI: DATA_DIR: tài khoản nobody không đọc, ghi được thư mục {place}" in done.stdout
        assert "SAI: Cơ sở dữ liệu: Không có quyền ghi tệp cơ sở dữ liệu" in done.stdout
        assert done.exit_code == 1
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_ones_own_mappings_are_part_of_it(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "mappings"
    (own / "sai.toml").write_text(MAPPING.replace("scheme", "shceme"), encoding="utf-8")
    assert "“scheme”" in said().stdout
    (own / "sai.toml").unlink()
    sql = '[sql]\nurl = "env:NGUON_MOT_CUA"\nquery = "SELECT 1"'
    pulled = MAPPING.replace('[file]\nformat = "csv"', sql)
    (own / "keo.toml").write_text(pulled, encoding="utf-8")
    wrong("Ánh xạ keo: chưa đặt NGUON_MOT_CUA")
    add(file, "NGUON_MOT_CUA=sqlite:////x.db")
    assert said().exit_code == 0, "and the name is known now"


def test_what_the_environment_hides_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://khac.example.vn")
    noted("Môi trường đặt khác tệp cấu hình: PUBLIC_URL")
    assert "[môi trường; khác với tệp cấu hình]" in said().stdout


def test_missing_keys_are_no_fault_and_said(file: Path) -> None:
    swap(file, "OWNER_KEY", "")
    swap(file, "AUDIT_KEY", "")
    noted("OWNER_KEY chưa đặt")
    noted("AUDIT_KEY chưa đặt")


def test_a_file_that_cannot_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETTINGS_FILE", f"{file}.khong-co")
    wrong("Không đọc được tệp cấu hình")


def test_borders_and_an_identity_provider(file: Path, tmp_path: Path) -> None:
    add(file, f"BOUNDARY_FILE={tmp_path}/khong-co.geojson")
    wrong("BOUNDARY_FILE", "khong-co.geojson")
    swap(file, "BOUNDARY_FILE", "")
    swap(file, "SIGN_IN", "oidc")
    wrong("SIGN_IN=oidc", "[auth]")


@pytest.mark.usefixtures("file")
def test_the_database_is_only_read(tmp_path: Path, file: Path) -> None:
    swap(file, "DATABASE_URL", f"sqlite:///{tmp_path}/lib/khong-co.db")
    wrong("Tệp cơ sở dữ liệu chưa có", "connectors migrate")
    assert not (tmp_path / "lib" / "khong-co.db").exists()


@pytest.mark.postgres
def test_a_database_on_postgresql(file: Path, postgres_database: Engine) -> None:
    url = postgres_database.url.render_as_string(hide_password=False)
    swap(file, "DATABASE_URL", url)
    done = said()
    assert done.exit_code == 0, done.stdout
    swap(file, "DATABASE_URL", "postgresql://lan:bi-mat@127.0.0.1:1/x")
    wrong("cổng đóng")
    assert "bi-mat" not in said().stdout
