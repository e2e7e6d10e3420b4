"""A real mail server for tests, that refuses, hangs up and forgets as it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.e2e.tls import certificate


@dataclass
class Post:
    """A mail server's mind: what it answers to the texts that come, one after the other."""

    answers: list[str] = field(default_factory=list)
    came: list[Any] = field(default_factory=list)

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "hang up after":
            self.came.append(message_from_bytes(envelope.content, policy=policy.default))
            server.transport.abort()
            await asyncio.sleep(0)
            return "250 OK"
        if answer.startswith("250"):
            self.came.append(message_from_bytes(envelope.content, policy=policy.default))
        return answer


class _Server(Controller):
    """At a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Post, int, Path]]:
    """A server with STARTTLS: its mind, its port, the certificate to believe."""
    pem = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    mind = Post()
    server = _Server(mind, hostname="127.0.0.1", port=0, tls_context=context, require_starttls=True)
    server.start()
    yield mind, server.port, pem
    server.stop()
