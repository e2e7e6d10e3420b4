"""The process that stays for the next file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from connectors.parsing import child
from connectors.parsing.bounds import shipped
from connectors.parsing.protocol import Reading


@pytest.mark.skipif(sys.platform != "linux", reason="of how Linux counts memory")
def test_a_small_process_stays_however_much_memory_the_app_has(tmp_path: Path) -> None:
    """It was counted as large as the app that started it, and each file started one."""
    path = tmp_path / "a.csv"
    path.write_text("Mã hồ sơ\nHS-1\n", encoding="utf-8")
    child._end_spare()
    held = bytearray(b"\x01") * ((shipped().spare_mb + 50) << 20)
    with child.parsed(path, Reading(format="csv")) as first:
        assert sum(len(frame) for frame in first.frames) == 1
    assert len(held) > shipped().spare_mb << 20
    assert len(child._spare) == 1
    (stays,) = child._spare
    with child.parsed(path, Reading(format="csv")) as second:
        assert sum(len(frame) for frame in second.frames) == 1
    assert child._spare == [stays]
