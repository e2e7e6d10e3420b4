"""The same by SQL on SQLite and on PostgreSQL, over one flat table of the states of dossiers.

The table already holds what the product derives (due dates after pauses, working-day ordinals),
moments are plain integers, the indexes are on what the queries filter by, statistics are fresh,
and each block of figures is one query. So SQL, too, does less work than the product did.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from bench.question import FIGURES, LATE, STEPS, Answer, Question, ms
from bench.timing import Calls, timed
from connectors.snapshot import read_manifest
from metrics.core.contracts import TO_EVER

_MOMENTS: Final = (
    "held_from",
    "held_to",
    "submitted_at",
    "received_at",
    "due_at",
    "judged_due_at",
    "ended_at",
    "apology_at",
    "acceptance_due_at",
)
_NUMBERS: Final = (
    "unit_id",
    "field_id",
    "procedure_id",
    "officer_id",
    "judged_due_day",
    "judged_due_wd",
    "waited_wd",
    "waiting_since_wd",
    "ended_day",
    "ended_wd",
)
_COLUMNS: Final = ("dossier_id", "code", "end_kind", "unsure", *_NUMBERS, *_MOMENTS)
_STEP_COLUMNS: Final = ("dossier_id", "step_sequence", "step_name", "from_at", "to_at")

_TABLES: Final = (
    "CREATE TABLE dossier (dossier_id BIGINT, code TEXT NOT NULL, end_kind TEXT, unsure SMALLINT, "
    + ", ".join(f"{name} INTEGER" for name in _NUMBERS)
    + ", "
    + ", ".join(f"{name} BIGINT" for name in _MOMENTS)
    + ", PRIMARY KEY (dossier_id, held_from))",
    "CREATE TABLE step (dossier_id BIGINT NOT NULL, step_sequence INTEGER NOT NULL, "
    "step_name TEXT NOT NULL, from_at BIGINT NOT NULL, to_at BIGINT)",
)
_LAST: Final = f"held_to = {ms(TO_EVER)}"
"""The state that still holds: the text must be that of the indexes, for SQLite to use them."""

_INDEXES: Final = (
    f"CREATE INDEX ix_received ON dossier (received_at) WHERE {_LAST}",
    f"CREATE INDEX ix_ended ON dossier (ended_at) WHERE {_LAST}",
    "CREATE INDEX ix_held_ended ON dossier (ended_at)",
    "CREATE INDEX ix_open ON dossier (received_at) WHERE ended_at IS NULL",
    # What ended late, or has not ended, was ever overdue: few rows, and half of the screen.
    "CREATE INDEX ix_late ON dossier (ended_at) WHERE ended_at > judged_due_at",
    "CREATE INDEX ix_step ON step (dossier_id)",
)

_WEEK_MS: Final = 7 * 86_400_000


def _counted(moment: str) -> str:
    """Received, and not refused before the moment."""
    return f"received_at IS NOT NULL AND {_not_refused(moment)}"


def _not_refused(moment: str) -> str:
    return f"(end_kind IS NULL OR end_kind <> 'refused' OR ended_at >= {moment})"


def _held(moment: str) -> str:
    return f"held_from < {moment} AND held_to >= {moment}"


def _one_if(condition: str) -> str:
    return f"COALESCE(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)"


def _resolved(start: str, end: str) -> str:
    return (
        "received_at IS NOT NULL AND (end_kind IS NULL OR end_kind <> 'refused') "
        f"AND ended_at >= {start} AND ended_at < {end}"
    )


def _pending(moment: str) -> str:
    open_ = f"(ended_at IS NULL OR ended_at >= {moment})"
    return f"received_at < {moment} AND {open_} AND {_not_refused(moment)}"


def _ever_overdue(since: str) -> str:
    """Two sources, so that each uses its index."""
    columns = "unit_id, received_at, ended_at, due_at, judged_due_at, end_kind, held_from, held_to"
    return (
        f"(SELECT {columns} FROM dossier WHERE ended_at IS NULL UNION ALL "
        f"SELECT {columns} FROM dossier WHERE ended_at > judged_due_at AND ended_at >= {since}) d"
    )


_KNOWN: Final = "due_at IS NOT NULL"
_ON_TIME: Final = f"{_KNOWN} AND ended_at <= judged_due_at"
_LATE: Final = f"{_KNOWN} AND ended_at > judged_due_at"
_ENDS: Final = ", ".join(map(_one_if, (_ON_TIME, _LATE, _KNOWN, "due_at IS NULL")))

# Nothing that happens after the end turns late into in time: the last state tells all weeks.
_ENDED: Final = f"""
SELECT unit_id, (ended_at - :s0) / {_WEEK_MS} AS ask, COUNT(*), {_ENDS}
FROM dossier WHERE {_LAST} AND {_resolved(":s0", ":e")} GROUP BY 1, 2"""


def _received_query(last: int) -> str:
    week = f"(received_at - :s0) / {_WEEK_MS}"
    as_of = f"CASE WHEN {week} = {last} THEN :t{last} ELSE :s0 + ({week} + 1) * {_WEEK_MS} END"
    return f"""
