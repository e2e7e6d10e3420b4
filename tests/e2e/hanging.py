"""Tests that hang, each in a way of its own (run by test_hangs.py only)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis.strategies import integers
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.chromium import system_browser

_EVER = 3600


def test_a_thread_without_end() -> None:
    thread = threading.Thread(target=time.sleep, args=(_EVER,), daemon=True)
    thread.start()
    thread.join()


@given(integers())
def test_an_example_without_end(number: int) -> None:
    time.sleep(_EVER)


def test_behind_what_catches_everything() -> None:
    with suppress(Exception):
        time.sleep(_EVER)


@pytest.fixture
def no_end() -> Iterator[None]:
    yield
    time.sleep(_EVER)


@pytest.fixture
def nor_here(no_end: None) -> Iterator[None]:
    yield
    time.sleep(_EVER)


def test_what_is_torn_down_after_a_failure(nor_here: None) -> None:
    pytest.fail("before")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=system_browser(), args=["--no-sandbox", "--disable-gpu"]
        ) as chromium,
    ):
        yield chromium


@pytest.mark.timeout(60)
def test_a_browser_is_there(browser: Browser) -> None:
    assert browser.new_page().evaluate("1 + 1") == 2


@pytest.mark.timeout(3)
def test_a_page_that_does_not_answer(browser: Browser) -> None:
    browser.new_page().evaluate("new Promise(() => 0)")


@pytest.mark.timeout(60)
def test_the_same_browser_afterwards(browser: Browser) -> None:
    assert browser.new_page().evaluate("1 + 1") == 2


def test_deaf() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(_EVER)


def test_after_the_deaf_one() -> None:
    """In another worker."""
