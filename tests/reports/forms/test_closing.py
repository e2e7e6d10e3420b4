"""A closed period prints what was frozen; a later correction shows as a difference, by dossier."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from sqlalchemy import func, select, update

from connectors import audit, closing, same_units, snapshot
from connectors.closing import ClosingRefused
from connectors.database.audit import Audit
from connectors.database.closing import CLOSED_FIGURE, Closing
from connectors.database.models import Unit
from connectors.engine import Scope
from connectors.said import Said
from metrics.core.periods import parse_period
from metrics.dossiers.form_cells import FormRefused
from reports import closing as closings
from reports.__main__ import main
from reports.blocks import Form, Report
from reports.material import Material
from reports.opening import Unanswerable, Wanted, asked
from reports.registry import REPORTS
from reports.render import render
from tests.reports.conftest import Office, Rows, office_at, office_in

WEEK = "week:2025-W23"
"""2–8 June 2025."""
AT = datetime(2025, 12, 2, 2, tzinfo=UTC)
LATER = datetime(2025, 12, 3, tzinfo=UTC)
WARDS = ("Phường Hà Đông", "Phường Dương Nội")


def line(number: int, ended: str, due: str = "06/06/2025 16:00") -> str:
    ward = WARDS[number % 2]
    return f"HS-{number:03},02/06/2025 08:00,{due},{ended},Trực tuyến,{ward},1.001"


def said(scope: Scope | None = None) -> Said:
    actor = audit.Actor("Lan")
    return {"by": "Lan (lan)", "at": AT, "actor": actor, "scope": scope or Scope()}


def close(office: Office, unit: str | None = None, period: str = WEEK) -> int:
    wanted = Wanted(parse_period(period), unit)
    return closings.close(office.settings, office.database, wanted, **said())


@pytest.fixture(scope="module")
def _closed(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closed")
    made = office_in(folder, _sqlite_template)
    lines = [line(number, "05/06/2025 10:00") for number in range(60)]
    made.take(*lines, "HS-900,10/06/2025 08:00,20/06/2025 16:00,,Trực tiếp,Sở Y tế,1.001")
    close(made)
    made.database.dispose()
    return folder


@pytest.fixture
def closed(_closed: Path, tmp_path: Path) -> Iterator[Office]:
    """Sixty dossiers of a week, in time, and one after it; the week is closed."""
    made = office_at(Path(shutil.copytree(_closed, tmp_path / "office")))
    yield made
    made.database.dispose()


def total(report: Report) -> list[object]:
    """Columns (3) to (13) of the last line."""
    (form,) = [block for block in report.sections[0].blocks if isinstance(block, Form)]
    return list(form.rows[-1].values[2:13])


FROZEN = [60, 60, 0, 0, 60, 60, 0, 0, 0, 0, 0]
NOW = [60, 60, 0, 0, 56, 48, 0, 8, 4, 0, 4]


def correct(office: Office) -> list[str]:
    """Twelve dossiers corrected a day later: eight ended late, four had not ended at all."""
    late = [line(number, "07/06/2025 10:00") for number in range(8)]
    open_ = [line(number, "20/06/2025 10:00") for number in range(20, 24)]
    office.take(*late, *open_, now=LATER)
    return [f"HS-{number:03}" for number in (*range(8), *range(20, 24))]


def test_a_late_correction_of_twelve_dossiers(
    closed: Office, xlsx: Callable[[Report], Rows]
) -> None:
    assert total(closed.report("bieu-ii06a-don-vi", WEEK)) == FROZEN
    twelve = correct(closed)
    report = closed.report("bieu-ii06a-don-vi", WEEK)
    assert total(report) == FROZEN
    assert report.head.closed.startswith("SỐ LIỆU ĐÃ CHỐT: Lan (lan), lúc 09:00 02/12/2025")
    assert any("SỐ LIỆU ĐÃ CHỐT" in str(cell) for row in xlsx(report) for cell in row)
    found = closing.found(closed.database, closed.settings, 1, Scope())
    assert found is not None
    told = closings.against_now(closed.settings, found, Scope())
    assert [moved.code for moved in told.dossiers] == twelve
    assert {step.batch_id for moved in told.dossiers for step in moved.steps} == {2}
    assert {figure.key: (figure.frozen, figure.now) for figure in told.figures} == {
        "resolved": (60, 56),
        "resolved_early": (60, 48),
        "resolved_late": (0, 8),
        "pending": (0, 4),
        "pending_overdue": (0, 4),
    }
    assert not told.unexplained
    first = told.dossiers[0]
    assert (first.gone, first.came) == (("Giải quyết trước hạn",), ("Giải quyết quá hạn",))
    (change,) = first.steps[0].changes
    assert (change.field, change.new) == ("ended_at", datetime(2025, 6, 7, 10))


def test_every_form_prints_the_frozen_figures(closed: Office) -> None:
    forms = ("bieu-ii06a", "bieu-ii06a-don-vi", "bang-14-cot", "nguyen-nhan-qua-han", "bieu-ii07b")
    before = {name: closed.report(name, WEEK).sections for name in forms}
    correct(closed)
    assert {name: closed.report(name, WEEK).sections for name in before} == before
    # of a ward within, too
    ward = closed.report("bieu-ii06a", WEEK, WARDS[0])
    assert total(ward) == [30, 30, 0, 0, 30, 30, 0, 0, 0, 0, 0]
    assert ward.head.closed
    # and of no other period
    assert not closed.report("bieu-ii06a", "month:2025-06").head.closed


def test_pdf_of_a_closed_period_says_so(closed: Office, tmp_path: Path) -> None:
    path = tmp_path / "bieu.pdf"
    path.write_bytes(render(closed.report("bieu-ii06a", WEEK), "pdf"))
    words = " ".join(page.extract_text() for page in PdfReader(path).pages)
    words = " ".join(words.split())
    assert "SỐ LIỆU ĐÃ CHỐT: Lan (lan)" in words
    assert "Số hồ sơ nhận giải quyết" in words


def test_reopening_needs_a_reason_and_is_kept(closed: Office) -> None:
    correct(closed)
    with pytest.raises(ClosingRefused, match="lý do"):
        closing.reopen(closed.database, closed.settings, 1, "  ", **said())
    assert total(closed.report("bieu-ii06a", WEEK)) == FROZEN
    closing.reopen(closed.database, closed.settings, 1, "Sửa 12 hồ sơ", **said())
    report = closed.report("bieu-ii06a", WEEK)
    assert (total(report), report.head.closed) == (NOW, "")
    again = close(closed)
    (last, first) = closing.listed(closed.database, closed.settings, Scope()).to_dicts()
    assert (last["closing_id"], last["batch_id"], last["reopened_at"]) == (again, 2, None)
    assert (first["closing_id"], first["reopen_reason"]) == (1, "Sửa 12 hồ sơ")
    assert total(closed.report("bieu-ii06a", WEEK)) == NOW
    with closed.database.connect() as connection:
        lines = connection.execute(select(Audit.action).order_by(Audit.id)).scalars().all()
    wanted = ["close_period", "reopen_period", "close_period"]
    assert [action for action in lines if action.endswith("_period")] == wanted


def test_what_is_closed_is_not_closed_again(closed: Office) -> None:
    with pytest.raises(ClosingRefused, match=r"Tuần 23 .* đã được Lan \(lan\) chốt"):
        close(closed)
    close(closed, WARDS[0])  # of one unit within, of its own


def test_a_units_own_closing_comes_first(closed: Office) -> None:
    correct(closed)
    close(closed, WARDS[0])
    ward = closed.report("bieu-ii06a", WEEK, WARDS[0])
    assert total(ward)[4:8] == [28, 24, 0, 4]
    assert total(closed.report("bieu-ii06a", WEEK)) == FROZEN


def test_what_cannot_be_closed_is_refused_and_nothing_is_written(closed: Office) -> None:
    with pytest.raises(Unanswerable, match="chưa hết kỳ"):
        close(closed, period="month:2025-06")
    with pytest.raises(ClosingRefused, match="không có số liệu nào"):
        close(closed, period="week:2024-W02")
    with pytest.raises(ClosingRefused, match="ngoài phạm vi"):
        closing.close(closed.database, closed.settings, _other(2), [(2, None, "x", "", 1)],
                      **said(Scope(frozenset({3}))))  # fmt: skip
    with closed.database.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Closing)).scalar() == 1


def _other(unit: int) -> closing.ToClose:
    period = parse_period(WEEK)
    return closing.ToClose(unit, WEEK, period.first, period.last, datetime(2025, 6, 9), "current",
                           "v", 1, 1, "Tuần 23")  # fmt: skip


def test_records_that_are_not_in_the_figures_yet_stop_it(closed: Office) -> None:
    stale = closing.ToClose(**{**_other(2).__dict__, "newest": 0})
    with pytest.raises(ClosingRefused, match="tổng hợp lại"):
        closing.close(closed.database, closed.settings, stale, [(2, None, "x", "", 1)], **said())


def test_a_lost_database_gives_no_form(closed: Office, tmp_path: Path) -> None:
    gone = closed.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/gone.db"})
    closed.settings = gone
    with pytest.raises(Unanswerable, match="chưa biết kỳ này đã chốt"):
        closed.report("bieu-ii06a", WEEK)


def test_the_command_line(closed: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", closed.settings.database_url)
    monkeypatch.setenv("DATA_DIR", str(closed.settings.data_dir))
    monkeypatch.setenv("TIMEZONE", "Asia/Ho_Chi_Minh")
    correct(closed)

    def run(*words: str) -> str:
        result = CliRunner().invoke(main, ["closing", *words])
        assert result.exit_code == 0, result.output
        return result.output

    told = run("difference", "1")
    assert "Đã giải quyết: đã chốt 60, nay 56 (−4)" in told
    assert "12 hồ sơ làm nên chênh lệch" in told
    assert "HS-000: nay không tính: Giải quyết trước hạn; nay mới tính" in told
    run("reopen", "1", "--reason", "Sửa", "--by", "Lan")
    run("add", "--period", WEEK, "--by", "Lan", "--note", "BC 12")
    assert "mở lại" in run("list")


def test_frozen_rows_are_the_cells(closed: Office) -> None:
    with closed.database.connect() as connection:
        columns = (CLOSED_FIGURE.c[name] for name in ("unit_id", "figure", "count"))
        rows = connection.execute(select(*columns)).all()
    assert {tuple(row) for row in rows} >= {(2, "resolved", 30), (3, "resolved", 30)}
    assert all(row[2] != 0 for row in rows)


def lines(report: Report) -> list[tuple[object, ...]]:
    """Place, name and column (3) of each line."""
    (form,) = [block for block in report.sections[0].blocks if isinstance(block, Form)]
    return [tuple(row.values[:3]) for row in form.rows]


def test_units_print_as_they_were_called_and_stood_when_it_was_closed(closed: Office) -> None:
    before = closed.report("bieu-ii06a-don-vi", WEEK)
    with closed.database.begin() as connection:
        renamed = {"name": "Phường An Khánh", "level": "district", "parent_id": 1}
        connection.execute(update(Unit).where(Unit.id == 3).values(renamed))
    snapshot.rebuild(closed.database, closed.settings)
    report = closed.report("bieu-ii06a-don-vi", WEEK)
    assert lines(report)[1:] == lines(before)[1:]
    assert [name for _, name, _ in lines(report)][1:3] == ["Phường Dương Nội", "Phường Hà Đông"]
    ward = closed.report("bieu-ii06a", WEEK, "3")
    assert (ward.head.whose, total(ward)[0]) == ("Phường Dương Nội", 30)
    # What is above it now had nothing of it then.
    assert not lines(closed.report("bieu-ii06a", WEEK, "1"))
    # A period that is open goes by what holds now.
    names = [name for _, name, _ in lines(closed.report("bieu-ii06a-don-vi", "month:2025-06"))]
    assert "Phường An Khánh" in names


def test_a_merged_unit_keeps_its_line_and_is_seen_by_whom_it_went_to(closed: Office) -> None:
    with closed.database.begin() as connection:
        connection.execute(update(Unit).where(Unit.id.in_((2, 3))).values(parent_id=1))
    snapshot.rebuild(closed.database, closed.settings)
    closing.reopen(closed.database, closed.settings, 1, "Cây đơn vị", **said())
    close(closed)
    before = closed.report("bieu-ii06a-don-vi", WEEK, "1")
    same_units.merge(closed.database, closed.settings, 2, 3, "Một đơn vị", **said())
    assert lines(closed.report("bieu-ii06a-don-vi", WEEK, "1")) == lines(before)
    assert total(closed.report("bieu-ii06a-don-vi", WEEK)) == FROZEN
    # One reader has what was merged in its scope, another one has not, and is told so.
    for scope, shown, told in (({1, 2}, 60, False), ({1}, 0, True)):
        question = Wanted(parse_period(WEEK), "1")
        seen = Material(asked(closed.settings, question, frozenset(scope)))
        assert seen.form_cells.filter(figure="resolved")["count"].sum() == shown
        assert seen.closed is not None
        assert ("chỉ gồm đơn vị trong phạm vi" in seen.closed.words) is told
    found = closing.found(closed.database, closed.settings, 2, Scope())
    assert found is not None
    assert closings.against_now(closed.settings, found, Scope()).figures == ()


# -- what is carried over -----------------------------------------------------------------

BEFORE = "week:2025-W22"
LEFT = tuple(
    f"CU-{number},28/05/2025 08:00,30/06/2025 16:00,{{}},Trực tiếp,{WARDS[number % 2]},1.001"
    for number in range(4)
)


def notes(report: Report) -> str:
    (form,) = [block for block in report.sections[0].blocks if isinstance(block, Form)]
    return form.note


def test_what_was_corrected_after_the_period_before_was_closed_is_told(closed: Office) -> None:
    closing.reopen(closed.database, closed.settings, 1, "Nạp thiếu", **said())
    closed.take(*(line.format("") for line in LEFT))
    before = close(closed, period=BEFORE)
    assert total(closed.report("bieu-ii06a", WEEK))[3] == 4
    assert "Chuyển kỳ" not in notes(closed.report("bieu-ii06a", WEEK))
    # One of Hà Đông had ended in that week already.
    closed.take(LEFT[0].format("30/05/2025 10:00"), now=LATER)
    told = (
        "Chuyển kỳ: số đã chốt của kỳ trước được sửa sau khi chốt, nên (6) khác (11) của kỳ "
        "trước: Phường Hà Đông (6) = 1, (11) kỳ trước = 2, lệch 1."
    )
    report = closed.report("bieu-ii06a-don-vi", WEEK)
    assert (total(report)[3], told in notes(report)) == (3, True)
    assert told in notes(closed.report("bieu-ii06a", WEEK, WARDS[0]))
    assert "Chuyển kỳ" not in notes(closed.report("bieu-ii06a", WEEK, WARDS[1]))
    close(closed)
    frozen = closed.report("bang-14-cot", WEEK)
    assert told in notes(frozen)
    closed.take(LEFT[1].format("30/05/2025 10:00"), now=LATER)
    assert notes(closed.report("bang-14-cot", WEEK)) == notes(frozen)
    # Once the period before is open nothing stands against the frozen number.
    closing.reopen(closed.database, closed.settings, before, "Sửa", **said())
    assert "Chuyển kỳ" not in notes(closed.report("bang-14-cot", WEEK))


def test_the_same_records_that_carry_over_another_number_stop_the_form(closed: Office) -> None:
    closing.reopen(closed.database, closed.settings, 1, "Nạp thiếu", **said())
    closed.take(*(line.format("") for line in LEFT))
    material = closed.material(WEEK)
    assert material.carry_over == ()
    one_more = ["carried_over", "to_resolve", "pending", "pending_in_time"]
    planted = (pl.col("unit_id") == 2) & pl.col("figure").is_in(one_more)
    cells = material.form_cells.with_columns(pl.col("count") + planted.cast(pl.Int64))
    broken = closed.material(WEEK)
    broken.__dict__["form_cells"] = cells  # within the line everything still adds up
    with pytest.raises(FormRefused, match=r"Phường Hà Đông \(6\) = 3, \(11\) kỳ trước = 2, lệch 1"):
        REPORTS["bieu-ii06a"].make(broken)
