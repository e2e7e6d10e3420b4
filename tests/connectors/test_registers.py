"""Registers: import, save, history; what is refused and why. On both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from connectors.database.models import Base, Unit
from connectors.database.registers import ChangeLog, RegisterBatch, RegisterRejection
from connectors.engine import Scope, open_facts
from connectors.intake.export import write_rejected
from connectors.registers import (
    REGISTERS,
    Entry,
    RegisterRefused,
    add,
    amend,
    history,
    import_register,
    save_all,
)
from connectors.registers.report import RegisterReport
from connectors.settings import Settings
from tests.register_models import Task, TaskUnit, TaskUpdate

NOW = datetime(2023, 8, 1, 9, 0, tzinfo=UTC)

PROGRAMMES = """Mã chương trình,Tên chương trình,Loại,Đơn vị ban hành,Từ ngày,Đến ngày,Nguồn
KH-1,Kế hoạch CCHC 2023,Kế hoạch,Quận Hà Đông,01/01/2023,31/12/2023,KH 12/KH-UBND
"""
TASKS = """Mã chương trình,Mã nhiệm vụ,Tên nhiệm vụ,Đơn vị chủ trì,Đơn vị phối hợp,Hạn,Nguồn
KH-1,1,Rà soát thủ tục,gso:268,Phường Phú La; gso:09556,30/06/2023,KH 12
KH-1,2,Kiểm tra công vụ,Quận Hà Đông,,,KH 12
"""


@pytest.fixture
def units(database: Engine) -> Engine:
    """A district, two of its wards of then, and a ward of now with an old ward's code."""
    ends = date(2025, 6, 30)
    with Session(database) as session:
        district = Unit(
            scheme="gso", code="268", name="Quận Hà Đông", kind="district", valid_to=ends
        )
        session.add(district)
        session.flush()
        for code, name in (("09552", "Phường Phú La"), ("09556", "Phường Hà Cầu")):
            session.add(
                Unit(
                    scheme="gso",
                    code=code,
                    name=name,
                    kind="commune",
                    parent_id=district.id,
                    valid_to=ends,
                )
            )
        session.add(
            Unit(
                scheme="gso",
                code="09556",
                name="Phường Hà Đông",
                kind="commune",
                valid_from=date(2025, 7, 1),
            )
        )
        session.commit()
    return database


Take = Callable[..., RegisterReport]


@pytest.fixture
def take(units: Engine, settings: Settings, tmp_path: Path) -> Take:
    """Import a text as a CSV file into a register, without the snapshot."""

    def run(register: str, content: str | bytes, name: str = "so.csv", **more: Any) -> Any:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        more.setdefault("refresh_snapshot", False)
        return import_register(units, settings, register, path, by="Nguyễn Văn An", now=NOW, **more)

    return run


def rows(database: Engine, name: str) -> list[dict[str, Any]]:
    table = Base.metadata.tables[name]
    query = select(table).order_by(table.c.id)
    with database.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def count(database: Engine, model: Any) -> int:
    with database.connect() as connection:
        return connection.execute(select(func.count()).select_from(model)).scalar_one()


def test_tasks_with_their_units(take: Take, units: Engine) -> None:
    take("programme", PROGRAMMES)
    report = take("task", TASKS)
    assert (report.rows_read, report.rows_inserted, report.rows_rejected) == (2, 2, 0)
    with Session(units) as session:
        first, second = session.scalars(select(Task).order_by(Task.id))
        assert (first.due_on, first.is_standing) == (date(2023, 6, 30), False)
        assert second.due_on is None
        co_units = session.scalars(
            select(Unit.name).join(TaskUnit, TaskUnit.unit_id == Unit.id).order_by(Unit.name)
        ).all()
    # The code 09556 is another ward's since 2025: the day of the programme decides.
    assert co_units == ["Phường Hà Cầu", "Phường Phú La"]


