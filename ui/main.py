"""The script of every session: the frame decides, then the page runs within it."""

import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[1])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

from ui.shell.frame import run  # noqa: E402

run()
