"""Withdrawing, restoring and mending rows, in every register; as of a moment, as the naive way."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine, select

from connectors import audit, snapshot
from connectors.database.audit import Audit
from connectors.database.models import Base
from connectors.database.registers import TABLES, WITHDRAWAL
from connectors.database.session import open_database
from connectors.engine import Scope, open_facts
from connectors.registers import (
    BEGINNING,
    REGISTERS,
    RegisterRefused,
    add,
    amend,
    history,
    import_register,
    load_examples,
    restore,
    row,
    withdraw,
    withdrawn,
)
from connectors.settings import Settings
from metrics.registers import FRAMES, service_maxima
from metrics.registers.columns import BOOLEAN, CHOICE, DATE, INTEGER, MOMENT, NUMBER, TEXT
from tests.register_rows import what_the_examples_lack

AT = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
LOCAL = datetime(2026, 6, 10, 16, 0)
EVERYTHING = Scope(None)
HOW: dict[str, Any] = {"by": "Lan", "at": AT, "refresh_snapshot": False}

BELONGS = {
    "task": ["programme"],
    "task_update": ["task"],
    "reminder": ["task"],
    "finding": ["inspection"],
    "finding_check": ["finding", "inspection"],
    "target": ["programme"],
    "commitment": ["target"],
}
"""The naive way's own word for what a row goes out with."""


@pytest.fixture(scope="module")
def filled(
    _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Settings]:
    """A database with a row in every register: the examples, and what they lack."""
    folder = tmp_path_factory.mktemp("withdrawn")
    path = folder / "dung-han.db"
    shutil.copy(_sqlite_template, path)
    settings = Settings(
        data_dir=folder, database_url=f"sqlite:///{path}", timezone="Asia/Ho_Chi_Minh"
    )
    database = open_database(settings.database_url)
    load_examples(database, settings, now=AT - timedelta(days=90), refresh_snapshot=False)
    what_the_examples_lack(database, settings, HOW)
    database.dispose()
    return path, settings


@pytest.fixture
def kept(filled: tuple[Path, Settings], tmp_path: Path) -> Iterator[tuple[Engine, Settings]]:
    """A copy that the test may change."""
    path, settings = filled
    copy = tmp_path / "dung-han.db"
    shutil.copy(path, copy)
    settings = settings.model_copy(
        update={"data_dir": tmp_path, "database_url": f"sqlite:///{copy}"}
    )
    database = open_database(settings.database_url)
    yield database, settings
    database.dispose()


def ids(database: Engine, register: str) -> list[int]:
    with database.connect() as connection:
        table = TABLES[register]
        return list(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())


def shown(settings: Settings, moment: datetime) -> dict[str, set[int]]:
    """Register → ids of the rows that figures see as of a moment."""
    held = open_facts(settings, EVERYTHING).registers.at(moment)
    return {
        name: set(frame.collect().to_native()[REGISTERS[name].own_id])
        for name, frame in held.items()
    }


def naive(database: Engine, moment: datetime, zone: Any) -> dict[str, set[int]]:
    """The same, row by row: a row counts unless it, or what it belongs to, was withdrawn."""
    with database.connect() as connection:
        rows = {
            name: {r["id"]: dict(r) for r in connection.execute(select(TABLES[name])).mappings()}
            for name in FRAMES
        }
        since = {
            (r.register, r.row_id): r.since.astimezone(zone).replace(tzinfo=None)
            for r in connection.execute(select(WITHDRAWAL))
        }

    def counts(name: str, number: int) -> bool:
        if since.get((name, number), datetime.max) < moment:
            return False
        owners = [(of, rows[name][number][f"{of}_id"]) for of in BELONGS.get(name, ())]
        return all(counts(of, owner) for of, owner in owners if owner is not None)

    return {name: {n for n in found if counts(name, n)} for name, found in rows.items()}