def test_the_same_file_again_changes_nothing(take: Take, units: Engine) -> None:
    take("programme", PROGRAMMES)
    take("task", TASKS)
    logged = count(units, ChangeLog)
    again = take("task", TASKS)
    assert (again.rows_inserted, again.rows_changed, again.rows_unchanged) == (0, 0, 2)
    assert count(units, ChangeLog) == logged
    assert count(units, RegisterBatch) == 3


def test_a_changed_row_is_logged_and_absent_columns_stay(take: Take, units: Engine) -> None:
    take("programme", PROGRAMMES)
    take("task", TASKS)
    report = take(
        "task",
        "Mã chương trình,Mã nhiệm vụ,Tên nhiệm vụ,Đơn vị chủ trì,Hạn hoàn thành,Nguồn\n"
        "KH-1,1,Rà soát thủ tục,gso:268,31/07/2023,KH 12\n",
    )
    assert (report.rows_changed, report.rows_unchanged) == (1, 0)
    assert count(units, TaskUnit) == 2
    log = history(units, "task", rows(units, "task")[0]["id"], scope=Scope(None))
    assert log.select("label", "old", "new").row(0) == (
        "Hạn hoàn thành",
        "30/06/2023",
        "31/07/2023",
    )
    assert log["by"].unique().to_list() == ["Nguyễn Văn An"]
    assert log["column"].to_list() == ["due_on", "*"]
    assert log["at"][0] == datetime(2023, 8, 1, 16, 0)


def test_a_default_does_not_overwrite(take: Take, units: Engine) -> None:
    take("programme", PROGRAMMES)
    head = "Mã chương trình,Mã nhiệm vụ,Tên nhiệm vụ,Đơn vị chủ trì,Nguồn"
    take("task", f"{head},Thường xuyên\nKH-1,1,Trực một cửa,gso:268,KH,Có\n")
    report = take("task", f"{head}\nKH-1,1,Trực một cửa,gso:268,KH\n")
    assert report.rows_unchanged == 1
    assert rows(units, "task")[0]["is_standing"] is True


def test_unknown_is_null(take: Take, units: Engine) -> None:
    take("programme", PROGRAMMES)
    take("task", TASKS)
    report = take(
        "task_update",
        "Mã chương trình,Mã nhiệm vụ,Thời điểm,Được triển khai,Đã hoàn thành\n"
        "KH-1,1,05/06/2023 14:30,Có,Chưa rõ\nKH-1,2,05/06/2023,Không,\n",
    )
    assert report.rows_rejected == 0
    with Session(units) as session:
        first, second = session.scalars(select(TaskUpdate).order_by(TaskUpdate.id))
    assert (first.is_launched, first.is_completed) == (True, None)
    assert (second.is_launched, second.is_completed) == (False, None)
    assert first.at == datetime(2023, 6, 5, 7, 30, tzinfo=UTC)
    assert first.by == "Nguyễn Văn An"


def test_dry_run_writes_nothing(take: Take, units: Engine) -> None:
    report = take("programme", PROGRAMMES, dry_run=True)
    assert (report.rows_inserted, report.batch_id) == (1, None)
    assert rows(units, "programme") == []
    assert count(units, RegisterBatch) == 0


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ("KH-1,9,,gso:268,,,KH", "Tên nhiệm vụ", "thiếu giá trị"),
        ("KH-9,9,Việc,gso:268,,,KH", "Mã chương trình", "gần nhất: KH-1"),
        ("KH-1,9,Việc,Quận Hà Đôn,,,KH", "Đơn vị chủ trì", "gần nhất: Quận Hà Đông"),
        ("KH-1,9,Việc,Phường Hà Đông,,,KH", "Đơn vị chủ trì", "không có hiệu lực vào ngày"),
        ("KH-1,9,Việc,gso:268,,31/02/2023,KH", "Hạn hoàn thành", "không có trong lịch"),
        ("KH-1,9,Việc,gso:268,,06/2023,KH", "Hạn hoàn thành", "chỉ có tháng"),
        ("KH-1,9,Việc,gso:268,gso:1,,KH", "Đơn vị phối hợp", "không có trong danh mục"),
    ],
)
def test_a_bad_row_is_kept_with_its_reason(
    take: Take, units: Engine, line: str, column: str, says: str
) -> None:
    take("programme", PROGRAMMES)
    report = take("task", TASKS + line + "\n")
    assert (report.rows_inserted, report.rows_rejected) == (2, 1)
    rejection = report.first_rejected[0]
    assert (rejection.line, rejection.column) == (4, column)
    assert says in rejection.reason
    with Session(units) as session:
        kept = session.scalars(select(RegisterRejection)).one()
    assert (kept.line_no, kept.batch_id) == (4, report.batch_id)
    assert kept.row["Tên nhiệm vụ"] == (line.split(",")[2] or None)


