"""Time wins, not the order of files: a stream of messages, however it is cut, ends the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.database.session import open_database
from connectors.intake import import_file
from connectors.settings import Settings

_START = datetime(2026, 3, 2, 8)
_WRITTEN = {
    "dossier": """SELECT d.code, r.name, u.name, d.channel, o.code, d.submitted_at, d.received_at,
        d.due_original_at, d.due_at, d.due_changed_at, d.ended_at, d.end_kind, d.collected_at,
        d.status, d.online_payment FROM dossier d JOIN unit u ON u.id = d.resolving_unit_id
        LEFT JOIN procedure r ON r.id = d.procedure_id LEFT JOIN officer o ON o.id = d.officer_id
        ORDER BY d.code""",
    "pause": """SELECT d.code, p.kind, p.from_at, p.to_at FROM pause p
        JOIN dossier d ON d.id = p.dossier_id ORDER BY 1, 3""",
    "step": """SELECT d.code, s.sequence, s.name, s.from_at, s.due_at, s.to_at, o.code FROM step s
        JOIN dossier d ON d.id = s.dossier_id LEFT JOIN officer o ON o.id = s.officer_id
        ORDER BY 1, 2""",
    "owner": """SELECT d.code, w.name, w.phone, w.national_id FROM owner w
        JOIN dossier d ON d.id = w.dossier_id ORDER BY 1""",
    "rejected": "SELECT waits_for, line_no, reason FROM rejected_row",
}


def _written(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y%m%d%H%M%S}"


def story(number: int, chance: random.Random) -> list[tuple[datetime, dict[str, Any]]]:
    """A dossier's messages, each with the moment at which it is sent."""
    begin = _START + timedelta(minutes=37 * number)
    due, day = begin + timedelta(days=10), timedelta(days=1)
    state: dict[str, Any] = {
        "MaHoSo": f"H26.18-260302-{number:06}",
        "MaTTHC": f"1.00{number % 7:04}.000.00.00.H26",
        "TenTTHC": f"Thủ tục {number % 7}",
        "DonViXuLy": f"UBND phường Thử {number % 5}",
        "ChuHoSo": f"Người {number}",
        "SoDienThoai": f"09{number:08}",
        "SoGiayToChuHoSo": "",
        "KenhThucHien": str(1 + number % 3),
        "NgayTiepNhan": _written(begin),
        "NgayHenTra": _written(due),
        "NgayKetThucXuLy": "",
        "DanhSachHoSoBoSung": [],
    }
    sent: list[tuple[datetime, dict[str, Any]]] = []

    def tell(at: datetime, status: int, **changes: Any) -> None:
        state.update(changes, TrangThaiHoSo=str(status))
        sent.append((at, dict(state)))

    def progress(at: datetime, status: int, name: str, **more: str) -> None:
        sent.append(
            (
                at,
                {
                    "MaHoSo": state["MaHoSo"],
                    "NguoiXuLy": f"CB {chance.randrange(9)}",
                    "ThoiDiemXuLy": _written(at),
                    "NoiDungXuLy": name,
                    "TrangThai": str(status),
                    "NgayBatDau": "",
                    **more,
                },
            )
        )

    tell(begin, 2)
    progress(begin + timedelta(seconds=1), 2, "Tiếp nhận")
    progress(begin + day, 4, "Thẩm định", NgayKetThucTheoQuyDinh=_written(begin + 3 * day))
    tell(begin + day, 4, SoGiayToChuHoSo=f"{number:012}")
    if chance.random() < 0.4:
        asked, came = begin + 2 * day, begin + 4 * day
        progress(asked, 5, "Yêu cầu bổ sung")
        progress(came, 4, "Nhận bổ sung")
        supplement = {
            "NgayBoSung": _written(asked),
            "NgayTiepNhanBoSung": _written(came),
            "NgayHenTraTruoc": _written(due),
            "NgayHenTraMoi": _written(due + 2 * day),
        }
        tell(came, 4, DanhSachHoSoBoSung=[supplement])
        if chance.random() < 0.5:
            state["NgayHenTra"] = _written(due + 2 * day)
    end = begin + timedelta(days=6 + chance.randrange(9))
    ways = chance.random()
    if ways < 0.2:  # opened again after its first end
        progress(end, 9, "Có kết quả")
        progress(end + day, 4, "Xử lý lại")
        end += 3 * day
    if ways < 0.7:
        progress(end + timedelta(seconds=1), 9, "Kết thúc")
        tell(end, 9, NgayKetThucXuLy=_written(end))
    elif ways < 0.8:
        progress(end, 7, "Công dân rút")
    return sent


def stream(dossiers: int, chance: random.Random) -> list[dict[str, Any]]:
    """The messages of many dossiers in the order in which they are sent."""
    sent = [each for number in range(dossiers) for each in story(number, chance)]
    return [message for _, message in sorted(sent, key=lambda each: each[0])]


def parts(messages: list[dict[str, Any]], count: int) -> Iterator[list[dict[str, Any]]]:
    size = -(-len(messages) // count)
    return (messages[at : at + size] for at in range(0, len(messages), size))


def left_by(
    files: Iterator[list[dict[str, Any]]], template: Path, settings: Settings, folder: Path
) -> dict[str, list[Any]]:
    """What a fresh database holds after these files."""
    folder.mkdir()
    database = open_database(f"sqlite:///{_copy(template, folder)}")
    for number, messages in enumerate(files):
        path = folder / f"{number}.jsonl"
        path.write_text("\n".join(json.dumps(m, ensure_ascii=False) for m in messages), "utf-8")
        import_file(database, settings, path, "truc-lien-thong", refresh_snapshot=False)
    with database.connect() as connection:
        found = {name: list(connection.execute(text(q)).all()) for name, q in _WRITTEN.items()}
    database.dispose()
    return found


def _copy(template: Path, folder: Path) -> Path:
    path = folder / "dung-han.db"
    path.write_bytes(template.read_bytes())
    return path


def mixed(
    messages: list[dict[str, Any]], count: int, chance: random.Random
) -> Iterator[list[dict[str, Any]]]:
    """So many files of states and of progress, in any order; a quarter is told twice.

    A message that comes before its dossier waits for it.
    """
    files: list[list[dict[str, Any]]] = []
    for is_state in (True, False):
        stream = [each for each in messages if ("TrangThaiHoSo" in each) is is_state]
        stream += chance.sample(stream, len(stream) // 4)
        chance.shuffle(stream)
        files += parts(stream, count)
    chance.shuffle(files)
    return iter(files)


@pytest.mark.parametrize(
    ("dossiers", "counts"),
    [
        (30, (1, 3)),
        # 200,000 messages.
        pytest.param(28_500, (1, 10, 100), marks=[pytest.mark.proof, pytest.mark.timeout(7_200)]),
    ],
)
def test_shuffled_repeated_and_cut_into_files_it_is_the_same(
    dossiers: int,
    counts: tuple[int, ...],
    _sqlite_template: Path,  # noqa: PT019 (its value is what is asked for)
    settings: Settings,
    tmp_path: Path,
) -> None:
    chance = random.Random(20_261_129)
    messages = stream(dossiers, chance)
    whole = left_by(iter([messages]), _sqlite_template, settings, tmp_path / "whole")
    assert len(whole["dossier"]) == len(whole["owner"]) == dossiers
    assert not whole["rejected"]
    assert all(name and phone and paper for _, name, phone, paper in whole["owner"])
    for count in counts:
        files = mixed(messages, count, chance)
        found = left_by(files, _sqlite_template, settings, tmp_path / f"in {count}")
        for name, rows in whole.items():
            assert found[name] == rows, (count, name)
