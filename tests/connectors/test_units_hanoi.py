from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from connectors.units_hanoi import HanoiUnits, hanoi_units
from metrics.core.collation import collation_key

TWO_TIER = date(2025, 7, 1)

# Domain rules on the Hà Đông area: (old name, GSO code until 30/6/2025) → new ward.
HA_DONG = {
    "09556": {
        ("Phúc La", "09553"): "whole",
        ("Vạn Phúc", "09544"): "whole",
        ("Quang Trung", "09538"): "part",
        ("Hà Cầu", "09556"): "part",
        ("La Khê", "09551"): "part",
        ("Văn Quán", "09542"): "part",
        ("Đại Mỗ", "00634"): "part",
        ("Tân Triều", "00643"): "part",
        ("Mộ Lao", "09541"): "remainder",
    },
    "09886": {
        ("Dương Nội", "09886"): "part",
        ("Phú La", "09552"): "part",
        ("Yên Nghĩa", "09562"): "part",
        ("La Phù", "09889"): "part",
        ("La Khê", "09551"): "remainder",
        ("Đại Mỗ", "00634"): "remainder",
    },
    "09562": {("Đồng Mai", "10117"): "part", ("Yên Nghĩa", "09562"): "remainder"},
    "09568": {
        ("Phú Lãm", "09568"): "whole",
        ("Kiến Hưng", "09565"): "part",
        ("Phú Lương", "09571"): "part",
        ("Cự Khê", "10120"): "part",
        ("Hữu Hòa", "00652"): "part",
    },
    "09552": {
        ("Kiến Hưng", "09565"): "part",
        ("Phú Lương", "09571"): "part",
        ("Quang Trung", "09538"): "remainder",
        ("Hà Cầu", "09556"): "remainder",
        ("Phú La", "09552"): "remainder",
    },
}


@pytest.fixture(scope="module")
def hanoi() -> HanoiUnits:
    return hanoi_units(first_id=100)


def valid(units: pl.DataFrame, on: date) -> pl.DataFrame:
    return units.filter(
        pl.col("valid_from").is_null() | (pl.col("valid_from") <= on),
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= on),
    )


def named(hanoi: HanoiUnits) -> pl.DataFrame:
    old = hanoi.units.select(
        old_unit_id="id", old="short_name", old_code="code", old_area="area_code"
    )
    new = hanoi.units.select(new_unit_id="id", new="short_name", new_code="code")
    return hanoi.successions.join(old, on="old_unit_id").join(new, on="new_unit_id")


def test_126_communes_from_the_first_of_july_2025(hanoi: HanoiUnits) -> None:
    communes = valid(hanoi.units, TWO_TIER).filter(pl.col("kind") == "commune")
    assert communes.height == 126
    assert communes["code"].n_unique() == 126
    assert communes["name"].str.starts_with("Phường").sum() == 51
    assert communes["latitude"].null_count() == 0
    assert valid(hanoi.units, date(2025, 6, 30)).filter(pl.col("kind") == "commune").height == 526


def test_thirty_districts_until_the_end_of_june_2025(hanoi: HanoiUnits) -> None:
    districts = hanoi.units.filter(pl.col("kind") == "district")
    assert districts.height == 30
    assert set(districts["valid_to"]) == {date(2025, 6, 30)}


@pytest.mark.parametrize(
    ("day", "count"), [(date(2024, 12, 31), 17), (date(2025, 1, 1), 15), (TWO_TIER, 0)]
)
def test_wards_of_ha_dong(hanoi: HanoiUnits, day: date, count: int) -> None:
    district = hanoi.units.filter(pl.col("kind") == "district", pl.col("code") == "268")["id"][0]
    wards = valid(hanoi.units, day).filter(
        pl.col("parent_id") == district, pl.col("kind") == "commune"
    )
    assert wards.height == count


def test_twelve_offices_and_one_stop_of_ha_dong(hanoi: HanoiUnits) -> None:
    district = hanoi.units.filter(pl.col("kind") == "district", pl.col("code") == "268")["id"][0]
    offices = hanoi.units.filter(pl.col("parent_id") == district, pl.col("kind") == "office")
    one_stop = offices["name"].str.starts_with("Bộ phận Một cửa")
    assert (one_stop.sum(), (~one_stop).sum()) == (1, 12)


def test_three_wards_merged_into_quang_trung_in_january_2025(hanoi: HanoiUnits) -> None:
    merged = named(hanoi).filter(pl.col("effective_on") == date(2025, 1, 1))
    assert sorted(merged["old"]) == ["Nguyễn Trãi", "Quang Trung", "Yết Kiêu"]
    assert set(merged["new"]) == {"Quang Trung"}
    assert set(merged["relation"]) == {"whole"}


