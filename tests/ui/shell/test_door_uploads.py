"""Who may lay a file into the app's memory: whoever's role nothing is uploaded for may not."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from connectors.access import Reader, table
from connectors.attached import rules
from ui.shell import door, own_files, uploads
from ui.shell.limits import limits

SCREEN = "man-hinh"
TAKES_IN, ANSWERS = {"admin", "reform"}, {"unit"}
SMALL = Headers({"content-length": "1000"})
LARGE = Headers({"content-length": str(100_000_000)})


@pytest.fixture(autouse=True)
def _screens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "_accounts", {SCREEN: 7, "khac": 8})
    uploads._taken.clear()


def status(role: str, method: str, headers: Headers, screen: str = SCREEN) -> int | None:
    reader = Reader(7, "lan", "Lan", role, None, False, 1)
    found = door._refusal(f"/_stcore/upload_file/{screen}/tep", method, reader, headers)
    return None if found is None else found.status_code


@pytest.mark.parametrize("role", list(table().roles))
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_only_roles_that_send_files_upload(role: str, method: str) -> None:
    may = role in TAKES_IN | ANSWERS
    assert status(role, method, SMALL) == (None if may else 403)
    assert status(role, method, SMALL, "khac") == 404


@pytest.mark.parametrize("role", list(table().roles))
def test_only_who_takes_files_in_sends_large_ones(role: str) -> None:
    expected = None if role in TAKES_IN else 413 if role in ANSWERS else 403
    assert status(role, "PUT", LARGE) == expected
    # Nor one that does not say how large it is.
    assert status(role, "PUT", Headers({"transfer-encoding": "chunked"})) == expected
    just = Headers({"content-length": str(rules().bytes)})
    assert (status(role, "PUT", just) is None) == (role in TAKES_IN | ANSWERS)


def test_who_answers_sends_so_many_and_no_more() -> None:
    most = limits().upload.answers
    assert [status("unit", "PUT", SMALL) for _ in range(most + 2)] == [None] * most + [429] * 2
    # Taking one away is no sending; another account has its own.
    assert status("unit", "DELETE", SMALL) is None
    assert [status("reform", "PUT", SMALL) for _ in range(most + 2)] == [None] * (most + 2)
