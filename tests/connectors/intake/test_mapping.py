"""Mappings: what is checked, what is said, and that the page on them is complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from connectors.intake import MappingError, available_mappings, fetch_kinds, load_mapping
from connectors.intake import mapping as module
from connectors.intake import setting_kinds as kinds
from connectors.settings import PROJECT_ROOT
from tests.connectors.intake.conftest import MAPPING

PAGE = PROJECT_ROOT / "docs" / "connecting-a-source.md"
MODELS = [
    model
    for model in {**vars(kinds), **vars(fetch_kinds), **vars(module)}.values()
    if isinstance(model, type) and issubclass(model, BaseModel) and model.model_fields
]


def test_the_shipped_mappings_load() -> None:
    assert set(available_mappings()) == {
        "bao-hiem-xa-hoi",
        "coselog",
        "igate-danh-sach",
        "lien-thong-ho-tich",
        "mau-nhap-ho-so",
        "nhat-ky-su-kien",
        "truc-lien-thong",
        "vnpt-igate2",
        "yeu-cau-thanh-pho",
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_page_describes_every_setting(model: type[BaseModel]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in model.model_fields:
        assert re.search(rf"[`\[.]{name}[`\].]", page), f"{model.__name__}.{name}"


def test_the_page_describes_every_field() -> None:
    page = PAGE.read_text(encoding="utf-8")
    fields = {*module.DOSSIER_FIELDS, *module.OWNER_FIELDS, *module.VALUE_FIELDS}
    for table in (*module.CHILD_FIELDS.values(), *module.CATALOGUE_FIELDS.values()):
        fields |= set(table)
    for name in fields:
        assert f"`{name}`" in page, name


def test_the_mapping_on_the_page_works(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    found = re.search(r"```toml\n(   \[source\].*?)```", page, re.S)
    assert found is not None
    path = tmp_path / "trang.toml"
    path.write_text(re.sub(r"(?m)^   ", "", found[1]), encoding="utf-8")
    assert load_mapping(path).source.code == "my-source"


FAULTS = {
    "no TOML": ("[source", "không phải TOML"),
    "no source": (MAPPING.replace("[source]", "[nguon]"), "source: thiếu thiết lập này"),
    "misspelt setting": (
        MAPPING.replace('format = "csv"', 'format = "csv"\ndelimeter = ";"'),
        "file.delimeter: không có thiết lập tên này; có phải “delimiter”?",
    ),
    "wrong choice": (
        MAPPING.replace('format = "csv"', 'format = "xls"'),
        "file.format: giá trị không dùng được; chọn một trong: 'csv', 'xlsx', 'jsonl' or 'xes'",
    ),
    "unknown field": (
        MAPPING.replace("due_at =", "due ="),
        "không có trường due (có phải “due_at”?);",
    ),
    "no code": (MAPPING.replace('code = "Mã hồ sơ"\n', ""), "thiếu columns.code"),
    "no moment": (
        MAPPING.replace('received_at = "Tiếp nhận"\n', ""),
        "thiếu columns.received_at",
    ),
    "no unit": (MAPPING.replace("[units.resolving]", "[units.receiving]"), "units.resolving"),
    "unit without column": (
        MAPPING.replace('column = "Đơn vị"\n', ""),
        "cần đúng một trong hai: column hoặc constant",
    ),
    "create without scheme": (
        MAPPING.replace('scheme = "H26"', "create = true"),
        "create = true cần scheme",
    ),
    "unknown zone": (MAPPING + '\n[dates]\nzone = "Ha Noi"\n', "không phải múi giờ IANA"),
    "bad pattern": (
        MAPPING.replace('code = "Mã hồ sơ"', 'code = { column = "Mã hồ sơ", pattern = "(" }'),
        "biểu thức chính quy sai",
    ),
    "file and sql": (
        MAPPING + '\n[sql]\nurl = "sqlite://"\nquery = "SELECT 1"\n',
        "cần đúng một trong hai bảng",
    ),
    "pause without kind": (
        MAPPING + '\n[[children]]\nkind = "pauses"\ncolumns.from_at = "Từ"\n',
        "thiếu loại tạm dừng",
    ),
    "events without key": (
        MAPPING
        + '\n[[children]]\nkind = "steps"\nrows = "events"\ncolumns.from_at = "Từ"\n'
        + 'columns.name = "Tên"\n',
        "cần key",
    ),
    "status out of range": (
        MAPPING + '\n[messages]\nstatus = "T"\nstatuses = { "0" = 11 }\n',
        "trạng thái phải từ 1 đến 10",
    ),
    "wrong type": (
        MAPPING.replace('name = "Nguồn thử nghiệm"', "name = 5"),
        "source.name: phải là chữ",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_in_vietnamese(case: str, tmp_path: Path) -> None:
    content, message = FAULTS[case]
    path = tmp_path / "sai.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MappingError) as told:
        load_mapping(path)
    assert "sai.toml" in str(told.value)
    assert message in str(told.value)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "sai.toml"
    path.write_text('[source]\ncode = ""\n[file]\nformat = "doc"\n', encoding="utf-8")
    with pytest.raises(MappingError) as told:
        load_mapping(path)
    text = str(told.value)
    for place in ("source.code", "source.name", "file.format", "columns", "units"):
        assert f"- {place}:" in text


def test_an_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(MappingError, match="coselog"):
        load_mapping("khong-co")
