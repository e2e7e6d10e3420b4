"""Straight after a cold start: each page, and each role on each page, beginning with a refused one.
What the app sends is read as it comes: a browser draws the same (test_walk.py, test_accessible.py).

What a role may see is written out here by hand, so that a change of the table shows.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest

from tests import raw_stream
from tests.e2e.app_server import AppServer, Installation
from tests.hostile import streams
from ui.shell.registry import SCREENS

REFUSED = {
    "admin": set[str](),
    "leader": {"admin"},
    "reform": {"admin"},
    "presenter": {"admin", "data", "alerts"},
    "unit": {"admin", "data"},
}
WARD = "Phường Hà Đông"
_ROLES = cycle(REFUSED)
# Each screen is the first that a process is asked for; who may not see one asks for it first, too.
# Two ways at each change, the others in `make proof`.
_OPEN = [screen.key for screen in SCREENS if screen.key not in ("admin", "data")]
FIRST = [
    *(pytest.param(key, next(_ROLES), marks=pytest.mark.proof) for key in _OPEN),
    pytest.param("admin", "admin", marks=pytest.mark.proof),
    ("admin", "leader"),
    pytest.param("admin", "reform", marks=pytest.mark.proof),
    pytest.param("data", "presenter", marks=pytest.mark.proof),
    ("data", "unit"),
    pytest.param("data", "reform", marks=pytest.mark.proof),
]
WALKED = {role: "data" if role in ("presenter", "unit") else "admin" for role in REFUSED}
"""Role → the screen after which it goes through all the others."""


@pytest.mark.parametrize(("first", "role"), FIRST)
def test_each_page_is_shown_or_refused(
    first: str,
    role: str,
    sample_installation: Installation,
    start_app: Callable[..., AppServer],
) -> None:
    unit = sample_installation.unit(WARD) if role == "unit" else None
    rest = SCREENS if WALKED[role] == first else ()
    with (
        start_app(sample_installation) as server,
        streams.screen(server, role, unit_id=unit) as line,
    ):
        for screen in (*(one for one in SCREENS if one.key == first), *rest):
            line.send(raw_stream.rerun(screen.path))
            sent = raw_stream.until(line, "script_finished")
            shown = screen.key not in REFUSED[role]
            assert _has(sent, "id", "-scopebar") == shown
            assert _has(sent, "body", 'class="dh-band"') == shown
            assert _has(sent, "body", "Không được phép xem") != shown
            assert not any(message.delta.new_element.HasField("exception") for message in sent)


def _has(sent: list[Any], name: str, part: str) -> bool:
    return any(part in text for message in sent for text in raw_stream.values(message, name))
