"""The unit box of the scope bar: in what order, and found how."""

from __future__ import annotations

from datetime import date

import polars as pl

from metrics.core.contracts import UNIT
from ui.shell.scopebar import searchable, unit_options


def units(*rows: tuple[int, int | None, str, date | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            dict.fromkeys(UNIT)
            | {"unit_id": number, "parent_id": parent, "name": name, "valid_to": valid_to}
            for number, parent, name, valid_to in rows
        ],
        schema=UNIT,
    )


def test_what_ended_stands_behind_what_is_there() -> None:
    """Abolished districts stood between the wards of today."""
    found = units(
        (1, None, "Hà Nội", None),
        (2, 1, "Quận Hà Đông", date(2025, 6, 30)),
        (3, 2, "Phường Phú La", date(2025, 6, 30)),
        (4, 1, "Xã An Khánh", None),
    )
    options, labels = unit_options(found)
    assert options == [0, 1, 4, 2, 3]
    assert labels[4].strip() == "Xã An Khánh"
    assert labels[2].strip() == "Quận Hà Đông (đến 30/06/2025)"


def test_names_stand_in_the_order_of_the_alphabet() -> None:
    """By code points Đ and every letter with a tone stood behind Z."""
    found = units(
        (1, None, "Xã Yên Sở", None), (2, None, "Xã Đa Phúc", None), (3, None, "Xã Ô Diên", None),
    )  # fmt: skip
    assert unit_options(found)[0] == [0, 2, 3, 1]


def test_a_name_is_found_without_tones_and_looks_the_same() -> None:
    """ "ha dong" found nothing: the box looks for what is typed in the label as it is."""
    label = searchable("\u2003Phường Hà Đông")
    shown, plain = label.split("\u2003" * 60)
    assert (shown, plain) == ("\u2003Phường Hà Đông", "phuong ha dong")
    assert "ha dong" in label.casefold()
    assert "hà đông" in label.casefold()
    assert searchable("Ward 1") == "Ward 1"
