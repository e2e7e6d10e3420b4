"""Apologies, new dates and causes that people record: in force, kept, mended, withdrawn."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connectors import audit, recording
from connectors.database.audit import Audit
from connectors.database.models import Apology, Dossier
from connectors.database.recorded import DossierRecord
from connectors.engine import Scope, open_facts
from connectors.intake import ImportReport, import_file
from connectors.overrides import set_threshold
from connectors.recording import Letter
from connectors.registers import RegisterRefused
from connectors.settings import Settings
from connectors.snapshot import read_manifest, rebuild, refresh
from metrics.core.ask import Ask, source_ends
from metrics.core.measure import measure
from metrics.dossiers.catalogue import figure
from tests.connectors.intake.conftest import add_catalogue, dossiers
from tests.connectors.snapshot_rows import whole
from tests.connectors.test_snapshot import same_facts

START = datetime(2040, 6, 1, 1, 0, tzinfo=UTC)
CSV = """
[source]
code = "thu-nghiem"
name = "Nguồn thử nghiệm"
[file]
format = "csv"
[columns]
code = "Mã"
received_at = "Tiếp nhận"
due_at = "Hẹn trả"
ended_at = "Kết thúc"
late_cause = "Nguyên nhân"
[constants]
end_kind = "result"
[units.resolving]
column = "Đơn vị"
scheme = "H26"
[[children]]
kind = "apologies"
columns.issued_at = "Xin lỗi"
columns.number = "Số"
"""
JSONL = """
[source]
code = "truc"
name = "Trục"
[file]
format = "jsonl"
[messages]
status = "TrangThai"
at = "Luc"
[columns]
code = "Ma"
due_at = "HenTra"
[units.resolving]
column = "DonVi"
"""
HEAD = "Mã,Tiếp nhận,Hẹn trả,Kết thúc,Nguyên nhân,Đơn vị,Xin lỗi,Số"
FIRST, NEW = datetime(2025, 6, 10, 16), datetime(2025, 6, 20, 16)
LETTER = Letter(date(2025, 6, 9), "Phải xác minh thêm", "15/TXL", "Chủ tịch", NEW.date())
EVERYTHING = Scope(None)


def row(code: str = "HS-1", due: str = "10/06/2025 16:00", end: str = "", **more: str) -> str:
    cells = (code, "05/06/2025 08:00", due, end, more.get("cause", ""))
    return ",".join((*cells, more.get("unit", "09556"), more.get("issued", ""), more.get("no", "")))


class Office:
    """An installation whose clock goes on an hour with each act."""

    def __init__(self, database: Engine, settings: Settings, folder: Path) -> None:
        self.database, self.settings, self.folder, self.now = database, settings, folder, START
        add_catalogue(database)

    def tick(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now

    def send(self, *rows: str | dict[str, Any]) -> ImportReport:
        is_table = isinstance(rows[0], str)
        mapping, path = self.folder / "m.toml", self.folder / ("a.csv" if is_table else "a.jsonl")
        mapping.write_text(CSV if is_table else JSONL, encoding="utf-8")
        lines = [HEAD, *rows] if is_table else map(json.dumps, rows)
        path.write_text("\n".join(map(str, lines)), encoding="utf-8")
        return import_file(
            self.database, self.settings, path, mapping, now=self.tick(), refresh_snapshot=False
        )

    def said(self, scope: Scope = EVERYTHING) -> Any:
        return {"by": "Lan", "at": self.tick(), "actor": audit.Actor("lan"), "scope": scope}

    def id(self, code: str = "HS-1") -> int:
        return dossiers(self.database)[code].id

    def apologise(self, letter: Letter = LETTER, *codes: str, **how: Any) -> recording.Done:
        ids = [self.id(code) for code in codes or ("HS-1",)]
        how = {"skips": how.pop("skips", False), **self.said(**how)}
        return recording.apologise(self.database, self.settings, ids, letter, **how)

    def records(self, code: str = "HS-1") -> tuple[recording.Recorded, ...]:
        return recording.records(self.database, self.settings, self.id(code), EVERYTHING)

    def due(self, code: str = "HS-1") -> tuple[datetime | None, datetime | None]:
        """Original and current due date, local."""
        found = dossiers(self.database)[code]
        return self._local(found.due_original_at), self._local(found.due_at)

    def _local(self, at: datetime | None) -> datetime | None:
        return None if at is None else at.astimezone(self.settings.zone).replace(tzinfo=None)

    def letters(self) -> list[tuple[str | None, datetime | None]]:
        with self.database.connect() as connection:
            found = connection.execute(
                select(Apology.number, Apology.issued_at).order_by(Apology.issued_at)
            )
            return [(number, self._local(at)) for number, at in found]

    def counted(self, key: str, as_of: datetime, known: datetime | None = None) -> int:
        """A figure of June 2025."""
        local = None if known is None else self._local(known)
        facts = open_facts(self.settings, EVERYTHING, as_known=local)
        ask = Ask(
            date(2025, 6, 1), date(2025, 6, 30), facts.calendar, as_of=as_of,
            ends=source_ends(facts.sources),
        )  # fmt: skip
        return int(measure(facts, [figure(key)], [ask])["numerator"][0])

    def audited(self, action: str) -> list[dict[str, Any]]:
        with self.database.connect() as connection:
            query = select(Audit.subject, Audit.unit_id, Audit.detail).where(Audit.action == action)
            return [dict(found) for found in connection.execute(query).mappings()]


@pytest.fixture
def office(sqlite_database: Engine, settings: Settings, tmp_path: Path) -> Office:
    return Office(sqlite_database, settings, tmp_path)


@pytest.fixture
def no_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only the database is looked at."""
    monkeypatch.setattr("connectors.snapshot.refresh", lambda *_: None)


