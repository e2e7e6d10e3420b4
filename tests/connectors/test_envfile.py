"""The settings file means to us what it means to systemd.

Expected values of the odd cases: systemd's own test of its reader (``src/test/test-env-file.c``).
"""

from __future__ import annotations

import pytest

from connectors.envfile import read_env

SYSTEMDS_FIRST = (
    "a=a\na=b\na=b\na=a\nb=b\\\nc\nd= d\\\ne  \\\nf  \ng=g\\ \nh= ąęół\\ śćńźżµ \ni=i\\"
)
SYSTEMDS_SIXTH = (
    "a=\\ \\n \\t \\x \\y \\' \n"
    "b= \\$'                  \n"
    "c= ' \\n\\t\\$\\`\\\\\n'   \n"
    'd= " \\n\\t\\$\\`\\\\\n"   \n'
)


def values(text: str) -> dict[str, str]:
    return {name: one.value for name, one in read_env(text).values.items()}


def test_systemds_own_cases() -> None:
    assert values(SYSTEMDS_FIRST) == {
        "a": "a", "b": "bc", "d": "de  f", "g": "g ", "h": "ąęół śćńźżµ", "i": "i",
    }  # fmt: skip
    assert values("a=\nb=") == {"a": "", "b": ""}
    assert values(SYSTEMDS_SIXTH) == {
        "a": " n t x y '",
        "b": "$'",
        "c": " \\n\\t\\$\\`\\\\\n",
        "d": " \\n\\t$`\\\n",
    }


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X=a#b ;c", "a#b ;c"),
        ("X='a' \"b\" c", "abc"),
        ("X=a'b'", "a'b'"),
        ("  X  =  a b  ", "a b"),
        ("X=$HOME/~", "$HOME/~"),
        ("X=a=b", "a=b"),
        ("\ufeffX=a\r", "a"),
        ("X='a", "a"),
    ],
)
def test_what_a_line_sets(line: str, value: str) -> None:
    assert values(line) == {"X": value}


def test_lines_that_set_nothing_are_known_by_their_number() -> None:
    text = "# X=1\n; Y=2\nexport A=1\n\nDATABASE_URL\n2B=3\n=4\nC=5\nC=6\n"
    found = read_env(text)
    assert [(one.name, one.value, one.line) for one in found.given] == [
        ("C", "5", 8),
        ("C", "6", 9),
    ]
    assert found.values["C"].value == "6"
    assert found.strange == [3, 5, 6, 7]


def test_lines_are_counted_through_continued_and_quoted_values() -> None:
    found = read_env("A=1\\\n2\nB='3\n4'\nC=5\n")
    assert [(one.name, one.line) for one in found.given] == [("A", 1), ("B", 3), ("C", 5)]
