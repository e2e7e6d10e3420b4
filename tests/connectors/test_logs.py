"""The log says what happened, not to whom."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from connectors import logs
from connectors.settings import PROJECT_ROOT

NAME = "Nguyễn Văn Qzx"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The program's log, and everything as it was afterwards."""
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    logging.setLogRecordFactory(factory)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in logs.OURS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger("uvicorn.access").disabled = False


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_its_event(written: io.StringIO) -> None:
    log = logging.getLogger("ui.x")
    log.info("import finished", extra={"data": {"batch": 3, "file": "a.csv", "rows": [1]}})
    log.debug("not told")
    logging.getLogger("somebody.else").info("not told")
    (line,) = lines(written)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "ui.x",
        "event": "import finished",
        "batch": 3,
        "file": "a.csv",
    }


def test_the_level_is_a_setting(written: io.StringIO) -> None:
    ours, others = logging.getLogger("ui.x"), logging.getLogger("somebody.else")
    for level, told in (("debug", "dwo"), ("warning", "wo"), ("error", "")):
        written.truncate(written.seek(0))
        logs.configure(written, level)
        ours.debug("d")
        ours.warning("w")
        others.info("i")
        others.warning("o")
        assert "".join(line["event"] for line in lines(written)) == told


def _fail_in_polars() -> None:
    pl.DataFrame({"a": [NAME]}).select(pl.col("a").cast(pl.Int64))


def _fail_in_the_database() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE owner (name TEXT UNIQUE)"))
        for _ in range(2):
            connection.execute(text("INSERT INTO owner VALUES (:name)"), {"name": NAME})


def _fail_behind_another() -> None:
    try:
        raise KeyError(NAME)
    except KeyError as error:
        raise RuntimeError(f"no {NAME}") from error


@pytest.mark.parametrize(
    ("fail", "kind"),
    [
        (_fail_in_polars, "InvalidOperationError"),
        (_fail_in_the_database, "IntegrityError (sqlite3.IntegrityError SQLITE_CONSTRAINT_UNIQUE)"),
        (_fail_behind_another, "RuntimeError"),
    ],
)
@pytest.mark.parametrize("logger", ["ui.x", "streamlit.somewhere"])
def test_an_exception_is_told_without_its_message(
    written: io.StringIO, fail: Any, kind: str, logger: str
) -> None:
    try:
        fail()
    except (RuntimeError, pl.exceptions.PolarsError, SQLAlchemyError):
        logging.getLogger(logger).exception("it failed")
    (line,) = lines(written)
    assert (line["event"], line["exception"]) == ("it failed", kind)
    assert any("test_logs.py" in at for at in line["trace"])
    assert "Qzx" not in written.getvalue()


def test_somebody_elses_handler_gets_no_values_either(written: io.StringIO) -> None:
    stream, log = io.StringIO(), logging.getLogger("streamlit.other")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    try:
        _fail_behind_another()
    except RuntimeError as error:
        log.error("Uncaught app execution", exc_info=error)
        log.warning(error)
        log.warning("because of %s", error)
    log.removeHandler(handler)
    assert "Qzx" not in stream.getvalue()
    assert "RuntimeError" in stream.getvalue()
    assert "because of RuntimeError" in stream.getvalue()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('GET "/ho-so?tim=Nguyen+Van+An HTTP/1.1" 200', 'GET "/ho-so?[đã che] HTTP/1.1" 200'),
        ("gọi 0912 345 678 đi", "gọi [đã che] đi"),
        ("cookie 9f86d081884c7d659a2feaa0c55ad015", "cookie [đã che]"),
        ("100% of %s", "100% of %s"),
    ],
)
def test_what_looks_personal_is_covered(written: io.StringIO, said: str, kept: str) -> None:
    logging.getLogger("ui.x").warning(said)
    logging.getLogger("ui.x").warning("%s", said)
    assert [line["event"] for line in lines(written)] == [kept, kept]


def test_requests_are_not_logged(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").warning("GET /?tim=An")
    assert written.getvalue() == ""


def test_a_wrong_format_does_not_break_the_program(written: io.StringIO) -> None:
    logging.getLogger("ui.x").warning("%d rows", "many")
    assert lines(written)[0]["event"] == "%d rows"


def test_a_crash_is_told_without_its_message() -> None:
    program = (
        "from connectors import logs; logs.configure(); logs.tell_crashes();"
        f"raise ValueError('{NAME}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    line = json.loads(done.stderr)
    assert (done.returncode, line["event"], line["exception"]) == (
        1,
        "stopped by an error",
        "ValueError",
    )
    assert "Qzx" not in done.stderr
