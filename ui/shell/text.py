"""Text of the records, of files and of addresses, put where it is drawn as nothing but text.

One function a place: :func:`plain` for whatever Streamlit takes for Markdown, :func:`safe` for
HTML, :func:`chart` for what plotly draws. Tables, boxes and their options take text as it is.
Streamlit's front end makes more of Markdown than its escapes can prevent, for it looks at the text
once more when those are gone: addresses become links, ``:material/…:`` an icon, ``:smile:`` a
picture, ``->`` an arrow. What holds is shown by tests/e2e/test_plain_text.py.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from connectors.cells import SPACES, UNSEEN

_BREAK: Final = ":color[]"
"""An empty span: no sign of it is seen or copied, but what stands around it is two texts."""

_MARKUP: Final = re.compile(r"[\\`*_{}\[\]<>()#+!|~:$@-]|&(?=#?\w+;)|^=|(?<=^\d)[.]|(?<=^\d\d)[.]")
_TORN: Final = re.compile(
    r"""
    \\[:@] (?=[\w+/\\-] | \Z)             # https://, :icon:, somebody@some.where
    | (?i:www) (?=\. | \Z)                # www.some.where
    | (?:\\[<>~-] | =) (?=\\[<>~-] | =)   # arrows, dashes
    """,
    re.VERBOSE,
)


def seen(text: object) -> str:
    """What can be seen of a text: no controls, no marks that turn the words around it."""
    return re.sub(UNSEEN, "", str(text))


def plain(text: object) -> str:
    """Text in Markdown, on one line: nothing in it becomes markup, a link, an icon or a picture.

    For labels, titles, captions, notices, help and whatever else Streamlit draws as Markdown.
    """
    line = re.sub(f"{SPACES}+", " ", seen(text)).strip(" ")
    escaped = _MARKUP.sub(r"\\\g<0>", line)
    return _TORN.sub(rf"\g<0>{_BREAK}", escaped)


def safe(text: object) -> str:
    """Text in HTML: between tags or in a quoted attribute."""
    return escape(seen(text))


def chart(text: object) -> str:
    """Text in a chart: plotly draws some HTML, and fills in what stands in ``%{…}``."""
    # It does not know &quot;, and nothing of it stands in an attribute.
    return escape(seen(text), quote=False).replace("%{", "%&#123;")