def test_rejected_rows_can_be_mended_and_sent_again(
    take: Take, units: Engine, tmp_path: Path
) -> None:
    take("programme", PROGRAMMES)
    report = take("task", TASKS + "KH-1,9,=Việc,Quận Hà Đôn,,,KH\n")
    path = tmp_path / "tu-choi.csv"
    with units.connect() as connection:
        assert report.batch_id is not None
        write_rejected(connection, report.batch_id, path, register=True)
    text = path.read_text(encoding="utf-8-sig")
    assert "'=Việc" in text
    again = take("task", text.replace("Quận Hà Đôn", "Quận Hà Đông"))
    assert (again.rows_inserted, again.rows_rejected, again.warnings) == (1, 0, [])
    assert rows(units, "task")[-1]["name"] == "=Việc"


def test_the_same_key_twice_in_a_file(take: Take) -> None:
    take("programme", PROGRAMMES)
    other = TASKS + TASKS.splitlines()[1] + "\n" + "KH-1,2,Việc khác,gso:268,,,KH\n"
    report = take("task", other)
    assert (report.rows_inserted, report.rows_unchanged, report.rows_rejected) == (2, 1, 1)
    assert "trùng với dòng 3" in report.first_rejected[0].reason


def test_a_file_without_a_required_column(take: Take, units: Engine) -> None:
    with pytest.raises(RegisterRefused, match="“Tên nhiệm vụ”"):
        take("task", "Mã chương trình,Mã nhiệm vụ,Đơn vị chủ trì,Nguồn\nKH-1,1,gso:268,KH\n")
    assert count(units, RegisterBatch) == 0


def test_a_workbook_with_real_dates_and_numbers(take: Take, units: Engine, tmp_path: Path) -> None:
    path = tmp_path / "chi-tieu.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Chỉ tiêu báo cáo")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        heads = ("Mã chỉ tiêu báo cáo", "Đơn vị", "Đến thời điểm", "Giá trị", "Nguồn")
        sheet.write_row(0, 0, heads)
        sheet.write_row(1, 0, ("documents_received", "gso:268"))
        sheet.write_datetime(1, 2, datetime(2023, 6, 5), day)
        sheet.write_number(1, 3, 36.405)
        sheet.write_string(1, 4, "Báo cáo")
    report = take("indicator_value", path.read_bytes(), "chi-tieu.xlsx")
    assert report.first_rejected == []
    row = rows(units, "indicator_value")[0]
    # As text with a Vietnamese eye, 36.405 would be thirty-six thousand.
    assert (row["as_of"], row["value"]) == (date(2023, 6, 5), 36.405)


