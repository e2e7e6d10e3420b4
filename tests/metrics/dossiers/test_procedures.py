"""The catalogue on a day and the dossiers under it, counted a second time row by row."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import polars as pl

from metrics.core.ask import Ask
from metrics.core.contracts import PROCEDURE
from metrics.core.measure import measure
from metrics.dossiers.figures_procedures import PROCEDURE_FIGURES
from metrics.dossiers.procedures import (
    FLAWS,
    busiest,
    by_field,
    catalogue,
    cells,
    expired_rows,
    in_force,
    limit_words,
    received_without_limit,
    reported_07b,
    versions_of,
    volumes,
)
from metrics.reported.statements import Statement, indicator
from tests.frames import CLOCK, facts_of, question, with_own
from tests.strategies import question as a_question
from tests.strategies import random_register

DAY = date(2026, 3, 31)


def versions(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {
        "version": 1, "name": "Thủ tục", "field_id": 1, "level": "commune", "limit_value": 5,
        "limit_unit": "working_day", "is_sensitive": False,
    }  # fmt: skip
    found = [
        dict.fromkeys(PROCEDURE) | usual | {"procedure_id": place} | row
        for place, row in enumerate(rows, start=1)
    ]
    return pl.DataFrame(found, schema=PROCEDURE)


def drawn(draw: random.Random) -> pl.DataFrame:
    def day() -> date | None:
        return draw.choice([None, DAY + timedelta(days=draw.choice([-400, -1, 0, 1, 10, 30, 31]))])

    return versions(
        *(
            {
                "code": draw.choice("ABCDE"),
                "version": place,
                "level": draw.choice(["province", "district", "commune", None]),
                "field_id": draw.choice([1, 2, None]),
                "limit_value": draw.choice([5, None]),
                "valid_from": day(),
                "valid_to": day(),
            }
            for place in range(1, draw.randint(2, 14))
        )
    )


def holds(row: dict[str, Any], day: date = DAY) -> bool:
    return (row["valid_from"] is None or row["valid_from"] <= day) and (
        row["valid_to"] is None or row["valid_to"] >= day
    )


def test_states_levels_and_flaws_as_counted_by_hand() -> None:
    draw = random.Random(1)
    for _ in range(150):
        given = drawn(draw)
        table = catalogue(given, DAY)
        rows = given.to_dicts()
        held = [row for row in rows if holds(row)]
        state = dict(table.select("procedure_id", "state").iter_rows())
        for row in rows:
            over = row["valid_to"] is not None and row["valid_to"] < DAY
            others = [each for each in held if each["code"] == row["code"]]
            expected = (
                "in_force" if holds(row) else
                ("replaced" if others else "expired") if over else "coming"
            )  # fmt: skip
            assert state[row["procedure_id"]] == expected, row
        latest = {row["code"]: row for row in sorted(held, key=lambda row: row["version"])}
        ask = Ask(DAY, DAY, CLOCK)
        none = volumes(facts_of([]), ask)
        found = {key: cell["numerator"] for key, cell in cells(table, none, ask).items()}
        assert found["procedures_in_force"] == len(latest)
        for level in ("province", "district", "commune"):
            count = sum(row["level"] == level for row in latest.values())
            assert found[f"procedures_{level}"] == count
        unknown = sum(row["level"] is None for row in latest.values())
        assert found["procedures_unknown_level"] == unknown
        assert set(in_force(table)["procedure_id"]) == {
            row["procedure_id"] for row in latest.values()
        }
        counts = {(r["field_id"], r["level"]): r["count"] for r in by_field(table).to_dicts()}
        assert sum(counts.values()) == found["procedures_in_force"]
        by_hand = {
            "no_limit": {r["procedure_id"] for r in held if r["limit_value"] is None},
            "no_level": {r["procedure_id"] for r in held if r["level"] is None},
            "no_field": {r["procedure_id"] for r in held if r["field_id"] is None},
            "overlap": {
                r["procedure_id"]
                for r in held
                if sum(each["code"] == r["code"] for each in held) > 1
            },
            "ending": {
                r["procedure_id"]
                for r in held
                if r["valid_to"] is not None
                and r["valid_to"] <= DAY + timedelta(days=30)
                and not any(
                    each["code"] == r["code"]
                    and not holds(each)
                    and not (each["valid_to"] is not None and each["valid_to"] < DAY)
                    for each in rows
                )
            },
        }
        assert set(by_hand) == set(FLAWS)
        for flaw, expected_ids in by_hand.items():
            assert set(table.filter(flaw)["procedure_id"]) == expected_ids, flaw
            assert found[flaw] == len(expected_ids)
        other = set().union(*(ids for flaw, ids in by_hand.items() if flaw != "no_limit"))
        assert found["flawed"] == len(other), "a version with two flaws is one"


def test_the_reported_row_of_form_07b() -> None:
    def row(part: str, value: float) -> dict[str, Any]:
        return {"part": part, "value": value}

    kind = indicator("procedures_in_force")
    parts = (row("Cấp tỉnh", 1522.0), row("Cấp huyện", 263.0), row("Cấp xã", 110.0))
    hanoi = Statement(kind, 1, row("", 1895.0), parts)
    ward = Statement(kind, 2, row("", 110.0), ())
    found = reported_07b([ward, hanoi])
    assert found is hanoi
    assert (found.check, found.rest) == ("adds_up", 0)
    assert reported_07b([]) is None


def test_dossiers_by_version_as_counted_by_hand() -> None:
    for seed in range(8):
        draw = random.Random(seed)
        dossiers = list(random_register(150, seed))
        flags = [draw.choice([True, False, None]) for _ in dossiers]
        plain = facts_of(dossiers)
        ids = [d.dossier_id for d in dossiers]
        flagged = {"dossier_id": ids, "procedure_expired": pl.Series(flags, dtype=pl.Boolean)}
        facts = with_own(plain, pl.DataFrame(flagged))
        ask = question(a_question(draw.randrange, dossiers))
        counted = volumes(facts, ask)
        mine = [
            (d, flag)
            for d, flag in zip(dossiers, flags, strict=True)
            if d.received_at is not None
            and not (d.end_kind == "refused" and (d.ended_at is None or d.ended_at < ask.moment))
            and ask.start <= d.received_at < ask.end
        ]
        for row in counted.iter_rows(named=True):
            of = [flag for d, flag in mine if d.procedure_id == row["procedure_id"]]
            assert (row["received"], row["expired"]) == (len(of), sum(flag is True for flag in of))
        assert counted["received"].sum() == len(mine)
        opened = expired_rows(facts, ask).collect().to_native()
        assert set(opened["dossier_id"]) == {d.dossier_id for d, flag in mine if flag}
        unknown = measure(facts, [PROCEDURE_FIGURES["received_unknown_procedure"]], [ask])
        assert unknown["numerator"][0] == sum(d.procedure_id is None for d, _ in mine)


def test_versions_of_a_procedure_are_added_and_rates_come_from_sums() -> None:
    table = catalogue(
        versions(
            {"code": "A", "valid_to": date(2025, 6, 30), "name": "Cũ"},
            {"code": "A", "version": 2, "valid_from": date(2025, 7, 1), "name": "Mới"},
            {"code": "B", "limit_value": None},
            {"code": "C"},
        ),
        DAY,
    )
    counted = pl.DataFrame(
        [
            {"procedure_id": 1, "received": 1, "resolved": 9, "resolved_late": 9,
             "pending_overdue": 0, "expired": 1, "on_time": 0, "judged": 9, "unknown": 2},
            {"procedure_id": 2, "received": 10, "resolved": 1, "resolved_late": 0,
             "pending_overdue": 2, "expired": 0, "on_time": 1, "judged": 1, "unknown": 1},
            {"procedure_id": 3, "received": 4, "resolved": 0, "resolved_late": 0,
             "pending_overdue": 0, "expired": 0, "on_time": 0, "judged": 0, "unknown": 0},
        ]
    ).with_columns(pl.col("procedure_id").cast(pl.Int32))  # fmt: skip
    found = busiest(table, counted)
    assert found["code"].to_list() == ["A", "B"]
    one = found.row(0, named=True)
    assert (one["name"], one["received"], one["expired"], one["unknown"]) == ("Mới", 11, 1, 3)
    each = versions_of(table, counted, "A")
    assert each.select("version", "received", "rate").rows() == [(1, 1, 0.0), (2, 10, 1.0)]
    assert received_without_limit(table, counted) == 4
    assert one["rate"] == 0.1, "1 of 10, not the mean of 0 and 1"
    assert one["procedure_ids"] == [1, 2]
    other = found.row(1, named=True)
    assert (other["rate"], other["no_limit"]) == (None, True)


def test_limits_in_words() -> None:
    assert limit_words(15, "working_day") == "15 ngày làm việc"
    assert limit_words(8, "hour") == "8 giờ"
    assert limit_words(None, None) == "không có thời hạn"


def test_before_anything_was_loaded() -> None:
    table = catalogue(pl.DataFrame(schema=PROCEDURE), DAY)
    assert by_field(table).is_empty()
    ask = Ask(DAY, DAY, CLOCK)
    empty = cells(table, volumes(facts_of([]), ask), ask)
    assert {cell["numerator"] for cell in empty.values()} == {0}
    assert empty["received_expired"]["rate"] is None
    assert volumes(facts_of([]), ask).is_empty()
    assert busiest(table, volumes(facts_of([]), ask)).is_empty()
