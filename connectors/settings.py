"""What an installation may set, and where each value is looked for."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from pydantic import SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from connectors.addresses import Network, networks
from connectors.database.patience import Patience
from connectors.envfile import EnvFile, read_env

PROJECT_ROOT = Path(__file__).resolve().parents[1]
SETTINGS_FILE = Path("/etc/dung-han/env")
"""What systemd gives the services (``EnvironmentFile=``); whoever runs a command has it too."""
SECRETS_FILE = PROJECT_ROOT / ".streamlit" / "secrets.toml"
DIALECTS = ("sqlite", "postgresql")
_KEYS = ("owner_key", "audit_key")
_SHORTEST_KEY = 32
_LONGEST_WAIT = 86_400


class SettingsError(Exception):
    """A setting cannot be used; the message says in Vietnamese which one and what to do."""


def _below_root(path: Path) -> Path:
    return path if path.is_absolute() else PROJECT_ROOT / path


def settings_file() -> Path | None:
    """The file with this installation's settings: what ``SETTINGS_FILE`` in the environment names,
    else the machine's own, if it is there; None: there is none (``/dev/null`` means none, too)."""
    named = os.environ.get("SETTINGS_FILE", "")
    if named:
        return None if named == os.devnull else Path(named)
    try:
        return SETTINGS_FILE if SETTINGS_FILE.exists() else None
    except PermissionError:
        return SETTINGS_FILE


def read_settings_file() -> EnvFile:
    """What the settings file says; nothing where there is none.

    Raises SettingsError for one that cannot be read, unless the environment itself says which
    database is meant: systemd, which may read every file, has then given the service what is there.
    """
    path = settings_file()
    if path is None:
        return EnvFile()
    try:
        return read_env(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"Tệp cấu hình {path} phải được lưu bằng mã UTF-8.") from error
    except OSError as error:
        if isinstance(error, PermissionError) and os.environ.get("DATABASE_URL"):
            return EnvFile()
        raise SettingsError(_unread(path, error)) from error


