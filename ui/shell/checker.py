"""The process in which pass-phrases are checked (checking.py): takes lines, answers lines.

It is run as a file and imports bcrypt and the one module of streamlit-authenticator that asks it:
no Streamlit, nothing of the project, no key, no database. A line is [pass-phrase, hash] in JSON;
the answer 1 or 0. It ends with its input.
"""

from __future__ import annotations

import importlib.util
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Checks until nobody asks any more; ``sys.argv[1]``: how far it stands back (``nice``)."""
    hasher = _hasher()
    if sys.platform != "win32":
        os.nice(int(sys.argv[1]))
    for line in sys.stdin.buffer:
        typed, hashed = json.loads(line)
        sys.stdout.buffer.write(b"1\n" if hasher.check_pw(typed, hashed) else b"0\n")
        sys.stdout.buffer.flush()


def _hasher() -> Any:
    """streamlit-authenticator's Hasher, without the package around it, which loads Streamlit."""
    found = importlib.util.find_spec("streamlit_authenticator")
    assert found is not None
    assert found.origin is not None
    return runpy.run_path(str(Path(found.origin).parent / "utilities" / "hasher.py"))["Hasher"]


if __name__ == "__main__":
    main()
