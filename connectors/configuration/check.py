"""``config check``: every setting with its value and origin, and what is wrong."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from connectors import mappings
from connectors.alerts.allowed import hooks
from connectors.configuration.access import Account, service_account
from connectors.database.diagnose import diagnose
from connectors.intake.mapping import load_mapping
from connectors.intake.report import IntakeRefused
from connectors.origins import Origin, masked, origins, service_group
from connectors.personal.retention import rules_on
from connectors.settings import (
    SECRETS_FILE,
    SETTINGS_FILE,
    Settings,
    SettingsError,
    adopt,
    read_secrets,
    read_settings_file,
    settings_file,
    variable,
)

Level = Literal["wrong", "note"]

_KEYS: Final = ("owner_key", "audit_key")
_SECRETS: Final = (*_KEYS, "metrics_token", "alert_hook_key")
# Names that are not the program's and mean something to what runs it.
_OTHERS: Final = frozenset(
    {
        *("SETTINGS_FILE", "PORT", "HOST", "PATH", "HOME", "USER", "SHELL", "LANG", "LANGUAGE"),
        *("TZ", "TMPDIR", "TERM", "PWD", "LOGNAME", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"),
        *("SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    }
)
_FAMILIES: Final = ("LC_", "PG", "PYTHON", "STREAMLIT_", "POLARS_", "XDG_", "SYSTEMD_", "JOURNAL_")
_ALIKE_IN_FILE: Final = 0.6
_ALIKE_ELSEWHERE: Final = 0.85


@dataclass(frozen=True)
class Finding:
    """Something to mend (``wrong``) or to know (``note``); ``text``: Vietnamese."""

    level: Level
    text: str


@dataclass(frozen=True)
class Setting:
    """A setting as it holds: ``value`` without secrets, ``place``: where it comes from."""

    name: str
    value: str
    place: str


@dataclass
class Check:
    """What ``config check`` tells."""

    file: str
    settings: list[Setting] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    database: str = ""

    @property
    def is_right(self) -> bool:
        """Whether nothing has to be mended."""
        return all(one.level != "wrong" for one in self.findings)

    def wrong(self, text: str) -> None:
        self.findings.append(Finding("wrong", text))

    def note(self, text: str) -> None:
        self.findings.append(Finding("note", text))


def check() -> Check:
    """Look at everything that can be set; nothing is written, and the database is only read."""
    found = Check(_told_of_file())
    try:
        adopt()
        read_secrets()
        known = origins()
    except SettingsError as error:
        found.wrong(str(error))
        return found
    settings, faults = _valid()
    for name, reason in faults.items():
        found.wrong(f"{name.upper()}: {reason}")
    _list(found, known, settings, faults)
    _names(found)
    if settings is None:
        found.wrong("Chưa thử cơ sở dữ liệu và thư mục: hãy sửa các thiết lập trên trước.")
        return found
    account = service_account(settings)
    _told(found, known, settings)
    _address(found, settings)
    _alerts(found, settings)
    _folders(found, settings, account)
    _own_mappings(found, settings)
    _database(found, settings)
    return found


def _told_of_file() -> str:
    path = settings_file()
    if path is None:
        return f"không có ({SETTINGS_FILE})"
    return str(path)


# -- values ------------------------------------------------------------------------------------


def _valid() -> tuple[Settings | None, dict[str, str]]:
    """The settings, or what is wrong with which."""
    try:
        return Settings(), {}
    except ValidationError as error:
        faults = {}
        for item in error.errors(include_url=False, include_input=False):
            name = str(item["loc"][0]) if item["loc"] else "database_url"
            faults[name] = _reason(item)
        return None, faults


def _reason(item: Any) -> str:
    allowed = {
        "bool_parsing": "phải là 1 (có) hoặc 0 (không)",
        "literal_error": f"phải là một trong: {item.get('ctx', {}).get('expected', '')}",
    }
    return allowed.get(item["type"], str(item["msg"]).removeprefix("Value error, "))


def _list(
    found: Check, known: dict[str, Origin], settings: Settings | None, faults: dict[str, str]
) -> None:
    for name in Settings.model_fields:
        origin = known[name]
        if name in faults or settings is None:
            value = _raw(name, origin)
        else:
            value = _value(name, getattr(settings, name))
        more = "; khác với tệp cấu hình" if origin.hides else ""
        found.settings.append(Setting(name.upper(), value, origin.place + more))


def _raw(name: str, origin: Origin) -> str:
    """A value that was not understood; what may hold a secret is not repeated."""
    if not origin.text:
        return "(mặc định)" if origin.where == "default" else "(trống)"
    return "(đã đặt)" if name in (*_SECRETS, "database_url") else origin.text


def _value(name: str, value: Any) -> str:
    if isinstance(value, SecretStr):
        keys = [key for key in value.get_secret_value().split(",") if key.strip()]
        return f"(đã đặt, {len(keys)} khóa)"
    if name == "database_url":
        return masked(str(value))
    if name == "public_url":
        return _without_secret(str(value)) or "(không đặt)"
    if isinstance(value, bool):
        return "1 (có)" if value else "0 (không)"
    return "(không đặt)" if value in (None, "") else str(value)


def _without_secret(url: str) -> str:
    head, at, rest = url.rpartition("@")
    return f"{head.partition('//')[0]}//***@{rest}" if at else url


# -- names -------------------------------------------------------------------------------------


def _names(found: Check) -> None:
    """Names that nobody reads: in the files all of them, in the environment those that look like
    ours."""
    ours = [name.upper() for name in Settings.model_fields]
    read = {*ours, *_OTHERS, *_of_mappings()}
    path, file = settings_file(), read_settings_file()
    for line in file.strange:
        found.wrong(
            f"{path}, dòng {line}: không phải TÊN=giá trị (không viết “export”), nên không có tác "
            "dụng."
        )
    lines: dict[str, list[int]] = {}
    for one in file.given:
        lines.setdefault(one.name.upper(), []).append(one.line)
    for name, places in lines.items():
        if len(places) > 1:
            listed = ", ".join(map(str, places))
            found.note(f"{path}: {name} được đặt nhiều lần (dòng {listed}); dòng cuối có hiệu lực.")
        if name not in read and not name.startswith(_FAMILIES):
            _strange(found, f"{path}, dòng {places[-1]}", name, ours, _ALIKE_IN_FILE)
    for name in sorted(set(os.environ) - set(lines)):
        upper = name.upper()
        if upper not in read and not upper.startswith(_FAMILIES):
            near = _near(upper, ours, _ALIKE_ELSEWHERE)
            if near is not None:
                found.wrong(f"môi trường: không có thiết lập {name}; có phải {near}?")
    _names_of_secrets(found)


def _strange(found: Check, place: str, name: str, ours: Iterable[str], alike: float) -> None:
    near = _near(name, ours, alike)
    if near is None:
        found.note(f"{place}: không có thiết lập {name}; phần mềm không đọc tên này.")
    else:
        found.wrong(f"{place}: không có thiết lập {name}; có phải {near}?")


def _near(name: str, ours: Iterable[str], alike: float) -> str | None:
    return next(iter(difflib.get_close_matches(name, list(ours), n=1, cutoff=alike)), None)


def _names_of_secrets(found: Check) -> None:
    secrets = read_secrets()
    dossiers = secrets.get("connections", {}).get("dossiers", {})
    for table, names, known in (
        ("privacy", secrets.get("privacy", {}), _KEYS),
        ("connections.dossiers", dossiers, ("url",)),
    ):
        for name in names:
            if name not in known:
                _strange(found, f"{SECRETS_FILE}, bảng [{table}]", name, known, _ALIKE_IN_FILE)


def _of_mappings() -> Iterator[str]:
    """Names that the installation's own mappings have addresses in."""
    settings, _ = _valid()
    if settings is None:
        return
    for _, name in _addresses(settings):
        yield name.upper()


