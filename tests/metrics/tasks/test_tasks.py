"""Figures of tasks against a naive recount, task by task, in plain Python."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.core.register_rows import register_rows
from metrics.registers import FRAMES
from metrics.registers.held import Held
from metrics.tasks.figures import TASK_FIGURE, TASK_FIGURES
from metrics.tasks.review import (
    missing_six,
    programme_table,
    programmes_in_view,
    running,
    task_lines,
    task_review,
    task_rows,
    timeline,
)
from tests.frames import CLOCK

PROGRAMME = FRAMES["programme"]
REMINDER = FRAMES["reminder"]
TASK = FRAMES["task"]
TASK_UPDATE = FRAMES["task_update"]

DAY = date(2026, 6, 28)
ASK = Ask(date(2026, 6, 22), DAY, CLOCK)
SIX = ("person", "name", "responsibility", "product", "authority")


@dataclass(frozen=True)
class Register:
    """What metrics.core.measure asks for, in memory."""

    frames: dict[str, pl.DataFrame]
    dossier: Any = None
    pause: Any = None
    step: Any = None

    @property
    def registers(self) -> Held:
        return Held({name: nw.from_native(frame.lazy()) for name, frame in self.frames.items()})


@dataclass
class Raw:
    programmes: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    reminders: list[dict[str, Any]] = field(default_factory=list)

    def programme(self, **values: Any) -> int:
        number = len(self.programmes) + 1
        row = dict.fromkeys(PROGRAMME) | {
            "programme_id": number, "code": f"P{number}", "name": f"Chương trình {number}",
            "kind": "plan", "unit_id": 1, "source": "kiểm thử",
        }  # fmt: skip
        self.programmes.append(row | values)
        return number

    def task(self, programme: int, **values: Any) -> int:
        number = len(self.tasks) + 1
        row = dict.fromkeys(TASK) | {
            "task_id": number, "programme_id": programme, "code": f"N{number}",
            "name": f"Nhiệm vụ {number}", "unit_id": 1, "is_standing": False, "source": "kiểm thử",
        }  # fmt: skip
        self.tasks.append(row | values)
        return number

    def update(self, task: int, at: datetime, **values: Any) -> None:
        row = dict.fromkeys(TASK_UPDATE) | {"task_id": task, "unit_id": 1, "at": at, "by": "Lan"}
        self.updates.append(row | values)

    def remind(self, task: int, at: datetime) -> None:
        unit = self.tasks[task - 1]["unit_id"]
        self.reminders.append({"task_id": task, "unit_id": unit, "at": at, "document": None})

    def facts(self) -> Register:
        return Register(
            {
                "programme": pl.DataFrame(self.programmes, schema=PROGRAMME),
                "task": pl.DataFrame(self.tasks, schema=TASK),
                "task_update": pl.DataFrame(self.updates, schema=TASK_UPDATE),
                "reminder": pl.DataFrame(self.reminders, schema=REMINDER),
            }
        )


# -- the naive recount --------------------------------------------------------------------


def recount(raw: Raw, ask: Ask) -> dict[str, set[int]]:
    """Figure → ids of the tasks that it counts, by reading each task's own events."""
    found: dict[str, set[int]] = {key: set() for key in TASK_FIGURE if key != "task_reminders"}
    today = (ask.moment - timedelta(milliseconds=1)).date()
    for task in raw.tasks:
        programme = raw.programmes[task["programme_id"] - 1]
        known = task["assigned_on"] or programme["issued_on"] or programme["period_from"]
        if known is not None and known > today:
            continue
        said = [u for u in raw.updates if u["task_id"] == task["task_id"] and u["at"] < ask.moment]
        last = max(said, key=lambda u: u["at"]) if said else None
        for key in _counted(task, known, last, _reminded(raw, task, ask), today):
            found[key].add(task["task_id"])
    return found


def _reminded(raw: Raw, task: dict[str, Any], ask: Ask) -> int:
    return sum(r["task_id"] == task["task_id"] and r["at"] < ask.moment for r in raw.reminders)


