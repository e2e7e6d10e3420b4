"""The sample's registers: come with the dossiers, fit any last day, go when real data comes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from connectors.database.models import Base
from connectors.database.registers import TABLES, WITHDRAWAL
from connectors.database.session import open_database, write_transaction
from connectors.engine import Scope, open_facts
from connectors.intake.store import clear_sample
from connectors.registers import REGISTERS, add, load_examples, withdraw
from connectors.registers.store import BY_SAMPLE
from connectors.sample.load import load
from connectors.sample.registers import made
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.core.ask import Ask
from metrics.inspections.review import finding_lines, inspection_review
from metrics.reported.statements import statements
from metrics.service.review import monthly, surveys
from metrics.tasks.review import programmes_in_view, running, task_lines, task_review

END = date(2026, 6, 28)
AT = datetime(2026, 6, 29, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def _loaded(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loaded")
    path = Path(shutil.copy(_sqlite_template, folder / "dung-han.db"))
    database = open_database(f"sqlite:///{path}")
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{path}")
    load(database, settings, end=END, dossiers=400, with_registers=True)
    database.dispose()
    return path


@pytest.fixture
def loaded(_loaded: Path, settings: Settings) -> Iterator[Engine]:
    """The sample in a database of one's own."""
    shutil.copy(_loaded, settings.data_dir / "dung-han.db")
    database = open_database(settings.database_url)
    yield database
    database.dispose()


def counted(database: Engine) -> dict[str, int]:
    with database.connect() as connection:
        return {
            name: connection.execute(
                select(func.count()).select_from(Base.metadata.tables[name])
            ).scalar_one()
            for name in (*REGISTERS, "task_unit", "change_log", "register_batch")
        }


def test_the_home_screen_has_something_to_say_of_tasks_and_findings(
    loaded: Engine, settings: Settings
) -> None:
    refresh(loaded, settings)
    facts = open_facts(settings, Scope(None))
    ask = Ask(date(2026, 6, 22), END, facts.calendar)
    programmes = running(programmes_in_view(facts, ask, None), ask.first_day, ask.last_day)
    among = programmes["programme_id"].to_list()
    tasks = task_review(facts, ask, {"programme_id": among})
    launched = tasks.cell("tasks_launched")
    assert 0 < launched["numerator"] < launched["denominator"]
    assert (tasks.count("tasks_completed") or 0) > 5
    findings = inspection_review(facts, ask)
    assert (findings.count("findings_past_due") or 0) > 0
    assert (findings.count("findings_open") or 0) > (findings.count("findings_past_due") or 0)
    names = dict(facts.units.select("unit_id", "name").iter_rows())
    kinds = {line.kind for line in task_lines(facts, ask, among, names)}
    assert kinds == {"tasks_past_due", "tasks_escalated", "tasks_not_updated"}
    assert finding_lines(facts, ask, names)


def test_the_screens_of_reported_values_and_service_quality_have_something_to_say(
    loaded: Engine, settings: Settings
) -> None:
    refresh(loaded, settings)
    facts = open_facts(settings, Scope(None))
    ask = Ask(END, END, facts.calendar)
    found = statements(facts, ask)
    assert {one.check for one in found} >= {"adds_up", "rest", "off"}
    assert any(one.against_baseline is not None for one in found)
    assert any(one.indicator.kind == "count" and one.value is None for one in found)
    told = surveys(facts, ask)
    assert told["rate"].is_not_null().any()
    assert told["rate"].is_null().any()
    city = facts.units.filter(scheme="gso", code="01")["unit_id"][0]
    month = date(2026, 5, 1)
    card = monthly(facts, facts, ask, [month], city, "province")[0].card
    assert card is not None
    assert card.portal["TONG"].how == "summed"
    assert {each.state for each in card.scored} >= {"known", "watched"}


@pytest.mark.parametrize(
    "end",
    [
        date(2025, 7, 6),
        date(2026, 12, 27),
        *(
            pytest.param(day, marks=pytest.mark.proof)
            for day in (date(2023, 1, 8), date(2024, 3, 3), date(2026, 1, 4))
        ),
    ],
)
def test_the_sample_fits_any_last_day(
    sqlite_database: Engine, settings: Settings, end: date
) -> None:
    load(sqlite_database, settings, end=end, dossiers=40, with_registers=True)
    with sqlite_database.connect() as connection:
        rows = made(connection, end, settings.zone)
    for update in rows["task_update"]:
        assert update["at"].date() <= end
    tasks = {(row["programme"], row["code"]): row for row in rows["task"]}
    assert len(tasks) == len(rows["task"])
    assert {row["is_standing"] for row in tasks.values()} == {True, False}


def test_the_same_day_gives_the_same_rows(loaded: Engine, settings: Settings) -> None:
    with loaded.connect() as connection:
        assert made(connection, END, settings.zone) == made(connection, END, settings.zone)


