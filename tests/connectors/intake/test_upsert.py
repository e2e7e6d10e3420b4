"""The same file again, changed rows, children, killed imports, sample data."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, text

from connectors.database.models import (
    Apology,
    Base,
    Dossier,
    ImportBatch,
    Owner,
    Pause,
    Setting,
    Source,
    Step,
)
from connectors.intake import ImportReport, IntakeRefused, import_file
from connectors.settings import Settings
from tests.connectors.intake.conftest import GOOD, HEADER, MAPPING, dossiers, file_of

Take = Callable[..., ImportReport]

TWO = GOOD.replace("HS-1", "HS-2")


def counts(report: ImportReport) -> tuple[int, int, int]:
    return report.rows_inserted, report.rows_changed, report.rows_unchanged


def test_the_same_file_again_changes_nothing(take: Take, database: Engine) -> None:
    assert counts(take(file_of(GOOD, TWO))) == (2, 0, 0)
    before = dossiers(database)
    assert counts(take(file_of(GOOD, TWO))) == (0, 0, 2)
    after = dossiers(database)
    assert {code: row.batch_id for code, row in after.items()} == {
        code: row.batch_id for code, row in before.items()
    }


def test_a_changed_row_updates_and_a_new_one_is_added(take: Take, database: Engine) -> None:
    first = take(file_of(GOOD, TWO))
    ids = {code: row.id for code, row in dossiers(database).items()}
    second = take(file_of(GOOD, TWO.replace("09/06/2025 10:00", ""), GOOD.replace("HS-1", "HS-3")))
    assert counts(second) == (1, 1, 1)
    found = dossiers(database)
    assert found["HS-2"].ended_at is None
    assert found["HS-2"].end_kind is None
    assert found["HS-2"].id == ids["HS-2"]
    assert found["HS-1"].batch_id == first.batch_id
    assert found["HS-2"].batch_id == found["HS-3"].batch_id == second.batch_id
    assert found["HS-3"].id not in ids.values()


def test_the_first_due_date_is_kept_as_the_original(take: Take, database: Engine) -> None:
    take(file_of(GOOD))
    take(file_of(GOOD.replace("10/06/2025 16:00", "20/06/2025 16:00")))
    found = dossiers(database)["HS-1"]
    assert found.due_original_at == datetime(2025, 6, 10, 9, 0, tzinfo=UTC)
    assert found.due_at == datetime(2025, 6, 20, 9, 0, tzinfo=UTC)


CHILDREN = """
[owner]
name = "Chủ hồ sơ"
phone = "Điện thoại"

[[children]]
kind = "pauses"
constants = { kind = "supplement" }
columns.from_at = "Bổ sung từ"
columns.to_at = "Bổ sung đến"