@pytest.mark.parametrize("ward", list(HA_DONG))
def test_succession_of_the_ha_dong_area(hanoi: HanoiUnits, ward: str) -> None:
    into = named(hanoi).filter(
        pl.col("new_code") == ward, pl.col("effective_on") == TWO_TIER
    )  # fmt: skip
    found = {
        (old, code): relation
        for old, code, relation in into.select("old", "old_code", "relation").iter_rows()
    }
    assert found == HA_DONG[ward]


def test_what_left_the_ha_dong_area(hanoi: HanoiUnits) -> None:
    outside = named(hanoi).filter(
        pl.col("old_area") == "268",
        pl.col("effective_on") == TWO_TIER,
        ~pl.col("new_code").is_in(list(HA_DONG)),
    )
    found = set(outside.select("old", "new_code", "relation").iter_rows())
    assert ("Biên Giang", "10015", "whole") in found
    assert ("Đồng Mai", "10015", "remainder") in found
    assert {"00637", "00634", "00643", "00664", "10015"} <= set(outside["new_code"])


def test_every_old_commune_has_a_successor_and_every_new_one_a_predecessor(
    hanoi: HanoiUnits,
) -> None:
    later = hanoi.successions.filter(pl.col("effective_on") == TWO_TIER)
    communes = hanoi.units.filter(pl.col("kind") == "commune")
    ended = communes.filter(pl.col("valid_to") == date(2025, 6, 30))
    begun = communes.filter(pl.col("valid_from") == TWO_TIER)
    assert set(later["old_unit_id"]) == set(ended["id"])
    assert set(later["new_unit_id"]) == set(begun["id"])


def test_a_whole_commune_goes_to_one_place_only(hanoi: HanoiUnits) -> None:
    targets = hanoi.successions.group_by("old_unit_id").agg(
        whole=(pl.col("relation") == "whole").any(), targets=pl.len()
    )
    assert targets.filter(pl.col("whole"))["targets"].max() == 1
    assert targets.filter(~pl.col("whole"))["targets"].min() == 2


def test_successors_begin_when_their_predecessors_end(hanoi: HanoiUnits) -> None:
    days = hanoi.units.select("id", "valid_from", "valid_to")
    joined = hanoi.successions.join(days, left_on="old_unit_id", right_on="id").join(
        days, left_on="new_unit_id", right_on="id", suffix="_new"
    )
    ends = pl.col("valid_to") == pl.col("effective_on").dt.offset_by("-1d")
    begins = pl.col("valid_from_new").is_null() | (
        pl.col("valid_from_new") == pl.col("effective_on")
    )
    assert joined.filter(~(ends & begins)).is_empty()


def test_codes_were_used_again_for_other_places(hanoi: HanoiUnits) -> None:
    units = hanoi.units.filter(pl.col("scheme") == "gso")
    assert units.filter(pl.col("code") == "09552").sort("valid_to")["short_name"].to_list() == [
        "Kiến Hưng", "Phú La",
    ]  # fmt: skip
    assert (
        not units.select(pl.struct("scheme", "code", "valid_from").is_duplicated())
        .to_series()
        .any()
    )


def test_departments_merged_in_march_2025(hanoi: HanoiUnits) -> None:
    merged = named(hanoi).filter(pl.col("effective_on") == date(2025, 3, 1))
    assert (
        dict(merged.select("old", "new").filter(pl.col("old").is_not_null()).iter_rows())[
            "Sở TN&MT"
        ]
        == "Sở NN&MT"
    )
    assert merged.height == 6


def test_parents_stand_before_children_and_headings_first(hanoi: HanoiUnits) -> None:
    units = hanoi.units
    assert units["id"].to_list() == list(range(100, 100 + units.height))
    assert units.filter(pl.col("parent_id") >= pl.col("id")).is_empty()
    assert units.filter(pl.col("parent_id").is_null())["kind"].to_list() == ["province"]
    headings = units.filter(pl.col("kind") == "group").sort("sort_order")
    assert headings["sort_order"].to_list() == [1, 2, 3]
    assert headings["name"].to_list() == [
        "Sở, cơ quan ngang sở", "Phường, xã", "Quận, huyện, thị xã (đến 30/6/2025)",
    ]  # fmt: skip


def test_sort_order_is_alphabetical(hanoi: HanoiUnits) -> None:
    communes = hanoi.units.filter(pl.col("valid_from") == TWO_TIER, pl.col("kind") == "commune")
    names = communes.sort("sort_order")["short_name"].to_list()
    assert names == sorted(names, key=collation_key)
    assert names.index("Dương Nội") + 1 == names.index("Đa Phúc")


def test_agency_codes_are_unique(hanoi: HanoiUnits) -> None:
    codes = hanoi.units["agency_code"].drop_nulls()
    assert codes.n_unique() == len(codes)
    assert codes.str.contains(r"^H26(\.\d{1,3}){1,2}$").all()
