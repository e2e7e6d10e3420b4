"""Whose request it is, decided once at the door: afterwards ``scope["client"]`` is the visitor.

uvicorn believes ``X-Forwarded-For`` of every connection from this machine, whatever is set, and
Streamlit shows what uvicorn believed. Here it is told not to: the one rule is
:func:`connectors.addresses.address_of`.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import uvicorn.config
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.addresses import address_of
from connectors.settings import Settings
from ui.shell import installation

_log = logging.getLogger(__name__)

_HAVE_A_VISITOR: Final = ("http", "websocket")


class Addresses:
    """The outermost middleware: the client of a request is whoever asks, not the proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in _HAVE_A_VISITOR:
            host, port = scope.get("client") or (None, 0)
            proxies = installation.settings().trusted_proxies
            scope = {**scope, "client": (address_of(host, scope["headers"], proxies), port)}
        await self._app(scope, receive, send)


def begin() -> None:
    """Called once, before the server is ready: uvicorn's own belief off, a wrong setting told."""
    uvicorn.config.ProxyHeadersMiddleware = _unbelieving  # type: ignore[attr-defined,assignment]
    warn(installation.settings())


def warn(settings: Settings) -> None:
    """Logs that everybody will look like one visitor, where that is so."""
    if settings.hides_addresses:
        _log.warning(
            "PUBLIC_URL is set and BEHIND_PROXY is not: if a reverse proxy stands in front, all "
            "visitors have its address; set BEHIND_PROXY=1"
        )


def _unbelieving(app: Any, **_: Any) -> Any:
    """In the place of uvicorn's ProxyHeadersMiddleware."""
    return app
