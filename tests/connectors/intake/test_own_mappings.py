"""One's own mappings: found by name, never outside their folder; told what is wrong with them."""

from __future__ import annotations

import logging
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir

import pytest
from click.testing import CliRunner, Result

from connectors import mappings
from connectors.__main__ import main
from connectors.database.session import migrate, open_database
from connectors.intake import MappingError, available_mappings, load_mapping
from connectors.intake.report import IntakeRefused
from connectors.registers.mapping import load_register_mapping
from connectors.settings import PROJECT_ROOT, load_settings
from tests.connectors.intake.conftest import GOOD, MAPPING, add_catalogue, dossiers, file_of

REGISTER = 'register = "task"\nlabel = "Nhiệm vụ của tỉnh"\n[columns]\nname = "Việc"\n'


@pytest.fixture
def own() -> Path:
    """The folder of the installation's own mappings."""
    folder = load_settings().mappings_dir
    folder.mkdir()
    return folder


@pytest.fixture
def command(own: Path) -> Callable[..., Result]:
    """Runs a command on an installation that has the small source's units."""
    engine = open_database(load_settings().database_url)
    migrate(engine)
    add_catalogue(engine)
    engine.dispose()
    return lambda *arguments: CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def test_the_folder_is_where_the_page_puts_mappings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAPPINGS_DIR")
    folder = load_settings().mappings_dir
    assert folder == PROJECT_ROOT / "mappings"
    page = (PROJECT_ROOT / "docs" / "connecting-a-source.md").read_text(encoding="utf-8")
    assert f"`{folder.name}/my-source.toml`" in page


