"""Folders of imports: gone afterwards, and swept when an import was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from connectors.workspace import WorkingFolder, sweep

HOLDS = """
import sys
from connectors.workspace import WorkingFolder
with WorkingFolder() as folder:
    (folder.path / "unpacked").write_text("Nguyễn Thị A")
    print(folder.path, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary place of the test's own."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_it_is_gone_afterwards(scratch: Path) -> None:
    with pytest.raises(RuntimeError), WorkingFolder() as folder:
        (folder.path / "unpacked").write_text("x")
        assert folder.path.parent == scratch
        raise RuntimeError
    assert list(scratch.iterdir()) == []


def test_what_a_killed_import_left_is_swept_by_the_next_one(scratch: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    left = Path(process.stdout.readline().strip())
    sweep()
    assert (left / "unpacked").is_file()  # still in use
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    process.stdout.close()
    process.stdin.close()
    assert (left / "unpacked").is_file()  # nobody could clean up
    with WorkingFolder() as folder:
        assert list(scratch.iterdir()) == [folder.path]


def test_what_is_not_ours_to_remove_stays(scratch: Path) -> None:
    new = scratch / "dung-han-moi"  # made this moment by somebody who is about to hold it
    new.mkdir()
    (scratch / "dung-han-tep").write_text("x")
    elsewhere = scratch / "khac"
    elsewhere.mkdir()
    (scratch / "dung-han-lien-ket").symlink_to(elsewhere)
    old = scratch / "dung-han-cu"
    old.mkdir()
    os.utime(old, (time.time() - 7200,) * 2)
    sweep()
    names = {path.name for path in scratch.iterdir()}
    assert names == {"dung-han-moi", "dung-han-tep", "khac", "dung-han-lien-ket"}


def test_a_sweeper_that_comes_while_the_owner_removes_the_folder_makes_nothing_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saw the lock's file, which was gone a moment later, and made it anew: the owner's
    removal then failed on a folder that was not empty."""
    folder = tmp_path / "dung-han-x"
    folder.mkdir()
    monkeypatch.setattr(Path, "exists", lambda _path: True)
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [folder]
    assert not list(folder.iterdir())
