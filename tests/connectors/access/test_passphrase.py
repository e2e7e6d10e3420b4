"""Which pass-phrases are taken, and that they are found again however they are typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.access import PassphraseRefused
from connectors.access.passphrase import check, digest, matches, one_time

GOOD = (
    "mùa thu lá vàng rơi",
    "con mèo trèo cây cau",
    "correct horse battery",
    "ご飯と味噌汁が好きです毎日",
    "Chiều-tím/hoàng7hôn",
)
BAD = {
    "ngắn quá": "quá ngắn",
    "a" * 73: "quá dài",
    "ế" * 25: "quá dài",  # 75 bytes in 25 letters
    "aaaaaaaaaaaaaaa": "lặp lại",
    "abababababab": "lặp lại",
    "abcdefghijklm": "liên tiếp",
    "9876543210": "liên tiếp",
    "Mật khẩu 123456": "phổ biến",
    "matkhau2026!!": "phổ biến",
    "quantri@hanoi": "phổ biến",
    "ubnd.hadong.2026": "phổ biến",
    "0912345678": "phổ biến",
    "lan.nguyen.2026": "phổ biến",  # the account's own name
}


@pytest.mark.parametrize("text", GOOD)
def test_taken(text: str) -> None:
    check(text, "lan.nguyen")


@pytest.mark.parametrize(("text", "why"), BAD.items())
def test_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(PassphraseRefused, match=why):
        check(text, "lan.nguyen")


def test_seventy_two_bytes_are_taken() -> None:
    check("Trời xanh mây trắng gió mát nắng vàng biển rộng sóng êm"[:50], "lan")
    check("abcdefghij" * 7 + "kl", "lan")


def test_found_again_in_either_normal_form_and_with_space_around() -> None:
    typed = unicodedata.normalize("NFD", "mùa thu lá vàng rơi")
    assert matches(f" {typed} ", digest("mùa thu lá vàng rơi"))
    assert not matches("mua thu la vang roi", digest("mùa thu lá vàng rơi"))


def test_too_long_is_nobodys_and_no_error() -> None:
    assert not matches("ế" * 25, digest("mùa thu lá vàng rơi"))


def test_one_time_ones_differ_and_would_be_taken() -> None:
    made = {one_time() for _ in range(200)}
    assert len(made) == 200
    for text in made:
        check(text, "quan-tri")


@given(st.text(max_size=80))
def test_any_text_is_taken_or_refused_in_words(text: str) -> None:
    try:
        check(text, "lan.nguyen")
    except PassphraseRefused:
        return
    assert matches(text, digest(text))
