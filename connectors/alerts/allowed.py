"""Where alerts may be sent to at all: what the installation has allowed, and nothing else.

Asked when somebody enters an address, and again each time before something is sent there: what is
no longer allowed gets nothing any more.
"""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from connectors.sending.plan import plain_address
from connectors.settings import Settings, SettingsError

_PORTS = {"https": 443, "http": 80}
_ESCAPED = 4
"""A path that is still escaped after so many readings is none."""
_HERE = ("localhost", "127.0.0.1", "::1")


def mail_domains(settings: Settings) -> tuple[str, ...]:
    """The domains of e-mail that is sent: ALERT_MAIL_DOMAINS, else that of SMTP_FROM."""
    named = [each.strip().lower().lstrip("@") for each in settings.alert_mail_domains.split(",")]
    if any(named):
        return tuple(each for each in named if each)
    own = settings.smtp_from.rpartition("@")[2].strip().rstrip(">").lower()
    return (own,) if own else ()


def mail_problem(settings: Settings, address: str) -> str | None:
    """Why no alert can go to an e-mail address, in Vietnamese; None: it can."""
    try:
        plain = plain_address(address)
    except ValueError:
        return "Đây không phải một địa chỉ thư điện tử."
    if not plain or len(plain) > 254:
        return "Hãy ghi một địa chỉ thư điện tử."
    if not settings.smtp_host or not settings.smtp_from:
        return "Máy chủ chưa đặt SMTP_HOST và SMTP_FROM nên chưa gửi thư được."
    if not settings.public_url:
        return (
            "Máy chủ chưa đặt PUBLIC_URL nên thư không có đường dẫn để ngừng nhận; chưa gửi được."
        )
    domain, allowed = plain.rpartition("@")[2].lower(), mail_domains(settings)
    if domain not in allowed:
        return f"Cơ quan chỉ cho gửi thư tới địa chỉ thuộc: {', '.join(allowed)}."
    return None


def hooks(settings: Settings) -> tuple[str, ...]:
    """The beginnings of addresses that web hooks may have (ALERT_HOOKS); none: there are none.

    Raises SettingsError (Vietnamese) for one that cannot be used.
    """
    found = tuple(each for part in settings.alert_hooks.split(",") if (each := part.strip()))
    for each in found:
        if _parts(each) is None:
            raise SettingsError(
                f"ALERT_HOOKS: “{each}” không dùng được. Mỗi mục là phần đầu của địa chỉ, ví dụ "
                "https://thongbao.example.gov.vn/hook/; http chỉ dùng được với localhost."
            )
    return found


def hook_problem(settings: Settings, url: str) -> str | None:
    """Why no alert can go to a web hook's address, in Vietnamese; None: it can.

    Its scheme, host and port are those of one that is allowed, and its path begins with that
    one's, whole step by whole step.
    """
    if not settings.alert_hooks.strip():
        return "Cơ quan chưa cho phép web hook nào (ALERT_HOOKS)."
    if not settings.alert_hook_keys:
        return "Máy chủ chưa đặt ALERT_HOOK_KEY để ký nên chưa gửi được web hook."
    parts = _parts(url)
    if parts is None:
        return "Đây không phải địa chỉ web hook dùng được (https, không kèm tên và mật khẩu)."
    for each in hooks(settings):
        allowed = _parts(each)
        if allowed is not None and _is_within(parts, allowed):
            return None
    return "Địa chỉ web hook không thuộc những nơi mà cơ quan cho phép (ALERT_HOOKS)."


def _parts(url: str) -> SplitResult | None:
    """An address that can be sent to at all; None: it cannot."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > 500:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        return None
    if "@" in parts.netloc or parts.fragment or "#" in url:
        return None
    if parts.scheme == "http" and parts.hostname not in _HERE:
        return None
    return None if _climbs(parts.path) else parts


def _climbs(path: str) -> bool:
    """Whether a path leads up, if only for who undoes escapes twice or reads ``..;x`` as ``..``."""
    for _ in range(_ESCAPED):
        steps = (step.partition(";")[0] for step in path.replace("\\", "/").split("/"))
        if not {".", ".."}.isdisjoint(steps):
            return True
        path, before = unquote(path), path
        if path == before:
            return False
    return True


def _is_within(parts: SplitResult, allowed: SplitResult) -> bool:
    def place(of: SplitResult) -> tuple[str, str | None, int]:
        return of.scheme, of.hostname, of.port or _PORTS[of.scheme]

    if place(parts) != place(allowed):
        return False
    if allowed.query and parts.query != allowed.query:
        return False
    begin = allowed.path.rstrip("/")
    return parts.path == allowed.path or parts.path == begin or parts.path.startswith(f"{begin}/")
