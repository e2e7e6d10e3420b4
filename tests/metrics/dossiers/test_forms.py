"""The official forms' lines: against the oracle, their identities, what units report themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl
import pytest

from metrics.core.ask import Ask
from metrics.core.contracts import PROCEDURE, UNIT
from metrics.core.periods import UnknownPeriod, parse_period
from metrics.dossiers.carry_over import counted
from metrics.dossiers.form_cells import (
    CELL,
    PROCEDURES,
    FormRefused,
    by_cause,
    form_ask,
    form_cells,
    within,
)
from metrics.dossiers.forms import (
    Line,
    by_field,
    by_unit,
    causes,
    checked,
    procedure_line,
    reported,
    reported_lines,
)
from metrics.registers.reported import FORM_ROW
from tests import oracle
from tests.frames import CLOCK, InMemory, facts_of, question
from tests.oracle import RawDossier
from tests.strategies import CALENDAR, asked_at, random_register


@dataclass(frozen=True)
class Facts(InMemory):
    procedures: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PROCEDURE))


def facts(dossiers: Sequence[RawDossier], procedures: pl.DataFrame | None = None) -> Facts:
    made = facts_of(dossiers)
    catalogue = pl.DataFrame(schema=PROCEDURE) if procedures is None else procedures
    return Facts(made.dossiers, made.pauses, made.steps, procedures=catalogue)


SOUND = random_register(240, seed=12)


def asks() -> list[oracle.Ask]:
    import random

    roll = random.Random(7).randrange
    found: list[oracle.Ask] = []
    while len(found) < 8:
        ask = replace(asked_at(roll, SOUND), definition="form", over="classified", known_at=None)
        if oracle.moment_as_of(ask) > oracle.midnight(ask.first_day):
            found.append(ask)
    return found


def refused_since(x: oracle.Look) -> bool:
    d = x.d
    if d.end_kind != "refused" or d.received_at is None or d.ended_at is None:
        return False
    return d.received_at < x.S <= d.ended_at < x.T


def naive(ask: oracle.Ask) -> Counter[tuple[int | None, int | None, str, str]]:
    """Unit, field, figure, cause → dossiers, one by one."""
    keys = ("received", "received_online", "received_offline", "carried_over", "resolved",
            "resolved_early", "resolved_on_day", "resolved_late", "resolved_unclassified",
            "returned", "withdrawn", "pending", "pending_in_time", "pending_overdue",
            "pending_unclassified", "waiting_supplement")  # fmt: skip
    found: Counter[tuple[int | None, int | None, str, str]] = Counter()
    for x in oracle.looks(SOUND, ask, CALENDAR):
        where = (x.d.unit_id, x.d.field_id)
        found[(*where, "to_resolve", "")] += oracle.to_be_resolved(x)
        found[(*where, "refused_since", "")] += refused_since(x)
        for key in keys:
            found[(*where, key, "")] += oracle.FIGURES[key](x)
        for key in ("late", "pending_overdue"):
            found[(*where, by_cause(key), "")] += oracle.FIGURES[key](x)
    return +found


@pytest.mark.parametrize("ask", asks())
def test_cells_are_the_oracles(ask: oracle.Ask) -> None:
    asked = form_ask(question(ask))
    ask = replace(ask, as_of=asked.moment)
    cells = form_cells(facts(SOUND), asked)
    assert cells.schema == pl.Schema(CELL)
    assert {row[:4]: row[4] for row in cells.iter_rows()} == dict(naive(ask))


def test_what_is_carried_over_is_what_was_left_and_not_refused_since() -> None:
    refused = 0
    for month in range(2, 8):
        ask = oracle.Ask(date(2026, month, 1), date(2026, month, 28))
        cells = cells_of(ask)
        looks = oracle.looks(SOUND, replace(ask, as_of=oracle.midnight(ask.first_day)), CALENDAR)
        left = Counter(x.d.unit_id for x in looks if oracle.FIGURES["pending"](x))
        since = Counter(counted(cells, "refused_since", {}))
        left.subtract(since)
        assert counted(cells, "carried_over", {}) == +left
        refused += since.total()
    assert refused


def test_a_form_is_judged_at_the_end_of_its_period_at_the_latest() -> None:
    ask = question(oracle.Ask(date(2026, 3, 2), date(2026, 3, 8), as_of=datetime(2026, 4, 1)))
    assert form_ask(ask).moment == datetime(2026, 3, 9)
    assert form_ask(replace(ask, as_of=datetime(2026, 3, 5))).moment == datetime(2026, 3, 5)


def cells_of(asked: oracle.Ask, dossiers: Sequence[RawDossier] = SOUND) -> pl.DataFrame:
    return form_cells(facts(dossiers), form_ask(question(asked)))


MONTH = oracle.Ask(date(2026, 3, 1), date(2026, 3, 31))
LEVELS: dict[Any, str] = {1: "province", 2: "commune", 3: "commune"}


def units() -> pl.DataFrame:
    blank = dict.fromkeys(UNIT)
    rows = [blank | {"unit_id": u, "name": f"Đơn vị {u}", "level": v} for u, v in LEVELS.items()]
    return pl.DataFrame(rows, schema=UNIT)


@pytest.mark.parametrize("ask", asks())
def test_every_line_keeps_the_identities(ask: oracle.Ask) -> None:
    cells = cells_of(ask)
    for lines in (by_field(cells), by_unit(cells, units())):
        assert checked(lines, {})
        totals = [line for line in lines if line.level == 0]
        assert [line.values for line in totals] == [by_field(cells)[-1].values]
        own = [line for line in lines if line.level == 2]
        assert sum(line.values["to_resolve"] or 0 for line in own) == totals[0].values["to_resolve"]


def test_a_roll_up_has_a_sum_before_the_units_of_a_level() -> None:
    lines = by_unit(cells_of(MONTH), units())
    levels = [(line.level, line.key) for line in lines]
    assert [key for level, key in levels if level == 1] == [
        level for level in ("province", "commune", None)
        if any(LEVELS.get(key) == level for deep, key in levels if deep == 2)
    ]  # fmt: skip
    assert levels[-1] == (0, None)
    for place, line in enumerate(lines):
        if line.level == 1:
            own = [each for each in lines if each.level == 2 and LEVELS.get(each.key) == line.key]
            assert line.values["resolved"] == sum(each.values["resolved"] or 0 for each in own)
            assert lines[place + 1] in own


RECEIVED = datetime(2026, 3, 5, 8)


def plain(number: int, **more: Any) -> RawDossier:
    values = {"received_at": RECEIVED, "due_original_at": RECEIVED + timedelta(days=5),
              "due_at": RECEIVED + timedelta(days=5)}  # fmt: skip
    return RawDossier(number, **(values | more))


def test_a_local_month_begins_and_ends_at_its_own_time_of_day() -> None:
    """1022 of TP.HCM: from 12:00 on the 25th; Vĩnh Phúc: from the 21st."""
    period = parse_period("local:tphcm-1022:2026-03")
    assert (period.first, period.last, period.cut) == (
        date(2026, 2, 25), date(2026, 3, 24), time(12))  # fmt: skip
    assert "12:00 25/02/2026–12:00 25/03/2026" in period.label
    assert parse_period(period.token) == period
    assert period.previous.token == "local:tphcm-1022:2026-02"
    noon = datetime(2026, 2, 25, 12)
    minute = timedelta(minutes=1)
    moments = (noon - minute, noon, datetime(2026, 3, 25, 12) - minute, datetime(2026, 3, 25, 12))
    dossiers = [plain(n, received_at=at, due_at=None, due_original_at=None)
                for n, at in enumerate(moments, 1)]  # fmt: skip
    ask = Ask(period.first, period.last, CLOCK, cut=period.cut)
    line = checked(by_field(form_cells(facts(dossiers), form_ask(ask))), {})[-1]
    assert (line.values["carried_over"], line.values["received"]) == (1, 2)
    assert (line.values["pending"], ask.moment) == (3, datetime(2026, 3, 25, 12))
    plain_days = parse_period("local:vinh-phuc:2021-08")
    assert (plain_days.first, plain_days.last) == (date(2021, 7, 21), date(2021, 8, 20))
    assert plain_days.label == "Tháng 08/2021, kỳ báo cáo Vĩnh Phúc (21/07/2021–20/08/2021)"
    for wrong in ("local:khong-co:2026-03", "local:vinh-phuc:2026-13", "local:vinh-phuc"):
        with pytest.raises(UnknownPeriod):
            parse_period(wrong)


def test_what_has_no_due_date_is_in_no_class() -> None:
    without: dict[str, Any] = {"due_original_at": None, "due_at": None}
    done = RECEIVED + timedelta(days=1)
    found = [plain(1, ended_at=done, end_kind="result"), plain(2, **without),
             plain(3, ended_at=done, end_kind="result", **without)]  # fmt: skip
    line = checked(by_field(cells_of(MONTH, found)), {})[-1]
    assert (line.values["resolved"], line.values["resolved_unclassified"]) == (2, 1)
    assert (line.values["pending"], line.values["pending_unclassified"]) == (1, 1)
    assert (line.values["unclassified"], line.values["on_time"]) == (2, 1.0)


def test_a_broken_identity_names_unit_and_identity() -> None:
    lines = by_unit(cells_of(MONTH, [plain(1, unit_id=2), plain(2)]), units())
    wrong = [replace(line, values={**line.values, "pending": 0, "pending_in_time": 0,
             "pending_overdue": 0}) if line.key == 2 else line for line in lines]  # fmt: skip
    with pytest.raises(FormRefused, match=r"Phường A, \(3\) = \(7\) \+ \(11\): 1 ≠ 0, lệch 1"):
        checked(wrong, {1: "Sở B", 2: "Phường A"})
    with pytest.raises(FormRefused, match="dòng tổng số"):
        checked([line for line in lines if line.key != 2], {})


def test_a_period_that_has_not_begun_has_no_form() -> None:
    early = replace(MONTH, as_of=datetime(2026, 3, 1))
    with pytest.raises(FormRefused, match="chưa có số liệu"):
        cells_of(early)


def test_causes_are_those_of_the_late_by_field() -> None:
    cells = pl.DataFrame(
        [
            (1, 10, "late_by_cause", "dispute", 2),
            (2, 10, "late_by_cause", "dispute", 1),
            (2, 10, "pending_overdue_by_cause", "dispute", 1),
            (2, 11, "late_by_cause", "", 5),
        ],
        schema=CELL,
        orient="row",
    )
    assert causes(cells) == [
        (11, None, {"late": 5, "pending_overdue": 0}),
        (10, "dispute", {"late": 3, "pending_overdue": 1}),
    ]


def test_procedures_by_level() -> None:
    blank = dict.fromkeys(PROCEDURE)
    rows = [
        blank | {"procedure_id": n, "code": f"1.{n}", "version": 1, "name": "x", "level": level,
                 "valid_from": date(2020, 1, 1), "is_sensitive": False}
        for n, level in enumerate(["province"] * 3 + ["commune"] * 2 + [None])
    ]  # fmt: skip
    made = facts([plain(1)], pl.DataFrame(rows, schema=PROCEDURE))
    cells = form_cells(made, form_ask(question(MONTH)))
    assert list(procedure_line(cells).values()) == [6, 3, 0, 2, 1]
    assert set(within(cells, [99])["figure"]) == set(PROCEDURES) - {"procedures_district"}
    broken = cells.filter(pl.col("figure") != "procedures_commune")
    with pytest.raises(FormRefused, match=r"\(3\) = 6 ≠"):
        procedure_line(broken)


# -- reported -----------------------------------------------------------------------------

YEAR = (date(2021, 1, 1), date(2021, 12, 31))
THAI_BINH = (1_150_343, 69_635, 1_065_067, 15_641, 1_139_324, 114_977, 1_022_796, 1_551, 11_019,
             10_686, 333)  # fmt: skip


def rows(*columns: int | None, **more: Any) -> pl.DataFrame:
    blank = dict.fromkeys(FORM_ROW.frame)
    own = {f"c{n}": value for n, value in enumerate(columns, 3)}
    row = {"form": "II.06a", "unit_id": 1, "period_from": YEAR[0], "period_to": YEAR[1]}
    return pl.DataFrame([blank | row | own | more], schema=FORM_ROW.frame)


def one(frame: pl.DataFrame) -> Line:
    (line,) = reported_lines(reported(frame, None, *YEAR), {1: "Tỉnh Thái Bình"})
    return line


def test_thai_binh_2021() -> None:
    values = one(rows(*THAI_BINH)).values
    assert values["to_resolve"] == 1_150_343 == 1_139_324 + 11_019
    assert values["on_time"] == pytest.approx(0.998639, abs=5e-7)
    assert (values["resolved_unclassified"], values["pending_unclassified"]) == (0, 0)


@pytest.mark.parametrize(
    ("column", "digit", "identity"),
    [
        (0, 1, r"\(3\) = \(4\) \+ \(5\) \+ \(6\): \(3\) = 1\.150\.344 ≠ 1\.150\.343, lệch 1"),
        (5, 10, r"\(7\) = \(8\) \+ \(9\) \+ \(10\): \(7\) = 1\.139\.324 ≠ 1\.139\.334"),
        (10, 1, r"\(11\) = \(12\) \+ \(13\): \(11\) = 11\.019 ≠ 11\.020"),
    ],
)
def test_one_digit_changed_is_refused_with_the_identity(
    column: int, digit: int, identity: str
) -> None:
    changed = list(THAI_BINH)
    changed[column] += digit
    for kept in (None, True):
        with pytest.raises(FormRefused, match=f"Tỉnh Thái Bình, {identity}"):
            one(rows(*changed, as_printed=kept))


def test_what_the_classes_leave_over_stands_beside_them() -> None:
    """Thừa Thiên Huế: 257.141 resolved, its classes come to 247.529."""
    line = one(rows(None, None, None, None, 257_141, 200_000, 47_000, 529))
    assert line.values["resolved"] == 257_141
    assert line.values["resolved_unclassified"] == 9_612
    assert line.values["to_resolve"] is None


def test_a_number_for_both_in_time_stays_one_number() -> None:
    line = one(rows(None, None, None, None, 5_998, None, None, 102, in_time=5_896))
    assert line.values["resolved_early"] is None
    assert line.values["in_time"] == 5_896
    assert line.values["on_time"] == pytest.approx(5_896 / 5_998)


def test_only_lines_of_just_this_period_and_these_units() -> None:
    frame = rows(*THAI_BINH)
    assert reported(frame, [2], *YEAR).is_empty()
    assert reported(frame, [1], YEAR[0], date(2021, 6, 30)).is_empty()
    assert reported(frame, [1], *YEAR).height == 1