[[children]]
kind = "apologies"
columns.issued_at = "Xin lỗi"
columns.reason = "Lý do"
"""
CHILD_HEADER = HEADER + ",Chủ hồ sơ,Điện thoại,Bổ sung từ,Bổ sung đến,Xin lỗi,Lý do"
CHILD_ROW = GOOD + ",Nguyễn Văn A,0912,06/06/2025 08:00,07/06/2025 08:00,08/06/2025,Tra cứu chậm"


def table_counts(database: Engine) -> dict[str, int]:
    with database.connect() as connection:
        return {
            model.__tablename__: connection.execute(
                select(func.count()).select_from(model)
            ).scalar_one()
            for model in (Dossier, Pause, Apology, Owner, Step)
        }


def test_children_and_owner_of_the_row_come_and_go_with_it(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    mapping = tmp_path / "con.toml"
    mapping.write_text(MAPPING + CHILDREN, encoding="utf-8")
    bare = TWO + ",,,,,,"
    assert counts(take(f"{CHILD_HEADER}\n{CHILD_ROW}\n{bare}\n", mapping=mapping)) == (2, 0, 0)
    whole = {"dossier": 2, "pause": 1, "apology": 1, "owner": 1, "step": 0}
    assert table_counts(database) == whole
    again = take(f"{CHILD_HEADER}\n{CHILD_ROW}\n{bare}\n", mapping=mapping)
    assert counts(again) == (0, 0, 2)
    assert table_counts(database) == whole
    # Only a child changes: the dossier counts as changed, so that the snapshot hears of it.
    open_pause = CHILD_ROW.replace("07/06/2025 08:00", "")
    assert counts(take(f"{CHILD_HEADER}\n{open_pause}\n", mapping=mapping)) == (0, 1, 0)
    with database.connect() as connection:
        (pause,) = connection.execute(select(Pause.__table__)).all()
    assert pause.to_at is None
    none = GOOD + ",,,,,,"
    assert counts(take(f"{CHILD_HEADER}\n{none}\n", mapping=mapping)) == (0, 1, 0)
    assert table_counts(database) == {
        "dossier": 2,
        "pause": 0,
        "apology": 0,
        "owner": 0,
        "step": 0,
    }


@pytest.mark.parametrize("owner", ["", ",Chủ hồ sơ"])
def test_what_a_file_has_no_column_for_stays(
    owner: str, take: Take, database: Engine, tmp_path: Path
) -> None:
    mapping = tmp_path / "con.toml"
    optional = re.sub(r'= ("[A-ZĐ].*")', r"= { column = \1, optional = true }", CHILDREN)
    mapping.write_text(MAPPING + optional, encoding="utf-8")
    whole = f"{CHILD_HEADER}\n{CHILD_ROW}\n"
    take(whole, mapping=mapping)
    before = table_counts(database)
    header, row = HEADER.replace(",Kênh", ""), GOOD.replace(",Trực tuyến", "")
    short = f"{header}{owner}\n{row}{',Nguyễn Văn A' if owner else ''}\n"
    assert counts(take(short, mapping=mapping)) == (0, 0, 1)
    later = short.replace("10/06/2025 16:00", "12/06/2025 16:00")
    assert counts(take(later, mapping=mapping)) == (0, 1, 0)
    assert table_counts(database) == before
    assert dossiers(database)["HS-1"].channel == "online"
    with database.connect() as connection:
        assert connection.execute(select(Owner.name, Owner.phone)).one() == ("Nguyễn Văn A", "0912")
    again = whole.replace("10/06/2025 16:00", "12/06/2025 16:00")
    assert counts(take(again, mapping=mapping)) == (0, 0, 1)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (",,,,07/06/2025,,", "thiếu thời điểm này"),
        (",,,07/06/2025,06/06/2025,,", "kết thúc tạm dừng trước khi bắt đầu"),
        (",,,,,,vì sao", "thiếu thời điểm này"),
    ],
)
def test_children_that_make_no_sense(cells: str, reason: str, take: Take, tmp_path: Path) -> None:
    mapping = tmp_path / "con.toml"
    mapping.write_text(MAPPING + CHILDREN, encoding="utf-8")
    report = take(f"{CHILD_HEADER}\n{GOOD}{cells}\n{TWO},,,,,,\n", mapping=mapping)
    assert (report.rows_inserted, report.rows_rejected) == (1, 1)
    assert reason in report.first_rejected[0].reason


STEPS = """
[[children]]
kind = "steps"
rows = "events"
file = "buoc.csv"
key = "Hồ sơ"
columns.name = "Bước"
columns.from_at = "Từ"
columns.officer = "Cán bộ"
chain = "starts"
unit = { column = "Phòng", scheme = "H26" }
"""


def test_a_second_file_beside_the_first(take: Take, database: Engine, tmp_path: Path) -> None:
    mapping = tmp_path / "buoc.toml"
    mapping.write_text(MAPPING + STEPS, encoding="utf-8")
    events = tmp_path / "buoc.csv"
    events.write_text(
        "Hồ sơ,Bước,Từ,Cán bộ,Phòng\n"
        "HS-1,Thẩm định,06/06/2025 08:00,cb2,Phường Hà Đông\n"
        "HS-1,Tiếp nhận,05/06/2025 08:00,cb1,\n"
        "HS-7,Tiếp nhận,05/06/2025 08:00,cb1,\n"
        "HS-2,Tiếp nhận,ngày mai,cb1,\n"
        "HS-2,Tiếp nhận,05/06/2025 08:00,cb1,Phường Không Có\n",
        encoding="utf-8",
    )
    report = take(file_of(GOOD, TWO), mapping=mapping)
    assert counts(report) == (2, 0, 0)
    assert (report.events_read, report.events_rejected, report.rows_rejected) == (5, 3, 3)
    reasons = " ".join(r.reason for r in report.first_rejected)
    for part in ("không đọc được ngày giờ", "không có hồ sơ nào mang mã này", "Phường Không Có"):
        assert part in reasons or part in str(report.first_rejected)
    with database.connect() as connection:
        steps = connection.execute(select(Step.__table__).order_by(Step.sequence)).all()
    assert [(step.sequence, step.name) for step in steps] == [(1, "Tiếp nhận"), (2, "Thẩm định")]
    assert steps[0].to_at == steps[1].from_at
    assert steps[1].to_at == datetime(2025, 6, 9, 3, 0, tzinfo=UTC)  # the dossier's end
    assert steps[1].unit_id is not None
    assert counts(take(file_of(GOOD, TWO), mapping=mapping)) == (0, 0, 2)


def test_without_its_second_file_a_row_is_changed_only_by_itself(
    take: Take, database: Engine, tmp_path: Path
) -> None:
    mapping = tmp_path / "buoc.toml"
    mapping.write_text(MAPPING + STEPS, encoding="utf-8")
    events = tmp_path / "buoc.csv"
    steps = (
        "Hồ sơ,Bước,Từ,Cán bộ,Phòng\n"
        "HS-1,Tiếp nhận,05/06/2025 08:00,cb1,\n"
        "HS-1,Thẩm định,06/06/2025 08:00,cb2,Phường Hà Đông\n"
    )
    events.write_text(steps, encoding="utf-8")
    first = take(file_of(GOOD, TWO), mapping=mapping)
    assert counts(first) == (2, 0, 0)
    events.unlink()
    alone = take(file_of(GOOD, TWO), mapping=mapping)
    assert counts(alone) == (0, 0, 2)
    assert "những gì đã có thì giữ nguyên" in " ".join(alone.warnings)
    assert {row.batch_id for row in dossiers(database).values()} == {first.batch_id}
    # The row itself changes: its steps stay, and it is known again with them and without.
    new_due = GOOD.replace("10/06/2025 16:00", "20/06/2025 16:00")
    assert counts(take(file_of(new_due, TWO), mapping=mapping)) == (0, 1, 1)
    assert counts(take(file_of(new_due, TWO), mapping=mapping)) == (0, 0, 2)
    assert table_counts(database)["step"] == 2
    events.write_text(steps, encoding="utf-8")
    assert counts(take(file_of(new_due, TWO), mapping=mapping)) == (0, 0, 2)
    # A second file that does not name the dossier any more says that it has no steps.
    events.write_text(steps.replace("HS-1", "HS-2"), encoding="utf-8")
    assert counts(take(file_of(new_due, TWO), mapping=mapping)) == (0, 2, 0)
    assert table_counts(database)["step"] == 2


def mark(database: Engine, kind: str) -> None:
    with database.begin() as connection:
        connection.execute(insert(Setting).values(key="data_kind", value=kind))


def test_real_data_does_not_mix_with_the_sample(take: Take, database: Engine) -> None:
    mark(database, "sample")
    with database.begin() as connection:
        source = connection.execute(
            insert(Source).values(code="mau", name="Mẫu").returning(Source.id)
        ).scalar_one()
        moment = datetime(2025, 1, 1, tzinfo=UTC)
        batch = connection.execute(
            insert(ImportBatch)
            .values(source_id=source, kind="sample", started_at=moment, finished_at=moment)
            .returning(ImportBatch.id)
        ).scalar_one()
        connection.execute(
            insert(Dossier).values(
                source_id=source,
                code="MAU-1",
                resolving_unit_id=1,
                content_hash="x",
                batch_id=batch,
            )
        )
    with pytest.raises(IntakeRefused, match="--replace-sample"):
        take(file_of(GOOD))
    assert set(dossiers(database)) == {"MAU-1"}
    take(file_of(GOOD), replace_sample=True, dry_run=True)
    assert set(dossiers(database)) == {"MAU-1"}
    take(file_of(GOOD), replace_sample=True)
    assert set(dossiers(database)) == {"HS-1"}
    with database.connect() as connection:
        kind = connection.execute(select(Setting.value)).scalar_one()
        sources = connection.execute(select(Source.code)).scalars().all()
    assert kind == "real"
    assert sources == ["thu-nghiem"]
    take(file_of(TWO))  # and now it is simply real


KILLED = """
import sys
from dataclasses import replace
from connectors.database.session import open_database
from connectors.intake import import_file
from connectors.parsing import bounds
from connectors.settings import Settings
few = replace(bounds.shipped(), rows=500)
bounds.shipped = lambda: few
settings = Settings(database_url=sys.argv[1], data_dir=sys.argv[2])
def progress(done, total):
    print(done, flush=True)
    sys.stdin.readline()  # waits here, in the middle of the transaction, until it is killed
