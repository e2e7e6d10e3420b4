"""Messages in JSON, one a line, read by columns: soon done, where nothing in a line is unusual.

Python's reader takes a message apart into objects of which most are looked at by nobody; that
took two thirds of an import of messages. What could come out otherwise here is left to it.
"""

from __future__ import annotations

import json
import re
from typing import Final

import polars as pl

from connectors.intake import paths
from connectors.intake.readers import LINE, PROBLEM, WHOLE

Line = tuple[int, str]
"""A line's number and its text without blanks around it."""

_HALF_LETTER: Final = r"\\u[dD]"


class PlainLines:
    """Which lines are plain, and what stands in their columns.

    ``columns``: the paths wanted. ``records``: paths to the list of messages in a wrapper.
    """

    def __init__(self, columns: list[str], records: tuple[str, ...]) -> None:
        self._columns = columns
        self._schema = dict.fromkeys(columns, pl.String())
        nested = {paths.head(name) for name in columns if not paths.is_plain(name)}
        self._text = rf'{_key(columns)}"'
        # A wanted value that is no text; a list or an object that a path may enter; a wrapper.
        odd = [rf'{_key(columns)}[^"n\s]', _HALF_LETTER]
        if nested:
            odd.append(rf"{_key(nested)}[\[{{]\s*[^\]}}\s]")
        if records:
            odd.append(rf"{_key({paths.head(path) for path in records})}[\[{{]")
        self._odd = "|".join(odd)

    def read(self, lines: list[Line]) -> tuple[pl.DataFrame, list[Line]]:
        """The frame of the plain lines, as of all messages, and the other lines, in order."""
        frame = pl.DataFrame(lines, schema={LINE: pl.Int64, WHOLE: pl.String}, orient="row")
        text = pl.col(WHOLE)
        plain = frame.filter(text.str.starts_with("{") & ~text.str.contains(self._odd))
        try:
            values = plain[WHOLE].str.json_decode(pl.Struct(self._schema)).struct.unnest()
        except pl.exceptions.ComputeError:  # one of the lines is no JSON
            plain, values = plain.clear(), pl.DataFrame(schema=self._schema)
        # Of a name that stands twice in a message the last counts, and the reader takes the first.
        told = pl.sum_horizontal(pl.col(self._columns).is_not_null())
        found = pl.concat([values, plain], how="horizontal").filter(
            told == text.str.count_matches(self._text)
        )
        others = frame.join(found, on=LINE, how="anti", maintain_order="left")
        problem = pl.lit(None, pl.String).alias(PROBLEM)
        return found.select(*self._columns, WHOLE, LINE, problem), others.rows()


def _key(names: list[str] | set[str]) -> str:
    """Any of these names of fields, up to its value; however its letters are written."""
    written = {json.dumps(name, ensure_ascii=plain) for name in names for plain in (True, False)}
    return rf"(?:{'|'.join(map(re.escape, sorted(written)))})\s*:\s*"