def test_vietnamese_numbers(take: Take, units: Engine) -> None:
    report = take(
        "indicator_value",
        "Mã chỉ tiêu báo cáo;Đơn vị;Phần;Đến thời điểm;Giá trị;Nguồn\n"
        "van-ban-den;gso:268;;05/06/2023;7.211;BC\n"
        "van-ban-den;gso:268;a;05/06/2023;87,11%;BC\n"
        "van-ban-den;gso:268;b;05/06/2023;5861;BC\n"
        "van-ban-den;gso:268;c;05/06/2023;bảy nghìn;BC\n",
    )
    assert [row["value"] for row in rows(units, "indicator_value")] == [7211, 0.8711, 5861]
    assert report.first_rejected[0].value == "bảy nghìn"


def test_a_month_is_a_month(take: Take, units: Engine) -> None:
    head = (
        "Mã cuộc kiểm tra,Loại,Đơn vị được kiểm tra,Từ ngày,Đến ngày,Nguồn,Mã cuộc kiểm tra trước"
    )
    report = take(
        "inspection",
        f"{head}\nKT-1,Đột xuất,gso:268,04/2023,05/2023,BC,\n"
        "KT-2,Tái kiểm tra,gso:268,01/06/2023,,BC,KT-1\n"
        "KT-3,Phúc tra,gso:268,01/06/2023,,BC,\n",
    )
    first, second = rows(units, "inspection")
    assert (first["from_on"], first["to_on"]) == (date(2023, 4, 1), date(2023, 5, 31))
    assert (first["date_precision"], second["date_precision"]) == ("month", "day")
    assert second["parent_id"] == first["id"]
    assert report.rows_rejected == 1
    assert "phải nêu cuộc kiểm tra trước" in report.first_rejected[0].reason


# -- one row at a time ---------------------------------------------------------------------------


def test_save_update_history(take: Take, units: Engine, settings: Settings) -> None:
    take("programme", PROGRAMMES)
    settings = settings.model_copy(
        update={"database_url": units.url.render_as_string(hide_password=False)}
    )
    programme = rows(units, "programme")[0]["id"]
    unit = rows(units, "unit")[0]["id"]
    at = datetime(2023, 6, 5, 14, 30)
    task = add(
        units,
        settings,
        "task",
        {"programme_id": programme, "code": "30", "name": "Việc", "unit_id": unit, "source": "x"},
        by="Lan",
        at=at,
    )
    values = {"task_id": task, "at": at, "is_launched": True}
    update = add(units, settings, "task_update", values, by="Lan", at=at)
    key = {"task_id": task, "at": at}
    same = amend(units, settings, "task_update", {"is_completed": "Có"}, key=key, by="Minh", at=at)
    assert same == update
    log = history(units, "task_update", update, scope=Scope(None))
    assert log.select("by", "label", "old", "new").row(0) == ("Minh", "Đã hoàn thành", None, "Có")
    assert log["at"][0] == at
    facts = open_facts(settings, Scope(None))
    frame = facts.registers.standing()["task_update"].collect().to_native()
    assert isinstance(frame, pl.DataFrame)
    assert frame.select("task_id", "at", "is_launched", "is_completed", "by").rows() == [
        (task, at, True, True, "Lan")
    ]


