"""Messages of the national exchange folded into dossiers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from connectors.database.models import Owner, Pause, Step, Unit
from connectors.intake import ImportReport, import_file
from connectors.settings import Settings
from tests.connectors.intake.conftest import NOW, dossiers, rejected
from tests.register_models import Procedure

Take = Callable[..., ImportReport]


@pytest.fixture
def send(database: Engine, settings: Settings, tmp_path: Path) -> Take:
    def run(*messages: dict[str, Any] | str) -> ImportReport:
        path = tmp_path / "thong-diep.jsonl"
        lines = [m if isinstance(m, str) else json.dumps(m, ensure_ascii=False) for m in messages]
        path.write_text("\n".join(lines), encoding="utf-8")
        return import_file(
            database, settings, path, "truc-lien-thong", refresh_snapshot=False, now=NOW
        )

    return run


def at(day: int, hour: int = 8) -> datetime:
    """A moment of June 2025, Vietnamese time."""
    return datetime(2025, 6, day, hour - 7, tzinfo=UTC)


def message(status: int, day: int, code: str = "H26-1", **fields: Any) -> dict[str, Any]:
    return {
        "MaHoSo": code,
        "TrangThai": status,
        "ThoiDiemXuLy": f"202506{day:02}080000",
        "MaTTHC": "1.000948",
        "TenTTHC": "Đăng ký khai sinh",
        "TenLinhVuc": "Hộ tịch",
        "MaDonViXuLy": "H26.09556",
        "DonViXuLy": "UBND phường Hà Đông",
        "KenhThucHien": "2",
        "NgayTiepNhan": "20250602080000",
        "NgayHenTra": "20250620",
        **fields,
    }


def pauses(database: Engine) -> list[tuple[str, datetime, datetime | None]]:
    with database.connect() as connection:
        rows = connection.execute(select(Pause.__table__).order_by(Pause.from_at)).all()
    return [(row.kind, row.from_at, row.to_at) for row in rows]


STORY = (
    message(1, 1),
    message(2, 2),
    message(4, 3),
    message(5, 4),
    message(4, 6),
    message(6, 7),
    message(4, 9),
    message(9, 12),
    message(10, 14),
)


def test_a_whole_life_becomes_one_dossier(send: Take, database: Engine) -> None:
    report = send(*STORY)
    assert (report.rows_read, report.rows_inserted, report.rows_rejected) == (9, 1, 0)
    found = dossiers(database)["H26-1"]
    assert found.submitted_at == at(1)
    assert found.received_at == at(2)
    assert found.due_at == datetime(2025, 6, 20, 16, 59, 59, 999000, tzinfo=UTC)
    assert found.ended_at == at(12)  # 9 wins over 10
    assert found.end_kind == "result"
    assert found.collected_at == at(14)
    assert (found.status, found.channel) == (10, "online")
    assert pauses(database) == [
        ("supplement", at(4), at(6)),
        ("finance", at(7), at(9)),
    ]
    with database.connect() as connection:
        unit = connection.execute(select(Unit.__table__)).one()
        procedure = connection.execute(select(Procedure.__table__)).one()
    assert (unit.code, unit.name) == ("H26.09556", "UBND phường Hà Đông")
    assert (procedure.code, procedure.name) == ("1.000948", "Đăng ký khai sinh")


@pytest.mark.parametrize(
    ("story", "end", "kind"),
    [
        ([message(2, 2), message(10, 5)], at(5), "result"),
        ([message(2, 2), message(10, 5), message(9, 4)], at(4), "result"),
        ([message(2, 2), message(7, 5)], at(5), "withdrawn"),
        ([message(2, 2), message(8, 5)], at(5), "stopped"),
        ([message(2, 2), message(8, 5), message(9, 6)], at(6), "result"),
        ([message(2, 2), message(8, 5), message(4, 6)], None, None),
        ([message(1, 2, NgayTiepNhan=None), message(3, 3, NgayTiepNhan=None)], at(3), "refused"),
        ([message(2, 2), message(5, 5)], None, None),
        (
            [message(2, 2), message(9, 8, NgayKetThucXuLy="20250607080000")],
            at(7),
            "result",
        ),
    ],
)
def test_which_message_ends_a_dossier(
    story: list[dict[str, Any]],
    end: datetime | None,
    kind: str | None,
    send: Take,
    database: Engine,
) -> None:
    for message_ in story:
        if message_["NgayTiepNhan"] is None:
            message_["NgayNopHoSo"] = "20250601080000"
    send(*story)
    found = dossiers(database)["H26-1"]
    assert (found.ended_at, found.end_kind) == (end, kind)


def test_an_open_pause_stays_open_until_a_later_file_closes_it(
    send: Take, database: Engine
) -> None:
    send(*STORY[:4])
    assert pauses(database) == [("supplement", at(4), None)]
    second = send(*STORY[4:6])
    assert (second.rows_inserted, second.rows_changed) == (0, 1)
    assert pauses(database) == [("supplement", at(4), at(6)), ("finance", at(7), None)]
    send(*STORY[6:])
    assert pauses(database) == [("supplement", at(4), at(6)), ("finance", at(7), at(9))]
    assert dossiers(database)["H26-1"].ended_at == at(12)


def state(database: Engine) -> tuple[Any, ...]:
    found = dossiers(database)["H26-1"]
    fields = (
        "submitted_at",
        "received_at",
        "due_original_at",
        "due_at",
        "ended_at",
        "end_kind",
        "collected_at",
        "status",
        "content_hash",
    )
    return tuple(getattr(found, name) for name in fields), pauses(database)


def test_the_same_messages_again_change_nothing(send: Take, database: Engine) -> None:
    send(*STORY)
    before = state(database)
    for again in (STORY, STORY[:4], STORY[3:5], STORY[7:], STORY[2:3]):
        report = send(*again)
        assert (report.rows_changed, report.rows_unchanged) == (0, 1), again
    assert state(database) == before


@given(cut=st.lists(st.integers(0, 8), max_size=3))
@hypothesis_settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_however_the_messages_are_cut_into_files_the_dossier_is_the_same(
    cut: list[int], sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    edges = sorted({0, *cut, len(STORY)})
    whole = [dict(m, MaHoSo="H26-1") for m in STORY]
    with sqlite_database.begin() as connection:
        for table in ("pause", "step", "owner", "dossier"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    for first, last in pairwise(edges):
        path = tmp_path / "phan.jsonl"
        path.write_text("\n".join(json.dumps(m) for m in whole[first:last]), encoding="utf-8")
        import_file(
            sqlite_database, settings, path, "truc-lien-thong", refresh_snapshot=False, now=NOW
        )
    values, found = state(sqlite_database)
    assert values[:8] == (
        at(1),
        at(2),
        datetime(2025, 6, 20, 16, 59, 59, 999000, tzinfo=UTC),
        datetime(2025, 6, 20, 16, 59, 59, 999000, tzinfo=UTC),
        at(12),
        "result",
        at(14),
        10,
    )
    assert found == [("supplement", at(4), at(6)), ("finance", at(7), at(9))]


def test_a_new_due_date_keeps_the_first_one(send: Take, database: Engine) -> None:
    send(message(2, 2))
    send(message(4, 5, NgayHenTra="20250625"))
    found = dossiers(database)["H26-1"]
    assert found.due_original_at == datetime(2025, 6, 20, 16, 59, 59, 999000, tzinfo=UTC)
    assert found.due_at == datetime(2025, 6, 25, 16, 59, 59, 999000, tzinfo=UTC)


def test_progress_messages_become_steps(send: Take, database: Engine) -> None:
    def step(day: int, name: str, officer: str) -> dict[str, Any]:
        return {
            "MaHoSo": "H26-1",
            "TrangThai": 4,
            "ThoiDiemXuLy": f"202506{day:02}090000",
            "NoiDungXuLy": name,
            "NguoiXuLy": officer,
            "PhongBanXuLy": "Phòng Tư pháp",
            "NgayBatDau": f"202506{day:02}080000",
            "NgayKetThucTheoQuyDinh": f"202506{day + 1:02}080000",
        }

    send(message(2, 2), step(3, "Thẩm định", "cb1"))
    send(step(5, "Ký", "cb2"), message(9, 6))
    with database.connect() as connection:
        steps = connection.execute(select(Step.__table__).order_by(Step.sequence)).all()
    assert [(s.sequence, s.name, s.from_at) for s in steps] == [
        (1, "Thẩm định", at(3)),
        (2, "Ký", at(5)),
    ]
    assert steps[0].unit_id == steps[1].unit_id


def test_bad_messages_are_kept_whole(send: Take, database: Engine) -> None:
    report = send(
        message(2, 2),
        "{hỏng",
        "[1]",
        message(12, 3),
        message(2, 3, code=""),
        {"MaHoSo": "H26-2", "TrangThai": 5},
        message(2, 2, code="H26-3", MaDonViXuLy=None, DonViXuLy=None),
    )
    assert report.rows_inserted == 1
    reasons = {row.line_no: row.reason for row in rejected(database)}
    assert set(reasons) == {2, 3, 4, 5, 6, 7}
    assert "JSON" in reasons[2]
    assert "từ 1 đến 10" in reasons[4]
    assert "thiếu mã hồ sơ" in reasons[5]
    assert "chưa có trong dữ liệu" in reasons[6]
    assert "thiếu đơn vị" in reasons[7]
    kept = {row.line_no: row.row for row in rejected(database)}
    assert kept[2] == {"nội dung": "{hỏng"}
    assert kept[4]["TenTTHC"] == "Đăng ký khai sinh"
    assert kept[7]["MaHoSo"] == "H26-3"


def test_one_json_array_is_taken_too(send: Take, database: Engine) -> None:
    assert send(json.dumps([*STORY])).rows_inserted == 1
    assert dossiers(database)["H26-1"].ended_at == at(12)


def test_half_letters_and_emoji_do_no_harm(send: Take, database: Engine) -> None:
    text = json.dumps(message(2, 2, ChuHoSo="NAME")).replace("NAME", "A \\ud800 B \\ud83d\\ude00")
    assert send(text).rows_inserted == 1
    with database.connect() as connection:
        assert connection.execute(select(Owner.name)).scalar_one() == "A \ufffd B \U0001f600"
