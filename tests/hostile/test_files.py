"""Files that end, fill or hold up whoever reads them: refused in words, and nothing is left."""

from __future__ import annotations

import gzip
import os
import random
import stat
import struct
import subprocess
import sys
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine

from connectors.intake import IntakeRefused, load_mapping
from connectors.parsing import child
from connectors.parsing.protocol import Job, Reading
from connectors.registers import import_register, load_register_mapping
from connectors.settings import Settings
from connectors.workspace import WorkingFolder
from tests.bounds import set_bounds
from tests.hostile import books
from tests.hostile.books import SHEET, STRINGS, cell, sheet, strings, table, write
from tests.hostile.conftest import GOOD, HEADER, Take, left_behind, refused

pytestmark = pytest.mark.usefixtures("nothing_left")


# -- the used range ----------------------------------------------------------------------------


def test_a_stray_blank_in_the_last_cell_is_cut_off_and_told(take: Take, tmp_path: Path) -> None:
    rows = [*table(HEADER, GOOD), cell("XFD1048576", " ")]
    path = write(tmp_path / "a.xlsx", {SHEET: sheet(*rows)})
    began = time.monotonic()
    report = take(path)
    assert (report.rows_read, report.rows_inserted) == (1, 1)
    assert any("XFD1048576" in warning and "bỏ qua" in warning for warning in report.warnings)
    assert time.monotonic() - began < 20