def _unread(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return (
            f"Không có quyền đọc tệp cấu hình {path}, nên chưa rõ cơ sở dữ liệu nào được dùng; "
            "không làm gì. Hãy chạy lệnh bằng tài khoản của dịch vụ, ví dụ: sudo -u dung-han "
            ".venv/bin/python -m connectors (bản cài thử trên cùng máy: đặt SETTINGS_FILE tới tệp "
            "của nó, hoặc /dev/null nếu không có tệp nào)."
        )
    return f"Không đọc được tệp cấu hình {path} ({error.strerror}). Hãy kiểm tra SETTINGS_FILE."


def variable(name: str) -> str:
    """What the environment, else the settings file sets a name to that is no setting of ours, such
    as the address of a source; "" where neither does. Raises SettingsError."""
    return os.environ.get(name, "") or getattr(read_settings_file().values.get(name), "value", "")


def adopt() -> None:
    """Give this process what the settings file sets that is no setting of ours (libpq's ``PG…``,
    ``TMPDIR``, a driver's), as systemd gives it to a service; what is set already stays.

    Raises SettingsError.
    """
    for name, one in read_settings_file().values.items():
        if name.lower() not in Settings.model_fields and name not in os.environ:
            os.environ[name] = one.value


class _FileSource(PydanticBaseSettingsSource):
    """The settings file; names in upper or lower case, as in the environment."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        return {
            one.name.lower(): one.value
            for one in read_settings_file().given
            if one.value and one.name.lower() in self.settings_cls.model_fields
        }


class _SecretsSource(PydanticBaseSettingsSource):
    """``[connections.dossiers] url`` and the keys in ``[privacy]`` of Streamlit's secrets file.

    Read directly, not through ``st.secrets``, so that the command line sees the same database
    as the screens without importing Streamlit.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        secrets = read_secrets()
        connection = secrets.get("connections", {}).get("dossiers", {})
        found = {"database_url": connection["url"]} if "url" in connection else {}
        kept = secrets.get("privacy", {})
        return found | {name: kept[name] for name in _KEYS if name in kept}


def read_secrets() -> dict[str, Any]:
    """What Streamlit's secrets file says; nothing where there is none. Raises SettingsError."""
    if not SECRETS_FILE.is_file():
        return {}
    try:
        return tomllib.loads(SECRETS_FILE.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"Không đọc được .streamlit/secrets.toml: {error}. Tệp phải là TOML, mã UTF-8."
        ) from error


class Settings(BaseSettings):
    """Settings of one installation.

    Order: argument, environment (``DATABASE_URL``, ``TIMEZONE``, ``DATA_DIR``,
    ``MAPPINGS_DIR``, ``BOUNDARY_FILE``, ``RETENTION_FILE``, ``SENDING_FILE``, ``SMTP_…``,
    ``ALERT_…``,
    ``OWNER_KEY``, ``AUDIT_KEY``,
    ``SIGN_IN``, ``PUBLIC_URL``, ``BEHIND_PROXY``, ``PROXIES``, ``METRICS_TOKEN``, ``LOG_LEVEL``,
    ``DATABASE_…_SECONDS``), settings file (:func:`settings_file`), ``.streamlit/secrets.toml``,
    default. What is empty counts as not set. Relative paths, that of a SQLite URL too, are below
    the project's root, so that the screens and the command line mean the same file wherever they
    are started.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    # Empty: the file ``dung-han.db`` in data_dir.
    database_url: str = ""
    timezone: str = "Asia/Ho_Chi_Minh"
    data_dir: Path = Path("var")
    # One's own mappings, which are known by their names.
    mappings_dir: Path = Path("mappings")
    # GeoJSON with the communes' borders; not set: ``ranh-gioi.geojson`` in data_dir, if there.
    boundary_file: Path | None = None
    # One's own terms of keeping (connectors/personal/retention.toml has the shipped ones).
    retention_file: Path | None = None
    # Which reports go out by themselves (connectors/sending/plan.py); not set: none.
    sending_file: Path | None = None
    # The server that e-mail is handed to; no host: none is sent. ``smtp_ca``: whose word about its
    # name is believed, where not the system's.
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr | None = None
    smtp_from: str = ""
    smtp_ca: Path | None = None
    # Alerts (connectors/alerts/allowed.py): the domains of e-mail that they go to, not set: that of
    # SMTP_FROM; how the addresses of web hooks begin, not set: there are none.
    alert_mail_domains: str = ""
    alert_hooks: str = ""
    # Signs web hooks; several with commas between: each signs. ``alert_hook_ca``: as of SMTP.
    alert_hook_key: SecretStr | None = None
    alert_hook_ca: Path | None = None
    # Encrypts owners' data (Fernet keys); the first locks, each one opens, with commas between.
    owner_key: SecretStr | None = None
    # Signs the audit's lines; several with commas between: the first signs, the others are known.
    audit_key: SecretStr | None = None
    # What a monitoring system brings to read /metrics; not set: there is no such page.
    metrics_token: SecretStr | None = None
    # How people sign in: 'form' (accounts' pass-phrases) or 'oidc' (Streamlit's st.login).
    sign_in: Literal["form", "oidc"] = "form"
    # What people type into their browser, where that is not this machine's own address.
    public_url: str = ""
    # Whether a reverse proxy stands in front and tells the visitor's address (X-Real-IP).
    behind_proxy: bool = False
    # Where it stands: addresses or networks with commas between. Nobody else's word is believed.
    proxies: str = "127.0.0.1, ::1"
    # From which severity on the app's own log lines are written; other packages' from warning on.
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    # How long the database is waited for (connectors/database/patience.py says what each means).
    database_connect_seconds: int = 3
    database_silent_seconds: float = 3
    database_statement_seconds: float = 15
    database_give_up_seconds: float = 60

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file, secrets = _FileSource(settings_cls), _SecretsSource(settings_cls)
        return init_settings, env_settings, file, secrets

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(
                f"TIMEZONE={value!r} không phải múi giờ IANA (ví dụ đúng: Asia/Ho_Chi_Minh)"
            ) from error
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("owner_key")
    @classmethod
    def _fernet_keys(cls, value: SecretStr | None) -> SecretStr | None:
        for key in _listed(value):
            try:
                Fernet(key)
            except ValueError as error:
                # The text itself is a secret: it is not repeated.
                raise ValueError(
                    "OWNER_KEY không phải khóa mã hóa hợp lệ; tạo bằng lệnh "
                    ".venv/bin/python -m connectors owners new-key"
                ) from error
        return value

    @field_validator("audit_key")
    @classmethod
    def _long_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if any(len(key) < _SHORTEST_KEY for key in _listed(value)):
            raise ValueError(
                f"AUDIT_KEY phải dài ít nhất {_SHORTEST_KEY} ký tự; tạo bằng lệnh "
                ".venv/bin/python -m connectors audit new-key"
            )
        return value

    @field_validator("alert_hook_key")
    @classmethod
    def _long_hook_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if any(len(key) < _SHORTEST_KEY for key in _listed(value)):
            raise ValueError(
                f"ALERT_HOOK_KEY phải dài ít nhất {_SHORTEST_KEY} ký tự; tạo bằng lệnh "
                ".venv/bin/python -m connectors audit new-key"
            )
        return value

    @field_validator("metrics_token")
    @classmethod
    def _long_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(
                f"METRICS_TOKEN phải dài ít nhất {_SHORTEST_KEY} ký tự; tạo bằng lệnh "
                ".venv/bin/python -m connectors audit new-key"
            )
        return value

    @field_validator("proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        try:
            networks(value)
        except ValueError as error:
            raise ValueError(
                f"PROXIES={value!r} không phải địa chỉ hoặc dải mạng, cách nhau bằng dấu phẩy "
                "(ví dụ đúng: 127.0.0.1, 10.0.0.0/24)"
            ) from error
        return value

    @field_validator(
        "database_connect_seconds",
        "database_silent_seconds",
        "database_statement_seconds",
        "database_give_up_seconds",
        mode="before",
    )
    @classmethod
    def _seconds(cls, value: Any, info: ValidationInfo) -> Any:
        is_connect = info.field_name == "database_connect_seconds"
        try:
            seconds = int(value) if is_connect else float(value)
        except (TypeError, ValueError):
            seconds = 0
        if not (2 if is_connect else 0.1) <= seconds <= _LONGEST_WAIT:
            least = "số nguyên, ít nhất 2" if is_connect else "ít nhất 0.1"
            raise ValueError(
                f"{str(info.field_name).upper()}={value!r} không phải số giây dùng được "
                f"({least}, nhiều nhất {_LONGEST_WAIT})"
            )
        return seconds

    @field_validator("data_dir", "mappings_dir")
    @classmethod
    def _absolute_dir(cls, value: Path) -> Path:
        return _below_root(value.expanduser())

    @field_validator("boundary_file", "retention_file", "sending_file", "smtp_ca", "alert_hook_ca")
    @classmethod
    def _absolute_file(cls, value: Path | None) -> Path | None:
        return None if value is None else _below_root(value.expanduser())

    def model_post_init(self, context: Any, /) -> None:
        url = self.database_url or f"sqlite:///{self.data_dir / 'dung-han.db'}"
        # The model is frozen for its users; this is still its construction.
        object.__setattr__(self, "database_url", _usable_url(url))

    @property
    def snapshot_dir(self) -> Path:
        """Folder of the Parquet snapshot; may be deleted at any time."""
        return self.data_dir / "snapshot"

    @property
    def boundaries(self) -> Path:
        """Where the borders are looked for; the file need not be there."""
        return self.boundary_file or self.data_dir / "ranh-gioi.geojson"

    @property
    def owner_keys(self) -> tuple[str, ...]:
        """Keys of owners' data; the first one locks. Empty: the data is kept readable."""
        return _listed(self.owner_key)

    @property
    def audit_keys(self) -> tuple[str, ...]:
        """Keys of the audit; the first one signs. Empty: lines are chained, but not signed."""
        return _listed(self.audit_key)

    @property
    def alert_hook_keys(self) -> tuple[str, ...]:
        """Keys that web hooks are signed with, each; empty: none is sent."""
        return _listed(self.alert_hook_key)

    @property
    def patience_of_pages(self) -> Patience:
        """How long a page waits for the database."""
        return replace(self.patience, statement=self.database_statement_seconds)

    @property
    def patience(self) -> Patience:
        """How long a command waits for the database: its statements take as long as they take."""
        return Patience(
            connect=self.database_connect_seconds,
            silent=self.database_silent_seconds,
            at_length=self.database_give_up_seconds,
        )

    @property
    def is_https(self) -> bool:
        """Whether people reach the app under HTTPS: cookies are Secure then."""
        return self.public_url.lower().startswith("https://")

    @property
    def trusted_proxies(self) -> tuple[Network, ...]:
        """Whose word about a visitor's address is believed; empty without BEHIND_PROXY."""
        return networks(self.proxies) if self.behind_proxy else ()

    @property
    def hides_addresses(self) -> bool:
        """Whether it looks as if a proxy stood in front that nobody has told of: all visitors
        would have its address."""
        return bool(self.public_url) and not self.behind_proxy

    @property
    def cookie_name(self) -> str:
        """The session cookie's name; its prefix makes browsers insist on Secure and no Domain."""
        return "__Host-dung-han" if self.is_https else "dung-han"

    @cached_property
    def zone(self) -> ZoneInfo:
        """The installation's zone: every local moment is in it."""
        return ZoneInfo(self.timezone)


def _listed(keys: SecretStr | None) -> tuple[str, ...]:
    if keys is None:
        return ()
    return tuple(key for part in keys.get_secret_value().split(",") if (key := part.strip()))


def _usable_url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError as error:
        # The text itself may hold a password: it is not repeated.
        raise ValueError(
            "DATABASE_URL không phải địa chỉ cơ sở dữ liệu "
            "(ví dụ đúng: postgresql://user:password@host/name hoặc sqlite:///var/dung-han.db)"
        ) from error
    if url.get_backend_name() not in DIALECTS:
        raise ValueError(
            f"DATABASE_URL dùng {url.get_backend_name()!r}; chỉ hỗ trợ sqlite và postgresql"
        )
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        url = url.set(database=str(_below_root(Path(str(url.database)))))
    return url.render_as_string(hide_password=False)


def load_settings() -> Settings:
    """The settings of this installation, from environment, files and defaults; the process has
    then what the settings file sets for others, too (:func:`adopt`).

    Raises SettingsError, in Vietnamese, for a value that cannot be used.
    """
    adopt()
    try:
        return Settings()
    except ValidationError as error:
        reasons = "; ".join(
            str(item["msg"]).removeprefix("Value error, ")
            for item in error.errors(include_url=False)
        )
        raise SettingsError(f"Cấu hình không dùng được: {reasons}.") from None
