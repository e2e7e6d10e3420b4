"""Strangers cannot fill the log."""

import logging

import pytest

from ui.shell.seldom import Seldom


def test_the_same_line_is_written_once_a_minute_with_its_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]
    seldom, log = Seldom(lambda: now[0]), logging.getLogger("dung-han")
    for _ in range(1000):
        seldom(log, "a message was dropped", "x" * 10_000)
    seldom(log, "something else")
    now[0] = 60
    seldom(log, "a message was dropped")
    said = [record.getMessage() for record in caplog.records]
    assert [line.split(" (")[1] for line in said] == [
        "0 before it untold)", "0 before it untold)", "999 before it untold)",
    ]  # fmt: skip
    assert max(map(len, said)) < 300
