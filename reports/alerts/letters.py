"""What is sent of alerts: an e-mail in plain text, and what a web hook gets.

Neither names a person or a dossier: units, figures, numbers, and the way into the app, where
whoever opens it signs in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from connectors.alerts.bounds import bounds
from connectors.alerts.outbox import Message
from connectors.alerts.stopping import WHAT, What
from connectors.alerts.store import Found, Reader
from connectors.sending import mail
from connectors.settings import Settings
from metrics.core.vietnamese import moment, number

PLACE: Final = "canh-bao"
"""Address of the screen of one's alerts (ui/shell/registry.py)."""
STOP: Final = "ngung-nhan"
"""Address of the page that ends e-mails (ui/shell/stopping.py)."""
_SIGNED: Final = "Thư do phần mềm Đúng Hạn tự gửi; số liệu trong phạm vi của người nhận."


@dataclass(frozen=True)
class Letter:
    """What an e-mail says."""

    subject: str
    lines: Sequence[str]


def of_alerts(settings: Settings, found: Sequence[Found]) -> Letter:
    """The e-mail that tells of some alerts, the oldest first."""
    first = found[0]
    one = f"Cảnh báo: {first.subject or first.text}"
    subject = one if len(found) == 1 else f"{number(len(found))} cảnh báo mới"
    shown = found[: bounds().most_lines]
    lines = [line for each in shown for line in (*_told(settings, each), "")]
    if more := len(found) - len(shown):
        lines += [f"… và {number(more)} cảnh báo khác, xem trong phần mềm.", ""]
    lines.append(f"Xem, sửa quy tắc: {address(settings, PLACE)}")
    return Letter(subject, lines)


def _told(settings: Settings, one: Found) -> list[str]:
    over = "" if one.ended_at is None else f" (đã hết lúc {local(settings.zone, one.ended_at)})"
    since = local(settings.zone, one.began_at)
    return [
        f"• {sentence(one)}",
        f"  Từ {since}{over}. {address(settings, PLACE, alert=str(one.id))}",
    ]


def sentence(one: Found) -> str:
    """An alert in one sentence."""
    return f"{one.subject}: {one.text}" if one.subject else one.text


def local(zone: ZoneInfo, at: datetime) -> str:
    """A moment as people read it there."""
    return moment(at.astimezone(zone).replace(tzinfo=None))


def address(settings: Settings, place: str, **params: str) -> str:
    """An address of the app as people reach it."""
    base = f"{settings.public_url.rstrip('/')}/{place}"
    return f"{base}?{urlencode(params)}" if params else base


def written(
    settings: Settings, letter: Letter, reader: Reader, message: Message, what: What
) -> EmailMessage:
    """An e-mail with the way to end such e-mails in one click (RFC 2369, RFC 8058)."""
    assert reader.mail is not None
    stop = address(settings, STOP, t=reader.token, k=what)
    text = "\n".join((*letter.lines, "", _SIGNED, f"Ngừng nhận {WHAT[what]}: {stop}", ""))
    headers = {"List-Unsubscribe": f"<{stop}>"}
    if settings.is_https:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail.message(
        settings.smtp_from, reader.mail, f"Đúng Hạn: {letter.subject}", text, (),
        f"alert|{message.mark}", headers,
    )  # fmt: skip


def content(settings: Settings, found: Sequence[Found], message: Message) -> dict[str, Any]:
    """What a web hook gets: no name, no address of anybody."""
    return {
        "type": "alerts.begun",
        "timestamp": message.due_at.isoformat(timespec="seconds"),
        "data": {
            "alerts": [
                {
                    "id": each.id,
                    "rule": each.rule_id,
                    "subject": each.subject,
                    "text": each.text,
                    "unit_id": each.unit_id,
                    "began_at": each.began_at.isoformat(timespec="seconds"),
                    "ended_at": each.ended_at and each.ended_at.isoformat(timespec="seconds"),
                    "link": address(settings, PLACE, alert=str(each.id))
                    if settings.public_url
                    else None,
                }
                for each in found
            ]
        },
    }