@pytest.fixture
def on_both(database: Engine, settings: Settings, tmp_path: Path) -> Office:
    """On SQLite and on PostgreSQL."""
    return Office(database, settings, tmp_path)


def test_a_letter_counts_from_its_day_and_what_was_known_stays(office: Office) -> None:
    office.send(row(end="25/06/2025 10:00"), row("HS-2", end="28/06/2025 10:00"))
    before = office.now
    refresh(office.database, office.settings)
    parts = read_manifest(office.settings.snapshot_dir)
    assert office.apologise().dossiers == (office.id(),)
    assert office.due() == (FIRST, NEW)
    assert office.letters() == [("15/TXL", datetime(2025, 6, 9))]
    by_then, later = datetime(2025, 6, 9), datetime(2025, 6, 18)
    assert office.counted("re_dated", by_then) == 0
    assert office.counted("re_dated", later) == 1
    assert office.counted("pending_overdue", later) == 1
    assert office.counted("pending_overdue", later, before) == 2
    assert office.counted("late_without_apology", later, before) == 2
    # As if all were made anew.
    now = read_manifest(office.settings.snapshot_dir)
    assert parts is not None
    assert now is not None
    assert now.data_version != parts.data_version
    there = office.settings.model_copy(update={"data_dir": office.folder / "anew"})
    anew = rebuild(office.database, there)
    assert same_facts(whole(office.settings.snapshot_dir, now), whole(there.snapshot_dir, anew))
    (line,) = office.audited("recorded")
    assert line["subject"] == "Hồ sơ HS-1"
    assert json.loads(line["detail"])["dossier"] == office.id()
    assert "xác minh" not in str(line)


def test_a_later_import_that_does_not_speak_of_it_changes_nothing(on_both: Office) -> None:
    office = on_both
    office.send(row(), row("HS-2"))
    office.apologise()
    recording.give_cause(
        office.database, office.settings, [office.id()], "dispute", **office.said()
    )
    again = office.send(row(), row("HS-2"))
    assert (again.rows_changed, again.rows_unchanged) == (0, 2)
    # The same due date as ever, beside an end.
    assert office.send(row(end="19/06/2025 10:00")).rows_changed == 1
    found = dossiers(office.database)["HS-1"]
    assert office.due() == (FIRST, NEW)
    assert (found.late_cause, found.ended_at is not None) == ("dispute", True)
    assert office.letters() == [("15/TXL", datetime(2025, 6, 9))]
    refresh(office.database, office.settings)
    assert office.counted("resolved_late", datetime(2025, 7, 1)) == 0
    # What the source says anew is its own word.
    office.send(row(due="30/06/2025 16:00", end="19/06/2025 10:00", cause="other"))
    assert office.due()[1] == datetime(2025, 6, 30, 16)
    assert dossiers(office.database)["HS-1"].late_cause == "other"


