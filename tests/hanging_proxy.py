"""A way to a PostgreSQL server of the tests that can stop carrying: to a client it hangs."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from tests.postgres_server import PostgresServer


class HangingProxy:
    """Carries bytes between a TCP port of its own and the server's Unix socket, or keeps them.

    While it hangs it takes connections, as a kernel does for a program that is stopped, and
    nothing passes. ``resume`` carries what was kept; ``forget`` lets new connections through and
    those of before hang for ever, as after a firewall has lost its state.
    """

    def __init__(self, server: PostgresServer, port: int = 0) -> None:
        self._target = str(server.folder / ".s.PGSQL.5432")
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._open: list[socket.socket] = []
        self.taken = 0
        """Connections taken so far."""
        threading.Thread(target=self._take, daemon=True).start()

    def url(self, name: str) -> str:
        """The address of that database of the server, by way of here."""
        return f"postgresql://tests@127.0.0.1:{self.port}/{name}"

    def hang(self) -> None:
        self._flows.clear()

    def resume(self) -> None:
        self._flows.set()

    def forget(self) -> None:
        self._flows = threading.Event()
        self._flows.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._flows.set()
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _take(self) -> None:
        with suppress(OSError):  # closed at the end
            while True:
                here = self._listener.accept()[0]
                self.taken += 1
                there = socket.socket(socket.AF_UNIX)
                there.connect(self._target)
                self._open += [here, there]
                flows = self._flows
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=_carry, args=(*pair, flows), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket, flows: threading.Event) -> None:
    with suppress(OSError):
        while content := one.recv(65_536):
            flows.wait()
            other.sendall(content)
        flows.wait()
        other.shutdown(socket.SHUT_RDWR)


@contextmanager
def stopped(server: PostgresServer) -> Iterator[None]:
    """The server's processes are stopped (SIGSTOP) for the time being."""
    processes = _processes(int((server.folder / "data" / "postmaster.pid").read_text().split()[0]))
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def _processes(first: int) -> list[int]:
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *map(int, children)]
