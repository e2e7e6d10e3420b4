"""PAPI, PCI, SIPAS, PAR INDEX: published values, one a source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from metrics.registers.columns import (
    CHOICE,
    INTEGER,
    LONG,
    NUMBER,
    Choice,
    Column,
    Problem,
    Register,
)
from metrics.registers.shared import source

INDEXES: Final = (
    Choice("PAPI", "PAPI"),
    Choice("PCI", "PCI"),
    Choice("SIPAS", "SIPAS"),
    Choice("PAR INDEX", "PAR INDEX", ("PARINDEX", "PAR-Index")),
)
VALUE_KINDS: Final = (
    Choice("printed", "In trong nguồn"),
    Choice("derived", "Suy ra"),
    Choice("bound", "Chỉ biết giới hạn"),
    Choice("change", "Chỉ biết mức thay đổi"),
    Choice("panel", "Bảng số liệu đầy đủ"),
)


def _score_in_scale(row: Mapping[str, Any]) -> Problem | None:
    score = row.get("score")
    if score is not None and row.get("index_name") == "PAPI" and score > 100:
        return Problem("Điểm", str(score), "điểm PAPI không quá 100; kiểm tra dấu thập phân.")
    rank, of = row.get("rank"), row.get("n_provinces")
    if rank is not None and of is not None and rank > of:
        return Problem("Thứ hạng", str(rank), f"thứ hạng lớn hơn số địa phương ({of}); hãy sửa.")
    return None


@cache
def _versions() -> list[dict[str, Any]]:
    text = resources.files("metrics").joinpath("indices/index_versions.toml").read_text("utf-8")
    return list(tomllib.loads(text)["version"])


def index_version(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The version of the index's method in the year that the row measures, as in
    metrics/indices/index_versions.toml; None: of no known version."""
    year = row.get("year")
    if year is None:
        return None
    mine = (each for each in _versions() if each["index"] == row.get("index_name"))
    return next((v for v in mine if v.get("from", 0) <= year <= v.get("to", 9999)), None)


_OF_ALL: Final = ("TOTAL", "MEAN", "MEDIAN")


def component_of_version(row: Mapping[str, Any]) -> Problem | None:
    """A component that the index has in that year, where the version lists them."""
    version, key = index_version(row), row.get("component")
    known = version.get("components", {}) if version is not None else {}
    if not known or key in known or key in _OF_ALL:
        return None
    codes = "; ".join(f"{code}: {name}" for code, name in known.items())
    return Problem(
        "Thành phần",
        str(key),
        f"không có trong {row['index_name']} năm {row['year']}. Các mã có thể ghi: "
        f"{', '.join(_OF_ALL)}; {codes}.",
    )


INDEX_SCORE: Final = Register(
    "index_score",
    "Chỉ số",
    (
        Column("index_name", "Chỉ số", CHOICE, True, also=("index",), choices=INDEXES),
        # The year that is measured; the report may come out a year later.
        Column("year", "Năm", INTEGER, True, low=1990, high=2100, help="Năm được đo."),
        Column("edition_year", "Năm công bố", INTEGER, low=1990, high=2100),
        Column(
            "component",
            "Thành phần",
            required=True,
            help="TOTAL, D1…D8, PAR1…PAR8, PCI25.1…PCI25.9 (PCI từ năm 2025)…",
            length=32,
        ),
        Column("component_name", "Tên thành phần", also=("component_name_vi",)),
        Column(
            "province_code",
            "Mã tỉnh",
            help="Mã của 63 tỉnh; 00: cả nước.",
            length=8,
            filled=True,
        ),
        Column(
            "province", "Tỉnh, thành phố", required=True, also=("tỉnh",), length=64, in_list=True
        ),
        Column("score", "Điểm", NUMBER, percent="keep", low=0, high=1000, in_list=True),
        Column("rank", "Thứ hạng", INTEGER, low=1, high=100, in_list=True),
        # Known only as "no worse than", such as nhóm 10.
        Column(
            "rank_bound", "Thứ hạng không quá", INTEGER, low=1, high=100, signs=("<=", "≤", "<")
        ),
        Column("group_name", "Nhóm", also=("group",), length=64),
        Column("n_provinces", "Trên tổng số", INTEGER, low=1, high=100),
        Column("n_scored", "Số địa phương có điểm", INTEGER, low=0, high=100),
        # Values of different versions are not compared.
        Column("method_version", "Phiên bản phương pháp", length=32),
        Column("value_kind", "Loại giá trị", CHOICE, choices=VALUE_KINDS, default="printed"),
        Column("conflict", "Dấu mâu thuẫn", help="Các dòng cùng dấu nói khác nhau.", length=64),
        source(1024),
        Column("note", "Ghi chú", length=LONG),
    ),
    (
        "index_name",
        "year",
        "edition_year",
        "component",
        "province_code",
        "value_kind",
        "source",
    ),
    checks=(_score_in_scale, component_of_version),
    noun="giá trị chỉ số",
    is_unique=False,
    indexes={"what": ("index_name", "edition_year", "component", "province_code")},
    open_to_all=True,
)
"""One value of one edition from one source. Sources may disagree; each has its row."""
