"""Messages in the shapes of real systems' serializers: what becomes of each (exchange/)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from connectors.database.models import Officer, Owner, Pause, Step, Unit
from connectors.database.registers import TABLES
from connectors.intake import ImportReport, IntakeRefused, import_file
from connectors.registers import import_register
from connectors.settings import PROJECT_ROOT, Settings
from tests.connectors.intake.conftest import dossiers, rejected
from tests.register_models import Procedure
from tests.turns import at_each_change

FILES = Path(__file__).parent / "exchange"
NATIONAL = "truc-lien-thong"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 28, tzinfo=UTC)
OPENCPS, WARD = "000.00.15.H40-260803-0001", "H56.12.5-260801-00{:02}"
Send = Callable[..., list[ImportReport]]


def at(text: str) -> datetime:
    """A local moment, as ``260803 08:15``."""
    return datetime.strptime(text, "%y%m%d %H:%M").replace(tzinfo=ZONE)


@pytest.fixture
def send(sqlite_database: Engine, settings: Settings, tmp_path: Path) -> Send:
    """Import files of exchange/ (by how their names begin) or messages, one after another."""

    def run(
        *parts: Any, mapping: str | Path = NATIONAL, key: SecretStr | None = None, **kwargs: Any
    ) -> list[ImportReport]:
        mine = settings.model_copy(update={"owner_key": key})
        reports = []
        for part in parts:
            if isinstance(part, str):
                (path,) = (p for p in FILES.iterdir() if p.name.split(".")[0].split("-")[0] == part)
            else:
                path = tmp_path / "thong-diep.jsonl"
                path.write_text("\n".join(map(json.dumps, part)), encoding="utf-8")
            reports.append(
                import_file(
                    sqlite_database,
                    mine,
                    path,
                    mapping,
                    refresh_snapshot=False,
                    now=NOW,
                    **kwargs,
                )
            )
        return reports

    return run


ROWS: list[tuple[str, tuple[str, ...], str, dict[str, Any]]] = [
    # files, read with, of which dossier, what has to be known of it
    (
        NATIONAL,
        ("A1",),
        OPENCPS,
        {"received_at": "260803 08:15", "ended_at": "260814 15:30", "end_kind": "result"},
    ),
    ("bao-hiem-xa-hoi", ("G1",), "03706/2026/07906", {"received_at": "260113 12:50"}),
    (NATIONAL, ("A2",), OPENCPS, {"ended_at": "260814 15:30", "due_at": "260817 17:00"}),
    (NATIONAL, ("A3", "A4"), OPENCPS, {"ended_at": "260814 15:30", "status": 9}),
    (NATIONAL, ("B1",), "000.00.01.H22-260701-0011", {"status": 2, "due_at": None}),
    (NATIONAL, ("B2",), "000.00.01.H22-260701-0012", {"status": 3, "ended_at": None}),
    (NATIONAL, ("H1",), WARD.format(1), {"status": 9, "ended_at": "260807 10:00"}),
    (
        NATIONAL,
        ("H5", "H6"),
        WARD.format(3),
        {"received_at": "260801 09:30", "due_at": "260810 17:00"},
    ),
    (NATIONAL, ("H8",), WARD.format(5), {"status": 9, "ended_at": "260807 08:00"}),
    (
        NATIONAL,
        ("H9",),
        WARD.format(6),
        {"received_at": None, "ended_at": "260807 10:00", "collected_at": "260808 09:00"},
    ),
    (
        NATIONAL,
        ("H10",),
        WARD.format(7),
        {"due_at": "260811 00:00", "digitised": True, "online_payment": True, "channel": "online"},
    ),
    (NATIONAL, ("H11",), WARD.format(8), {"received_at": "260801 08:30", "due_at": "260810 17:00"}),
    (NATIONAL, ("H12",), WARD.format(9), {"received_at": "260801 08:30", "due_at": "260810 17:00"}),
    (NATIONAL, ("H13",), WARD.format(10), {"received_at": "260801 08:30", "due_at": None}),
    (NATIONAL, ("H15",), WARD.format(11), {"status": 9, "ended_at": "260807 10:00"}),
    (NATIONAL, ("N1",), "H56.12.4-260710-0001", {"receiving_unit_id": None}),
    (NATIONAL, ("P1",), "000.00.01.H22-260701-0099", {"status": 9, "ended_at": None}),
    (
        NATIONAL,
        ("R1", "C2", "R1"),
        "H56.12.4-260710-0003",
        {
            "due_original_at": "260715 17:00",
            "due_at": "260720 17:00",
            "due_changed_at": "260716 08:30",
            "online_payment": False,
        },
    ),
    (
        "vnpt-igate2",
        ("E1",),
        "000.00.53.H48-260721-0100",
        {"received_at": "260721 08:45", "ended_at": "260723 10:00", "channel": "online"},
    ),
    (
        "igate-danh-sach",
        ("D2", "D3"),
        "000.00.44.G22-260720-0007",
        {"status": 4, "due_at": "260730 17:00"},
    ),
    ("igate-danh-sach", ("D2",), "000.00.44.G22-260720-0008", {"status": 2, "due_at": None}),
    (
        "lien-thong-ho-tich",
        ("F1",),
        "H56.12.4-260722-0001",
        {"status": 10, "ended_at": "260722 09:00", "collected_at": "260722 09:00"},
    ),
]


_FIRST = {mapping: (mapping, *rest) for mapping, *rest in reversed(ROWS)}
"""At each change: the first dossier of each mapping."""


@pytest.mark.parametrize(
    ("mapping", "files", "code", "known"),
    at_each_change(ROWS, _FIRST.values()),
    ids=lambda v: str(v)[:24],
)
def test_a_real_message_comes_in_right(
    mapping: str,
    files: tuple[str, ...],
    code: str,
    known: dict[str, Any],
    send: Send,
    sqlite_database: Engine,
) -> None:
    send(*files, mapping=mapping)
    found = dossiers(sqlite_database)[code]
    wanted = {name: at(v) if name.endswith("_at") and v else v for name, v in known.items()}
    assert {name: getattr(found, name) for name in wanted} == wanted
    assert [report.rows_changed for report in send(files[-1], mapping=mapping)] == [0]


def rows(database: Engine, model: Any) -> list[Any]:
    with database.connect() as connection:
        return list(connection.execute(select(model.__table__)).all())


def test_progress_leaves_what_it_does_not_name(send: Send, sqlite_database: Engine) -> None:
    send("N1", "R1")
    before = rows(sqlite_database, Owner)
    assert [owner.national_id for owner in before] == ["038099000002"] * 2
    (report,) = send("C2")
    assert report.rows_changed == 2
    assert rows(sqlite_database, Owner) == before
    assert [(p.kind, p.from_at, p.to_at) for p in rows(sqlite_database, Pause)] == [
        ("supplement", at("260713 09:00"), at("260716 08:30"))
    ]
    steps = [(s.name, s.from_at, s.to_at) for s in rows(sqlite_database, Step)]
    assert steps[:3] == [
        ("Tiếp nhận hồ sơ", at("260710 08:00"), at("260710 08:00")),
        ("Thẩm định hồ sơ", at("260710 08:00"), at("260717 10:30")),
        ("Kết thúc xử lý hồ sơ", at("260717 10:30"), at("260717 10:30")),
    ]
    # Another file closes the last step, and leaves the officer of the first one.
    code = "H56.12.4-260710-0003"
    send(
        [{"MaHoSo": code, "TrangThai": 9, "ThoiDiemXuLy": "20260718090000", "NoiDungXuLy": "Xong"}]
    )
    last = [s for s in rows(sqlite_database, Step) if s.name == "Nhận bổ sung"]
    assert [(s.from_at, s.to_at) for s in last] == [(at("260716 08:30"), at("260718 09:00"))]
    (officer,) = (o for o in rows(sqlite_database, Officer) if o.code == "Cán bộ một cửa")
    assert dossiers(sqlite_database)[code].officer_id == officer.id
    assert dossiers(sqlite_database)[code].due_at == at("260720 17:00")


def test_every_message_of_an_unknown_dossier_is_kept_with_its_reason(
    send: Send, sqlite_database: Engine
) -> None:
    for dry_run in (True, False):
        (report,) = send("C2", dry_run=dry_run)
        assert (report.rows_read, report.rows_rejected, report.rows_folded) == (8, 8, 0)
    kept = rejected(sqlite_database)
    assert [row.line_no for row in kept] == list(range(1, 9))
    assert all("nạp thông điệp trạng thái của hồ sơ này trước" in row.reason for row in kept)
    assert kept[1].row["NoiDungXuLy"] == "Thẩm định hồ sơ"


@pytest.mark.parametrize(
    "key", [None, SecretStr(Fernet.generate_key().decode())], ids=["plain", "locked"]
)
def test_progress_waits_for_its_dossier(
    key: SecretStr | None, send: Send, sqlite_database: Engine
) -> None:
    *_, last = send("C2", "N1", "R1", key=key)
    assert last.left_aside[-1].startswith("2 thông điệp đến trước hồ sơ của chúng")
    waiting = {row.waits_for for row in rejected(sqlite_database)}
    assert waiting == {"H56.12.4-260710-0002", "H56.12.4-260710-0007"}
    assert [step.name for step in rows(sqlite_database, Step)] == [
        "Tiếp nhận hồ sơ",
        "Thẩm định hồ sơ",
        "Kết thúc xử lý hồ sơ",
        "Cán bộ trả hồ sơ bổ sung",
        "Nhận bổ sung",
    ]
    assert dossiers(sqlite_database)["H56.12.4-260710-0001"].ended_at == at("260717 10:30")


def test_what_is_left_out_is_told(send: Send, sqlite_database: Engine) -> None:
    state = {"MaHoSo": "H-1", "DonViXuLy": "Sở A", "NgayTiepNhan": "20260801080000"}
    (report,) = send(
        [
            {**state, "TrangThaiHoSo": 9, "DuocThanhToanTrucTuyen": "7", "KenhThucHien": "9"},
            {**state, "MaHoSo": "H-2", "TrangThaiHoSo": 2, "SoDienThoai": "0" * 40, "NgayTra": "?"},
        ]
    )
    assert (report.rows_inserted, report.rows_rejected) == (2, 0)
    told = "\n".join(report.odd)
    assert "“DuocThanhToanTrucTuyen”: giá trị lạ" in told
    assert "“KenhThucHien”: giá trị lạ" in told
    assert "“TrangThaiHoSo”: trạng thái này không có thời điểm" in told
    assert "“NgayTra”" in told
    assert "“SoDienThoai”: dài quá 32 ký tự" in told
    assert "0000" not in told  # what is the owner's is not repeated
    assert rows(sqlite_database, Owner)[0].phone == "0" * 32


def test_one_ward_and_one_procedure_however_they_are_spelt(
    send: Send, sqlite_database: Engine
) -> None:
    lines = [json.loads(line) for line in (FILES / "Q1.jsonl").read_text("utf-8").splitlines()]
    bare = {**lines[0], "MaHoSo": "H26.18-260701-006", "MaTTHC": "1.004194"}
    for order in (lines, lines[::-1]):
        (report,) = send([*order, bare])
        assert report.rows_rejected == 0
    assert len(dossiers(sqlite_database)) == 6
    assert [u.name for u in rows(sqlite_database, Unit)] == ["UBND phường Thử"]
    assert len(rows(sqlite_database, Procedure)) == 1


def test_messages_are_found_in_many_wrappers(send: Send, sqlite_database: Engine) -> None:
    line = json.loads((FILES / "Q1.jsonl").read_text("utf-8").splitlines()[0])
    codes = iter(f"H26.18-260701-{number:04}" for number in range(20))
    wrap: list[Callable[[Any], Any]] = [
        lambda rows: {"result": {"items": rows}},
        lambda rows: {"Data": {"Items": rows}},
        lambda rows: {"total": 1, "DATA": rows},
        lambda rows: {"result": rows},
        lambda rows: {"list": rows},
        lambda rows: [{"data": rows}],
        lambda rows: rows[0],
    ]
    (report,) = send([each([{**line, "MaHoSo": next(codes)}]) for each in wrap])
    assert (report.rows_inserted, report.rows_rejected) == (len(wrap), 0)


def test_a_unit_known_by_name_gets_its_code_when_it_is_heard(
    send: Send, sqlite_database: Engine
) -> None:
    lines = [json.loads(line) for line in (FILES / "Q1.jsonl").read_text("utf-8").splitlines()]
    send(lines[2:3], lines[:1])
    assert [u.code for u in rows(sqlite_database, Unit)] == ["000.00.18.H26"]


SOCIAL = """
[source]
code = "bhxh"
name = "Bảo hiểm xã hội"
[file]
format = "jsonl"
[columns]
code = "info.Tthoso.{code}"
received_at = "info.Tthoso.Ngaynhan"
due_at = "info.Tthoso.{due}"
ended_at = "info.Tthoso.Ngayxulyxong"
[constants]
end_kind = "result"
[units.resolving]
column = "Quatrinh[Buoc=1].Tenphongban"
scheme = "bhxh"
create = true
"""


def test_a_message_that_asks_to_delete_withdraws_and_erases_nothing(
    send: Send, sqlite_database: Engine
) -> None:
    send("N1")
    code = "H56.12.4-260710-0001"
    before = rows(sqlite_database, Owner)
    (report,) = send([{"MaHoSo": code, "IsDeleted": "True", "LyDo": "Nhập trùng"}])
    assert (report.rows_withdrawn, report.rows_rejected) == (1, 0)
    assert dossiers(sqlite_database)[code].withdrawn_at == NOW
    assert rows(sqlite_database, Owner) == before


def test_the_printed_form_is_read_as_the_page_says(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    page = (PROJECT_ROOT / "docs" / "registers.md").read_text(encoding="utf-8")
    mapping = tmp_path / "bieu.toml"
    (example,) = re.findall(r'```toml\n(register = "form_row".*?)```', page, re.S)
    mapping.write_text(example, encoding="utf-8")
    with Session(sqlite_database) as session:
        for name in ("Tỉnh Thái Bình", "Sở Thử", "Sở Sai"):
            session.add(Unit(scheme="thu", code=name, name=name, kind="department"))
        session.commit()
    path = FILES / "bieu06a-thaibinh-2021.xlsx"
    report = import_register(
        sqlite_database,
        settings,
        "form_row",
        path,
        by="Lan",
        mapping=mapping,
        refresh_snapshot=False,
    )
    assert (report.rows_read, report.rows_inserted, report.rows_rejected) == (3, 2, 1)
    assert [r.line for r in report.first_rejected] == [12]
    assert "không bằng (4) + (5) + (6) = 110" in report.first_rejected[0].reason
    told = "Dòng tổng cộng và tiêu đề nhóm, không phải đơn vị: dòng 9, 13."
    assert told in report.left_aside
    with sqlite_database.connect() as connection:
        first = connection.execute(select(TABLES["form_row"])).first()
    assert first is not None
    assert (first.c3, first.c13, first.reported_rate) == (1_150_343, 333, 99.86)

    # As it was printed: the line that does not add up is kept, and the report names it.
    mapping.write_text(example + 'as_printed = "Có"\n', encoding="utf-8")
    report = import_register(
        sqlite_database,
        settings,
        "form_row",
        path,
        by="Lan",
        mapping=mapping,
        refresh_snapshot=False,
    )
    assert (report.rows_inserted, report.rows_changed, report.rows_rejected) == (1, 2, 0)
    (said,) = [text for text in report.warnings if "Giữ như bản in" in text]
    assert said.startswith("Dòng 12: (3) = ")
    assert "≠ (4) + (5) + (6) = 110, lệch " in said


def test_a_form_line_that_a_pattern_does_not_read_is_no_title_of_a_group(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    """It was left aside as one, numbers and all."""
    mapping, path = tmp_path / "bieu.toml", tmp_path / "bieu.csv"
    mapping.write_text(
        'register = "form_row"\n[columns]\nunit = { column = "Đơn vị", pattern = "^(Sở .+)$" }\n'
        'c3 = "c3"\nperiod_from = "Từ ngày"\n[constants]\nsource = "Biểu"\n',
        encoding="utf-8",
    )
    lines = "Xã Thử,12,\nSở và các,,\nSở Không Có,,32/13/2026\n,,?\nSở Lạ,7,\n"
    path.write_text("Đơn vị,c3,Từ ngày\n" + lines, encoding="utf-8")
    how: dict[str, Any] = {"by": "Lan", "mapping": mapping, "refresh_snapshot": False}
    report = import_register(sqlite_database, settings, "form_row", path, **how)
    # Nor is one that says anything else, or names nothing.
    assert [each.line for each in report.first_rejected] == [2, 4, 5, 6]
    assert "không khớp mẫu" in report.first_rejected[0].reason
    assert "Dòng tổng cộng và tiêu đề nhóm, không phải đơn vị: dòng 3." in report.left_aside


def test_values_deep_inside_a_message(send: Send, sqlite_database: Engine, tmp_path: Path) -> None:
    mapping = tmp_path / "bhxh.toml"
    mapping.write_text(SOCIAL.format(code="Sohoso", due="Ngayhentr"), encoding="utf-8")
    (report,) = send("G1", mapping=mapping)
    assert report.rows_inserted == 1
    assert report.warnings == [
        "Ánh xạ ghi “info.Tthoso.Ngayhentr”, không thông điệp nào có trường này; "
        "có phải “info.Tthoso.Ngayhentra”?"
    ]
    assert dossiers(sqlite_database)["03706/2026/07906"].ended_at is not None
    assert rows(sqlite_database, Unit)[0].name == "Bộ phận Tiếp nhận"
    mapping.write_text(SOCIAL.format(code="Sohs", due="Ngayhentra"), encoding="utf-8")
    with pytest.raises(IntakeRefused, match=r"có phải “info\.Tthoso\.Sohoso”"):
        send("G1", mapping=mapping)


def test_a_plain_row_of_json_speaks_only_of_what_it_says(
    send: Send, sqlite_database: Engine, tmp_path: Path
) -> None:
    mapping = tmp_path / "rieng.toml"
    owner = '[owner]\nname = "TenChuHoSo"\nphone = "DienThoai"\n'
    mapping.write_text(
        SOCIAL.format(code="Sohoso", due="Ngayhentra")
        .replace("info.Tthoso.", "")
        .replace("Quatrinh[Buoc=1].Tenphongban", "DonVi")
        + owner,
        encoding="utf-8",
    )
    row = {"Sohoso": "1", "Ngaynhan": "01/06/2026 08:00", "Ngayhentra": "09/06/2026", "DonVi": "A"}
    send([{**row, "TenChuHoSo": "Lê Mẫu", "DienThoai": "090"}], mapping=mapping)
    del row["Ngayhentra"]
    (report,) = send([{**row, "DienThoai": "091", "TenChuHoSo": ""}], mapping=mapping)
    assert report.rows_changed == 1
    assert dossiers(sqlite_database)["1"].due_at is not None
    (kept,) = rows(sqlite_database, Owner)
    assert (kept.name, kept.phone) == ("Lê Mẫu", "091")