SELECT unit_id, {week} AS ask, COUNT(*) FROM dossier
WHERE {_LAST} AND received_at >= :s0 AND received_at < :e AND {_not_refused(as_of)} GROUP BY 1, 2"""


def _overdue_query(weeks: int) -> str:
    sums = ", ".join(
        _one_if(f"{_held(t)} AND {_pending(t)} AND judged_due_at < {t}")
        for t in (f":t{i}" for i in range(weeks))
    )
    return f"SELECT unit_id, {sums} FROM {_ever_overdue(':t0')} WHERE {_KNOWN} GROUP BY unit_id"


def _late_source(last: int) -> str:
    """The late dossiers of the last week, again from the indexes' side."""
    start, moment = f":s{last}", f":t{last}"
    here = f"{_held(moment)} AND {_counted(moment)} AND {_KNOWN}"
    overdue = f"received_at < {moment} AND judged_due_at < {moment}"
    return f"""
SELECT * FROM dossier WHERE ended_at > judged_due_at AND ended_at >= {start}
   AND {here} AND (ended_at < :e OR (ended_at >= {moment} AND {overdue}))
UNION ALL
SELECT * FROM dossier WHERE ended_at IS NULL AND {here} AND {overdue}"""


_NOW: Final = (
    "pending",
    "pending_in_time",
    "pending_unclassified",
    "due_soon",
    "accepted_late",
    "acceptance_overdue",
)


def _now_query(last: int) -> str:
    start, moment = f":s{last}", f":t{last}"
    pending = _pending(moment)
    in_time = f"{pending} AND {_KNOWN}"
    sums = [
        pending,
        f"{in_time} AND (judged_due_at IS NULL OR judged_due_at >= {moment})",
        f"{pending} AND due_at IS NULL",
        f"{in_time} AND judged_due_at >= {moment} AND judged_due_wd - :wd <= :within",
        f"{_counted(moment)} AND received_at >= {start} AND received_at < :e AND unsure = 0 "
        "AND received_at > acceptance_due_at",
        f"(received_at IS NULL OR received_at >= {moment}) AND acceptance_due_at < {moment} "
        f"AND (ended_at IS NULL OR ended_at >= {moment}) AND {_not_refused(moment)}",
    ]
    columns = "unit_id, received_at, ended_at, due_at, judged_due_at, judged_due_wd, end_kind, "
    columns += "unsure, acceptance_due_at"
    source = (
        f"(SELECT {columns} FROM dossier WHERE ended_at IS NULL AND {_held(moment)} UNION ALL "
        f"SELECT {columns} FROM dossier WHERE ended_at >= {start} AND {_held(moment)}) d"
    )
    return f"SELECT unit_id, {', '.join(map(_one_if, sums))} FROM {source} GROUP BY unit_id"


