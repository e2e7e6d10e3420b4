"""Borders from a GeoJSON file: what is read, and what is said of a file that cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.boundaries import BoundaryError, read_boundaries

_SQUARE = [[105.0, 21.0], [105.1, 21.0], [105.1, 21.1], [105.0, 21.0]]
_HOLE = [[105.02, 21.02], [105.03, 21.03], [105.03, 21.02], [105.02, 21.02]]


def _file(folder: Path, *features: tuple[str | None, str, Any]) -> Path:
    path = folder / "ranh-gioi.geojson"
    listed = [
        {
            "type": "Feature",
            "properties": {} if code is None else {"ward_code": code},
            "geometry": {"type": kind, "coordinates": coordinates},
        }
        for code, kind, coordinates in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed}), "utf-8")
    return path


def test_polygons_multipolygons_and_holes(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        ("00004", "Polygon", [_SQUARE, _HOLE]),
        ("00008", "MultiPolygon", [[_SQUARE], [_HOLE]]),
        ("00004", "Polygon", [_SQUARE]),
        (None, "Polygon", [_SQUARE]),
    )
    found = read_boundaries(path)
    assert set(found) == {"00004", "00008"}
    assert len(found["00004"]) == 3  # both features of one code, hole and all
    assert len(found["00008"]) == 2
    assert found["00008"][0] == tuple(map(tuple, _SQUARE))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "không phải GeoJSON"),
        ("[]", "không đúng cấu trúc"),
        ('{"features": [{"properties": {"ward_code": "1"}, "geometry": null}]}', "cấu trúc"),
        (
            '{"features": [{"properties": {"ward_code": "1"}, '
            '"geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
            "cấu trúc",
        ),
        ('{"features": []}', "ward_code"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "sai.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(BoundaryError, match=r"sai\.geojson") as raised:
        read_boundaries(path)
    assert word in str(raised.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BoundaryError, match="Không mở được"):
        read_boundaries(tmp_path / "khong-co.geojson")


def test_the_communes_of_ha_noi(shared_data: Path) -> None:
    path = shared_data / "map" / "hanoi_wards_2025_simplified.geojson"
    assert len(read_boundaries(path)) == 126
