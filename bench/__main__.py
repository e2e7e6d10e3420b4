"""``python -m bench``: generate, import, snapshot, home screen, and the same by other means.

Each step runs in a process of its own; this one only starts them and keeps the clock, and stays
small because of that (bench/timing.py).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench import LATER, documents
from bench.report import machine, tables, write_into
from bench.timing import GaveUp, Run, run, step

SIZES: Final = (1_000_000, 10_000_000)
BATCH: Final = 1_000
LIMIT: Final = 300.0
"""Seconds that a contestant has for one step; who needs longer is out, and the tables say so."""

PARTS: Final = ("pandas", "sqlite", "postgresql", "app", "messages", "documents")
_NO_CONTESTANTS: Final = ("app", "messages", "documents")
MESSAGES_OF: Final = 200_000
"""Dossiers that messages tell of: about a million messages."""
_MAPPING: Final = Path(__file__).with_name("mapping.toml")
_CSV: Final = ("dossiers.csv", "steps.csv")
_SAMPLE_END: Final = "2026-06-28"
_POSTGRESQL: Final = {
    "shared_buffers": "1GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "effective_cache_size": "8GB",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "2",
    "jit": "off",  # compiling would take longer than it saves here
}


class Void(Exception):
    """The run proves nothing: answers differ, or rows were lost on the way."""


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, print, and write into a document if asked; what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of dossiers")
    parser.add_argument("--messages", type=int, default=MESSAGES_OF, help="of so many dossiers")
    parser.add_argument("--documents", type=int, default=documents.DOSSIERS, help="of so many")
    parser.add_argument("--rows", type=int, default=documents.ROWS, help="of the long list")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds a contestant has")
    parser.add_argument("--folder", type=Path, help="where the data goes; kept (default: deleted)")
    parser.add_argument("--without", nargs="*", default=[], choices=PARTS, help="left out")
    parser.add_argument("--write", type=Path, help="document whose figures are replaced")
    chosen = parser.parse_args(arguments)
    parts = [part for part in PARTS if part not in chosen.without]
    results: dict[str, Any] = {"when": f"{datetime.now().astimezone():%Y-%m-%d %H:%M}", "sizes": []}
    with _folder(chosen.folder) as folder, _server("postgresql" in parts) as server:
        results["machine"] = machine(_server_version(server))
        for size in chosen.sizes:
            bench = _Bench(folder / str(size), size, parts, server, chosen.limit)
            results["sizes"].append(bench.measure())
            _tell(results, chosen.write)
            if chosen.folder is None:
                shutil.rmtree(folder / str(size))
        if "messages" in parts:
            results["messages"] = _messages(folder / "messages", chosen.messages)
            _tell(results, chosen.write)
        if "app" in parts:
            results["screen"] = _screen(folder / "sample")
            _tell(results, chosen.write)
        if "documents" in parts:
            place = folder / "documents"
            place.mkdir()
            _say(chosen.documents, "documents")
            made = documents.sample(place, chosen.documents)
            results["documents"] = documents.measure(made, place, chosen.rows, "app" in parts)
            documents.tell(results["documents"], chosen.write)
    return results


def _tell(results: dict[str, Any], document: Path | None) -> None:
    """Print what is measured so far, and write it: a later step that fails takes nothing away."""
    text = tables(results)
    print(text, flush=True)
    if document:
        write_into(document, text)


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        yield Path(made)


def _server(wanted: bool) -> Any:
    """A PostgreSQL server of the benchmark's own, or nothing."""
    if not wanted:
        return nullcontext()
    from tests.postgres_server import PostgresServer, server_binaries

    binaries = server_binaries()
    if binaries is None:
        raise SystemExit("no programs of a PostgreSQL server; see tools/ensure_system.sh")

    @contextmanager
    def running() -> Iterator[PostgresServer]:
        server = PostgresServer.start(binaries, _POSTGRESQL)
        try:
            yield server
        finally:
            server.stop()

    return running()


def _server_version(server: Any) -> str | None:
    if server is None:
        return None
    import psycopg

    with psycopg.connect(server.url("postgres")) as connection:
        return f"PostgreSQL {connection.info.server_version // 10_000}"


def _environment(folder: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'dung-han.db'}",
        "TIMEZONE": "Asia/Ho_Chi_Minh",
        "SETTINGS_FILE": os.devnull,
    }


