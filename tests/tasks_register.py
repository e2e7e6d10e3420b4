"""A programme of 28 tasks, 25 of them launched, as files of the ordinary import."""

from __future__ import annotations

import csv
from pathlib import Path

from sqlalchemy import Engine

from connectors.registers import import_register
from connectors.settings import Settings

PROGRAMME = "KH-THU"
NAME = "Kế hoạch cải cách hành chính thử"
_FILES = {
    "programme": [
        {
            "Mã chương trình": PROGRAMME,
            "Tên chương trình, kế hoạch": NAME,
            "Loại": "Kế hoạch",
            "Đơn vị ban hành": "gso:01",
            "Số nhiệm vụ công bố": "29",
            "Nguồn": "Kiểm thử",
        }
    ],
    "task": [
        {
            "Mã chương trình": PROGRAMME,
            "Mã nhiệm vụ": str(number),
            "Tên nhiệm vụ": f"Việc số {number}",
            "Đơn vị chủ trì": "gso:01",
            "Nguồn": "Kiểm thử",
        }
        for number in range(1, 29)
    ],
    "task_update": [
        {
            "Mã chương trình": PROGRAMME,
            "Mã nhiệm vụ": str(number),
            "Thời điểm": "01/06/2026 09:00",
            "Được triển khai": "Có" if number <= 25 else "Không",
            "Người cập nhật": "Phòng Nội vụ",
        }
        for number in range(1, 29)
    ],
}


def load_tasks(engine: Engine, settings: Settings, folder: Path) -> None:
    """Imports the three files; every row must be taken."""
    for register, rows in _FILES.items():
        path = folder / f"{register}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        report = import_register(engine, settings, register, path, by="Lan")
        assert report.rows_inserted == len(rows), report.as_json()
