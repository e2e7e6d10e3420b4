"""From which page, and under which name, a request comes."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from ui.shell import installation

_PORTS: Final = {"http": 80, "https": 443}


def is_own_origin(headers: Headers) -> bool:
    """Whether the request comes from a page of this app.

    A browser names the origin of a page that opens a WebSocket or posts: without one it is no
    browser, and nobody else has a reason to ask. With PUBLIC_URL it is that address and no other;
    else the host that was asked, port included.
    """
    asked = _place(headers.get("origin", ""))
    if asked is None:
        return False
    public = installation.settings().public_url
    if public:
        return asked == _place(public)
    scheme = asked[0]
    return asked == _place(f"{scheme}://{headers.get('host', '')}")


def is_own_host(headers: Headers) -> bool:
    """Whether the name that was asked for is this app's (server.allowedHosts, PUBLIC_URL)."""
    return bool(is_host_allowed(headers.get("host")))


def _place(address: str) -> tuple[str, str, int] | None:
    """Scheme, name and port; None for what is no address of a page."""
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port
