from __future__ import annotations

import random
import unicodedata

import polars as pl

from metrics.core.collation import collation_key, place, ranks


def test_d_with_stroke_stands_after_d_and_tones_last() -> None:
    expected = [
        "An", "Ăn", "Ân", "Âu", "Bình", "Dân Hòa", "Dương Nội", "Đa Phúc", "Đại Mỗ", "Đống Đa",
        "Hà Đông", "Hai Bà Trưng", "Láng", "Ô Diên", "Phú Lương", "Phúc Lợi", "Ứng Hòa", "Vân Đình",
    ]  # fmt: skip
    shuffled = random.Random(4).sample(expected, len(expected))
    assert sorted(shuffled, key=collation_key) == expected


def test_tones_follow_the_dictionary() -> None:
    assert sorted(["mạ", "má", "mã", "mả", "mà", "ma"], key=collation_key) == [
        "ma", "mà", "mả", "mã", "má", "mạ",
    ]  # fmt: skip


def test_letters_decide_before_tones() -> None:
    assert collation_key("Bạch Mai") < collation_key("Bát Tràng")


def test_decomposed_letters_and_case_make_no_difference() -> None:
    text = "Phường Đống Đa"
    decomposed = unicodedata.normalize("NFD", text)
    assert collation_key(text) == collation_key(decomposed)
    assert collation_key(text)[:2] == collation_key(text.upper())[:2]


def test_ranks_start_at_zero_and_equal_names_share_one() -> None:
    assert ranks(["Đa", "An", "Dân", "An"]) == [2, 0, 1, 0]


def test_a_frame_is_sorted_as_people_read_and_what_has_no_name_is_first() -> None:
    names = pl.DataFrame({"name": ["Đa", "An", None, "Ông", "Dân"]})
    assert names.sort(place("name"))["name"].to_list() == [None, "An", "Dân", "Đa", "Ông"]
