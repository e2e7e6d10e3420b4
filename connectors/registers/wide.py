"""Wide tables: columns whose headings say what they hold, such as “2023, Dimension 1, Rank”.

Published tables have a pair of columns (score and rank) for each year or part, below headings in
several rows and in whatever order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from connectors.intake.headers import Headers
from connectors.intake.words import fold
from connectors.refused import RegisterRefused

if TYPE_CHECKING:
    from connectors.registers.mapping import Headings, RecordSettings

Said = tuple[tuple[str, str], ...]
"""Our columns and their values, as a heading says them."""

_MOST: Final = 255
"""Letters of a heading that are looked at: a column's name has no more."""


def fitting(headings: Headings) -> tuple[str, ...]:
    """Regular expressions that tell which rows are headings: one for each thing they can say."""
    groups = [[word for words in headings.values.values() for word in words]]
    groups += [[w for words in ours.values() for w in words] for ours in headings.words.values()]
    found = [rf"(?i)\b(?:{_either(words)})\b" for words in groups if words]
    found += [pattern for pattern in headings.patterns.values() if pattern]
    return tuple(dict.fromkeys(found))


def _any_of(words: Iterable[str]) -> str:
    return rf"(?<!\w)(?:{_either(words)})(?!\w)"


def _either(words: Iterable[str]) -> str:
    longest = sorted(map(fold, words), key=len, reverse=True)
    return "|".join(map(re.escape, longest))


def widened(
    records: Iterable[RecordSettings], headings: Headings, header: Sequence[str]
) -> list[RecordSettings]:
    """Each record once for everything that headings speak of, with the columns of its values.

    Raises RegisterRefused where no heading says anything.
    """
    given = list(records)
    named = {fold(name) for r in given for item in r.columns.values() for name in item.column}
    found: dict[Said, dict[str, str]] = {}
    for name in header:
        if fold(name) not in named and (read := _read(headings, name)) is not None:
            said, value = read
            found.setdefault(said, {}).setdefault(value, name)
    if not found:
        raise RegisterRefused(
            "Không cột nào của tệp có tên như ánh xạ mô tả ở [headings]. "
            f"Các cột trong tệp: {Headers(header).listed()}. Chưa có gì được ghi."
        )
    return [
        type(record).model_validate(
            {
                "columns": {**record.columns, **columns},
                "constants": {**record.constants, **dict(said)},
                "needs": tuple(columns.values()),
            }
        )
        for record in given
        for said, columns in found.items()
    ]


def _read(headings: Headings, name: str) -> tuple[Said, str] | None:
    """What a heading says, and which value its column holds; None: it is none of these."""
    text = fold(name)[:_MOST]
    if headings.ignore and re.search(_any_of(headings.ignore), text):
        return None
    said: dict[str, str] = {}
    for ours, meanings in headings.words.items():
        last = headings.otherwise.get(ours)
        hits = [
            (meaning != last, len(word), meaning)
            for meaning, words in meanings.items()
            for word in words
            if re.search(_any_of([word]), text)
        ]
        if hits:
            said[ours] = max(hits)[2]
    for ours, pattern in headings.patterns.items():
        hit = pl.Series([text]).str.extract_all(pattern or "")[0]
        if len(set(hit)) > 1:  # a change from one year to another
            return None
        if len(hit):
            said[ours] = hit[0]
    places = [
        (found.start(), value)
        for value, words in headings.values.items()
        for found in re.finditer(_any_of(words), text)
    ]
    if not said and not places:
        return None
    value = max(places)[1] if places else next(iter(headings.values))
    return tuple(sorted({**headings.otherwise, **said}.items())), value


def from_title(patterns: Mapping[str, str | None], texts: Iterable[str]) -> dict[str, str]:
    """Our column → the first group of its pattern, in the first text that has it."""
    given = pl.Series(list(texts), dtype=pl.String)
    found: dict[str, str] = {}
    for ours, pattern in patterns.items():
        hits = given.str.extract(pattern or "", 1).drop_nulls()
        if len(hits):
            found[ours] = hits[0]
    return found
