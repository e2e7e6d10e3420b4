"""Examples, index panels, templates and the command line of the registers."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import fastexcel
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from connectors.__main__ import main
from connectors.database.models import Base, Unit
from connectors.database.session import write_transaction
from connectors.registers import (
    REGISTERS,
    RegisterRefused,
    available_register_mappings,
    import_register,
    load_examples,
    template,
)
from connectors.registers.examples import FACTS, UNITS, add_units
from connectors.registers.mapping import load_register_mapping
from connectors.settings import Settings

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def rows(database: Engine, name: str) -> list[dict[str, Any]]:
    table = Base.metadata.tables[name]
    with database.connect() as connection:
        query = select(table).order_by(table.c.id)
        return [dict(row) for row in connection.execute(query).mappings()]


# -- examples ------------------------------------------------------------------------------------


def test_examples_twice(database: Engine, settings: Settings) -> None:
    first = load_examples(database, settings, now=NOW, refresh_snapshot=False)
    assert all(report.rows_inserted == report.rows_read > 0 for report in first)
    before = {name: rows(database, name) for name in (*REGISTERS, "unit", "change_log")}
    again = load_examples(database, settings, now=NOW, refresh_snapshot=False)
    assert all(report.rows_unchanged == report.rows_read for report in again)
    assert before == {name: rows(database, name) for name in before}


def test_units_that_are_there_are_used(database: Engine, settings: Settings) -> None:
    ends = date(2025, 6, 30)
    with Session(database) as session:
        session.add(Unit(scheme="gso", code="268", name="Q. Hà Đông", kind="district"))
        # The code of an old ward, borne by another one from 2025 on: not the same unit.
        session.add(
            Unit(
                scheme="gso",
                code="09552",
                name="Phường Kiến Hưng",
                kind="commune",
                valid_from=date(2025, 7, 1),
            )
        )
        session.commit()
    load_examples(database, settings, now=NOW, refresh_snapshot=False)
    units = rows(database, "unit")
    assert [unit["name"] for unit in units if unit["code"] == "268"] == ["Q. Hà Đông"]
    old = [unit for unit in units if unit["code"] == "09552"]
    assert {unit["name"]: unit["valid_to"] for unit in old} == {
        "Phường Kiến Hưng": None,
        "Phường Phú La": ends,
    }
    inspected = {row["unit_id"] for row in rows(database, "inspection")}
    new = next(unit["id"] for unit in old if unit["valid_to"] is None)
    assert new not in inspected


def test_a_parent_that_is_missing_is_named(sqlite_database: Engine, tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    head = UNITS.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{head}\ngso,1,Xã A,A,commune,commune,gso:9,,\n", encoding="utf-8")
    with pytest.raises(RegisterRefused, match="gso:9"), write_transaction(sqlite_database) as open_:
        add_units(open_, path)
    assert rows(sqlite_database, "unit") == []


# -- indices -------------------------------------------------------------------------------------


def test_every_fact_about_indices_is_taken(sqlite_database: Engine, settings: Settings) -> None:
    report = import_register(
        sqlite_database,
        settings,
        "index_score",
        FACTS,
        by="x",
        mapping="indices-facts",
        refresh_snapshot=False,
    )
    with FACTS.open(encoding="utf-8", newline="") as stream:
        facts = list(csv.DictReader(stream))
    assert (report.rows_inserted, report.rows_rejected) == (len(facts), 0)
    taken = rows(sqlite_database, "index_score")
    for fact, row in zip(facts, taken, strict=True):
        assert row["score"] == (float(fact["score"]) if fact["score"] else None)
        assert row["rank"] == (int(fact["rank"]) if fact["rank"] else None)
        assert (row["source"], row["conflict"] or "") == (fact["source"], fact["conflict"])
        assert row["province_code"] == fact["province_code"]
    worst = [row for row in taken if "từ 62 trở xuống" in (row["note"] or "")]
    assert len(worst) == 2
    assert all(row["rank_bound"] is None for row in worst)


def test_the_papi_panel(database: Engine, settings: Settings, shared_data: Path) -> None:
    path = shared_data / "indices" / "papi_panel_2011_2024.csv"
    report = import_register(
        database,
        settings,
        "index_score",
        path,
        by="x",
        mapping="papi-panel",
        refresh_snapshot=False,
    )
    assert report.rows_rejected == 0
    with path.open(encoding="utf-8", newline="") as stream:
        panel = {(int(row["year"]), row["province"]): row for row in csv.DictReader(stream)}
    taken = rows(database, "index_score")
    totals = {
        (row["year"], row["province_code"]): row for row in taken if row["component"] == "TOTAL"
    }
    assert len(totals) == len(panel) == 63 * 14
    for year in range(2011, 2025):
        source, row = panel[year, "Hanoi"], totals[year, "01"]
        assert (row["score"], row["rank"]) == (float(source["total"]), int(source["rank"]))
        assert row["province"] == "Hà Nội"
    assert sum(row["score"] is None for row in totals.values()) == 13
    assert not any(row["score"] == 0 for row in taken)
    breaks = Counter((row["method_version"], row["year"] < 2018) for row in totals.values())
    assert set(breaks) == {("6 lĩnh vực", True), ("8 lĩnh vực", False)}
    assert {row["component"] for row in taken if row["year"] < 2018} == {
        "TOTAL",
        *(f"D{number}" for number in range(1, 7)),
    }


@pytest.mark.slow
def test_the_pci_panel(sqlite_database: Engine, settings: Settings, shared_data: Path) -> None:
    path = shared_data / "indices" / "pci_panel_2005_2016.csv"
    report = import_register(
        sqlite_database,
        settings,
        "index_score",
        path,
        by="x",
        mapping="pci-panel",
        refresh_snapshot=False,
    )
    assert report.rows_rejected == 0
    taken = rows(sqlite_database, "index_score")
    totals = [row for row in taken if row["component"] == "TOTAL"]
    assert Counter(row["year"] for row in totals)[2005] == 42
    assert Counter(row["year"] for row in totals)[2006] == 64
    assert {row["province_code"] for row in totals if row["province"] == "Hà Tây"} == {"28"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("PAPI,2021,D1,Hà Lội,7.5,", "không nhận ra tỉnh, thành phố"),
        ("PAPPI,2021,D1,Hà Nội,7.5,", "Chọn một trong: PAPI"),
        ("PAPI,21,D1,Hà Nội,7.5,", "nhỏ hơn 1990"),
        ("PAPI,2021,TOTAL,Hà Nội,44.446,", "lớn hơn 1.000"),
        ("PAPI,2021,TOTAL,Hà Nội,44.4,63/63", "không phải số"),
    ],
)
def test_bad_scores(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, line: str, says: str
) -> None:
    path = tmp_path / "chi-so.csv"
    text = f"Chỉ số,Năm,Thành phần,Tỉnh,Điểm,Thứ hạng,Nguồn\n{line},báo\n"
    path.write_text(text, encoding="utf-8")
    report = import_register(
        sqlite_database, settings, "index_score", path, by="x", refresh_snapshot=False
    )
    assert report.rows_rejected == 1
    assert says in report.first_rejected[0].reason


# -- mappings ------------------------------------------------------------------------------------


def test_shipped_mappings_load() -> None:
    names = available_register_mappings()
    assert {"papi-panel", "pci-panel", "indices-facts"} <= set(names)
    for name in names:
        assert load_register_mapping(name).records()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('register = "nhiem_vu"', "không có sổ"),
        ('register = "task"\n[columns]\ncolour = "x"', "không có cột colour"),
        ('register = "task"\nfoo = 1', "chưa dùng được"),
        ("register = ", "không phải TOML"),
    ],
)
def test_a_bad_mapping_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RegisterRefused, match=says):
        load_register_mapping(path)


def test_a_mapping_of_another_register_or_file(
    sqlite_database: Engine, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(RegisterRefused, match="index_score"):
        import_register(sqlite_database, settings, "task", path, by="x", mapping="papi-panel")
    with pytest.raises(RegisterRefused, match="không có cột D1"):
        import_register(
            sqlite_database, settings, "index_score", path, by="x", mapping="papi-panel"
        )


# -- files that are no files ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "rỗng"),
        ("a.csv", b"%PDF-1.7\n", "PDF"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "Excel cũ"),
        ("a.csv", "Mã chương trình\n".encode() + b"\xff\xfe\xfa\n", "UTF-8"),
    ],
)
@pytest.mark.parametrize("register", ["task", "inspection", "target", "indicator_value"])
def test_refused_files(
    sqlite_database: Engine,
    settings: Settings,
    tmp_path: Path,
    register: str,
    name: str,
    content: bytes,
    says: str,
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Exception, match=says):
        import_register(sqlite_database, settings, register, path, by="x")
    assert rows(sqlite_database, "register_batch") == []


# -- templates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(REGISTERS))
def test_a_template_can_be_imported_as_it_is(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "mau.xlsx"
    path.write_bytes(template(name, units=["Quận Hà Đông"]))
    report = import_register(sqlite_database, settings, name, path, by="x", refresh_snapshot=False)
    assert (report.rows_read, report.warnings) == (0, [])
    header = fastexcel.read_excel(path).load_sheet(0).to_polars().columns
    assert len(header) == len(REGISTERS[name].columns)


def test_a_template_has_lists_and_explanations() -> None:
    content = template("inspection")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        names = parts.read("xl/workbook.xml").decode()
    assert sheet.count("<dataValidation ") == 3  # loại, môi trường số, độ chính xác của ngày
    assert 'name="Danh sách"' in names
    assert 'state="hidden"' in names
    book = fastexcel.read_excel(content)
    words = book.load_sheet("Danh sách", header_row=None).to_polars().to_series(0).drop_nulls()
    assert words.to_list() == ["Định kỳ", "Đột xuất", "Tái kiểm tra", "Tự kiểm tra"]
    guide = book.load_sheet("Hướng dẫn", header_row=None).to_polars()
    texts = " ".join(str(cell) for row in guide.iter_rows() for cell in row if cell)
    assert "Mã cuộc kiểm tra *" in texts
    assert "Chỉ biết tháng: ghi mm/yyyy." in texts


# -- the command line ----------------------------------------------------------------------------


def test_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'x.db'}")
    run = CliRunner().invoke
    assert run(main, ["migrate"]).exit_code == 0
    done = run(main, ["register", "examples"])
    assert done.exit_code == 0, done.output
    assert "Nhiệm vụ" in done.output
    listed = run(main, ["register", "list"])
    assert all(name in listed.output for name in REGISTERS)
    out = tmp_path / "mau.xlsx"
    assert run(main, ["register", "template", "task", str(out)]).exit_code == 0
    assert out.stat().st_size > 5000
    source = tmp_path / "bad.csv"
    source.write_text(
        "Mã chương trình,Mã nhiệm vụ,Tên nhiệm vụ,Đơn vị chủ trì,Nguồn\nKHÔNG,1,Việc,gso:268,x\n",
        encoding="utf-8",
    )
    done = run(main, ["register", "import", "task", str(source), "--by", "Lan", "--dry-run"])
    assert done.exit_code == 0
    assert "Thử nhập (không ghi gì)" in done.output
    assert "Dòng 2, cột “Mã chương trình”, giá trị “KHÔNG”" in done.output
    refused = run(main, ["register", "import", "nhiem-vu", str(source), "--by", "Lan"])
    assert refused.exit_code == 2