def test_import_and_pull_find_it_by_name_wherever_they_are_started(
    command: Callable[..., Result],
    own: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (own / "mot-cua.v2.toml").write_text(MAPPING, encoding="utf-8")
    file = tmp_path / "ho-so.csv"
    file.write_text(file_of(GOOD), encoding="utf-8")
    monkeypatch.chdir("/")
    done = command("import", str(file), "--mapping", "mot-cua.v2")
    assert done.exit_code == 0, done.stderr
    assert "ánh xạ mot-cua.v2" in done.stdout
    database = open_database(load_settings().database_url)
    assert set(dossiers(database)) == {"HS-1"}
    database.dispose()

    sql = '[sql]\nurl = "sqlite:////khong/co.db"\nquery = "SELECT 1"'
    pulled = MAPPING.replace('[file]\nformat = "csv"', sql)
    (own / "keo.toml").write_text(pulled, encoding="utf-8")
    found = command("pull", "keo")
    assert found.exit_code == 2
    assert "co.db" in found.stderr, "the mapping was found: it is its source that is not there"


def test_the_timer_names_a_mapping_as_the_command_does() -> None:
    unit = (PROJECT_ROOT / "ops" / "dung-han-pull@.service").read_text(encoding="utf-8")
    assert "\nExecStart=/opt/dung-han/.venv/bin/python -m connectors pull %i\n" in unit
    assert "\nWorkingDirectory=/opt/dung-han\n" in unit


def test_a_name_never_leads_out_of_the_folder(own: Path, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(MAPPING, encoding="utf-8")
    (own / "con").mkdir()
    (own / "con" / "y.toml").write_text(MAPPING, encoding="utf-8")
    (own / ".z.toml").write_text(MAPPING, encoding="utf-8")
    names = ("../x", "con/y", "..", ".", "", "con", ".z", "z", "../values", "..\\x", "x\x00")
    for name in names:
        for load in (load_mapping, load_register_mapping):
            with pytest.raises(IntakeRefused, match="Không tìm thấy"):
                load(name, own)


def test_a_mistyped_path_is_not_taken_for_a_shipped_mapping(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="Không tìm thấy tệp ánh xạ"):
        load_mapping(str(tmp_path / "coselog.toml"))


def test_ones_own_wins_over_the_shipped_one_of_its_name_even_when_broken(own: Path) -> None:
    shipped = load_mapping("coselog", own).source.code
    path = own / "coselog.toml"
    path.write_text(MAPPING, encoding="utf-8")
    assert load_mapping("coselog", own).source.code == "thu-nghiem" != shipped
    assert load_mapping("coselog").source.code == shipped
    (one,) = mappings.own_mappings(own)
    assert (one.replaces, one.note) == (True, "của đơn vị, thay ánh xạ kèm theo cùng tên")
    path.write_text("x", encoding="utf-8")
    with pytest.raises(MappingError, match="không phải TOML"):
        load_mapping("coselog", own)


def test_an_unknown_name_is_told_with_the_nearest_and_both_folders(own: Path) -> None:
    (own / "mot-cua.toml").write_text(MAPPING, encoding="utf-8")
    with pytest.raises(MappingError) as told:
        load_mapping("mot-cuaa", own)
    for part in ("có phải “mot-cua”?", str(own), "coselog"):
        assert part in str(told.value)


def test_a_name_in_either_form_of_unicode_is_the_same_name(own: Path) -> None:
    (own / f"{unicodedata.normalize('NFD', 'một cửa')}.toml").write_text(MAPPING, "utf-8")
    assert load_mapping(unicodedata.normalize("NFC", "một cửa"), own).source.code == "thu-nghiem"
    assert [one.name for one in mappings.own_mappings(own)] == ["một cửa"]


def test_every_file_of_the_folder_is_told_with_file_key_and_nearest_name(own: Path) -> None:
    (own / "dung.toml").write_text(MAPPING, encoding="utf-8")
    (own / "so.toml").write_text(REGISTER, encoding="utf-8")
    (own / "sai-cot.toml").write_text(MAPPING.replace("due_at", "deu_at"), encoding="utf-8")
    (own / "sai-ten.toml").write_text(MAPPING.replace("scheme", "shceme"), encoding="utf-8")
    (own / "sai-so.toml").write_text(REGISTER.replace("name =", "nmae ="), encoding="utf-8")
    (own / "hong.toml").write_text("[source]\ncode 1\n", encoding="utf-8")
    (own / "ghi-chu.txt").write_text("không phải ánh xạ", encoding="utf-8")
    found = {one.name: one for one in mappings.own_mappings(own)}
    assert [name for name, one in found.items() if one.fault is None] == ["dung", "so"]
    assert (found["dung"].kind, found["so"].kind) == ("file", "register")
    assert found["so"].label == "Nhiệm vụ của tỉnh"
    for name, parts in {
        "sai-cot": ("sai-cot.toml", "deu_at", "“due_at”"),
        "sai-ten": ("sai-ten.toml", "units.resolving.shceme", "“scheme”"),
        "sai-so": ("sai-so.toml", "nmae", "“name”"),
        "hong": ("hong.toml", "dòng 2"),
    }.items():
        for part in parts:
            assert part in (found[name].fault or ""), name


def test_faults_are_logged_a_line_a_file(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    (own / "dung.toml").write_text(MAPPING, encoding="utf-8")
    (own / "sai.toml").write_text(MAPPING.replace("due_at", "deu_at"), encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        mappings.warn(own)
    (line,) = caplog.messages
    assert "sai.toml" in line
    assert "deu_at" in line
    assert "\n" not in line
    caplog.clear()
    mappings.warn(own / "khong-co")
    assert not caplog.messages


def test_the_command_lists_ones_own_and_ends_with_1_over_a_broken_one(
    command: Callable[..., Result], own: Path
) -> None:
    (own / "mot-cua.toml").write_text(MAPPING, encoding="utf-8")
    listed = command("mappings")
    assert listed.exit_code == 0
    assert "Nguồn thử nghiệm (hồ sơ, từ tệp); của đơn vị" in listed.stdout
    assert str(own) in listed.stdout
    assert all(name in listed.stdout for name in available_mappings())
    (own / "sai.toml").write_text(MAPPING.replace("due_at", "deu_at"), encoding="utf-8")
    broken = command("mappings")
    assert broken.exit_code == 1
    assert "CHƯA DÙNG ĐƯỢC" in broken.stdout
    assert "deu_at" in broken.stderr


def test_a_registers_mapping_is_no_mapping_of_dossiers(own: Path) -> None:
    (own / "so.toml").write_text(REGISTER, encoding="utf-8")
    assert load_register_mapping("so", own).register_ == "task"
    with pytest.raises(MappingError, match="là của một sổ"):
        load_mapping("so", own)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_the_account_may_not_read_is_told(own: Path, tmp_path: Path) -> None:
    path = own / "kin.toml"
    path.write_text(MAPPING, encoding="utf-8")
    path.chmod(0o600)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(gettempdir()) and folder != Path(gettempdir()):
            folder.chmod(0o755)
    os.seteuid(65534)
    try:
        told = mappings.faults(own)
        os.seteuid(0)
        own.chmod(0o700)
        os.seteuid(65534)
        closed = mappings.faults(own)
    finally:
        os.seteuid(0)
    assert [f"Không có quyền đọc ánh xạ {path}" in one for one in told] == [True]
    assert [f"Không đọc được thư mục ánh xạ {own}" in one for one in closed] == [True]


def test_whatever_changes_in_the_folder_changes_its_state(own: Path) -> None:
    before = mappings.state(own)
    (own / "a.toml").write_text("x", encoding="utf-8")
    after = mappings.state(own)
    (own / "a.toml").write_text("xy", encoding="utf-8")
    assert len({before, after, mappings.state(own)}) == 3
    assert mappings.state(own / "khong-co") == ()
