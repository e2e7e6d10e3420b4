"""Alphabetical order of Vietnamese names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import polars as pl

_LETTERS: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES: Final = "\u0300\u0309\u0303\u0301\u0323"
"""Huyền, hỏi, ngã, sắc, nặng: the dictionary's order, after a letter without a tone."""

_RANK: Final = {letter: rank for rank, letter in enumerate(_LETTERS, start=100)}

CollationKey = tuple[tuple[int, ...], tuple[int, ...], str]


@lru_cache(maxsize=1 << 14)
def collation_key(text: str) -> CollationKey:
    """Sort key of a Vietnamese text: letters first (Ă, Â after A; Đ after D), tones last.

    Upper and lower case are equal, numbers come before letters, composed and decomposed letters
    are the same. Code points would put Đ and every letter with a tone after z.
    """
    letters: list[int] = []
    tones: list[int] = []
    for character in unicodedata.normalize("NFD", text.casefold()):
        if character in _TONES:
            if tones:
                tones[-1] = _TONES.index(character) + 1
        elif unicodedata.combining(character):
            _modify(letters, character)
        else:
            letters.append(_RANK.get(character, min(ord(character), 99)))
            tones.append(0)
    return tuple(letters), tuple(tones), unicodedata.normalize("NFC", text)


def _modify(letters: list[int], mark: str) -> None:
    """Turn the last letter into the letter that it is together with its mark (a + ˘ = ă)."""
    if not letters or not 100 <= letters[-1] < 100 + len(_LETTERS):
        return
    whole = unicodedata.normalize("NFC", _LETTERS[letters[-1] - 100] + mark)
    letters[-1] = _RANK.get(whole, letters[-1])


def ranks(texts: Iterable[str]) -> list[int]:
    """Place (from 0) of each text in the alphabetical list of all; equal texts share one."""
    listed = list(texts)
    order = {key: rank for rank, key in enumerate(sorted({collation_key(t) for t in listed}))}
    return [order[collation_key(text)] for text in listed]


def place(column: str) -> pl.Expr:
    """What a frame is sorted by where people read it: the place of a name in the alphabet."""
    return pl.col(column).map_batches(
        lambda names: pl.Series(ranks(name or "" for name in names)), return_dtype=pl.Int64
    )
