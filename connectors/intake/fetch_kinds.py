"""How a source is fetched by itself: the settings ``[sql]``, ``[rest]`` and ``[folder]``.

Every setting is described in docs/connecting-a-source.md (a test keeps it so).
"""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from connectors.intake.formats import own
from connectors.intake.setting_kinds import Names, Strict

_UNITS: Final = {"phút": 1, "giờ": 60, "ngày": 1440}
_LONGEST: Final = 31 * 1440


def _interval(value: Any) -> Any:
    """``15``, ``"15 phút"``, ``"2 giờ"``, ``"1 ngày"`` → a length of time."""
    found = re.fullmatch(r"(\d{1,6})\s*(phút|giờ|ngày)?", str(value).strip().lower())
    minutes = int(found[1]) * _UNITS[found[2] or "phút"] if found else 0
    if isinstance(value, bool) or not 1 <= minutes <= _LONGEST:
        raise ValueError(
            'phải là số phút hoặc dạng "15 phút", "2 giờ", "1 ngày"; từ 1 phút đến 31 ngày'
        )
    return timedelta(minutes=minutes)


Interval = Annotated[timedelta, BeforeValidator(_interval)]


class Fetched(Strict):
    """What every source has that is fetched by itself."""

    # How often the running program fetches it; None: only when it is told to.
    every: Interval | None = None


class Followed(Fetched):
    """A source that says which of its rows are new."""

    # Column (in JSON: path) by which new and changed rows are known.
    watermark: str | None = None
    watermark_kind: Literal["moment", "number", "text"] = "moment"
    # Also re-read this much before the watermark, for rows committed late.
    overlap_minutes: int = Field(default=10, ge=0, le=527_040)
    # So often everything is read, to find what was missed and what is gone there.
    full_every: Interval | None = None


class SqlSettings(Followed):
    """A read-only database to pull from."""

    # SQLAlchemy URL; "env:NAME" reads it from the environment, so that no password stands here.
    url: str
    query: str
    # Words that stand for an empty cell, beside those of empty.toml.
    empty: tuple[str, ...] = ()
    # Of several rows of a dossier the one counts whose moment or number here is the greatest.
    latest_by: Names | None = None

    @field_validator("query")
    @classmethod
    def _reads_only(cls, value: str) -> str:
        return read_only_query(value)


def read_only_query(value: str) -> str:
    """The query without a closing semicolon; raises ValueError when it is not one SELECT."""
    query = value.strip().rstrip(";").strip()
    if not re.match(r"(?is)(select|with)\b", query):
        raise ValueError("chỉ được đọc: câu truy vấn phải bắt đầu bằng SELECT hoặc WITH")
    if ";" in query:
        raise ValueError("chỉ được một câu truy vấn, không có dấu ; ở giữa")
    return query


def _absolute(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError("phải là đường dẫn đầy đủ, bắt đầu bằng /")
    return value


class FolderSettings(Fetched):
    """A folder into which another system puts files."""

    path: Annotated[Path, AfterValidator(_absolute)]
    # Names of the files that are meant, with * and ?.
    pattern: str = Field(default="*", min_length=1, max_length=255)
    # Where a file that was taken goes: into da-nhan/, or nowhere.
    after: Literal["move", "keep"] = "move"


class RestSettings(Followed):
    """A web service that answers with JSON."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    # What every request says beside pages and watermark.
    params: dict[str, str] = Field(default_factory=dict)
    # "env:NAME", where the token is: never the token itself.
    token: str | None = None
    token_header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]{1,64}$")
    token_scheme: str = Field(default="Bearer", pattern=r"^[A-Za-z0-9-]{0,32}$")
    # Certificates of one's own authority, beside those everybody trusts.
    ca_file: Annotated[Path, AfterValidator(_absolute)] | None = None
    # Without TLS, for a service inside a network that nobody else is in.
    plain_http: bool = False
    paging: Literal["none", "page", "offset", "next"] = "none"
    page_param: str = "page"
    first_page: int = Field(default=1, ge=0)
    size_param: str | None = None
    page_size: int = Field(default=200, ge=1, le=10_000)
    # Path to the next page's address or cursor; None: the header Link.
    next: str | None = None
    # Path to the number of all records.
    total: str | None = None
    # The request's parameter for the watermark, and how a moment is written there.
    watermark_param: str | None = None
    watermark_format: str = "iso"

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("phải là địa chỉ bắt đầu bằng https://")
        if parts.username or parts.password or parts.fragment:
            raise ValueError("địa chỉ không được có tên, mật khẩu hoặc dấu #; mã bí mật để ở token")
        return value

    @field_validator("token")
    @classmethod
    def _named(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", value):
            # It may be the token itself: it is not repeated.
            raise ValueError(
                'không ghi mã bí mật trong ánh xạ: ghi "env:TÊN" và đặt TÊN trong tệp cấu hình'
            )
        return value

    @field_validator("watermark_format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        if value in ("auto", "excel"):
            raise ValueError('dùng "iso", "epoch", "epoch_ms" hoặc dạng như "dd/MM/yyyy HH:mm:ss"')
        own(value)
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        host = urlsplit(self.url).hostname or ""
        if self.url.startswith("http://") and not (self.plain_http or _is_this_machine(host)):
            raise ValueError(
                "url không mã hóa (http://): dùng https://, hoặc đặt plain_http = true nếu dịch vụ "
                "ở trong mạng nội bộ không ai khác vào được"
            )
        if self.watermark_param is not None and self.watermark is None:
            raise ValueError("watermark_param cần watermark: trường cho biết bản ghi mới đến đâu")
        return self


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