def _addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    """Mapping and name of each ``env:NAME``."""
    try:
        own = mappings.own_mappings(settings.mappings_dir)
    except IntakeRefused:
        return
    for one in own:
        if one.kind == "pull":
            sql = load_mapping(one.path).sql
            if sql is not None and sql.url.startswith("env:"):
                yield one.name, sql.url.removeprefix("env:")


# -- what the settings mean ---------------------------------------------------------------------


def _told(found: Check, known: dict[str, Origin], settings: Settings) -> None:
    hidden = [name.upper() for name, origin in known.items() if origin.hides]
    if hidden:
        found.note(
            f"Môi trường đặt khác tệp cấu hình: {', '.join(hidden)}; lệnh chạy ở đây không dùng "
            "như dịch vụ."
        )
    if not settings.owner_keys:
        found.note("OWNER_KEY chưa đặt: dữ liệu chủ hồ sơ được giữ ở dạng đọc được.")
    if not settings.audit_keys:
        found.note("AUDIT_KEY chưa đặt: nhật ký kiểm soát được nối chuỗi nhưng không ký.")
    if settings.sign_in == "oidc" and "auth" not in read_secrets():
        found.wrong(f"SIGN_IN=oidc nhưng {SECRETS_FILE} không có bảng [auth].")


def _address(found: Check, settings: Settings) -> None:
    url = settings.public_url
    if not url:
        if settings.behind_proxy:
            found.note("BEHIND_PROXY=1 nhưng chưa đặt PUBLIC_URL, địa chỉ mọi người gõ.")
        return
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        found.wrong("PUBLIC_URL phải là một địa chỉ đầy đủ, ví dụ https://dung-han.example.vn")
    elif not settings.is_https:
        found.wrong(
            "PUBLIC_URL không phải https: mật khẩu và số liệu đi qua mạng ở dạng đọc được, và "
            f"cookie không có Secure. Hãy đặt PUBLIC_URL=https://{parts.hostname} và TLS ở proxy."
        )
    if settings.hides_addresses:
        found.note(
            "PUBLIC_URL đã đặt mà BEHIND_PROXY chưa: nếu có proxy phía trước thì mọi người cùng "
            "một địa chỉ; hãy đặt BEHIND_PROXY=1."
        )