def _counted(
    task: dict[str, Any],
    known: date | None,
    last: dict[str, Any] | None,
    reminded: int,
    today: date,
) -> list[str]:
    keys = ["tasks_assigned"]
    done = last["is_completed"] if last else None
    launched = True if done else (last["is_launched"] if last else None)
    keys += ["tasks_launched"] if launched else []
    keys += ["tasks_launch_unknown"] if launched is None else []
    keys += ["tasks_completed"] if done else []
    keys += ["tasks_completion_unknown"] if done is None else []
    due = task["due_on"]
    if done and last:
        by = last["completed_on"] or last["at"].date()
        if due is not None and by <= due:
            keys.append("tasks_completed_on_time")
        elif due is not None and last["completed_on"] is not None:
            keys.append("tasks_completed_late")
        else:
            keys.append("tasks_completed_undetermined")
    elif due is None:
        keys.append("tasks_no_due")
    elif due >= today:
        keys.append("tasks_in_time")
    else:
        keys += ["tasks_past_due", "tasks_unreported" if done is None else "tasks_overdue"]
    since = last["at"].date() if last else known
    if not done and since is not None and (today - since).days > 14:
        keys.append("tasks_not_updated")
    if not done and reminded > 3:
        keys.append("tasks_escalated")
    clear = {
        "clear_work" if column == "name" else f"clear_{column}": bool((task[column] or "").strip())
        for column in SIX
    } | {"clear_time": due is not None or bool(task["is_standing"])}
    keys += [f"tasks_{column}" for column, is_so in clear.items() if is_so]
    return [*keys, "tasks_six_clear" if all(clear.values()) else "tasks_unclear"]


def random_raw(seed: int) -> Raw:
    """A few programmes with tasks at every edge: days around T, unknowns, blanks."""
    rng, raw = random.Random(seed), Raw()

    def day(spread: int = 40) -> date:
        return DAY + timedelta(days=rng.choice([0, 1, -1, rng.randint(-spread, spread)]))

    def maybe(value: Any, share: float = 0.6) -> Any:
        return value if rng.random() < share else None

    for _ in range(rng.randint(1, 3)):
        raw.programme(issued_on=maybe(day()), period_from=maybe(day()))
    for _ in range(rng.randint(0, 12)):
        due = maybe(day())
        task = raw.task(
            rng.randint(1, len(raw.programmes)),
            assigned_on=maybe(day()), due_on=due, unit_id=rng.randint(1, 3),
            is_standing=due is None and rng.random() < 0.5,
            area=maybe(rng.choice(["procedures", "institutions"])),
            person=maybe(rng.choice(["Lan", "  ", ""])), product=maybe("báo cáo"),
            responsibility=maybe("chủ trì"), authority=maybe("Chủ tịch"),
        )  # fmt: skip
        moments = {
            datetime.combine(day(20), time(rng.choice([0, 9, 23]), rng.choice([0, 59])))
            for _ in range(rng.randint(0, 3))
        }
        for at in sorted(moments):
            done = rng.choice([True, False, None])
            raw.update(
                task, at, is_launched=rng.choice([True, False, None]), is_completed=done,
                completed_on=maybe(day(10)) if done else None,
            )  # fmt: skip
        for hour in range(rng.randint(0, 5)):
            raw.remind(task, datetime.combine(day(3), time(hour)))
    return raw


@pytest.mark.parametrize("seed", range(25))
def test_every_figure_counts_the_tasks_that_a_naive_reading_finds(seed: int) -> None:
    raw = random_raw(seed)
    facts, naive = raw.facts(), recount(raw, ASK)
    review = task_review(facts, ASK)
    alone = task_review(facts, ASK, groups=("",))  # as documents ask
    assert {"": review.measured[""].rows()} == {by: f.rows() for by, f in alone.measured.items()}
    for key, ids in naive.items():
        figure = TASK_FIGURE[key]
        assert set(register_rows(facts, figure, ASK)["task_id"]) == ids, key
        if figure.unknown is None:
            assert review.count(key) == len(ids), key
        else:
            silent = register_rows(facts, _of(figure.unknown), ASK).height
            expected = None if not ids and silent else len(ids)
            assert review.count(key) == expected, key
        if figure.denominator is not None:
            whole = next(each for each in TASK_FIGURES if each.numerator is figure.denominator)
            assert review.cell(key)["denominator"] == len(naive[whole.key])
    reminders = sum(
        r["task_id"] in naive["tasks_assigned"] and r["at"] < ASK.moment for r in raw.reminders
    )
    assert review.count("task_reminders") == reminders


def _of(condition: Any) -> Any:
    """A figure that counts by a condition alone."""
    from dataclasses import replace

    return replace(TASK_FIGURE["tasks_assigned"], numerator=condition)