@pytest.mark.usefixtures("no_snapshot")
def test_messages_say_what_they_say(office: Office) -> None:
    def message(status: int, day: int, **more: str) -> dict[str, Any]:
        at = f"2025-06-{day:02} 08:00"
        return {"Ma": "HS-1", "TrangThai": status, "Luc": at, "DonVi": "09556", **more}

    office.send(message(2, 5, HenTra="2025-06-10 16:00"))
    office.apologise()
    office.send(message(4, 6))
    assert office.due() == (FIRST, NEW)
    office.send(message(9, 19))
    assert office.due() == (FIRST, NEW)
    assert office.letters() == [("15/TXL", datetime(2025, 6, 9))]
    assert dossiers(office.database)["HS-1"].ended_at is not None


@pytest.mark.usefixtures("no_snapshot")
def test_what_the_source_confirms_is_its_own(office: Office) -> None:
    office.send(row())
    office.apologise()
    # The one-stop has changed the date in its system, and tells the letter itself.
    office.send(row(due="20/06/2025 16:00", issued="09/06/2025 09:30", no="15/TXL"))
    assert office.letters() == [("15/TXL", datetime(2025, 6, 9, 9, 30))]
    (record,) = office.records()
    recording.withdraw(office.database, office.settings, record.id, "nguồn đã ghi", **office.said())
    assert office.due() == (FIRST, NEW)
    assert len(office.letters()) == 1


@pytest.mark.usefixtures("no_snapshot")
def test_a_second_new_date_is_refused(office: Office) -> None:
    office.send(row(), row("HS-2", due="12/06/2025 16:00"))
    office.apologise()
    second = Letter(date(2025, 6, 19), "Còn phải chờ", new_due_on=date(2025, 7, 1))
    with pytest.raises(RegisterRefused, match="đã hẹn lại một lần; chỉ được 1 lần"):
        office.apologise(second)
    assert office.due() == (FIRST, NEW)
    # An apology alone is no re-appointment.
    office.apologise(Letter(date(2025, 6, 18), "Còn phải chờ"))
    assert len(office.letters()) == 2
    # The number is the installation's, from a day on.
    key, since = "reappointments_allowed", date(2025, 6, 20)
    set_threshold(office.database, key, 2, since, "QĐ 1", actor=audit.Actor("a"))
    with pytest.raises(RegisterRefused, match="chỉ được 1 lần"):
        office.apologise(second)
    office.apologise(Letter(date(2025, 6, 20), "Còn phải chờ", new_due_on=date(2025, 7, 1)))
    assert office.due() == (FIRST, datetime(2025, 7, 1, 16))
    office.send(row(end="30/06/2025 10:00"))
    assert office.due() == (FIRST, datetime(2025, 7, 1, 16))
    # Moved by the source, for no supplement: once.
    office.send(row("HS-2", due="16/06/2025 16:00"))
    with pytest.raises(RegisterRefused, match="đã hẹn lại một lần"):
        office.apologise(Letter(date(2025, 6, 16), "Chờ", new_due_on=date(2025, 6, 25)), "HS-2")


@pytest.mark.parametrize(
    ("letter", "why"),
    [
        (Letter(date(2025, 6, 9), " "), "hãy ghi lý do"),
        (Letter(date(2041, 6, 9), "Chờ"), "sau hôm nay"),
        (Letter(date(2025, 6, 4), "Chờ"), "trước ngày tiếp nhận"),
        (Letter(date(2025, 6, 9), "Chờ", new_due_on=date(2025, 6, 8)), "từ ngày ban hành"),
        (Letter(date(2025, 6, 9), "Chờ", new_due_on=date(2025, 6, 10)), "sau hẹn trả hiện hành"),
        (Letter(date(2025, 6, 9), "Chờ", "1" * 65), "tối đa 64"),
    ],
)
@pytest.mark.usefixtures("no_snapshot")
def test_what_no_letter_says(office: Office, letter: Letter, why: str) -> None:
    office.send(row())
    with pytest.raises(RegisterRefused, match=why):
        office.apologise(letter)
    assert office.letters() == []
    assert office.records() == ()


