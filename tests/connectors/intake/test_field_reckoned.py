"""Working days across Tết, supplements, sources that end apart: reckoned by hand, asked by command.

Tết 2026: Monday 16 to Friday 20 February are days off, so Friday 13 is followed by Monday 23.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.__main__ import main
from metrics.__main__ import main as metrics
from tests.connectors.intake.field_case import CASES, Office, office

__all__ = ["office"]

PROCEDURES = """\
Mã thủ tục,Phiên bản,Tên thủ tục,Cấp giải quyết,Thời hạn giải quyết,Đơn vị thời hạn
1.000001,1,Năm ngày làm việc,Cấp xã,5,Ngày làm việc
1.000002,1,Năm ngày,Cấp xã,5,Ngày
1.000003,1,Một tháng,Cấp xã,1,Tháng
1.000004,1,Tám giờ,Cấp xã,8,Giờ
"""
HEAD = "Số hồ sơ;Thủ tục;Nộp;Ngày nhận;Ngày hẹn trả;Ngày xong;Bổ sung từ;Bổ sung đến;Đơn vị"
FEBRUARY = ("2026-01-01", "2026-02-28")


def _take(office: Office, *rows: str) -> None:
    """Dossiers of a catalogue of procedures with their time limits."""
    procedures = office.write("thu-tuc.csv", PROCEDURES)
    arguments = ["register", "import", "procedure", str(procedures), "--by", "A"]
    run = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert run.exit_code == 0, run.output
    base = (CASES / "base.toml").read_text("utf-8")
    mapping = office.write(
        "own.toml",
        base.replace("[columns]", '[columns]\nsubmitted_at = "Nộp"').replace(
            'end_kind = "result"', 'end_kind = "result"\nchannel = "online"'
        )
        + '[procedure]\ncolumn = "Thủ tục"\n'
        '[[children]]\nkind = "pauses"\nconstants = { kind = "supplement" }\n'
        'columns.from_at = "Bổ sung từ"\ncolumns.to_at = "Bổ sung đến"\n',
    )
    text = "\n".join([HEAD, *(f"{row};Phường Thử Một" for row in rows)]) + "\n"
    taken = office.take(office.write("a.csv", text), mapping)
    assert (taken.exit_code, taken.rejected) == (0, {}), taken.text


def test_days_late_across_tet_are_one_working_day(office: Office) -> None:
    _take(
        office,
        "A-1;;;10/02/2026 08:00;13/02/2026 17:00;23/02/2026 10:00;;",
        "A-2;;;10/02/2026 08:00;13/02/2026 17:00;22/02/2026 10:00;;",
        "A-3;;;10/02/2026 08:00;13/02/2026 17:00;24/02/2026 10:00;;",
    )
    rows = office.asked("rows", "resolved_late", *FEBRUARY)
    assert {row["code"]: (row["days_late"], row["working_days_late"]) for row in rows} == {
        "A-1": (10, 1),
        "A-2": (9, 0),
        "A-3": (11, 2),
    }
    (mean,) = office.asked("show", "mean_working_days_late", *FEBRUARY)
    assert (mean["numerator"], mean["denominator"], mean["rate"]) == (3, 3, 1.0)


def test_limits_across_tet_end_where_the_civil_code_says(office: Office) -> None:
    """Without a due date the portal goes by the limit; the others cannot be classified."""
    _take(
        office,
        # 5 working days after Wednesday 11: 12, 13, 23, 24, 25.
        "A-1;1.000001;;11/02/2026 09:00;;25/02/2026 23:30;;",
        "A-2;1.000001;;11/02/2026 09:00;;26/02/2026 00:00;;",
        # 5 days: Monday 16, a day off, so Monday 23.
        "B-1;1.000002;;11/02/2026 09:00;;23/02/2026 23:59:59;;",
        "B-2;1.000002;;11/02/2026 09:00;;24/02/2026 08:00;;",
        # A month after 16 January: 16 February, so Monday 23.
        "C-1;1.000003;;16/01/2026 09:00;;23/02/2026 17:00;;",
        "C-2;1.000003;;16/01/2026 09:00;;24/02/2026 00:00;;",
        # 8 hours after Friday 14:00: 3 on Friday, 5 on Monday 23, until 14:00.
        "D-1;1.000004;;13/02/2026 14:00;;23/02/2026 14:00;;",
        "D-2;1.000004;;13/02/2026 14:00;;23/02/2026 14:00:01;;",
    )
    portal = (*FEBRUARY, "--definition", "portal")
    assert office.counted("on_time", *portal) == ["A-1", "B-1", "C-1", "D-1"]
    assert office.counted("not_on_time", *portal) == ["A-2", "B-2", "C-2", "D-2"]
    (form,) = office.asked("show", "on_time", *FEBRUARY)
    assert (form["denominator"], form["unknown"], form["rate"]) == (0, 8, None)


def test_acceptance_is_due_after_eight_working_hours_across_tet(office: Office) -> None:
    _take(
        office,
        "A-1;;13/02/2026 14:00;23/02/2026 14:00;27/02/2026 17:00;26/02/2026 10:00;;",
        "A-2;;13/02/2026 14:00;23/02/2026 14:01;27/02/2026 17:00;26/02/2026 10:00;;",
    )
    assert office.counted("accepted_late", *FEBRUARY) == ["A-2"]


def test_due_soon_counts_over_the_days_off(office: Office) -> None:
    """On Thursday evening before Tết Tuesday 24 is 3 working days away, Wednesday 25 is 4."""
    _take(
        office,
        "A-1;;;10/02/2026 08:00;24/02/2026 17:00;;;",
        "A-2;;;10/02/2026 08:00;25/02/2026 17:00;;;",
        "A-3;;;12/02/2026 15:00;12/03/2026 17:00;;;",
    )
    at = ("2026-02-09", "2026-02-15", "--as-of", "2026-02-12T15:01")
    assert office.counted("due_soon", *at) == ["A-1"]


@pytest.mark.parametrize(("anew", "late"), [(False, ["A-2"]), (True, [])])
def test_the_limit_begins_anew_after_a_supplement_where_the_rule_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, anew: bool, late: list[str]
) -> None:
    """Asked on Wednesday 4 March, complete on Thursday 12 at 15:00.

    Less the waiting the due date is Tuesday 17 at 22:00; anew it is the fifth working day after
    the 12th: Thursday 19, at 24:00. The portal always subtracts.
    """
    rules = ((date(1970, 1, 1), False), (date(2026, 3, 4), anew))
    monkeypatch.setattr("connectors.snapshot.supplements.shipped_rules", lambda: rules)
    monkeypatch.setattr("connectors.snapshot.derive.shipped_rules", lambda: rules, raising=False)
    waited = "04/03/2026 10:00;12/03/2026 15:00"
    due = "02/03/2026 09:00;09/03/2026 17:00"
    _take(
        office,
        f"A-1;1.000001;;{due};17/03/2026 22:00;{waited}",
        f"A-2;1.000001;;{due};19/03/2026 23:59:59;{waited}",
        f"A-3;1.000001;;{due};20/03/2026 00:00;{waited}",
    )
    march = ("2026-03-01", "2026-03-31")
    assert office.counted("resolved_late", *march) == [*late, "A-3"]
    assert office.counted("not_on_time", *march, "--definition", "portal") == ["A-2", "A-3"]


def test_each_source_is_judged_at_its_own_end(office: Office) -> None:
    """The source that ends on the 10th does not say that its dossier of the 12th is overdue."""
    head = "Số hồ sơ;Ngày nhận;Ngày hẹn trả;Ngày xong;Đơn vị"

    def file(name: str, *rows: str) -> Path:
        return office.write(name, "\n".join([head, *(f"{r};Phường Thử Một" for r in rows)]) + "\n")

    second = office.own_mapping('"ca-kiem-tra"\nname = "Một cửa thử"', '"hai"\nname = "Nguồn hai"')
    office.take(
        file(
            "a.csv",
            "A-1;02/11/2026 08:00;12/11/2026 17:00;",
            "A-2;02/11/2026 08:00;20/11/2026 17:00;14/11/2026 09:00",
        )
    )
    office.take(
        file(
            "b.csv",
            "B-1;02/11/2026 08:00;12/11/2026 17:00;",
            "B-2;02/11/2026 08:00;09/11/2026 17:00;",
            "B-3;02/11/2026 08:00;20/11/2026 17:00;10/11/2026 09:00",
        ),
        second,
    )
    week = ("2026-11-09", "2026-11-15")
    assert office.counted("pending_overdue", *week) == ["A-1", "B-2"]
    run = CliRunner().invoke(metrics, ["show", "pending", "--from", week[0], "--to", week[1]])
    assert "Nguồn “Nguồn hai” chỉ có số liệu đến 09:01 ngày 10/11/2026" in run.stderr
    # Asked about earlier than either ends, both have an answer.
    early = ("2026-11-09", "2026-11-09", "--as-of", "2026-11-10T00:00")
    assert office.counted("pending_overdue", *early) == ["B-2"]


def test_a_zone_whose_clock_goes_back_half_an_hour(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Lord Howe the half hour before 02:00 of 5 April 2026 comes twice, at +11 and at +10:30."""
    monkeypatch.setenv("TIMEZONE", "Australia/Lord_Howe")
    head = "Số hồ sơ;Ngày nhận;Ngày hẹn trả;Ngày xong;Đơn vị"
    day = "2026-04-05T"
    rows = (
        f"A-1;02/04/2026 08:00;{day}01:40:00+11:00;{day}01:35:00+10:30;Phường Thử Một",
        f"A-2;02/04/2026 08:00;{day}01:40:00+10:30;{day}01:45:00+11:00;Phường Thử Một",
        f"A-3;02/04/2026 08:00;{day}01:40:00+10:30;{day}01:40:00+10:30;Phường Thử Một",
        "A-4;06/04/2026 08:00;09/04/2026 17:00;;Phường Thử Một",
    )
    office.take(office.write("a.csv", "\n".join([head, *rows]) + "\n"))
    april = ("2026-04-01", "2026-04-30")
    # 01:35 of the second time is 25 minutes after 01:40 of the first.
    assert office.counted("resolved_late", *april) == ["A-1"]
    assert office.counted("resolved_on_day", *april) == ["A-2", "A-3"]
