"""Where the screens' scripts are, as AppTest asks for them."""

import os

from connectors.settings import PROJECT_ROOT
from ui.shell.registry import SCREENS

MAIN = str(PROJECT_ROOT / "ui" / "main.py")
_FILES = {screen.key: screen.file for screen in SCREENS}


def script(key: str) -> str:
    """The screen's page.py, for ``AppTest.switch_page``: as seen from the main script's folder."""
    return os.path.relpath(_FILES[key], PROJECT_ROOT / "ui")
