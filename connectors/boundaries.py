"""Borders of communes for the map, from a GeoJSON file that the installation brings.

The file is a FeatureCollection of Polygon or MultiPolygon features in longitude and latitude
(RFC 7946); each names its commune by property ``ward_code`` (the GSO code now in force).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

__all__ = ["CODE", "BoundaryError", "Rings", "read_boundaries"]

CODE: Final = "ward_code"

Ring = tuple[tuple[float, float], ...]
Rings = tuple[Ring, ...]
"""Rings of (longitude, latitude); holes run against their outer ring, as in the file."""


class BoundaryError(Exception):
    """The border file cannot be used; the message says in Vietnamese what to do."""


def read_boundaries(path: Path) -> dict[str, Rings]:
    """Commune code → the rings of its border; features of one code are put together.

    Raises :class:`BoundaryError`: no such file, not GeoJSON, or no feature with a code.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BoundaryError(f"Không mở được tệp ranh giới {path.name}.") from error
    except ValueError as error:
        raise BoundaryError(
            f"Tệp ranh giới {path.name} không phải GeoJSON (JSON, mã UTF-8)."
        ) from error
    found: dict[str, Rings] = {}
    try:
        for feature in document["features"]:
            code = feature["properties"].get(CODE)
            if code is not None:
                found[str(code)] = found.get(str(code), ()) + _rings(feature["geometry"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise BoundaryError(
            f"Tệp ranh giới {path.name} không đúng cấu trúc GeoJSON (FeatureCollection gồm "
            "Polygon hoặc MultiPolygon)."
        ) from error
    if not found:
        raise BoundaryError(
            f"Tệp ranh giới {path.name} không có thuộc tính “{CODE}” (mã phường, xã) ở đối tượng "
            "nào."
        )
    return found


def _rings(geometry: dict[str, Any]) -> Rings:
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind == "Polygon":
        polygons = [coordinates]
    elif kind == "MultiPolygon":
        polygons = coordinates
    else:
        raise ValueError(kind)
    return tuple(
        tuple((float(point[0]), float(point[1])) for point in ring)
        for polygon in polygons
        for ring in polygon
    )
