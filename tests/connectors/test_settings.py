"""Where settings come from, and what is said about those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.database.patience import Patience
from connectors.settings import PROJECT_ROOT, Settings, SettingsError, load_settings


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "secrets.toml"
    monkeypatch.setattr("connectors.settings.SECRETS_FILE", path)
    return path


def test_defaults_are_below_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_DIR")
    settings = load_settings()
    assert settings.data_dir == PROJECT_ROOT / "var"
    assert settings.snapshot_dir == PROJECT_ROOT / "var" / "snapshot"
    assert settings.database_url == f"sqlite:///{PROJECT_ROOT}/var/dung-han.db"
    assert settings.zone.key == "Asia/Ho_Chi_Minh"


def test_relative_paths_do_not_depend_on_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", "elsewhere")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///elsewhere/a.db")
    settings = load_settings()
    assert settings.data_dir == PROJECT_ROOT / "elsewhere"
    assert settings.database_url == f"sqlite:///{PROJECT_ROOT}/elsewhere/a.db"


def test_a_data_dir_of_its_own_has_a_database_of_its_own(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).database_url == f"sqlite:///{tmp_path}/dung-han.db"


def test_environment_wins_over_secrets_which_win_over_the_default(
    monkeypatch: pytest.MonkeyPatch, secrets: Path
) -> None:
    secrets.write_text('[connections.dossiers]\nurl = "postgresql://reader:geheim@db/dossiers"\n')
    assert load_settings().database_url == "postgresql://reader:geheim@db/dossiers"
    monkeypatch.setenv("DATABASE_URL", "")
    assert load_settings().database_url == "postgresql://reader:geheim@db/dossiers"
    monkeypatch.setenv("DATABASE_URL", "postgresql://other/dossiers")
    assert load_settings().database_url == "postgresql://other/dossiers"


def test_secrets_without_a_connection_are_no_obstacle(secrets: Path) -> None:
    secrets.write_text('[else]\nkey = "x"\n')
    assert load_settings().database_url.startswith("sqlite:///")


def test_broken_secrets_are_named(secrets: Path) -> None:
    secrets.write_text("[connections.dossiers\n")
    with pytest.raises(SettingsError, match=r"Không đọc được .streamlit/secrets.toml"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TIMEZONE", "Hanoi", "TIMEZONE='Hanoi' không phải múi giờ IANA"),
        ("TIMEZONE", "../etc/passwd", "không phải múi giờ IANA"),
        ("DATABASE_URL", "localhost:geheim", "DATABASE_URL không phải địa chỉ cơ sở dữ liệu"),
        ("DATABASE_URL", "mysql://root:geheim@db/x", "chỉ hỗ trợ sqlite và postgresql"),
    ],
)
def test_unusable_values_are_explained_without_the_password(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings()
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_CONNECT_SECONDS", "1"),
        ("DATABASE_CONNECT_SECONDS", "2.5"),
        ("DATABASE_SILENT_SECONDS", "0"),
        ("DATABASE_STATEMENT_SECONDS", "nan"),
        ("DATABASE_GIVE_UP_SECONDS", "một phút"),
    ],
)
def test_limits_of_the_database_are_seconds(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name}='{value}' không phải số giây dùng được"):
        load_settings()


def test_a_page_has_a_limit_for_statements_and_a_command_has_none() -> None:
    settings = Settings(database_statement_seconds=7, database_give_up_seconds=90)
    assert settings.patience_of_pages == Patience(statement=7, at_length=90)
    assert settings.patience == Patience(statement=None, at_length=90)
