"""Finding things by what they are called: without tones, by beginnings, with one letter wrong.

Pure: what can be found goes in as :class:`Item`, words come out ranked. Dossiers are not among
them: millions of codes are the database's (connectors/searching.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_WHOLE, _BEGINS, _NEAR = 3, 2, 1
"""What a word of the question is worth: the same, the beginning of one, one letter off."""
_LEAST_NEAR: Final = 4
"""A shorter word with another letter is another word."""


def folded(text: str) -> str:
    """A text without tones, marks and case: "Đống Đa" → "dong da"."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def is_near(one: str, other: str) -> bool:
    """Whether at most one letter is wrong, missing, too many, or changed places with the next."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    first, second = one[at:], other[at:]
    return (
        first[1:] == second[1:]
        or first[1:] == second
        or first == second[1:]
        or (first[:2] == second[:2][::-1] and len(first) > 1 and first[2:] == second[2:])
    )


@dataclass(frozen=True)
class Item:
    """Something that can be found. ``words``: what it is found by beside its name (a code)."""

    kind: str
    key: int | str
    name: str
    words: str = ""


class Index:
    """Things by their words; made once, asked often."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = tuple(items)
        self._names = [folded(item.name) for item in self.items]
        self._of: dict[str, set[int]] = {}
        for place, item in enumerate(self.items):
            for word in _WORD.findall(folded(f"{item.name} {item.words}")):
                self._of.setdefault(word, set()).add(place)

    def find(self, question: str) -> list[Item]:
        """What has every word of the question, the best first.

        A word counts when it is there or when one begins with it; where nothing is found so, also
        (from four letters on) when one letter of it is wrong. Equal ones stand by their names,
        shorter ones first.
        """
        words = _WORD.findall(folded(question))
        if not words:
            return []
        return self._met(words, near=False) or self._met(words, near=True)

    def _met(self, words: list[str], *, near: bool) -> list[Item]:
        worth = [self._worth(word, near=near) for word in words]
        places = set(worth[0]).intersection(*worth[1:])
        bare = " ".join(words)

        def rank(place: int) -> tuple[int, bool, int, str, int]:
            name = self._names[place]
            total = sum(found[place] for found in worth)
            return -total, not name.startswith(bare), len(name), name, place

        return [self.items[place] for place in sorted(places, key=rank)]

    def _worth(self, word: str, *, near: bool) -> dict[int, int]:
        """Place → what the word is worth there."""
        found: dict[int, int] = {}
        for known, places in self._of.items():
            worth = _worth(word, known, near=near)
            if worth:
                for place in places:
                    found[place] = max(worth, found.get(place, 0))
        return found


def _worth(word: str, known: str, *, near: bool) -> int:
    if word == known:
        return _WHOLE
    if known.startswith(word):
        return _BEGINS
    return _NEAR if near and len(word) >= _LEAST_NEAR and is_near(word, known) else 0
