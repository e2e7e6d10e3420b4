"""E-mail by SMTP with TLS. What failed before the message could have left is told apart from what
broke off afterwards: only the first is ever tried again.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.utils import formatdate
from hashlib import sha256
from mimetypes import guess_type
from typing import Final

from connectors.settings import Settings

_SECONDS: Final = 30.0
_POLICY: Final = policy.SMTP.clone(cte_type="7bit")
"""Lines as SMTP wants them, and nothing that an old server on the way could spoil."""


class NotSent(RuntimeError):
    """It did not leave; the message, in Vietnamese, says why. It may be tried again."""


class PerhapsSent(RuntimeError):
    """The connection broke after the message may have left; it must not be sent again blindly."""


@dataclass(frozen=True)
class File:
    """What is attached."""

    name: str
    content: bytes


def message(
    sender: str,
    to: str,
    subject: str,
    text: str,
    files: Sequence[File],
    mark: str,
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """A message with files.

    Args:
        headers: further ones.
        mark: the same for the same delivery: of it the Message-ID is made, so that a receiver's
            server knows a second copy if there should ever be one.
    """
    made = EmailMessage(_POLICY)
    made["From"], made["To"] = sender, to
    made["Subject"] = " ".join(subject.split())
    made["Date"] = formatdate(localtime=True)
    host = sender.rpartition("@")[2]
    made["Message-ID"] = f"<{sha256(mark.encode()).hexdigest()[:32]}@{host}>"
    made["Auto-Submitted"] = "auto-generated"
    for name, value in (headers or {}).items():
        made[name] = value
    made.set_content(text)
    for each in files:
        main, _, sub = (guess_type(each.name)[0] or "application/octet-stream").partition("/")
        made.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
    return made


def send(settings: Settings, made: EmailMessage) -> None:
    """Hands a message to the installation's server.

    Raises:
        NotSent: not configured, no connection, no TLS, refused.
        PerhapsSent: broke off after the text had been sent.
    """
    if not settings.smtp_host or not settings.smtp_from:
        raise NotSent("Chưa đặt SMTP_HOST và SMTP_FROM nên chưa gửi thư được.")
    try:
        server = _connected(settings)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(_told(error)) from error
    try:
        _hand_over(server, settings.smtp_from, str(made["To"]), made.as_bytes())
    finally:
        server.close()


def _connected(settings: Settings) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=settings.smtp_ca and str(settings.smtp_ca))
    host, port = settings.smtp_host, settings.smtp_port
    server: smtplib.SMTP
    if settings.smtp_security == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=_SECONDS)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if settings.smtp_user and settings.smtp_password is not None:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    except BaseException:
        server.close()
        raise
    return server


def _hand_over(server: smtplib.SMTP, sender: str, to: str, content: bytes) -> None:
    try:
        for code, said in (server.mail(sender), server.rcpt(to)):
            if code not in (250, 251):
                raise NotSent(_refused(code, said))
        code, said = server.docmd("DATA")
        if code != 354:
            raise NotSent(_refused(code, said))
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(_told(error)) from error
    try:
        lines = content.removesuffix(b"\r\n").split(b"\r\n")
        quoted = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
        server.send(quoted + b"\r\n.\r\n")
        code, said = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise PerhapsSent(_told(error)) from error
    if code != 250:
        raise NotSent(_refused(code, said))


def _refused(code: int, said: bytes) -> str:
    return f"Máy chủ thư từ chối ({code}): {said.decode(errors='replace')[:200]}"


def _told(error: Exception) -> str:
    kind = "hết thời gian chờ" if isinstance(error, TimeoutError) else str(error)[:200]
    return f"Không gửi được qua máy chủ thư: {kind or type(error).__name__}."
