"""The same figures on PySpark: equal numbers, rows and series, from the same Parquet files.

The machine stands in Vietnamese time here, so that a moment that some step takes for an instant
of the machine's zone comes out seven hours off.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from connectors.engine import SPARK_CONF
from metrics.core.ask import DEFINITIONS, Ask
from metrics.core.contracts import DOSSIER, STEP
from metrics.core.measure import Facts, complete, measure, plan_series, run
from metrics.core.periods import iso_week
from metrics.core.rows import rows
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.review import HEADLINE, review, unit_table
from tests.frames import CLOCK, InMemory, facts_of
from tests.strategies import random_register

pytestmark = [
    pytest.mark.spark,
    # Spark's own: sockets to the JVM that outlive their owner, and what it calls of pandas.
    pytest.mark.filterwarnings("default"),
]

ALL = list(FIGURES.values())
WEEK = Ask(date(2026, 2, 23), date(2026, 3, 8), CLOCK)
ASKS = [
    replace(WEEK, definition=DEFINITIONS[0]),
    replace(WEEK, definition=DEFINITIONS[1], as_of=datetime(2026, 3, 4, 12)),
    replace(WEEK, definition=DEFINITIONS[2], compare="day", due="original"),
    replace(WEEK, definition=DEFINITIONS[3], as_of=datetime(2026, 3, 10, 8, 0, 0, 1000)),
    replace(WEEK, as_of=datetime(2026, 2, 20)),
]


@pytest.fixture(scope="module", autouse=True)
def _vietnamese_machine() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Ho_Chi_Minh"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.fixture(scope="module")
def session(_vietnamese_machine: None) -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config(map=SPARK_CONF)
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


@dataclass(frozen=True)
class OnSpark:
    dossier: nw.LazyFrame[Any]
    pause: nw.LazyFrame[Any]
    step: nw.LazyFrame[Any]
    sources: pl.DataFrame
    units: pl.DataFrame
    successions: pl.DataFrame


@pytest.fixture(scope="module")
def facts() -> InMemory:
    found = facts_of(random_register(200, seed=4))
    late = found.dossiers.filter(pl.col("ended_at").is_null())
    steps = [
        dict.fromkeys(STEP)
        | {"dossier_id": dossier_id, "step_sequence": n, "step_name": f"Bước {n}"}
        | {"from_at": received + timedelta(days=n), "to_at": None}
        for dossier_id, received in late.select("dossier_id", "received_at").iter_rows()
        if received is not None
        for n in (1, 2)
    ]
    return replace(found, steps=pl.DataFrame(steps, schema=STEP))


@pytest.fixture(scope="module")
def on_spark(session: Any, facts: InMemory, tmp_path_factory: pytest.TempPathFactory) -> OnSpark:
    folder: Path = tmp_path_factory.mktemp("facts")
    frames: dict[str, Any] = {}
    for name, frame in (
        ("dossier", facts.dossiers),
        ("pause", facts.pauses),
        ("step", facts.steps),
    ):
        path = folder / f"{name}.parquet"
        frame.write_parquet(path)
        frames[name] = nw.from_native(session.read.parquet(str(path)))
    few = {name: getattr(facts, name) for name in ("sources", "units", "successions")}
    return OnSpark(**frames, **few)


def test_every_figure_is_the_same(on_spark: OnSpark, facts: InMemory) -> None:
    here, there = measure(facts, ALL, ASKS), measure(on_spark, ALL, ASKS)
    assert here.schema == there.schema
    assert there.rows() == here.rows()
    counted = here.filter(pl.col("numerator") > 0)["figure"].unique().to_list()
    assert set(counted) == set(FIGURES), "a figure that is 0 throughout compares nothing"


@pytest.mark.parametrize(
    "by", [("unit_id",), ("field_id", "channel_source"), ("officer_id", "channel")]
)
def test_groups_are_the_same(on_spark: OnSpark, facts: InMemory, by: tuple[str, ...]) -> None:
    here, there = (measure(f, ALL, ASKS[1:2], by) for f in (facts, on_spark))
    assert there.rows() == here.rows()


@pytest.mark.parametrize(
    "where",
    [
        {"unit_id": 1},
        {"procedure_id": None},
        {"procedure_id": [1, None], "channel": "online"},
        {"unit_id": []},
    ],
)
def test_restrictions_are_the_same(
    on_spark: OnSpark, facts: InMemory, where: dict[str, Any]
) -> None:
    here, there = (measure(f, ALL, ASKS[1:2], (), where) for f in (facts, on_spark))
    assert there.rows() == here.rows()


def test_a_series_is_the_same(on_spark: OnSpark, facts: InMemory) -> None:
    asks = [
        WEEK.over(day, day + timedelta(days=6)) for day in (date(2026, 2, 16), date(2026, 2, 23))
    ]
    here, there = (
        complete(run(plan_series(f, ALL, asks, ["unit_id"])), ["unit_id"], ALL, len(asks))
        for f in (facts, on_spark)
    )
    assert there.rows() == here.rows()


def listed(found: Facts, key: str, ask: Ask, part: str = "numerator") -> pl.DataFrame:
    frame: pl.DataFrame = (
        rows(found, FIGURES[key], ask, {"unit_id": [1, 2]}, part)
        .collect(backend="polars")
        .to_native()
    )
    return frame.sort("dossier_id")


@pytest.mark.parametrize("key", ["late", "waiting_supplement", "pending", "re_dated"])
def test_rows_are_the_same(on_spark: OnSpark, facts: InMemory, key: str) -> None:
    for ask in ASKS[1:3]:
        here, there = listed(facts, key, ask), listed(on_spark, key, ask)
        assert here.height
        assert there.columns == here.columns
        moments = [name for name in here.columns if DOSSIER.get(name) == pl.Datetime("ms")]
        assert there.with_columns(pl.col(moments).cast(pl.Datetime("ms"))).rows() == here.rows()


def test_the_review_is_the_same(on_spark: OnSpark, facts: InMemory) -> None:
    period = iso_week(2026, 9)
    ask = Ask(period.first, period.last, CLOCK)
    here = review(lambda _: facts, ask, period)
    there = review(lambda _: on_spark, ask, period)
    assert there.series.rows() == here.series.rows()
    assert there.series["figure"].unique().sort().to_list() == sorted(HEADLINE)
    assert there.now.rows() == here.now.rows()
    assert there.year_before.rows() == here.year_before.rows()
    assert unit_table(there).rows() == unit_table(here).rows()
    assert there.late["dossier_id"].to_list() == here.late["dossier_id"].to_list()
    assert there.steps.select("dossier_id", "step_name").rows() == [
        (dossier_id, name)
        for dossier_id, name in here.steps.select("dossier_id", "step_name").iter_rows()
    ]
    assert here.steps.height