def test_a_finding_is_found_and_closed(take: Take, units: Engine, settings: Settings) -> None:
    unit, at = rows(units, "unit")[1]["id"], datetime(2023, 6, 5, 8)

    def write(register: str, **values: Any) -> int:
        return add(units, settings, register, values, by="Lan", at=at, refresh_snapshot=False)

    visit = write(
        "inspection",
        code="KT-1",
        kind="surprise",
        unit_id=unit,
        from_on=date(2023, 1, 30),
        source="BB",
    )
    finding = write(
        "finding",
        code="TT-1",
        inspection_id=visit,
        kind="một cửa",
        description="Chậm",
        fix_by="15/02/2023",
        source="BB",
    )
    again = write(
        "inspection",
        code="KT-2",
        kind="recheck",
        unit_id=unit,
        from_on=date(2023, 3, 1),
        parent_id=visit,
        source="BB",
    )
    write(
        "finding_check",
        finding="TT-1",
        inspection_id=again,
        checked_on=date(2023, 3, 1),
        is_fixed=True,
    )
    check = rows(units, "finding_check")[0]
    assert (check["finding_id"], check["is_fixed"], check["by"]) == (finding, True, "Lan")
    assert rows(units, "finding")[0]["fix_by"] == date(2023, 2, 15)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"code": "x"}, "Tên nhiệm vụ"),
        ({"due_on": date(2023, 1, 1), "is_standing": True}, "nhiệm vụ thường xuyên không có hạn"),
        ({"assigned_on": date(2023, 2, 1), "due_on": date(2023, 1, 1)}, "nhỏ hơn giá trị đầu"),
        ({"area": "y tế"}, "Chọn một trong"),
        ({"unit_id": 999}, "không còn trong cơ sở dữ liệu"),
        ({"code": "x" * 65}, "dài 65 ký tự"),
        ({"colour": "red"}, "không có cột “colour”"),
    ],
)
def test_save_refuses(
    take: Take, units: Engine, settings: Settings, values: dict[str, Any], says: str
) -> None:
    take("programme", PROGRAMMES)
    good = {"programme": "KH-1", "code": "7", "name": "Việc", "unit": "gso:268", "source": "x"}
    given = values if values == {"code": "x"} else good | values
    with pytest.raises(RegisterRefused, match=says) as refused:
        add(units, settings, "task", given, by="Lan", at=NOW)
    assert rows(units, "task") == []
    assert says == "không có cột “colour”" or refused.value.problems


def _visit(code: str, **more: Any) -> Entry:
    values = {"code": code, "kind": "surprise", "unit": "gso:268", "from_on": date(2023, 1, 10)}
    return Entry("inspection", values | {"source": "KL"} | more)


def test_a_finding_is_closed_with_its_re_inspection_or_not_at_all(
    units: Engine, settings: Settings
) -> None:
    """A refused result left the visit behind that had been written for it."""

    def write(*entries: Entry) -> list[int]:
        return save_all(units, settings, entries, by="Lan", at=NOW, refresh_snapshot=False)

    finding = Entry(
        "finding",
        {"code": "TT-1", "inspection": "KT-1", "kind": "Một cửa", "description": "x"}
        | {"source": "KL"},
    )
    visit_id, finding_id = write(_visit("KT-1"), finding)
    again = _visit("KT-1-T1", kind="recheck", parent=visit_id)
    result = {"finding": finding_id, "inspection": "KT-1-T1", "is_fixed": True, "by": "Lan"}
    with pytest.raises(RegisterRefused, match="Ngày xác nhận"):
        write(again, Entry("finding_check", result))
    assert len(rows(units, "inspection")) == 1
    assert len(rows(units, "change_log")) == 2
    again_id, _ = write(again, Entry("finding_check", result | {"checked_on": date(2023, 3, 1)}))
    [check] = rows(units, "finding_check")
    assert (check["inspection_id"], check["is_fixed"]) == (again_id, True)
    assert [row["parent_id"] for row in rows(units, "inspection")] == [None, visit_id]


def test_save_wants_a_name_and_a_new_key(take: Take, units: Engine, settings: Settings) -> None:
    take("programme", PROGRAMMES)
    take("task", TASKS)
    good = {"programme": "KH-1", "code": "1", "name": "Việc", "unit": "gso:268", "source": "x"}
    with pytest.raises(RegisterRefused, match="Người cập nhật"):
        add(units, settings, "task", good, by=" ", at=NOW)
    with pytest.raises(RegisterRefused, match="đã có trong sổ"):
        add(units, settings, "task", good, by="Lan", at=NOW)
    with pytest.raises(RegisterRefused, match="đã có trong sổ"):
        amend(
            units,
            settings,
            "task",
            {"code": "2"},
            key={"programme": "KH-1", "code": "1"},
            by="Lan",
            at=NOW,
        )
    with pytest.raises(RegisterRefused, match="không có dòng này"):
        amend(units, settings, "task", {"name": "y"}, key={"id": 99}, by="Lan", at=NOW)


