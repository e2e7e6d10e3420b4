"""What is left of an owner under the mask."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.privacy import mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("Nguyễn Văn An", "N.V.A."),
        ("  nguyễn   văn\tan ", "N.V.A."),
        ("NGUYỄN VĂN AN", "N.V.A."),
        ("Đỗ Ánh Ý", "Đ.Á.Ý."),
        ("đỗ ánh ý", "Đ.Á.Ý."),
        ("An", "A."),
        ("A Phủ", "A.P."),
        ("H'Hen Niê", "H.H.N."),
        ("Tôn-Nữ Thị Ninh", "T.N.T.N."),
        ("Công ty TNHH Thành Đạt", "C.T.T.T.Đ."),
        ("Nguyễn Văn An 0912345678", "N.V.A."),
        ("Trần Thị Bình (0912 345 678)", "T.T.B."),
        ("K9", "K."),
        ("王小明", "王."),
        ("Straße ßerg", "S.S."),
        ("1 2 3 4 5 6 7 8 9", "••••"),
        ("0912345678", "••••"),
        ("…", "••••"),
        ("a b c d e f g h i k", "A.B.C.D.E.F.G.H.…"),
        ("", None),
        (" \t", None),
        (None, None),
    ],
)
def test_names(name: str | None, masked: str | None) -> None:
    assert mask_name(name) == masked


def test_letters_in_parts_give_the_same_initials() -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert mask_name(unicodedata.normalize(form, "Ất Đặng Ỷ Ứng")) == "Ấ.Đ.Ỷ.Ứ."
    assert mask_name("N\u200bguyễn\u00adVăn") == "N."


@given(st.text(max_size=60))
def test_a_mask_never_shows_two_letters_of_a_word_or_a_digit(name: str) -> None:
    masked = mask_name(name) or ""
    assert not any(sign.isdigit() for sign in masked)
    assert all(len(part) <= 1 for part in masked.replace("…", "").split(".") if part != "••••")


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("0912345678", "•••• 678"),
        ("0912 345 678", "•••• 678"),
        ("+84 (912) 345.678", "•••• 678"),
        ("０９１２３４５６７８", "•••• 678"),
        ("0912345678, 0988777666", "•••• 666"),
        ("113", "••••"),
        ("không có", "••••"),
        ("", None),
        (None, None),
    ],
)
def test_phones(phone: str | None, masked: str | None) -> None:
    assert mask_phone(phone) == masked


@given(st.text(max_size=40))
def test_a_masked_phone_has_three_digits_at_most(phone: str) -> None:
    assert sum(sign.isdigit() for sign in mask_phone(phone) or "") <= 3