def _alerts(found: Check, settings: Settings) -> None:
    try:
        allowed = hooks(settings)
    except SettingsError as error:
        found.wrong(str(error))
        return
    if allowed and not settings.alert_hook_keys:
        found.wrong("ALERT_HOOKS đã đặt mà chưa có ALERT_HOOK_KEY: không web hook nào được gửi.")
    if settings.smtp_host and not settings.public_url:
        found.note("PUBLIC_URL chưa đặt: cảnh báo không gửi được bằng thư.")


def _folders(found: Check, settings: Settings, account: Account) -> None:
    data = settings.data_dir
    if not data.exists():
        service = service_group()
        owner, group = (service, service) if service else (account.name, account.group)
        found.wrong(
            f"DATA_DIR: thư mục {data} chưa có. Hãy tạo cho tài khoản của dịch vụ: install -d -o "
            f"{owner} -g {group} -m 0700 {data} (hoặc chạy migrate bằng tài khoản đó)."
        )
    elif not data.is_dir():
        found.wrong(f"DATA_DIR: {data} không phải thư mục.")
    elif not account.may(data, "rwx"):
        found.wrong(f"DATA_DIR: tài khoản {account.name} không đọc, ghi được thư mục {data}.")
    elif os.geteuid() != account.number:
        found.note(
            f"{data} là của tài khoản {account.name}; các lệnh ghi dữ liệu phải chạy bằng tài "
            f"khoản đó: sudo -u {account.name} .venv/bin/python -m connectors …"
        )
    path = settings_file()
    if path is not None and path != Path(os.devnull):
        if not account.may(path, "r"):
            found.wrong(f"Tài khoản {account.name} không đọc được tệp cấu hình {path}.")
        elif path.stat().st_mode & 0o004:
            found.note(f"Ai trên máy cũng đọc được {path}; hãy đặt quyền 0640.")
    if settings.mappings_dir.exists() and not account.may(settings.mappings_dir, "rx"):
        found.wrong(f"Tài khoản {account.name} không đọc được {settings.mappings_dir}.")
    try:
        rules_on(datetime.now(settings.zone).date(), settings)
    except SettingsError as error:
        found.wrong(str(error))
    border = settings.boundary_file
    if border is not None and not (border.is_file() and account.may(border, "r")):
        found.wrong(f"BOUNDARY_FILE: không có hoặc không đọc được tệp {border}.")


def _own_mappings(found: Check, settings: Settings) -> None:
    for fault in mappings.faults(settings.mappings_dir):
        found.wrong(fault)
    for mapping, name in _addresses(settings):
        if not variable(name):
            found.wrong(f"Ánh xạ {mapping}: chưa đặt {name}, nơi có địa chỉ của nguồn.")


def _database(found: Check, settings: Settings) -> None:
    diagnosis = diagnose(settings.database_url, settings.patience)
    found.database = f"{masked(settings.database_url)}: {diagnosis.sentence}"
    if not diagnosis.is_ready:
        found.wrong(f"Cơ sở dữ liệu: {diagnosis.sentence}")
