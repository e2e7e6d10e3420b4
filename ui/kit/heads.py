"""Whom to call at a unit: name and telephone of its head, for who may see them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from connectors.heads import Head, heads_on
from ui.kit import asking
from ui.kit.marks import Html
from ui.shell import data, identity
from ui.shell.answers import asked
from ui.shell.text import safe

_ACTION: Final = "see_heads"


def of_units(units: Collection[int]) -> Mapping[int, Head]:
    """Unit → who leads it today; nothing for who may not see it, or without the database.

    Read anew each time: what is personal is kept in no cache.
    """
    if not units or not identity.may(_ACTION):
        return {}
    today, scope = asking.now().date(), identity.scope()
    return asked(lambda: heads_on(data.database(), today, units, scope)) or {}


def said(head: Head | None) -> Html:
    """ "Chủ tịch UBND phường Nguyễn Văn An ☎ 024…"; the number calls where a device can."""
    if head is None:
        return Html("")
    who = safe(" ".join(filter(None, (head.title, head.name))))
    if head.phone is None:
        return Html(f'<span class="dh-call-head">{who}</span>')
    digits = re.sub(r"[^\d+]", "", head.phone)
    number = f'<a href="tel:{digits}">☎ {safe(head.phone)}</a>'
    return Html(f'<span class="dh-call-head">{who} {number}</span>')