@pytest.mark.parametrize("seed", range(4))
def test_figures_see_what_the_naive_way_sees(kept: tuple[Engine, Settings], seed: int) -> None:
    database, settings = kept
    rng, done = random.Random(seed), 0
    moments = [LOCAL - timedelta(days=days) for days in (300, 30, 7, 0)]
    for name in FRAMES:
        for number in rng.sample(ids(database, name), k=1):
            since = rng.choice([*moments, BEGINNING, None])
            # One that went with what it belongs to is not withdrawn once more.
            with suppress(RegisterRefused):
                withdraw(database, settings, name, number, "nhập trùng", since=since, **HOW)
                done += 1
    assert done > len(FRAMES) // 2
    snapshot.refresh(database, settings)
    for moment in [*moments, LOCAL + timedelta(milliseconds=1), LOCAL + timedelta(days=1)]:
        assert shown(settings, moment) == naive(database, moment, settings.zone), moment


@pytest.mark.parametrize("register", REGISTERS)
def test_a_row_of_every_register_goes_and_comes_back(
    kept: tuple[Engine, Settings], register: str
) -> None:
    database, settings = kept
    number = ids(database, register)[-1]
    snapshot.refresh(database, settings)
    before = _all(settings)
    gone = withdraw(database, settings, register, number, "ghi nhầm", **HOW)
    snapshot.refresh(database, settings)
    if register in FRAMES:
        at_t, after = shown(settings, LOCAL), shown(settings, LOCAL + timedelta(seconds=1))
        assert number in at_t[register]
        assert number not in after[register]
        assert sum(len(at_t[name]) - len(after[name]) for name in FRAMES) == gone
    else:
        facts = open_facts(settings, EVERYTHING)
        frame = facts.fields if register == "field" else facts.procedures
        assert number not in frame[f"{register}_id"]
    [listed] = withdrawn(database, register, settings.zone, scope=EVERYTHING).to_dicts()
    assert (listed["row_id"], listed["by"], listed["reason"]) == (number, "Lan", "ghi nhầm")
    assert listed["at"] == listed["since"] == LOCAL
    restore(database, settings, register, number, **HOW)
    snapshot.refresh(database, settings)
    assert _all(settings) == before
    said = history(database, register, number, scope=EVERYTHING)
    assert said["column"].to_list()[:2] == ["+", "-"]
    assert said["label"].to_list()[:2] == ["Khôi phục", "Rút khỏi sổ"]
    assert said["new"][1] == "ghi nhầm"


