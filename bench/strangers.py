"""``python -m bench strangers``: 20 people who are signed in, beside 1.000 strangers.

A third of the strangers hold a connection and say nothing, a third ask for the form and the stream,
a third send the largest that they may: sign-ins of the greatest length, and messages behind a
handshake. Each comes back a second after it was answered, from an address of its own (as a proxy
tells it). The people click each 5 seconds; a click is a whole run of the home screen. They are
alone before the strangers come and after they have gone.

Strangers have machines of their own, here they have not: their process takes only what the others
leave of the processors (nice 19), and the people are measured a third time while the same strangers
talk to another server that takes all they send and answers nothing that costs. What the app's own
process took of the processors stands beside, and what the one took that checks pass-phrases.
"""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any, Final
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Origin, Subprotocol
from websockets.asyncio.client import connect

from bench import screens
from bench.timing import children, cpu_seconds, peak_mb
from connectors.database.session import migrate, open_database
from connectors.sample.load import load
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.signing_in import signed_in
from ui.shell.limits import limits

PEOPLE: Final = 20
STRANGERS: Final = 1_000
CLICK: Final = 5.0
SECONDS: Final = 40.0
_WARM: Final = 15.0
_FIRST: Final = 5.0
"""So long strangers come before the people's clicks are counted."""
_DOSSIERS: Final = 20_000
_SAMPLE_END: Final = date(2026, 6, 28)


def main() -> dict[str, Any]:
    """Measure and print; what was measured, in seconds and MB."""
    _many_files()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cookies = _installation(folder)
        os.environ["BEHIND_PROXY"] = "1"
        with screens.app(folder) as app, _other_server() as other:
            pid = app.process.pid
            asyncio.run(_clicks(app.url, cookies, _WARM))
            alone = [_phase(app.url, cookies, pid)]
            found: dict[str, Any] = {}
            for what, url in (("generator only", other), ("beside", app.url)):
                with _crowd_at(url) as said:
                    found[what] = _phase(app.url, cookies, pid)
                found[what]["strangers"] = said.get()
                print(what, found[what]["strangers"], flush=True)
            _wait_for_the_checks(pid)
            alone.append(_phase(app.url, cookies, pid))
            found["peak_mb"] = peak_mb(pid)
            found["alone"] = alone
            found["p95_ratio"] = found["beside"]["p95"] / fmean(one["p95"] for one in alone)
    print(found, flush=True)
    return found


def _phase(url: str, cookies: list[str], pid: int) -> dict[str, Any]:
    """Everybody's clicks, and the seconds that the app took of the processors meanwhile."""
    before, checked = cpu_seconds(pid), _checks(pid)
    times = asyncio.run(_clicks(url, cookies, SECONDS))
    figures = _figures(times) | {"app_cpu": cpu_seconds(pid) - before}
    figures["checks_cpu"] = _checks(pid) - checked
    print(figures, flush=True)
    return figures


def _checks(pid: int) -> float:
    return sum(cpu_seconds(child) for child in children(pid))


def _wait_for_the_checks(pid: int) -> None:
    """Until no pass-phrase is checked any more: the last strangers have gone, not their line."""
    before = -1.0
    while (now := _checks(pid)) > before:
        before = now
        time.sleep(2)


def _many_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))


def _installation(folder: Path) -> list[str]:
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    database = open_database(settings.database_url)
    migrate(database)
    load(database, settings, end=_SAMPLE_END, dossiers=_DOSSIERS)
    refresh(database, settings)
    cookies = [signed_in(database, "leader", name=f"nguoi-{number}") for number in range(PEOPLE)]
    database.dispose()
    return cookies


# -- people ------------------------------------------------------------------------------------


async def _clicks(url: str, cookies: list[str], seconds: float) -> list[float]:
    """Seconds of each click of everybody."""
    people = (_person(url, cookie, number, seconds) for number, cookie in enumerate(cookies))
    return [one for times in await asyncio.gather(*people) for one in times]


async def _person(url: str, cookie: str, number: int, seconds: float) -> list[float]:
    headers = {"Cookie": f"{Settings().cookie_name}={cookie}", "X-Real-IP": f"10.9.0.{number + 1}"}
    await asyncio.sleep(CLICK * number / PEOPLE)
    times = []
    async with connect(
        url.replace("http", "ws") + "/_stcore/stream",
        origin=Origin(url),
        subprotocols=[Subprotocol("streamlit")],
        additional_headers=headers,
        max_size=None,
        compression=None,
        open_timeout=120,
    ) as line:
        await _click(line)
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            times.append(await _click(line))
            await asyncio.sleep(max(CLICK - times[-1], 0.0))
    return times


