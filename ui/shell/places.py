"""Which addresses there are. Streamlit answers any other one with its document and 200."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from streamlit import file_util

from ui.shell import document, entry, health, stopping
from ui.shell.registry import SCREENS

_STREAMLIT: Final = re.compile(
    r"^/(_stcore/(health|host-config|(upload_file|bidi-components)/.+)|(media|component)/.+"
    r"|auth/(login|logout)|oauth2callback)$"
)
"""What Streamlit serves besides its own files. Of ``_stcore`` the process's measurements and tools
are left out: they are nobody's business."""


def is_known(path: str) -> bool:
    """Whether there is anything at an address: a screen (with or without a slash at its end), our
    own routes, Streamlit's, or one of its files."""
    return path in _exact() or bool(_STREAMLIT.match(path))


@cache
def _exact() -> frozenset[str]:
    screens = {f"/{screen.path}" for screen in SCREENS}
    own = {route.path for route in (*entry.ROUTES, *health.ROUTES, *stopping.ROUTES)} | set(
        document.ADDRESSES
    )
    folder = Path(file_util.get_static_dir())
    there = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    slashed = {f"{path}/" for path in screens if path != "/"}
    return frozenset((screens | slashed | own | {f"/{name}" for name in there}) - {"/index.html"})
