"""The CSV files into a database by other means: a table a file, nothing else.

What one would write in ten minutes. Nothing is checked, looked up or hashed, nobody is told of a
bad row, and the same file again would double everything or fail; so it is less work than an
import.
"""

from __future__ import annotations

import csv
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.generate import CSV_COLUMNS, CSV_STEP_COLUMNS
from bench.timing import peak_mb

_FILES: Final = {"dossier": "dossiers.csv", "step": "steps.csv"}
_COLUMNS: Final = {"dossier": tuple(CSV_COLUMNS), "step": tuple(CSV_STEP_COLUMNS)}
_AT_ONCE: Final = 200_000
_MOMENT: Final = "%d/%m/%Y %H:%M:%S"
_UNIQUE: Final = "CREATE UNIQUE INDEX ix_code ON dossier (code)"


def _moments(table: str) -> list[str]:
    return [name for name in _COLUMNS[table] if name.endswith(("_at", "_from", "_to"))]


def _measured(began: tuple[float, float], rows: int, *, alone: bool = True) -> dict[str, Any]:
    """``alone``: all the work was this process's, so its processor seconds tell something."""
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    return {"rows": rows, "wall": wall, "cpu": cpu if alone else None, "peak_mb": peak_mb()}


def _began() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def by_pandas(folder: Path, database: Path) -> dict[str, Any]:
    """``read_csv``, ``to_datetime``, ``to_sql`` into SQLite, a chunk at a time."""
    import pandas as pd

    began = _began()
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for table, file in _FILES.items():
            names = _COLUMNS[table]
            chunks = pd.read_csv(
                folder / file, dtype=str, header=0, names=names, chunksize=_AT_ONCE
            )
            for frame in chunks:
                for name in _moments(table):
                    frame[name] = pd.to_datetime(frame[name], format=_MOMENT)
                frame.to_sql(table, connection, if_exists="append", index=False)
        connection.execute(_UNIQUE)
        rows = connection.execute("SELECT count(*) FROM dossier").fetchone()[0]
    connection.close()
    return _measured(began, rows)


def by_sqlite(folder: Path, database: Path) -> dict[str, Any]:
    """``csv.reader`` and ``executemany``: every cell as the text it is, as ``.import`` does."""
    began = _began()
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode = WAL")
    with connection:
        for table, file in _FILES.items():
            names = _COLUMNS[table]
            connection.execute(f"CREATE TABLE {table} ({', '.join(names)})")
            places = ", ".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table} VALUES ({places})", _cells(folder / file))
        connection.execute(_UNIQUE)
    rows = connection.execute("SELECT count(*) FROM dossier").fetchone()[0]
    connection.close()
    return _measured(began, rows)


def _cells(file: Path) -> Iterator[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        yield from rows


def by_postgresql(folder: Path, url: str) -> dict[str, Any]:
    """``COPY`` into typed columns; the server's processor time is not counted."""
    import psycopg

    began = _began()
    with psycopg.connect(url) as connection:
        connection.execute("SET datestyle = 'ISO, DMY'")
        for table, file in _FILES.items():
            moments = set(_moments(table))
            columns = ", ".join(
                f"{name} {'timestamp' if name in moments else 'text'}" for name in _COLUMNS[table]
            )
            connection.execute(f"CREATE TABLE {table} ({columns})".encode())
            statement = f"COPY {table} FROM STDIN (FORMAT csv, HEADER)".encode()
            with connection.cursor().copy(statement) as copy, (folder / file).open("rb") as stream:
                while block := stream.read(1 << 20):
                    copy.write(block)
        connection.execute(_UNIQUE.encode())
        counted = connection.execute("SELECT count(*) FROM dossier").fetchone()
        connection.commit()
    assert counted is not None
    return _measured(began, counted[0], alone=False)
