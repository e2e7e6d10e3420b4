"""The metric dictionary, made of the catalogue: docs/metric-dictionary.md."""

from __future__ import annotations

from typing import Final

from metrics.catalogue import FIGURES, ON_TIME_DEFINITIONS
from metrics.figure import Figure

_UNITS: Final = {
    "dossiers": "hồ sơ",
    "rate": "tỷ lệ",
    "working_days": "ngày làm việc",
    "tasks": "nhiệm vụ",
    "times": "lần",
    "visits": "cuộc",
    "findings": "tồn tại",
    "units": "đơn vị",
}
_BETTER: Final = {"up": "cao hơn là tốt", "down": "thấp hơn là tốt", "neither": "–"}

_HEAD: Final = """# Metric dictionary (Từ điển chỉ tiêu)

Generated from `metrics/catalogue.py` by `python -m metrics dictionary`; a test keeps it in step.
The exact conditions are in [definitions.md](definitions.md).

| Key | Chỉ tiêu | Đơn vị tính | Xét | Chiều tốt | Ý nghĩa | Căn cứ |
|---|---|---|---|---|---|---|
"""

_READINGS: Final = """
## Four readings of `on_time` (Bốn cách tính tỷ lệ đúng hạn)

| `--definition` | Tên | Tử số | Mẫu số | Căn cứ |
|---|---|---|---|---|
"""


def dictionary() -> str:
    """The whole page as Markdown."""
    figures = "".join(_row(figure) for figure in FIGURES.values())
    readings = "".join(
        f"| `{d.key}` | {d.label} | {d.numerator_meaning} | {d.denominator_meaning} | {d.basis} |\n"
        for d in ON_TIME_DEFINITIONS.values()
    )
    return _HEAD + figures + _READINGS + readings


def _row(figure: Figure) -> str:
    looks_at = "thời điểm" if figure.is_stock else "trong kỳ"
    return (
        f"| `{figure.key}` | {figure.label} | {_UNITS[figure.unit]} | {looks_at} | "
        f"{_BETTER[figure.better]} | {figure.meaning} | {figure.basis} |\n"
    )
