"""Text as sources write it: one form of Unicode, one kind of space; words → our values."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from connectors.cells import GUARDED, SPACES, UNSEEN

_VALUES_FILE: Final = Path(__file__).with_name("values.toml")
_CAUSES_FILE: Final = Path(__file__).parents[2] / "metrics" / "dossiers" / "late_causes.toml"

_ODD_SIGNS: Final = f"(?! )(?:{SPACES}|{UNSEEN})"


@cache
def _odd() -> list[str]:
    """What neither of them finds in a clean column; looking for fixed texts is sooner done."""
    return ["  ", *re.findall(_ODD_SIGNS, "".join(map(chr, range(0x10000))))]


_LOOK: Final = 1000
"""So many values tell whether a column repeats itself."""


def tidy(column: pl.Series) -> pl.Series:
    """Texts without surrounding or repeated spaces, in NFC; what is then empty is null."""
    # Nearly every column is clean: looking is ten times cheaper than mending.
    few = column.head(_LOOK).n_unique() * 4 < min(len(column), _LOOK)
    if not _is_clean(column.unique() if few else column):
        distinct = column.unique()
        if len(distinct) * 4 < len(column):
            column = column.replace_strict(distinct, _mended(distinct), return_dtype=pl.String)
        else:
            column = _mended(column)
    return (
        column.to_frame()
        .select(pl.when(pl.col(column.name) != "").then(pl.col(column.name)))
        .to_series()
    )


def _is_clean(column: pl.Series) -> bool:
    # Plain ASCII is in NFC.
    return bool((column.str.len_bytes() == column.str.len_chars()).all()) and not _is_odd(column)


def _is_odd(column: pl.Series) -> bool:
    """Whether any value has what :func:`_mended` takes away."""
    text = pl.col(column.name)
    odd = (
        text.str.starts_with(" ")
        | text.str.ends_with(" ")
        | text.str.starts_with("'")
        | text.str.contains_any(_odd())
    )
    return bool(column.to_frame().select(odd.any()).item())


def _mended(column: pl.Series) -> pl.Series:
    column = column.str.normalize("NFC")
    if not _is_odd(column):
        return column
    return (
        # First: what it was put before may be a blank.
        column.str.replace(GUARDED, "${1}")
        .str.replace_all(UNSEEN, "")
        .str.replace_all(f"{SPACES}+", " ")
        .str.strip_chars(" ")
    )


def tidy_text(text: str) -> str:
    """The same for one text, as :func:`tidy` does for a column."""
    if text.isascii() and text.isprintable() and "  " not in text:  # nothing else to take away
        return text.strip(" ")
    text = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    return _BLANK.sub(" ", text).strip(" ")


_UNSEEN: Final = re.compile(UNSEEN)
_BLANK: Final = re.compile(f"{SPACES}+")


_LOOKS_LIKE: Final = {ord("ð"): "đ", ord("ɖ"): "đ"}
"""Letters of other languages that keyboards and fonts put where Đ belongs."""


def fold(text: str) -> str:
    """The form in which words and names are compared."""
    return tidy_text(text).casefold().translate(_LOOKS_LIKE)


def each_distinct(
    column: pl.Series, answer: Callable[[str], Any], dtype: pl.DataType | type[pl.DataType]
) -> pl.Series:
    """``answer`` for each value; asked once for each distinct one. Null stays null."""
    distinct = column.drop_nulls().unique()
    if distinct.is_empty():
        return pl.Series([None], dtype=dtype).new_from_index(0, len(column)).alias(column.name)
    answers = pl.Series([answer(value) for value in distinct], dtype=dtype)
    return column.replace_strict(distinct, answers, default=None, return_dtype=dtype)


@cache
def built_in_words(kind: str) -> dict[str, str]:
    """Words known without a mapping for ``channel``, ``end_kind``, ``boolean``…, folded."""
    if kind == "late_cause":
        return _late_causes()
    tables = tomllib.loads(_VALUES_FILE.read_text(encoding="utf-8"))
    return {fold(word): value for word, value in tables[kind].items()}


def chief_words(kind: str) -> list[str]:
    """For each of our values the first of its Vietnamese words, as people are offered them."""
    tables = tomllib.loads(_VALUES_FILE.read_text(encoding="utf-8"))
    first: dict[str, str] = {}
    for word, value in tables[kind].items():
        first.setdefault(value, word)
    return list(first.values())


def _late_causes() -> dict[str, str]:
    causes = tomllib.loads(_CAUSES_FILE.read_text(encoding="utf-8"))["cause"]
    return {fold(cause[key]): cause["code"] for cause in causes for key in ("label", "code")}


def late_cause_labels() -> list[str]:
    """What the causes of lateness are called, in the list's order."""
    causes = tomllib.loads(_CAUSES_FILE.read_text(encoding="utf-8"))["cause"]
    return [str(cause["label"]) for cause in causes]


def word_map(kind: str, own: dict[str, str] | None) -> dict[str, str]:
    """The words of a field: a mapping's own ones before the built-in ones."""
    return {**built_in_words(kind), **{fold(word): value for word, value in (own or {}).items()}}


def nearest(text: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names that look most like ``text``, best first; few or none."""
    names = {fold(name): name for name in known}
    found = difflib.get_close_matches(fold(text), list(names), n=count, cutoff=0.5)
    return [names[name] for name in found]


class Hints:
    """The nearest known names of wrong ones; a file full of those is not searched for ever."""

    def __init__(
        self,
        known: Callable[[], Iterable[str]],
        find: Callable[[str, Iterable[str]], list[str]] | None = None,
    ) -> None:
        self._known = known
        self._find = find or nearest
        self._found: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """``"; gần nhất: …"``, or nothing where no name is near or too many were asked for."""
        if text not in self._found:
            if len(self._found) >= _MOST_HINTS:
                return ""
            near = self._find(text, self._known())
            self._found[text] = f"; gần nhất: {', '.join(near)}" if near else ""
        return self._found[text]


_MOST_HINTS: Final = 200
