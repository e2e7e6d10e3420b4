"""A web service of another office, as well-behaved or as bad as a test wants it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

Params = dict[str, str]
Answer = Callable[["Handler"], None]


@dataclass
class Service:
    """Answers each request with ``answers``' next, then as ``usual`` has it (params → JSON)."""

    usual: Callable[[Params], Any]
    answers: list[Answer | None] = field(default_factory=list)
    asked: list[Params] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    more_headers: Callable[[Params], Params] = lambda _: {}

    def __enter__(self) -> Self:
        handler = type("Bound", (Handler,), {"service": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/ho-so"


class Handler(BaseHTTPRequestHandler):
    service: Service

    def do_GET(self) -> None:
        self._answered(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        self._answered(json.loads(self.rfile.read(length)))

    def _answered(self, params: Params) -> None:
        service = self.service
        service.asked.append(params)
        service.headers.append({name.lower(): value for name, value in self.headers.items()})
        answer = service.answers.pop(0) if service.answers else None
        if answer is not None:
            answer(self)
            return
        self.tell(service.usual(params), 200, **service.more_headers(params))

    def tell(self, value: Any, code: int = 200, **headers: str) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(code)
        for name, each in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), each)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def says(code: int, value: Any = None, **headers: str) -> Answer:
    """An answer of this code."""
    return lambda handler: handler.tell(value, code, **headers)


def breaks_off(handler: Handler) -> None:
    """Half an answer, then nothing."""
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data": [')
    handler.wfile.flush()
    handler.connection.close()
