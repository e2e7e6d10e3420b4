"""Finding by name: without tones, by beginnings, with one letter wrong; against a naive reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.searching import Index, Item, folded, is_near

ITEMS = [
    Item("unit", 1, "Phường Hà Đông", "09886"),
    Item("unit", 2, "Phường Dương Nội"),
    Item("unit", 3, "Xã Đông Anh"),
    Item("procedure", "1.001193", "Đăng ký khai sinh", "1.001193"),
    Item("figure", "on_time", "Tỷ lệ đúng hạn", "on time"),
]
INDEX = Index(ITEMS)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ha dong", ["Phường Hà Đông"]),
        ("HÀ ĐÔNG", ["Phường Hà Đông"]),
        ("dong", ["Xã Đông Anh", "Phường Hà Đông"]),
        ("duong noj", []),  # three letters: another word
        ("duomg noi", ["Phường Dương Nội"]),
        ("phuogn ha", ["Phường Hà Đông"]),
        ("khai", ["Đăng ký khai sinh"]),
        ("001193", ["Đăng ký khai sinh"]),
        ("1.001193", ["Đăng ký khai sinh"]),
        ("on time", ["Tỷ lệ đúng hạn"]),
        ("khai sinh hà đông", []),
        ("", []),
        ("…!?", []),
    ],
)
def test_what_is_found(typed: str, names: list[str]) -> None:
    assert [item.name for item in INDEX.find(typed)] == names


WORDS = st.text("abcd", max_size=6)


def changes(word: str) -> set[str]:
    """Every text with one letter of these other, missing, more, or two changed round."""
    found = {word}
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        found |= {head + letter + tail for letter in "abcd"}
        if tail:
            found |= {head + tail[1:], *(head + letter + tail[1:] for letter in "abcd")}
        if len(tail) > 1:
            found.add(head + tail[1] + tail[0] + tail[2:])
    return found


@given(WORDS, WORDS)
def test_near_is_one_change_at_most(one: str, other: str) -> None:
    assert is_near(one, other) == (other in changes(one)) == is_near(other, one)


NAMES = st.lists(st.text("aăâbcdđeê ", min_size=1, max_size=12), max_size=8)


@given(NAMES, st.text("abcde ", max_size=6))
def test_every_word_of_the_question_is_met_and_nothing_else(names: list[str], typed: str) -> None:
    index = Index(Item("unit", at, name) for at, name in enumerate(names))
    found, wanted = {item.key for item in index.find(typed)}, typed.split()

    def is_met(word: str, name: str, near: bool) -> bool:
        words = folded(name).split()
        return any(
            w.startswith(word) or (near and len(word) >= 4 and is_near(word, w)) for w in words
        )

    def met(near: bool) -> set[int]:
        return {
            at
            for at, name in enumerate(names)
            if wanted and all(is_met(word, name, near) for word in wanted)
        }

    assert found == (met(near=False) or met(near=True))