def _programme(database: Engine, settings: Settings, **more: Any) -> int:
    values = {"kind": "plan", "unit": "gso:01", "source": "UBND"} | more
    return add(
        database, settings, "programme", values, by="Lan", at=AT, refresh_snapshot=False
    )  # fmt: skip


def _task(database: Engine, settings: Settings, values: dict[str, Any]) -> int:
    given = {"name": "Việc", "unit": "gso:01", "source": "UBND"} | values
    return add(database, settings, "task", given, by="Lan", at=AT, refresh_snapshot=False)


def test_replacing_the_sample_takes_its_rows_and_leaves_what_people_entered(
    loaded: Engine, settings: Settings
) -> None:
    own = _programme(loaded, settings, code="THAT", name="Kế hoạch thật")
    kept = _task(loaded, settings, {"programme": "THAT", "code": "1"})
    hanging = _task(loaded, settings, {"programme": "MH-KH-CCHC", "code": "99"})
    before = counted(loaded)
    assert before["task"] > 90
    with write_transaction(loaded) as connection:
        clear_sample(connection)
    after = counted(loaded)
    # Published values of indices are nobody's sample.
    assert after["index_score"] == before["index_score"] > 600
    # Fields and procedures are public lists: real data needs them, too.
    stays = ("index_score", "field", "procedure")
    assert all(after[name] == before[name] for name in stays)
    rest = {name: count for name, count in after.items() if count and name not in stays}
    assert rest == {
        "programme": 1,
        "task": 1,
        "change_log": after["index_score"] + 2,
        "register_batch": 1,
    }
    tables = Base.metadata.tables
    with loaded.connect() as connection:
        assert connection.execute(select(tables["programme"].c.id)).scalars().all() == [own]
        assert (
            connection.execute(select(tables["task"].c.id)).scalars().all() == [kept] != [hanging]
        )
        names = set(connection.execute(select(tables["unit"].c.name)).scalars())
        by = set(connection.execute(select(tables["change_log"].c.by)).scalars())
    assert BY_SAMPLE not in by
    assert {"Phường Hà Đông", "Quận Hà Đông", "Sở Nội vụ"} <= names
    assert not {"Tỉnh Thanh Hóa", "Huyện Cẩm Giàng", "Chính phủ"} & names


def test_a_unit_that_something_real_names_stays(loaded: Engine, settings: Settings) -> None:
    _programme(loaded, settings, code="THAT", name="Kế hoạch thật", unit="gso:38")
    with write_transaction(loaded) as connection:
        clear_sample(connection)
    with loaded.connect() as connection:
        unit = Base.metadata.tables["unit"]
        names = set(connection.execute(select(unit.c.name)).scalars())
    assert "Tỉnh Thanh Hóa" in names
    assert "Huyện Cẩm Giàng" not in names


def test_examples_that_somebody_loaded_himself_stay(
    sqlite_database: Engine, settings: Settings
) -> None:
    load(sqlite_database, settings, end=END, dossiers=200)
    with write_transaction(sqlite_database) as connection:
        connection.execute(Base.metadata.tables["form_row"].delete())
    load_examples(sqlite_database, settings, refresh_snapshot=False)
    before = counted(sqlite_database)
    with write_transaction(sqlite_database) as connection:
        clear_sample(connection)
    after = counted(sqlite_database)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"form_row", "service_component"}  # those of the sample itself


def test_without_registers_there_are_none(sqlite_database: Engine, settings: Settings) -> None:
    load(sqlite_database, settings, end=END, dossiers=200)
    assert set(counted(sqlite_database).items()) >= {("task", 0), ("finding", 0), ("target", 0)}
    with sqlite_database.begin() as connection:  # and none are missed
        connection.execute(insert(Base.metadata.tables["setting"]).values(key="x", value="y"))
        clear_sample(connection)


def test_what_was_withdrawn_of_the_sample_goes_with_it(loaded: Engine, settings: Settings) -> None:
    """Ids are given out again: a withdrawal that stayed would hide somebody's new row."""
    how: Any = {"by": "Lan", "at": AT, "refresh_snapshot": False}
    own = _programme(loaded, settings, code="THAT", name="Kế hoạch thật")
    with loaded.connect() as connection:
        taken = {
            name: connection.execute(select(TABLES[name].c.id).limit(1)).scalar_one()
            for name in ("task", "survey", "form_row", "service_component")
        }
    for name, number in taken.items():
        withdraw(loaded, settings, name, number, "thử", **how)
    withdraw(loaded, settings, "programme", own, "trùng", **how)
    with write_transaction(loaded) as connection:
        clear_sample(connection)
    with loaded.connect() as connection:
        left = connection.execute(select(WITHDRAWAL.c.register, WITHDRAWAL.c.row_id)).all()
    assert left == [("programme", own)]