@pytest.mark.parametrize("seed", range(8))
def test_groups_add_up_and_every_task_has_one_state(seed: int) -> None:
    raw = random_raw(seed)
    review = task_review(raw.facts(), ASK)
    parts = (
        "tasks_completed_on_time", "tasks_completed_late", "tasks_completed_undetermined",
        "tasks_in_time", "tasks_overdue", "tasks_unreported", "tasks_no_due",
    )  # fmt: skip
    assert sum(review.count(key) or 0 for key in parts) == review.count("tasks_assigned")
    for column in ("programme_id", "area", "unit_id"):
        table = review.table(column)
        assert table["tasks_assigned"].sum() == review.count("tasks_assigned")
        assert table["task_reminders"].sum() == review.count("task_reminders")


# -- Hà Đông 2023: 25/29 launched, completed unknown --------------------------------------


def ha_dong() -> Raw:
    """As the article says it: 25 of 29 launched, nobody says how many are completed."""
    raw = Raw()
    programme = raw.programme(
        issued_on=date(2023, 1, 10), period_from=date(2023, 1, 1), period_to=date(2023, 12, 31),
        announced_tasks=29,
    )  # fmt: skip
    for position in range(29):
        task = raw.task(programme)
        raw.update(task, datetime(2023, 5, 30, 9), is_launched=position < 25)
    return raw


def test_launched_is_not_completed_and_unknown_is_not_zero() -> None:
    ask = Ask(date(2023, 6, 1), date(2023, 6, 30), CLOCK)
    review = task_review(ha_dong().facts(), ask)
    launched = review.cell("tasks_launched")
    assert (launched["numerator"], launched["denominator"]) == (25, 29)
    assert launched["rate"] == pytest.approx(25 / 29)
    assert review.count("tasks_completed") is None
    assert review.count("tasks_completed_on_time") is None
    assert review.count("tasks_completion_unknown") == 29
    assert review.count("tasks_no_due") == 29
    # The same by programme, and through measure() as the command line asks.
    assert review.table("programme_id")["tasks_completed"].to_list() == [None]
    alone = measure(ha_dong().facts(), [TASK_FIGURE["tasks_completed"]], [ask])
    assert alone["numerator"].to_list() == [None]


def test_known_not_completed_is_zero() -> None:
    raw = Raw()
    task = raw.task(raw.programme())
    raw.update(task, datetime(2026, 6, 1), is_launched=True, is_completed=False)
    assert task_review(raw.facts(), ASK).count("tasks_completed") == 0


def test_the_last_update_before_t_holds() -> None:
    raw = Raw()
    task = raw.task(raw.programme(), due_on=date(2026, 6, 28))
    raw.update(task, datetime(2026, 6, 1), is_launched=True)
    raw.update(task, ASK.moment, is_launched=True, is_completed=True)
    facts = raw.facts()
    assert task_review(facts, ASK).count("tasks_completed") is None
    later = Ask(ASK.first_day, ASK.last_day, CLOCK, as_of=ASK.moment + timedelta(milliseconds=1))
    review = task_review(facts, later)
    assert review.count("tasks_completed") == 1
    # Reported a day after it fell due, the day itself unknown: not to be judged.
    assert review.count("tasks_completed_undetermined") == 1


def test_several_moments_at_once_give_what_each_gives() -> None:
    raw = ha_dong()
    asks = [Ask(date(2023, 5, 1), date(2023, 5, day), CLOCK) for day in (29, 30)]
    together = measure(raw.facts(), [TASK_FIGURE["tasks_launched"]], asks)
    assert together["numerator"].to_list() == [None, 25]


def test_an_empty_register_counts_nothing() -> None:
    review = task_review(Raw().facts(), ASK)
    assert review.count("tasks_assigned") == 0
    assert review.cell("tasks_launched")["rate"] is None
    assert review.table("unit_id").is_empty()


# -- tables -------------------------------------------------------------------------------


def test_announced_stands_beside_entered() -> None:
    raw = Raw()
    announced = raw.programme(announced_tasks=10)
    raw.programme(announced_tasks=321)
    for _ in range(9):
        raw.task(announced)
    facts = raw.facts()
    programmes = programmes_in_view(facts, ASK, None)
    table = programme_table(programmes, task_review(facts, ASK)).sort("programme_id")
    assert table.select("announced_tasks", "tasks_assigned").rows() == [(10, 9), (321, 0)]
    assert table["tasks_launched"].to_list() == [None, None]


def test_programmes_of_others_are_left_out_unless_they_have_a_task_here() -> None:
    raw = Raw()
    raw.programme(unit_id=7, announced_tasks=3)
    theirs = raw.programme(unit_id=8)
    raw.task(theirs, unit_id=1)
    found = programmes_in_view(raw.facts(), ASK, frozenset({1}))
    assert found["programme_id"].to_list() == [theirs]