def _all(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    facts = open_facts(settings, EVERYTHING)
    frames = {n: f.collect().to_native() for n, f in facts.registers.standing().items()}
    frames |= {"field": facts.fields, "procedure": facts.procedures}
    return {name: frame.to_dicts() for name, frame in frames.items()}


def test_who_names_a_withdrawn_row_names_nothing(kept: tuple[Engine, Settings]) -> None:
    database, settings = kept
    first, second = ids(database, "finding")
    withdraw(database, settings, "finding", first, "không phải lỗi", **HOW)
    snapshot.refresh(database, settings)

    def repeats(moment: datetime) -> Any:
        frame = open_facts(settings, EVERYTHING).registers.at(moment)["finding"]
        return frame.collect().to_native().filter(finding_id=second)["repeats_id"][0]

    assert repeats(LOCAL) == first
    assert repeats(LOCAL + timedelta(days=1)) is None


def test_never_right_is_out_at_every_moment(kept: tuple[Engine, Settings]) -> None:
    database, settings = kept
    number = ids(database, "inspection")[0]
    withdraw(database, settings, "inspection", number, "trùng", since=BEGINNING, **HOW)
    snapshot.refresh(database, settings)
    assert number not in shown(settings, datetime(2000, 1, 1))["inspection"]


def test_what_cannot_be_withdrawn(kept: tuple[Engine, Settings]) -> None:
    database, settings = kept

    def refusal(register: str, number: int, reason: str = "trùng", **more: Any) -> str:
        with pytest.raises(RegisterRefused) as refused:
            withdraw(database, settings, register, number, reason, **(HOW | more))
        return str(refused.value)

    visit = ids(database, "inspection")[0]
    assert "hãy ghi lý do" in refusal("inspection", visit, "  ")
    assert "tối đa 1000" in refusal("inspection", visit, "x" * 1001)
    assert "lúc chưa đến" in refusal("inspection", visit, since=AT + timedelta(minutes=1))
    assert "không có dòng này" in refusal("inspection", 10_000)
    assert "hãy ghi tên" in refusal("inspection", visit, by=" ")
    assert "ngoài phạm vi" in refusal("index_score", 1, scope=Scope(frozenset({1})))
    amend(database, settings, "procedure", {"field": "F1"}, key={"code": "P1", "version": 1}, **HOW)
    assert "đang được 1 bản ghi dùng" in refusal("field", ids(database, "field")[0])
    withdraw(database, settings, "inspection", visit, "trùng", **HOW)
    assert "đã rút khỏi sổ rồi" in refusal("inspection", visit)
    finding = ids(database, "finding")[0]
    with pytest.raises(RegisterRefused, match="hãy khôi phục dòng đó"):
        restore(database, settings, "finding", finding, **HOW)
    with pytest.raises(RegisterRefused, match="không cần khôi phục"):
        restore(database, settings, "task", ids(database, "task")[0], **HOW)


def test_a_withdrawn_row_is_not_written_on(kept: tuple[Engine, Settings]) -> None:
    database, settings = kept
    task = ids(database, "task")[0]
    kept_row = row(database, "task", task, settings.zone, scope=EVERYTHING)
    assert kept_row is not None
    withdraw(database, settings, "task", task, "trùng", **HOW)
    with pytest.raises(RegisterRefused, match="hãy khôi phục trước khi sửa"):
        amend(database, settings, "task", {"name": "Tên khác"}, key=task, **HOW)
    said = {"programme": kept_row["programme_id"], "task": task, "at": AT, "note": "x"}
    with pytest.raises(RegisterRefused, match="không ghi thêm được"):
        add(database, settings, "task_update", said, **HOW)
    again = {name: kept_row[name] for name in ("code", "name", "unit_id", "source", "programme_id")}
    with pytest.raises(RegisterRefused, match="đã rút; hãy khôi phục dòng đó"):
        add(database, settings, "task", again, **HOW)
    told = row(database, "task", task, settings.zone, scope=EVERYTHING)
    assert told is not None
    assert told["withdrawn"] == "trùng"


def test_importing_again_restores_nothing_and_says_so(
    kept: tuple[Engine, Settings], tmp_path: Path
) -> None:
    database, settings = kept
    path = tmp_path / "khao-sat.csv"
    path.write_text(
        "Mã chương trình,Tên chương trình,Loại,Đơn vị ban hành,Nguồn\n"
        "KH-A,Kế hoạch A,Kế hoạch,gso:268,KH 1\nKH-B,Kế hoạch B,Kế hoạch,gso:268,KH 1\n"
    )
    given: Any = {"by": "Lan", "now": AT, "refresh_snapshot": False}
    report = import_register(database, settings, "programme", path, **given)
    assert report.rows_inserted == 2, report.first_rejected
    number = ids(database, "programme")[-1]
    withdraw(database, settings, "programme", number, "trùng", **HOW)
    path.write_text(path.read_text().replace("Kế hoạch B", "Kế hoạch B sửa"))
    report = import_register(database, settings, "programme", path, **given)
    assert (report.rows_unchanged, report.rows_changed, report.rows_rejected) == (2, 0, 0)
    [warning] = report.warnings
    assert "1 dòng có trong sổ nhưng đã rút" in warning
    assert "(dòng 3 của tệp)" in warning
    found = row(database, "programme", number, settings.zone, scope=EVERYTHING)
    assert found is not None
    assert (found["name"], found["withdrawn"]) == ("Kế hoạch B", "trùng")


def test_it_stands_in_the_audit_or_does_not_happen(
    kept: tuple[Engine, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, settings = kept
    number = ids(database, "survey")[0]
    withdraw(database, settings, "survey", number, "trùng", **HOW)
    restore(database, settings, "survey", number, **HOW)
    with database.connect() as connection:
        lines = connection.execute(select(Audit.action, Audit.actor).order_by(Audit.id)).all()
    assert lines[-2:] == [("withdraw", "Lan"), ("reinstate", "Lan")]

    def fails(*_: Any, **__: Any) -> None:
        raise audit.AuditUnavailable("nhật ký không ghi được")

    monkeypatch.setattr(audit, "append", fails)
    with pytest.raises(RegisterRefused, match="nhật ký không ghi được"):
        withdraw(database, settings, "survey", number, "trùng", **HOW)
    assert withdrawn(database, "survey", settings.zone, scope=EVERYTHING).is_empty()


def test_others_rows_are_not_withdrawn_nor_listed(kept: tuple[Engine, Settings]) -> None:
    database, settings = kept
    number = ids(database, "inspection")[0]
    nobody = Scope(frozenset({999_999}))
    with pytest.raises(RegisterRefused):
        withdraw(database, settings, "inspection", number, "trùng", **(HOW | {"scope": nobody}))
    withdraw(database, settings, "inspection", number, "trùng", **HOW)
    assert withdrawn(database, "inspection", settings.zone, scope=nobody).is_empty()
    assert row(database, "inspection", number, settings.zone, scope=nobody) is None
    with pytest.raises(RegisterRefused):
        restore(database, settings, "inspection", number, **(HOW | {"scope": nobody}))


TOGETHER: dict[str, dict[str, Any]] = {
    "limit_value": {"limit_unit": "day"},
    "limit_unit": {"limit_value": 3},
    "is_standing": {"due_on": None},
    "ended_at": {"outcome": "answered"},
    "outcome": {"ended_at": AT},
    "rating": {"outcome": "answered", "ended_at": AT},
}
"""Column → what a rule wants mended with it."""


# -- mending -----------------------------------------------------------------------------------


def _others(column: Any, value: Any, database: Engine) -> list[Any]:
    """Other values that the column might take."""
    match column.kind:
        case kind if kind == TEXT:
            return [
                f"{value or ''}1",
                "Hà Nội",
                "Thanh Hóa",
                "01",
                "38",
                "0912345678",
                *service_maxima(),
            ]
        case kind if kind in (INTEGER, NUMBER):
            return [0, (value or 0) + 1, max((value or 0) - 1, 0), 2020, 2021, None, 0.5]
        case kind if kind == BOOLEAN:
            return [not value, None]
        case kind if kind == CHOICE:
            return [choice.value for choice in column.choices if choice.value != value]
        case kind if kind == DATE:
            near = value or date(2022, 6, 1)
            return [near + timedelta(days=d) for d in (1, -1, 31, 1500)] + [None]
        case kind if kind == MOMENT:
            return [AT]
        case "units":
            return [(ids(database, "task")[0] and _unit(database),)]
        case "unit":
            return [n for n in _units(database) if n != value]
        case kind:
            return [n for n in ids(database, kind) if n != value] + [None]


def _units(database: Engine) -> list[int]:
    with database.connect() as connection:
        return list(connection.execute(select(Base.metadata.tables["unit"].c.id)).scalars())


def _unit(database: Engine) -> int:
    return _units(database)[0]


@pytest.mark.parametrize("register", REGISTERS)
def test_every_column_can_be_mended(kept: tuple[Engine, Settings], register: str) -> None:
    database, settings = kept
    number = ids(database, register)[-1]
    if register == "form_row":  # its sums must add up, or not be known
        empty = {f"c{place}": None for place in range(3, 14)}
        amend(database, settings, register, empty, key=number, **HOW)
    for column in REGISTERS[register].fields:
        old = row(database, register, number, settings.zone, scope=EVERYTHING)
        assert old is not None
        target = str(column.target)
        for value in _others(column, old[target], database):
            try:
                more = TOGETHER.get(target, {}) | {target: value}
                amend(database, settings, register, more, key=number, **HOW)
            except RegisterRefused:
                continue
            new = row(database, register, number, settings.zone, scope=EVERYTHING)
            assert new is not None
            if new[target] != old[target]:
                break
        else:
            pytest.fail(f"{register}.{target} cannot be mended")
        said = history(database, register, number, scope=EVERYTHING)
        assert column.label in said["label"].to_list()
        assert isinstance(said, pl.DataFrame)
