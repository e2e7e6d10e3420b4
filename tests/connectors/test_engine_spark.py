"""The same facts on PySpark, where requirements-spark.txt is installed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from sqlalchemy import Engine

from connectors.engine import SPARK_CONF, Facts, Scope, open_facts, spark_facts
from connectors.settings import Settings
from connectors.snapshot import refresh
from connectors.snapshot.manifest import FACTS
from tests.connectors.snapshot_rows import distinct, load
from tests.strategies import random_register

pytestmark = [
    pytest.mark.spark,
    # Spark's own: sockets to the JVM that outlive their owner, and what it calls of pandas.
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config(map=SPARK_CONF)
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    yield session
    session.stop()


def rows(facts: Facts, fact: str) -> pl.DataFrame:
    frame: nw.LazyFrame[Any] = getattr(facts, fact)
    collected: pl.DataFrame = frame.collect(backend="polars").to_native()
    return collected.sort(pl.all())


@pytest.mark.parametrize("units", [None, frozenset({1, 3}), frozenset()])
@pytest.mark.parametrize("alive", [None, (datetime(2026, 3, 1), datetime(2026, 3, 5))])
def test_spark_opens_the_same_rows(
    session: Any,
    units: frozenset[int] | None,
    alive: tuple[datetime, datetime] | None,
    sqlite_database: Engine,
    settings: Settings,
) -> None:
    load(sqlite_database, [distinct(d) for d in random_register(60, 31)])
    refresh(sqlite_database, settings)
    on_polars = open_facts(settings, Scope(units), alive=alive)
    on_spark = spark_facts(settings, Scope(units), session, alive=alive)
    for fact in FACTS:
        here, there = rows(on_polars, fact), rows(on_spark, fact)
        moments = [name for name, dtype in here.schema.items() if dtype == pl.Datetime("ms")]
        assert there.with_columns(pl.col(moments).cast(pl.Datetime("ms"))).equals(here)
    assert on_spark.data_version == on_polars.data_version


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.sql.session.timeZone", "Asia/Ho_Chi_Minh"),
        ("spark.sql.timestampType", "TIMESTAMP_LTZ"),
    ],
)
def test_a_session_that_would_shift_moments_is_refused(
    session: Any, sqlite_database: Engine, settings: Settings, key: str, value: str
) -> None:
    load(sqlite_database, [])
    refresh(sqlite_database, settings)
    session.conf.set(key, value)
    try:
        with pytest.raises(ValueError, match=f"{key} phải là {SPARK_CONF[key]}"):
            spark_facts(settings, Scope(None), session)
    finally:
        session.conf.set(key, SPARK_CONF[key])