def test_two_cells_in_opposite_corners_are_refused_for_what_the_file_lacks(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.xlsx", {SHEET: sheet(cell("A1", "x"), cell("XFD1048576", "y"))})
    assert path.stat().st_size < 3000
    refused(take, database, path, "Thiếu cột")


def test_content_far_beyond_the_header_is_left_out_and_told(take: Take, tmp_path: Path) -> None:
    head, good = table(HEADER, GOOD)
    good += cell("XFD2", "ghi chú ở xa")
    report = take(write(tmp_path / "a.xlsx", {SHEET: sheet(head, good)}))
    assert report.rows_inserted == 1
    assert any("XFD2" in warning for warning in report.warnings)


def test_a_shared_text_that_is_blank_is_no_content(take: Take, tmp_path: Path) -> None:
    stray = '<c r="CV1048576" t="s"><v>0</v></c>'
    rows = [*table(HEADER, GOOD), stray]
    path = write(tmp_path / "a.xlsx", {SHEET: sheet(*rows), STRINGS: strings(" \n ")})
    report = take(path)
    assert report.rows_inserted == 1
    assert any("CV1048576" in warning for warning in report.warnings)


def test_what_is_left_of_a_cut_sheet_reads_as_before(take: Take, tmp_path: Path) -> None:
    """Numbers, days, shared and inline texts, errors, truth values: the copy changes none."""
    kinds = (
        '<row r="1"><c r="A1" t="s"><v>1</v></c>'
        + cell("B1", "b & <c>")
        + cell("C1", "c")
        + cell("D1", "d")
        + cell("E1", "e")
        + "</row>"
        '<row r="3"><c r="A3"><v>1.5</v></c><c r="B3" s="1"><v>45000.25</v></c>'
        '<c r="C3" t="b"><v>1</v></c><c r="D3" t="str"><f>1+1</f><v>2 &amp; 3</v></c>'
        '<c r="E3" t="s"><v>1</v></c></row>'
    )
    styles = (
        f'<styleSheet xmlns="{books._MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>'
    )
    parts = {STRINGS: strings(" ", "một"), "xl/styles.xml": styles}
    plain = sheet().replace("<sheetData>", f"<sheetData>{kinds}")
    stray = f'<row r="1048576">{cell("XFD1048576", " ")}</row>'
    cut = sheet().replace("<sheetData>", f"<sheetData>{kinds}{stray}")
    reading = Reading(format="xlsx")
    with child.parsed(write(tmp_path / "a.xlsx", parts | {SHEET: plain}), reading) as found:
        expected = pl.concat(found.frames)
    assert found.warnings == []
    with child.parsed(write(tmp_path / "b.xlsx", parts | {SHEET: cut}), reading) as found:
        assert found.header == ["một", "b & <c>", "c", "d", "e"]
        assert pl.concat(found.frames).equals(expected)
    assert len(found.warnings) == 1
    assert expected.row(-1)[:5] == ("1.5", "2023-03-15 06:00:00", "true", "2 & 3", "một")


def test_a_table_with_a_cell_far_below_is_refused_by_its_address(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    head = "".join(cell(f"{letter}1", letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    path = write(tmp_path / "a.xlsx", {SHEET: sheet(head, cell("A1048576", "x"))})
    refused(take, database, path, "Z1048576")


# -- workbooks that lie ------------------------------------------------------------------------


def test_a_reader_that_dies_is_a_sentence_and_the_next_file_is_read(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    """Hidden from the quick look behind a sign that it does not know."""
    hidden = '<c s="&gt;>" r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>'
    rows = [*table(HEADER, GOOD), hidden]
    path = write(tmp_path / "a.xlsx", {SHEET: sheet(*rows)})
    refused(take, database, path, "cần nhiều bộ nhớ hơn mức cho phép")
    good = write(tmp_path / "b.xlsx", {SHEET: sheet(*table(HEADER, GOOD))})
    assert take(good).rows_inserted == 1


def test_a_giant_shared_text_in_every_cell_is_refused(
    take: Take, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, memory_mb=512)
    rows = [f'<c r="A{line}" t="s"><v>0</v></c>' for line in range(1, 3000)]
    parts = {SHEET: sheet(*rows), STRINGS: strings("x" * 1_000_000)}
    refused(take, database, write(tmp_path / "a.xlsx", parts), "cần nhiều bộ nhớ")


LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize("part", [SHEET, STRINGS])
@pytest.mark.parametrize("stray", [True, False])
def test_entities_are_not_resolved(take: Take, tmp_path: Path, part: str, *, stray: bool) -> None:
    """Neither a billion laughs nor a file of the server come in by a document type."""
    secret = tmp_path / "secret.txt"
    secret.write_text("bi-mat-cua-may-chu", encoding="utf-8")
    for before, entity in (
        (LAUGHS, "&j;"),
        (f'<!DOCTYPE l [<!ENTITY x SYSTEM "{secret.as_uri()}">]>', "&x;"),
    ):
        code = f'<c r="A2" t="inlineStr"><is><t>{entity}</t></is></c>'
        rows = table(HEADER, GOOD)
        rows[1] = rows[1].replace(cell("A2", "HS-1"), code)
        if part == STRINGS:
            rows[1] = rows[1].replace(code, '<c r="A2" t="s"><v>0</v></c>')
        parts = {SHEET: sheet(*rows, *([cell("XFD9", " ")] if stray else []))}
        if part == STRINGS:
            parts[STRINGS] = strings(entity, before=before)
        else:
            parts[SHEET] = before + parts[SHEET]
        try:
            said = take(write(tmp_path / "a.xlsx", parts)).as_json()
        except IntakeRefused as refusal:
            said = str(refusal)
        assert "bi-mat" not in said
        assert len(said) < 5000


def test_a_false_size_in_the_directory_is_found(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    """It says a few bytes and unpacks to many."""
    rows = [*table(HEADER, GOOD), *(cell(f"A{line}", "x" * 200) for line in range(3, 5000))]
    path = write(tmp_path / "a.xlsx", {SHEET: sheet(*rows)})
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(SHEET.encode()))
    content[at + 24 : at + 28] = struct.pack("<I", 300)
    path.write_bytes(content)
    refused(take, database, path, "bị hỏng")


def test_entries_that_share_their_bytes_are_refused(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.xlsx", {SHEET: sheet(*table(HEADER, GOOD)), "xl/z.xml": "z" * 99})
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x01\x02")
    last = content.rindex(b"PK\x01\x02")
    content[last + 42 : last + 46] = content[first + 42 : first + 46]
    path.write_bytes(content)
    refused(take, database, path, "bị hỏng")


def test_thousands_of_entries_and_gigabytes_of_them_are_refused(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    good = {SHEET: sheet(*table(HEADER, GOOD))}
    many = good | {f"xl/media/{number}.png": b"" for number in range(2100)}
    refused(take, database, write(tmp_path / "a.xlsx", many), "quá nhiều tệp bên trong")
    path = write(tmp_path / "b.xlsx", good)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/a.bin", "w", force_zip64=True) as part,
    ):
        for _ in range(1025):
            part.write(bytes(1 << 20))
    assert path.stat().st_size < 2 << 20
    refused(take, database, path, "quá lớn sau khi giải nén")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"xl/workbook.bin": b"x"}, "XLSB"),
        ({"content.xml": "<x/>"}, "ODS"),
        ({"word/document.xml": "<x/>"}, "DOCX"),
        ({"a.zip": b"PK\x03\x04", "b/c.xlsx": b"PK\x03\x04"}, "một tệp nén khác"),
    ],
    ids=["xlsb", "ods", "docx", "nested"],
)
def test_other_archives_are_called_what_they_are(
    take: Take, database: Engine, tmp_path: Path, parts: dict[str, bytes], words: str
) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    refused(take, database, path, words)


def test_two_parts_of_one_name_are_refused(take: Take, database: Engine, tmp_path: Path) -> None:
    """One reader takes the first, another the last: what was looked at is not what is read."""
    path = write(tmp_path / "a.xlsx", {SHEET: sheet(*table(HEADER, GOOD))})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(SHEET.upper(), sheet(cell("A1", "x"), cell("XFD1048576", "y")))
    refused(take, database, path, "bị hỏng")


def test_depth_and_sheets_without_end_are_refused_in_a_moment(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    """Ten kilobytes took half a minute: expat takes the square of the depth."""
    good = table(HEADER, GOOD)
    deep = sheet(*good, cell("XFD1048576", " "), after="<x>" * 400_000 + "</x>" * 400_000)
    book = books._PARTS["xl/workbook.xml"]
    one = book[book.index("<sheet ") : book.index("</sheets>")]
    many = {SHEET: sheet(*good), "xl/workbook.xml": book.replace(one, one * 50_000)}
    for name, parts in (("a.xlsx", {SHEET: deep}), ("b.xlsx", many)):
        began = time.monotonic()
        refused(take, database, write(tmp_path / name, parts), "bị hỏng")
        assert time.monotonic() - began < 10


def test_macros_paths_merged_cells_and_names_do_no_harm(take: Take, tmp_path: Path) -> None:
    """What stands beside the cells is not looked at, and never unpacked to the disk."""
    merged = "".join(f'<mergeCell ref="A1:XFD{1048576 - at}"/>' for at in range(20_000))
    after = f"<mergeCells>{merged}</mergeCells>"
    names = "".join(
        f'<definedName name="n{at}">{"Sheet1!$A$1:$XFD$1048576," * 20}x</definedName>'
        for at in range(2000)
    )
    book = books._PARTS["xl/workbook.xml"].replace(
        "</workbook>", f"<definedNames>{names}</definedNames></workbook>"
    )
    styles = f'<styleSheet xmlns="{books._MAIN}"><cellXfs count="4294967295">'
    styles += '<xf numFmtId="14"/>' * 100_000 + "</cellXfs></styleSheet>"
    parts: dict[str, str | bytes] = {
        SHEET: sheet(*table(HEADER, GOOD), after=after),
        "xl/workbook.xml": book,
        "xl/styles.xml": styles,
        "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(1000),
        "../../../../tmp/out.txt": b"x",
        "/etc/passwd": b"x",
        "C:\\windows\\x": b"x",
    }
    assert take(write(tmp_path / "a.xlsx", parts)).rows_inserted == 1
    assert not (tmp_path.parent / "out.txt").exists()


def test_a_foreign_and_a_cut_file_named_as_a_workbook_are_refused(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    parquet = tmp_path / "a.xlsx"
    pl.DataFrame({"a": [1]}).write_parquet(parquet)
    refused(take, database, parquet, "không phải XLSX")
    whole = write(tmp_path / "b.xlsx", {SHEET: sheet(*table(HEADER, GOOD))}).read_bytes()
    for at in (5, 100, len(whole) // 2, len(whole) - 5):
        (tmp_path / "c.xlsx").write_bytes(whole[:at])
        refused(take, database, tmp_path / "c.xlsx", "bị hỏng|không phải XLSX")


# -- bounds that the process keeps -------------------------------------------------------------


def test_reading_that_takes_too_long_is_ended_and_told(
    take: Take, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    noise = random.Random(8)
    lines = (f"HS-{noise.random()},{GOOD}" for _ in range(100_000))
    path.write_text(HEADER + "\n" + "\n".join(lines), encoding="utf-8")
    set_bounds(monkeypatch, seconds=0.005, seconds_per_mb=0)
    refused(take, database, path, "đọc quá lâu")


def test_a_reader_that_keeps_us_waiting_is_ended_and_told(
    take: Take, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a bound on its processor time: one that sleeps costs none."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "\n" + f"{GOOD}\n" * 100_000, encoding="utf-8")
    set_bounds(monkeypatch, seconds=1000, patience=0.000_001)
    refused(take, database, path, "đọc quá lâu")


def test_a_process_that_is_killed_is_a_sentence_and_its_copies_go(
    take: Take, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system does when the machine has no memory left."""
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress((HEADER + "\n" + f"{GOOD}\n" * 50_000).encode()))
    real = child._Child.next
    killed: list[list[Path]] = []

    def kill_first(self: child._Child, job: Job) -> object:
        if not killed and job.name == path.name:
            answer = real(self, job)
            killed.append(list(Path(job.folder).glob("*")))
            self._process.kill()
            return answer
        return real(self, job)

    monkeypatch.setattr(child._Child, "next", kill_first)
    set_bounds(monkeypatch, rows=100)
    refused(take, database, path, "việc đọc đã dừng", tried=False)
    assert [kept.name for kept in killed[0]] != []


def test_copies_can_be_read_by_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEADER}\n{GOOD}\n".encode("utf-16"))
    with child.parsed(path, Reading(format="csv")):
        folder = Path(left_behind()[0])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {stat.S_IMODE(kept.stat().st_mode) for kept in folder.glob("*.txt")}
    assert modes == {0o600}


def test_a_disk_without_room_is_called_full(
    take: Take, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, kept_free=1 << 62)
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEADER}\n{GOOD}\n".encode("utf-16"))
    refused(take, database, path, "Không đủ chỗ trống trên đĩa")
    stray = write(tmp_path / "a.xlsx", {SHEET: sheet(*table(HEADER, GOOD), cell("XFD9999", " "))})
    refused(take, database, stray, "Không đủ chỗ trống trên đĩa")


def test_the_reading_process_knows_no_secret_and_ends_with_its_parent(tmp_path: Path) -> None:
    """Its environment has neither keys nor the database; a killed parent leaves none behind."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "\n" + f"{GOOD}\n" * 200_000, encoding="utf-8")
    code = (
        "import sys, time; from pathlib import Path\n"
        "from connectors.parsing import child\n"
        "with child.parsed(Path(sys.argv[1]), child.Reading(format='csv')) as found:\n"
        "    next(found.frames)\n"
        "    print('reading', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    secrets = {"PYTHONPATH": ".", "OWNER_KEY": "bi-mat-1", "AUDIT_KEY": "bi-mat-2"}
    with (
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **secrets},
        ) as parent,
        ExitStack() as stack,
    ):
        stack.callback(parent.kill)
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"reading\n"
        number = int(Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text())
        assert b"bi-mat" not in Path(f"/proc/{number}/environ").read_bytes()
        # When the machine has no memory left, the system is to end this one first.
        assert Path(f"/proc/{number}/oom_score_adj").read_text().strip() == "1000"
    deadline = time.monotonic() + 20
    while Path(f"/proc/{number}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{number}").exists()
    for folder in left_behind():  # nobody holds them: the next import sweeps them
        WorkingFolder().cleanup()
        assert not Path(folder).exists()


def test_a_file_waits_for_its_turn_and_is_then_told(
    take: Take, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, wait_seconds=0.01)
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    with child.turn(), child.turn():
        refused(take, database, path, "đang đọc các tệp khác")
    assert take(path).rows_inserted == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#" * 300_000, "lớn hơn 256 KB"),
        ("a = " + "9" * 5000, "không phải TOML"),
        ("a = " + "[" * 5000, "lồng quá nhiều"),
    ],
    ids=["large", "digits", "deep"],
)
def test_a_hostile_mapping_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")
    for load in (load_mapping, load_register_mapping):
        with pytest.raises(IntakeRefused, match=words):
            load(path)


def test_a_registers_file_has_an_end(
    database: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its rows are kept until they are looked at."""
    path = tmp_path / "a.csv"
    path.write_text("Mã lĩnh vực,Tên lĩnh vực\n" + "x,y\n" * 100, encoding="utf-8")
    for values, words in (({"register_rows": 50}, "50 dòng"), ({"register_bytes": 99}, "0 MB")):
        set_bounds(monkeypatch, **values)
        with pytest.raises(IntakeRefused, match=words):
            import_register(database, settings, "field", path, by="Lan", refresh_snapshot=False)