def _late_query(last: int) -> str:
    ended = f"ended_at < :t{last}"
    return f"""
SELECT dossier_id, CASE WHEN {ended} THEN ended_day ELSE :day END - judged_due_day AS days_late,
       CASE WHEN {ended} THEN ended_wd ELSE COALESCE(waiting_since_wd, :wd) END
       - judged_due_wd - waited_wd AS working_days_late,
       unit_id, apology_at, ended_at, code, field_id, procedure_id, officer_id, received_at, due_at
FROM ({_late_source(last)}) d ORDER BY working_days_late DESC, code"""


def _steps_query(last: int) -> str:
    moment = f":t{last}"
    return f"""
SELECT dossier_id, step_name FROM (
  SELECT s.dossier_id, s.step_name,
         ROW_NUMBER() OVER (PARTITION BY s.dossier_id ORDER BY s.step_sequence DESC) AS place
  FROM step s JOIN ({_late_source(last)}) d ON d.dossier_id = s.dossier_id
  WHERE (d.ended_at IS NULL OR d.ended_at >= {moment}) AND s.from_at < {moment}
    AND (s.to_at IS NULL OR s.to_at >= {moment})) x
WHERE place = 1"""


_RESOLVED_BEFORE: Final = f"""
SELECT COUNT(*), {_ENDS} FROM dossier WHERE {_LAST} AND {_resolved(":sb", ":tb")}"""
_RECEIVED_BEFORE: Final = f"""
SELECT COUNT(*) FROM dossier
WHERE {_LAST} AND received_at >= :sb AND received_at < :tb AND {_not_refused(":tb")}"""
_OVERDUE_BEFORE: Final = f"""
SELECT COUNT(*) FROM {_ever_overdue(":tb")}
WHERE {_KNOWN} AND {_held(":tb")} AND {_pending(":tb")} AND judged_due_at < :tb"""

Rows = list[tuple[Any, ...]]
Ask = Callable[[str], Rows]


def _figures(ask: Ask, question: Question) -> Answer:
    weeks = len(question.asks)
    last = weeks - 1
    found: list[tuple[Any, ...]] = []
    for unit, week, count in ask(_received_query(last)):
        found.append(_count("series", unit, week, "received", count))
    for unit, week, *sides in ask(_ENDED):
        found += _ends("series", unit, week, sides)
    for unit, *counts in ask(_overdue_query(weeks)):
        for week, count in enumerate(counts):
            found.append(_count("series", unit, week, "pending_overdue", count))
    for unit, *counts in ask(_now_query(last)):
        for figure, count in zip(_NOW, counts, strict=True):
            found.append(_count("now", unit, 0, figure, count))
    late_rows = ask(_late_query(last))
    found += _late_by_unit(late_rows, question.numbers()[f"t{last}"])
    (before,) = ask(_RESOLVED_BEFORE)
    ((came,),) = ask(_RECEIVED_BEFORE)
    ((overdue,),) = ask(_OVERDUE_BEFORE)
    found += _ends("year_before", None, 0, before)
    found.append(_count("year_before", None, 0, "received", came))
    found.append(_count("year_before", None, 0, "pending_overdue", overdue))
    return Answer(
        pl.DataFrame(found, FIGURES, orient="row"),
        pl.DataFrame([row[:3] for row in late_rows], LATE, orient="row"),
        pl.DataFrame(ask(_steps_query(last)), STEPS, orient="row"),
    )


def _count(block: str, unit: int | None, week: int, figure: str, count: int) -> tuple[Any, ...]:
    return block, unit, week, figure, count, None, None


def _ends(block: str, unit: int | None, week: int, sides: Sequence[int]) -> Rows:
    count, on_time, late, known, unknown = sides
    return [
        _count(block, unit, week, "resolved", count),
        (block, unit, week, "on_time", on_time, known, unknown),
        _count(block, unit, week, "resolved_late", late),
    ]


