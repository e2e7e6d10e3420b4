"""The process that checks pass-phrases: right, wrong, dead, and what it knows and takes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bcrypt
import pytest

from ui.shell import checking
from ui.shell.limits import limits

OWN = 'mùa thu lá vàng rơi \n" \\'
HASHED = bcrypt.hashpw(OWN.encode(), bcrypt.gensalt(4)).decode()


@pytest.fixture(autouse=True)
def _own_process() -> Iterator[None]:
    checking._end_all()
    yield
    checking._end_all()


def _process() -> int:
    (free,) = checking._free
    return free._process.pid


def test_right_and_wrong_by_one_process() -> None:
    assert checking.is_right(OWN, HASHED)
    first = _process()
    assert not checking.is_right("một câu khác", HASHED)
    assert _process() == first


def test_one_that_has_died_is_started_anew() -> None:
    checking.is_right(OWN, HASHED)
    checking._free[0]._process.kill()
    checking._free[0]._process.wait()
    assert checking.is_right(OWN, HASHED)


def test_one_that_ends_or_takes_too_long_is_a_failure_and_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(checking.CheckFailed):
        checking.is_right(OWN, "không phải bcrypt")
    assert checking._free == []
    short = replace(limits().passphrases, patience_seconds=0.05)
    monkeypatch.setattr("ui.shell.checking.limits", lambda: replace(limits(), passphrases=short))
    with pytest.raises(checking.CheckFailed):
        checking.is_right(
            OWN, bcrypt.hashpw(b"a", bcrypt.gensalt(4)).decode().replace("$04", "$15")
        )
    assert checking._free == []


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_it_stands_back_and_knows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNER_KEY", "bi-mat")
    checking.is_right(OWN, HASHED)
    about = Path(f"/proc/{_process()}")
    own = os.getpriority(os.PRIO_PROCESS, 0)
    niceness = limits().passphrases.niceness
    assert os.getpriority(os.PRIO_PROCESS, _process()) == min(own + niceness, 19)
    assert b"bi-mat" not in (about / "environ").read_bytes()
    assert "streamlit/" not in (about / "maps").read_text()
