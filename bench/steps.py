"""The steps of the benchmark, each run in a process of its own (bench/timing.py)."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.timing import peak_mb, told


def generate(folder: str, dossiers: str) -> None:
    """Both CSV files."""
    from bench.generate import write_csv

    told(write_csv(Path(folder), int(dossiers)))


def batch(folder: str, dossiers: str, rows: str) -> None:
    """A small CSV of new and changed dossiers."""
    from bench.generate import write_batch

    write_batch(Path(folder), int(dossiers), int(rows))
    told(None)


def messages(folder: str, dossiers: str) -> None:
    """A file of messages."""
    from bench.messages import write_messages

    told(write_messages(Path(folder), int(dossiers)))


def load_pandas(folder: str) -> None:
    """The CSV files into SQLite by pandas."""
    from bench.loading import by_pandas

    told(by_pandas(Path(folder), Path(folder) / "loaded.db"))


def load_sqlite(folder: str) -> None:
    """The CSV files into SQLite by its own driver."""
    from bench.loading import by_sqlite

    told(by_sqlite(Path(folder), Path(folder) / "loaded.db"))


def load_postgresql(folder: str, url: str) -> None:
    """The CSV files into PostgreSQL."""
    from bench.loading import by_postgresql

    told(by_postgresql(Path(folder), url))


def product(folder: str) -> None:
    """Đúng Hạn's home screen."""
    from bench.product import home
    from bench.question import Question

    answer, calls = home(Question.load())
    answer.write(Path(folder), "product")
    late, figures = answer.late.height, answer.tidy().figures.height
    told({"calls": calls, "peak_mb": peak_mb(), "late": late, "figures": figures})


def pandas(folder: str) -> None:
    """The same by pandas."""
    from bench.by_pandas import home
    from bench.question import Question

    answer, calls, loading = home(Question.load())
    answer.write(Path(folder), "pandas")
    told({"calls": calls, "loading": loading})


def sqlite(folder: str) -> None:
    """The same by SQL on SQLite."""
    from bench.by_sql import on_sqlite
    from bench.question import Question

    answer, calls, filling = on_sqlite(Question.load(), Path(folder) / "flat.db")
    answer.write(Path(folder), "sqlite")
    told({"calls": calls, "loading": filling})


def postgresql(folder: str, url: str) -> None:
    """The same by SQL on PostgreSQL."""
    from bench.by_sql import on_postgresql
    from bench.question import Question

    answer, calls, filling = on_postgresql(Question.load(), url)
    answer.write(Path(folder), "postgresql")
    told({"calls": calls, "loading": filling})


def compare(folder: str, *others: str) -> None:
    """In what the answers differ from the product's."""
    from bench.question import differences

    told([text for other in others for text in differences(Path(folder), "product", other)])


def memory(data_dir: str) -> None:
    """The app's memory after each screen."""
    from bench.screens import memory

    told(memory(Path(data_dir)))


def cold_start(data_dir: str) -> None:
    """Seconds to the first figure."""
    from bench.screens import cold_start

    told(cold_start(Path(data_dir)))


def reruns() -> None:
    """Milliseconds a run of the home screen."""
    from bench.screens import reruns

    told(reruns())


def in_place() -> None:
    """Whether the installation that is set up has any data."""
    from connectors.settings import load_settings

    told((load_settings().data_dir / "snapshot" / "manifest.json").exists())


def document_periods() -> None:
    """Which week and quarter documents are made of."""
    from bench.making import periods

    told(periods())


def document(name: str, layout: str, period: str) -> None:
    """A report's figures and file."""
    from bench.making import document

    told(document(name, layout, period))


def next_slide(week: str) -> None:
    """Key → slide painted."""
    from bench.screens import next_slide
    from connectors.settings import load_settings

    told(next_slide(load_settings().data_dir, week))


def long_list(rows: str) -> None:
    """A list of late dossiers as XLSX."""
    from bench.lists import long_list

    told(long_list(int(rows)))


STEPS = {
    step.__name__: step
    for step in (
        generate,
        batch,
        messages,
        load_pandas,
        load_sqlite,
        load_postgresql,
        product,
        pandas,
        sqlite,
        postgresql,
        compare,
        memory,
        cold_start,
        reruns,
        in_place,
        document_periods,
        document,
        next_slide,
        long_list,
    )
}

if __name__ == "__main__":
    STEPS[sys.argv[1]](*sys.argv[2:])
