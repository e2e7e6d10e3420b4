"""The metric dictionary, made of the catalogue: docs/metric-dictionary.md."""

from __future__ import annotations

from datetime import date
from typing import Final

from metrics.core.figure import UNIT_WORDS, Figure
from metrics.core.on_time import ON_TIME_DEFINITIONS
from metrics.core.report_forms import told
from metrics.dossiers.catalogue import FIGURES
from metrics.figures import REGISTER_FIGURES, SCREEN_FIGURES
from metrics.service.decision766 import Component, method

_BETTER: Final = {"up": "cao hơn là tốt", "down": "thấp hơn là tốt", "neither": "–"}

_HEAD: Final = """# Metric dictionary (Từ điển chỉ tiêu)

Generated from `metrics/dossiers/catalogue.py` and `metrics/figures.py` by
`.venv/bin/python -m metrics dictionary`; a test keeps it in step. The exact conditions are in
[definitions.md](definitions.md). A count has no denominator; what it counts is its meaning. The
rows of a rate open by part: `.venv/bin/python -m metrics rows KEY --part missing` lists those of
the denominator that are not in the numerator (`numerator`, `denominator`: the sides themselves).

## Dossiers (Hồ sơ)

"""

_TABLE: Final = """\
| Key | Chỉ tiêu | Đơn vị tính | Xét | Chiều tốt | Tử số | Mẫu số | Ý nghĩa | Căn cứ |
|---|---|---|---|---|---|---|---|---|
"""

_FACTS: Final = {
    "task": "Tasks (Nhiệm vụ)",
    "reminder": "Reminders (Đôn đốc)",
    "inspection": "Inspections (Kiểm tra)",
    "finding": "Findings (Tồn tại)",
    "finding_check": "Checks of findings (Xác nhận khắc phục)",
    "feedback": "Feedback (Phản ánh, kiến nghị)",
    "unit_rating": "Ratings of units (Xếp loại đơn vị)",
    "survey": "Surveys (Khảo sát)",
    "indicator_value": "Reported values (Số liệu báo cáo)",
    "service_component": "Quality of service (Chất lượng phục vụ)",
    "form_row": "Reported forms (Biểu báo cáo)",
}
"""Fact → heading of its table."""

_SCREENS: Final = "\n## Dossiers of one screen (Hồ sơ, của một màn hình)\n\n"

_COMPONENTS: Final = """
## Components of Decision 766 (Thành phần của bộ chỉ số phục vụ)

Points: maximum × rate / "full at", at most the maximum (metrics/service/decision766.toml).

| Mã | Thành phần | Tối đa | Đủ điểm từ | Figure | Tử số | Mẫu số | |
|---|---|---:|---:|---|---|---|---|
"""

_READINGS: Final = """
## Six readings of `on_time` (Sáu cách tính tỷ lệ đúng hạn)

What nobody can classify is neither on time nor late: it stands beside the rate (`--part unknown`).
`--over all` takes it below the line, too.

| `--definition` | Tên | Tử số | Mẫu số | Chưa phân loại được | Căn cứ |
|---|---|---|---|---|---|
"""


def dictionary() -> str:
    """The whole page as Markdown."""
    figures = _TABLE + "".join(_row(figure) for figure in FIGURES.values())
    readings = "".join(
        f"| `{d.key}` | {d.label} | {d.numerator_meaning} | {d.denominator_meaning} | "
        f"{d.unknown_meaning} | {told(d.basis, None)} |\n"
        for d in ON_TIME_DEFINITIONS.values()
    )
    return _HEAD + figures + _READINGS + readings + _screens() + _registers()


def _screens() -> str:
    """Figures of dossiers that belong to one screen, and the components of Decision 766."""
    rows = "".join(_row(figure) for figure in SCREEN_FIGURES.values())
    held = method(date.max)
    components = "".join(_component(each) for each in held.components) if held else ""
    return f"{_SCREENS}{_TABLE}{rows}{_COMPONENTS}{components}"


def _component(each: Component) -> str:
    figure = each.figure or "–"
    sure = "" if each.verified else "chưa đối chiếu"
    return (
        f"| {each.key} | {each.name} | {each.max:g} | {each.full_at:.0%} | {figure} | "
        f"{each.numerator} | {each.denominator} | {sure} |\n"
    )


def _registers() -> str:
    """A table for each fact that has figures."""
    found = ""
    for fact, heading in _FACTS.items():
        rows = "".join(_row(figure) for figure in REGISTER_FIGURES if figure.fact == fact)
        found += f"\n## {heading}\n\n{_TABLE}{rows}" if rows else ""
    return found


def _count(figure: Figure) -> str:
    return f"số {UNIT_WORDS[figure.unit]}"


def _row(figure: Figure) -> str:
    looks_at = "thời điểm" if figure.is_stock else "trong kỳ"
    return (
        f"| `{figure.key}` | {figure.label} | {UNIT_WORDS[figure.unit]} | {looks_at} | "
        f"{_BETTER[figure.better]} | {figure.numerator_meaning or _count(figure)} | "
        f"{figure.denominator_meaning or '–'} | {figure.meaning} | {told(figure.basis, None)} |\n"
    )