def test_running_touches_the_period() -> None:
    raw = Raw()
    for first, last in [
        (date(2026, 1, 1), date(2026, 6, 22)),
        (date(2026, 6, 28), None),
        (None, date(2026, 6, 21)),
        (date(2026, 6, 29), date(2026, 12, 31)),
        (None, None),
    ]:
        raw.programme(period_from=first, period_to=last)
    found = running(raw.facts().frames["programme"], ASK.first_day, ASK.last_day)
    assert found["programme_id"].to_list() == [1, 2, 5]


def test_missing_names_what_is_missing() -> None:
    raw = Raw()
    raw.task(raw.programme(), person="Lan", product="báo cáo", is_standing=True)
    rows = missing_six(task_rows(raw.facts(), ASK))
    assert rows["missing"].to_list() == ["rõ trách nhiệm, rõ thẩm quyền"]


def test_a_timeline_counts_due_dates_by_month() -> None:
    raw = Raw()
    programme = raw.programme()
    for due in (date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1), date(2020, 1, 1), None):
        raw.task(programme, due_on=due)
    counted = timeline(task_rows(raw.facts(), ASK), DAY)
    assert counted.rows() == [
        (date(2026, 6, 1), "in_time", 1),
        (date(2026, 6, 1), "unreported", 1),
        (date(2026, 7, 1), "in_time", 1),
    ]


# -- Cần chỉ đạo --------------------------------------------------------------------------

NAMES = {1: "Phường Một", 2: "Phường Hai", 3: "Phường Ba", 4: "Phường Bốn", 5: "Phường Năm"}


def test_lines_name_the_unit_the_number_and_how_long() -> None:
    raw = Raw()
    programme = raw.programme()
    for _ in range(2):
        late = raw.task(programme, due_on=date(2026, 6, 18), assigned_on=date(2026, 6, 1))
        raw.update(late, datetime(2026, 6, 20), is_launched=True, is_completed=False)
    raw.task(programme, due_on=date(2026, 6, 19), assigned_on=date(2026, 6, 18))
    lines = task_lines(raw.facts(), ASK, [programme], NAMES)
    assert [(line.subject, line.text, line.count) for line in lines] == [
        (
            "Phường Một",
            "3 nhiệm vụ quá hạn chưa hoàn thành, trong đó 1 chưa báo cáo kết quả, "
            "lâu nhất 10 ngày.",
            3,
        )
    ]


def test_more_than_three_reminders_escalate_and_completion_ends_it() -> None:
    raw = Raw()
    programme = raw.programme()
    tasks = [raw.task(programme, assigned_on=date(2026, 6, 20)) for _ in range(3)]
    for task, times in zip(tasks, (3, 4, 4), strict=True):
        for hour in range(times):
            raw.remind(task, datetime(2026, 6, 25, hour))
    raw.update(tasks[2], datetime(2026, 6, 26), is_completed=True)
    lines = task_lines(raw.facts(), ASK, [programme], NAMES)
    assert [(line.kind, line.count) for line in lines] == [("tasks_escalated", 1)]
    assert "báo cáo Ban cán sự" in lines[0].text


def test_each_unit_has_its_line_and_the_counts_are_those_of_the_rows() -> None:
    raw = Raw()
    programme = raw.programme()
    for unit in range(1, 6):
        for _ in range(6 - unit):
            task = raw.task(programme, unit_id=unit, due_on=date(2026, 6, 1))
            raw.update(task, datetime(2026, 6, 26), is_completed=False, is_launched=True)
    facts = raw.facts()
    lines = task_lines(facts, ASK, [programme], NAMES)
    assert [line.count for line in lines] == [5, 4, 3, 2, 1]
    assert {line.since for line in lines} == {date(2026, 6, 1)}
    for line in lines:
        assert line.figure is not None
        where = {**line.where, "programme_id": [programme]}
        assert task_rows(facts, ASK, line.figure, where).height == line.count


def test_no_line_for_what_needs_no_decision() -> None:
    raw = Raw()
    programme = raw.programme()
    raw.task(programme, due_on=date(2026, 12, 31), assigned_on=date(2026, 6, 20))
    ended = raw.programme()
    raw.task(ended, due_on=date(2020, 1, 1))
    assert task_lines(raw.facts(), ASK, [programme], NAMES) == []


@pytest.mark.parametrize("figure", TASK_FIGURES, ids=lambda figure: figure.key)
def test_a_figure_is_declared_whole(figure: Any) -> None:
    assert figure.label
    assert figure.meaning.endswith(".")
    assert figure.basis
    assert figure.is_ratio == (figure.unit == "rate")
    assert figure.derive is not None
