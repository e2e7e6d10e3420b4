"""Messages that are read by columns come out as those that are read one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors.intake.files import TextFile
from connectors.intake.json_rows import JsonRows
from connectors.intake.plain_lines import PlainLines

COLUMNS = ["Mã", "a", "b", "c.d", "e[0].f", "g[].h"]
RECORDS = ("data", "in.data")
PLAIN = (
    '{"a": "x", "b": null, "z": 1}',
    '{"a":"","Mã":"\\u1ee7 \\"a\\": \\"y\\"","g":[],"c":{}}',
    '{"c.d": "x", "g[].h": "y"}',
)
ODD = (
    '{"a": 1, "b": true}',
    '{"a": 1.50, "b": 123456789012345678901234567890}',
    '{"a": "x", "a": "y"}',
    '{"a": ["x"], "b": {"c": 1}}',
    '{"c": {"d": "x"}, "e": [{"f": 2}], "g": [{"h": "1"}, {"h": null}]}',
    '{"M\\u00e3": 5}',
    '{"a": "\\ud83d", "b": "\\ud83d\\ude00"}',
    '{"data": [{"a": "1"}, {"a": "2"}, 3]}',
    '{"in": {"data": [{"a": "1"}]}, "a": "x"}',
    '[{"a": "1"}, {"a": 2}]',
    "null",
    '"a"',
    '{"a": "x"',
    '{"a": "x"} {"a": "y"}',
    '{"a": "x", "z": NaN}',
    '{"a": "x\ty"}',
)


def _read(path: Path, lines: list[str]) -> pl.DataFrame:
    path.write_text("\n".join(lines), encoding="utf-8")
    file = TextFile(path, len(lines))
    frames = list(JsonRows(file, COLUMNS, RECORDS, 100).frames())
    return pl.concat(frames) if frames else pl.DataFrame()  # a message of an empty list is no row


def _one_by_one(path: Path, lines: list[str], patch: pytest.MonkeyPatch) -> pl.DataFrame:
    def nothing(plain: PlainLines, lines: list[tuple[int, str]]) -> Any:
        return whole(plain, [])[0], lines

    whole = PlainLines.read
    with patch.context() as patched:
        patched.setattr(PlainLines, "read", nothing)
        return _read(path, lines)


def _alike(path: Path, lines: list[str], patch: pytest.MonkeyPatch) -> None:
    by_columns, by_one = _read(path, lines), _one_by_one(path, lines, patch)
    # An empty list has no items: written as one, or not at all.
    nothing = pl.col("g[].h").replace("[]", None)
    assert by_columns.with_columns(nothing).equals(by_one.with_columns(nothing))


def test_plain_lines_are_read_by_columns() -> None:
    lines = list(enumerate(PLAIN + ODD, start=1))
    found, others = PlainLines(COLUMNS, RECORDS).read(list(enumerate(PLAIN, start=1)))
    assert (found.height, others) == (len(PLAIN), [])
    # One that is no JSON spoils only how soon the others are read.
    sound = [line for line in lines if line[1] not in ODD[-4:]]
    assert [text for _, text in PlainLines(COLUMNS, RECORDS).read(sound)[1]] == list(ODD[:-4])


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_line_among_plain_ones(
    odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _alike(tmp_path / "a.jsonl", [*PLAIN, odd, "", *PLAIN], monkeypatch)


NAMES: st.SearchStrategy[str] = st.sampled_from(
    ["Mã", "a", "b", "c", "d", "e", "f", "g", "h", "data", "in", "z", "c.d"]
)
TEXTS = st.text(max_size=4) | st.sampled_from(['"a": "x"', "\\", "9:3", "\ud800"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)


@hypothesis_settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=5), min_size=1, max_size=6), st.booleans())
def test_any_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, messages: list[dict[str, Any]], ascii_: bool
) -> None:
    lines = [
        json.dumps(m, ensure_ascii=ascii_).encode("utf-8", "replace").decode() for m in messages
    ]
    _alike(tmp_path / "a.jsonl", lines, monkeypatch)
