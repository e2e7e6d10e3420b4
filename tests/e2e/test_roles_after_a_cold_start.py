"""In a browser, straight after a cold start: each page, and each role on each page, beginning with
a refused one.

What a role may see is written out here by hand, so that a change of the table shows.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.app_server import AppServer, Installation
from tests.e2e.walk import Walk
from ui.shell.registry import SCREENS

REFUSED = {
    "admin": set[str](),
    "leader": {"admin"},
    "reform": {"admin"},
    "presenter": {"admin", "data"},
    "unit": {"admin", "data"},
}
WARD = "Phường Hà Đông"
_ROLES = cycle(REFUSED)
# Each screen is the first that a process is asked for; who may not see one asks for it first, too.
FIRST = [
    *((screen.key, next(_ROLES)) for screen in SCREENS if screen.key not in ("admin", "data")),
    *(("admin", role) for role in ("admin", "leader", "reform")),
    *(("data", role) for role in ("reform", "presenter", "unit")),
]
WALKED = {role: "data" if role in ("presenter", "unit") else "admin" for role in REFUSED}
"""Role → the screen after which it goes through all the others."""


@pytest.mark.parametrize(("first", "role"), FIRST)
def test_each_page_is_shown_or_refused(
    first: str,
    role: str,
    sample_installation: Installation,
    start_app: Callable[..., AppServer],
    new_page: Callable[..., Page],
) -> None:
    unit = sample_installation.unit(WARD) if role == "unit" else None
    walk = Walk(new_page(role=role, unit_id=unit))
    rest = SCREENS if WALKED[role] == first else ()
    with start_app(sample_installation) as server:
        for screen in (*(one for one in SCREENS if one.key == first), *rest):
            walk.to(f"{server.url}/{screen.path}")
            shown = screen.key not in REFUSED[role]
            expect(walk.page.locator(".st-key-scopebar")).to_have_count(int(shown))
            expect(walk.page.locator(".dh-band")).to_have_count(int(shown))
            heading = expect(walk.page.locator("h1").first)
            (heading.not_to_have_text if shown else heading.to_have_text)("Không được phép xem")
