"""Where the value of each setting comes from, and what a command says of the database it takes."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url

from connectors.settings import (
    SECRETS_FILE,
    SETTINGS_FILE,
    Settings,
    SettingsError,
    read_secrets,
    read_settings_file,
    settings_file,
)

Where = Literal["environment", "file", "secrets", "default"]


@dataclass(frozen=True)
class Origin:
    """Where a value comes from; ``text``: as it stands there, ``place``: in words.

    ``hides``: the settings file has another value, which the environment hides.
    """

    where: Where
    place: str
    text: str = ""
    hides: bool = False


def origins() -> dict[str, Origin]:
    """Field of the settings → where its value comes from. Raises SettingsError."""
    in_file = {one.name.lower(): one for one in read_settings_file().given if one.value}
    in_environment = {name.lower(): value for name, value in os.environ.items() if value}
    secrets = read_secrets()
    kept = secrets.get("privacy", {}) | {
        "database_url": secrets.get("connections", {}).get("dossiers", {}).get("url")
    }
    found = {}
    for name in Settings.model_fields:
        given = in_file.get(name)
        if name in in_environment:
            text = in_environment[name]
            hides = given is not None and given.value != text
            found[name] = Origin("environment", "môi trường", text, hides)
        elif given is not None:
            place = f"tệp {settings_file()}, dòng {given.line}"
            found[name] = Origin("file", place, given.value)
        elif name in ("database_url", "owner_key", "audit_key") and kept.get(name):
            found[name] = Origin("secrets", f"tệp {SECRETS_FILE}", str(kept[name]))
        else:
            found[name] = Origin("default", "mặc định")
    return found


def masked(url: str) -> str:
    """An address of a database without its pass-phrase, for people."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return f"SQLite {parsed.database or '(trong bộ nhớ)'}"
    secret = {name: "***" for name in parsed.query if "pass" in name.lower()}
    return f"PostgreSQL {parsed.update_query_dict(secret).render_as_string(hide_password=True)}"


def which_database(settings: Settings) -> str | None:
    """A sentence on the database that a command is about to use, where that is not what the
    settings file says; None where it is."""
    found, file = origins(), settings_file()
    url = found["database_url"]
    used = f"dùng cơ sở dữ liệu {masked(settings.database_url)} ({url.place})."
    if file is None:
        nothing = f"Không có tệp cấu hình ({SETTINGS_FILE})"
        return None if url.where == "secrets" else f"{nothing}; {used}"
    if url.hides or found["data_dir"].hides:
        return f"Môi trường đặt khác tệp cấu hình {file}; {used}"
    is_there = any(one.name.lower() == "database_url" for one in read_settings_file().given)
    if is_there or url.where == "secrets":
        return None
    return f"Tệp cấu hình {file} không đặt DATABASE_URL; {used}"


def check_account(settings: Settings) -> None:
    """Let nobody leave files behind that the service's account, whose the data is, cannot read.

    Whose it is: the data folder's and the database file's owner, where that is an account of this
    machine other than root. Raises SettingsError with the account to run the command as.
    """
    me = os.geteuid()
    for path in (settings.data_dir, *_database_file(settings)):
        owner = owner_of(path)
        if owner is not None and owner.pw_uid not in (me, 0):
            raise SettingsError(
                f"{path} là của tài khoản {owner.pw_name}, còn lệnh này đang chạy bằng tài khoản "
                f"{_name(me)}: những tệp nó tạo ra {owner.pw_name} không đọc được. Chưa làm gì. "
                f"Hãy chạy: {as_account(owner.pw_name)}"
            )
    group = service_group()
    if me == 0 and group is not None and not settings.data_dir.exists():
        raise SettingsError(
            f"Thư mục dữ liệu {settings.data_dir} chưa có; lệnh này chạy bằng root sẽ tạo một thư "
            "mục mà tài khoản của dịch vụ không vào được. Chưa làm gì. Hãy tạo cho tài khoản của "
            f"dịch vụ trước: install -d -o {group} -g {group} -m 0700 {settings.data_dir}"
        )


def _database_file(settings: Settings) -> tuple[Path, ...]:
    path = sqlite_file(settings)
    return () if path is None else (path,)


def sqlite_file(settings: Settings) -> Path | None:
    """The file of a SQLite database; None: it is PostgreSQL, or kept in memory."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def owner_of(path: Path) -> pwd.struct_passwd | None:
    """The account whose a file or folder is; None: it is not there, or the account has no name."""
    try:
        return pwd.getpwuid(path.stat().st_uid)
    except (OSError, KeyError):
        return None


def service_group() -> str | None:
    """The group that may read the settings file beside root, by name; None: there is none."""
    path = settings_file()
    try:
        found = None if path is None else path.stat()
        return None if found is None or not found.st_gid else grp.getgrgid(found.st_gid).gr_name
    except (OSError, KeyError):
        return None


def as_account(name: str) -> str:
    """The command line with which another account runs the same command."""
    return f"sudo -u {name} .venv/bin/python -m connectors …"


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
