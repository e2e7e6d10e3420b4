"""What units report, against a naive count of the rows; sums and what is left unnamed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from metrics.core.ask import Ask
from metrics.core.measure import measure
from metrics.core.register_rows import register_rows
from metrics.registers import FRAMES
from metrics.registers.held import Held
from metrics.registers.reported import form_rates
from metrics.reported.figures import REPORTED_FIGURE, REPORTED_FIGURES
from metrics.reported.statements import (
    form_check,
    groups,
    indicator,
    indicators,
    period_words,
    statements,
)
from tests.frames import CLOCK

FORM_ROW = FRAMES["form_row"]
INDICATOR_VALUE = FRAMES["indicator_value"]
SURVEY = FRAMES["survey"]

_FRAMES = {"indicator_value": INDICATOR_VALUE, "survey": SURVEY, "form_row": FORM_ROW}


@dataclass(frozen=True)
class Kept:
    """Registers in memory; there are no dossiers."""

    registers: Held
    dossier: Any = None
    pause: Any = None
    step: Any = None


def kept(**rows: Sequence[dict[str, Any]]) -> Kept:
    frames = {
        name: pl.DataFrame(
            [dict.fromkeys(schema) | row for row in rows.get(name, ())], schema=schema
        )
        for name, schema in _FRAMES.items()
    }
    return Kept(Held({name: nw.from_native(frame.lazy()) for name, frame in frames.items()}))


def value(indicator: str, unit: int, number: float | None, part: str = "", **more: Any) -> Any:
    usual = {
        "period_from": date(2023, 1, 1),
        "period_to": date(2023, 12, 31),
        "date_precision": "year",
        "source": "báo cáo",
    }
    return {"indicator": indicator, "unit_id": unit, "value": number, "part": part} | usual | more


def ask(day: date = date(2024, 6, 30)) -> Ask:
    return Ask(
        day, day, CLOCK, as_of=datetime.combine(day + timedelta(days=1), datetime.min.time())
    )


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"indicator_value_id": place} | row for place, row in enumerate(rows, start=1)]


HA_DONG = numbered(
    [
        value("documents_received", 1, 7211.0),
        value("documents_received", 1, 3395.0, "Trung ương và TP Hà Nội"),
        value("documents_received", 1, 450.0, "Quận ủy"),
        value("internal_processes", 1, 7.0, "Cấp quận"),
        value("internal_processes", 1, 6.0, "Cấp phường"),
        value("assigned_tasks", 1, 321.0),
        value("procedures_in_force", 2, 1895.0),
        value("procedures_in_force", 2, 1522.0, "Cấp tỉnh"),
        value("procedures_in_force", 2, 263.0, "Cấp huyện"),
        value("procedures_in_force", 2, 110.0, "Cấp xã"),
        value("simplified_procedures", 3, 4.0),
        value("simplified_procedures", 4, 22.0),
        value("catalogue_movements", 2, 500.0, "Danh mục"),
        value("catalogue_movements", 2, 476.0, "Bãi bỏ"),
    ]
)


def test_a_printed_rate_that_is_already_there_is_flagged_with_both_numbers() -> None:
    rows = numbered(
        [
            value("satisfaction_procedures", 1, 0.6131, numerator=150.0, denominator=302.0),
            value("satisfaction_administration", 1, 0.4967, numerator=150.0, denominator=302.0),
            value("staff_per_commune_centre", 2, None, numerator=24_382.0, denominator=3139.0),
        ]
    )
    found = {each.indicator.key: each for each in statements(kept(indicator_value=rows), ask())}
    wrong = found["satisfaction_procedures"]
    assert (wrong.check, wrong.arithmetic) == ("rate_off", "150/302 = 49,67% ≠ 61,31%")
    assert found["satisfaction_administration"].check is None
    mean = found["staff_per_commune_centre"]
    assert (mean.check, round(mean.rate or 0, 2), mean.value) == (None, 7.77, None)


def test_the_published_numbers_and_what_their_parts_leave() -> None:
    facts = kept(indicator_value=HA_DONG)
    found = {(one.indicator.key, one.unit_id): one for one in statements(facts, ask())}
    documents = found["documents_received", 1]
    assert (documents.value, documents.rest, documents.check) == (7211, 3366, "rest")
    assert documents.arithmetic == "7.211 = 3.395 + 450 + 3.366"
    catalogue = found["procedures_in_force", 2]
    assert (catalogue.check, catalogue.arithmetic) == ("adds_up", "1.895 = 1.522 + 263 + 110")
    processes = found["internal_processes", 1]
    assert (processes.value, processes.is_summed) == (13, True)
    assert processes.arithmetic == "7 + 6 = 13"
    movements = found["catalogue_movements", 2]
    assert (movements.value, movements.check) == (None, None), "several numbers, never added"
    numbers = {
        row["figure"]: row["numerator"]
        for row in measure(facts, REPORTED_FIGURES, [ask()]).iter_rows(named=True)
    }
    assert numbers["documents_received"] == 7211
    assert numbers["documents_received_rest"] == 3366
    assert numbers["simplified_procedures"] == 26
    assert numbers["catalogue_movements_abolished"] == 476
    # Nobody told it: null, not 0.
    for key in ("trained_staff", "catalogue_movements_published", "surveys", "form_resolved"):
        assert numbers[key] is None, key


def test_parts_that_do_not_add_up_are_told() -> None:
    rows = numbered(
        [
            value("procedures_in_force", 1, 100.0),
            value("procedures_in_force", 1, 60.0, "Cấp tỉnh"),
            value("procedures_in_force", 1, 30.0, "Cấp xã"),
            value("documents_received", 1, 10.0),
            value("documents_received", 1, 12.0, "Quận ủy"),
            value("documents_received", 2, None),
            value("documents_received", 2, 5.0, "Quận ủy"),
        ]
    )
    found = {
        (one.indicator.key, one.unit_id): one
        for one in statements(kept(indicator_value=rows), ask())
    }
    off = found["procedures_in_force", 1]
    assert (off.check, off.arithmetic) == ("off", "100 ≠ 60 + 30 = 90")
    assert found["documents_received", 1].check == "off", "a part above its whole"
    unknown = found["documents_received", 2]
    assert (unknown.check, unknown.value, unknown.arithmetic) == ("unchecked", None, "")


def test_told_as_0_is_0_and_the_last_statement_by_t_counts() -> None:
    rows = numbered(
        [
            value("trained_staff", 1, 50.0, as_of=date(2023, 3, 1), period_from=None,
                  period_to=None),
            value("trained_staff", 1, 0.0, as_of=date(2024, 3, 1), period_from=None,
                  period_to=None),
            value("trained_staff", 1, 99.0, as_of=date(2025, 3, 1), period_from=None,
                  period_to=None),
        ]
    )  # fmt: skip
    facts = kept(indicator_value=rows)
    for day, expected in (
        (date(2023, 2, 1), None), (date(2023, 3, 1), 50), (date(2024, 6, 30), 0),
        (date(2026, 1, 1), 99),
    ):  # fmt: skip
        measured = measure(facts, [REPORTED_FIGURE["trained_staff"]], [ask(day)])
        assert measured["numerator"].to_list() == [expected], day
    now = statements(facts, ask())[0]
    assert (now.value, len(now.earlier)) == (0, 1)


def test_every_figure_against_a_naive_count() -> None:
    draw = random.Random(7)
    described = [each for each in indicators().values() if each.kind == "count"]
    for _ in range(40):
        rows: list[dict[str, Any]] = []
        for _each in range(draw.randint(0, 30)):
            each = draw.choice(described[:8])
            parts = ["", *each.part_keys]
            year = draw.choice([2021, 2022, 2023])
            rows.append(
                value(
                    each.key, draw.randint(1, 3), draw.choice([None, 0.0, 3.0, 40.0]),
                    draw.choice(parts), period_from=date(year, 1, 1),
                    period_to=date(year, 12, 31),
                )
            )  # fmt: skip
        unique = {(r["indicator"], r["unit_id"], r["part"], r["period_to"]): r for r in rows}
        rows = numbered(list(unique.values()))
        day = date(draw.choice([2021, 2022, 2023]), 12, 31)
        facts = kept(indicator_value=rows)
        measured = measure(facts, REPORTED_FIGURES, [ask(day)], ["unit_id"])
        for each in described[:8]:
            for unit in {row["unit_id"] for row in rows}:
                mine = [
                    row
                    for row in rows
                    if (row["indicator"], row["unit_id"]) == (each.key, unit)
                    and row["period_to"] <= day
                ]
                latest = max((row["period_to"] for row in mine), default=None)
                if each.parts == "apart":  # each part has its own last one
                    mine.sort(key=lambda row: row["period_to"])
                    said = {row["part"]: row["value"] for row in mine}
                else:
                    said = {row["part"]: row["value"] for row in mine if row["period_to"] == latest}
                expected = {f"{each.key}_{end}": said.get(part) for part, end in
                            each.part_keys.items()}  # fmt: skip
                if each.parts != "apart":
                    whole = said.get("")
                    if "" not in said and each.parts == "add_up":
                        whole = None if None in said.values() or not said else sum(said.values())
                    expected[each.key] = whole
                if each.parts == "among":
                    parts_ = [v for part, v in said.items() if part]
                    known = said.get("") is not None and parts_ and None not in parts_
                    expected[f"{each.key}_rest"] = said[""] - sum(parts_) if known else None
                for key, number in expected.items():
                    cell = measured.filter(figure=key, unit_id=unit)["numerator"].to_list()
                    assert (cell or [None]) == [number], (key, unit, said)


def test_rows_behind_a_number_are_those_that_told_it() -> None:
    facts = kept(indicator_value=HA_DONG)
    rows = register_rows(facts, REPORTED_FIGURE["documents_received_rest"], ask())
    assert rows["value"].to_list() == [7211, 3395, 450]
    rows = register_rows(facts, REPORTED_FIGURE["internal_processes"], ask())
    assert rows["part"].to_list() == ["Cấp quận", "Cấp phường"]


def test_the_baseline_year() -> None:
    rows = numbered(
        [
            value("public_service_staff", 1, 1000.0, period_from=date(2021, 1, 1),
                  period_to=date(2021, 12, 31)),
            value("public_service_staff", 1, 930.0),
            value("public_service_staff", 2, 500.0),
        ]
    )  # fmt: skip
    one, other = statements(kept(indicator_value=rows), ask())
    assert one.against_baseline == pytest.approx(-0.07)
    assert (other.baseline, other.against_baseline) == (None, None)


def test_every_row_known_at_t_is_shown_somewhere() -> None:
    draw = random.Random(3)
    rows = numbered(
        [
            value(key, unit, 1.0, part, period_to=date(2020 + draw.randint(0, 6), 12, 31))
            for key in ("statement", "focus_unit", "never_heard_of", "documents_received")
            for unit in (1, 2)
            for part in ("", "A", "B")
        ]
    )
    found = statements(kept(indicator_value=rows), ask())
    assert {one.indicator.key for one in found} <= {row["indicator"] for row in rows}
    assert indicator("never_heard_of").name == "never_heard_of"
    shown = {
        row["indicator_value_id"]
        for one in found
        for row in (*((one.whole,) if one.whole else ()), *one.parts, *one.earlier)
    }
    wholes = {
        row["indicator_value_id"]
        for row in rows
        if row["part"] == "" and row["period_to"] <= date(2024, 6, 30)
    }
    assert wholes <= shown


def test_sums_of_reported_forms() -> None:
    empty: dict[str, Any] = {f"c{column}": None for column in range(3, 14)}
    assert form_check(empty | {"c7": 5998})[0] == "unchecked"
    whole = {
        "c3": 100, "c4": 60, "c5": 30, "c6": 10, "c7": 80, "c8": 50, "c9": 20, "c10": 10,
        "c11": 20, "c12": 15, "c13": 5,
    }  # fmt: skip
    assert form_check(whole) == (
        "adds_up",
        "(3) = (4) + (5) + (6); (7) = (8) + (9) + (10); (11) = (12) + (13); (3) = (7) + (11)",
    )
    state, says = form_check(whole | {"c9": 19})
    assert (state, says) == ("off", "(7) = 80 ≠ (8) + (9) + (10) = 79, lệch 1")
    # One number for (8) and (9) takes their place, and is held against them where all are told.
    one = whole | {"c8": None, "c9": None, "in_time": 70}
    assert form_check(one)[1].split("; ")[1] == "(7) = (8+9) + (10)"
    assert form_check(one | {"in_time": 65}) == ("off", "(7) = 80 ≠ (8+9) + (10) = 75, lệch 5")
    assert form_check(whole | {"in_time": 75}) == ("off", "(8+9) = 75 ≠ (8) + (9) = 70, lệch 5")
    assert form_rates(one)["((8) + (9)) / (7)"] == 100 * 70 / 80


def test_when_a_value_was_told() -> None:
    day, month = date(2023, 8, 17), date(2022, 7, 26)
    none: dict[str, Any] = {"period_from": None, "period_to": None, "as_of": None}
    for row, expected in (
        (none | {"as_of": day, "date_precision": "day"}, "đến 17/08/2023"),
        (none | {"as_of": month, "date_precision": "month"}, "đến tháng 7/2022"),
        (none, "kỳ không nêu"),
        (none | {"period_from": date(2023, 1, 1), "period_to": date(2023, 12, 31)}, "năm 2023"),
        (none | {"period_from": date(2021, 1, 1), "period_to": date(2025, 12, 31)},
         "giai đoạn 2021–2025"),
        (none | {"period_from": date(2022, 1, 1), "period_to": month, "date_precision": "month"},
         "01/01/2022 – tháng 7/2022"),
    ):  # fmt: skip
        assert period_words(row) == expected


def test_the_data_file_is_whole() -> None:
    for key, each in indicators().items():
        assert each.key == key
        assert each.group in groups()
        assert each.basis
        assert each.kind in ("count", "rate", "mean", "text", "list")
        if each.kind in ("count", "list"):
            assert each.meaning.endswith("."), key
    keys = [figure.key for figure in REPORTED_FIGURES]
    assert len(keys) == len(set(keys))
