"""Links from a screen's own HTML: to another screen, to a row that opens, and back to it.

They are ordinary links: they can be copied, opened beside, reached by the keyboard, found in the
page and read aloud. ``ui/shell/document.js`` opens them without loading the page anew, and puts
the focus on the place that is named by ``to``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ui.kit.marks import Html
from ui.shell.context import Frame
from ui.shell.text import safe


def href(frame: Frame, page: str, params: Mapping[str, Any]) -> str:
    """The address of a screen with parameters, as it stands in a link."""
    path = f"./{frame.pages[page].url_path}"
    query = urlencode({k: v for k, v in params.items() if v not in (None, "", ())}, doseq=True)
    return f"{path}?{query}" if query else path


def link(
    label: str,
    to: str,
    *,
    style: str = "dh-link",
    place: str = "",
    own: str = "",
    more: str = "",
    is_now: bool = False,
) -> Html:
    """A link as HTML.

    Args:
        label: text, or :class:`Html`.
        place: id of the element that gets the focus once it is there.
        own: the link's own id.
        more: what screen readers hear after the label.
        is_now: it leads to what is shown already.
    """
    words = label if isinstance(label, Html) else safe(label)
    heard = f'<span class="dh-heard"> {safe(more)}</span>' if more else ""
    ids = (f' id="{safe(own)}"' if own else "") + (f' data-to="{safe(place)}"' if place else "")
    now = ' aria-current="true"' if is_now else ""
    return Html(f'<a class="{style}" href="{safe(to)}"{ids}{now}>{words}{heard}</a>')
