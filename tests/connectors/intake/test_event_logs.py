"""Event logs, one row an event: XES and tables; requests to a city."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from connectors.database.models import Dossier, Step
from connectors.intake import ImportReport, IntakeRefused, import_file
from connectors.parsing import bounds
from connectors.settings import PROJECT_ROOT, Settings
from tests.connectors.intake.conftest import NOW, dossiers

SAMPLES = PROJECT_ROOT / "docs" / "samples"
LOG = "nhat-ky-su-kien"
Take = Callable[..., ImportReport]


@pytest.fixture
def take(sqlite_database: Engine, settings: Settings) -> Take:
    def run(path: Path, mapping: str = LOG) -> ImportReport:
        how: dict[str, Any] = {"refresh_snapshot": False, "now": NOW}
        return import_file(sqlite_database, settings, path, mapping, **how)

    return run


def steps(database: Engine) -> list[tuple[str, str]]:
    with Session(database) as session:
        query = select(Dossier.code, Step.name).join(Dossier, Dossier.id == Step.dossier_id)
        return [(row.code, row.name) for row in session.execute(query.order_by(Step.id))]


def test_a_log_in_xes(take: Take, sqlite_database: Engine, tmp_path: Path) -> None:
    report = take(SAMPLES / "nhat-ky-su-kien.xes")
    assert (report.rows_inserted, report.rows_rejected, report.events_read) == (3, 0, 4)
    assert "XES: 3 hồ sơ, 5 sự kiện" in report.read_as[0]
    found = dossiers(sqlite_database)
    assert found["HS-01"].channel == "online"
    assert found["HS-01"].ended_at is not None
    assert found["HS-01"].due_at is not None
    # Nobody said when it was received: it began with its first event.
    assert f"{found['HS-02'].received_at:%d %H:%M}" == "02 02:00"
    assert found["HS-02"].ended_at is None
    names = [name for code, name in steps(sqlite_database) if code == "HS-01"]
    assert names == ["Tiếp nhận", "Thẩm định", "Trả kết quả"]
    # The same in UTF-16 and packed changes nothing.
    text = (SAMPLES / "nhat-ky-su-kien.xes").read_text("utf-8").replace("UTF-8", "UTF-16", 1)
    packed = tmp_path / "log.xes.gz"
    packed.write_bytes(gzip.compress(text.encode("utf-16")))
    again = take(packed)
    assert (again.rows_unchanged, again.rows_inserted, again.rows_changed) == (3, 0, 0)


def test_a_table_of_events_has_no_duplicates(take: Take, sqlite_database: Engine) -> None:
    report = take(SAMPLES / "nhat-ky-su-kien.csv")
    assert (report.rows_inserted, report.rows_rejected, report.events_read) == (2, 0, 3)
    assert "1 dòng cũ hơn của cùng hồ sơ" in report.left_aside[-1]
    assert not any("concept:name" in told for told in report.left_aside)
    assert [code for code, _ in steps(sqlite_database)].count("HS-11") == 2
    assert take(SAMPLES / "nhat-ky-su-kien.csv").rows_unchanged == 2


def test_the_public_log_as_one_table(
    take: Take, sqlite_database: Engine, shared_data: Path
) -> None:
    report = take(shared_data / "coselog" / "events.csv.gz")
    assert (report.rows_inserted, report.rows_rejected, report.events_read) == (1434, 0, 8577)
    in_time = Dossier.ended_at <= Dossier.due_at
    with sqlite_database.connect() as connection:
        ended = connection.execute(select(func.count(Dossier.ended_at))).scalar_one()
        kept = connection.execute(select(func.count(Dossier.id)).where(in_time)).scalar_one()
    assert (ended, kept) == (1329, 952)


EVENT = '<event><string key="concept:name" value="x"/></event>'
CASE = '<trace><string key="concept:name" value="1"/>{}</trace>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE log [<!ENTITY a "b">]><log>&a;</log>', "là XML"),
        (f"<log>{'<a>' * 300}{'</a>' * 300}</log>", "lồng quá sâu"),
        (f"<log>{CASE.format(EVENT * 12)}</log>", "hơn 10 sự kiện"),
        ("<log><trace>", "đúng cú pháp"),
        (f"<log>{CASE.format(EVENT)}</log><log/>", "đúng cú pháp"),
        ("<log></log>", "Thiếu cột"),
    ],
)
def test_what_is_no_sound_log_is_refused(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    few = replace(bounds.shipped(), trace_events=10)
    monkeypatch.setattr(bounds, "shipped", lambda: few)
    path = tmp_path / "log.xes"
    path.write_text(f'<?xml version="1.0"?>{text}', encoding="utf-8")
    with pytest.raises(IntakeRefused, match=said):
        take(path)


def test_requests_to_a_city(take: Take, sqlite_database: Engine) -> None:
    report = take(SAMPLES / "yeu-cau-thanh-pho.csv", "yeu-cau-thanh-pho")
    assert (report.rows_inserted, report.rows_rejected) == (3, 0)
    found = dossiers(sqlite_database)
    # Midnight of 1 May in New York.
    assert f"{found['90000001'].received_at:%d/%m %H:%M}" == "01/05 04:00"
    assert (found["90000001"].channel, found["90000002"].channel) == ("online", None)
    assert found["90000002"].channel_source == "PHONE"
    assert report.units_created == ["Department of Transportation", "Department of Parks"]
