"""``python -m bench``: generate, import, snapshot, home screen, and the same by other means.

Each step runs in a process of its own; this one only starts them and keeps the clock, and stays
small because of that (bench/timing.py).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench.report import machine, tables, write_into
from bench.timing import Run, run, step

SIZES: Final = (1_000_000, 10_000_000)
BATCH: Final = 1_000
PARTS: Final = ("pandas", "sqlite", "postgresql", "app")
_MAPPING: Final = Path(__file__).with_name("mapping.toml")
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
    parser.add_argument("--folder", type=Path, help="where the data goes; kept (default: deleted)")
    parser.add_argument("--without", nargs="*", default=[], choices=PARTS, help="left out")
    parser.add_argument("--write", type=Path, help="document whose figures are replaced")
    chosen = parser.parse_args(arguments)
    parts = [part for part in PARTS if part not in chosen.without]
    results: dict[str, Any] = {"when": f"{datetime.now().astimezone():%Y-%m-%d %H:%M}", "sizes": []}
    with _folder(chosen.folder) as folder, _server("postgresql" in parts) as server:
        results["machine"] = machine(_server_version(server))
        for size in chosen.sizes:
            results["sizes"].append(_measure(folder / str(size), size, parts, server))
            print(tables(results), flush=True)
        if "app" in parts:
            results["screen"] = _screen(folder / "sample")
    text = tables(results)
    print(text)
    if chosen.write:
        write_into(chosen.write, text)
    return results


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
    }


def _measure(folder: Path, size: int, parts: list[str], server: Any) -> dict[str, Any]:
    """Everything at one size."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = _environment(folder)
    result: dict[str, Any] = {"dossiers": size, "batch": BATCH, "load": [os.getloadavg()[0]]}

    def connectors(*arguments: str) -> Run:
        _say(size, f"connectors {' '.join(arguments)}")
        return run(["-m", "connectors", *arguments], environment)

    def measured(name: str, *arguments: str) -> Any:
        _say(size, name)
        result["load"].append(os.getloadavg()[0])
        return step(name, *arguments, environment=environment)

    made = measured("generate", str(folder), str(size))
    result["import"] = _import(connectors, folder, {"rows_inserted": made["dossiers"]})
    result["snapshot"] = asdict(connectors("snapshot", "--rebuild"))
    result["product"] = measured("product", str(folder))
    others = [part for part in parts if part != "app"]
    for part in others:
        extra = [server.url(server.create())] if part == "postgresql" else []
        result[part] = measured(part, str(folder), *extra)
        (folder / "flat.db").unlink(missing_ok=True)
    _same(measured("compare", str(folder), *others))
    if "app" in parts:
        result["memory"] = measured("memory", str(folder))
    measured("batch", str(folder), str(size), str(BATCH))
    half = BATCH // 2
    expected = {"rows_inserted": half, "rows_changed": half}
    result["batch_import"] = _import(connectors, folder, expected)
    result["refresh"] = asdict(connectors("snapshot"))
    result["load"].append(os.getloadavg()[0])
    return result


def _import(connectors: Any, folder: Path, expected: dict[str, int]) -> dict[str, Any]:
    """The user's command on the generated file, which is then deleted."""
    import json

    file = folder / "dossiers.csv"
    done: Run = connectors(
        "import", str(file), "--mapping", str(_MAPPING), "--no-snapshot", "--json"
    )
    report = json.loads(done.output)
    for name, count in {**expected, "rows_rejected": 0}.items():
        if report[name] != count:
            raise Void(f"the import says {name} = {report[name]}, not {count}")
    file.unlink()
    (folder / "steps.csv").unlink(missing_ok=True)
    return asdict(done) | {"output": ""}


def _same(differences: list[str]) -> None:
    if differences:
        raise Void("the contestants answer differently:\n" + "\n".join(differences))


def _screen(folder: Path) -> dict[str, Any]:
    """Start and reruns of the app on the sample data."""
    import json

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
    main()
