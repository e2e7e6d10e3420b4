"""Which reports are sent when and to whom: what a plan is, and the installation's file of plans.

Those made on the screen are in the database (connectors.sending.schedules).

An entry names an account for each receiver: what is sent is cut to what that account may see at
that moment, so that nobody gets by e-mail what the screens would not show.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from connectors.settings import Settings, SettingsError

Every = Literal["day", "week", "month", "quarter"]

_EVERY: Final = ("day", "week", "month", "quarter")
_FORMATS: Final = ("pdf", "docx", "xlsx", "pptx")
_LONGEST: Final = 64
_FIRST_MONTHS: Final = (1, 4, 7, 10)
_KEYS: Final = frozenset(
    ("name", "report", "period", "formats", "every", "day", "at", "unit", "folder", "receivers")
)


@dataclass(frozen=True)
class Receiver:
    """Who gets it by e-mail: within the scope and the role of that account."""

    account: str
    address: str


@dataclass(frozen=True)
class Sending:
    """A report that goes out again and again.

    ``period``: the kind whose last whole period is reported (metrics.core.periods.KINDS).
    ``day``: of the week (1–7) or the month (1–28; of a quarter: of its first month). ``at``: local
    time. ``unit``: code or name; None: all that the receiver may see. ``folder``: where it is put,
    as ``account`` of the first receiver may see it; None: nowhere. ``since``: what was due before
    is nobody's; None: from ever.
    """

    name: str
    report: str
    period: str
    formats: tuple[str, ...]
    every: Every
    day: int
    at: time
    unit: str | None
    folder: Path | None
    receivers: tuple[Receiver, ...]
    since: datetime | None = None

    def last_due(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The newest moment (aware) at which it was due, not after ``now``: what was missed
        longer ago is not made up."""
        local = now.astimezone(zone)
        day = local.date()
        while True:
            due = datetime.combine(day, self.at, tzinfo=zone)
            if self._is_day(day) and due <= local:
                return due
            day -= timedelta(days=1)

    def _is_day(self, day: date) -> bool:
        if self.every == "day":
            return True
        if self.every == "week":
            return day.isoweekday() == self.day
        return day.day == self.day and (self.every == "month" or day.month in _FIRST_MONTHS)


def sendings(settings: Settings) -> tuple[Sending, ...]:
    """What the installation sends; nothing without SENDING_FILE.

    Raises SettingsError, in Vietnamese, which names the entry and what is wrong with it.
    """
    path = settings.sending_file
    if path is None:
        return ()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"SENDING_FILE: không đọc được {path.name}: {error}.") from error
    found = tuple(_sending(entry, place) for place, entry in enumerate(raw.get("sending", ()), 1))
    if not found or len({one.name for one in found}) < len(found):
        raise SettingsError(
            f"SENDING_FILE: {path.name} cần ít nhất một bảng [[sending]], mỗi bảng một name riêng."
        )
    return found


def _sending(entry: Mapping[str, Any], place: int) -> Sending:
    where = f"SENDING_FILE, bảng [[sending]] thứ {place}"
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise SettingsError(f"{where}: không có khóa {', '.join(unknown)}.")
    try:
        found = Sending(
            name=plain_name(entry["name"]),
            report=str(entry["report"]),
            period=str(entry.get("period", "week")),
            formats=tuple(entry.get("formats", ("pdf",))),
            every=entry.get("every", "week"),
            day=int(entry.get("day", 1)),
            at=time.fromisoformat(str(entry.get("at", "07:00"))),
            unit=entry.get("unit"),
            folder=Path(entry["folder"]) if "folder" in entry else None,
            receivers=tuple(
                Receiver(str(one["account"]), plain_address(one.get("address", "")))
                for one in entry["receivers"]
            ),
        )
    except KeyError as error:
        raise SettingsError(f"{where}: thiếu {error.args[0]}.") from error
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{where}: giá trị không dùng được ({error}).") from error
    wrong = problem(found)
    if wrong:
        raise SettingsError(f"{where}: {wrong}")
    return found


def problem(found: Sending) -> str | None:
    """What is wrong with a plan, in Vietnamese, by the names that the file has; None: nothing."""
    most = 7 if found.every == "week" else 28
    if found.every not in _EVERY:
        return f"every là một trong: {', '.join(_EVERY)}."
    if not 1 <= found.day <= most:
        return f"day từ 1 đến {most}."
    if not found.formats or set(found.formats) - set(_FORMATS):
        return f"formats gồm: {', '.join(_FORMATS)}."
    if not found.receivers:
        return "cần ít nhất một receivers (account: phạm vi của báo cáo; address: thư điện tử)."
    if found.folder is not None and not found.folder.is_absolute():
        return "folder là đường dẫn đầy đủ."
    if found.folder is None and not any(one.address for one in found.receivers):
        return "cần folder, hoặc address của người nhận."
    return None


def plain_name(value: Any) -> str:
    """A name of letters, digits, - and _. Raises ValueError (Vietnamese)."""
    text = str(value)
    if not 0 < len(text) <= _LONGEST or not all(each.isalnum() or each in "-_" for each in text):
        raise ValueError(f"name gồm chữ, số, - và _, nhiều nhất {_LONGEST} ký tự")
    return text


def plain_address(value: Any) -> str:
    """An e-mail address or ""; no line break, blank or comma can smuggle in another receiver.

    Raises ValueError (Vietnamese).
    """
    text = str(value)
    if text and (text.count("@") != 1 or not text.isascii() or any(c in text for c in " ,;<>\r\n")):
        raise ValueError("address không phải địa chỉ thư điện tử")
    return text
