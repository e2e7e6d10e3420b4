"""Indices: series, ranks, disagreeing sources, methodology breaks; against published values."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import pytest

from connectors.registers.examples import FACTS
from connectors.registers.fills import fill_method_version
from metrics.indices import series as of
from metrics.indices.changes import heat, places_to_target, rank_changes
from metrics.indices.review import review, standing
from metrics.registers import FRAMES
from metrics.registers.indices import component_of_version

INDEX_SCORE = FRAMES["index_score"]


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    usual = {name: None for name in INDEX_SCORE} | {
        "index_name": "PAPI", "component": "TOTAL", "province_code": "01", "province": "Hà Nội",
        "n_provinces": 63, "value_kind": "printed", "source": "báo",
    }  # fmt: skip
    full = [usual | row for row in rows]
    for row in full:
        fill_method_version(row)
    return pl.DataFrame(full, schema=INDEX_SCORE)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _whole(text: str) -> int | None:
    return int(text.lstrip("<=")) if text and not text.startswith(">") else None


def facts_rows() -> list[dict[str, Any]]:
    with FACTS.open(encoding="utf-8", newline="") as stream:
        return [
            {
                "index_name": row["index"],
                "year": int(row["year"]),
                "component": row["component"],
                "component_name": row["component_name_vi"],
                "province_code": row["province_code"],
                "province": row["province"],
                "score": _number(row["score"]),
                "rank": _whole(row["rank"]),
                "rank_bound": _whole(row["rank_bound"]),
                "group_name": row["group"] or None,
                "n_provinces": _whole(row["n_provinces"]),
                "value_kind": row["value_kind"],
                "conflict": row["conflict"] or None,
                "source": row["source"],
            }
            for row in csv.DictReader(stream)
        ]


def panel_rows(panel: list[dict[str, str]]) -> list[dict[str, Any]]:
    found = []
    for row in panel:
        own = row["province"] == "Hanoi"
        known = {
            "year": int(row["year"]),
            "province_code": "01" if own else row["Province"],
            "province": "Hà Nội" if own else row["province"],
            "value_kind": "panel",
            "source": "bảng",
        }
        found.append(known | {"score": _number(row["total"]), "rank": _whole(row["rank"])})
        found += [
            known | {"component": f"D{n}", "score": _number(row[f"D{n}"])}
            for n in range(1, 9)
            if row[f"D{n}"]
        ]
    return found


@pytest.fixture(scope="module")
def facts() -> pl.DataFrame:
    return frame(facts_rows())


@pytest.fixture(scope="module")
def panel(shared_data: Path) -> list[dict[str, str]]:
    path = shared_data / "indices" / "papi_panel_2011_2024.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def both(panel: list[dict[str, str]]) -> pl.DataFrame:
    return frame([*facts_rows(), *panel_rows(panel)])


def point(table: pl.DataFrame, year: int, code: str = "01") -> dict[str, Any]:
    return table.filter(year=year, province_code=code).row(0, named=True)


# -- published values ---------------------------------------------------------------------


def test_hanoi_equals_the_panel(both: pl.DataFrame, panel: list[dict[str, str]]) -> None:
    found = of.series(both, "PAPI", "TOTAL", ["01"])
    source = {int(row["year"]): row for row in panel if row["province"] == "Hanoi"}
    assert found["year"].to_list() == sorted(source)
    for row in found.iter_rows(named=True):
        assert row["score"] == float(source[row["year"]]["total"])
        assert row["rank"] == int(source[row["year"]]["rank"])
        assert row["out_of"] == 63


def test_province_years_without_a_total_are_gaps(panel: list[dict[str, str]]) -> None:
    alone = frame(panel_rows(panel))
    found = of.series(alone, "PAPI", "TOTAL", list(of.provinces(alone)))
    assert found.height == 63 * 14
    missing = found.filter(pl.col("score").is_null())
    assert missing.height == 13
    assert missing["rank"].null_count() == 13
    assert not (found["score"] == 0).any()


def test_quartiles_are_over_provinces_with_a_score(panel: list[dict[str, str]]) -> None:
    found = of.spread(frame(panel_rows(panel)), "PAPI", "TOTAL")
    for row in found.iter_rows(named=True):
        scores = [float(x["total"]) for x in panel if int(x["year"]) == row["year"] and x["total"]]
        assert row["n"] == len(scores)
        assert row["median"] == pytest.approx(median(scores))
        assert sum(score < row["q1"] for score in scores) == pytest.approx(len(scores) / 4, abs=1)


def test_ranks_of_components_count_those_ahead(panel: list[dict[str, str]]) -> None:
    found = rank_changes(frame(panel_rows(panel)), "PAPI", "01", 2020, 2021)
    for n in range(1, 9):
        row = found.of(f"D{n}")
        assert row is not None
        for year, rank in (("2020", row["rank_before"]), ("2021", row["rank"])):
            scores = {
                x["province"]: float(x[f"D{n}"]) for x in panel if x["year"] == year and x[f"D{n}"]
            }
            assert rank == 1 + sum(score > scores["Hanoi"] for score in scores.values())
    assert (found.risen, found.compared) == (8, 8)


def test_hanoi_2021(facts: pl.DataFrame, both: pl.DataFrame) -> None:
    for each in (facts, both):
        found = rank_changes(each, "PAPI", "01", 2020, 2021)
        total, digital = found.of("TOTAL"), found.of("D8")
        assert total is not None
        assert digital is not None
        assert (total["rank_before"], total["rank"], total["places_up"]) == (48, 9, 39)
        assert total["other_places_up"] == [38]
        assert (digital["rank_before"], digital["rank"], digital["places_up"]) == (22, 1, 21)
    assert (found.risen, found.compared) == (8, 8)
    # Without the panel only one component's rank is known in both editions.
    assert rank_changes(facts, "PAPI", "01", 2020, 2021).compared == 1
    sipas = rank_changes(facts, "SIPAS", "01", 2020, 2021).of("TOTAL")
    assert sipas is not None
    assert (sipas["score"], sipas["rank"], sipas["places_up"]) == (87.11, 30, 3)


def test_a_bound_stays_a_bound(facts: pl.DataFrame) -> None:
    row = point(of.series(facts, "PAR INDEX", "TOTAL", ["01"]), 2021)
    assert (row["rank"], row["rank_bound"], row["rank_kind"]) == (None, 10, "bound")
    assert (row["score"], row["out_of"]) == (None, 63)
    change = rank_changes(facts, "PAR INDEX", "01", 2020, 2021).of("TOTAL")
    assert change is not None
    assert (change["rank_before"], change["bound"], change["places_up"]) == (8, 10, None)


def test_sources_that_disagree_are_all_there(facts: pl.DataFrame, both: pl.DataFrame) -> None:
    row = point(of.series(facts, "PAPI", "TOTAL", ["01"]), 2021)
    assert (row["rank"], row["other_ranks"], row["disagrees"]) == (9, [10], True)
    shown = of.values(facts, "PAPI", "TOTAL", ["01"]).filter(year=2021)
    assert set(shown["rank"].drop_nulls()) == {9, 10}
    assert shown["disagrees"].all()
    pci = of.values(facts, "PCI", "TOTAL", ["01"]).filter(year=2020)
    assert set(pci["score"]) == {66.93, 68.6}
    # A later panel outweighs, but what was printed stays visible.
    row = point(of.series(both, "PAPI", "TOTAL", ["01"]), 2019)
    assert (row["rank"], row["other_ranks"], row["other_scores"]) == (59, [53], [42.53])
    total = sum(fact["index_name"] == "PAPI" and fact["component"] == "TOTAL"
                and fact["province_code"] != "00" for fact in facts_rows())  # fmt: skip
    assert of.values(facts, "PAPI", "TOTAL").height == total


def test_every_marked_conflict_is_flagged(facts: pl.DataFrame) -> None:
    marked = [row for row in facts_rows() if row["conflict"] and row["province_code"] != "00"]
    assert len(marked) > 50
    for row in marked:
        found = of.values(facts, row["index_name"], row["component"], [row["province_code"]])
        assert found.filter(year=row["year"])["disagrees"].all()


def test_the_country_is_no_province_and_has_no_median_of_the_leaders(facts: pl.DataFrame) -> None:
    assert "00" not in of.provinces(facts)
    assert "MEAN" not in {part.code for part in of.components(facts, "PAR INDEX")}
    found = of.spread(facts, "PAR INDEX", "TOTAL")
    assert found["n"].sum() > 0
    assert found["median"].null_count() == found.height
    assert of.published_means(facts, "SIPAS")[2023] == 82.66


@pytest.mark.parametrize(
    ("index", "year", "province", "ways"),
    [
        ("PAR INDEX", 2012, "01", {(82.79, None), (82.77, 7)}),
        ("PAR INDEX", 2012, "48", {(87.14, 1), (87.12, 1)}),
        ("SIPAS", 2017, "31", {(None, 8), (88.92, 9)}),
    ],
)
def test_values_that_contradict_each_other_are_both_kept(
    facts: pl.DataFrame, index: str, year: int, province: str, ways: set[Any]
) -> None:
    shown = of.values(facts, index, "TOTAL", [province]).filter(year=year)
    assert set(shown.select("score", "rank").iter_rows()) == ways
    assert shown["conflict"].n_unique() == 1
    assert shown["conflict"].null_count() == 0
    row = point(of.series(facts, index, "TOTAL", [province]), year, province)
    assert row["disagrees"]
    assert row["other_scores"] or row["other_ranks"]


def test_the_countrys_parts_stand_beside_the_provinces(facts: pl.DataFrame) -> None:
    parts = {part.code: part.name for part in of.components(facts, "SIPAS")}
    assert set(parts) == {"TOTAL", "POLICY", "SERVICE"}
    assert of.published_means(facts, "SIPAS", "POLICY") == {2024: 83.84}
    assert of.published_means(facts, "SIPAS", "SERVICE") == {2024: 84.09}
    assert of.published_means(facts, "PAPI", "D1") == {}


# -- methodology breaks -------------------------------------------------------------------


def test_papi_has_one_break(facts: pl.DataFrame, both: pl.DataFrame) -> None:
    wanted = [of.MethodBreak(2017, 2018, "6 lĩnh vực", "8 lĩnh vực")]
    assert of.breaks(facts, "PAPI") == of.breaks(both, "PAPI") == wanted
    pilot = of.MethodBreak(2015, 2017, "thí điểm ở 10 tỉnh, thành phố", "63 tỉnh, thành phố")
    assert of.breaks(facts, "SIPAS") == [pilot]


@pytest.mark.parametrize(("base", "year"), [(2017, 2018), (2011, 2024), (2018, 2017)])
def test_nothing_is_subtracted_across_a_break(both: pl.DataFrame, base: int, year: int) -> None:
    found = rank_changes(both, "PAPI", "01", base, year)
    assert not found.is_comparable
    for column in ("places_up", "points_up"):
        assert found.table[column].null_count() == found.table.height
    assert (found.risen, found.compared) == (0, 0)
    assert of.is_comparable(both, "PAPI", 2018, 2024)


def test_pci_begins_anew_in_2025() -> None:
    rows = frame(
        [
            {"index_name": "PCI", "year": 2024, "score": 68.38, "rank": 24},
            {"index_name": "PCI", "year": 2025, "score": 70.1, "rank": 3, "n_provinces": None},
        ]
    )
    [found] = of.breaks(rows, "PCI")
    assert (found.before_year, found.year) == (2024, 2025)
    assert found.after == "9 thành phần, 34 địa phương"
    assert point(of.series(rows, "PCI", "TOTAL", ["01"]), 2025)["out_of"] == 34
    changes = rank_changes(rows, "PCI", "01", 2024, 2025)
    assert not changes.is_comparable
    total = changes.of("TOTAL")
    assert total is not None
    assert (total["places_up"], total["points_up"]) == (None, None)


def test_the_nine_parts_of_pci_2025_have_their_own_codes() -> None:
    row: dict[str, Any] = {"index_name": "PCI", "year": 2025, "component": "PCI25.9"}
    fill_method_version(row)
    assert (row["component_name"], row["n_provinces"]) == ("Chính quyền kiến tạo", 34)
    assert component_of_version(row) is None
    problem = component_of_version(row | {"component": "PCI7"})
    assert problem is not None
    assert "PCI25.1: Gia nhập thị trường" in problem.sentence()
    # An earlier edition takes what its panel has.
    assert component_of_version(row | {"year": 2016, "component": "PCI7"}) is None


def test_places_among_ten_are_not_places_among_all(facts: pl.DataFrame) -> None:
    assert point(of.series(facts, "SIPAS", "TOTAL", ["48"]), 2015, "48")["out_of"] == 10
    assert not of.is_comparable(facts, "SIPAS", 2015, 2017)
    assert of.is_comparable(facts, "SIPAS", 2017, 2024)


# -- rules --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "disagree"),
    [
        ((43.9, 43.9049), False),  # rounded
        ((2.868, 2.8688), False),  # cut
        ((83.0, 83.38), False),  # printed without decimals
        ((65.8, 68.8), True),
        ((92.57, 92.75), True),
        ((43.9049, 43.9071), True),
    ],
)
def test_decimals_are_no_disagreement(scores: tuple[float, float], disagree: bool) -> None:
    rows = frame([{"year": 2020, "score": s, "source": str(s)} for s in scores])
    assert point(of.series(rows, "PAPI", "TOTAL", ["01"]), 2020)["disagrees"] is disagree


def test_missing_editions_are_gaps() -> None:
    rows = frame([{"year": 2018, "rank": 5}, {"year": 2021, "rank": 7}])
    found = of.series(rows, "PAPI", "TOTAL", ["01", "02"])
    assert found.height == 8
    assert found.filter(province_code="01")["rank"].to_list() == [5, None, None, 7]
    assert found.filter(province_code="02")["rank"].null_count() == 4


def test_a_rank_worse_than_a_bound_disagrees() -> None:
    rows = frame([{"year": 2020, "rank": 12}, {"year": 2020, "rank_bound": 10, "source": "khác"}])
    row = point(of.series(rows, "PAPI", "TOTAL", ["01"]), 2020)
    assert (row["rank"], row["disagrees"]) == (12, True)


@pytest.mark.parametrize(
    ("rank", "bound", "left"),
    [(12, None, 2), (10, None, 0), (1, 10, 0), (None, 10, 0), (None, 30, None), (None, None, None)],
)
def test_places_to_the_leading_group(rank: int | None, bound: int | None, left: int | None) -> None:
    assert places_to_target(rank, bound, 10) == left


def test_heat_has_every_component_and_edition(both: pl.DataFrame) -> None:
    found = heat(both, "PAPI", "01")
    assert found.height == 9 * 14
    assert found["component"].unique(maintain_order=True).to_list() == [
        "TOTAL", *(f"D{n}" for n in range(1, 9)),
    ]  # fmt: skip
    digital = found.filter(pl.col("component") == "D8", pl.col("year") < 2018)
    assert digital["score"].null_count() == digital["standing"].null_count() == 7
    first = found.filter(component="D8", year=2021)
    assert first["standing"].to_list() == [1.0]


def test_the_province_of_the_installation() -> None:
    units = pl.DataFrame(
        {
            "unit_id": [1, 2, 3, 4],
            "parent_id": [None, 1, 1, None],
            "name": ["Thành phố Hà Nội", "Phường A", "Sở B", "Tỉnh Thanh Hóa"],
        }
    )
    names = {"01": "Hà Nội", "38": "Thanh Hóa"}
    assert of.home_province(units, names) == "01"
    assert of.home_province(units, names, 4) == "38"
    assert of.home_province(units, names, 3) == "01"
    assert of.home_province(units, {"48": "Đà Nẵng"}) is None


def test_nothing_known_is_nothing_shown() -> None:
    rows = frame([])
    assert of.editions(rows, "PAPI") == []
    assert of.series(rows, "PAPI", "TOTAL", ["01"]).is_empty()
    assert of.values(rows, "PAPI", "TOTAL").is_empty()
    assert of.spread(rows, "PAPI", "TOTAL").is_empty()
    assert heat(rows, "PAPI", "01").is_empty()
    assert rank_changes(rows, "PAPI", "01", 2020, 2021).compared == 0


def test_what_a_slide_tells_is_what_the_screen_of_the_index_shows() -> None:
    every = frame(facts_rows())
    without_total = every.filter(pl.col("component") != "TOTAL")
    for rows in (every, without_total, every.clear()):
        for index in of.INDICES:
            for province in ("01", "38", "99"):
                whole = review(rows, index, province, of.TOTAL, (), None, None)
                told = standing(rows, index, province)
                for name in ("index", "name", "year", "base", "point", "change"):
                    assert getattr(told, name) == getattr(whole, name), (index, province, name)


def test_parts_asked_together_are_each_alone() -> None:
    rows, codes = frame(facts_rows()), ["01", "38", "99"]
    for index in of.INDICES:
        parts = [each.code for each in of.components(rows, index)]
        for part, found in of.several(rows, index, parts, codes).items():
            assert found.equals(of.series(rows, index, part, codes))