def _late_by_unit(rows: Rows, moment: int) -> Iterator[tuple[Any, ...]]:
    """The late rows are here anyway: counting them needs no query."""
    late: dict[int, int] = {}
    silent: dict[int, int] = {}
    for row in rows:
        unit, apology = row[3], row[4]
        late[unit] = late.get(unit, 0) + 1
        if apology is None or apology >= moment:
            silent[unit] = silent.get(unit, 0) + 1
    for figure, counts in (("late", late), ("late_without_apology", silent)):
        for unit, count in counts.items():
            yield _count("now", unit, 0, figure, count)


# Filling the tables


def _frames(question: Question, fact: str, columns: tuple[str, ...]) -> Iterator[pl.DataFrame]:
    folder = question.settings.snapshot_dir
    manifest = read_manifest(folder)
    assert manifest is not None
    # In order of receipt, as a table that has grown with the years.
    files = [folder / part.path for part in manifest.of_fact(fact)]
    frame = pl.scan_parquet(files)
    if fact == "dossier":
        unsure = pl.col("ended_before_received").cast(pl.Int16)
        frame = frame.with_columns(unsure=unsure).sort("dossier_id", "held_from")
    frame = frame.select(columns)
    plain = frame.with_columns(
        pl.selectors.datetime().cast(pl.Int64), pl.selectors.date().cast(pl.Int32)
    )
    yield from plain.collect().iter_slices(200_000)


def on_sqlite(question: Question, path: Path) -> tuple[Answer, Calls, dict[str, float]]:
    """Times on SQLite, the file's pages in the system's memory; filling apart."""
    began = time.perf_counter()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA cache_size = -500000")
    connection.execute("PRAGMA mmap_size = 8000000000")
    for statement in _TABLES:
        connection.execute(statement)
    for fact, columns in (("dossier", _COLUMNS), ("step", _STEP_COLUMNS)):
        places = ", ".join("?" * len(columns))
        for frame in _frames(question, fact, columns):
            connection.executemany(
                f"INSERT INTO {fact} ({', '.join(columns)}) VALUES ({places})", frame.rows()
            )
    for statement in (*_INDEXES, "ANALYZE"):
        connection.execute(statement)
    connection.commit()
    filling = {"seconds": time.perf_counter() - began, "mb": path.stat().st_size / 1e6}
    numbers = question.numbers()

    def ask(query: str) -> Rows:
        return connection.execute(query, numbers).fetchall()

    answer, calls = timed(lambda: _figures(ask, question))
    connection.close()
    return answer, calls, filling


def on_postgresql(question: Question, url: str) -> tuple[Answer, Calls, dict[str, float]]:
    """Times on PostgreSQL, which may use both processors; filling apart."""
    import psycopg

    began = time.perf_counter()
    numbers = question.numbers()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _TABLES:
            connection.execute(statement.encode())
        for fact, columns in (("dossier", _COLUMNS), ("step", _STEP_COLUMNS)):
            copying = f"COPY {fact} ({', '.join(columns)}) FROM STDIN (FORMAT csv)".encode()
            with connection.cursor().copy(copying) as copy:
                for frame in _frames(question, fact, columns):
                    copy.write(frame.write_csv(include_header=False))
        for statement in (*_INDEXES, "VACUUM ANALYZE"):
            connection.execute(statement.encode())
        filling = {"seconds": time.perf_counter() - began, "mb": _size(connection)}

        def ask(query: str) -> Rows:
            text = re.sub(r":(\w+)", r"%(\1)s", query)
            return connection.execute(text.encode(), numbers).fetchall()

        answer, calls = timed(lambda: _figures(ask, question))
    return answer, calls, filling


def _size(connection: Any) -> float:
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return float(row[0]) / 1e6
