"""A real web hook for tests, that answers as it is told to: slowly, with a fault, elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Came:
    """A request that came: headers in lower case, the body as it was and as JSON."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Hook:
    """A hook's mind: what it answers, one after the other; then 200. A number: a code; "slow": it
    takes so long that nobody waits; "hang up": it takes the request and is gone; "long": an answer
    without end."""

    answers: list[int | str] = field(default_factory=list)
    came: list[Came] = field(default_factory=list)
    slow_seconds: float = 3.0


@contextmanager
def hooking() -> Iterator[tuple[Hook, str]]:
    """A server on this machine: its mind, the beginning of its addresses."""
    mind = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            mind.came.append(Came(self.path, headers, body))
            answer = mind.answers.pop(0) if mind.answers else 200
            if answer == "hang up":
                self.connection.close()
                return
            if answer == "slow":
                time.sleep(mind.slow_seconds)
            code = answer if isinstance(answer, int) else 200
            self.send_response(code)
            if code == 302:
                self.send_header("location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()
            try:
                if answer == "long":
                    for _ in range(10_000):
                        self.wfile.write(b"x" * 4096)
            except OSError:
                return

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield mind, f"http://127.0.0.1:{server.server_port}/hook/"
    finally:
        server.shutdown()
        server.server_close()
