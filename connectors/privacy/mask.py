"""What may be shown of a dossier's owner without a reason: pure functions."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

HIDDEN: Final = "••••"
_MOST_INITIALS: Final = 8
_SHORTEST_PHONE: Final = 7
_SHOWN_DIGITS: Final = 3


def mask_name(name: str | None) -> str | None:
    """Initials: ``Nguyễn Văn An`` → ``N.V.A.``; of organisations as well. None stays None.

    Whatever Unicode form the letters come in; digits and signs are left out; of very long names
    the first eight. A name without a letter is hidden as a whole.
    """
    if name is None or not name.strip():
        return None
    initials = [
        initial for word in re.split(r"[\s\W_]+", _composed(name)) if (initial := _initial(word))
    ]
    if not initials:
        return HIDDEN
    more = "…" if len(initials) > _MOST_INITIALS else ""
    return "".join(f"{initial}." for initial in initials[:_MOST_INITIALS]) + more


def _composed(text: str) -> str:
    """Letters with their marks as one, and without what cannot be seen."""
    whole = unicodedata.normalize("NFKC", text)
    # Marks that have no letter of their own to melt into would otherwise split a word.
    return "".join(
        letter
        for letter in whole
        if letter.isspace() or unicodedata.category(letter)[0] not in ("M", "C")
    )


def _initial(word: str) -> str | None:
    for letter in word:
        if letter.isalpha():
            return letter.upper()[0]
    return None


def mask_phone(phone: str | None) -> str | None:
    """The last three digits: ``0912 345 678`` → ``•••• 678``; of a short number none."""
    if phone is None or not phone.strip():
        return None
    digits = [str(unicodedata.digit(sign)) for sign in phone if sign.isdigit()]
    if len(digits) < _SHORTEST_PHONE:
        return HIDDEN
    return f"{HIDDEN} {''.join(digits[-_SHOWN_DIGITS:])}"