class _Bench:
    """Everything at one size."""

    def __init__(
        self, folder: Path, size: int, parts: list[str], server: Any, limit: float
    ) -> None:
        self._folder = folder
        self._size = size
        self._others = [part for part in parts if part not in _NO_CONTESTANTS]
        self._with_app = "app" in parts
        self._server = server
        self._limit = limit
        self._environment = _environment(folder)
        self._result: dict[str, Any] = {"dossiers": size, "batch": BATCH, "load": []}

    def measure(self) -> dict[str, Any]:
        """What was measured, by step."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        place, result = str(self._folder), self._result
        began = time.perf_counter()
        made = self._step("generate", place, str(self._size))
        self._connectors("migrate")
        result["import"] = self._import({"rows_inserted": made["dossiers"]})
        again = made["told_again"]
        result["told_again"] = self._import({"rows_changed": again}, LATER) | {"rows": again}
        result["loaded"] = {part: self._load(part, made["dossiers"]) for part in self._others}
        for name in _CSV:
            (self._folder / name).unlink()
        result["snapshot"] = asdict(self._connectors("snapshot", "--rebuild"))
        result["product"] = self._step("product", place)
        for part in self._others:
            result[part] = self._contestant(part, "flat.db")
        answered = [part for part in self._others if "calls" in result[part]]
        _same(self._step("compare", place, *answered))
        if self._with_app:
            result["memory"] = self._step("memory", place)
        self._small_batch()
        result["load"].append(os.getloadavg()[0])
        result["minutes"] = (time.perf_counter() - began) / 60
        return result

    def _connectors(self, *arguments: str) -> Run:
        _say(self._size, f"connectors {' '.join(arguments)}")
        return run(["-m", "connectors", *arguments], self._environment)

    def _step(self, name: str, *arguments: str, limit: float | None = None) -> Any:
        _say(self._size, name)
        self._result["load"].append(os.getloadavg()[0])
        return step(name, *arguments, environment=self._environment, limit=limit)

    def _contestant(self, part: str, file: str, prefix: str = "") -> dict[str, Any]:
        """A contestant's step, with a database of its own; ``gave_up`` if it came to no end."""
        name = self._server.create() if part == "postgresql" else None
        extra = [self._server.url(name)] if name else []
        try:
            done: dict[str, Any] = self._step(
                prefix + part, str(self._folder), *extra, limit=self._limit
            )
        except GaveUp as reason:
            done = {"gave_up": str(reason)}
        finally:
            if name:
                self._server.drop(name)
            for left in self._folder.glob(f"{file}*"):
                left.unlink()
        return done

    def _load(self, part: str, expected: int) -> dict[str, Any]:
        done = self._contestant(part, "loaded.db", "load_")
        if done.get("rows", expected) != expected:
            raise Void(f"{part} loaded {done['rows']} rows, not {expected}")
        return done

    def _small_batch(self) -> None:
        """A few new and changed dossiers into what is there."""
        self._step("batch", str(self._folder), str(self._size), str(BATCH))
        half = BATCH // 2
        expected = {"rows_inserted": half, "rows_changed": half}
        self._result["batch_import"] = self._import(expected)
        (self._folder / _CSV[0]).unlink()
        self._result["refresh"] = asdict(self._connectors("snapshot"))

    def _import(self, expected: dict[str, int], place: str = "") -> dict[str, Any]:
        """The user's command on the generated file."""
        file = str(self._folder / place / _CSV[0])
        done = self._connectors(
            "import", file, "--mapping", str(_MAPPING), "--no-snapshot", "--json"
        )
        report = json.loads(done.output)
        for name, count in {**expected, "rows_rejected": 0}.items():
            if report[name] != count:
                raise Void(f"the import says {name} = {report[name]}, not {count}")
        return asdict(done) | {"output": ""}


def _messages(folder: Path, dossiers: int) -> dict[str, Any]:
    """A file of messages taken in, and the same file again."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = _environment(folder)
    _say(dossiers, "messages")
    made = step("messages", str(folder), str(dossiers), environment=environment)
    run(["-m", "connectors", "migrate"], environment)
    command = ["-m", "connectors", "import", str(folder / "messages.jsonl"), "--json"]
    command += ["--mapping", "truc-lien-thong", "--no-snapshot"]
    found: dict[str, Any] = dict(made)
    for name, new in (("first", made["dossiers"]), ("again", 0)):
        _say(dossiers, f"messages, {name}")
        done = run(command, environment, together=True)
        report = json.loads(done.output)
        expected = {"rows_read": made["messages"], "rows_inserted": new}
        for count, wanted in {**expected, "rows_changed": 0, "rows_rejected": 0}.items():
            if report[count] != wanted:
                raise Void(f"the import of messages says {count} = {report[count]}, not {wanted}")
        found[name] = asdict(done) | {"output": ""}
    return found


def _same(differences: list[str]) -> None:
    if differences:
        raise Void("the contestants answer differently:\n" + "\n".join(differences))


def _screen(folder: Path) -> dict[str, Any]:
    """Start and reruns of the app on the sample data."""
    folder.mkdir(parents=True)
    environment = _environment(folder)
    run(["-m", "connectors", "migrate"], environment)
    run(["-m", "connectors", "sample", "--end", _SAMPLE_END], environment)
    manifest = json.loads((folder / "snapshot" / "manifest.json").read_text(encoding="utf-8"))
    cold = min(step("cold_start", str(folder), environment=environment) for _ in range(3))
    return {
        "dossiers": manifest["dossiers"],
        "cold": cold,
        "reruns": step("reruns", environment=environment),
    }


def _say(size: int, what: str) -> None:
    print(f"[{size:,}] {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["strangers"]:
        from bench import strangers

        strangers.main()
    elif sys.argv[1:2] == ["reports"]:
        documents.main(sys.argv[2:])
    else:
        main()