# -- the declarations ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(REGISTERS))
def test_declared_columns_are_the_tables(name: str) -> None:
    register, table = REGISTERS[name], Base.metadata.tables[name]
    targets = [column.target for column in register.columns if column.target is not None]
    assert len(targets) == len(set(targets))
    assert set(targets) - {"co_units"} == {column.name for column in table.c} - {"id"}
    for column in register.columns:
        if column.target and column.target in table.c and not table.c[column.target].nullable:
            default = column.default is not None or column.target == "province_code"
            assert column.required or default, column.name


@pytest.mark.parametrize("name", list(REGISTERS))
def test_no_header_means_two_columns(name: str) -> None:
    labels = [column.label for column in REGISTERS[name].columns]
    assert len(labels) == len(set(labels))


# -- the catalogue of procedures, and service quality --------------------------------------------

_PROCEDURES = """\
Mã thủ tục,Phiên bản,Tên thủ tục,Lĩnh vực,Cấp giải quyết,Thời hạn giải quyết,Đơn vị thời hạn,\
Có hiệu lực từ,Có hiệu lực đến
1.000001,,Đăng ký khai sinh,Hộ tịch,Cấp xã,5,Ngày làm việc,,30/06/2026
1.000001,2,Đăng ký khai sinh,ho-tich,xã,3,Ngày làm việc,01/07/2026,
1.000002,1,Không rõ thời hạn,,,,,,
"""


def test_procedures_with_versions_and_fields(take: Take, units: Engine) -> None:
    assert take("field", "Mã lĩnh vực,Tên lĩnh vực\nho-tich,Hộ tịch\n").rows_inserted == 1
    assert take("procedure", _PROCEDURES).rows_inserted == 3
    field = rows(units, "field")[0]["id"]
    first, second, unknown = rows(units, "procedure")
    assert (first["version"], first["limit_value"], first["field_id"]) == (1, 5, field)
    assert (first["valid_from"], first["valid_to"]) == (None, date(2026, 6, 30))
    assert (second["version"], second["level"], second["limit_unit"]) == (
        2,
        "commune",
        "working_day",
    )
    assert (unknown["level"], unknown["limit_value"], unknown["is_sensitive"]) == (
        None,
        None,
        False,
    )
    again = take("procedure", _PROCEDURES.replace(",3,Ngày", ",2,Ngày"))
    assert (again.rows_changed, again.rows_unchanged) == (1, 2)
    changes = history(units, "procedure", second["id"], scope=Scope(None))
    assert (changes["label"][0], changes["old"][0], changes["new"][0]) == (
        "Thời hạn giải quyết",
        "3",
        "2",
    )


def test_a_component_that_the_decision_does_not_have_or_cannot_score(
    take: Take, units: Engine
) -> None:
    report = take(
        "service_component",
        "Đơn vị;Tháng;Thành phần;Tử số;Mẫu số;Điểm trên Cổng;Nguồn\n"
        "gso:268;15/03/2025;2.1;76;100;15,2;Cổng\n"
        "gso:268;03/2025;N2;;;15,2;Cổng\n"
        "gso:268;03/2025;TONG;;;58,3;Cổng\n"
        "gso:268;03/2025;9.1;;;1;Cổng\n"
        "gso:268;04/2025;2.1;;;20,1;Cổng\n"
        "gso:268;05/2025;2.1;101;100;;Cổng\n",
    )
    assert (report.rows_inserted, report.rows_rejected) == (3, 3)
    assert {row["month"] for row in rows(units, "service_component")} == {date(2025, 3, 1)}
    said = [each.sentence() for each in report.first_rejected]
    assert "không có trong bộ chỉ số" in said[0]
    assert "lớn hơn điểm tối đa" in said[1]
    assert "lớn hơn mẫu số" in said[2]