import_file(open_database(sys.argv[1]), settings, sys.argv[3], sys.argv[4], progress=progress,
            refresh_snapshot=False)
"""


def test_killed_half_way_nothing_of_the_batch_is_there(
    take: Take, database: Engine, tmp_path: Path, mapping_file: Path
) -> None:
    take(file_of(GOOD))
    before = {table.name: rows(database, table.name) for table in Base.metadata.sorted_tables}
    path = tmp_path / "lon.csv"
    # More than one chunk, so that a part is written when the process dies.
    lines = [GOOD.replace("HS-1", f"HS-{place}") for place in range(2000)]
    path.write_text(file_of(*lines, "x,x,x,x,x,x,x"), encoding="utf-8")
    url = database.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, url, str(tmp_path / "d"), str(path), str(mapping_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert int(process.stdout.readline()) == 500
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    process.stdout.close()
    process.stdin.close()
    after = {table.name: rows(database, table.name) for table in Base.metadata.sorted_tables}
    assert after == before
    report = take(path.read_text(encoding="utf-8"))
    assert counts(report) == (1999, 0, 1)


def rows(database: Engine, table: str) -> int:
    with database.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_ids_go_on_after_an_import(take: Take, database: Engine) -> None:
    take(file_of(GOOD))
    with database.begin() as connection:
        ids = connection.execute(select(Dossier.id)).scalars().all()
        new = connection.execute(
            insert(Dossier)
            .values(source_id=1, code="X", resolving_unit_id=1, content_hash="x", batch_id=1)
            .returning(Dossier.id)
        ).scalar_one()
    assert new == max(ids) + 1


def test_two_sources_may_use_the_same_code(take: Take, database: Engine, tmp_path: Path) -> None:
    other = tmp_path / "khac.toml"
    other.write_text(MAPPING.replace("thu-nghiem", "nguon-khac"), encoding="utf-8")
    take(file_of(GOOD))
    assert counts(take(file_of(GOOD), mapping=other)) == (1, 0, 0)
    with database.connect() as connection:
        assert connection.execute(select(func.count(Dossier.id))).scalar_one() == 2


def test_a_failed_snapshot_does_not_undo_the_import(
    take: Take,
    database: Engine,
    settings: Settings,
    tmp_path: Path,
    mapping_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_args: object) -> None:
        raise OSError("đĩa đầy")

    monkeypatch.setattr("connectors.snapshot.refresh", broken)
    path = tmp_path / "a.csv"
    path.write_text(file_of(GOOD), encoding="utf-8")
    report = import_file(database, settings, path, mapping_file)
    assert any("đĩa đầy" in warning and "--rebuild" in warning for warning in report.warnings)
    assert set(dossiers(database)) == {"HS-1"}
