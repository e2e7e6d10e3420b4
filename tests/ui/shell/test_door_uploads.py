"""Who may lay a file into the app's memory: whoever's role nothing is uploaded for may not."""

from __future__ import annotations

import pytest

from connectors.access import Reader, table
from ui.shell import door, own_files

SCREEN = "man-hinh"
MAY = {"admin", "reform"}


@pytest.mark.parametrize("role", list(table().roles))
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_only_roles_that_take_files_in_upload(
    monkeypatch: pytest.MonkeyPatch, role: str, method: str
) -> None:
    reader = Reader(7, "lan", "Lan", role, None, False, 1)
    monkeypatch.setattr(own_files, "_accounts", {SCREEN: 7, "khac": 8})
    own = door._refusal(f"/_stcore/upload_file/{SCREEN}/tep", method, reader)
    assert (own is None) is (role in MAY)
    others = door._refusal("/_stcore/upload_file/khac/tep", method, reader)
    assert others is not None
    assert others.status_code == 404