def test_a_record_is_mended_and_withdrawn_with_a_reason(office: Office) -> None:
    office.send(row())
    office.apologise()
    (record,) = office.records()
    better = Letter(LETTER.issued_on, "Phải xác minh", "16/TXL", None, date(2025, 6, 18))
    with pytest.raises(RegisterRefused, match="hãy ghi lý do"):
        recording.mend(office.database, office.settings, record.id, better, " ", **office.said())
    recording.mend(office.database, office.settings, record.id, better, "gõ nhầm", **office.said())
    (record,) = office.records()
    assert (record.letter, record.is_mended, record.why) == (better, True, "gõ nhầm")
    assert office.due() == (FIRST, datetime(2025, 6, 18, 16))
    assert office.letters() == [("16/TXL", datetime(2025, 6, 9))]
    moved = Letter(date(2025, 6, 8), "Phải xác minh", new_due_on=date(2025, 6, 18))
    with pytest.raises(RegisterRefused, match="hãy rút rồi ghi lại"):
        recording.mend(office.database, office.settings, record.id, moved, "sai", **office.said())
    recording.withdraw(office.database, office.settings, record.id, "ghi nhầm", **office.said())
    assert office.due() == (FIRST, FIRST)
    assert office.letters() == []
    (record,) = office.records()
    assert (record.is_withdrawn, record.why) == (True, "ghi nhầm")
    with pytest.raises(RegisterRefused, match="đã rút hoặc không có"):
        recording.withdraw(office.database, office.settings, record.id, "x y", **office.said())
    assert office.counted("re_dated", datetime(2025, 6, 18)) == 0
    office.apologise()
    assert office.due() == (FIRST, NEW)
    with office.database.connect() as connection:
        kept = connection.execute(select(DossierRecord.why).order_by(DossierRecord.id)).scalars()
        assert list(kept) == [None, "gõ nhầm", "ghi nhầm", None]


@pytest.mark.usefixtures("no_snapshot")
def test_a_cause_is_said_again_and_taken_back(office: Office) -> None:
    office.send(row(cause="other"))

    def give(cause: str) -> None:
        recording.give_cause(
            office.database, office.settings, [office.id()], cause, **office.said()
        )

    give("dispute")
    with pytest.raises(RegisterRefused, match="đã ghi nguyên nhân này"):
        give("dispute")
    give("system_error")
    assert dossiers(office.database)["HS-1"].late_cause == "system_error"
    (record,) = office.records()
    recording.withdraw(office.database, office.settings, record.id, "sai", **office.said())
    assert dossiers(office.database)["HS-1"].late_cause == "other"


@pytest.mark.usefixtures("no_snapshot")
def test_many_at_once_number_by_number(on_both: Office) -> None:
    office = on_both
    office.send(row(), row("HS-2"), row("HS-3", end="06/06/2025 08:00"), row("HS-4", unit="09886"))
    own = {dossiers(office.database)["HS-1"].resolving_unit_id}
    with pytest.raises(RegisterRefused, match="1 trong 3 hồ sơ không ghi được"):
        office.apologise(LETTER, "HS-1", "HS-2", "HS-3")
    assert office.letters() == []
    # Of another unit: to the asker it is none.
    with pytest.raises(RegisterRefused, match="không có trong dữ liệu"):
        office.apologise(LETTER, "HS-4", scope=Scope(frozenset(own)))
    done = office.apologise(LETTER, "HS-1", "HS-2", "HS-3", "HS-4", skips=True)
    assert len(done.dossiers) == 3
    assert done.left_out == (("HS-3", "đã kết thúc trước ngày ban hành nên không hẹn lại."),)
    assert [number for number, _ in office.letters()] == ["15/TXL", "16/TXL", "17/TXL"]
    lines = office.audited("recorded")
    assert [line["subject"] for line in lines] == ["2 hồ sơ", "Hồ sơ HS-4"]
    with office.database.connect() as connection:
        batches = connection.execute(select(Dossier.batch_id).order_by(Dossier.code)).scalars()
        assert [*batches][2] == 1  # what was left out is as it was
