"""The margins of a printed page stand in a style: no word of a file can end it."""

from __future__ import annotations

import re

import pytest

from ui.shell.printing import _quoted


@pytest.mark.parametrize("text", ['a"; } </style><script>', "Xã \\0022 \n Ô Diên", "é" * 500, ""])
def test_a_word_of_a_file_ends_no_style(text: str) -> None:
    said = _quoted(text)
    assert re.fullmatch(r'"(?:[A-Za-z0-9]|\\[0-9a-f]{6})*"', said)
    assert said.count("\\") <= 150