async def _click(line: Any) -> float:
    message = BackMsg()
    message.rerun_script.query_string = ""
    message.rerun_script.context_info.timezone = "Asia/Ho_Chi_Minh"
    began = time.perf_counter()
    await line.send(message.SerializeToString())
    while True:
        told = ForwardMsg()
        told.ParseFromString(await line.recv())
        if told.WhichOneof("type") == "script_finished":
            return time.perf_counter() - began


# -- strangers ---------------------------------------------------------------------------------


@contextmanager
def _crowd_at(url: str) -> Iterator[Any]:
    """All strangers at a server, for as long as it lasts; a queue with what they were answered."""
    answers: Any = multiprocessing.Queue()
    crowd = multiprocessing.Process(target=_crowd, args=(url, answers))
    crowd.start()
    time.sleep(_FIRST)
    yield answers
    crowd.join()


def _crowd(url: str, answers: Any) -> None:
    os.nice(19)
    _many_files()
    answers.put(asyncio.run(_all_strangers(url)))


@contextmanager
def _other_server() -> Iterator[str]:
    """Something that takes what strangers send, and hangs up on them as late as the app does."""
    addresses: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=_take, args=(addresses,), daemon=True)
    server.start()
    yield addresses.get()
    server.terminate()
    server.join()


def _take(addresses: Any) -> None:
    os.nice(19)
    _many_files()
    asyncio.run(_take_all(addresses))


async def _take_all(addresses: Any) -> None:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(limits().strangers.patience_seconds):
                while await reader.read(1 << 20):
                    pass
        writer.write(b"HTTP/1.1 503 Busy\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, backlog=2048)
    host, port = server.sockets[0].getsockname()
    addresses.put(f"http://{host}:{port}")
    await server.serve_forever()


async def _all_strangers(url: str) -> dict[str, int]:
    seen: Counter[str] = Counter()
    until = time.perf_counter() + _FIRST + SECONDS + 2 * CLICK
    ways = (_says_nothing, _asks, _sends)
    async with asyncio.TaskGroup() as group:
        for number in range(STRANGERS):
            group.create_task(_stranger(url, number, ways[number % 3], until, seen))
    return dict(seen)


async def _stranger(url: str, number: int, way: Any, until: float, seen: Counter[str]) -> None:
    chance = random.Random(number)
    where = urlsplit(url)
    head = f"Host: {where.netloc}\r\nX-Real-IP: 10.8.{number // 250}.{number % 250 + 1}\r\n"
    await asyncio.sleep(chance.random())
    while time.perf_counter() < until:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            try:
                async with asyncio.timeout(max(until - time.perf_counter(), 0.1)):
                    writer.write(way(url, head, chance))
                    answer = await reader.read(12)
                    seen[answer[9:].decode() or "closed"] += 1
                    while await reader.read(65536):
                        pass
            except TimeoutError:
                pass
            finally:
                writer.close()
        await asyncio.sleep(1)


def _says_nothing(_url: str, head: str, _chance: random.Random) -> bytes:
    return f"GET / HTTP/1.1\r\n{head}".encode()


def _asks(url: str, head: str, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return f"GET /don-vi HTTP/1.1\r\n{head}\r\n".encode()
    return _handshake(url, head)


def _sends(url: str, head: str, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        size = limits().form.bytes
        form = f"ten=khach-{chance.randrange(10**6)}&mat-khau=".ljust(size - 10, "a")
        top = f"POST /vao HTTP/1.1\r\n{head}Origin: {url}\r\nContent-Length: {len(form)}\r\n\r\n"
        return (top + form).encode()
    size = limits().message.bytes
    return _handshake(url, head) + b"\x82\xff" + size.to_bytes(8, "big") + bytes(4 + size)


def _handshake(url: str, head: str) -> bytes:
    return (
        f"GET /_stcore/stream HTTP/1.1\r\n{head}Origin: {url}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()


def _figures(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    at = {"median": 0.5, "p95": 0.95, "slowest": 1.0}
    found = {name: ordered[math.ceil(len(ordered) * part) - 1] for name, part in at.items()}
    return {"clicks": len(ordered), **found}
