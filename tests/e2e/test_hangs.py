"""A test that hangs is named and the run goes on: side by side, in Hypothesis, in the browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from connectors.settings import PROJECT_ROOT

# How each test of hanging.py ends, and what is said of it.
_TOLD = {
    "test_a_thread_without_end": "Timeout",
    "test_an_example_without_end": "Timeout",
    "test_behind_what_catches_everything": "Timeout",
    "test_what_is_torn_down_after_a_failure": "before",
    "test_a_page_that_does_not_answer": "Timeout",
    "test_deaf": "crashed",
}
_GOOD = {"test_a_browser_is_there", "test_the_same_browser_afterwards", "test_after_the_deaf_one"}


def test_whatever_hangs_has_a_name_and_the_run_goes_on() -> None:
    command = [sys.executable, "-m", "pytest", "-m", "", "-n1", "-rA", "-o", "timeout=0.7"]
    command += ["--noconftest", "-p", "tests.hangs", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [*command, "tests/e2e/hanging.py"],
        cwd=PROJECT_ROOT,
        env=environment | {"COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert set(re.findall(r"^PASSED \S+::(\w+)", said, re.M)) == _GOOD, said
    failed = dict(re.findall(r"^FAILED \S+::(\w+)(.*)", said, re.M))
    assert failed.keys() == _TOLD.keys(), said
    assert [name for name, words in _TOLD.items() if words not in failed[name]] == [], said
    assert "in test_deaf" in said, "the trace of what no signal ends"
    # Two things were torn down after the failure, each without an end.
    assert re.findall(r"^ERROR \S+::(\w+)", said, re.M) == [
        "test_what_is_torn_down_after_a_failure"
    ], said
