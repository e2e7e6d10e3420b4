"""What a file of dossiers holds (ui/kit/files.py): no column names or describes a citizen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from metrics.core.names import CHANNELS, END_KINDS
from metrics.dossiers.lateness import cause_name
from ui.kit.table import Row


@dataclass(frozen=True)
class Names:
    """Ids to names, as the screen has them. ``units``: areas, too; ``procedures``: code, name."""

    units: Mapping[int, str]
    fields: Mapping[int, str]
    procedures: Mapping[int, tuple[str, str]]
    officers: Mapping[int, str]
    sources: Mapping[int, str]


def _of(names: Mapping[Any, Any], key: Any) -> str | None:
    return None if key is None else str(names.get(key, f"Mã {key}"))


def _procedure(row: Row, names: Names, position: int) -> str | None:
    known = names.procedures.get(row["procedure_id"])
    return None if known is None else known[position]


COLUMNS: Final[dict[str, Callable[[Row, Names], Any]]] = {
    "Mã hồ sơ": lambda row, names: row["code"],
    "Số ngày làm việc quá hạn": lambda row, names: row["days_late"],
    "Số ngày làm việc còn lại": lambda row, names: row["days_left"],
    "Cơ quan giải quyết": lambda row, names: _of(names.units, row["unit_id"]),
    "Nơi tiếp nhận": lambda row, names: _of(names.units, row["receiving_unit_id"]),
    "Địa bàn người nộp": lambda row, names: _of(names.units, row["applicant_unit_id"]),
    "Mã thủ tục": lambda row, names: _procedure(row, names, 0),
    "Tên thủ tục": lambda row, names: _procedure(row, names, 1),
    "Lĩnh vực": lambda row, names: _of(names.fields, row["field_id"]),
    "Kênh": lambda row, names: CHANNELS.get(row["channel"]),
    "Nộp lúc": lambda row, names: row["submitted_at"],
    "Hạn tiếp nhận": lambda row, names: row["acceptance_due_at"],
    "Tiếp nhận lúc": lambda row, names: row["received_at"],
    "Hẹn trả gốc": lambda row, names: row["due_original_at"],
    "Hẹn trả hiện hành": lambda row, names: row["due_at"],
    "Hẹn trả sau khi trừ tạm dừng": lambda row, names: row["judged_due_at"],
    "Kết thúc lúc": lambda row, names: row["ended_at"],
    "Kết quả": lambda row, names: END_KINDS.get(row["end_kind"]),
    "Bước hiện tại": lambda row, names: row["step_name"],
    "Ở bước hiện tại từ": lambda row, names: row["step_since"],
    "Mã cán bộ đang giữ": lambda row, names: _of(names.officers, row["step_officer_id"]),
    "Mã cán bộ thụ lý": lambda row, names: _of(names.officers, row["officer_id"]),
    "Ngày xin lỗi": lambda row, names: row["apology_at"],
    "Nguyên nhân quá hạn": lambda row, names: row["late_cause"] and cause_name(row["late_cause"]),
    "Nguồn dữ liệu": lambda row, names: _of(names.sources, row["source_id"]),
}
"""Heading → the cell; an officer is a code, what is not known is empty."""

OFFICERS: Final = ("Mã cán bộ đang giữ", "Mã cán bộ thụ lý")
"""Left out for those who may not see officers."""


def columns(names: Names, with_officers: bool = True) -> dict[str, Callable[[Row], Any]]:
    """Heading → the cell, of what whoever asks may see."""

    def named(cell: Callable[[Row, Names], Any]) -> Callable[[Row], Any]:
        return lambda row: cell(row, names)

    hidden = () if with_officers else OFFICERS
    return {name: named(cell) for name, cell in COLUMNS.items() if name not in hidden}
