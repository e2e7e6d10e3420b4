"""Which signs a cell may begin with, and the apostrophe that keeps it from being a formula."""

from __future__ import annotations

import re
from typing import Any, Final

SPACES: Final = (
    "[\\x09-\\x0d\\x1c-\\x20\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)
"""Tab, line ends and separators inside a cell; no-break, figure, narrow, ideographic spaces."""

UNSEEN: Final = (
    "[\\x00-\\x08\\x0e-\\x1b\\x7f\u0080-\u0084\u0086-\u009f"
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
"""What cannot be seen: other controls, zero-width ones, soft hyphen, direction marks, BOM."""

_FORMULA: Final = r"[=+\-@|＝＋－＠｜﹦﹢﹣﹫]"
"""What a spreadsheet begins to reckon at: the signs, their wide and small twins, DDE's bar."""

_BEGINS: Final = f"(?:(?:{SPACES}|{UNSEEN})*{_FORMULA}|[\\t\\r\\n])"
# Some spreadsheets pass over blanks; a tab or line end alone may push a cell into the next.

GUARDED: Final = f"^'({_BEGINS})"
"""A cell that :func:`safe_cell` guarded; its first group is how the text began before."""

_dangerous: Final = re.compile(_BEGINS)
_guarded: Final = re.compile(GUARDED)


def safe_cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: every file that we write goes through here.

    Text that begins like a formula (OWASP's list, also behind blanks and in wide letters), with a
    tab or a line end gets an apostrophe before it; :func:`unguarded` takes it away again. Numbers
    and None stay as they are.
    """
    if isinstance(value, str) and _dangerous.match(value):
        return f"'{value}"
    return value


def unguarded(text: str) -> str:
    """The text that :func:`safe_cell` was given, so that a mended export can come back."""
    return _guarded.sub(r"\1", text, count=1)
